/* SPDX-License-Identifier: Apache-2.0 */
/* A rule: one OpenFlow flow in a table.
 *
 * The main thread makes, changes and removes rules; handlers and the revalidator read them under RCU from the table's classifier.
 * What can change while readers look is behind one RCU pointer ('actions') or is atomic. A rule outlives its removal until a grace
 * period passed; whoever keeps one longer (the revalidator, for statistics) holds a reference.
 *
 * Statistics: packets and bytes are credited by whoever learns of them, on any thread; 'used_ms' is the time of the last packet.
 * They lie apart from the rule, in memory that a restarted program finds again (ofproto/counters.h).
 *
 * There may be millions: a rule is two cache lines for a match of up to three words. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/rcu.h"
#include "lib/base/types.h"
#include "ofproto/minimatch.h"

struct ofproto;

/* An immutable list of OpenFlow actions. */
struct rule_actions {
    struct rcu_head rcu;
    size_t size;
    uint64_t data[]; /* struct ofp_action list */
};

/* Any thread: rw, atomic. */
struct rule_counters {
    uint64_t packets, bytes;
    int64_t used_ms;      /* of the last packet, or when the rule was created */
    uint64_t log_offset;  /* main thread: the rule's record in the state log */
};

/* Above every priority that a controller can give. */
enum { RULE_PRIORITY_HIDDEN = 0x10000 };

struct rule {
    struct rule *next;            /* same match, lower priority; RCU, the classifier's */
    struct ofproto *ofproto;      /* null in tests of the classifier */
    struct rule_actions *actions; /* RCU */
    struct rule_counters *counters;
    union {
        struct cds_list_head expirable; /* main: in the list of rules with a timeout */
        struct rcu_head rcu;            /* once there are no references */
    };

    /* main: rw; others: ro, atomic */
    be64 cookie;
    int64_t created_ms, modified_ms;
    uint16_t idle_timeout, hard_timeout, importance; /* seconds */
    uint16_t flags;               /* OFP_FF_* */

    uint32_t refs;                /* atomic */
    int32_t priority;             /* 0 to 0xffff, or RULE_PRIORITY_HIDDEN */
    uint8_t table;
    bool removed;                 /* main: wo, any: ro, atomic */

    struct minimatch match;       /* last: its values follow */
};

/* A rule of one reference with the match of 'key', in no table yet. 'actions' is copied. */
struct rule *rule_create(struct ofproto *, uint8_t table, int32_t priority, const struct minimatch_key *key,
                         const void *actions, size_t actions_size);

/* Main thread: readers see the old list or the new one. */
void rule_set_actions(struct rule *, const void *actions, size_t size);

/* Gives back the reference of a table that the rule was just taken out of, once no reader can find it there any more. */
void rule_retire(struct rule *);

/* Any thread, from here on. */

/* Of a rule that was looked up in the same RCU section, or to which the caller has a reference. */
void rule_ref(struct rule *);
void rule_unref(struct rule *); /* null is fine; frees after a grace period */
void rule_credit(struct rule *, uint64_t packets, uint64_t bytes, int64_t used_ms);

/* Not shown to controllers: fail-open. */
static inline bool rule_is_hidden(const struct rule *rule)
{
    return rule->priority >= RULE_PRIORITY_HIDDEN;
}

static inline be64 rule_cookie(const struct rule *rule)
{
    return __atomic_load_n(&rule->cookie, __ATOMIC_RELAXED);
}

static inline bool rule_is_removed(const struct rule *rule)
{
    return __atomic_load_n(&rule->removed, __ATOMIC_ACQUIRE);
}

struct match;
static inline void rule_get_match(const struct rule *rule, struct match *match)
{
    minimatch_expand(&rule->match, match);
}

/* Inside an RCU section. */
static inline const struct rule_actions *rule_actions_rcu(const struct rule *rule)
{
    return rcu_dereference(((struct rule *) rule)->actions);
}
