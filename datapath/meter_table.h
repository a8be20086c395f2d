/* SPDX-License-Identifier: Apache-2.0 */
/* Meters: token buckets that all forwarding threads share.
 *
 * A meter is found by its id in an array of pointers that the main thread writes and forwarding threads read under RCU;
 * setting a meter again puts another one in its place, and the old one is freed after a grace period.
 *
 * Tokens are kept in millionths of a bit, or in billionths of a packet: so a band of rate r gains exactly r tokens in a
 * nanosecond, whatever r is, and nothing is lost to rounding.
 *
 * A meter has a spin lock of its own, which a thread takes once for the packets of a burst that are in one flow. Measured on
 * a 2.6 GHz machine, one thread, a meter of one band: 30 ns for one packet, 150 ns for 32, half of them with the lock held; each further
 * band adds 2 ns a packet. Threads that share a meter wait for each other that long (datapath/spin.h). */
#pragma once

#include "datapath/client.h"

struct meter;
struct meter_table;
struct packet;

/* Main thread only. */

struct meter_table *meter_table_create(void);
void meter_table_destroy(struct meter_table *); /* no thread sees it; null is fine */

/* Errors as dp_meter_set() and dp_meter_del(). 'now_ns' is clock_ns(). */
int meter_table_set(struct meter_table *, uint32_t id, const struct dp_meter_config *,
                    uint64_t now_ns) WARN_UNUSED;
int meter_table_del(struct meter_table *, uint32_t id) WARN_UNUSED;

/* The least id of a meter that is not less than 'id', DP_MAX_METERS at the end. */
uint32_t meter_table_next(const struct meter_table *, uint32_t id);

/* Any thread, in an RCU section. */

/* The meter, null if it does not exist. */
struct meter *meter_table_find(const struct meter_table *, uint32_t id);

void meter_get(struct meter *, uint64_t now_ns, struct dp_meter_config *, struct dp_meter_stats *);

enum meter_verdict_type { METER_PASS, METER_DROP, METER_REMARK };

struct meter_verdict {
    enum meter_verdict_type type;
    uint32_t prec_level; /* METER_REMARK */
};

/* Takes tokens for 'n' packets, at most BATCH_MAX, and says for each what is to be done with it. */
void meter_run(struct meter *, uint64_t now_ns, struct packet *const *, unsigned int n,
               struct meter_verdict *);
