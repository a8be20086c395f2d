/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one OpenFlow table, found by packet: tuple space search that keeps megaflows wide.
 *
 * Merged masks. Rules of near-by masks share a subtable, a hash table of their values under a relaxed mask that all of their masks have
 * (ofproto/mask_level.h): prefix lengths are rounded down, ports and the like left out. Every rule found under such a value is compared
 * by its own mask. Where too many would have the same value the next goes to a subtable with more bits, at last to that of its own
 * mask; where a subtable with more bits is already there, it is preferred. No rule ever moves: what was merged is apart again when rules have gone, and
 * a subtable goes with its last one. So thousands of masks make some tens of subtables (idea: Daly et al., "TupleMerge", 2019), and a lookup probes
 * them all at once, except those whose highest priority cannot beat what it found.
 *
 * It also computes the mask under which its answer holds, for the megaflow, in a second pass over the subtables that could have had a
 * better answer. "False 1-bits are acceptable, false 0-bits are not": a
 * missing bit forwards somebody's packets wrongly, a superfluous one costs a megaflow. A subtable that has no rule of the flow's value would add
 * its whole mask, so each of these looks for fewer bits that prove the absence:
 *
 *   - Stages. A subtable is searched by metadata, then L2, L3 and L4; when no rule agrees in the stages so far the later ones are
 *     not looked at. Large subtables know by a set of hashes per stage; they may add a stage too many when hashes collide.
 *   - Prefixes. Before L3 and L4 the tries tell whether any rule of the subtable's prefix lengths can match, by the few
 *     leading bits that decide it; of several fields that tell it, the one that adds the fewest bits to the mask. Once these are in it, they cost
 *     nothing for all other subtables that they exclude.
 *   - Rules that have the flow's value and do not match, and all rules of small subtables, are excluded one by one: one that differs in a bit which is in
 *     the mask already adds nothing, and otherwise the fewest bits that tell it apart are added.
 *
 * Conjunctions. A rule with conjunction actions is one clause of a larger match. Those that match are collected; where the clauses of
 * a conjunction are complete, at a priority above that of the best other rule, the lookup goes through the subtables once more with its
 * id as the flow's conj_id.
 *
 * One writer, who holds tables_lock(); any number of readers under RCU. Each rule has a life (ofproto/version.h): a lookup sees
 * what its version has, and writers see what has no end. A rule may be there several times, one for each version that a reader
 * may still look at. */
#pragma once

#include "lib/base/hmap.h"
#include "ofproto/prefix_trie.h"
#include "ofproto/rule.h"

struct match_miss;
struct subtable_list;

struct classifier {
    struct subtable_list *list; /* by falling priority; RCU; null as long as there is none */
    struct prefix_trie tries[N_PREFIX_FIELDS];
    unsigned int prefixes; /* bits of the tries that lookups use; any: ro, writers: wo, relaxed */
    struct hmap subtables; /* writers: by relaxed mask */
    struct hmap masks;     /* writers: struct rule_mask, by mask */
    size_t n_rules;        /* writers: those that have ended included */
    struct match_miss *miss; /* writers: what was looked for last and is not there; null as long as there are no masks */
};

/* Writers. */

void classifier_init(struct classifier *);
/* Its memory goes after a grace period. Rules that it holds are the caller's, and must be RULE_UNLINKED by then. */
void classifier_destroy(struct classifier *);

/* The rule with exactly this match and priority that has no end, or null. */
struct rule *classifier_find(const struct classifier *, const struct minimatch_key *, int32_t priority);

/* Puts the rule in, for those who see its life. One of the same match and priority that is there has an end. */
void classifier_insert(struct classifier *, struct rule *);

/* Takes the rule out, which no reader sees any more; who looks through the table right now may still come across it. */
void classifier_remove(struct classifier *, struct rule *);

/* Calls 'cb' for each rule without an end whose match lies within 'key', until it returns false; so does a key without words for all
 * rules. 'cb' must not change the classifier. */
typedef bool classifier_cb(void *aux, struct rule *);
void classifier_for_each(const struct classifier *, const struct minimatch_key *, classifier_cb *, void *aux);

/* All rules, also those that have an end: n_rules of them. */
size_t classifier_collect_all(const struct classifier *, struct rule **);

/* Is there a rule of this priority, without an end, that overlaps the key? */
bool classifier_overlaps(const struct classifier *, const struct minimatch_key *, int32_t priority);

/* Any thread, inside an RCU section. */

/* The rule of highest priority that the version has and that matches, or null. What decided is added to 'mask', unless it is null. */
struct rule *classifier_lookup(const struct classifier *, version_t, const struct flow *, struct flow *mask);
