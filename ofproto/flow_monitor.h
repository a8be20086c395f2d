/* SPDX-License-Identifier: Apache-2.0 */
/* Flow monitors: connections that are told who changes which flows (lib/ofp/flow_monitor.h has the forms).
 *
 * A connection hears of each change once, however many of its monitors select the flow. Changes of its own it is told in short, one line
 * for each of its requests, unless a monitor wants them in full. A connection that does not read is paused: of flows that it knows
 * it goes on to hear that they are gone, everything else it is told when it has read, as it is then. Main thread. */
#pragma once

#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/message.h"

struct connmgr;
struct flow_monitors;
struct ofconn;
struct ofp_stats_iter;

enum {
    FLOW_MONITOR_MAX = 1024,               /* of a connection */
    FLOW_MONITOR_PAUSE_BYTES = 128 * 1024, /* queued beyond this, the connection is paused */
};

/* The bridge's changes are told to the connections of 'mgr' from now on; also the vacancy of tables. */
void flow_monitor_listen(struct connmgr *);
void flow_monitor_unlisten(struct connmgr *);

/* A connection ends. Null is fine. */
void flow_monitors_destroy(struct flow_monitors *);

/* Its peer has read everything. */
void flow_monitors_drained(struct ofconn *);

/* 'msg' is answered with the flows that its requests ask for. After an error the monitors that it made are gone again. */
enum ofp_error flow_monitor_request(struct ofconn *, const struct ofp_message *msg) WARN_UNUSED;
enum ofp_error flow_monitor_cancel(struct ofconn *, uint32_t id) WARN_UNUSED;
