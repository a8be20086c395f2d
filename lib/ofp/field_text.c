/* SPDX-License-Identifier: Apache-2.0 */
/* Values of fields as text. */
#include "lib/ofp/field_table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flags_text.h"
#include "lib/net/flow_text.h"
#include "lib/ofp/names.h"

/* Values of nw_frag: bit 0 for any fragment, bit 1 for one that is not the first. */
static const struct {
    const char *name;
    uint8_t value, mask;
} frags[] = {
    { "no", 0, 3 }, { "yes", 1, 1 }, { "first", 1, 3 }, { "later", 3, 3 }, { "not_later", 0, 2 },
};

static bool is_exact(const struct field *f, const union field_value *mask)
{
    union field_value exact;

    if (!mask) {
        return true;
    }
    field_exact_mask(f, &exact);
    return !memcmp(exact.b, mask->b, f->n_bytes);
}

static uint64_t to_host(const struct field *f, const union field_value *v)
{
    uint64_t x = 0;

    for (int i = 0; i < f->n_bytes; i++) {
        x = x << 8 | v->b[i];
    }
    return x;
}

static void from_host(const struct field *f, uint64_t x, union field_value *v)
{
    memset(v, 0, sizeof *v);
    for (int i = f->n_bytes; i-- > 0; x >>= 8) {
        v->b[i] = (uint8_t) x;
    }
}

/* Hexadecimal of any width, "0" for zero as %#x has it. */
static void format_hex(struct strbuf *s, const struct field *f, const union field_value *v)
{
    int i = 0;

    while (i < f->n_bytes && !v->b[i]) {
        i++;
    }
    if (i == f->n_bytes) {
        strbuf_putc(s, '0');
        return;
    }
    strbuf_putf(s, "0x%x", v->b[i]);
    for (i++; i < f->n_bytes; i++) {
        strbuf_putf(s, "%02x", v->b[i]);
    }
}

static void format_number(struct strbuf *s, const struct field *f, const union field_value *v,
                          const union field_value *mask)
{
    bool exact = is_exact(f, mask);

    if (f->format != FORMAT_HEX) {
        strbuf_putf(s, "%llu", (unsigned long long) to_host(f, v));
    } else {
        format_hex(s, f, v);
    }
    if (!exact) {
        strbuf_putc(s, '/');
        format_hex(s, f, mask);
    }
}

static void format_frag(struct strbuf *s, uint8_t value, uint8_t mask)
{
    for (size_t i = 0; i < ARRAY_SIZE(frags); i++) {
        if (frags[i].value == (value & mask) && frags[i].mask == mask) {
            strbuf_puts(s, frags[i].name);
            return;
        }
    }
    /* The two that have no name of their own. */
    strbuf_puts(s, mask == FLOW_FRAG_ANY ? "no" : mask == FLOW_FRAG_LATER ? "later" : "<error>");
}

static void format_flags(struct strbuf *s, const struct flags_text *flags, const struct field *f,
                         const union field_value *v, const union field_value *mask)
{
    if (!to_host(f, mask)) {
        strbuf_puts(s, "0/0");
    } else if (is_exact(f, mask)) {
        flags_text_format(s, flags, (uint32_t) to_host(f, v));
    } else {
        flags_text_format_masked(s, flags, (uint32_t) to_host(f, v), (uint32_t) to_host(f, mask));
    }
}

void field_format_value(struct strbuf *s, const struct field *f, const union field_value *v,
                        const union field_value *mask, const struct ofp_names *names)
{
    union field_value exact;

    if (!mask) {
        field_exact_mask(f, &exact);
        mask = &exact;
    }
    switch (f->format) {
    case FORMAT_DECIMAL:
    case FORMAT_HEX:
        format_number(s, f, v, mask);
        break;
    case FORMAT_ETHERNET:
        eth_format_masked(s, v->mac, mask->mac);
        break;
    case FORMAT_IPV4:
        ipv4_format_masked(s, v->be32, mask->be32);
        break;
    case FORMAT_IPV6:
        ipv6_format_masked(s, v->ipv6, mask->ipv6);
        break;
    case FORMAT_PORT_10:
        names_format_port(s, ofp_port_from_10(ntohs(v->be16)), names);
        break;
    case FORMAT_PORT:
        names_format_port(s, ntohl(v->be32), names);
        break;
    case FORMAT_FRAG:
        format_frag(s, v->u8, mask->u8 & (FLOW_FRAG_ANY | FLOW_FRAG_LATER));
        break;
    case FORMAT_TCP_FLAGS:
        format_flags(s, &flags_text_tcp, f, v, mask);
        break;
    case FORMAT_CT_STATE:
        format_flags(s, &flags_text_ct_state, f, v, mask);
        break;
    case FORMAT_TUN_FLAGS:
        format_flags(s, &flags_text_tunnel, f, v, mask);
        break;
    case FORMAT_PACKET_TYPE:
        strbuf_putf(s, "(%u,0x%x)", ntohl(v->be32) >> 16, ntohl(v->be32) & 0xffff);
        break;
    }
}

/* The digits at 's' up to 'end', as a number of at most n_bytes. */
enum number { NUMBER_OK, NUMBER_SYNTAX, NUMBER_TOO_LARGE };

static enum number parse_hex(const char *s, const char *end, const struct field *f,
                             union field_value *v)
{
    memset(v, 0, sizeof *v);
    if (s == end) {
        return NUMBER_SYNTAX;
    }
    while (s < end && *s == '0') {
        s++;
    }
    if ((size_t) (end - s) > f->n_bytes * 2u) {
        return NUMBER_TOO_LARGE;
    }
    unsigned int nibble = 0;
    for (const char *p = end; p-- > s; nibble++) {
        if (!isxdigit((unsigned char) *p)) {
            return NUMBER_SYNTAX;
        }
        unsigned int digit = isdigit((unsigned char) *p)
                                 ? (unsigned int) (*p - '0')
                                 : (unsigned int) (tolower((unsigned char) *p) - 'a' + 10);
        v->b[f->n_bytes - 1u - nibble / 2] |= (uint8_t) (digit << nibble % 2 * 4);
    }
    return NUMBER_OK;
}

static enum number parse_decimal(const char *s, const char *end, const struct field *f,
                                 union field_value *v)
{
    uint64_t x = 0;

    if (s == end) {
        return NUMBER_SYNTAX;
    }
    for (; s < end; s++) {
        if (!isdigit((unsigned char) *s)) {
            return NUMBER_SYNTAX;
        }
        if (__builtin_mul_overflow(x, 10, &x) ||
            __builtin_add_overflow(x, (uint64_t) (*s - '0'), &x)) {
            return NUMBER_TOO_LARGE;
        }
    }
    if (f->n_bytes < 8 && x >> f->n_bytes * 8) {
        return NUMBER_TOO_LARGE;
    }
    memset(v, 0, sizeof *v);
    for (int i = f->n_bytes; i-- > 0 && x; x >>= 8) {
        v->b[i] = (uint8_t) x;
    }
    return NUMBER_OK;
}

static enum number parse_digits(const char *s, const char *end, const struct field *f,
                                union field_value *v)
{
    if (end - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        return parse_hex(s + 2, end, f, v);
    }
    return *s == '-' && end - s > 1 ? NUMBER_TOO_LARGE : parse_decimal(s, end, f, v);
}

static char *number_error(enum number result, const char *text, const struct field *f,
                          const char *what)
{
    switch (result) {
    case NUMBER_SYNTAX:
        return xasprintf("%s: bad syntax for %s %s", text, f->name, what);
    case NUMBER_TOO_LARGE:
        return xasprintf("%s: value too large for %u-byte field %s", text, f->n_bytes, f->name);
    default:
        return NULL;
    }
}

static char *parse_number(const struct field *f, const char *text, union field_value *v,
                          union field_value *mask)
{
    const char *slash = strchr(text, '/');
    const char *end = slash ? slash : text + strlen(text);
    char *error = number_error(parse_digits(text, end, f, v), text, f, "value");

    if (!error && slash) {
        error = number_error(parse_digits(slash + 1, slash + strlen(slash), f, mask), text, f,
                             "mask");
    }
    return error;
}

static char *parse_ethernet(const char *text, union field_value *v, union field_value *mask)
{
    char *copy = xstrdup(text);
    char *slash = strchr(copy, '/');
    char *error = NULL;

    if (slash) {
        *slash = '\0';
    }
    if (!eth_parse(copy, &v->mac) || (slash && !eth_parse(slash + 1, &mask->mac))) {
        error = xasprintf("%s: invalid Ethernet address", text);
    }
    free(copy);
    return error;
}

/* In the words that ovs-ofctl has for it. */
static char *address_error(char *error, const char *text, const char *kind)
{
    if (!error) {
        return NULL;
    }
    free(error);
    return xasprintf("%s: invalid %s address", text, kind);
}

static char *parse_port(const struct field *f, const char *text, const struct ofp_names *names,
                        union field_value *v)
{
    ofp_port_t port;
    uint16_t port10;

    if (!names_parse_port(text, names, &port) || !ofp_port_to_10(port, &port10)) {
        return xasprintf("%s: invalid or unknown port for %s", text, f->name);
    }
    if (f->n_bytes == 2) {
        v->be16 = htons(port10);
    } else {
        v->be32 = htonl(port);
    }
    return NULL;
}

static char *parse_frag(const char *text, union field_value *v, union field_value *mask)
{
    for (size_t i = 0; i < ARRAY_SIZE(frags); i++) {
        if (!strcasecmp(text, frags[i].name)) {
            v->u8 = frags[i].value;
            mask->u8 = frags[i].mask;
            return NULL;
        }
    }
    return xasprintf("%s: unknown fragment type (valid types are \"no\", \"yes\", \"first\", "
                     "\"later\", \"not_later\"",
                     text);
}

static char *parse_flags(const struct field *f, const struct flags_text *flags, const char *what,
                         const char *text, union field_value *v, union field_value *mask)
{
    uint32_t value, bits, known = (uint32_t) to_host(f, mask);

    if (!flags_text_scan(flags, text, &value, &bits) || value & ~known) {
        return xasprintf("%s: unknown %s flag(s)", text, what);
    }
    from_host(f, value, v);
    from_host(f, bits & known, mask);
    return NULL;
}

static char *parse_packet_type(const char *text, union field_value *v)
{
    unsigned int space, type;
    int n = -1;

    if (sscanf(text, "(%u,%i)%n", &space, (int *) &type, &n) != 2 || n < 0 || text[n] ||
        space > UINT16_MAX || type > UINT16_MAX) {
        return xasprintf("%s: bad syntax for packet type", text);
    }
    v->be32 = htonl(space << 16 | type);
    return NULL;
}

static char *parse(const struct field *f, const char *text, const struct ofp_names *names,
                   union field_value *v, union field_value *mask)
{
    switch (f->format) {
    case FORMAT_DECIMAL:
    case FORMAT_HEX:
        return parse_number(f, text, v, mask);
    case FORMAT_ETHERNET:
        return parse_ethernet(text, v, mask);
    case FORMAT_IPV4:
        return address_error(ipv4_parse_masked(text, &v->be32, &mask->be32), text, "IP");
    case FORMAT_IPV6:
        return address_error(ipv6_parse_masked(text, v->ipv6, mask->ipv6), text, "IPv6");
    case FORMAT_PORT_10:
    case FORMAT_PORT:
        return parse_port(f, text, names, v);
    case FORMAT_FRAG:
        return parse_frag(text, v, mask);
    case FORMAT_TCP_FLAGS:
        return parse_flags(f, &flags_text_tcp, "TCP", text, v, mask);
    case FORMAT_CT_STATE:
        return parse_flags(f, &flags_text_ct_state, "ct_state", text, v, mask);
    case FORMAT_TUN_FLAGS:
        return parse_flags(f, &flags_text_tunnel, "tunnel", text, v, mask);
    case FORMAT_PACKET_TYPE:
        return parse_packet_type(text, v);
    }
    return xasprintf("%s: bad syntax for %s value", text, f->name);
}

char *field_parse_value(const struct field *f, const char *text, const struct ofp_names *names,
                        union field_value *value, union field_value *mask)
{
    union field_value exact;

    memset(value, 0, sizeof *value);
    field_exact_mask(f, &exact);
    if (!strcmp(text, "*")) {
        memset(mask, 0, sizeof *mask);
        return NULL;
    }
    *mask = exact;
    char *error = parse(f, text, names, value, mask);
    if (error) {
        return error;
    }
    if (!field_mask_valid(f, mask)) {
        return xasprintf("%s: invalid mask for field %s", text, f->name);
    }
    /* Without a mask the value stays as it is, so that the caller sees what is beyond the field. */
    for (int i = 0; i < f->n_bytes && memcmp(mask->b, exact.b, f->n_bytes); i++) {
        value->b[i] &= mask->b[i];
    }
    return NULL;
}
