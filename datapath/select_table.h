/* SPDX-License-Identifier: Apache-2.0 */
/* Select tables: which bucket of a select group is for which hash.
 *
 * A table never changes after it was put, but for its counters. It is found by its id in a chained hash table that the main
 * thread writes and forwarding threads read under RCU. Flows hold references to the tables that their actions name:
 * a flow takes them before a thread can see it, and gives them back a grace period after the last thread could. So
 * a forwarding thread that carries out a SELECT always finds the table. A table that was deleted stays in the hash
 * table, where new flows may not name it, until the last reference has gone; then it is unlinked, and freed after another grace
 * period.
 *
 * Counters: a row per thread, written by that thread alone with relaxed stores. */
#pragma once

#include "datapath/client.h"
#include "datapath/datapath.h"

struct action_select;
struct reclaim;
struct select_table;
struct select_tables;

/* Main thread only. */

struct select_tables *select_tables_create(struct reclaim *);
void select_tables_destroy(struct select_tables *); /* no thread sees it and no flow is left; null is fine */

/* Errors as dp_select_put(), dp_select_del() and dp_select_stats(). '*stats' receives '*n_buckets' of them, which the caller
 * frees. */
int select_tables_put(struct select_tables *, uint32_t id, const uint16_t *slots, uint32_t n_slots,
                      uint32_t n_buckets) WARN_UNUSED;
int select_tables_del(struct select_tables *, uint32_t id) WARN_UNUSED;
int select_tables_stats(const struct select_tables *, uint32_t id, struct dp_select_stats **stats,
                        uint32_t *n_buckets) WARN_UNUSED;

/* The next table, in no particular order, with all that dp_select_dump() hands out; false at the end. '*cursor' starts
 * as 0 and moves on. Tables that come or go meanwhile may be seen or not. */
bool select_tables_next(const struct select_tables *, uint32_t *cursor, struct dp_select *);

/* May a valid list of actions be carried out? 0, ENOENT if it names a table that does not exist or was deleted, EINVAL if a
 * table has another number of buckets than the action. '*n_selects' is how many it names. */
int select_tables_check(const struct select_tables *, const void *actions, size_t size,
                        uint32_t *n_selects) WARN_UNUSED;

/* Takes or gives back a reference for each SELECT of a list that was checked. */
void select_tables_ref(struct select_tables *, const void *actions, size_t size);
void select_tables_unref(struct select_tables *, const void *actions, size_t size);

/* Any thread, in an RCU section. */

/* The table, null if it does not exist. */
struct select_table *select_tables_find(const struct select_tables *, uint32_t id);

/* The bucket for 'hash'. */
uint32_t select_table_bucket(const struct select_table *, uint32_t hash);

/* Counts a packet for 'bucket'; 'thread' is the caller's index. */
void select_table_count(struct select_table *, unsigned int thread, uint32_t bucket, uint32_t n_bytes);
