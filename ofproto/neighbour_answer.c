/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbour advertisements in a guest's place. */
#include "ofproto/neighbour_answer.h"

#include <string.h>

#include "lib/net/csum.h"
#include "ofproto/answer.h"

#define REPORT_MAGIC 0x31414e57u /* "WNA1" */

/* Flags of an advertisement, host order: an answer, and its address replaces what is known. */
#define ND_SOLICITED 0x40000000u
#define ND_OVERRIDE 0x20000000u

struct neighbour_answer_report neighbour_answer_report(struct eth_addr mac)
{
    return (struct neighbour_answer_report) { .magic = REPORT_MAGIC, .mac = mac };
}

bool neighbour_answer_is_report(const struct dp_upcall *upcall, struct eth_addr *mac)
{
    struct neighbour_answer_report report;
    if (upcall->userdata_len != sizeof report) {
        return false;
    }
    memcpy(&report, upcall->userdata, sizeof report);
    *mac = report.mac;
    return report.magic == REPORT_MAGIC;
}

size_t neighbour_answer_compose(const struct flow *key, struct eth_addr mac, uint8_t answer[NEIGHBOUR_ANSWER_MAX])
{
    enum { ND_LEN = ND_HEADER_LEN + sizeof(struct nd_option), HOP_LIMIT = 255 };
    static const uint8_t none[16];
    bool whole = key->lines & 1u << FLOW_LINE_L3 && key->lines & 1u << FLOW_LINE_IPV6;
    /* Who has no address yet asks whether somebody else has it: that is for its owner to say. */
    if (!whole || !flow_is_nd(key) || key->tp_src != htons(ICMPV6_NEIGHBOR_SOLICIT)
        || !memcmp(key->ipv6_src, none, sizeof none) || key->eth_src.ea[0] & 1) {
        return 0;
    }
    memset(answer, 0, NEIGHBOUR_ANSWER_MAX);
    size_t at = answer_put_ethernet(key, mac, answer);
    struct ipv6_header *ip = (struct ipv6_header *) (void *) (answer + at);
    struct nd_header *nd = (struct nd_header *) (void *) (ip + 1);
    struct nd_option *option = (struct nd_option *) (void *) (nd + 1);
    put_be32(ip->vtf, htonl(6u << 28));
    ip->plen = htons(ND_LEN);
    ip->next = NW_PROTO_ICMPV6;
    ip->hlim = HOP_LIMIT;
    memcpy(ip->src, key->nd_target, sizeof ip->src);
    memcpy(ip->dst, key->ipv6_src, sizeof ip->dst);
    nd->icmp6.type = ICMPV6_NEIGHBOR_ADVERT;
    put_be32(nd->reserved, htonl(ND_SOLICITED | ND_OVERRIDE));
    memcpy(nd->target, key->nd_target, sizeof nd->target);
    option->type = ND_OPT_TARGET_LINKADDR;
    option->len = 1;
    option->mac = mac;
    uint32_t sum = csum_pseudo_ipv6(ip->src, ip->dst, NW_PROTO_ICMPV6, ND_LEN);
    nd->icmp6.csum = csum_finish(csum_continue(sum, nd, ND_LEN));
    return at + IPV6_HEADER_LEN + ND_LEN;
}

void neighbour_answer(struct dp_client *client, const struct dp_upcall *upcall, struct eth_addr mac)
{
    uint8_t answer[NEIGHBOUR_ANSWER_MAX];
    size_t n = neighbour_answer_compose(&upcall->key, mac, answer);
    if (n) {
        answer_send(client, upcall, answer, n);
    }
}
