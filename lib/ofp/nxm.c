/* SPDX-License-Identifier: Apache-2.0 */
/* NXM and OXM: OpenFlow 1.3 section 7.2.3, Nicira extensions. */
#include "lib/ofp/nxm.h"

#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/match11.h"
#include "lib/ofp/msg_header.h"

enum { HEADER_LEN = 4, EXPERIMENTER_HEADER_LEN = 8 };

/* NXM_NX_COOKIE shares its type with NXM_NX_MPLS_TTL and differs in its length. */
enum { NXM_NX_COOKIE = 1 << 16 | 30 << 9 | 8, NXM_NX_COOKIE_W = 1 << 16 | 30 << 9 | 1 << 8 | 16 };

/* struct ofp_match: type OFPMT_OXM, length. */
enum { OFP_MATCH_HEADER_LEN = 4, OFPMT_OXM = 1 };

enum ofp_error nxm_decode_header(const uint8_t *p, size_t n, struct nxm_header *h)
{
    memset(h, 0, sizeof *h);
    if (n < HEADER_LEN) {
        return OFPBMC_BAD_LEN;
    }
    uint32_t header = get_u32(p);
    h->has_mask = header & 1 << 8;
    h->len = HEADER_LEN;
    h->value_len = header & 0xff;
    if (header >> 16 == OXM_CLASS_EXPERIMENTER) {
        if (n < EXPERIMENTER_HEADER_LEN || h->value_len < 4) {
            return OFPBMC_BAD_LEN;
        }
        h->len = EXPERIMENTER_HEADER_LEN;
        h->value_len -= 4;
        h->field = field_by_experimenter(get_u32(p + 4), header >> 9 & 127);
    } else {
        h->field = field_by_header(header);
    }
    if (!h->field) {
        return OFPBMC_BAD_FIELD;
    }
    return OFPERR_OK;
}

/* The header that 'version' uses for the field, without the mask bit: the latest that it has, or the
 * first that there is. 0 for the experimenter class or none. */
static uint32_t header_for(const struct field *f, int version)
{
    if (f->oxm_header && version >= (int) f->oxm_since) {
        return f->oxm_header;
    }
    if (f->exp_id && (version >= OFP13 || !f->nxm_header)) {
        return 0;
    }
    return f->nxm_header ? f->nxm_header : f->oxm_header;
}

/* Bytes without leading zeros. */
static size_t significant(const uint8_t *p, size_t n)
{
    while (n && !*p) {
        p++;
        n--;
    }
    return n;
}

bool nxm_put_header(struct ofpbuf *out, const struct field *f, int version, bool has_mask)
{
    uint32_t header = header_for(f, version);

    if (header) {
        put_u32(out, has_mask ? header + (header & 0xff) + (1 << 8) : header);
    } else if (f->exp_id) {
        uint32_t len = 4u + f->n_bytes * (has_mask ? 2u : 1u);
        put_u32(out, (uint32_t) OXM_CLASS_EXPERIMENTER << 16 | (uint32_t) f->exp_type << 9 |
                         (uint32_t) has_mask << 8 | len);
        put_u32(out, f->exp_id);
    } else {
        return false;
    }
    return true;
}

bool nxm_put_entry(struct ofpbuf *out, const struct field *f, const union field_value *value,
                   const union field_value *mask, int version)
{
    if (!nxm_put_header(out, f, version, mask)) {
        return false;
    }
    ofpbuf_put(out, value->b, f->n_bytes);
    if (mask) {
        ofpbuf_put(out, mask->b, f->n_bytes);
    }
    return true;
}

void nxm_put_short_entry(struct ofpbuf *out, const struct field *f, const union field_value *value,
                         const union field_value *mask, int version)
{
    if (!field_is_variable(f)) {
        nxm_put_entry(out, f, value, mask, version);
        return;
    }
    size_t n = MAX(significant(value->b, f->n_bytes), mask ? significant(mask->b, f->n_bytes) : 0);
    uint32_t header = (f->nxm_header & ~0xffu) | (uint32_t) (mask ? 2 * n : n);
    put_u32(out, mask ? header | 1 << 8 : header);
    ofpbuf_put(out, value->b + f->n_bytes - n, n);
    if (mask) {
        ofpbuf_put(out, mask->b + f->n_bytes - n, n);
    }
}

enum ofp_error nxm_decode_entry(const uint8_t *p, size_t n, const struct field **fp,
                                union field_value *value, union field_value *mask, bool *has_mask,
                                size_t *used)
{
    struct nxm_header h;
    enum ofp_error error = nxm_decode_header(p, n, &h);

    *fp = h.field;
    *has_mask = h.has_mask;
    *used = h.len + h.value_len;
    if (error && error != OFPBMC_BAD_FIELD) {
        return error;
    }
    if (*used > n) {
        return OFPBMC_BAD_LEN;
    }
    if (error) {
        return error;
    }
    size_t len = h.has_mask ? h.value_len / 2 : h.value_len;
    if ((h.has_mask && h.value_len % 2) || len > h.field->n_bytes ||
        (len < h.field->n_bytes && !field_is_variable(h.field))) {
        return OFPBMC_BAD_LEN;
    }
    memset(value, 0, sizeof *value);
    memcpy(value->b + h.field->n_bytes - len, p + h.len, len);
    if (h.has_mask) {
        memset(mask, 0, sizeof *mask);
        memcpy(mask->b + h.field->n_bytes - len, p + h.len + len, len);
    } else {
        field_exact_mask(h.field, mask);
    }
    return OFPERR_OK;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

/* A tunnel option for which no bridge has given a place gets one here. 'value' and 'mask' are made
 * to fit. */
static const struct field *find_place(const struct field *f, bool has_mask,
                                      union field_value *value, union field_value *mask)
{
    size_t n = significant(has_mask ? mask->b : value->b, f->n_bytes), from = f->n_bytes;

    f = field_grow(f, MAX(n, significant(value->b, from)));
    memmove(value->b, value->b + from - MIN(from, f->n_bytes), MIN(from, f->n_bytes));
    memmove(mask->b, mask->b + from - MIN(from, f->n_bytes), MIN(from, f->n_bytes));
    return f;
}

/* Is the field part of the Ethernet header? */
static bool is_ethernet(const struct field *f)
{
    const struct field_place *place = &field_entry(f)->place;

    return place->kind != PLACE_NOWHERE && place->offset >= offsetof(struct flow, eth_dst) &&
           place->offset < offsetof(struct flow, ct_zone);
}

/* Packets of another type than Ethernet have no Ethernet header to match. The type must be said first. */
static enum ofp_error check_packet_type(const struct field *f, const union field_value *value,
                                        const struct match *match)
{
    static const size_t start = offsetof(struct flow, eth_dst), end = offsetof(struct flow, ct_zone);

    if (f->id == FIELD_PACKET_TYPE && value->be32 && match->mask.lines & 1 &&
        !all_zero((const uint8_t *) &match->mask + start, end - start)) {
        return OFPBMC_DUP_FIELD;
    }
    return is_ethernet(f) && match->flow.packet_type ? OFPBMC_BAD_PREREQ : OFPERR_OK;
}

/* Puts one entry into the match, if it may be there. */
static enum ofp_error add_entry(const struct field *f, union field_value *value,
                                union field_value *mask, bool has_mask, struct match *match)
{
    if (field_is_variable(f) && field_entry(f)->place.kind == PLACE_NOWHERE) {
        if (field_is_unmapped(f)) {
            return NXFMFC_INVALID_TLV_FIELD;
        }
        f = find_place(f, has_mask, value, mask);
    }
    if (!field_match_prereqs_met(f, match)) {
        return OFPBMC_BAD_PREREQ;
    }
    if (field_is_matched(f, match)) {
        return OFPBMC_DUP_FIELD;
    }
    enum ofp_error error = check_packet_type(f, value, match);
    if (error) {
        return error;
    }
    if (has_mask) {
        if (!field_mask_valid(f, mask)) {
            return OFPBMC_BAD_MASK;
        }
        for (int i = 0; i < f->n_bytes; i++) {
            if (value->b[i] & ~mask->b[i]) {
                return OFPBMC_BAD_WILDCARDS;
            }
        }
        if (all_zero(mask->b, f->n_bytes) && !field_is_variable(f)) {
            return OFPERR_OK;
        }
    }
    if (!field_value_valid(f, value)) {
        return OFPBMC_BAD_VALUE;
    }
    field_set_match(f, match, value, mask);
    return OFPERR_OK;
}

static enum ofp_error decode_cookie(const uint8_t *p, size_t n, struct nxm_cookie *cookie,
                                    size_t *used)
{
    bool has_mask = get_u32(p) == NXM_NX_COOKIE_W;

    *used = has_mask ? 20 : 12;
    if (n < *used) {
        return OFPBMC_BAD_LEN;
    }
    if (!cookie) {
        return OFPBMC_BAD_FIELD;
    }
    if (cookie->mask) {
        return OFPBMC_DUP_FIELD;
    }
    cookie->cookie = get_be64(p + 4);
    cookie->mask = has_mask ? get_be64(p + 12) : BE64_MAX;
    return cookie->cookie & ~cookie->mask ? OFPBMC_BAD_WILDCARDS : OFPERR_OK;
}

/* Most entries are plain and right: these are added at once. The number of bytes, or 0 if a closer look is needed, also to tell what is
 * wrong with it. */
static size_t add_simple(const uint8_t *p, size_t n, struct match *match)
{
    if (n < HEADER_LEN) {
        return 0;
    }
    uint32_t header = get_u32(p);
    bool has_mask = header & 1 << 8;
    size_t len = header & 0xff;
    const struct field *f = header >> 16 != OXM_CLASS_EXPERIMENTER ? field_by_header(header) : NULL;
    return f && len == (size_t) f->n_bytes << has_mask && len <= n - HEADER_LEN &&
                   field_add_simple(f, match, p + HEADER_LEN, has_mask)
               ? HEADER_LEN + len
               : 0;
}

enum ofp_error nxm_decode_match(const uint8_t *p, size_t n, bool strict, struct match *match,
                                struct nxm_cookie *cookie)
{
    match_init(match);
    if (cookie) {
        memset(cookie, 0, sizeof *cookie);
    }
    for (size_t simple; n; p += simple, n -= simple) {
        simple = add_simple(p, n, match);
        if (simple) {
            continue;
        }
        const struct field *f;
        union field_value value, mask;
        bool has_mask;
        size_t used;
        enum ofp_error error;

        if (n >= HEADER_LEN && (get_u32(p) == NXM_NX_COOKIE || get_u32(p) == NXM_NX_COOKIE_W)) {
            error = decode_cookie(p, n, cookie, &used);
        } else {
            error = nxm_decode_entry(p, n, &f, &value, &mask, &has_mask, &used);
            if (!error) {
                error = add_entry(f, &value, &mask, has_mask, match);
            }
        }
        if (error && (strict || error != OFPBMC_BAD_FIELD)) {
            return error;
        }
        p += used;
        n -= used;
    }
    match_normalize(match);
    return OFPERR_OK;
}

/* The fields in the order in which they are sent. Prerequisites come before what needs them; of
 * fields that share a place in the flow, those are sent whose prerequisites the match meets. */
static const uint8_t encode_order[] = {
    FIELD_DP_HASH, FIELD_RECIRC_ID, FIELD_CONJ_ID, FIELD_PACKET_TYPE, FIELD_IN_PORT,
    FIELD_IN_PORT_OXM, FIELD_ACTSET_OUTPUT, FIELD_ETH_SRC, FIELD_ETH_DST, FIELD_ETH_TYPE,
    FIELD_VLAN_TCI, FIELD_VLAN_VID, FIELD_VLAN_PCP, FIELD_MPLS_TC, FIELD_MPLS_BOS, FIELD_MPLS_TTL,
    FIELD_MPLS_LABEL, FIELD_PBB_ISID, FIELD_PBB_UCA, FIELD_IPV4_SRC, FIELD_IPV4_DST, FIELD_IPV6_SRC, FIELD_IPV6_DST, FIELD_IP_FRAG,
    FIELD_IP_DSCP, FIELD_IP_DSCP_SHIFTED, FIELD_IP_ECN, FIELD_IP_TTL, FIELD_IPV6_LABEL, FIELD_IPV6_EXTHDR,
    FIELD_IP_PROTO, FIELD_TCP_SRC, FIELD_TCP_DST, FIELD_TCP_FLAGS, FIELD_UDP_SRC, FIELD_UDP_DST,
    FIELD_SCTP_SRC, FIELD_SCTP_DST, FIELD_ICMPV4_TYPE, FIELD_ICMPV4_CODE, FIELD_ICMPV6_TYPE,
    FIELD_ICMPV6_CODE, FIELD_ND_TARGET, FIELD_ND_SLL, FIELD_ND_TLL, FIELD_ND_RESERVED,
    FIELD_ND_OPTIONS_TYPE, FIELD_ARP_OP, FIELD_ARP_SPA, FIELD_ARP_TPA, FIELD_ARP_SHA, FIELD_ARP_THA,
    FIELD_TUN_FLAGS, FIELD_TUN_ID, FIELD_TUN_SRC, FIELD_TUN_DST, FIELD_TUN_IPV6_SRC,
    FIELD_TUN_IPV6_DST, FIELD_TUN_GBP_ID, FIELD_TUN_GBP_FLAGS,
    FIELD_TUN_METADATA0 /* and the other 63 */, FIELD_TUN_ERSPAN_IDX,
    FIELD_TUN_ERSPAN_VER, FIELD_TUN_ERSPAN_DIR, FIELD_TUN_ERSPAN_HWID, FIELD_NSH_FLAGS,
    FIELD_NSH_TTL, FIELD_NSH_MDTYPE, FIELD_NSH_NP, FIELD_NSH_SPI, FIELD_NSH_SI, FIELD_NSH_C1, FIELD_NSH_C1 + 1,
    FIELD_NSH_C1 + 2, FIELD_NSH_C4, FIELD_XREG0,
    FIELD_XREG0 + 1, FIELD_XREG0 + 2, FIELD_XREG0 + 3, FIELD_XREG0 + 4, FIELD_XREG0 + 5,
    FIELD_XREG0 + 6, FIELD_XREG7,
    FIELD_REG0, FIELD_REG0 + 1, FIELD_REG0 + 2, FIELD_REG0 + 3, FIELD_REG0 + 4, FIELD_REG0 + 5,
    FIELD_REG0 + 6, FIELD_REG0 + 7, FIELD_REG0 + 8, FIELD_REG0 + 9, FIELD_REG0 + 10,
    FIELD_REG0 + 11, FIELD_REG0 + 12, FIELD_REG0 + 13, FIELD_REG0 + 14, FIELD_REG15,
    FIELD_PKT_MARK, FIELD_CT_STATE, FIELD_CT_ZONE, FIELD_CT_MARK, FIELD_CT_LABEL, FIELD_CT_NW_SRC,
    FIELD_CT_NW_DST, FIELD_CT_IPV6_SRC, FIELD_CT_IPV6_DST, FIELD_CT_NW_PROTO, FIELD_CT_TP_SRC,
    FIELD_CT_TP_DST, FIELD_METADATA,
};

/* Of two fields for the same bits, NXM has one and OXM the other; registers go in pairs from 1.5 on.
 */
static bool belongs_to(enum field_id id, int version)
{
    switch ((int) id) {
    case FIELD_IN_PORT:
    case FIELD_VLAN_TCI:
    case FIELD_IP_DSCP:
        return version == NXM_VERSION;
    case FIELD_IN_PORT_OXM:
    case FIELD_VLAN_VID:
    case FIELD_VLAN_PCP:
    case FIELD_IP_DSCP_SHIFTED:
        return version != NXM_VERSION;
    case FIELD_REG0 ... FIELD_REG15:
        return version < OFP15;
    case FIELD_XREG0 ... FIELD_XREG7:
        return version >= OFP15;
    default:
        return true;
    }
}

/* An exact match on a field: every bit that the field has, or one that cannot be masked at all.
 * Fields of flags of which only some are defined are always sent with a mask, so that the others
 * stay wildcards. */
static bool is_exact(const struct field *f, const union field_value *mask)
{
    union field_value exact;

    if (f->id == FIELD_CT_STATE || f->id == FIELD_TUN_FLAGS) {
        return false;
    }
    field_exact_mask(f, &exact);
    return f->masking == MASK_NONE || !memcmp(mask->b, exact.b, f->n_bytes);
}

/* Does a line that holds the field have any 1-bit in the mask? Most have not. */
static bool line_in_use(const struct field *f, const struct match *match)
{
    return match->mask.lines & 1u << field_entry(f)->place.offset / FLOW_LINE_SIZE;
}

static void put_tun_metadata(struct ofpbuf *out, const struct match *match, int version)
{
    for (unsigned int i = 0; i < OFP_TLV_N_FIELDS && field_map_match_has_options(match); i++) {
        const struct field *f = field_tun_metadata(i);
        union field_value value, mask;

        if (!field_get_match(f, match, &value, &mask)) {
            continue;
        }
        if (field_map_in_use()) {
            nxm_put_entry(out, f, &value, is_exact(f, &mask) ? NULL : &mask, version);
        } else {
            nxm_put_short_entry(out, f, &value, is_exact(f, &mask) ? NULL : &mask, version);
        }
    }
}

void nxm_encode_match(struct ofpbuf *out, const struct match *match, int version,
                      const struct nxm_cookie *cookie)
{
    for (size_t i = 0; i < ARRAY_SIZE(encode_order); i++) {
        const struct field *f = field_get((enum field_id) encode_order[i]);
        union field_value value, mask;

        if (f->id == FIELD_TUN_METADATA0) {
            put_tun_metadata(out, match, version);
        } else if (line_in_use(f, match) && field_is_matched(f, match) && belongs_to(f->id, version) &&
            field_get_match(f, match, &value, &mask) && field_match_prereqs_met(f, match)) {
            nxm_put_entry(out, f, &value, is_exact(f, &mask) ? NULL : &mask, version);
        }
    }
    if (cookie && cookie->mask) {
        put_u32(out, cookie->mask == BE64_MAX ? NXM_NX_COOKIE : NXM_NX_COOKIE_W);
        ofpbuf_put(out, &cookie->cookie, sizeof cookie->cookie);
        if (cookie->mask != BE64_MAX) {
            ofpbuf_put(out, &cookie->mask, sizeof cookie->mask);
        }
    }
}

enum ofp_error nxm_decode_ofp_match(const uint8_t *p, size_t n, bool strict, struct match *match,
                                    size_t *used)
{
    match_init(match);
    *used = 0;
    if (n < OFP_MATCH_HEADER_LEN) {
        return OFPBMC_BAD_LEN;
    }
    size_t len = get_u16(p + 2);
    *used = ROUND_UP(len, 8);
    if (get_u16(p) == OFPMT_STANDARD) {
        return len == MATCH11_LEN && n >= len ? match11_decode(p, match) : OFPBMC_BAD_LEN;
    }
    if (get_u16(p) != OFPMT_OXM) {
        return OFPBMC_BAD_TYPE;
    }
    if (len < OFP_MATCH_HEADER_LEN || *used > n || !all_zero(p + len, *used - len)) {
        return OFPBMC_BAD_LEN;
    }
    return nxm_decode_match(p + OFP_MATCH_HEADER_LEN, len - OFP_MATCH_HEADER_LEN, strict, match,
                            NULL);
}

void nxm_encode_ofp_match(struct ofpbuf *out, const struct match *match, enum ofp_version version)
{
    size_t start = out->size;

    put_u16(out, OFPMT_OXM);
    put_u16(out, 0);
    nxm_encode_match(out, match, (int) version, NULL);
    size_t len = out->size - start;
    put_be16(out->data + start + 2, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len);
}
