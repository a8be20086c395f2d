/* SPDX-License-Identifier: Apache-2.0 */
/* NXT_RESUME: a controller brings back a packet that it was asked about. */
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"

enum ofp_error handle_resume(struct ofconn *conn, struct ofp_message *msg)
{
    return ofproto_resume(conn->ofproto, &msg->u.packet_in);
}
