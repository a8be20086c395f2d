/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of IP packets. */
#include "lib/net/fragment.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"
#include "lib/net/place.h"

enum { BLOCK = 8 /* bytes that fragment offsets count in */ };

/* IPv4 without options, IPv6 without extension headers. */
static bool is_plain(const struct packet *p, const struct ip_place *place)
{
    uint32_t header = place->version == 4 ? IP_HEADER_LEN : IPV6_HEADER_LEN;
    if (place->frag || !place->has_l4 || place->l4_ofs != place->l3_ofs + header) {
        return false;
    }
    const struct ip_header *ip = (const struct ip_header *)(const void *)(p->data + place->l3_ofs);
    return place->version == 6 || !(ip->frag_off & htons(IP_DONT_FRAGMENT));
}

enum drop_reason fragment_start(struct fragmenter *f, const struct packet *p, uint32_t mtu, uint32_t id)
{
    struct ip_place place;
    be16 type = place_l3_type(p);
    if ((type != htons(ETH_TYPE_IP) && type != htons(ETH_TYPE_IPV6)) || !place_ip(p, &place) || !is_plain(p, &place)) {
        return DROP_MTU;
    }
    bool ipv6 = place.version == 6;
    uint32_t headers = place.l4_ofs - place.l3_ofs + (ipv6 ? IPV6_FRAGMENT_LEN : 0);
    if (mtu < headers + BLOCK) {
        return DROP_MTU;
    }
    *f = (struct fragmenter){
        .packet = p,
        .l3_ofs = place.l3_ofs,
        .payload_ofs = place.l4_ofs,
        .payload_len = place.l4_len,
        .headers_len = place.l3_ofs + headers,
        .chunk = (mtu - headers) & ~(BLOCK - 1u),
        .id = id,
        .ipv6 = ipv6,
    };
    return DROP_NONE;
}

static uint32_t payload_in_head(const struct fragmenter *f)
{
    return MIN(f->payload_len, f->packet->head_len - f->payload_ofs);
}

uint32_t fragment_frame_room(const struct fragmenter *f)
{
    return f->headers_len + MIN(payload_in_head(f), f->chunk);
}

/* Makes the headers, copied from the packet's, those of 'n' bytes of payload. */
static void fix_headers(const struct fragmenter *f, uint8_t *data, uint32_t n)
{
    bool more = f->done + n < f->payload_len;
    if (f->ipv6) {
        struct ipv6_header *ip = (struct ipv6_header *)(void *)(data + f->l3_ofs);
        struct ipv6_fragment *fragment = (struct ipv6_fragment *)(void *)(ip + 1);
        fragment->next = ip->next;
        fragment->reserved = 0;
        fragment->offset = htons(f->done | (more ? IPV6_FRAG_MORE : 0));
        put_be32(fragment->id, htonl(f->id));
        ip->next = NW_PROTO_FRAGMENT;
        ip->plen = htons(IPV6_FRAGMENT_LEN + n);
        return;
    }
    struct ip_header *ip = (struct ip_header *)(void *)(data + f->l3_ofs);
    ip->tot_len = htons(IP_HEADER_LEN + n);
    ip->frag_off = htons(f->done / BLOCK | (more ? IP_MORE_FRAGMENTS : 0));
    ip->csum = 0;
    ip->csum = csum(ip, IP_HEADER_LEN);
}

bool fragment_next(struct fragmenter *f, void *frame, uint32_t frame_size, uint32_t headroom, struct packet *piece)
{
    const struct packet *p = f->packet;
    if (f->done >= f->payload_len) {
        return false;
    }
    uint32_t n = MIN(f->chunk, f->payload_len - f->done);
    uint32_t head_payload = payload_in_head(f);
    uint32_t from_head = f->done < head_payload ? MIN(n, head_payload - f->done) : 0;
    if (headroom > frame_size || f->headers_len + from_head > frame_size - headroom) {
        return false;
    }
    packet_use(piece, frame, frame_size, headroom, f->headers_len + from_head);
    memcpy(piece->data, p->data, f->payload_ofs);
    memcpy(piece->data + f->headers_len, p->data + f->payload_ofs + f->done, from_head);
    if (n > from_head) {
        piece->tail = p->tail + (f->payload_ofs + f->done + from_head - p->head_len);
        piece->tail_len = n - from_head;
    }
    piece->in_port = p->in_port;
    piece->l3_ofs = f->l3_ofs;
    piece->skb_priority = p->skb_priority;
    piece->pkt_mark = p->pkt_mark;
    piece->dp_hash = p->dp_hash;
    fix_headers(f, piece->data, n);
    f->done += n;
    return true;
}
