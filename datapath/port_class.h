/* SPDX-License-Identifier: Apache-2.0 */
/* The megaflows of one ingress port: tuple space search with a bound.
 *
 * Every megaflow matches its in_port exactly, so each port has a classifier of its own: a list of
 * subtables that a lookup goes through, those with the most hits first. However many masks the
 * traffic of one port brings about, no other port's lookups get slower.
 *
 * A flow may go to any subtable whose mask is part of the flow's mask (the idea of TupleMerge). To
 * keep the subtables few, a new one gets a *relaxed* mask, without the bits that tell near-by masks
 * apart: bytes that are not masked as a whole, odd prefix lengths, parts of ports. Flows of many
 * masks then share it. Where too many flows of a subtable have the same hash, because what tells
 * them apart was relaxed away, the next one goes to a subtable with more bits. There are at most
 * PORT_CLASS_MAX_SUBTABLES such; past that, a flow is installed as an exact match on the key that
 * it came with, and the exact masks, of which there is one for each set of lines, need only a few
 * more subtables.
 *
 * Since megaflows agree wherever they overlap, the first one that matches is right. */
#pragma once

#include "datapath/megaflow.h"
#include "datapath/subtable.h"

enum { PORT_CLASS_MAX_SUBTABLES = 32 };

struct subtable_list {
    uint32_t n;
    struct subtable *subtables[];
};

struct port_class {
    struct subtable_list *list; /* main: rw; forwarding: ro; RCU; never null */
    uint32_t n_flows;           /* main thread */
    uint32_t n_capped;          /* subtables that count against the cap; main thread */
    struct subtable *latest;    /* the one that got the last flow, or null; main thread */
};

/* What placing a flow needs of the flow table. */
struct flow_store {
    struct megaflow *slots; /* by id */
    uint64_t *hashes;       /* by id */
    struct line_masks masks;
    struct reclaim *reclaim;
};

/* Main thread only. */

struct port_class *port_class_create(void);
void port_class_free(struct port_class *); /* it is empty, and no reader is left */

enum place_result { PLACE_OK, PLACE_EXISTS, PLACE_TOO_MANY_MASKS };

struct placement {
    struct subtable *subtable; /* PLACE_OK */
    uint64_t hash;             /* PLACE_OK: of the flow in that subtable */
    uint32_t existing;         /* PLACE_EXISTS: the flow with the same key and mask */
};

/* Finds, or makes, the subtable for a flow with 'key', 'mask' and the masked lines 'stored'. */
enum place_result port_class_place(struct port_class *, struct flow_store *, const struct flow *key,
                                   const struct line_mask *mask, const struct flow_line *stored,
                                   struct placement *) WARN_UNUSED;

/* The same for a mask that is past the cap: its subtable has just that mask. */
enum place_result port_class_place_exact(struct port_class *, struct flow_store *,
                                         const struct flow *key, const struct line_mask *mask,
                                         const struct flow_line *stored,
                                         struct placement *) WARN_UNUSED;

/* Fetches what placing a flow with this key is going to look at, if the flow goes where the last one went. */
void port_class_expect(const struct port_class *, const struct flow *key);

void port_class_insert(struct port_class *, struct flow_store *, struct subtable *, uint32_t id);
void port_class_remove(struct port_class *, struct flow_store *, struct subtable *, uint32_t id);

/* Puts the subtables in the order of their hits. About once a second. */
void port_class_rank(struct port_class *, struct flow_store *);

/* Forwarding threads. */

/* Looks up those 'keys' whose bits are set in 'todo' and sets their 'flows', null for a miss.
 * Returns the bitmap of the misses; adds the number of subtables tried to '*n_tried'. 'thread' is
 * the caller's index. */
uint32_t port_class_lookup(const struct port_class *, const struct megaflow *slots,
                           const struct flow *keys, uint32_t todo, const struct megaflow **flows,
                           unsigned int thread, uint64_t *n_tried);
