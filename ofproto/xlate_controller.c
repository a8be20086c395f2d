/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-ins: an upcall action in the megaflow, with all that the handler needs to tell the controllers. */
#include <stdio.h>

#include "lib/base/log.h"
#include "ofproto/userdata.h"
#include "ofproto/xlate_ctx.h"

LOG_MODULE(xlate_controller);

void xlate_packet_in_emit(struct xlate_ctx *ctx, const struct xlate_packet_in *in)
{
    if (in->userdata_len > USERDATA_MAX_EXTRA) {
        xlate_report_warn(ctx, "more than %d bytes of user data", USERDATA_MAX_EXTRA);
        log_warn_rl("bridge %s: a controller action has more than %d bytes of user data, it does nothing",
                    ctx->bridge->name, USERDATA_MAX_EXTRA);
        return;
    }
    struct userdata u = {
        .in_port = ctx->p.flow.in_port,
        .table = ctx->table,
        .reason = in->reason,
        .controller_id = in->controller_id,
        .max_len = in->max_len,
        .cookie = ctx->cookie,
        .metadata = ctx->p.flow.metadata,
        .extra = in->userdata,
        .extra_len = in->userdata_len,
        .pause = in->pause,
    };
    snprintf(u.bridge, sizeof u.bridge, "%s", ctx->bridge->name);
    memcpy(u.regs, ctx->p.flow.regs, sizeof u.regs);
    uint8_t bytes[ACTION_MAX_USERDATA];
    size_t n = userdata_encode(&u, bytes);
    /* The whole packet: how much of it is sent is each connection's business. */
    size_t clone;
    bool metered = xlate_meter_begin_packet_in(ctx, in->meter_id, &clone);
    actions_put_upcall(&ctx->out->actions, UINT32_MAX, bytes, n);
    if (metered) {
        actions_end(&ctx->out->actions, clone);
    }
}

void xlate_packet_in(struct xlate_ctx *ctx, const struct xlate_packet_in *in)
{
    /* The controller sees the packet as it is now. */
    xlate_commit(ctx);
    xlate_packet_in_emit(ctx, in);
}

void xlate_controller_fill(const struct xlate_ctx *ctx, const struct ofp_action_controller *c,
                           struct xlate_packet_in *in)
{
    *in = (struct xlate_packet_in) {
        .reason = c->reason == OFPR_ACTION ? xlate_packet_in_reason(ctx) : c->reason,
        .controller_id = c->controller_id,
        .max_len = c->max_len,
        .userdata = c->userdata,
        .userdata_len = c->userdata_len,
        .meter_id = c->meter_id,
    };
}

void xlate_controller(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_controller *c = (const struct ofp_action_controller *) a;
    if (c->pause) {
        xlate_freeze(ctx, FREEZE_PAUSE, a);
        return;
    }
    struct xlate_packet_in in;
    xlate_controller_fill(ctx, c, &in);
    xlate_packet_in(ctx, &in);
}
