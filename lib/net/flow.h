/* SPDX-License-Identifier: Apache-2.0 */
/* The flow: what Weft knows of a packet, in 64-byte lines.
 *
 * One structure serves both programs, in two roles. As a *key* it holds the packet's header fields and metadata. As a
 * *mask* it says which bits of a key something looks at: a 1-bit is looked at, a 0-bit is a wildcard.
 *
 * It is an array of lines of fixed layout, so that hashing and comparing are a few vector operations each:
 *
 *   line 0  metadata of the datapath, Ethernet, VLANs        every packet
 *   line 1  IPv4, L4, ARP; conntrack tuple                   IP, ARP
 *   line 2  IPv6, neighbour discovery                        IPv6
 *   line 3  conntrack label and IPv6 tuple                   tracked packets
 *   line 4  tunnel                                           from or to a tunnel
 *   line 5  MPLS, PBB, NSH                                   MPLS, PBB, NSH
 *   6 - 9   tunnel options                                   Geneve
 *   10, 11  registers, OpenFlow metadata                     slow path only, never sent to the datapath
 *
 * 'lines' is the bitmap of the lines in use. Invariants:
 *   - A line that is not in use has undefined content and stands for 64 zero bytes. All functions here and all tables
 *     honour that; code that writes a field calls flow_use_line() first.
 *   - Every byte of a line in use is defined: fields that the packet lacks are zero, and so is all padding.
 *   - Line 0 is always in use in a key.
 *   - In a mask, a line in use has at least one 1-bit, once it is normalised by flow_mask_normalize().
 *
 * Fields are in the order of the wire unless their type says otherwise. 'in_port' is the datapath's port number in the
 * datapath, and the OpenFlow port number inside ofproto/, which translates at its border. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/headers.h"

enum {
    FLOW_LINE_SIZE = 64,
    FLOW_N_LINES = 12,
    FLOW_N_DP_LINES = 10, /* lines that exist in the datapath: 0 to 9 */
    FLOW_MAX_VLANS = 2,
    FLOW_MAX_MPLS = 3,
    FLOW_N_REGS = 16,
    FLOW_TUN_OPTS_SIZE = 256, /* bytes */
};

enum flow_line_id {
    FLOW_LINE_L2 = 0,
    FLOW_LINE_L3 = 1,
    FLOW_LINE_IPV6 = 2,
    FLOW_LINE_CT = 3,
    FLOW_LINE_TUNNEL = 4,
    FLOW_LINE_MPLS = 5,
    FLOW_LINE_TUN_OPTS = 6,
    FLOW_LINE_REGS = 10,
    FLOW_LINE_OPENFLOW = 11,
};

/* Bits of 'nw_frag'. */
enum { FLOW_FRAG_ANY = 1, FLOW_FRAG_LATER = 2 };

/* Bits of 'ct_state', as OVS numbers them. */
enum { CT_STATE_NEW = 0x01, CT_STATE_EST = 0x02, CT_STATE_REL = 0x04, CT_STATE_RPL = 0x08,
       CT_STATE_INV = 0x10, CT_STATE_TRK = 0x20, CT_STATE_SNAT = 0x40, CT_STATE_DNAT = 0x80 };

/* Bits of 'ipv6_exthdr', as OpenFlow 1.3 section 7.2.3.8 numbers them. HOP stands for a header that comes first. UNREP: a header
 * that may come once comes again (destination options may come twice). UNSEQ: not in the order that RFC 8200 section 4.1
 * recommends. Of more headers than the parser looks at, only those that it saw count. */
enum { FLOW_EXTHDR_NONEXT = 0x001, FLOW_EXTHDR_ESP = 0x002, FLOW_EXTHDR_AUTH = 0x004, FLOW_EXTHDR_DEST = 0x008,
       FLOW_EXTHDR_FRAG = 0x010, FLOW_EXTHDR_ROUTER = 0x020, FLOW_EXTHDR_HOP = 0x040,
       FLOW_EXTHDR_UNREP = 0x080, FLOW_EXTHDR_UNSEQ = 0x100 };

/* Bits of 'tun_flags'. CSUM: the outer packet had a checksum of its own; L3: it carried no Ethernet header, and the one in the flow was
 * made up. */
enum { FLOW_TUN_OAM = 0x01, FLOW_TUN_DF = 0x02, FLOW_TUN_CSUM = 0x04, FLOW_TUN_KEY = 0x08,
       FLOW_TUN_L3 = 0x10 };

struct flow_vlan {
    be16 tpid; /* 0: no tag */
    be16 tci;  /* with VLAN_CFI set when the tag is present */
};

struct flow_line {
    uint8_t bytes[FLOW_LINE_SIZE];
} __attribute__((aligned(64)));

struct flow {
    union {
        struct flow_line line[FLOW_N_LINES];
        struct {
            /* Line 0. */
            uint32_t in_port;
            uint32_t recirc_id;
            uint32_t skb_priority;
            uint32_t pkt_mark;
            uint32_t dp_hash;
            be32 packet_type; /* 0: Ethernet */
            struct eth_addr eth_dst;
            struct eth_addr eth_src;
            be16 eth_type; /* behind the VLAN tags; htons(ETH_TYPE_NONE) for 802.2 without SNAP */
            be16 pad0_;
            struct flow_vlan vlan[FLOW_MAX_VLANS]; /* outermost first */
            uint16_t ct_zone;
            uint8_t ct_state;
            uint8_t pad1_;
            uint32_t ct_mark;
            uint8_t pad2_[8];

            /* Line 1. ARP: nw_src and nw_dst are SPA and TPA, nw_proto the low 8 bits of the opcode. */
            be32 nw_src;
            be32 nw_dst;
            be16 tp_src; /* ICMP: type; ICMPv6: type */
            be16 tp_dst; /* ICMP: code; ICMPv6: code */
            be16 tcp_flags;
            uint8_t nw_proto;
            uint8_t nw_tos;
            uint8_t nw_ttl;
            uint8_t nw_frag;
            uint8_t pad3_[2];
            struct eth_addr arp_sha; /* ND: source link-layer address option */
            struct eth_addr arp_tha; /* ND: target link-layer address option */
            be32 igmp_group;
            be32 ct_nw_src;
            be32 ct_nw_dst;
            be16 ct_tp_src;
            be16 ct_tp_dst;
            uint8_t ct_nw_proto;
            uint8_t pad4_[15];

            /* Line 2. */
            uint8_t ipv6_src[16];
            uint8_t ipv6_dst[16];
            uint8_t nd_target[16];
            be32 ipv6_label; /* 20 bits */
            be32 nd_reserved;
            uint16_t ipv6_exthdr; /* host order: FLOW_EXTHDR_* */
            uint8_t nd_options_type;
            uint8_t pad5_[5];

            /* Line 3. */
            uint8_t ct_label[16];
            uint8_t ct_ipv6_src[16];
            uint8_t ct_ipv6_dst[16];
            uint8_t pad6_[16];

            /* Line 4. */
            be64 tun_id;
            be32 tun_src;
            be32 tun_dst;
            uint8_t tun_ipv6_src[16];
            uint8_t tun_ipv6_dst[16];
            be16 tun_tp_src;
            be16 tun_tp_dst;
            uint16_t tun_flags; /* host order */
            uint8_t tun_tos;
            uint8_t tun_ttl;
            be16 tun_gbp_id;
            uint8_t tun_gbp_flags;
            uint8_t tun_opts_len; /* bytes of tunnel options, in units of 4 */
            uint32_t tun_erspan; /* host order: index 20 bits, version 4, direction 1, hardware id 6 */

            /* Line 5. */
            be32 mpls_lse[FLOW_MAX_MPLS]; /* outermost first */
            be32 pbb_isid; /* 24 bits */
            uint8_t nsh_flags;
            uint8_t nsh_ttl;
            uint8_t nsh_mdtype;
            uint8_t nsh_np;
            be32 nsh_path_hdr;
            be32 nsh_context[4];
            uint8_t pbb_uca; /* 1 bit: use customer address */
            uint8_t pad8_[23];

            /* Lines 6 to 9. */
            uint8_t tun_opts[FLOW_TUN_OPTS_SIZE];

            /* Line 10. */
            uint32_t regs[FLOW_N_REGS]; /* host order */

            /* Line 11. */
            be64 metadata;
            uint32_t conj_id;
            uint32_t actset_output; /* OpenFlow port, 0: none */
            uint64_t tun_present; /* host order: which of tun_metadata0 to 63 are there, one bit each */
            uint8_t pad9_[40];
        };
    };
    uint32_t lines; /* bitmap of enum flow_line_id */
};

static_assert(offsetof(struct flow, nw_src) == 64, "line 1");
static_assert(offsetof(struct flow, ipv6_src) == 128, "line 2");
static_assert(offsetof(struct flow, ct_label) == 192, "line 3");
static_assert(offsetof(struct flow, tun_id) == 256, "line 4");
static_assert(offsetof(struct flow, mpls_lse) == 320, "line 5");
static_assert(offsetof(struct flow, tun_opts) == 384, "line 6");
static_assert(offsetof(struct flow, regs) == 640, "line 10");
static_assert(offsetof(struct flow, metadata) == 704, "line 11");
static_assert(offsetof(struct flow, lines) == 768, "lines");

/* The line of a field. */
#define FLOW_LINE_OF(field) (offsetof(struct flow, field) / FLOW_LINE_SIZE)

/* Line 0 in use and all zero. */
void flow_init(struct flow *key);

/* No line in use: everything is a wildcard. */
static inline void flow_mask_init(struct flow *mask)
{
    mask->lines = 0;
}

/* Copies only lines in use. */
void flow_copy(struct flow *to, const struct flow *from);

/* Makes 'line' usable: zeroes it if it was not in use. */
static inline void flow_use_line(struct flow *flow, unsigned int line)
{
    if (!(flow->lines & (1u << line))) {
        memset(&flow->line[line], 0, FLOW_LINE_SIZE);
        flow->lines |= 1u << line;
    }
}

/* A line to read: the flow's own, or 64 zero bytes if it is not in use. */
const struct flow_line *flow_line(const struct flow *, unsigned int line);

/* Sets every bit of 'field' in 'mask'; writes a field of a key. */
#define FLOW_MASK_FIELD(mask, field)                                                               \
    (flow_use_line(mask, FLOW_LINE_OF(field)), (void) memset(&(mask)->field, 0xff, sizeof(mask)->field))
#define FLOW_MASK_BITS(mask, field, bits)                                                          \
    (flow_use_line(mask, FLOW_LINE_OF(field)), (void) ((mask)->field |= (bits)))

/* Takes lines that are all zero out of use. */
void flow_mask_normalize(struct flow *mask);

/* mask |= other. */
void flow_mask_or(struct flow *mask, const struct flow *other);

/* out = key & mask; the lines in use are the mask's. 'out' may be 'key'. */
void flow_apply_mask(struct flow *out, const struct flow *key, const struct flow *mask);

/* Do 'a' and 'b' agree in every bit of 'mask'? */
bool flow_equal_masked(const struct flow *a, const struct flow *b, const struct flow *mask);
bool flow_equal(const struct flow *a, const struct flow *b); /* in every bit */
bool flow_mask_covers(const struct flow *wide, const struct flow *bits); /* every 1-bit of 'bits' is one of 'wide' */
bool flow_mask_is_exact_bits(const void *bits, size_t n);

/* Hash of key & mask over the lines of the mask. Keyed per process. */
uint32_t flow_hash_masked(const struct flow *key, const struct flow *mask, uint32_t basis);

/* Hash of the connection, for select groups and bonds: addresses, protocol and TCP, UDP or SCTP ports of an IP packet (of a fragment
 * only the addresses, so that all fragments meet), the MAC addresses and the type of any other. The symmetric one gives
 * both directions the same hash, and tells VLANs apart. */
uint32_t flow_hash_5tuple(const struct flow *key, uint32_t basis);
uint32_t flow_hash_symmetric_l4(const struct flow *key, uint32_t basis);

/* The same without the process's secret: equal in all processes, for ever. */
uint32_t flow_hash_5tuple_fixed(const struct flow *key, uint32_t basis);
uint32_t flow_hash_symmetric_l4_fixed(const struct flow *key, uint32_t basis);

static inline bool flow_is_ip_any(const struct flow *key)
{
    return key->eth_type == htons(ETH_TYPE_IP) || key->eth_type == htons(ETH_TYPE_IPV6);
}

static inline bool flow_is_arp_or_rarp(const struct flow *key)
{
    return key->eth_type == htons(ETH_TYPE_ARP) || key->eth_type == htons(ETH_TYPE_RARP);
}

static inline bool flow_is_mpls(const struct flow *key)
{
    return key->eth_type == htons(ETH_TYPE_MPLS) || key->eth_type == htons(ETH_TYPE_MPLS_MCAST);
}

/* A neighbour solicitation or advertisement that has its 'nd_target'. */
bool flow_is_nd(const struct flow *key);
