/* SPDX-License-Identifier: Apache-2.0 */
/* Locks that clients hold by name (RFC 7047 section 4.1.8), in the order in which they asked.
 *
 * The first who waits for a lock owns it. An owner is any pointer that means a client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

struct ovsdb_locks;

/* Called when a lock passes to 'owner' ("locked"), or is taken from it ("stolen"). */
typedef void ovsdb_lock_cb(void *owner, const char *name, bool locked);

struct ovsdb_locks *ovsdb_locks_create(ovsdb_lock_cb *);
void ovsdb_locks_destroy(struct ovsdb_locks *); /* null is fine */

/* Queues 'owner' for the lock, with 'steal' at its head. True if it owns the lock now. */
bool ovsdb_locks_add(struct ovsdb_locks *, void *owner, const char *name, bool steal);

/* False if 'owner' did not ask for the lock. Whoever comes next is told. */
bool ovsdb_locks_remove(struct ovsdb_locks *, void *owner, const char *name);

/* Forgets 'owner' altogether. */
void ovsdb_locks_remove_owner(struct ovsdb_locks *, void *owner);

bool ovsdb_locks_is_waiting(const struct ovsdb_locks *, const void *owner, const char *name);
bool ovsdb_locks_is_owner(const struct ovsdb_locks *, const void *owner, const char *name);

/* The locks that 'owner' owns or waits for. */
size_t ovsdb_locks_count(const struct ovsdb_locks *, const void *owner);
