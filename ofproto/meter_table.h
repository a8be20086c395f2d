/* SPDX-License-Identifier: Apache-2.0 */
/* The meters of a bridge (OpenFlow 1.3 section 5.7).
 *
 * A meter is a meter of the datapath under a number that this program draws, since all bridges share the datapath's. It keeps that
 * number as long as it lives, also across restarts of the program, so that changing its bands concerns no cached flow. A
 * datapath that is connected gets the meters that it does not have; those it has are adopted. The controller's meter and the
 * slow path's are meters like others, which packet-ins and packets that are not cached pass.
 *
 * The main thread makes and ends meters; translation looks them up under RCU. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/rcu.h"
#include "lib/ofp/meter.h"

struct dp_client;
struct meters;
struct ofproto;

struct meter {
    struct cds_lfht_node node;  /* in its table, by id */
    struct rcu_head rcu;
    struct ofproto *ofproto;
    uint32_t id, dp_id;         /* OpenFlow's number, the datapath's */
    bool remarks;               /* a band changes packets; any thread: ro, atomic; main: wo */
    struct ofp_meter_config config; /* main: rw */
    int64_t created_ms;         /* main: rw */
};

/* Any thread, inside an RCU section. Null: there is none. Who translates and finds none is translated again when one comes. */
const struct meter *meter_table_lookup(const struct ofproto *, uint32_t id);

static inline bool meter_remarks(const struct meter *meter)
{
    return __atomic_load_n(&meter->remarks, __ATOMIC_RELAXED);
}

/* Main thread. */

struct meters *meter_table_create(struct ofproto *);
void meter_table_destroy(struct meters *, bool delete_meters); /* from the datapath, too; null is fine */

/* OFPMC_ADD and OFPMC_MODIFY. */
enum ofp_error meter_table_add(struct ofproto *, const struct ofp_meter_config *) WARN_UNUSED;
enum ofp_error meter_table_modify(struct ofproto *, const struct ofp_meter_config *) WARN_UNUSED;

/* A meter of the last run of the program, under its number if that is free. Not logged. */
enum ofp_error meter_table_restore(struct ofproto *, const struct ofp_meter_config *, uint32_t dp_id,
                                   int64_t created_ms) WARN_UNUSED;

/* The meter, or with OFPM_ALL all of them, and the flows that use them. None is fine. */
void meter_table_delete(struct ofproto *, uint32_t id, const void *requester);

/* The meters, or the one with 'id', by their ids; the caller frees the array. */
size_t meter_table_list(const struct ofproto *, uint32_t id, struct meter ***);
void meter_table_stats(const struct meter *, struct ofp_meter_stats *);

/* A datapath was connected, and no flow was given to it yet: gets the meters of all bridges, and loses others. */
void meter_table_connected(struct dp_client *);
