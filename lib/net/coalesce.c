/* SPDX-License-Identifier: Apache-2.0 */
/* Putting segments of a TCP connection together. */
#include "lib/net/coalesce.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"
#include "lib/net/tunnel.h"

enum {
    MAX_TAGS = 2,
    /* A segment with others is sent on at once, so of these a super-packet's last one may have some. */
    ENDING = TCP_PSH | TCP_FIN,
    FORBIDDEN = TCP_SYN | TCP_RST | TCP_URG | TCP_CWR,
};

/* Where a segment's headers are; bytes from the packet's data. */
struct part {
    uint32_t l3_ofs, l4_ofs, headers_len, payload_len;
    bool ipv6;
};

static const struct ip_header *ipv4_of(const struct packet *p, uint32_t l3_ofs)
{
    return (const struct ip_header *)(const void *)(p->data + l3_ofs);
}

static const struct ipv6_header *ipv6_of(const struct packet *p, uint32_t l3_ofs)
{
    return (const struct ipv6_header *)(const void *)(p->data + l3_ofs);
}

static const struct tcp_header *tcp_of(const struct packet *p, uint32_t l4_ofs)
{
    return (const struct tcp_header *)(const void *)(p->data + l4_ofs);
}

static uint16_t flags_of(const struct tcp_header *tcp)
{
    return ntohs(tcp->ctl) & TCP_FLAGS_MASK;
}

/* Behind Ethernet and tags; PACKET_NO_OFFSET if it is not IP. */
static uint32_t find_l3(const struct packet *p, bool *ipv6)
{
    uint32_t ofs = offsetof(struct eth_header, type);
    for (int i = 0; i <= MAX_TAGS && ofs + sizeof(be16) <= p->head_len; i++, ofs += VLAN_HEADER_LEN) {
        be16 type = get_be16(p->data + ofs);
        *ipv6 = type == htons(ETH_TYPE_IPV6);
        if (*ipv6 || type == htons(ETH_TYPE_IP)) {
            return ofs + sizeof type;
        }
        if (type != htons(ETH_TYPE_VLAN_8021Q) && type != htons(ETH_TYPE_VLAN_8021AD)) {
            break;
        }
    }
    return PACKET_NO_OFFSET;
}

static bool is_plain_ipv4(const struct packet *p, uint32_t l3_ofs)
{
    if (l3_ofs + IP_HEADER_LEN > p->head_len) {
        return false;
    }
    const struct ip_header *ip = ipv4_of(p, l3_ofs);
    return ip->ihl_ver == (4 << 4 | IP_HEADER_LEN / 4) && !(ip->frag_off & ~htons(IP_DONT_FRAGMENT)) &&
           ip->proto == NW_PROTO_TCP && ntohs(ip->tot_len) == packet_len(p) - l3_ofs && !csum(ip, IP_HEADER_LEN);
}

static bool is_plain_ipv6(const struct packet *p, uint32_t l3_ofs)
{
    if (l3_ofs + IPV6_HEADER_LEN > p->head_len) {
        return false;
    }
    const struct ipv6_header *ip = ipv6_of(p, l3_ofs);
    return IP_VER(p->data[l3_ofs]) == 6 && ip->next == NW_PROTO_TCP &&
           ntohs(ip->plen) == packet_len(p) - l3_ofs - IPV6_HEADER_LEN;
}

/* Does the packet owe nothing, or its TCP checksum? */
static bool is_debt_plain(const struct packet *p, uint32_t l4_ofs)
{
    return p->gso_type == PACKET_GSO_NONE && !p->n_encaps && !p->frag_mtu &&
           (!(p->offload & PACKET_NEEDS_CSUM) ||
            (p->csum_start == l4_ofs && p->csum_offset == offsetof(struct tcp_header, csum)));
}

/* Finds the headers of a segment that may be put together with others. */
static bool examine(const struct packet *p, struct part *part)
{
    part->l3_ofs = find_l3(p, &part->ipv6);
    if (part->l3_ofs == PACKET_NO_OFFSET || !(part->ipv6 ? is_plain_ipv6 : is_plain_ipv4)(p, part->l3_ofs)) {
        return false;
    }
    part->l4_ofs = part->l3_ofs + (part->ipv6 ? IPV6_HEADER_LEN : IP_HEADER_LEN);
    if (!is_debt_plain(p, part->l4_ofs) || part->l4_ofs + TCP_HEADER_LEN > p->head_len) {
        return false;
    }
    const struct tcp_header *tcp = tcp_of(p, part->l4_ofs);
    uint32_t tcp_len = TCP_OFFSET(tcp->ctl) * 4;
    part->headers_len = part->l4_ofs + tcp_len;
    if (tcp_len < TCP_HEADER_LEN || part->headers_len > p->head_len || part->headers_len >= packet_len(p)) {
        return false;
    }
    part->payload_len = packet_len(p) - part->headers_len;
    return (flags_of(tcp) & (FORBIDDEN | TCP_ACK)) == TCP_ACK;
}

/* The running sum of the pseudo-header of a TCP packet. */
static uint32_t sum_pseudo(const struct packet *p, uint32_t l3_ofs, bool ipv6, uint32_t l4_len)
{
    if (ipv6) {
        const struct ipv6_header *ip = ipv6_of(p, l3_ofs);
        return csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_TCP, l4_len);
    }
    const struct ip_header *ip = ipv4_of(p, l3_ofs);
    return csum_pseudo_ipv4(get_be32(ip->src), get_be32(ip->dst), NW_PROTO_TCP, l4_len);
}

static bool is_csum_right(const struct packet *p, uint32_t l3_ofs, uint32_t l4_ofs, bool ipv6)
{
    if (p->offload & PACKET_NEEDS_CSUM) {
        return true;
    }
    uint32_t len = packet_len(p);
    const be16 sum = ~csum_finish(packet_sum(p, l4_ofs, len));
    return !csum_finish(csum_continue(sum_pseudo(p, l3_ofs, ipv6, len - l4_ofs), &sum, sizeof sum));
}

bool coalesce_start(struct coalescer *c, struct packet *first)
{
    struct part part;
    if (!examine(first, &part)) {
        return false;
    }
    *c = (struct coalescer){
        .packet = first,
        .l3_ofs = part.l3_ofs,
        .l4_ofs = part.l4_ofs,
        .headers_len = part.headers_len,
        .segment_len = part.payload_len,
        .payload_len = part.payload_len,
        .count = 1,
        .ipv6 = part.ipv6,
        .closed = flags_of(tcp_of(first, part.l4_ofs)) & ENDING,
    };
    return true;
}

bool coalesce_is_same_connection(const struct coalescer *a, const struct coalescer *b)
{
    uint32_t ofs = a->ipv6 ? offsetof(struct ipv6_header, src) : offsetof(struct ip_header, src);
    uint32_t len = a->ipv6 ? 2 * sizeof((struct ipv6_header){0}.src) : 2 * sizeof(be32);
    return a->ipv6 == b->ipv6 && !memcmp(a->packet->data + a->l3_ofs + ofs, b->packet->data + b->l3_ofs + ofs, len) &&
           get_be32(a->packet->data + a->l4_ofs) == get_be32(b->packet->data + b->l4_ofs);
}

static bool is_same_tunnel(const struct packet_tunnel *a, const struct packet_tunnel *b)
{
    if (!a || !b) {
        return a == b;
    }
    unsigned int n = packet_tunnel_options_len(a);
    return !memcmp(&a->line, &b->line, sizeof a->line) && !memcmp(a->options, b->options, MIN(n, sizeof a->options));
}

/* All but what differs from segment to segment. */
static bool is_same_ip(const struct coalescer *c, const struct packet *next)
{
    if (c->ipv6) {
        const struct ipv6_header *a = ipv6_of(c->packet, c->l3_ofs), *b = ipv6_of(next, c->l3_ofs);
        return !memcmp(a, b, offsetof(struct ipv6_header, plen)) &&
               !memcmp(&a->next, &b->next, IPV6_HEADER_LEN - offsetof(struct ipv6_header, next));
    }
    const struct ip_header *a = ipv4_of(c->packet, c->l3_ofs), *b = ipv4_of(next, c->l3_ofs);
    return a->tos == b->tos && a->frag_off == b->frag_off && a->ttl == b->ttl &&
           get_be32(a->src) == get_be32(b->src) && get_be32(a->dst) == get_be32(b->dst) &&
           ntohs(b->id) == (uint16_t)(ntohs(a->id) + c->count);
}

static bool is_same_tcp(const struct coalescer *c, const struct packet *next)
{
    const struct tcp_header *a = tcp_of(c->packet, c->l4_ofs), *b = tcp_of(next, c->l4_ofs);
    return a->src == b->src && a->dst == b->dst && !((a->ctl ^ b->ctl) & ~htons(ENDING)) && a->winsz == b->winsz &&
           a->urg == b->urg && get_be32(a->ack) == get_be32(b->ack) &&
           ntohl(get_be32(b->seq)) == ntohl(get_be32(a->seq)) + c->payload_len &&
           !memcmp(a + 1, b + 1, c->headers_len - c->l4_ofs - sizeof *a);
}

bool coalesce_suits(const struct coalescer *c, const struct packet *next)
{
    const struct packet *p = c->packet;
    struct part part;
    return !c->closed && examine(next, &part) && part.l3_ofs == c->l3_ofs && part.ipv6 == c->ipv6 &&
           part.headers_len == c->headers_len && part.payload_len <= c->segment_len &&
           c->headers_len - c->l3_ofs + c->payload_len + part.payload_len <= UINT16_MAX &&
           p->in_port == next->in_port && p->skb_priority == next->skb_priority && p->pkt_mark == next->pkt_mark &&
           p->recirc_id == next->recirc_id && p->dp_hash == next->dp_hash && is_same_tunnel(p->tunnel, next->tunnel) &&
           !memcmp(p->data, next->data, c->l3_ofs) && is_same_ip(c, next) && is_same_tcp(c, next);
}

bool coalesce_use_room(struct coalescer *c, uint8_t *room, uint32_t size)
{
    struct packet *p = c->packet;
    if (p->tail_len > size || !is_csum_right(p, c->l3_ofs, c->l4_ofs, c->ipv6) ||
        !packet_read(p, p->head_len, room, p->tail_len)) {
        return false;
    }
    p->tail = room;
    p->pieces = NULL;
    c->room = room;
    c->room_size = size;
    c->used = p->tail_len;
    return true;
}

bool coalesce_add(struct coalescer *c, const struct packet *next)
{
    uint32_t n = packet_len(next) - c->headers_len;
    if (n > c->room_size - c->used || !is_csum_right(next, c->l3_ofs, c->l4_ofs, c->ipv6) ||
        !packet_read(next, c->headers_len, c->room + c->used, n)) {
        return false;
    }
    struct tcp_header *tcp = (struct tcp_header *)(void *)(c->packet->data + c->l4_ofs);
    be16 ending = tcp_of(next, c->l4_ofs)->ctl & htons(ENDING);
    tcp->ctl |= ending;
    c->used += n;
    c->packet->tail_len += n;
    c->payload_len += n;
    c->count++;
    c->closed = ending || n < c->segment_len;
    return true;
}

void coalesce_finish(struct coalescer *c)
{
    struct packet *p = c->packet;
    if (c->count < 2) {
        return;
    }
    uint32_t l4_len = packet_len(p) - c->l4_ofs;
    if (c->ipv6) {
        ((struct ipv6_header *)(void *)(p->data + c->l3_ofs))->plen = htons(l4_len);
    } else {
        struct ip_header *ip = (struct ip_header *)(void *)(p->data + c->l3_ofs);
        ip->tot_len = htons(IP_HEADER_LEN + l4_len);
        ip->csum = 0;
        ip->csum = csum(ip, IP_HEADER_LEN);
    }
    struct tcp_header *tcp = (struct tcp_header *)(void *)(p->data + c->l4_ofs);
    tcp->csum = ~csum_finish(sum_pseudo(p, c->l3_ofs, c->ipv6, l4_len));
    p->offload = PACKET_NEEDS_CSUM;
    p->csum_start = c->l4_ofs;
    p->csum_offset = offsetof(struct tcp_header, csum);
    p->gso_type = c->ipv6 ? PACKET_GSO_TCPV6 : PACKET_GSO_TCPV4;
    p->gso_size = c->segment_len;
    p->hdr_len = c->headers_len;
}
