/* SPDX-License-Identifier: Apache-2.0 */
/* Subtables whose masks are the same up to L3, for ofproto/classifier.c: one probe tells in which of them a rule can match.
 *
 * Rule sets with ranges of ports have many masks that differ in L4 alone. A family keeps, by the hash of what its members' rules match
 * up to L3, the set of members that have such a rule. The sets are not exact: rules that went leave their bits behind until so many did that
 * the family is made anew, and hashes may collide. So a member that a set names is looked into, for nothing at times, and one that it does not name
 * has no rule that matches. A family of one member has no table, and its member is always looked into.
 *
 * Writers hold tables_lock(); readers are inside an RCU section. */
#pragma once

#include "ofproto/subtable.h"

enum { FAMILY_MAX_MEMBERS = 64 };

struct family_slots;

struct subtable_family {
    unsigned int number;                 /* in the classifier's index of families */
    unsigned int n_members;
    uint64_t used;                       /* members, as bits */
    const struct subtable *members[FAMILY_MAX_MEMBERS]; /* RCU; null: none */
    int32_t max_priorities[FAMILY_MAX_MEMBERS]; /* atomic: of each member, or more */
    int32_t max_priority;                /* atomic: of all, or more */
    struct minimask *mask;               /* of the first member, for the parts up to L3; a reference */
    struct family_slots *slots;          /* RCU; null as long as there is one member */
    size_t n_gone;                       /* rules that went since the slots were made */
    struct rcu_head rcu;
};

struct subtable_family *family_create(const struct minimask *);
void family_destroy(struct subtable_family *); /* after a grace period */

/* Are subtables of 'mask' members? */
bool family_takes(const struct subtable_family *, const struct minimask *mask);

/* Sets the member's 'family' and 'member'. */
void family_add(struct subtable_family *, struct subtable *);
void family_remove(struct subtable_family *, struct subtable *);
void family_set_priority(struct subtable_family *, const struct subtable *, int32_t);

/* A rule comes to a member, before readers can find it there, or has gone from it. */
void family_rule_in(struct subtable_family *, const struct subtable *, const struct rule *);
void family_rule_out(struct subtable_family *);

/* Any thread, inside an RCU section: the members in which a rule can match the flow. */
uint64_t family_find(const struct subtable_family *, const struct flow_words *);

/* The same in steps, for many families at once: memory that the next step looks at is on its way meanwhile. */
struct family_probe {
    const struct family_slots *slots;
    uint64_t hash, used;
};
void family_probe_begin(struct family_probe *, const struct subtable_family *, const struct flow_words *);
void family_probe_prefetch(const struct family_probe *);
uint64_t family_probe_end(const struct family_probe *);
