/* SPDX-License-Identifier: Apache-2.0 */
/* Decapsulation. */
#include "lib/net/csum.h"
#include "lib/net/place.h"
#include "lib/net/tunnel.h"

/* What the outer headers say; all offsets from the packet's data, in bytes. */
struct outer {
    struct ip_place ip;
    uint32_t inner_ofs;
    uint32_t end;      /* of the outer packet; what follows is padding */
    be16 payload_type; /* ETH_TYPE_TEB: Ethernet */
};

/* Is a debt of checksum that of the inner packet? A super-packet's always is. */
static bool owes_inner(const struct packet *p, uint32_t inner_ofs)
{
    return p->offload & PACKET_NEEDS_CSUM && p->csum_start >= inner_ofs;
}

/* Is the sum of an L4 part with its own checksum, and of 'pseudo', right? Where the inner packet owes its checksum, it counts as if it
 * were completed. */
static bool is_sum_right(const struct packet *p, uint32_t pseudo, uint32_t l4_ofs, const struct outer *outer)
{
    if (p->gso_type != PACKET_GSO_NONE || p->offload & PACKET_CSUM_VALID
        || (p->offload & PACKET_NEEDS_CSUM && p->csum_start == l4_ofs)) {
        return true; /* nobody computed it, or somebody has checked it */
    }
    uint32_t sum;
    if (owes_inner(p, outer->inner_ofs)) {
        const be16 rest = ~get_be16(p->data + p->csum_start + p->csum_offset);
        sum = csum_continue(packet_sum(p, l4_ofs, p->csum_start), &rest, sizeof rest);
    } else {
        sum = packet_sum(p, l4_ofs, outer->end);
    }
    const be16 total = ~csum_finish(sum);
    return !csum_finish(csum_continue(pseudo, &total, sizeof total));
}

static bool is_udp_sum_right(const struct packet *p, const struct outer *outer, uint32_t udp_len)
{
    const uint8_t *l3 = p->data + outer->ip.l3_ofs;
    uint32_t pseudo;
    if (outer->ip.version == 4) {
        const struct ip_header *ip = (const struct ip_header *)(const void *)l3;
        pseudo = csum_pseudo_ipv4(get_be32(ip->src), get_be32(ip->dst), NW_PROTO_UDP, udp_len);
    } else {
        const struct ipv6_header *ip = (const struct ipv6_header *)(const void *)l3;
        pseudo = csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_UDP, udp_len);
    }
    return is_sum_right(p, pseudo, outer->ip.l4_ofs, outer);
}

/* Is the sum of an IPv4 header of 'n' bytes right? */
static inline bool is_ip_sum_right(const uint8_t *ip, uint32_t n)
{
    if (unlikely(n != IP_HEADER_LEN)) {
        return !csum(ip, n);
    }
    uint64_t sum = (uint64_t)get_be32(ip) + get_be32(ip + 4) + get_be32(ip + 8) + get_be32(ip + 12) + get_be32(ip + 16);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

static enum drop_reason find_ip(const struct packet *p, struct outer *outer)
{
    be16 type = place_l3_type(p);
    if (!place_ip(p, &outer->ip) || type != (outer->ip.version == 4 ? htons(ETH_TYPE_IP) : htons(ETH_TYPE_IPV6))) {
        return DROP_TUNNEL_TRUNCATED;
    }
    if (outer->ip.frag) {
        return DROP_TUNNEL_FRAGMENT;
    }
    return outer->ip.has_l4 ? DROP_NONE : DROP_TUNNEL_TRUNCATED;
}

static ALWAYS_INLINE enum drop_reason read_ip(const struct packet *p, struct outer *outer, struct flow_line *line)
{
    const uint8_t *l3 = p->data + outer->ip.l3_ofs;
    if (outer->ip.version == 4) {
        const struct ip_header *ip = (const struct ip_header *)(const void *)l3;
        if (!is_ip_sum_right(l3, outer->ip.l4_ofs - outer->ip.l3_ofs)) {
            return DROP_TUNNEL_CHECKSUM;
        }
        TUNNEL_FIELD(line, tun_src) = get_be32(ip->src);
        TUNNEL_FIELD(line, tun_dst) = get_be32(ip->dst);
        TUNNEL_FIELD(line, tun_tos) = ip->tos;
        TUNNEL_FIELD(line, tun_ttl) = ip->ttl;
    } else {
        const struct ipv6_header *ip = (const struct ipv6_header *)(const void *)l3;
        memcpy(TUNNEL_FIELD(line, tun_ipv6_src), ip->src, sizeof ip->src);
        memcpy(TUNNEL_FIELD(line, tun_ipv6_dst), ip->dst, sizeof ip->dst);
        TUNNEL_FIELD(line, tun_tos) = ntohl(get_be32(ip->vtf)) >> 20;
        TUNNEL_FIELD(line, tun_ttl) = ip->hlim;
    }
    outer->end = outer->ip.l4_ofs + outer->ip.l4_len;
    return DROP_NONE;
}

static void set_vni(struct flow_line *line, be32 vni)
{
    TUNNEL_FIELD(line, tun_id) = be64_from_host(ntohl(vni) >> 8);
    TUNNEL_FIELD(line, tun_flags) |= FLOW_TUN_KEY;
}

static ALWAYS_INLINE enum drop_reason read_vxlan(const struct packet *p, uint32_t ofs, uint32_t room, bool gbp, struct outer *outer,
                                   struct flow_line *line)
{
    const struct vxlan_header *vxlan = (const struct vxlan_header *)(const void *)(p->data + ofs);
    if (room < sizeof *vxlan) {
        return DROP_TUNNEL_TRUNCATED;
    }
    uint32_t flags = ntohl(get_be32(vxlan->flags)), known = VXLAN_FLAG_VNI;
    be32 vni = get_be32(vxlan->vni);
    if (flags & VXLAN_FLAG_GBP && gbp) {
        known |= VXLAN_FLAG_GBP | VXLAN_GBP_DONT_LEARN | VXLAN_GBP_APPLIED | VXLAN_GBP_ID_MASK;
        TUNNEL_FIELD(line, tun_gbp_id) = htons(flags & VXLAN_GBP_ID_MASK);
        TUNNEL_FIELD(line, tun_gbp_flags) = (flags & (VXLAN_GBP_DONT_LEARN | VXLAN_GBP_APPLIED)) >> 16;
    }
    if (!(flags & VXLAN_FLAG_VNI) || flags & ~known || vni & htonl(0xff)) {
        return DROP_TUNNEL_UNKNOWN;
    }
    set_vni(line, vni);
    outer->inner_ofs = ofs + sizeof *vxlan;
    outer->payload_type = htons(ETH_TYPE_TEB);
    return DROP_NONE;
}

/* Reserved bits of the options do not count (RFC 8926 section 3.5): they are 0 in the copy. */
static void copy_options(const struct packet *p, uint32_t ofs, uint32_t n, struct packet_tunnel *to)
{
    uint8_t *options = to->options[0].bytes;
    uint32_t n_lines = DIV_ROUND_UP(n, FLOW_LINE_SIZE);
    memset(to->options, 0, n_lines * sizeof to->options[0]);
    memcpy(options, p->data + ofs, n);
    for (uint32_t i = 0; i < n;) {
        struct geneve_option *option = (struct geneve_option *)(void *)(options + i);
        option->len &= GENEVE_OPTION_LEN_MASK;
        i += sizeof *option + option->len * 4u;
    }
    TUNNEL_FIELD(&to->line, tun_opts_len) = n / 4;
}

static inline enum drop_reason read_geneve(const struct packet *p, uint32_t ofs, uint32_t room, struct outer *outer,
                                    struct packet_tunnel *to)
{
    const struct geneve_header *geneve = (const struct geneve_header *)(const void *)(p->data + ofs);
    if (room < sizeof *geneve) {
        return DROP_TUNNEL_TRUNCATED;
    }
    uint32_t options_len = (geneve->ver_opt_len & 0x3f) * 4u;
    if (geneve->ver_opt_len >> 6) {
        return DROP_TUNNEL_UNKNOWN;
    }
    if (options_len > room - sizeof *geneve) {
        return DROP_TUNNEL_TRUNCATED;
    }
    if (options_len) {
        if (!tunnel_options_are_valid((const uint8_t *)(geneve + 1), options_len)) {
            return DROP_TUNNEL_OPTIONS;
        }
        copy_options(p, ofs + sizeof *geneve, options_len, to);
    }
    if (geneve->flags & GENEVE_FLAG_OAM) {
        TUNNEL_FIELD(&to->line, tun_flags) |= FLOW_TUN_OAM;
    }
    set_vni(&to->line, get_be32(geneve->vni));
    outer->inner_ofs = ofs + sizeof *geneve + options_len;
    outer->payload_type = geneve->proto;
    return DROP_NONE;
}

static ALWAYS_INLINE enum drop_reason read_udp(const struct packet *p, const struct tunnel_kind_config *config, struct outer *outer,
                                 struct packet_tunnel *to)
{
    const struct udp_header *udp = (const struct udp_header *)(const void *)(p->data + outer->ip.l4_ofs);
    if (outer->ip.proto != NW_PROTO_UDP || outer->ip.l4_head < sizeof *udp) {
        return DROP_TUNNEL_TRUNCATED;
    }
    uint32_t len = ntohs(udp->len), ofs = outer->ip.l4_ofs + sizeof *udp;
    if (len < sizeof *udp || len > outer->ip.l4_len) {
        return DROP_TUNNEL_TRUNCATED;
    }
    outer->end = outer->ip.l4_ofs + len;
    uint32_t room = MIN(outer->end, p->head_len) - ofs;
    enum drop_reason reason = config->kind == TUNNEL_VXLAN ? read_vxlan(p, ofs, room, config->gbp, outer, &to->line)
                                                           : read_geneve(p, ofs, room, outer, to);
    if (reason != DROP_NONE) {
        return reason;
    }
    TUNNEL_FIELD(&to->line, tun_tp_src) = udp->src;
    TUNNEL_FIELD(&to->line, tun_tp_dst) = udp->dst;
    if (udp->csum) {
        TUNNEL_FIELD(&to->line, tun_flags) |= FLOW_TUN_CSUM;
        return is_udp_sum_right(p, outer, len) ? DROP_NONE : DROP_TUNNEL_CHECKSUM;
    }
    return DROP_NONE;
}

static enum drop_reason read_gre(const struct packet *p, struct outer *outer, struct flow_line *line)
{
    const struct gre_header *gre = (const struct gre_header *)(const void *)(p->data + outer->ip.l4_ofs);
    if (outer->ip.proto != NW_PROTO_GRE || outer->ip.l4_head < sizeof *gre) {
        return DROP_TUNNEL_TRUNCATED;
    }
    uint16_t flags = ntohs(gre->flags);
    if (flags & ~(GRE_FLAG_CSUM | GRE_FLAG_KEY | GRE_FLAG_SEQ)) {
        return DROP_TUNNEL_UNKNOWN;
    }
    uint32_t len = sizeof *gre + __builtin_popcount(flags) * sizeof(be32);
    if (outer->ip.l4_head < len) {
        return DROP_TUNNEL_TRUNCATED;
    }
    outer->inner_ofs = outer->ip.l4_ofs + len;
    outer->payload_type = gre->proto;
    if (flags & GRE_FLAG_KEY) {
        const uint8_t *key = (const uint8_t *)(gre + 1) + (flags & GRE_FLAG_CSUM ? sizeof(be32) : 0);
        TUNNEL_FIELD(line, tun_id) = be64_from_host(ntohl(get_be32(key)));
        TUNNEL_FIELD(line, tun_flags) |= FLOW_TUN_KEY;
    }
    if (flags & GRE_FLAG_CSUM) {
        TUNNEL_FIELD(line, tun_flags) |= FLOW_TUN_CSUM;
        return is_sum_right(p, 0, outer->ip.l4_ofs, outer) ? DROP_NONE : DROP_TUNNEL_CHECKSUM;
    }
    return DROP_NONE;
}

/* Cuts off what is behind the outer packet. A tail stays the packet's, if need be without bytes. */
static void trim(struct packet *p, uint32_t end)
{
    uint32_t excess = packet_len(p) - end;
    uint32_t from_tail = MIN(excess, p->tail_len);
    p->tail_len -= from_tail;
    p->head_len -= excess - from_tail;
}

/* What is left of the debt once the outer headers are gone. */
static ALWAYS_INLINE enum drop_reason settle_debt(struct packet *p, const struct outer *outer)
{
    if (likely(!p->offload && p->gso_type == PACKET_GSO_NONE)) {
        trim(p, outer->end);
        return DROP_NONE;
    }
    p->offload &= ~PACKET_CSUM_VALID;
    if (p->offload & PACKET_NEEDS_CSUM && !owes_inner(p, outer->inner_ofs)) {
        /* The outer checksum was not computed since the packet comes from this machine. */
        p->offload &= ~PACKET_NEEDS_CSUM;
        if (p->gso_type != PACKET_GSO_NONE) {
            return DROP_BAD_OFFLOAD; /* several outer packets in one */
        }
    }
    if (p->gso_type == PACKET_GSO_NONE) {
        trim(p, outer->end);
        if (p->offload & PACKET_NEEDS_CSUM
            && (uint32_t)p->csum_start + p->csum_offset + sizeof(be16) > p->head_len) {
            return DROP_BAD_OFFLOAD;
        }
    }
    return DROP_NONE;
}

static bool is_l3_payload(be16 type)
{
    switch (ntohs(type)) {
    case ETH_TYPE_IP:
    case ETH_TYPE_IPV6:
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MCAST:
        return true;
    default:
        return false;
    }
}

/* packet_pull() for a packet that is parsed next, which sets its offsets anew: most often there are no others. */
static inline bool take_off(struct packet *p, uint32_t n)
{
    if (unlikely(p->offload || p->gso_type != PACKET_GSO_NONE || p->n_encaps || n > p->head_len)) {
        return packet_pull(p, n);
    }
    p->data += n;
    p->head_len -= n;
    p->l2_5_ofs = p->l3_ofs = p->l4_ofs = PACKET_NO_OFFSET;
    return true;
}

/* Takes the outer headers off; a layer-3 payload gets an Ethernet header. */
static ALWAYS_INLINE enum drop_reason strip(struct packet *p, const struct outer *outer, struct flow_line *line)
{
    if (p->n_encaps) {
        p->n_encaps--; /* put into this tunnel by this pass over the packet */
    }
    if (unlikely(!take_off(p, outer->inner_ofs))) {
        return DROP_TUNNEL_TRUNCATED;
    }
    if (likely(outer->payload_type == htons(ETH_TYPE_TEB))) {
        return p->head_len >= ETH_HEADER_LEN ? DROP_NONE : DROP_TUNNEL_TRUNCATED;
    }
    if (!is_l3_payload(outer->payload_type)) {
        return DROP_TUNNEL_UNKNOWN;
    }
    if (!packet_push(p, ETH_HEADER_LEN)) {
        return DROP_NO_HEADROOM; /* there is: something longer was there */
    }
    *(struct eth_header *)(void *)p->data = (struct eth_header){.type = outer->payload_type};
    TUNNEL_FIELD(line, tun_flags) |= FLOW_TUN_L3;
    return DROP_NONE;
}

/* Decapsulates what 'outer->ip' was found in. */
static ALWAYS_INLINE enum drop_reason pop(struct packet *p, const struct tunnel_kind_config *config, struct outer *outer,
                                   struct packet_tunnel *to)
{
    enum drop_reason reason = read_ip(p, outer, &to->line);
    if (reason == DROP_NONE) {
        reason = config->kind == TUNNEL_GRE ? read_gre(p, outer, &to->line) : read_udp(p, config, outer, to);
    }
    if (reason == DROP_NONE) {
        reason = settle_debt(p, outer);
    }
    return reason == DROP_NONE ? strip(p, outer, &to->line) : reason;
}

enum drop_reason tunnel_pop(struct packet *p, const struct tunnel_kind_config *config, struct packet_tunnel *to)
{
    struct outer outer;
    memset(&to->line, 0, sizeof to->line);
    p->tunnel = to;
    enum drop_reason reason = find_ip(p, &outer);
    return reason == DROP_NONE ? pop(p, config, &outer, to) : reason;
}

enum drop_reason tunnel_pop_plain(struct packet *p, const struct tunnel_kind_config *config, const struct tunnel_plain *plain,
                                  uint32_t end, struct packet_tunnel *to)
{
    struct outer outer;
    memset(&to->line, 0, sizeof to->line);
    p->tunnel = to;
    outer.ip.l3_ofs = plain->l3_ofs;
    outer.ip.l4_ofs = plain->l4_ofs;
    outer.ip.version = plain->version;
    outer.ip.proto = plain->proto;
    outer.ip.l4_len = end - plain->l4_ofs;
    outer.ip.l4_head = MIN(end, p->head_len) - plain->l4_ofs;
    return pop(p, config, &outer, to);
}
