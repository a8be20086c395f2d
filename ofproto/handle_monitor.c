/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about flow monitors, and those that tell controllers of each other. */
#include <stdio.h>
#include <string.h>

#include "lib/ofp/controller_status.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/controller.h"
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

/* What OVSDB calls a role. */
static uint32_t role_number(const char *role)
{
    return !strcmp(role, "master") ? OFPCR_ROLE_PRIMARY : !strcmp(role, "slave") ? OFPCR_ROLE_SECONDARY : OFPCR_ROLE_EQUAL;
}

/* The controllers of the configuration (OpenFlow 1.5 section 7.3.5.20); they are not numbered. */
enum ofp_error handle_controller_status(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    const struct controller *controller;
    ofp_reply_begin(&msgs, msg);
    for (size_t i = 0; (controller = connmgr_controller_at(conn->connmgr, i)); i++) {
        struct ofproto_controller_status status;
        controller_status(controller, &status);
        struct ofp_controller_status cs = { .role = role_number(status.role), .reason = OFPCSR_REQUEST,
                                            .up = status.connected };
        snprintf(cs.uri, sizeof cs.uri, "%s", controller_target(controller));
        ofp_reply_controller_status(&msgs, &cs);
    }
    ofconn_send(conn, &msgs.buf);
    ofp_msgs_destroy(&msgs);
    return OFPERR_OK;
}
