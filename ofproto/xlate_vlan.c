/* SPDX-License-Identifier: Apache-2.0 */
/* VLAN tags: the actions that push, pop and change them, and how the datapath is told. */
#include "ofproto/xlate_ctx.h"

static unsigned int count(const struct flow *flow)
{
    unsigned int n = 0;
    while (n < FLOW_MAX_VLANS && flow->vlan[n].tci & htons(VLAN_CFI)) {
        n++;
    }
    return n;
}

/* Of a packet without tags, that it has none says all. */
void xlate_look_vlans(struct xlate_ctx *ctx)
{
    if (ctx->p.flow.vlan[0].tci & htons(VLAN_CFI)) {
        XLATE_LOOK(ctx, vlan);
    } else {
        be16 bits = htons(VLAN_CFI | VLAN_VID_MASK);
        ctx->mask->vlan[0].tci |= bits & ~ctx->p.written.vlan[0].tci;
    }
}

/* The tags have changed, after a look at all of them. */
void xlate_vlans_written(struct xlate_ctx *ctx)
{
    struct flow *flow = &ctx->p.flow;
    if (!(flow->vlan[0].tci & htons(VLAN_CFI))) {
        /* The outer tag was cleared: the next one, if there is one, takes its place. */
        flow->vlan[0] = flow->vlan[1];
        memset(&flow->vlan[1], 0, sizeof flow->vlan[1]);
    }
    XLATE_WROTE(ctx, vlan);
}

static void push(struct xlate_ctx *ctx, be16 tpid, be16 tci)
{
    struct flow *flow = &ctx->p.flow;
    flow->vlan[1] = flow->vlan[0];
    flow->vlan[0] = (struct flow_vlan) { tpid, tci };
    XLATE_WROTE(ctx, vlan);
}

void xlate_push_vlan(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    be16 tpid = ((const struct ofp_action_ethertype *) a)->eth_type;
    xlate_look_vlans(ctx);
    if (count(&ctx->p.flow) == FLOW_MAX_VLANS) {
        /* The flow would lose sight of the innermost tag. */
        xlate_report_warn(ctx, "the packet has %d VLAN tags already", FLOW_MAX_VLANS);
        ctx->drop = DROP_XLATE_VLAN;
        ctx->exit = true;
        return;
    }
    /* A tag inherits the values of the one that it covers. */
    be16 inner = ctx->p.flow.vlan[0].tci;
    push(ctx, tpid, inner | htons(VLAN_CFI));
}

void xlate_strip_vlan(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    xlate_look_vlans(ctx);
    if (count(&ctx->p.flow)) {
        ctx->p.flow.vlan[0].tci = 0;
        xlate_vlans_written(ctx);
    }
}

/* Writes bits of the outer tag, which is made if there is none and the action says so. */
static void set_tci(struct xlate_ctx *ctx, const struct ofp_action_vlan *v, uint16_t value, uint16_t bits)
{
    xlate_look_vlans(ctx);
    struct flow_vlan *vlan = &ctx->p.flow.vlan[0];
    if (!(vlan->tci & htons(VLAN_CFI))) {
        if (!v->push_if_none) {
            return;
        }
        push(ctx, htons(ETH_TYPE_VLAN_8021Q), htons(VLAN_CFI));
    }
    vlan->tci = (vlan->tci & ~htons(bits)) | htons(value & bits);
    XLATE_WROTE(ctx, vlan);
}

void xlate_set_vlan_vid(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_vlan *v = (const struct ofp_action_vlan *) a;
    set_tci(ctx, v, v->value, VLAN_VID_MASK);
}

void xlate_set_vlan_pcp(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_vlan *v = (const struct ofp_action_vlan *) a;
    set_tci(ctx, v, (uint16_t) (v->value << VLAN_PCP_SHIFT), VLAN_PCP_MASK);
}

/* Pops what is not wanted and pushes what is missing; inner tags that are the same stay. */
void xlate_commit_vlan(struct xlate_ctx *ctx)
{
    struct flow *flow = &ctx->p.flow, *base = &ctx->p.base;
    unsigned int flow_n = count(flow), base_n = count(base), common = 0;
    while (common < flow_n && common < base_n
           && !memcmp(&flow->vlan[flow_n - 1 - common], &base->vlan[base_n - 1 - common],
                      sizeof flow->vlan[0])) {
        common++;
    }
    for (unsigned int n = base_n; n > common; n--) {
        actions_put_pop_vlan(&ctx->out->actions);
    }
    for (unsigned int n = common; n < flow_n; n++) {
        const struct flow_vlan *vlan = &flow->vlan[flow_n - 1 - n];
        actions_put_push_vlan(&ctx->out->actions, vlan->tpid, vlan->tci);
    }
    memcpy(base->vlan, flow->vlan, sizeof base->vlan);
}
