/* SPDX-License-Identifier: Apache-2.0 */
/* Output to a tunnel port: the outer headers, the way through the underlay, and what the underlay's bridge does with the outer packet.
 *
 * The bits of the packet that the headers hang on are looked at like any others: the tunnel fields that OpenFlow may set, TOS and TTL
 * where they are inherited, the ECN bits of any IP packet (RFC 6040 section 4.1). Route and neighbour are noted as credits, so that a change
 * of one concerns just those flows that go by it.
 *
 * The outer packet enters the underlay's bridge as if the port with the source address had sent it. All of its fields are known but one: the
 * UDP source port, which the datapath draws from the inner connection's hash. If the bridge's tables look at that, the packet is
 * parsed again by the datapath and translated as what it then is. Tunnels in tunnels are refused. */
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/underlay.h"
#include "lib/net/tunnel_header.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_config.h"
#include "ofproto/tunnel_mtu.h"
#include "ofproto/tunnel_neigh.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

enum { KEY_24_BITS = 0xffffff, NVGRE_FLOW_ID_BITS = 8 };

/* One output on its way. */
struct send {
    const struct map_port *port;
    const struct tunnel_config *config;
    struct tunnel_header header;
    struct inet_addr src, dst;
    uint64_t key;
    uint32_t mark;
    const struct map_port *out; /* of the underlay's bridge */
    uint32_t max_len;           /* bytes of an inner packet from its Ethernet header on, 0: any */
    uint32_t frag_mtu;          /* see ACTION_TNL_PUSH */
};

/* The packet is not sent, and the datapath counts why. */
static void refuse(struct xlate_ctx *ctx, enum drop_reason reason)
{
    size_t clone = actions_begin_clone(&ctx->out->actions);
    actions_put_drop(&ctx->out->actions, reason);
    actions_end(&ctx->out->actions, clone);
}

/* Addresses and key, as configured or as OpenFlow says. */

static struct inet_addr flow_address(struct xlate_ctx *ctx, bool is_src)
{
    const struct flow *flow = &ctx->p.flow;
    if (is_src) {
        XLATE_LOOK(ctx, tun_src);
        XLATE_LOOK(ctx, tun_ipv6_src);
        return flow->tun_src ? inet_addr_v4(flow->tun_src) : inet_addr_v6(flow->tun_ipv6_src);
    }
    XLATE_LOOK(ctx, tun_dst);
    XLATE_LOOK(ctx, tun_ipv6_dst);
    return flow->tun_dst ? inet_addr_v4(flow->tun_dst) : inet_addr_v6(flow->tun_ipv6_dst);
}

static enum drop_reason choose_addresses(struct xlate_ctx *ctx, struct send *s)
{
    const struct tunnel_config *c = s->config;
    s->dst = c->remote == TUNNEL_FLOW ? flow_address(ctx, false) : c->remote_ip;
    s->src = c->local == TUNNEL_FLOW ? flow_address(ctx, true) : c->local_ip;
    bool is_v4 = inet_addr_is_v4(&s->dst);
    if (!inet_addr_is_set(&s->dst) || inet_addr_is_multicast(&s->dst) || (c->v6_only && is_v4)
        || (inet_addr_is_set(&s->src) && inet_addr_is_v4(&s->src) != is_v4)) {
        xlate_report(ctx, "tunnel port %s has no usable remote address for the packet, dropping", s->port->name);
        return DROP_XLATE_TUNNEL_REMOTE;
    }
    return DROP_NONE;
}

static enum drop_reason choose_key(struct xlate_ctx *ctx, struct send *s)
{
    const struct tunnel_config *c = s->config;
    uint64_t max = c->kind == TUNNEL_GRE && !c->nvgre ? UINT32_MAX : KEY_24_BITS;
    s->key = c->out_key_value;
    if (c->out_key == TUNNEL_FLOW) {
        XLATE_LOOK(ctx, tun_id);
        s->key = be64_to_host(ctx->p.flow.tun_id);
    }
    if (s->key > max) {
        /* Cut to fit it would be another tenant's. */
        xlate_report(ctx, "tunnel key 0x%llx is too large for port %s, dropping", (unsigned long long) s->key, s->port->name);
        return DROP_XLATE_TUNNEL_KEY;
    }
    return DROP_NONE;
}

static void choose_mark(struct xlate_ctx *ctx, struct send *s)
{
    if (!s->config->set_mark) {
        XLATE_LOOK(ctx, pkt_mark);
    }
    s->mark = s->config->set_mark ? s->config->mark : ctx->p.flow.pkt_mark;
}

/* The way. */

static void note(struct xlate_ctx *ctx, const struct xlate_underlay *u)
{
    if (ctx->in->side_effects) {
        xlate_underlay_use(u, clock_ms());
    }
    xlate_credit_underlay(ctx, u);
}

static enum drop_reason choose_route(struct xlate_ctx *ctx, struct send *s, struct underlay_route *route)
{
    struct underlay_key key = { .dst = s->dst, .src = s->src, .mark = s->mark };
    struct xlate_underlay u = { .kind = XLATE_ROUTE };
    char text[INET_ADDR_TEXT_SIZE];
    u.answer = underlay_ask(tunnel_underlay(), &key, route);
    u.route = *route;
    if (u.answer) {
        note(ctx, &u);
    } else {
        ctx->out->cacheable = false; /* nobody would notice that it changes */
    }
    inet_addr_text(&s->dst, text);
    if (!route->found || !inet_addr_is_set(&route->source)) {
        xlate_report(ctx, "no route to %s for tunnel port %s, dropping", text, s->port->name);
        return DROP_XLATE_TUNNEL_ROUTE;
    }
    if (route->local) {
        xlate_report(ctx, "%s is an address of this host, dropping", text);
        return DROP_XLATE_TUNNEL_REMOTE;
    }
    s->out = port_map_by_name(ctx->map, route->device);
    if (!s->out) {
        xlate_report(ctx, "the route to %s leaves by %s, which is no port of a bridge, dropping", text, route->device);
        return DROP_XLATE_TUNNEL_ROUTE;
    }
    return DROP_NONE;
}

static enum drop_reason choose_neighbour(struct xlate_ctx *ctx, struct send *s, const struct underlay_route *route)
{
    struct xlate_underlay u = {
        .kind = XLATE_NEIGHBOUR,
        .addr = inet_addr_is_set(&route->gateway) ? route->gateway : s->dst,
    };
    char text[INET_ADDR_TEXT_SIZE];
    strncpy(u.bridge, s->out->bridge->name, sizeof u.bridge - 1);
    memcpy(u.device, route->device, sizeof u.device);
    u.known = tunnel_neigh_lookup(u.bridge, &u.addr, &u.mac);
    note(ctx, &u);
    if (!u.known) {
        xlate_report(ctx, "neighbor cache miss for %s on bridge %s, sending %s request", inet_addr_text(&u.addr, text),
                     u.bridge, inet_addr_is_v4(&u.addr) ? "ARP" : "ND");
        return DROP_XLATE_TUNNEL_NEIGHBOUR;
    }
    s->header.eth_dst = u.mac;
    s->header.eth_src = s->out->mac;
    return DROP_NONE;
}

/* The headers. */

static void put_address(const struct inet_addr *a, uint8_t to[16])
{
    be32 ip = inet_addr_get_v4(a);
    if (inet_addr_is_v4(a)) {
        memcpy(to, &ip, sizeof ip);
    } else {
        memcpy(to, a->bytes, sizeof a->bytes);
    }
}

/* DSCP as configured or inherited; ECN in the normal mode of RFC 6040: the outer packet has the inner one's. */
static void choose_tos_and_ttl(struct xlate_ctx *ctx, struct send *s)
{
    const struct tunnel_config *c = s->config;
    const struct flow *flow = &ctx->p.flow;
    s->header.tos = c->tos;
    s->header.ttl = c->ttl;
    if (!flow_is_ip_any(flow)) {
        return;
    }
    uint8_t looked = c->tos_inherit ? UINT8_MAX : IP_ECN_MASK;
    struct flow bits;
    flow_mask_init(&bits);
    FLOW_MASK_BITS(&bits, nw_tos, looked);
    if (c->ttl_inherit) {
        FLOW_MASK_FIELD(&bits, nw_ttl);
        s->header.ttl = flow->nw_ttl;
    }
    xlate_look_mask(ctx, &bits);
    s->header.tos = (c->tos_inherit ? flow->nw_tos & IP_DSCP_MASK : c->tos) | (flow->nw_tos & IP_ECN_MASK);
}

static void fill_ip(struct xlate_ctx *ctx, struct send *s, const struct underlay_route *route)
{
    struct tunnel_header *h = &s->header;
    bool v4 = inet_addr_is_v4(&s->dst);
    h->kind = s->config->kind;
    h->eth_type = htons(v4 ? ETH_TYPE_IP : ETH_TYPE_IPV6);
    put_address(&route->source, h->src);
    put_address(&s->dst, h->dst);
    h->frag = v4 && s->config->df ? htons(IP_DONT_FRAGMENT) : 0;
    h->proto = h->kind == TUNNEL_GRE ? NW_PROTO_GRE : NW_PROTO_UDP;
    if (h->proto == NW_PROTO_UDP) {
        struct tunnel_port_range range = tunnel_port_range();
        h->udp_dst = htons(s->config->dst_port);
        if (range.min != TUNNEL_DEFAULT_PORT_MIN || range.max != TUNNEL_DEFAULT_PORT_MAX) {
            h->udp_src = htons(range.min);
            h->udp_span = htons(range.max - range.min);
        }
        h->udp_csum = s->config->csum || !v4 ? BE16_MAX : 0;
        h->vni = htonl((uint32_t) s->key);
    }
}

static void fill_vxlan(struct xlate_ctx *ctx, struct send *s)
{
    uint32_t flags = VXLAN_FLAG_VNI;
    if (s->config->gbp) {
        enum { GBP_FLAGS_SHIFT = 16 };
        XLATE_LOOK(ctx, tun_gbp_id);
        XLATE_LOOK(ctx, tun_gbp_flags);
        flags |= VXLAN_FLAG_GBP | ntohs(ctx->p.flow.tun_gbp_id)
                 | ((uint32_t) ctx->p.flow.tun_gbp_flags << GBP_FLAGS_SHIFT & (VXLAN_GBP_DONT_LEARN | VXLAN_GBP_APPLIED));
    }
    s->header.vxlan_flags = htonl(flags);
}

static void fill_gre(struct xlate_ctx *ctx, struct send *s)
{
    const struct tunnel_config *c = s->config;
    bool has_key = c->nvgre || c->out_key != TUNNEL_ANY;
    uint16_t flags = (has_key ? GRE_FLAG_KEY : 0) | (c->csum ? GRE_FLAG_CSUM : 0) | (c->seq ? GRE_FLAG_SEQ : 0);
    s->header.gre_flags = htons(flags);
    s->header.gre_key = htonl((uint32_t) (c->nvgre ? s->key << NVGRE_FLOW_ID_BITS : s->key));
    s->header.payload_type = htons(ETH_TYPE_TEB);
}

/* What fits into an outer packet that needs no fragments, where there are to be none. */
static void choose_max_len(struct send *s, const struct underlay_route *route)
{
    unsigned int overhead = tunnel_config_overhead(s->config, !inet_addr_is_v4(&s->dst), s->header.options_len);
    uint32_t mtu = route->mtu && s->out->mtu ? MIN(route->mtu, s->out->mtu) : s->out->mtu;
    if (!s->config->df) {
        mtu = route->mtu ? MIN(route->mtu, UINT16_MAX) : UINT16_MAX;
        s->frag_mtu = s->out->mtu ? MIN(mtu, s->out->mtu) : mtu;
        s->frag_mtu = MAX(s->frag_mtu, ACTION_TNL_MIN_MTU);
        return;
    }
    /* The overhead counts the inner Ethernet header where it is carried, and a packet's length always does. */
    s->max_len = mtu > overhead ? mtu - overhead + ETH_HEADER_LEN : ETH_HEADER_LEN;
    s->max_len = s->out->mtu ? s->max_len : 0;
}

/* A tunnel of IP packets takes no others, and none with tags. */
static enum drop_reason choose_payload(struct xlate_ctx *ctx, struct send *s)
{
    if (!s->config->l3) {
        return DROP_NONE;
    }
    xlate_look_vlans(ctx);
    if (!flow_is_ip_any(&ctx->p.flow) || ctx->p.flow.vlan[0].tci) {
        xlate_report(ctx, "tunnel port %s carries IP packets only, dropping", s->port->name);
        return DROP_ACTION_UNSUITED;
    }
    s->header.payload_type = ctx->p.flow.eth_type;
    return DROP_NONE;
}

static enum drop_reason prepare(struct xlate_ctx *ctx, struct send *s)
{
    struct underlay_route route;
    enum drop_reason drop = choose_addresses(ctx, s);
    drop = drop ? drop : choose_key(ctx, s);
    if (drop) {
        return drop;
    }
    choose_mark(ctx, s);
    drop = choose_route(ctx, s, &route);
    drop = drop ? drop : choose_neighbour(ctx, s, &route);
    if (drop) {
        return drop;
    }
    choose_tos_and_ttl(ctx, s);
    fill_ip(ctx, s, &route);
    switch (s->config->kind) {
    case TUNNEL_VXLAN:
        fill_vxlan(ctx, s);
        break;
    case TUNNEL_GENEVE:
        s->header.payload_type = htons(ETH_TYPE_TEB);
        xlate_tunnel_put_options(ctx, &s->header);
        break;
    case TUNNEL_GRE:
        fill_gre(ctx, s);
        break;
    }
    choose_max_len(s, &route);
    return choose_payload(ctx, s);
}

/* The outer packet. */

/* Everything in the flow is known, and none of it hangs on the packet that came more than 'mask' says already. */
static void become_outer(struct xlate_ctx *ctx, const struct send *s)
{
    const struct tunnel_header *h = &s->header;
    struct flow *flow = &ctx->p.flow;
    uint32_t priority = flow->skb_priority;
    memset(flow->line, 0, sizeof flow->line);
    flow->in_port = s->out->no;
    flow->skb_priority = priority;
    flow->pkt_mark = s->mark;
    flow->eth_dst = h->eth_dst;
    flow->eth_src = h->eth_src;
    flow->eth_type = h->eth_type;
    if (h->eth_type == htons(ETH_TYPE_IP)) {
        memcpy(&flow->nw_src, h->src, sizeof flow->nw_src);
        memcpy(&flow->nw_dst, h->dst, sizeof flow->nw_dst);
    } else {
        memcpy(flow->ipv6_src, h->src, sizeof flow->ipv6_src);
        memcpy(flow->ipv6_dst, h->dst, sizeof flow->ipv6_dst);
    }
    flow->nw_proto = h->proto;
    flow->nw_tos = h->tos;
    flow->nw_ttl = h->ttl;
    flow->tp_src = h->udp_span ? 0 : h->udp_src;
    flow->tp_dst = h->udp_dst;
    uint32_t written_priority = ctx->p.written.skb_priority;
    uint32_t committed_priority = ctx->p.committed.skb_priority;
    memset(ctx->p.written.line, 0xff, sizeof ctx->p.written.line);
    memset(ctx->p.committed.line, 0xff, sizeof ctx->p.committed.line);
    flow_copy(&ctx->p.base, flow);
    ctx->p.written.skb_priority = written_priority;
    ctx->p.committed.skb_priority = committed_priority;
    ctx->p.written.tp_src = flow->tp_src || h->proto != NW_PROTO_UDP ? BE16_MAX : 0;
    ctx->p.ttl_relative = false;
    ctx->p.unparsed = UNPARSED_NOTHING;
    ctx->p.flow_labels = ctx->p.base_labels = 0;
}

static void enter_bridge(struct xlate_ctx *ctx, const struct map_port *out)
{
    ctx->bridge = out->bridge;
    ctx->action_set.size = 0;
    ctx->stack_n = 0;
    ctx->in_action_set = false;
    ctx->rule = NULL;
    ctx->exit = false;
}

static void walk(struct xlate_ctx *ctx, const struct map_port *out)
{
    ctx->depth++;
    xlate_table(ctx, 0, out->no, true);
    ctx->depth--;
    xlate_action_set_execute(ctx);
}

/* Undoes a walk, but for the bits that it looked at. */
static void undo(struct xlate_ctx *ctx, const struct xlate_packet *before, size_t actions_size, size_t n_credits)
{
    memcpy(&ctx->p, before, sizeof ctx->p);
    ctx->out->actions.size = actions_size;
    xlate_credits_truncate(&ctx->out->credits, n_credits);
    if (ctx->frozen) {
        for (size_t i = 0; i < ctx->frames_n; i++) {
            ofpbuf_destroy(&ctx->frames[i].actions);
        }
        free(ctx->freeze.action);
        ctx->freeze.action = NULL;
        ctx->frames_n = 0;
        ctx->frozen = false;
    }
}

/* What the underlay's bridge does. If it asks for the source port, it is asked again once the datapath has seen the packet. */
static void pass_bridge(struct xlate_ctx *ctx, const struct send *s)
{
    struct xlate_packet *before = xmemdup(&ctx->p, sizeof ctx->p);
    size_t actions_size = ctx->out->actions.size, n_credits = ctx->out->credits.n;
    be16 looked = ctx->mask->tp_src;
    ctx->mask->tp_src = 0;
    enter_bridge(ctx, s->out);
    xlate_report_bridge(ctx);
    walk(ctx, s->out);
    bool asked = ctx->mask->tp_src && !ctx->out->error;
    ctx->mask->tp_src = looked;
    if (asked) {
        undo(ctx, before, actions_size, n_credits);
        enter_bridge(ctx, s->out);
        ctx->p.unparsed = UNPARSED_L2;
        walk(ctx, s->out);
    }
    free(before);
}

/* What happens to a packet that does not fit: its sender is told, if it sends IP. */
static void put_too_big(struct xlate_ctx *ctx, const struct send *s)
{
    uint32_t l2_len = ETH_HEADER_LEN;
    xlate_look_vlans(ctx);
    for (unsigned int i = 0; i < FLOW_MAX_VLANS && ctx->p.flow.vlan[i].tci; i++) {
        l2_len += VLAN_HEADER_LEN;
    }
    if (flow_is_ip_any(&ctx->p.flow) && s->max_len > l2_len) {
        struct tunnel_mtu_report report = tunnel_mtu_report(s->max_len - l2_len);
        actions_put_upcall(&ctx->out->actions, TUNNEL_MTU_QUOTE, &report, sizeof report);
    }
    actions_put_drop(&ctx->out->actions, DROP_XLATE_TUNNEL_MTU);
}

static void encapsulate(struct xlate_ctx *ctx, const struct send *s)
{
    struct actions *actions = &ctx->out->actions;
    size_t check = 0, branch = 0, bare = actions->size;
    if (s->max_len) {
        check = actions_begin_check_len(actions, s->max_len);
        branch = actions_begin_branch(actions);
        put_too_big(ctx, s);
        actions_end(actions, branch);
        branch = actions_begin_branch(actions);
    }
    actions_put_tnl_push(actions, s->port->listener, &s->header, s->frag_mtu, s->out->dp_no);
    size_t pushed = actions->size;
    become_outer(ctx, s);
    ctx->in_tunnel = true;
    pass_bridge(ctx, s);
    ctx->in_tunnel = false;
    if (ctx->frozen) {
        xlate_freeze_finish(ctx, false);
    }
    if (actions->size == pushed) {
        actions->size = bare; /* the underlay's bridge sends it nowhere */
    } else if (s->max_len) {
        actions_end(actions, branch);
        actions_end(actions, check);
    }
}

void xlate_tunnel_output(struct xlate_ctx *ctx, const struct map_port *port, uint32_t truncate)
{
    struct send s = { .port = port, .config = port->tunnel };
    enum drop_reason drop = DROP_NONE;
    if (ctx->in_tunnel) {
        xlate_report(ctx, "the packet is in a tunnel already, dropping");
        drop = DROP_XLATE_TUNNEL_RECURSION;
    } else if (truncate) {
        xlate_report(ctx, "packets into a tunnel cannot be truncated, dropping");
        drop = DROP_ACTION_UNSUITED;
    } else if (port->listener == DP_PORT_NONE) {
        xlate_report(ctx, "port %s is not in the datapath, skipping output", port->name);
        return;
    } else {
        drop = prepare(ctx, &s);
    }
    if (drop) {
        refuse(ctx, drop);
        return;
    }
    struct xlate_clone clone;
    if (!xlate_clone_begin(ctx, &clone, true)) {
        return;
    }
    xlate_credit_patch(ctx, NULL, port->counters);
    xlate_report(ctx, "output to native tunnel, tunneling through bridge %s", s.out->bridge->name);
    encapsulate(ctx, &s);
    xlate_clone_end(ctx, &clone);
}
