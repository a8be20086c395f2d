/* SPDX-License-Identifier: Apache-2.0 */
/* The methods that have to do with monitors (RFC 7047 sections 4.1.5 to 4.1.7, and OVS's extensions). */
#include <stdlib.h>

#include "lib/base/jsonrpc.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/monitor.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/server_core.h"
#include "lib/ovsdb/session.h"
#include "lib/ovsdb/session_methods.h"

/* There is no history of transactions, so every one has this id, and nobody can go on from one. */
static const char no_txn_id[] = "00000000-0000-0000-0000-000000000000";

static struct ovsdb_session_monitor **find_monitor(struct ovsdb_session *session, const json_t *id)
{
    struct ovsdb_session_monitor **p = &session->monitors;
    while (*p && !json_equal((*p)->id, id)) {
        p = &(*p)->next;
    }
    return p;
}

static void destroy_monitor(struct ovsdb_session *session, struct ovsdb_session_monitor **p)
{
    struct ovsdb_session_monitor *m = *p;
    *p = m->next;
    session->n_monitors--;
    json_decref(m->id);
    ovsdb_monitor_destroy(m->monitor);
    free(m);
}

void ovsdb_session_destroy_monitors(struct ovsdb_session *session)
{
    while (session->monitors) {
        destroy_monitor(session, &session->monitors);
    }
}

/* Takes over 'update'. */
static void send_update(struct ovsdb_session *session, const struct ovsdb_session_monitor *m,
                        json_t *update)
{
    static const char *const methods[] = { [OVSDB_MONITOR_V1] = "update",
                                           [OVSDB_MONITOR_V2] = "update2",
                                           [OVSDB_MONITOR_V3] = "update3" };
    enum ovsdb_monitor_version version = ovsdb_monitor_version(m->monitor);
    json_t *params = json_array();
    json_array_append(params, m->id);
    if (version == OVSDB_MONITOR_V3) {
        json_array_append_new(params, json_string(no_txn_id));
    }
    json_array_append_new(params, update);
    jsonrpc_send_notify(session->rpc, methods[version], params);
}

void ovsdb_session_send_updates(struct ovsdb_session *session, const struct ovsdb_changes *changes)
{
    const struct ovsdb *db = changes->db;
    for (struct ovsdb_session_monitor *m = session->monitors; m; m = m->next) {
        json_t *update
            = ovsdb_monitor_db(m->monitor) == db ? ovsdb_monitor_update(m->monitor, changes) : NULL;
        if (update) {
            send_update(session, m, update);
        }
    }
}

static struct ovsdb_error *create_monitor(struct ovsdb_session *session, const json_t *params,
                                          enum ovsdb_monitor_version version,
                                          struct ovsdb_answer *answer)
{
    const char *name = json_string_value(json_array_get(params, 0));
    json_t *id = json_array_get(params, 1);
    struct ovsdb_monitor *monitor;
    if (!name || !id || json_array_size(params) < 3) {
        return ovsdb_error_syntax(params, NULL, "expected a database, an id and requests");
    }
    struct ovsdb *db = ovsdb_server_find_db(session->server, name);
    if (!db) {
        return ovsdb_error_syntax(params, "unknown database",
                                  "monitor request specifies unknown database %.100s", name);
    }
    if (*find_monitor(session, id)) {
        return ovsdb_error_syntax(id, NULL, "duplicate monitor ID");
    }
    if (session->n_monitors >= OVSDB_MAX_MONITORS) {
        return ovsdb_error_create("resources exhausted", "too many monitors");
    }
    struct ovsdb_error *error
        = ovsdb_monitor_create(db, version, json_array_get(params, 2), &monitor);
    if (error) {
        return error;
    }
    struct ovsdb_session_monitor **last = &session->monitors;
    while (*last) {
        last = &(*last)->next;
    }
    struct ovsdb_session_monitor *m = xzalloc(sizeof *m);
    m->id = json_deep_copy(id);
    m->monitor = monitor;
    *last = m;
    session->n_monitors++;
    answer->result = ovsdb_monitor_initial(monitor);
    return NULL;
}

struct ovsdb_error *ovsdb_method_monitor(struct ovsdb_session *session, const json_t *params,
                                         const json_t *id, struct ovsdb_answer *answer)
{
    return create_monitor(session, params, OVSDB_MONITOR_V1, answer);
}

struct ovsdb_error *ovsdb_method_monitor_cond(struct ovsdb_session *session, const json_t *params,
                                              const json_t *id, struct ovsdb_answer *answer)
{
    return create_monitor(session, params, OVSDB_MONITOR_V2, answer);
}

struct ovsdb_error *ovsdb_method_monitor_cond_since(struct ovsdb_session *session,
                                                    const json_t *params, const json_t *id,
                                                    struct ovsdb_answer *answer)
{
    struct uuid since;
    const char *s = json_string_value(json_array_get(params, 3));
    if (!s || !uuid_from_string(&since, s)) {
        return ovsdb_error_syntax(params, NULL, "the last transaction's id must be a UUID");
    }
    struct ovsdb_error *error = create_monitor(session, params, OVSDB_MONITOR_V3, answer);
    if (!error) {
        answer->result = json_pack("[bso]", false, no_txn_id, answer->result);
    }
    return error;
}

struct ovsdb_error *ovsdb_method_monitor_cond_change(struct ovsdb_session *session,
                                                     const json_t *params, const json_t *id,
                                                     struct ovsdb_answer *answer)
{
    json_t *new_id = json_array_get(params, 1);
    json_t *update;
    if (json_array_size(params) != 3) {
        return ovsdb_error_syntax(params, NULL, "expected an old id, a new id and conditions");
    }
    struct ovsdb_session_monitor *m = *find_monitor(session, json_array_get(params, 0));
    if (!m) {
        return ovsdb_error_syntax(params, "unknown monitor", "unknown monitor session");
    }
    struct ovsdb_session_monitor *other = *find_monitor(session, new_id);
    if (other && other != m) {
        return ovsdb_error_syntax(params, NULL, "duplicate monitor ID");
    }
    if (ovsdb_monitor_version(m->monitor) == OVSDB_MONITOR_V1) {
        return ovsdb_error_syntax(params, NULL, "the monitor was made without conditions");
    }
    struct ovsdb_error *error
        = ovsdb_monitor_change_conditions(m->monitor, json_array_get(params, 2), &update);
    if (error) {
        return error;
    }
    json_decref(m->id);
    m->id = json_deep_copy(new_id);
    if (update) {
        send_update(session, m, update);
    }
    answer->result = json_object();
    return NULL;
}

struct ovsdb_error *ovsdb_method_monitor_cancel(struct ovsdb_session *session, const json_t *params,
                                                const json_t *id, struct ovsdb_answer *answer)
{
    struct ovsdb_session_monitor **p = find_monitor(session, json_array_get(params, 0));
    if (json_array_size(params) != 1 || !*p) {
        return ovsdb_error_syntax(params, "unknown monitor", "unknown monitor");
    }
    destroy_monitor(session, p);
    answer->result = json_object();
    return NULL;
}
