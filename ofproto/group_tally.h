/* SPDX-License-Identifier: Apache-2.0 */
/* What a group and its buckets counted.
 *
 * Apart from the group, because the datapath may count longer than the group lives. The numbers are in slots of the bridge's counters
 * (ofproto/counters.h), so that they survive the program: the state log has the slots' numbers with the group.
 *
 * The buckets of a select group are counted by the datapath, in its select tables, and pulled. So that nothing is counted twice or not at
 * all by the next run of the program, the tally of such a group also has marks: how much of one table, the last one that was put, is in it
 * already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct counters;
struct group_tally;
struct rule_counters;

/* Zeros, with one reference. 'marks': for a select group. */
struct group_tally *group_tally_create(struct counters *, size_t n_buckets, bool marks);

/* What an earlier run had in these slots; null if one of them is not there or taken. Before any slot is taken otherwise. */
struct group_tally *group_tally_adopt(struct counters *, const uint32_t numbers[], size_t n);

/* Was it made for such a group? */
bool group_tally_fits(const struct group_tally *, size_t n_buckets, bool marks);

/* Any thread. */
struct group_tally *group_tally_ref(struct group_tally *);
void group_tally_unref(struct group_tally *); /* null is fine */
void group_tally_credit(struct group_tally *, uint64_t packets, uint64_t bytes);
void group_tally_credit_bucket(struct group_tally *, size_t bucket, uint64_t packets, uint64_t bytes);
void group_tally_get(const struct group_tally *, uint64_t *packets, uint64_t *bytes);
void group_tally_get_bucket(const struct group_tally *, size_t bucket, uint64_t *packets, uint64_t *bytes);

/* Its slots, for the log: their count, and the number of one. */
size_t group_tally_n_slots(const struct group_tally *);
uint32_t group_tally_slot(const struct group_tally *, size_t i);

/* Marks, one thread at a time. Each is about one bucket and the table that was named last. */
void group_tally_mark_table(struct group_tally *, uint32_t id); /* nothing of it was pulled yet */
bool group_tally_marked_table(const struct group_tally *, uint32_t *id); /* false: no table was named */
void group_tally_mark(struct group_tally *, size_t bucket, uint64_t packets, uint64_t bytes);
void group_tally_get_mark(const struct group_tally *, size_t bucket, uint64_t *packets, uint64_t *bytes);
