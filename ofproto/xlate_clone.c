/* SPDX-License-Identifier: Apache-2.0 */
/* Working on a copy of the packet: clone actions, and patch ports, behind which another bridge does what it likes. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "ofproto/xlate_ctx.h"

bool xlate_clone_save(struct xlate_ctx *ctx, struct xlate_clone *clone, bool whole)
{
    if (ctx->clones >= XLATE_MAX_CLONES || ctx->depth >= XLATE_MAX_DEPTH) {
        xlate_fail(ctx, XLATE_TOO_DEEP);
        return false;
    }
    /* The copy starts with what was done to the packet so far, so that this is done once only. */
    xlate_commit(ctx);
    ctx->clones++;
    *clone = (struct xlate_clone) {
        .saved = xmemdup(&ctx->p, sizeof ctx->p),
        .bridge = ctx->bridge,
        .stack = xmemdup(ctx->stack, ctx->stack_n * sizeof *ctx->stack),
        .stack_n = ctx->stack_n,
        .rule = ctx->rule,
        .table = ctx->table,
        .cookie = ctx->cookie,
        .next_table = ctx->next_table,
        .exit = ctx->exit,
        .in_action_set = ctx->in_action_set,
        .whole = whole,
        .story = ctx->story,
        .action_set = ctx->action_set,
    };
    ctx->action_set = (struct ofpbuf) { 0 };
    ofpbuf_put(&ctx->action_set, clone->action_set.data, clone->action_set.size);
    return true;
}

void xlate_clone_restore(struct xlate_ctx *ctx, struct xlate_clone *clone)
{
    if (ctx->frozen) {
        xlate_freeze_finish(ctx, !clone->whole);
    }
    memcpy(&ctx->p, clone->saved, sizeof ctx->p);
    free(clone->saved);
    ofpbuf_destroy(&ctx->action_set);
    ctx->action_set = clone->action_set;
    ctx->bridge = clone->bridge;
    free(ctx->stack);
    ctx->stack = clone->stack;
    ctx->stack_n = ctx->stack_allocated = clone->stack_n;
    ctx->rule = clone->rule;
    ctx->table = clone->table;
    ctx->cookie = clone->cookie;
    ctx->next_table = clone->next_table;
    ctx->exit = clone->exit;
    ctx->in_action_set = clone->in_action_set;
    ctx->story = clone->story;
    ctx->clones--;
}

bool xlate_clone_begin(struct xlate_ctx *ctx, struct xlate_clone *clone, bool whole)
{
    if (!xlate_clone_save(ctx, clone, whole)) {
        return false;
    }
    clone->offset = actions_begin_clone(&ctx->out->actions);
    return true;
}

/* Does an action leave the packet as it is? */
static bool is_harmless(const struct action *a)
{
    switch (a->type) {
    case ACTION_OUTPUT:
    case ACTION_TRUNC:
    case ACTION_UPCALL:
    case ACTION_CLONE:
    case ACTION_SAMPLE:
    case ACTION_SELECT: /* these work on a copy where they are not the last of their list */
    case ACTION_CHECK_LEN:
        return true;
    default:
        return false;
    }
}

static bool all_harmless(const struct action *list, size_t size)
{
    const struct action *a;
    action_for_each (a, list, size) {
        if (!is_harmless(a)) {
            return false;
        }
    }
    return true;
}

/* Takes the header of the clone at 'offset', which reaches to the end of the list, away from around its content. */
static void unwrap(struct actions *actions, size_t offset)
{
    uint8_t *start = actions->data + offset;
    size_t size = actions->size - offset - sizeof(struct action);
    memmove(start, start + sizeof(struct action), size);
    actions->size -= sizeof(struct action);
}

static void close_list(struct actions *actions, size_t offset)
{
    actions_end(actions, offset);
    size_t size;
    const struct action *nested =
        action_nested((const struct action *) (const void *) (actions->data + offset), &size);
    if (!size) {
        actions->size = offset;
    } else if (all_harmless(nested, size)) {
        unwrap(actions, offset);
    }
}

void xlate_clone_end(struct xlate_ctx *ctx, struct xlate_clone *clone)
{
    xlate_clone_restore(ctx, clone);
    close_list(&ctx->out->actions, clone->offset);
}

void xlate_clone_unwrap_last(struct actions *actions)
{
    for (;;) {
        size_t last = 0;
        const struct action *a, *found = NULL;
        action_for_each (a, actions->data, actions->size) {
            found = a;
        }
        if (!found || found->type != ACTION_CLONE) {
            return;
        }
        last = (const uint8_t *) found - actions->data;
        unwrap(actions, last);
    }
}
