/* SPDX-License-Identifier: Apache-2.0 */
/* The statistics of flows in the memory that the datapath shares with its clients.
 *
 * A memfd holds a header and then one row per thread; a row has one entry per flow id. Each entry
 * is written by its row's thread alone, with relaxed stores, and read by anybody; the figures of a
 * flow are the sums over the rows (the latest time, all flags). A flow id starts at zero in all
 * rows when a flow gets it, and no other flow gets it before a grace period after its flow has
 * gone.
 *
 * The first row is the main thread's. Only 'n_used' rows have ever been written; the others need
 * not be read, and must not be if memory is to be saved, since reading makes pages.
 *
 * The datapath seals the memfd against shrinking, growing and writing, so that a client can only
 * map it for reading and never faults on it. A client checks the header against the size of the
 * file before it believes it, and reads it once, except for 'n_used', which may grow up to
 * 'n_rows'. The file is sparse: rows of threads that do not exist cost nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

#define STATS_MEMORY_MAGIC 0x77667374u /* "wfst" */
enum { STATS_MEMORY_VERSION = 1, STATS_MEMORY_HEADER_SIZE = 4096 };

/* At offset 0; constant but for 'n_used'. */
struct stats_memory_header {
    uint32_t magic;
    uint32_t version;
    uint32_t n_rows;
    uint32_t max_flows; /* entries of a row */
    uint32_t n_used;    /* rows; relaxed */
};

struct stats_memory_entry {
    uint64_t packets, bytes;
    int64_t used_ms;    /* clock_ms() of the last packet, 0: never */
    uint32_t tcp_flags; /* host order: all flags seen */
    uint32_t reserved;
};
static_assert(sizeof(struct stats_memory_entry) == 32, "two entries to a cache line");

/* Bytes of the file. */
static inline uint64_t stats_memory_size(uint32_t n_rows, uint32_t max_flows)
{
    return STATS_MEMORY_HEADER_SIZE +
           (uint64_t) n_rows * max_flows * sizeof(struct stats_memory_entry);
}

/* The first entry of 'row' in a mapping that starts at 'base'. */
static inline struct stats_memory_entry *stats_memory_row(const void *base, uint32_t max_flows,
                                                          uint32_t row)
{
    uintptr_t p = (uintptr_t) base + STATS_MEMORY_HEADER_SIZE;
    return (struct stats_memory_entry *)(p + (uint64_t)row * max_flows *
                                                 sizeof(struct stats_memory_entry));
}

/* The datapath's end. Main thread only. */

struct stats_memory {
    int fd; /* sealed */
    void *base;
    uint32_t n_rows, max_flows, n_used;
};

/* 0 or a positive errno. */
int stats_memory_create(struct stats_memory *, uint32_t n_rows, uint32_t max_flows) WARN_UNUSED;
void stats_memory_destroy(struct stats_memory *);

/* The entries of 'row', for the thread that is going to write them. */
struct stats_memory_entry *stats_memory_use_row(struct stats_memory *, uint32_t row);

/* Fetches them. */
void stats_memory_prefetch(const struct stats_memory *, uint32_t id);

/* Zeroes the entries of flow 'id', which no thread uses. */
void stats_memory_reset(struct stats_memory *, uint32_t id);
void stats_memory_sum(const struct stats_memory *, uint32_t id, struct stats_memory_entry *sum);
