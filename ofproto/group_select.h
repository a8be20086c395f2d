/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath's select tables of select groups (dp_select_put() in datapath/client.h).
 *
 * A struct group_select is one immutable table: which of a group's buckets has which slots, as their weights and liveness were. A group
 * gets another when a bucket dies or comes to life. Translation names it in an ACTION_SELECT; whoever gives such actions to a datapath
 * calls group_select_install() first, which puts the table unless this instance of the datapath has it. It lives as long as the
 * group uses it or a cached flow does; then it is deleted from the datapath by the next group_select_reap().
 *
 * What the datapath counts for the buckets is pulled into the tally of the group. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct dp_client;
struct group;
struct group_select;
struct group_tally;

/* Writers, with tables_lock(): gives the group the table that its weights and live buckets ask for, if it is a select group. 'old' is the group that
 * it replaces, or null: their tables are made alike. */
void group_select_update(struct group *);
void group_select_inherit(struct group *, const struct group *old);

/* Any thread, inside an RCU section. Null: no bucket is alive. */
struct group_select *group_select_rcu(const struct group *);
uint32_t group_select_id(const struct group_select *);
uint32_t group_select_n_live(const struct group_select *);
bool group_select_has(const struct group_select *, size_t bucket); /* a slot for it */

/* The bucket that a hash falls to, as in the datapath. For groups whose buckets are too many for one list of actions: remembers the slots. */
size_t group_select_choose(struct group_select *, uint32_t hash);

/* Any thread. */
struct group_select *group_select_ref(struct group_select *);
void group_select_unref(struct group_select *); /* null is fine */

/* 0 or a positive errno of the datapath. */
int group_select_install(struct group_select *, struct dp_client *) WARN_UNUSED;

/* Counts what packets did since the last time. */
void group_select_pull(struct group_select *, struct dp_client *);

/* Deletes tables that nobody uses any more, with what they counted added to the tallies. The datapath of 'client' is the one of all. */
void group_select_reap(struct dp_client *);

/* Writers, for a restored group: the tally has marks of a table of the last run, which cached flows may still use. What that table counts
 * is in the tally when they are translated again. */
void group_select_inherit_table(struct group_tally *, size_t n_buckets);

/* A datapath was connected: the tables that this run of the program did not make are deleted, that is, they go with the last cached flow
 * that uses them. */
void group_select_adopt(struct dp_client *);
