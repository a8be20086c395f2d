/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a super-packet into pieces, each with headers of its own. */
#include "lib/net/segment.h"

#include "lib/net/csum.h"
#include "lib/net/flow.h"
#include "lib/net/headers.h"
#include "lib/net/place.h"
#include "lib/net/segment_outer.h"

/* Bytes of a super-packet that each of its segments has in front of its payload; UINT32_MAX if that
 * is not to be seen. A packet that owes its L4 checksum says where L4 starts, also when the parser
 * did not get that far. */
static uint32_t gso_headers_len(const struct packet *p)
{
    uint32_t l4 = p->offload & PACKET_NEEDS_CSUM ? p->csum_start : p->l4_ofs;
    uint8_t type = p->gso_type & ~PACKET_GSO_ECN;
    if (l4 > p->head_len || type == PACKET_GSO_UDP) {
        return l4 > p->head_len ? UINT32_MAX : l4; /* UDP: fragments of what follows IP */
    }
    if (type == PACKET_GSO_UDP_L4) {
        return l4 + UDP_HEADER_LEN;
    }
    if (p->head_len - l4 < TCP_HEADER_LEN) {
        return UINT32_MAX;
    }
    return l4 + TCP_OFFSET(((const struct tcp_header *)(const void *)(p->data + l4))->ctl) * 4;
}

uint32_t segment_max_len(const struct packet *p)
{
    uint32_t len = packet_len(p);
    if (p->gso_type == PACKET_GSO_NONE || !p->gso_size) {
        return len;
    }
    uint32_t headers = gso_headers_len(p);
    return headers < len ? MIN(headers + p->gso_size, len) : len;
}

uint32_t segment_count(const struct packet *p)
{
    uint32_t len = packet_len(p);
    if (p->gso_type == PACKET_GSO_NONE || !p->gso_size) {
        return 1;
    }
    uint32_t headers = gso_headers_len(p);
    return headers < len ? DIV_ROUND_UP(len - headers, p->gso_size) : 1;
}

/* Does the packet's IP header suit its gso_type? */
static bool suits(uint8_t gso_type, const struct ip_place *place)
{
    switch (gso_type & ~PACKET_GSO_ECN) {
    case PACKET_GSO_TCPV4:
        return place->version == 4 && place->proto == NW_PROTO_TCP;
    case PACKET_GSO_TCPV6:
        return place->version == 6 && place->proto == NW_PROTO_TCP;
    case PACKET_GSO_UDP_L4:
        return place->proto == NW_PROTO_UDP;
    default:
        return false;
    }
}

/* Bytes of the L4 header, 0 if it is wrong. */
static uint32_t l4_header_len(const struct packet *p, const struct ip_place *place)
{
    uint32_t len = UDP_HEADER_LEN;
    if (place->proto == NW_PROTO_TCP) {
        if (place->l4_head < TCP_HEADER_LEN) {
            return 0;
        }
        len =
            TCP_OFFSET(((const struct tcp_header *)(const void *)(p->data + place->l4_ofs))->ctl) *
            4;
        if (len < TCP_HEADER_LEN) {
            return 0;
        }
    }
    return len <= place->l4_head ? len : 0;
}

/* Places the IP header that the debt is about: in tunnels, behind an I-TAG and tags of the customer's. */
static bool place_inner_ip(const struct packet *p, struct ip_place *place)
{
    struct packet view = *p;
    if (p->n_encaps) {
        view.l3_ofs = p->inner_l3_ofs;
        return place_ip(&view, place);
    }
    if (place_l3_type(p) == htons(ETH_TYPE_PBB)) {
        uint32_t ofs = p->l3_ofs + PBB_HEADER_LEN;
        for (int i = 0; i <= FLOW_MAX_VLANS; i++, ofs += VLAN_HEADER_LEN) {
            if (ofs + sizeof(be16) > p->head_len) {
                return false;
            }
            be16 type = get_be16(p->data + ofs);
            if (type != htons(ETH_TYPE_VLAN_8021Q) && type != htons(ETH_TYPE_VLAN_8021AD)) {
                break;
            }
        }
        view.l3_ofs = ofs + sizeof(be16);
    }
    return place_ip(&view, place);
}

/* Is 'ofs' the start of the IP header whose L4 owes its checksum, and does that go on to the packet's end? */
static bool is_owing_ip(const struct packet *p, uint32_t ofs, struct ip_place *place)
{
    struct packet view = *p;
    view.l3_ofs = ofs;
    return place_ip(&view, place) && place->has_l4 && place->l4_ofs == p->csum_start &&
           place->l4_ofs + place->l4_len == packet_len(p) && suits(p->gso_type, place);
}

/* Linux passes super-packets on that it has put into a tunnel, and says no more of it than where the inner L4 header is. Finds the inner
 * IP header in front of it. A packet that was cut since may owe a checksum behind its end. */
static bool find_inner(const struct packet *p, const struct ip_place *outer, struct ip_place *inner)
{
    if ((outer->proto != NW_PROTO_UDP && outer->proto != NW_PROTO_GRE) || p->csum_start % 2 || p->csum_start > p->head_len) {
        return false;
    }
    for (uint32_t len = IP_HEADER_LEN; len <= 60 && outer->l4_ofs + GRE_HEADER_LEN + len <= p->csum_start; len += 4) {
        uint32_t ofs = p->csum_start - len;
        uint8_t version = IP_VER(p->data[ofs]);
        if ((version == 4 || (version == 6 && len == IPV6_HEADER_LEN)) && is_owing_ip(p, ofs, inner)) {
            return true;
        }
    }
    return false;
}

/* The outer headers around what is to be segmented. */
struct encaps {
    uint8_t n;
    uint16_t ofs[PACKET_MAX_ENCAPS];
};

static bool locate(const struct packet *p, struct ip_place *place, struct encaps *encaps)
{
    encaps->n = p->n_encaps;
    memcpy(encaps->ofs, p->encap_ofs, sizeof encaps->ofs);
    if (!place_inner_ip(p, place)) {
        return false;
    }
    bool tunnelled = !p->n_encaps && p->offload & PACKET_NEEDS_CSUM && place->has_l4 && p->csum_start > place->l4_ofs;
    if (!tunnelled) {
        return true;
    }
    struct ip_place inner;
    bool plain = place->version == 4 || place->l4_ofs == place->l3_ofs + IPV6_HEADER_LEN;
    if (!plain || place->frag || !find_inner(p, place, &inner)) {
        return false;
    }
    encaps->n = 1;
    encaps->ofs[0] = place->l3_ofs;
    *place = inner;
    return true;
}

bool segment_locate(struct packet *p)
{
    struct ip_place place;
    struct encaps encaps;
    if (!locate(p, &place, &encaps)) {
        return false;
    }
    p->inner_l3_ofs = place.l3_ofs;
    p->n_encaps = encaps.n;
    memcpy(p->encap_ofs, encaps.ofs, sizeof p->encap_ofs);
    return true;
}

enum drop_reason segment_start(struct segmenter *s, const struct packet *p)
{
    struct ip_place place;
    struct encaps encaps;
    if (!p->gso_size || !locate(p, &place, &encaps) || !place.has_l4 || place.frag || place.rerouted ||
        !suits(p->gso_type, &place)) {
        return DROP_SEGMENTATION;
    }
    uint32_t l4_header = l4_header_len(p, &place);
    if (!l4_header) {
        return DROP_SEGMENTATION;
    }
    *s = (struct segmenter){
        .packet = p,
        .l3_ofs = place.l3_ofs,
        .l4_ofs = place.l4_ofs,
        .headers_len = place.l4_ofs + l4_header,
        .payload_len = place.l4_len - l4_header,
        .ipv6 = place.version == 6,
        .udp = place.proto == NW_PROTO_UDP,
    };
    s->n_encaps = encaps.n;
    memcpy(s->encap_ofs, encaps.ofs, sizeof s->encap_ofs);
    s->count = s->payload_len ? DIV_ROUND_UP(s->payload_len, p->gso_size) : 1;
    return s->count <= SEGMENT_MAX_PIECES ? DROP_NONE : DROP_SEGMENTATION;
}

/* Bytes of payload in the packet's head. */
static uint32_t payload_in_head(const struct segmenter *s)
{
    return MIN(s->payload_len, s->packet->head_len - s->headers_len);
}

uint32_t segment_frame_room(const struct segmenter *s)
{
    return s->headers_len + MIN(MAX(payload_in_head(s), s->lead), s->packet->gso_size);
}

/* Sets the piece's IP length and, for IPv4, identification and checksum. Returns the sum of its
 * pseudo-header. */
static uint32_t fix_l3(const struct segmenter *s, uint8_t *data, uint32_t l4_len)
{
    uint8_t proto = s->udp ? NW_PROTO_UDP : NW_PROTO_TCP;
    if (s->ipv6) {
        struct ipv6_header *ip = (struct ipv6_header *)(void *)(data + s->l3_ofs);
        ip->plen = htons(s->l4_ofs - s->l3_ofs - IPV6_HEADER_LEN + l4_len);
        return csum_pseudo_ipv6(ip->src, ip->dst, proto, l4_len);
    }
    struct ip_header *ip = (struct ip_header *)(void *)(data + s->l3_ofs);
    ip->tot_len = htons(s->l4_ofs - s->l3_ofs + l4_len);
    ip->id = htons(ntohs(ip->id) + s->index);
    ip->csum = 0;
    ip->csum = csum(ip, s->l4_ofs - s->l3_ofs);
    return csum_pseudo_ipv4(get_be32(ip->src), get_be32(ip->dst), proto, l4_len);
}

static void fix_tcp(const struct segmenter *s, struct tcp_header *tcp)
{
    put_be32(tcp->seq, htonl(ntohl(get_be32(tcp->seq)) + s->done));
    if (s->index) {
        tcp->ctl &= htons((uint16_t)~TCP_CWR);
    }
    if (s->index + 1 < s->count) {
        tcp->ctl &= htons((uint16_t) ~(TCP_FIN | TCP_PSH));
    }
}

/* Makes the piece's headers true for 'n' bytes of payload, up to the L4 checksum, which it will
 * owe. */
static void fix_headers(const struct segmenter *s, struct packet *piece, uint32_t n)
{
    uint8_t *l4 = piece->data + s->l4_ofs;
    uint32_t l4_len = s->headers_len - s->l4_ofs + n;
    uint32_t pseudo = fix_l3(s, piece->data, l4_len);
    if (s->udp) {
        ((struct udp_header *)(void *)l4)->len = htons(l4_len);
        piece->csum_offset = offsetof(struct udp_header, csum);
    } else {
        fix_tcp(s, (struct tcp_header *)(void *)l4);
        piece->csum_offset = offsetof(struct tcp_header, csum);
    }
    piece->csum_start = s->l4_ofs;
    piece->offload = PACKET_NEEDS_CSUM;
    put_be16(l4 + piece->csum_offset, ~csum_finish(pseudo));
}

bool segment_next(struct segmenter *s, void *frame, uint32_t frame_size, uint32_t headroom,
                  struct packet *piece)
{
    const struct packet *p = s->packet;
    if (s->index >= s->count) {
        return false;
    }
    uint32_t n = MIN(p->gso_size, s->payload_len - s->done);
    uint32_t head_payload = payload_in_head(s);
    uint32_t from_head = s->done < head_payload ? MIN(n, head_payload - s->done) : 0;
    uint32_t lead = MIN(n, s->lead), copied = MAX(from_head, lead);
    if (headroom > frame_size || s->headers_len + copied > frame_size - headroom) {
        return false;
    }

    packet_use(piece, frame, frame_size, headroom, s->headers_len + copied);
    memcpy(piece->data, p->data, s->headers_len);
    memcpy(piece->data + s->headers_len, p->data + s->headers_len + s->done, from_head);
    if (n > from_head) {
        const uint8_t *rest = p->tail + (s->headers_len + s->done + from_head - p->head_len);
        memcpy(piece->data + s->headers_len + from_head, rest, copied - from_head);
        if (n > copied) {
            piece->tail = (uint8_t *)rest + (copied - from_head);
            piece->tail_len = n - copied;
        }
    }
    piece->in_port = p->in_port;
    piece->l2_5_ofs = p->l2_5_ofs;
    piece->l3_ofs = p->l3_ofs;
    piece->l4_ofs = s->l4_ofs;
    piece->hdr_len = s->headers_len;
    piece->recirc_id = p->recirc_id;
    piece->skb_priority = p->skb_priority;
    piece->pkt_mark = p->pkt_mark;
    piece->dp_hash = p->dp_hash;
    fix_headers(s, piece, n);
    if (unlikely(s->n_encaps)) {
        segment_outer_fix(s, piece);
    }

    s->done += n;
    s->index++;
    return true;
}
