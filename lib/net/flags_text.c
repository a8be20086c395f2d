/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and reading sets of named bits. */
#include "lib/net/flags_text.h"

#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/scan.h"

static const char *const tcp_names[] = {"fin", "syn", "rst", "psh",   "ack",   "urg",
                                        "ece", "cwr", "ns",  "[200]", "[400]", "[800]"};
static const char *const ct_state_names[] = {"new", "est", "rel",  "rpl",
                                             "inv", "trk", "snat", "dnat"};
static const char *const tunnel_names[] = {"oam", "df", "csum", "key", "l3"};

const struct flags_text flags_text_tcp = {tcp_names, ARRAY_SIZE(tcp_names)};
const struct flags_text flags_text_ct_state = {ct_state_names, ARRAY_SIZE(ct_state_names)};
const struct flags_text flags_text_tunnel = {tunnel_names, ARRAY_SIZE(tunnel_names)};

void flags_text_format(struct strbuf *out, const struct flags_text *flags, uint32_t value)
{
    const char *separator = "";
    for (unsigned int i = 0; i < flags->n; i++) {
        if (value & 1u << i) {
            strbuf_putf(out, "%s%s", separator, flags->names[i]);
            separator = "|";
        }
    }
    if (!*separator) {
        strbuf_putc(out, '0');
    }
}

void flags_text_format_masked(struct strbuf *out, const struct flags_text *flags, uint32_t value,
                              uint32_t mask)
{
    for (unsigned int i = 0; i < flags->n; i++) {
        if (mask & 1u << i) {
            strbuf_putf(out, "%c%s", value & 1u << i ? '+' : '-', flags->names[i]);
        }
    }
}

/* Takes one name; its bit, or 0. */
static uint32_t scan_name(const struct flags_text *flags, struct scanner *s)
{
    size_t n = strcspn(s->at, "|+-");
    for (unsigned int i = 0; i < flags->n; i++) {
        if (strlen(flags->names[i]) == n && !strncmp(s->at, flags->names[i], n)) {
            s->at += n;
            return 1u << i;
        }
    }
    return 0;
}

static bool scan_numbers(const char *word, uint32_t all, uint32_t *value, uint32_t *mask)
{
    struct scanner s = {word};
    char text[SCAN_WORD_SIZE];
    uint64_t v, m = all;
    scan_word(&s, "/", text);
    if (!scan_u64(text, all, &v) || (scan_literal(&s, "/") && !scan_u64(s.at, all, &m))) {
        return false;
    }
    *value = v;
    *mask = m;
    return true;
}

bool flags_text_scan(const struct flags_text *flags, const char *word, uint32_t *value,
                     uint32_t *mask)
{
    uint32_t all = (uint32_t)((UINT64_C(1) << flags->n) - 1);
    if (scan_numbers(word, all, value, mask)) {
        return true;
    }
    struct scanner s = {word};
    bool masked = *s.at == '+' || *s.at == '-';
    *value = 0;
    *mask = masked ? 0 : all;
    do {
        bool set = !masked || *s.at == '+';
        s.at += masked ? 1 : 0;
        uint32_t bit = scan_name(flags, &s);
        if (!bit) {
            return false;
        }
        *value |= set ? bit : 0;
        *mask |= bit;
    } while (masked ? *s.at == '+' || *s.at == '-' : scan_literal(&s, "|"));
    return !*s.at;
}

void tcp_flags_format(struct strbuf *out, uint16_t flags, uint16_t mask)
{
    if ((mask & TCP_FLAGS_MASK) == TCP_FLAGS_MASK) {
        flags_text_format(out, &flags_text_tcp, flags);
    } else {
        flags_text_format_masked(out, &flags_text_tcp, flags, mask);
    }
}
