/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what is done with each OpenFlow message. */
#include "ofproto/handle.h"

#include <stddef.h>

#include "lib/base/compiler.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/ofconn.h"

/* Replies, and what a switch has no use for. */
static enum ofp_error ignore(struct ofconn *conn, struct ofp_message *msg)
{
    return OFPERR_OK;
}

enum {
    CHANGES = 1, /* not for a connection in the secondary role */
    ADMITS = 2,  /* only a controller in charge sends it */
};

static const struct entry {
    handle_fn *handle; /* null: a switch does not receive it */
    unsigned int flags;
} entries[OFPMSG_N_TYPES] = {
    [OFPMSG_HELLO] = { ignore, 0 },
    [OFPMSG_ERROR] = { ignore, 0 },
    [OFPMSG_ECHO_REQUEST] = { handle_echo_request, 0 },
    [OFPMSG_ECHO_REPLY] = { ignore, 0 },
    [OFPMSG_BARRIER_REPLY] = { ignore, 0 },
    [OFPMSG_FEATURES_REQUEST] = { handle_features_request, 0 },
    [OFPMSG_GET_CONFIG_REQUEST] = { handle_get_config, 0 },
    [OFPMSG_SET_CONFIG] = { handle_set_config, 0 },
    [OFPMSG_BARRIER_REQUEST] = { handle_barrier, ADMITS },
    [OFPMSG_ROLE_REQUEST] = { handle_role_request, ADMITS },
    [OFPMSG_GET_ASYNC_REQUEST] = { handle_get_async, ADMITS },
    [OFPMSG_SET_ASYNC] = { handle_set_async, ADMITS },
    [OFPMSG_NXT_SET_FLOW_FORMAT] = { handle_set_flow_format, 0 },
    [OFPMSG_NXT_FLOW_MOD_TABLE_ID] = { handle_flow_mod_table_id, 0 },
    [OFPMSG_NXT_SET_PACKET_IN_FORMAT] = { handle_set_packet_in_format, 0 },
    [OFPMSG_NXT_SET_CONTROLLER_ID] = { handle_set_controller_id, 0 },

    [OFPMSG_FLOW_MOD] = { handle_flow_mod, CHANGES | ADMITS },
    [OFPMSG_PACKET_OUT] = { handle_packet_out, CHANGES | ADMITS },
    [OFPMSG_NXT_RESUME] = { handle_resume, CHANGES | ADMITS },
    [OFPMSG_NXT_TLV_TABLE_MOD] = { handle_tlv_table_mod, CHANGES | ADMITS },
    [OFPMSG_NXT_TLV_TABLE_REQUEST] = { handle_tlv_table_request, ADMITS },
    [OFPMSG_PORT_MOD] = { handle_port_mod, CHANGES | ADMITS },
    [OFPMSG_TABLE_MOD] = { handle_table_mod, CHANGES | ADMITS },
    [OFPMSG_GROUP_MOD] = { handle_group_mod, CHANGES | ADMITS },
    [OFPMSG_FLOW_MONITOR_REQUEST] = { handle_flow_monitor, ADMITS },
    [OFPMSG_FLOW_MONITOR_CANCEL] = { handle_flow_monitor_cancel, ADMITS },
    [OFPMSG_TABLE_DESC_REQUEST] = { handle_table_desc, ADMITS },
    [OFPMSG_CONTROLLER_STATUS_REQUEST] = { handle_controller_status, ADMITS },
    [OFPMSG_NXT_CT_FLUSH] = { handle_ct_flush, CHANGES | ADMITS },
    [OFPMSG_NXT_CT_FLUSH_ZONE] = { handle_ct_flush, CHANGES | ADMITS },
    [OFPMSG_NXST_IPFIX_BRIDGE_REQUEST] = { handle_ipfix_stats, ADMITS },
    [OFPMSG_NXST_IPFIX_FLOW_REQUEST] = { handle_ipfix_stats, ADMITS },
    [OFPMSG_BUNDLE_CTRL] = { handle_bundle_ctrl, CHANGES | ADMITS },
    [OFPMSG_BUNDLE_ADD] = { handle_bundle_add, CHANGES | ADMITS },
    [OFPMSG_METER_MOD] = { handle_meter_mod, CHANGES | ADMITS },

    [OFPMSG_DESC_REQUEST] = { handle_desc, ADMITS },
    [OFPMSG_FLOW_STATS_REQUEST] = { handle_flow_stats, ADMITS },
    [OFPMSG_FLOW_COUNTERS_REQUEST] = { handle_flow_stats, ADMITS },
    [OFPMSG_AGGREGATE_REQUEST] = { handle_aggregate_stats, ADMITS },
    [OFPMSG_TABLE_STATS_REQUEST] = { handle_table_stats, ADMITS },
    [OFPMSG_TABLE_FEATURES_REQUEST] = { handle_table_features, ADMITS },
    [OFPMSG_PORT_STATS_REQUEST] = { handle_port_stats, ADMITS },
    [OFPMSG_PORT_DESC_REQUEST] = { handle_port_desc, ADMITS },
    [OFPMSG_QUEUE_STATS_REQUEST] = { handle_queue_stats, ADMITS },
    [OFPMSG_GROUP_STATS_REQUEST] = { handle_group_stats, ADMITS },
    [OFPMSG_GROUP_DESC_REQUEST] = { handle_group_desc, ADMITS },
    [OFPMSG_METER_STATS_REQUEST] = { handle_meter_stats, ADMITS },
    [OFPMSG_METER_CONFIG_REQUEST] = { handle_meter_config, ADMITS },
    [OFPMSG_GROUP_FEATURES_REQUEST] = { handle_group_features, ADMITS },
    [OFPMSG_METER_FEATURES_REQUEST] = { handle_meter_features, ADMITS },
    [OFPMSG_QUEUE_GET_CONFIG_REQUEST] = { handle_queue_config, ADMITS },
};

static const struct entry *find_entry(enum ofp_msg_type type)
{
    return (unsigned int) type < OFPMSG_N_TYPES ? &entries[type] : NULL;
}

bool handle_is_denied(const struct ofconn *conn, enum ofp_msg_type type)
{
    const struct entry *entry = find_entry(type);
    return entry && (entry->flags & CHANGES) && conn->role == OFPCR_ROLE_SECONDARY;
}

enum ofp_error handle_message(struct ofconn *conn, struct ofp_message *msg)
{
    const struct entry *entry = find_entry(msg->type);
    if (!entry || !entry->handle) {
        return OFPBRC_BAD_TYPE;
    }
    if (msg->more) {
        return OFPBRC_MULTIPART_BUFFER_OVERFLOW; /* a request in several messages has been put together before */
    }
    if (handle_is_denied(conn, msg->type)) {
        return OFPBRC_IS_SECONDARY;
    }
    if ((entry->flags & ADMITS) && !conn->admitted) {
        connmgr_admitted(conn->connmgr, conn);
    }
    return entry->handle(conn, msg);
}
