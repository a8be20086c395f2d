/* SPDX-License-Identifier: Apache-2.0 */
/* ARP requests and neighbour solicitations. */
#include "ofproto/tunnel_probe.h"

#include <string.h>

#include "lib/net/csum.h"

enum { MIN_FRAME = 60, ARP_PRO_IP = ETH_TYPE_IP, ND_HOP_LIMIT = 255 };

static void put_ethernet(uint8_t *packet, struct eth_addr dst, struct eth_addr src, uint16_t type)
{
    struct eth_header *eth = (struct eth_header *) (void *) packet;
    eth->dst = dst;
    eth->src = src;
    eth->type = htons(type);
}

static size_t compose_arp(struct eth_addr eth_src, be32 src, be32 target, const struct eth_addr *mac, uint8_t *packet)
{
    static const struct eth_addr broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
    put_ethernet(packet, mac ? *mac : broadcast, eth_src, ETH_TYPE_ARP);
    struct arp_header *arp = (struct arp_header *) (void *) (packet + ETH_HEADER_LEN);
    arp->hrd = htons(ARP_HRD_ETHERNET);
    arp->pro = htons(ARP_PRO_IP);
    arp->hln = sizeof arp->sha;
    arp->pln = sizeof(be32);
    arp->op = htons(ARP_OP_REQUEST);
    arp->sha = eth_src;
    put_be32(arp->spa, src);
    put_be32(arp->tpa, target);
    return MIN_FRAME;
}

static size_t compose_solicitation(struct eth_addr eth_src, const struct inet_addr *src, const struct inet_addr *target,
                                   const struct eth_addr *mac, uint8_t *packet)
{
    enum { ND_LEN = ND_HEADER_LEN + sizeof(struct nd_option) };
    /* The solicited-node multicast address (RFC 4291 section 2.7.1), and its Ethernet address (RFC 2464 section 7). */
    uint8_t dst[16] = { 0xff, 0x02, [11] = 1, 0xff };
    memcpy(dst + 13, target->bytes + 13, 3);
    struct eth_addr group = { { 0x33, 0x33, dst[12], dst[13], dst[14], dst[15] } };
    put_ethernet(packet, mac ? *mac : group, eth_src, ETH_TYPE_IPV6);
    struct ipv6_header *ip = (struct ipv6_header *) (void *) (packet + ETH_HEADER_LEN);
    put_be32(ip->vtf, htonl(6u << 28));
    ip->plen = htons(ND_LEN);
    ip->next = NW_PROTO_ICMPV6;
    ip->hlim = ND_HOP_LIMIT;
    memcpy(ip->src, src->bytes, sizeof ip->src);
    memcpy(ip->dst, mac ? target->bytes : dst, sizeof ip->dst);
    struct nd_header *nd = (struct nd_header *) (void *) (packet + ETH_HEADER_LEN + IPV6_HEADER_LEN);
    nd->icmp6.type = ICMPV6_NEIGHBOR_SOLICIT;
    memcpy(nd->target, target->bytes, sizeof nd->target);
    struct nd_option *option = (struct nd_option *) (void *) (nd + 1);
    option->type = ND_OPT_SOURCE_LINKADDR;
    option->len = 1;
    option->mac = eth_src;
    uint32_t sum = csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_ICMPV6, ND_LEN);
    nd->icmp6.csum = csum_finish(csum_continue(sum, nd, ND_LEN));
    return ETH_HEADER_LEN + IPV6_HEADER_LEN + ND_LEN;
}

size_t tunnel_probe_compose(struct eth_addr eth_src, const struct inet_addr *src, const struct inet_addr *target,
                            const struct eth_addr *mac, uint8_t packet[TUNNEL_PROBE_MAX])
{
    memset(packet, 0, TUNNEL_PROBE_MAX);
    return inet_addr_is_v4(target)
               ? compose_arp(eth_src, inet_addr_get_v4(src), inet_addr_get_v4(target), mac, packet)
               : compose_solicitation(eth_src, src, target, mac, packet);
}
