/* SPDX-License-Identifier: Apache-2.0 */
/* What an OpenFlow connection is sent unasked: which messages it wants, and how many. */
#include <string.h>

#include "ofproto/connmgr_private.h"
#include "ofproto/ofconn.h"
#include "ofproto/packet_in_sched.h"
#include "ofproto/private.h"

enum { FOR_PRIMARY, FOR_SECONDARY };

#define BIT(REASON) (1u << (REASON))

/* OpenFlow 1.3, section 7.3.10: the defaults are what 1.0 does; a secondary hears of ports only. */
void ofconn_async_init(struct ofconn *conn, bool enabled)
{
    memset(conn->async, 0, sizeof conn->async);
    conn->async_enabled = enabled;
    if (enabled) {
        uint32_t ports = BIT(OFPPR_ADD) | BIT(OFPPR_DELETE) | BIT(OFPPR_MODIFY);
        uint32_t packet_ins = BIT(OFPR_NO_MATCH) | BIT(OFPR_ACTION);
        uint32_t removals =
            BIT(OFPRR_IDLE_TIMEOUT) | BIT(OFPRR_HARD_TIMEOUT) | BIT(OFPRR_DELETE) | BIT(OFPRR_GROUP_DELETE);
        if (conn->version >= OFP14) {
            packet_ins |= BIT(OFPR_ACTION_SET) | BIT(OFPR_GROUP) | BIT(OFPR_PACKET_OUT);
            removals |= BIT(OFPRR_METER_DELETE) | BIT(OFPRR_EVICTION);
        }
        conn->async[FOR_PRIMARY][ASYNC_PACKET_IN] = packet_ins;
        conn->async[FOR_PRIMARY][ASYNC_PORT_STATUS] = ports;
        conn->async[FOR_SECONDARY][ASYNC_PORT_STATUS] = ports;
        conn->async[FOR_PRIMARY][ASYNC_FLOW_REMOVED] = removals;
    }
}

bool ofconn_wants(const struct ofconn *conn, enum ofconn_async what, unsigned int reason)
{
    if (!ofconn_is_open(conn) || (!conn->primary && !conn->miss_send_len)) {
        return false;
    }
    uint32_t reasons = conn->async[conn->role == OFPCR_ROLE_SECONDARY ? FOR_SECONDARY : FOR_PRIMARY][what];
    if (what == ASYNC_PACKET_IN && conn->invalid_ttl && conn->role != OFPCR_ROLE_SECONDARY) {
        reasons |= BIT(OFPR_INVALID_TTL);
    }
    return reasons & BIT(reason);
}

/* Since 1.3 a packet that no flow matches is dropped, unless a flow says otherwise. */
bool ofconn_wants_misses(const struct ofconn *conn)
{
    return ofconn_wants(conn, ASYNC_PACKET_IN, OFPR_NO_MATCH) && conn->version < OFP13;
}

/* There are no buffers, so that the packet is always whole, whatever the action or the configuration said (OpenFlow 1.3, section 7.4.1). */
void ofconn_send_packet_in(struct ofconn *conn, const struct ofp_packet_in *pin)
{
    enum ofp_packet_in_reason reason = ofp_packet_in_reason_in(pin->reason, conn->version);
    if (ofconn_wants(conn, ASYNC_PACKET_IN, reason)) {
        bool miss = pin->reason == OFPR_NO_MATCH || pin->reason == OFPR_EXPLICIT_MISS;
        struct ofpbuf buf = { NULL, 0, 0 };
        const struct field_map *before = field_map_use(&conn->ofproto->options);
        ofp_encode_packet_in(&buf, conn->version, conn->packet_in_format, pin);
        field_map_use(before);
        packet_in_sched_put(conn->packet_ins[miss ? OFCONN_MISSES : OFCONN_ACTIONS], pin->metadata.flow.in_port, &buf);
        ofpbuf_destroy(&buf);
    }
}
