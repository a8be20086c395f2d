/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a bridge.
 *
 * Readers look groups up by id in the version of the tables that their packet is in. Writers hold tables_lock(); what group-mods change takes
 * part in transactions (ofproto/group_change.h). */
#pragma once

#include "ofproto/group.h"

struct groups;

/* Any thread, inside an RCU section. */

/* The group with that id in 'version', or null. */
struct group *group_table_lookup(const struct ofproto *, uint32_t id, version_t version);

/* Moves on with every change of any group: what a translation depends on that found none. */
uint64_t group_table_generation(const struct ofproto *);

/* Main thread. */

struct groups *group_table_create(struct ofproto *);
void group_table_destroy(struct groups *); /* no reader finds the bridge any more; null is fine */

/* A port came, went or changed its link. */
void group_table_ports_changed(struct ofproto *);

/* With the lock held. */

/* The group as the changes prepared so far have it. */
struct group *group_table_find(const struct ofproto *, uint32_t id);
size_t group_table_count(const struct ofproto *);

/* The groups (or the one with 'id', unless it is OFPG_ALL) by their ids. The caller frees the array; the pointers are good until the next change. */
size_t group_table_list(const struct ofproto *, uint32_t id, struct group ***);
