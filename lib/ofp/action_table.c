/* SPDX-License-Identifier: Apache-2.0 */
/* The table of actions on the wire, and the walk over a list of them.
 *
 * Sources: OpenFlow 1.0 section 5.2.4, 1.1 section A.2.5, 1.5.1 section 7.2.6; Nicira extensions.
 */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/error_table.h"

#define STD(FIRST, LAST, NUMBER, LEN, ARG, DECODE)                                                 \
    { ACTION_STANDARD, FIRST, LAST, NUMBER, LEN, false, ARG, action_decode_##DECODE }
#define STD_VAR(FIRST, LAST, NUMBER, LEN, ARG, DECODE)                                             \
    { ACTION_STANDARD, FIRST, LAST, NUMBER, LEN, true, ARG, action_decode_##DECODE }
#define NX(NUMBER, LEN, ARG, DECODE)                                                               \
    { ACTION_NX, OFP10, OFP15, NUMBER, LEN, false, ARG, action_decode_nx_##DECODE }
#define NX_VAR(NUMBER, LEN, ARG, DECODE)                                                           \
    { ACTION_NX, OFP10, OFP15, NUMBER, LEN, true, ARG, action_decode_nx_##DECODE }

const struct action_wire action_table[] = {
    /* 1.0. */
    STD(OFP10, OFP10, 0, 8, 0, output_10),
    STD(OFP10, OFP10, 1, 8, 0, vlan_vid),
    STD(OFP10, OFP10, 2, 8, 0, vlan_pcp),
    STD(OFP10, OFP10, 3, 8, OFPACT_STRIP_VLAN, plain),
    STD(OFP10, OFP10, 4, 16, FIELD_ETH_SRC, mac),
    STD(OFP10, OFP10, 5, 16, FIELD_ETH_DST, mac),
    STD(OFP10, OFP10, 6, 8, FIELD_IPV4_SRC, ipv4),
    STD(OFP10, OFP10, 7, 8, FIELD_IPV4_DST, ipv4),
    STD(OFP10, OFP10, 8, 8, FIELD_IP_DSCP, u8_field),
    STD(OFP10, OFP10, 9, 8, OFPACT_SET_TP_SRC, tp),
    STD(OFP10, OFP10, 10, 8, OFPACT_SET_TP_DST, tp),
    STD(OFP10, OFP10, 11, 16, 0, enqueue),
    /* 1.1; what was replaced by set-field is taken in later versions, too, as OVS does. */
    STD(OFP11, OFP15, 0, 16, 0, output_11),
    STD(OFP11, OFP15, 1, 8, 0, vlan_vid),
    STD(OFP11, OFP15, 2, 8, 0, vlan_pcp),
    STD(OFP11, OFP15, 3, 16, FIELD_ETH_SRC, mac),
    STD(OFP11, OFP15, 4, 16, FIELD_ETH_DST, mac),
    STD(OFP11, OFP15, 5, 8, FIELD_IPV4_SRC, ipv4),
    STD(OFP11, OFP15, 6, 8, FIELD_IPV4_DST, ipv4),
    STD(OFP11, OFP15, 7, 8, FIELD_IP_DSCP, u8_field),
    STD(OFP11, OFP15, 8, 8, FIELD_IP_ECN, u8_field),
    STD(OFP11, OFP15, 9, 8, OFPACT_SET_TP_SRC, tp),
    STD(OFP11, OFP15, 10, 8, OFPACT_SET_TP_DST, tp),
    STD(OFP11, OFP15, 11, 8, OFPACT_COPY_TTL_OUT, plain),
    STD(OFP11, OFP15, 12, 8, OFPACT_COPY_TTL_IN, plain),
    STD(OFP11, OFP15, 13, 8, 0, mpls_label),
    STD(OFP11, OFP15, 14, 8, FIELD_MPLS_TC, u8_field),
    STD(OFP11, OFP15, 15, 8, OFPACT_SET_MPLS_TTL, u8),
    STD(OFP11, OFP15, 16, 8, OFPACT_DEC_MPLS_TTL, plain),
    STD(OFP11, OFP15, 17, 8, OFPACT_PUSH_VLAN, ethertype),
    STD(OFP11, OFP15, 18, 8, OFPACT_STRIP_VLAN, plain),
    STD(OFP11, OFP15, 19, 8, OFPACT_PUSH_MPLS, ethertype),
    STD(OFP11, OFP15, 20, 8, OFPACT_POP_MPLS, ethertype),
    STD(OFP11, OFP15, 21, 8, OFPACT_SET_QUEUE, u32),
    STD(OFP11, OFP15, 22, 8, OFPACT_GROUP, u32),
    STD(OFP11, OFP15, 23, 8, FIELD_IP_TTL, u8_field),
    STD(OFP11, OFP15, 24, 8, OFPACT_DEC_TTL, dec_ttl),
    STD_VAR(OFP12, OFP15, 25, 8, 0, set_field),
    STD(OFP13, OFP15, 26, 8, OFPACT_PUSH_PBB, ethertype),
    STD(OFP13, OFP15, 27, 8, OFPACT_POP_PBB, plain),
    STD_VAR(OFP15, OFP15, 28, 24, 4, copy_field),
    STD(OFP15, OFP15, 29, 8, OFPACT_METER, u32),
    /* The ONF's extension 320. */
    { ACTION_ONF, OFP13, OFP14, 3200, 24, true, 12, action_decode_copy_field },
    /* Nicira. */
    NX(1, 16, 0, resubmit),
    NX(2, 16, 0, tunnel),
    NX(4, 16, OFPACT_SET_QUEUE, u32),
    NX(5, 16, OFPACT_POP_QUEUE, plain),
    NX_VAR(6, 24, 0, reg_move),
    NX(7, 24, 0, reg_load),
    NX_VAR(8, 16, 0, note),
    NX(9, 24, 0, tunnel),
    NX(10, 32, 0, multipath),
    NX_VAR(12, 32, 0, bundle),
    NX_VAR(13, 32, 0, bundle),
    NX(14, 16, 0, resubmit),
    NX(15, 24, 0, output_reg),
    NX_VAR(16, 32, 0, learn),
    NX(17, 16, OFPACT_EXIT, plain),
    NX(18, 16, 0, dec_ttl),
    NX(19, 16, 0, fin_timeout),
    NX(20, 16, 0, controller),
    NX_VAR(21, 16, 0, dec_ttl_ids),
    NX(22, 32, 0, metadata),
    NX(23, 16, OFPACT_PUSH_MPLS, ethertype),
    NX(24, 16, OFPACT_POP_MPLS, ethertype),
    NX(25, 16, OFPACT_SET_MPLS_TTL, u8),
    NX(26, 16, OFPACT_DEC_MPLS_TTL, plain),
    NX_VAR(27, 24, OFPACT_STACK_PUSH, stack),
    NX_VAR(28, 24, OFPACT_STACK_POP, stack),
    NX(30, 16, 0, mpls_label),
    NX(31, 16, 0, mpls_tc),
    NX(29, 24, 0, sample),
    NX_VAR(32, 24, 0, output_reg2),
    NX_VAR(33, 16, 0, reg_load2),
    NX(34, 16, 0, conjunction),
    NX_VAR(35, 24, 0, ct),
    NX_VAR(36, 16, 0, nat),
    NX_VAR(37, 16, 0, controller2),
    NX(38, 32, 0, sample),
    NX(39, 16, 0, output_trunc),
    NX(40, 16, OFPACT_GROUP, u32),
    NX(41, 32, 0, sample),
    NX_VAR(42, 16, 0, clone),
    NX(43, 16, OFPACT_CT_CLEAR, plain),
    NX(44, 16, 0, resubmit),
    NX_VAR(45, 40, 0, learn),
    NX_VAR(46, 16, 0, encap),
    NX_VAR(47, 16, 0, decap),
    NX(48, 16, OFPACT_DEC_NSH_TTL, plain),
    NX(49, 24, 0, check_pkt_larger),
    NX(50, 24, 0, delete_field),
    NX(51, 40, 0, sample),
};

const size_t action_table_len = ARRAY_SIZE(action_table);

static const struct action_wire *find(enum action_form form, enum ofp_version version,
                                      uint16_t number)
{
    for (size_t i = 0; i < action_table_len; i++) {
        const struct action_wire *w = &action_table[i];

        if (w->form == form && w->number == number && w->first <= version && version <= w->last) {
            return w;
        }
    }
    return NULL;
}

/* Finds the table's entry for the action at 'p', which has its header's 'len' bytes. */
static enum ofp_error identify(const uint8_t *p, size_t len, enum ofp_version version,
                               const struct action_wire **wire)
{
    if (get_u16(p) != ACTION_TYPE_VENDOR) {
        *wire = find(ACTION_STANDARD, version, get_u16(p));
        return *wire ? OFPERR_OK : OFPBAC_BAD_TYPE;
    }
    if (len < 16) {
        return OFPBAC_BAD_LEN;
    }
    uint32_t vendor = get_u32(p + 4);
    if (vendor != OFP_VENDOR_NICIRA && vendor != OFP_VENDOR_ONF) {
        return OFPBAC_BAD_VENDOR;
    }
    *wire = find(vendor == OFP_VENDOR_ONF ? ACTION_ONF : ACTION_NX, version, get_u16(p + 8));
    return *wire ? OFPERR_OK : OFPBAC_BAD_VENDOR_TYPE;
}

static enum ofp_error decode_one(const uint8_t *p, size_t n, enum ofp_version version,
                                 unsigned int depth, bool in_ct, struct ofpbuf *out, size_t *len)
{
    struct action_source src = { .version = version, .p = p, .depth = depth, .in_ct = in_ct };

    if (n < ACTION_HEADER_LEN) {
        return OFPBAC_BAD_LEN;
    }
    src.n = get_u16(p + 2);
    if (src.n < 8 || src.n > n || src.n % 8) {
        return OFPBAC_BAD_LEN;
    }
    enum ofp_error error = identify(p, src.n, version, &src.wire);
    if (error) {
        return error;
    }
    if (src.wire->variable ? src.n < src.wire->len : src.n != src.wire->len) {
        return OFPBAC_BAD_LEN;
    }
    *len = src.n;
    return src.wire->decode(&src, out);
}

static enum ofp_error decode_list(const uint8_t *p, size_t n, enum ofp_version version,
                                  unsigned int depth, bool in_ct, struct ofpbuf *out)
{
    if (depth > OFP_ACTIONS_MAX_DEPTH) {
        return OFPBAC_TOO_MANY;
    }
    while (n) {
        size_t len;
        enum ofp_error error = decode_one(p, n, version, depth, in_ct, out, &len);

        if (error) {
            return error;
        }
        if (out->size > OFP_ACTIONS_MAX_SIZE) {
            return OFPBAC_TOO_MANY;
        }
        p += len;
        n -= len;
    }
    return OFPERR_OK;
}

enum ofp_error actions_decode(const uint8_t *p, size_t n, enum ofp_version version,
                              unsigned int depth, struct ofpbuf *out)
{
    return decode_list(p, n, version, depth, false, out);
}

enum ofp_error actions_decode_nested(const struct action_source *src, size_t offset, bool in_ct,
                                     struct ofpbuf *out)
{
    return decode_list(src->p + offset, src->n - offset, src->version, src->depth + 1, in_ct, out);
}
