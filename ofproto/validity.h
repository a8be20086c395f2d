/* SPDX-License-Identifier: Apache-2.0 */
/* Under which state a translation was made, and whether that still is the state.
 *
 * A translation depends on the bridges' configuration (one version for all), on the rules of the tables it looked into (a version each, and if that has
 * moved on, the rules that changed themselves: ofproto/rule_changes.h), on groups (a generation each), and on what the MAC
 * tables said of the addresses it asked for (a generation each, and if that has moved on, the answers themselves). So a flow-mod, or an address that
 * is learned, concerns only the cached flows whose packets could see it. Any thread; an RCU reader. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct xlate_credits;

struct validity {
    uint64_t config;        /* 0: holds never */
    uint64_t tables;        /* sum over the tables of the credits; during the translation, the version of all tables before it */
    uint64_t changes;       /* of rules: the last that was considered (ofproto/rule_changes.h) */
    uint64_t groups;        /* sum over the groups of the credits */
    uint64_t macs;          /* sum over the MAC tables of the credits */
    uint64_t underlay;      /* version of routes and neighbours for which the answers in the credits were found to hold */
};

/* Before a translation, and after it. */
void validity_begin(struct validity *);
void validity_end(struct validity *, const struct xlate_credits *);

/* Moves on behind every change of what any translation may depend on: what was valid in an epoch is valid while it lasts. Never 0. */
uint64_t validity_epoch(void);
void validity_moved(void); /* whoever moved a version or a generation, afterwards */

/* Would the translation give the same now? May say no when it would, never the other way round. With key and mask of the megaflow, as the datapath
 * has it, a change of its tables counts only if a rule that changed may match one of its packets; both may be null. */
struct packed_flow;
bool validity_holds(struct validity *, const struct xlate_credits *, const struct packed_flow *key,
                    const struct packed_flow *mask);
