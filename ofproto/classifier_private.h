/* SPDX-License-Identifier: Apache-2.0 */
/* What a classifier consists of, for classifier.c, which changes it, classifier_lookup.c and classifier_proof.c. */
#pragma once

#include "ofproto/classifier.h"
#include "ofproto/mask_level.h"
#include "ofproto/subtable.h"

/* All subtables; those of the highest priority come first, or nearly so. Readers: ro; writers: wo. */
struct subtable_list {
    struct rcu_head rcu;
    unsigned int n;
    struct {
        int32_t max_priority; /* atomic: of the subtable, or more */
        struct subtable *subtable;
    } items[];
};

/* The rules of one mask, in the subtables of its levels. Writers. */
struct rule_mask {
    struct hmap_node node; /* in classifier->masks */
    const struct minimask *mask; /* a reference */
    struct mask_place {
        const struct minimask *relaxed; /* a reference; null: the same as that of the level before */
        struct subtable *subtable;      /* null if it has no rule of this mask */
        size_t n_rules;
    } places[N_LEVELS];
};

/* A match that a writer looked for and that is not there: whoever puts it in next need not look again. Writers. */
enum { MISS_MAX_WORDS = 16 };
struct match_miss {
    const struct rule_mask *rule_mask; /* null: nothing is known; a change of the classifier makes it so */
    uint64_t values[MISS_MAX_WORDS];
    struct subtable_place at[N_LEVELS]; /* where the level's place has a subtable */
};

/* A lookup, on the stack of a reader. */
struct lookup {
    const struct classifier *cls;
    const struct subtable_list *list; /* not null */
    version_t version;
    struct flow_words words;
    struct flow *mask;       /* or null */
    unsigned int use;        /* bits of the prefix fields whose tries may be used */
    unsigned int looked;     /* bits of the prefix fields that the tries were asked for */
    struct { /* what they told; not set before that */
        unsigned int n_bits; /* that decided */
        struct prefix_lengths found;
    } prefixes[N_PREFIX_FIELDS];
};

/* A flow with conjunctions is a soft match: it is a clause of others, and answers nothing by itself. */
struct soft_matches {
    struct rule **rules;
    size_t n, allocated;
};

/* The first rule of those with one match, from 'rule' on, that the version has and that is above 'priority'. */
struct rule *lookup_visible(const struct lookup *, struct rule *rule, int32_t priority);

/* Of the rules of one match from 'rule' on: the soft ones above '*best' are added to 'soft' (unless it is null), and the first other one is the best
 * from then on. */
void lookup_take(const struct lookup *, struct rule *rule, struct soft_matches *soft, struct rule **best);

/* The best rule for the flow's words, with the mask that proves it if one is wanted. */
struct rule *lookup_search(struct lookup *, struct soft_matches *soft);

/* From the highest priority of soft matches down to that of 'best': the first at which they make up a conjunction with a rule; else 'best'
 * (ofproto/classifier_conjunction.c). */
struct rule *lookup_resolve(struct lookup *, struct soft_matches *, struct rule *best);

/* The best rule of at least the priority 'floor', with the mask that proves it (ofproto/classifier_proof.c). */
struct rule *lookup_prove(struct lookup *, int32_t floor, struct soft_matches *);
