/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenFlow connections of a bridge: configured controllers, the management socket, and what is sent to them unasked.
 *
 * Main thread only, except connmgr_queue_packet_in(), connmgr_wants_misses() and connmgr_waits(). Queues are bounded: a controller that does not read
 * loses its own packet-ins and is disconnected, and delays nobody. */
#pragma once

#include "lib/ofp/message.h"
#include "ofproto/ofproto.h"
#include "ofproto/rule.h"

struct connmgr;
struct ofconn;
struct stream;
struct strbuf;

/* Listens at RUNDIR/BRIDGE.mgmt and RUNDIR/BRIDGE.snoop. */
struct connmgr *connmgr_create(struct ofproto *);
void connmgr_destroy(struct connmgr *); /* null is fine */

/* The bridge's configuration (fail mode, versions) changed. */
void connmgr_configure(struct connmgr *);

/* Replaces the set of controllers. Without any, and unless the bridge fails secure, the first call puts a flow in place that forwards
 * as a learning switch does, if the bridge has no flows from before; later calls do so when the last controller goes. */
void connmgr_set_controllers(struct connmgr *, const struct ofproto_controller_config *, size_t n, uint32_t versions);
bool connmgr_controller_status(const struct connmgr *, const char *target, struct ofproto_controller_status *);

/* Drops all connections; controllers connect anew. */
void connmgr_reconnect(struct connmgr *);

bool connmgr_has_controllers(const struct connmgr *); /* any configured that is not a service connection */
bool connmgr_is_connected(const struct connmgr *);    /* and one of them has said hello */

void connmgr_send_flow_removed(struct connmgr *, const struct ofp_flow_removed *);
void connmgr_send_port_status(struct connmgr *, enum ofp_port_reason, const struct ofp_phy_port *);

/* A connected stream becomes an OpenFlow connection; 'primary' as a controller's. For listeners and tests. */
void connmgr_accept(struct connmgr *, struct stream *, bool primary);

/* Any thread. Would any connection be sent the packets that no flow matches? Else they are dropped in the datapath. When the answer changes the
 * connection manager calls ofproto_need_revalidation(). */
bool connmgr_wants_misses(const struct connmgr *);

/* Has it controllers, and none of them is connected? */
bool connmgr_waits(const struct connmgr *);

/* Any thread. Copies the packet and everything else; the main thread sends it. 'controller_id' selects connections. */
void connmgr_queue_packet_in(struct connmgr *, const struct ofp_packet_in *, uint16_t controller_id);
