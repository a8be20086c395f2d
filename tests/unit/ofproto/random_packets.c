/* SPDX-License-Identifier: Apache-2.0 */
/* Random packets. */
#include "tests/unit/ofproto/random_packets.h"

#include "lib/net/parse.h"
#include "ofproto/packet_key.h"
#include "tests/unit/ofproto/flows.h"

enum { N_MACS = 8 };

bool random_flow_is_rich;

static uint32_t rnd(uint32_t n)
{
    return flows_random(n);
}

/* Addresses that packets, flows and MAC tables share. */
static struct eth_addr random_mac(void)
{
    static const struct eth_addr special[] = {
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
        { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x02 } },
        { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x05 } },
    };
    if (!rnd(5)) {
        return special[rnd(3)];
    }
    return (struct eth_addr) { { 2, 0, 0, 0, 0, (uint8_t) rnd(N_MACS) } };
}

struct eth_addr random_unicast(void)
{
    return (struct eth_addr) { { 2, 0, 0, 0, 0, (uint8_t) rnd(N_MACS) } };
}

uint16_t random_vid(void)
{
    static const uint16_t vids[] = { 0, 10, 20, 30 };
    return vids[rnd(4)];
}

/* Packets. */

static void random_l4(struct flow *flow)
{
    static const uint8_t protocols[] = { NW_PROTO_TCP, NW_PROTO_UDP, NW_PROTO_SCTP, NW_PROTO_ICMP, NW_PROTO_ICMPV6, 99 };
    flow->nw_proto = protocols[rnd(6)];
    flow->nw_tos = (uint8_t) rnd(256);
    flow->nw_ttl = rnd(3) ? (uint8_t) (1 + rnd(255)) : (uint8_t) rnd(3);
    if (flow->nw_proto == NW_PROTO_ICMP || flow->nw_proto == NW_PROTO_ICMPV6) {
        static const uint8_t types[] = { 0, 8, 135, 136, 3 };
        flow->tp_src = htons(types[rnd(5)]);
        flow->tp_dst = htons((uint16_t) rnd(2));
    } else {
        flow->tp_src = htons((uint16_t) (1000 + rnd(3)));
        flow->tp_dst = htons((uint16_t) (80 + rnd(3)));
    }
    if (flow->nw_proto == NW_PROTO_TCP) {
        flow->tcp_flags = htons((uint16_t) rnd(0x1000));
    }
    /* The SCTP ports of a fragment cannot be written, which neither side of a comparison need do alike. */
    if (!rnd(8) && flow->nw_proto != NW_PROTO_SCTP) {
        flow->nw_frag = rnd(2) ? FLOW_FRAG_ANY : FLOW_FRAG_ANY | FLOW_FRAG_LATER;
    }
}

/* Neighbor discovery, and headers between IPv6's and the last. */
static void random_ipv6_extras(struct flow *flow)
{
    if (!rnd(4) && !flow->nw_frag) {
        flow->nw_proto = NW_PROTO_ICMPV6;
        flow->tp_src = htons((uint16_t) (135 + rnd(2)));
        flow->tp_dst = 0;
        flow->tcp_flags = 0;
    }
    if (flow_is_nd(flow)) {
        flow->nd_target[0] = 0xfd;
        flow->nd_target[15] = (uint8_t) rnd(4);
        flow->nd_reserved = htonl(rnd(3));
        flow->nd_options_type = (uint8_t) rnd(3);
        flow->arp_sha = rnd(2) ? random_unicast() : (struct eth_addr) { { 0 } };
        flow->arp_tha = rnd(2) ? random_unicast() : (struct eth_addr) { { 0 } };
    }
    if (!rnd(4)) {
        static const uint16_t headers[] = { FLOW_EXTHDR_DEST, FLOW_EXTHDR_ROUTER, FLOW_EXTHDR_HOP,
                                            FLOW_EXTHDR_HOP | FLOW_EXTHDR_DEST, FLOW_EXTHDR_AUTH };
        flow->ipv6_exthdr = headers[rnd(5)];
    }
}

static void random_pbb(struct flow *flow)
{
    flow_use_line(flow, FLOW_LINE_MPLS);
    flow->pbb_isid = htonl(rnd(4));
    flow->pbb_uca = (uint8_t) rnd(2);
}

static void random_l3(struct flow *flow)
{
    static const uint16_t types[] = { ETH_TYPE_IP,   ETH_TYPE_IP, ETH_TYPE_IPV6, ETH_TYPE_ARP,
                                      ETH_TYPE_MPLS, 0x1234,      ETH_TYPE_PBB,  ETH_TYPE_NSH };
    uint16_t type = types[rnd(random_flow_is_rich ? 8 : 6)];
    flow->eth_type = htons(type);
    flow_use_line(flow, FLOW_LINE_L3);
    if (type == ETH_TYPE_PBB) {
        random_pbb(flow);
    }
    if (type == ETH_TYPE_IP || type == ETH_TYPE_ARP) {
        flow->nw_src = htonl(0x0a000000 + rnd(4));
        flow->nw_dst = htonl(0x0a000000 + rnd(600));
    }
    if (type == ETH_TYPE_ARP) {
        flow->nw_proto = (uint8_t) (1 + rnd(2));
        flow->arp_sha = random_unicast();
        flow->arp_tha = random_unicast();
    } else if (type == ETH_TYPE_IP) {
        random_l4(flow);
    } else if (type == ETH_TYPE_IPV6) {
        flow_use_line(flow, FLOW_LINE_IPV6);
        flow->ipv6_src[0] = flow->ipv6_dst[0] = 0xfd;
        flow->ipv6_src[15] = (uint8_t) rnd(4);
        flow->ipv6_dst[15] = (uint8_t) rnd(4);
        flow->ipv6_dst[7] = (uint8_t) rnd(2);
        flow->ipv6_label = htonl(rnd(3));
        random_l4(flow);
        if (random_flow_is_rich) {
            random_ipv6_extras(flow);
        }
    } else if (type == ETH_TYPE_MPLS) {
        flow_use_line(flow, FLOW_LINE_MPLS);
        unsigned int n = 1 + rnd(3);
        for (unsigned int i = 0; i < n; i++) {
            flow->mpls_lse[i] = htonl((16 + rnd(3)) << MPLS_LABEL_SHIFT | rnd(8) << MPLS_TC_SHIFT
                                      | (i == n - 1 ? MPLS_BOS_MASK : 0) | rnd(4));
        }
    }
}

/* The connection's tuple in its first direction. */
static void random_ct_tuple(struct flow *flow)
{
    flow_use_line(flow, FLOW_LINE_CT);
    flow->ct_label[15] = (uint8_t) rnd(4);
    flow->ct_ipv6_src[15] = (uint8_t) rnd(3);
    flow->ct_ipv6_dst[15] = (uint8_t) rnd(3);
    flow->ct_nw_proto = (uint8_t) rnd(3);
    flow->ct_nw_src = htonl(0x0a000000 + rnd(3));
    flow->ct_nw_dst = htonl(0x0a000000 + rnd(3));
    flow->ct_tp_src = htons((uint16_t) (1000 + rnd(3)));
    flow->ct_tp_dst = htons((uint16_t) (80 + rnd(3)));
}

static void random_tunnel(struct flow *flow)
{
    flow_use_line(flow, FLOW_LINE_TUNNEL);
    flow->tun_id = be64_from_host(rnd(8));
    flow->tun_src = htonl(0x0a000000 + rnd(4));
    flow->tun_dst = htonl(0x0a000000 + rnd(4));
    flow->tun_ipv6_src[15] = (uint8_t) rnd(2);
    flow->tun_ipv6_dst[15] = (uint8_t) rnd(2);
    flow->tun_tos = (uint8_t) rnd(4);
    flow->tun_ttl = (uint8_t) rnd(4);
    flow->tun_flags = (uint16_t) rnd(16);
    flow->tun_gbp_id = htons((uint16_t) rnd(3));
    flow->tun_gbp_flags = (uint8_t) rnd(3);
    flow->tun_erspan = rnd(2) | rnd(3) << 20 | rnd(2) << 24 | rnd(3) << 25;
    for (unsigned int i = 0; i < FLOW_TUN_OPTS_SIZE / FLOW_LINE_SIZE; i++) {
        flow_use_line(flow, FLOW_LINE_TUN_OPTS + i);
    }
    for (unsigned int i = 3; i < FLOW_TUN_OPTS_SIZE; i += 4) {
        flow->tun_opts[i] = (uint8_t) rnd(2);
    }
}

/* What the datapath says of a packet besides its headers. */
static void random_metadata(struct flow *flow)
{
    flow->skb_priority = rnd(3) ? 0 : rnd(4);
    flow->pkt_mark = rnd(3) ? 0 : rnd(4);
    flow->dp_hash = rnd(3) ? 0 : rnd(4);
    flow->ct_state = rnd(3) ? 0 : (uint8_t) rnd(256);
    flow->ct_zone = rnd(3) ? 0 : (uint16_t) rnd(4);
    flow->ct_mark = rnd(3) ? 0 : rnd(4);
    if (rnd(2)) {
        random_ct_tuple(flow);
    }
    if (rnd(2)) {
        random_tunnel(flow);
    }
}

void random_flow(const struct random_switch *sw, struct flow *flow)
{
    flow_init(flow);
    flow->in_port = sw->dp_ports[rnd((uint32_t) sw->n_dp_ports)];
    flow->eth_src = random_unicast();
    flow->eth_dst = random_mac();
    unsigned int n_vlans = rnd(3) ? 0 : 1 + rnd(2);
    for (unsigned int i = 0; i < n_vlans; i++) {
        flow->vlan[i].tpid = htons(rnd(4) ? ETH_TYPE_VLAN_8021Q : ETH_TYPE_VLAN_8021AD);
        flow->vlan[i].tci = htons((uint16_t) (VLAN_CFI | random_vid() | rnd(8) << VLAN_PCP_SHIFT));
    }
    random_l3(flow);
    if (sw->metadata) {
        random_metadata(flow);
    }
}

/* Metadata is not in the packet. */
static void copy_metadata(const struct flow *from, struct flow *to)
{
    to->skb_priority = from->skb_priority;
    to->pkt_mark = from->pkt_mark;
    to->dp_hash = from->dp_hash;
    to->ct_state = from->ct_state;
    to->ct_zone = from->ct_zone;
    to->ct_mark = from->ct_mark;
    if (from->lines & 1u << FLOW_LINE_L3) {
        flow_use_line(to, FLOW_LINE_L3);
        to->ct_nw_proto = from->ct_nw_proto;
        to->ct_nw_src = from->ct_nw_src;
        to->ct_nw_dst = from->ct_nw_dst;
        to->ct_tp_src = from->ct_tp_src;
        to->ct_tp_dst = from->ct_tp_dst;
    }
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        bool is_metadata = i == FLOW_LINE_CT || i == FLOW_LINE_TUNNEL || i >= FLOW_LINE_TUN_OPTS;
        if (is_metadata && from->lines & 1u << i) {
            flow_use_line(to, i);
            to->line[i] = from->line[i];
        }
    }
}

/* What the datapath makes of the packet that 'wanted' describes. */
static size_t realize(const struct flow *wanted, uint8_t *packet, size_t size, struct flow *key)
{
    size_t n = flow_compose(wanted, packet, size, 20);
    if (!n || !packet_key(packet, n, key)) {
        return 0;
    }
    key->in_port = wanted->in_port;
    copy_metadata(wanted, key);
    return n;
}

size_t random_packet(const struct random_switch *sw, uint8_t *packet, size_t size, struct flow *key)
{
    for (;;) {
        struct flow wanted;
        random_flow(sw, &wanted);
        size_t n = realize(&wanted, packet, size, key);
        if (n) {
            return n;
        }
    }
}

/* to = key where mask, other elsewhere. */
static void mix(const struct flow *key, const struct flow *mask, const struct flow *other, struct flow *to)
{
    flow_init(to);
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        if (!((key->lines | other->lines) & 1u << i)) {
            continue;
        }
        flow_use_line(to, i);
        const uint8_t *a = flow_line(key, i)->bytes, *b = flow_line(other, i)->bytes, *m = flow_line(mask, i)->bytes;
        for (unsigned int j = 0; j < FLOW_LINE_SIZE; j++) {
            to->line[i].bytes[j] = (uint8_t) ((a[j] & m[j]) | (b[j] & ~m[j]));
        }
    }
}

/* Like 'key', with one bit in some place turned round. */
static void flip_a_bit(const struct flow *key, struct flow *to)
{
    flow_copy(to, key);
    unsigned int line = rnd(FLOW_N_DP_LINES);
    if (key->lines & 1u << line) {
        to->line[line].bytes[rnd(FLOW_LINE_SIZE)] ^= (uint8_t) (1u << rnd(8));
    }
}

size_t random_packet_alike(const struct random_switch *sw, const struct flow *key, const struct flow *mask,
                           uint8_t *packet, size_t size, struct flow *alike)
{
    for (int tries = 0; tries < 8; tries++) {
        struct flow other, wanted;
        if (rnd(3)) {
            random_flow(sw, &other);
        } else {
            flip_a_bit(key, &other);
        }
        mix(key, mask, &other, &wanted);
        size_t n = realize(&wanted, packet, size, alike);
        if (n && flow_equal_masked(key, alike, mask)) {
            return n;
        }
    }
    return 0;
}
