/* SPDX-License-Identifier: Apache-2.0 */
/* Datapath actions: what a megaflow does to its packets, as one list of type-length-value elements.
 *
 * The list is the same in memory and on the datapath's socket (both programs run on one machine: integers are in host order
 * unless their type is big-endian). Each element starts with a struct action, at a multiple of 8 bytes; 'len' counts header and
 * content, without the padding to the next multiple of 8. Nested lists (CLONE, SAMPLE, DEC_TTL) are the element's tail.
 *
 * A list that comes from the other program is hostile until actions_validate() has seen it; behind that, execution checks
 * nothing about the list again. Lists are at most ACTIONS_MAX_SIZE bytes and nest at most ACTIONS_MAX_DEPTH deep. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/flow.h"
#include "lib/net/reason.h"

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
    uint32_t word;
    uint8_t bytes[48];
};

/* Bytes of the value of 'field' (the mask is as long), 0 for a bad field. */
size_t action_set_size(enum action_set_field field);

/* The bits that an action may write in a valid 'field', action_set_size(field) bytes: neither padding nor the IP protocol. */
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

/* The elements of a list of 'size' bytes that was validated or built here; an empty one may be null. */
static inline const struct action *action_next(const struct action *a)
{
    return (const struct action *) (const void *) ((const uint8_t *) a + ROUND_UP(a->len, 8u));
}
#define action_for_each(A, LIST, SIZE)                                                             \
    for ((A) = (const struct action *) (const void *) (LIST);                                      \
         (uintptr_t) (A) < (uintptr_t) (LIST) + (SIZE); (A) = action_next(A))

/* The nested list of a CLONE, SAMPLE or DEC_TTL. */
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

/* Begin a nested element, put the nested list, then end it with the offset that was returned. */
size_t actions_begin_clone(struct actions *);
size_t actions_begin_sample(struct actions *, uint32_t probability);
size_t actions_begin_dec_ttl(struct actions *);
void actions_end(struct actions *, size_t offset);

/* Null if the list is well-formed and keeps the limits, else a sentence that says what is wrong (static storage). Any bytes may be
 * given. */
const char *actions_validate(const void *list, size_t size) WARN_UNUSED;
