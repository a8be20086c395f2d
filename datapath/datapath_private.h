/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that implement datapath.h share. Main thread only. */
#pragma once

#include "datapath/arena.h"
#include "datapath/datapath.h"
#include "datapath/port_table.h"
#include "datapath/stats_memory.h"
#include "datapath/worker.h"
#include "lib/net/flow.h"

struct flow_table;
struct forwarder;
struct meter_table;

struct datapath {
    struct datapath_config config;
    struct arena *arena;
    struct stats_memory stats;
    struct flow_table *flows;
    struct meter_table *meters;
    struct port_table ports;
    struct worker *main_worker;

    /* Forwarding threads, and what the counters of those that are gone had come to. */
    unsigned int n_threads;
    struct worker *workers[DATAPATH_MAX_THREADS];
    struct forwarder *forwarders[DATAPATH_MAX_THREADS];
    struct worker_counters retired;

    /* Upcalls; no handlers: closed. */
    unsigned int n_handlers;
    int *ring_bells; /* the ringing ends */
    int *wait_bells; /* the waiting ends */

    struct flow dump_key, dump_mask; /* of the flow that a dump hands out */
};

/* datapath.c */

/* A worker with 'index', DATAPATH_MAX_THREADS for the main thread's. */
struct worker *datapath_worker_create(struct datapath *, unsigned int index);
void datapath_add_counters(struct worker_counters *sum, const struct worker_counters *);

/* datapath_threads.c */

/* 0 or a positive errno; then no thread runs. */
int datapath_threads_start(struct datapath *, unsigned int n) WARN_UNUSED;
void datapath_threads_stop(struct datapath *); /* no thread has a receive queue */

/* Gives the port's receive queues to the threads that have the fewest; takes them away. Not in
 * manual mode. */
void datapath_threads_add_port(struct datapath *, struct port_entry *);
void datapath_threads_remove_port(struct datapath *, struct port_entry *);
