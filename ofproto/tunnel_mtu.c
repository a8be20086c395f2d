/* SPDX-License-Identifier: Apache-2.0 */
/* "Fragmentation needed" and "packet too big". */
#include "ofproto/tunnel_mtu.h"

#include <string.h>

#include "lib/net/csum.h"
#include "lib/net/packet.h"
#include "lib/net/parse.h"
#include "ofproto/answer.h"

#define REPORT_MAGIC 0x31425457u /* "WTB1" */

enum {
    ICMP_UNREACHABLE = 3, ICMP_FRAG_NEEDED = 4, ICMPV6_TOO_BIG = 2, ICMPV6_FIRST_INFORMATIONAL = 128,
    ICMP_ECHO_REPLY = 0, ICMP_ECHO = 8, ICMP_TIMESTAMP = 13,
    IPV4_QUOTE = 576 - IP_HEADER_LEN - ICMP_HEADER_LEN, /* RFC 1812 section 4.3.2.3 */
    IPV6_QUOTE = 1280 - IPV6_HEADER_LEN - 8,            /* RFC 4443 section 2.4 */
    ANSWER_TTL = 64, IPV4_MIN_MTU = 68, IPV6_MIN_MTU = 1280,
};

struct tunnel_mtu_report tunnel_mtu_report(uint32_t mtu)
{
    return (struct tunnel_mtu_report) { REPORT_MAGIC, mtu };
}

bool tunnel_mtu_is_report(const struct dp_upcall *upcall, uint32_t *mtu)
{
    struct tunnel_mtu_report report;
    if (upcall->userdata_len != sizeof report) {
        return false;
    }
    memcpy(&report, upcall->userdata, sizeof report);
    *mtu = report.mtu;
    return report.magic == REPORT_MAGIC;
}

/* Composing. */

static bool is_group(struct eth_addr mac)
{
    return mac.ea[0] & 1;
}

/* RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e): never about an error, to or from a group, about a later fragment. */
static bool may_answer(const struct flow *key)
{
    if (!flow_is_ip_any(key) || key->nw_frag & FLOW_FRAG_LATER || is_group(key->eth_dst) || is_group(key->eth_src)) {
        return false;
    }
    if (key->eth_type == htons(ETH_TYPE_IP)) {
        uint32_t src = ntohl(key->nw_src), type = ntohs(key->tp_src);
        bool query = type == ICMP_ECHO || type == ICMP_ECHO_REPLY || type >= ICMP_TIMESTAMP;
        return src && src >> 28 != 14 && src != UINT32_MAX && (key->nw_proto != NW_PROTO_ICMP || query);
    }
    bool error = key->nw_proto == NW_PROTO_ICMPV6 && ntohs(key->tp_src) < ICMPV6_FIRST_INFORMATIONAL;
    static const uint8_t none[16];
    return !error && key->ipv6_src[0] != 0xff && memcmp(key->ipv6_src, none, sizeof none);
}

/* What is quoted has the addresses that its sender knows. */
static void put_ipv4(const struct flow *key, const uint8_t *l3, size_t quote, uint32_t mtu, uint8_t *to)
{
    struct ip_header *ip = (struct ip_header *) (void *) to;
    struct icmp_header *icmp = (struct icmp_header *) (void *) (ip + 1);
    struct ip_header *quoted = (struct ip_header *) (void *) (icmp + 1);
    memset(to, 0, IP_HEADER_LEN + ICMP_HEADER_LEN);
    memcpy(quoted, l3, quote);
    put_be32(quoted->src, key->nw_src);
    put_be32(quoted->dst, key->nw_dst);
    ip->ihl_ver = 0x45;
    ip->tot_len = htons((uint16_t) (IP_HEADER_LEN + ICMP_HEADER_LEN + quote));
    ip->ttl = ANSWER_TTL;
    ip->proto = NW_PROTO_ICMP;
    put_be32(ip->src, key->nw_dst);
    put_be32(ip->dst, key->nw_src);
    ip->csum = csum(ip, IP_HEADER_LEN);
    icmp->type = ICMP_UNREACHABLE;
    icmp->code = ICMP_FRAG_NEEDED;
    icmp->rest[1] = htons((uint16_t) MIN(mtu, UINT16_MAX));
    icmp->csum = csum(icmp, ICMP_HEADER_LEN + quote);
}

static void put_ipv6(const struct flow *key, const uint8_t *l3, size_t quote, uint32_t mtu, uint8_t *to)
{
    enum { TOO_BIG_LEN = ICMPV6_HEADER_LEN + 4 };
    struct ipv6_header *ip = (struct ipv6_header *) (void *) to;
    struct icmpv6_header *icmp = (struct icmpv6_header *) (void *) (ip + 1);
    uint8_t *mtu_field = (uint8_t *) (icmp + 1);
    struct ipv6_header *quoted = (struct ipv6_header *) (void *) (mtu_field + sizeof(be32));
    uint16_t len = (uint16_t) (TOO_BIG_LEN + quote);
    memset(to, 0, IPV6_HEADER_LEN + TOO_BIG_LEN);
    memcpy(quoted, l3, quote);
    memcpy(quoted->src, key->ipv6_src, sizeof quoted->src);
    memcpy(quoted->dst, key->ipv6_dst, sizeof quoted->dst);
    put_be32(ip->vtf, htonl(6u << 28));
    ip->plen = htons(len);
    ip->next = NW_PROTO_ICMPV6;
    ip->hlim = ANSWER_TTL;
    memcpy(ip->src, key->ipv6_dst, sizeof ip->src);
    memcpy(ip->dst, key->ipv6_src, sizeof ip->dst);
    icmp->type = ICMPV6_TOO_BIG;
    put_be32(mtu_field, htonl(mtu));
    icmp->csum = csum_finish(csum_continue(csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_ICMPV6, len), icmp, len));
}

/* Where the network layer of the packet begins, 0: nowhere. */
static size_t find_l3(const void *packet, size_t n, be16 eth_type)
{
    uint8_t copy[PACKET_HEADROOM + TUNNEL_MTU_QUOTE];
    struct packet p;
    struct flow key;
    n = MIN(n, (size_t) TUNNEL_MTU_QUOTE);
    memcpy(copy + PACKET_HEADROOM, packet, n);
    packet_use(&p, copy, sizeof copy, PACKET_HEADROOM, (uint32_t) n);
    enum parse_result result = parse_packet(&p, &key);
    /* The packet is cut, which its lengths say: that is as it should be. */
    return result != PARSE_TOO_SHORT && key.eth_type == eth_type && p.l3_ofs != PACKET_NO_OFFSET ? p.l3_ofs : 0;
}

size_t tunnel_mtu_compose(const struct flow *key, const void *packet, size_t n, uint32_t mtu, uint8_t answer[TUNNEL_MTU_ANSWER_MAX])
{
    bool v4 = key->eth_type == htons(ETH_TYPE_IP);
    struct flow whole;
    flow_copy(&whole, key);
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        flow_use_line(&whole, i);
    }
    size_t l3 = may_answer(&whole) ? find_l3(packet, n, key->eth_type) : 0;
    size_t headers = v4 ? IP_HEADER_LEN : IPV6_HEADER_LEN;
    if (!l3 || n < l3 + headers || mtu < (v4 ? IPV4_MIN_MTU : IPV6_MIN_MTU)) {
        return 0;
    }
    size_t quote = MIN(n - l3, (size_t) (v4 ? IPV4_QUOTE : IPV6_QUOTE));
    size_t at = answer_put_ethernet(&whole, key->eth_dst, answer);
    const uint8_t *from = (const uint8_t *) packet + l3;
    if (v4) {
        put_ipv4(&whole, from, quote, mtu, answer + at);
        return at + IP_HEADER_LEN + ICMP_HEADER_LEN + quote;
    }
    put_ipv6(&whole, from, quote, mtu, answer + at);
    return at + IPV6_HEADER_LEN + ICMP_HEADER_LEN + quote;
}

void tunnel_mtu_answer(struct dp_client *client, const struct dp_upcall *upcall, uint32_t mtu)
{
    uint8_t answer[TUNNEL_MTU_ANSWER_MAX];
    size_t n = tunnel_mtu_compose(&upcall->key, upcall->packet, upcall->packet_len, mtu, answer);
    if (n) {
        answer_send(client, upcall, answer, n);
    }
}
