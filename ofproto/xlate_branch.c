/* SPDX-License-Identifier: Apache-2.0 */
/* Branches: what the translator cannot know of a packet, and the datapath can. Everything that is left to do is translated once for
 * each answer, and the datapath executes one of the lists. */
#include "ofproto/xlate_ctx.h"

void xlate_check_pkt_larger(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    /* The lists are left first, so that what outer ones still have to do is in both branches too. */
    xlate_freeze(ctx, FREEZE_BRANCH, a);
}

static void translate(struct xlate_ctx *ctx, const struct ofp_action_check_pkt_larger *check, bool greater,
                      const struct recirc_frame *frames, size_t n, bool in_clone)
{
    struct xlate_clone saved;
    if (!xlate_clone_save(ctx, &saved, !in_clone)) {
        return;
    }
    ctx->exit = false;
    ctx->story = ctx->freeze.story;
    size_t branch = actions_begin_branch(&ctx->out->actions);
    xlate_write_subfield(ctx, &check->dst, greater);
    xlate_resume(ctx, frames, n);
    if (!in_clone) {
        xlate_action_set_execute(ctx);
    }
    xlate_clone_restore(ctx, &saved);
    actions_end(&ctx->out->actions, branch);
}

void xlate_branch(struct xlate_ctx *ctx, const struct ofp_action *a, const struct recirc_frame *frames, size_t n,
                  bool in_clone)
{
    const struct ofp_action_check_pkt_larger *check = (const struct ofp_action_check_pkt_larger *) a;
    size_t offset = actions_begin_check_len(&ctx->out->actions, check->pkt_len);
    translate(ctx, check, true, frames, n, in_clone);
    translate(ctx, check, false, frames, n, in_clone);
    if (ctx->out->actions.size == offset + sizeof(struct action_check_len) + 2 * sizeof(struct action)) {
        ctx->out->actions.size = offset; /* nothing is done either way */
        return;
    }
    actions_end(&ctx->out->actions, offset);
}
