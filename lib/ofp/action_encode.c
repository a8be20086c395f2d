/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders of actions: each in the form that the version has for it, in the Nicira form where the
 * version has none. */
#include "lib/ofp/action_encode.h"

#include "lib/ofp/error_table.h"
#include "lib/ofp/nxm.h"

/* Numbers of the specification's actions since 1.1, and of 1.0. */
enum {
    AT_OUTPUT = 0,
    AT_COPY_TTL_OUT = 11,
    AT_COPY_TTL_IN = 12,
    AT_SET_MPLS_TTL = 15,
    AT_DEC_MPLS_TTL = 16,
    AT_PUSH_VLAN = 17,
    AT_POP_VLAN = 18,
    AT_PUSH_MPLS = 19,
    AT_POP_MPLS = 20,
    AT_SET_QUEUE = 21,
    AT_GROUP = 22,
    AT_DEC_NW_TTL = 24,
    AT_PUSH_PBB = 26,
    AT_POP_PBB = 27,
    AT_COPY_FIELD = 28,
    AT_METER = 29,
    ONF_COPY_FIELD = 3200,

    AT10_STRIP_VLAN = 3,
    AT10_ENQUEUE = 11,
};

/* Subtypes of Nicira's actions. */
enum {
    NX_SET_QUEUE = 4,
    NX_POP_QUEUE = 5,
    NX_REG_MOVE = 6,
    NX_NOTE = 8,
    NX_RESUBMIT_TABLE = 14,
    NX_OUTPUT_REG = 15,
    NX_EXIT = 17,
    NX_DEC_TTL = 18,
    NX_CONTROLLER = 20,
    NX_DEC_TTL_IDS = 21,
    NX_WRITE_METADATA = 22,
    NX_PUSH_MPLS = 23,
    NX_POP_MPLS = 24,
    NX_SET_MPLS_TTL = 25,
    NX_DEC_MPLS_TTL = 26,
    NX_STACK_PUSH = 27,
    NX_STACK_POP = 28,
    NX_OUTPUT_REG2 = 32,
    NX_CONTROLLER2 = 37,
    NX_OUTPUT_TRUNC = 39,
    NX_GROUP = 40,
    NX_CLONE = 42,
    NX_CT_CLEAR = 43,
    NX_RESUBMIT_TABLE_CT = 44,
    NX_DEC_NSH_TTL = 48,
};

size_t action_encode_begin(struct ofpbuf *out, uint16_t type)
{
    size_t start = out->size;

    put_u16(out, type);
    put_u16(out, 0);
    return start;
}

size_t action_encode_begin_nx(struct ofpbuf *out, uint16_t subtype)
{
    size_t start = action_encode_begin(out, ACTION_TYPE_VENDOR);

    put_u32(out, OFP_VENDOR_NICIRA);
    put_u16(out, subtype);
    return start;
}

void action_encode_end(struct ofpbuf *out, size_t start)
{
    size_t len = out->size - start;

    put_zeros(out, ROUND_UP(len, 8) - len);
    put_be16(out->data + start + 2, htons((uint16_t) (out->size - start)));
}

uint16_t action_encode_port10(ofp_port_t port)
{
    uint16_t p;

    /* Numbers between the ordinary ports and the reserved ones come back as they came. */
    return ofp_port_to_10(port, &p) || port < (uint16_t) OFPP_FIRST_RESERVED ? p
                                                                             : (uint16_t) OFPP_NONE;
}

static void encode_output(const struct ofp_action *action, enum ofp_version version,
                          struct ofpbuf *out)
{
    const struct ofp_action_output *a = (const void *) action;
    size_t start;

    if (a->truncate) {
        start = action_encode_begin_nx(out, NX_OUTPUT_TRUNC);
        put_u16(out, action_encode_port10(a->port));
        put_u32(out, a->truncate);
    } else if (version == OFP10) {
        start = action_encode_begin(out, AT_OUTPUT);
        put_u16(out, action_encode_port10(a->port));
        put_u16(out, a->max_len);
    } else {
        start = action_encode_begin(out, AT_OUTPUT);
        put_u32(out, a->port);
        put_u16(out, a->max_len);
    }
    action_encode_end(out, start);
}

static void put_prop(struct ofpbuf *out, uint16_t type, const void *data, size_t n)
{
    put_u16(out, type);
    put_u16(out, (uint16_t) (4 + n));
    ofpbuf_put(out, data, n);
    put_zeros(out, ROUND_UP(4 + n, 8) - (4 + n));
}

static void encode_controller2(const struct ofp_action_controller *a, struct ofpbuf *out)
{
    size_t start = action_encode_begin_nx(out, NX_CONTROLLER2);

    put_zeros(out, 6);
    if (a->max_len != UINT16_MAX) {
        be16 max_len[2] = { htons(a->max_len), 0 };
        put_prop(out, 0, max_len, sizeof max_len);
    }
    if (a->controller_id) {
        be16 id[2] = { htons(a->controller_id), 0 };
        put_prop(out, 1, id, sizeof id);
    }
    if (a->reason != 1) {
        put_prop(out, 2, &a->reason, 1);
    }
    if (a->userdata_len) {
        put_prop(out, 3, a->userdata, a->userdata_len);
    }
    if (a->pause) {
        put_prop(out, 4, NULL, 0);
    }
    if (a->meter_id) {
        be32 id = htonl(a->meter_id);
        put_prop(out, 5, &id, sizeof id);
    }
    action_encode_end(out, start);
}

static void encode_controller(const struct ofp_action *action, enum ofp_version version,
                              struct ofpbuf *out)
{
    const struct ofp_action_controller *a = (const void *) action;

    if (a->userdata_len || a->pause || a->meter_id) {
        encode_controller2(a, out);
        return;
    }
    size_t start = action_encode_begin_nx(out, NX_CONTROLLER);
    put_u16(out, a->max_len);
    put_u16(out, a->controller_id);
    put_u8(out, a->reason);
    action_encode_end(out, start);
}

void action_put_u32(struct ofpbuf *out, uint16_t type, uint32_t x)
{
    size_t start = action_encode_begin(out, type);

    put_u32(out, x);
    action_encode_end(out, start);
}

void action_put_u16(struct ofpbuf *out, uint16_t type, uint16_t x)
{
    size_t start = action_encode_begin(out, type);

    put_u16(out, x);
    action_encode_end(out, start);
}

void action_put_u8(struct ofpbuf *out, uint16_t type, uint8_t x)
{
    size_t start = action_encode_begin(out, type);

    put_u8(out, x);
    action_encode_end(out, start);
}

void action_put_plain(struct ofpbuf *out, uint16_t type)
{
    action_put_u32(out, type, 0);
}

void action_put_nx_u32(struct ofpbuf *out, uint16_t subtype, uint32_t x)
{
    size_t start = action_encode_begin_nx(out, subtype);

    put_zeros(out, 2);
    put_u32(out, x);
    action_encode_end(out, start);
}

void action_put_nx_u16(struct ofpbuf *out, uint16_t subtype, uint16_t x)
{
    size_t start = action_encode_begin_nx(out, subtype);

    put_u16(out, x);
    action_encode_end(out, start);
}

void action_put_nx_u8(struct ofpbuf *out, uint16_t subtype, uint8_t x)
{
    size_t start = action_encode_begin_nx(out, subtype);

    put_u8(out, x);
    action_encode_end(out, start);
}

void action_put_nx_plain(struct ofpbuf *out, uint16_t subtype)
{
    action_encode_end(out, action_encode_begin_nx(out, subtype));
}

static void encode_enqueue(const struct ofp_action *action, enum ofp_version version,
                           struct ofpbuf *out)
{
    const struct ofp_action_enqueue *a = (const void *) action;

    if (version == OFP10) {
        size_t start = action_encode_begin(out, AT10_ENQUEUE);
        put_u16(out, action_encode_port10(a->port));
        put_zeros(out, 6);
        put_u32(out, a->queue);
        action_encode_end(out, start);
        return;
    }
    struct ofp_action_output output = { .port = a->port, .max_len = UINT16_MAX };
    action_put_u32(out, AT_SET_QUEUE, a->queue);
    encode_output(&output.a, version, out);
    action_put_nx_plain(out, NX_POP_QUEUE);
}

static void encode_output_reg(const struct ofp_action *action, enum ofp_version version,
                              struct ofpbuf *out)
{
    const struct ofp_action_output_reg *a = (const void *) action;
    bool wide = !a->src.field->nxm_header && !a->src.field->oxm_header;
    size_t start = action_encode_begin_nx(out, wide ? NX_OUTPUT_REG2 : NX_OUTPUT_REG);

    put_u16(out, action_encode_ofs_nbits(&a->src));
    if (wide) {
        put_u16(out, a->max_len);
        nxm_put_header(out, a->src.field, NXM_VERSION, false);
    } else {
        nxm_put_header(out, a->src.field, NXM_VERSION, false);
        put_u16(out, a->max_len);
        put_zeros(out, 6);
    }
    action_encode_end(out, start);
}

static void encode_reg_move(const struct ofp_action *action, enum ofp_version version,
                            struct ofpbuf *out)
{
    const struct ofp_action_reg_move *a = (const void *) action;
    bool onf = a->a.raw == ACTION_RAW_ONF_COPY && (version == OFP13 || version == OFP14);
    size_t start;

    if (version >= OFP15) {
        start = action_encode_begin(out, AT_COPY_FIELD);
    } else if (onf) {
        start = action_encode_begin(out, ACTION_TYPE_VENDOR);
        put_u32(out, OFP_VENDOR_ONF);
        put_u16(out, ONF_COPY_FIELD);
        put_u16(out, 0);
    } else {
        start = action_encode_begin_nx(out, NX_REG_MOVE);
    }
    put_u16(out, a->src.n_bits);
    put_u16(out, a->src.ofs);
    put_u16(out, a->dst.ofs);
    if (version >= OFP15 || onf) {
        put_u16(out, 0);
    }
    int header = version >= OFP15 || onf ? (int) version : NXM_VERSION;
    nxm_put_header(out, a->src.field, header, false);
    nxm_put_header(out, a->dst.field, header, false);
    action_encode_end(out, start);
}

static void encode_stack(const struct ofp_action *action, enum ofp_version version,
                         struct ofpbuf *out)
{
    const struct ofp_action_stack *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, action->type == OFPACT_STACK_PUSH ? NX_STACK_PUSH : NX_STACK_POP);

    put_u16(out, a->subfield.ofs);
    nxm_put_header(out, a->subfield.field, NXM_VERSION, false);
    put_u16(out, a->subfield.n_bits);
    action_encode_end(out, start);
}

static void encode_strip_vlan(const struct ofp_action *action, enum ofp_version version,
                              struct ofpbuf *out)
{
    action_put_plain(out, version == OFP10 ? AT10_STRIP_VLAN : AT_POP_VLAN);
}

static void encode_push_vlan(const struct ofp_action *action, enum ofp_version version,
                             struct ofpbuf *out)
{
    /* In 1.0 a tag comes with setting its VID or priority, which is expected to follow. */
    if (version > OFP10) {
        action_put_u16(out, AT_PUSH_VLAN,
                    ntohs(((const struct ofp_action_ethertype *) action)->eth_type));
    }
}

static void encode_ethertype_mpls(const struct ofp_action *action, enum ofp_version version,
                                  struct ofpbuf *out)
{
    uint16_t type = ntohs(((const struct ofp_action_ethertype *) action)->eth_type);
    bool push = action->type == OFPACT_PUSH_MPLS;

    if (version == OFP10) {
        action_put_nx_u16(out, push ? NX_PUSH_MPLS : NX_POP_MPLS, type);
    } else {
        action_put_u16(out, push ? AT_PUSH_MPLS : AT_POP_MPLS, type);
    }
}

static void encode_mpls_ttl(const struct ofp_action *action, enum ofp_version version,
                            struct ofpbuf *out)
{
    if (action->type == OFPACT_DEC_MPLS_TTL) {
        if (version == OFP10) {
            action_put_nx_plain(out, NX_DEC_MPLS_TTL);
        } else {
            action_put_plain(out, AT_DEC_MPLS_TTL);
        }
        return;
    }
    uint8_t ttl = ((const struct ofp_action_u8 *) action)->value;
    if (version == OFP10) {
        action_put_nx_u8(out, NX_SET_MPLS_TTL, ttl);
    } else {
        action_put_u8(out, AT_SET_MPLS_TTL, ttl);
    }
}

/* What no version before 1.1, or 1.3, has a form for is left out there. */
static void encode_copy_ttl(const struct ofp_action *action, enum ofp_version version,
                            struct ofpbuf *out)
{
    if (version > OFP10) {
        action_put_plain(out, action->type == OFPACT_COPY_TTL_OUT ? AT_COPY_TTL_OUT : AT_COPY_TTL_IN);
    }
}

static void encode_pbb(const struct ofp_action *action, enum ofp_version version,
                       struct ofpbuf *out)
{
    if (version < OFP13) {
        return;
    }
    if (action->type == OFPACT_PUSH_PBB) {
        action_put_u16(out, AT_PUSH_PBB,
                    ntohs(((const struct ofp_action_ethertype *) action)->eth_type));
    } else {
        action_put_plain(out, AT_POP_PBB);
    }
}

static void encode_dec_ttl(const struct ofp_action *action, enum ofp_version version,
                           struct ofpbuf *out)
{
    const struct ofp_action_dec_ttl *a = (const void *) action;

    if (a->n_ids == 1 && a->ids[0] == 0) {
        if (version == OFP10) {
            action_put_nx_plain(out, NX_DEC_TTL);
        } else {
            action_put_plain(out, AT_DEC_NW_TTL);
        }
        return;
    }
    size_t start = action_encode_begin_nx(out, NX_DEC_TTL_IDS);
    put_u16(out, a->n_ids);
    put_zeros(out, 4);
    for (int i = 0; i < a->n_ids; i++) {
        put_u16(out, a->ids[i]);
    }
    action_encode_end(out, start);
}

static void encode_u32(const struct ofp_action *action, enum ofp_version version,
                       struct ofpbuf *out)
{
    uint32_t x = ((const struct ofp_action_u32 *) action)->value;

    if (action->type == OFPACT_METER) {
        if (version >= OFP15) {
            action_put_u32(out, AT_METER, x);
        }
    } else if (version == OFP10) {
        action_put_nx_u32(out, action->type == OFPACT_GROUP ? NX_GROUP : NX_SET_QUEUE, x);
    } else {
        action_put_u32(out, action->type == OFPACT_GROUP ? AT_GROUP : AT_SET_QUEUE, x);
    }
}

static void encode_plain_nx(const struct ofp_action *action, enum ofp_version version,
                            struct ofpbuf *out)
{
    static const uint8_t subtypes[OFPACT_N_TYPES] = {
        [OFPACT_EXIT] = NX_EXIT,
        [OFPACT_POP_QUEUE] = NX_POP_QUEUE,
        [OFPACT_CT_CLEAR] = NX_CT_CLEAR,
        [OFPACT_DEC_NSH_TTL] = NX_DEC_NSH_TTL,
    };

    action_put_nx_plain(out, subtypes[action->type]);
}

static void put_resubmit(struct ofpbuf *out, uint16_t subtype, ofp_port_t in_port, uint8_t table)
{
    size_t start = action_encode_begin_nx(out, subtype);

    put_u16(out, action_encode_port10(in_port));
    put_u8(out, table);
    action_encode_end(out, start);
}

static void encode_resubmit(const struct ofp_action *action, enum ofp_version version,
                            struct ofpbuf *out)
{
    const struct ofp_action_resubmit *a = (const void *) action;

    put_resubmit(out, a->with_ct ? NX_RESUBMIT_TABLE_CT : NX_RESUBMIT_TABLE, a->in_port, a->table);
}

static void encode_note(const struct ofp_action *action, enum ofp_version version,
                        struct ofpbuf *out)
{
    const struct ofp_action_note *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, NX_NOTE);

    ofpbuf_put(out, a->data, a->n);
    action_encode_end(out, start);
}

static void encode_clone(const struct ofp_action *action, enum ofp_version version,
                         struct ofpbuf *out)
{
    size_t size, start = action_encode_begin_nx(out, NX_CLONE);
    const struct ofp_action *nested = ofp_action_nested(action, &size);

    put_zeros(out, 6);
    actions_encode(nested, size, version, out);
    action_encode_end(out, start);
}

/* What 1.0 has in place of instructions. */
static void encode_goto_table(const struct ofp_action *action, enum ofp_version version,
                              struct ofpbuf *out)
{
    if (version == OFP10) {
        put_resubmit(out, NX_RESUBMIT_TABLE, OFPP_IN_PORT,
                     ((const struct ofp_action_u8 *) action)->value);
    }
}

static void encode_write_metadata(const struct ofp_action *action, enum ofp_version version,
                                  struct ofpbuf *out)
{
    const struct ofp_action_metadata *a = (const void *) action;

    if (version == OFP10) {
        size_t start = action_encode_begin_nx(out, NX_WRITE_METADATA);
        put_zeros(out, 6);
        ofpbuf_put(out, &a->value, sizeof a->value);
        ofpbuf_put(out, &a->mask, sizeof a->mask);
        action_encode_end(out, start);
    }
}

/* Clients refuse what follows write-metadata in a list of 1.0, a table change that comes as a
 * resubmit too. In front of one, the metadata is loaded instead, which does the same. */
static bool encode_metadata_before_goto(const struct ofp_action *action, const uint8_t *end,
                                        enum ofp_version version, struct ofpbuf *out)
{
    const struct ofp_action *next = ofp_action_next(action);

    if (version != OFP10 || action->type != OFPACT_WRITE_METADATA || (const uint8_t *)next >= end ||
        next->type != OFPACT_GOTO_TABLE) {
        return false;
    }
    const struct ofp_action_metadata *a = (const void *) action;
    struct ofp_action_set_field load = {
        .field = field_get(FIELD_METADATA),
        .value = { .be64 = a->value },
        .mask = { .be64 = a->mask },
    };
    action_put_reg_loads(out, &load, version);
    return true;
}

/* Null: not an action, but an instruction that 1.0 has nothing for. */
static action_encode_fn *const encoders[OFPACT_N_TYPES] = {
    [OFPACT_OUTPUT] = encode_output,
    [OFPACT_CONTROLLER] = encode_controller,
    [OFPACT_ENQUEUE] = encode_enqueue,
    [OFPACT_OUTPUT_REG] = encode_output_reg,
    [OFPACT_SET_FIELD] = action_encode_set_field,
    [OFPACT_SET_TP_SRC] = action_encode_set_tp,
    [OFPACT_SET_TP_DST] = action_encode_set_tp,
    [OFPACT_REG_MOVE] = encode_reg_move,
    [OFPACT_STACK_PUSH] = encode_stack,
    [OFPACT_STACK_POP] = encode_stack,
    [OFPACT_STRIP_VLAN] = encode_strip_vlan,
    [OFPACT_PUSH_VLAN] = encode_push_vlan,
    [OFPACT_SET_VLAN_VID] = action_encode_set_vlan,
    [OFPACT_SET_VLAN_PCP] = action_encode_set_vlan,
    [OFPACT_PUSH_MPLS] = encode_ethertype_mpls,
    [OFPACT_POP_MPLS] = encode_ethertype_mpls,
    [OFPACT_SET_MPLS_TTL] = encode_mpls_ttl,
    [OFPACT_DEC_MPLS_TTL] = encode_mpls_ttl,
    [OFPACT_DEC_TTL] = encode_dec_ttl,
    [OFPACT_SET_QUEUE] = encode_u32,
    [OFPACT_POP_QUEUE] = encode_plain_nx,
    [OFPACT_GROUP] = encode_u32,
    [OFPACT_RESUBMIT] = encode_resubmit,
    [OFPACT_NOTE] = encode_note,
    [OFPACT_CLONE] = encode_clone,
    [OFPACT_EXIT] = encode_plain_nx,
    [OFPACT_COPY_TTL_OUT] = encode_copy_ttl,
    [OFPACT_COPY_TTL_IN] = encode_copy_ttl,
    [OFPACT_PUSH_PBB] = encode_pbb,
    [OFPACT_POP_PBB] = encode_pbb,
    [OFPACT_LEARN] = action_encode_learn,
    [OFPACT_CONJUNCTION] = action_encode_conjunction,
    [OFPACT_MULTIPATH] = action_encode_multipath,
    [OFPACT_BUNDLE] = action_encode_bundle,
    [OFPACT_FIN_TIMEOUT] = action_encode_fin_timeout,
    [OFPACT_CHECK_PKT_LARGER] = action_encode_check_pkt_larger,
    [OFPACT_DELETE_FIELD] = action_encode_delete_field,
    [OFPACT_SAMPLE] = action_encode_sample,
    [OFPACT_CT] = action_encode_ct,
    [OFPACT_NAT] = action_encode_nat,
    [OFPACT_CT_CLEAR] = encode_plain_nx,
    [OFPACT_ENCAP] = action_encode_encap,
    [OFPACT_DECAP] = action_encode_encap,
    [OFPACT_DEC_NSH_TTL] = encode_plain_nx,
    [OFPACT_METER] = encode_u32,
    [OFPACT_WRITE_METADATA] = encode_write_metadata,
    [OFPACT_GOTO_TABLE] = encode_goto_table,
};

void actions_encode(const void *list, size_t size, enum ofp_version version, struct ofpbuf *out)
{
    const struct ofp_action *a;

    ofp_action_for_each (a, list, size) {
        if (encoders[a->type] &&
            !encode_metadata_before_goto(a, (const uint8_t *) list + size, version, out)) {
            encoders[a->type](a, version, out);
        }
    }
}
