/* SPDX-License-Identifier: Apache-2.0 */
/* The packet parser: one pass from the Ethernet header inwards. Every function takes the offset
 * where its layer starts and the 'limit' up to which it may read: never more than the packet's
 * head, and never more than the enclosing layer's length field says. */
#include "lib/net/parse.h"

#include "lib/net/ipv6_ext.h"
#include "lib/net/tunnel.h"

/* A line that is written whole: zeroed, and in use. */
static inline void start_line(struct flow *key, unsigned int line)
{
    memset(&key->line[line], 0, FLOW_LINE_SIZE);
    key->lines |= 1u << line;
}

static inline bool is_vlan(be16 type)
{
    return type == htons(ETH_TYPE_VLAN_8021Q) || type == htons(ETH_TYPE_VLAN_8021AD);
}

/* Neighbour discovery: the target, and the link-layer addresses of the options. 'ofs' is behind the
 * reserved word. An option that comes twice makes the whole message unclear: its fields are then 0.
 */
static enum parse_result parse_nd(const uint8_t *data, uint32_t ofs, uint32_t limit,
                                  struct flow *key)
{
    key->nd_reserved = get_be32(data + ofs - 4);
    if (limit - ofs < sizeof key->nd_target) {
        return PARSE_TRUNCATED;
    }
    memcpy(key->nd_target, data + ofs, sizeof key->nd_target);
    ofs += sizeof key->nd_target;

    bool seen[ND_OPT_TARGET_LINKADDR + 1] = {false};
    while (limit - ofs >= sizeof(struct nd_option)) {
        const struct nd_option *option = (const struct nd_option *)(data + ofs);
        uint32_t len = option->len * 8;
        if (!len || len > limit - ofs) {
            return PARSE_BAD_LENGTH;
        }
        ofs += len;
        if (len != sizeof *option ||
            (option->type != ND_OPT_SOURCE_LINKADDR && option->type != ND_OPT_TARGET_LINKADDR)) {
            continue;
        }
        if (seen[option->type]) {
            memset(key->nd_target, 0, sizeof key->nd_target);
            memset(&key->arp_sha, 0, sizeof key->arp_sha);
            memset(&key->arp_tha, 0, sizeof key->arp_tha);
            return PARSE_BAD_LENGTH;
        }
        seen[option->type] = true;
        if (!key->nd_options_type) {
            key->nd_options_type = option->type;
        }
        *(option->type == ND_OPT_SOURCE_LINKADDR ? &key->arp_sha : &key->arp_tha) = option->mac;
    }
    return PARSE_OK;
}

static enum parse_result parse_tcp(const uint8_t *l4, uint32_t len, struct flow *key)
{
    if (unlikely(len < TCP_HEADER_LEN)) {
        return PARSE_TRUNCATED;
    }
    const struct tcp_header *tcp = (const struct tcp_header *)l4;
    uint32_t header_len = TCP_OFFSET(tcp->ctl) * 4;
    if (unlikely(header_len < TCP_HEADER_LEN || header_len > len)) {
        return PARSE_BAD_LENGTH;
    }
    memcpy(&key->tp_src, l4, 4);
    key->tcp_flags = tcp->ctl & htons(TCP_FLAGS_MASK);
    return PARSE_OK;
}

/* UDP and SCTP. */
static enum parse_result parse_ports(const uint8_t *l4, uint32_t len, uint32_t header_len,
                                     struct flow *key)
{
    if (unlikely(len < header_len)) {
        return PARSE_TRUNCATED;
    }
    memcpy(&key->tp_src, l4, 4);
    return PARSE_OK;
}

static enum parse_result parse_icmp(const uint8_t *l4, uint32_t len, struct flow *key)
{
    if (unlikely(len < ICMP_HEADER_LEN)) {
        return PARSE_TRUNCATED;
    }
    key->tp_src = htons(l4[0]);
    key->tp_dst = htons(l4[1]);
    return PARSE_OK;
}

static enum parse_result parse_l4_ipv4(const uint8_t *data, uint32_t ofs, uint32_t limit,
                                       struct flow *key)
{
    const uint8_t *l4 = data + ofs;
    uint32_t len = limit - ofs;
    switch (key->nw_proto) {
    case NW_PROTO_TCP:
        return parse_tcp(l4, len, key);
    case NW_PROTO_UDP:
        return parse_ports(l4, len, UDP_HEADER_LEN, key);
    case NW_PROTO_SCTP:
        return parse_ports(l4, len, SCTP_HEADER_LEN, key);
    case NW_PROTO_ICMP:
        return parse_icmp(l4, len, key);
    case NW_PROTO_IGMP: {
        enum parse_result result = parse_icmp(l4, len, key);
        if (result == PARSE_OK) {
            key->igmp_group = get_be32(l4 + offsetof(struct igmp_header, group));
        }
        return result;
    }
    default:
        return PARSE_OK;
    }
}

static enum parse_result parse_l4_ipv6(const uint8_t *data, uint32_t ofs, uint32_t limit,
                                       struct flow *key)
{
    const uint8_t *l4 = data + ofs;
    uint32_t len = limit - ofs;
    switch (key->nw_proto) {
    case NW_PROTO_TCP:
        return parse_tcp(l4, len, key);
    case NW_PROTO_UDP:
        return parse_ports(l4, len, UDP_HEADER_LEN, key);
    case NW_PROTO_SCTP:
        return parse_ports(l4, len, SCTP_HEADER_LEN, key);
    case NW_PROTO_ICMPV6: {
        enum parse_result result = parse_icmp(l4, len, key);
        bool nd = result == PARSE_OK && l4[1] == 0 &&
                  (l4[0] == ICMPV6_NEIGHBOR_SOLICIT || l4[0] == ICMPV6_NEIGHBOR_ADVERT);
        return nd ? parse_nd(data, ofs + ICMP_HEADER_LEN, limit, key) : result;
    }
    default:
        return PARSE_OK;
    }
}

static enum parse_result parse_ipv4(struct packet *p, uint32_t ofs, struct flow *key)
{
    uint32_t size = packet_len(p) - ofs;
    if (unlikely(p->head_len - ofs < IP_HEADER_LEN)) {
        return PARSE_TRUNCATED;
    }
    const struct ip_header *ip = (const struct ip_header *)(p->data + ofs);
    uint32_t header_len = IP_IHL(ip->ihl_ver) * 4;
    uint32_t total_len = ntohs(ip->tot_len);
    if (unlikely(IP_VER(ip->ihl_ver) != 4)) {
        return PARSE_BAD_VERSION;
    }
    if (unlikely(header_len < IP_HEADER_LEN || total_len < header_len || total_len > size)) {
        return PARSE_BAD_LENGTH;
    }
    if (unlikely(header_len > p->head_len - ofs)) {
        return PARSE_TRUNCATED;
    }
    p->l2_pad = MIN(size - total_len, UINT16_MAX);

    start_line(key, FLOW_LINE_L3);
    memcpy(&key->nw_src, ip->src, 8);
    key->nw_proto = ip->proto;
    key->nw_tos = ip->tos;
    key->nw_ttl = ip->ttl;
    if (unlikely(ip->frag_off & htons(IP_MORE_FRAGMENTS | IP_FRAG_OFF_MASK))) {
        key->nw_frag = FLOW_FRAG_ANY;
        if (ip->frag_off & htons(IP_FRAG_OFF_MASK)) {
            key->nw_frag |= FLOW_FRAG_LATER;
            return PARSE_OK;
        }
    }
    p->l4_ofs = ofs + header_len;
    return parse_l4_ipv4(p->data, p->l4_ofs, MIN(p->head_len, ofs + total_len), key);
}

static enum parse_result parse_ipv6(struct packet *p, uint32_t ofs, struct flow *key)
{
    uint32_t size = packet_len(p) - ofs;
    if (unlikely(p->head_len - ofs < IPV6_HEADER_LEN)) {
        return PARSE_TRUNCATED;
    }
    const struct ipv6_header *ip = (const struct ipv6_header *)(p->data + ofs);
    uint32_t vtf = ntohl(get_be32(ip->vtf));
    uint32_t payload_len = ntohs(ip->plen);
    if (unlikely(vtf >> 28 != 6)) {
        return PARSE_BAD_VERSION;
    }
    if (unlikely(payload_len > size - IPV6_HEADER_LEN)) {
        return PARSE_BAD_LENGTH;
    }
    p->l2_pad = MIN(size - IPV6_HEADER_LEN - payload_len, UINT16_MAX);

    start_line(key, FLOW_LINE_L3);
    start_line(key, FLOW_LINE_IPV6);
    memcpy(key->ipv6_src, ip->src, 32);
    key->ipv6_label = htonl(vtf & IPV6_LABEL_MASK);
    key->nw_tos = vtf >> 20;
    key->nw_ttl = ip->hlim;

    uint32_t limit = MIN(p->head_len, ofs + IPV6_HEADER_LEN + payload_len);
    struct ipv6_ext ext = {.ofs = ofs + IPV6_HEADER_LEN, .proto = ip->next};
    enum ipv6_ext_result result = ipv6_ext_walk(p->data, limit, &ext);
    key->ipv6_exthdr = ext.seen;
    if (unlikely(result != IPV6_EXT_OK)) {
        key->nw_proto = NW_PROTO_NONE; /* nothing that can be known follows */
        return result == IPV6_EXT_TRUNCATED ? PARSE_TRUNCATED : PARSE_BAD_LENGTH;
    }
    key->nw_proto = ext.proto;
    key->nw_frag = ext.frag;
    if (unlikely(ext.frag & FLOW_FRAG_LATER)) {
        return PARSE_OK;
    }
    p->l4_ofs = ext.ofs;
    return parse_l4_ipv6(p->data, ext.ofs, limit, key);
}

/* ARP and RARP, if they are for IPv4 over Ethernet. */
static enum parse_result parse_arp(const struct packet *p, uint32_t ofs, struct flow *key)
{
    if (unlikely(p->head_len - ofs < ARP_ETH_HEADER_LEN)) {
        return PARSE_TRUNCATED;
    }
    const struct arp_header *arp = (const struct arp_header *)(p->data + ofs);
    if (unlikely(arp->hrd != htons(ARP_HRD_ETHERNET) || arp->pro != htons(ETH_TYPE_IP) ||
                 arp->hln != sizeof(struct eth_addr) || arp->pln != sizeof(be32))) {
        return PARSE_OK;
    }
    start_line(key, FLOW_LINE_L3);
    key->nw_src = get_be32(arp->spa);
    key->nw_dst = get_be32(arp->tpa);
    key->nw_proto = ntohs(arp->op) <= UINT8_MAX ? ntohs(arp->op) : 0;
    key->arp_sha = arp->sha;
    key->arp_tha = arp->tha;
    return PARSE_OK;
}

/* Up to three labels. What lies behind the bottom of the stack has no type of its own: it is not
 * looked at. */
static enum parse_result parse_mpls(struct packet *p, uint32_t ofs, struct flow *key)
{
    p->l2_5_ofs = ofs;
    p->l3_ofs = PACKET_NO_OFFSET;
    for (int i = 0; i < FLOW_MAX_MPLS; i++, ofs += MPLS_HEADER_LEN) {
        if (p->head_len - ofs < MPLS_HEADER_LEN) {
            return PARSE_TRUNCATED;
        }
        if (!i) {
            start_line(key, FLOW_LINE_MPLS);
        }
        key->mpls_lse[i] = get_be32(p->data + ofs);
        if (key->mpls_lse[i] & htonl(MPLS_BOS_MASK)) {
            p->l3_ofs = ofs + MPLS_HEADER_LEN;
            break;
        }
    }
    return PARSE_OK;
}

/* The word of an I-TAG. The customer's frame behind it is not looked at. */
static enum parse_result parse_pbb(const struct packet *p, uint32_t ofs, struct flow *key)
{
    if (unlikely(p->head_len - ofs < sizeof(struct pbb_header))) {
        return PARSE_TRUNCATED;
    }
    uint32_t tci = ntohl(get_be32(p->data + ofs));
    start_line(key, FLOW_LINE_MPLS);
    key->pbb_isid = htonl(tci & PBB_ISID_MASK);
    key->pbb_uca = tci >> PBB_UCA_SHIFT & 1;
    return PARSE_OK;
}

/* The Ethernet type behind an 802.3 length: that of a SNAP header, if it is Ethernet's. Moves
 * '*ofs' behind it. */
static be16 parse_llc(const struct packet *p, uint32_t *ofs)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00};
    if (p->head_len - *ofs >= sizeof(struct llc_snap_header) &&
        !memcmp(p->data + *ofs, snap, sizeof snap)) {
        be16 type = get_be16(p->data + *ofs + sizeof snap);
        if (ntohs(type) >= ETH_TYPE_MIN) {
            *ofs += sizeof(struct llc_snap_header);
            return type;
        }
    }
    return htons(ETH_TYPE_NONE);
}

/* Reads the VLAN tags and the Ethernet type; sets '*ofs' to where L3 starts. */
static enum parse_result parse_l2(const struct packet *p, uint32_t *ofs, struct flow *key)
{
    const uint8_t *data = p->data;
    memcpy(&key->eth_dst, data, 12);
    *ofs = ETH_HEADER_LEN;
    be16 type = get_be16(data + 12);
    for (int i = 0; i < FLOW_MAX_VLANS && is_vlan(type); i++) {
        if (unlikely(p->head_len - *ofs < VLAN_HEADER_LEN)) {
            key->eth_type = type;
            return PARSE_TRUNCATED;
        }
        key->vlan[i].tpid = type;
        key->vlan[i].tci = get_be16(data + *ofs) | htons(VLAN_CFI);
        type = get_be16(data + *ofs + 2);
        *ofs += VLAN_HEADER_LEN;
    }
    key->eth_type = likely(ntohs(type) >= ETH_TYPE_MIN) ? type : parse_llc(p, ofs);
    return PARSE_OK;
}

/* What is known of the tunnel that the packet came out of. */
static void put_tunnel(const struct packet_tunnel *tunnel, struct flow *key)
{
    key->line[FLOW_LINE_TUNNEL] = tunnel->line;
    key->lines |= 1u << FLOW_LINE_TUNNEL;
    unsigned int n = DIV_ROUND_UP(packet_tunnel_options_len(tunnel), FLOW_LINE_SIZE);
    for (unsigned int i = 0; i < n; i++) {
        key->line[FLOW_LINE_TUN_OPTS + i] = tunnel->options[i];
        key->lines |= 1u << (FLOW_LINE_TUN_OPTS + i);
    }
}

static inline void start_key(const struct packet *p, struct flow *key)
{
    key->lines = 0;
    start_line(key, FLOW_LINE_L2);
    key->in_port = p->in_port;
    key->recirc_id = p->recirc_id;
    key->skb_priority = p->skb_priority;
    key->pkt_mark = p->pkt_mark;
    key->dp_hash = p->dp_hash;
    if (p->tunnel) {
        put_tunnel(p->tunnel, key);
    }
}

enum parse_result parse_packet(struct packet *p, struct flow *key)
{
    start_key(p, key);
    p->l2_5_ofs = PACKET_NO_OFFSET;
    p->l3_ofs = PACKET_NO_OFFSET;
    p->l4_ofs = PACKET_NO_OFFSET;
    p->l2_pad = 0;
    if (unlikely(p->head_len < ETH_HEADER_LEN)) {
        return PARSE_TOO_SHORT;
    }
    uint32_t ofs;
    enum parse_result result = parse_l2(p, &ofs, key);
    p->l3_ofs = ofs;
    if (unlikely(result != PARSE_OK)) {
        return result;
    }
    switch (ntohs(key->eth_type)) {
    case ETH_TYPE_IP:
        return parse_ipv4(p, ofs, key);
    case ETH_TYPE_IPV6:
        return parse_ipv6(p, ofs, key);
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        return parse_arp(p, ofs, key);
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MCAST:
        return parse_mpls(p, ofs, key);
    case ETH_TYPE_PBB:
        return parse_pbb(p, ofs, key);
    default:
        return PARSE_OK;
    }
}

const char *parse_result_name(enum parse_result result)
{
    static const char *const names[PARSE_N_RESULTS] = {
        [PARSE_OK] = "ok",
        [PARSE_TRUNCATED] = "truncated",
        [PARSE_BAD_LENGTH] = "bad_length",
        [PARSE_BAD_VERSION] = "bad_version",
        [PARSE_TOO_SHORT] = "too_short",
    };
    return (unsigned int)result < PARSE_N_RESULTS ? names[result] : "unknown";
}
