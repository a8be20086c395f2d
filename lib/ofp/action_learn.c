/* SPDX-License-Identifier: Apache-2.0 */
/* The "learn" action on the wire (NXAST_LEARN, NXAST_LEARN2), compared and checked.
 *
 * Behind the fixed part stand specifications: a header of 16 bits (source, destination, width), the
 * source (a field and its offset, or a value in whole 16-bit words) and the destination (a field
 * and its offset). A header of zero ends them. */
#include "lib/ofp/action_encode.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/nxm.h"

enum { NX_LEARN = 16, NX_LEARN2 = 45 };
enum { FIXED_LEN = 32, FIXED2_LEN = 40 };
enum { SPEC_N_BITS = 0x3ff, SPEC_DST_SHIFT = 11, SPEC_DST_MASK = 3, SPEC_IMMEDIATE = 1 << 13 };

static size_t imm_wire_len(unsigned int n_bits)
{
    return 2 * DIV_ROUND_UP(n_bits, 16u);
}

/* A field, its offset; the width is the specification's. */
static enum ofp_error decode_subfield(const uint8_t **p, size_t *n, uint16_t n_bits,
                                      struct subfield *sf)
{
    size_t used;
    enum ofp_error error = action_decode_field(*p, *n, &sf->field, &used);

    if (error) {
        return error == OFPBMC_BAD_FIELD ? OFPBAC_BAD_SET_TYPE : error;
    }
    if (*n - used < 2) {
        return OFPBAC_BAD_LEN;
    }
    sf->ofs = get_u16(*p + used);
    sf->n_bits = n_bits;
    *p += used + 2;
    *n -= used + 2;
    return action_check_subfield(sf, ACTION_READS);
}

static enum ofp_error decode_value(const uint8_t **p, size_t *n, struct ofp_learn_spec *spec)
{
    size_t wire = imm_wire_len(spec->n_bits), bytes = DIV_ROUND_UP(spec->n_bits, 8u);

    if (*n < wire) {
        return OFPBAC_BAD_LEN;
    }
    memcpy(spec->value.b, *p + wire - bytes, bytes);
    if (spec->n_bits % 8) {
        spec->value.b[0] &= (uint8_t) ((1u << spec->n_bits % 8) - 1);
    }
    *p += wire;
    *n -= wire;
    return OFPERR_OK;
}

static enum ofp_error decode_spec(uint16_t header, const uint8_t **p, size_t *n,
                                  struct ofp_learn_spec *spec)
{
    enum ofp_error error;

    memset(spec, 0, sizeof *spec);
    spec->source = header & SPEC_IMMEDIATE ? OFP_LEARN_FROM_VALUE : OFP_LEARN_FROM_FIELD;
    spec->target = header >> SPEC_DST_SHIFT & SPEC_DST_MASK;
    spec->n_bits = header & SPEC_N_BITS;
    if (header & ~(SPEC_N_BITS | SPEC_DST_MASK << SPEC_DST_SHIFT | SPEC_IMMEDIATE) ||
        spec->target > OFP_LEARN_TO_OUTPUT ||
        (spec->target == OFP_LEARN_TO_OUTPUT && spec->source == OFP_LEARN_FROM_VALUE)) {
        return OFPBAC_BAD_ARGUMENT;
    }
    error = spec->source == OFP_LEARN_FROM_FIELD ? decode_subfield(p, n, spec->n_bits, &spec->src)
                                                 : decode_value(p, n, spec);
    if (!error && spec->target != OFP_LEARN_TO_OUTPUT) {
        error = decode_subfield(p, n, spec->n_bits, &spec->dst);
    }
    return error;
}

void *action_learn_put_spec(struct ofpbuf *out, size_t offset)
{
    size_t at = out->size;

    ofpbuf_put_zeros(out, sizeof(struct ofp_learn_spec));
    struct ofp_action_learn *a = (void *) (out->data + offset);
    a->n_specs++;
    a->a.len = (uint32_t) (out->size - offset);
    return out->data + at;
}

static enum ofp_error decode_specs(const uint8_t *p, size_t n, struct ofpbuf *out, size_t offset)
{
    while (n >= 2) {
        uint16_t header = get_u16(p);
        struct ofp_learn_spec spec;

        if (!header) {
            break;
        }
        p += 2;
        n -= 2;
        enum ofp_error error = decode_spec(header, &p, &n, &spec);
        if (error) {
            return error;
        }
        memcpy(action_learn_put_spec(out, offset), &spec, sizeof spec);
        if (out->size > OFP_ACTIONS_MAX_SIZE) {
            return OFPBAC_TOO_MANY;
        }
    }
    return action_is_zero(p, n) ? OFPERR_OK : OFPBAC_BAD_ARGUMENT;
}

/* What NXAST_LEARN2 has behind the fixed part of NXAST_LEARN. '*used' counts from the action's
 * start. */
static enum ofp_error decode_learn2(const struct action_source *src, struct ofp_action_learn *a,
                                    size_t *used)
{
    size_t len;

    a->limit = get_u32(src->p + FIXED_LEN);
    *used = FIXED2_LEN;
    if (get_u16(src->p + FIXED_LEN + 6)) {
        return OFPBAC_BAD_ARGUMENT;
    }
    if (!(a->flags & OFP_LEARN_WRITE_RESULT)) {
        return get_u16(src->p + FIXED_LEN + 4) ? OFPBAC_BAD_ARGUMENT : OFPERR_OK;
    }
    enum ofp_error error = action_decode_field(src->p + FIXED2_LEN, src->n - FIXED2_LEN,
                                               &a->result.field, &len);
    if (error) {
        return error;
    }
    a->result.ofs = get_u16(src->p + FIXED_LEN + 4);
    a->result.n_bits = 1;
    *used += len;
    return action_check_subfield(&a->result, ACTION_WRITES);
}

enum ofp_error action_decode_nx_learn(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_learn *a = ofp_actions_put(out, OFPACT_LEARN, sizeof *a);
    size_t offset = (size_t) ((uint8_t *) a - out->data), used = FIXED_LEN;
    const uint8_t *p = src->p + ACTION_NX_HEADER_LEN;
    bool learn2 = src->wire->number == NX_LEARN2;
    unsigned int flags = OFP_LEARN_SEND_FLOW_REM | OFP_LEARN_DELETE_LEARNED |
                         (learn2 ? OFP_LEARN_WRITE_RESULT : 0);

    a->a.raw = learn2 ? ACTION_RAW_LEARN2 : ACTION_RAW_NONE;
    a->idle_timeout = get_u16(p);
    a->hard_timeout = get_u16(p + 2);
    a->priority = get_u16(p + 4);
    a->cookie = get_be64(p + 6);
    a->flags = get_u16(p + 14);
    a->table = p[16];
    a->fin_idle_timeout = get_u16(p + 18);
    a->fin_hard_timeout = get_u16(p + 20);
    if (a->table == OFP_TABLE_ALL || a->flags & ~flags || p[17]) {
        return OFPBAC_BAD_ARGUMENT;
    }
    enum ofp_error error = learn2 ? decode_learn2(src, a, &used) : OFPERR_OK;
    return error ? error : decode_specs(src->p + used, src->n - used, out, offset);
}

static void encode_subfield(struct ofpbuf *out, const struct subfield *sf)
{
    nxm_put_header(out, sf->field, NXM_VERSION, false);
    put_u16(out, sf->ofs);
}

static void encode_spec(struct ofpbuf *out, const struct ofp_learn_spec *spec)
{
    bool immediate = spec->source == OFP_LEARN_FROM_VALUE;

    put_u16(out, (uint16_t) (spec->n_bits | spec->target << SPEC_DST_SHIFT |
                             (immediate ? SPEC_IMMEDIATE : 0)));
    if (immediate) {
        size_t bytes = DIV_ROUND_UP(spec->n_bits, 8u);
        put_zeros(out, imm_wire_len(spec->n_bits) - bytes);
        ofpbuf_put(out, spec->value.b, bytes);
    } else {
        encode_subfield(out, &spec->src);
    }
    if (spec->target != OFP_LEARN_TO_OUTPUT) {
        encode_subfield(out, &spec->dst);
    }
}

void action_encode_learn(const struct ofp_action *action, enum ofp_version version,
                         struct ofpbuf *out)
{
    const struct ofp_action_learn *a = (const void *) action;
    bool learn2 = a->a.raw == ACTION_RAW_LEARN2 || a->limit || a->flags & OFP_LEARN_WRITE_RESULT;
    size_t start = action_encode_begin_nx(out, learn2 ? NX_LEARN2 : NX_LEARN);

    put_u16(out, a->idle_timeout);
    put_u16(out, a->hard_timeout);
    put_u16(out, a->priority);
    ofpbuf_put(out, &a->cookie, sizeof a->cookie);
    put_u16(out, a->flags);
    put_u8(out, a->table);
    put_u8(out, 0);
    put_u16(out, a->fin_idle_timeout);
    put_u16(out, a->fin_hard_timeout);
    if (learn2) {
        put_u32(out, a->limit);
        put_u16(out, a->result.ofs);
        put_u16(out, 0);
        if (a->flags & OFP_LEARN_WRITE_RESULT) {
            nxm_put_header(out, a->result.field, NXM_VERSION, false);
        }
    }
    for (size_t i = 0; i < a->n_specs; i++) {
        encode_spec(out, &a->specs[i]);
    }
    action_encode_end(out, start);
}

static bool spec_equal(const struct ofp_learn_spec *a, const struct ofp_learn_spec *b)
{
    return a->source == b->source && a->target == b->target && a->n_bits == b->n_bits &&
           subfield_equal(&a->src, &b->src) && subfield_equal(&a->dst, &b->dst) &&
           !memcmp(a->value.b, b->value.b, DIV_ROUND_UP(a->n_bits, 8u));
}

bool action_learn_equal(const struct ofp_action_learn *a, const struct ofp_action_learn *b)
{
    bool equal = a->idle_timeout == b->idle_timeout && a->hard_timeout == b->hard_timeout &&
                 a->fin_idle_timeout == b->fin_idle_timeout &&
                 a->fin_hard_timeout == b->fin_hard_timeout && a->priority == b->priority &&
                 a->flags == b->flags && a->table == b->table && a->cookie == b->cookie &&
                 a->limit == b->limit && a->n_specs == b->n_specs &&
                 subfield_equal(&a->result, &b->result);

    for (size_t i = 0; equal && i < a->n_specs; i++) {
        equal = spec_equal(&a->specs[i], &b->specs[i]);
    }
    return equal;
}

/* Matching an immediate value may meet the prerequisites of what follows. */
static void add_to_match(const struct ofp_learn_spec *spec, struct match *match)
{
    const struct field *f = spec->dst.field;
    union field_value value, mask;

    field_get_match(f, match, &value, &mask);
    subfield_place(&spec->dst, spec->value.b, DIV_ROUND_UP(spec->n_bits, 8u), &value, &mask);
    field_set_match(f, match, &value, &mask);
}

enum ofp_error action_learn_check(const struct ofp_action_learn *a, const struct match *match)
{
    struct match learned;

    match_init(&learned);
    for (size_t i = 0; i < a->n_specs; i++) {
        const struct ofp_learn_spec *spec = &a->specs[i];

        if (spec->source == OFP_LEARN_FROM_FIELD &&
            !field_match_prereqs_met(spec->src.field, match)) {
            return OFPBAC_MATCH_INCONSISTENT;
        }
        if (spec->target == OFP_LEARN_TO_OUTPUT) {
            continue;
        }
        if (!field_match_prereqs_met(spec->dst.field, &learned)) {
            return OFPBAC_MATCH_INCONSISTENT;
        }
        if (spec->target == OFP_LEARN_TO_LOAD && !spec->dst.field->writable) {
            return OFPBAC_BAD_SET_ARGUMENT;
        }
        if (spec->target == OFP_LEARN_TO_MATCH && spec->source == OFP_LEARN_FROM_VALUE) {
            add_to_match(spec, &learned);
        }
    }
    return OFPERR_OK;
}
