/* SPDX-License-Identifier: Apache-2.0 */
/* A forwarding thread: polls the receive queues that it was given, and sleeps when they are empty.
 *
 * A queue that brought packets is *hot* and is polled directly for some microseconds more; all others are
 * only looked at when epoll says that they are ready, so that idle ports cost nothing, however many
 * there are. With nothing hot and some passes without a packet the thread blocks in epoll, offline
 * for RCU; where packets come back to back with its sleeps, it first waits for a moment awake. Each pass takes at most one burst from each queue, so that a port under a storm does not
 * keep the thread from the others.
 *
 * The main thread adds and removes queues while the thread runs. */
#pragma once

struct forwarder;
struct rx_queue;
struct worker;

/* Main thread only. */

/* Starts a thread that works with 'worker', which nobody else may use until the thread was
 * destroyed, on processor 'cpu' (-1: on any). Null with errno on failure. */
struct forwarder *forwarder_create(struct worker *, int cpu);

/* Stops the thread and waits for it; it has no queues left. Null is fine. */
void forwarder_destroy(struct forwarder *);

/* Makes the thread poll a queue, whose fd is set. The queue stays the caller's. */
void forwarder_add(struct forwarder *, struct rx_queue *);

/* Makes the thread forget the queue, which may be freed after a grace period. */
void forwarder_remove(struct forwarder *, struct rx_queue *);

/* How long the thread may block at a time when there is nothing to do: at most 'us' microseconds, 0
 * for polling all the time, or FORWARDER_SLEEP_FOREVER, as it is at first, until something comes. */
enum { FORWARDER_SLEEP_FOREVER = -1 };
void forwarder_set_max_sleep(struct forwarder *, int us);

unsigned int forwarder_n_queues(const struct forwarder *);
