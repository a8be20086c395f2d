/* SPDX-License-Identifier: Apache-2.0 */
/* Translation: the way of a packet through a bridge's tables, one action after the other. */
#include "ofproto/xlate.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/limits.h"
#include "ofproto/table_config.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

LOG_MODULE(xlate);

COVERAGE_DEFINE(xlate_actions);
COVERAGE_DEFINE(xlate_actions_oversize);
COVERAGE_DEFINE(xlate_actions_too_deep);
COVERAGE_DEFINE(xlate_actions_stack_full);
COVERAGE_DEFINE(xlate_actions_too_many_resubmits);

/* Looking and writing. */

void xlate_flow_expand(struct flow *flow)
{
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        flow_use_line(flow, i);
    }
}

/* A TTL that the datapath decremented is the packet's own less something: a look at any bit of it is one at all of the packet's. */
static void settle_ttl(struct xlate_ctx *ctx)
{
    if (ctx->p.ttl_relative && ctx->mask->nw_ttl) {
        ctx->mask->nw_ttl = 0xff;
    }
}

void xlate_look(struct xlate_ctx *ctx, size_t offset, size_t n)
{
    uint8_t *mask = (uint8_t *) ctx->mask + offset;
    const uint8_t *written = (const uint8_t *) &ctx->p.written + offset;
    for (size_t i = 0; i < n; i++) {
        mask[i] |= (uint8_t) ~written[i];
    }
    settle_ttl(ctx);
}

void xlate_look_mask(struct xlate_ctx *ctx, const struct flow *bits)
{
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        if (bits->lines & 1u << i) {
            const uint64_t *look = (const uint64_t *) (const void *) &bits->line[i];
            const uint64_t *written = (const uint64_t *) (const void *) &ctx->p.written.line[i];
            uint64_t *mask = (uint64_t *) (void *) &ctx->mask->line[i];
            for (unsigned int j = 0; j < FLOW_LINE_SIZE / sizeof *mask; j++) {
                mask[j] |= look[j] & ~written[j];
            }
        }
    }
    settle_ttl(ctx);
}

/* Errors. */

const char *xlate_error_text(enum xlate_error error)
{
    static const char *const texts[] = {
        [XLATE_OK] = "OK",
        [XLATE_TOO_DEEP] = "Recursion too deep",
        [XLATE_TOO_MANY_RESUBMITS] = "Too many resubmits",
        [XLATE_NO_BRIDGE] = "The port belongs to no bridge",
        [XLATE_NO_RECIRC] = "Recirculation id is not known",
        [XLATE_BAD_STACK] = "Stack too deep",
        [XLATE_TOO_BIG] = "Actions too large for the datapath",
    };
    return texts[error];
}

static enum drop_reason error_drop(enum xlate_error error)
{
    switch (error) {
    case XLATE_NO_BRIDGE:
        return DROP_XLATE_BRIDGE_GONE;
    case XLATE_NO_RECIRC:
        return DROP_XLATE_NO_RECIRC;
    case XLATE_BAD_STACK:
        return DROP_XLATE_STACK;
    case XLATE_TOO_BIG:
        return DROP_XLATE_ACTION_SIZE;
    default:
        return DROP_XLATE_TOO_DEEP;
    }
}

void xlate_fail(struct xlate_ctx *ctx, enum xlate_error error)
{
    if (!ctx->out->error) {
        ctx->out->error = error;
        if (error == XLATE_TOO_DEEP) {
            COVERAGE_INC(xlate_actions_too_deep);
        } else if (error == XLATE_BAD_STACK) {
            COVERAGE_INC(xlate_actions_stack_full);
        }
        xlate_report_error(ctx, "%s", xlate_error_text(error));
    }
}

bool xlate_stopped(const struct xlate_ctx *ctx)
{
    return ctx->exit || ctx->frozen || ctx->out->error;
}

/* Tables. */

/* Fragments are looked up as the bridge was told to (OFPC_FRAG_*). False: they are dropped. */
static bool prepare_fragment(struct xlate_ctx *ctx, bool *hide_ports)
{
    enum { FRAG_NORMAL = 0, FRAG_NX_MATCH = 3 };
    uint16_t handling = __atomic_load_n(&ctx->bridge->ofproto->frag_handling, __ATOMIC_RELAXED);
    *hide_ports = false;
    if (!(ctx->p.flow.nw_frag & FLOW_FRAG_ANY) || handling == FRAG_NX_MATCH) {
        return true;
    }
    *hide_ports = true;
    return handling == FRAG_NORMAL;
}

/* A rule of 'table', with what decided in the mask. The packet counts as coming from 'in_port' for the lookup only. */
static struct rule *lookup(struct xlate_ctx *ctx, uint8_t table, ofp_port_t in_port, bool *fragment)
{
    bool hide_ports;
    *fragment = !prepare_fragment(ctx, &hide_ports);
    if (*fragment) {
        return NULL;
    }
    struct flow *flow = &ctx->p.flow;
    be16 tp_src = flow->tp_src, tp_dst = flow->tp_dst;
    uint32_t old_port = flow->in_port;
    flow->in_port = in_port;
    if (hide_ports) {
        flow->tp_src = flow->tp_dst = 0;
    }
    struct flow looked;
    flow_mask_init(&looked);
    struct rule *rule = table_lookup(ctx->bridge->ofproto, ctx->version, table, flow, &looked);
    flow->in_port = old_port;
    flow->tp_src = tp_src;
    flow->tp_dst = tp_dst;
    xlate_look_mask(ctx, &looked);
    return rule;
}

/* Do packets that match nothing in the table go to controllers? */
static bool miss_goes_up(const struct xlate_ctx *ctx, uint8_t table)
{
    switch (table_miss(ctx->bridge->ofproto, table)) {
    case OFP_MISS_CONTROLLER:
        return true;
    case OFP_MISS_DROP:
        return false;
    default:
        return connmgr_wants_misses(ctx->bridge->ofproto->connmgr);
    }
}

/* No rule matches: the packet goes to those controllers that want it, or is dropped. */
static void miss(struct xlate_ctx *ctx, uint8_t table, bool honor_miss)
{
    const struct map_port *port = map_bridge_port(ctx->bridge, ctx->p.flow.in_port);
    bool quiet = port && port->config & OFPPC_NO_PACKET_IN;
    if (!honor_miss || quiet || !miss_goes_up(ctx, table)) {
        xlate_report_no_rule(ctx, "No match.");
        if (honor_miss && !ctx->drop && connmgr_waits(ctx->bridge->ofproto->connmgr)) {
            ctx->drop = DROP_XLATE_FAIL_MODE;
        }
        return;
    }
    xlate_report_no_rule(ctx, "No match, and a \"packet-in\" is called for.");
    struct xlate_packet_in in = { .reason = OFPR_NO_MATCH, .max_len = UINT16_MAX };
    xlate_packet_in(ctx, &in);
}

/* The table after this one, if that is where packets go that match nothing (OpenFlow 1.1 section A.3.4.3). */
static bool miss_continues(const struct xlate_ctx *ctx, uint8_t table, bool honor_miss)
{
    return honor_miss && table + 1 < OFP_N_TABLES
           && table_miss(ctx->bridge->ofproto, table) == OFP_MISS_CONTINUE;
}

static void execute_rule(struct xlate_ctx *ctx, struct rule *rule)
{
    xlate_credit_rule(ctx, rule);
    xlate_report_rule(ctx, rule);
    ctx->rule = rule;
    ctx->cookie = rule_cookie(rule);
    const struct rule_actions *actions = rule_actions_rcu(rule);
    xlate_actions(ctx, actions->data, actions->size);
}

/* One table. True: the way leads on to 'next_table'. */
static bool visit(struct xlate_ctx *ctx, uint8_t table, ofp_port_t in_port, bool honor_miss)
{
    if (++ctx->resubmits > limits_resubmits()) {
        COVERAGE_INC(xlate_actions_too_many_resubmits);
        xlate_fail(ctx, XLATE_TOO_MANY_RESUBMITS);
        return false;
    }
    bool fragment;
    ctx->table = table;
    ctx->next_table = -1;
    if (table >= OFP_N_TABLES) {
        xlate_report_no_rule(ctx, "No match.");
        return false;
    }
    struct rule *rule = lookup(ctx, table, in_port, &fragment);
    xlate_credit_table(ctx, table, in_port, rule != NULL);
    if (fragment) {
        xlate_report_no_rule(ctx, "Packets are IP fragments and the fragment handling mode is \"drop\".");
        ctx->drop = DROP_XLATE_FRAGMENT;
        return false;
    }
    if (rule) {
        execute_rule(ctx, rule);
    } else {
        ctx->rule = NULL;
        ctx->cookie = BE64_MAX;
        if (miss_continues(ctx, table, honor_miss)) {
            xlate_report_no_rule(ctx, "No match.");
            ctx->next_table = table + 1;
        } else {
            miss(ctx, table, honor_miss);
        }
    }
    return ctx->next_table >= 0 && !xlate_stopped(ctx);
}

/* One table, and those that goto_table leads to. What is told afterwards belongs to the first. */
static void walk(struct xlate_ctx *ctx, uint8_t table, ofp_port_t in_port, bool honor_miss)
{
    bool on = visit(ctx, table, in_port, honor_miss);
    struct report_list *story = ctx->story;
    while (on) {
        on = visit(ctx, (uint8_t) ctx->next_table, ctx->p.flow.in_port, true);
    }
    ctx->story = story;
}

void xlate_table(struct xlate_ctx *ctx, uint8_t table, ofp_port_t in_port, bool honor_miss)
{
    if (ctx->depth >= XLATE_MAX_DEPTH) {
        xlate_fail(ctx, XLATE_TOO_DEEP);
        return;
    }
    if (ctx->p.unparsed) {
        /* Lookups want to know L3. */
        struct ofp_action_u8 go = { { .type = OFPACT_GOTO_TABLE, .len = sizeof go }, table };
        xlate_freeze(ctx, FREEZE_RECIRCULATE, NULL);
        xlate_freeze_frame(ctx, &go, sizeof go);
        return;
    }
    struct rule *old_rule = ctx->rule;
    uint8_t old_table = ctx->table;
    be64 old_cookie = ctx->cookie;
    ctx->depth++;
    walk(ctx, table, in_port, honor_miss);
    ctx->depth--;
    ctx->next_table = -1;
    ctx->rule = old_rule;
    ctx->table = old_table;
    ctx->cookie = old_cookie;
}

/* Actions that are short enough to stand here. */

static void resubmit(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_resubmit *r = (const struct ofp_action_resubmit *) a;
    ofp_port_t in_port = r->in_port == OFPP_IN_PORT ? ctx->p.flow.in_port : r->in_port;
    struct report_list *story = ctx->story;
    xlate_table(ctx, r->table == OFP_TABLE_ALL ? ctx->table : r->table, in_port, false);
    ctx->story = story;
}

static void goto_table(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    ctx->next_table = ((const struct ofp_action_u8 *) a)->value;
}

static void do_exit(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    ctx->exit = true;
}

static void do_clone(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    struct xlate_clone clone;
    if (xlate_clone_begin(ctx, &clone, false)) {
        size_t size;
        const struct ofp_action *list = ofp_action_nested(a, &size);
        ctx->depth++;
        xlate_actions(ctx, list, size);
        ctx->depth--;
        xlate_clone_end(ctx, &clone);
    }
}

static void note(struct xlate_ctx *ctx, const struct ofp_action *a)
{
}

static void (*const handlers[OFPACT_N_TYPES])(struct xlate_ctx *, const struct ofp_action *) = {
    [OFPACT_OUTPUT] = xlate_output,
    [OFPACT_CONTROLLER] = xlate_controller,
    [OFPACT_ENQUEUE] = xlate_enqueue,
    [OFPACT_OUTPUT_REG] = xlate_output_reg,
    [OFPACT_SET_FIELD] = xlate_set_field,
    [OFPACT_REG_MOVE] = xlate_reg_move,
    [OFPACT_STACK_PUSH] = xlate_stack_push,
    [OFPACT_STACK_POP] = xlate_stack_pop,
    [OFPACT_STRIP_VLAN] = xlate_strip_vlan,
    [OFPACT_PUSH_VLAN] = xlate_push_vlan,
    [OFPACT_SET_VLAN_VID] = xlate_set_vlan_vid,
    [OFPACT_SET_VLAN_PCP] = xlate_set_vlan_pcp,
    [OFPACT_PUSH_MPLS] = xlate_push_mpls,
    [OFPACT_POP_MPLS] = xlate_pop_mpls,
    [OFPACT_SET_MPLS_TTL] = xlate_set_mpls_ttl,
    [OFPACT_DEC_MPLS_TTL] = xlate_dec_mpls_ttl,
    [OFPACT_DEC_TTL] = xlate_dec_ttl,
    [OFPACT_COPY_TTL_OUT] = xlate_copy_ttl_out,
    [OFPACT_COPY_TTL_IN] = xlate_copy_ttl_in,
    [OFPACT_PUSH_PBB] = xlate_push_pbb,
    [OFPACT_POP_PBB] = xlate_pop_pbb,
    [OFPACT_SET_QUEUE] = xlate_set_queue,
    [OFPACT_POP_QUEUE] = xlate_pop_queue,
    [OFPACT_GROUP] = xlate_group,
    [OFPACT_RESUBMIT] = resubmit,
    [OFPACT_NOTE] = note,
    [OFPACT_CLONE] = do_clone,
    [OFPACT_EXIT] = do_exit,
    [OFPACT_CONJUNCTION] = note,
    [OFPACT_LEARN] = xlate_learn,
    [OFPACT_FIN_TIMEOUT] = xlate_fin_timeout,
    [OFPACT_MULTIPATH] = xlate_multipath,
    [OFPACT_BUNDLE] = xlate_bundle,
    [OFPACT_CHECK_PKT_LARGER] = xlate_check_pkt_larger,
    [OFPACT_DELETE_FIELD] = xlate_delete_field,
    [OFPACT_METER] = xlate_meter,
    [OFPACT_CLEAR_ACTIONS] = xlate_clear_actions,
    [OFPACT_WRITE_ACTIONS] = xlate_write_actions,
    [OFPACT_WRITE_METADATA] = xlate_write_metadata,
    [OFPACT_GOTO_TABLE] = goto_table,
};

/* The rest of the list from 'a' on is left for when the packet comes back. */
static void freeze_from(struct xlate_ctx *ctx, const struct ofp_action *a, const void *list, size_t size)
{
    xlate_freeze_frame(ctx, a, size - ((const uint8_t *) a - (const uint8_t *) list));
}

void xlate_actions(struct xlate_ctx *ctx, const void *list, size_t size)
{
    const struct ofp_action *a;
    ofp_action_for_each (a, list, size) {
        if (xlate_stopped(ctx)) {
            break;
        }
        if (++ctx->steps > XLATE_MAX_STEPS || ctx->out->actions.size > 4 * ACTIONS_MAX_SIZE) {
            xlate_fail(ctx, XLATE_TOO_BIG);
            break;
        }
        if (ctx->p.unparsed && !xlate_freeze_allows(ctx, a)) {
            xlate_freeze(ctx, FREEZE_RECIRCULATE, NULL);
            freeze_from(ctx, a, list, size);
            break;
        }
        const struct ofp_action *next = ofp_action_next(a);
        bool last = (const uint8_t *) next >= (const uint8_t *) list + size;
        xlate_report_action(ctx, a);
        if (a->type < OFPACT_N_TYPES && handlers[a->type]) {
            handlers[a->type](ctx, a);
        }
        if (ctx->frozen && !last) {
            freeze_from(ctx, next, list, size);
        }
    }
    if (!size) {
        xlate_report_action(ctx, NULL);
    }
}

void xlate_resume(struct xlate_ctx *ctx, const struct recirc_frame *frames, size_t n)
{
    for (size_t i = 0; i < n && !xlate_stopped(ctx); i++) {
        const struct recirc_frame *frame = &frames[i];
        ctx->table = frame->table;
        ctx->cookie = frame->cookie;
        ctx->next_table = -1;
        xlate_actions(ctx, frame->actions.data, frame->actions.size);
        if (ctx->next_table >= 0 && !xlate_stopped(ctx)) {
            xlate_table(ctx, ctx->next_table, ctx->p.flow.in_port, true);
        }
        if (ctx->frozen) {
            for (i++; i < n; i++) {
                const struct recirc_frame *rest = &frames[i];
                ctx->table = rest->table;
                ctx->cookie = rest->cookie;
                xlate_freeze_frame(ctx, rest->actions.data, rest->actions.size);
            }
        }
    }
}

/* Start and end. */

/* Bits that every megaflow has, because the others mean something only with them. */
static void look_at_basics(struct xlate_ctx *ctx)
{
    ctx->mask->in_port = UINT32_MAX;
    ctx->mask->recirc_id = UINT32_MAX;
    ctx->mask->eth_type = BE16_MAX;
    if (flow_is_ip_any(&ctx->p.flow)) {
        ctx->mask->nw_frag = 0xff;
    }
}

/* May a packet come in by the port? */
static bool accepts(struct xlate_ctx *ctx, const struct map_port *port)
{
    if (port && port->config & (OFPPC_NO_RECV | OFPPC_PORT_DOWN)) {
        xlate_report(ctx, "port %s does not receive", port->name);
        ctx->drop = DROP_XLATE_PORT_CONFIG;
        return false;
    }
    return true;
}

/* What was written of the tunnel is no part of the packet. */
static void thaw_tunnel(struct xlate_ctx *ctx, const struct recirc_content *content)
{
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        if (!(content->written.lines & 1u << i)) {
            continue;
        }
        for (unsigned int j = 0; j < FLOW_LINE_SIZE; j++) {
            uint8_t w = content->written.line[i].bytes[j], *flow = &ctx->p.flow.line[i].bytes[j];
            *flow = (uint8_t) ((*flow & ~w) | (content->registers.line[i].bytes[j] & w));
            ctx->p.written.line[i].bytes[j] |= w;
        }
    }
}

/* The rest of what a frozen translation had to do. */
static void go_on(struct xlate_ctx *ctx, const struct recirc_content *content)
{
    if (content->has_priority) {
        ctx->key_priority = content->priority;
    }
    thaw_tunnel(ctx, content);
    ofpbuf_put(&ctx->action_set, content->action_set, content->action_set_size);
    ctx->stack_n = ctx->stack_allocated = content->stack_size / sizeof *ctx->stack;
    if (ctx->stack_n) {
        ctx->stack = xmemdup(content->stack, content->stack_size);
    }
    ctx->in_clone = content->in_clone;
    xlate_resume(ctx, content->frames, content->n_frames);
    if (!content->in_clone) {
        xlate_action_set_execute(ctx);
    }
}

static void thaw(struct xlate_ctx *ctx, const struct recirc_state *state)
{
    const struct recirc_content *content = state->content;
    ctx->bridge = port_map_bridge_by_name(ctx->map, content->bridge);
    if (!ctx->bridge) {
        xlate_fail(ctx, XLATE_NO_BRIDGE);
        return;
    }
    ctx->p.flow.in_port = ctx->p.base.in_port = content->in_port;
    ctx->p.flow.line[FLOW_LINE_REGS] = content->registers.line[FLOW_LINE_REGS];
    ctx->p.flow.line[FLOW_LINE_OPENFLOW] = content->registers.line[FLOW_LINE_OPENFLOW];
    if (!ctx->in->ofproto && ctx->in->flow->lines & 1u << FLOW_LINE_TUNNEL) {
        xlate_tunnel_take_options(ctx);
    }
    xlate_report_bridge(ctx);
    xlate_report_thaw(ctx, content->n_frames ? content->frames[0].table : 0);
    go_on(ctx, content);
}

static void translate_new(struct xlate_ctx *ctx)
{
    const struct xlate_in *in = ctx->in;
    const struct map_port *port;
    if (in->ofproto) {
        ctx->bridge = port_map_bridge(ctx->map, in->ofproto);
        port = ctx->bridge ? map_bridge_port(ctx->bridge, in->flow->in_port) : NULL;
    } else {
        port = port_map_by_dp(ctx->map, in->flow->in_port);
        ctx->bridge = port ? port->bridge : NULL;
        if (!port) {
            port = xlate_tunnel_receive(ctx, in->flow->in_port);
        }
        if (!port && ctx->drop) {
            return;
        }
        if (port && port->tunnel) {
            xlate_tunnel_take_options(ctx);
        }
    }
    if (!ctx->bridge) {
        xlate_fail(ctx, XLATE_NO_BRIDGE);
        return;
    }
    if (port) {
        ctx->p.flow.in_port = ctx->p.base.in_port = port->no;
    }
    xlate_report_bridge(ctx);
    if (in->resume) {
        if (in->resume->has_priority) {
            ctx->p.flow.skb_priority = in->resume->priority_now;
            XLATE_WROTE(ctx, skb_priority);
        }
        go_on(ctx, in->resume);
        return;
    }
    if (in->actions) {
        ctx->cookie = BE64_MAX;
        xlate_actions(ctx, in->actions, in->actions_size);
    } else if (accepts(ctx, port) && !xlate_bfd(ctx, port)) {
        xlate_in_band(ctx);
        xlate_table(ctx, 0, ctx->p.flow.in_port, true);
    }
    xlate_action_set_execute(ctx);
}

static void translate_recirculated(struct xlate_ctx *ctx)
{
    struct recirc_state *state = recirc_find(ctx->in->flow->recirc_id);
    if (!state) {
        xlate_fail(ctx, XLATE_NO_RECIRC);
        return;
    }
    thaw(ctx, state);
    recirc_unref(state);
}

static void finish_actions(struct xlate_ctx *ctx)
{
    struct actions *actions = &ctx->out->actions;
    if (!ctx->out->error && ctx->frozen) {
        xlate_freeze_finish(ctx, ctx->in_clone);
    }
    xlate_clone_unwrap_last(actions);
    if (!ctx->out->cacheable) {
        xlate_meter_slow_path(ctx);
    }
    if (!ctx->out->error && actions->size > ACTIONS_MAX_SIZE) {
        COVERAGE_INC(xlate_actions_oversize);
        log_warn_rl("bridge %s: the actions for a packet are longer than the datapath takes, it is dropped",
                    ctx->bridge ? ctx->bridge->name : "?");
        xlate_fail(ctx, XLATE_TOO_BIG);
    }
    if (ctx->out->error) {
        actions_clear(actions);
        ctx->drop = error_drop(ctx->out->error);
    }
    if (!actions->size && ctx->drop) {
        actions_put_drop(actions, ctx->drop);
    }
}

static void finish_mask(struct xlate_ctx *ctx)
{
    struct flow *mask = ctx->mask;
    xlate_tunnel_finish_mask(ctx);
    mask->in_port = UINT32_MAX;
    mask->recirc_id = UINT32_MAX;
    mask->packet_type = 0; /* Weft switches nothing but Ethernet */
    mask->lines &= (1u << FLOW_N_DP_LINES) - 1;
    flow_mask_normalize(mask);
}

void xlate(const struct xlate_in *in, struct xlate_out *out)
{
    COVERAGE_INC(xlate_actions);
    memset(&out->actions, 0, sizeof out->actions);
    memset(&out->credits, 0, sizeof out->credits);
    out->error = XLATE_OK;
    out->cacheable = true;
    flow_mask_init(&out->mask);
    xlate_flow_expand(&out->mask);

    struct xlate_ctx ctx = {
        .in = in,
        .out = out,
        .map = port_map_rcu(),
        .version = version_current(),
        .mask = &out->mask,
        .next_table = -1,
    };
    struct report_list story;
    xlate_report_begin(&ctx, &story);
    flow_copy(&ctx.p.flow, in->flow);
    xlate_flow_expand(&ctx.p.flow);
    flow_copy(&ctx.p.base, &ctx.p.flow);
    ctx.p.written.lines = ctx.p.committed.lines = (1u << FLOW_N_LINES) - 1;
    ctx.key_priority = in->flow->skb_priority;
    look_at_basics(&ctx);
    xlate_mpls_init(&ctx);

    if (in->flow->recirc_id && !in->ofproto) {
        translate_recirculated(&ctx);
    } else {
        translate_new(&ctx);
    }
    finish_actions(&ctx);
    xlate_report_end(&ctx, &story);
    finish_mask(&ctx);
    if (in->final) {
        flow_copy(in->final, &ctx.p.flow);
    }
    if (in->n_packets) {
        xlate_credits_push(&out->credits, in->flow, in->n_packets, in->n_bytes, clock_ms(), in->tcp_flags);
    }
    ofpbuf_destroy(&ctx.action_set);
    free(ctx.stack);
    for (size_t i = 0; i < ctx.frames_n; i++) {
        ofpbuf_destroy(&ctx.frames[i].actions);
    }
    free(ctx.frames);
    free(ctx.freeze.action);
}

void xlate_out_destroy(struct xlate_out *out)
{
    actions_destroy(&out->actions);
    xlate_credits_destroy(&out->credits);
}
