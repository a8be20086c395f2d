/* SPDX-License-Identifier: Apache-2.0 */
/* "Fragmentation needed" and "packet too big". */
#include "ofproto/tunnel_mtu.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/csum.h"
#include "lib/net/packet.h"
#include "lib/net/parse.h"
#include "lib/ofp/action.h"
#include "ofproto/packet_key.h"
#include "ofproto/port_map.h"
#include "ofproto/tunnel_map.h"
#include "ofproto/xlate.h"

LOG_MODULE(tunnel_mtu);

COVERAGE_DEFINE(tunnel_too_big_answered);
COVERAGE_DEFINE(tunnel_too_big_limited);

#define REPORT_MAGIC 0x31425457u /* "WTB1" */

enum {
    ANSWERS_PER_SECOND = 1000,
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

/* The Ethernet header and the tags that the packet came with, the other way round. Returns the length. */
static size_t put_ethernet(const struct flow *key, uint8_t *to)
{
    struct eth_header *eth = (struct eth_header *) (void *) to;
    size_t n = ETH_HEADER_LEN;
    eth->dst = key->eth_src;
    eth->src = key->eth_dst;
    be16 *type = &eth->type;
    for (size_t i = 0; i < FLOW_MAX_VLANS && key->vlan[i].tci; i++) {
        struct vlan_header *vlan = (struct vlan_header *) (void *) (to + n);
        *type = key->vlan[i].tpid;
        vlan->tci = key->vlan[i].tci & ~htons(VLAN_CFI);
        type = &vlan->next_type;
        n += VLAN_HEADER_LEN;
    }
    *type = key->eth_type;
    return n;
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
    size_t at = put_ethernet(&whole, answer);
    const uint8_t *from = (const uint8_t *) packet + l3;
    if (v4) {
        put_ipv4(&whole, from, quote, mtu, answer + at);
        return at + IP_HEADER_LEN + ICMP_HEADER_LEN + quote;
    }
    put_ipv6(&whole, from, quote, mtu, answer + at);
    return at + IPV6_HEADER_LEN + ICMP_HEADER_LEN + quote;
}

/* Sending. */

/* Is there an answer left in this second? */
static bool take_token(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t second;
    static unsigned int n;
    pthread_mutex_lock(&lock);
    int64_t now = clock_ms() / 1000;
    if (now != second) {
        second = now;
        n = 0;
    }
    bool left = n < ANSWERS_PER_SECOND;
    n += left;
    pthread_mutex_unlock(&lock);
    return left;
}

/* The port that the packet came in by. */
static const struct map_port *find_port(const struct port_map *map, const struct flow *key)
{
    const struct map_port *port = port_map_by_dp(map, key->in_port);
    const struct tunnel_map *tunnels = port_map_tunnels(map);
    return port || !tunnels ? port : tunnel_map_find(tunnels, key->in_port, key);
}

/* An answer that leaves by a tunnel goes where the packet came from. */
static void turn_tunnel(const struct flow *from, struct flow *key)
{
    if (from->lines & 1u << FLOW_LINE_TUNNEL) {
        flow_use_line(key, FLOW_LINE_TUNNEL);
        key->tun_id = from->tun_id;
        key->tun_src = from->tun_dst;
        key->tun_dst = from->tun_src;
        memcpy(key->tun_ipv6_src, from->tun_ipv6_dst, sizeof key->tun_ipv6_src);
        memcpy(key->tun_ipv6_dst, from->tun_ipv6_src, sizeof key->tun_ipv6_dst);
    }
}

static void send_answer(struct dp_client *client, const struct map_port *port, struct flow *key, const uint8_t *packet, size_t n)
{
    struct ofp_action_output output = { .a = { .type = OFPACT_OUTPUT, .len = sizeof output }, .port = port->no };
    key->in_port = OFPP_NONE;
    struct xlate_in in = {
        .flow = key,
        .ofproto = port->bridge->ofproto,
        .packet = packet,
        .packet_len = n,
        .actions = &output,
        .actions_size = sizeof output,
    };
    struct xlate_out out;
    xlate(&in, &out);
    struct flow metadata;
    flow_copy(&metadata, key);
    metadata.lines &= (1u << FLOW_N_DP_LINES) - 1;
    metadata.in_port = DP_PORT_NONE;
    struct dp_op op = {
        .type = DP_OP_EXECUTE,
        .key = &metadata,
        .actions = out.actions.data,
        .actions_size = out.actions.size,
        .packet = packet,
        .packet_len = n,
    };
    if (out.actions.size && (dp_operate(client, &op, 1) || op.error)) {
        log_warn_rl("the answer to a packet that is too big for a tunnel was not sent");
    }
    xlate_out_destroy(&out);
}

void tunnel_mtu_answer(struct dp_client *client, const struct dp_upcall *upcall, uint32_t mtu)
{
    uint8_t answer[TUNNEL_MTU_ANSWER_MAX];
    struct flow key;
    const struct map_port *port = find_port(port_map_rcu(), &upcall->key);
    size_t n = port ? tunnel_mtu_compose(&upcall->key, upcall->packet, upcall->packet_len, mtu, answer) : 0;
    if (!n || !packet_key(answer, n, &key)) {
        return;
    }
    if (!take_token()) {
        COVERAGE_INC(tunnel_too_big_limited);
        return;
    }
    COVERAGE_INC(tunnel_too_big_answered);
    turn_tunnel(&upcall->key, &key);
    send_answer(client, port, &key, answer, n);
}
