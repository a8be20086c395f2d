/* SPDX-License-Identifier: Apache-2.0 */
/* From a packet's key to the bucket of a select group. Any thread.
 *
 * The hash depends on nothing but the action and the key: the same in every process and at every start, so that
 * a connection keeps its bucket when the datapath or the control program is started again, and when several switches
 * share the work. Whoever wants it to be hard to guess gives a 'basis' that is. */
#pragma once

#include "lib/net/action.h"

/* The hash of 'key' that 'select' asks for. */
uint32_t select_hash(const struct action_select *select, const struct flow *key);

/* The slot for 'hash' in a table of 'n_slots' of them: all are as likely, to 1 in 2^32 / n_slots. */
static inline uint32_t select_slot(uint32_t hash, uint32_t n_slots)
{
    return (uint64_t) hash * n_slots >> 32;
}
