/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and reading tunnels' outer headers. */
#include "lib/net/tunnel_text.h"

#include <ctype.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/field_text.h"
#include "lib/net/flow_text.h"

/* The header, and what is only in the text. */
struct text {
    struct tunnel_header header;
    uint16_t csum; /* must be 0 */
    be32 seq;
};

#define FIELD(NAME, KIND, BITS, MEMBER)                               \
    {                                                                 \
        NAME, FIELD_##KIND, BITS, offsetof(struct text, MEMBER)       \
    }
#define FIELDS(...) \
    (const struct field_text[]){__VA_ARGS__}, ARRAY_SIZE(((const struct field_text[]){__VA_ARGS__}))

/* clang-format off */
static const struct group_text eth_group = {"eth", FIELDS(FIELD("dst", ETH, 48, header.eth_dst),
                                                          FIELD("src", ETH, 48, header.eth_src),
                                                          FIELD("dl_type", ETH_TYPE, 16, header.eth_type))};
static const struct group_text ipv4_group = {"ipv4", FIELDS(FIELD("src", IPV4, 32, header.src),
                                                            FIELD("dst", IPV4, 32, header.dst),
                                                            FIELD("proto", U8, 8, header.proto),
                                                            FIELD("tos", U8_HEX, 8, header.tos),
                                                            FIELD("ttl", U8, 8, header.ttl),
                                                            FIELD("frag", BE16_HEX, 16, header.frag))};
static const struct group_text ipv6_group = {"ipv6", FIELDS(FIELD("src", IPV6, 128, header.src),
                                                            FIELD("dst", IPV6, 128, header.dst),
                                                            FIELD("label", BE32, 20, header.label),
                                                            FIELD("proto", U8, 8, header.proto),
                                                            FIELD("tclass", U8_HEX, 8, header.tos),
                                                            FIELD("hlimit", U8, 8, header.ttl))};
static const struct group_text udp_group = {"udp", FIELDS(FIELD("src", BE16, 16, header.udp_src),
                                                          FIELD("span", BE16, 16, header.udp_span),
                                                          FIELD("dst", BE16, 16, header.udp_dst),
                                                          FIELD("csum", BE16_HEX, 16, header.udp_csum))};
static const struct group_text vxlan_group = {"vxlan", FIELDS(FIELD("flags", BE32_HEX, 32, header.vxlan_flags),
                                                              FIELD("vni", BE32_HEX, 24, header.vni))};
static const struct group_text gre_flags_group = {"gre", FIELDS(FIELD("flags", BE16_HEX, 16, header.gre_flags),
                                                                FIELD("proto", BE16_HEX, 16, header.payload_type))};
static const struct group_text gre_group = {"gre", FIELDS(FIELD("csum", U16_HEX, 16, csum),
                                                          FIELD("key", BE32_HEX, 32, header.gre_key),
                                                          FIELD("seq", BE32_HEX, 32, seq))};
/* clang-format on */

/* OVS's number of a type: GRE over IPv6 has one of its own. */
enum { TYPE_IP6GRE = 109 };

static unsigned int type_number(const struct tunnel_header *h)
{
    return h->kind == TUNNEL_GRE && h->eth_type == htons(ETH_TYPE_IPV6) ? TYPE_IP6GRE : h->kind;
}

/* Bytes as one number, without zeros in front. */
static void format_hex(struct strbuf *out, const uint8_t *bytes, size_t n)
{
    while (n > 1 && !*bytes) {
        bytes++;
        n--;
    }
    strbuf_putf(out, "0x%x", n ? *bytes : 0);
    if (n > 1) {
        strbuf_put_hex(out, bytes + 1, n - 1);
    }
}

static void format_masked(struct strbuf *out, const char *name, const char *format, unsigned int value,
                          unsigned int mask, unsigned int all)
{
    strbuf_puts(out, name);
    strbuf_putf(out, format[0] == 'x' ? "=0x%x" : "=%u", value);
    if (mask != all) {
        strbuf_putf(out, "/0x%x", mask);
    }
    strbuf_putc(out, ',');
}

void tunnel_text_format_options(struct strbuf *out, const uint8_t *options, const uint8_t *mask, size_t n)
{
    static const struct geneve_option exact = {BE16_MAX, 0xff, 0xff};
    for (size_t i = 0; i < n;) {
        const struct geneve_option *option = (const void *)(options + i);
        const struct geneve_option *m = mask ? (const void *)(mask + i) : &exact;
        size_t len = (option->len & GENEVE_OPTION_LEN_MASK) * 4u;
        strbuf_putc(out, '{');
        format_masked(out, "class", "x", ntohs(option->class), ntohs(m->class), 0xffff);
        format_masked(out, "type", "x", option->type, m->type, 0xff);
        format_masked(out, "len", "u", len, m->len, 0xff);
        i += sizeof *option;
        if (len) {
            format_hex(out, options + i, len);
            if (mask && !flow_mask_is_exact_bits(mask + i, len)) {
                strbuf_putc(out, '/');
                format_hex(out, mask + i, len);
            }
        } else {
            strbuf_chomp(out, ',');
        }
        strbuf_putc(out, '}');
        i += len;
    }
}

static void format_ip(struct strbuf *out, const struct tunnel_header *h)
{
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    if (h->eth_type == htons(ETH_TYPE_IPV6)) {
        inet_ntop(AF_INET6, h->src, src, sizeof src);
        inet_ntop(AF_INET6, h->dst, dst, sizeof dst);
        strbuf_putf(out, "ipv6(src=%s,dst=%s,label=%u,proto=%u,tclass=0x%x,hlimit=%u)", src, dst, ntohl(h->label),
                    h->proto, h->tos, h->ttl);
        return;
    }
    inet_ntop(AF_INET, h->src, src, sizeof src);
    inet_ntop(AF_INET, h->dst, dst, sizeof dst);
    strbuf_putf(out, "ipv4(src=%s,dst=%s,proto=%u,tos=%#x,ttl=%u,frag=0x%x)", src, dst, h->proto, h->tos, h->ttl,
                ntohs(h->frag));
}

static void format_gre(struct strbuf *out, const struct tunnel_header *h)
{
    uint16_t flags = ntohs(h->gre_flags);
    strbuf_putf(out, "gre((flags=0x%x,proto=0x%x)", flags, ntohs(h->payload_type));
    if (flags & GRE_FLAG_CSUM) {
        strbuf_puts(out, ",csum=0x0");
    }
    if (flags & GRE_FLAG_KEY) {
        strbuf_putf(out, ",key=0x%x", ntohl(h->gre_key));
    }
    if (flags & GRE_FLAG_SEQ) {
        strbuf_puts(out, ",seq=0x0");
    }
    strbuf_putc(out, ')');
}

static void format_geneve(struct strbuf *out, const struct tunnel_header *h)
{
    strbuf_putf(out, "geneve(%s%svni=0x%x", h->geneve_flags & GENEVE_FLAG_OAM ? "oam," : "",
                h->geneve_flags & GENEVE_FLAG_CRITICAL ? "crit," : "", ntohl(h->vni));
    if (h->payload_type != htons(ETH_TYPE_TEB)) {
        strbuf_putf(out, ",proto=0x%x", ntohs(h->payload_type));
    }
    if (h->options_len) {
        strbuf_puts(out, ",options(");
        tunnel_text_format_options(out, h->options, NULL, h->options_len);
        strbuf_putc(out, ')');
    }
    strbuf_putc(out, ')');
}

void tunnel_text_format(struct strbuf *out, const struct tunnel_header *h)
{
    uint8_t bytes[TUNNEL_HEADER_MAX];
    strbuf_putf(out, "size=%zu,type=%u,eth(dst=", tunnel_header_build(h, bytes), type_number(h));
    eth_format(out, h->eth_dst);
    strbuf_puts(out, ",src=");
    eth_format(out, h->eth_src);
    strbuf_putf(out, ",dl_type=0x%04x),", ntohs(h->eth_type));
    format_ip(out, h);
    strbuf_putc(out, ',');
    if (h->kind == TUNNEL_GRE) {
        format_gre(out, h);
        return;
    }
    strbuf_putf(out, "udp(src=%u,", ntohs(h->udp_src));
    if (h->udp_span) {
        strbuf_putf(out, "span=%u,", ntohs(h->udp_span)); /* Weft's own: source ports above that one */
    }
    strbuf_putf(out, "dst=%u,csum=0x%x),", ntohs(h->udp_dst), ntohs(h->udp_csum));
    if (h->kind == TUNNEL_GENEVE) {
        format_geneve(out, h);
    } else {
        strbuf_putf(out, "vxlan(flags=0x%x,vni=0x%x)", ntohl(h->vxlan_flags), ntohl(h->vni));
    }
}

static char *missing(const char *what)
{
    return xasprintf("tnl_push: '%s' is missing", what);
}

/* Takes "NAME(" and the group. */
static char *scan_group(struct scanner *s, const struct group_text *g, struct text *text)
{
    scan_skip(s);
    if (!scan_literal(s, g->name) || !scan_literal(s, "(")) {
        return missing(g->name);
    }
    return group_text_scan(s, g, NULL, text, NULL);
}

static char *scan_number(struct scanner *s, const char *name, uint64_t max, uint64_t *number)
{
    char word[SCAN_WORD_SIZE];
    scan_skip(s);
    if (!scan_literal(s, name) || !scan_literal(s, "=")) {
        return xasprintf("'%s=' is missing", name);
    }
    size_t n = scan_word(s, ",(){}/ \t\r\n", word);
    return n == SCAN_WORD_SIZE || !scan_u64(word, max, number) ? xasprintf("'%.60s' is not a value for %s", word, name)
                                                               : NULL;
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* A hexadecimal number as 'n' bytes. */
static char *scan_hex(struct scanner *s, uint8_t *bytes, size_t n)
{
    if (!scan_literal(s, "0x")) {
        return xasprintf("geneve: the data of an option is no hexadecimal number");
    }
    size_t digits = strspn(s->at, "0123456789abcdefABCDEF");
    size_t zeros = MIN(strspn(s->at, "0"), digits);
    if (!digits || digits - zeros > n * 2) {
        return xasprintf("geneve: the data of an option does not have the length that it says");
    }
    memset(bytes, 0, n);
    for (size_t i = 0; i < digits - zeros; i++) {
        bytes[n - 1 - i / 2] |= hex_digit(s->at[digits - 1 - i]) << (i % 2 * 4);
    }
    s->at += digits;
    return NULL;
}

/* A number with a mask, which is 'all' unless it is given. */
static char *scan_masked(struct scanner *s, const char *name, uint64_t all, uint64_t *value, uint64_t *mask)
{
    char word[SCAN_WORD_SIZE];
    char *error = scan_number(s, name, all, value);
    *mask = all;
    if (!error && scan_literal(s, "/")) {
        size_t n = scan_word(s, ",(){} \t\r\n", word);
        if (n == SCAN_WORD_SIZE || !scan_u64(word, all, mask)) {
            error = xasprintf("'%.60s' is not a mask for %s", word, name);
        }
    }
    return error;
}

/* The data of an option, of 'len' bytes. */
static char *scan_data(struct scanner *s, uint8_t *data, uint8_t *mask, size_t len)
{
    scan_skip(s);
    char *error = scan_hex(s, data, len);
    if (error) {
        return error;
    }
    memset(mask, 0xff, len);
    return scan_literal(s, "/") ? scan_hex(s, mask, len) : NULL;
}

/* One option behind its "{", at most 'room' bytes. */
static char *scan_option(struct scanner *s, uint8_t *option, uint8_t *mask, size_t room, size_t *n)
{
    uint64_t class, class_mask, type, type_mask, len, len_mask;
    char *error = scan_masked(s, "class", UINT16_MAX, &class, &class_mask);
    error = error ? error : scan_masked(s, "type", UINT8_MAX, &type, &type_mask);
    error = error ? error : scan_masked(s, "len", UINT8_MAX, &len, &len_mask);
    if (error) {
        return error;
    }
    if (len % 4 || len > GENEVE_OPTION_LEN_MASK * 4) {
        return xasprintf("geneve: an option has a length that is no multiple of 4, or above %d",
                         GENEVE_OPTION_LEN_MASK * 4);
    }
    *n = sizeof(struct geneve_option) + len;
    if (*n > room) {
        return xasprintf("geneve: more than %d bytes of options", GENEVE_OPTIONS_MAX);
    }
    *(struct geneve_option *)(void *)option = (struct geneve_option){htons(class), type, len / 4};
    *(struct geneve_option *)(void *)mask = (struct geneve_option){htons(class_mask), type_mask, len_mask};
    size_t fixed = sizeof(struct geneve_option);
    error = len ? scan_data(s, option + fixed, mask + fixed, len) : NULL;
    if (error) {
        return error;
    }
    scan_skip(s);
    return scan_literal(s, "}") ? NULL : xasprintf("geneve: '}' is missing");
}

char *tunnel_text_scan_options(struct scanner *s, uint8_t *options, uint8_t *mask, size_t *n)
{
    uint8_t bits[GENEVE_OPTIONS_MAX];
    *n = 0;
    for (scan_skip(s); scan_literal(s, "{"); scan_skip(s)) {
        size_t len;
        char *error = scan_option(s, options + *n, bits + *n, GENEVE_OPTIONS_MAX - *n, &len);
        if (error) {
            return error;
        }
        *n += len;
    }
    if (mask) {
        memcpy(mask, bits, *n);
    } else if (!flow_mask_is_exact_bits(bits, *n)) {
        return xasprintf("geneve: a mask cannot be given here");
    }
    return scan_literal(s, ")") ? NULL : xasprintf("geneve: ')' is missing");
}

static char *scan_geneve(struct scanner *s, struct tunnel_header *h)
{
    uint64_t vni, type = ETH_TYPE_TEB;
    scan_skip(s);
    if (!scan_literal(s, "geneve(")) {
        return missing("geneve(");
    }
    h->geneve_flags |= scan_literal(s, "oam,") ? GENEVE_FLAG_OAM : 0;
    h->geneve_flags |= scan_literal(s, "crit,") ? GENEVE_FLAG_CRITICAL : 0;
    char *error = scan_number(s, "vni", 0xffffff, &vni);
    if (error) {
        return error;
    }
    h->vni = htonl(vni);
    if (scan_literal(s, ",proto=")) {
        s->at -= strlen("proto=");
        error = scan_number(s, "proto", UINT16_MAX, &type);
    }
    h->payload_type = htons(type);
    if (!error && scan_literal(s, ",options(")) {
        size_t n = 0;
        error = tunnel_text_scan_options(s, h->options, NULL, &n);
        h->options_len = n;
    }
    return error ? error : scan_literal(s, ")") ? NULL : missing(")");
}

static char *scan_gre(struct scanner *s, struct text *text)
{
    scan_skip(s);
    if (!scan_literal(s, "gre((")) {
        return missing("gre((");
    }
    char *error = group_text_scan(s, &gre_flags_group, NULL, text, NULL);
    error = error ? error : group_text_scan(s, &gre_group, NULL, text, NULL);
    if (!error && (text->csum || text->seq)) {
        error = xasprintf("tnl_push: checksum and sequence number of GRE are 0 in a header");
    }
    return error;
}

/* What follows IP. */
static char *scan_tunnel(struct scanner *s, struct text *text)
{
    struct tunnel_header *h = &text->header;
    if (h->kind == TUNNEL_GRE) {
        return scan_gre(s, text);
    }
    char *error = scan_group(s, &udp_group, text);
    if (error) {
        return error;
    }
    return h->kind == TUNNEL_VXLAN ? scan_group(s, &vxlan_group, text) : scan_geneve(s, h);
}

char *tunnel_text_scan(struct scanner *s, struct tunnel_header *h)
{
    struct text text = {.csum = 0};
    uint64_t size, type;
    char *error = scan_number(s, "size", TUNNEL_HEADER_MAX, &size);
    error = error ? error : scan_number(s, "type", UINT8_MAX, &type);
    if (error) {
        return error;
    }
    if (type != TUNNEL_GRE && type != TYPE_IP6GRE && type != TUNNEL_VXLAN && type != TUNNEL_GENEVE) {
        return xasprintf("tnl_push: type %u is neither %d, %d, %d nor %d", (unsigned int)type, TUNNEL_GRE, TUNNEL_VXLAN,
                         TUNNEL_GENEVE, TYPE_IP6GRE);
    }
    text.header.kind = type == TYPE_IP6GRE ? TUNNEL_GRE : type;
    error = scan_group(s, &eth_group, &text);
    if (!error) {
        bool ipv6 = text.header.eth_type == htons(ETH_TYPE_IPV6);
        error = scan_group(s, ipv6 ? &ipv6_group : &ipv4_group, &text);
    }
    error = error ? error : scan_tunnel(s, &text);
    if (error) {
        return error;
    }
    if (type_number(&text.header) != type) {
        return xasprintf("tnl_push: type %d is GRE over IPv6, and %d GRE over IPv4", TYPE_IP6GRE, TUNNEL_GRE);
    }
    uint8_t bytes[TUNNEL_HEADER_MAX];
    if (tunnel_header_build(&text.header, bytes) != size) {
        return xasprintf("tnl_push: the size is not that of the header");
    }
    scan_skip(s);
    *h = text.header;
    return scan_literal(s, ")") ? NULL : missing(")");
}

bool tunnel_text_is_zero(const struct field_text *f, const void *flow)
{
    const struct flow *x = flow;
    if (f->kind == FIELD_TUN_GBP) {
        return !x->tun_gbp_id && !x->tun_gbp_flags;
    }
    uint8_t any = x->tun_opts_len;
    for (unsigned int i = 0; i < FLOW_TUN_OPTS_SIZE; i++) {
        any |= flow_line(x, FLOW_LINE_TUN_OPTS + i / FLOW_LINE_SIZE)->bytes[i % FLOW_LINE_SIZE];
    }
    return !any;
}

/* All option bytes, zeros where no line is in use. */
static void get_options(const struct flow *flow, uint8_t *options)
{
    for (unsigned int i = 0; i < FLOW_TUN_OPTS_SIZE / FLOW_LINE_SIZE; i++) {
        memcpy(options + i * FLOW_LINE_SIZE, flow_line(flow, FLOW_LINE_TUN_OPTS + i), FLOW_LINE_SIZE);
    }
}

static void format_gbp(struct strbuf *out, const struct flow *flow, const struct flow *mask)
{
    strbuf_puts(out, "gbp(");
    format_masked(out, "id", "u", ntohs(flow->tun_gbp_id), mask ? ntohs(mask->tun_gbp_id) : 0xffff, 0xffff);
    format_masked(out, "flags", "x", flow->tun_gbp_flags, mask ? mask->tun_gbp_flags : 0xff, 0xff);
    strbuf_chomp(out, ',');
    strbuf_putc(out, ')');
}

void tunnel_text_format_field(struct strbuf *out, const struct field_text *f, const void *value, const void *mask)
{
    const struct flow *flow = value;
    if (f->kind == FIELD_TUN_GBP) {
        format_gbp(out, flow, mask);
        return;
    }
    uint8_t options[FLOW_TUN_OPTS_SIZE], bits[FLOW_TUN_OPTS_SIZE];
    size_t n = MIN(flow->tun_opts_len * 4u, GENEVE_OPTIONS_MAX);
    get_options(flow, options);
    if (mask) {
        get_options(mask, bits);
    }
    if (tunnel_options_are_valid(options, n)) {
        tunnel_text_format_options(out, options, mask ? bits : NULL, n);
    } else {
        strbuf_puts(out, "malformed");
    }
}

static char *scan_gbp(struct scanner *s, struct flow *flow, struct flow *mask)
{
    uint64_t id, id_mask, flags, flags_mask;
    if (!scan_literal(s, "gbp(")) {
        return xasprintf("vxlan: 'gbp(' is missing");
    }
    char *error = scan_masked(s, "id", UINT16_MAX, &id, &id_mask);
    error = error ? error : scan_masked(s, "flags", UINT8_MAX, &flags, &flags_mask);
    if (error) {
        return error;
    }
    if (!mask && (id_mask != UINT16_MAX || flags_mask != UINT8_MAX)) {
        return xasprintf("vxlan: a mask cannot be given here");
    }
    flow->tun_gbp_id = htons(id);
    flow->tun_gbp_flags = flags;
    if (mask) {
        mask->tun_gbp_id = htons(id_mask);
        mask->tun_gbp_flags = flags_mask;
    }
    return scan_literal(s, "))") ? NULL : xasprintf("vxlan: '))' is missing");
}

char *tunnel_text_scan_field(struct scanner *s, const struct field_text *f, void *value, void *mask_value)
{
    struct flow *flow = value, *mask = mask_value;
    uint8_t options[GENEVE_OPTIONS_MAX], bits[GENEVE_OPTIONS_MAX];
    size_t n = 0;
    if (f->kind == FIELD_TUN_GBP) {
        return scan_gbp(s, flow, mask);
    }
    char *error = tunnel_text_scan_options(s, options, mask ? bits : NULL, &n);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < n; i += FLOW_LINE_SIZE) {
        unsigned int line = FLOW_LINE_TUN_OPTS + i / FLOW_LINE_SIZE;
        flow_use_line(flow, line);
        memcpy(&flow->line[line], options + i, MIN(n - i, (size_t)FLOW_LINE_SIZE));
        if (mask) {
            flow_use_line(mask, line);
            memcpy(&mask->line[line], bits + i, MIN(n - i, (size_t)FLOW_LINE_SIZE));
        }
    }
    flow->tun_opts_len = n / 4;
    if (mask) {
        mask->tun_opts_len = UINT8_MAX;
    }
    return NULL;
}
