/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders of the specification's actions. */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"

void action_put_set_field(struct ofpbuf *out, enum field_id id, const void *value,
                          enum action_raw raw)
{
    const struct field *f = field_get(id);
    struct ofp_action_set_field *a = ofp_actions_put(out, OFPACT_SET_FIELD, sizeof *a);

    a->a.raw = (uint16_t) raw;
    a->field = f;
    memcpy(a->value.b, value, f->n_bytes);
    field_exact_mask(f, &a->mask);
}

void action_put_load(struct ofpbuf *out, const struct subfield *dst, const uint8_t *number, size_t n)
{
    struct ofp_action_set_field *a = ofp_actions_put(out, OFPACT_SET_FIELD, sizeof *a);
    union field_value exact;

    /* What NXAST_REG_LOAD cannot hold does not come back as a load. */
    a->a.raw = field_is_variable(dst->field) || !field_has_short_header(dst->field)
                   ? ACTION_RAW_LOAD2
                   : ACTION_RAW_LOAD;
    a->field = dst->field;
    subfield_place(dst, number, n, &a->value, &a->mask);
    field_exact_mask(dst->field, &exact);
    for (int i = 0; i < dst->field->n_bytes; i++) {
        a->value.b[i] &= exact.b[i];
        a->mask.b[i] &= exact.b[i];
    }
}

void action_put_masked(struct ofpbuf *out, const struct field *f, const union field_value *value,
                       const union field_value *mask, enum action_raw raw)
{
    struct ofp_action_set_field *a = ofp_actions_put(out, OFPACT_SET_FIELD, sizeof *a);
    union field_value exact;

    a->a.raw = (uint16_t) raw;
    a->field = f;
    field_exact_mask(f, &exact);
    for (int i = 0; i < f->n_bytes; i++) {
        a->mask.b[i] = mask->b[i] & exact.b[i];
        a->value.b[i] = value->b[i] & a->mask.b[i];
    }
}

enum ofp_error action_decode_plain(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action *a = ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);

    if (a->type == OFPACT_STRIP_VLAN && src->version > OFP10) {
        a->raw = ACTION_RAW_POP_VLAN;
    }
    return OFPERR_OK;
}

enum ofp_error action_decode_output_10(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_output *a = ofp_actions_put(out, OFPACT_OUTPUT, sizeof *a);

    a->port = ofp_port_from_10(get_u16(src->p + 4));
    a->max_len = get_u16(src->p + 6);
    return OFPERR_OK;
}

enum ofp_error action_decode_output_11(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_output *a = ofp_actions_put(out, OFPACT_OUTPUT, sizeof *a);
    uint16_t port10;

    a->port = get_u32(src->p + 4);
    a->max_len = get_u16(src->p + 8);
    return ofp_port_to_10(a->port, &port10) ? OFPERR_OK : OFPBAC_BAD_OUT_PORT;
}

enum ofp_error action_decode_enqueue(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_enqueue *a = ofp_actions_put(out, OFPACT_ENQUEUE, sizeof *a);

    a->port = ofp_port_from_10(get_u16(src->p + 4));
    a->queue = get_u32(src->p + 12);
    return a->port < OFPP_MAX || a->port == OFPP_IN_PORT || a->port == OFPP_LOCAL
               ? OFPERR_OK
               : OFPBAC_BAD_OUT_PORT;
}

enum ofp_error action_decode_vlan_vid(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_vlan *a = ofp_actions_put(out, OFPACT_SET_VLAN_VID, sizeof *a);

    a->value = get_u16(src->p + 4);
    a->push_if_none = src->version == OFP10;
    return a->value & ~VLAN_VID_MASK ? OFPBAC_BAD_ARGUMENT : OFPERR_OK;
}

enum ofp_error action_decode_vlan_pcp(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_vlan *a = ofp_actions_put(out, OFPACT_SET_VLAN_PCP, sizeof *a);

    a->value = src->p[4];
    a->push_if_none = src->version == OFP10;
    return a->value > 7 ? OFPBAC_BAD_ARGUMENT : OFPERR_OK;
}

enum ofp_error action_decode_mac(const struct action_source *src, struct ofpbuf *out)
{
    action_put_set_field(out, (enum field_id) src->wire->arg, src->p + 4, ACTION_RAW_MOD);
    return OFPERR_OK;
}

enum ofp_error action_decode_ipv4(const struct action_source *src, struct ofpbuf *out)
{
    action_put_set_field(out, (enum field_id) src->wire->arg, src->p + 4, ACTION_RAW_MOD);
    return OFPERR_OK;
}

enum ofp_error action_decode_u8_field(const struct action_source *src, struct ofpbuf *out)
{
    const struct field *f = field_get((enum field_id) src->wire->arg);
    union field_value value = { .u8 = src->p[4] };

    action_put_set_field(out, f->id, &value, ACTION_RAW_MOD);
    return field_value_valid(f, &value) ? OFPERR_OK : OFPBAC_BAD_ARGUMENT;
}

enum ofp_error action_decode_mpls_label(const struct action_source *src, struct ofpbuf *out)
{
    const struct field *f = field_get(FIELD_MPLS_LABEL);
    union field_value value = { .be32 = get_be32(src->p + 4) };

    action_put_set_field(out, f->id, &value, ACTION_RAW_MOD);
    return field_value_valid(f, &value) ? OFPERR_OK : OFPBAC_BAD_ARGUMENT;
}

enum ofp_error action_decode_tp(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_tp *a =
        ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);

    a->port = get_u16(src->p + 4);
    return OFPERR_OK;
}

enum ofp_error action_decode_u8(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_u8 *a =
        ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);

    a->value = src->p[4];
    return OFPERR_OK;
}

enum ofp_error action_decode_u32(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_u32 *a =
        ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);

    a->value = get_u32(src->p + 4);
    return OFPERR_OK;
}

/* Number of bits, offset in the source, offset in the destination. */
enum { MOVE_N_BITS = 0, MOVE_SRC_OFS = 2, MOVE_DST_OFS = 4 };

enum ofp_error action_decode_move(const struct action_source *src, size_t numbers, size_t headers,
                                  enum action_raw raw, struct ofpbuf *out)
{
    struct ofp_action_reg_move *a = ofp_actions_put(out, OFPACT_REG_MOVE, sizeof *a);
    const uint8_t *p = src->p + headers, *end = src->p + src->n;
    size_t used;

    a->a.raw = raw;
    a->src.n_bits = a->dst.n_bits = get_u16(src->p + numbers + MOVE_N_BITS);
    a->src.ofs = get_u16(src->p + numbers + MOVE_SRC_OFS);
    a->dst.ofs = get_u16(src->p + numbers + MOVE_DST_OFS);
    enum ofp_error error = action_decode_field(p, (size_t) (end - p), &a->src.field, &used);
    if (error) {
        return error;
    }
    p += used;
    error = action_decode_field(p, (size_t) (end - p), &a->dst.field, &used);
    if (error) {
        return error;
    }
    p += used;
    error = action_must_be_zero(p, (size_t) (end - p));
    if (!error) {
        error = action_check_subfield(&a->src, ACTION_READS);
    }
    return error ? error : action_check_subfield(&a->dst, action_write_access(src));
}

/* OpenFlow 1.5 and the ONF's extension 320: two bytes of padding before the headers. */
enum ofp_error action_decode_copy_field(const struct action_source *src, struct ofpbuf *out)
{
    return action_decode_move(src, src->wire->arg, src->wire->arg + 8,
                              src->wire->form == ACTION_ONF ? ACTION_RAW_ONF_COPY : ACTION_RAW_NONE, out);
}

static bool ethertype_fits(enum ofp_action_type type, be16 eth_type)
{
    switch (type) {
    case OFPACT_PUSH_VLAN:
        return eth_type == htons(ETH_TYPE_VLAN_8021Q) || eth_type == htons(ETH_TYPE_VLAN_8021AD);
    case OFPACT_PUSH_MPLS:
        return eth_type == htons(ETH_TYPE_MPLS) || eth_type == htons(ETH_TYPE_MPLS_MCAST);
    case OFPACT_PUSH_PBB:
        return eth_type == htons(ETH_TYPE_PBB);
    default:
        return true;
    }
}

static enum ofp_error put_ethertype(enum ofp_action_type type, be16 eth_type, struct ofpbuf *out)
{
    struct ofp_action_ethertype *a = ofp_actions_put(out, type, sizeof *a);

    a->eth_type = eth_type;
    return ethertype_fits(type, eth_type) ? OFPERR_OK : OFPBAC_BAD_ARGUMENT;
}

enum ofp_error action_decode_ethertype(const struct action_source *src, struct ofpbuf *out)
{
    return put_ethertype((enum ofp_action_type) src->wire->arg, get_be16(src->p + 4), out);
}

enum ofp_error action_decode_nx_ethertype(const struct action_source *src, struct ofpbuf *out)
{
    return put_ethertype((enum ofp_action_type) src->wire->arg, get_be16(src->p + 10), out);
}

enum ofp_error action_decode_dec_ttl(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_dec_ttl *a =
        ofp_actions_put(out, OFPACT_DEC_TTL, sizeof *a + sizeof a->ids[0]);

    a->n_ids = 1;
    return OFPERR_OK;
}

enum ofp_error action_entry_error(const uint8_t *header)
{
    return header[3] ? OFPBAC_BAD_SET_LEN : OFPBAC_BAD_SET_TYPE;
}

bool action_value_outside_mask(const struct field *f, const union field_value *value,
                               const union field_value *mask)
{
    for (int i = 0; i < f->n_bytes; i++) {
        if (value->b[i] & ~mask->b[i]) {
            return true;
        }
    }
    return false;
}

enum ofp_error action_decode_set_field(const struct action_source *src, struct ofpbuf *out)
{
    const struct field *f;
    union field_value value, mask;
    bool has_mask;
    size_t used;
    enum ofp_error error = nxm_decode_entry(src->p + ACTION_HEADER_LEN, src->n - ACTION_HEADER_LEN,
                                            &f, &value, &mask, &has_mask, &used);

    if (error) {
        return src->version >= OFP15 && error == OFPBMC_BAD_FIELD
                   ? OFPBAC_BAD_SET_TYPE
                   : action_entry_error(src->p + ACTION_HEADER_LEN);
    }
    if (ROUND_UP(ACTION_HEADER_LEN + used, 8) != src->n) {
        return OFPBAC_BAD_SET_LEN;
    }
    if (!action_is_zero(src->p + ACTION_HEADER_LEN + used, src->n - ACTION_HEADER_LEN - used)) {
        return OFPBAC_BAD_SET_ARGUMENT;
    }
    if (!f->writable) {
        return OFPBAC_BAD_SET_TYPE;
    }
    if (field_is_unmapped(f)) {
        return NXFMFC_INVALID_TLV_FIELD;
    }
    if (has_mask && (src->version < OFP15 || !field_mask_valid(f, &mask))) {
        return OFPBAC_BAD_SET_MASK;
    }
    if (has_mask && action_value_outside_mask(f, &value, &mask)) {
        return OFPBMC_BAD_WILDCARDS;
    }
    /* The VID comes with the bit that says there is a tag (1.3 section 7.2.5); the port is not to
     * be set in this way. */
    if (!field_value_valid(f, &value) || !action_may_write(f, action_write_access(src)) || f->id == FIELD_IN_PORT_OXM ||
        (f->id == FIELD_VLAN_VID && !(value.be16 & mask.be16 & htons(VLAN_CFI)))) {
        return OFPBAC_BAD_SET_ARGUMENT;
    }
    action_put_masked(out, f, &value, &mask, ACTION_RAW_NONE);
    return OFPERR_OK;
}
