/* SPDX-License-Identifier: Apache-2.0 */
/* From a megaflow's mask to bits of the packet. */
#include "datapath/wire_match.h"

#include "datapath/line_mask.h"
#include "datapath/line_ops.h"
#include "lib/net/flow.h"

/* Takes 'n' bytes of the mask out of 'rest' that are at 'wire' in the packet. */
static void move(struct wire_match *m, struct flow *rest, size_t field, size_t wire, size_t n)
{
    uint8_t *bits = (uint8_t *) rest + field;
    if (rest->lines & (1u << (field / FLOW_LINE_SIZE))) {
        for (size_t i = 0; i < n; i++) {
            m->mask.bytes[wire + i] |= bits[i];
            bits[i] = 0;
        }
    }
}

#define MOVE(M, REST, FIELD, WIRE) move(M, REST, offsetof(struct flow, FIELD), WIRE, sizeof (REST)->FIELD)

/* All 'n' bytes at 'wire' count: they say how the packet is built. */
static void fix(struct wire_match *m, size_t wire, size_t n)
{
    memset(m->mask.bytes + wire, 0xff, n);
}

static void move_l2(struct wire_match *m, struct flow *rest)
{
    MOVE(m, rest, eth_dst, offsetof(struct eth_header, dst));
    MOVE(m, rest, eth_src, offsetof(struct eth_header, src));
    if (m->place.headers.l3_ofs != ETH_HEADER_LEN) {
        fix(m, offsetof(struct eth_header, type), sizeof(be16));
        rest->vlan[0].tpid = 0;
        rest->vlan[0].tci &= ~htons(VLAN_CFI); /* set in each packet with a tag */
        MOVE(m, rest, vlan[0].tci, ETH_HEADER_LEN);
    }
    fix(m, m->place.headers.l3_ofs - sizeof(be16), sizeof(be16));
    rest->eth_type = 0;
}

static void move_ipv4(struct wire_match *m, struct flow *rest)
{
    size_t ip = m->place.headers.l3_ofs;
    fix(m, ip + offsetof(struct ip_header, ihl_ver), 1);
    fix(m, ip + offsetof(struct ip_header, proto), 1);
    put_be16(m->mask.bytes + ip + offsetof(struct ip_header, frag_off), htons(IP_MORE_FRAGMENTS | IP_FRAG_OFF_MASK));
    MOVE(m, rest, nw_src, ip + offsetof(struct ip_header, src));
    MOVE(m, rest, nw_dst, ip + offsetof(struct ip_header, dst));
    MOVE(m, rest, nw_tos, ip + offsetof(struct ip_header, tos));
    MOVE(m, rest, nw_ttl, ip + offsetof(struct ip_header, ttl));
    MOVE(m, rest, nw_proto, ip + offsetof(struct ip_header, proto));
}

static void move_ipv6(struct wire_match *m, struct flow *rest)
{
    size_t ip = m->place.headers.l3_ofs;
    uint32_t vtf = 0xf0000000; /* version; traffic class and label follow */
    fix(m, ip + offsetof(struct ipv6_header, next), 1);
    MOVE(m, rest, nw_proto, ip + offsetof(struct ipv6_header, next));
    MOVE(m, rest, nw_ttl, ip + offsetof(struct ipv6_header, hlim));
    MOVE(m, rest, ipv6_src, ip + offsetof(struct ipv6_header, src));
    MOVE(m, rest, ipv6_dst, ip + offsetof(struct ipv6_header, dst));
    if (rest->lines & (1u << FLOW_LINE_L3)) {
        vtf |= (uint32_t) rest->nw_tos << 20;
        rest->nw_tos = 0;
    }
    if (rest->lines & (1u << FLOW_LINE_IPV6)) {
        vtf |= ntohl(rest->ipv6_label) & IPV6_LABEL_MASK;
        rest->ipv6_label = 0;
    }
    put_be32(m->mask.bytes + ip + offsetof(struct ipv6_header, vtf), htonl(vtf));
}

/* False if the mask looks at what is too far behind. */
static bool move_l4(struct wire_match *m, struct flow *rest)
{
    if (!(rest->lines & (1u << FLOW_LINE_L3)) || m->place.headers.proto == NW_PROTO_GRE) {
        return true;
    }
    MOVE(m, rest, tp_src, m->place.headers.l4_ofs);
    MOVE(m, rest, tp_dst, m->place.headers.l4_ofs + sizeof(be16));
    size_t flags = m->place.headers.l4_ofs + offsetof(struct tcp_header, ctl);
    if (m->place.headers.proto != NW_PROTO_TCP || !(rest->tcp_flags &= htons(TCP_FLAGS_MASK))) {
        return true;
    }
    if (flags + sizeof(be16) > FLOW_LINE_SIZE) {
        return false;
    }
    MOVE(m, rest, tcp_flags, flags);
    return true;
}

/* Sees where headers are. False if the packet is not built as wire_match.h says. */
static bool place(struct wire_match *m, const struct packet *p, const struct flow *key)
{
    static const uint8_t l4_len[] = { [NW_PROTO_TCP] = TCP_HEADER_LEN, [NW_PROTO_UDP] = UDP_HEADER_LEN };
    uint32_t known = 1u << FLOW_LINE_L2 | 1u << FLOW_LINE_L3 | 1u << FLOW_LINE_IPV6 | 1u << FLOW_LINE_TUNNEL
                     | 0xfu << FLOW_LINE_TUN_OPTS;
    bool ipv6 = key->eth_type == htons(ETH_TYPE_IPV6);
    uint32_t ip_len = ipv6 ? IPV6_HEADER_LEN : IP_HEADER_LEN;
    if (!flow_is_ip_any(key) || key->lines & ~known || !(key->lines & (1u << FLOW_LINE_L3)) || key->nw_frag
        || (key->nw_proto != NW_PROTO_TCP && key->nw_proto != NW_PROTO_UDP && key->nw_proto != NW_PROTO_GRE)
        || (p->l3_ofs != ETH_HEADER_LEN && p->l3_ofs != ETH_HEADER_LEN + VLAN_HEADER_LEN)
        || p->l2_5_ofs != PACKET_NO_OFFSET || p->l4_ofs != p->l3_ofs + ip_len
        || get_be16(p->data + p->l3_ofs - sizeof(be16)) != key->eth_type) {
        return false;
    }
    m->place.headers.version = ipv6 ? 6 : 4;
    m->place.headers.l3_ofs = p->l3_ofs;
    m->place.headers.l4_ofs = p->l4_ofs;
    m->place.len_ofs = p->l3_ofs + (ipv6 ? offsetof(struct ipv6_header, plen) : offsetof(struct ip_header, tot_len));
    m->place.len_base = ipv6 ? IPV6_HEADER_LEN : 0;
    m->place.headers.proto = key->nw_proto;
    m->place.min_end = m->place.headers.l4_ofs + (m->place.headers.proto < ARRAY_SIZE(l4_len) ? l4_len[m->place.headers.proto] : 0);
    m->tunnel = p->tunnel;
    return true;
}

static bool has_metadata(const struct flow *key)
{
    return key->recirc_id || key->skb_priority || key->pkt_mark || key->dp_hash;
}

/* Is what the mask looks at besides 0 in the packet? It is then 0 in all that are built so. */
static bool is_rest_zero(const struct flow *rest, const struct flow *key)
{
    return flow_equal_masked(&(struct flow) { .lines = 0 }, key, rest);
}

bool wire_match_make(struct wire_match *m, const struct line_mask *mask, const struct packet *packet,
                     const struct flow *key)
{
    struct flow rest;
    memset(m, 0, sizeof *m);
    if (has_metadata(key) || !wire_match_can_read(packet) || !place(m, packet, key)) {
        return false;
    }
    line_mask_expand(mask, &rest);
    flow_use_line(&rest, FLOW_LINE_L2);
    rest.in_port = 0; /* the caller's */
    move_l2(m, &rest);
    if (key->eth_type == htons(ETH_TYPE_IPV6)) {
        move_ipv6(m, &rest);
    } else {
        move_ipv4(m, &rest);
    }
    if (!move_l4(m, &rest)) {
        return false;
    }
    for (size_t i = 0; i < FLOW_LINE_SIZE; i++) {
        m->value.bytes[i] = packet->data[i] & m->mask.bytes[i];
    }
    if (m->tunnel && rest.lines & (1u << FLOW_LINE_TUNNEL)) {
        m->tunnel_mask = rest.line[FLOW_LINE_TUNNEL];
        for (size_t i = 0; i < FLOW_LINE_SIZE; i++) {
            m->tunnel_value.bytes[i] = packet->tunnel->line.bytes[i] & m->tunnel_mask.bytes[i];
        }
        rest.lines &= ~(1u << FLOW_LINE_TUNNEL);
    }
    bool looks_at_options = m->tunnel && rest.lines & (0xfu << FLOW_LINE_TUN_OPTS);
    return !looks_at_options && is_rest_zero(&rest, key) && line_ops()->match_wire(m, (struct packet *const *) &packet, 1);
}
