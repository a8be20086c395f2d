/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a classifier whose masks have a relaxed mask in common: a hash table of the values under that mask, for ofproto/classifier.c.
 *
 * Open addressing with linear probing over 64-bit slots, so that a reader touches little memory and a larger copy can be published
 * while readers are in the old one. A slot is empty (0), was emptied (1, readers go on), or holds 16 bits of the hash above the address
 * of what has this value: one rule, or a bucket of several, those of high priority first. A bucket is immutable but for its rules: it holds
 * one word of each rule's match, by which a reader passes over nearly all that do not match without looking at them. Rules of the very same
 * match are one entry: they follow by rule->next, by falling priority, newest first among equals.
 *
 * Of its rules the subtable knows for each field of the tries which prefix lengths they have. For each stage before the last, a large one
 * also has a set of the hashes of its values up to that stage, with their number. */
#pragma once

#include "lib/base/hmap.h"
#include "ofproto/prefix_trie.h"
#include "ofproto/rule.h"

struct slots;

/* Subtables of at most so many different matches are searched one by one when a mask is wanted. */
enum { SUBTABLE_SMALL = 8 };

struct subtable {
    /* Any thread: ro. */
    const struct minimask *mask;         /* relaxed; a reference */
    struct slots *slots;                 /* RCU */
    struct slots *stages[N_STAGES - 1];  /* RCU; null where the stage adds nothing or is the last */
    size_t n_matches;                    /* atomic */
    struct prefix_lengths lengths[N_PREFIX_FIELDS]; /* that rules have; atomic */
    unsigned int unprefixed;             /* fields of which some rules have no prefix, as bits; atomic */

    /* Writers. */
    struct hmap_node node;               /* in classifier->subtables */
    uint32_t n_masks, *n_lengths;        /* masks of rules; of each length and field */
    bool marked;                         /* classifier_for_each()'s */
    size_t n_slots;                      /* that hold something */
    size_t n_rules;
    int32_t max_priority;                /* at least that of every rule */
    size_t n_at_max;                     /* rules of max_priority */
    size_t n_removed;                    /* since max_priority was computed */
    struct rcu_head rcu;
};

struct bucket {
    struct rcu_head rcu;
    uint32_t n;
    struct bucket_entry {
        uint64_t bits, value; /* what is matched at 'where', besides the relaxed mask; perhaps nothing */
        struct rule *rule;    /* RCU */
        int32_t priority;     /* the rule's */
        uint32_t where;
    } entries[];
};

/* Writers. */

struct subtable *subtable_create(const struct minimask *);
void subtable_destroy(struct subtable *); /* after a grace period */

/* Rules of this mask come, before the first of them, or have gone. */
void subtable_mask_in(struct subtable *, const struct minimask *);
void subtable_mask_out(struct subtable *, const struct minimask *);

/* Where a match belongs in the subtable. Good until the subtable changes. */
struct subtable_place {
    uint64_t hash;
    uint32_t stage_hash[N_STAGES - 1];
    ssize_t slot;        /* -1: nothing has its value */
    unsigned int n;      /* different matches of its value */
    struct rule *rule;   /* the first with the same match, or null */
};
void subtable_locate(const struct subtable *, const struct minimask *, const uint64_t *values, struct subtable_place *);

/* The first rule of the 'i'th match at the place, of 'n'. */
struct rule *subtable_match_at(const struct subtable *, const struct subtable_place *, unsigned int i);

/* A rule of this priority comes: 'max_priority' may grow. Then it comes; 'place' is that of its match. */
void subtable_count_in(struct subtable *, int32_t priority);
void subtable_insert(struct subtable *, struct rule *, const struct subtable_place *place);
void subtable_remove(struct subtable *, struct rule *, const struct subtable_place *place);

/* The rules' first of each match, one behind the other: start with a zeroed cursor; null at the end. Writers, or inside an RCU section that
 * lasts for the whole walk: it goes over the slots as they were when it began, so that nothing is missed if they are made anew. */
struct subtable_cursor {
    const struct slots *slots;
    const struct bucket *bucket;
    size_t position;
    unsigned int index; /* in the bucket */
};
struct rule *subtable_next(const struct subtable *, struct subtable_cursor *);

/* Any thread, inside an RCU section. */

/* What a slot holds, and 0: nothing. */
typedef uint64_t subtable_hit;
enum { SUBTABLE_ADDRESS_BITS = 48, SUBTABLE_BUCKET = 1 };

/* The bucket, or null if it is one rule. */
static inline const struct bucket *subtable_hit_bucket(subtable_hit hit)
{
    return hit & SUBTABLE_BUCKET
               ? (const struct bucket *) (uintptr_t) (hit & ((1ULL << SUBTABLE_ADDRESS_BITS) - 1) & ~(subtable_hit) SUBTABLE_BUCKET)
               : NULL;
}

static inline struct rule *subtable_hit_rule(subtable_hit hit)
{
    return (struct rule *) (uintptr_t) (hit & ((1ULL << SUBTABLE_ADDRESS_BITS) - 1));
}

/* Can the entry match? */
static inline bool bucket_entry_may_match(const struct bucket_entry *entry, const struct flow_words *words)
{
    return (flow_word(words, entry->where) & entry->bits) == entry->value;
}

/* What may have the flow's value, one after the other; 0: nothing more. Rules that match are among it, others may be. In two steps: for many
 * subtables at once, memory that the second step looks at is on its way meanwhile, and then what a hit names. */
struct subtable_probe {
    const struct slots *slots;
    uint64_t hash;
    size_t position;
};
void subtable_probe_begin(struct subtable_probe *, const struct subtable *, const struct flow_words *);
subtable_hit subtable_probe_next(struct subtable_probe *);

/* The first step stage by stage. Before STAGE_L3 and STAGE_L4 'skip' is asked and may tell that no rule can match. False if a stage tells that there is
 * nothing. '*n_parts' is the number of the mask's parts that decided, besides what 'skip' told. */
typedef bool subtable_skip_cb(void *aux, const struct subtable *, enum minimatch_stage);
bool subtable_probe_staged(struct subtable_probe *, const struct subtable *, const struct flow_words *words,
                           subtable_skip_cb *skip, void *aux, unsigned int *n_parts);
