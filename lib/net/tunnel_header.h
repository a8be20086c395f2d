/* SPDX-License-Identifier: Apache-2.0 */
/* The outer headers of a tunnel's packets, from Ethernet to the tunnel's own: as fields, and as the bytes that an
 * ACTION_TNL_PUSH carries.
 *
 * The bytes are a template. What depends on the packet is 0 in them: IP lengths, the IPv4 identification, GRE
 * checksum and sequence number; the IPv4 checksum is that of the header with these zeros. In place of the UDP length is the span of source ports. There are no VLAN tags, IP options or
 * extension headers. Two templates that do the same are the same bytes. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/headers.h"

/* As the "type" in OVS's text numbers them. GRE over IPv6, which has a number of its own there, and NVGRE are GRE. */
enum tunnel_kind { TUNNEL_GRE = 3, TUNNEL_VXLAN = 4, TUNNEL_GENEVE = 5 };

enum {
    TUNNEL_L3_OFS = ETH_HEADER_LEN, /* of the outer IP header in the bytes */
    TUNNEL_HEADER_MAX = ETH_HEADER_LEN + IPV6_HEADER_LEN + UDP_HEADER_LEN + GENEVE_HEADER_LEN + GENEVE_OPTIONS_MAX,
};

/* Zero-initialise, and set what the kind has. All else must stay 0. */
struct tunnel_header {
    enum tunnel_kind kind;

    struct eth_addr eth_dst, eth_src;
    be16 eth_type; /* htons(ETH_TYPE_IP) or htons(ETH_TYPE_IPV6) */

    uint8_t src[16], dst[16]; /* an IPv4 address is the first 4 bytes */
    be32 label;               /* IPv6: 20 bits */
    be16 frag;                /* IPv4: htons(IP_DONT_FRAGMENT) or 0 */
    uint8_t proto;            /* NW_PROTO_UDP or NW_PROTO_GRE */
    uint8_t tos, ttl;

    /* VXLAN, Geneve. */
    be16 udp_src;  /* 0: from the hash of the inner connection */
    be16 udp_span; /* not 0: the hash chooses from 'udp_src', which is not 0, and so many ports above it */
    be16 udp_dst;
    be16 udp_csum; /* 0: none; BE16_MAX: to be computed */
    be32 vni;      /* 24 bits: htonl(100) for 100 */

    be32 vxlan_flags; /* VXLAN_FLAG_VNI, and those of the group policy */

    /* GRE. NVGRE is the key: 24 bits of VSID, 8 bits of FlowID. */
    be16 gre_flags; /* GRE_FLAG_* */
    be32 gre_key;

    /* GRE, Geneve: ETH_TYPE_TEB for Ethernet frames, else the type of what they carry (see ACTION_TNL_PUSH). */
    be16 payload_type;

    uint8_t geneve_flags; /* GENEVE_FLAG_* */
    uint8_t options_len;  /* bytes, a multiple of 4 */
    uint8_t options[GENEVE_OPTIONS_MAX];
};

/* Writes the bytes, at most TUNNEL_HEADER_MAX, to 'to'. Returns how many. */
size_t tunnel_header_build(const struct tunnel_header *, uint8_t *to);

/* Reads 'n' bytes of a template. Null, or a sentence that says why they are none (static storage). Any bytes may be given. */
const char *tunnel_header_parse(enum tunnel_kind, const uint8_t *bytes, size_t n, struct tunnel_header *) WARN_UNUSED;

/* Are 'n' bytes a whole number of Geneve options? */
bool tunnel_options_are_valid(const uint8_t *options, size_t n);
