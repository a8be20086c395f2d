/* SPDX-License-Identifier: Apache-2.0 */
/* Printing the bodies of messages; see ofp_format(). */
#pragma once

#include "lib/ofp/stats.h"

struct strbuf;

/* What all printers need. */
struct printer {
    struct strbuf *s;
    const struct ofp_names *names;
    int verbosity;
    const uint8_t *data; /* the whole message */
    size_t n;
};

/* Each appends the body of a message that was decoded. An error is found where a reply is walked.
 */
typedef enum ofp_error print_fn(struct printer *, const struct ofp_message *);

print_fn print_hello, print_error_message, print_echo, print_features, print_config, print_role, print_role_status,
    print_async, print_flow_format, print_flow_mod_table_id, print_packet_in_format,
    print_controller_id, print_desc;
print_fn print_packet_in, print_packet_out, print_flow_removed, print_flow_mod;
print_fn print_port_status, print_port_mod, print_port_stats_request, print_port_stats,
    print_port_desc_request, print_port_desc, print_queue_stats_request, print_queue_stats;
print_fn print_queue_config_request, print_queue_config;
print_fn print_flow_stats_request, print_flow_stats, print_flow_counters, print_aggregate, print_table_stats,
    print_table_features;
print_fn print_group_mod, print_group_request, print_group_desc, print_group_stats,
    print_group_features;
print_fn print_meter_mod, print_meter_request, print_meter_config, print_meter_stats,
    print_meter_features;
print_fn print_bundle_ctrl, print_bundle_add, print_requestforward;
print_fn print_table_mod, print_table_desc, print_table_status;
print_fn print_controller_status, print_controller_status_reply;
print_fn print_flow_monitor_request, print_flow_monitor_reply, print_flow_monitor_cancel;
print_fn print_tlv_mod, print_tlv_reply, print_ct_flush_zone, print_ct_flush, print_ipfix_bridge,
    print_ipfix_flow;

/* Why a flow was removed: a word, or the number if there is none. */
void print_removed_reason(struct strbuf *, unsigned int reason);

/* "5.500s": three decimals if that is exact, else as many as it takes; none for whole seconds. */
void print_duration(struct strbuf *, uint32_t sec, uint32_t nsec);

/* 16 bytes to a line; with their characters behind them if 'ascii'. */
void print_hex_dump(struct strbuf *, const uint8_t *, size_t n, bool ascii);

/* The headers of a packet in one line, as a match would show them. */
void print_packet(struct strbuf *, const uint8_t *, size_t n);

/* Names of flags, separated by blanks, of those flow-mods and statistics have. */
void print_flow_flags(struct strbuf *, unsigned int flags);

/* A description of a port; ends with a newline. */
void print_phy_port(struct strbuf *, const struct ofp_phy_port *);
/* All of them, by their numbers. */
enum ofp_error print_phy_ports(struct strbuf *, struct ofp_stats_iter);

/* Names of bits, separated by blanks: 'none' if there is no bit; unknown ones as a number. */
struct bit_name {
    uint32_t bit;
    const char *name;
};
void print_bits(struct strbuf *, uint32_t bits, const struct bit_name *, size_t n,
                const char *none);
