/* SPDX-License-Identifier: Apache-2.0 */
/* Bundle messages. */
#include "ofproto/handle.h"
#include "ofproto/message_bundle.h"
#include "ofproto/ofconn.h"

static enum ofp_error carry_out(struct ofconn *conn, const struct ofp_bundle_ctrl *ctrl)
{
    switch (ctrl->type) {
    case OFPBCT_OPEN_REQUEST:
        return message_bundle_open(conn, ctrl->id, ctrl->flags);
    case OFPBCT_CLOSE_REQUEST:
        return message_bundle_close(conn, ctrl->id, ctrl->flags);
    case OFPBCT_COMMIT_REQUEST:
        return message_bundle_commit(conn, ctrl->id, ctrl->flags);
    case OFPBCT_DISCARD_REQUEST:
        return message_bundle_discard(conn, ctrl->id);
    default:
        return OFPBFC_BAD_TYPE;
    }
}

enum ofp_error handle_bundle_ctrl(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_bundle_ctrl ctrl = msg->u.bundle_ctrl;
    enum ofp_error error = carry_out(conn, &ctrl);
    if (!error) {
        struct ofpbuf buf = { NULL, 0, 0 };
        ctrl.type++; /* each reply's number follows its request's */
        ofp_encode_bundle_ctrl(&buf, conn->version, &ctrl, msg->xid);
        ofconn_send(conn, &buf);
    }
    return error;
}

enum ofp_error handle_bundle_add(struct ofconn *conn, struct ofp_message *msg)
{
    return message_bundle_add(conn, &msg->u.bundle_add);
}
