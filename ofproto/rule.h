/* SPDX-License-Identifier: Apache-2.0 */
/* A rule: one OpenFlow flow in a table.
 *
 * The main thread makes, changes and removes rules; handlers and the revalidator read them under RCU from the table's classifier.
 * What can change while readers look is behind one RCU pointer ('actions') or is atomic. A rule outlives its removal until a grace
 * period passed; whoever keeps one longer (the revalidator, for statistics) holds a reference.
 *
 * Statistics: packets and bytes are credited by whoever learns of them, on any thread; 'used' is the time of the last packet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/hmap.h"
#include "lib/base/rcu.h"
#include "lib/ofp/match.h"
#include "lib/ofp/message.h"

struct ofproto;

/* An immutable list of OpenFlow actions. */
struct rule_actions {
    struct rcu_head rcu;
    size_t size;
    uint64_t data[]; /* struct ofp_action list */
};

struct minimatch; /* ofproto/minimatch.h: only the lines that a match uses */

struct rule {
    struct ofproto *ofproto;
    const struct minimatch *match;
    struct rule_actions *actions; /* RCU */
    struct rcu_head rcu;
    int refs;                     /* atomic */
    bool removed;                 /* main: wo, any: ro */
    uint8_t table;
    uint16_t priority;
    bool hidden;                  /* not shown to controllers (in-band, fail-open) */

    /* main: rw; others: ro, atomic */
    be64 cookie;
    uint16_t idle_timeout, hard_timeout, importance; /* seconds */
    uint16_t flags;               /* OFP_FF_* */
    int64_t created_ms, modified_ms;

    /* any thread: atomic */
    uint64_t packets, bytes;
    int64_t used_ms;
};

void rule_ref(struct rule *);
void rule_unref(struct rule *); /* null is fine; frees after a grace period */
void rule_credit(struct rule *, uint64_t packets, uint64_t bytes, int64_t used_ms);

/* Inside an RCU section. */
static inline const struct rule_actions *rule_actions_rcu(const struct rule *rule)
{
    return rcu_dereference(((struct rule *) rule)->actions);
}
