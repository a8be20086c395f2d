/* SPDX-License-Identifier: Apache-2.0 */
/* MPLS labels: the actions that push, pop and change them, and how the datapath is told.
 *
 * A pushed label hides what is behind it, a popped one leaves it unknown: in both cases the flow has no L3 any more. Behind a pop
 * the packet goes through the datapath's parser again as soon as somebody asks for L3 (unparsed). */
#include "ofproto/xlate_ctx.h"

/* The labels that a packet's flow shows. There is at least one, even if it is all zero. */
static unsigned int count(const struct flow *flow)
{
    if (!flow_is_mpls(flow)) {
        return 0;
    }
    unsigned int n = 1;
    while (n < FLOW_MAX_MPLS && !(flow->mpls_lse[n - 1] & htonl(MPLS_BOS_MASK)) && flow->mpls_lse[n]) {
        n++;
    }
    return n;
}

void xlate_mpls_init(struct xlate_ctx *ctx)
{
    ctx->p.flow_labels = ctx->p.base_labels = (uint8_t) count(&ctx->p.flow);
}

void xlate_look_mpls(struct xlate_ctx *ctx)
{
    if (flow_is_mpls(&ctx->p.flow)) {
        XLATE_LOOK(ctx, mpls_lse);
    }
}

void xlate_mpls_written(struct xlate_ctx *ctx)
{
    XLATE_WROTE(ctx, mpls_lse);
}

void xlate_clear_l3(struct xlate_packet *p)
{
    struct flow *flows[] = { &p->flow, &p->base, &p->written, &p->committed };
    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        memset(&flows[i]->line[FLOW_LINE_L3], i < 2 ? 0 : 0xff, FLOW_LINE_SIZE);
        memset(&flows[i]->line[FLOW_LINE_IPV6], i < 2 ? 0 : 0xff, FLOW_LINE_SIZE);
    }
    p->ttl_relative = false;
}

void xlate_clear_mpls(struct xlate_packet *p)
{
    struct flow *flows[] = { &p->flow, &p->base, &p->written, &p->committed };
    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        memset(flows[i]->mpls_lse, i < 2 ? 0 : 0xff, sizeof flows[i]->mpls_lse);
    }
    p->flow_labels = p->base_labels = 0;
}

static be32 first_label(struct xlate_ctx *ctx)
{
    uint8_t ttl = 64;
    uint32_t label = 0;
    if (flow_is_ip_any(&ctx->p.flow)) {
        XLATE_LOOK(ctx, nw_ttl);
        ttl = ctx->p.flow.nw_ttl ? ctx->p.flow.nw_ttl : 64;
        /* The explicit null labels of RFC 3032. */
        label = ctx->p.flow.eth_type == htons(ETH_TYPE_IPV6) ? 2 : 0;
    }
    return htonl(label << MPLS_LABEL_SHIFT | MPLS_BOS_MASK | ttl);
}

void xlate_push_mpls(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    be16 eth_type = ((const struct ofp_action_ethertype *) a)->eth_type;
    struct flow *flow = &ctx->p.flow;
    xlate_look_mpls(ctx);
    if (!flow_is_mpls(flow)) {
        /* What was written behind the label must be in the packet before the label covers it. */
        be32 lse = first_label(ctx);
        xlate_commit(ctx);
        xlate_clear_l3(&ctx->p);
        memset(flow->mpls_lse, 0, sizeof flow->mpls_lse);
        flow->mpls_lse[0] = lse;
    } else {
        if (ctx->p.flow_labels == FLOW_MAX_MPLS) {
            xlate_report_warn(ctx, "the packet has %d MPLS labels already", FLOW_MAX_MPLS);
            ctx->drop = DROP_ACTION_UNSUITED;
            ctx->exit = true;
            return;
        }
        memmove(&flow->mpls_lse[1], &flow->mpls_lse[0], (FLOW_MAX_MPLS - 1) * sizeof flow->mpls_lse[0]);
        flow->mpls_lse[0] &= ~htonl(MPLS_BOS_MASK);
    }
    flow->eth_type = eth_type;
    ctx->p.flow_labels++;
    XLATE_WROTE(ctx, eth_type);
    xlate_mpls_written(ctx);
}

/* Pops a label behind which the flow shows nothing: the datapath is told at once, since what is left is not known. */
static void pop_to_unknown(struct xlate_ctx *ctx, be16 eth_type)
{
    xlate_commit(ctx);
    actions_put_pop_mpls(&ctx->out->actions, eth_type);
    struct flow *flows[] = { &ctx->p.flow, &ctx->p.base };
    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        memset(flows[i]->mpls_lse, 0, sizeof flows[i]->mpls_lse);
        flows[i]->eth_type = eth_type;
    }
    ctx->p.flow_labels = ctx->p.base_labels = 0;
    xlate_clear_l3(&ctx->p);
    ctx->p.unparsed = UNPARSED_L3;
}

void xlate_pop_mpls(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    be16 eth_type = ((const struct ofp_action_ethertype *) a)->eth_type;
    struct flow *flow = &ctx->p.flow;
    if (!flow_is_mpls(flow)) {
        return;
    }
    xlate_look_mpls(ctx);
    XLATE_WROTE(ctx, eth_type);
    xlate_mpls_written(ctx);
    bool to_mpls = eth_type == htons(ETH_TYPE_MPLS) || eth_type == htons(ETH_TYPE_MPLS_MCAST);
    if (!to_mpls || ctx->p.flow_labels == 1) {
        pop_to_unknown(ctx, eth_type);
        return;
    }
    memmove(&flow->mpls_lse[0], &flow->mpls_lse[1], (FLOW_MAX_MPLS - 1) * sizeof flow->mpls_lse[0]);
    flow->mpls_lse[FLOW_MAX_MPLS - 1] = 0;
    flow->eth_type = eth_type;
    ctx->p.flow_labels--;
}

static void set_ttl(struct xlate_ctx *ctx, uint8_t ttl)
{
    be32 *lse = &ctx->p.flow.mpls_lse[0];
    *lse = (*lse & ~htonl(MPLS_TTL_MASK)) | htonl(ttl);
    xlate_mpls_written(ctx);
}

void xlate_set_mpls_ttl(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    if (flow_is_mpls(&ctx->p.flow)) {
        xlate_look_mpls(ctx);
        set_ttl(ctx, ((const struct ofp_action_u8 *) a)->value);
    }
}

void xlate_dec_mpls_ttl(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    if (!flow_is_mpls(&ctx->p.flow)) {
        return;
    }
    xlate_look_mpls(ctx);
    uint8_t ttl = ntohl(ctx->p.flow.mpls_lse[0]) & MPLS_TTL_MASK;
    if (ttl > 1) {
        set_ttl(ctx, ttl - 1);
        return;
    }
    xlate_report_warn(ctx, "MPLS decrement TTL exception");
    struct xlate_packet_in in = { .reason = OFPR_INVALID_TTL, .max_len = UINT16_MAX };
    xlate_packet_in(ctx, &in);
    ctx->drop = DROP_TTL_EXPIRED;
    ctx->exit = true;
    xlate_action_set_clear(ctx);
}

/* As for VLAN tags, but a label that only changed is written in place. Labels are compared from the bottom up, so that it does not
 * matter whether the stack is deeper than the flow shows. */
void xlate_commit_mpls(struct xlate_ctx *ctx)
{
    struct flow *flow = &ctx->p.flow, *base = &ctx->p.base;
    struct actions *actions = &ctx->out->actions;
    unsigned int flow_n = ctx->p.flow_labels, base_n = ctx->p.base_labels, same = 0;
    while (same < flow_n && same < base_n
           && flow->mpls_lse[flow_n - 1 - same] == base->mpls_lse[base_n - 1 - same]) {
        same++;
    }
    bool in_place = flow_n > same && base_n > same;
    for (; base_n > same + in_place; base_n--) {
        actions_put_pop_mpls(actions, flow->eth_type);
    }
    if (in_place) {
        struct set_mpls value = { flow->mpls_lse[flow_n - 1 - same] }, mask = { BE32_MAX };
        actions_put_set(actions, ACTION_SET_MPLS, &value, &mask);
        same++;
    }
    for (; same < flow_n; same++) {
        actions_put_push_mpls(actions, flow->eth_type, flow->mpls_lse[flow_n - 1 - same]);
    }
    memcpy(base->mpls_lse, flow->mpls_lse, sizeof base->mpls_lse);
    base->eth_type = flow->eth_type;
    ctx->p.base_labels = ctx->p.flow_labels;
}
