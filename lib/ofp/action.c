/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of OpenFlow actions: building, walking, comparing. */
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/field_table.h"

static bool has_nested(const struct ofp_action *a)
{
    return a->type == OFPACT_CLONE || a->type == OFPACT_WRITE_ACTIONS || a->type == OFPACT_CT;
}

static size_t nested_offset(const struct ofp_action *a)
{
    return a->type == OFPACT_CT ? sizeof(struct ofp_action_ct) : sizeof *a;
}

const struct ofp_action *ofp_action_nested(const struct ofp_action *a, size_t *size)
{
    *size = has_nested(a) ? a->len - nested_offset(a) : 0;
    return (const struct ofp_action *) (const void *) ((const uint8_t *) a + nested_offset(a));
}

void *ofp_actions_put(struct ofpbuf *out, enum ofp_action_type type, size_t size)
{
    assert(size >= sizeof(struct ofp_action));
    ofpbuf_pad8(out);
    struct ofp_action *a = ofpbuf_put_zeros(out, ROUND_UP(size, 8u));
    a->type = (uint16_t) type;
    a->len = (uint32_t) size;
    return a;
}

void ofp_actions_set_len(struct ofpbuf *out, size_t offset, size_t len)
{
    struct ofp_action *a = (struct ofp_action *) (void *) (out->data + offset);

    a->len = (uint32_t) len;
    size_t end = offset + ROUND_UP(len, 8u);
    if (end > out->size) {
        ofpbuf_put_zeros(out, end - out->size);
    } else {
        out->size = end;
    }
    memset(out->data + offset + len, 0, end - offset - len);
}

static bool nested_equal(const struct ofp_action *a, const struct ofp_action *b)
{
    size_t a_size, b_size;
    const struct ofp_action *a_list = ofp_action_nested(a, &a_size);
    const struct ofp_action *b_list = ofp_action_nested(b, &b_size);

    return ofp_actions_equal(a_list, a_size, b_list, b_size);
}

static bool bit_is_set(const struct field *f, const union field_value *v, unsigned int i)
{
    return v->b[f->n_bytes - 1u - i / 8] >> i % 8 & 1;
}

bool action_next_load(const struct ofp_action_set_field *a, struct subfield *run)
{
    const struct field *f = a->field;
    unsigned int n_bits = f->n_bytes * 8u, i = run->field ? run->ofs + run->n_bits : 0;

    if (!run->field && f->valid_bits && f->valid_bits < (1u << f->n_bits) - 1) {
        union field_value exact;
        field_exact_mask(f, &exact);
        if (!memcmp(exact.b, a->mask.b, f->n_bytes)) {
            *run = (struct subfield) { f, 0, f->n_bits };
            return true;
        }
    }
    while (i < n_bits && !bit_is_set(f, &a->mask, i)) {
        i++;
    }
    *run = (struct subfield) { f, (uint16_t) i, 0 };
    while (i < n_bits && run->n_bits < 64 && bit_is_set(f, &a->mask, i)) {
        run->n_bits++;
        i++;
    }
    return run->n_bits;
}

static bool set_field_equal(const struct ofp_action_set_field *a,
                            const struct ofp_action_set_field *b)
{
    return a->field == b->field && !memcmp(a->value.b, b->value.b, a->field->n_bytes) &&
           !memcmp(a->mask.b, b->mask.b, a->field->n_bytes);
}

/* What an element says, without how it was encoded. Elements with padding inside are compared by
 * their members. */
static bool element_equal(const struct ofp_action *a, const struct ofp_action *b)
{
    if (a->type != b->type || a->len != b->len) {
        return false;
    }
    switch (a->type) {
    case OFPACT_CLONE:
    case OFPACT_WRITE_ACTIONS:
        return nested_equal(a, b);
    case OFPACT_SET_FIELD:
        return set_field_equal((const void *) a, (const void *) b);
    case OFPACT_REG_MOVE: {
        const struct ofp_action_reg_move *x = (const void *) a, *y = (const void *) b;
        return subfield_equal(&x->src, &y->src) && subfield_equal(&x->dst, &y->dst);
    }
    case OFPACT_STACK_PUSH:
    case OFPACT_STACK_POP:
        return subfield_equal(&((const struct ofp_action_stack *) a)->subfield,
                              &((const struct ofp_action_stack *) b)->subfield);
    case OFPACT_OUTPUT_REG: {
        const struct ofp_action_output_reg *x = (const void *) a, *y = (const void *) b;
        return subfield_equal(&x->src, &y->src) && x->max_len == y->max_len;
    }
    case OFPACT_LEARN:
        return action_learn_equal((const void *) a, (const void *) b);
    case OFPACT_MULTIPATH:
        return action_multipath_equal((const void *) a, (const void *) b);
    case OFPACT_BUNDLE:
        return action_bundle_equal((const void *) a, (const void *) b);
    case OFPACT_SAMPLE:
        return action_sample_equal((const void *) a, (const void *) b);
    case OFPACT_CT: {
        const struct ofp_action_ct *x = (const void *) a, *y = (const void *) b;
        return x->flags == y->flags && x->zone == y->zone &&
               subfield_equal(&x->zone_src, &y->zone_src) && x->recirc_table == y->recirc_table &&
               x->alg == y->alg && nested_equal(a, b);
    }
    case OFPACT_CHECK_PKT_LARGER: {
        const struct ofp_action_check_pkt_larger *x = (const void *) a, *y = (const void *) b;
        return x->pkt_len == y->pkt_len && subfield_equal(&x->dst, &y->dst);
    }
    default:
        return !memcmp(a + 1, b + 1, a->len - sizeof *a);
    }
}

bool ofp_actions_equal(const void *a_list, size_t a_size, const void *b_list, size_t b_size)
{
    const struct ofp_action *a, *b = b_list;

    if (a_size != b_size) {
        return false;
    }
    ofp_action_for_each (a, a_list, a_size) {
        if (!element_equal(a, b)) {
            return false;
        }
        b = ofp_action_next(b);
    }
    return true;
}

static bool outputs_to_port(const struct ofp_action *a, uint32_t port)
{
    switch (a->type) {
    case OFPACT_OUTPUT:
        return ((const struct ofp_action_output *) a)->port == port;
    case OFPACT_ENQUEUE:
        return ((const struct ofp_action_enqueue *) a)->port == port;
    case OFPACT_CONTROLLER:
        return port == OFPP_CONTROLLER;
    case OFPACT_BUNDLE: {
        const struct ofp_action_bundle *bundle = (const void *) a;
        for (size_t i = 0; i < bundle->n_members; i++) {
            if (bundle->members[i] == port) {
                return true;
            }
        }
        return false;
    }
    default:
        return false;
    }
}

static bool outputs_to_group(const struct ofp_action *a, uint32_t group)
{
    return a->type == OFPACT_GROUP && ((const struct ofp_action_u32 *) a)->value == group;
}

static bool any(const void *list, size_t size, bool (*test)(const struct ofp_action *, uint32_t),
                uint32_t x)
{
    const struct ofp_action *a;

    ofp_action_for_each (a, list, size) {
        if (test(a, x)) {
            return true;
        }
        if (has_nested(a)) {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size);
            if (any(nested, nested_size, test, x)) {
                return true;
            }
        }
    }
    return false;
}

bool ofp_actions_outputs_to(const void *list, size_t size, ofp_port_t port)
{
    return any(list, size, outputs_to_port, port);
}

bool ofp_actions_outputs_to_group(const void *list, size_t size, uint32_t group)
{
    return any(list, size, outputs_to_group, group);
}

static uint64_t option_bit(const struct field *f)
{
    return f && field_is_variable(f) ? UINT64_C(1) << (f->id - FIELD_TUN_METADATA0) : 0;
}

static uint64_t learn_options(const struct ofp_action_learn *a)
{
    uint64_t bits = option_bit(a->result.field);

    for (size_t i = 0; i < a->n_specs; i++) {
        bits |= option_bit(a->specs[i].src.field) | option_bit(a->specs[i].dst.field);
    }
    return bits;
}

static uint64_t element_options(const struct ofp_action *a)
{
    switch (a->type) {
    case OFPACT_OUTPUT_REG:
        return option_bit(((const struct ofp_action_output_reg *) a)->src.field);
    case OFPACT_SET_FIELD:
        return option_bit(((const struct ofp_action_set_field *) a)->field);
    case OFPACT_REG_MOVE:
        return option_bit(((const struct ofp_action_reg_move *) a)->src.field) |
               option_bit(((const struct ofp_action_reg_move *) a)->dst.field);
    case OFPACT_STACK_PUSH:
    case OFPACT_STACK_POP:
        return option_bit(((const struct ofp_action_stack *) a)->subfield.field);
    case OFPACT_LEARN:
        return learn_options((const void *) a);
    case OFPACT_MULTIPATH:
        return option_bit(((const struct ofp_action_multipath *) a)->dst.field);
    case OFPACT_BUNDLE:
        return option_bit(((const struct ofp_action_bundle *) a)->dst.field);
    case OFPACT_CHECK_PKT_LARGER:
        return option_bit(((const struct ofp_action_check_pkt_larger *) a)->dst.field);
    case OFPACT_DELETE_FIELD:
        return option_bit(((const struct ofp_action_field *) a)->field);
    case OFPACT_SAMPLE:
        return option_bit(((const struct ofp_action_sample *) a)->obs_domain_src.field) |
               option_bit(((const struct ofp_action_sample *) a)->obs_point_src.field);
    case OFPACT_CT:
        return option_bit(((const struct ofp_action_ct *) a)->zone_src.field);
    default:
        return 0;
    }
}

uint64_t ofp_actions_tun_metadata(const void *list, size_t size)
{
    const struct ofp_action *a;
    uint64_t bits = 0;

    ofp_action_for_each (a, list, size) {
        size_t nested_size;
        const struct ofp_action *nested = ofp_action_nested(a, &nested_size);

        bits |= element_options(a) | ofp_actions_tun_metadata(nested, nested_size);
    }
    return bits;
}
