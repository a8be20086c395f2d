/* SPDX-License-Identifier: Apache-2.0 */
/* The action set (OpenFlow 1.3 section 5.10): what write_actions gathers and the end of the pipeline executes. */
#include "lib/ofp/action.h"
#include "ofproto/xlate_ctx.h"

static ofp_port_t output_port(const void *list, size_t size)
{
    ofp_port_t port = 0;
    const struct ofp_action *a;
    ofp_action_for_each (a, list, size) {
        if (a->type == OFPACT_OUTPUT) {
            port = ((const struct ofp_action_output *) a)->port;
        } else if (a->type == OFPACT_CONTROLLER) {
            port = OFPP_CONTROLLER;
        } else if (a->type == OFPACT_GROUP) {
            return 0; /* a group takes precedence */
        }
    }
    return port;
}

static void update_field(struct xlate_ctx *ctx)
{
    ctx->p.flow.actset_output = output_port(ctx->action_set.data, ctx->action_set.size);
    XLATE_WROTE(ctx, actset_output);
}

void xlate_action_set_write(struct xlate_ctx *ctx, const struct ofp_action *list, size_t size)
{
    if (ctx->action_set.size + size > OFP_ACTIONS_MAX_SIZE) {
        xlate_fail(ctx, XLATE_TOO_BIG);
        return;
    }
    ofpbuf_put(&ctx->action_set, list, size);
    ofpbuf_pad8(&ctx->action_set);
    update_field(ctx);
}

void xlate_action_set_clear(struct xlate_ctx *ctx)
{
    ctx->action_set.size = 0;
    update_field(ctx);
}

static void append(struct ofpbuf *to, const struct ofp_action *a)
{
    ofpbuf_put(to, a, a->len);
    ofpbuf_pad8(to);
}

static bool append_last(struct ofpbuf *to, const struct ofpbuf *set, enum ofp_action_type type)
{
    const struct ofp_action *a, *last = NULL;
    ofp_action_for_each (a, set->data, set->size) {
        if (a->type == type) {
            last = a;
        }
    }
    if (last) {
        append(to, last);
    }
    return last != NULL;
}

static bool is_set(const struct ofp_action *a)
{
    switch (a->type) {
    case OFPACT_SET_FIELD:
    case OFPACT_REG_MOVE:
    case OFPACT_SET_VLAN_VID:
    case OFPACT_SET_VLAN_PCP:
    case OFPACT_SET_MPLS_TTL:
        return true;
    default:
        return false;
    }
}

/* One action of each kind, the one written last, in the order that the standard gives. */
void xlate_action_set_order(struct ofpbuf *to, const struct ofpbuf *set)
{
    static const enum ofp_action_type order[] = {
        OFPACT_COPY_TTL_IN, OFPACT_STRIP_VLAN, OFPACT_POP_PBB,      OFPACT_POP_MPLS, OFPACT_PUSH_MPLS,
        OFPACT_PUSH_PBB,    OFPACT_PUSH_VLAN,  OFPACT_COPY_TTL_OUT, OFPACT_DEC_TTL,  OFPACT_DEC_MPLS_TTL,
    };
    size_t start = to->size;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        append_last(to, set, order[i]);
    }
    const struct ofp_action *a;
    ofp_action_for_each (a, set->data, set->size) {
        if (is_set(a)) {
            append(to, a);
        }
    }
    append_last(to, set, OFPACT_METER);
    append_last(to, set, OFPACT_SET_QUEUE);

    /* Of the ways out only one is gone: a group, else where the last output leads, else another table. */
    const struct ofp_action *out = NULL;
    if (append_last(to, set, OFPACT_GROUP)) {
        return;
    }
    ofp_action_for_each (a, set->data, set->size) {
        if (a->type == OFPACT_OUTPUT || a->type == OFPACT_CONTROLLER || a->type == OFPACT_ENQUEUE) {
            out = a;
        }
    }
    if (out) {
        append(to, out);
    } else if (!append_last(to, set, OFPACT_RESUBMIT)) {
        to->size = start; /* it leaves nowhere, so the rest is in vain */
    }
}

/* As OVS tells it: in the order of execution. */
static void report(struct xlate_ctx *ctx, const char *verb)
{
    if (!ctx->story) {
        return;
    }
    struct ofpbuf list = { 0 };
    struct strbuf s = STRBUF_INIT;
    xlate_action_set_order(&list, &ctx->action_set);
    if (list.size) {
        ofp_actions_format(&s, list.data, list.size, NULL);
        xlate_report(ctx, "action set %s: %s", verb, strbuf_str(&s));
    } else {
        xlate_report(ctx, "action set %s empty", verb);
    }
    strbuf_destroy(&s);
    ofpbuf_destroy(&list);
}

void xlate_clear_actions(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    report(ctx, "was");
    xlate_action_set_clear(ctx);
}

void xlate_write_actions(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    size_t size;
    const struct ofp_action *list = ofp_action_nested(a, &size);
    xlate_action_set_write(ctx, list, size);
    report(ctx, "is");
}

void xlate_action_set_execute(struct xlate_ctx *ctx)
{
    if (ctx->frozen || ctx->out->error || !ctx->action_set.size) {
        return;
    }
    struct ofpbuf list = { 0 };
    xlate_action_set_order(&list, &ctx->action_set);
    xlate_action_set_clear(ctx);
    ctx->exit = false; /* it was that of the list that has ended */
    ctx->in_action_set = true;
    if (list.size) {
        struct report_list *story = ctx->story;
        xlate_report_action_set(ctx);
        xlate_actions(ctx, list.data, list.size);
        ctx->story = story;
    }
    ctx->in_action_set = false;
    ofpbuf_destroy(&list);
}
