/* SPDX-License-Identifier: Apache-2.0 */
/* A session: one client's connection, its monitors, the transactions that wait, and its locks. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsonrpc;
struct ovsdb_changes;
struct ovsdb_monitor;
struct ovsdb_remote;
struct ovsdb_server;
struct stream;

struct ovsdb_session_monitor {
    struct ovsdb_session_monitor *next;
    json_t *id;
    struct ovsdb_monitor *monitor;
};

/* A transaction with a "wait" that does not hold. */
struct ovsdb_session_wait {
    struct ovsdb_session_wait *next;
    json_t *id, *params;
    int64_t created_ms, deadline_ms; /* clock_ms(); INT64_MAX: none */
};

struct ovsdb_session {
    struct ovsdb_session *next; /* in server.sessions */
    struct ovsdb_server *server;
    struct ovsdb_remote *remote;
    struct jsonrpc *rpc;
    struct ovsdb_session_monitor *monitors; /* in the order in which they came */
    size_t n_monitors;
    struct ovsdb_session_wait *waits; /* in the order in which they came */
    size_t n_waits;
    bool doomed; /* to be closed by the work timer */
};

/* Takes over the stream. */
struct ovsdb_session *ovsdb_session_create(struct ovsdb_server *, struct ovsdb_remote *,
                                           struct stream *, int probe_ms);

/* Closes the connection and forgets the client. Does not tell the remote. */
void ovsdb_session_destroy(struct ovsdb_session *);

/* Sends the updates of a transaction, from within the watch. */
void ovsdb_session_notify(struct ovsdb_session *, const struct ovsdb_changes *);

/* "locked" or "stolen". */
void ovsdb_session_notify_lock(struct ovsdb_session *, const char *name, bool locked);

/* Tries the transactions that wait again. Returns when to look again (clock_ms()), INT64_MAX for not before something changes. */
int64_t ovsdb_session_retry_waits(struct ovsdb_session *);
