/* SPDX-License-Identifier: Apache-2.0 */
/* The run-time log of a bridge's OpenFlow state: what a restarted control program puts back before it looks at cached flows.
 *
 * Two files in the run directory: BRIDGE.oflog, an append-only list of records, one for each flow that was added or changed and one
 * for each that went; and BRIDGE.ofcounters, the flows' counters (ofproto/counters.h). A record has what is not in the message that
 * the flow came in - age, table, cookie - and the message itself as it came, so that logging a flow is a copy of some hundred bytes.
 * Both files are written through memory maps: there is no system call per flow, nothing is lost when the program is killed at any
 * instruction, and nothing is kept safe from a power cut, because after a reboot the log is ignored (it names the boot it was written in).
 * Only the end of the log is mapped, so it does not add to the program's memory.
 *
 * Reading stops at the first record that is cut or whose checksum is wrong: a torn tail loses at most the change in progress, for
 * which no controller had an answer. When less than half of the log is in use it is copied into a new one, which then takes its name.
 *
 * Counters after a restart. A flow's packets and bytes are credited in the mapped file, and what the cached flows of the datapath
 * have contributed to them is kept by the revalidator in a mapped file too (ofproto/flow_marks.h). The restarted program credits only what a cached
 * flow counted beyond its mark. A kill between the two stores loses or repeats the credit of one cached flow, no more.
 *
 * Whoever holds tables_lock(), but for state_log_clean(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct flow_mod_source;
struct rule;
struct state_log;
struct tables;

/* Opens or makes the log of the bridge 'name', puts what it has into 'tables', which are empty, and sets tables->log, ->counters and ->restored. What
 * is wrong is logged; tables->log stays null if there can be none. */
void state_log_open(struct tables *, const char *name);

/* Null is fine. 'forget': the bridge is gone, so the files go too. */
void state_log_close(struct state_log *, bool forget);

/* Removes the logs of bridges of which 'exists' says that there is none. */
void state_log_clean(bool (*exists)(const char *name));

/* Around the records of one change: all of them are there after a kill, or none. Null logs are fine. */
void state_log_begin(struct state_log *);
void state_log_commit(struct state_log *);

/* The rule is new or has changed. 'source' says what it came from. Null logs are fine, also below. */
void state_log_add(struct state_log *, struct rule *, const struct flow_mod_source *);
void state_log_remove(struct state_log *, const struct rule *);

/* Other objects, by kind and number; see ofproto/state_log_object.h. False if the data is too long. */
enum state_log_kind { STATE_LOG_GROUP, STATE_LOG_METER, STATE_LOG_OPTIONS };
bool state_log_put(struct state_log *, enum state_log_kind, uint32_t id, const void *data, size_t size) WARN_UNUSED;
void state_log_drop(struct state_log *, enum state_log_kind, uint32_t id);
