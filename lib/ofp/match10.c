/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow 1.0 section 5.2.3. */
#include "lib/ofp/match10.h"

#include "lib/ofp/field.h"
#include "lib/ofp/match_fixed.h"
#include "lib/ofp/msg_header.h"

enum {
    WILD_IN_PORT = 1 << 0,
    WILD_DL_VLAN = 1 << 1,
    WILD_DL_SRC = 1 << 2,
    WILD_DL_DST = 1 << 3,
    WILD_DL_TYPE = 1 << 4,
    WILD_NW_PROTO = 1 << 5,
    WILD_TP_SRC = 1 << 6,
    WILD_TP_DST = 1 << 7,
    WILD_NW_SRC_SHIFT = 8, /* 6 bits: number of low bits that are wildcards */
    WILD_NW_DST_SHIFT = 14,
    WILD_DL_VLAN_PCP = 1 << 20,
    WILD_NW_TOS = 1 << 21,
    WILD_ALL = (1 << 22) - 1,
};

enum { VLAN_NONE_10 = 0xffff };

/* Offsets in the structure. */
enum {
    AT_IN_PORT = 4,
    AT_DL_SRC = 6,
    AT_DL_DST = 12,
    AT_DL_VLAN = 18,
    AT_DL_VLAN_PCP = 20,
    AT_DL_TYPE = 22,
    AT_NW_TOS = 24,
    AT_NW_PROTO = 25,
    AT_NW_SRC = 28,
    AT_NW_DST = 32,
    AT_TP_SRC = 36,
    AT_TP_DST = 38,
};

bool match10_is_exact(const uint8_t p[MATCH10_LEN])
{
    return !(get_u32(p) & WILD_ALL);
}

static void set_ip(struct match *match, enum field_id id, const uint8_t *p, uint32_t wild_bits)
{
    union field_value value, mask;

    if (wild_bits < 32) {
        memset(&value, 0, sizeof value);
        memset(&mask, 0, sizeof mask);
        value.be32 = get_be32(p);
        mask.be32 = htonl(UINT32_MAX << wild_bits);
        field_set_match(field_get(id), match, &value, &mask);
    }
}

static void decode_vlan(const uint8_t *p, uint32_t wild, struct match *match)
{
    uint16_t vid = get_u16(p + AT_DL_VLAN);
    union field_value value;

    memset(&value, 0, sizeof value);
    if (!(wild & WILD_DL_VLAN)) {
        value.be16 = htons(vid == VLAN_NONE_10 ? VLAN_NONE_10 : vid & VLAN_VID_MASK);
        field_set_match(field_get(FIELD_DL_VLAN), match, &value, NULL);
        if (vid == VLAN_NONE_10) {
            return;
        }
    }
    if (!(wild & WILD_DL_VLAN_PCP)) {
        value.be16 = 0;
        value.u8 = p[AT_DL_VLAN_PCP] & 7;
        field_set_match(field_get(FIELD_DL_VLAN_PCP), match, &value, NULL);
    }
}

/* Source and destination of the transport layer, under the names that the protocol gives them. */
static void decode_tp(const uint8_t *p, uint32_t wild, struct match *match)
{
    static const struct {
        uint8_t proto;
        enum field_id src, dst;
    } kinds[] = {
        { NW_PROTO_TCP, FIELD_TCP_SRC, FIELD_TCP_DST },
        { NW_PROTO_UDP, FIELD_UDP_SRC, FIELD_UDP_DST },
        { NW_PROTO_SCTP, FIELD_SCTP_SRC, FIELD_SCTP_DST },
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (p[AT_NW_PROTO] == kinds[i].proto) {
            if (!(wild & WILD_TP_SRC)) {
                match_fixed_set(match, kinds[i].src, p + AT_TP_SRC);
            }
            if (!(wild & WILD_TP_DST)) {
                match_fixed_set(match, kinds[i].dst, p + AT_TP_DST);
            }
        }
    }
    if (p[AT_NW_PROTO] == NW_PROTO_ICMP) {
        if (!(wild & WILD_TP_SRC)) {
            match_fixed_set(match, FIELD_ICMPV4_TYPE, p + AT_TP_SRC + 1);
        }
        if (!(wild & WILD_TP_DST)) {
            match_fixed_set(match, FIELD_ICMPV4_CODE, p + AT_TP_DST + 1);
        }
    }
}

/* Of IPv6, which 1.0 does not know, what does not depend on addresses, as Open vSwitch does. */
static void decode_ip(const uint8_t *p, uint32_t wild, bool ipv4, struct match *match)
{
    union field_value value;

    memset(&value, 0, sizeof value);
    if (!(wild & WILD_NW_TOS)) {
        value.u8 = p[AT_NW_TOS] & IP_DSCP_MASK;
        field_set_match(field_get(FIELD_IP_DSCP), match, &value, NULL);
    }
    if (ipv4) {
        set_ip(match, FIELD_IPV4_SRC, p + AT_NW_SRC, wild >> WILD_NW_SRC_SHIFT & 63);
        set_ip(match, FIELD_IPV4_DST, p + AT_NW_DST, wild >> WILD_NW_DST_SHIFT & 63);
    }
    if (!(wild & WILD_NW_PROTO)) {
        match_fixed_set(match, FIELD_IP_PROTO, p + AT_NW_PROTO);
        decode_tp(p, wild, match);
    }
}

static void decode_arp(const uint8_t *p, uint32_t wild, struct match *match)
{
    set_ip(match, FIELD_ARP_SPA, p + AT_NW_SRC, wild >> WILD_NW_SRC_SHIFT & 63);
    set_ip(match, FIELD_ARP_TPA, p + AT_NW_DST, wild >> WILD_NW_DST_SHIFT & 63);
    if (!(wild & WILD_NW_PROTO)) {
        union field_value value;

        memset(&value, 0, sizeof value);
        value.be16 = htons(p[AT_NW_PROTO]);
        field_set_match(field_get(FIELD_ARP_OP), match, &value, NULL);
    }
}

void match10_decode(const uint8_t p[MATCH10_LEN], struct match *match)
{
    uint32_t wild = get_u32(p);

    match_init(match);
    if (!(wild & WILD_IN_PORT)) {
        match_fixed_set(match, FIELD_IN_PORT, p + AT_IN_PORT);
    }
    if (!(wild & WILD_DL_SRC)) {
        match_fixed_set(match, FIELD_ETH_SRC, p + AT_DL_SRC);
    }
    if (!(wild & WILD_DL_DST)) {
        match_fixed_set(match, FIELD_ETH_DST, p + AT_DL_DST);
    }
    decode_vlan(p, wild, match);
    if (!(wild & WILD_DL_TYPE)) {
        match_fixed_set(match, FIELD_ETH_TYPE, p + AT_DL_TYPE);
        switch (get_u16(p + AT_DL_TYPE)) {
        case ETH_TYPE_IP:
            decode_ip(p, wild, true, match);
            break;
        case ETH_TYPE_IPV6:
            decode_ip(p, wild, false, match);
            break;
        case ETH_TYPE_ARP:
        case ETH_TYPE_RARP:
            decode_arp(p, wild, match);
            break;
        }
    }
    match_normalize(match);
}

/* The number of trailing wildcard bits of an address, or -1 if its mask has holes. */
static int get_ip(const struct match *match, enum field_id id, uint8_t *to)
{
    union field_value value, mask;
    const struct field *f = field_get(id);

    if (!field_match_prereqs_met(f, match) || !field_get_match(f, match, &value, &mask)) {
        return 32;
    }
    uint32_t m = ntohl(mask.be32);
    int wild_bits = __builtin_ctz(m);
    put_be32(to, value.be32);
    return m == UINT32_MAX << wild_bits ? wild_bits : -1;
}

static uint32_t encode_vlan(const struct match *match, uint8_t *p)
{
    uint16_t tci = ntohs(match->flow.vlan[0].tci);
    uint16_t mask = match->mask.lines & 1 ? ntohs(match->mask.vlan[0].tci) : 0;
    uint32_t set_bits = 0;

    if (!mask) {
        return 0;
    }
    if (mask & VLAN_CFI && !(tci & VLAN_CFI)) {
        put_be16(p + AT_DL_VLAN, htons(VLAN_NONE_10));
        return WILD_DL_VLAN | WILD_DL_VLAN_PCP;
    }
    if (mask & VLAN_VID_MASK) {
        put_be16(p + AT_DL_VLAN, htons(tci & VLAN_VID_MASK));
        set_bits |= WILD_DL_VLAN;
    }
    if (mask & VLAN_PCP_MASK) {
        p[AT_DL_VLAN_PCP] = (uint8_t) (tci >> VLAN_PCP_SHIFT);
        set_bits |= WILD_DL_VLAN_PCP;
    }
    return set_bits;
}

static uint32_t encode_tp(const struct match *match, uint8_t *p)
{
    static const uint8_t fields[][2] = {
        { FIELD_TCP_SRC, FIELD_TCP_DST },
        { FIELD_UDP_SRC, FIELD_UDP_DST },
        { FIELD_SCTP_SRC, FIELD_SCTP_DST },
    };
    uint32_t set_bits = 0;

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        set_bits |= match_fixed_get(match, (enum field_id) fields[i][0], p + AT_TP_SRC, WILD_TP_SRC);
        set_bits |= match_fixed_get(match, (enum field_id) fields[i][1], p + AT_TP_DST, WILD_TP_DST);
    }
    set_bits |= match_fixed_get(match, FIELD_ICMPV4_TYPE, p + AT_TP_SRC + 1, WILD_TP_SRC);
    set_bits |= match_fixed_get(match, FIELD_ICMPV4_CODE, p + AT_TP_DST + 1, WILD_TP_DST);
    return set_bits;
}

/* Fills the 40 bytes at 'p', which are zero. False if an address has a mask that 1.0 does not know.
 */
static bool encode(const struct match *match, uint8_t *p)
{
    uint8_t arp_op[2];
    uint32_t set_bits = 0;

    set_bits |= match_fixed_get(match, FIELD_IN_PORT, p + AT_IN_PORT, WILD_IN_PORT);
    set_bits |= match_fixed_get(match, FIELD_ETH_SRC, p + AT_DL_SRC, WILD_DL_SRC);
    set_bits |= match_fixed_get(match, FIELD_ETH_DST, p + AT_DL_DST, WILD_DL_DST);
    set_bits |= encode_vlan(match, p);
    set_bits |= match_fixed_get(match, FIELD_ETH_TYPE, p + AT_DL_TYPE, WILD_DL_TYPE);
    set_bits |= match_fixed_get(match, FIELD_IP_DSCP, p + AT_NW_TOS, WILD_NW_TOS);
    set_bits |= match_fixed_get(match, FIELD_IP_PROTO, p + AT_NW_PROTO, WILD_NW_PROTO);
    if (match_fixed_get(match, FIELD_ARP_OP, arp_op, WILD_NW_PROTO)) {
        p[AT_NW_PROTO] = arp_op[1];
        set_bits |= WILD_NW_PROTO;
    }
    set_bits |= encode_tp(match, p);

    bool is_arp = flow_is_arp_or_rarp(&match->flow);
    int src = get_ip(match, is_arp ? FIELD_ARP_SPA : FIELD_IPV4_SRC, p + AT_NW_SRC);
    int dst = get_ip(match, is_arp ? FIELD_ARP_TPA : FIELD_IPV4_DST, p + AT_NW_DST);
    uint32_t wild = WILD_ALL & ~(63u << WILD_NW_SRC_SHIFT) & ~(63u << WILD_NW_DST_SHIFT);
    wild &= ~set_bits;
    wild |= (uint32_t) MAX(src, 0) << WILD_NW_SRC_SHIFT;
    wild |= (uint32_t) MAX(dst, 0) << WILD_NW_DST_SHIFT;
    put_be32(p, htonl(wild));
    return src >= 0 && dst >= 0;
}

void match10_encode(struct ofpbuf *out, const struct match *match)
{
    encode(match, ofpbuf_put_zeros(out, MATCH10_LEN));
}

bool match10_can_encode(const struct match *match)
{
    uint8_t p[MATCH10_LEN] = { 0 };
    struct match back;

    /* What is matched in IPv6's header and behind it has to be said in another way, although some of it would come back. */
    bool ipv6 = match->flow.eth_type == htons(ETH_TYPE_IPV6);
    if (!encode(match, p) || (ipv6 && match->mask.lines & ~(1u << FLOW_LINE_L2))) {
        return false;
    }
    match10_decode(p, &back);
    return match_equal(match, &back);
}
