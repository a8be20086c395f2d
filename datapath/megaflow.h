/* SPDX-License-Identifier: Apache-2.0 */
/* A megaflow as forwarding threads see it: one slot of the flow table's array, indexed by the
 * flow's id.
 *
 * The first line leads to the mask and the actions, the following ones hold the masked key, so that
 * a packet is proved to match by reading consecutive lines that were prefetched together. Keys of
 * more than MEGAFLOW_INLINE_LINES lines lie elsewhere.
 *
 * The main thread fills a free slot and publishes 'mask' last; it takes a flow away by clearing
 * 'mask' and leaves the rest alone until a grace period has passed. 'actions' may be exchanged at
 * any time; the generation changes before they do, so that who loads them first knows that it is theirs. So a reader that found 'mask' set may use all of the slot until its next quiescent
 * state, even if the flow goes meanwhile. */
#pragma once

#include "datapath/line_ops.h"
#include "lib/base/rcu.h"

enum { MEGAFLOW_INLINE_LINES = 3, MEGAFLOW_INLINE_ACTIONS = 24 };

struct flow_actions {
    uint32_t size;      /* bytes */
    uint32_t n_selects; /* select tables that are named */
    uint8_t data[] __attribute__((aligned(8))); /* validated */
};

struct megaflow {
    const struct line_mask *mask; /* null: no flow */
    const struct flow_line *key;  /* mask->n_lines lines, masked */
    const struct flow_actions *actions;
    uint32_t id;
    uint32_t generation; /* another one whenever the slot gets other contents, actions among them */
    uint64_t inline_actions[(sizeof(struct flow_actions) + MEGAFLOW_INLINE_ACTIONS) / 8];
    struct flow_line inline_key[MEGAFLOW_INLINE_LINES];
} CACHE_ALIGNED;
static_assert(sizeof(struct megaflow) == (MEGAFLOW_INLINE_LINES + 1) * 64, "no line for nothing");

/* Forwarding threads, between two quiescent states. */

static inline bool megaflow_matches(const struct megaflow *flow, const struct flow *key)
{
    const struct line_mask *mask = rcu_load(flow->mask);
    return mask && line_ops()->match(key, mask, flow->key);
}

static inline void megaflow_prefetch(const struct megaflow *flow)
{
    __builtin_prefetch(flow);
    __builtin_prefetch(&flow->inline_key[0]);
    __builtin_prefetch(&flow->inline_key[1]);
}
