/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and parsing of MPLS label stacks. */
#include "lib/net/mpls_text.h"

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/headers.h"

static const struct {
    const char *name;
    uint32_t bits;
    int shift;
    bool small; /* at most one digit: a mask has no 0x */
} parts[] = {
    {"label", MPLS_LABEL_MASK, MPLS_LABEL_SHIFT, false},
    {"tc", MPLS_TC_MASK, MPLS_TC_SHIFT, true},
    {"ttl", MPLS_TTL_MASK, 0, false},
    {"bos", MPLS_BOS_MASK, MPLS_BOS_SHIFT, true},
};

static uint32_t get_part(be32 lse, int part)
{
    return (ntohl(lse) & parts[part].bits) >> parts[part].shift;
}

static be32 with_part(be32 lse, int part, uint32_t value)
{
    return (lse & ~htonl(parts[part].bits)) | htonl(value << parts[part].shift);
}

void mpls_text_format(struct strbuf *out, const be32 *lse, const be32 *mask, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        for (int part = 0; part < (int)ARRAY_SIZE(parts); part++) {
            strbuf_putf(out, "%s%s=%u", i || part ? "," : "", parts[part].name,
                        get_part(lse[i], part));
            if (mask) {
                strbuf_putf(out, "/%s%x", parts[part].small ? "" : "0x", get_part(mask[i], part));
            }
        }
    }
}

/* "VALUE" or "VALUE/MASK" of a part. */
static bool scan_part(struct scanner *s, int part, be32 *lse, be32 *mask)
{
    char word[SCAN_WORD_SIZE];
    uint64_t value, bits = parts[part].bits >> parts[part].shift, most = bits;
    if (scan_word(s, "/,)", word) == SCAN_WORD_SIZE || !scan_u64(word, most, &value)) {
        return false;
    }
    if (scan_literal(s, "/") &&
        (!mask || scan_word(s, ",)", word) == SCAN_WORD_SIZE || !scan_u64(word, most, &bits))) {
        return false;
    }
    *lse = with_part(*lse, part, value);
    if (mask) {
        *mask = with_part(*mask, part, bits);
    }
    return true;
}

static int scan_part_name(struct scanner *s)
{
    for (int part = 0; part < (int)ARRAY_SIZE(parts); part++) {
        struct scanner saved = *s;
        if (scan_literal(s, parts[part].name) && scan_literal(s, "=")) {
            return part;
        }
        *s = saved;
    }
    return -1;
}

char *mpls_text_scan(struct scanner *s, be32 *lse, be32 *mask, unsigned int max)
{
    unsigned int i = 0, seen = 0;
    for (scan_skip(s); !scan_literal(s, ")"); scan_skip(s)) {
        char word[SCAN_WORD_SIZE];
        scan_peek(s, word);
        int part = scan_part_name(s);
        if (part < 0) {
            return *word ? xasprintf("mpls: unknown field '%s'", word)
                         : xasprintf("mpls: ')' is missing");
        }
        if (seen & 1u << part) {
            /* A part that is named again starts the next entry. */
            seen = 0;
            if (lse[i] & (mask ? mask[i] : BE32_MAX) & htonl(MPLS_BOS_MASK)) {
                return xasprintf("mpls: '%s' is behind the bottom of the stack", word);
            }
            if (++i == max) {
                return xasprintf("mpls: more than %u labels", max);
            }
        }
        seen |= 1u << part;
        if (!scan_part(s, part, &lse[i], mask ? &mask[i] : NULL)) {
            return xasprintf("mpls: '%s' is not valid", word);
        }
    }
    return NULL;
}

char *mpls_text_scan_push(struct scanner *s, be32 *lse, be16 *eth_type)
{
    *lse = htonl(0);
    *eth_type = htons(ETH_TYPE_MPLS);
    for (scan_skip(s); !scan_literal(s, ")"); scan_skip(s)) {
        char word[SCAN_WORD_SIZE];
        uint64_t type;
        scan_peek(s, word);
        if (scan_literal(s, "eth_type=")) {
            char value[SCAN_WORD_SIZE];
            if (scan_word(s, ",)", value) == SCAN_WORD_SIZE ||
                !scan_u64(value, UINT16_MAX, &type)) {
                return xasprintf("push_mpls: '%s' is not valid", word);
            }
            *eth_type = htons(type);
            continue;
        }
        int part = scan_part_name(s);
        if (part < 0) {
            return *word ? xasprintf("push_mpls: unknown field '%s'", word)
                         : xasprintf("push_mpls: ')' is missing");
        }
        if (!scan_part(s, part, lse, NULL)) {
            return xasprintf("push_mpls: '%s' is not valid", word);
        }
    }
    return NULL;
}
