/* SPDX-License-Identifier: Apache-2.0 */
/* Datapath actions: what a megaflow does to its packets, as one list of type-length-value elements.
 *
 * The list is the same in memory and on the datapath's socket (both programs run on one machine: integers are in host order
 * unless their type is big-endian). Each element starts with a struct action, at a multiple of 8 bytes; 'len' counts header and
 * content, without the padding to the next multiple of 8. Nested lists are the element's tail; SELECT and CHECK_LEN hold several, each
 * in a BRANCH.
 *
 * A list that comes from the other program is hostile until actions_validate() has seen it; behind that, execution checks
 * nothing about the list again. Lists are at most ACTIONS_MAX_SIZE bytes and nest at most ACTIONS_MAX_DEPTH deep. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/flow.h"
#include "lib/net/reason.h"

struct tunnel_header;

enum { ACTIONS_MAX_SIZE = 32768, ACTIONS_MAX_DEPTH = 16, ACTION_MAX_USERDATA = 4096 };

enum action_type {
    ACTION_OUTPUT = 1,  /* struct action_output */
    ACTION_PUSH_VLAN,   /* struct action_push_vlan */
    ACTION_POP_VLAN,    /* struct action */
    ACTION_PUSH_MPLS,   /* struct action_push_mpls */
    ACTION_POP_MPLS,    /* struct action_pop_mpls */
    ACTION_SET,         /* struct action_set */
    ACTION_DEC_TTL,     /* struct action_dec_ttl: IPv4 TTL, IPv6 hop limit or MPLS TTL of the outermost of these headers */
    ACTION_TRUNC,       /* struct action_trunc: the next output sends at most max_len bytes */
    ACTION_CLONE,       /* struct action + nested list, on a copy of the packet */
    ACTION_SAMPLE,      /* struct action_sample + nested list, on a copy */
    ACTION_RECIRC,      /* struct action_recirc: look up again with this recirc_id; only as the last action of a list */
    ACTION_HASH,        /* struct action_hash: compute dp_hash */
    ACTION_UPCALL,      /* struct action_upcall + user data */
    ACTION_DROP,        /* struct action_drop */
    ACTION_SELECT,      /* struct action_select + lines + branches: one of them, by the packet's hash */
    ACTION_CHECK_LEN,   /* struct action_check_len + 2 branches: one of them, by the packet's length */
    ACTION_BRANCH,      /* struct action + nested list; only inside SELECT and CHECK_LEN */
    ACTION_METER,       /* struct action_meter */
    ACTION_PUSH_PBB,    /* struct action_push_pbb */
    ACTION_POP_PBB,     /* struct action */
    ACTION_COPY_TTL,    /* struct action_copy_ttl */
    ACTION_TNL_PUSH,    /* struct action_tnl_push + outer headers */
    ACTION_TNL_POP,     /* struct action_tnl_pop: decapsulate and look up again; only as the last action of a list */
    ACTION_REASSEMBLE,  /* struct action: put fragments together and look up the whole again; only as the last action of a list */
    ACTION_N_TYPES,
};

struct action {
    uint16_t type;
    uint16_t reserved; /* 0 */
    uint32_t len;      /* bytes, this header included, padding excluded */
} __attribute__((aligned(8)));

struct action_output {
    struct action a;
    uint32_t port;
    uint32_t reserved;
};

struct action_push_vlan {
    struct action a;
    be16 tpid;
    be16 tci; /* VLAN_CFI must be set */
    uint32_t reserved;
};

struct action_push_mpls {
    struct action a;
    be32 lse;
    be16 eth_type; /* ETH_TYPE_MPLS or ETH_TYPE_MPLS_MCAST */
    be16 reserved;
};

struct action_pop_mpls {
    struct action a;
    be16 eth_type; /* of what is left */
    be16 reserved[3];
};

/* What SET writes. Each is a contiguous piece of the flow or a header's worth of fields; the value and the mask below are in the layout of
 * the structures named, taken from struct flow's fields of the same names. Only bits of the mask are written. A packet without that header is
 * left alone. Checksums follow, partial ones too. */
enum action_set_field {
    ACTION_SET_ETH,      /* struct set_eth */
    ACTION_SET_VLAN,     /* struct set_vlan: the outermost tag */
    ACTION_SET_MPLS,     /* struct set_mpls: the outermost label stack entry */
    ACTION_SET_ARP,      /* struct set_arp */
    ACTION_SET_IPV4,     /* struct set_ipv4 */
    ACTION_SET_IPV6,     /* struct set_ipv6 */
    ACTION_SET_ND,       /* struct set_nd */
    ACTION_SET_TCP,      /* struct set_ports */
    ACTION_SET_UDP,      /* struct set_ports */
    ACTION_SET_SCTP,     /* struct set_ports */
    ACTION_SET_ICMP,     /* struct set_icmp: ICMP and ICMPv6 type and code */
    ACTION_SET_PRIORITY, /* uint32_t, metadata */
    ACTION_SET_MARK,     /* uint32_t, metadata */
    ACTION_SET_ETH_TYPE, /* struct set_eth_type: behind VLAN tags */
    ACTION_SET_PBB,      /* struct set_pbb */
    ACTION_SET_N_FIELDS,
};

struct set_eth {
    struct eth_addr src, dst;
};
struct set_vlan {
    be16 tpid;
    be16 tci;
};
struct set_mpls {
    be32 lse;
};
struct set_arp {
    be32 spa, tpa;
    be16 op;
    struct eth_addr sha, tha;
};
struct set_ipv4 {
    be32 src, dst;
    uint8_t tos, ttl, proto, reserved;
};
struct set_ipv6 {
    uint8_t src[16], dst[16];
    be32 label; /* 20 bits */
    uint8_t tclass, hlimit, proto, reserved;
};
struct set_nd {
    uint8_t target[16];
    be32 reserved;
    struct eth_addr sll, tll;
};
struct set_ports {
    be16 src, dst;
};
struct set_icmp {
    uint8_t type, code;
};
struct set_eth_type {
    be16 type; /* the mask is all or nothing, the value at least ETH_TYPE_MIN */
};
struct set_pbb {
    be32 isid;   /* 24 bits */
    uint8_t uca; /* 1 bit */
    uint8_t reserved[3];
};

/* Room for the value, or the mask, of any field. */
union action_set_value {
    struct set_eth eth;
    struct set_vlan vlan;
    struct set_mpls mpls;
    struct set_arp arp;
    struct set_ipv4 ipv4;
    struct set_ipv6 ipv6;
    struct set_nd nd;
    struct set_ports ports;
    struct set_icmp icmp;
    struct set_eth_type eth_type;
    struct set_pbb pbb;
    uint32_t word;
    uint8_t bytes[48];
};

/* Bytes of the value of 'field' (the mask is as long), 0 for a bad field. */
size_t action_set_size(enum action_set_field field);

/* The bits that an action may write in a valid 'field', action_set_size(field) bytes: all but padding and a tag's presence bit. */
void action_set_bits(enum action_set_field field, void *bits);

struct action_set {
    struct action a;
    uint16_t field; /* enum action_set_field */
    uint16_t reserved[3];
    uint8_t value_mask[]; /* the value at once followed by the mask, both action_set_size(field) bytes */
};

struct action_dec_ttl {
    struct action a; /* the nested list is executed, on the unchanged packet, when the TTL would reach 0; the packet is then dropped */
};

struct action_trunc {
    struct action a;
    uint32_t max_len; /* bytes, at least ETH_HEADER_LEN */
    uint32_t reserved;
};

struct action_sample {
    struct action a;
    uint32_t probability; /* of UINT32_MAX */
    uint32_t reserved;
};

struct action_recirc {
    struct action a;
    uint32_t recirc_id;
    uint32_t reserved;
};

enum action_hash_alg { ACTION_HASH_L4, ACTION_HASH_SYM_L4 };

struct action_hash {
    struct action a;
    uint32_t alg; /* enum action_hash_alg */
    uint32_t basis;
};

struct action_upcall {
    struct action a;
    uint32_t max_len; /* bytes of the packet to send up, UINT32_MAX for all */
    uint32_t userdata_len;
    uint8_t userdata[];
};

struct action_drop {
    struct action a;
    uint32_t reason; /* enum drop_reason */
    uint32_t reserved;
};

/* Each packet goes through one of 'n_buckets' lists, which are buckets of an OpenFlow select group, on a copy unless SELECT is
 * the last action of its list. The bucket is the one that the select table 'table_id' (dp_select_put(), of as many buckets) names for the
 * packet's hash: see lib/net/select.h. What is hashed is the key with which the packet was looked up last, before any action changed
 * the packet; so whoever makes the action leaves out of the mask what was written since, for it is the same for all.
 *
 * In front of the branches come the lines of the mask, for ACTION_SELECT_FIELDS only, in the order of the bits of 'lines'. Behind them
 * comes an index, so that no lookup walks over the buckets: for each bucket the offset of its branch from the start of the
 * SELECT, a uint16_t in units of 8 bytes. actions_end() makes it. */
enum action_select_alg { ACTION_SELECT_L4, ACTION_SELECT_SYM_L4, ACTION_SELECT_FIELDS };
enum { ACTION_SELECT_MAX_BUCKETS = 1024 };

struct action_select {
    struct action a;
    uint32_t table_id;
    uint32_t basis;
    uint16_t alg;       /* enum action_select_alg */
    uint16_t n_buckets; /* at least 1 */
    uint32_t lines;     /* bitmap of enum flow_line_id, lines of the datapath only; 0 for other algorithms than FIELDS */
};

/* The mask, FLOW_LINE_SIZE bytes for each bit of 'lines'; the list of a bucket, which may be empty. */
static inline const uint8_t *action_select_mask(const struct action_select *select)
{
    return (const uint8_t *) (select + 1);
}
const struct action *action_select_bucket(const struct action_select *, unsigned int bucket, size_t *size);

/* The first branch is for packets longer than 'len', the second for all others; on a copy unless CHECK_LEN is the last action of
 * its list. The length is that of the frame from the destination address on, VLAN tags included, as a TRUNC in front leaves it; of a
 * super-packet it is that of its longest segment. So OVS's userspace datapath has it. */
struct action_check_len {
    struct action a;
    uint32_t len; /* bytes */
    uint32_t reserved;
};
const struct action *action_check_len_branch(const struct action_check_len *, bool greater, size_t *size);

/* Takes tokens from the meter's bands and does what the band says that the packet exceeds (dp_meter_set()). A meter that is not there
 * lets everything pass, as in OVS. */
struct action_meter {
    struct action a;
    uint32_t meter_id; /* below DP_MAX_METERS */
    uint32_t reserved;
};

/* Puts an I-TAG (IEEE 802.1ah) right behind the Ethernet addresses, in front of VLAN tags; they and the former type become part of the
 * customer's frame. The outer addresses are copies of the inner ones. POP copies the inner addresses to the outer ones and takes
 * the I-TAG and what follows it up to the inner type away; tags in front of the I-TAG stay. */
struct action_push_pbb {
    struct action a;
    be32 tci; /* PCP (3 bits), DEI, UCA, 3 bits that are 0, I-SID (24 bits) */
    uint32_t reserved;
};

/* Copies the TTL between the two outermost headers that have one: a label and the next label, or the bottom label and IPv4 or IPv6
 * behind it. A packet that has no two of them is left alone. */
struct action_copy_ttl {
    struct action a;
    uint32_t inwards; /* 1: from the outermost to the next one; 0: the other way */
    uint32_t reserved;
};

/* Puts the outer headers in 'header' (lib/net/tunnel_header.h) in front of the packet, and makes true what depends on the packet: lengths,
 * IPv4 identification and checksum, the UDP source port if it is 0 there (from the hash of the connection in the key with which the packet
 * was looked up last), the UDP checksum if it is not 0 there, GRE checksum and sequence number if the GRE flags have them. All
 * that follows in the list is about the outer packet: an output, or what the underlay's bridge does to it.
 *
 * Metadata: in_port becomes 'out_port' (the underlay bridge's local port: what later lookups and upcalls of the outer packet say),
 * recirc_id and dp_hash become 0, tunnel metadata goes; priority and mark stay.
 *
 * Outer packets that are longer than 'mtu' or than their port can send leave in fragments, unless 'mtu' is 0: then they are dropped where they
 * do not fit. Outer IPv4 packets that may be fragmented do not have the Don't Fragment bit.
 *
 * GRE and Geneve headers whose protocol is not ETH_TYPE_TEB carry what is behind the Ethernet header, which is taken away: its
 * type must be that protocol, and there must be no VLAN tag. */
enum { ACTION_TNL_MIN_MTU = 68 /* RFC 791 */ };

struct action_tnl_push {
    struct action a;
    uint32_t port;       /* the tunnel port that counts the packet */
    uint32_t out_port;
    uint16_t kind;       /* enum tunnel_kind */
    uint16_t header_len; /* bytes */
    uint32_t mtu;        /* bytes of an IP packet, 0 or at least ACTION_TNL_MIN_MTU, at most UINT16_MAX */
    uint8_t header[];
};

/* Takes the outer headers off, as the kind of the tunnel port 'port' says, and looks the inner packet up with that in_port, recirc_id 0, and the
 * tunnel's metadata in FLOW_LINE_TUNNEL and, if there are options, FLOW_LINE_TUN_OPTS. A layer-3 payload gets an Ethernet header with
 * addresses of zeros, and FLOW_TUN_L3 in its tun_flags. */
struct action_tnl_pop {
    struct action a;
    uint32_t port;
    uint32_t reserved;
};

/* REASSEMBLE keeps the packet, a fragment of an IP packet for this host, until all the others are there; the whole packet is then looked up
 * again, with the in_port of the first and recirc_id 0. Where it does not fit a port it leaves in fragments again. What cannot be put together is dropped (datapath/reassembly.h). */

/* The elements of a list of 'size' bytes that was validated or built here; an empty one may be null. */
static inline const struct action *action_next(const struct action *a)
{
    return (const struct action *) (const void *) ((const uint8_t *) a + ROUND_UP(a->len, 8u));
}
#define action_for_each(A, LIST, SIZE)                                                             \
    for ((A) = (const struct action *) (const void *) (LIST);                                      \
         (uintptr_t) (A) < (uintptr_t) (LIST) + (SIZE); (A) = action_next(A))

/* The nested list of a CLONE, SAMPLE, DEC_TTL or BRANCH; the branches of a SELECT or CHECK_LEN, as a list; of any other an empty
 * list. */
const struct action *action_nested(const struct action *, size_t *size);

/* A list that grows. Zero-initialised it is empty. 'size' is a multiple of 8. */
struct actions {
    uint8_t *data; /* owned, aligned to 8 */
    size_t size;   /* bytes used */
    size_t allocated;
};

#define ACTIONS_INIT                                                                               \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void actions_destroy(struct actions *);
void actions_clear(struct actions *);
void actions_put_list(struct actions *, const void *list, size_t size); /* a whole valid list */
void actions_put_output(struct actions *, uint32_t port);
void actions_put_push_vlan(struct actions *, be16 tpid, be16 tci);
void actions_put_pop_vlan(struct actions *);
void actions_put_push_mpls(struct actions *, be16 eth_type, be32 lse);
void actions_put_pop_mpls(struct actions *, be16 eth_type);
/* Takes only bits that are in the mask and may be written. */
void actions_put_set(struct actions *, enum action_set_field, const void *value, const void *mask);
void actions_put_trunc(struct actions *, uint32_t max_len);
void actions_put_recirc(struct actions *, uint32_t recirc_id);
void actions_put_hash(struct actions *, enum action_hash_alg, uint32_t basis);
void actions_put_upcall(struct actions *, uint32_t max_len, const void *userdata, size_t n);
void actions_put_drop(struct actions *, enum drop_reason);

void actions_put_meter(struct actions *, uint32_t meter_id);
void actions_put_push_pbb(struct actions *, be32 tci);
void actions_put_pop_pbb(struct actions *);
void actions_put_copy_ttl(struct actions *, bool inwards);
void actions_put_tnl_push(struct actions *, uint32_t port, const struct tunnel_header *, uint32_t mtu, uint32_t out_port);
void actions_put_tnl_pop(struct actions *, uint32_t port);
void actions_put_reassemble(struct actions *);

/* Begin a nested element, put the nested list, then end it with the offset that was returned. In a SELECT put branches only, one for each
 * bucket; in a CHECK_LEN two. */
size_t actions_begin_clone(struct actions *);
size_t actions_begin_check_len(struct actions *, uint32_t len);
size_t actions_begin_branch(struct actions *);

/* 'mask' says what is hashed if 'alg' is ACTION_SELECT_FIELDS (lines of the datapath only count), else it is not looked at. */
size_t actions_begin_select(struct actions *, uint32_t table_id, enum action_select_alg, uint32_t basis,
                            const struct flow *mask);
size_t actions_begin_sample(struct actions *, uint32_t probability);
size_t actions_begin_dec_ttl(struct actions *);
void actions_end(struct actions *, size_t offset);

/* Null if the list is well-formed and keeps the limits, else a sentence that says what is wrong (static storage). Any bytes may be
 * given. */
const char *actions_validate(const void *list, size_t size) WARN_UNUSED;

/* Calls 'cb' for each SELECT in a valid list, nested ones included, until it returns false; false if it did. */
bool actions_each_select(const void *list, size_t size, bool (*cb)(void *aux, const struct action_select *),
                         void *aux);
