/* SPDX-License-Identifier: Apache-2.0 */
/* All ports of the datapath, by number and by name, with what the core keeps for each: output
 * queues and counters per thread, and which forwarding thread reads each of its receive queues.
 *
 * The main thread is the only writer. Forwarding threads find a port by its number between two
 * quiescent states; a port that was taken out of the table is freed after a grace period. */
#pragma once

#include "datapath/batch.h"
#include "datapath/datapath.h"
#include "lib/base/hmap.h"
#include "lib/base/rcu.h"

struct forwarder;
struct port_entry;
struct port_qos;

/* Packets on their way out of a port, one queue per thread, flushed at the end of each burst. */
struct output_queue {
    struct port_entry *entry;  /* constant */
    struct output_queue *next; /* in worker->pending */
    struct output_queue *next_sent; /* in worker->sent, if 'sent' */
    bool sent;                      /* and tx_done is to be called */
    unsigned int n;
    struct packet *packets[BATCH_MAX]; /* a reference each */
} CACHE_ALIGNED;

enum { RX_LOAD_INTERVALS = 12 };

/* One of a port's receive queues, at the forwarding thread that polls it. */
struct rx_queue {
    struct port_entry *entry; /* constant, as are the next two */
    unsigned int q;
    int fd;                   /* -1: none */
    uint64_t cycles; /* forwarding thread: wo; main: ro, relaxed: spent with its packets */
    bool hot;        /* forwarding thread: it is polled whether or not 'fd' is ready */

    /* Forwarding thread: rw. */
    uint64_t last_packet; /* of a hot queue, in cycles */
    uint64_t held_until; /* clock_ns(), 0: not held, see forwarder.c */
    uint32_t hold_ns;    /* how long the last time */

    /* Main thread. */
    struct forwarder *forwarder;
    uint32_t slot;         /* its place in the forwarder's list */
    int tied_cpu;          /* by configuration, -1: none */
    uint64_t seen_cycles;  /* when the last interval ended */
    uint64_t history[RX_LOAD_INTERVALS]; /* cycles in the last intervals, see datapath_queues.c */
} CACHE_ALIGNED;

struct port_entry {
    struct port port;
    struct hmap_node node; /* in port_table.by_name */
    struct rx_queue rx[PORT_MAX_QUEUES];
    struct port_qos *qos; /* main: rw; forwarding: ro, RCU; null: it has no limits, and never had */
    struct port_counters counters[DATAPATH_MAX_THREADS + 1];
    struct output_queue queues[DATAPATH_MAX_THREADS + 1];
};

struct port_table {
    struct port_entry **entries; /* by number; main: rw; forwarding: ro; RCU */
    struct hmap by_name;         /* main thread, as is 'n' */
    uint32_t n;
    uint32_t limit;              /* all numbers are below this; main thread */
};

/* Main thread only. */

void port_table_init(struct port_table *);
void port_table_destroy(struct port_table *); /* it is empty */

/* An entry with 'no' and 'name' that is not in the table. */
struct port_entry *port_entry_create(uint32_t no, const char *name, const struct port_ops *);
void port_entry_free(struct port_entry *); /* closed, and no thread sees it */

/* The lowest number from 1 on that no port has, DP_PORT_NONE if there is none. */
uint32_t port_table_unused_number(const struct port_table *);

void port_table_insert(struct port_table *, struct port_entry *);
void port_table_remove(struct port_table *, struct port_entry *);
struct port_entry *port_table_find(const struct port_table *, const char *name);

/* The first port with a number that is not less than 'no', or null. */
struct port_entry *port_table_next(const struct port_table *, uint32_t no);

/* Any thread, between two quiescent states. Null if there is none. */
static inline struct port_entry *port_table_get(const struct port_table *table, uint32_t no)
{
    return no < DP_MAX_PORTS ? rcu_load(table->entries[no]) : NULL;
}
