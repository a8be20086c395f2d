/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a flow as its text names them. */
#include "lib/net/flow_groups.h"

#define FIELD(NAME, KIND, BITS, MEMBER)                         \
    {                                                           \
        NAME, FIELD_##KIND, BITS, offsetof(struct flow, MEMBER) \
    }
#define FIELDS(...) \
    (const struct field_text[]){__VA_ARGS__}, ARRAY_SIZE(((const struct field_text[]){__VA_ARGS__}))

/* clang-format off */
const struct flow_group flow_groups_outer[] = {
    {{"skb_priority", FIELDS(FIELD(NULL, U32_HEX, 32, skb_priority))}, 0, 0, false, true},
    {{"tunnel", FIELDS(FIELD("tun_id", BE64_HEX, 64, tun_id),
                       FIELD("src", IPV4, 32, tun_src),
                       FIELD("dst", IPV4, 32, tun_dst),
                       FIELD("ipv6_src", IPV6, 128, tun_ipv6_src),
                       FIELD("ipv6_dst", IPV6, 128, tun_ipv6_dst),
                       FIELD("tos", U8_HEX, 8, tun_tos),
                       FIELD("ttl", U8, 8, tun_ttl),
                       FIELD("tp_src", BE16, 16, tun_tp_src),
                       FIELD("tp_dst", BE16, 16, tun_tp_dst),
                       FIELD("vxlan", TUN_GBP, 24, tun_gbp_id),
                       FIELD("geneve", TUN_GENEVE, 8, tun_opts_len),
                       FIELD("flags", TUN_FLAGS, 5, tun_flags))}, 0, 0, false, false},
    {{"skb_mark", FIELDS(FIELD(NULL, U32_HEX, 32, pkt_mark))}, 0, 0, false, true},
    {{"ct_state", FIELDS(FIELD(NULL, CT_STATE, 8, ct_state))}, 0, 0, false, true},
    {{"ct_zone", FIELDS(FIELD(NULL, U16_HEX, 16, ct_zone))}, 0, 0, false, true},
    {{"ct_mark", FIELDS(FIELD(NULL, U32_HEX, 32, ct_mark))}, 0, 0, false, true},
    {{"ct_label", FIELDS(FIELD(NULL, U128_HEX, 128, ct_label))}, 0, 0, false, true},
    {{"ct_tuple4", FIELDS(FIELD("src", IPV4, 32, ct_nw_src),
                          FIELD("dst", IPV4, 32, ct_nw_dst),
                          FIELD("proto", U8, 8, ct_nw_proto),
                          FIELD("tp_src", BE16, 16, ct_tp_src),
                          FIELD("tp_dst", BE16, 16, ct_tp_dst))}, ETH_TYPE_IP, 0, false, false},
    {{"ct_tuple6", FIELDS(FIELD("src", IPV6, 128, ct_ipv6_src),
                          FIELD("dst", IPV6, 128, ct_ipv6_dst),
                          FIELD("proto", U8, 8, ct_nw_proto),
                          FIELD("tp_src", BE16, 16, ct_tp_src),
                          FIELD("tp_dst", BE16, 16, ct_tp_dst))}, ETH_TYPE_IPV6, 0, false, false},
    {{"recirc_id", FIELDS(FIELD(NULL, U32_HEX, 32, recirc_id))}, 0, 0, false, true},
    {{"dp_hash", FIELDS(FIELD(NULL, U32_HEX, 32, dp_hash))}, 0, 0, false, true},
    {{"in_port", FIELDS(FIELD(NULL, PORT, 32, in_port))}, 0, 0, false, true},
    /* Name space and type are the halves of one number. */
    {{"packet_type", FIELDS({"ns", FIELD_BE16, 16, offsetof(struct flow, packet_type)},
                            {"id", FIELD_BE16_HEX, 16, offsetof(struct flow, packet_type) + 2})}, 0, 0, false, true},
    {{"eth", FIELDS(FIELD("src", ETH, 48, eth_src), FIELD("dst", ETH, 48, eth_dst))}, 0, 0, false, true},
};

const struct flow_group flow_groups_inner[] = {
    {{"eth_type", FIELDS(FIELD(NULL, ETH_TYPE, 16, eth_type))}, 0, 0, false, true},
    {{"ipv4", FIELDS(FIELD("src", IPV4, 32, nw_src),
                     FIELD("dst", IPV4, 32, nw_dst),
                     FIELD("proto", U8, 8, nw_proto),
                     FIELD("tos", U8_HEX, 8, nw_tos),
                     FIELD("ttl", U8, 8, nw_ttl),
                     FIELD("frag", FRAG, 2, nw_frag))}, ETH_TYPE_IP, 0, false, true},
    {{"ipv6", FIELDS(FIELD("src", IPV6, 128, ipv6_src),
                     FIELD("dst", IPV6, 128, ipv6_dst),
                     FIELD("label", BE32_HEX, 20, ipv6_label),
                     FIELD("proto", U8, 8, nw_proto),
                     FIELD("tclass", U8_HEX, 8, nw_tos),
                     FIELD("hlimit", U8, 8, nw_ttl),
                     FIELD("frag", FRAG, 2, nw_frag))}, ETH_TYPE_IPV6, 0, false, true},
    {{"ipv6_exthdr", FIELDS(FIELD(NULL, U16_HEX, 9, ipv6_exthdr))}, ETH_TYPE_IPV6, 0, false, false},
    {{"pbb", FIELDS(FIELD("isid", BE32, 24, pbb_isid), FIELD("uca", U8, 1, pbb_uca))}, ETH_TYPE_PBB, 0, false, true},
    {{"arp", FIELDS(FIELD("sip", IPV4, 32, nw_src),
                    FIELD("tip", IPV4, 32, nw_dst),
                    FIELD("op", U8, 8, nw_proto),
                    FIELD("sha", ETH, 48, arp_sha),
                    FIELD("tha", ETH, 48, arp_tha))}, GROUP_ARP, 0, false, true},
    {{"tcp", FIELDS(FIELD("src", BE16, 16, tp_src), FIELD("dst", BE16, 16, tp_dst))},
     GROUP_IP_ANY, NW_PROTO_TCP, false, true},
    {{"tcp_flags", FIELDS(FIELD(NULL, TCP_FLAGS, 12, tcp_flags))}, GROUP_IP_ANY, NW_PROTO_TCP, false, true},
    {{"udp", FIELDS(FIELD("src", BE16, 16, tp_src), FIELD("dst", BE16, 16, tp_dst))},
     GROUP_IP_ANY, NW_PROTO_UDP, false, true},
    {{"sctp", FIELDS(FIELD("src", BE16, 16, tp_src), FIELD("dst", BE16, 16, tp_dst))},
     GROUP_IP_ANY, NW_PROTO_SCTP, false, true},
    {{"icmp", FIELDS(FIELD("type", BE16, 8, tp_src), FIELD("code", BE16, 8, tp_dst))},
     ETH_TYPE_IP, NW_PROTO_ICMP, false, true},
    {{"igmp", FIELDS(FIELD("type", BE16, 8, tp_src),
                     FIELD("code", BE16, 8, tp_dst),
                     FIELD("group", IPV4, 32, igmp_group))}, ETH_TYPE_IP, NW_PROTO_IGMP, false, true},
    {{"icmpv6", FIELDS(FIELD("type", BE16, 8, tp_src), FIELD("code", BE16, 8, tp_dst))},
     ETH_TYPE_IPV6, NW_PROTO_ICMPV6, false, true},
    {{"nd", FIELDS(FIELD("target", IPV6, 128, nd_target),
                   FIELD("sll", ETH, 48, arp_sha),
                   FIELD("tll", ETH, 48, arp_tha))}, ETH_TYPE_IPV6, NW_PROTO_ICMPV6, true, true},
    {{"nd_ext", FIELDS(FIELD("nd_reserved", BE32_HEX, 32, nd_reserved),
                       FIELD("nd_options_type", U8, 8, nd_options_type))}, ETH_TYPE_IPV6, NW_PROTO_ICMPV6, true, false},
};
/* clang-format on */

const unsigned int flow_groups_n_outer = ARRAY_SIZE(flow_groups_outer);
const unsigned int flow_groups_n_inner = ARRAY_SIZE(flow_groups_inner);
const struct flow_group *const flow_group_eth =
    &flow_groups_outer[ARRAY_SIZE(flow_groups_outer) - 1];
const struct flow_group *const flow_group_packet_type =
    &flow_groups_outer[ARRAY_SIZE(flow_groups_outer) - 2];
const struct flow_group *const flow_group_eth_type = &flow_groups_inner[0];

bool flow_group_applies(const struct flow_group *g, const struct flow *key)
{
    bool l3 = g->eth_type == 0              ? true
              : g->eth_type == GROUP_IP_ANY ? flow_is_ip_any(key)
              : g->eth_type == GROUP_ARP    ? flow_is_arp_or_rarp(key)
                                            : key->eth_type == htons(g->eth_type);
    if (!l3 || !g->nw_proto) {
        return l3;
    }
    if (g->nd && !flow_is_nd(key)) {
        return false;
    }
    return key->lines & 1u << FLOW_LINE_L3 && key->nw_proto == g->nw_proto &&
           !(key->nw_frag & FLOW_FRAG_LATER);
}

uint32_t flow_group_lines(const struct flow_group *g)
{
    uint32_t lines = 0;
    for (unsigned int i = 0; i < g->text.n_fields; i++) {
        lines |= 1u << g->text.fields[i].offset / FLOW_LINE_SIZE;
    }
    return lines;
}
