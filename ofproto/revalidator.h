/* SPDX-License-Identifier: Apache-2.0 */
/* The revalidator: keeps the cached megaflows true and their number in bounds.
 *
 * A *sweep* goes over all flows. It passes the datapath's statistics on to rules and learned addresses, deletes what was idle for too
 * long, and translates again what an earlier state of the configuration was the base of: the flow stays if the answer is the same, is
 * changed if only its actions differ, and is deleted if it is too wide now. A thread sweeps twice a second and soon after every
 * change; the main thread sweeps itself when it must be sure (barrier, revalidator/wait). One sweep runs at a time.
 *
 * Each cached flow knows under which state it was translated (ofproto/validity.h), so that only those flows are translated again that
 * what has changed may concern.
 *
 * The *flow limit* adapts to the speed of the sweeps: a switch that takes longer than a second for one can afford fewer flows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/base/compiler.h"

struct dp_client;
struct dp_stats;
struct smap;
struct strbuf;
struct ukeys;

/* Any thread. */

/* The version of the configuration, but for tables and MAC tables, which have their own; see ofproto/validity.h. */
uint64_t revalidator_version(void);

/* A table or a MAC table changed: the next sweep comes soon. */
void revalidator_wake(void);

/* May one more flow be installed? */
bool revalidator_has_room(void);

struct uuid;

/* The next call is likely to name this flow: fetches what it needs. */
void revalidator_flow_expect(uint32_t flow_id);
/* A flow was installed, and nothing of it is credited. */
void revalidator_flow_put(uint32_t flow_id, const struct uuid *ufid);

/* Main thread. */

/* Starts the thread, over a connection of its own at 'path'. 'client' is the main thread's, for its own sweeps. Flows that the datapath has are adopted
 * first. Null, or a sentence (the caller frees it). */
char *revalidator_start(struct dp_client *client, const char *path, struct ukeys *) WARN_UNUSED;
void revalidator_stop(void);

void revalidator_set_options(const struct smap *); /* flow-limit, max-idle, max-revalidator */

void revalidator_wait(void);  /* a whole sweep from now on has passed */
void revalidator_purge(void); /* deletes all flows */
void revalidator_pause(bool);
void revalidator_set_flow_limit(unsigned int);

struct revalidator_info {
    uint32_t n_flows, flow_limit;
    uint32_t avg_flows, max_flows;
    unsigned int dump_duration_ms;
    bool paused;
};
void revalidator_info(struct revalidator_info *);
