/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that implement datapath.h share. Main thread only. */
#pragma once

#include "datapath/arena.h"
#include "datapath/datapath.h"
#include "datapath/port_table.h"
#include "datapath/rx_assign.h"
#include "datapath/stats_memory.h"
#include "datapath/worker.h"
#include "lib/net/flow.h"

struct flow_table;
struct forwarder;
struct meter_table;
struct reassembly;

struct datapath {
    struct datapath_config config;
    struct arena *arena;
    struct stats_memory stats;
    struct flow_table *flows;
    struct meter_table *meters;
    struct reassembly *fragments;
    struct port_table ports;
    struct worker *main_worker;
    bool executed; /* a packet since datapath_operate_end() */

    /* Forwarding threads, and what the counters of those that are gone had come to. */
    unsigned int n_threads;
    int cpus[DATAPATH_MAX_THREADS]; /* the threads', -1: any */
    int max_sleep_us;               /* see forwarder_set_max_sleep() */
    struct worker *workers[DATAPATH_MAX_THREADS];
    struct forwarder *forwarders[DATAPATH_MAX_THREADS];
    struct worker_counters retired;
    struct worker_counters cleared[DATAPATH_MAX_THREADS + 1]; /* when they were shown as 0 last; the last is the main thread's */
    uint64_t cleared_at[DATAPATH_MAX_THREADS + 1]; /* cycles_now() */

    /* How receive queues are spread, and what has been measured for it (datapath_queues.c). */
    struct rx_assign_rules rules; /* without the number of threads */
    uint64_t isolated;            /* bitmap of threads */
    unsigned int n_intervals;     /* that have been measured so far */
    uint64_t interval_start;      /* cycles_now() */
    uint64_t interval_cycles[RX_LOAD_INTERVALS];

    /* Upcalls; no handlers: closed. There are rings for as many threads as there may be without
     * opening them again, so that threads can come and go. */
    unsigned int max_threads;
    unsigned int n_handlers;
    struct upcall_sink *sinks[DATAPATH_MAX_THREADS + 1]; /* max_threads of them, then the main thread's */
    int *ring_bells; /* the ringing ends */
    int *wait_bells; /* the waiting ends */

    struct flow dump_key, dump_mask; /* of the flow that a dump hands out */
};

/* datapath.c */

/* A worker with 'index', DATAPATH_MAX_THREADS for the main thread's. */
struct worker *datapath_worker_create(struct datapath *, unsigned int index);
void datapath_add_counters(struct worker_counters *sum, const struct worker_counters *);

/* datapath_threads.c */

/* Starts 'n' threads, each on one of the processors that the process may use if there are as many,
 * else wherever. 0 or a positive errno; then no thread runs. */
int datapath_threads_start(struct datapath *, unsigned int n) WARN_UNUSED;
void datapath_threads_stop(struct datapath *); /* no thread has a receive queue */

/* datapath_queues.c. Nothing of it does anything in manual mode. */

/* Gives the port's receive queues to the threads that have the least to do; takes them away. */
void datapath_queues_add_port(struct datapath *, struct port_entry *);
void datapath_queues_remove_port(struct datapath *, struct port_entry *);

/* Takes all queues away from the threads; spreads all over those that there are. Queues that stay
 * where they are go on being polled. */
void datapath_queues_gather(struct datapath *);
void datapath_queues_spread(struct datapath *);

/* Looks at the clock, and at the queues' counters if an interval has ended. */
void datapath_queues_measure(struct datapath *);

/* Ties queues to processors: text as in pmd-rxq-affinity, "QUEUE:CPU,...", null for none. True if
 * that changed anything; what makes no sense is logged and left out. */
bool datapath_queues_tie(struct port_entry *, const char *text);

/* datapath_upcalls.c */

/* Connects a thread that has just been made to its rings, if these are open. */
void datapath_upcalls_attach(struct datapath *, unsigned int thread);
