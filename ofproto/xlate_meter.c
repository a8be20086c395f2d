/* SPDX-License-Identifier: Apache-2.0 */
/* Meters: of flows, of packet-ins, of what is not cached. */
#include "ofproto/meter_table.h"
#include "ofproto/xlate_ctx.h"

/* A band may change the packet's DSCP, which nobody knows before: what stands in the packet then is not what was written. */
static void forget_dscp(struct xlate_ctx *ctx)
{
    enum { DSCP = 0xfc };
    ctx->p.written.nw_tos &= (uint8_t) ~DSCP;
    ctx->p.committed.nw_tos &= (uint8_t) ~DSCP;
}

void xlate_meter(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    uint32_t id = ((const struct ofp_action_u32 *) a)->value;
    const struct meter *meter = meter_table_lookup(ctx->bridge->ofproto, id);
    if (!meter) {
        xlate_report_warn(ctx, "meter %u does not exist", id);
        return;
    }
    bool remarks = meter_remarks(meter);
    if (remarks) {
        xlate_commit(ctx);
    }
    actions_put_meter(&ctx->out->actions, meter->dp_id);
    if (remarks) {
        forget_dscp(ctx);
    }
}

/* Begins a copy for the controllers that passes the meter 'id', or the controller's if it is 0. */
bool xlate_meter_begin_packet_in(struct xlate_ctx *ctx, uint32_t id, size_t *clone)
{
    const struct meter *meter = meter_table_lookup(ctx->bridge->ofproto, id ? id : OFPM_CONTROLLER);
    if (!meter) {
        return false;
    }
    *clone = actions_begin_clone(&ctx->out->actions);
    actions_put_meter(&ctx->out->actions, meter->dp_id);
    return true;
}

/* Every packet of a flow that is not cached comes up: the slow path's meter tells how many of them go on. */
void xlate_meter_slow_path(struct xlate_ctx *ctx)
{
    const struct meter *meter = ctx->bridge ? meter_table_lookup(ctx->bridge->ofproto, OFPM_SLOWPATH) : NULL;
    struct actions *actions = &ctx->out->actions;
    if (meter && actions->size) {
        struct actions list = ACTIONS_INIT;
        actions_put_meter(&list, meter->dp_id);
        actions_put_list(&list, actions->data, actions->size);
        actions_destroy(actions);
        *actions = list;
    }
}
