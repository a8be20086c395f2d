/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of megaflows whose masks all contain the subtable's mask.
 *
 * The hash covers the bits of the subtable's mask; a flow may look at more bits, and is its own
 * proof of a match. Buckets hold flow ids under tags (datapath/tag_bucket.h) and chain to overflow
 * buckets in the same array. An id stays where it is until the array is replaced as a whole, by one
 * of another size; so a reader never misses a flow that is there.
 *
 * One writer, the main thread; readers under RCU. 'hashes' is the flow table's array of the flows'
 * hashes, by id. */
#pragma once

#include "datapath/datapath.h"
#include "datapath/line_ops.h"
#include "lib/base/rcu.h"

struct reclaim;

struct subtable_buckets {
    uint32_t mask;       /* main buckets - 1, their number being a power of two */
    uint32_t n;          /* all buckets: main ones, then overflow */
    uint32_t n_chained;  /* overflow buckets in use; main thread */
    struct tag_bucket buckets[]; /* 'extra' is the next bucket of the chain, 0 at its end */
};

struct subtable {
    const struct line_mask *mask;      /* constant; a reference */
    struct subtable_buckets *buckets;  /* main: rw; forwarding: ro; RCU */
    uint32_t n_flows;                  /* main thread, as all up to 'rank' */
    bool capped;                       /* counts against the cap on masks */
    uint32_t last_hits;
    uint32_t rank;                     /* hits per second, smoothed */
    uint32_t
        hits[DATAPATH_MAX_THREADS + 1] CACHE_ALIGNED; /* each thread its own; main: ro; relaxed */
};

/* Main thread only. */

struct subtable *subtable_create(const struct line_mask *); /* takes the reference */
void subtable_free(struct subtable *); /* no reader is left; the mask is not put */

void subtable_insert(struct subtable *, uint32_t id, const uint64_t *hashes, struct reclaim *);
void subtable_remove(struct subtable *, uint32_t id, const uint64_t *hashes, struct reclaim *);

/* The ids of flows with 'hash', at most 'max' of them, and how many there are in 'ids'. */
unsigned int subtable_same_hash(const struct subtable *, uint64_t hash, const uint64_t *hashes,
                                uint32_t *ids, unsigned int max);

/* Adds the hits since the last call to the rank. */
void subtable_update_rank(struct subtable *);
