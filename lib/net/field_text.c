/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and parsing of fields by their kind. */
#include "lib/net/field_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flags_text.h"
#include "lib/net/tunnel_text.h"

/* Bytes in the structure. */
static size_t field_size(const struct field_text *f)
{
    static const uint8_t sizes[] = {
        [FIELD_U8] = 1,        [FIELD_U8_HEX] = 1,   [FIELD_U16_HEX] = 2,   [FIELD_U32_HEX] = 4,
        [FIELD_BE16] = 2,      [FIELD_BE16_HEX] = 2, [FIELD_BE32_HEX] = 4,  [FIELD_BE64_HEX] = 8,
        [FIELD_U128_HEX] = 16, [FIELD_ETH_TYPE] = 2, [FIELD_ETH] = 6,       [FIELD_IPV4] = 4,
        [FIELD_IPV6] = 16,     [FIELD_FRAG] = 1,     [FIELD_TCP_FLAGS] = 2, [FIELD_CT_STATE] = 1,
        [FIELD_TUN_FLAGS] = 2, [FIELD_PORT] = 4,     [FIELD_BE32] = 4,      [FIELD_TUN_GBP] = 3,
        [FIELD_TUN_GENEVE] = 1,
    };
    return sizes[f->kind];
}

/* Kinds that are not a number. */
static bool is_bytes(const struct field_text *f)
{
    return f->kind == FIELD_ETH || f->kind == FIELD_IPV4 || f->kind == FIELD_IPV6 ||
           f->kind == FIELD_U128_HEX;
}

/* Kinds with parts of their own. */
static bool is_nested(const struct field_text *f)
{
    return f->kind == FIELD_TUN_GBP || f->kind == FIELD_TUN_GENEVE;
}

static uint64_t significant(const struct field_text *f)
{
    return f->bits == 64 ? UINT64_MAX : (UINT64_C(1) << f->bits) - 1;
}

/* The significant bits of a number. */
static uint64_t load(const struct field_text *f, const void *base)
{
    const uint8_t *p = (const uint8_t *)base + f->offset;
    uint64_t x;
    switch (f->kind) {
    case FIELD_U16_HEX:
    case FIELD_TUN_FLAGS:
        x = get_be16(p);
        break;
    case FIELD_U32_HEX:
    case FIELD_PORT:
        x = get_be32(p);
        break;
    case FIELD_BE16:
    case FIELD_BE16_HEX:
    case FIELD_ETH_TYPE:
    case FIELD_TCP_FLAGS:
        x = ntohs(get_be16(p));
        break;
    case FIELD_BE32:
    case FIELD_BE32_HEX:
        x = ntohl(get_be32(p));
        break;
    case FIELD_BE64_HEX:
        x = be64_to_host(get_be64(p));
        break;
    default:
        x = *p;
    }
    return x & significant(f);
}

static void store(const struct field_text *f, void *base, uint64_t x)
{
    uint8_t *p = (uint8_t *)base + f->offset;
    switch (f->kind) {
    case FIELD_U16_HEX:
    case FIELD_TUN_FLAGS:
        put_be16(p, x);
        break;
    case FIELD_U32_HEX:
    case FIELD_PORT:
        put_be32(p, x);
        break;
    case FIELD_BE16:
    case FIELD_BE16_HEX:
    case FIELD_ETH_TYPE:
    case FIELD_TCP_FLAGS:
        put_be16(p, htons(x));
        break;
    case FIELD_BE32:
    case FIELD_BE32_HEX:
        put_be32(p, htonl(x));
        break;
    case FIELD_BE64_HEX:
        put_be64(p, be64_from_host(x));
        break;
    default:
        *p = x;
    }
}

bool field_text_is_wild(const struct field_text *f, const void *mask)
{
    if (!mask) {
        return false;
    }
    if (is_nested(f)) {
        return tunnel_text_is_zero(f, mask);
    }
    if (!is_bytes(f)) {
        return !load(f, mask);
    }
    static const uint8_t zeros[16];
    return !memcmp((const uint8_t *)mask + f->offset, zeros, field_size(f));
}

bool field_text_is_exact(const struct field_text *f, const void *mask)
{
    return !mask ||
           (is_bytes(f) ? flow_mask_is_exact_bits((const uint8_t *)mask + f->offset, field_size(f))
                        : load(f, mask) == significant(f));
}

bool group_text_is_wild(const struct group_text *g, const void *mask)
{
    for (unsigned int i = 0; i < g->n_fields; i++) {
        if (!field_text_is_wild(&g->fields[i], mask)) {
            return false;
        }
    }
    return true;
}

static void format_u128(struct strbuf *out, const uint8_t *bytes)
{
    uint64_t high = be64_to_host(get_be64(bytes)), low = be64_to_host(get_be64(bytes + 8));
    if (high) {
        strbuf_putf(out, "0x%" PRIx64 "%016" PRIx64, high, low);
    } else {
        strbuf_putf(out, "%#" PRIx64, low);
    }
}

static void format_bytes(struct strbuf *out, const struct field_text *f, const uint8_t *bytes)
{
    if (f->kind == FIELD_ETH) {
        eth_format(out, *(const struct eth_addr *)bytes);
    } else if (f->kind == FIELD_IPV4) {
        ipv4_format_masked(out, get_be32(bytes), BE32_MAX);
    } else if (f->kind == FIELD_IPV6) {
        ipv6_format(out, bytes);
    } else {
        format_u128(out, bytes);
    }
}

static void format_flags(struct strbuf *out, const struct field_text *f,
                         const struct flags_text *flags, uint64_t value, const void *mask,
                         bool as_number)
{
    if (as_number) {
        strbuf_putf(out, "%#" PRIx64, value);
        if (!field_text_is_exact(f, mask)) {
            strbuf_putf(out, "/%#" PRIx64, load(f, mask));
        }
    } else if (!mask || (f->kind != FIELD_CT_STATE && field_text_is_exact(f, mask))) {
        flags_text_format(out, flags, value);
    } else if (field_text_is_wild(f, mask)) {
        strbuf_puts(out, "0/0");
    } else {
        flags_text_format_masked(out, flags, value, load(f, mask));
    }
}

static void format_frag(struct strbuf *out, const struct field_text *f, uint64_t value,
                        const void *mask)
{
    static const char *const names[] = {"no", "first", NULL, "later"};
    uint64_t bits = mask ? load(f, mask) : significant(f);
    if (bits == significant(f) && names[value]) {
        strbuf_puts(out, names[value]);
    } else if (bits == FLOW_FRAG_ANY && value & FLOW_FRAG_ANY) {
        strbuf_puts(out, "yes");
    } else {
        strbuf_putf(out, "%" PRIu64 "/%#" PRIx64, value, bits);
    }
}

static void format_number(struct strbuf *out, const struct field_text *f, uint64_t value,
                          const void *mask, const struct text_style *style)
{
    const char *name = NULL;
    if (f->kind == FIELD_PORT && style->names && style->names->name) {
        name = style->names->name(style->names->aux, value);
    }
    if (name) {
        strbuf_puts(out, name);
    } else if (f->kind == FIELD_U8 || f->kind == FIELD_BE16 || f->kind == FIELD_BE32 ||
               f->kind == FIELD_PORT) {
        strbuf_putf(out, "%" PRIu64, value);
    } else {
        strbuf_putf(out, f->kind == FIELD_ETH_TYPE ? "0x%04" PRIx64 : "%#" PRIx64, value);
    }
    if (!field_text_is_exact(f, mask)) {
        strbuf_putf(out, f->kind == FIELD_ETH_TYPE ? "/0x%04" PRIx64 : "/%#" PRIx64, load(f, mask));
    }
}

static bool has_parentheses(const struct field_text *f)
{
    return f->kind == FIELD_TUN_FLAGS || is_nested(f);
}

static void format_field(struct strbuf *out, const struct field_text *f, const void *value,
                         const void *mask, const struct text_style *style)
{
    if (f->name) {
        strbuf_putf(out, "%s%c", f->name, has_parentheses(f) ? '(' : '=');
    }
    switch (f->kind) {
    case FIELD_TUN_GBP:
    case FIELD_TUN_GENEVE:
        tunnel_text_format_field(out, f, value, mask);
        strbuf_putc(out, ')');
        break;
    case FIELD_ETH:
    case FIELD_IPV4:
    case FIELD_IPV6:
    case FIELD_U128_HEX:
        format_bytes(out, f, (const uint8_t *)value + f->offset);
        if (!field_text_is_exact(f, mask)) {
            strbuf_putc(out, '/');
            format_bytes(out, f, (const uint8_t *)mask + f->offset);
        }
        break;
    case FIELD_FRAG:
        format_frag(out, f, load(f, value), mask);
        break;
    case FIELD_TCP_FLAGS:
        format_flags(out, f, &flags_text_tcp, load(f, value), mask, false);
        break;
    case FIELD_TUN_FLAGS:
        format_flags(out, f, &flags_text_tunnel, load(f, value), mask, false);
        strbuf_putc(out, ')');
        break;
    case FIELD_CT_STATE:
        format_flags(out, f, &flags_text_ct_state, load(f, value), mask, style->verbose);
        break;
    default:
        format_number(out, f, load(f, value), mask, style);
    }
}

void group_text_format(struct strbuf *out, const struct group_text *g, const void *value,
                       const void *mask, const struct text_style *style)
{
    strbuf_putf(out, "%s(", g->name);
    const char *separator = "";
    for (unsigned int i = 0; i < g->n_fields; i++) {
        const struct field_text *f = &g->fields[i];
        bool wanted = is_nested(f) ? !field_text_is_wild(f, mask ? mask : value)
                                   : style->verbose || !f->name || !field_text_is_wild(f, mask);
        if (wanted) {
            strbuf_puts(out, separator);
            format_field(out, f, value, mask, style);
            separator = ",";
        }
    }
    strbuf_putc(out, ')');
}

/* A hexadecimal number of up to 32 digits, or a decimal one of 64 bits. */
static bool scan_u128(const char *word, uint8_t bytes[16])
{
    uint64_t high = 0, low;
    size_t digits = strlen(word) - 2; /* of a hexadecimal number */
    if (!strncmp(word, "0x", 2) && digits > 16 && digits <= 32) {
        char upper[2 + 16 + 1] = "";
        memcpy(upper, word, 2 + digits - 16);
        char lower[2 + 16 + 1] = "0x";
        memcpy(lower + 2, word + 2 + digits - 16, 16);
        if (!scan_u64(upper, UINT64_MAX, &high) || !scan_u64(lower, UINT64_MAX, &low)) {
            return false;
        }
    } else if (!scan_u64(word, UINT64_MAX, &low)) {
        return false;
    }
    put_be64(bytes, be64_from_host(high));
    put_be64(bytes + 8, be64_from_host(low));
    return true;
}

/* 'word' as a value or a mask; false if it is none. 'bytes' takes up to 16. */
static bool scan_bytes(const struct field_text *f, const char *word, uint8_t *bytes)
{
    if (f->kind == FIELD_ETH) {
        return eth_parse(word, (struct eth_addr *)bytes);
    }
    return f->kind == FIELD_U128_HEX
               ? scan_u128(word, bytes)
               : inet_pton(f->kind == FIELD_IPV4 ? AF_INET : AF_INET6, word, bytes) == 1;
}

/* What one field of the text says. */
struct reading {
    union {
        uint64_t number;
        uint8_t bytes[16];
    } value, mask;
    bool exact;
};

static bool read_flags(const struct flags_text *flags, const char *word, struct reading *r)
{
    uint32_t value, mask;
    if (!flags_text_scan(flags, word, &value, &mask)) {
        return false;
    }
    r->value.number = value;
    r->mask.number = mask;
    r->exact = mask == (1u << flags->n) - 1;
    return true;
}

static bool read_frag(const char *word, struct reading *r)
{
    static const char *const names[] = {"no", "first", "", "later"};
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        if (*word && !strcmp(word, names[i])) {
            r->value.number = i;
            r->exact = true;
            return true;
        }
    }
    if (!strcmp(word, "yes")) {
        r->value.number = r->mask.number = FLOW_FRAG_ANY;
        return true;
    }
    return false;
}

/* "VALUE" or "VALUE/MASK" of a number, a port name or an address. */
static bool read_value(const struct field_text *f, const char *word,
                       const struct flow_port_names *names, struct reading *r)
{
    struct scanner s = {word};
    char text[SCAN_WORD_SIZE];
    scan_word(&s, "/", text);
    r->exact = !scan_literal(&s, "/");
    if (is_bytes(f)) {
        return scan_bytes(f, text, r->value.bytes) &&
               (r->exact || scan_bytes(f, s.at, r->mask.bytes));
    }
    bool ok = scan_u64(text, significant(f), &r->value.number);
    uint32_t port;
    if (!ok && f->kind == FIELD_PORT && names && names->number &&
        names->number(names->aux, text, &port)) {
        r->value.number = port;
        ok = true;
    }
    return ok && (r->exact || scan_u64(s.at, significant(f), &r->mask.number));
}

static bool read_field(const struct field_text *f, const char *word,
                       const struct flow_port_names *names, struct reading *r)
{
    memset(r, 0, sizeof *r);
    switch (f->kind) {
    case FIELD_TCP_FLAGS:
        return read_flags(&flags_text_tcp, word, r);
    case FIELD_CT_STATE:
        return read_flags(&flags_text_ct_state, word, r);
    case FIELD_TUN_FLAGS:
        return read_flags(&flags_text_tunnel, word, r);
    case FIELD_FRAG:
        return read_frag(word, r) || read_value(f, word, names, r);
    default:
        return read_value(f, word, names, r);
    }
}

static char *scan_field(const struct field_text *f, const char *group, const char *word,
                        const struct flow_port_names *names, void *value, void *mask)
{
    struct reading r;
    const char *name = f->name ? f->name : group;
    if (!read_field(f, word, names, &r)) {
        return xasprintf("'%.60s' is not a value for %s", word, name);
    }
    if (!mask && !r.exact) {
        return xasprintf("%s: a mask cannot be given here", name);
    }
    if (is_bytes(f)) {
        memcpy((uint8_t *)value + f->offset, r.value.bytes, field_size(f));
    } else {
        store(f, value, r.value.number);
    }
    if (mask && r.exact) {
        memset((uint8_t *)mask + f->offset, 0xff, field_size(f));
    } else if (mask && is_bytes(f)) {
        memcpy((uint8_t *)mask + f->offset, r.mask.bytes, field_size(f));
    } else if (mask) {
        store(f, mask, r.mask.number);
    }
    return NULL;
}

/* The field that is named next; takes its name and "=", or "(" in front of a tunnel's flags. */
static const struct field_text *scan_name(struct scanner *s, const struct group_text *g)
{
    for (unsigned int i = 0; i < g->n_fields; i++) {
        const struct field_text *f = &g->fields[i];
        size_t n = f->name ? strlen(f->name) : 0;
        if (!f->name) {
            return f;
        }
        if (!strncmp(s->at, f->name, n) && s->at[n] == (has_parentheses(f) ? '(' : '=')) {
            s->at += n + 1;
            return f;
        }
    }
    return NULL;
}

/* The value of a field whose name was taken. */
static char *scan_value(struct scanner *s, const struct group_text *g, const struct field_text *f,
                        const struct flow_port_names *names, void *value, void *mask)
{
    char word[SCAN_WORD_SIZE];
    size_t n = scan_word(s, ",) \t\r\n", word);
    if (!n || n == SCAN_WORD_SIZE) {
        return xasprintf("%s: a value is %s", g->name, n ? "too long" : "missing");
    }
    if (f->kind == FIELD_TUN_FLAGS && !scan_literal(s, ")")) {
        return xasprintf("%s: ')' is missing", f->name);
    }
    return scan_field(f, g->name, word, names, value, mask);
}

char *group_text_scan(struct scanner *s, const struct group_text *g,
                      const struct flow_port_names *names, void *value, void *mask)
{
    char word[SCAN_WORD_SIZE];
    uint32_t seen = 0;
    for (scan_skip(s); !scan_literal(s, ")"); scan_skip(s)) {
        const struct field_text *f = *s->at ? scan_name(s, g) : NULL;
        if (!f) {
            scan_peek(s, word);
            return *s->at ? xasprintf("%s: unknown field '%s'", g->name, word)
                          : xasprintf("%s: ')' is missing", g->name);
        }
        uint32_t bit = 1u << (f - g->fields);
        if (seen & bit) {
            return xasprintf("%s: %s is given twice", g->name, f->name ? f->name : "the value");
        }
        seen |= bit;
        char *error = is_nested(f) ? tunnel_text_scan_field(s, f, value, mask)
                                   : scan_value(s, g, f, names, value, mask);
        if (error) {
            return error;
        }
    }
    return seen || g->fields[0].name ? NULL : xasprintf("%s: the value is missing", g->name);
}
