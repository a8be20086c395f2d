/* SPDX-License-Identifier: Apache-2.0 */
/* Where the IP and L4 headers of a parsed packet are, for what changes them. */
#pragma once

#include "lib/net/packet.h"

/* All offsets from the packet's data, in bytes. */
struct ip_place {
    uint32_t l3_ofs;
    uint32_t l4_ofs;
    uint32_t proto_ofs; /* of the byte that says 'proto'; 0 if IPv6's extension headers are cut */
    uint32_t l4_len;  /* L4 header and payload as IP's length says, in head and tail */
    uint32_t l4_head; /* how much of it is in the head */
    uint8_t version;  /* 4 or 6 */
    uint8_t proto;    /* of L4 */
    uint8_t frag;     /* FLOW_FRAG_* bits */
    bool has_l4;   /* false in a later fragment, and when the extension headers are cut: then the l4
                      members are not set */
    bool rerouted; /* IPv6: the destination is not the final one, so that the L4 checksum does not
                      cover it */
};

/* Finds the IP header at the packet's l3_ofs and what follows. False if there is none, or it is not
 * as long as it says. The Ethernet type is not looked at. */
bool place_ip(const struct packet *, struct ip_place *) WARN_UNUSED;

/* The Ethernet type of what is at the packet's l3_ofs, 0 if that is behind MPLS labels or not
 * known. */
be16 place_l3_type(const struct packet *);
