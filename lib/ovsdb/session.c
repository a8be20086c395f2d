/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: requests in, answers out, and the small methods. */
#include "lib/ovsdb/session.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonrpc.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/lock.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/remote.h"
#include "lib/ovsdb/schema.h"
#include "lib/ovsdb/server_core.h"
#include "lib/ovsdb/session_methods.h"

LOG_MODULE(ovsdb_session);

/* The parameter 'i' as a string, or an error. */
static struct ovsdb_error *get_string(const json_t *params, size_t i, const char **s)
{
    *s = json_string_value(json_array_get(params, i));
    return *s ? NULL : ovsdb_error_syntax(params, NULL, "parameter %zu must be a string", i + 1);
}

static struct ovsdb_error *list_dbs(struct ovsdb_session *session, const json_t *params,
                                    const json_t *id, struct ovsdb_answer *answer)
{
    answer->result = json_array();
    for (size_t i = 0; i < OVSDB_SERVER_N_DBS; i++) {
        const struct ovsdb *db = session->server->dbs[i];
        json_array_append_new(answer->result, json_string(ovsdb_get_schema(db)->name));
    }
    return NULL;
}

static struct ovsdb_error *get_schema(struct ovsdb_session *session, const json_t *params,
                                      const json_t *id, struct ovsdb_answer *answer)
{
    const char *name;
    struct ovsdb_error *error = get_string(params, 0, &name);
    if (error) {
        return error;
    }
    const struct ovsdb *db = ovsdb_server_find_db(session->server, name);
    if (!db) {
        return ovsdb_error_syntax(params, "unknown database",
                                  "get_schema request specifies unknown database %.100s", name);
    }
    answer->result = ovsdb_schema_to_json(ovsdb_get_schema(db));
    return NULL;
}

static struct ovsdb_error *get_server_id(struct ovsdb_session *session, const json_t *params,
                                         const json_t *id, struct ovsdb_answer *answer)
{
    char s[UUID_LEN + 1];
    uuid_to_string(&session->server->id, s);
    answer->result = json_string(s);
    return NULL;
}

/* The databases that are served never change, so there is nothing to be aware of. */
static struct ovsdb_error *set_db_change_aware(struct ovsdb_session *session, const json_t *params,
                                               const json_t *id, struct ovsdb_answer *answer)
{
    if (!json_is_boolean(json_array_get(params, 0))) {
        return ovsdb_error_syntax(params, NULL, "the parameter must be true or false");
    }
    answer->result = json_object();
    return NULL;
}

static struct ovsdb_error *convert(struct ovsdb_session *session, const json_t *params,
                                   const json_t *id, struct ovsdb_answer *answer)
{
    return ovsdb_error_create("not supported",
                              "the schema is part of the program and cannot be converted");
}

static struct ovsdb_error *add_lock(struct ovsdb_session *session, const json_t *params, bool steal,
                                    struct ovsdb_answer *answer)
{
    struct ovsdb_locks *locks = session->server->locks;
    const char *name;
    struct ovsdb_error *error = get_string(params, 0, &name);
    if (error) {
        return error;
    }
    if (ovsdb_locks_is_waiting(locks, session, name)) {
        return ovsdb_error_syntax(params, NULL, "must \"unlock\" before new \"%s\"",
                                  steal ? "steal" : "lock");
    }
    if (ovsdb_locks_count(locks, session) >= OVSDB_MAX_LOCKS) {
        return ovsdb_error_create("resources exhausted", "too many locks");
    }
    bool owned = ovsdb_locks_add(locks, session, name, steal);
    answer->result = json_pack("{sb}", "locked", owned);
    return NULL;
}

static struct ovsdb_error *lock(struct ovsdb_session *session, const json_t *params,
                                const json_t *id, struct ovsdb_answer *answer)
{
    return add_lock(session, params, false, answer);
}

static struct ovsdb_error *steal(struct ovsdb_session *session, const json_t *params,
                                 const json_t *id, struct ovsdb_answer *answer)
{
    return add_lock(session, params, true, answer);
}

static struct ovsdb_error *unlock(struct ovsdb_session *session, const json_t *params,
                                  const json_t *id, struct ovsdb_answer *answer)
{
    const char *name;
    struct ovsdb_error *error = get_string(params, 0, &name);
    if (error) {
        return error;
    }
    if (!ovsdb_locks_remove(session->server->locks, session, name)) {
        return ovsdb_error_syntax(params, NULL, "\"unlock\" without \"lock\" or \"steal\"");
    }
    answer->result = json_object();
    return NULL;
}

static const struct {
    const char *name;
    ovsdb_method_cb *cb;
} methods[] = {
    { "transact", ovsdb_method_transact },
    { "monitor", ovsdb_method_monitor },
    { "monitor_cond", ovsdb_method_monitor_cond },
    { "monitor_cond_since", ovsdb_method_monitor_cond_since },
    { "monitor_cond_change", ovsdb_method_monitor_cond_change },
    { "monitor_cancel", ovsdb_method_monitor_cancel },
    { "get_schema", get_schema },
    { "list_dbs", list_dbs },
    { "get_server_id", get_server_id },
    { "set_db_change_aware", set_db_change_aware },
    { "lock", lock },
    { "steal", steal },
    { "unlock", unlock },
    { "convert", convert },
};

static void answer_request(struct ovsdb_session *session, const struct jsonrpc_msg *msg)
{
    struct ovsdb_answer answer = { NULL, NULL };
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (!strcmp(methods[i].name, msg->method)) {
            struct ovsdb_error *error = methods[i].cb(session, msg->params, msg->id, &answer);
            if (error) {
                answer.error = ovsdb_error_to_json(error);
                ovsdb_error_destroy(error);
            }
            if (answer.error) {
                jsonrpc_send_error(session->rpc, answer.error, json_incref(msg->id));
            } else if (answer.result) {
                jsonrpc_send_reply(session->rpc, answer.result, json_incref(msg->id));
            }
            return;
        }
    }
    /* Clients that try newer methods first compare with these very words. */
    jsonrpc_send_error(session->rpc, json_string("unknown method"), json_incref(msg->id));
}

/* True if the session has left too much unread to get more. */
static bool check_backlog(struct ovsdb_session *session)
{
    if (jsonrpc_backlog(session->rpc) > OVSDB_MAX_BACKLOG) {
        if (!session->doomed) {
            log_warn("%s: disconnecting a client that has left %zu bytes unread",
                     jsonrpc_name(session->rpc), jsonrpc_backlog(session->rpc));
        }
        session->doomed = true;
        ovsdb_server_wake(session->server);
    }
    return session->doomed;
}

static void received(void *session_, const struct jsonrpc_msg *msg)
{
    struct ovsdb_session *session = session_;
    if (check_backlog(session)) {
        return;
    }
    if (msg->type == JSONRPC_REQUEST) {
        answer_request(session, msg);
    } else if (msg->type == JSONRPC_NOTIFY && !strcmp(msg->method, "cancel")) {
        ovsdb_session_cancel_wait(session, json_array_get(msg->params, 0));
    } else if (msg->type == JSONRPC_NOTIFY) {
        log_info_rl("%s: passed over a notification \"%.100s\"", jsonrpc_name(session->rpc),
                    msg->method);
    }
}

static void connected(void *session_)
{
    struct ovsdb_session *session = session_;
    ovsdb_remote_connected(session->remote);
}

static void closed(void *session_, int error)
{
    struct ovsdb_session *session = session_;
    struct ovsdb_remote *remote = session->remote;
    const char *text = jsonrpc_error(session->rpc);
    char *reason = xstrdup(text ? text : error ? strerror(error) : "End of file");
    ovsdb_session_destroy(session);
    ovsdb_remote_closed(remote, reason);
    free(reason);
}

struct ovsdb_session *ovsdb_session_create(struct ovsdb_server *server, struct ovsdb_remote *remote,
                                           struct stream *stream, int probe_ms)
{
    static const struct jsonrpc_ops ops = { connected, received, closed };
    struct ovsdb_session *session = xzalloc(sizeof *session);
    session->server = server;
    session->remote = remote;
    session->rpc = jsonrpc_create(server->loop, stream, &ops, session);
    jsonrpc_set_probe(session->rpc, probe_ms);
    session->next = server->sessions;
    server->sessions = session;
    server->n_sessions++;
    return session;
}

void ovsdb_session_destroy(struct ovsdb_session *session)
{
    struct ovsdb_session **p = &session->server->sessions;
    while (*p != session) {
        p = &(*p)->next;
    }
    *p = session->next;
    session->server->n_sessions--;
    ovsdb_locks_remove_owner(session->server->locks, session);
    ovsdb_session_destroy_waits(session);
    ovsdb_session_destroy_monitors(session);
    jsonrpc_destroy(session->rpc);
    free(session);
}

void ovsdb_session_notify_lock(struct ovsdb_session *session, const char *name, bool locked)
{
    jsonrpc_send_notify(session->rpc, locked ? "locked" : "stolen", json_pack("[s]", name));
}

/* Here rather than with the monitors' methods, for it is where what a session has not read grows. */
void ovsdb_session_notify(struct ovsdb_session *session, const struct ovsdb_changes *changes)
{
    if (session->monitors && !check_backlog(session)) {
        ovsdb_session_send_updates(session, changes);
    }
}
