/* SPDX-License-Identifier: Apache-2.0 */
/* What a classifier consists of, for classifier.c, which changes it, and classifier_lookup.c. */
#pragma once

#include "ofproto/classifier.h"
#include "ofproto/subtable.h"

/* Subtables by falling priority. A published vector changes only in the priorities, and never so that they are out of order: a
 * reader who stops at one may rely on it that nothing higher follows. */
struct subtable_vector {
    struct rcu_head rcu;
    unsigned int n;
    struct entry {
        int32_t max_priority; /* any: ro, writers: wo, relaxed */
        struct subtable *subtable;
    } entries[];
};

/* The fields of the tries. */
static const struct {
    size_t offset;
    unsigned int n_bits;
} prefix_fields[N_PREFIX_FIELDS] = {
    [PREFIX_NW_SRC] = { offsetof(struct flow, nw_src), 32 },
    [PREFIX_NW_DST] = { offsetof(struct flow, nw_dst), 32 },
    [PREFIX_IPV6_SRC] = { offsetof(struct flow, ipv6_src), 128 },
    [PREFIX_IPV6_DST] = { offsetof(struct flow, ipv6_dst), 128 },
};
