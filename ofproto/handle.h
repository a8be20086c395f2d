/* SPDX-License-Identifier: Apache-2.0 */
/* What the switch does with each message that a connection receives: a table of functions, one per message. Main thread. */
#pragma once

#include "lib/ofp/message.h"

struct ofconn;

/* Handles a message that was decoded from conn->request. What is returned is sent as an error. */
enum ofp_error handle_message(struct ofconn *, struct ofp_message *) WARN_UNUSED;

/* Is this kind of message not for the connection, since its role is that of a secondary? That is found before mistakes in the message are. */
bool handle_is_denied(const struct ofconn *, enum ofp_msg_type);

/* One kind of message each; see handle.c. */
typedef enum ofp_error handle_fn(struct ofconn *, struct ofp_message *);

/* handle_session.c */
handle_fn handle_echo_request, handle_features_request, handle_get_config, handle_set_config, handle_barrier;
handle_fn handle_role_request, handle_get_async, handle_set_async;
handle_fn handle_set_flow_format, handle_flow_mod_table_id, handle_set_packet_in_format, handle_set_controller_id;

/* handle_flow.c */
/* Is there anything wrong with it? With tables_lock(). */
enum ofp_error handle_packet_out_check(const struct ofconn *, const struct ofp_packet_out *) WARN_UNUSED;
handle_fn handle_flow_mod, handle_packet_out, handle_flow_stats, handle_aggregate_stats;

/* handle_bundle.c */
handle_fn handle_bundle_ctrl, handle_bundle_add;

/* handle_group.c */
handle_fn handle_group_mod, handle_group_stats, handle_group_desc, handle_group_features;

/* handle_tlv.c */
handle_fn handle_tlv_table_mod, handle_tlv_table_request;

/* handle_resume.c */
handle_fn handle_resume;

/* handle_meter.c */
handle_fn handle_meter_mod, handle_meter_config, handle_meter_stats, handle_meter_features;

/* handle_monitor.c */
handle_fn handle_flow_monitor, handle_flow_monitor_cancel, handle_controller_status;
/* Tells the other controllers of a group-mod or meter-mod that was carried out. */
void handle_forward_request(struct ofconn *, const struct ofp_message *);

/* handle_stats.c */
handle_fn handle_desc, handle_table_stats, handle_table_features, handle_port_stats, handle_port_desc, handle_queue_stats;
handle_fn handle_queue_config;
handle_fn handle_port_mod;

/* handle_table.c */
handle_fn handle_table_mod, handle_table_desc, handle_ct_flush, handle_ipfix_stats;
