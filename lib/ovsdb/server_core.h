/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of the server. For lib/ovsdb/ alone; the daemon uses server.h.
 *
 * Two databases are served: the daemon's, and "_Server" in memory. A transaction commits from within one session's request (or
 * the daemon's own code); the watch on the database then sends every session its updates at once, so that a client has the
 * update before the reply. Whatever must not happen inside that, because it begins a transaction or destroys a session, is left
 * to the work timer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/uuid.h"
#include "lib/ovsdb/server.h"

struct loop;
struct loop_timer;
struct ovsdb_locks;
struct ovsdb_managers;
struct ovsdb_remote;
struct ovsdb_session;
struct ovsdb_watch;

enum { OVSDB_SERVER_N_DBS = 2 };

/* What one stranger may make the server keep. */
enum {
    OVSDB_MAX_SESSIONS = 1024,
    OVSDB_MAX_MONITORS = 256,      /* of a session */
    OVSDB_MAX_WAITS = 256,         /* transactions of a session that wait */
    OVSDB_MAX_LOCKS = 64,          /* of a session */
    OVSDB_MAX_BACKLOG = 64 << 20   /* bytes that a session has not read, before it gets more */
};

struct ovsdb_server {
    struct loop *loop;
    struct ovsdb *dbs[OVSDB_SERVER_N_DBS]; /* the daemon's, which it owns; _Server, which is ours */
    struct ovsdb_watch *watch;
    struct ovsdb_locks *locks;
    struct ovsdb_session *sessions;
    size_t n_sessions;
    struct ovsdb_remote *remotes;
    struct ovsdb_managers *managers; /* null unless ovsdb_server_follow_managers() */
    struct loop_timer *work;
    struct uuid id;
};

struct ovsdb *ovsdb_server_find_db(const struct ovsdb_server *, const char *name);

/* Has the work done once the callback in progress has returned. */
void ovsdb_server_wake(struct ovsdb_server *);
