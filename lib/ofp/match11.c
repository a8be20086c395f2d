/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow 1.1 section A.2.3.2. */
#include "lib/ofp/match11.h"

#include "lib/ofp/field.h"
#include "lib/ofp/match_fixed.h"
#include "lib/ofp/msg_header.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/port.h"

enum {
    WILD_IN_PORT = 1 << 0,
    WILD_DL_VLAN = 1 << 1,
    WILD_DL_VLAN_PCP = 1 << 2,
    WILD_DL_TYPE = 1 << 3,
    WILD_NW_TOS = 1 << 4,
    WILD_NW_PROTO = 1 << 5,
    WILD_TP_SRC = 1 << 6,
    WILD_TP_DST = 1 << 7,
    WILD_MPLS_LABEL = 1 << 8,
    WILD_MPLS_TC = 1 << 9,
    WILD_ALL = (1 << 10) - 1,
};

/* Offsets in the structure. Each mask follows its field; a 1-bit in it is a wildcard. */
enum {
    AT_IN_PORT = 4,
    AT_WILDCARDS = 8,
    AT_DL_SRC = 12,
    AT_DL_DST = 24,
    AT_DL_VLAN = 36,
    AT_DL_VLAN_PCP = 38,
    AT_DL_TYPE = 40,
    AT_NW_TOS = 42,
    AT_NW_PROTO = 43,
    AT_NW_SRC = 44,
    AT_NW_DST = 52,
    AT_TP_SRC = 60,
    AT_TP_DST = 62,
    AT_MPLS_LABEL = 64,
    AT_MPLS_TC = 68,
    AT_METADATA = 72,
};

/* Values of dl_vlan: any tag, no tag. */
enum { VLAN_ANY_11 = 0xfffe, VLAN_NONE_11 = 0xffff };

/* A field with its mask behind it. */
static void set_masked(struct match *match, enum field_id id, const uint8_t *p)
{
    const struct field *f = field_get(id);
    union field_value value, mask;
    bool any = false;

    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    for (int i = 0; i < f->n_bytes; i++) {
        mask.b[i] = (uint8_t) ~p[f->n_bytes + i];
        value.b[i] = p[i] & mask.b[i];
        any |= mask.b[i] != 0;
    }
    if (any) {
        field_set_match(f, match, &value, &mask);
    }
}

static enum ofp_error decode_in_port(const uint8_t *p, struct match *match)
{
    ofp_port_t port;
    union field_value value;

    if (port_number_decode(p + AT_IN_PORT, &port)) {
        return OFPBMC_BAD_VALUE;
    }
    memset(&value, 0, sizeof value);
    value.be32 = htonl(port);
    field_set_match(field_get(FIELD_IN_PORT_OXM), match, &value, NULL);
    return OFPERR_OK;
}

static enum ofp_error decode_vlan(const uint8_t *p, uint32_t wild, struct match *match)
{
    uint16_t vid = get_u16(p + AT_DL_VLAN), tci = VLAN_CFI, mask_bits = VLAN_CFI;
    union field_value value, mask;

    if (wild & WILD_DL_VLAN) {
        return OFPERR_OK;
    }
    if (vid == VLAN_NONE_11) {
        tci = 0;
        mask_bits = UINT16_MAX;
    } else if (vid != VLAN_ANY_11) {
        if (vid & ~VLAN_VID_MASK) {
            return OFPBMC_BAD_VALUE;
        }
        tci |= vid;
        mask_bits |= VLAN_VID_MASK;
    }
    if (vid != VLAN_NONE_11 && !(wild & WILD_DL_VLAN_PCP)) {
        if (p[AT_DL_VLAN_PCP] > 7) {
            return OFPBMC_BAD_VALUE;
        }
        tci |= (uint16_t) (p[AT_DL_VLAN_PCP] << VLAN_PCP_SHIFT);
        mask_bits |= VLAN_PCP_MASK;
    }
    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    value.be16 = htons(tci);
    mask.be16 = htons(mask_bits);
    field_set_match(field_get(FIELD_VLAN_TCI), match, &value, &mask);
    return OFPERR_OK;
}

/* The fields that carry tp_src and tp_dst. */
static bool tp_fields(uint8_t proto, enum field_id *src, enum field_id *dst)
{
    static const struct {
        uint8_t proto, src, dst;
    } kinds[] = {
        { NW_PROTO_TCP, FIELD_TCP_SRC, FIELD_TCP_DST },
        { NW_PROTO_UDP, FIELD_UDP_SRC, FIELD_UDP_DST },
        { NW_PROTO_SCTP, FIELD_SCTP_SRC, FIELD_SCTP_DST },
        { NW_PROTO_ICMP, FIELD_ICMPV4_TYPE, FIELD_ICMPV4_CODE },
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (kinds[i].proto == proto) {
            *src = (enum field_id) kinds[i].src;
            *dst = (enum field_id) kinds[i].dst;
            return true;
        }
    }
    return false;
}

static enum ofp_error decode_tp(const uint8_t *p, uint32_t wild, struct match *match)
{
    enum field_id ids[2];

    if (!tp_fields(p[AT_NW_PROTO], &ids[0], &ids[1])) {
        return OFPERR_OK;
    }
    for (int i = 0; i < 2; i++) {
        const uint8_t *tp = p + (i ? AT_TP_DST : AT_TP_SRC);
        bool narrow = field_get(ids[i])->n_bytes == 1; /* ICMP's type and code */

        if (wild & (i ? WILD_TP_DST : WILD_TP_SRC)) {
            continue;
        }
        if (narrow && *tp) {
            return OFPBMC_BAD_FIELD;
        }
        match_fixed_set(match, ids[i], tp + narrow);
    }
    return OFPERR_OK;
}

static enum ofp_error decode_ip(const uint8_t *p, uint32_t wild, struct match *match)
{
    if (!(wild & WILD_NW_TOS)) {
        if (p[AT_NW_TOS] & ~IP_DSCP_MASK) {
            return OFPBMC_BAD_VALUE;
        }
        match_fixed_set(match, FIELD_IP_DSCP, p + AT_NW_TOS);
    }
    set_masked(match, FIELD_IPV4_SRC, p + AT_NW_SRC);
    set_masked(match, FIELD_IPV4_DST, p + AT_NW_DST);
    if (wild & WILD_NW_PROTO) {
        return OFPERR_OK;
    }
    match_fixed_set(match, FIELD_IP_PROTO, p + AT_NW_PROTO);
    return decode_tp(p, wild, match);
}

static void decode_arp(const uint8_t *p, uint32_t wild, struct match *match)
{
    uint8_t op[2] = { 0, p[AT_NW_PROTO] };

    set_masked(match, FIELD_ARP_SPA, p + AT_NW_SRC);
    set_masked(match, FIELD_ARP_TPA, p + AT_NW_DST);
    if (!(wild & WILD_NW_PROTO)) {
        match_fixed_set(match, FIELD_ARP_OP, op);
    }
}

static enum ofp_error decode_mpls(const uint8_t *p, uint32_t wild, struct match *match)
{
    if (!(wild & WILD_MPLS_LABEL)) {
        if (get_u32(p + AT_MPLS_LABEL) >> 20) {
            return OFPBMC_BAD_VALUE;
        }
        match_fixed_set(match, FIELD_MPLS_LABEL, p + AT_MPLS_LABEL);
    }
    if (!(wild & WILD_MPLS_TC)) {
        if (p[AT_MPLS_TC] > 7) {
            return OFPBMC_BAD_VALUE;
        }
        match_fixed_set(match, FIELD_MPLS_TC, p + AT_MPLS_TC);
    }
    return OFPERR_OK;
}

static enum ofp_error decode_by_type(const uint8_t *p, uint32_t wild, struct match *match)
{
    if (wild & WILD_DL_TYPE) {
        return OFPERR_OK;
    }
    match_fixed_set(match, FIELD_ETH_TYPE, p + AT_DL_TYPE);
    switch (get_u16(p + AT_DL_TYPE)) {
    case ETH_TYPE_IP:
        return decode_ip(p, wild, match);
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        decode_arp(p, wild, match);
        return OFPERR_OK;
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MCAST:
        return decode_mpls(p, wild, match);
    default:
        return OFPERR_OK;
    }
}

enum ofp_error match11_decode(const uint8_t p[MATCH11_LEN], struct match *match)
{
    uint32_t wild = get_u32(p + AT_WILDCARDS);
    enum ofp_error error = OFPERR_OK;

    match_init(match);
    if (!(wild & WILD_IN_PORT)) {
        error = decode_in_port(p, match);
    }
    set_masked(match, FIELD_ETH_SRC, p + AT_DL_SRC);
    set_masked(match, FIELD_ETH_DST, p + AT_DL_DST);
    set_masked(match, FIELD_METADATA, p + AT_METADATA);
    if (!error) {
        error = decode_vlan(p, wild, match);
    }
    if (!error) {
        error = decode_by_type(p, wild, match);
    }
    match_normalize(match);
    return error;
}

static void get_masked(const struct match *match, enum field_id id, uint8_t *to)
{
    const struct field *f = field_get(id);
    union field_value value, mask;

    if (!field_match_prereqs_met(f, match) || !field_get_match(f, match, &value, &mask)) {
        memset(to + f->n_bytes, 0xff, f->n_bytes);
        return;
    }
    for (int i = 0; i < f->n_bytes; i++) {
        to[i] = value.b[i];
        to[f->n_bytes + i] = (uint8_t) ~mask.b[i];
    }
}

static uint32_t encode_vlan(const struct match *match, uint8_t *p)
{
    uint16_t tci = ntohs(match->flow.vlan[0].tci);
    uint16_t mask = match->mask.lines & 1 ? ntohs(match->mask.vlan[0].tci) : 0;
    uint32_t set_bits = WILD_DL_VLAN;

    if (!mask) {
        return 0;
    }
    if (mask & VLAN_CFI && !(tci & VLAN_CFI)) {
        put_be16(p + AT_DL_VLAN, htons(VLAN_NONE_11));
        return WILD_DL_VLAN;
    }
    put_be16(p + AT_DL_VLAN, htons(mask & VLAN_VID_MASK ? tci & VLAN_VID_MASK : VLAN_ANY_11));
    if (mask & VLAN_PCP_MASK) {
        p[AT_DL_VLAN_PCP] = (uint8_t) (tci >> VLAN_PCP_SHIFT);
        set_bits |= WILD_DL_VLAN_PCP;
    }
    return set_bits;
}

static uint32_t encode_tp(const struct match *match, uint8_t *p)
{
    enum field_id src, dst;
    uint8_t proto = 0;

    if (!match_fixed_get(match, FIELD_IP_PROTO, &proto, WILD_NW_PROTO) || !tp_fields(proto, &src, &dst)) {
        return 0;
    }
    /* ICMP's are one byte each. */
    return match_fixed_get(match, src, p + AT_TP_SRC + (field_get(src)->n_bytes == 1), WILD_TP_SRC) |
           match_fixed_get(match, dst, p + AT_TP_DST + (field_get(dst)->n_bytes == 1), WILD_TP_DST);
}

static void encode(const struct match *match, uint8_t *p)
{
    bool is_arp = flow_is_arp_or_rarp(&match->flow);
    uint32_t set_bits = 0;
    uint8_t arp_op[2];

    put_be16(p, htons(OFPMT_STANDARD));
    put_be16(p + 2, htons(MATCH11_LEN));
    set_bits |= match_fixed_get(match, FIELD_IN_PORT_OXM, p + AT_IN_PORT, WILD_IN_PORT);
    set_bits |= encode_vlan(match, p);
    set_bits |= match_fixed_get(match, FIELD_ETH_TYPE, p + AT_DL_TYPE, WILD_DL_TYPE);
    set_bits |= match_fixed_get(match, FIELD_IP_DSCP, p + AT_NW_TOS, WILD_NW_TOS);
    set_bits |= match_fixed_get(match, FIELD_IP_PROTO, p + AT_NW_PROTO, WILD_NW_PROTO);
    if (match_fixed_get(match, FIELD_ARP_OP, arp_op, WILD_NW_PROTO)) {
        p[AT_NW_PROTO] = arp_op[1];
        set_bits |= WILD_NW_PROTO;
    }
    set_bits |= encode_tp(match, p);
    set_bits |= match_fixed_get(match, FIELD_MPLS_LABEL, p + AT_MPLS_LABEL, WILD_MPLS_LABEL);
    set_bits |= match_fixed_get(match, FIELD_MPLS_TC, p + AT_MPLS_TC, WILD_MPLS_TC);
    get_masked(match, FIELD_ETH_SRC, p + AT_DL_SRC);
    get_masked(match, FIELD_ETH_DST, p + AT_DL_DST);
    get_masked(match, is_arp ? FIELD_ARP_SPA : FIELD_IPV4_SRC, p + AT_NW_SRC);
    get_masked(match, is_arp ? FIELD_ARP_TPA : FIELD_IPV4_DST, p + AT_NW_DST);
    get_masked(match, FIELD_METADATA, p + AT_METADATA);
    put_be32(p + AT_WILDCARDS, htonl(WILD_ALL & ~set_bits));
}

void match11_encode(struct ofpbuf *out, const struct match *match)
{
    encode(match, ofpbuf_put_zeros(out, MATCH11_LEN));
}

bool match11_can_encode(const struct match *match)
{
    uint8_t p[MATCH11_LEN] = { 0 };
    struct match back;

    encode(match, p);
    return match11_decode(p, &back) == OFPERR_OK && match_equal(match, &back);
}

void match11_encode_any(struct ofpbuf *out, const struct match *match, enum ofp_version version)
{
    if (version == OFP11 && match11_can_encode(match)) {
        match11_encode(out, match);
    } else {
        nxm_encode_ofp_match(out, match, version);
    }
}
