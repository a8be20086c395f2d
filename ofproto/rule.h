/* SPDX-License-Identifier: Apache-2.0 */
/* A rule: one OpenFlow flow in a table.
 *
 * Writers of tables (ofproto/version.h) make and remove rules; handlers and the revalidator read them under RCU from the table's
 * classifier. A rule lives from one version to another and what it does never changes in between: a flow that is modified is
 * another rule with the same match and the same counters. A rule outlives its removal until a grace period passed; whoever keeps one longer
 * (the revalidator, for statistics) holds a reference.
 *
 * Statistics: packets and bytes are credited by whoever learns of them, on any thread; 'used_ms' is the time of the last packet.
 * They lie apart from the rule, in memory that a restarted program finds again (ofproto/counters.h).
 *
 * There may be millions: a rule with its match and a short list of actions is one piece of memory, of about three cache lines. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/rcu.h"
#include "lib/base/types.h"
#include "ofproto/minimatch.h"
#include "ofproto/version.h"

struct ofproto;

/* An immutable list of OpenFlow actions, part of its rule. */
struct rule_actions {
    size_t size;
    uint64_t data[]; /* struct ofp_action list */
};

/* Any thread: rw, atomic. */
struct rule_counters {
    uint64_t packets, bytes;
    int64_t used_ms;      /* of the last packet, or when the rule was created */
    uint64_t log_offset;  /* writers: the rule's record in the state log */
};

/* Above every priority that a controller can give. */
enum { RULE_PRIORITY_HIDDEN = 0x10000 };

/* What its actions are like, so that nobody needs to look through them, and where it is. */
enum {
    RULE_CONJUNCTION = 1,       /* conjunctions: a part of a match, never executed */
    RULE_USES_GROUP = 2,
    RULE_USES_METER = 4,
    RULE_DELETES_LEARNED = 8,   /* a learn action with delete_learned */
    RULE_ACTION_TRAITS = 15,
    RULE_UNLINKED = 64,         /* writers: not in the classifier any more */
};

struct rule {
    struct rule *next;            /* same match, lower priority or older; RCU, the classifier's */
    struct ofproto *ofproto;      /* null in tests of the classifier */
    const struct rule_actions *actions;
    struct rule_counters *counters; /* shared by the rules that were the flow one after the other */
    union {
        struct cds_list_head expirable; /* writers: in the list of rules with a timeout */
        struct rcu_head rcu;            /* once there are no references */
    };
    be64 cookie;
    int64_t created_ms;
    int64_t modified_ms;          /* atomic: learning again makes the flow younger */
    uint16_t idle_timeout, hard_timeout; /* seconds; atomic: fin_timeout shortens them */
    uint16_t importance;
    uint8_t flags;                /* OFP_FF_* */
    uint8_t traits;               /* RULE_*: actions' constant, RULE_UNLINKED writers' only */
    uint32_t refs;                /* atomic */
    int32_t priority : 24;        /* 0 to 0xffff, or RULE_PRIORITY_HIDDEN */
    uint32_t table : 8;
    struct version_life life;
    struct minimatch match;       /* last: its values follow, then the actions */
};

/* A rule of one reference with the match of 'key', in no table yet, that begins with the next version. 'actions' is copied. */
struct rule *rule_create(struct ofproto *, uint8_t table, int32_t priority, const struct minimatch_key *key,
                         const void *actions, size_t actions_size);

/* The same match and everything else, the counters shared, but for the actions: what 'old' becomes when it is modified. */
struct rule *rule_create_successor(const struct rule *old, const void *actions, size_t actions_size);

/* Gives back the reference of a classifier that the rule was just taken out of, once no reader can find it there any more. Transactions bury
 * many at once (ofproto/graveyard.c). */
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
    return rule->cookie;
}

static inline bool rule_has(const struct rule *rule, uint8_t trait)
{
    return __atomic_load_n(&rule->traits, __ATOMIC_RELAXED) & trait;
}

static inline void rule_set_unlinked(struct rule *rule)
{
    __atomic_fetch_or(&rule->traits, RULE_UNLINKED, __ATOMIC_RELAXED);
}

/* Gone, replaced, or about to be. */
static inline bool rule_is_removed(const struct rule *rule)
{
    return version_has_end(&rule->life);
}

static inline int64_t rule_modified_ms(const struct rule *rule)
{
    return __atomic_load_n(&rule->modified_ms, __ATOMIC_RELAXED);
}

struct match;
static inline void rule_get_match(const struct rule *rule, struct match *match)
{
    minimatch_expand(&rule->match, match);
}

/* As long as the rule. */
static inline const struct rule_actions *rule_actions_rcu(const struct rule *rule)
{
    return rule->actions;
}
