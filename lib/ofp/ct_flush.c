/* SPDX-License-Identifier: Apache-2.0 */
/* Flushing conntrack, on the wire and as text. */
#include "lib/ofp/ct_flush.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_text.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/print.h"
#include "lib/ofp/prop.h"

enum { PROP_ORIG, PROP_REPLY, PROP_ZONE, PROP_MARK, PROP_MARK_MASK, PROP_LABELS, PROP_LABELS_MASK };
enum { TUPLE_SRC, TUPLE_DST, TUPLE_SRC_PORT, TUPLE_DST_PORT, TUPLE_ICMP_ID, TUPLE_ICMP_TYPE,
       TUPLE_ICMP_CODE };
enum { PROTO_ICMP = 1, PROTO_ICMPV6 = 58, ADDRESS_LEN = 16, TUPLE_HEAD_LEN = 8 };

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

static bool is_icmp(uint8_t proto)
{
    return proto == PROTO_ICMP || proto == PROTO_ICMPV6;
}

/* Numbers may be followed by padding that counts. */
static bool prop_u8(const struct prop *prop, uint8_t *x)
{
    *x = prop->n > PROP_HEADER_LEN ? prop->p[4] : 0;
    return prop->n == 5 || prop->n == 8;
}

static bool prop_u16(const struct prop *prop, uint16_t *x)
{
    *x = prop->n >= 6 ? get_u16(prop->p + 4) : 0;
    return prop->n == 6 || prop->n == 8;
}

static bool prop_u32(const struct prop *prop, uint32_t *x)
{
    *x = prop->n >= 8 ? get_u32(prop->p + 4) : 0;
    return prop->n == 8;
}

static bool prop_u128(const struct prop *prop, uint8_t x[16])
{
    bool fits = prop->n == PROP_HEADER_LEN + 16;

    memcpy(x, prop->p + PROP_HEADER_LEN, fits ? 16 : 0);
    return fits;
}

static enum ofp_error decode_tuple_prop(const struct prop *prop, struct ofp_ct_tuple *t)
{
    bool fits;

    switch (prop->type) {
    case TUPLE_SRC:
        fits = prop_u128(prop, t->src);
        break;
    case TUPLE_DST:
        fits = prop_u128(prop, t->dst);
        break;
    case TUPLE_SRC_PORT:
        fits = prop_u16(prop, &t->src_port);
        break;
    case TUPLE_DST_PORT:
        fits = prop_u16(prop, &t->dst_port);
        break;
    case TUPLE_ICMP_ID:
        fits = prop_u16(prop, &t->icmp_id);
        break;
    case TUPLE_ICMP_TYPE:
        fits = prop_u8(prop, &t->icmp_type);
        break;
    case TUPLE_ICMP_CODE:
        fits = prop_u8(prop, &t->icmp_code);
        break;
    default:
        return prop_unknown(prop);
    }
    return fits ? OFPERR_OK : OFPBPC_BAD_LEN;
}

/* Both addresses, of both tuples, are of one family. */
static bool note_family(struct ofp_ct_flush *cf, const uint8_t address[16])
{
    if (is_zero(address, ADDRESS_LEN)) {
        return true;
    }
    uint8_t family = memcmp(address, mapped_prefix, sizeof mapped_prefix) ? 6 : 4;
    bool same = !cf->family || cf->family == family;
    cf->family = family;
    return same;
}

static enum ofp_error decode_tuple(const struct prop *tuple, struct ofp_ct_flush *cf,
                                   struct ofp_ct_tuple *t)
{
    const uint8_t *p = tuple->p + TUPLE_HEAD_LEN;

    if (tuple->n < TUPLE_HEAD_LEN || tuple->n % 8) {
        return OFPBPC_BAD_LEN;
    }
    for (size_t n = tuple->n - TUPLE_HEAD_LEN; n;) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        error = error ? error : decode_tuple_prop(&prop, t);
        if (error) {
            return error;
        }
    }
    return note_family(cf, t->src) && note_family(cf, t->dst) ? OFPERR_OK : OFPBPC_BAD_VALUE;
}

static enum ofp_error decode_prop(const struct prop *prop, struct ofp_ct_flush *cf)
{
    bool fits;

    switch (prop->type) {
    case PROP_ORIG:
        return decode_tuple(prop, cf, &cf->orig);
    case PROP_REPLY:
        return decode_tuple(prop, cf, &cf->reply);
    case PROP_ZONE:
        fits = prop_u16(prop, &cf->zone);
        cf->has_zone = true;
        break;
    case PROP_MARK:
        fits = prop_u32(prop, &cf->mark);
        cf->mark_mask = cf->mark_mask ? cf->mark_mask : UINT32_MAX;
        break;
    case PROP_MARK_MASK:
        fits = prop_u32(prop, &cf->mark_mask);
        break;
    case PROP_LABELS:
        fits = prop_u128(prop, cf->labels);
        if (is_zero(cf->labels_mask, sizeof cf->labels_mask)) {
            memset(cf->labels_mask, 0xff, sizeof cf->labels_mask);
        }
        break;
    case PROP_LABELS_MASK:
        fits = prop_u128(prop, cf->labels_mask);
        break;
    default:
        return prop_unknown(prop);
    }
    return fits ? OFPERR_OK : OFPBPC_BAD_LEN;
}

enum ofp_error ct_flush_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_ct_flush *cf = &msg->u.ct_flush;
    const uint8_t *p = h->body + 8;

    cf->nw_proto = h->body[0];
    if (!is_zero(h->body + 1, 7)) {
        return NXBRC_MUST_BE_ZERO;
    }
    for (size_t n = h->body_len - 8; n;) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        error = error ? error : decode_prop(&prop, cf);
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

enum ofp_error ct_flush_zone_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.ct_flush_zone.zone = get_u16(h->body + 6);
    return OFPERR_OK;
}

void ofp_encode_ct_flush_zone(struct ofpbuf *out, enum ofp_version version, uint16_t zone, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_NXT_CT_FLUSH_ZONE, version, true, xid);

    put_zeros(out, 6);
    put_u16(out, zone);
    msg_end(out, start);
}

static void put_bytes(struct ofpbuf *out, uint16_t type, const void *p, size_t n)
{
    size_t start = prop_begin(out, type);

    ofpbuf_put(out, p, n);
    prop_end(out, start);
}

/* As Open vSwitch has them: 8 bytes, the last two of which are padding that counts. */
static void put_u16_prop(struct ofpbuf *out, uint16_t type, uint16_t x)
{
    prop_put_u32(out, type, (uint32_t) x << 16);
}

static void encode_tuple(struct ofpbuf *out, uint16_t type, uint8_t proto,
                         const struct ofp_ct_tuple *t)
{
    size_t start = prop_begin(out, type), empty;

    put_zeros(out, 4);
    empty = out->size;
    if (!is_zero(t->src, sizeof t->src)) {
        put_bytes(out, TUPLE_SRC, t->src, sizeof t->src);
    }
    if (!is_zero(t->dst, sizeof t->dst)) {
        put_bytes(out, TUPLE_DST, t->dst, sizeof t->dst);
    }
    if (is_icmp(proto)) {
        put_u16_prop(out, TUPLE_ICMP_ID, t->icmp_id);
        put_bytes(out, TUPLE_ICMP_TYPE, &t->icmp_type, 1);
        put_bytes(out, TUPLE_ICMP_CODE, &t->icmp_code, 1);
    } else {
        if (t->src_port) {
            put_u16_prop(out, TUPLE_SRC_PORT, t->src_port);
        }
        if (t->dst_port) {
            put_u16_prop(out, TUPLE_DST_PORT, t->dst_port);
        }
    }
    if (out->size == empty) {
        out->size = start;
    } else {
        prop_end(out, start);
    }
}

void ofp_encode_ct_flush(struct ofpbuf *out, enum ofp_version version,
                         const struct ofp_ct_flush *cf, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_NXT_CT_FLUSH, version, true, xid);

    put_u8(out, cf->nw_proto);
    put_zeros(out, 7);
    encode_tuple(out, PROP_ORIG, cf->nw_proto, &cf->orig);
    encode_tuple(out, PROP_REPLY, cf->nw_proto, &cf->reply);
    if (cf->has_zone) {
        put_u16_prop(out, PROP_ZONE, cf->zone);
    }
    if (cf->mark_mask) {
        prop_put_u32(out, PROP_MARK, cf->mark);
        prop_put_u32(out, PROP_MARK_MASK, cf->mark_mask);
    }
    if (!is_zero(cf->labels_mask, sizeof cf->labels_mask)) {
        put_bytes(out, PROP_LABELS, cf->labels, sizeof cf->labels);
        put_bytes(out, PROP_LABELS_MASK, cf->labels_mask, sizeof cf->labels_mask);
    }
    msg_end(out, start);
}

static void format_address(struct strbuf *s, const uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];

    if (memcmp(address, mapped_prefix, sizeof mapped_prefix)) {
        inet_ntop(AF_INET6, address, text, sizeof text);
    } else {
        inet_ntop(AF_INET, address + sizeof mapped_prefix, text, sizeof text);
    }
    strbuf_puts(s, text);
}

static void format_tuple(struct strbuf *s, const struct ofp_ct_flush *cf,
                         const struct ofp_ct_tuple *t)
{
    const char *family = cf->family == 4 ? "nw" : "ipv6";

    strbuf_putf(s, "ct_%s_src=", family);
    format_address(s, t->src);
    strbuf_putf(s, ",ct_%s_dst=", family);
    format_address(s, t->dst);
    if (is_icmp(cf->nw_proto)) {
        strbuf_putf(s, ",icmp_id=%u,icmp_type=%u,icmp_code=%u", t->icmp_id, t->icmp_type,
                    t->icmp_code);
    } else {
        strbuf_putf(s, ",ct_tp_src=%u,ct_tp_dst=%u", t->src_port, t->dst_port);
    }
}

static void format_masked_labels(struct strbuf *s, const struct ofp_ct_flush *cf)
{
    strbuf_puts(s, " labels=0x");
    strbuf_put_hex(s, cf->labels, sizeof cf->labels);
    strbuf_puts(s, "/0x");
    strbuf_put_hex(s, cf->labels_mask, sizeof cf->labels_mask);
}

void ofp_ct_flush_format(struct strbuf *s, const struct ofp_ct_flush *cf)
{
    strbuf_putf(s, "zone=%u", cf->zone);
    if (cf->mark_mask) {
        strbuf_putf(s, " mark=%#x/%#x", cf->mark, cf->mark_mask);
    }
    if (!is_zero(cf->labels_mask, sizeof cf->labels_mask)) {
        format_masked_labels(s, cf);
    }
    strbuf_puts(s, " '");
    format_tuple(s, cf, &cf->orig);
    strbuf_putf(s, ",ct_nw_proto=%u' '", cf->nw_proto);
    format_tuple(s, cf, &cf->reply);
    strbuf_putc(s, '\'');
}

enum ofp_error print_ct_flush(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putc(p->s, ' ');
    ofp_ct_flush_format(p->s, &msg->u.ct_flush);
    return OFPERR_OK;
}

enum ofp_error print_ct_flush_zone(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putf(p->s, " zone_id=%u", msg->u.ct_flush_zone.zone);
    return OFPERR_OK;
}

static char *parse_address(struct ofp_ct_flush *cf, const struct key_value *kv, uint8_t address[16])
{
    bool v4 = !strncmp(kv->key, "ct_nw", 5);

    if (cf->family && cf->family != (v4 ? 4 : 6)) {
        return xasprintf("the L3 protocol does not match %s", kv->value);
    }
    memcpy(address, mapped_prefix, v4 ? sizeof mapped_prefix : 0);
    if (inet_pton(v4 ? AF_INET : AF_INET6, kv->value, address + (v4 ? sizeof mapped_prefix : 0)) !=
        1) {
        return xasprintf("failed to parse field %s", kv->key);
    }
    cf->family = v4 ? 4 : 6;
    return NULL;
}

static char *parse_number(const struct key_value *kv, uint64_t max, uint16_t *x)
{
    uint64_t n;
    char *error = action_parse_number(kv->value, NULL, max, &n);

    if (error) {
        free(error);
        return xasprintf("failed to parse field %s", kv->key);
    }
    *x = (uint16_t) n;
    return NULL;
}

static char *parse_tuple_word(struct ofp_ct_flush *cf, struct ofp_ct_tuple *t,
                              const struct key_value *kv, bool *has_ports, bool *has_icmp)
{
    uint16_t x = 0;
    char *error;

    if (!strcmp(kv->key, "ct_nw_src") || !strcmp(kv->key, "ct_ipv6_src")) {
        return parse_address(cf, kv, t->src);
    }
    if (!strcmp(kv->key, "ct_nw_dst") || !strcmp(kv->key, "ct_ipv6_dst")) {
        return parse_address(cf, kv, t->dst);
    }
    if (!strcmp(kv->key, "ct_nw_proto")) {
        error = parse_number(kv, UINT8_MAX, &x);
        cf->nw_proto = (uint8_t) x;
    } else if (!strcmp(kv->key, "ct_tp_src") || !strcmp(kv->key, "ct_tp_dst")) {
        *has_ports = true;
        error = parse_number(kv, UINT16_MAX,
                             strcmp(kv->key, "ct_tp_src") ? &t->dst_port : &t->src_port);
    } else if (!strcmp(kv->key, "icmp_id")) {
        *has_icmp = true;
        error = parse_number(kv, UINT16_MAX, &t->icmp_id);
    } else if (!strcmp(kv->key, "icmp_type")) {
        *has_icmp = true;
        error = parse_number(kv, UINT8_MAX, &x);
        t->icmp_type = (uint8_t) x;
    } else if (!strcmp(kv->key, "icmp_code")) {
        *has_icmp = true;
        error = parse_number(kv, UINT8_MAX, &x);
        t->icmp_code = (uint8_t) x;
    } else {
        error = xasprintf("invalid conntrack tuple field: %s", kv->key);
    }
    return error;
}

static char *check_ports(const struct ofp_ct_flush *cf, bool has_ports, bool has_icmp)
{
    if ((has_ports || has_icmp) && !cf->nw_proto) {
        return xasprintf("%s", has_ports ? "port is set without protocol"
                                         : "ICMP parameters are set without protocol");
    }
    if (has_ports && is_icmp(cf->nw_proto)) {
        return xstrdup("ICMP has no ports");
    }
    if (has_icmp && !is_icmp(cf->nw_proto)) {
        return xstrdup("ICMP parameters are set for another protocol");
    }
    return NULL;
}

char *ofp_ct_tuple_parse(struct ofp_ct_flush *cf, struct ofp_ct_tuple *t, const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *error = NULL;
    bool has_ports = false, has_icmp = false;
    struct key_value kv;

    memset(t, 0, sizeof *t);
    while (!error && key_value_next(&rest, &kv)) {
        error = *kv.value ? parse_tuple_word(cf, t, &kv, &has_ports, &has_icmp)
                          : xasprintf("field %s missing value", kv.key);
    }
    error = error ? error : check_ports(cf, has_ports, has_icmp);
    free(copy);
    return error;
}
