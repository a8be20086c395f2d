/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and parsing of set actions. */
#include "lib/net/set_text.h"

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/field_text.h"
#include "lib/net/mpls_text.h"
#include "lib/net/vlan_text.h"

#define FIELD(NAME, KIND, BITS, TYPE, MEMBER)                   \
    {                                                           \
        NAME, FIELD_##KIND, BITS, offsetof(struct TYPE, MEMBER) \
    }
#define FIELDS(...) \
    (const struct field_text[]){__VA_ARGS__}, ARRAY_SIZE(((const struct field_text[]){__VA_ARGS__}))
#define PORTS FIELDS(FIELD("src", BE16, 16, set_ports, src), FIELD("dst", BE16, 16, set_ports, dst))
#define WORD FIELDS({NULL, FIELD_U32_HEX, 32, 0})

/* Fields whose text is a table, in the order of enum action_set_field; VLAN and MPLS have code of
 * their own. */
/* clang-format off */
static const struct group_text groups[ACTION_SET_N_FIELDS] = {
    [ACTION_SET_ETH] = {"eth", FIELDS(FIELD("src", ETH, 48, set_eth, src), FIELD("dst", ETH, 48, set_eth, dst))},
    [ACTION_SET_ARP] = {"arp", FIELDS(FIELD("sip", IPV4, 32, set_arp, spa),
                                      FIELD("tip", IPV4, 32, set_arp, tpa),
                                      FIELD("op", BE16, 16, set_arp, op),
                                      FIELD("sha", ETH, 48, set_arp, sha),
                                      FIELD("tha", ETH, 48, set_arp, tha))},
    [ACTION_SET_IPV4] = {"ipv4", FIELDS(FIELD("src", IPV4, 32, set_ipv4, src),
                                        FIELD("dst", IPV4, 32, set_ipv4, dst),
                                        FIELD("proto", U8, 8, set_ipv4, proto),
                                        FIELD("tos", U8_HEX, 8, set_ipv4, tos),
                                        FIELD("ttl", U8, 8, set_ipv4, ttl))},
    [ACTION_SET_IPV6] = {"ipv6", FIELDS(FIELD("src", IPV6, 128, set_ipv6, src),
                                        FIELD("dst", IPV6, 128, set_ipv6, dst),
                                        FIELD("label", BE32_HEX, 20, set_ipv6, label),
                                        FIELD("proto", U8, 8, set_ipv6, proto),
                                        FIELD("tclass", U8_HEX, 8, set_ipv6, tclass),
                                        FIELD("hlimit", U8, 8, set_ipv6, hlimit))},
    [ACTION_SET_ND] = {"nd", FIELDS(FIELD("target", IPV6, 128, set_nd, target),
                                    FIELD("sll", ETH, 48, set_nd, sll),
                                    FIELD("tll", ETH, 48, set_nd, tll),
                                    FIELD("nd_reserved", BE32_HEX, 32, set_nd, reserved))},
    [ACTION_SET_TCP] = {"tcp", PORTS},
    [ACTION_SET_UDP] = {"udp", PORTS},
    [ACTION_SET_SCTP] = {"sctp", PORTS},
    [ACTION_SET_ICMP] = {"icmp", FIELDS(FIELD("type", U8, 8, set_icmp, type), FIELD("code", U8, 8, set_icmp, code))},
    [ACTION_SET_PRIORITY] = {"skb_priority", WORD},
    [ACTION_SET_MARK] = {"skb_mark", WORD},
    [ACTION_SET_ETH_TYPE] = {"eth_type", FIELDS({NULL, FIELD_ETH_TYPE, 16, 0})},
    [ACTION_SET_PBB] = {"pbb", FIELDS(FIELD("isid", BE32, 24, set_pbb, isid), FIELD("uca", U8, 1, set_pbb, uca))},
};
/* clang-format on */

static void format_vlan(struct strbuf *out, const struct set_vlan *value,
                        const struct set_vlan *mask)
{
    strbuf_puts(out, "vlan(");
    const char *separator = vlan_text_format(out, value->tci, mask->tci, false);
    if (mask->tpid) {
        strbuf_putf(out, "%stpid=0x%04x", separator, ntohs(value->tpid));
    }
    strbuf_putc(out, ')');
}

static void format_mpls(struct strbuf *out, const be32 *value, const be32 *mask)
{
    strbuf_puts(out, "mpls(");
    mpls_text_format(out, value, *mask == BE32_MAX ? NULL : mask, 1);
    strbuf_putc(out, ')');
}

void set_text_format(struct strbuf *out, const struct action_set *set)
{
    size_t n = action_set_size(set->field);
    union action_set_value value, mask;
    memcpy(&value, set->value_mask, n);
    memcpy(&mask, set->value_mask + n, n);
    strbuf_puts(out, "set(");
    if (set->field == ACTION_SET_VLAN) {
        format_vlan(out, &value.vlan, &mask.vlan);
    } else if (set->field == ACTION_SET_MPLS) {
        format_mpls(out, &value.mpls.lse, &mask.mpls.lse);
    } else {
        const struct text_style style = {NULL, false};
        group_text_format(out, &groups[set->field], &value, &mask, &style);
    }
    strbuf_putc(out, ')');
}

static char *scan_vlan(struct scanner *s, struct set_vlan *value, struct set_vlan *mask)
{
    struct flow_vlan v = {0}, m = {0};
    char *error = vlan_text_scan(s, &v, &m);
    if (!error && m.tci & htons(VLAN_CFI)) {
        error = xasprintf("vlan: cfi cannot be set");
    }
    *value = (struct set_vlan){v.tpid, v.tci};
    *mask = (struct set_vlan){m.tpid, m.tci};
    return error;
}

/* The field whose group is named next; takes the name and "(". ACTION_SET_N_FIELDS if there is
 * none. */
static enum action_set_field scan_name(struct scanner *s)
{
    if (scan_literal(s, "vlan(")) {
        return ACTION_SET_VLAN;
    }
    if (scan_literal(s, "mpls(")) {
        return ACTION_SET_MPLS;
    }
    if (scan_literal(s, "icmpv6(")) {
        return ACTION_SET_ICMP;
    }
    size_t n = strcspn(s->at, "(");
    int field = 0;
    for (; field < ACTION_SET_N_FIELDS; field++) {
        const char *name = groups[field].name;
        if (name && strlen(name) == n && !strncmp(s->at, name, n) && s->at[n] == '(') {
            s->at += n + 1;
            break;
        }
    }
    return field;
}

char *set_text_scan(struct scanner *s, struct actions *list)
{
    char word[SCAN_WORD_SIZE];
    scan_skip(s);
    scan_peek(s, word);
    enum action_set_field field = scan_name(s);
    if (field == ACTION_SET_N_FIELDS) {
        return xasprintf("set: '%s' is not something that can be set", word);
    }
    union action_set_value value, mask;
    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    char *error = field == ACTION_SET_VLAN ? scan_vlan(s, &value.vlan, &mask.vlan)
                  : field == ACTION_SET_MPLS
                      ? mpls_text_scan(s, &value.mpls.lse, &mask.mpls.lse, 1)
                      : group_text_scan(s, &groups[field], NULL, &value, &mask);
    if (error) {
        return error;
    }
    scan_skip(s);
    if (!scan_literal(s, ")")) {
        return xasprintf("set: ')' is missing");
    }
    actions_put_set(list, field, &value, &mask);
    return NULL;
}
