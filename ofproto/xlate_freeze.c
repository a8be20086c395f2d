/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing: storing what is left to do, and sending the packet round again. */
#include "lib/base/mem.h"
#include "ofproto/xlate_ctx.h"

void xlate_freeze_frame(struct xlate_ctx *ctx, const void *list, size_t size)
{
    if (ctx->frames_n == ctx->frames_allocated) {
        ctx->frames = grow_array(ctx->frames, &ctx->frames_allocated, sizeof *ctx->frames);
    }
    struct recirc_frame *frame = &ctx->frames[ctx->frames_n++];
    *frame = (struct recirc_frame) {
        .in_port = ctx->p.flow.in_port,
        .table = ctx->table,
        .cookie = ctx->cookie,
    };
    ofpbuf_put(&frame->actions, list, size);
    ofpbuf_pad8(&frame->actions);
}

void xlate_freeze_finish(struct xlate_ctx *ctx, bool in_clone)
{
    xlate_commit(ctx);
    struct recirc_content content = {
        .bridge = ctx->bridge->name,
        .in_port = ctx->p.flow.in_port,
        .frames = ctx->frames,
        .n_frames = ctx->frames_n,
        .in_clone = in_clone,
        .action_set = ctx->action_set.data,
        .action_set_size = ctx->action_set.size,
        .stack = ctx->stack,
        .stack_size = ctx->stack_n * sizeof *ctx->stack,
    };
    content.registers.lines = 0;
    flow_use_line(&content.registers, FLOW_LINE_REGS);
    flow_use_line(&content.registers, FLOW_LINE_OPENFLOW);
    content.registers.line[FLOW_LINE_REGS] = ctx->p.flow.line[FLOW_LINE_REGS];
    content.registers.line[FLOW_LINE_OPENFLOW] = ctx->p.flow.line[FLOW_LINE_OPENFLOW];

    struct recirc_state *state = recirc_get(&content);
    if (state) {
        xlate_report(ctx, "the packet is looked at again, with recirculation id %#x", state->id);
        actions_put_recirc(&ctx->out->actions, state->id);
        xlate_credit_recirc(ctx, state);
        recirc_unref(state);
    } else {
        xlate_fail(ctx, XLATE_NO_RECIRC);
    }
    for (size_t i = 0; i < ctx->frames_n; i++) {
        ofpbuf_destroy(&ctx->frames[i].actions);
    }
    ctx->frames_n = 0;
    ctx->frozen = false;
}
