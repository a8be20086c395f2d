/* SPDX-License-Identifier: Apache-2.0 */
/* The actions "encap" and "decap" (NXAST_ENCAP, NXAST_DECAP; ONF EXT-382).
 *
 * Behind the new header's type stand properties, each padded to 8 bytes: class, type, length,
 * content. Those of NSH are its metadata's type and TLVs for type 2. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_encode.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/key_value.h"

enum { NX_ENCAP = 46, NX_DECAP = 47 };
enum { FIXED_LEN = 16, MAX_PROPS = 512 };
enum { PT_ETHERNET = 0, PT_NSH = 0x1894f, PT_MPLS = 0x18847, PT_MPLS_MCAST = 0x18848 };
enum { PT_USE_NEXT_PROTO = 0xfffe };
enum {
    PROP_HEADER_LEN = 4,
    PROP_CLASS_NSH = 4,
    PROP_MD_TYPE = 1,
    PROP_MD_TYPE_LEN = 5,
    PROP_TLV = 2,
    PROP_TLV_HEADER_LEN = 8,
    PROP_TLV_MAX_DATA = 240,
};

static enum ofp_error check_prop(const uint8_t *p, size_t left, uint8_t *md_type)
{
    size_t len = left >= PROP_HEADER_LEN ? p[3] : 0;

    if (len < PROP_HEADER_LEN || ROUND_UP(len, 8) > left) {
        return OFPBAC_BAD_LEN;
    }
    if (get_u16(p) != PROP_CLASS_NSH) {
        return NXBAC_UNKNOWN_ED_PROP;
    }
    switch (p[2]) {
    case PROP_MD_TYPE:
        *md_type = p[4];
        return len == PROP_MD_TYPE_LEN && (p[4] == 1 || p[4] == 2) ? OFPERR_OK : NXBAC_BAD_ED_PROP;
    case PROP_TLV:
        /* The length counts the padding, or does not: both are about. */
        return len >= PROP_TLV_HEADER_LEN + p[7] && len <= ROUND_UP(PROP_TLV_HEADER_LEN + p[7], 8)
                   ? OFPERR_OK
                   : NXBAC_BAD_ED_PROP;
    default:
        return NXBAC_UNKNOWN_ED_PROP;
    }
}

static enum ofp_error check_props(const uint8_t *p, size_t n, uint8_t *md_type)
{
    while (n) {
        enum ofp_error error = check_prop(p, n, md_type);
        if (error) {
            return error;
        }
        n -= ROUND_UP(p[3], 8u);
        p += ROUND_UP(p[3], 8u);
    }
    return OFPERR_OK;
}

static struct ofp_action_encap *put(struct ofpbuf *out, enum ofp_action_type type,
                                    const uint8_t *props, size_t n)
{
    struct ofp_action_encap *a = ofp_actions_put(out, type, sizeof *a + n);

    a->props_len = (uint16_t) n;
    if (n) {
        memcpy(a->props, props, n);
    }
    return a;
}

enum ofp_error action_decode_nx_encap(const struct action_source *src, struct ofpbuf *out)
{
    size_t n = src->n - FIXED_LEN;
    struct ofp_action_encap *a = put(out, OFPACT_ENCAP, src->p + FIXED_LEN, n);

    a->hdr_size = get_u16(src->p + ACTION_NX_HEADER_LEN);
    a->packet_type = get_be32(src->p + ACTION_NX_HEADER_LEN + 2);
    switch (ntohl(a->packet_type)) {
    case PT_NSH:
        break;
    case PT_ETHERNET:
    case PT_MPLS:
    case PT_MPLS_MCAST:
        if (n) {
            return NXBAC_UNKNOWN_ED_PROP;
        }
        break;
    default:
        return NXBAC_BAD_HEADER_TYPE;
    }
    if (n > MAX_PROPS) {
        return NXBAC_BAD_ED_PROP;
    }
    return check_props(a->props, n, &a->nsh_md_type);
}

enum ofp_error action_decode_nx_decap(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_encap *a = put(out, OFPACT_DECAP, NULL, 0);

    a->packet_type = get_be32(src->p + ACTION_NX_HEADER_LEN + 2);
    if (src->n > FIXED_LEN) {
        return NXBAC_UNKNOWN_ED_PROP;
    }
    return OFPERR_OK;
}

void action_encode_encap(const struct ofp_action *action, enum ofp_version version,
                         struct ofpbuf *out)
{
    const struct ofp_action_encap *a = (const void *) action;
    bool decap = action->type == OFPACT_DECAP;
    size_t start = action_encode_begin_nx(out, decap ? NX_DECAP : NX_ENCAP);

    put_u16(out, a->hdr_size);
    ofpbuf_put(out, &a->packet_type, sizeof a->packet_type);
    ofpbuf_put(out, a->props, a->props_len);
    action_encode_end(out, start);
}

static void put_prop(struct strbuf *s, const uint8_t *p)
{
    if (p[2] == PROP_MD_TYPE) {
        strbuf_putf(s, "md_type=%u,", p[4]);
        return;
    }
    strbuf_putf(s, "tlv(0x%04x,%u,", get_u16(p + 4), p[6]);
    strbuf_puts(s, p[7] ? "0x" : "0");
    for (unsigned int i = 0; i < p[7]; i++) {
        strbuf_putf(s, "%02x", p[8 + i]);
    }
    strbuf_puts(s, "),");
}

void action_format_encap(struct strbuf *s, const struct ofp_action *action,
                         const struct ofp_names *names)
{
    const struct ofp_action_encap *a = (const void *) action;
    uint32_t type = ntohl(a->packet_type);

    if (action->type == OFPACT_DECAP) {
        strbuf_puts(s, "decap(");
        if (type != PT_USE_NEXT_PROTO) {
            strbuf_putf(s, "packet_type(ns=%u,type=%#x)", type >> 16, type & 0xffff);
        }
        strbuf_putc(s, ')');
        return;
    }
    strbuf_putf(s, "encap(%s", type == PT_NSH          ? "nsh"
                               : type == PT_MPLS       ? "mpls"
                               : type == PT_MPLS_MCAST ? "mpls_mcast"
                                                       : "ethernet");
    if (a->props_len) {
        strbuf_putc(s, '(');
        for (size_t at = 0; at < a->props_len; at += ROUND_UP(a->props[at + 3], 8u)) {
            put_prop(s, a->props + at);
        }
        strbuf_chomp(s, ',');
        strbuf_putc(s, ')');
    }
    strbuf_putc(s, ')');
}

/* "CLASS,TYPE,0xHEX". */
static char *parse_tlv(const char *text, uint8_t *props, size_t *n)
{
    unsigned int class, type;
    int at = -1;
    uint8_t *p = props + *n;
    size_t len = 0;

    if (sscanf(text, "%i,%i,%n", (int *) &class, (int *) &type, &at) != 2 || at < 0) {
        return xasprintf("Invalid NSH TLV header: %s", text);
    }
    if (class > UINT16_MAX || type > UINT8_MAX) {
        return xasprintf("Invalid TLV class or type: %s", text);
    }
    bool empty = !strcmp(text + at, "0"), prefix = !strncmp(text + at, "0x", 2);
    const char *hex = text + at + (empty ? 1 : 2 * prefix);
    size_t digits = strspn(hex, "0123456789abcdefABCDEF");
    if (hex[digits] || (!empty && (!prefix || !digits)) || digits % 2 || digits / 2 > PROP_TLV_MAX_DATA) {
        return xasprintf("Invalid NSH TLV value: %s", text);
    }
    if (*n + ROUND_UP(PROP_TLV_HEADER_LEN + digits / 2, 8) > MAX_PROPS) {
        return xstrdup("too many properties");
    }
    for (; len < digits / 2; len++) {
        char pair[3] = { hex[2 * len], hex[2 * len + 1], '\0' };
        p[PROP_TLV_HEADER_LEN + len] = (uint8_t) strtoul(pair, NULL, 16);
    }
    put_be16(p, htons(PROP_CLASS_NSH));
    p[2] = PROP_TLV;
    p[3] = (uint8_t) ROUND_UP(PROP_TLV_HEADER_LEN + len, 8);
    put_be16(p + 4, htons((uint16_t) class));
    p[6] = (uint8_t) type;
    p[7] = (uint8_t) len;
    *n += ROUND_UP(PROP_TLV_HEADER_LEN + len, 8);
    return NULL;
}

static char *parse_nsh(char *text, uint8_t *props, size_t *n, uint8_t *md_type)
{
    struct key_value kv;

    while (key_value_next(&text, &kv)) {
        char *error = NULL;

        if (!strcmp(kv.key, "md_type")) {
            if (strcmp(kv.value, "1") && strcmp(kv.value, "2")) {
                return xstrdup("invalid md_type");
            }
            if (*n + 8 > MAX_PROPS) {
                return xstrdup("too many properties");
            }
            *md_type = (uint8_t) (*kv.value - '0');
            static const uint8_t head[] = { 0, PROP_CLASS_NSH, PROP_MD_TYPE, PROP_MD_TYPE_LEN };
            memcpy(props + *n, head, sizeof head);
            props[*n + 4] = *md_type;
            *n += 8;
        } else if (!strcmp(kv.key, "tlv")) {
            error = parse_tlv(kv.value, props, n);
        } else {
            error = xasprintf("Invalid property: %s", kv.key);
        }
        if (error) {
            return error;
        }
    }
    return NULL;
}

char *action_parse_encap(struct action_parser *p, const char *value, int arg)
{
    static const struct {
        const char *name;
        uint32_t type;
    } headers[] = {
        { "nsh", PT_NSH },
        { "ethernet", PT_ETHERNET },
        { "mpls", PT_MPLS },
        { "mpls_mcast", PT_MPLS_MCAST },
    };
    uint8_t props[MAX_PROPS] = { 0 }, md_type = 0;
    size_t n = 0, i;
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    struct key_value kv;

    if (!key_value_next(&rest, &kv)) {
        free(copy);
        return xstrdup("Missing encap hdr: ");
    }
    for (i = 0; i < ARRAY_SIZE(headers) && strcmp(kv.key, headers[i].name); i++) {
    }
    if (i == ARRAY_SIZE(headers)) {
        error = xasprintf("Encap hdr not supported: %s", value);
    } else if (headers[i].type == PT_NSH) {
        error = parse_nsh(kv.value, props, &n, &md_type);
    } else if (*kv.value) {
        error = xasprintf("Invalid property: %s", kv.value);
    }
    if (!error) {
        struct ofp_action_encap *a = put(p->out, OFPACT_ENCAP, props, n);
        a->packet_type = htonl(headers[i].type);
        a->nsh_md_type = md_type;
    }
    free(copy);
    return error;
}

char *action_parse_decap(struct action_parser *p, const char *value, int arg)
{
    unsigned int space = 0, type = PT_USE_NEXT_PROTO;
    int n = -1;

    if (*value && (sscanf(value, "packet_type(ns=%i,type=%i)%n", (int *) &space, (int *) &type,
                          &n) != 2 ||
                   n < 0 || value[n] || space > UINT16_MAX || type > UINT16_MAX)) {
        return xasprintf("Invalid decap argument: %s", value);
    }
    struct ofp_action_encap *a = put(p->out, OFPACT_DECAP, NULL, 0);
    a->packet_type = htonl(space << 16 | type);
    return NULL;
}
