/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of datagrams. */
#include "lib/net/bundle.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"

/* Finds the UDP header behind the outermost IP header. False if something else is there, or not just Ethernet in front of it. */
static bool find_udp(const struct packet *p, uint32_t l3_ofs, uint32_t *l4_ofs)
{
    if (l3_ofs < ETH_HEADER_LEN || l3_ofs + IPV6_HEADER_LEN + UDP_HEADER_LEN > p->head_len) {
        return false;
    }
    const uint8_t *l3 = p->data + l3_ofs;
    be16 type = get_be16(l3 - sizeof type);
    if (IP_VER(*l3) == 6) {
        *l4_ofs = l3_ofs + IPV6_HEADER_LEN;
        return type == htons(ETH_TYPE_IPV6) && ((const struct ipv6_header *)(const void *)l3)->next == NW_PROTO_UDP;
    }
    *l4_ofs = l3_ofs + IP_IHL(*l3) * 4;
    return type == htons(ETH_TYPE_IP) && ((const struct ip_header *)(const void *)l3)->proto == NW_PROTO_UDP;
}

bool bundle_start(struct bundler *b, const struct packet *p)
{
    struct segmenter *s = &b->segmenter;
    if (segment_start(s, p) != DROP_NONE || !s->n_encaps) {
        return false;
    }
    b->l3_ofs = s->encap_ofs[s->n_encaps - 1];
    if (!find_udp(p, b->l3_ofs, &b->l4_ofs) || b->l4_ofs + UDP_HEADER_LEN >= s->headers_len ||
        segment_frame_room(s) > PACKET_FRAME_SIZE || b->l4_ofs + UDP_HEADER_LEN > PACKET_HEAD_SIZE) {
        return false;
    }
    /* All but the last bundle are equally long, so that none is left with little. */
    uint32_t segment = s->headers_len + p->gso_size - (b->l4_ofs + UDP_HEADER_LEN);
    uint32_t most = (UINT16_MAX - (b->l4_ofs - b->l3_ofs) - UDP_HEADER_LEN) / segment;
    if (most < 2 || s->count < 2) {
        return false;
    }
    b->per_bundle = DIV_ROUND_UP(s->count, DIV_ROUND_UP(s->count, most));
    return true;
}

uint32_t bundle_count(const struct bundler *b)
{
    return DIV_ROUND_UP(b->segmenter.count, b->per_bundle);
}

/* Copies what is behind the outer UDP header of the next segment. Its inner headers are true and its checksum paid. */
static uint32_t copy_segment(const struct packet *piece, uint32_t ofs, uint8_t *to)
{
    uint32_t n = packet_len(piece) - ofs;
    if (!packet_read(piece, ofs, to, n)) {
        return 0; /* it is as long as it is */
    }
    return n;
}

/* Makes the outer headers true for 'l4_len' bytes of UDP, up to the checksum. Returns the sum of the pseudo-header. */
static uint32_t fix_outer(uint8_t *l3, uint32_t l3_header_len, uint32_t l4_len)
{
    if (IP_VER(*l3) == 6) {
        struct ipv6_header *ip = (struct ipv6_header *)(void *)l3;
        ip->plen = htons(l4_len);
        return csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_UDP, l4_len);
    }
    struct ip_header *ip = (struct ip_header *)(void *)l3;
    ip->tot_len = htons(l3_header_len + l4_len);
    ip->csum = 0;
    ip->csum = csum(ip, l3_header_len);
    return csum_pseudo_ipv4(get_be32(ip->src), get_be32(ip->dst), NW_PROTO_UDP, l4_len);
}

/* The bundle's own headers, from those of its first segment. */
static void finish(const struct bundler *b, struct packet *bundle, uint32_t n_segments, uint32_t segment_len)
{
    uint32_t l4_len = packet_len(bundle) - b->l4_ofs;
    uint32_t pseudo = fix_outer(bundle->data + b->l3_ofs, b->l4_ofs - b->l3_ofs, l4_len);
    struct udp_header *udp = (struct udp_header *)(void *)(bundle->data + b->l4_ofs);
    udp->len = htons(l4_len);
    udp->csum = ~csum_finish(pseudo);
    bundle->l3_ofs = b->l3_ofs;
    bundle->l4_ofs = b->l4_ofs;
    bundle->offload = PACKET_NEEDS_CSUM;
    bundle->csum_start = b->l4_ofs;
    bundle->csum_offset = offsetof(struct udp_header, csum);
    if (n_segments > 1) {
        bundle->gso_type = PACKET_GSO_UDP_L4;
        bundle->gso_size = segment_len;
        bundle->hdr_len = b->l4_ofs + UDP_HEADER_LEN;
    }
}

bool bundle_next(struct bundler *b, void *frame, void *room, struct packet *bundle)
{
    _Alignas(8) uint8_t scratch[PACKET_FRAME_SIZE];
    uint32_t outer_len = b->l4_ofs + UDP_HEADER_LEN, used = 0, n = 0, segment_len = 0;
    struct packet piece;
    for (; n < b->per_bundle && segment_next(&b->segmenter, scratch, sizeof scratch, 0, &piece); n++) {
        if (!packet_complete_csum(&piece)) {
            return false; /* its headers are in its head */
        }
        uint32_t len = copy_segment(&piece, outer_len, (uint8_t *)room + used);
        if (!n) {
            packet_use(bundle, frame, PACKET_FRAME_SIZE, PACKET_HEADROOM, outer_len);
            memcpy(bundle->data, piece.data, outer_len);
            bundle->in_port = piece.in_port;
            bundle->skb_priority = piece.skb_priority;
            bundle->pkt_mark = piece.pkt_mark;
            segment_len = len;
        }
        used += len;
    }
    if (!n) {
        return false;
    }
    bundle->tail = room;
    bundle->tail_len = used;
    finish(b, bundle, n, segment_len);
    return true;
}
