/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for the counters of a bridge's rules, that survives the program.
 *
 * Counters lie in slots of a file that is mapped into memory, so that they are as they were when the program is killed, without
 * anything being written out. A slot is known by its number, which the state log (ofproto/state_log.h) keeps with the rule. Without a
 * file the slots are ordinary memory.
 *
 * The main thread takes slots; any thread gives them back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "ofproto/rule.h"

struct counters;

/* Slots in the file 'path' (created, or with what it has), or in memory if it is null. Null and a positive errno if the file cannot be. */
struct counters *counters_create(const char *path, int *error) WARN_UNUSED;

/* The caller's reference. The memory goes when the last slot was given back. */
void counters_unref(struct counters *);

/* A zeroed slot with one reference; never null. */
struct rule_counters *counters_alloc(struct counters *);

/* Takes the slot 'number' as it was left. Null if there is no such slot or it is taken. Only before the first counters_alloc(). */
struct rule_counters *counters_adopt(struct counters *, uint32_t number);

uint32_t counters_number(const struct rule_counters *);

/* The slot 'number' if it is taken, else null. */
struct rule_counters *counters_get(struct counters *, uint32_t number);

/* Any thread. Another reference to the slot, which counters_free() gives back; null is fine for both. The slot is free when the last is. */
struct rule_counters *counters_ref(struct rule_counters *);
void counters_free(struct rule_counters *);
