/* SPDX-License-Identifier: Apache-2.0 */
/* The switching core as the control socket's server uses it: ports, flows, execution, threads.
 *
 * Main thread only, and the main thread is the only writer of the port table and the megaflow
 * table; forwarding threads read them under RCU. Nothing here knows of sockets or messages. */
#pragma once

#include "datapath/client.h"
#include "datapath/port.h"
#include "datapath/rx_assign.h"
#include "datapath/worker_counters.h"

struct datapath;

/* Forwarding threads. Arrays with an entry per thread have DATAPATH_MAX_THREADS + 1 of them: the
 * forwarding threads come first; the last is the main thread's, which carries out packets that the
 * control program sends. */
enum { DATAPATH_MAX_THREADS = 16 };

struct datapath_config {
    uint32_t max_flows;      /* flow ids */
    unsigned int n_threads;  /* forwarding threads */
    uint32_t n_frames;       /* of the packet arena */
    bool manual;             /* no threads: tests call datapath_poll() */
};

struct datapath *datapath_create(const struct datapath_config *, char **errorp) WARN_UNUSED;
void datapath_destroy(struct datapath *);

/* Ports. Errors as dp_port_add(). Their option "pmd-rxq-affinity", which ties receive queues to
 * processors, is for all kinds. */
int datapath_port_add(struct datapath *, const char *name, const char *type,
                      const struct smap *options, uint32_t *no, char **errorp) WARN_UNUSED;
int datapath_port_set(struct datapath *, struct port *, const struct dp_port_change *,
                      char **errorp) WARN_UNUSED;
int datapath_port_del(struct datapath *, uint32_t no) WARN_UNUSED;
struct port *datapath_port_get(struct datapath *, uint32_t no);
struct port *datapath_port_find(struct datapath *, const char *name);
struct port *datapath_port_next(struct datapath *,
                                uint32_t *cursor); /* cursor starts at 0; null at the end */

/* The port has another number of receive queues now. */
void datapath_port_set_n_rxq(struct datapath *, struct port *, unsigned int n);
void datapath_port_stats(const struct datapath *, const struct port *, struct dp_port_stats *);

/* Limits and queues; see dp_port_set_qos() and dp_port_queue_stats(). */
int datapath_port_set_qos(struct datapath *, uint32_t no, const struct dp_port_qos *) WARN_UNUSED;
int datapath_port_queue_stats(struct datapath *, uint32_t no, struct dp_queue_stats **, size_t *n) WARN_UNUSED;

/* Carries out one operation and sets its results. */
void datapath_operate(struct datapath *, struct dp_op *);

/* The same for several: one call for each, then datapath_operate_end() before anything else is done. What packets they send
 * leaves in bursts. */
void datapath_operate_next(struct datapath *, struct dp_op *);
/* 'op' comes soon, as the one after 'n' others: fetches the memory that it needs if it makes a flow. Changes nothing. */
void datapath_operate_expect(const struct datapath *, const struct dp_op *op, unsigned int n);
void datapath_operate_end(struct datapath *);
void datapath_flow_flush(struct datapath *);

/* Calls 'cb' for flows with id >= cursor until it returns false; returns the id to go on with,
 * DP_FLOW_NONE at the end. */
uint32_t datapath_flow_dump(struct datapath *, uint32_t cursor,
                            bool (*cb)(void *aux, const struct dp_flow *), void *aux);
bool datapath_flow_get(struct datapath *, const struct uuid *ufid, struct dp_flow *);

/* Select tables (datapath/select_table.h) and meters (datapath/meter_table.h); the datapath's. */
struct select_tables *datapath_selects(struct datapath *);
struct meter_table *datapath_meters(struct datapath *);

void datapath_totals(struct datapath *, struct dp_totals *);

/* Second buffers of super-packets. Exact when no thread works. */
uint32_t datapath_n_tails_in_use(const struct datapath *);

/* Did the packet buffers get huge pages? Without, they lie in ordinary ones, and cost more misses of the TLB. */
bool datapath_has_huge_pages(const struct datapath *);

/* The memory that clients map: read-only statistics, laid out as datapath/stats_memory.h says. */
int datapath_stats_memfd(const struct datapath *);

/* Upcall rings: one per forwarding thread (and one for the main thread's own executions) and
 * handler. 'fds' receives datapath_n_rings() * n_handlers memfds, ring [thread][handler], 'bell_fds'
 * the waiting ends of n_handlers bells (see datapath/upcall_ring.h); all stay the datapath's, the
 * arrays are the caller's. EBUSY while rings are open. */
int datapath_upcalls_open(struct datapath *, unsigned int n_handlers, int **fds,
                          int **bell_fds) WARN_UNUSED;
void datapath_upcalls_close(struct datapath *);
unsigned int datapath_n_rings(const struct datapath *); /* for each handler */

/* To be called about once a second: ranks the masks by their hits and frees what grace periods have
 * passed for. */
void datapath_run(struct datapath *);

unsigned int datapath_n_threads(const struct datapath *);

/* Replaces the threads by 'n' others. 0, EINVAL for a bad number or in manual mode, EBUSY while upcall
 * rings are open and there are none for so many threads, that is for more than the machine has
 * processors and more than there were at first. Packets wait in their devices meanwhile. */
int datapath_set_n_threads(struct datapath *, unsigned int n) WARN_UNUSED;

/* One thread on each processor whose bit is set in the hexadecimal number 'text'; with an empty text
 * as many as at first. Errors as above, with a sentence in '*errorp' (the caller frees it);
 * processors that are not there or not permitted are logged and left out. */
int datapath_set_cpu_mask(struct datapath *, const char *text, char **errorp) WARN_UNUSED;

/* See forwarder_set_max_sleep(). */
void datapath_set_max_sleep(struct datapath *, int us);
int datapath_max_sleep(const struct datapath *);

/* How receive queues are spread from now on; spreads them by what was measured. */
void datapath_set_rx_rules(struct datapath *, enum rx_policy, bool isolate);
void datapath_get_rx_rules(const struct datapath *, enum rx_policy *, bool *isolate);
void datapath_rebalance(struct datapath *);

/* A thread's figures: i below datapath_n_threads() for a forwarding thread, or equal to it for the
 * main thread's own executions. */
struct datapath_thread {
    int cpu;          /* -1: any */
    bool isolated;
    struct worker_counters counters; /* since they were cleared */
    uint64_t cycles; /* that have passed since then (datapath/cycles.h) */
};
void datapath_thread_get(const struct datapath *, unsigned int i, struct datapath_thread *);
void datapath_thread_clear(struct datapath *, unsigned int i);

/* The next receive queue of a thread, in the order of ports and queues; 'cursor' starts at 0. Null
 * at the end. */
struct datapath_queue {
    const struct port *port;
    unsigned int q;
    uint64_t cycles; /* in the intervals asked for */
};
bool datapath_thread_queue(const struct datapath *, unsigned int i, unsigned int n_intervals,
                           uint64_t *cursor, struct datapath_queue *);

/* Cycles that passed in the last 'n_intervals' that were measured whole; 0: there is none yet. */
enum { DATAPATH_INTERVAL_SECS = 5, DATAPATH_MAX_INTERVALS = 12 };
uint64_t datapath_measured_cycles(const struct datapath *, unsigned int n_intervals);

/* In manual mode: one pass over all ports. Returns the number of packets handled. */
unsigned int datapath_poll(struct datapath *);

/* Waits until no packet that was received before the call is still being forwarded. */
void datapath_quiesce(struct datapath *);
