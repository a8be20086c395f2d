/* SPDX-License-Identifier: Apache-2.0 */
/* What a classifier consists of, for classifier.c, which changes it, and classifier_lookup.c. */
#pragma once

#include "ofproto/classifier.h"
#include "ofproto/subtable_family.h"

/* The fields of the tries. */
static const struct {
    size_t offset;
    unsigned int n_bits;
} prefix_fields[N_PREFIX_FIELDS] = {
    [PREFIX_NW_SRC] = { offsetof(struct flow, nw_src), 32 },
    [PREFIX_NW_DST] = { offsetof(struct flow, nw_dst), 32 },
    [PREFIX_IPV6_SRC] = { offsetof(struct flow, ipv6_src), 128 },
    [PREFIX_IPV6_DST] = { offsetof(struct flow, ipv6_dst), 128 },
    [PREFIX_TP_SRC] = { offsetof(struct flow, tp_src), 16 },
    [PREFIX_TP_DST] = { offsetof(struct flow, tp_dst), 16 },
};

enum { MAX_PREFIX_BITS = 128 };

/* Things with a mask, by number, and for each field and length of prefix the set of those whose mask has it, as bits; length 0 stands for
 * "no prefix". A reader combines the sets of the lengths that the tries found, and so has the few things that a rule can match in without
 * looking at the others. Numbers are used again: a reader who comes across a thing that it did not expect looks into it for nothing.
 * Writers: wo; readers: ro; every word and pointer is atomic. */
struct mask_index {
    struct rcu_head rcu;
    unsigned int n_words;            /* of each set */
    unsigned int n_used;             /* words that have had a bit */
    uint64_t *all;                   /* the set of all */
    uint64_t *sets[N_PREFIX_FIELDS][MAX_PREFIX_BITS + 1]; /* null: empty */
    int32_t *max_priorities;         /* of each thing, or more */
    void **things;                   /* struct subtable, or struct subtable_family */
    const struct minimask **masks;   /* writers */
};
