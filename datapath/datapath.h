/* SPDX-License-Identifier: Apache-2.0 */
/* The switching core as the control socket's server uses it: ports, flows, execution, threads.
 *
 * Main thread only, and the main thread is the only writer of the port table and the megaflow
 * table; forwarding threads read them under RCU. Nothing here knows of sockets or messages. */
#pragma once

#include "datapath/client.h"
#include "datapath/port.h"

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

/* Ports. Errors as dp_port_add(). */
int datapath_port_add(struct datapath *, const char *name, const char *type,
                      const struct smap *options, uint32_t *no, char **errorp) WARN_UNUSED;
int datapath_port_del(struct datapath *, uint32_t no) WARN_UNUSED;
struct port *datapath_port_get(struct datapath *, uint32_t no);
struct port *datapath_port_find(struct datapath *, const char *name);
struct port *datapath_port_next(struct datapath *,
                                uint32_t *cursor); /* cursor starts at 0; null at the end */
void datapath_port_stats(const struct datapath *, const struct port *, struct dp_port_stats *);

/* Carries out one operation and sets its results. */
void datapath_operate(struct datapath *, struct dp_op *);
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

/* The memory that clients map: read-only statistics, laid out as datapath/stats_memory.h says. */
int datapath_stats_memfd(const struct datapath *);

/* Upcall rings: one per forwarding thread (and one for the main thread's own executions) and
 * handler. 'fds' receives (n_threads + 1) * n_handlers memfds, ring [thread][handler], 'bell_fds'
 * the waiting ends of n_handlers bells (see datapath/upcall_ring.h); all stay the datapath's, the
 * arrays are the caller's. EBUSY while rings are open. */
int datapath_upcalls_open(struct datapath *, unsigned int n_handlers, int **fds,
                          int **bell_fds) WARN_UNUSED;
void datapath_upcalls_close(struct datapath *);

/* To be called about once a second: ranks the masks by their hits and frees what grace periods have
 * passed for. */
void datapath_run(struct datapath *);

unsigned int datapath_n_threads(const struct datapath *);

/* 0, EINVAL for a bad number or in manual mode, EBUSY while upcall rings are open, because there is
 * a set of them for each thread. Packets wait in their devices meanwhile. */
int datapath_set_n_threads(struct datapath *, unsigned int n) WARN_UNUSED;

/* In manual mode: one pass over all ports. Returns the number of packets handled. */
unsigned int datapath_poll(struct datapath *);

/* Waits until no packet that was received before the call is still being forwarded. */
void datapath_quiesce(struct datapath *);
