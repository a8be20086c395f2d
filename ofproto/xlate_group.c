/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: the buckets that a packet goes through, each on a copy of it (OpenFlow 1.5 section 5.10). What follows the group
 * action sees the packet as it was before. */
#include <stdlib.h>

#include "ofproto/group_table.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

/* A bucket's actions are carried out as an action set is: one of each kind, in the standard's order. */
static void execute(struct xlate_ctx *ctx, const struct group_bucket *bucket)
{
    struct ofpbuf list = { NULL, 0, 0 };
    bool in_group = ctx->in_group;
    xlate_action_set_order(&list, &bucket->b.actions);
    xlate_report_bucket(ctx, bucket->b.id);
    ctx->in_group = true;
    ctx->depth++;
    xlate_actions(ctx, list.data, list.size);
    ctx->depth--;
    ctx->in_group = in_group;
    ofpbuf_destroy(&list);
}

void xlate_group_bucket(struct xlate_ctx *ctx, const struct group *group, size_t i)
{
    struct xlate_clone clone;
    if (xlate_clone_begin(ctx, &clone, false)) {
        execute(ctx, &group->buckets[i]);
        xlate_clone_end(ctx, &clone);
    }
}

void xlate_group_branch(struct xlate_ctx *ctx, const struct group *group, size_t i)
{
    struct xlate_clone saved;
    if (xlate_clone_save(ctx, &saved, false)) {
        execute(ctx, &group->buckets[i]);
        xlate_clone_restore(ctx, &saved);
    }
}

static void all(struct xlate_ctx *ctx, struct group *group)
{
    xlate_credit_group(ctx, group, XLATE_ALL_BUCKETS);
    for (size_t i = 0; i < group->n_buckets && !ctx->out->error; i++) {
        xlate_group_bucket(ctx, group, i);
    }
}

/* Indirect groups have one bucket at most. */
static void first_live(struct xlate_ctx *ctx, struct group *group)
{
    int i = group_first_live(group);
    xlate_credit_group(ctx, group, i < 0 ? XLATE_NO_BUCKET : (uint32_t) i);
    if (i < 0) {
        xlate_report(ctx, "no live bucket");
        ctx->drop = DROP_NO_LIVE_BUCKET;
        return;
    }
    if (group->type == OFPGT_FF) {
        xlate_report(ctx, "using bucket %u", group->buckets[i].b.id);
    }
    xlate_group_bucket(ctx, group, (size_t) i);
}

void xlate_group(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    uint32_t id = ((const struct ofp_action_u32 *) a)->value;
    struct group *group = group_table_lookup(ctx->bridge->ofproto, id, ctx->version);
    if (!group) {
        xlate_report_warn(ctx, "output to nonexistent group %u", id);
        xlate_credit_no_group(ctx);
        ctx->drop = DROP_XLATE_NO_GROUP;
        return;
    }
    if (ctx->depth >= XLATE_MAX_DEPTH) {
        xlate_fail(ctx, XLATE_TOO_DEEP);
        return;
    }
    switch (group->type) {
    case OFPGT_ALL:
        all(ctx, group);
        break;
    case OFPGT_INDIRECT:
    case OFPGT_FF:
        first_live(ctx, group);
        break;
    case OFPGT_SELECT:
        xlate_select(ctx, group);
        break;
    case OFPGT_N:
        break;
    }
}
