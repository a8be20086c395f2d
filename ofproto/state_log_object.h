/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and meters in the state log, as the messages that would make them, and the table of tunnel options. Under tables_lock(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ofproto/state_log.h"

struct counters;
struct field_map;
struct group;
struct group_tally;
struct meter;
struct ofproto;
struct transaction;

/* It is new or has changed. */
void state_log_put_group(struct state_log *, const struct group *);
void state_log_put_meter(struct state_log *, const struct meter *);
void state_log_put_options(struct state_log *, const struct field_map *);

/* The counters that a record of a group names, or null. Before any other is taken. */
struct group_tally *state_log_adopt_tally(struct counters *, const void *data, size_t size);

/* Makes what a record says, as part of a transaction. 'tally' is a group's, whose reference is taken over. False if it makes no sense. */
bool state_log_restore_object(struct transaction *, struct ofproto *, enum state_log_kind, const void *data, size_t size,
                              struct group_tally *tally) WARN_UNUSED;
