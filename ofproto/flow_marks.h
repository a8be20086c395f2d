/* SPDX-License-Identifier: Apache-2.0 */
/* How much of each cached flow's statistics was credited to rules, in a file that survives the program.
 *
 * Rules' counters survive a kill in a mapped file (ofproto/counters.h), and the datapath's flows keep counting. A restarted program
 * must credit what came since, and nothing twice: for each flow of the datapath, by its id, there is a mark with the packets and bytes that
 * were passed on. A flow without a mark has passed on nothing. Marks of another datapath instance, or of another flow that had the id, do not
 * count.
 *
 * The file is mapped in pieces as they are needed. Any thread, one at a time for one flow id; opening and closing: main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/uuid.h"

struct flow_marks;

/* The marks of the flows of the datapath 'instance', whose flow ids are below 'max_flows', in the file 'path' (null: RUNDIR/flow-marks). Never null: if there can be no file they
 * are in memory, and a warning is logged. */
struct flow_marks *flow_marks_open(const char *path, const struct uuid *instance, uint32_t max_flows);
void flow_marks_close(struct flow_marks *); /* null is fine */

/* False and zeros if there is no mark of this flow. */
bool flow_marks_get(struct flow_marks *, uint32_t flow_id, const struct uuid *ufid, uint64_t *packets, uint64_t *bytes);

/* Fetches the mark, which is soon set. */
void flow_marks_prefetch(struct flow_marks *, uint32_t flow_id);

/* Right after the credit was given. */
void flow_marks_set(struct flow_marks *, uint32_t flow_id, const struct uuid *ufid, uint64_t packets, uint64_t bytes);
