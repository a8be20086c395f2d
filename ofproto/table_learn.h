/* SPDX-License-Identifier: Apache-2.0 */
/* What the learn and fin_timeout actions do to flows. Any thread that is an RCU reader; takes the lock of the tables. */
#pragma once

#include "lib/ofp/message.h"

struct ofproto;
struct rule;

enum table_learn_result {
    TABLE_LEARN_CHANGED,   /* a flow came, or changed */
    TABLE_LEARN_REFRESHED, /* it was there as it should be: it is younger now, and no version moved */
    TABLE_LEARN_LIMIT,     /* the table has as many flows of the cookie, or the bridge as many learned ones, as it may have */
    TABLE_LEARN_ERROR,     /* '*error' */
};

/* Learns the flow of 'fm', an OFPFC_ADD: match, priority, table, actions, timeouts, new_cookie and flags count. A flow with the same match and
 * priority keeps its counters. 'limit': flows with the cookie in the table, 0 for any number; one that is there already may always change. '*rule', if
 * 'rule' is not null, becomes a reference to the flow's rule, or null. 'error' may be null. */
enum table_learn_result table_learn(struct ofproto *, const struct ofp_flow_mod *fm, uint32_t limit, struct rule **rule,
                                    enum ofp_error *error);

/* Would table_learn() find the flow, or make it? */
bool table_may_learn(struct ofproto *, const struct ofp_flow_mod *fm, uint32_t limit);

/* Its timeouts become at most these (seconds, 0: leave); nothing happens to a rule that is gone. */
void table_reduce_timeouts(struct rule *, uint16_t idle_timeout, uint16_t hard_timeout);
