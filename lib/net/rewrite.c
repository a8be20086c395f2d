/* SPDX-License-Identifier: Apache-2.0 */
/* Pushing and popping VLAN tags and MPLS labels, and taking 1 from the TTL. */
#include "lib/net/rewrite.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"
#include "lib/net/place.h"

enum { TPID_OFS = 12 /* of the Ethernet type of the outermost header */ };

static bool is_vlan(be16 type)
{
    return type == htons(ETH_TYPE_VLAN_8021Q) || type == htons(ETH_TYPE_VLAN_8021AD);
}

static bool is_mpls(be16 type)
{
    return type == htons(ETH_TYPE_MPLS) || type == htons(ETH_TYPE_MPLS_MCAST);
}

enum drop_reason rewrite_push_vlan(struct packet *p, be16 tpid, be16 tci)
{
    if (p->head_len < ETH_HEADER_LEN) {
        return DROP_ACTION_UNSUITED;
    }
    if (!packet_push(p, VLAN_HEADER_LEN)) {
        return DROP_NO_HEADROOM;
    }
    memmove(p->data, p->data + VLAN_HEADER_LEN, TPID_OFS);
    put_be16(p->data + TPID_OFS, tpid);
    put_be16(p->data + ETH_HEADER_LEN, tci & htons((uint16_t)~VLAN_CFI));
    return DROP_NONE;
}

enum drop_reason rewrite_pop_vlan(struct packet *p)
{
    if (p->head_len < ETH_HEADER_LEN + VLAN_HEADER_LEN || !is_vlan(get_be16(p->data + TPID_OFS))) {
        return DROP_ACTION_UNSUITED;
    }
    memmove(p->data + VLAN_HEADER_LEN, p->data, TPID_OFS);
    if (!packet_pull(p, VLAN_HEADER_LEN)) {
        return DROP_ACTION_UNSUITED;
    }
    /* A tag deeper than the parser looks counts as L3; now that it is gone L3 is not known. */
    if (p->l3_ofs < ETH_HEADER_LEN) {
        p->l3_ofs = p->l4_ofs = PACKET_NO_OFFSET;
    }
    return DROP_NONE;
}

/* Does the Ethernet type right in front of 'pos' tell what is there? It does not behind an 802.2
 * header, whose frame has a length. */
static bool has_ethertype_before(const struct packet *p, uint32_t pos)
{
    if (pos == PACKET_NO_OFFSET || pos > p->head_len) {
        return false;
    }
    uint32_t ofs = TPID_OFS;
    while (ofs + sizeof(be16) + VLAN_HEADER_LEN <= pos && is_vlan(get_be16(p->data + ofs))) {
        ofs += VLAN_HEADER_LEN;
    }
    return ofs + sizeof(be16) == pos && ntohs(get_be16(p->data + ofs)) >= ETH_TYPE_MIN;
}

enum drop_reason rewrite_push_mpls(struct packet *p, be16 eth_type, be32 lse)
{
    uint16_t pos = p->l2_5_ofs != PACKET_NO_OFFSET ? p->l2_5_ofs : p->l3_ofs;
    if (!has_ethertype_before(p, pos)) {
        return DROP_ACTION_UNSUITED;
    }
    if (!packet_push(p, MPLS_HEADER_LEN)) {
        return DROP_NO_HEADROOM;
    }
    memmove(p->data, p->data + MPLS_HEADER_LEN, pos);
    put_be16(p->data + pos - sizeof(be16), eth_type);
    put_be32(p->data + pos, lse);
    p->l2_5_ofs = pos;
    return DROP_NONE;
}

enum drop_reason rewrite_pop_mpls(struct packet *p, be16 eth_type)
{
    uint16_t pos = p->l2_5_ofs;
    if (!has_ethertype_before(p, pos) || p->head_len - pos < MPLS_HEADER_LEN ||
        !is_mpls(get_be16(p->data + pos - sizeof(be16)))) {
        return DROP_ACTION_UNSUITED;
    }
    bool bottom = get_be32(p->data + pos) & htonl(MPLS_BOS_MASK);
    memmove(p->data + MPLS_HEADER_LEN, p->data, pos);
    if (!packet_pull(p, MPLS_HEADER_LEN)) {
        return DROP_ACTION_UNSUITED;
    }
    put_be16(p->data + pos - sizeof(be16), eth_type);
    p->l4_ofs = PACKET_NO_OFFSET;
    if (!is_mpls(eth_type)) {
        p->l2_5_ofs = PACKET_NO_OFFSET;
        p->l3_ofs = pos;
    } else {
        p->l2_5_ofs = pos;
        if (bottom) {
            p->l3_ofs = PACKET_NO_OFFSET;
        }
    }
    return DROP_NONE;
}

static enum drop_reason dec_ttl_mpls(struct packet *p)
{
    if (p->l2_5_ofs > p->head_len || p->head_len - p->l2_5_ofs < MPLS_HEADER_LEN) {
        return DROP_ACTION_UNSUITED;
    }
    uint8_t *ttl = p->data + p->l2_5_ofs + MPLS_HEADER_LEN - 1;
    if (*ttl <= 1) {
        return DROP_TTL_EXPIRED;
    }
    --*ttl;
    return DROP_NONE;
}

static enum drop_reason dec_ttl_ipv4(struct ip_header *ip)
{
    if (ip->ttl <= 1) {
        return DROP_TTL_EXPIRED;
    }
    be16 old = get_be16(&ip->ttl);
    ip->ttl--;
    ip->csum = csum_recalc16(ip->csum, old, get_be16(&ip->ttl));
    return DROP_NONE;
}

static enum drop_reason dec_ttl_ipv6(struct ipv6_header *ip)
{
    if (ip->hlim <= 1) {
        return DROP_TTL_EXPIRED;
    }
    ip->hlim--;
    return DROP_NONE;
}

enum drop_reason rewrite_dec_ttl(struct packet *p)
{
    if (p->l2_5_ofs != PACKET_NO_OFFSET) {
        return dec_ttl_mpls(p);
    }
    struct ip_place place;
    be16 type = place_l3_type(p);
    if (type == htons(ETH_TYPE_IP) && place_ip(p, &place) && place.version == 4) {
        return dec_ttl_ipv4(packet_l3(p));
    }
    if (type == htons(ETH_TYPE_IPV6) && place_ip(p, &place) && place.version == 6) {
        return dec_ttl_ipv6(packet_l3(p));
    }
    return DROP_ACTION_UNSUITED;
}

enum drop_reason rewrite_action(struct packet *p, const struct action *a)
{
    switch (a->type) {
    case ACTION_SET:
        return rewrite_set(p, (const struct action_set *)a);
    case ACTION_PUSH_VLAN: {
        const struct action_push_vlan *push = (const struct action_push_vlan *)a;
        return rewrite_push_vlan(p, push->tpid, push->tci);
    }
    case ACTION_POP_VLAN:
        return rewrite_pop_vlan(p);
    case ACTION_PUSH_MPLS: {
        const struct action_push_mpls *push = (const struct action_push_mpls *)a;
        return rewrite_push_mpls(p, push->eth_type, push->lse);
    }
    case ACTION_POP_MPLS:
        return rewrite_pop_mpls(p, ((const struct action_pop_mpls *)a)->eth_type);
    case ACTION_DEC_TTL:
        return rewrite_dec_ttl(p);
    case ACTION_PUSH_PBB:
        return rewrite_push_pbb(p, ((const struct action_push_pbb *)a)->tci);
    case ACTION_POP_PBB:
        return rewrite_pop_pbb(p);
    case ACTION_COPY_TTL:
        return rewrite_copy_ttl(p, ((const struct action_copy_ttl *)a)->inwards);
    default:
        return DROP_ACTION_UNSUITED;
    }
}
