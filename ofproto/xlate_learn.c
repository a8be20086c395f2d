/* SPDX-License-Identifier: Apache-2.0 */
/* The learn action: makes a flow out of a packet. It is carried out while the packet is handled, so that the answer to the packet finds the
 * flow, and again whenever the megaflow's statistics are pushed, so that the flow lives as long as there are such packets. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "ofproto/table_learn.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

/* The low bits of 'from' (of 'size' bytes) become those of 'to' from 'ofs' on (of 'to_size' bytes); 'bits' gets 1-bits there. */
static void place_bits(const uint8_t *from, size_t size, unsigned int from_ofs, unsigned int n_bits, const struct subfield *dst,
                       union field_value *to, union field_value *bits)
{
    memset(to, 0, sizeof *to);
    memset(bits, 0, sizeof *bits);
    for (unsigned int i = 0; i < n_bits; i++) {
        unsigned int f = from_ofs + i, t = dst->ofs + i;
        uint8_t *byte = &to->b[dst->field->n_bytes - 1 - t / 8];
        bits->b[dst->field->n_bytes - 1 - t / 8] |= (uint8_t) (1u << t % 8);
        *byte |= (uint8_t) ((from[size - 1 - f / 8] >> f % 8 & 1) << t % 8);
    }
}

/* What the specification takes from the packet, or says itself, as the value of its target. */
static void spec_value(const struct ofp_learn_spec *spec, const struct flow *flow, const struct subfield *dst,
                       union field_value *value, union field_value *bits)
{
    if (spec->source == OFP_LEARN_FROM_FIELD) {
        union field_value field;
        field_read(spec->src.field, flow, &field);
        place_bits(field.b, spec->src.field->n_bytes, spec->src.ofs, spec->n_bits, dst, value, bits);
    } else {
        place_bits(spec->value.b, DIV_ROUND_UP(spec->n_bits, 8u), 0, spec->n_bits, dst, value, bits);
    }
}

static void add_match(const struct ofp_learn_spec *spec, const struct flow *flow, struct match *match)
{
    union field_value value, bits, old_value, old_bits;
    spec_value(spec, flow, &spec->dst, &value, &bits);
    if (field_get_match(spec->dst.field, match, &old_value, &old_bits)) {
        for (unsigned int i = 0; i < spec->dst.field->n_bytes; i++) {
            value.b[i] |= old_value.b[i] & (uint8_t) ~bits.b[i];
            bits.b[i] |= old_bits.b[i];
        }
    }
    field_set_match(spec->dst.field, match, &value, &bits);
}

static void add_load(const struct ofp_learn_spec *spec, const struct flow *flow, struct ofpbuf *actions)
{
    struct ofp_action_set_field *set = ofp_actions_put(actions, OFPACT_SET_FIELD, sizeof *set);
    set->field = spec->dst.field;
    spec_value(spec, flow, &spec->dst, &set->value, &set->mask);
    set->a.raw = ACTION_RAW_LOAD;
}

/* A port as in a 16-bit register. What is no port leads nowhere. */
static void add_output(const struct ofp_learn_spec *spec, const struct flow *flow, struct ofpbuf *actions)
{
    static const uint16_t width = 32;
    const struct subfield dst = { field_get(FIELD_REG0), 0, MIN(spec->n_bits, width) };
    union field_value value, bits;
    spec_value(spec, flow, &dst, &value, &bits);
    uint32_t number = ntohl(value.be32);
    ofp_port_t port = number <= UINT16_MAX ? ofp_port_from_10((uint16_t) number) : number;
    if (port < OFPP_MAX || port == OFPP_IN_PORT || port == OFPP_FLOOD || port == OFPP_ALL || port == OFPP_LOCAL
        || port == OFPP_CONTROLLER || port == OFPP_NORMAL) {
        struct ofp_action_output *output = ofp_actions_put(actions, OFPACT_OUTPUT, sizeof *output);
        output->port = port;
        output->max_len = UINT16_MAX;
    }
}

static void add_fin_timeout(const struct ofp_action_learn *learn, struct ofpbuf *actions)
{
    if (learn->fin_idle_timeout || learn->fin_hard_timeout) {
        struct ofp_action_fin_timeout *fin = ofp_actions_put(actions, OFPACT_FIN_TIMEOUT, sizeof *fin);
        fin->idle_timeout = learn->fin_idle_timeout;
        fin->hard_timeout = learn->fin_hard_timeout;
    }
}

/* The flow-mod that the action makes of the packet. */
static void compose(const struct ofp_action_learn *learn, const struct flow *flow, struct ofp_flow_mod *mod)
{
    *mod = (struct ofp_flow_mod) {
        .command = OFPFC_ADD,
        .table = learn->table,
        .priority = learn->priority,
        .idle_timeout = learn->idle_timeout,
        .hard_timeout = learn->hard_timeout,
        .flags = learn->flags & OFP_LEARN_SEND_FLOW_REM ? OFP_FF_SEND_FLOW_REM : 0,
        .new_cookie = learn->cookie,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_NONE,
        .out_group = OFPG_ANY,
        .version = OFP10,
    };
    match_init(&mod->match);
    add_fin_timeout(learn, &mod->actions);
    for (size_t i = 0; i < learn->n_specs; i++) {
        const struct ofp_learn_spec *spec = &learn->specs[i];
        switch ((enum ofp_learn_target) spec->target) {
        case OFP_LEARN_TO_MATCH:
            add_match(spec, flow, &mod->match);
            break;
        case OFP_LEARN_TO_LOAD:
            add_load(spec, flow, &mod->actions);
            break;
        case OFP_LEARN_TO_OUTPUT:
            add_output(spec, flow, &mod->actions);
            break;
        }
    }
    match_normalize(&mod->match);
}

/* Is the flow there now? Without side effects: would it be? */
static bool carry_out(struct xlate_ctx *ctx, const struct xlate_learned *learned)
{
    if (!ctx->in->side_effects) {
        xlate_report_warn(ctx, "suppressing side effects, so learn action ignored");
        return table_may_learn(learned->ofproto, &learned->mod, learned->limit);
    }
    enum ofp_error error;
    switch (table_learn(learned->ofproto, &learned->mod, learned->limit, NULL, &error)) {
    case TABLE_LEARN_LIMIT:
        xlate_report_warn(ctx, "learned flows are as many as their limit");
        return false;
    case TABLE_LEARN_ERROR:
        xlate_report_warn(ctx, "LEARN action execution failed (%s)", ofp_error_name(error));
        return false;
    default:
        return true;
    }
}

static void report(struct xlate_ctx *ctx, const struct ofp_flow_mod *mod)
{
    if (!ctx->in->trace) {
        return;
    }
    struct strbuf s = STRBUF_INIT;
    strbuf_putf(&s, "table=%u ", mod->table);
    match_format(&s, &mod->match, NULL);
    strbuf_chomp(&s, ',');
    strbuf_putf(&s, " priority=%u", mod->priority);
    if (mod->idle_timeout) {
        strbuf_putf(&s, " idle=%u", mod->idle_timeout);
    }
    if (mod->hard_timeout) {
        strbuf_putf(&s, " hard=%u", mod->hard_timeout);
    }
    if (mod->new_cookie) {
        strbuf_putf(&s, " cookie=%#llx", (unsigned long long) be64_to_host(mod->new_cookie));
    }
    strbuf_puts(&s, " actions=");
    ofp_actions_format(&s, mod->actions.data, mod->actions.size, NULL);
    xlate_report(ctx, "%s", strbuf_str(&s));
    strbuf_destroy(&s);
}

void xlate_learn(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_learn *learn = (const struct ofp_action_learn *) a;
    for (size_t i = 0; i < learn->n_specs; i++) {
        if (learn->specs[i].source == OFP_LEARN_FROM_FIELD) {
            xlate_look_subfield(ctx, &learn->specs[i].src);
        }
    }
    struct xlate_learned *learned = xmalloc(sizeof *learned);
    learned->ofproto = ctx->bridge->ofproto;
    learned->limit = learn->limit;
    learned->answer = learn->result.field != NULL;
    compose(learn, &ctx->p.flow, &learned->mod);
    if (ctx->in->side_effects) {
        report(ctx, &learned->mod);
    }
    bool done = carry_out(ctx, learned);
    if (learn->result.field) {
        xlate_write_subfield(ctx, &learn->result, done);
        xlate_report_now(ctx, &learn->result);
    }
    xlate_credit_learned(ctx, learned);
}

/* The end of a TCP connection shortens the life of its flow. */
void xlate_fin_timeout(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_fin_timeout *fin = (const struct ofp_action_fin_timeout *) a;
    if (ctx->rule && flow_is_ip_any(&ctx->p.flow)) {
        XLATE_LOOK(ctx, nw_proto);
        if (ctx->p.flow.nw_proto == NW_PROTO_TCP) {
            xlate_credit_fin(ctx, ctx->rule, fin->idle_timeout, fin->hard_timeout);
        }
    }
}
