/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and parsing of VLAN tags. */
#include "lib/net/vlan_text.h"

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

static const struct part {
    const char *name;
    uint16_t bits; /* of the TCI, host order */
    int shift;
} parts[] = {
    {"vid", VLAN_VID_MASK, 0},
    {"pcp", VLAN_PCP_MASK, VLAN_PCP_SHIFT},
    {"cfi", VLAN_CFI, 12},
    {"tpid", UINT16_MAX, 0},
};
enum { N_PRINTED = 2, TPID = 3 };

const char *vlan_text_format(struct strbuf *out, be16 tci, be16 mask, bool verbose)
{
    const char *separator = "";
    for (const struct part *part = parts; part < parts + N_PRINTED; part++) {
        uint16_t value = ntohs(tci) & part->bits, bits = ntohs(mask) & part->bits;
        if (value || bits || verbose) {
            strbuf_putf(out, "%s%s=%d", separator, part->name, value >> part->shift);
            if (bits != part->bits) {
                strbuf_putf(out, "/0x%x", bits >> part->shift);
            }
            separator = ",";
        }
    }
    return separator;
}

/* "VALUE" or "VALUE/MASK". */
static char *scan_part(struct scanner *s, const struct part *part, be16 *value, be16 *mask)
{
    char word[SCAN_WORD_SIZE];
    uint64_t v, bits = part->bits >> part->shift, most = bits;
    size_t n = scan_word(s, "/,)", word);
    if (n == SCAN_WORD_SIZE || !scan_u64(word, most, &v)) {
        return xasprintf("vlan: '%.60s' is not a value for %s", word, part->name);
    }
    if (scan_literal(s, "/")) {
        n = scan_word(s, ",)", word);
        if (n == SCAN_WORD_SIZE || !scan_u64(word, most, &bits)) {
            return xasprintf("vlan: '%.60s' is not a mask for %s", word, part->name);
        }
        if (!mask) {
            return xasprintf("vlan: a mask cannot be given here");
        }
    }
    be16 others = htons((uint16_t)~part->bits);
    *value = (*value & others) | htons(v << part->shift);
    if (mask) {
        *mask = (*mask & others) | htons(bits << part->shift);
    }
    return NULL;
}

static const struct part *scan_name(struct scanner *s)
{
    for (const struct part *part = parts; part < parts + ARRAY_SIZE(parts); part++) {
        struct scanner saved = *s;
        if (scan_literal(s, part->name) && scan_literal(s, "=")) {
            return part;
        }
        *s = saved;
    }
    return NULL;
}

char *vlan_text_scan(struct scanner *s, struct flow_vlan *value, struct flow_vlan *mask)
{
    for (scan_skip(s); !scan_literal(s, ")"); scan_skip(s)) {
        const struct part *part = scan_name(s);
        if (!part) {
            char word[SCAN_WORD_SIZE];
            scan_peek(s, word);
            return *word ? xasprintf("vlan: unknown field '%s'", word)
                         : xasprintf("vlan: ')' is missing");
        }
        bool tpid = part == &parts[TPID];
        char *error = scan_part(s, part, tpid ? &value->tpid : &value->tci,
                                !mask  ? NULL
                                : tpid ? &mask->tpid
                                       : &mask->tci);
        if (error) {
            return error;
        }
    }
    return NULL;
}
