/* SPDX-License-Identifier: Apache-2.0 */
/* Encapsulation. */
#include "lib/net/tunnel.h"

#include "lib/base/hash.h"
#include "lib/net/csum.h"
#include "lib/net/place.h"
#include "lib/net/segment.h"

void packet_tunnel_from_flow(struct packet_tunnel *t, const struct flow *key)
{
    t->line = key->line[FLOW_LINE_TUNNEL];
    TUNNEL_FIELD(&t->line, tun_opts_len) = MIN(packet_tunnel_options_len(t), GENEVE_OPTIONS_MAX) / 4;
    for (unsigned int i = 0; i < ARRAY_SIZE(t->options); i++) {
        t->options[i] = *flow_line(key, FLOW_LINE_TUN_OPTS + i);
    }
}

/* 'ports' are both, as they are in memory. */
static inline uint32_t hash_connection(uint64_t addresses, uint8_t proto, uint32_t ports)
{
    return hash_fold(hash_mix64(addresses ^ hash_secret, ((uint64_t)proto << 32 | ports) + 0x9e3779b97f4a7c15ULL));
}

static inline uint64_t fold_ipv6(const uint8_t *src, const uint8_t *dst)
{
    uint64_t h = hash_mix64(get_be64(src) ^ hash_secret, get_be64(src + 8));
    return h + hash_mix64(get_be64(dst) ^ h, get_be64(dst + 8));
}

/* Ports count where every packet of the connection has them: not in fragments. */
uint32_t tunnel_hash(const struct flow *key)
{
    static_assert(offsetof(struct flow, nw_dst) == FLOW_LINE_SIZE + 4 && offsetof(struct flow, tp_src) == FLOW_LINE_SIZE + 8,
                  "addresses and ports in a row");
    const uint8_t *l3 = key->line[FLOW_LINE_L3].bytes;
    if (likely(key->lines & (1u << FLOW_LINE_L3) && flow_is_ip_any(key))) {
        uint64_t addresses = key->lines & (1u << FLOW_LINE_IPV6) ? fold_ipv6(key->ipv6_src, key->ipv6_dst) : get_be64(l3);
        return hash_connection(addresses, key->nw_proto, key->nw_frag ? 0 : get_be32(l3 + 8));
    }
    const uint8_t *addresses = key->line[FLOW_LINE_L2].bytes + offsetof(struct flow, eth_dst);
    uint64_t rest = get_be64(addresses + sizeof key->eth_dst); /* of the addresses, and the type */
    return hash_fold(hash_mix64(get_be64(addresses) ^ hash_secret, rest + 0x9e3779b97f4a7c15ULL));
}

uint32_t tunnel_hash_plain(const struct packet *p)
{
    const uint8_t *l3 = p->data + p->l3_ofs, *l4 = p->data + p->l4_ofs;
    const struct ip_header *ip = (const struct ip_header *)(const void *)l3;
    const struct ipv6_header *ip6 = (const struct ipv6_header *)(const void *)l3;
    bool ipv6 = IP_VER(*l3) == 6;
    uint8_t proto = ipv6 ? ip6->next : ip->proto;
    return hash_connection(ipv6 ? fold_ipv6(ip6->src, ip6->dst) : get_be64(ip->src), proto,
                           proto == NW_PROTO_GRE ? 0 : get_be32(l4));
}

static bool carries_ethernet(const struct action_tnl_push *push, uint32_t l4_ofs)
{
    /* Both headers have the type at the same place. */
    static_assert(offsetof(struct gre_header, proto) == offsetof(struct geneve_header, proto), "type of the payload");
    uint32_t ofs = l4_ofs + offsetof(struct gre_header, proto);
    if (push->kind == TUNNEL_VXLAN) {
        return true;
    }
    if (push->kind == TUNNEL_GENEVE) {
        ofs += UDP_HEADER_LEN;
    }
    return get_be16(push->header + ofs) == htons(ETH_TYPE_TEB);
}

/* Takes the Ethernet header off a packet of the type that the tunnel carries. */
static enum drop_reason strip_ethernet(struct packet *p, be16 type)
{
    bool suits = p->head_len >= ETH_HEADER_LEN && get_be16(p->data + offsetof(struct eth_header, type)) == type;
    if (!suits || !packet_pull(p, ETH_HEADER_LEN)) {
        return DROP_ACTION_UNSUITED;
    }
    if (!p->n_encaps && p->gso_type != PACKET_GSO_NONE) {
        p->inner_l3_ofs -= ETH_HEADER_LEN;
    }
    return DROP_NONE;
}

/* The running sum of the packet from the inner packet's start, 'ofs', to the end, as it will be once the debt is paid. */
static uint32_t sum_payload(const struct packet *p, uint32_t ofs)
{
    if (p->offload & PACKET_NEEDS_CSUM) {
        /* From csum_start on, everything adds up to the complement of what is in the field now. */
        const be16 rest = ~get_be16(p->data + p->csum_start + p->csum_offset);
        return csum_continue(packet_sum(p, ofs, p->csum_start), &rest, sizeof rest);
    }
    return packet_sum(p, ofs, packet_len(p));
}

/* The pseudo-header's sum, from the header that was copied. */
static uint32_t sum_pseudo(const struct action_tnl_push *push, uint32_t l4_ofs, uint32_t l4_len)
{
    const uint8_t *l3 = push->header + TUNNEL_L3_OFS;
    if (l4_ofs == TUNNEL_L3_OFS + IP_HEADER_LEN) {
        const struct ip_header *ip = (const struct ip_header *)(const void *)l3;
        return csum_pseudo_ipv4(get_be32(ip->src), get_be32(ip->dst), NW_PROTO_UDP, l4_len);
    }
    const struct ipv6_header *ip = (const struct ipv6_header *)(const void *)l3;
    return csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_UDP, l4_len);
}

static inline uint32_t plus(uint32_t sum, be16 word)
{
    sum += word;
    return sum + (sum < word);
}

/* Sets the checksum of UDP. 'inner_ofs' is where the inner packet starts. What was just written in pieces is not read again, which
 * would be slow: instead the header that was copied is summed, and what is different there taken away. */
static void set_udp_csum(struct packet *p, const struct action_tnl_push *push, uint32_t l4_ofs, uint32_t inner_ofs, be16 src)
{
    struct udp_header *udp = (struct udp_header *)(void *)(p->data + l4_ofs);
    const struct udp_header *before = (const struct udp_header *)(const void *)(push->header + l4_ofs);
    uint32_t l4_len = packet_len(p) - l4_ofs;
    uint32_t sum = csum_continue(sum_pseudo(push, l4_ofs, l4_len), before, inner_ofs - l4_ofs);
    sum = plus(plus(sum, htons(l4_len)), src == before->src ? 0 : src);
    sum = unlikely(before->len && src != before->src) ? plus(sum, ~before->src) : sum;
    sum = plus(plus(plus(sum, ~before->len), ~before->csum), ~csum_finish(sum_payload(p, inner_ofs)));
    be16 result = csum_finish(sum);
    udp->csum = result ? result : BE16_MAX;
}

static void set_gre_csum(struct packet *p, uint32_t l4_ofs, uint32_t inner_ofs)
{
    uint8_t *gre = p->data + l4_ofs;
    be16 *field = (be16 *)(void *)(gre + GRE_HEADER_LEN);
    *field = 0;
    const be16 inner = ~csum_finish(sum_payload(p, inner_ofs));
    uint32_t sum = csum_continue(0, gre, inner_ofs - l4_ofs);
    *field = csum_finish(csum_continue(sum, &inner, sizeof inner));
}

/* Does the packet's own checksum allow to sum only what is in front of it? If not, it is completed. */
static enum drop_reason settle_csum(struct packet *p)
{
    bool simple = p->csum_start % 2 == 0 && (uint32_t)p->csum_start + p->csum_offset + sizeof(be16) <= p->head_len;
    return (simple && !p->l2_pad) || p->gso_type != PACKET_GSO_NONE || packet_complete_csum(p) ? DROP_NONE
                                                                                                : DROP_BAD_OFFLOAD;
}

/* Checks what can stop the packet, and makes it ready. */
static enum drop_reason prepare(struct packet *p, const struct action_tnl_push *push, uint32_t l4_ofs)
{
    if (unlikely(p->gso_type != PACKET_GSO_NONE) && !p->n_encaps && !segment_locate(p)) {
        return DROP_SEGMENTATION;
    }
    if (unlikely(p->n_encaps == PACKET_MAX_ENCAPS)) {
        return DROP_TUNNEL_DEPTH;
    }
    if (p->gso_type == PACKET_GSO_NONE && unlikely(packet_len(p) + push->header_len - TUNNEL_L3_OFS > UINT16_MAX)) {
        return DROP_TUNNEL_TOO_BIG;
    }
    if (p->offload & PACKET_NEEDS_CSUM) {
        enum drop_reason reason = settle_csum(p);
        if (reason != DROP_NONE) {
            return reason;
        }
    }
    if (unlikely(!carries_ethernet(push, l4_ofs))) {
        uint32_t type_ofs = l4_ofs + offsetof(struct gre_header, proto) + (push->kind == TUNNEL_GRE ? 0 : UDP_HEADER_LEN);
        return strip_ethernet(p, get_be16(push->header + type_ofs));
    }
    return DROP_NONE;
}

/* packet_push() for a packet whose own offsets are set anew: most often there are no others. */
static inline bool put_in_front(struct packet *p, uint32_t n)
{
    if (unlikely(p->offload || p->gso_type != PACKET_GSO_NONE || p->n_encaps || n > packet_headroom(p))) {
        return packet_push(p, n);
    }
    p->data -= n;
    p->head_len += n;
    return true;
}

/* Copies a header of 32 bytes at least, most often of no more than 80. */
static inline void copy_header(uint8_t *to, const uint8_t *from, uint32_t n)
{
    typedef struct {
        uint8_t bytes[16];
    } block;
    if (unlikely(n > 80)) {
        memcpy(to, from, n);
        return;
    }
    memcpy(to, from, 2 * sizeof(block));
    for (uint32_t i = 2 * sizeof(block); i + sizeof(block) < n; i += sizeof(block)) {
        memcpy(to + i, from + i, sizeof(block));
    }
    memcpy(to + n - sizeof(block), from + n - sizeof(block), sizeof(block));
}

/* Writes what differs from packet to packet in the outer IP header. 'l3_len' is the packet's from there on. What is in the header
 * already is read from where it was copied from: that is quicker than to read what was just written in other pieces. */
static inline void finish_ip(uint8_t *to, const uint8_t *header, bool ipv6, uint32_t l3_len, uint16_t ip_id)
{
    l3_len = MIN(l3_len, UINT16_MAX); /* longer super-packets get theirs when they are cut */
    if (ipv6) {
        ((struct ipv6_header *)(void *)(to + TUNNEL_L3_OFS))->plen = htons(l3_len - IPV6_HEADER_LEN);
        return;
    }
    struct ip_header *ip = (struct ip_header *)(void *)(to + TUNNEL_L3_OFS);
    const struct ip_header *before = (const struct ip_header *)(const void *)(header + TUNNEL_L3_OFS);
    be16 len = htons(l3_len), id = before->frag_off ? 0 : htons(ip_id);
    ip->tot_len = len;
    ip->id = id;
    /* Both words were 0 when the sum was made. */
    uint32_t sum = (uint16_t)~before->csum + (uint32_t)len + id;
    sum = (sum & 0xffff) + (sum >> 16);
    ip->csum = ~(sum + (sum >> 16));
}

static void finish_gre(uint8_t *gre, be16 flags, uint32_t sequence)
{
    if (flags & htons(GRE_FLAG_SEQ)) {
        uint32_t before = __builtin_popcount(flags & htons(GRE_FLAG_CSUM | GRE_FLAG_KEY));
        put_be32(gre + GRE_HEADER_LEN + before * sizeof(be32), htonl(sequence));
    }
}

/* Returns the source port. */
static inline be16 finish_udp(struct udp_header *udp, const struct udp_header *before, uint32_t len, uint32_t hash)
{
    be16 src = before->src;
    udp->len = htons(MIN(len, UINT16_MAX));
    if (likely(!src) || before->len) {
        uint64_t n_ports = src ? ntohs(before->len) + 1 : TUNNEL_SRC_PORT_MAX + 1 - TUNNEL_SRC_PORT_MIN;
        src = htons((src ? ntohs(src) : TUNNEL_SRC_PORT_MIN) + (uint32_t)(hash * n_ports >> 32));
        udp->src = src;
    }
    return src;
}

enum drop_reason tunnel_push(struct packet *p, const struct action_tnl_push *push, const struct tunnel_push *with)
{
    bool ipv6 = get_be16(push->header + offsetof(struct eth_header, type)) == htons(ETH_TYPE_IPV6);
    uint32_t l4_ofs = TUNNEL_L3_OFS + (ipv6 ? IPV6_HEADER_LEN : IP_HEADER_LEN);
    enum drop_reason reason = prepare(p, push, l4_ofs);
    if (unlikely(reason != DROP_NONE)) {
        return reason;
    }
    uint32_t n = push->header_len;
    if (unlikely(!put_in_front(p, n))) {
        return DROP_NO_HEADROOM;
    }
    copy_header(p->data, push->header, n);
    if (p->gso_type != PACKET_GSO_NONE && !p->n_encaps) {
        p->inner_l3_ofs += n;
    }
    p->encap_ofs[p->n_encaps++] = TUNNEL_L3_OFS;
    p->l2_5_ofs = PACKET_NO_OFFSET;
    p->l3_ofs = TUNNEL_L3_OFS;
    p->l4_ofs = l4_ofs;
    p->l2_pad = 0;

    finish_ip(p->data, push->header, ipv6, packet_len(p) - TUNNEL_L3_OFS, with->ip_id);
    uint8_t *l4 = p->data + l4_ofs;
    if (push->kind == TUNNEL_GRE) {
        be16 flags = ((const struct gre_header *)(const void *)(push->header + l4_ofs))->flags;
        finish_gre(l4, flags, with->sequence);
        if (flags & htons(GRE_FLAG_CSUM) && p->gso_type == PACKET_GSO_NONE) {
            set_gre_csum(p, l4_ofs, n);
        }
    } else {
        const struct udp_header *udp = (const struct udp_header *)(const void *)(push->header + l4_ofs);
        be16 src = finish_udp((struct udp_header *)(void *)l4, udp, packet_len(p) - l4_ofs, with->hash);
        if (udp->csum && p->gso_type == PACKET_GSO_NONE) {
            set_udp_csum(p, push, l4_ofs, n, src);
        }
    }
    return DROP_NONE;
}
