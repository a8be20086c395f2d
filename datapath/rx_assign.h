/* SPDX-License-Identifier: Apache-2.0 */
/* Which forwarding thread polls which receive queue, as a function of the queues' loads.
 *
 * A queue that is tied to a thread goes there. A thread with a tied queue is *isolated*, if the
 * caller wants that: no other queue comes to it unless all threads are, for every queue must be
 * polled. The rest is spread by one of three policies. Pure functions; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rx_policy {
    RX_POLICY_ROUND_ROBIN, /* in the order given, one to each thread in turn */
    RX_POLICY_CYCLES,      /* the busiest first, to the threads in turn, there and back */
    RX_POLICY_GROUP,       /* the busiest first, each to the thread that has the least so far */
};

/* One of enum rx_policy, or -1 for a name that is none. */
int rx_policy_parse(const char *name);
const char *rx_policy_name(enum rx_policy);

enum { RX_ASSIGN_MAX_THREADS = 64 };

struct rx_assign_queue {
    uint64_t load;
    int tied;            /* to this thread; -1: to none */
    unsigned int thread; /* the result */
};

struct rx_assign_rules {
    unsigned int n_threads; /* 1 to RX_ASSIGN_MAX_THREADS */
    enum rx_policy policy;
    bool isolate;
};

/* Sets 'thread' of all 'n' queues and returns the bitmap of isolated threads. */
uint64_t rx_assign(struct rx_assign_queue *, size_t n, const struct rx_assign_rules *);
