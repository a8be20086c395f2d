/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on the TTL of IP, and those that copy it from one header to the next. */
#include "ofproto/xlate_ctx.h"

static void tell_invalid_ttl(struct xlate_ctx *ctx, const struct ofp_action_dec_ttl *dec)
{
    for (unsigned int i = 0; i < dec->n_ids; i++) {
        struct xlate_packet_in in = {
            .reason = OFPR_INVALID_TTL,
            .controller_id = dec->ids[i],
            .max_len = UINT16_MAX,
        };
        xlate_packet_in_emit(ctx, &in);
    }
}

/* Lets the datapath decrement, whatever the TTL is: one megaflow for all TTLs. */
static void dec_in_datapath(struct xlate_ctx *ctx, const struct ofp_action_dec_ttl *dec)
{
    xlate_commit(ctx);
    size_t offset = actions_begin_dec_ttl(&ctx->out->actions);
    tell_invalid_ttl(ctx, dec);
    actions_end(&ctx->out->actions, offset);
    ctx->p.flow.nw_ttl--;
    ctx->p.base.nw_ttl = ctx->p.flow.nw_ttl;
    /* Bits that were written before are mixed with the packet's own by now. */
    ctx->p.written.nw_ttl = ctx->p.committed.nw_ttl = 0;
    ctx->p.ttl_relative = true;
}

void xlate_dec_ttl(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_dec_ttl *dec = (const struct ofp_action_dec_ttl *) a;
    if (!flow_is_ip_any(&ctx->p.flow)) {
        return;
    }
    if (ctx->p.written.nw_ttl != 0xff) {
        dec_in_datapath(ctx, dec);
        return;
    }
    if (ctx->p.flow.nw_ttl > 1) {
        ctx->p.flow.nw_ttl--;
        XLATE_WROTE(ctx, nw_ttl);
        return;
    }
    xlate_report_warn(ctx, "IPv%d decrement TTL exception", ctx->p.flow.eth_type == htons(ETH_TYPE_IP) ? 4 : 6);
    xlate_commit(ctx);
    tell_invalid_ttl(ctx, dec);
    ctx->drop = DROP_TTL_EXPIRED;
    ctx->exit = true;
    xlate_action_set_clear(ctx);
}

/* Copying. */

/* The datapath does it, which sees the IP header behind a label too. */
static void copy_ttl(struct xlate_ctx *ctx, bool inwards)
{
    struct flow *flow = &ctx->p.flow, *base = &ctx->p.base;
    if (!flow_is_mpls(flow)) {
        xlate_report_warn(ctx, "the packet has no two headers with a TTL");
        return;
    }
    xlate_look_mpls(ctx);
    xlate_commit(ctx);
    actions_put_copy_ttl(&ctx->out->actions, inwards);
    be32 ttl = htonl(MPLS_TTL_MASK);
    if (ctx->p.flow_labels > 1) {
        unsigned int from = inwards ? 0 : 1, to = inwards ? 1 : 0;
        flow->mpls_lse[to] = (flow->mpls_lse[to] & ~ttl) | (flow->mpls_lse[from] & ttl);
        base->mpls_lse[to] = flow->mpls_lse[to];
        xlate_mpls_written(ctx);
    } else if (!inwards || !(flow->mpls_lse[0] & htonl(MPLS_BOS_MASK))) {
        ctx->p.unparsed = UNPARSED_L3; /* the TTL is that of a header which the flow does not show */
    }
}

void xlate_copy_ttl_out(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    copy_ttl(ctx, false);
}

void xlate_copy_ttl_in(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    copy_ttl(ctx, true);
}
