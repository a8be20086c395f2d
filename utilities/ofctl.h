/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: what its commands share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/compiler.h"
#include "lib/ofp/message.h"

struct connection;

/* The options of the command line; written while it is read, then read only. */
struct ofctl_options {
    uint32_t versions;    /* bitmap of those that may be spoken */
    uint32_t protocols;   /* OFCTL_P_*: flow formats that may be used, of these versions */
    bool strict;
    bool read_only;
    bool readd;
    bool timestamp;
    bool may_create;      /* mod-group adds a group that there is not */
    bool bundle;          /* all or nothing */
    bool hide_stats;      /* --no-stats */
    bool bare;            /* packets as nothing but their digits */
    int names;            /* 1: --names, 0: --no-names, -1: names if the output is a terminal */
    int verbosity;        /* -m: how often */
    int packet_in_format; /* -P: enum ofp_packet_in_format, or -1 */
};
extern struct ofctl_options ofctl_options;

/* Returns the program's exit status. argv[0] is the command's name, argc counts it. */
typedef int ofctl_command(int argc, char *argv[]);

ofctl_command ofctl_probe, ofctl_ping, ofctl_benchmark;
ofctl_command ofctl_show, ofctl_dump_desc, ofctl_dump_tables, ofctl_dump_table_features, ofctl_get_frags, ofctl_set_frags;
ofctl_command ofctl_dump_ports, ofctl_dump_ports_desc, ofctl_mod_port, ofctl_queue_stats;
ofctl_command ofctl_dump_flows, ofctl_dump_aggregate;
ofctl_command ofctl_add_flow, ofctl_add_flows, ofctl_mod_flows, ofctl_del_flows;
ofctl_command ofctl_replace_flows, ofctl_diff_flows;
ofctl_command ofctl_add_group, ofctl_add_groups, ofctl_mod_group, ofctl_del_groups, ofctl_insert_buckets, ofctl_remove_buckets,
    ofctl_dump_groups, ofctl_dump_group_stats, ofctl_dump_group_features, ofctl_parse_group;
ofctl_command ofctl_add_meter, ofctl_mod_meter, ofctl_del_meters, ofctl_dump_meters, ofctl_meter_stats, ofctl_meter_features;
ofctl_command ofctl_bundle, ofctl_mod_table, ofctl_dump_table_desc, ofctl_queue_get_config;
ofctl_command ofctl_add_tlv_map, ofctl_del_tlv_map, ofctl_dump_tlv_map, ofctl_ct_flush_zone, ofctl_ct_flush, ofctl_dump_ipfix_bridge,
    ofctl_dump_ipfix_flow;
ofctl_command ofctl_packet_out, ofctl_monitor, ofctl_snoop;
ofctl_command ofctl_parse_actions, ofctl_parse_instructions, ofctl_parse_ofp10_match, ofctl_parse_ofp11_match, ofctl_parse_nx_match,
    ofctl_parse_oxm, ofctl_encode_hello, ofctl_encode_error_reply, ofctl_parse_key_value, ofctl_compose_packet, ofctl_check_vlan, ofctl_parse_packet,
    ofctl_ofp_parse_pcap, ofctl_parse_pcap;
ofctl_command ofctl_ofp_print, ofctl_ofp_parse, ofctl_parse_flow, ofctl_parse_flows, ofctl_print_error;

/* Prints "weft-ofctl: ..." and ends the program with status 1. */
void ofctl_fatal(const char *format, ...) PRINTF_FORMAT(1, 2) NO_RETURN;

/* The same with an error message that the caller owned; does nothing if it is null. */
void ofctl_check(char *error);

/* Prints a message; 'extra' is added to the verbosity that the user asked for. */
void ofctl_print(FILE *, const struct ofpbuf *msg, const struct ofp_names *, int extra);

/* Sends a request that has no answer, and waits until the switch has done it. An error from the switch is printed to stderr and ends
 * the program with status 1. The request is empty afterwards. */
void ofctl_transact_noreply(struct connection *, struct ofpbuf *request, const struct ofp_names *);

/* Decodes an answer, which must be of the type; anything else is printed and ends the program. 'msg' points into 'reply' and needs
 * ofp_message_destroy(). */
void ofctl_decode(const struct connection *, const struct ofpbuf *reply, enum ofp_msg_type, struct ofp_message *msg);

/* The version of that name; ends the program if there is none. */
enum ofp_version ofctl_version_parse(const char *name);

/* Entries of NXM or OXM as a list of their names and values, behind what is in 's'. */
struct strbuf;
void ofctl_format_entries(const uint8_t *p, size_t n, struct strbuf *s);

/* How many of --sort and --rsort were given; they are added one by one, the first counts most. */
void ofctl_sort_add(const char *field, bool descending);
