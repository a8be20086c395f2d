/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the fields that say which header follows: the Ethernet type, the IP protocol, the bottom-of-stack bit. What is behind them is
 * another thing then, which the datapath has to parse before anybody can look at it. */
#include "ofproto/xlate_ctx.h"

bool xlate_is_retype(const struct field *f)
{
    return f->id == FIELD_ETH_TYPE || f->id == FIELD_IP_PROTO || f->id == FIELD_MPLS_BOS;
}

static void write_eth_type(struct xlate_ctx *ctx)
{
    struct set_eth_type value = { ctx->p.flow.eth_type }, mask = { BE16_MAX };
    XLATE_WROTE(ctx, eth_type);
    actions_put_set(&ctx->out->actions, ACTION_SET_ETH_TYPE, &value, &mask);
    ctx->p.base.eth_type = ctx->p.flow.eth_type;
    xlate_clear_mpls(&ctx->p);
}

void xlate_retype(struct xlate_ctx *ctx, const struct field *f, const union field_value *value,
                  const union field_value *mask)
{
    struct flow *flow = &ctx->p.flow;
    /* What was written of the headers that the packet had until now is written first. */
    xlate_commit(ctx);
    if (f->id == FIELD_MPLS_BOS) {
        xlate_look_mpls(ctx);
    }
    union field_value whole;
    field_exact_mask(f, &whole);
    if (memcmp(mask, &whole, f->n_bytes)) {
        /* The field is written as a whole, with what was in its other bits. */
        struct flow looked;
        flow_mask_init(&looked);
        field_mask(f, NULL, &looked);
        xlate_look_mask(ctx, &looked);
    }
    be16 old_type = flow->eth_type;
    field_write_masked(f, value, mask, flow);
    switch (f->id) {
    case FIELD_ETH_TYPE:
        if (ntohs(flow->eth_type) < ETH_TYPE_MIN) {
            xlate_report_warn(ctx, "%#x is no Ethernet type", ntohs(flow->eth_type));
            flow->eth_type = old_type;
            return;
        }
        write_eth_type(ctx);
        break;
    case FIELD_IP_PROTO:
        XLATE_WROTE(ctx, nw_proto);
        xlate_commit(ctx);
        break;
    default:
        xlate_mpls_written(ctx);
        xlate_commit(ctx);
    }
    xlate_clear_l3(&ctx->p);
    ctx->p.unparsed = MAX(ctx->p.unparsed, UNPARSED_L3);
}
