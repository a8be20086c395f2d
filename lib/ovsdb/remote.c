/* SPDX-License-Identifier: Apache-2.0 */
/* Listening and connecting. */
#include "lib/ovsdb/remote.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonrpc.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/ovsdb/managers.h"
#include "lib/ovsdb/server_core.h"
#include "lib/ovsdb/session.h"

LOG_MODULE(ovsdb_remote);

enum { DEFAULT_PORT = 6640, MIN_BACKOFF_MS = 1000, DEFAULT_MAX_BACKOFF_MS = 8000 };

/* A peer on the same machine that goes away is noticed without being asked. */
enum { DEFAULT_PROBE_MS = 5000 };

static int default_probe(const char *name)
{
    return strstr(name, "unix:") ? 0 : DEFAULT_PROBE_MS;
}

struct ovsdb_remote *ovsdb_remote_find(const struct ovsdb_server *server, const char *name)
{
    struct ovsdb_remote *remote = server->remotes;
    while (remote && strcmp(remote->name, name)) {
        remote = remote->next;
    }
    return remote;
}

static void accepted(void *remote_, struct stream *stream)
{
    struct ovsdb_remote *remote = remote_;
    if (remote->server->n_sessions >= OVSDB_MAX_SESSIONS) {
        log_warn_rl("%s: refusing a connection, for there are %d already", remote->name,
                    OVSDB_MAX_SESSIONS);
        stream_destroy(stream);
        return;
    }
    ovsdb_session_create(remote->server, remote, stream, remote->probe_ms);
    ovsdb_remote_connected(remote);
}

static void set_error(struct ovsdb_remote *remote, const char *error)
{
    free(remote->last_error);
    remote->last_error = error ? xstrdup(error) : NULL;
}

static void retry_later(struct ovsdb_remote *remote)
{
    loop_timer_set_in(remote->retry, remote->backoff_ms);
    remote->backoff_ms = MIN(2 * remote->backoff_ms, remote->max_backoff_ms);
}

static void connect_now(void *remote_)
{
    struct ovsdb_remote *remote = remote_;
    char *error = NULL;
    struct stream *stream
        = stream_open(remote->server->loop, remote->name, DEFAULT_PORT, NULL, NULL, &error);
    if (stream) {
        ovsdb_session_create(remote->server, remote, stream, remote->probe_ms);
    } else {
        set_error(remote, error);
        free(error);
        retry_later(remote);
        ovsdb_managers_note(remote->server->managers);
    }
}

static void free_remote(struct ovsdb_remote *remote)
{
    listener_destroy(remote->listener);
    loop_timer_destroy(remote->retry);
    free(remote->last_error);
    free(remote->name);
    free(remote);
}

static char *start(struct ovsdb_remote *remote)
{
    char *error = NULL;
    if (stream_name_is_passive(remote->name)) {
        remote->listener = listener_open(remote->server->loop, remote->name, DEFAULT_PORT,
                                         accepted, remote, &error);
        return error;
    }
    if (!stream_name_is_active(remote->name)) {
        return xasprintf("%s is no name of a connection that is supported here", remote->name);
    }
    remote->retry = loop_timer_create(remote->server->loop, connect_now, remote);
    loop_timer_set_in(remote->retry, 0);
    return NULL;
}

struct ovsdb_remote *ovsdb_remote_add(struct ovsdb_server *server, const char *name, char **errorp)
{
    struct ovsdb_remote *remote = ovsdb_remote_find(server, name);
    *errorp = NULL;
    if (remote) {
        return remote;
    }
    remote = xzalloc(sizeof *remote);
    remote->server = server;
    remote->name = xstrdup(name);
    remote->probe_ms = default_probe(name);
    remote->backoff_ms = MIN_BACKOFF_MS;
    remote->max_backoff_ms = DEFAULT_MAX_BACKOFF_MS;
    *errorp = start(remote);
    if (*errorp) {
        free_remote(remote);
        return NULL;
    }
    remote->next = server->remotes;
    server->remotes = remote;
    return remote;
}

void ovsdb_remote_destroy(struct ovsdb_remote *remote)
{
    struct ovsdb_remote **p = &remote->server->remotes;
    while (*p != remote) {
        p = &(*p)->next;
    }
    *p = remote->next;
    struct ovsdb_session *next;
    for (struct ovsdb_session *session = remote->server->sessions; session; session = next) {
        next = session->next;
        if (session->remote == remote) {
            ovsdb_session_destroy(session);
        }
    }
    free_remote(remote);
}

void ovsdb_remote_set_probe(struct ovsdb_remote *remote, int probe_ms)
{
    if (probe_ms < 0) {
        probe_ms = default_probe(remote->name);
    }
    if (remote->probe_ms != probe_ms) {
        remote->probe_ms = probe_ms;
        for (struct ovsdb_session *s = remote->server->sessions; s; s = s->next) {
            if (s->remote == remote) {
                jsonrpc_set_probe(s->rpc, probe_ms);
            }
        }
    }
}

void ovsdb_remote_connected(struct ovsdb_remote *remote)
{
    remote->n_connections++;
    remote->backoff_ms = MIN_BACKOFF_MS;
    set_error(remote, NULL);
    ovsdb_managers_note(remote->server->managers);
}

void ovsdb_remote_closed(struct ovsdb_remote *remote, const char *reason)
{
    if (remote->n_connections) {
        remote->n_connections--;
    }
    if (remote->retry) {
        set_error(remote, reason);
        retry_later(remote);
    }
    ovsdb_managers_note(remote->server->managers);
}
