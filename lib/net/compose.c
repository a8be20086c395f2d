/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the packet that parses to a given flow: the parser's inverse. */
#include "lib/net/csum.h"
#include "lib/net/flow.h"
#include "lib/net/ipv6_ext.h"
#include "lib/net/parse.h"

enum {
    HEADERS_SIZE = 256,    /* more than all headers together */
    LATER_OFFSET = 0x0100, /* where a later fragment pretends to belong, in units of 8 bytes */
};

/* The packet's headers as they grow. The payload counts into lengths, and into checksums as zeros.
 */
struct composer {
    uint8_t bytes[HEADERS_SIZE] __attribute__((aligned(8)));
    size_t n;
    size_t payload_len;
    struct flow key; /* every line of the datapath in use */
};

static void *put(struct composer *c, size_t n)
{
    void *p = c->bytes + c->n;
    memset(p, 0, n);
    c->n += n;
    return p;
}

static void put_type(struct composer *c, be16 type)
{
    put_be16(put(c, sizeof type), type);
}

/* The option, if the flow tells its address or that it came first. */
static void put_nd_option(struct composer *c, uint8_t type)
{
    static const struct eth_addr zero;
    const struct eth_addr *mac = type == ND_OPT_SOURCE_LINKADDR ? &c->key.arp_sha : &c->key.arp_tha;
    if (c->key.nd_options_type == type || memcmp(mac, &zero, sizeof zero)) {
        struct nd_option *option = put(c, sizeof *option);
        *option = (struct nd_option){.type = type, .len = 1, .mac = *mac};
    }
}

static void put_nd(struct composer *c)
{
    struct nd_header *nd = put(c, sizeof *nd);
    nd->icmp6.type = ntohs(c->key.tp_src);
    put_be32(nd->reserved, c->key.nd_reserved);
    memcpy(nd->target, c->key.nd_target, sizeof nd->target);
    bool target_first = c->key.nd_options_type == ND_OPT_TARGET_LINKADDR;
    put_nd_option(c, target_first ? ND_OPT_TARGET_LINKADDR : ND_OPT_SOURCE_LINKADDR);
    put_nd_option(c, target_first ? ND_OPT_SOURCE_LINKADDR : ND_OPT_TARGET_LINKADDR);
    c->payload_len = 0; /* it would be taken for options */
}

static void put_icmp(struct composer *c)
{
    struct icmp_header *icmp = put(c, sizeof *icmp);
    icmp->type = ntohs(c->key.tp_src);
    icmp->code = ntohs(c->key.tp_dst);
    if (c->key.nw_proto == NW_PROTO_IGMP) {
        put_be32(icmp->rest, c->key.igmp_group);
    }
}

static void put_tcp(struct composer *c)
{
    struct tcp_header *tcp = put(c, sizeof *tcp);
    tcp->src = c->key.tp_src;
    tcp->dst = c->key.tp_dst;
    tcp->ctl = htons(TCP_HEADER_LEN / 4 << 12) | (c->key.tcp_flags & htons(TCP_FLAGS_MASK));
}

static void put_ports(struct composer *c, size_t header_len)
{
    be16 *ports = put(c, header_len);
    ports[0] = c->key.tp_src;
    ports[1] = c->key.tp_dst;
}

/* The L4 header, without length and checksum. Returns the offset of its Internet checksum, 0 if it
 * has none. */
static size_t put_l4(struct composer *c)
{
    bool ipv4 = c->key.eth_type == htons(ETH_TYPE_IP);
    switch (c->key.nw_proto) {
    case NW_PROTO_TCP:
        put_tcp(c);
        return offsetof(struct tcp_header, csum);
    case NW_PROTO_UDP:
        put_ports(c, UDP_HEADER_LEN);
        return offsetof(struct udp_header, csum);
    case NW_PROTO_SCTP:
        put_ports(c, SCTP_HEADER_LEN);
        return 0;
    case NW_PROTO_ICMP:
    case NW_PROTO_IGMP:
        if (ipv4) {
            put_icmp(c);
            return offsetof(struct icmp_header, csum);
        }
        return 0;
    case NW_PROTO_ICMPV6:
        if (!ipv4) {
            (flow_is_nd(&c->key) ? put_nd : put_icmp)(c);
            return offsetof(struct icmp_header, csum);
        }
        return 0;
    default:
        return 0;
    }
}

/* CRC-32C over the L4 header and 'zeros' bytes of payload. */
static uint32_t crc_with_zeros(const void *l4, size_t n, size_t zeros)
{
    static const uint8_t block[256];
    uint32_t crc = crc32c_continue(0, l4, n);
    for (; zeros; zeros -= MIN(zeros, sizeof block)) {
        crc = crc32c_continue(crc, block, MIN(zeros, sizeof block));
    }
    return crc;
}

/* Completes the L4 header at 'l4' for 'l4_len' bytes. */
static void finish_l4(struct composer *c, uint8_t *l4, size_t l4_len, size_t csum_ofs,
                      uint32_t pseudo)
{
    uint8_t proto = c->key.nw_proto;
    size_t header_len = c->bytes + c->n - l4;
    if (proto == NW_PROTO_SCTP) {
        put_be32(((struct sctp_header *)(void *)l4)->csum,
                 crc_with_zeros(l4, header_len, c->payload_len));
    }
    if (!csum_ofs) {
        return;
    }
    if (proto == NW_PROTO_UDP) {
        ((struct udp_header *)(void *)l4)->len = htons(l4_len);
    }
    bool has_pseudo = proto != NW_PROTO_ICMP && proto != NW_PROTO_IGMP;
    be16 sum = csum_finish(csum_continue(has_pseudo ? pseudo : 0, l4, header_len));
    put_be16(l4 + csum_ofs, proto == NW_PROTO_UDP && !sum ? BE16_MAX : sum);
}

static void put_ipv4(struct composer *c)
{
    struct ip_header *ip = put(c, sizeof *ip);
    ip->ihl_ver = 4 << 4 | IP_HEADER_LEN / 4;
    ip->tos = c->key.nw_tos;
    ip->ttl = c->key.nw_ttl;
    ip->proto = c->key.nw_proto;
    put_be32(ip->src, c->key.nw_src);
    put_be32(ip->dst, c->key.nw_dst);
    if (c->key.nw_frag & FLOW_FRAG_LATER) {
        ip->frag_off = htons(LATER_OFFSET);
    } else if (c->key.nw_frag) {
        ip->frag_off = htons(IP_MORE_FRAGMENTS);
    }
    uint8_t *l4 = c->bytes + c->n;
    size_t csum_ofs = c->key.nw_frag & FLOW_FRAG_LATER ? 0 : put_l4(c);
    size_t l4_len = c->bytes + c->n - l4 + c->payload_len;
    ip->tot_len = htons(IP_HEADER_LEN + l4_len);
    ip->csum = csum(ip, sizeof *ip);
    if (!(c->key.nw_frag & FLOW_FRAG_LATER)) {
        finish_l4(c, l4, l4_len, csum_ofs,
                  csum_pseudo_ipv4(c->key.nw_src, c->key.nw_dst, c->key.nw_proto, l4_len));
    }
}

/* The numbers of the extension headers of a packet. */
struct chain {
    uint8_t kinds[IPV6_EXT_MAX];
    unsigned int n;
};

/* What a chain is to look like to the parser. */
struct chain_goal {
    uint16_t seen; /* FLOW_EXTHDR_* bits */
    bool esp;      /* ESP follows */
    bool later;    /* it ends with the header of a later fragment */
};

/* Makes the chain longer by 'n' headers so that it reaches the goal; 'seen' and 'order' are what the parser has seen so far. */
static bool chain_search(struct chain *chain, unsigned int n, const struct chain_goal *goal,
                         const struct ipv6_ext *seen, const struct ipv6_ext_order *order)
{
    static const uint8_t kinds[] = {NW_PROTO_HOPOPTS, NW_PROTO_DSTOPTS, NW_PROTO_ROUTING,
                                    NW_PROTO_AH, NW_PROTO_FRAGMENT};
    struct ipv6_ext ext = *seen;
    struct ipv6_ext_order after = *order;
    if (!n) {
        if (goal->esp) {
            ipv6_ext_note(&ext, NW_PROTO_ESP, &after);
        }
        return ext.seen == goal->seen;
    }
    for (unsigned int i = 0; i < sizeof kinds; i++, ext = *seen, after = *order) {
        ipv6_ext_note(&ext, kinds[i], &after);
        bool fits = n > 1 || !goal->later || kinds[i] == NW_PROTO_FRAGMENT;
        if (fits && !(ext.seen & ~goal->seen)) {
            chain->kinds[chain->n++] = kinds[i];
            if (chain_search(chain, n - 1, goal, &ext, &after)) {
                return true;
            }
            chain->n--;
        }
    }
    return false;
}

/* The shortest chain of headers that the parser sees as the key has it; if there is none, that of a key without them. */
static struct chain make_chain(const struct flow *key)
{
    const struct ipv6_ext nothing = {0};
    const struct ipv6_ext_order start = {0};
    struct chain chain = {.n = 0};
    struct chain_goal goal = {.later = key->nw_frag & FLOW_FRAG_LATER};
    goal.esp = !goal.later && key->nw_proto == NW_PROTO_ESP && key->ipv6_exthdr & FLOW_EXTHDR_ESP;
    goal.seen = key->ipv6_exthdr & ~(FLOW_EXTHDR_NONEXT | (goal.esp ? 0 : FLOW_EXTHDR_ESP));
    goal.seen |= key->nw_frag ? FLOW_EXTHDR_FRAG : 0;
    for (unsigned int n = 0; n <= IPV6_EXT_MAX; n++) {
        if (chain_search(&chain, n, &goal, &nothing, &start)) {
            return chain;
        }
    }
    chain.n = key->nw_frag != 0;
    chain.kinds[0] = NW_PROTO_FRAGMENT;
    return chain;
}

/* The extension headers, each of 8 bytes, in front of 'proto'. The last fragment header is the one that counts. */
static void put_extensions(struct composer *c, const struct chain *chain, uint8_t proto)
{
    bool later = c->key.nw_frag & FLOW_FRAG_LATER;
    for (unsigned int i = 0; i < chain->n; i++) {
        uint8_t *h = put(c, 8);
        bool last = i + 1 == chain->n;
        h[0] = last ? proto : chain->kinds[i + 1];
        if (chain->kinds[i] == NW_PROTO_FRAGMENT && c->key.nw_frag &&
            !memchr(&chain->kinds[i + 1], NW_PROTO_FRAGMENT, chain->n - i - 1)) {
            put_be16(h + 2, htons(later ? LATER_OFFSET << 3 : IPV6_FRAG_MORE));
        }
    }
}

/* Nothing of IPv6 in the flow: the packet of which that is all ends in front of it. */
static bool lacks_ipv6(const struct flow *key)
{
    static const uint8_t zeros[32];
    return !memcmp(key->ipv6_src, zeros, sizeof zeros) && !key->nw_proto && !key->nw_ttl &&
           !key->nw_tos && !key->ipv6_label;
}

/* The parser says that nothing follows the headers, but did not see a header that says so: the chain was cut off. */
static bool is_cut(const struct flow *key)
{
    return key->nw_proto == NW_PROTO_NONE && !(key->ipv6_exthdr & FLOW_EXTHDR_NONEXT) &&
           !(key->nw_frag & FLOW_FRAG_LATER);
}

static void put_ipv6(struct composer *c)
{
    if (lacks_ipv6(&c->key)) {
        c->payload_len = 0;
        return;
    }
    if (c->key.nw_proto == NW_PROTO_HOPOPTS) {
        c->key.nw_proto =
            NW_PROTO_NONE; /* the flow of no packet: the number says that another header follows */
    }
    struct ipv6_header *ip = put(c, sizeof *ip);
    uint32_t vtf =
        6u << 28 | (uint32_t)c->key.nw_tos << 20 | (ntohl(c->key.ipv6_label) & IPV6_LABEL_MASK);
    put_be32(ip->vtf, htonl(vtf));
    struct chain chain = make_chain(&c->key);
    uint8_t proto = c->key.nw_frag & FLOW_FRAG_LATER ? NW_PROTO_NONE : c->key.nw_proto;
    if (is_cut(&c->key)) {
        proto = NW_PROTO_DSTOPTS;
        c->payload_len = 0;
    }
    ip->next = chain.n ? chain.kinds[0] : proto;
    ip->hlim = c->key.nw_ttl;
    memcpy(ip->src, c->key.ipv6_src, sizeof ip->src);
    memcpy(ip->dst, c->key.ipv6_dst, sizeof ip->dst);
    put_extensions(c, &chain, proto);
    uint8_t *l4 = c->bytes + c->n;
    size_t csum_ofs = c->key.nw_frag & FLOW_FRAG_LATER ? 0 : put_l4(c);
    size_t l4_len = c->bytes + c->n - l4 + c->payload_len;
    ip->plen = htons(c->bytes + c->n + c->payload_len - (uint8_t *)(ip + 1));
    if (!(c->key.nw_frag & FLOW_FRAG_LATER)) {
        finish_l4(c, l4, l4_len, csum_ofs,
                  csum_pseudo_ipv6(ip->src, ip->dst, c->key.nw_proto, l4_len));
    }
}

static void put_arp(struct composer *c)
{
    struct arp_header *arp = put(c, sizeof *arp);
    arp->hrd = htons(ARP_HRD_ETHERNET);
    arp->pro = htons(ETH_TYPE_IP);
    arp->hln = sizeof(struct eth_addr);
    arp->pln = sizeof(be32);
    arp->op = htons(c->key.nw_proto);
    put_be32(arp->spa, c->key.nw_src);
    put_be32(arp->tpa, c->key.nw_dst);
    arp->sha = c->key.arp_sha;
    arp->tha = c->key.arp_tha;
}

/* Labels up to the bottom of the stack. A stack without a bottom ends where the flow's labels end,
 * and the packet with it. */
static void put_mpls(struct composer *c)
{
    unsigned int n = FLOW_MAX_MPLS;
    while (n > 1 && !c->key.mpls_lse[n - 1]) {
        n--;
    }
    for (unsigned int i = 0; i < n; i++) {
        put_be32(put(c, MPLS_HEADER_LEN), c->key.mpls_lse[i]);
        if (c->key.mpls_lse[i] & htonl(MPLS_BOS_MASK)) {
            return;
        }
    }
    if (n < FLOW_MAX_MPLS) {
        c->payload_len = 0;
    }
}

/* An 802.3 length and an LLC header that is not SNAP's. */
static void put_llc(struct composer *c)
{
    static const uint8_t llc[] = {0x42, 0x42, 0x03};
    put_type(c, htons(MIN(sizeof llc + c->payload_len, ETH_TYPE_MIN - 1)));
    memcpy(put(c, sizeof llc), llc, sizeof llc);
}

static void put_l2(struct composer *c)
{
    struct eth_addr *macs = put(c, 2 * sizeof(struct eth_addr));
    macs[0] = c->key.eth_dst;
    macs[1] = c->key.eth_src;
    int n_tags = 0;
    for (; n_tags < FLOW_MAX_VLANS && c->key.vlan[n_tags].tpid; n_tags++) {
        put_type(c, c->key.vlan[n_tags].tpid);
        put_type(c, c->key.vlan[n_tags].tci & htons((uint16_t)~VLAN_CFI));
    }
    uint16_t type = ntohs(c->key.eth_type);
    if (type < ETH_TYPE_MIN) {
        put_llc(c);
        return;
    }
    put_type(c, c->key.eth_type);
    if (n_tags < FLOW_MAX_VLANS && (type == ETH_TYPE_VLAN_8021Q || type == ETH_TYPE_VLAN_8021AD)) {
        c->payload_len = 0; /* a tag that is cut off: the packet ends here */
    }
}

/* The I-TAG, and the addresses of a customer's frame. A key without all of it is that of a packet that was cut off. */
static void put_pbb(struct composer *c)
{
    struct pbb_header *pbb = put(c, sizeof *pbb);
    put_be32(pbb->tci, c->key.pbb_isid | htonl((uint32_t)c->key.pbb_uca << PBB_UCA_SHIFT));
    pbb->dst = c->key.eth_dst;
    pbb->src = c->key.eth_src;
}

static void put_l3(struct composer *c)
{
    switch (ntohs(c->key.eth_type)) {
    case ETH_TYPE_IP:
        put_ipv4(c);
        break;
    case ETH_TYPE_IPV6:
        put_ipv6(c);
        break;
    case ETH_TYPE_ARP:
    case ETH_TYPE_RARP:
        put_arp(c);
        break;
    case ETH_TYPE_MPLS:
    case ETH_TYPE_MPLS_MCAST:
        put_mpls(c);
        break;
    case ETH_TYPE_PBB:
        put_pbb(c);
        break;
    }
}

size_t flow_compose(const struct flow *key, void *to, size_t size, size_t payload_len)
{
    if (payload_len > UINT16_MAX - HEADERS_SIZE) {
        return 0;
    }
    struct composer c = {.payload_len = payload_len};
    flow_copy(&c.key, key);
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        flow_use_line(&c.key, i);
    }
    put_l2(&c);
    put_l3(&c);
    if (c.n + c.payload_len > size) {
        return 0;
    }
    memcpy(to, c.bytes, c.n);
    memset((uint8_t *)to + c.n, 0, c.payload_len);
    return c.n + c.payload_len;
}
