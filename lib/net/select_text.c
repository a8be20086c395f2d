/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and parsing of what a select action hashes. */
#include "lib/net/select_text.h"

#include <ctype.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

#define FIELD(NAME)                                                               \
    {                                                                             \
        #NAME, offsetof(struct flow, NAME), sizeof(((const struct flow *)0)->NAME) \
    }

/* In the order of the flow. */
static const struct hash_field {
    const char *name;
    uint16_t offset, size; /* bytes */
} fields[] = {
    FIELD(in_port),     FIELD(recirc_id),   FIELD(skb_priority), FIELD(pkt_mark),
    FIELD(dp_hash),     FIELD(packet_type), FIELD(eth_dst),      FIELD(eth_src),
    FIELD(eth_type),    FIELD(vlan),        FIELD(ct_zone),      FIELD(ct_state),
    FIELD(ct_mark),     FIELD(nw_src),      FIELD(nw_dst),       FIELD(tp_src),
    FIELD(tp_dst),      FIELD(tcp_flags),   FIELD(nw_proto),     FIELD(nw_tos),
    FIELD(nw_ttl),      FIELD(nw_frag),     FIELD(arp_sha),      FIELD(arp_tha),
    FIELD(igmp_group),  FIELD(ct_nw_src),   FIELD(ct_nw_dst),    FIELD(ct_tp_src),
    FIELD(ct_tp_dst),   FIELD(ct_nw_proto), FIELD(ipv6_src),     FIELD(ipv6_dst),
    FIELD(nd_target),   FIELD(ipv6_label),  FIELD(nd_reserved),  FIELD(ipv6_exthdr),
    FIELD(ct_label),    FIELD(ct_ipv6_src), FIELD(ct_ipv6_dst),  FIELD(tun_id),
    FIELD(tun_src),     FIELD(tun_dst),     FIELD(tun_ipv6_src), FIELD(tun_ipv6_dst),
    FIELD(tun_tp_src),  FIELD(tun_tp_dst),  FIELD(tun_flags),    FIELD(tun_tos),
    FIELD(tun_ttl),     FIELD(mpls_lse),    FIELD(pbb_isid),     FIELD(pbb_uca),
};

static const char *const algs[] = {
    [ACTION_SELECT_L4] = "l4",
    [ACTION_SELECT_SYM_L4] = "sym_l4",
    [ACTION_SELECT_FIELDS] = "fields",
};

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

/* The field that starts at 'offset', or null. */
static const struct hash_field *field_at(size_t offset)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].offset == offset) {
            return &fields[i];
        }
    }
    return NULL;
}

/* One line of the mask, of which 'start' is the offset in the flow. */
static void format_line(struct strbuf *out, const uint8_t *line, size_t start,
                        const char **separator)
{
    for (size_t i = 0; i < FLOW_LINE_SIZE;) {
        const struct hash_field *f = field_at(start + i);
        size_t n = f ? f->size : 1;
        if (!is_zero(line + i, n)) {
            strbuf_puts(out, *separator);
            *separator = ",";
            if (f) {
                strbuf_puts(out, f->name);
            } else {
                strbuf_putf(out, "@%zu", start + i);
            }
            if (!f || !flow_mask_is_exact_bits(line + i, n)) {
                strbuf_putc(out, '=');
                strbuf_put_hex(out, line + i, n);
            }
        }
        i += n;
    }
}

void select_text_format(struct strbuf *out, const struct action_select *select)
{
    strbuf_putf(out, "select(table=%u,alg=%s,basis=%u", select->table_id, algs[select->alg],
                select->basis);
    if (!select->lines) {
        return;
    }
    const uint8_t *mask = action_select_mask(select);
    const char *separator = "";
    strbuf_puts(out, ",fields(");
    for (uint32_t todo = select->lines; todo; todo &= todo - 1) {
        size_t line = __builtin_ctz(todo);
        /* A line of zeros is said, so that the text gives the same bytes again. */
        if (is_zero(mask, FLOW_LINE_SIZE)) {
            strbuf_putf(out, "%s@%zu=00", separator, line * FLOW_LINE_SIZE);
            separator = ",";
        }
        format_line(out, mask, line * FLOW_LINE_SIZE, &separator);
        mask += FLOW_LINE_SIZE;
    }
    strbuf_putc(out, ')');
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* 'n' bytes from twice as many digits. */
static bool scan_hex(const char *digits, uint8_t *bytes, size_t n)
{
    if (strlen(digits) != 2 * n) {
        return false;
    }
    for (size_t i = 0; i < n; i++, digits += 2) {
        int high = hex_digit(digits[0]), low = hex_digit(digits[1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = high << 4 | low;
    }
    return true;
}

/* "NAME", "NAME=BYTES" or "@OFFSET=BYTE". False if it is none of these. */
static bool read_field(char *word, struct flow *mask)
{
    char *digits = strchr(word, '=');
    if (digits) {
        *digits++ = '\0';
    }
    uint64_t offset;
    uint8_t byte;
    if (*word == '@') {
        if (!scan_u64(word + 1, FLOW_N_DP_LINES * FLOW_LINE_SIZE - 1, &offset) || !digits ||
            !scan_hex(digits, &byte, 1)) {
            return false;
        }
        flow_use_line(mask, offset / FLOW_LINE_SIZE);
        mask->line[offset / FLOW_LINE_SIZE].bytes[offset % FLOW_LINE_SIZE] = byte;
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct hash_field *f = &fields[i];
        if (!strcmp(word, f->name)) {
            flow_use_line(mask, f->offset / FLOW_LINE_SIZE);
            uint8_t *to = (uint8_t *)mask + f->offset;
            memset(to, 0xff, f->size);
            return !digits || scan_hex(digits, to, f->size);
        }
    }
    return false;
}

static char *scan_fields(struct scanner *s, struct flow *mask)
{
    for (scan_skip(s); !scan_literal(s, ")"); scan_skip(s)) {
        char word[SCAN_WORD_SIZE], shown[SCAN_WORD_SIZE];
        scan_peek(s, shown);
        size_t n = scan_word(s, ",() \t\r\n", word);
        if (!n || n == SCAN_WORD_SIZE || !read_field(word, mask)) {
            return xasprintf("select: '%s' is not a field to hash", shown);
        }
    }
    return NULL;
}

static char *scan_number(struct scanner *s, const char *name, uint32_t *number)
{
    char word[SCAN_WORD_SIZE];
    uint64_t value;
    scan_skip(s);
    if (!scan_literal(s, name)) {
        return xasprintf("select: '%s' is missing", name);
    }
    size_t n = scan_word(s, ",()", word);
    if (n == SCAN_WORD_SIZE || !scan_u64(word, UINT32_MAX, &value)) {
        return xasprintf("select: '%.60s' is not a number", word);
    }
    *number = value;
    return NULL;
}

static char *scan_alg(struct scanner *s, enum action_select_alg *alg)
{
    char word[SCAN_WORD_SIZE] = "";
    scan_skip(s);
    if (scan_literal(s, "alg=")) {
        scan_word(s, ",()", word);
        for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
            if (!strcmp(word, algs[i])) {
                *alg = i;
                return NULL;
            }
        }
    }
    return xasprintf("select: '%.60s' is not an algorithm", word);
}

char *select_text_scan(struct scanner *s, struct select_head *head)
{
    flow_mask_init(&head->mask);
    char *error = scan_number(s, "table=", &head->table_id);
    if (!error) {
        error = scan_alg(s, &head->alg);
    }
    if (!error) {
        error = scan_number(s, "basis=", &head->basis);
    }
    scan_skip(s);
    if (!error && head->alg == ACTION_SELECT_FIELDS && scan_literal(s, "fields(")) {
        error = scan_fields(s, &head->mask);
    }
    return error;
}
