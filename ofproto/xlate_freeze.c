/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing: storing what is left to do, and sending the packet round again, or to a controller that will resume it. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "ofproto/xlate_ctx.h"

void xlate_freeze(struct xlate_ctx *ctx, enum xlate_freeze freeze, const struct ofp_action *a)
{
    ctx->frozen = true;
    ctx->freeze.why = freeze;
    ctx->freeze.rule = ctx->rule;
    ctx->freeze.table = ctx->table;
    ctx->freeze.story = ctx->story;
    ctx->freeze.cookie = ctx->cookie;
    ctx->freeze.in_action_set = ctx->in_action_set;
    ctx->freeze.action = a ? xmemdup(a, a->len) : NULL; /* its list may be gone then */
}

/* Writing the field does not depend on what the packet is. */
static bool field_allowed(const struct xlate_ctx *ctx, const struct field *f)
{
    if (f->id == FIELD_ETH_SRC || f->id == FIELD_ETH_DST) {
        return ctx->p.unparsed < UNPARSED_L2;
    }
    return f->id == FIELD_METADATA || (f->id >= FIELD_REG0 && f->id <= FIELD_XXREG3);
}

bool xlate_freeze_allows(const struct xlate_ctx *ctx, const struct ofp_action *a)
{
    switch (a->type) {
    case OFPACT_OUTPUT:
        return ((const struct ofp_action_output *) a)->port != OFPP_NORMAL;
    case OFPACT_CONTROLLER:
    case OFPACT_SET_QUEUE:
    case OFPACT_POP_QUEUE:
    case OFPACT_ENQUEUE:
    case OFPACT_EXIT:
    case OFPACT_NOTE:
    case OFPACT_METER:
    case OFPACT_WRITE_METADATA:
    case OFPACT_WRITE_ACTIONS:
    case OFPACT_CLEAR_ACTIONS:
        return true;
    case OFPACT_STRIP_VLAN:
    case OFPACT_PUSH_VLAN:
    case OFPACT_SET_VLAN_VID:
    case OFPACT_SET_VLAN_PCP:
        return ctx->p.unparsed < UNPARSED_L2;
    case OFPACT_SET_FIELD:
        return field_allowed(ctx, ((const struct ofp_action_set_field *) a)->field);
    default:
        return false;
    }
}

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

static bool nothing_written(const uint8_t *line)
{
    return !line[0] && !memcmp(line, line + 1, FLOW_LINE_SIZE - 1);
}

/* What was written of the tunnel is not in the packet: the next tunnel port sees to it. */
static void keep_tunnel(const struct xlate_ctx *ctx, struct recirc_content *content)
{
    for (unsigned int i = FLOW_LINE_TUNNEL; i < FLOW_N_DP_LINES; i++) {
        const uint8_t *written = ctx->p.written.line[i].bytes, *flow = ctx->p.flow.line[i].bytes;
        if (i == FLOW_LINE_MPLS || nothing_written(written)) {
            continue;
        }
        flow_use_line(&content->written, i);
        flow_use_line(&content->registers, i);
        for (unsigned int j = 0; j < FLOW_LINE_SIZE; j++) {
            content->written.line[i].bytes[j] = written[j];
            content->registers.line[i].bytes[j] = flow[j] & written[j];
        }
    }
}

static struct recirc_state *store(struct xlate_ctx *ctx, bool in_clone)
{
    bool has_priority = ctx->p.written.skb_priority;
    struct recirc_content content = {
        .bridge = ctx->bridge->name,
        .in_port = ctx->p.flow.in_port,
        .has_priority = has_priority,
        .priority = has_priority ? ctx->key_priority : 0,
        .priority_now = has_priority ? ctx->p.flow.skb_priority : 0,
        .frames = ctx->frames,
        .n_frames = ctx->frames_n,
        .in_clone = in_clone,
        .action_set = ctx->action_set.data,
        .action_set_size = ctx->action_set.size,
        .stack = ctx->stack,
        .stack_size = ctx->stack_n * sizeof *ctx->stack,
    };
    flow_mask_init(&content.registers);
    flow_mask_init(&content.written);
    flow_use_line(&content.registers, FLOW_LINE_REGS);
    flow_use_line(&content.registers, FLOW_LINE_OPENFLOW);
    content.registers.line[FLOW_LINE_REGS] = ctx->p.flow.line[FLOW_LINE_REGS];
    content.registers.line[FLOW_LINE_OPENFLOW] = ctx->p.flow.line[FLOW_LINE_OPENFLOW];
    keep_tunnel(ctx, &content);
    return recirc_get(&content);
}

/* The packet-in that tells the controller how to go on, as of where the action stood. */
static void pause_for_controller(struct xlate_ctx *ctx, uint32_t id)
{
    struct xlate_packet_in in;
    ctx->rule = ctx->freeze.rule;
    ctx->table = ctx->freeze.table;
    ctx->cookie = ctx->freeze.cookie;
    ctx->in_action_set = ctx->freeze.in_action_set;
    xlate_controller_fill(ctx, (const struct ofp_action_controller *) ctx->freeze.action, &in);
    in.pause = id;
    xlate_packet_in(ctx, &in);
}

static void send_away(struct xlate_ctx *ctx, bool in_clone)
{
    struct recirc_state *state = store(ctx, in_clone);
    if (!state) {
        xlate_fail(ctx, XLATE_NO_RECIRC);
        return;
    }
    if (ctx->freeze.why == FREEZE_PAUSE) {
        pause_for_controller(ctx, state->id);
    } else {
        actions_put_recirc(&ctx->out->actions, state->id);
    }
    xlate_credit_recirc(ctx, state);
    recirc_unref(state);
}

void xlate_freeze_finish(struct xlate_ctx *ctx, bool in_clone)
{
    struct recirc_frame *frames = ctx->frames;
    size_t n = ctx->frames_n;
    struct ofp_action *action = ctx->freeze.action;
    xlate_commit(ctx);
    if (ctx->freeze.why == FREEZE_BRANCH) {
        ctx->frames = NULL;
        ctx->frames_n = ctx->frames_allocated = 0;
        ctx->frozen = false;
        ctx->freeze.action = NULL;
        xlate_branch(ctx, action, frames, n, in_clone);
    } else {
        send_away(ctx, in_clone);
    }
    for (size_t i = 0; i < n; i++) {
        ofpbuf_destroy(&frames[i].actions);
    }
    if (ctx->frames != frames) {
        free(frames);
    }
    free(action);
    ctx->freeze.action = NULL;
    ctx->frames_n = 0;
    ctx->frozen = false;
}
