/* SPDX-License-Identifier: Apache-2.0 */
/* Learned flows: how many a bridge has; and their cookies, for the learn action's limit and delete_learned: how many flows a table has with a
 * cookie, and how many learn actions with delete_learned name the two. Only cookies that somebody asks about are counted. Whoever holds
 * tables_lock(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/hmap.h"
#include "lib/base/types.h"

struct rule;
struct tables;
struct transaction;

struct learned_cookies {
    uint32_t n_flows;           /* of the bridge */
    struct hmap map;            /* cookies */
    uint32_t n_counting;        /* cookies whose flows are counted */
    struct learned_cookie *dead; /* lost their last action in the transaction at hand */
};

void learned_init(struct learned_cookies *);
void learned_destroy(struct learned_cookies *);

/* A flow has come, or has gone. */
void learned_rule_in(struct tables *, const struct rule *);
void learned_rule_out(struct tables *, const struct rule *);

/* Flows of the table with the cookie. */
size_t learned_count(struct tables *, uint8_t table, be64 cookie);

/* Takes out the flows whose cookie lost its last learn action with delete_learned. */
void learned_delete(struct transaction *, struct tables *);
void learned_forget_dead(struct tables *);
