/* SPDX-License-Identifier: Apache-2.0 */
/* Work that the main thread does once no forwarding thread can see something any more.
 *
 * rcu_postpone() runs its callbacks on a thread of liburcu's. What must happen on the main thread
 * itself, such as giving a flow id back to the table, is put here: entries gather until a grace
 * period for all of them begins, and run in reclaim_run() after it has ended. Main thread only; it
 * is registered with RCU. */
#pragma once

#include <stdint.h>

typedef void reclaim_function(void *aux, uintptr_t value);

struct reclaim;

struct reclaim *reclaim_create(void);
void reclaim_destroy(struct reclaim *); /* waits, and runs what is left */

void reclaim_add(struct reclaim *, reclaim_function *, void *aux, uintptr_t value);
void reclaim_add_free(struct reclaim *, const void *p);

/* Runs what a grace period has passed for, and begins the next one. Never waits. */
void reclaim_run(struct reclaim *);

/* Waits for a grace period and runs everything. */
void reclaim_wait(struct reclaim *);
