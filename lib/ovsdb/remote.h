/* SPDX-License-Identifier: Apache-2.0 */
/* Remotes: where the server listens, and whom it connects to.
 *
 * An active remote is connected again, after a growing delay, whenever its session ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct listener;
struct loop_timer;
struct ovsdb_server;

struct ovsdb_remote {
    struct ovsdb_remote *next; /* in server.remotes */
    struct ovsdb_server *server;
    char *name;
    bool managed; /* by a row of the Manager table, and not added by ovsdb_server_add_remote() */
    bool wanted;  /* managers.c's mark while it looks for those that are not */
    int probe_ms;
    int max_backoff_ms;
    struct listener *listener; /* passive ones */

    struct loop_timer *retry; /* active ones */
    int backoff_ms;
    size_t n_connections; /* that are established */
    char *last_error;     /* null: none since it was last connected */
};

/* Adds a remote, or finds it. Null and a sentence in '*errorp' if it cannot be (the caller frees it). */
struct ovsdb_remote *ovsdb_remote_add(struct ovsdb_server *, const char *name, char **errorp)
    WARN_UNUSED;

/* Ends its sessions too. */
void ovsdb_remote_destroy(struct ovsdb_remote *);

struct ovsdb_remote *ovsdb_remote_find(const struct ovsdb_server *, const char *name);

/* For sessions from now on, and for those that there are. 0 turns probes off. */
void ovsdb_remote_set_probe(struct ovsdb_remote *, int probe_ms);

/* What a session tells: an active one is connected; one has ended and is gone. */
void ovsdb_remote_connected(struct ovsdb_remote *);
void ovsdb_remote_closed(struct ovsdb_remote *, const char *reason);
