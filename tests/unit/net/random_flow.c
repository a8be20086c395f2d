/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up flows: first what kind of packet, then fields of it. */
#include "tests/unit/net/random_flow.h"

#include <stdlib.h>

static void fill(void *p, size_t n)
{
    uint8_t *bytes = p;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = random();
    }
}

#define FILL(KEY, FIELD) fill(&(KEY)->FIELD, sizeof(KEY)->FIELD)

static bool one_in(int n)
{
    return random() % n == 0;
}

/* Some Geneve options. */
static void random_options(struct flow *key)
{
    unsigned int room = one_in(2) ? 0 : random() % 64, n = 0;
    uint8_t *options = key->tun_opts;
    for (unsigned int i = 0; i < DIV_ROUND_UP(room * 4, FLOW_LINE_SIZE); i++) {
        flow_use_line(key, FLOW_LINE_TUN_OPTS + i);
    }
    while (n < room && !one_in(6)) {
        unsigned int len = random() % MIN(room - n, 32u);
        for (unsigned int i = 0; i < (len + 1) * 4; i++) {
            options[n * 4 + i] = random();
        }
        ((struct geneve_option *)(void *)(options + n * 4))->len = len;
        n += 1 + len;
    }
    key->tun_opts_len = n;
}

/* A mask of whole options, or of some of their bits. */
static void random_options_mask(struct flow *m, const struct flow *key)
{
    m->tun_opts_len = UINT8_MAX;
    for (unsigned int i = 0; i < key->tun_opts_len * 4u; i++) {
        flow_use_line(m, FLOW_LINE_TUN_OPTS + i / FLOW_LINE_SIZE);
        m->tun_opts[i] = one_in(3) ? random() : UINT8_MAX;
    }
}

static void random_metadata(struct flow *key)
{
    key->in_port = random() % 10;
    if (one_in(3)) {
        key->recirc_id = random();
        key->dp_hash = random();
        key->skb_priority = random();
        key->pkt_mark = random();
    }
    if (one_in(3)) {
        key->ct_state = random() | CT_STATE_TRK;
        key->ct_zone = random();
        key->ct_mark = random();
        flow_use_line(key, FLOW_LINE_CT);
        FILL(key, ct_label);
    }
    if (one_in(5)) {
        flow_use_line(key, FLOW_LINE_TUNNEL);
        FILL(key, tun_id);
        FILL(key, tun_src);
        FILL(key, tun_dst);
        key->tun_ttl = random();
        key->tun_tos = random();
        key->tun_flags = random() & 31;
        key->tun_gbp_id = one_in(2) ? random() : 0;
        key->tun_gbp_flags = one_in(2) ? random() : 0;
        random_options(key);
    }
}

static void random_l2(struct flow *key)
{
    FILL(key, eth_dst);
    FILL(key, eth_src);
    for (int i = 0, n = random() % 3; i < n; i++) {
        key->vlan[i].tpid = htons(one_in(2) ? ETH_TYPE_VLAN_8021Q : ETH_TYPE_VLAN_8021AD);
        key->vlan[i].tci = htons((random() & 0xefff) | VLAN_CFI);
    }
}

static void random_l4(struct flow *key)
{
    static const uint8_t protos[] = {NW_PROTO_TCP,  NW_PROTO_UDP,    NW_PROTO_SCTP, NW_PROTO_ICMP,
                                     NW_PROTO_IGMP, NW_PROTO_ICMPV6, NW_PROTO_GRE};
    bool v6 = key->eth_type == htons(ETH_TYPE_IPV6);
    key->nw_proto = protos[random() % sizeof protos];
    if (one_in(6)) {
        key->nw_frag = FLOW_FRAG_ANY | (one_in(2) ? FLOW_FRAG_LATER : 0);
        if (key->nw_frag & FLOW_FRAG_LATER) {
            if (v6) {
                key->nw_proto = NW_PROTO_FRAGMENT;
            }
            return;
        }
    }
    if (key->nw_proto == NW_PROTO_TCP || key->nw_proto == NW_PROTO_UDP ||
        key->nw_proto == NW_PROTO_SCTP) {
        FILL(key, tp_src);
        FILL(key, tp_dst);
        if (key->nw_proto == NW_PROTO_TCP) {
            key->tcp_flags = htons(random() & TCP_FLAGS_MASK);
        }
    } else if (key->nw_proto == (v6 ? NW_PROTO_ICMPV6 : NW_PROTO_ICMP) ||
               (key->nw_proto == NW_PROTO_IGMP && !v6)) {
        key->tp_src = htons(random() & 0xff);
        key->tp_dst = htons(random() & 0xff);
        if (key->nw_proto == NW_PROTO_IGMP) {
            FILL(key, igmp_group);
        }
    }
}

static void random_nd(struct flow *key)
{
    key->nw_proto = NW_PROTO_ICMPV6;
    key->nw_frag = 0;
    key->tcp_flags = 0;
    key->tp_src = htons(ICMPV6_NEIGHBOR_SOLICIT + random() % 2);
    key->tp_dst = htons(0);
    FILL(key, nd_target);
    FILL(key, nd_reserved);
    key->nd_options_type = random() % 3;
    if (key->nd_options_type == ND_OPT_SOURCE_LINKADDR || (key->nd_options_type && one_in(2))) {
        FILL(key, arp_sha);
    }
    if (key->nd_options_type == ND_OPT_TARGET_LINKADDR || (key->nd_options_type && one_in(2))) {
        FILL(key, arp_tha);
    }
}

/* Headers in their order. */
static void random_extensions(struct flow *key)
{
    if (one_in(3)) {
        key->ipv6_exthdr = random() & (FLOW_EXTHDR_HOP | FLOW_EXTHDR_DEST | FLOW_EXTHDR_ROUTER |
                                       FLOW_EXTHDR_FRAG | FLOW_EXTHDR_AUTH);
    }
    if (key->nw_frag) {
        key->ipv6_exthdr |= FLOW_EXTHDR_FRAG;
    }
    if (key->nw_frag & FLOW_FRAG_LATER) {
        key->ipv6_exthdr &= ~FLOW_EXTHDR_AUTH;
    }
}

static void random_l3(struct flow *key)
{
    flow_use_line(key, FLOW_LINE_L3);
    FILL(key, nw_tos);
    FILL(key, nw_ttl);
    if (key->eth_type == htons(ETH_TYPE_IP)) {
        FILL(key, nw_src);
        FILL(key, nw_dst);
        random_l4(key);
        return;
    }
    flow_use_line(key, FLOW_LINE_IPV6);
    FILL(key, ipv6_src);
    FILL(key, ipv6_dst);
    key->ipv6_label = htonl(random() & IPV6_LABEL_MASK);
    random_l4(key);
    if (one_in(4)) {
        random_nd(key);
    }
    random_extensions(key);
}

void random_flow_key(struct flow *key)
{
    static const uint16_t types[] = {
        ETH_TYPE_IP,   ETH_TYPE_IP,   ETH_TYPE_IPV6,       ETH_TYPE_IPV6, ETH_TYPE_ARP,
        ETH_TYPE_RARP, ETH_TYPE_MPLS, ETH_TYPE_MPLS_MCAST, ETH_TYPE_NONE, 0x88cc,
        ETH_TYPE_PBB};
    flow_init(key);
    random_metadata(key);
    random_l2(key);
    key->eth_type = htons(types[random() % ARRAY_SIZE(types)]);
    if (flow_is_ip_any(key)) {
        random_l3(key);
    } else if (flow_is_arp_or_rarp(key)) {
        flow_use_line(key, FLOW_LINE_L3);
        FILL(key, nw_src);
        FILL(key, nw_dst);
        FILL(key, arp_sha);
        FILL(key, arp_tha);
        FILL(key, nw_proto);
    } else if (key->eth_type == htons(ETH_TYPE_PBB)) {
        flow_use_line(key, FLOW_LINE_MPLS);
        key->pbb_isid = htonl(random() & PBB_ISID_MASK);
        key->pbb_uca = one_in(2);
    } else if (flow_is_mpls(key)) {
        flow_use_line(key, FLOW_LINE_MPLS);
        int n = 1 + random() % FLOW_MAX_MPLS;
        for (int i = 0; i < n; i++) {
            key->mpls_lse[i] =
                (htonl(random() << 1) & ~htonl(MPLS_BOS_MASK)) | htonl(1u << MPLS_LABEL_SHIFT);
        }
        if (n < FLOW_MAX_MPLS || one_in(2)) {
            key->mpls_lse[n - 1] |= htonl(MPLS_BOS_MASK);
        }
    }
}

/* All of the field, some of it, or nothing. 'most' are the bits that may be looked at. */
static bool choose(uint8_t *mask, size_t n, const uint8_t *most)
{
    int how = random() % 4;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        mask[i] = how == 0 ? most[i] : how == 1 ? random() & most[i] : 0;
        any |= mask[i];
    }
    return any;
}

static const uint8_t ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                 255, 255, 255, 255, 255, 255, 255, 255};

#define CHOOSE(MASK, FIELD) choose((uint8_t *)&(MASK)->FIELD, sizeof(MASK)->FIELD, ones)

static bool choose_l4(struct flow *m, const struct flow *key)
{
    bool any = false;
    if (key->nw_frag & FLOW_FRAG_LATER) {
        return false;
    }
    if (key->nw_proto == NW_PROTO_TCP || key->nw_proto == NW_PROTO_UDP ||
        key->nw_proto == NW_PROTO_SCTP) {
        any |= CHOOSE(m, tp_src);
        any |= CHOOSE(m, tp_dst);
        if (key->nw_proto == NW_PROTO_TCP && one_in(2)) {
            m->tcp_flags = one_in(2) ? BE16_MAX : htons(random() & 0x7ff);
            any |= m->tcp_flags;
        }
    } else if (key->tp_src | key->tp_dst) {
        m->tp_src = one_in(2) ? BE16_MAX : htons(random() & 0x7f);
        m->tp_dst = one_in(2) ? BE16_MAX : htons(random() & 0x7f);
        any = true;
        if (key->nw_proto == NW_PROTO_IGMP) {
            CHOOSE(m, igmp_group);
        }
    }
    if (flow_is_nd(key) && m->tp_src == BE16_MAX && m->tp_dst == BE16_MAX) {
        CHOOSE(m, nd_target);
        CHOOSE(m, nd_reserved);
        CHOOSE(m, nd_options_type);
        CHOOSE(m, arp_sha);
        CHOOSE(m, arp_tha);
    }
    return any;
}

static void choose_l3(struct flow *m, const struct flow *key)
{
    flow_use_line(m, FLOW_LINE_L3);
    CHOOSE(m, nw_proto);
    if (flow_is_arp_or_rarp(key)) {
        CHOOSE(m, nw_src);
        CHOOSE(m, nw_dst);
        CHOOSE(m, arp_sha);
        CHOOSE(m, arp_tha);
        return;
    }
    CHOOSE(m, nw_tos);
    CHOOSE(m, nw_ttl);
    static const uint8_t frag_masks[] = {0, 0xff, FLOW_FRAG_ANY, FLOW_FRAG_LATER};
    m->nw_frag = frag_masks[random() % 4];
    flow_use_line(m, FLOW_LINE_IPV6);
    if (key->eth_type == htons(ETH_TYPE_IP)) {
        CHOOSE(m, nw_src);
        CHOOSE(m, nw_dst);
    } else {
        CHOOSE(m, ipv6_src);
        CHOOSE(m, ipv6_dst);
        m->ipv6_label = one_in(2) ? BE32_MAX : htonl(random() & 0x7ffff);
        m->ipv6_exthdr = one_in(2) ? UINT16_MAX : random() & 0xff;
    }
    if (choose_l4(m, key)) {
        m->nw_proto = 0xff;
    }
}

void random_flow_mask(struct flow *m, const struct flow *key)
{
    flow_init(m);
    CHOOSE(m, in_port);
    CHOOSE(m, recirc_id);
    CHOOSE(m, skb_priority);
    CHOOSE(m, pkt_mark);
    CHOOSE(m, dp_hash);
    CHOOSE(m, packet_type);
    CHOOSE(m, eth_dst);
    CHOOSE(m, eth_src);
    CHOOSE(m, ct_zone);
    CHOOSE(m, ct_state);
    CHOOSE(m, ct_mark);
    flow_use_line(m, FLOW_LINE_CT);
    CHOOSE(m, ct_label);
    if (key->lines & 1u << FLOW_LINE_TUNNEL) {
        flow_use_line(m, FLOW_LINE_TUNNEL);
        CHOOSE(m, tun_id);
        CHOOSE(m, tun_src);
        CHOOSE(m, tun_ipv6_dst);
        CHOOSE(m, tun_ttl);
        CHOOSE(m, tun_tos);
        m->tun_flags = one_in(2) ? UINT16_MAX : random() & 7;
        CHOOSE(m, tun_gbp_id);
        CHOOSE(m, tun_gbp_flags);
        if (key->tun_opts_len && one_in(2)) {
            random_options_mask(m, key);
        }
    }
    for (int i = 0; i < FLOW_MAX_VLANS && key->vlan[i].tpid; i++) {
        CHOOSE(m, vlan[i].tpid);
        CHOOSE(m, vlan[i].tci);
    }
    CHOOSE(m, eth_type);
    if (flow_is_mpls(key)) {
        flow_use_line(m, FLOW_LINE_MPLS);
        CHOOSE(m, mpls_lse);
        m->eth_type = BE16_MAX;
    } else if (key->eth_type == htons(ETH_TYPE_PBB)) {
        flow_use_line(m, FLOW_LINE_MPLS);
        m->pbb_isid = one_in(2) ? BE32_MAX : htonl(random() & 0x7fffff);
        m->pbb_uca = one_in(2) ? UINT8_MAX : 0;
        m->eth_type = BE16_MAX;
    } else if (flow_is_ip_any(key) || flow_is_arp_or_rarp(key)) {
        m->eth_type = BE16_MAX;
        choose_l3(m, key);
    }
    flow_mask_normalize(m);
}

void random_flow_bits(struct flow *flow)
{
    flow->lines = 0;
    for (int i = 0; i < FLOW_N_LINES; i++) {
        if (one_in(2)) {
            flow_use_line(flow, i);
            fill(&flow->line[i], FLOW_LINE_SIZE);
            for (int j = 0; j < FLOW_LINE_SIZE; j++) {
                flow->line[i].bytes[j] &= one_in(4) ? 0xff : 0;
            }
        }
    }
}
