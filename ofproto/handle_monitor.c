/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about flow monitors, and those that tell controllers of each other. */
#include <stdio.h>
#include <string.h>

#include "ofproto/connmgr_private.h"
#include "ofproto/controller_events.h"
#include "ofproto/flow_monitor.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"

enum ofp_error handle_flow_monitor(struct ofconn *conn, struct ofp_message *msg)
{
    return flow_monitor_request(conn, msg);
}

enum ofp_error handle_flow_monitor_cancel(struct ofconn *conn, struct ofp_message *msg)
{
    return flow_monitor_cancel(conn, msg->u.flow_monitor_cancel.id);
}

/* Another controller changed a group or a meter (OpenFlow 1.4 section 7.4.6). */
void handle_forward_request(struct ofconn *from, const struct ofp_message *msg)
{
    bool is_group = msg->type == OFPMSG_GROUP_MOD;
    struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(from->connmgr), node) {
        if (conn == from || !ofconn_is_open(conn) || conn->version < OFP14
            || !ofconn_wants(conn, ASYNC_REQUESTFORWARD, is_group ? 0 : 1)) {
            continue;
        }
        struct ofpbuf buf = { NULL, 0, 0 };
        if (ofp_encode_requestforward(&buf, conn->version, is_group ? &msg->u.group_mod : NULL,
                                      is_group ? NULL : &msg->u.meter_mod, msg->xid)) {
            ofconn_send(conn, &buf);
        }
    }
}

/* The controllers of the configuration (OpenFlow 1.5 section 7.3.5.20). */
enum ofp_error handle_controller_status(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    const struct controller *controller;
    ofp_reply_begin(&msgs, msg);
    for (size_t i = 0; (controller = connmgr_controller_at(conn->connmgr, i)); i++) {
        struct ofp_controller_status cs;
        controller_events_describe(controller, OFPCSR_REQUEST, &cs);
        ofp_reply_controller_status(&msgs, &cs);
    }
    ofconn_send(conn, &msgs.buf);
    ofp_msgs_destroy(&msgs);
    return OFPERR_OK;
}
