/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one OpenFlow table, found by packet: tuple space search that keeps megaflows wide.
 *
 * Rules with the same mask share a subtable, a hash table of masked values. A lookup tries subtables in the order of their highest
 * priority and stops when none left can beat what it found.
 *
 * It also computes the mask under which its answer holds, for the megaflow. "False 1-bits are acceptable, false 0-bits are not": a
 * missing bit forwards somebody's packets wrongly, a superfluous one costs a megaflow. A subtable that has no match would add
 * its whole mask, so each of these looks for fewer bits that prove the absence:
 *
 *   - Stages. A subtable is searched by metadata, then L2, L3 and L4; when no rule agrees in the stages so far the later ones are
 *     not looked at. Large subtables know by a set of hashes per stage; they may add a stage too many when hashes collide.
 *   - Small subtables are compared rule by rule: a rule that differs in a bit which is in the mask already adds nothing, and
 *     otherwise only the first word of it that differs is added.
 *   - Prefixes. Before L3 the tries of addresses tell whether any rule of the subtable's prefix length can match, by the few
 *     leading bits that decide it.
 *
 * One writer, the main thread; any number of readers under RCU. A reader sees, of each single insertion, replacement or removal, the state before
 * or after it. Replacement of a rule by one with the same match and priority has no moment without either. */
#pragma once

#include "lib/base/hmap.h"
#include "ofproto/prefix_trie.h"
#include "ofproto/rule.h"

struct subtable_vector;

struct classifier {
    struct subtable_vector *vector; /* RCU: subtables by highest priority */
    struct prefix_trie tries[N_PREFIX_FIELDS];
    struct hmap subtables; /* main: by mask */
    size_t n_rules;        /* main: rw; any: ro, relaxed */
};

/* Main thread. */

void classifier_init(struct classifier *);
void classifier_destroy(struct classifier *); /* holds no rules any more; its memory goes after a grace period */

/* The rule with exactly this match and priority, or null. */
struct rule *classifier_find(const struct classifier *, const struct minimatch_key *, int32_t priority);

/* Puts the rule in; returns the one with the same match and priority that it replaced, or null. */
struct rule *classifier_insert(struct classifier *, struct rule *);
void classifier_remove(struct classifier *, struct rule *);

/* Calls 'cb' for each rule whose match lies within 'key', until it returns false; so does a key without words for all rules. 'cb' must not
 * change the classifier. */
typedef bool classifier_cb(void *aux, struct rule *);
void classifier_for_each(const struct classifier *, const struct minimatch_key *, classifier_cb *, void *aux);

/* Is there a rule of this priority that overlaps the key? */
bool classifier_overlaps(const struct classifier *, const struct minimatch_key *, int32_t priority);

/* Any thread, inside an RCU section. */

/* The rule of highest priority that matches, or null. What decided is added to 'mask', unless it is null. */
struct rule *classifier_lookup(const struct classifier *, const struct flow *, struct flow *mask);
