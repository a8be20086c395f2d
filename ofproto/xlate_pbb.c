/* SPDX-License-Identifier: Apache-2.0 */
/* Provider backbone bridging: pushing and popping the I-TAG (OpenFlow 1.3 section 5.12.3). */
#include "ofproto/xlate_ctx.h"

static bool is_pbb(const struct flow *flow)
{
    return flow->eth_type == htons(ETH_TYPE_PBB);
}

/* Tags become part of the customer's frame. */
static void clear_vlans(struct xlate_packet *p)
{
    struct flow *flows[] = { &p->flow, &p->base, &p->written, &p->committed };
    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        memset(flows[i]->vlan, i < 2 ? 0 : 0xff, sizeof flows[i]->vlan);
    }
}

/* A new I-TAG has the service of the one that it covers, and the priority of the VLAN tag. */
static uint32_t new_tci(struct xlate_ctx *ctx)
{
    const struct flow *flow = &ctx->p.flow;
    uint32_t tci = 0;
    if (is_pbb(flow)) {
        XLATE_LOOK(ctx, pbb_isid);
        XLATE_LOOK(ctx, pbb_uca);
        tci = (ntohl(flow->pbb_isid) & PBB_ISID_MASK) | (uint32_t) (flow->pbb_uca & 1) << PBB_UCA_SHIFT;
    }
    xlate_look_vlans(ctx);
    if (flow->vlan[0].tci & htons(VLAN_CFI)) {
        enum { PCP_SHIFT = 29 };
        tci |= (uint32_t) (ntohs(flow->vlan[0].tci) >> VLAN_PCP_SHIFT) << PCP_SHIFT;
    }
    return tci;
}

void xlate_push_pbb(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    struct xlate_packet *p = &ctx->p;
    uint32_t tci = new_tci(ctx);
    xlate_commit(ctx);
    actions_put_push_pbb(&ctx->out->actions, htonl(tci));
    xlate_clear_l3(p);
    xlate_clear_mpls(p);
    clear_vlans(p);
    p->flow.eth_type = p->base.eth_type = ((const struct ofp_action_ethertype *) a)->eth_type;
    p->flow.pbb_isid = p->base.pbb_isid = htonl(tci & PBB_ISID_MASK);
    p->flow.pbb_uca = p->base.pbb_uca = tci >> PBB_UCA_SHIFT & 1;
    XLATE_WROTE(ctx, eth_type);
    XLATE_WROTE(ctx, pbb_isid);
    XLATE_WROTE(ctx, pbb_uca);
    memset(&p->committed.pbb_isid, 0xff, sizeof p->committed.pbb_isid);
    p->committed.pbb_uca = 0xff;
}

void xlate_pop_pbb(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    if (!is_pbb(&ctx->p.flow)) {
        xlate_report_warn(ctx, "the packet has no I-TAG");
        return;
    }
    xlate_commit(ctx);
    actions_put_pop_pbb(&ctx->out->actions);
    ctx->p.unparsed = UNPARSED_L2;
}
