/* SPDX-License-Identifier: Apache-2.0 */
/* Actions that read and write fields: set-field, move, the stack, metadata. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "ofproto/xlate_ctx.h"

bool xlate_field_is_vlan(const struct field *f)
{
    switch (f->id) {
    case FIELD_VLAN_TCI:
    case FIELD_DL_VLAN:
    case FIELD_VLAN_VID:
    case FIELD_DL_VLAN_PCP:
    case FIELD_VLAN_PCP:
        return true;
    default:
        return false;
    }
}

bool xlate_field_is_mpls(const struct field *f)
{
    return f->id >= FIELD_MPLS_LABEL && f->id <= FIELD_MPLS_TTL;
}

/* Does the packet have the field? What says so was looked at then. */
static bool has_field(struct xlate_ctx *ctx, const struct field *f)
{
    struct flow looked;
    flow_mask_init(&looked);
    bool met = field_prereqs_met(f, &ctx->p.flow, &looked);
    xlate_look_mask(ctx, &looked);
    if (!met) {
        xlate_report_warn(ctx, "the packet has no %s", f->name);
    }
    return met;
}

static void look_at_bits(struct xlate_ctx *ctx, const struct field *f, const union field_value *bits)
{
    struct flow looked;
    flow_mask_init(&looked);
    field_mask(f, bits, &looked);
    xlate_look_mask(ctx, &looked);
}

/* Tags and labels are looked at as a whole before they change. */
static void prepare_write(struct xlate_ctx *ctx, const struct field *f)
{
    if (xlate_field_is_vlan(f)) {
        xlate_look_vlans(ctx);
    } else if (xlate_field_is_mpls(f)) {
        xlate_look_mpls(ctx);
    }
}

static void finish_write(struct xlate_ctx *ctx, const struct field *f, const union field_value *bits)
{
    if (xlate_field_is_vlan(f)) {
        xlate_vlans_written(ctx);
    } else if (xlate_field_is_mpls(f)) {
        xlate_mpls_written(ctx);
    } else {
        field_mask(f, bits, &ctx->p.written);
    }
}

static void write_bits(struct xlate_ctx *ctx, const struct field *f, const union field_value *value,
                       const union field_value *mask)
{
    if (xlate_is_retype(f)) {
        xlate_retype(ctx, f, value, mask);
        return;
    }
    prepare_write(ctx, f);
    field_write_masked(f, value, mask, &ctx->p.flow);
    finish_write(ctx, f, mask);
}

void xlate_set_field(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_set_field *set = (const struct ofp_action_set_field *) a;
    if (has_field(ctx, set->field)) {
        write_bits(ctx, set->field, &set->value, &set->mask);
    }
}

void xlate_write_subfield(struct xlate_ctx *ctx, const struct subfield *dst, uint64_t number)
{
    if (!has_field(ctx, dst->field)) {
        return;
    }
    union field_value bits, value;
    subfield_mask(dst, &bits);
    memset(&value, 0, sizeof value);
    for (unsigned int i = 0; i < dst->n_bits && i < 64; i++) {
        unsigned int to = dst->ofs + i;
        value.b[dst->field->n_bytes - 1 - to / 8] |= (uint8_t) ((number >> i & 1) << to % 8);
    }
    write_bits(ctx, dst->field, &value, &bits);
}

void xlate_look_subfield(struct xlate_ctx *ctx, const struct subfield *src)
{
    union field_value bits;
    subfield_mask(src, &bits);
    look_at_bits(ctx, src->field, &bits);
}

void xlate_reg_move(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_reg_move *move = (const struct ofp_action_reg_move *) a;
    if (has_field(ctx, move->src.field) && has_field(ctx, move->dst.field)) {
        union field_value bits, value;
        struct flow moved;
        xlate_look_subfield(ctx, &move->src);
        flow_copy(&moved, &ctx->p.flow);
        subfield_copy(&move->src, &ctx->p.flow, &move->dst, &moved);
        field_read(move->dst.field, &moved, &value);
        subfield_mask(&move->dst, &bits);
        write_bits(ctx, move->dst.field, &value, &bits);
        xlate_report_now(ctx, &move->dst);
    }
}

/* The stack holds values as they stand in a field: the low bits of the last bytes. */

void xlate_stack_push(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct subfield *sf = &((const struct ofp_action_stack *) a)->subfield;
    if (ctx->stack_n == XLATE_MAX_STACK) {
        xlate_fail(ctx, XLATE_BAD_STACK);
        return;
    }
    union field_value bits, value;
    subfield_mask(sf, &bits);
    look_at_bits(ctx, sf->field, &bits);
    field_read(sf->field, &ctx->p.flow, &value);

    struct xlate_stack_item item;
    memset(&item, 0, sizeof item);
    for (unsigned int i = 0; i < sf->n_bits; i++) {
        unsigned int from = sf->ofs + i;
        if (value.b[sf->field->n_bytes - 1 - from / 8] >> from % 8 & 1) {
            item.value.b[FIELD_MAX_BYTES - 1 - i / 8] |= (uint8_t) (1u << i % 8);
        }
    }
    if (ctx->stack_n == ctx->stack_allocated) {
        ctx->stack = grow_array(ctx->stack, &ctx->stack_allocated, sizeof *ctx->stack);
    }
    ctx->stack[ctx->stack_n++] = item;
}

void xlate_stack_pop(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct subfield *sf = &((const struct ofp_action_stack *) a)->subfield;
    if (!ctx->stack_n) {
        xlate_report_error(ctx, "stack underflow");
        return;
    }
    struct xlate_stack_item item = ctx->stack[--ctx->stack_n];
    if (!has_field(ctx, sf->field)) {
        return;
    }
    union field_value bits, value;
    memset(&value, 0, sizeof value);
    subfield_mask(sf, &bits);
    for (unsigned int i = 0; i < sf->n_bits; i++) {
        unsigned int to = sf->ofs + i;
        if (item.value.b[FIELD_MAX_BYTES - 1 - i / 8] >> i % 8 & 1) {
            value.b[sf->field->n_bytes - 1 - to / 8] |= (uint8_t) (1u << to % 8);
        }
    }
    write_bits(ctx, sf->field, &value, &bits);
    xlate_report_now(ctx, sf);
}

void xlate_output_reg(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_output_reg *output = (const struct ofp_action_output_reg *) a;
    xlate_look_subfield(ctx, &output->src);
    uint64_t port = output->src.n_bits <= 64 ? subfield_get(&output->src, &ctx->p.flow) : UINT64_MAX;
    xlate_report(ctx, "output port is %llu", (unsigned long long) port);
    if (port <= UINT16_MAX) {
        xlate_output_port(ctx, ofp_port_from_10((uint16_t) port), output->max_len, 0);
    } else if (port <= UINT32_MAX) {
        xlate_output_port(ctx, (ofp_port_t) port, output->max_len, 0);
    }
}

void xlate_write_metadata(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_metadata *m = (const struct ofp_action_metadata *) a;
    ctx->p.flow.metadata = (ctx->p.flow.metadata & ~m->mask) | (m->value & m->mask);
    ctx->p.written.metadata |= m->mask;
}

/* Takes a field away: an option of the tunnel that the packet is sent into. */
void xlate_delete_field(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct field *f = ((const struct ofp_action_field *) a)->field;
    if (has_field(ctx, f)) {
        prepare_write(ctx, f); /* only options can be taken out */
        field_take_out(f, &ctx->p.flow);
        finish_write(ctx, f, NULL);
    }
}
