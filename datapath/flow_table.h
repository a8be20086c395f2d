/* SPDX-License-Identifier: Apache-2.0 */
/* The megaflow table: all flows of the datapath, by id, by ufid and by what they match.
 *
 * A flow's id is the index of its slot (datapath/megaflow.h) and of its statistics. The main thread
 * is the only writer. Forwarding threads look flows up without a lock, between two quiescent
 * states; the memory and the id of a flow that was removed are reused only after a grace period. */
#pragma once

#include "datapath/client.h"
#include "datapath/megaflow.h"
#include "datapath/port_class.h"

struct flow_table;
struct select_tables;

/* Main thread only. */

/* At most 'max_flows' flows. 'reset' is called with the id of each new flow before any thread can
 * find it; may be null. */
struct flow_table *flow_table_create(uint32_t max_flows, void (*reset)(void *aux, uint32_t id),
                                     void *aux);

/* No thread reads the table any more. */
void flow_table_destroy(struct flow_table *);

/* Does a FLOW_PUT, as datapath/client.h has it; 'id' is what flow_table_find() says of its ufid. Sets
 * op->flow_id and op->exact, and returns op->error.
 *
 *   EINVAL  the mask leaves in_port or recirc_id open, or the actions are malformed, or the flow
 *           exists and its key or mask do not contain those of 'op', or a SELECT does not suit its table
 *   EEXIST  the ufid exists and MODIFY was not asked for, or another flow has the same key and
 *           mask; flow_id is that flow's
 *   ENOENT  the ufid does not exist and CREATE was not asked for, or a SELECT names no table
 *   ENOSPC  there are max_flows flows */
int flow_table_put(struct flow_table *, uint32_t id, struct dp_op *op) WARN_UNUSED;

/* A put that makes a flow comes soon, as the one after 'n' others: fetches the memory that it is going to use. Returns the id that the flow is then likely
 * to get, DP_FLOW_NONE if there is none. */
uint32_t flow_table_expect(const struct flow_table *, const struct dp_op *, unsigned int n);

/* ENOENT if there is no such flow. Its id stays unused until a grace period has passed. */
int flow_table_remove(struct flow_table *, const struct uuid *ufid, uint32_t *id) WARN_UNUSED;
void flow_table_flush(struct flow_table *);

/* The id of the flow with 'ufid', DP_FLOW_NONE if there is none. */
uint32_t flow_table_find(const struct flow_table *, const struct uuid *ufid);

/* The first id of a flow that is not less than 'id', DP_FLOW_NONE if there is none. */
uint32_t flow_table_next(const struct flow_table *, uint32_t id);

/* The flow with 'id': all but its statistics. 'key' and 'mask' receive what flow->key and
 * flow->mask point to. */
void flow_table_get(const struct flow_table *, uint32_t id, struct dp_flow *flow, struct flow *key,
                    struct flow *mask);

/* The select tables that the flows' actions name; the table's. */
struct select_tables *flow_table_selects(const struct flow_table *);

uint32_t flow_table_n_flows(const struct flow_table *);
uint32_t flow_table_n_subtables(const struct flow_table *);

/* About once a second: ranks the subtables. */
void flow_table_rank(struct flow_table *);

/* Frees what grace periods have passed for; never waits. */
void flow_table_reclaim(struct flow_table *);

/* Forwarding threads. */

/* Looks up those 'keys' whose bits are set in 'todo' and sets their 'flows', null for a miss.
 * Returns the bitmap of the misses; adds the number of subtables that were tried to '*n_tried'.
 * 'thread' is the caller's index. */
uint32_t flow_table_lookup(const struct flow_table *, const struct flow *keys, uint32_t todo,
                           const struct megaflow **flows, unsigned int thread, uint64_t *n_tried);

/* All slots, by id. */
const struct megaflow *flow_table_slots(const struct flow_table *);
