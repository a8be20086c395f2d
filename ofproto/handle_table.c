/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about the settings of tables; and those about what this switch has none of: tracked connections, exporters. */
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/table_config.h"

enum ofp_error handle_table_mod(struct ofconn *conn, struct ofp_message *msg)
{
    return table_mod(conn->ofproto, &msg->u.table_mod);
}

enum ofp_error handle_table_desc(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    ofp_reply_begin(&msgs, msg);
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        struct ofp_table_desc desc;
        table_describe(conn->ofproto, (uint8_t) i, &desc);
        ofp_reply_table_desc(&msgs, &desc);
    }
    ofconn_send(conn, &msgs.buf);
    ofp_msgs_destroy(&msgs);
    return OFPERR_OK;
}

/* No connection is tracked, so that none is left of those that are to be forgotten. What is wrong with the message was told by the codec. */
enum ofp_error handle_ct_flush(struct ofconn *conn, struct ofp_message *msg)
{
    return OFPERR_OK;
}

/* No bridge has an exporter. */
enum ofp_error handle_ipfix_stats(struct ofconn *conn, struct ofp_message *msg)
{
    return NXST_NOT_CONFIGURED;
}
