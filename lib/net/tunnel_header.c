/* SPDX-License-Identifier: Apache-2.0 */
/* Building and reading the templates of tunnels' outer headers. */
#include "lib/net/tunnel_header.h"

#include "lib/net/csum.h"

enum { VNI_SHIFT = 8, VNI_MAX = 0xffffff };

static bool is_ipv6(const struct tunnel_header *h)
{
    return h->eth_type == htons(ETH_TYPE_IPV6);
}

static uint8_t *build_ip(const struct tunnel_header *h, uint8_t *to)
{
    if (is_ipv6(h)) {
        struct ipv6_header *ip = (struct ipv6_header *)(void *)to;
        put_be32(ip->vtf, htonl(6u << 28 | (uint32_t)h->tos << 20) | h->label);
        ip->plen = 0;
        ip->next = h->proto;
        ip->hlim = h->ttl;
        memcpy(ip->src, h->src, sizeof ip->src);
        memcpy(ip->dst, h->dst, sizeof ip->dst);
        return to + sizeof *ip;
    }
    struct ip_header *ip = (struct ip_header *)(void *)to;
    *ip = (struct ip_header){
        .ihl_ver = 4 << 4 | IP_HEADER_LEN / 4,
        .tos = h->tos,
        .frag_off = h->frag,
        .ttl = h->ttl,
        .proto = h->proto,
    };
    memcpy(ip->src, h->src, sizeof ip->src);
    memcpy(ip->dst, h->dst, sizeof ip->dst);
    ip->csum = csum(ip, sizeof *ip);
    return to + sizeof *ip;
}

static uint8_t *build_udp(const struct tunnel_header *h, uint8_t *to)
{
    struct udp_header *udp = (struct udp_header *)(void *)to;
    *udp = (struct udp_header){.src = h->udp_src, .dst = h->udp_dst, .len = h->udp_span, .csum = h->udp_csum};
    return to + sizeof *udp;
}

static uint8_t *build_vxlan(const struct tunnel_header *h, uint8_t *to)
{
    struct vxlan_header *vxlan = (struct vxlan_header *)(void *)to;
    put_be32(vxlan->flags, h->vxlan_flags);
    put_be32(vxlan->vni, htonl(ntohl(h->vni) << VNI_SHIFT));
    return to + sizeof *vxlan;
}

static uint8_t *build_geneve(const struct tunnel_header *h, uint8_t *to)
{
    struct geneve_header *geneve = (struct geneve_header *)(void *)to;
    geneve->ver_opt_len = h->options_len / 4;
    geneve->flags = h->geneve_flags;
    geneve->proto = h->payload_type;
    put_be32(geneve->vni, htonl(ntohl(h->vni) << VNI_SHIFT));
    memcpy(to + sizeof *geneve, h->options, h->options_len);
    return to + sizeof *geneve + h->options_len;
}

static uint8_t *build_gre(const struct tunnel_header *h, uint8_t *to)
{
    struct gre_header *gre = (struct gre_header *)(void *)to;
    uint8_t *at = to + sizeof *gre;
    gre->flags = h->gre_flags;
    gre->proto = h->payload_type;
    if (h->gre_flags & htons(GRE_FLAG_CSUM)) {
        put_be32(at, 0);
        at += sizeof(be32);
    }
    if (h->gre_flags & htons(GRE_FLAG_KEY)) {
        put_be32(at, h->gre_key);
        at += sizeof(be32);
    }
    if (h->gre_flags & htons(GRE_FLAG_SEQ)) {
        put_be32(at, 0);
        at += sizeof(be32);
    }
    return at;
}

size_t tunnel_header_build(const struct tunnel_header *h, uint8_t *to)
{
    struct eth_header *eth = (struct eth_header *)(void *)to;
    *eth = (struct eth_header){h->eth_dst, h->eth_src, h->eth_type};
    uint8_t *at = build_ip(h, to + sizeof *eth);
    if (h->kind == TUNNEL_GRE) {
        at = build_gre(h, at);
    } else {
        at = build_udp(h, at);
        at = h->kind == TUNNEL_VXLAN ? build_vxlan(h, at) : build_geneve(h, at);
    }
    return at - to;
}

bool tunnel_options_are_valid(const uint8_t *options, size_t n)
{
    while (n >= sizeof(struct geneve_option)) {
        const struct geneve_option *option = (const struct geneve_option *)(const void *)options;
        size_t len = sizeof *option + (option->len & GENEVE_OPTION_LEN_MASK) * 4u;
        if (len > n) {
            return false;
        }
        options += len;
        n -= len;
    }
    return !n;
}

/* Sets the fields of Ethernet and IP. Bytes of IP, 0 if they are not all there. */
static size_t read_ip(struct tunnel_header *h, const uint8_t *bytes, size_t n)
{
    const struct eth_header *eth = (const struct eth_header *)(const void *)bytes;
    if (n < sizeof *eth) {
        return 0;
    }
    h->eth_dst = eth->dst;
    h->eth_src = eth->src;
    h->eth_type = eth->type;
    bytes += sizeof *eth;
    n -= sizeof *eth;
    if (is_ipv6(h)) {
        const struct ipv6_header *ip = (const struct ipv6_header *)(const void *)bytes;
        if (n < sizeof *ip) {
            return 0;
        }
        h->label = get_be32(ip->vtf) & htonl(IPV6_LABEL_MASK);
        h->tos = ntohl(get_be32(ip->vtf)) >> 20 & 0xff;
        h->proto = ip->next;
        h->ttl = ip->hlim;
        memcpy(h->src, ip->src, sizeof ip->src);
        memcpy(h->dst, ip->dst, sizeof ip->dst);
        return sizeof *ip;
    }
    const struct ip_header *ip = (const struct ip_header *)(const void *)bytes;
    if (h->eth_type != htons(ETH_TYPE_IP) || n < sizeof *ip) {
        return 0;
    }
    h->tos = ip->tos;
    h->frag = ip->frag_off;
    h->ttl = ip->ttl;
    h->proto = ip->proto;
    memcpy(h->src, ip->src, sizeof ip->src);
    memcpy(h->dst, ip->dst, sizeof ip->dst);
    return sizeof *ip;
}

static const char *read_vxlan(struct tunnel_header *h, const uint8_t *bytes, size_t n)
{
    const struct vxlan_header *vxlan = (const struct vxlan_header *)(const void *)bytes;
    if (n != sizeof *vxlan) {
        return "a VXLAN header has a wrong length";
    }
    h->vxlan_flags = get_be32(vxlan->flags);
    h->vni = htonl(ntohl(get_be32(vxlan->vni)) >> VNI_SHIFT);
    uint32_t flags = ntohl(h->vxlan_flags), allowed = VXLAN_FLAG_VNI;
    if (flags & VXLAN_FLAG_GBP) {
        allowed |= VXLAN_FLAG_GBP | VXLAN_GBP_DONT_LEARN | VXLAN_GBP_APPLIED | VXLAN_GBP_ID_MASK;
    }
    return !(flags & VXLAN_FLAG_VNI) || flags & ~allowed ? "a VXLAN header has unknown flags, or no VNI" : NULL;
}

static const char *read_geneve(struct tunnel_header *h, const uint8_t *bytes, size_t n)
{
    const struct geneve_header *geneve = (const struct geneve_header *)(const void *)bytes;
    size_t options_len = n >= sizeof *geneve ? n - sizeof *geneve : GENEVE_OPTIONS_MAX + 1;
    if (options_len > GENEVE_OPTIONS_MAX || geneve->ver_opt_len * 4u != options_len) {
        return "a Geneve header has a wrong length or version";
    }
    h->geneve_flags = geneve->flags;
    h->payload_type = geneve->proto;
    h->vni = htonl(ntohl(get_be32(geneve->vni)) >> VNI_SHIFT);
    h->options_len = options_len;
    memcpy(h->options, geneve + 1, options_len);
    if (!tunnel_options_are_valid(h->options, options_len)) {
        return "a Geneve header has options that end beyond it";
    }
    for (size_t i = 0; i < options_len;) {
        const struct geneve_option *option = (const void *)(h->options + i);
        if (option->len & ~GENEVE_OPTION_LEN_MASK) {
            return "a Geneve option has a reserved bit that is not 0";
        }
        i += sizeof *option + option->len * 4u;
    }
    return geneve->flags & ~(GENEVE_FLAG_OAM | GENEVE_FLAG_CRITICAL) ? "a Geneve header has unknown flags" : NULL;
}

static const char *read_udp(struct tunnel_header *h, const uint8_t *bytes, size_t n)
{
    const struct udp_header *udp = (const struct udp_header *)(const void *)bytes;
    if (h->proto != NW_PROTO_UDP || n < sizeof *udp) {
        return "a tunnel's outer headers have no UDP header";
    }
    h->udp_src = udp->src;
    h->udp_dst = udp->dst;
    h->udp_span = udp->len;
    h->udp_csum = udp->csum;
    if (udp->len && (!udp->src || ntohs(udp->src) + ntohs(udp->len) > UINT16_MAX)) {
        return "a tunnel's outer headers have UDP source ports that do not exist";
    }
    if (!udp->dst) {
        return "a tunnel's outer headers have no UDP destination port";
    }
    if (udp->csum && udp->csum != BE16_MAX) {
        return "a tunnel's outer headers have a UDP checksum that is neither 0 nor 0xffff";
    }
    bytes += sizeof *udp;
    n -= sizeof *udp;
    return h->kind == TUNNEL_VXLAN ? read_vxlan(h, bytes, n) : read_geneve(h, bytes, n);
}

static const char *read_gre(struct tunnel_header *h, const uint8_t *bytes, size_t n)
{
    const struct gre_header *gre = (const struct gre_header *)(const void *)bytes;
    if (h->proto != NW_PROTO_GRE || n < sizeof *gre) {
        return "a tunnel's outer headers have no GRE header";
    }
    h->gre_flags = gre->flags;
    h->payload_type = gre->proto;
    uint16_t flags = ntohs(gre->flags);
    if (flags & ~(GRE_FLAG_CSUM | GRE_FLAG_KEY | GRE_FLAG_SEQ)) {
        return "a GRE header has unknown flags or version";
    }
    size_t key_ofs = sizeof *gre + (flags & GRE_FLAG_CSUM ? sizeof(be32) : 0);
    if (n != GRE_HEADER_LEN + sizeof(be32) * __builtin_popcount(flags)) {
        return "a GRE header has a wrong length";
    }
    if (flags & GRE_FLAG_KEY) {
        h->gre_key = get_be32(bytes + key_ofs);
    }
    return NULL;
}

const char *tunnel_header_parse(enum tunnel_kind kind, const uint8_t *bytes, size_t n, struct tunnel_header *h)
{
    memset(h, 0, sizeof *h);
    h->kind = kind;
    if (kind != TUNNEL_GRE && kind != TUNNEL_VXLAN && kind != TUNNEL_GENEVE) {
        return "a tunnel is of an unknown kind";
    }
    size_t ip_len = n <= TUNNEL_HEADER_MAX ? read_ip(h, bytes, n) : 0;
    if (!ip_len) {
        return "a tunnel's outer headers are not those of an IP packet";
    }
    if (h->frag & htons((uint16_t)~IP_DONT_FRAGMENT)) {
        return "a tunnel's outer headers are those of a fragment";
    }
    size_t l4 = TUNNEL_L3_OFS + ip_len;
    const char *error = kind == TUNNEL_GRE ? read_gre(h, bytes + l4, n - l4) : read_udp(h, bytes + l4, n - l4);
    if (error) {
        return error;
    }
    if (kind != TUNNEL_VXLAN && ntohs(h->payload_type) < ETH_TYPE_MIN) {
        return "a tunnel's outer headers name no Ethernet type";
    }
    uint8_t again[TUNNEL_HEADER_MAX];
    return tunnel_header_build(h, again) == n && !memcmp(again, bytes, n)
               ? NULL
               : "a tunnel's outer headers have a field that is not as it must be";
}
