/* SPDX-License-Identifier: Apache-2.0 */
/* Output: to ports of every kind, real and reserved, and the queue that a packet leaves by. */
#include "lib/ofp/action.h"
#include "ofproto/xlate_ctx.h"

static bool may_send(struct xlate_ctx *ctx, const struct map_port *port)
{
    if (port->config & OFPPC_NO_FWD) {
        xlate_report(ctx, "OFPPC_NO_FWD set, skipping output");
        return false;
    }
    if (port->config & OFPPC_PORT_DOWN) {
        xlate_report(ctx, "port %s is down, skipping output", port->name);
        return false;
    }
    return true;
}

/* The packet as it enters the bridge behind a patch port: nothing but the packet itself goes along. */
static void enter_peer(struct xlate_ctx *ctx, const struct map_port *peer)
{
    ctx->bridge = peer->bridge;
    ctx->p.flow.in_port = peer->no;
    ctx->p.flow.metadata = 0;
    memset(ctx->p.flow.regs, 0, sizeof ctx->p.flow.regs);
    ctx->p.flow.actset_output = 0;
    ctx->p.flow.conj_id = 0;
    ctx->action_set.size = 0;
    ctx->stack_n = 0;
    ctx->in_action_set = false;
    ctx->rule = NULL;
}

static void output_patch(struct xlate_ctx *ctx, const struct map_port *port)
{
    const struct map_port *peer = port->peer;
    if (!peer) {
        xlate_report(ctx, "Nonexistent patch port peer, dropping");
        return;
    }
    if (peer->config & (OFPPC_NO_RECV | OFPPC_PORT_DOWN)) {
        xlate_report(ctx, "patch port peer %s does not receive, dropping", peer->name);
        return;
    }
    struct xlate_clone clone;
    if (!xlate_clone_begin(ctx, &clone, true)) {
        return;
    }
    xlate_credit_patch(ctx, peer->counters, port->counters);
    enter_peer(ctx, peer);
    xlate_report_bridge(ctx);
    ctx->depth++;
    xlate_table(ctx, 0, peer->no, true);
    ctx->depth--;
    xlate_action_set_execute(ctx);
    xlate_clone_end(ctx, &clone);
}

/* The queue that the packet leaves by may say what DSCP it gets. True if it does; the packet's own TOS is then in '*tos'. */
static bool mark_by_queue(struct xlate_ctx *ctx, const struct map_port *port, uint8_t *tos)
{
    if (!port->n_queues || !flow_is_ip_any(&ctx->p.flow)) {
        return false;
    }
    XLATE_LOOK(ctx, skb_priority);
    uint32_t priority = ctx->p.flow.skb_priority;
    uint32_t id = priority >> 16 == 1 && priority & 0xffff ? (priority & 0xffff) - 1 : 0;
    for (size_t i = 0; i < port->n_queues; i++) {
        if (port->queues[i].id == id) {
            XLATE_LOOK(ctx, nw_tos); /* it comes back behind the output */
            *tos = ctx->p.flow.nw_tos;
            ctx->p.flow.nw_tos = port->queues[i].tos | (*tos & IP_ECN_MASK);
            XLATE_WROTE(ctx, nw_tos);
            return true;
        }
    }
    return false;
}

void xlate_output_to(struct xlate_ctx *ctx, const struct map_port *port, uint32_t truncate)
{
    if (!may_send(ctx, port)) {
        return;
    }
    if (port == ctx->delivered) {
        xlate_report(ctx, "port %s has the packet already", port->name);
        return;
    }
    if (port->is_patch) {
        output_patch(ctx, port);
        return;
    }
    if (port->tunnel) {
        xlate_tunnel_output(ctx, port, truncate);
        return;
    }
    if (port->dp_no == DP_PORT_NONE) {
        xlate_report(ctx, "port %s is not in the datapath, skipping output", port->name);
        return;
    }
    if (port->internal && xlate_tunnel_terminate(ctx, port)) {
        return;
    }
    uint8_t tos;
    bool marked = mark_by_queue(ctx, port, &tos);
    xlate_commit(ctx);
    if (truncate) {
        actions_put_trunc(&ctx->out->actions, MAX(truncate, ETH_HEADER_LEN));
    }
    actions_put_output(&ctx->out->actions, port->dp_no);
    if (marked) {
        ctx->p.flow.nw_tos = tos;
    }
}

static void flood(struct xlate_ctx *ctx, bool all, uint32_t truncate)
{
    for (size_t i = 0; i < ctx->bridge->n_ports && !ctx->out->error; i++) {
        const struct map_port *port = ctx->bridge->ports[i];
        if (port->no == ctx->p.flow.in_port || (!all && port->config & OFPPC_NO_FLOOD)) {
            continue;
        }
        xlate_output_to(ctx, port, truncate);
    }
}

static void output_to_number(struct xlate_ctx *ctx, ofp_port_t no, uint32_t truncate)
{
    const struct map_port *port = map_bridge_port(ctx->bridge, no);
    if (port) {
        xlate_output_to(ctx, port, truncate);
    } else {
        xlate_report_warn(ctx, "Nonexistent output port");
    }
}

enum ofp_packet_in_reason xlate_packet_in_reason(const struct xlate_ctx *ctx)
{
    if (ctx->in_group) {
        return OFPR_GROUP;
    }
    if (ctx->in_action_set) {
        return OFPR_ACTION_SET;
    }
    if (ctx->in->actions && !ctx->rule) {
        return OFPR_PACKET_OUT;
    }
    /* The table-miss flow of OpenFlow 1.3 section 5.4. */
    bool table_miss = ctx->rule && !ctx->rule->priority && !ctx->rule->match.mask->n_words;
    return table_miss ? OFPR_EXPLICIT_MISS : OFPR_ACTION;
}

void xlate_output_port(struct xlate_ctx *ctx, ofp_port_t no, uint16_t max_len, uint32_t truncate)
{
    switch (no) {
    case OFPP_IN_PORT:
        output_to_number(ctx, ctx->p.flow.in_port, truncate);
        break;
    case OFPP_TABLE: {
        struct report_list *story = ctx->story;
        xlate_table(ctx, 0, ctx->p.flow.in_port, true);
        ctx->story = story;
        break;
    }
    case OFPP_NORMAL:
        xlate_normal(ctx);
        break;
    case OFPP_FLOOD:
        flood(ctx, false, truncate);
        break;
    case OFPP_ALL:
        flood(ctx, true, truncate);
        break;
    case OFPP_CONTROLLER: {
        struct xlate_packet_in in = { .reason = xlate_packet_in_reason(ctx), .max_len = max_len };
        xlate_packet_in(ctx, &in);
        break;
    }
    case OFPP_NONE:
        break;
    default:
        if (no == ctx->p.flow.in_port) {
            xlate_report_warn(ctx, "skipping output to input port");
        } else {
            output_to_number(ctx, no, truncate);
        }
    }
}

void xlate_output(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_output *output = (const struct ofp_action_output *) a;
    xlate_output_port(ctx, output->port, output->max_len, output->truncate);
}

/* Queues. */

/* The class of a hierarchical queueing discipline that the kernel sends packets of this priority by: 1:(queue + 1). */
static uint32_t queue_priority(uint32_t queue)
{
    return queue < 0xf000 ? 1u << 16 | (queue + 1) : 0;
}

static void set_priority(struct xlate_ctx *ctx, uint32_t priority)
{
    XLATE_LOOK(ctx, skb_priority);
    ctx->p.flow.skb_priority = priority;
    XLATE_WROTE(ctx, skb_priority);
}

void xlate_set_queue(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    set_priority(ctx, queue_priority(((const struct ofp_action_u32 *) a)->value));
}

void xlate_pop_queue(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    set_priority(ctx, ctx->key_priority);
    xlate_report(ctx, "queue = %u", ctx->key_priority);
}

void xlate_enqueue(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_enqueue *enqueue = (const struct ofp_action_enqueue *) a;
    uint32_t old = ctx->p.flow.skb_priority;
    set_priority(ctx, queue_priority(enqueue->queue));
    ofp_port_t port = enqueue->port == OFPP_IN_PORT ? ctx->p.flow.in_port : enqueue->port;
    output_to_number(ctx, port, 0);
    set_priority(ctx, old);
}
