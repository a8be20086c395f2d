/* SPDX-License-Identifier: Apache-2.0 */
/* NXST_IPFIX_BRIDGE and NXST_IPFIX_FLOW: what a bridge's IPFIX exporters have done (Nicira statistics 3 and 4). */
#pragma once

#include "lib/ofp/ofp.h"

struct ofp_msgs;
struct ofp_stats_iter;
struct strbuf;

struct ofp_ipfix_stats {
    uint64_t total_flows, current_flows;
    uint64_t packets, ipv4_packets, ipv6_packets;
    uint64_t errors, ipv4_errors, ipv6_errors;
    uint64_t tx_packets, tx_errors;
    uint32_t collector_set_id; /* of flows' exporters */
};

/* The reply is begun with ofp_reply_begin(); a bridge has one exporter, flows one for each collector set. */
void ofp_reply_ipfix_stats(struct ofp_msgs *, const struct ofp_ipfix_stats *);
enum ofp_error ofp_ipfix_stats_next(struct ofp_stats_iter *, struct ofp_ipfix_stats *) WARN_UNUSED;
