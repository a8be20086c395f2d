/* SPDX-License-Identifier: Apache-2.0 */
/* Outer headers of pieces, from the innermost tunnel to the outermost. */
#include "lib/net/segment_outer.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"

/* A piece owes its checksum, so from csum_start on it adds up to the complement of what is in the field now; what is in front of it is
 * in the head. The running sum from 'ofs' to the end. */
static uint32_t sum_from(const struct packet *piece, uint32_t ofs)
{
    const be16 rest = ~get_be16(piece->data + piece->csum_start + piece->csum_offset);
    return csum_continue(csum_continue(0, piece->data + ofs, piece->csum_start - ofs), &rest, sizeof rest);
}

static void fix_udp(struct packet *piece, uint32_t l4_ofs, uint32_t pseudo)
{
    struct udp_header *udp = (struct udp_header *)(void *)(piece->data + l4_ofs);
    udp->len = htons(packet_len(piece) - l4_ofs);
    if (udp->csum) {
        udp->csum = 0;
        const be16 rest = ~csum_finish(sum_from(piece, l4_ofs));
        be16 sum = csum_finish(csum_continue(pseudo, &rest, sizeof rest));
        udp->csum = sum ? sum : BE16_MAX;
    }
}

static void fix_gre(const struct segmenter *s, struct packet *piece, uint32_t l4_ofs)
{
    uint8_t *gre = piece->data + l4_ofs;
    be16 flags = ((const struct gre_header *)(const void *)gre)->flags;
    if (flags & htons(GRE_FLAG_SEQ)) {
        uint32_t before = __builtin_popcount(flags & htons(GRE_FLAG_CSUM | GRE_FLAG_KEY));
        uint8_t *sequence = gre + GRE_HEADER_LEN + before * sizeof(be32);
        put_be32(sequence, htonl(ntohl(get_be32(sequence)) + s->index));
    }
    if (flags & htons(GRE_FLAG_CSUM)) {
        put_be32(gre + GRE_HEADER_LEN, 0);
        put_be16(gre + GRE_HEADER_LEN, csum_finish(sum_from(piece, l4_ofs)));
    }
}

/* The IP header at 'ofs'. Sets where L4 starts and what it is; returns the sum of UDP's pseudo-header. */
static uint32_t fix_ip(const struct segmenter *s, struct packet *piece, uint32_t ofs, uint32_t *l4_ofs, uint8_t *proto)
{
    uint8_t *l3 = piece->data + ofs;
    uint32_t len = packet_len(piece) - ofs;
    if (IP_VER(*l3) == 6) {
        struct ipv6_header *ip = (struct ipv6_header *)(void *)l3;
        *l4_ofs = ofs + IPV6_HEADER_LEN;
        *proto = ip->next;
        ip->plen = htons(len - IPV6_HEADER_LEN);
        return csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_UDP, len - IPV6_HEADER_LEN);
    }
    struct ip_header *ip = (struct ip_header *)(void *)l3;
    *l4_ofs = ofs + IP_IHL(ip->ihl_ver) * 4;
    *proto = ip->proto;
    ip->tot_len = htons(len);
    if (!(ip->frag_off & htons(IP_DONT_FRAGMENT))) {
        ip->id = htons(ntohs(ip->id) + s->index);
    }
    ip->csum = 0;
    ip->csum = csum(ip, *l4_ofs - ofs);
    return csum_pseudo_ipv4(get_be32(ip->src), get_be32(ip->dst), NW_PROTO_UDP, len - (*l4_ofs - ofs));
}

void segment_outer_fix(const struct segmenter *s, struct packet *piece)
{
    for (unsigned int i = 0; i < s->n_encaps; i++) {
        uint32_t l4_ofs;
        uint8_t proto;
        uint32_t pseudo = fix_ip(s, piece, s->encap_ofs[i], &l4_ofs, &proto);
        if (proto == NW_PROTO_GRE) {
            fix_gre(s, piece, l4_ofs);
        } else {
            fix_udp(piece, l4_ofs, pseudo);
        }
    }
}
