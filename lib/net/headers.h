/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol headers as they are on the wire, and their numbers.
 *
 * All structures are packed to two bytes' alignment at most, because an Ethernet header leaves what follows unaligned.
 * Sources: IEEE 802.3, 802.1Q, RFC 791, 8200, 9293, 768, 9260, 792, 4443, 4861, 826, 3032, 3376; tunnels: RFC 7348, 2784, 2890, 7637, 8926. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"

#define NET_PACKED __attribute__((packed, aligned(2)))

struct eth_addr {
    uint8_t ea[6];
} NET_PACKED;

enum {
    ETH_HEADER_LEN = 14,
    VLAN_HEADER_LEN = 4,
    MPLS_HEADER_LEN = 4,
    PBB_HEADER_LEN = 16, /* without the type that follows */
    ARP_ETH_HEADER_LEN = 28,
    IP_HEADER_LEN = 20,
    IPV6_HEADER_LEN = 40,
    TCP_HEADER_LEN = 20,
    UDP_HEADER_LEN = 8,
    SCTP_HEADER_LEN = 12,
    ICMP_HEADER_LEN = 8,
    ICMPV6_HEADER_LEN = 4,
    ND_HEADER_LEN = 24, /* ICMPv6 header, reserved, target */
};

/* Ethernet types, host order. */
enum {
    ETH_TYPE_MIN = 0x600, /* below it the field is a length */
    ETH_TYPE_IP = 0x0800,
    ETH_TYPE_ARP = 0x0806,
    ETH_TYPE_TEB = 0x6558,
    ETH_TYPE_RARP = 0x8035,
    ETH_TYPE_VLAN_8021Q = 0x8100,
    ETH_TYPE_IPV6 = 0x86dd,
    ETH_TYPE_LACP = 0x8809,
    ETH_TYPE_MPLS = 0x8847,
    ETH_TYPE_MPLS_MCAST = 0x8848,
    ETH_TYPE_VLAN_8021AD = 0x88a8,
    ETH_TYPE_PBB = 0x88e7,
    ETH_TYPE_NSH = 0x894f,
    ETH_TYPE_NONE = 0x05ff, /* what the flow holds for an 802.2 frame without SNAP */
};

struct eth_header {
    struct eth_addr dst, src;
    be16 type;
} NET_PACKED;
static_assert(sizeof(struct eth_header) == ETH_HEADER_LEN, "IEEE 802.3");

struct vlan_header {
    be16 tci;
    be16 next_type;
} NET_PACKED;
static_assert(sizeof(struct vlan_header) == VLAN_HEADER_LEN, "IEEE 802.1Q");

enum {
    VLAN_VID_MASK = 0x0fff,
    VLAN_CFI = 0x1000, /* in a flow: a tag is present */
    VLAN_PCP_MASK = 0xe000,
    VLAN_PCP_SHIFT = 13,
    VLAN_N = 4096,
};

/* The I-TAG of provider backbone bridging (IEEE 802.1ah), behind ETH_TYPE_PBB: a word of bits, the customer's addresses, and the
 * type of what follows. */
struct pbb_header {
    be16 tci[2]; /* use get_be32() */
    struct eth_addr dst, src;
} NET_PACKED;
static_assert(sizeof(struct pbb_header) == PBB_HEADER_LEN, "IEEE 802.1ah");

enum {
    PBB_ISID_MASK = 0x00ffffff,
    PBB_UCA_MASK = 0x08000000,
    PBB_UCA_SHIFT = 27,
    PBB_RESERVED_MASK = 0x07000000,
};

struct llc_snap_header {
    uint8_t dsap, ssap, cntl;
    uint8_t org[3];
    be16 type;
} NET_PACKED;

/* MPLS label stack entry, host order (RFC 3032). */
enum {
    MPLS_TTL_MASK = 0x000000ff,
    MPLS_BOS_MASK = 0x00000100,
    MPLS_BOS_SHIFT = 8,
    MPLS_TC_MASK = 0x00000e00,
    MPLS_TC_SHIFT = 9,
    MPLS_LABEL_SHIFT = 12,
};
#define MPLS_LABEL_MASK 0xfffff000u

struct arp_header {
    be16 hrd;
    be16 pro;
    uint8_t hln, pln;
    be16 op;
    struct eth_addr sha;
    be16 spa[2]; /* use get_be32() */
    struct eth_addr tha;
    be16 tpa[2];
} NET_PACKED;
static_assert(sizeof(struct arp_header) == ARP_ETH_HEADER_LEN, "RFC 826");

enum { ARP_OP_REQUEST = 1, ARP_OP_REPLY = 2, ARP_HRD_ETHERNET = 1 };

struct ip_header {
    uint8_t ihl_ver;
    uint8_t tos;
    be16 tot_len;
    be16 id;
    be16 frag_off;
    uint8_t ttl;
    uint8_t proto;
    be16 csum;
    be16 src[2]; /* use get_be32() */
    be16 dst[2];
} NET_PACKED;
static_assert(sizeof(struct ip_header) == IP_HEADER_LEN, "RFC 791");

#define IP_IHL(ihl_ver) ((ihl_ver) & 15)
#define IP_VER(ihl_ver) ((ihl_ver) >> 4)
enum {
    IP_DONT_FRAGMENT = 0x4000,
    IP_MORE_FRAGMENTS = 0x2000,
    IP_FRAG_OFF_MASK = 0x1fff,
    IP_ECN_MASK = 0x03,
    IP_DSCP_MASK = 0xfc,
};

struct ipv6_header {
    be16 vtf[2]; /* version, traffic class, flow label */
    be16 plen;
    uint8_t next;
    uint8_t hlim;
    uint8_t src[16];
    uint8_t dst[16];
} NET_PACKED;
static_assert(sizeof(struct ipv6_header) == IPV6_HEADER_LEN, "RFC 8200");

enum {
    IPV6_LABEL_MASK = 0x000fffff,
    IPV6_FRAG_OFF_MASK = 0xfff8,
    IPV6_FRAG_MORE = 0x0001,
    IPV6_FRAGMENT_LEN = 8,
};

struct ipv6_fragment {
    uint8_t next;
    uint8_t reserved;
    be16 offset; /* IPV6_FRAG_* */
    be16 id[2];  /* use get_be32() */
} NET_PACKED;
static_assert(sizeof(struct ipv6_fragment) == IPV6_FRAGMENT_LEN, "RFC 8200");

/* IP protocol numbers. */
enum {
    NW_PROTO_HOPOPTS = 0,
    NW_PROTO_ICMP = 1,
    NW_PROTO_IGMP = 2,
    NW_PROTO_TCP = 6,
    NW_PROTO_UDP = 17,
    NW_PROTO_DCCP = 33,
    NW_PROTO_ROUTING = 43,
    NW_PROTO_FRAGMENT = 44,
    NW_PROTO_GRE = 47,
    NW_PROTO_ESP = 50,
    NW_PROTO_AH = 51,
    NW_PROTO_ICMPV6 = 58,
    NW_PROTO_NONE = 59,
    NW_PROTO_DSTOPTS = 60,
    NW_PROTO_SCTP = 132,
    NW_PROTO_MOBILITY = 135,
    NW_PROTO_UDPLITE = 136,
    NW_PROTO_HIP = 139,
    NW_PROTO_SHIM6 = 140,
};

struct tcp_header {
    be16 src, dst;
    be16 seq[2];
    be16 ack[2];
    be16 ctl; /* data offset (4 bits), flags (12 bits) */
    be16 winsz;
    be16 csum;
    be16 urg;
} NET_PACKED;
static_assert(sizeof(struct tcp_header) == TCP_HEADER_LEN, "RFC 9293");

#define TCP_FLAGS_MASK 0x0fff
#define TCP_OFFSET(ctl) (ntohs(ctl) >> 12)
enum { TCP_FIN = 0x001, TCP_SYN = 0x002, TCP_RST = 0x004, TCP_PSH = 0x008, TCP_ACK = 0x010,
       TCP_URG = 0x020, TCP_ECE = 0x040, TCP_CWR = 0x080, TCP_NS = 0x100 };

struct udp_header {
    be16 src, dst;
    be16 len;
    be16 csum; /* 0: none (IPv4) */
} NET_PACKED;
static_assert(sizeof(struct udp_header) == UDP_HEADER_LEN, "RFC 768");

struct sctp_header {
    be16 src, dst;
    be16 vtag[2];
    be16 csum[2]; /* CRC-32C, little endian */
} NET_PACKED;
static_assert(sizeof(struct sctp_header) == SCTP_HEADER_LEN, "RFC 9260");

struct icmp_header {
    uint8_t type, code;
    be16 csum;
    be16 rest[2];
} NET_PACKED;
static_assert(sizeof(struct icmp_header) == ICMP_HEADER_LEN, "RFC 792");

struct icmpv6_header {
    uint8_t type, code;
    be16 csum;
} NET_PACKED;
static_assert(sizeof(struct icmpv6_header) == ICMPV6_HEADER_LEN, "RFC 4443");

/* Neighbour solicitation and advertisement (RFC 4861 sections 4.3 and 4.4), up to the options. */
struct nd_header {
    struct icmpv6_header icmp6;
    be16 reserved[2];
    uint8_t target[16];
} NET_PACKED;
static_assert(sizeof(struct nd_header) == ND_HEADER_LEN, "RFC 4861");

struct nd_option {
    uint8_t type;
    uint8_t len; /* units of 8 bytes; 0 is invalid */
    struct eth_addr mac;
} NET_PACKED;
static_assert(sizeof(struct nd_option) == 8, "RFC 4861");

enum {
    ICMPV6_NEIGHBOR_SOLICIT = 135,
    ICMPV6_NEIGHBOR_ADVERT = 136,
    ND_OPT_SOURCE_LINKADDR = 1,
    ND_OPT_TARGET_LINKADDR = 2,
};

struct igmp_header {
    uint8_t type, code;
    be16 csum;
    be16 group[2];
} NET_PACKED;

/* VXLAN (RFC 7348), with the group policy extension (draft-smith-vxlan-group-policy). */
struct vxlan_header {
    be16 flags[2]; /* use get_be32() */
    be16 vni[2];   /* 24 bits, then 8 reserved ones */
} NET_PACKED;
enum { VXLAN_HEADER_LEN = 8, VXLAN_PORT = 4789 };
static_assert(sizeof(struct vxlan_header) == VXLAN_HEADER_LEN, "RFC 7348");

/* The flags, host order. */
#define VXLAN_FLAG_VNI 0x08000000u
#define VXLAN_FLAG_GBP 0x80000000u /* all below are there */
#define VXLAN_GBP_DONT_LEARN 0x00400000u
#define VXLAN_GBP_APPLIED 0x00080000u
#define VXLAN_GBP_ID_MASK 0x0000ffffu

/* GRE (RFC 2784, 2890). Checksum (and 2 reserved bytes), key and sequence number follow in this order if the flags say so. */
struct gre_header {
    be16 flags; /* and version */
    be16 proto;
} NET_PACKED;
enum { GRE_HEADER_LEN = 4, GRE_HEADER_MAX = 16 };
static_assert(sizeof(struct gre_header) == GRE_HEADER_LEN, "RFC 2784");

enum { GRE_FLAG_CSUM = 0x8000, GRE_FLAG_KEY = 0x2000, GRE_FLAG_SEQ = 0x1000 };

/* Geneve (RFC 8926). */
struct geneve_header {
    uint8_t ver_opt_len; /* version (2 bits), bytes of options in units of 4 */
    uint8_t flags;
    be16 proto;
    be16 vni[2]; /* as VXLAN's */
} NET_PACKED;
enum { GENEVE_HEADER_LEN = 8, GENEVE_PORT = 6081, GENEVE_OPTIONS_MAX = 252 };
static_assert(sizeof(struct geneve_header) == GENEVE_HEADER_LEN, "RFC 8926");

enum { GENEVE_FLAG_OAM = 0x80, GENEVE_FLAG_CRITICAL = 0x40 };

struct geneve_option {
    be16 class;
    uint8_t type; /* the highest bit: critical */
    uint8_t len;  /* 3 reserved bits, bytes of data in units of 4 */
} NET_PACKED;
enum { GENEVE_OPTION_LEN_MASK = 0x1f };
static_assert(sizeof(struct geneve_option) == 4, "RFC 8926");
