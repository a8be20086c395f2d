/* SPDX-License-Identifier: Apache-2.0 */
/* Printing the flows of a trace. */
#include "ofproto/trace_flow.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/match.h"

static void expand(struct flow *flow)
{
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        flow_use_line(flow, i);
    }
}

static void show_l4(const struct flow *flow, struct flow *mask)
{
    if (flow->nw_frag & FLOW_FRAG_LATER) {
        return;
    }
    switch (flow->nw_proto) {
    case NW_PROTO_TCP:
        mask->tcp_flags = htons(TCP_FLAGS_MASK);
        /* fall through */
    case NW_PROTO_UDP:
    case NW_PROTO_SCTP:
    case NW_PROTO_ICMP:
    case NW_PROTO_ICMPV6:
        mask->tp_src = mask->tp_dst = BE16_MAX;
        break;
    }
    if (flow_is_nd(flow)) {
        memset(mask->nd_target, 0xff, sizeof mask->nd_target);
        memset(&mask->arp_sha, 0xff, sizeof mask->arp_sha);
        memset(&mask->arp_tha, 0xff, sizeof mask->arp_tha);
    }
}

/* The fields that a packet of this kind has, and others that are not 0. */
static void choose_fields(const struct flow *flow, struct flow *mask)
{
    memset(mask, 0, sizeof *mask);
    mask->lines = (1u << FLOW_N_LINES) - 1;
    mask->in_port = UINT32_MAX;
    mask->recirc_id = flow->recirc_id ? UINT32_MAX : 0;
    mask->skb_priority = flow->skb_priority ? UINT32_MAX : 0;
    mask->pkt_mark = flow->pkt_mark ? UINT32_MAX : 0;
    mask->dp_hash = flow->dp_hash ? UINT32_MAX : 0;
    memset(&mask->eth_src, 0xff, sizeof mask->eth_src);
    memset(&mask->eth_dst, 0xff, sizeof mask->eth_dst);
    mask->eth_type = BE16_MAX;
    mask->vlan[0].tci = BE16_MAX;
    mask->vlan[1].tci = flow->vlan[1].tci ? BE16_MAX : 0;
    if (flow_is_mpls(flow)) {
        memset(mask->mpls_lse, 0xff, sizeof mask->mpls_lse);
    } else if (flow_is_arp_or_rarp(flow)) {
        mask->nw_src = mask->nw_dst = BE32_MAX;
        mask->nw_proto = 0xff;
        memset(&mask->arp_sha, 0xff, sizeof mask->arp_sha);
        memset(&mask->arp_tha, 0xff, sizeof mask->arp_tha);
    } else if (flow_is_ip_any(flow)) {
        if (flow->eth_type == htons(ETH_TYPE_IP)) {
            mask->nw_src = mask->nw_dst = BE32_MAX;
        } else {
            memset(mask->ipv6_src, 0xff, sizeof mask->ipv6_src);
            memset(mask->ipv6_dst, 0xff, sizeof mask->ipv6_dst);
            mask->ipv6_label = htonl(IPV6_LABEL_MASK);
        }
        mask->nw_proto = mask->nw_tos = mask->nw_ttl = 0xff;
        mask->nw_frag = FLOW_FRAG_ANY | FLOW_FRAG_LATER;
        show_l4(flow, mask);
    }
    for (unsigned int i = 0; i < FLOW_N_REGS; i++) {
        mask->regs[i] = flow->regs[i] ? UINT32_MAX : 0;
    }
    mask->metadata = flow->metadata ? BE64_MAX : 0;
}

/* Matches have one tag only: the second is put behind it. */
static void put_with_second_tag(struct strbuf *s, const char *text, const struct flow_vlan *inner)
{
    static const char after[] = ",dl_vlan_pcp=";
    const char *at = strstr(text, after);
    size_t n = at ? (size_t) (at - text) + strlen(after) + 1 : strlen(text);
    strbuf_putf(s, "%.*s", (int) n, text);
    if (at && inner->tci) {
        uint16_t tci = ntohs(inner->tci);
        strbuf_putf(s, ",dl_vlan1=%u,dl_vlan_pcp1=%u", tci & VLAN_VID_MASK, tci >> VLAN_PCP_SHIFT);
    } else if (at) {
        strbuf_puts(s, ",vlan_tci1=0x0000");
    }
    strbuf_puts(s, text + n);
}

void trace_flow_format(struct strbuf *s, const struct flow *flow, const struct ofp_names *names)
{
    struct match match;
    match_init(&match);
    struct flow whole;
    struct strbuf text = STRBUF_INIT;
    flow_copy(&whole, flow);
    expand(&whole);
    choose_fields(&whole, &match.mask);
    flow_apply_mask(&match.flow, &whole, &match.mask);
    match_normalize(&match);
    match_format(&text, &match, names);
    strbuf_chomp(&text, ',');
    put_with_second_tag(s, strbuf_str(&text), &whole.vlan[1]);
    strbuf_destroy(&text);
}

void trace_megaflow_format(struct strbuf *s, const struct flow *key, const struct flow *mask,
                           const struct ofp_names *names)
{
    struct match match;
    match_init(&match);
    flow_copy(&match.mask, mask);
    strbuf_putf(s, "recirc_id=%#x,eth", key->recirc_id);
    match.mask.recirc_id = 0;
    flow_apply_mask(&match.flow, key, &match.mask);
    match_normalize(&match);
    struct strbuf fields = STRBUF_INIT;
    match_format(&fields, &match, names);
    strbuf_chomp(&fields, ',');
    strbuf_putf(s, "%s%s", fields.length ? "," : "", strbuf_str(&fields));
    strbuf_destroy(&fields);
}

bool trace_flow_same(const struct flow *a, const struct flow *b)
{
    return flow_equal(a, b);
}
