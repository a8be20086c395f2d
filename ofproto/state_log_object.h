/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and meters in the state log: as the messages that would make them. Under tables_lock(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ofproto/state_log.h"

struct group;
struct meter;
struct ofproto;
struct transaction;

/* It is new or has changed. */
void state_log_put_group(struct state_log *, const struct group *);
void state_log_put_meter(struct state_log *, const struct meter *);

/* Makes what a record says, as part of a transaction. False if it makes no sense. */
bool state_log_restore_object(struct transaction *, struct ofproto *, enum state_log_kind, const void *data, size_t size) WARN_UNUSED;
