/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a classifier that have the same mask: a hash table of their masked values, for ofproto/classifier.c.
 *
 * Open addressing with linear probing over 64-bit slots, so that a reader touches little memory and a larger copy can be published
 * while readers are in the old one. A slot is empty (0), was emptied (1, readers go on), or holds the address of a rule with 16 bits of its
 * hash above it; rules of the same match follow by rule->next, by falling priority, newest first among equals.
 *
 * For each stage before the last, a large subtable also has a set of the hashes of its rules up to that stage, with their number. */
#pragma once

#include "lib/base/hmap.h"
#include "ofproto/rule.h"

struct slots;
struct subtable_family;

/* Subtables of at most so many different matches are searched one by one when a mask is wanted. */
enum { SUBTABLE_SMALL = 8 };

struct subtable {
    struct hmap_node node;               /* writers: in classifier->subtables */
    const struct minimask *mask;
    struct slots *rules;                 /* RCU */
    struct slots *stages[N_STAGES - 1];  /* RCU; null where the stage adds nothing or is the last */
    size_t n_matches;                    /* writers: rw; any: ro, relaxed */
    size_t n_rules;                      /* writers */
    int32_t max_priority;                /* writers: at least that of every rule */
    unsigned int number;                 /* in the classifier's index */
    struct subtable_family *family;      /* writers */
    unsigned int member;                 /* of the family */
    size_t n_at_max;                     /* writers: rules of max_priority */
    size_t n_removed;                    /* writers: since max_priority was computed */
    struct rcu_head rcu;
};

/* Writers. */
struct subtable *subtable_create(const struct minimask *);
void subtable_destroy(struct subtable *); /* after a grace period */
void subtable_insert(struct subtable *, struct rule *);
void subtable_remove(struct subtable *, struct rule *);
struct rule *subtable_find(const struct subtable *, const uint64_t *values); /* the first with these values, or null */

/* The rules' first of each match, one behind the other: start with a zeroed cursor; null at the end. Writers, or inside an RCU section that
 * lasts for the whole walk: it goes over the slots as they were when it began, so that nothing is missed if they are made anew. */
struct subtable_cursor {
    const struct slots *slots;
    size_t position;
};
struct rule *subtable_next(const struct subtable *, struct subtable_cursor *);

/* Any thread, inside an RCU section: the first rule of the match that the flow has, or null. It and those behind it may be of other versions. */
struct rule *subtable_lookup(const struct subtable *, const struct flow_words *);

/* What subtable_lookup() will look at first is on its way. */
static inline void subtable_prefetch(const struct subtable *subtable)
{
    __builtin_prefetch(subtable->mask);
    __builtin_prefetch(rcu_dereference(((struct subtable *) subtable)->rules));
}

/* The same, stage by stage. Before STAGE_L3 and STAGE_L4 'skip' is asked and may tell that no rule can match. '*n_parts' is the number of the
 * mask's parts that decided, besides what 'skip' told. */
typedef bool subtable_skip_cb(void *aux, const struct subtable *, enum minimatch_stage);
struct rule *subtable_lookup_staged(const struct subtable *, const struct flow_words *, subtable_skip_cb *skip,
                                    void *aux, unsigned int *n_parts);
