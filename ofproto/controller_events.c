/* SPDX-License-Identifier: Apache-2.0 */
/* What controllers are told of each other. */
#include "ofproto/controller_events.h"

#include <stdio.h>
#include <string.h>

#include "ofproto/connmgr_private.h"
#include "ofproto/controller.h"
#include "ofproto/ofconn.h"

/* What OVSDB calls a role. */
static uint32_t role_number(const char *role)
{
    return !strcmp(role, "master") ? OFPCR_ROLE_PRIMARY : !strcmp(role, "slave") ? OFPCR_ROLE_SECONDARY : OFPCR_ROLE_EQUAL;
}

void controller_events_describe(const struct controller *controller, enum ofp_controller_status_reason reason,
                                struct ofp_controller_status *cs)
{
    struct ofproto_controller_status status;
    controller_status(controller, &status);
    *cs = (struct ofp_controller_status) {
        .role = role_number(status.role),
        .reason = (uint8_t) reason,
        .up = status.connected,
    };
    snprintf(cs->uri, sizeof cs->uri, "%s", controller_target(controller));
}

void controller_events_send(struct connmgr *mgr, const struct ofp_controller_status *cs)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(mgr), node) {
        if (ofconn_is_open(conn) && conn->version >= OFP15 && ofconn_wants(conn, ASYNC_CONTROLLER_STATUS, cs->reason)) {
            struct ofpbuf buf = { NULL, 0, 0 };
            ofp_encode_controller_status(&buf, conn->version, cs);
            ofconn_send(conn, &buf);
        }
    }
}

void controller_events_tell(struct connmgr *mgr, const struct controller *controller,
                            enum ofp_controller_status_reason reason)
{
    struct ofp_controller_status cs;
    controller_events_describe(controller, reason, &cs);
    controller_events_send(mgr, &cs);
}

void controller_events_role(const struct ofconn *conn)
{
    if (conn->controller) {
        struct ofp_controller_status cs;
        controller_events_describe(conn->controller, OFPCSR_ROLE, &cs);
        cs.role = conn->role; /* also of one of several connections that were accepted at one address */
        controller_events_send(conn->connmgr, &cs);
    }
}
