/* SPDX-License-Identifier: Apache-2.0 */
/* The "sample" action in its four forms (NXAST_SAMPLE, _SAMPLE2, _SAMPLE3 and _SAMPLE4). The last
 * takes the observation domain and point from fields: each is a header and a part of the field, or a
 * header of 0 and a number. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_encode.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/names.h"
#include "lib/ofp/nxm.h"

enum { NX_SAMPLE = 29, NX_SAMPLE2 = 38, NX_SAMPLE3 = 41, NX_SAMPLE4 = 51 };
enum { MAX_ID_BITS = 32 };

static enum ofp_error decode_id(const uint8_t *p, uint32_t *id, struct subfield *from)
{
    if (!get_u32(p)) {
        *id = get_u32(p + 4);
        return OFPERR_OK;
    }
    enum ofp_error error = action_decode_short_field(p, &from->field);
    if (error) {
        return error;
    }
    action_decode_ofs_nbits(get_u16(p + 4), from);
    if (from->n_bits > MAX_ID_BITS) {
        return OFPBAC_BAD_SET_LEN;
    }
    error = action_check_subfield(from, ACTION_READS);
    return error ? error : action_must_be_zero(p + 6, 2);
}

enum ofp_error action_decode_nx_sample(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_sample *a = ofp_actions_put(out, OFPACT_SAMPLE, sizeof *a);
    const uint8_t *p = src->p + ACTION_NX_HEADER_LEN;
    unsigned int number = src->wire->number;
    enum ofp_error error = OFPERR_OK;

    a->probability = get_u16(p);
    a->collector_set_id = get_u32(p + 2);
    p += 6;
    if (number == NX_SAMPLE4) {
        error = decode_id(p, &a->obs_domain_id, &a->obs_domain_src);
        if (!error) {
            error = decode_id(p + 8, &a->obs_point_id, &a->obs_point_src);
        }
        p += 16;
    } else {
        a->obs_domain_id = get_u32(p);
        a->obs_point_id = get_u32(p + 4);
        p += 8;
    }
    a->sampling_port = number == NX_SAMPLE ? OFPP_NONE : ofp_port_from_10(get_u16(p));
    a->direction = number == NX_SAMPLE3 || number == NX_SAMPLE4 ? p[2] : OFP_SAMPLE_DEFAULT;
    if (!error && (number == NX_SAMPLE3 || number == NX_SAMPLE4)) {
        error = action_must_be_zero(p + 3, 5);
    }
    if (error) {
        return error;
    }
    return a->probability && a->direction <= OFP_SAMPLE_EGRESS ? OFPERR_OK : OFPBAC_BAD_ARGUMENT;
}

static void encode_id(struct ofpbuf *out, uint32_t id, const struct subfield *from)
{
    if (from->field) {
        nxm_put_header(out, from->field, NXM_VERSION, false);
        put_u16(out, action_encode_ofs_nbits(from));
        put_u16(out, 0);
    } else {
        put_u32(out, 0);
        put_u32(out, id);
    }
}

void action_encode_sample(const struct ofp_action *action, enum ofp_version version,
                          struct ofpbuf *out)
{
    const struct ofp_action_sample *a = (const void *) action;
    unsigned int number = a->obs_domain_src.field || a->obs_point_src.field ? NX_SAMPLE4
                          : a->direction                                    ? NX_SAMPLE3
                          : a->sampling_port != OFPP_NONE                   ? NX_SAMPLE2
                                                                            : NX_SAMPLE;
    size_t start = action_encode_begin_nx(out, (uint16_t) number);

    put_u16(out, a->probability);
    put_u32(out, a->collector_set_id);
    if (number == NX_SAMPLE4) {
        encode_id(out, a->obs_domain_id, &a->obs_domain_src);
        encode_id(out, a->obs_point_id, &a->obs_point_src);
    } else {
        put_u32(out, a->obs_domain_id);
        put_u32(out, a->obs_point_id);
    }
    if (number != NX_SAMPLE) {
        put_u16(out, action_encode_port10(a->sampling_port));
        put_u8(out, a->direction);
    }
    action_encode_end(out, start);
}

bool action_sample_equal(const struct ofp_action_sample *a, const struct ofp_action_sample *b)
{
    return a->probability == b->probability && a->collector_set_id == b->collector_set_id &&
           a->obs_domain_id == b->obs_domain_id && a->obs_point_id == b->obs_point_id &&
           subfield_equal(&a->obs_domain_src, &b->obs_domain_src) &&
           subfield_equal(&a->obs_point_src, &b->obs_point_src) &&
           a->sampling_port == b->sampling_port && a->direction == b->direction;
}

static void put_id(struct strbuf *s, const char *name, uint32_t id, const struct subfield *from)
{
    strbuf_putf(s, ",%s=", name);
    if (from->field) {
        subfield_format(s, from);
    } else {
        strbuf_putf(s, "%u", id);
    }
}

void action_format_sample(struct strbuf *s, const struct ofp_action *action,
                          const struct ofp_names *names)
{
    const struct ofp_action_sample *a = (const void *) action;

    strbuf_putf(s, "sample(probability=%u,collector_set_id=%u", a->probability,
                a->collector_set_id);
    put_id(s, "obs_domain_id", a->obs_domain_id, &a->obs_domain_src);
    put_id(s, "obs_point_id", a->obs_point_id, &a->obs_point_src);
    if (a->sampling_port != OFPP_NONE) {
        strbuf_puts(s, ",sampling_port=");
        names_format_port(s, a->sampling_port, names);
    }
    strbuf_puts(s, a->direction == OFP_SAMPLE_INGRESS  ? ",ingress"
                   : a->direction == OFP_SAMPLE_EGRESS ? ",egress"
                                                       : "");
    strbuf_putc(s, ')');
}

static char *parse_u32(const struct key_value *kv, uint32_t *to)
{
    uint64_t n;
    char *error = action_parse_number(kv->value, NULL, UINT32_MAX, &n);

    if (!error) {
        *to = (uint32_t) n;
    }
    return error;
}

static char *parse_id(const struct key_value *kv, uint32_t *id, struct subfield *from)
{
    char *error = parse_u32(kv, id);

    if (!error) {
        *from = (struct subfield) { NULL, 0, 0 };
        return NULL;
    }
    char *no_field = action_parse_subfield(kv->value, from);
    if (no_field) {
        free(no_field);
        return error;
    }
    free(error);
    if (from->n_bits > MAX_ID_BITS || !field_has_short_header(from->field)) {
        return xasprintf("%s: size of field exceeds the %d bits of %s", kv->value, MAX_ID_BITS,
                         kv->key);
    }
    *id = 0;
    return NULL;
}

static char *parse_word(struct action_parser *p, const struct key_value *kv,
                        struct ofp_action_sample *a)
{
    uint64_t n;

    if (!strcmp(kv->key, "probability")) {
        char *error = action_parse_number(kv->value, "probability", UINT16_MAX, &n);
        a->probability = error ? 0 : (uint16_t) n;
        return error || n ? error : xasprintf("invalid probability value \"%s\"", kv->value);
    }
    if (!strcmp(kv->key, "collector_set_id")) {
        return parse_u32(kv, &a->collector_set_id);
    }
    if (!strcmp(kv->key, "obs_domain_id")) {
        return parse_id(kv, &a->obs_domain_id, &a->obs_domain_src);
    }
    if (!strcmp(kv->key, "obs_point_id")) {
        return parse_id(kv, &a->obs_point_id, &a->obs_point_src);
    }
    if (!strcmp(kv->key, "sampling_port")) {
        return names_parse_port(kv->value, p->names, &a->sampling_port)
                   ? NULL
                   : xasprintf("%s: unknown port", kv->value);
    }
    if (!strcmp(kv->key, "ingress")) {
        a->direction = OFP_SAMPLE_INGRESS;
        return NULL;
    }
    if (!strcmp(kv->key, "egress")) {
        a->direction = OFP_SAMPLE_EGRESS;
        return NULL;
    }
    return xasprintf("invalid key \"%s\" in \"sample\" argument", kv->key);
}

char *action_parse_sample(struct action_parser *p, const char *value, int arg)
{
    struct ofp_action_sample *a = ofp_actions_put(p->out, OFPACT_SAMPLE, sizeof *a);
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    struct key_value kv;

    a->sampling_port = OFPP_NONE;
    while (!error && key_value_next(&rest, &kv)) {
        error = parse_word(p, &kv, a);
    }
    free(copy);
    if (!error && !a->probability) {
        error = xstrdup("non-zero \"probability\" must be specified on sample");
    }
    return error;
}
