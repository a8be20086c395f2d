/* SPDX-License-Identifier: Apache-2.0 */
/* Shows lib/net's view of packets, flows and actions to a script that holds it against another
 * switch's.
 *
 *   net_text packets FILE.pcap   the flow of each packet, "name=value,..." with OpenFlow's names
 *   net_text flows COUNT SEED    made-up flows: the verbose text on one line, the plain text on the
 * next net_text actions             the actions on each line of standard input, parsed and printed
 * again */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "tests/unit/net/random_flow.h"

static void put_eth(const char *name, struct eth_addr mac)
{
    struct strbuf out = STRBUF_INIT;
    eth_format(&out, mac);
    printf(",%s=%s", name, strbuf_str(&out));
    strbuf_destroy(&out);
}

static void put_ipv4(const char *name, be32 ip)
{
    struct strbuf out = STRBUF_INIT;
    ipv4_format_masked(&out, ip, BE32_MAX);
    printf(",%s=%s", name, strbuf_str(&out));
    strbuf_destroy(&out);
}

static void put_ipv6(const char *name, const uint8_t ip[16])
{
    struct strbuf out = STRBUF_INIT;
    ipv6_format(&out, ip);
    printf(",%s=%s", name, strbuf_str(&out));
    strbuf_destroy(&out);
}

static void put_tcp_flags(be16 flags)
{
    struct strbuf out = STRBUF_INIT;
    tcp_flags_format(&out, ntohs(flags), TCP_FLAGS_MASK);
    printf(",tcp_flags=%s", strbuf_str(&out));
    strbuf_destroy(&out);
}

static void put_ip(const struct flow *k)
{
    static const char *const frags[] = {"no", "first", "", "later"};
    if (k->eth_type == htons(ETH_TYPE_IP)) {
        put_ipv4("nw_src", k->nw_src);
        put_ipv4("nw_dst", k->nw_dst);
    } else {
        put_ipv6("ipv6_src", k->ipv6_src);
        put_ipv6("ipv6_dst", k->ipv6_dst);
        printf(",ipv6_label=0x%05x", ntohl(k->ipv6_label));
    }
    printf(",nw_proto=%d,nw_tos=%d,nw_ecn=%d,nw_ttl=%d,nw_frag=%s", k->nw_proto,
           k->nw_tos & IP_DSCP_MASK, k->nw_tos & IP_ECN_MASK, k->nw_ttl, frags[k->nw_frag]);
    printf(",tp_src=%d,tp_dst=%d", ntohs(k->tp_src), ntohs(k->tp_dst));
    if (k->nw_proto == NW_PROTO_TCP) {
        put_tcp_flags(k->tcp_flags);
    }
    if (flow_is_nd(k)) {
        put_ipv6("nd_target", k->nd_target);
        put_eth("nd_sll", k->arp_sha);
        put_eth("nd_tll", k->arp_tha);
    }
}

static void put_key(const struct flow *k)
{
    printf("dl_type=0x%04x", ntohs(k->eth_type));
    for (int i = 0; i < FLOW_MAX_VLANS && k->vlan[i].tpid; i++) {
        printf(",vlan%d=%d,pcp%d=%d", i, ntohs(k->vlan[i].tci) & VLAN_VID_MASK, i,
               ntohs(k->vlan[i].tci) >> VLAN_PCP_SHIFT);
    }
    put_eth("dl_src", k->eth_src);
    put_eth("dl_dst", k->eth_dst);
    if (flow_is_mpls(k)) {
        uint32_t lse = ntohl(k->mpls_lse[0]);
        printf(",mpls_label=%u,mpls_tc=%u,mpls_ttl=%u,mpls_bos=%u,lse1=%u,lse2=%u",
               lse >> MPLS_LABEL_SHIFT, (lse & MPLS_TC_MASK) >> MPLS_TC_SHIFT, lse & MPLS_TTL_MASK,
               (lse & MPLS_BOS_MASK) >> MPLS_BOS_SHIFT, ntohl(k->mpls_lse[1]),
               ntohl(k->mpls_lse[2]));
    } else if (flow_is_arp_or_rarp(k)) {
        put_ipv4("arp_spa", k->nw_src);
        put_ipv4("arp_tpa", k->nw_dst);
        printf(",arp_op=%d", k->nw_proto);
        put_eth("arp_sha", k->arp_sha);
        put_eth("arp_tha", k->arp_tha);
    } else if (flow_is_ip_any(k)) {
        put_ip(k);
    }
    putchar('\n');
}

static void show_packets(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint32_t header[4];
    if (!file || fseek(file, 24, SEEK_SET)) {
        perror(path);
        exit(1);
    }
    while (fread(header, sizeof header, 1, file) == 1) {
        uint8_t *data = xmalloc(header[2]);
        struct packet p;
        struct flow key;
        if (fread(data, 1, header[2], file) != header[2]) {
            exit(1);
        }
        packet_use(&p, data, header[2], 0, header[2]);
        enum parse_result result = parse_packet(&p, &key);
        for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
            flow_use_line(&key, i);
        }
        printf("%s ", parse_result_name(result));
        put_key(&key);
        free(data);
    }
    fclose(file);
}

/* Makes the flow one that OVS takes: what it demands exact is exact, what it does not have is left
 * out. */
static bool suit_ovs(struct flow *key, struct flow *mask)
{
    if (key->vlan[1].tpid || key->nw_proto == NW_PROTO_IGMP ||
        key->eth_type == htons(ETH_TYPE_NONE) || key->lines & 1u << FLOW_LINE_TUNNEL ||
        key->eth_type == htons(ETH_TYPE_PBB) || key->nw_proto == NW_PROTO_GRE) {
        return false;
    }
    key->in_port = 1;
    FLOW_MASK_FIELD(mask, in_port);
    FLOW_MASK_FIELD(mask, recirc_id);
    FLOW_MASK_FIELD(mask, packet_type);
    FLOW_MASK_FIELD(mask, eth_type);
    if (key->vlan[0].tpid) {
        mask->vlan[0].tpid = BE16_MAX;
        mask->vlan[0].tci |= htons(VLAN_CFI);
    }
    if (flow_is_mpls(key)) {
        flow_use_line(mask, FLOW_LINE_MPLS);
        for (int i = 0; i < FLOW_MAX_MPLS; i++) {
            mask->mpls_lse[i] |= htonl(MPLS_BOS_MASK);
        }
    }
    key->ct_state = CT_STATE_TRK | CT_STATE_EST;
    if (flow_is_ip_any(key)) {
        FLOW_MASK_FIELD(mask, nw_proto);
        FLOW_MASK_FIELD(mask, nw_frag);
        flow_use_line(mask, FLOW_LINE_IPV6);
        mask->nd_reserved = 0;
        mask->nd_options_type = 0;
        mask->ipv6_exthdr = 0;
    }
    flow_mask_normalize(mask);
    return true;
}

static void show_flows(int count, int seed)
{
    srandom(seed);
    while (count > 0) {
        struct flow key, mask;
        random_flow_key(&key);
        flow_use_line(&key, FLOW_LINE_L3);
        flow_use_line(&key, FLOW_LINE_CT);
        random_flow_mask(&mask, &key);
        if (!suit_ovs(&key, &mask)) {
            continue;
        }
        for (int verbose = 1; verbose >= 0; verbose--) {
            struct strbuf out = STRBUF_INIT;
            if (verbose) {
                /* The text that OVS reads back must not mention an absent tag. */
                struct flow full = mask;
                int tag = key.vlan[0].tpid != 0;
                memset(&full.vlan[tag], 0xff, sizeof full.vlan[tag]);
                flow_format(&out, &key, &full, NULL, true);
            } else {
                flow_format(&out, &key, &mask, NULL, false);
            }
            puts(strbuf_str(&out));
            strbuf_destroy(&out);
        }
        count--;
    }
}

static void show_actions(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        struct actions list = ACTIONS_INIT;
        line[strcspn(line, "\n")] = '\0';
        char *error = actions_parse_text(line, NULL, &list);
        struct strbuf out = STRBUF_INIT;
        actions_format(&out, list.data, list.size, NULL);
        puts(error ? error : strbuf_str(&out));
        strbuf_destroy(&out);
        actions_destroy(&list);
        free(error);
    }
}

int main(int argc, char *argv[])
{
    if (argc == 3 && !strcmp(argv[1], "packets")) {
        show_packets(argv[2]);
    } else if (argc == 4 && !strcmp(argv[1], "flows")) {
        show_flows(atoi(argv[2]), atoi(argv[3]));
    } else if (argc == 2 && !strcmp(argv[1], "actions")) {
        show_actions();
    } else {
        fprintf(stderr, "usage: %s packets FILE | flows COUNT SEED | actions\n", argv[0]);
        return 1;
    }
    return 0;
}
