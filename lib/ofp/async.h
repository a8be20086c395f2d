/* SPDX-License-Identifier: Apache-2.0 */
/* What a switch sends unasked, and for which reasons: OpenFlow 1.3 section 7.3.10, 1.4 and 1.5 section 7.3.10. */
#pragma once

#include "lib/ofp/ofp.h"

enum ofp_async_kind {
    OFP_ASYNC_PACKET_IN,      /* bits: enum ofp_packet_in_reason */
    OFP_ASYNC_PORT_STATUS,    /* enum ofp_port_reason */
    OFP_ASYNC_FLOW_REMOVED,   /* enum ofp_removed_reason */
    OFP_ASYNC_ROLE_STATUS,    /* enum ofp_role_reason */
    OFP_ASYNC_TABLE_STATUS,   /* OFPTR_* */
    OFP_ASYNC_REQUESTFORWARD, /* 0: group-mod, 1: meter-mod */
    OFP_ASYNC_CONTROLLER_STATUS, /* 1.5; enum ofp_controller_status_reason */
    OFP_N_ASYNC,
};

/* Index of a row of masks: connections in the role primary or equal, those in the role secondary. */
enum { OFP_ASYNC_PRIMARY, OFP_ASYNC_SECONDARY };

struct ofp_async {
    uint32_t masks[2][OFP_N_ASYNC]; /* bit n: reason n */
    uint8_t given[2];               /* bit n: the message says something about kind n; what it does not name stays */
};

/* Before 1.4 there are only packet-in, port-status and flow-removed; controller-status comes with 1.5, and is left out if nothing of it is
 * wanted, for readers who know no more than Open vSwitch. */
void ofp_encode_async_reply(struct ofpbuf *out, enum ofp_version, const uint32_t masks[2][OFP_N_ASYNC], be32 xid);
void ofp_encode_set_async(struct ofpbuf *out, enum ofp_version, const uint32_t masks[2][OFP_N_ASYNC], be32 xid);

/* Another controller became primary, so that this one's role changed. An extension of the ONF in 1.3, part of 1.4. */
enum ofp_role_reason { OFPCRR_PRIMARY_REQUEST, OFPCRR_CONFIG, OFPCRR_EXPERIMENTER };
struct ofp_role_status {
    uint32_t role; /* OFPCR_ROLE_* */
    enum ofp_role_reason reason;
    uint64_t generation_id; /* all ones: none */
};
/* Nothing is appended in versions before 1.3, which have no such message. */
void ofp_encode_role_status(struct ofpbuf *out, enum ofp_version, const struct ofp_role_status *);
