/* SPDX-License-Identifier: Apache-2.0 */
/* The "transact" method, and transactions that wait for the database to change. */
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/jsonrpc.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/execution.h"
#include "lib/ovsdb/lock.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/server_core.h"
#include "lib/ovsdb/session.h"
#include "lib/ovsdb/session_methods.h"

static bool owns_lock(void *session_, const char *name)
{
    const struct ovsdb_session *session = session_;
    return ovsdb_locks_is_owner(session->server->locks, session, name);
}

/* The result, or null to wait until 'timeout_ms' after the request came. */
static json_t *execute(struct ovsdb_session *session, const json_t *params, int64_t elapsed_ms,
                       int64_t *timeout_ms)
{
    struct ovsdb *db
        = ovsdb_server_find_db(session->server, json_string_value(json_array_get(params, 0)));
    struct ovsdb_execution execution = {
        .db = db,
        .params = params,
        .read_only = db != session->server->dbs[0],
        .elapsed_ms = elapsed_ms,
        .owns_lock = owns_lock,
        .aux = session,
    };
    return ovsdb_execution_run(&execution, timeout_ms);
}

static void add_wait(struct ovsdb_session *session, const json_t *params, const json_t *id,
                     int64_t timeout_ms)
{
    struct ovsdb_session_wait **last = &session->waits;
    while (*last) {
        last = &(*last)->next;
    }
    struct ovsdb_session_wait *wait = xzalloc(sizeof *wait);
    wait->id = json_deep_copy(id);
    wait->params = json_deep_copy(params);
    wait->created_ms = clock_ms();
    wait->deadline_ms
        = timeout_ms < INT64_MAX - wait->created_ms ? wait->created_ms + timeout_ms : INT64_MAX;
    *last = wait;
    session->n_waits++;
    ovsdb_server_wake(session->server);
}

struct ovsdb_error *ovsdb_method_transact(struct ovsdb_session *session, const json_t *params,
                                          const json_t *id, struct ovsdb_answer *answer)
{
    const char *name = json_string_value(json_array_get(params, 0));
    int64_t timeout_ms;
    if (!name) {
        return ovsdb_error_syntax(params, NULL, "expected a database and operations");
    }
    if (!ovsdb_server_find_db(session->server, name)) {
        return ovsdb_error_syntax(params, "unknown database",
                                  "transact request specifies unknown database %.100s", name);
    }
    answer->result = execute(session, params, 0, &timeout_ms);
    if (!answer->result) {
        if (session->n_waits >= OVSDB_MAX_WAITS) {
            return ovsdb_error_create("resources exhausted", "too many transactions wait");
        }
        add_wait(session, params, id, timeout_ms);
    }
    return NULL;
}

static void destroy_wait(struct ovsdb_session *session, struct ovsdb_session_wait **p)
{
    struct ovsdb_session_wait *wait = *p;
    *p = wait->next;
    session->n_waits--;
    json_decref(wait->id);
    json_decref(wait->params);
    free(wait);
}

void ovsdb_session_destroy_waits(struct ovsdb_session *session)
{
    while (session->waits) {
        destroy_wait(session, &session->waits);
    }
}

void ovsdb_session_cancel_wait(struct ovsdb_session *session, const json_t *id)
{
    struct ovsdb_session_wait **p = &session->waits;
    while (*p && !json_equal((*p)->id, id)) {
        p = &(*p)->next;
    }
    if (*p) {
        jsonrpc_send_error(session->rpc, json_string("canceled"), json_incref((*p)->id));
        destroy_wait(session, p);
    }
}

int64_t ovsdb_session_retry_waits(struct ovsdb_session *session)
{
    struct ovsdb_session_wait **p = &session->waits;
    int64_t next = INT64_MAX;
    while (*p) {
        struct ovsdb_session_wait *wait = *p;
        int64_t timeout_ms;
        json_t *result
            = execute(session, wait->params, clock_ms() - wait->created_ms, &timeout_ms);
        if (result) {
            jsonrpc_send_reply(session->rpc, result, json_incref(wait->id));
            destroy_wait(session, p);
        } else {
            next = wait->deadline_ms < next ? wait->deadline_ms : next;
            p = &wait->next;
        }
    }
    return next;
}
