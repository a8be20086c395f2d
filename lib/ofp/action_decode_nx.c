/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders of the Nicira extensions' actions. Their content begins behind type, length, vendor and
 * subtype. */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"

enum { AT = ACTION_NX_HEADER_LEN };

/* Properties of NXAST_CONTROLLER2. */
enum {
    CONTROLLER2_MAX_LEN,
    CONTROLLER2_CONTROLLER_ID,
    CONTROLLER2_REASON,
    CONTROLLER2_USERDATA,
    CONTROLLER2_PAUSE,
    CONTROLLER2_METER_ID,
};

enum { NX_RESUBMIT = 1, NX_SET_TUNNEL = 2, NX_RESUBMIT_TABLE_CT = 44, NX_NO_TABLE = 255 };

enum ofp_error action_must_be_zero(const uint8_t *p, size_t n)
{
    return action_is_zero(p, n) ? OFPERR_OK : NXBRC_MUST_BE_ZERO;
}

enum ofp_error action_decode_nx_plain(const struct action_source *src, struct ofpbuf *out)
{
    ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof(struct ofp_action));
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_u32(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_u32 *a =
        ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);

    a->value = get_u32(src->p + AT + 2);
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_u8(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_u8 *a =
        ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);

    a->value = src->p[AT];
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_resubmit(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_resubmit *a = ofp_actions_put(out, OFPACT_RESUBMIT, sizeof *a);

    a->in_port = ofp_port_from_10(get_u16(src->p + AT));
    a->table = src->wire->number == NX_RESUBMIT ? NX_NO_TABLE : src->p[AT + 2];
    a->with_ct = src->wire->number == NX_RESUBMIT_TABLE_CT;
    bool pad_used = src->wire->number != NX_RESUBMIT && !action_is_zero(src->p + AT + 3, 3);
    return pad_used ? OFPBAC_BAD_ARGUMENT : OFPERR_OK;
}

enum ofp_error action_decode_nx_tunnel(const struct action_source *src, struct ofpbuf *out)
{
    bool narrow = src->wire->number == NX_SET_TUNNEL;
    be64 id = narrow ? be64_from_host(get_u32(src->p + AT + 2)) : get_be64(src->p + AT + 6);

    action_put_set_field(out, FIELD_TUN_ID, &id, narrow ? ACTION_RAW_MOD : ACTION_RAW_MOD_WIDE);
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_mpls_label(const struct action_source *src, struct ofpbuf *out)
{
    union field_value value = { .be32 = get_be32(src->p + AT + 2) };

    action_put_set_field(out, FIELD_MPLS_LABEL, &value, ACTION_RAW_MOD);
    return field_value_valid(field_get(FIELD_MPLS_LABEL), &value) ? OFPERR_OK
                                                                  : OFPBAC_BAD_ARGUMENT;
}

enum ofp_error action_decode_nx_mpls_tc(const struct action_source *src, struct ofpbuf *out)
{
    union field_value value = { .u8 = src->p[AT] };

    action_put_set_field(out, FIELD_MPLS_TC, &value, ACTION_RAW_MOD);
    return field_value_valid(field_get(FIELD_MPLS_TC), &value) ? OFPERR_OK : OFPBAC_BAD_ARGUMENT;
}

enum ofp_error action_check_subfield(const struct subfield *sf, enum action_access access)
{
    if (!sf->n_bits || sf->ofs + sf->n_bits > sf->field->n_bits) {
        return OFPBAC_BAD_SET_LEN;
    }
    return action_may_write(sf->field, access) ? OFPERR_OK : OFPBAC_BAD_SET_ARGUMENT;
}

enum ofp_error action_decode_field(const uint8_t *p, size_t n, const struct field **f, size_t *used)
{
    struct nxm_header h;
    enum ofp_error error = nxm_decode_header(p, n, &h);

    if (error) {
        return error;
    }
    bool length_fits = field_is_variable(h.field) ? h.value_len <= OFP_TLV_MAX_OPTION
                                                  : h.value_len == h.field->n_bytes;
    if (h.has_mask || !length_fits) {
        return OFPBMC_BAD_FIELD;
    }
    if (field_is_unmapped(h.field)) {
        return NXFMFC_INVALID_TLV_FIELD;
    }
    *f = h.field;
    *used = h.len;
    return OFPERR_OK;
}

enum ofp_error action_decode_short_field(const uint8_t *p, const struct field **f)
{
    size_t used;
    enum ofp_error error = action_decode_field(p, 4, f, &used);

    return error && error != NXFMFC_INVALID_TLV_FIELD ? OFPBAC_BAD_SET_TYPE : error;
}

enum ofp_error action_decode_nx_reg_move(const struct action_source *src, struct ofpbuf *out)
{
    return action_decode_move(src, AT, AT + 6, ACTION_RAW_NONE, out);
}

void action_decode_ofs_nbits(uint16_t ofs_nbits, struct subfield *sf)
{
    sf->ofs = ofs_nbits >> 6;
    sf->n_bits = (uint16_t) ((ofs_nbits & 63) + 1);
}

enum ofp_error action_decode_nx_reg_load(const struct action_source *src, struct ofpbuf *out)
{
    struct subfield dst;
    const uint8_t *p = src->p + AT + 6;

    action_decode_ofs_nbits(get_u16(src->p + AT), &dst);
    enum ofp_error error = action_decode_short_field(src->p + AT + 2, &dst.field);
    if (error) {
        return error;
    }
    uint64_t value = get_u64(p);
    error = action_check_subfield(&dst, action_write_access(src));
    if (error) {
        return error;
    }
    if (dst.n_bits < 64 && value >> dst.n_bits) {
        return OFPBAC_BAD_ARGUMENT;
    }
    action_put_load(out, &dst, p, 8);
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_reg_load2(const struct action_source *src, struct ofpbuf *out)
{
    const struct field *f;
    union field_value value, mask;
    bool has_mask;
    size_t used, at = AT;
    enum ofp_error error =
        nxm_decode_entry(src->p + at, src->n - at, &f, &value, &mask, &has_mask, &used);

    if (error) {
        return action_entry_error(src->p + at);
    }
    if (has_mask && action_value_outside_mask(f, &value, &mask)) {
        return OFPBMC_BAD_WILDCARDS;
    }
    if (!error && !action_is_zero(src->p + at + used, src->n - at - used)) {
        error = OFPBAC_BAD_SET_ARGUMENT;
    }
    if (error) {
        return error;
    }
    if (src->n - at - used >= 8) {
        return OFPBAC_BAD_LEN;
    }
    if (field_is_unmapped(f)) {
        return NXFMFC_INVALID_TLV_FIELD;
    }
    if (!action_may_write(f, action_write_access(src)) || !field_value_valid(f, &value)) {
        return OFPBAC_BAD_SET_ARGUMENT;
    }
    if (!field_mask_valid(f, &mask)) {
        return OFPBAC_BAD_SET_MASK;
    }
    action_put_masked(out, f, &value, &mask, ACTION_RAW_LOAD2);
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_note(const struct action_source *src, struct ofpbuf *out)
{
    size_t n = src->n - AT;
    struct ofp_action_note *a = ofp_actions_put(out, OFPACT_NOTE, sizeof *a + n);

    a->n = (uint16_t) n;
    memcpy(a->data, src->p + AT, n);
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_output_reg(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_output_reg *a = ofp_actions_put(out, OFPACT_OUTPUT_REG, sizeof *a);

    action_decode_ofs_nbits(get_u16(src->p + AT), &a->src);
    a->max_len = get_u16(src->p + AT + 6);
    enum ofp_error error = action_must_be_zero(src->p + AT + 8, 6);
    if (!error) {
        error = action_decode_short_field(src->p + AT + 2, &a->src.field);
    }
    return error ? error : action_check_subfield(&a->src, ACTION_READS);
}

enum ofp_error action_decode_nx_output_reg2(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_output_reg *a = ofp_actions_put(out, OFPACT_OUTPUT_REG, sizeof *a);
    size_t used = 0, at = AT + 4;

    action_decode_ofs_nbits(get_u16(src->p + AT), &a->src);
    a->max_len = get_u16(src->p + AT + 2);
    enum ofp_error error = action_decode_field(src->p + at, src->n - at, &a->src.field, &used);
    if (!error) {
        error = action_must_be_zero(src->p + at + used, src->n - at - used);
    }
    return error ? error : action_check_subfield(&a->src, ACTION_READS);
}

enum ofp_error action_decode_nx_dec_ttl(const struct action_source *src, struct ofpbuf *out)
{
    return action_decode_dec_ttl(src, out);
}

enum ofp_error action_decode_nx_dec_ttl_ids(const struct action_source *src, struct ofpbuf *out)
{
    size_t n = get_u16(src->p + AT);

    if (!n) {
        return OFPBAC_BAD_ARGUMENT;
    }
    enum ofp_error error = action_must_be_zero(src->p + AT + 2, 4);
    if (error) {
        return error;
    }
    if (n * 2 > src->n - 16) {
        return OFPBAC_BAD_LEN;
    }
    struct ofp_action_dec_ttl *a =
        ofp_actions_put(out, OFPACT_DEC_TTL, sizeof *a + n * sizeof a->ids[0]);
    a->n_ids = (uint16_t) n;
    for (size_t i = 0; i < n; i++) {
        a->ids[i] = get_u16(src->p + 16 + 2 * i);
    }
    return OFPERR_OK;
}

enum ofp_error action_decode_nx_controller(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_controller *a = ofp_actions_put(out, OFPACT_CONTROLLER, sizeof *a);

    a->max_len = get_u16(src->p + AT);
    a->controller_id = get_u16(src->p + AT + 2);
    a->reason = src->p[AT + 4];
    return OFPERR_OK;
}

/* One property of NXAST_CONTROLLER2, with its padding in 'n' bytes. */
static enum ofp_error decode_controller2_prop(const uint8_t *p, size_t len, struct ofpbuf *out,
                                              size_t offset)
{
    struct ofp_action_controller *a = (void *) (out->data + offset);

    switch (get_u16(p)) {
    case CONTROLLER2_MAX_LEN:
        a->max_len = len >= 6 ? get_u16(p + 4) : 0;
        return len == 6 || len == 8 ? OFPERR_OK : OFPBPC_BAD_LEN; /* padded or not */
    case CONTROLLER2_CONTROLLER_ID:
        a->controller_id = len >= 6 ? get_u16(p + 4) : 0;
        return len == 6 || len == 8 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case CONTROLLER2_REASON:
        a->reason = len == 5 ? p[4] : 0;
        return len == 5 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case CONTROLLER2_USERDATA:
        if (a->userdata_len) {
            return OFPBPC_DUP_TYPE;
        }
        a->userdata_len = (uint16_t) (len - 4);
        ofp_actions_set_len(out, offset, sizeof *a + len - 4);
        a = (void *) (out->data + offset);
        memcpy(a->userdata, p + 4, len - 4);
        return OFPERR_OK;
    case CONTROLLER2_PAUSE:
        a->pause = true;
        return OFPERR_OK;
    case CONTROLLER2_METER_ID:
        a->meter_id = len == 8 ? get_u32(p + 4) : 0;
        return len == 8 ? OFPERR_OK : OFPBPC_BAD_LEN;
    default:
        return OFPBPC_BAD_TYPE;
    }
}

enum ofp_error action_decode_nx_controller2(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_controller *a = ofp_actions_put(out, OFPACT_CONTROLLER, sizeof *a);
    size_t offset = (size_t) ((uint8_t *) a - out->data);
    const uint8_t *p = src->p + 16;
    size_t n = src->n - 16;
    enum ofp_error error = action_must_be_zero(src->p + AT, 6);

    a->max_len = UINT16_MAX;
    a->reason = 1; /* OFPR_ACTION */
    while (n && !error) {
        size_t len = n >= 4 ? get_u16(p + 2) : 0;

        if (len < 4 || ROUND_UP(len, 8) > n) {
            return OFPBPC_BAD_LEN;
        }
        error = decode_controller2_prop(p, len, out, offset);
        p += ROUND_UP(len, 8);
        n -= ROUND_UP(len, 8);
    }
    return error;
}

enum ofp_error action_decode_nx_metadata(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_metadata *a = ofp_actions_put(out, OFPACT_WRITE_METADATA, sizeof *a);

    a->mask = get_be64(src->p + 24);
    a->value = get_be64(src->p + 16) & a->mask;
    return action_must_be_zero(src->p + AT, 6);
}

enum ofp_error action_decode_nx_stack(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_stack *a =
        ofp_actions_put(out, (enum ofp_action_type) src->wire->arg, sizeof *a);
    const uint8_t *p = src->p + AT + 2, *end = src->p + src->n;
    size_t used;

    a->subfield.ofs = get_u16(src->p + AT);
    enum ofp_error error = action_decode_field(p, (size_t) (end - p), &a->subfield.field, &used);
    if (error) {
        return error;
    }
    p += used;
    if (end - p < 2) {
        return OFPBAC_BAD_LEN;
    }
    a->subfield.n_bits = get_u16(p);
    p += 2;
    error = action_must_be_zero(p, (size_t) (end - p));
    return error ? error
                 : action_check_subfield(&a->subfield, a->a.type == OFPACT_STACK_POP ? ACTION_WRITES
                                                                                    : ACTION_READS);
}

enum ofp_error action_decode_nx_output_trunc(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_output *a = ofp_actions_put(out, OFPACT_OUTPUT, sizeof *a);

    a->port = ofp_port_from_10(get_u16(src->p + AT));
    a->truncate = get_u32(src->p + AT + 2);
    if (a->truncate < ETH_HEADER_LEN) {
        return OFPBAC_BAD_ARGUMENT;
    }
    return a->port < OFPP_MAX || a->port == OFPP_LOCAL || a->port == OFPP_IN_PORT
               ? OFPERR_OK
               : OFPBAC_BAD_OUT_PORT;
}

enum ofp_error action_decode_nx_clone(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action *a = ofp_actions_put(out, OFPACT_CLONE, sizeof *a);
    size_t offset = (size_t) ((uint8_t *) a - out->data);
    enum ofp_error error = actions_decode_nested(src, 16, false, out);

    ((struct ofp_action *) (void *) (out->data + offset))->len = (uint32_t) (out->size - offset);
    return error;
}
