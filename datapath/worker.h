/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread needs to carry packets from ports to ports: its caches, counters, queues and
 * scratch memory.
 *
 * There is one worker per forwarding thread, and one for the main thread, which carries out packets
 * that the control program sends. Everything in it belongs to its thread, except what says
 * otherwise; nothing is allocated after worker_create(). */
#pragma once

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/datapath.h"
#include "datapath/stats_memory.h"
#include "datapath/worker_counters.h"
#include "lib/net/flow.h"

struct flow_table;
struct meter_table;
struct output_queue;
struct port_table;
struct reassembly;
struct select_tables;
struct shortcuts;
struct signature_cache;
struct upcall_sink;

enum {
    WORKER_MAX_RECIRCS = 8,       /* lookups that one packet may ask for, after its first */
    WORKER_RECIRC_QUEUE_SIZE = 1024, /* packets of one burst that may wait for their next lookup */
};

/* Packets that wait for their next lookup. */
struct recirc_queue {
    unsigned int n;
    struct packet *packets[WORKER_RECIRC_QUEUE_SIZE];
};

struct worker {
    unsigned int index; /* in all arrays per thread */
    const struct flow_table *flows;
    const struct port_table *ports;
    const struct select_tables *selects;
    const struct meter_table *meters;
    struct reassembly *fragments; /* of all threads */
    struct stats_memory_entry *stats; /* this thread's row */
    struct frame_cache *frames;
    struct shortcuts *shortcuts;
    struct signature_cache *signatures;
    struct upcall_sink
        *upcalls; /* main: wo; owner: ro; RCU; null while there is no control program */
    struct output_queue *pending; /* queues with packets, linked */
    struct output_queue *sent;    /* those whose ports have a tx_done to be called, linked */
    int64_t now_ms;
    uint64_t now_ns;
    uint64_t random;
    uint16_t ip_id; /* of the next outer header */
    struct recirc_queue *recircs; /* being filled */
    struct recirc_queue recirc_queues[2];
    struct worker_counters counters CACHE_ALIGNED;
    struct flow keys[BATCH_MAX]; /* of the burst in work */
    struct flow scratch;         /* of one packet in the middle of its actions */
};

/* Main thread only. */

struct worker_config {
    unsigned int index;
    const struct flow_table *flows;
    const struct port_table *ports;
    const struct meter_table *meters;
    struct reassembly *fragments;
    struct stats_memory_entry *stats;
    struct arena *arena;
    uint64_t signatures; /* greatest number of buckets of the signature cache */
};

/* Null if the arena serves no more caches. */
struct worker *worker_create(const struct worker_config *) WARN_UNUSED;
void worker_destroy(struct worker *); /* null is fine */

/* The owner, from here on. */

/* Looks at the clock. Once per pass over the ports. */
void worker_tick(struct worker *);

/* Adds to a counter of worker->counters. */
static inline void worker_count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* A number that is random enough to sample packets. */
static inline uint32_t worker_random(struct worker *w)
{
    /* xorshift64* (Vigna, 2016). */
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (w->random * 0x2545f4914f6cdd1dULL) >> 32;
}
