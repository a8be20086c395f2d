/* SPDX-License-Identifier: Apache-2.0 */
/* ARP and neighbour discovery suppression (other_config:arp-suppress): who asks for an address that is known is answered by the switch, and the question
 * is not flooded.
 *
 * Bindings of addresses come from the ARP and ND packets that pass the bridge, by VLAN. One is used only while the bridge also knows behind which
 * port its Ethernet address is, so that nobody answers for a guest that has gone silent for longer than addresses are kept. */
#include <stdio.h>

#include "lib/base/clock.h"
#include "ofproto/mac_table.h"
#include "ofproto/neighbour_answer.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel_neigh.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

static void name_scope(const struct xlate_ctx *ctx, uint16_t vlan, struct xlate_underlay *u)
{
    snprintf(u->bridge, sizeof u->bridge, "%.*s%c%u", TUNNEL_NEIGH_BRIDGE_MAX, ctx->bridge->name, TUNNEL_NEIGH_SCOPE, vlan);
}

static void learn(struct xlate_ctx *ctx, uint16_t vlan, const struct inet_addr *addr, struct eth_addr mac)
{
    static const struct eth_addr none;
    struct xlate_underlay u = { .kind = XLATE_SNOOP, .addr = *addr, .mac = mac };
    if (mac.ea[0] & 1 || !memcmp(&mac, &none, sizeof mac) || !inet_addr_is_set(addr) || inet_addr_is_multicast(addr)) {
        return;
    }
    name_scope(ctx, vlan, &u);
    if (ctx->in->side_effects && tunnel_neigh_learn(u.bridge, addr, mac, clock_ms())) {
        revalidator_wake();
    }
    xlate_credit_underlay(ctx, &u);
}

/* The bundle behind which 'mac' is, if another than 'in'. Noted, so that a change is noticed. */
static const struct map_bundle *find_bundle(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan, struct eth_addr mac)
{
    ofp_port_t no;
    if (!mac_table_lookup(ctx->bridge->macs, mac, vlan, &no)) {
        no = OFPP_NONE;
    }
    xlate_credit_lookup(ctx, ctx->bridge->macs, mac, vlan, no);
    const struct map_port *port = map_bridge_port(ctx->bridge, no);
    return port && port->bundle != in ? port->bundle : NULL;
}

/* Who has the address, if the switch may say so. */
static bool find_owner(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan, const struct inet_addr *addr,
                       struct eth_addr *mac)
{
    struct xlate_underlay u = { .kind = XLATE_BINDING, .addr = *addr };
    name_scope(ctx, vlan, &u);
    u.known = tunnel_neigh_lookup(u.bridge, addr, &u.mac);
    xlate_credit_underlay(ctx, &u);
    *mac = u.mac;
    const struct map_bundle *out = u.known ? find_bundle(ctx, in, vlan, u.mac) : NULL;
    return out && (ctx->bridge->arp_suppress || in->arp_suppress || out->arp_suppress)
           && !(in->protected_ && out->protected_);
}

/* The request becomes the reply. */
static void answer_arp(struct xlate_ctx *ctx, const struct map_bundle *in, struct eth_addr mac)
{
    struct flow *flow = &ctx->p.flow;
    be32 asked = flow->nw_dst;
    flow->eth_dst = flow->arp_tha = flow->arp_sha;
    flow->eth_src = flow->arp_sha = mac;
    flow->nw_dst = flow->nw_src;
    flow->nw_src = asked;
    flow->nw_proto = ARP_OP_REPLY;
    XLATE_WROTE(ctx, eth_dst);
    XLATE_WROTE(ctx, eth_src);
    XLATE_WROTE(ctx, arp_sha);
    XLATE_WROTE(ctx, arp_tha);
    XLATE_WROTE(ctx, nw_src);
    XLATE_WROTE(ctx, nw_dst);
    XLATE_WROTE(ctx, nw_proto);
    xlate_report(ctx, "ARP request for a known address, answering");
    xlate_output_to(ctx, in->ports[0], 0);
}

static bool suppress_arp(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan)
{
    static const struct eth_addr broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
    const struct flow *flow = &ctx->p.flow;
    struct eth_addr mac;
    XLATE_LOOK(ctx, nw_proto);
    if (flow->nw_proto != ARP_OP_REQUEST && flow->nw_proto != ARP_OP_REPLY) {
        return false;
    }
    XLATE_LOOK(ctx, nw_src);
    XLATE_LOOK(ctx, arp_sha);
    struct inet_addr sender = inet_addr_v4(flow->nw_src);
    if (flow->nw_src) {
        learn(ctx, vlan, &sender, flow->arp_sha);
    }
    if (flow->nw_proto != ARP_OP_REQUEST || memcmp(&flow->eth_dst, &broadcast, sizeof broadcast)) {
        return false;
    }
    XLATE_LOOK(ctx, nw_dst);
    struct inet_addr asked = inet_addr_v4(flow->nw_dst);
    /* Gratuitous requests are news for all, and probes (RFC 5227) are for the owner to answer. */
    if (!flow->nw_src || !flow->nw_dst || flow->nw_src == flow->nw_dst || memcmp(&flow->arp_sha, &flow->eth_src, sizeof mac)
        || !find_owner(ctx, in, vlan, &asked, &mac)) {
        return false;
    }
    answer_arp(ctx, in, mac);
    return true;
}

static bool suppress_nd(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan)
{
    const struct flow *flow = &ctx->p.flow;
    struct eth_addr mac;
    XLATE_LOOK(ctx, nw_proto);
    if (flow->nw_proto != NW_PROTO_ICMPV6 || flow->nw_frag) {
        return false;
    }
    XLATE_LOOK(ctx, tp_src);
    bool asks = flow->tp_src == htons(ICMPV6_NEIGHBOR_SOLICIT);
    if (!asks && flow->tp_src != htons(ICMPV6_NEIGHBOR_ADVERT)) {
        return false;
    }
    XLATE_LOOK(ctx, tp_dst);
    XLATE_LOOK(ctx, nd_target);
    XLATE_LOOK(ctx, arp_sha);
    XLATE_LOOK(ctx, arp_tha);
    XLATE_LOOK(ctx, ipv6_src);
    struct inet_addr target = inet_addr_v6(flow->nd_target), sender = inet_addr_v6(flow->ipv6_src);
    if (flow->tp_dst || !inet_addr_is_set(&target)) {
        return false;
    }
    learn(ctx, vlan, asks ? &sender : &target, asks ? flow->arp_sha : flow->arp_tha);
    if (!asks || !(flow->eth_dst.ea[0] & 1) || !inet_addr_is_set(&sender) || !find_owner(ctx, in, vlan, &target, &mac)) {
        return false;
    }
    struct neighbour_answer_report report = neighbour_answer_report(mac);
    xlate_report(ctx, "neighbour solicitation for a known address, answering");
    xlate_commit(ctx);
    actions_put_upcall(&ctx->out->actions, UINT32_MAX, &report, sizeof report);
    return true;
}

bool xlate_suppress(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan)
{
    if (!ctx->bridge->arp_suppress && !ctx->bridge->some_suppress) {
        return false;
    }
    if (ctx->p.flow.eth_type == htons(ETH_TYPE_ARP)) {
        return suppress_arp(ctx, in, vlan);
    }
    return ctx->p.flow.eth_type == htons(ETH_TYPE_IPV6) && suppress_nd(ctx, in, vlan);
}
