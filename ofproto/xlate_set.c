/* SPDX-License-Identifier: Apache-2.0 */
/* Committing: the fewest datapath actions that make the datapath's packet what OpenFlow made of it. */
#include "ofproto/xlate_ctx.h"

/* A field of the flow and its place in the value of a SET. */
struct set_place {
    uint16_t flow_offset, value_offset, n; /* bytes */
};

#define PLACE(field, type, member)                                                                 \
    {                                                                                              \
        offsetof(struct flow, field), offsetof(struct type, member), sizeof(((struct type *) NULL)->member) \
    }

static const struct set_place eth_places[] = {
    PLACE(eth_src, set_eth, src),
    PLACE(eth_dst, set_eth, dst),
    { 0, 0, 0 },
};
/* The opcode is 16 bits wide in the packet and 8 in the flow. */
static const struct set_place arp_places[] = {
    PLACE(nw_src, set_arp, spa),
    PLACE(nw_dst, set_arp, tpa),
    { offsetof(struct flow, nw_proto), offsetof(struct set_arp, op) + 1, 1 },
    PLACE(arp_sha, set_arp, sha),
    PLACE(arp_tha, set_arp, tha),
    { 0, 0, 0 },
};
static const struct set_place ipv4_places[] = {
    PLACE(nw_src, set_ipv4, src),
    PLACE(nw_dst, set_ipv4, dst),
    PLACE(nw_tos, set_ipv4, tos),
    PLACE(nw_ttl, set_ipv4, ttl),
    PLACE(nw_proto, set_ipv4, proto),
    { 0, 0, 0 },
};
static const struct set_place ipv6_places[] = {
    PLACE(ipv6_src, set_ipv6, src),
    PLACE(ipv6_dst, set_ipv6, dst),
    PLACE(ipv6_label, set_ipv6, label),
    PLACE(nw_tos, set_ipv6, tclass),
    PLACE(nw_ttl, set_ipv6, hlimit),
    PLACE(nw_proto, set_ipv6, proto),
    { 0, 0, 0 },
};
static const struct set_place nd_places[] = {
    PLACE(nd_target, set_nd, target),
    PLACE(nd_reserved, set_nd, reserved),
    PLACE(arp_sha, set_nd, sll),
    PLACE(arp_tha, set_nd, tll),
    { 0, 0, 0 },
};
static const struct set_place port_places[] = {
    PLACE(tp_src, set_ports, src),
    PLACE(tp_dst, set_ports, dst),
    { 0, 0, 0 },
};
/* Type and code are 8 bits wide in the packet and 16 in the flow. */
static const struct set_place icmp_places[] = {
    { offsetof(struct flow, tp_src) + 1, offsetof(struct set_icmp, type), 1 },
    { offsetof(struct flow, tp_dst) + 1, offsetof(struct set_icmp, code), 1 },
    { 0, 0, 0 },
};
static const struct set_place pbb_places[] = {
    PLACE(pbb_isid, set_pbb, isid),
    PLACE(pbb_uca, set_pbb, uca),
    { 0, 0, 0 },
};
static const struct set_place priority_places[] = {
    { offsetof(struct flow, skb_priority), 0, sizeof(uint32_t) },
    { 0, 0, 0 },
};
static const struct set_place mark_places[] = {
    { offsetof(struct flow, pkt_mark), 0, sizeof(uint32_t) },
    { 0, 0, 0 },
};

static bool is_any(const struct flow *flow)
{
    return true;
}

static bool is_ipv4(const struct flow *flow)
{
    return flow->eth_type == htons(ETH_TYPE_IP);
}

static bool is_ipv6(const struct flow *flow)
{
    return flow->eth_type == htons(ETH_TYPE_IPV6);
}

/* Is there a header of L4 protocol 'proto'? */
static bool has_l4(const struct flow *flow, uint8_t proto)
{
    return flow_is_ip_any(flow) && flow->nw_proto == proto && !(flow->nw_frag & FLOW_FRAG_LATER);
}

static bool is_tcp(const struct flow *flow)
{
    return has_l4(flow, NW_PROTO_TCP);
}

static bool is_udp(const struct flow *flow)
{
    return has_l4(flow, NW_PROTO_UDP);
}

static bool is_sctp(const struct flow *flow)
{
    return has_l4(flow, NW_PROTO_SCTP);
}

static bool is_icmp(const struct flow *flow)
{
    return (is_ipv4(flow) && has_l4(flow, NW_PROTO_ICMP)) || (is_ipv6(flow) && has_l4(flow, NW_PROTO_ICMPV6));
}

static bool is_pbb(const struct flow *flow)
{
    return flow->eth_type == htons(ETH_TYPE_PBB);
}

/* The headers, each with its fields. Which one fits was looked at when the field was written: that is its prerequisite. */
static const struct set_kind {
    enum action_set_field field;
    bool (*fits)(const struct flow *);
    const struct set_place *places; /* ended by n == 0 */
} kinds[] = {
    { ACTION_SET_ETH, is_any, eth_places },
    { ACTION_SET_ARP, flow_is_arp_or_rarp, arp_places },
    { ACTION_SET_IPV4, is_ipv4, ipv4_places },
    { ACTION_SET_IPV6, is_ipv6, ipv6_places },
    { ACTION_SET_ND, flow_is_nd, nd_places },
    { ACTION_SET_TCP, is_tcp, port_places },
    { ACTION_SET_UDP, is_udp, port_places },
    { ACTION_SET_SCTP, is_sctp, port_places },
    { ACTION_SET_ICMP, is_icmp, icmp_places },
    { ACTION_SET_PBB, is_pbb, pbb_places },
    { ACTION_SET_PRIORITY, is_any, priority_places },
    { ACTION_SET_MARK, is_any, mark_places },
};

/* Fills value and mask with what must be written of one field: all its bits that were written, since a half one is no use to a reader.
 * False if there is nothing. */
static bool gather(const struct xlate_ctx *ctx, const struct set_place *place, union action_set_value *value,
                   union action_set_value *mask)
{
    const uint8_t *flow = (const uint8_t *) &ctx->p.flow + place->flow_offset;
    const uint8_t *base = (const uint8_t *) &ctx->p.base + place->flow_offset;
    const uint8_t *written = (const uint8_t *) &ctx->p.written + place->flow_offset;
    const uint8_t *committed = (const uint8_t *) &ctx->p.committed + place->flow_offset;
    bool any = false;
    for (size_t i = 0; i < place->n; i++) {
        any |= written[i] & (uint8_t) (~committed[i] | (flow[i] ^ base[i]));
    }
    for (size_t i = 0; any && i < place->n; i++) {
        mask->bytes[place->value_offset + i] = written[i];
        value->bytes[place->value_offset + i] = flow[i] & written[i];
    }
    return any;
}

/* The datapath's packet has the bits now. */
static void settle(struct xlate_ctx *ctx, const struct set_place *place, const union action_set_value *mask)
{
    const uint8_t *flow = (const uint8_t *) &ctx->p.flow + place->flow_offset;
    uint8_t *base = (uint8_t *) &ctx->p.base + place->flow_offset;
    uint8_t *committed = (uint8_t *) &ctx->p.committed + place->flow_offset;
    for (size_t i = 0; i < place->n; i++) {
        uint8_t m = mask->bytes[place->value_offset + i];
        base[i] = (base[i] & (uint8_t) ~m) | (flow[i] & m);
        committed[i] |= m;
    }
}

static void commit_kind(struct xlate_ctx *ctx, const struct set_kind *kind)
{
    union action_set_value value = { .bytes = { 0 } }, mask = { .bytes = { 0 } };
    if (!kind->fits(&ctx->p.flow)) {
        return;
    }
    bool any = false;
    for (const struct set_place *place = kind->places; place->n; place++) {
        any |= gather(ctx, place, &value, &mask);
    }
    if (any) {
        actions_put_set(&ctx->out->actions, kind->field, &value, &mask);
        for (const struct set_place *place = kind->places; place->n; place++) {
            settle(ctx, place, &mask);
        }
    }
}

void xlate_commit(struct xlate_ctx *ctx)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        commit_kind(ctx, &kinds[i]);
    }
    xlate_commit_mpls(ctx);
    xlate_commit_vlan(ctx);
}
