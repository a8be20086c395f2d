/* SPDX-License-Identifier: Apache-2.0 */
/* The table of messages: numbers, lengths and decoders of each in each version.
 *
 * Sources: OpenFlow 1.0 to 1.5.1, sections 5 (1.0), A (1.1 to 1.3) and 7; Nicira extensions. */
#include "lib/ofp/msg_table.h"

#include <pthread.h>

#include "lib/ofp/codec.h"

/* PLAIN(type, first, last, number, body_len, body_unit, name, decode), and so on for each kind. */
#define ROW(TYPE, KIND, FIRST, LAST, NUMBER, LEN, UNIT, NAME, DECODE)                              \
    { OFPMSG_##TYPE, KIND, FIRST, LAST, NUMBER, LEN, UNIT, NAME, DECODE }
#define PLAIN(TYPE, ...) ROW(TYPE, MSG_PLAIN, __VA_ARGS__)
#define REQUEST(TYPE, ...) ROW(TYPE, MSG_STATS_REQUEST, __VA_ARGS__)
#define REPLY(TYPE, ...) ROW(TYPE, MSG_STATS_REPLY, __VA_ARGS__)
#define NX(TYPE, ...) ROW(TYPE, MSG_NX, __VA_ARGS__)
#define ONF(TYPE, ...) ROW(TYPE, MSG_ONF, __VA_ARGS__)
#define ONF_REQUEST(TYPE, ...) ROW(TYPE, MSG_ONF_STATS_REQUEST, __VA_ARGS__)
#define ONF_REPLY(TYPE, ...) ROW(TYPE, MSG_ONF_STATS_REPLY, __VA_ARGS__)
#define NX_REQUEST(TYPE, ...) ROW(TYPE, MSG_NX_STATS_REQUEST, __VA_ARGS__)
#define NX_REPLY(TYPE, ...) ROW(TYPE, MSG_NX_STATS_REPLY, __VA_ARGS__)

/* Ordered by abstract type; where a type has a vendor's form, that comes last. */
const struct msg_wire msg_table[] = {
    PLAIN(HELLO, OFP10, 0xff, 0, 0, 1, "OFPT_HELLO", hello_decode),
    PLAIN(ERROR, OFP10, 0xff, 1, 4, 1, "OFPT_ERROR", error_msg_decode),
    PLAIN(ECHO_REQUEST, OFP10, 0xff, 2, 0, 1, "OFPT_ECHO_REQUEST", echo_decode),
    PLAIN(ECHO_REPLY, OFP10, 0xff, 3, 0, 1, "OFPT_ECHO_REPLY", echo_decode),
    PLAIN(FEATURES_REQUEST, OFP10, OFP15, 5, 0, 0, "OFPT_FEATURES_REQUEST", NULL),
    PLAIN(FEATURES_REPLY, OFP10, OFP10, 6, 24, 48, "OFPT_FEATURES_REPLY", features_decode),
    PLAIN(FEATURES_REPLY, OFP11, OFP12, 6, 24, 64, "OFPT_FEATURES_REPLY", features_decode),
    PLAIN(FEATURES_REPLY, OFP13, OFP15, 6, 24, 0, "OFPT_FEATURES_REPLY", features_decode),
    PLAIN(GET_CONFIG_REQUEST, OFP10, OFP15, 7, 0, 0, "OFPT_GET_CONFIG_REQUEST", NULL),
    PLAIN(GET_CONFIG_REPLY, OFP10, OFP15, 8, 4, 0, "OFPT_GET_CONFIG_REPLY", switch_config_decode),
    PLAIN(SET_CONFIG, OFP10, OFP15, 9, 4, 0, "OFPT_SET_CONFIG", switch_config_decode),
    PLAIN(PACKET_IN, OFP10, OFP10, 10, 10, 1, "OFPT_PACKET_IN", packet_in_decode_10),
    PLAIN(PACKET_IN, OFP11, OFP11, 10, 16, 1, "OFPT_PACKET_IN", packet_in_decode_11),
    PLAIN(PACKET_IN, OFP12, OFP12, 10, 8, 1, "OFPT_PACKET_IN", packet_in_decode_12),
    PLAIN(PACKET_IN, OFP13, OFP15, 10, 16, 1, "OFPT_PACKET_IN", packet_in_decode_12),
    NX(PACKET_IN, OFP10, OFP15, 17, 24, 1, "NXT_PACKET_IN", packet_in_decode_nxt),
    NX(PACKET_IN, OFP10, OFP15, 30, 0, 1, "NXT_PACKET_IN2", packet_in_decode_nxt2),
    PLAIN(FLOW_REMOVED, OFP10, OFP10, 11, 80, 0, "OFPT_FLOW_REMOVED", flow_removed_decode_10),
    PLAIN(FLOW_REMOVED, OFP11, OFP14, 11, 40, 8, "OFPT_FLOW_REMOVED", flow_removed_decode_11),
    PLAIN(FLOW_REMOVED, OFP15, OFP15, 11, 16, 8, "OFPT_FLOW_REMOVED", flow_removed_decode_15),
    NX(FLOW_REMOVED, OFP10, OFP15, 14, 40, 8, "NXT_FLOW_REMOVED", flow_removed_decode_nxt),
    PLAIN(PORT_STATUS, OFP10, OFP10, 12, 56, 0, "OFPT_PORT_STATUS", port_status_decode),
    PLAIN(PORT_STATUS, OFP11, OFP13, 12, 72, 0, "OFPT_PORT_STATUS", port_status_decode),
    PLAIN(PORT_STATUS, OFP14, OFP15, 12, 48, 8, "OFPT_PORT_STATUS", port_status_decode),
    PLAIN(PACKET_OUT, OFP10, OFP10, 13, 8, 1, "OFPT_PACKET_OUT", packet_out_decode_10),
    PLAIN(PACKET_OUT, OFP11, OFP14, 13, 16, 1, "OFPT_PACKET_OUT", packet_out_decode_11),
    PLAIN(PACKET_OUT, OFP15, OFP15, 13, 8, 1, "OFPT_PACKET_OUT", packet_out_decode_15),
    PLAIN(FLOW_MOD, OFP10, OFP10, 14, 64, 8, "OFPT_FLOW_MOD", flow_mod_decode_10),
    PLAIN(FLOW_MOD, OFP11, OFP15, 14, 40, 8, "OFPT_FLOW_MOD", flow_mod_decode_11),
    NX(FLOW_MOD, OFP10, OFP15, 13, 32, 8, "NXT_FLOW_MOD", flow_mod_decode_nxt),
    PLAIN(PORT_MOD, OFP10, OFP10, 15, 24, 0, "OFPT_PORT_MOD", port_mod_decode_10),
    PLAIN(PORT_MOD, OFP11, OFP13, 16, 32, 0, "OFPT_PORT_MOD", port_mod_decode_11),
    PLAIN(PORT_MOD, OFP14, OFP15, 16, 24, 8, "OFPT_PORT_MOD", port_mod_decode_14),
    PLAIN(BARRIER_REQUEST, OFP10, OFP10, 18, 0, 0, "OFPT_BARRIER_REQUEST", NULL),
    PLAIN(BARRIER_REQUEST, OFP11, OFP15, 20, 0, 0, "OFPT_BARRIER_REQUEST", NULL),
    PLAIN(BARRIER_REPLY, OFP10, OFP10, 19, 0, 0, "OFPT_BARRIER_REPLY", NULL),
    PLAIN(BARRIER_REPLY, OFP11, OFP15, 21, 0, 0, "OFPT_BARRIER_REPLY", NULL),
    PLAIN(ROLE_REQUEST, OFP12, OFP15, 24, 16, 0, "OFPT_ROLE_REQUEST", role_decode),
    NX(ROLE_REQUEST, OFP10, OFP15, 10, 4, 0, "NXT_ROLE_REQUEST", role_decode_nxt),
    PLAIN(ROLE_REPLY, OFP12, OFP15, 25, 16, 0, "OFPT_ROLE_REPLY", role_decode),
    NX(ROLE_REPLY, OFP10, OFP15, 11, 4, 0, "NXT_ROLE_REPLY", role_decode_nxt),
    PLAIN(ROLE_STATUS, OFP14, OFP15, 30, 16, 0, "OFPT_ROLE_STATUS", role_status_decode),
    ONF(ROLE_STATUS, OFP13, OFP13, 1911, 16, 0, "ONFT_ROLE_STATUS", role_status_decode),
    PLAIN(GET_ASYNC_REQUEST, OFP13, OFP15, 26, 0, 0, "OFPT_GET_ASYNC_REQUEST", NULL),
    PLAIN(GET_ASYNC_REPLY, OFP13, OFP13, 27, 24, 0, "OFPT_GET_ASYNC_REPLY", async_config_decode),
    PLAIN(GET_ASYNC_REPLY, OFP14, OFP15, 27, 0, 8, "OFPT_GET_ASYNC_REPLY", async_config_decode_14),
    PLAIN(SET_ASYNC, OFP13, OFP13, 28, 24, 0, "OFPT_SET_ASYNC", async_config_decode),
    PLAIN(SET_ASYNC, OFP14, OFP15, 28, 0, 8, "OFPT_SET_ASYNC", async_config_decode_14),
    NX(SET_ASYNC, OFP10, OFP15, 19, 24, 0, "NXT_SET_ASYNC_CONFIG", async_config_decode),
    NX(SET_ASYNC, OFP10, OFP13, 27, 0, 8, "NXT_SET_ASYNC_CONFIG2", async_config_decode_14),
    REQUEST(DESC_REQUEST, OFP10, OFP15, 0, 0, 0, "OFPST_DESC request", NULL),
    REPLY(DESC_REPLY, OFP10, OFP15, 0, 1056, 0, "OFPST_DESC reply", desc_decode),
    REQUEST(FLOW_STATS_REQUEST, OFP10, OFP10, 1, 44, 0, "OFPST_FLOW request",
            flow_stats_request_decode_10),
    REQUEST(FLOW_STATS_REQUEST, OFP11, OFP15, 1, 32, 8, "OFPST_FLOW request",
            flow_stats_request_decode_11),
    NX_REQUEST(FLOW_STATS_REQUEST, OFP10, OFP15, 0, 8, 8, "NXST_FLOW request",
               flow_stats_request_decode_nxst),
    REPLY(FLOW_STATS_REPLY, OFP10, OFP10, 1, 0, 1, "OFPST_FLOW reply", raw_body_decode),
    REPLY(FLOW_STATS_REPLY, OFP11, OFP15, 1, 0, 1, "OFPST_FLOW reply", raw_body_decode),
    NX_REPLY(FLOW_STATS_REPLY, OFP10, OFP15, 0, 0, 8, "NXST_FLOW reply", raw_body_decode),
    REQUEST(FLOW_COUNTERS_REQUEST, OFP15, OFP15, 17, 32, 8, "OFPST_FLOW_STATS request",
            flow_stats_request_decode_11),
    REPLY(FLOW_COUNTERS_REPLY, OFP15, OFP15, 17, 0, 8, "OFPST_FLOW_STATS reply", raw_body_decode),
    REQUEST(AGGREGATE_REQUEST, OFP10, OFP10, 2, 44, 0, "OFPST_AGGREGATE request",
            flow_stats_request_decode_10),
    REQUEST(AGGREGATE_REQUEST, OFP11, OFP15, 2, 32, 8, "OFPST_AGGREGATE request",
            flow_stats_request_decode_11),
    NX_REQUEST(AGGREGATE_REQUEST, OFP10, OFP15, 1, 8, 8, "NXST_AGGREGATE request",
               flow_stats_request_decode_nxst),
    REPLY(AGGREGATE_REPLY, OFP10, OFP14, 2, 24, 0, "OFPST_AGGREGATE reply", aggregate_decode),
    REPLY(AGGREGATE_REPLY, OFP15, OFP15, 2, 0, 8, "OFPST_AGGREGATE reply", aggregate_decode_15),
    NX_REPLY(AGGREGATE_REPLY, OFP10, OFP15, 1, 24, 0, "NXST_AGGREGATE reply", aggregate_decode),
    REQUEST(TABLE_STATS_REQUEST, OFP10, OFP15, 3, 0, 0, "OFPST_TABLE request", NULL),
    REPLY(TABLE_STATS_REPLY, OFP10, OFP10, 3, 0, 64, "OFPST_TABLE reply", raw_body_decode),
    REPLY(TABLE_STATS_REPLY, OFP11, OFP11, 3, 0, 88, "OFPST_TABLE reply", raw_body_decode),
    REPLY(TABLE_STATS_REPLY, OFP12, OFP12, 3, 0, 128, "OFPST_TABLE reply", raw_body_decode),
    REPLY(TABLE_STATS_REPLY, OFP13, OFP15, 3, 0, 24, "OFPST_TABLE reply", raw_body_decode),
    REQUEST(PORT_STATS_REQUEST, OFP10, OFP15, 4, 8, 0, "OFPST_PORT request",
            port_stats_request_decode),
    REPLY(PORT_STATS_REPLY, OFP10, OFP12, 4, 0, 104, "OFPST_PORT reply", raw_body_decode),
    REPLY(PORT_STATS_REPLY, OFP13, OFP13, 4, 0, 112, "OFPST_PORT reply", raw_body_decode),
    REPLY(PORT_STATS_REPLY, OFP14, OFP15, 4, 0, 8, "OFPST_PORT reply", raw_body_decode),
    REQUEST(PORT_DESC_REQUEST, OFP10, OFP14, 13, 0, 0, "OFPST_PORT_DESC request",
            port_desc_request_decode),
    REQUEST(PORT_DESC_REQUEST, OFP15, OFP15, 13, 8, 0, "OFPST_PORT_DESC request",
            port_desc_request_decode),
    REPLY(PORT_DESC_REPLY, OFP10, OFP10, 13, 0, 48, "OFPST_PORT_DESC reply", raw_body_decode),
    REPLY(PORT_DESC_REPLY, OFP11, OFP13, 13, 0, 64, "OFPST_PORT_DESC reply", raw_body_decode),
    REPLY(PORT_DESC_REPLY, OFP14, OFP15, 13, 0, 8, "OFPST_PORT_DESC reply", raw_body_decode),
    REQUEST(TABLE_FEATURES_REQUEST, OFP13, OFP15, 12, 0, 8, "OFPST_TABLE_FEATURES request",
            raw_body_decode),
    REPLY(TABLE_FEATURES_REPLY, OFP13, OFP15, 12, 0, 8, "OFPST_TABLE_FEATURES reply",
          raw_body_decode),
    REQUEST(QUEUE_STATS_REQUEST, OFP10, OFP15, 5, 8, 0, "OFPST_QUEUE request",
            queue_stats_request_decode),
    REPLY(QUEUE_STATS_REPLY, OFP10, OFP12, 5, 0, 32, "OFPST_QUEUE reply", raw_body_decode),
    REPLY(QUEUE_STATS_REPLY, OFP13, OFP13, 5, 0, 40, "OFPST_QUEUE reply", raw_body_decode),
    REPLY(QUEUE_STATS_REPLY, OFP14, OFP15, 5, 0, 8, "OFPST_QUEUE reply", raw_body_decode),
    REQUEST(GROUP_STATS_REQUEST, OFP11, OFP15, 6, 8, 0, "OFPST_GROUP request",
            group_request_decode),
    NX_REQUEST(GROUP_STATS_REQUEST, OFP10, OFP10, 7, 8, 0, "NXST_GROUP request",
               group_request_decode),
    REPLY(GROUP_STATS_REPLY, OFP11, OFP15, 6, 0, 8, "OFPST_GROUP reply", raw_body_decode),
    NX_REPLY(GROUP_STATS_REPLY, OFP10, OFP10, 7, 0, 8, "NXST_GROUP reply", raw_body_decode),
    REQUEST(GROUP_DESC_REQUEST, OFP11, OFP14, 7, 0, 0, "OFPST_GROUP_DESC request",
            group_request_decode),
    REQUEST(GROUP_DESC_REQUEST, OFP15, OFP15, 7, 8, 0, "OFPST_GROUP_DESC request",
            group_request_decode),
    NX_REQUEST(GROUP_DESC_REQUEST, OFP10, OFP10, 8, 8, 0, "NXST_GROUP_DESC request",
               group_request_decode),
    REPLY(GROUP_DESC_REPLY, OFP11, OFP15, 7, 0, 8, "OFPST_GROUP_DESC reply", raw_body_decode),
    NX_REPLY(GROUP_DESC_REPLY, OFP10, OFP10, 8, 0, 8, "NXST_GROUP_DESC reply", raw_body_decode),
    REQUEST(GROUP_FEATURES_REQUEST, OFP12, OFP15, 8, 0, 0, "OFPST_GROUP_FEATURES request", NULL),
    NX_REQUEST(GROUP_FEATURES_REQUEST, OFP10, OFP11, 9, 0, 0, "NXST_GROUP_FEATURES request",
               NULL),
    REPLY(GROUP_FEATURES_REPLY, OFP12, OFP15, 8, 40, 0, "OFPST_GROUP_FEATURES reply",
          group_features_decode),
    NX_REPLY(GROUP_FEATURES_REPLY, OFP10, OFP11, 9, 40, 0, "NXST_GROUP_FEATURES reply",
             group_features_decode),
    REQUEST(METER_STATS_REQUEST, OFP13, OFP15, 9, 8, 0, "OFPST_METER request",
            meter_request_decode),
    REPLY(METER_STATS_REPLY, OFP13, OFP15, 9, 0, 8, "OFPST_METER reply", raw_body_decode),
    REQUEST(METER_CONFIG_REQUEST, OFP13, OFP15, 10, 8, 0, "OFPST_METER_CONFIG request",
            meter_request_decode),
    REPLY(METER_CONFIG_REPLY, OFP13, OFP15, 10, 0, 8, "OFPST_METER_CONFIG reply",
          raw_body_decode),
    REQUEST(METER_FEATURES_REQUEST, OFP13, OFP15, 11, 0, 0, "OFPST_METER_FEATURES request", NULL),
    REPLY(METER_FEATURES_REPLY, OFP13, OFP15, 11, 16, 8, "OFPST_METER_FEATURES reply",
          meter_features_decode),
    PLAIN(GROUP_MOD, OFP11, OFP14, 15, 8, 8, "OFPT_GROUP_MOD", group_mod_decode),
    PLAIN(GROUP_MOD, OFP15, OFP15, 15, 16, 8, "OFPT_GROUP_MOD", group_mod_decode),
    NX(GROUP_MOD, OFP10, OFP14, 31, 16, 8, "NXT_GROUP_MOD", group_mod_decode),
    PLAIN(METER_MOD, OFP13, OFP15, 29, 8, 8, "OFPT_METER_MOD", meter_mod_decode),
    PLAIN(BUNDLE_CTRL, OFP14, OFP15, 33, 8, 8, "OFPT_BUNDLE_CONTROL", bundle_ctrl_decode),
    ONF(BUNDLE_CTRL, OFP13, OFP13, 2300, 8, 8, "ONFT_BUNDLE_CONTROL", bundle_ctrl_decode),
    PLAIN(BUNDLE_ADD, OFP14, OFP15, 34, 8, 1, "OFPT_BUNDLE_ADD_MESSAGE", bundle_add_decode),
    ONF(BUNDLE_ADD, OFP13, OFP13, 2301, 8, 1, "ONFT_BUNDLE_ADD_MESSAGE", bundle_add_decode),
    PLAIN(TABLE_MOD, OFP11, OFP13, 17, 8, 0, "OFPT_TABLE_MOD", table_mod_decode),
    PLAIN(TABLE_MOD, OFP14, OFP15, 17, 8, 8, "OFPT_TABLE_MOD", table_mod_decode),
    REQUEST(TABLE_DESC_REQUEST, OFP14, OFP15, 14, 0, 0, "OFPST_TABLE_DESC request", NULL),
    REPLY(TABLE_DESC_REPLY, OFP14, OFP15, 14, 0, 8, "OFPST_TABLE_DESC reply", raw_body_decode),
    PLAIN(TABLE_STATUS, OFP14, OFP15, 31, 8, 8, "OFPT_TABLE_STATUS", table_status_decode),
    PLAIN(REQUESTFORWARD, OFP14, OFP15, 32, 8, 8, "OFPT_REQUESTFORWARD", requestforward_decode),
    PLAIN(CONTROLLER_STATUS, OFP15, OFP15, 35, 16, 8, "OFPT_CONTROLLER_STATUS",
          controller_status_decode),
    REQUEST(CONTROLLER_STATUS_REQUEST, OFP15, OFP15, 18, 0, 0, "OFPST_CONTROLLER_STATUS request",
            NULL),
    REPLY(CONTROLLER_STATUS_REPLY, OFP15, OFP15, 18, 0, 8, "OFPST_CONTROLLER_STATUS reply",
          raw_body_decode),
    REQUEST(FLOW_MONITOR_REQUEST, OFP14, OFP15, 16, 0, 8, "OFPST_FLOW_MONITOR request",
            raw_body_decode),
    NX_REQUEST(FLOW_MONITOR_REQUEST, OFP10, OFP12, 2, 0, 8, "NXST_FLOW_MONITOR request",
               raw_body_decode),
    ONF_REQUEST(FLOW_MONITOR_REQUEST, OFP13, OFP13, 1870, 0, 8, "ONFST_FLOW_MONITOR request",
                raw_body_decode),
    REPLY(FLOW_MONITOR_REPLY, OFP14, OFP15, 16, 0, 8, "OFPST_FLOW_MONITOR reply",
          raw_body_decode),
    NX_REPLY(FLOW_MONITOR_REPLY, OFP10, OFP12, 2, 0, 8, "NXST_FLOW_MONITOR reply",
             raw_body_decode),
    ONF_REPLY(FLOW_MONITOR_REPLY, OFP13, OFP13, 1870, 0, 8, "ONFST_FLOW_MONITOR reply",
              raw_body_decode),
    NX(FLOW_MONITOR_CANCEL, OFP10, OFP12, 21, 4, 0, "NXT_FLOW_MONITOR_CANCEL",
       flow_monitor_cancel_decode),
    ONF(FLOW_MONITOR_CANCEL, OFP13, OFP13, 1870, 4, 0, "ONFT_FLOW_MONITOR_CANCEL",
        flow_monitor_cancel_decode),
    NX(FLOW_MONITOR_PAUSED, OFP10, OFP12, 22, 0, 0, "NXT_FLOW_MONITOR_PAUSED", NULL),
    ONF(FLOW_MONITOR_PAUSED, OFP13, OFP13, 1871, 0, 0, "ONFT_FLOW_MONITOR_PAUSED", NULL),
    NX(FLOW_MONITOR_RESUMED, OFP10, OFP12, 23, 0, 0, "NXT_FLOW_MONITOR_RESUMED", NULL),
    ONF(FLOW_MONITOR_RESUMED, OFP13, OFP13, 1872, 0, 0, "ONFT_FLOW_MONITOR_RESUMED", NULL),
    PLAIN(QUEUE_GET_CONFIG_REQUEST, OFP10, OFP10, 20, 4, 0, "OFPT_QUEUE_GET_CONFIG_REQUEST",
          queue_config_request_decode),
    PLAIN(QUEUE_GET_CONFIG_REQUEST, OFP11, OFP13, 22, 8, 0, "OFPT_QUEUE_GET_CONFIG_REQUEST",
          queue_config_request_decode),
    REQUEST(QUEUE_GET_CONFIG_REQUEST, OFP14, OFP15, 15, 8, 0, "OFPST_QUEUE_DESC request",
            queue_config_request_decode),
    PLAIN(QUEUE_GET_CONFIG_REPLY, OFP10, OFP10, 21, 8, 8, "OFPT_QUEUE_GET_CONFIG_REPLY",
          raw_body_decode),
    PLAIN(QUEUE_GET_CONFIG_REPLY, OFP11, OFP13, 23, 8, 8, "OFPT_QUEUE_GET_CONFIG_REPLY",
          raw_body_decode),
    REPLY(QUEUE_GET_CONFIG_REPLY, OFP14, OFP15, 15, 0, 8, "OFPST_QUEUE_DESC reply",
          raw_body_decode),
    NX(NXT_SET_FLOW_FORMAT, OFP10, OFP10, 12, 4, 0, "NXT_SET_FLOW_FORMAT", nx_flow_format_decode),
    NX(NXT_FLOW_MOD_TABLE_ID, OFP10, OFP15, 15, 8, 0, "NXT_FLOW_MOD_TABLE_ID",
       nx_flow_mod_table_id_decode),
    NX(NXT_SET_PACKET_IN_FORMAT, OFP10, OFP15, 16, 4, 0, "NXT_SET_PACKET_IN_FORMAT",
       nx_packet_in_format_decode),
    NX(NXT_SET_CONTROLLER_ID, OFP10, OFP15, 20, 8, 0, "NXT_SET_CONTROLLER_ID",
       nx_controller_id_decode),
    NX(NXT_TLV_TABLE_MOD, OFP10, OFP15, 24, 8, 8, "NXT_TLV_TABLE_MOD", tlv_mod_decode),
    NX(NXT_TLV_TABLE_REQUEST, OFP10, OFP15, 25, 0, 0, "NXT_TLV_TABLE_REQUEST", NULL),
    NX(NXT_TLV_TABLE_REPLY, OFP10, OFP15, 26, 16, 8, "NXT_TLV_TABLE_REPLY", tlv_reply_decode),
    NX(NXT_RESUME, OFP10, OFP15, 28, 0, 1, "NXT_RESUME", packet_in_decode_nxt2),
    NX(NXT_CT_FLUSH_ZONE, OFP10, OFP15, 29, 8, 0, "NXT_CT_FLUSH_ZONE", ct_flush_zone_decode),
    NX(NXT_CT_FLUSH, OFP10, OFP15, 32, 8, 8, "NXT_CT_FLUSH", ct_flush_decode),
    NX_REQUEST(NXST_IPFIX_BRIDGE_REQUEST, OFP10, OFP15, 3, 0, 0, "NXST_IPFIX_BRIDGE request",
               NULL),
    NX_REPLY(NXST_IPFIX_BRIDGE_REPLY, OFP10, OFP15, 3, 0, 88, "NXST_IPFIX_BRIDGE reply",
             raw_body_decode),
    NX_REQUEST(NXST_IPFIX_FLOW_REQUEST, OFP10, OFP15, 4, 0, 0, "NXST_IPFIX_FLOW request", NULL),
    NX_REPLY(NXST_IPFIX_FLOW_REPLY, OFP10, OFP15, 4, 0, 88, "NXST_IPFIX_FLOW reply",
             raw_body_decode),
};

const size_t msg_table_len = ARRAY_SIZE(msg_table);

static uint8_t plain[OFP15 + 1][MSG_N_PLAIN]; /* index in msg_table + 1; 0: none */
static_assert(ARRAY_SIZE(msg_table) < UINT8_MAX, "an index fits in a byte");

static void index_plain(void)
{
    for (size_t i = msg_table_len; i-- > 0;) {
        const struct msg_wire *w = &msg_table[i];
        assert(w->kind != MSG_PLAIN || w->number < MSG_N_PLAIN);
        for (unsigned int version = w->first; w->kind == MSG_PLAIN && version <= MIN((unsigned int) w->last, (unsigned int) OFP15); version++) {
            plain[version][w->number] = (uint8_t) (i + 1);
        }
    }
}

const struct msg_wire *msg_table_plain(enum ofp_version version, uint32_t number)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, index_plain);
    return plain[version][number] ? &msg_table[plain[version][number] - 1] : NULL;
}
