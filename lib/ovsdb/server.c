/* SPDX-License-Identifier: Apache-2.0 */
/* The server: what its sessions and remotes have in common. */
#include "lib/ovsdb/server.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/jsonrpc.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/lock.h"
#include "lib/ovsdb/managers.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/remote.h"
#include "lib/ovsdb/schema.h"
#include "lib/ovsdb/server_core.h"
#include "lib/ovsdb/server_db.h"
#include "lib/ovsdb/session.h"

struct ovsdb *ovsdb_server_find_db(const struct ovsdb_server *server, const char *name)
{
    for (size_t i = 0; i < OVSDB_SERVER_N_DBS; i++) {
        if (!strcmp(ovsdb_get_schema(server->dbs[i])->name, name)) {
            return server->dbs[i];
        }
    }
    return NULL;
}

void ovsdb_server_wake(struct ovsdb_server *server)
{
    loop_timer_set_in(server->work, 0);
}

/* Within the commit: updates go out, the rest waits. */
static void changed(void *server_, const struct ovsdb_changes *changes)
{
    struct ovsdb_server *server = server_;
    bool waits = false;
    for (struct ovsdb_session *session = server->sessions; session; session = session->next) {
        ovsdb_session_notify(session, changes);
        waits |= session->waits != NULL;
    }
    if (waits) {
        ovsdb_server_wake(server);
    }
    if (server->managers) {
        ovsdb_managers_changed(server->managers, changes);
    }
}

static void lock_changed(void *session, const char *name, bool locked)
{
    ovsdb_session_notify_lock(session, name, locked);
}

static void reap_doomed(struct ovsdb_server *server)
{
    struct ovsdb_session *next;
    for (struct ovsdb_session *session = server->sessions; session; session = next) {
        next = session->next;
        if (session->doomed) {
            struct ovsdb_remote *remote = session->remote;
            ovsdb_session_destroy(session);
            ovsdb_remote_closed(remote, "the peer does not read what it is sent");
        }
    }
}

static void work(void *server_)
{
    struct ovsdb_server *server = server_;
    int64_t next = INT64_MAX;
    reap_doomed(server);
    for (struct ovsdb_session *session = server->sessions; session; session = session->next) {
        next = MIN(next, ovsdb_session_retry_waits(session));
    }
    if (server->managers) {
        ovsdb_managers_run(server->managers);
    }
    /* What was committed just now may have set the timer already. */
    if (next != INT64_MAX && !loop_timer_is_set(server->work)) {
        loop_timer_set(server->work, next);
    }
}

struct ovsdb_server *ovsdb_server_create(struct loop *loop, struct ovsdb *db)
{
    struct ovsdb_server *server = xzalloc(sizeof *server);
    server->loop = loop;
    server->dbs[0] = db;
    server->dbs[1] = ovsdb_server_db_create(db);
    server->watch = ovsdb_watch_create(db, changed, server);
    server->locks = ovsdb_locks_create(lock_changed);
    server->work = loop_timer_create(loop, work, server);
    server->id = uuid_random();
    return server;
}

void ovsdb_server_destroy(struct ovsdb_server *server)
{
    if (server) {
        ovsdb_managers_destroy(server->managers);
        server->managers = NULL;
        while (server->remotes) {
            ovsdb_remote_destroy(server->remotes);
        }
        ovsdb_watch_destroy(server->watch);
        ovsdb_locks_destroy(server->locks);
        loop_timer_destroy(server->work);
        ovsdb_close(server->dbs[1]);
        free(server);
    }
}

char *ovsdb_server_add_remote(struct ovsdb_server *server, const char *name)
{
    char *error;
    struct ovsdb_remote *remote = ovsdb_remote_add(server, name, &error);
    if (remote) {
        remote->managed = false;
    }
    return error;
}

bool ovsdb_server_remove_remote(struct ovsdb_server *server, const char *name)
{
    struct ovsdb_remote *remote = ovsdb_remote_find(server, name);
    if (remote) {
        ovsdb_remote_destroy(remote);
    }
    return remote != NULL;
}

void ovsdb_server_follow_managers(struct ovsdb_server *server)
{
    if (!server->managers) {
        server->managers = ovsdb_managers_create(server);
    }
}

void ovsdb_server_list_remotes(const struct ovsdb_server *server, struct strbuf *out)
{
    for (const struct ovsdb_remote *remote = server->remotes; remote; remote = remote->next) {
        strbuf_putf(out, "%s\n", remote->name);
    }
}

void ovsdb_server_memory(const struct ovsdb_server *server, struct strbuf *out)
{
    const struct ovsdb_schema *schema = ovsdb_get_schema(server->dbs[0]);
    size_t monitors = 0, backlog = 0, rows = 0;
    for (const struct ovsdb_session *s = server->sessions; s; s = s->next) {
        monitors += s->n_monitors;
        backlog += jsonrpc_backlog(s->rpc);
    }
    for (size_t i = 0; i < schema->n_tables; i++) {
        rows += ovsdb_count(server->dbs[0], schema->tables[i].name);
    }
    strbuf_putf(out, "backlog:%zu monitors:%zu rows:%zu sessions:%zu", backlog, monitors, rows,
                server->n_sessions);
}
