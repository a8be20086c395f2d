/* SPDX-License-Identifier: Apache-2.0 */
/* Flows to text. */
#include "lib/base/strbuf.h"
#include "lib/net/flow_groups.h"
#include "lib/net/mpls_text.h"
#include "lib/net/vlan_text.h"

struct printer {
    struct strbuf *out;
    struct flow key;  /* every line of the datapath in use, so that any field can be read */
    struct flow mask; /* likewise */
    bool masked;      /* else everything is exact */
    bool first;       /* nothing printed yet, at this level */
    bool packet_type; /* was printed */
    struct text_style style;
};

static void expand(struct flow *to, const struct flow *from)
{
    flow_copy(to, from);
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        flow_use_line(to, i);
    }
}

static const struct flow *mask_of(const struct printer *pr)
{
    return pr->masked ? &pr->mask : NULL;
}

static void separate(struct printer *pr)
{
    if (!pr->first) {
        strbuf_putc(pr->out, ',');
    }
    pr->first = false;
}

/* Is something there to print of a group that not every packet has? */
static bool is_present(const struct flow_group *g, const struct flow *key)
{
    static const struct flow zero;
    if (!g->always && !g->nd && flow_group_lines(g) & 1u << FLOW_LINE_IPV6) {
        return key->ipv6_exthdr;
    }
    return g->always || (flow_group_lines(g) & 1u << FLOW_LINE_TUNNEL
                             ? memcmp(&key->line[FLOW_LINE_TUNNEL], &zero, FLOW_LINE_SIZE)
                             : g->nd || key->ct_state & CT_STATE_TRK);
}

static bool is_looked_at(const struct printer *pr, const struct flow_group *g)
{
    return flow_group_applies(g, &pr->key) && !group_text_is_wild(&g->text, &pr->mask);
}

/* Does the mask look at any field of a group of the L4 header ('l4'), of neighbour discovery
 * ('nd'), or of any behind the Ethernet type? */
static bool looks_behind(const struct printer *pr, bool l4, bool nd)
{
    for (unsigned int i = 1; i < flow_groups_n_inner; i++) {
        const struct flow_group *g = &flow_groups_inner[i];
        if ((!l4 || g->nw_proto) && (!nd || g->nd) && is_looked_at(pr, g)) {
            return true;
        }
    }
    return false;
}

/* A mask may look at a field and not at what tells that the field is there. Translation makes no
 * such mask, but if there is one it must show, and its text must parse: then the group that tells
 * is printed although it is a wildcard. */
static bool is_needed(const struct printer *pr, const struct flow_group *g)
{
    if (!flow_group_applies(g, &pr->key)) {
        return false;
    }
    if (g == flow_group_eth_type) {
        bool ct = false;
        for (unsigned int i = 0; i < flow_groups_n_outer; i++) {
            ct |= flow_groups_outer[i].eth_type && is_looked_at(pr, &flow_groups_outer[i]);
        }
        const be32 *lse = pr->mask.mpls_lse;
        bool mpls = flow_is_mpls(&pr->key) && (lse[0] || lse[1] || lse[2]);
        return !pr->mask.eth_type && (ct || mpls || looks_behind(pr, false, false));
    }
    if (g->always && (g->eth_type == ETH_TYPE_IP || g->eth_type == ETH_TYPE_IPV6)) {
        bool tells_nd = g->nw_proto == NW_PROTO_ICMPV6 && !g->nd;
        return (!g->nw_proto && !pr->mask.nw_proto && looks_behind(pr, true, false)) ||
               (tells_nd && !pr->mask.tp_src && looks_behind(pr, true, true));
    }
    return false;
}

static bool is_wanted(const struct printer *pr, const struct flow_group *g)
{
    if (!pr->masked || pr->style.verbose) {
        return flow_group_applies(g, &pr->key) &&
               (pr->masked ? g->always || is_looked_at(pr, g) : is_present(g, &pr->key));
    }
    return is_looked_at(pr, g) || is_needed(pr, g);
}

static void put_group(struct printer *pr, const struct flow_group *g)
{
    if (is_wanted(pr, g)) {
        struct text_style style = pr->style;
        style.verbose |= pr->masked && is_needed(pr, g);
        separate(pr);
        group_text_format(pr->out, &g->text, &pr->key, mask_of(pr), &style);
        pr->packet_type |= g == flow_group_packet_type;
    } else if (g == flow_group_eth && !pr->packet_type) {
        /* The sign that this is about an Ethernet packet. */
        separate(pr);
        strbuf_puts(pr->out, "eth()");
    }
}

/* Labels up to the last one that is there or looked at, but none behind a bottom of the stack that
 * is looked at: they are 0. */
static unsigned int n_labels(const struct printer *pr)
{
    unsigned int n = 1;
    while (n < FLOW_MAX_MPLS &&
           !(pr->key.mpls_lse[n - 1] & htonl(MPLS_BOS_MASK) &&
             (!pr->masked || pr->mask.mpls_lse[n - 1] & htonl(MPLS_BOS_MASK)))) {
        n++;
    }
    while (n > 1 && !pr->key.mpls_lse[n - 1] && !(pr->masked && pr->mask.mpls_lse[n - 1])) {
        n--;
    }
    return n;
}

static bool looks_at_mpls(const struct printer *pr)
{
    const be32 *m = pr->mask.mpls_lse;
    return flow_is_mpls(&pr->key) && (!pr->masked || pr->style.verbose || m[0] || m[1] || m[2]);
}

static void put_mpls(struct printer *pr)
{
    if (looks_at_mpls(pr)) {
        unsigned int n = n_labels(pr);
        bool exact = !pr->masked || flow_mask_is_exact_bits(pr->mask.mpls_lse, n * sizeof(be32));
        separate(pr);
        strbuf_puts(pr->out, "mpls(");
        mpls_text_format(pr->out, pr->key.mpls_lse, exact ? NULL : pr->mask.mpls_lse, n);
        strbuf_putc(pr->out, ')');
    }
}

/* The Ethernet type and all behind it. */
static void put_inner(struct printer *pr)
{
    put_group(pr, flow_group_eth_type);
    put_mpls(pr);
    for (unsigned int i = 1; i < flow_groups_n_inner; i++) {
        put_group(pr, &flow_groups_inner[i]);
    }
}

static bool looks_at_inner(const struct printer *pr)
{
    for (unsigned int i = 0; i < flow_groups_n_inner; i++) {
        if (is_wanted(pr, &flow_groups_inner[i])) {
            return true;
        }
    }
    return looks_at_mpls(pr);
}

/* "vlan(...)". An absent tag has cfi=0 and tells its TPID here, since no Ethernet type in front
 * does. */
static void put_vlan(struct printer *pr, const struct flow_vlan *key, const struct flow_vlan *mask)
{
    be16 bits = mask ? mask->tci : BE16_MAX;
    bool present = key->tci & htons(VLAN_CFI), cfi = bits & htons(VLAN_CFI);
    separate(pr);
    strbuf_puts(pr->out, "vlan(");
    const char *separator = vlan_text_format(pr->out, key->tci, bits, pr->style.verbose);
    if (!present || !cfi) {
        strbuf_putf(pr->out, "%scfi=%d%s", separator, present, cfi ? "" : "/0x0");
    }
    if (!present && mask && mask->tpid) {
        strbuf_putf(pr->out, ",tpid=0x%04x/0x%04x", ntohs(key->tpid), ntohs(mask->tpid));
    }
    strbuf_putc(pr->out, ')');
}

/* The Ethernet type in front of a tag that is there. */
static void put_tpid(struct printer *pr, const struct flow_vlan *key, const struct flow_vlan *mask)
{
    separate(pr);
    strbuf_putf(pr->out, "eth_type(0x%04x", ntohs(key->tpid));
    if (mask && mask->tpid != BE16_MAX) {
        strbuf_putf(pr->out, "/0x%04x", ntohs(mask->tpid));
    }
    strbuf_putc(pr->out, ')');
}

/* Text that names the Ethernet type but no tag means that there is none: see flow_text.h. Says what
 * differs from that. */
static void put_absent_vlan(struct printer *pr, const struct flow_vlan *key,
                            const struct flow_vlan *mask)
{
    bool wild = !mask->tci && !mask->tpid;
    bool exact = mask->tci == BE16_MAX && mask->tpid == BE16_MAX;
    if (pr->mask.eth_type ? pr->style.verbose && !exact : !wild) {
        put_vlan(pr, key, mask);
    }
}

/* From VLAN tag 'level' on inwards. */
static void put_level(struct printer *pr, int level)
{
    const struct flow_vlan *key = level < FLOW_MAX_VLANS ? &pr->key.vlan[level] : NULL;
    const struct flow_vlan *mask = key && pr->masked ? &pr->mask.vlan[level] : NULL;
    if (!key || !(key->tci & htons(VLAN_CFI))) {
        if (mask) {
            put_absent_vlan(pr, key, mask);
        }
        put_inner(pr);
        return;
    }
    size_t n = sizeof pr->mask.vlan - level * sizeof pr->mask.vlan[0];
    static const struct flow_vlan zeros[FLOW_MAX_VLANS];
    if (mask && !pr->style.verbose && !memcmp(mask, zeros, n) && !looks_at_inner(pr)) {
        return;
    }
    put_tpid(pr, key, mask);
    put_vlan(pr, key, mask);
    separate(pr);
    strbuf_puts(pr->out, "encap(");
    pr->first = true;
    put_level(pr, level + 1);
    strbuf_putc(pr->out, ')');
    pr->first = false;
}

void flow_format(struct strbuf *out, const struct flow *key, const struct flow *mask,
                 const struct flow_port_names *names, bool verbose)
{
    struct printer pr = {
        .out = out, .masked = mask != NULL, .first = true, .style = {names, verbose}};
    expand(&pr.key, key);
    if (mask) {
        expand(&pr.mask, mask);
    }
    for (unsigned int i = 0; i < flow_groups_n_outer; i++) {
        put_group(&pr, &flow_groups_outer[i]);
    }
    put_level(&pr, 0);
}
