/* SPDX-License-Identifier: Apache-2.0 */
/* The decoders of message bodies, one per form, for the table in msg_table.c. */
#pragma once

#include "lib/ofp/msg_header.h"

msg_decode_fn hello_decode, error_msg_decode, echo_decode, features_decode, switch_config_decode;
msg_decode_fn packet_in_decode_10, packet_in_decode_11, packet_in_decode_12,
     packet_in_decode_nxt, packet_in_decode_nxt2;
msg_decode_fn packet_out_decode_10, packet_out_decode_11, packet_out_decode_15;
msg_decode_fn flow_mod_decode_10, flow_mod_decode_11, flow_mod_decode_nxt;
msg_decode_fn flow_removed_decode_10, flow_removed_decode_11, flow_removed_decode_15,
    flow_removed_decode_nxt;
msg_decode_fn port_status_decode, port_mod_decode_10, port_mod_decode_11, port_mod_decode_14;
msg_decode_fn role_decode, role_decode_nxt, async_config_decode, async_config_decode_14,
    role_status_decode;
msg_decode_fn nx_flow_format_decode, nx_flow_mod_table_id_decode, nx_packet_in_format_decode,
    nx_controller_id_decode;
msg_decode_fn queue_config_request_decode, raw_body_decode, desc_decode;
msg_decode_fn flow_stats_request_decode_10, flow_stats_request_decode_11,
    flow_stats_request_decode_nxst;
msg_decode_fn aggregate_decode, aggregate_decode_15, port_desc_request_decode,
    port_stats_request_decode, queue_stats_request_decode;
msg_decode_fn group_mod_decode, group_request_decode, group_features_decode;
msg_decode_fn meter_mod_decode, meter_request_decode, meter_features_decode;
msg_decode_fn bundle_ctrl_decode, bundle_add_decode;
msg_decode_fn table_mod_decode, table_status_decode, requestforward_decode,
    controller_status_decode;
msg_decode_fn flow_monitor_cancel_decode, tlv_mod_decode, tlv_reply_decode, ct_flush_zone_decode,
    ct_flush_decode;

/* Flags of flows (OFP_FF_*) in statistics. */
uint16_t flow_flags_encode(uint16_t flags, enum ofp_version);
uint16_t flow_flags_decode(uint16_t wire, enum ofp_version);
