/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the headers of a packet again after the parser has seen it. Trusts nothing but the bounds
 * of the head. */
#include "lib/net/place.h"

#include "lib/net/headers.h"
#include "lib/net/ipv6_ext.h"

static bool place_l4(const struct packet *p, struct ip_place *place, uint32_t l4_ofs, uint32_t end)
{
    place->has_l4 = true;
    place->l4_ofs = l4_ofs;
    place->l4_len = end - l4_ofs;
    place->l4_head = MIN(end, p->head_len) - l4_ofs;
    return true;
}

static bool place_ipv4(const struct packet *p, const uint8_t *l3, uint32_t room,
                       struct ip_place *place)
{
    const struct ip_header *ip = (const struct ip_header *)l3;
    if (room < IP_HEADER_LEN) {
        return false;
    }
    uint32_t header_len = IP_IHL(ip->ihl_ver) * 4;
    uint32_t total_len = ntohs(ip->tot_len);
    if (header_len < IP_HEADER_LEN || header_len > room || total_len < header_len ||
        total_len > packet_len(p) - place->l3_ofs) {
        return false;
    }
    place->proto = ip->proto;
    place->proto_ofs = place->l3_ofs + offsetof(struct ip_header, proto);
    place->frag = ip->frag_off & htons(IP_FRAG_OFF_MASK)    ? FLOW_FRAG_ANY | FLOW_FRAG_LATER
                  : ip->frag_off & htons(IP_MORE_FRAGMENTS) ? FLOW_FRAG_ANY
                                                            : 0;
    return place->frag & FLOW_FRAG_LATER ||
           place_l4(p, place, place->l3_ofs + header_len, place->l3_ofs + total_len);
}

static bool place_ipv6(const struct packet *p, const uint8_t *l3, uint32_t room,
                       struct ip_place *place)
{
    const struct ipv6_header *ip = (const struct ipv6_header *)l3;
    if (room < IPV6_HEADER_LEN ||
        ntohs(ip->plen) > packet_len(p) - place->l3_ofs - IPV6_HEADER_LEN) {
        return false;
    }
    uint32_t end = place->l3_ofs + IPV6_HEADER_LEN + ntohs(ip->plen);
    struct ipv6_ext ext = {.ofs = place->l3_ofs + IPV6_HEADER_LEN, .proto = ip->next};
    bool whole = ipv6_ext_walk(p->data, MIN(end, p->head_len), &ext) == IPV6_EXT_OK;
    place->proto = whole ? ext.proto : NW_PROTO_NONE;
    place->proto_ofs = whole ? ext.next_ofs : 0;
    place->frag = ext.frag;
    place->rerouted = ext.rerouted;
    return !whole || ext.frag & FLOW_FRAG_LATER || place_l4(p, place, ext.ofs, end);
}

bool place_ip(const struct packet *p, struct ip_place *place)
{
    memset(place, 0, sizeof *place);
    if (p->l3_ofs == PACKET_NO_OFFSET || p->l3_ofs >= p->head_len) {
        return false;
    }
    const uint8_t *l3 = p->data + p->l3_ofs;
    uint32_t room = p->head_len - p->l3_ofs;
    place->l3_ofs = p->l3_ofs;
    place->version = IP_VER(*l3);
    return place->version == 4   ? place_ipv4(p, l3, room, place)
           : place->version == 6 ? place_ipv6(p, l3, room, place)
                                 : false;
}

be16 place_l3_type(const struct packet *p)
{
    bool known = p->l2_5_ofs == PACKET_NO_OFFSET && p->l3_ofs != PACKET_NO_OFFSET &&
                 p->l3_ofs >= ETH_HEADER_LEN && p->l3_ofs <= p->head_len;
    return known ? get_be16(p->data + p->l3_ofs - sizeof(be16)) : htons(0);
}
