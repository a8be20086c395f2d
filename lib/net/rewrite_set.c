/* SPDX-License-Identifier: Apache-2.0 */
/* Masked writes to header fields, with the checksums that cover them. */
#include "lib/net/rewrite.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"
#include "lib/net/place.h"

/* The checksum 'sum' after 'n' bytes, an even number at an even place, changed from 'old' to 'now'
 * (RFC 1624). */
static be16 sum_after(be16 sum, const void *old, const void *now, size_t n)
{
    be16 less_old[2] = {~sum, csum(old, n)};
    return csum_finish(csum_continue(csum_continue(0, less_old, sizeof less_old), now, n));
}

/* The Internet checksum in an L4 header, as far as the packet has one. */
struct l4_sum {
    be16 *field; /* null: none */
    bool debt;   /* the field holds the pseudo-header's sum, to be completed later */
    bool pseudo; /* it covers the addresses */
    bool udp;
};

/* Protocols with a checksum over a pseudo-header where UDP has it. */
static bool is_udp_like(uint8_t proto)
{
    return proto == NW_PROTO_UDP || proto == NW_PROTO_UDPLITE || proto == NW_PROTO_DCCP;
}

static struct l4_sum find_l4_sum(struct packet *p, const struct ip_place *place)
{
    struct l4_sum sum = {.pseudo = true};
    uint32_t ofs, need;
    if (place->proto == NW_PROTO_TCP) {
        ofs = offsetof(struct tcp_header, csum);
        need = TCP_HEADER_LEN;
    } else if (is_udp_like(place->proto)) {
        ofs = offsetof(struct udp_header, csum);
        need = UDP_HEADER_LEN;
        sum.udp = true;
    } else if (place->proto == (place->version == 4 ? NW_PROTO_ICMP : NW_PROTO_ICMPV6)) {
        ofs = offsetof(struct icmp_header, csum);
        need = ICMP_HEADER_LEN;
        sum.pseudo = place->version == 6;
    } else {
        return sum;
    }
    if (!place->has_l4 || place->l4_head < need) {
        return sum;
    }
    sum.field = (be16 *)(void *)(p->data + place->l4_ofs + ofs);
    sum.debt =
        p->offload & PACKET_NEEDS_CSUM && p->csum_start == place->l4_ofs && p->csum_offset == ofs;
    if (sum.udp && !sum.debt && !get_be16(sum.field)) {
        sum.field = NULL; /* the sender did without */
    }
    return sum;
}

/* Accounts for a change in the L4 header. */
static void l4_changed(const struct l4_sum *sum, const void *old, const void *now, size_t n)
{
    if (sum->field && !sum->debt) {
        be16 value = sum_after(get_be16(sum->field), old, now, n);
        put_be16(sum->field, sum->udp && !value ? BE16_MAX : value);
    }
}

/* Accounts for a change in the pseudo-header. */
static void pseudo_changed(const struct l4_sum *sum, const void *old, const void *now, size_t n)
{
    if (sum->field && sum->pseudo && sum->debt) {
        put_be16(sum->field, ~sum_after(~get_be16(sum->field), old, now, n));
    } else if (sum->pseudo) {
        l4_changed(sum, old, now, n);
    }
}

/* Writes the masked bits of 'n' bytes; false if that changed nothing. 'old' gets what was there. */
static bool merge(void *field, void *old, const void *value, const void *mask, size_t n)
{
    uint8_t *f = field;
    const uint8_t *v = value, *m = mask;
    memcpy(old, field, n);
    for (size_t i = 0; i < n; i++) {
        f[i] = (f[i] & ~m[i]) | (v[i] & m[i]);
    }
    return memcmp(old, field, n);
}

/* Places IP of the version that the Ethernet type promises. */
static bool place_version(const struct packet *p, int version, struct ip_place *place)
{
    be16 type = version == 4 ? htons(ETH_TYPE_IP) : htons(ETH_TYPE_IPV6);
    return place_l3_type(p) == type && place_ip(p, place) && place->version == version;
}

static bool place_any(const struct packet *p, struct ip_place *place)
{
    return place_version(p, 4, place) || place_version(p, 6, place);
}

static enum drop_reason set_eth(struct packet *p, const void *value, const void *mask)
{
    const struct set_eth *v = value, *m = mask;
    struct eth_addr old;
    if (p->head_len >= ETH_HEADER_LEN) {
        struct eth_header *eth = (struct eth_header *)(void *)p->data;
        merge(&eth->src, &old, &v->src, &m->src, sizeof old);
        merge(&eth->dst, &old, &v->dst, &m->dst, sizeof old);
    }
    return DROP_NONE;
}

static enum drop_reason set_vlan(struct packet *p, const void *value, const void *mask)
{
    const struct set_vlan *v = value, *m = mask;
    if (p->head_len < ETH_HEADER_LEN + VLAN_HEADER_LEN) {
        return DROP_NONE;
    }
    be16 *tag = (be16 *)(void *)(p->data + offsetof(struct eth_header, type));
    if (tag[0] == htons(ETH_TYPE_VLAN_8021Q) || tag[0] == htons(ETH_TYPE_VLAN_8021AD)) {
        be16 old,
            tci_mask =
                m->tci &
                htons((
                    uint16_t)~VLAN_CFI); /* in the packet that bit is the drop eligible indicator */
        merge(&tag[0], &old, &v->tpid, &m->tpid, sizeof old);
        merge(&tag[1], &old, &v->tci, &tci_mask, sizeof old);
    }
    return DROP_NONE;
}

static enum drop_reason set_mpls(struct packet *p, const void *value, const void *mask)
{
    const struct set_mpls *v = value, *m = mask;
    if (p->l2_5_ofs <= p->head_len && p->head_len - p->l2_5_ofs >= MPLS_HEADER_LEN) {
        be32 old;
        merge(p->data + p->l2_5_ofs, &old, &v->lse, &m->lse, sizeof old);
    }
    return DROP_NONE;
}

static enum drop_reason set_arp(struct packet *p, const void *value, const void *mask)
{
    const struct set_arp *v = value, *m = mask;
    be16 type = place_l3_type(p);
    if ((type != htons(ETH_TYPE_ARP) && type != htons(ETH_TYPE_RARP)) ||
        p->head_len - p->l3_ofs < ARP_ETH_HEADER_LEN) {
        return DROP_NONE;
    }
    struct arp_header *arp = packet_l3(p);
    if (arp->hrd == htons(ARP_HRD_ETHERNET) && arp->pro == htons(ETH_TYPE_IP) &&
        arp->hln == sizeof arp->sha && arp->pln == sizeof arp->spa) {
        struct eth_addr old;
        merge(arp->spa, &old, &v->spa, &m->spa, sizeof arp->spa);
        merge(arp->tpa, &old, &v->tpa, &m->tpa, sizeof arp->tpa);
        merge(&arp->op, &old, &v->op, &m->op, sizeof arp->op);
        merge(&arp->sha, &old, &v->sha, &m->sha, sizeof arp->sha);
        merge(&arp->tha, &old, &v->tha, &m->tha, sizeof arp->tha);
    }
    return DROP_NONE;
}

/* TOS and TTL, each with the byte it shares a word of the checksum with. */
static void set_ipv4_byte(struct ip_header *ip, uint8_t *byte, uint8_t value, uint8_t mask)
{
    uint8_t now = (*byte & ~mask) | (value & mask);
    uint8_t *word = (uint8_t *)ip + ((byte - (uint8_t *)ip) & ~1);
    be16 old = get_be16(word);
    *byte = now;
    ip->csum = csum_recalc16(ip->csum, old, get_be16(word));
}

/* Accounts for another protocol in the pseudo-header, see rewrite_set(). */
static void proto_changed(struct packet *p, const struct ip_place *place, uint8_t now)
{
    if (is_udp_like(place->proto) && is_udp_like(now)) {
        struct l4_sum sum = find_l4_sum(p, place);
        const uint8_t old_word[2] = {0, place->proto}, new_word[2] = {0, now};
        pseudo_changed(&sum, old_word, new_word, sizeof old_word);
    }
}

/* Would the protocol of a super-packet change? */
static bool unsuits_gso(const struct packet *p, uint8_t proto, uint8_t value, uint8_t mask)
{
    return p->gso_type != PACKET_GSO_NONE && (proto ^ value) & mask;
}

static enum drop_reason set_ipv4(struct packet *p, const void *value, const void *mask)
{
    const struct set_ipv4 *v = value, *m = mask;
    struct ip_place place;
    if (!place_version(p, 4, &place)) {
        return DROP_NONE;
    }
    if (unsuits_gso(p, place.proto, v->proto, m->proto)) {
        return DROP_ACTION_UNSUITED;
    }
    struct ip_header *ip = packet_l3(p);
    struct l4_sum sum = find_l4_sum(p, &place);
    be32 old;
    if (merge(ip->src, &old, &v->src, &m->src, sizeof old)) {
        ip->csum = csum_recalc32(ip->csum, old, get_be32(ip->src));
        pseudo_changed(&sum, &old, ip->src, sizeof old);
    }
    if (merge(ip->dst, &old, &v->dst, &m->dst, sizeof old)) {
        ip->csum = csum_recalc32(ip->csum, old, get_be32(ip->dst));
        pseudo_changed(&sum, &old, ip->dst, sizeof old);
    }
    if (m->tos) {
        set_ipv4_byte(ip, &ip->tos, v->tos, m->tos);
    }
    if (m->ttl) {
        set_ipv4_byte(ip, &ip->ttl, v->ttl, m->ttl);
    }
    if ((ip->proto ^ v->proto) & m->proto) {
        set_ipv4_byte(ip, &ip->proto, v->proto, m->proto);
        proto_changed(p, &place, ip->proto);
    }
    return DROP_NONE;
}

static enum drop_reason set_ipv6(struct packet *p, const void *value, const void *mask)
{
    const struct set_ipv6 *v = value, *m = mask;
    struct ip_place place;
    if (!place_version(p, 6, &place)) {
        return DROP_NONE;
    }
    if (unsuits_gso(p, place.proto, v->proto, m->proto)) {
        return DROP_ACTION_UNSUITED;
    }
    struct ipv6_header *ip = packet_l3(p);
    struct l4_sum sum = find_l4_sum(p, &place);
    uint8_t old[16];
    if (merge(ip->src, old, v->src, m->src, sizeof old)) {
        pseudo_changed(&sum, old, ip->src, sizeof old);
    }
    if (merge(ip->dst, old, v->dst, m->dst, sizeof old) && !place.rerouted) {
        pseudo_changed(&sum, old, ip->dst, sizeof old);
    }
    be32 vtf_mask = (m->label & htonl(IPV6_LABEL_MASK)) | htonl((uint32_t)m->tclass << 20);
    be32 vtf = (v->label & htonl(IPV6_LABEL_MASK)) | htonl((uint32_t)v->tclass << 20);
    merge(ip->vtf, old, &vtf, &vtf_mask, sizeof vtf);
    merge(&ip->hlim, old, &v->hlimit, &m->hlimit, 1);
    if (place.proto_ofs && merge(p->data + place.proto_ofs, old, &v->proto, &m->proto, 1)) {
        proto_changed(p, &place, p->data[place.proto_ofs]);
    }
    return DROP_NONE;
}

static enum drop_reason set_nd(struct packet *p, const void *value, const void *mask)
{
    const struct set_nd *v = value, *m = mask;
    struct ip_place place;
    if (!place_version(p, 6, &place) || !place.has_l4 || place.proto != NW_PROTO_ICMPV6 ||
        place.l4_head < ND_HEADER_LEN) {
        return DROP_NONE;
    }
    struct nd_header *nd = (struct nd_header *)(void *)(p->data + place.l4_ofs);
    if ((nd->icmp6.type != ICMPV6_NEIGHBOR_SOLICIT && nd->icmp6.type != ICMPV6_NEIGHBOR_ADVERT) ||
        nd->icmp6.code) {
        return DROP_NONE;
    }
    struct l4_sum sum = find_l4_sum(p, &place);
    uint8_t old[16];
    if (merge(nd->reserved, old, &v->reserved, &m->reserved, sizeof nd->reserved)) {
        l4_changed(&sum, old, nd->reserved, sizeof nd->reserved);
    }
    if (merge(nd->target, old, v->target, m->target, sizeof nd->target)) {
        l4_changed(&sum, old, nd->target, sizeof nd->target);
    }
    for (uint32_t ofs = ND_HEADER_LEN; place.l4_head - ofs >= sizeof(struct nd_option);) {
        struct nd_option *option = (struct nd_option *)(void *)(p->data + place.l4_ofs + ofs);
        uint32_t len = option->len * 8;
        if (!len || len > place.l4_head - ofs) {
            break;
        }
        bool sll = option->type == ND_OPT_SOURCE_LINKADDR;
        if (len == sizeof *option && (sll || option->type == ND_OPT_TARGET_LINKADDR) &&
            merge(&option->mac, old, sll ? &v->sll : &v->tll, sll ? &m->sll : &m->tll,
                  sizeof option->mac)) {
            l4_changed(&sum, old, &option->mac, sizeof option->mac);
        }
        ofs += len;
    }
    return DROP_NONE;
}

/* The ports of a packet that has all of a header of 'need' bytes of 'proto', as the parser sees it,
 * else null. */
static be16 *find_ports(struct packet *p, struct ip_place *place, uint8_t proto, uint32_t need)
{
    if (!place_any(p, place) || !place->has_l4 || place->proto != proto || place->l4_head < need) {
        return NULL;
    }
    be16 *ports = (be16 *)(void *)(p->data + place->l4_ofs);
    if (proto == NW_PROTO_TCP) {
        uint32_t header_len = TCP_OFFSET(((const struct tcp_header *)(void *)ports)->ctl) * 4;
        if (header_len < TCP_HEADER_LEN || header_len > place->l4_head) {
            return NULL;
        }
    }
    return ports;
}

static enum drop_reason set_ports(struct packet *p, uint8_t proto, uint32_t need, const void *value,
                                  const void *mask)
{
    struct ip_place place;
    be16 *ports = find_ports(p, &place, proto, need);
    if (ports) {
        struct l4_sum sum = find_l4_sum(p, &place);
        uint8_t old[4];
        if (merge(ports, old, value, mask, sizeof old)) {
            l4_changed(&sum, old, ports, sizeof old);
        }
    }
    return DROP_NONE;
}

static enum drop_reason set_tcp(struct packet *p, const void *value, const void *mask)
{
    return set_ports(p, NW_PROTO_TCP, TCP_HEADER_LEN, value, mask);
}

static enum drop_reason set_udp(struct packet *p, const void *value, const void *mask)
{
    return set_ports(p, NW_PROTO_UDP, UDP_HEADER_LEN, value, mask);
}

/* CRC-32C of the L4 part, in head and tail. */
static uint32_t crc_of_l4(const struct packet *p, const struct ip_place *place)
{
    uint32_t crc = crc32c_continue(0, p->data + place->l4_ofs, place->l4_head);
    return place->l4_len > place->l4_head
               ? crc32c_continue(crc, p->tail, place->l4_len - place->l4_head)
               : crc;
}

static enum drop_reason set_sctp(struct packet *p, const void *value, const void *mask)
{
    struct ip_place place;
    be16 *ports = find_ports(p, &place, NW_PROTO_SCTP, SCTP_HEADER_LEN);
    if (!ports) {
        return DROP_NONE;
    }
    if (place.frag) {
        return DROP_ACTION_UNSUITED;
    }
    /* The CRC is linear: what the change does to it with any content of its own field, it does to a
     * wrong one as well. */
    uint32_t before = crc_of_l4(p, &place);
    uint8_t old[4];
    merge(ports, old, value, mask, sizeof old);
    be16 *field = ((struct sctp_header *)(void *)ports)->csum;
    put_be32(field, get_be32(field) ^ before ^ crc_of_l4(p, &place));
    return DROP_NONE;
}

static enum drop_reason set_icmp(struct packet *p, const void *value, const void *mask)
{
    struct ip_place place;
    if (!place_any(p, &place) || !place.has_l4 || place.l4_head < ICMP_HEADER_LEN ||
        place.proto != (place.version == 4 ? NW_PROTO_ICMP : NW_PROTO_ICMPV6)) {
        return DROP_NONE;
    }
    struct l4_sum sum = find_l4_sum(p, &place);
    uint8_t *type_code = p->data + place.l4_ofs;
    uint8_t old[2];
    if (merge(type_code, old, value, mask, sizeof old)) {
        l4_changed(&sum, old, type_code, sizeof old);
    }
    return DROP_NONE;
}

static enum drop_reason set_priority(struct packet *p, const void *value, const void *mask)
{
    uint32_t old;
    merge(&p->skb_priority, &old, value, mask, sizeof old);
    return DROP_NONE;
}

static enum drop_reason set_mark(struct packet *p, const void *value, const void *mask)
{
    uint32_t old;
    merge(&p->pkt_mark, &old, value, mask, sizeof old);
    return DROP_NONE;
}

/* Where the Ethernet type is: behind the VLAN tags that the parser looks at, in a SNAP header if there is a length. 0 if
 * there is none. */
static uint32_t find_type(const struct packet *p)
{
    uint32_t ofs = offsetof(struct eth_header, type);
    for (int i = 0; i < FLOW_MAX_VLANS && ofs + sizeof(be16) + VLAN_HEADER_LEN <= p->head_len; i++) {
        be16 type = get_be16(p->data + ofs);
        if (type != htons(ETH_TYPE_VLAN_8021Q) && type != htons(ETH_TYPE_VLAN_8021AD)) {
            break;
        }
        ofs += VLAN_HEADER_LEN;
    }
    if (ofs + sizeof(be16) > p->head_len || ntohs(get_be16(p->data + ofs)) >= ETH_TYPE_MIN) {
        return ofs + sizeof(be16) <= p->head_len ? ofs : 0;
    }
    /* L3 is behind an 802.3 length only if there is a SNAP header. */
    ofs += sizeof(be16) + sizeof(struct llc_snap_header);
    return p->l3_ofs == ofs && ofs <= p->head_len ? ofs - sizeof(be16) : 0;
}

static bool is_mpls(be16 type)
{
    return type == htons(ETH_TYPE_MPLS) || type == htons(ETH_TYPE_MPLS_MCAST);
}

/* What follows keeps its place: only labels are known by an offset of their own. */
static enum drop_reason set_eth_type(struct packet *p, const void *value, const void *mask)
{
    const struct set_eth_type *v = value, *m = mask;
    uint32_t ofs = m->type ? find_type(p) : 0;
    if (!ofs) {
        return DROP_NONE;
    }
    bool was_mpls = is_mpls(get_be16(p->data + ofs));
    put_be16(p->data + ofs, v->type);
    if (is_mpls(v->type) && !was_mpls) {
        p->l2_5_ofs = ofs + sizeof(be16);
        p->l3_ofs = p->l4_ofs = PACKET_NO_OFFSET;
    } else if (was_mpls && !is_mpls(v->type)) {
        p->l3_ofs = ofs + sizeof(be16);
        p->l2_5_ofs = p->l4_ofs = PACKET_NO_OFFSET;
    }
    return DROP_NONE;
}

static enum drop_reason set_pbb(struct packet *p, const void *value, const void *mask)
{
    const struct set_pbb *v = value, *m = mask;
    if (place_l3_type(p) == htons(ETH_TYPE_PBB) && p->head_len - p->l3_ofs >= PBB_HEADER_LEN) {
        be32 old, tci_mask = m->isid | htonl((uint32_t)m->uca << PBB_UCA_SHIFT);
        be32 tci = v->isid | htonl((uint32_t)v->uca << PBB_UCA_SHIFT);
        merge(p->data + p->l3_ofs, &old, &tci, &tci_mask, sizeof old);
    }
    return DROP_NONE;
}

/* A TOS or traffic class with a greater drop precedence. AFxy is x in three bits, y in two, and a 0. */
static uint8_t remark(uint8_t tos, unsigned int levels)
{
    unsigned int class = tos >> 5, precedence = tos >> 3 & 3;
    if (class < 1 || class > 4 || !precedence || tos & 4) {
        return tos; /* not AFxy */
    }
    return class << 5 | MIN(precedence + MIN(levels, 3u), 3u) << 3 | (tos & IP_ECN_MASK);
}

void rewrite_remark_dscp(struct packet *p, unsigned int levels)
{
    struct ip_place place;
    if (place_version(p, 4, &place)) {
        struct ip_header *ip = packet_l3(p);
        set_ipv4_byte(ip, &ip->tos, remark(ip->tos, levels), UINT8_MAX);
    } else if (place_version(p, 6, &place)) {
        struct ipv6_header *ip = packet_l3(p);
        uint32_t vtf = ntohl(get_be32(ip->vtf));
        uint32_t tclass = remark(vtf >> 20 & 0xff, levels);
        put_be32(ip->vtf, htonl((vtf & ~(0xffu << 20)) | tclass << 20));
    }
}

enum drop_reason rewrite_set(struct packet *p, const struct action_set *set)
{
    static enum drop_reason (*const setters[ACTION_SET_N_FIELDS])(struct packet *, const void *,
                                                                  const void *) = {
        [ACTION_SET_ETH] = set_eth,   [ACTION_SET_VLAN] = set_vlan,
        [ACTION_SET_MPLS] = set_mpls, [ACTION_SET_ARP] = set_arp,
        [ACTION_SET_IPV4] = set_ipv4, [ACTION_SET_IPV6] = set_ipv6,
        [ACTION_SET_ND] = set_nd,     [ACTION_SET_TCP] = set_tcp,
        [ACTION_SET_UDP] = set_udp,   [ACTION_SET_SCTP] = set_sctp,
        [ACTION_SET_ICMP] = set_icmp, [ACTION_SET_PRIORITY] = set_priority,
        [ACTION_SET_MARK] = set_mark, [ACTION_SET_ETH_TYPE] = set_eth_type,
        [ACTION_SET_PBB] = set_pbb,
    };
    size_t n = action_set_size(set->field);
    return n ? setters[set->field](p, set->value_mask, set->value_mask + n) : DROP_ACTION_UNSUITED;
}
