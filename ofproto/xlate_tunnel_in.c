/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of tunnels that arrive: outer packets on their way to an address of this host, and what came out of them.
 *
 * An outer packet is decapsulated where it would be delivered to the device that has its destination address. ARP and neighbour discovery that are
 * delivered there tell who the underlay's neighbours are. */
#include "lib/base/clock.h"
#include "lib/base/underlay.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_config.h"
#include "ofproto/tunnel_map.h"
#include "ofproto/tunnel_neigh.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

enum { ECN_NOT_ECT = 0, ECN_ECT_1 = 1, ECN_ECT_0 = 2, ECN_CE = 3 };

/* Is the port that of the packet? No more is looked at than one bit that differs. */
static bool is_port(struct xlate_ctx *ctx, uint16_t wanted)
{
    uint16_t difference = ntohs(ctx->p.flow.tp_dst) ^ wanted;
    uint16_t bits = difference ? (uint16_t) (1u << (31 - __builtin_clz(difference))) : UINT16_MAX;
    struct flow look;
    flow_mask_init(&look);
    FLOW_MASK_BITS(&look, tp_dst, htons(bits));
    xlate_look_mask(ctx, &look);
    return !difference;
}

static const struct tunnel_map_listener *find_listener(struct xlate_ctx *ctx)
{
    const struct tunnel_map *tunnels = port_map_tunnels(ctx->map);
    for (size_t i = 0; i < tunnel_map_n_listeners(tunnels); i++) {
        const struct tunnel_map_listener *l = tunnel_map_listener(tunnels, i);
        if (l->proto == ctx->p.flow.nw_proto && (!l->port || is_port(ctx, l->port))) {
            return l;
        }
    }
    return NULL;
}

/* Whether an address is the device's, noted for the time when that changes. */
static bool is_own(struct xlate_ctx *ctx, const struct map_port *port, const struct inet_addr *addr)
{
    struct xlate_underlay u = { .kind = XLATE_ADDRESS, .addr = *addr };
    strncpy(u.device, port->name, sizeof u.device - 1);
    u.known = underlay_has_address(tunnel_underlay(), u.device, addr);
    xlate_credit_underlay(ctx, &u);
    return u.known;
}

static bool is_to_port(struct xlate_ctx *ctx, const struct map_port *port)
{
    struct inet_addr dst;
    XLATE_LOOK(ctx, eth_dst);
    if (memcmp(&ctx->p.flow.eth_dst, &port->mac, sizeof port->mac)) {
        return false;
    }
    if (ctx->p.flow.eth_type == htons(ETH_TYPE_IP)) {
        XLATE_LOOK(ctx, nw_dst);
        dst = inet_addr_v4(ctx->p.flow.nw_dst);
    } else {
        XLATE_LOOK(ctx, ipv6_dst);
        dst = inet_addr_v6(ctx->p.flow.ipv6_dst);
    }
    return is_own(ctx, port, &dst);
}

/* Neighbours. */

static void learn(struct xlate_ctx *ctx, const struct map_port *port, const struct inet_addr *addr, struct eth_addr mac)
{
    static const struct eth_addr none;
    struct xlate_underlay u = { .kind = XLATE_SNOOP, .addr = *addr, .mac = mac };
    if (mac.ea[0] & 1 || !memcmp(&mac, &none, sizeof mac)) {
        return;
    }
    strncpy(u.bridge, port->bridge->name, sizeof u.bridge - 1);
    if (ctx->in->side_effects && tunnel_neigh_learn(u.bridge, addr, mac, clock_ms())) {
        revalidator_wake();
    }
    xlate_credit_underlay(ctx, &u);
}

/* Does an ARP packet's sender speak of itself? No more is looked at than one bit that differs, for most requests do not, and each would be a
 * megaflow of its own. */
static bool is_gratuitous(struct xlate_ctx *ctx)
{
    uint32_t difference = ntohl(ctx->p.flow.nw_src ^ ctx->p.flow.nw_dst);
    be32 bits = difference ? htonl(1u << (31 - __builtin_clz(difference))) : BE32_MAX;
    struct flow look;
    flow_mask_init(&look);
    FLOW_MASK_BITS(&look, nw_src, bits);
    FLOW_MASK_BITS(&look, nw_dst, bits);
    xlate_look_mask(ctx, &look);
    return !difference;
}

/* A reply to an address of the device, or news for everybody of an address that is used. */
static void snoop_arp(struct xlate_ctx *ctx, const struct map_port *port)
{
    const struct flow *flow = &ctx->p.flow;
    XLATE_LOOK(ctx, nw_proto);
    if (flow->nw_proto != ARP_OP_REPLY && (flow->nw_proto != ARP_OP_REQUEST || !is_gratuitous(ctx))) {
        return;
    }
    XLATE_LOOK(ctx, nw_src);
    XLATE_LOOK(ctx, nw_dst);
    XLATE_LOOK(ctx, arp_sha);
    struct inet_addr sender = inet_addr_v4(flow->nw_src), target = inet_addr_v4(flow->nw_dst);
    bool answers = flow->nw_proto == ARP_OP_REPLY && is_own(ctx, port, &target);
    bool gratuitous = flow->nw_src == flow->nw_dst && tunnel_neigh_is_wanted(&sender);
    if (flow->nw_src && (answers || gratuitous)) {
        learn(ctx, port, &sender, flow->arp_sha);
    }
}

static void snoop_nd(struct xlate_ctx *ctx, const struct map_port *port)
{
    const struct flow *flow = &ctx->p.flow;
    XLATE_LOOK(ctx, nw_proto);
    if (flow->nw_proto != NW_PROTO_ICMPV6) {
        return;
    }
    XLATE_LOOK(ctx, tp_src);
    if (flow->tp_src != htons(ICMPV6_NEIGHBOR_ADVERT)) {
        return;
    }
    XLATE_LOOK(ctx, tp_dst);
    XLATE_LOOK(ctx, nd_target);
    XLATE_LOOK(ctx, arp_tha);
    struct inet_addr target = inet_addr_v6(flow->nd_target);
    if (!flow->tp_dst && inet_addr_is_set(&target) && !inet_addr_is_multicast(&target)) {
        learn(ctx, port, &target, flow->arp_tha);
    }
}

/* Which fragments are those of tunnels' packets is not known before they are put together: all of such a protocol are, and all of IPv6, whose
 * later fragments do not say what they are of. */
static bool may_be_tunnels(struct xlate_ctx *ctx)
{
    const struct tunnel_map *tunnels = port_map_tunnels(ctx->map);
    if (ctx->p.flow.eth_type == htons(ETH_TYPE_IPV6)) {
        return true;
    }
    for (size_t i = 0; i < tunnel_map_n_listeners(tunnels); i++) {
        if (tunnel_map_listener(tunnels, i)->proto == ctx->p.flow.nw_proto) {
            return true;
        }
    }
    return false;
}

static bool reassemble(struct xlate_ctx *ctx, const struct map_port *port)
{
    struct xlate_clone clone;
    xlate_look_vlans(ctx);
    if (ctx->p.flow.vlan[0].tci || !may_be_tunnels(ctx) || !is_to_port(ctx, port)) {
        return false;
    }
    if (xlate_clone_begin(ctx, &clone, false)) {
        xlate_report(ctx, "fragment for this host, waiting for the whole packet");
        actions_put_reassemble(&ctx->out->actions);
        xlate_clone_end(ctx, &clone);
    }
    return true;
}

bool xlate_tunnel_terminate(struct xlate_ctx *ctx, const struct map_port *port)
{
    const struct flow *flow = &ctx->p.flow;
    if (!port_map_tunnels(ctx->map) || ctx->p.unparsed) {
        return false;
    }
    if (flow->eth_type == htons(ETH_TYPE_ARP)) {
        snoop_arp(ctx, port);
        return false;
    }
    if (!flow_is_ip_any(flow)) {
        return false;
    }
    XLATE_LOOK(ctx, nw_proto);
    /* What kind of fragment it is was looked at already. */
    if (flow->nw_frag) {
        return reassemble(ctx, port);
    }
    if (flow->nw_proto == NW_PROTO_ICMPV6) {
        snoop_nd(ctx, port);
        return false;
    }
    if (flow->nw_proto != NW_PROTO_UDP && flow->nw_proto != NW_PROTO_GRE) {
        return false;
    }
    xlate_look_vlans(ctx);
    const struct tunnel_map_listener *listener = flow->vlan[0].tci ? NULL : find_listener(ctx);
    if (!listener || !is_to_port(ctx, port)) {
        return false;
    }
    struct xlate_clone clone;
    if (xlate_clone_begin(ctx, &clone, false)) {
        xlate_report(ctx, "tunnel packet for this host, decapsulating");
        actions_put_tnl_pop(&ctx->out->actions, listener->dp_no);
        xlate_clone_end(ctx, &clone);
    }
    return true;
}

/* What came out of a tunnel. */

/* Congestion that the outer packet met, told to the inner one (RFC 6040 section 4.2). False: it cannot be told, the packet is dropped. */
static bool take_ecn(struct xlate_ctx *ctx)
{
    struct flow *flow = &ctx->p.flow, look;
    if (!flow_is_ip_any(flow)) {
        return true;
    }
    flow_mask_init(&look);
    FLOW_MASK_BITS(&look, tun_tos, IP_ECN_MASK);
    uint8_t outer = flow->tun_tos & IP_ECN_MASK;
    if (outer == ECN_CE || outer == ECN_ECT_1) {
        FLOW_MASK_BITS(&look, nw_tos, IP_ECN_MASK);
    }
    xlate_look_mask(ctx, &look);
    uint8_t inner = flow->nw_tos & IP_ECN_MASK;
    if (outer == ECN_CE && inner == ECN_NOT_ECT) {
        xlate_report(ctx, "the tunnel met congestion that the packet cannot be told of, dropping");
        return false;
    }
    if (outer == ECN_CE || (outer == ECN_ECT_1 && inner == ECN_ECT_0)) {
        flow->nw_tos = (flow->nw_tos & IP_DSCP_MASK) | outer;
        ctx->p.written.nw_tos |= IP_ECN_MASK;
    }
    return true;
}

/* OpenFlow sees the virtual subnet, without what stands beside it in the key. */
static void take_key(struct xlate_ctx *ctx, const struct map_port *port)
{
    enum { NVGRE_FLOW_ID_BITS = 8 };
    if (port->tunnel->nvgre) {
        ctx->p.flow.tun_id = be64_from_host(be64_to_host(ctx->p.flow.tun_id) >> NVGRE_FLOW_ID_BITS);
        XLATE_WROTE(ctx, tun_id);
    }
}

const struct map_port *xlate_tunnel_receive(struct xlate_ctx *ctx, uint32_t listener)
{
    const struct tunnel_map *tunnels = port_map_tunnels(ctx->map);
    const struct flow *key = ctx->in->flow;
    if (!tunnels || !(key->lines & 1u << FLOW_LINE_TUNNEL)) {
        return NULL;
    }
    struct flow look;
    flow_mask_init(&look);
    FLOW_MASK_BITS(&look, tun_id, be64_from_host(tunnel_map_key_bits(tunnels, listener)));
    FLOW_MASK_FIELD(&look, tun_src);
    FLOW_MASK_FIELD(&look, tun_dst);
    FLOW_MASK_FIELD(&look, tun_ipv6_src);
    FLOW_MASK_FIELD(&look, tun_ipv6_dst);
    FLOW_MASK_BITS(&look, tun_flags, FLOW_TUN_L3);
    xlate_look_mask(ctx, &look);
    const struct map_port *port = tunnel_map_find(tunnels, listener, key);
    if (!port) {
        xlate_report(ctx, "no tunnel port has this key and these addresses, dropping");
        ctx->drop = DROP_XLATE_TUNNEL_UNKNOWN;
        return NULL;
    }
    ctx->bridge = port->bridge;
    xlate_credit_patch(ctx, port->counters, NULL);
    if (!take_ecn(ctx)) {
        ctx->drop = DROP_XLATE_TUNNEL_ECN;
        return NULL;
    }
    take_key(ctx, port);
    return port;
}
