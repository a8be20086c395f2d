/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenFlow tables of a bridge. The main thread writes; lookups run on any thread under RCU. */
#pragma once

#include "ofproto/rule.h"

struct ofproto;
struct tables;

/* A counter that changes whenever a table of any bridge does. The revalidator compares it. Any thread. */
uint64_t tables_version(void);

/* Any thread, inside an RCU section. */

/* The rule of highest priority in 'table' that matches 'flow', or null. Every bit that decided (and as few more as possible) is added to 'mask', if it is
 * not null: the wildcard rule of the design. */
struct rule *table_lookup(const struct ofproto *, uint8_t table, const struct flow *flow, struct flow *mask);

/* Counts a lookup for the table's statistics. */
void table_credit(const struct ofproto *, uint8_t table, uint64_t lookups, uint64_t matched);

/* Main thread. */

/* The tables of a bridge that is being made. tables_destroy() is called when no other thread can find the bridge any more; null is fine. */
struct tables *tables_create(struct ofproto *);
void tables_destroy(struct tables *);

enum ofp_error table_flow_mod(struct ofproto *, const struct ofp_flow_mod *, void *requester) WARN_UNUSED;

/* Calls 'cb' for each visible rule that the request selects, table by table. */
void table_for_each(const struct ofproto *, const struct ofp_flow_stats_request *, void (*cb)(void *aux, struct rule *), void *aux);

/* Deletes rules whose idle or hard timeout is over, and says so to those who asked. */
void table_expire(struct ofproto *);
void table_flush(struct ofproto *);
