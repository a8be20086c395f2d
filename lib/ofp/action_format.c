/* SPDX-License-Identifier: Apache-2.0 */
/* Actions as `ovs-ofctl` prints them. */
#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/names.h"
#include "lib/ofp/packet_in_reason.h"

static void format_output(struct strbuf *s, const struct ofp_action *action,
                          const struct ofp_names *names)
{
    const struct ofp_action_output *a = (const void *) action;

    if (a->truncate) {
        strbuf_puts(s, "output(port=");
        names_format_port(s, a->port, names);
        strbuf_putf(s, ",max_len=%u)", a->truncate);
        return;
    }
    if (a->port < OFPP_MAX) {
        strbuf_puts(s, "output:");
    }
    names_format_port(s, a->port, names);
    if (a->port == OFPP_CONTROLLER) {
        strbuf_putf(s, ":%u", a->max_len);
    }
}

static void put_dotted_hex(struct strbuf *s, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(s, "%s%02x", i ? "." : "", p[i]);
    }
}

static void format_controller(struct strbuf *s, const struct ofp_action *action,
                              const struct ofp_names *names)
{
    const struct ofp_action_controller *a = (const void *) action;

    if (a->reason == OFPR_ACTION && !a->controller_id && !a->userdata_len && !a->pause &&
        !a->meter_id) {
        strbuf_putf(s, "CONTROLLER:%u", a->max_len);
        return;
    }
    strbuf_puts(s, "controller(");
    if (a->reason != OFPR_ACTION) {
        strbuf_puts(s, "reason=");
        packet_in_reason_format(s, a->reason);
        strbuf_putc(s, ',');
    }
    if (a->max_len != UINT16_MAX) {
        strbuf_putf(s, "max_len=%u,", a->max_len);
    }
    if (a->controller_id) {
        strbuf_putf(s, "id=%u,", a->controller_id);
    }
    if (a->userdata_len) {
        strbuf_puts(s, "userdata=");
        put_dotted_hex(s, a->userdata, a->userdata_len);
        strbuf_putc(s, ',');
    }
    if (a->pause) {
        strbuf_puts(s, "pause,");
    }
    if (a->meter_id) {
        strbuf_putf(s, "meter_id=%u,", a->meter_id);
    }
    strbuf_chomp(s, ',');
    strbuf_putc(s, ')');
}

static void format_enqueue(struct strbuf *s, const struct ofp_action *action,
                           const struct ofp_names *names)
{
    const struct ofp_action_enqueue *a = (const void *) action;

    strbuf_puts(s, "enqueue:");
    names_format_port(s, a->port, names);
    strbuf_putf(s, ":%u", a->queue);
}

static void format_output_reg(struct strbuf *s, const struct ofp_action *action,
                              const struct ofp_names *names)
{
    strbuf_puts(s, "output:");
    subfield_format(s, &((const struct ofp_action_output_reg *) action)->src);
}

/* "load:VALUE->FIELD[bits]" for each run of 1-bits of the mask. */
static void format_load(struct strbuf *s, const struct ofp_action_set_field *a)
{
    struct subfield run = { NULL, 0, 0 };
    const char *separator = "";

    while (action_next_load(a, &run)) {
        uint64_t value = 0;

        for (unsigned int i = run.n_bits; i-- > 0;) {
            unsigned int bit = run.ofs + i;
            value = value << 1 | (a->value.b[a->field->n_bytes - 1u - bit / 8] >> bit % 8 & 1);
        }
        strbuf_putf(s, "%sload:%#llx->", separator, (unsigned long long) value);
        subfield_format(s, &run);
        separator = ",";
    }
}

/* The names of actions that set one field. */
static const struct {
    uint8_t field;
    bool parentheses;
    const char *name;
} mods[] = {
    { FIELD_ETH_SRC, false, "mod_dl_src" },   { FIELD_ETH_DST, false, "mod_dl_dst" },
    { FIELD_IPV4_SRC, false, "mod_nw_src" },  { FIELD_IPV4_DST, false, "mod_nw_dst" },
    { FIELD_IP_DSCP, false, "mod_nw_tos" },   { FIELD_IP_ECN, false, "mod_nw_ecn" },
    { FIELD_IP_TTL, false, "mod_nw_ttl" },    { FIELD_TUN_ID, false, "set_tunnel" },
    { FIELD_MPLS_LABEL, true, "set_mpls_label" }, { FIELD_MPLS_TC, true, "set_mpls_tc" },
};

static bool format_mod(struct strbuf *s, const struct ofp_action_set_field *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(mods); i++) {
        if (mods[i].field == a->field->id) {
            bool wide = a->field->id == FIELD_TUN_ID &&
                        (a->a.raw == ACTION_RAW_MOD_WIDE ||
                         be64_to_host(a->value.be64) > UINT32_MAX);

            strbuf_putf(s, "%s%s%c", mods[i].name, wide ? "64" : "",
                        mods[i].parentheses ? '(' : ':');
            field_format_value(s, a->field, &a->value, &a->mask, NULL);
            strbuf_puts(s, mods[i].parentheses ? ")" : "");
            return true;
        }
    }
    return false;
}

static void format_set_field(struct strbuf *s, const struct ofp_action *action,
                             const struct ofp_names *names)
{
    const struct ofp_action_set_field *a = (const void *) action;

    if (a->a.raw == ACTION_RAW_LOAD) {
        format_load(s, a);
    } else if (a->a.raw == ACTION_RAW_NONE || a->a.raw == ACTION_RAW_LOAD2 || !format_mod(s, a)) {
        strbuf_puts(s, "set_field:");
        field_format_value(s, a->field, &a->value, &a->mask, names);
        strbuf_putf(s, "->%s", a->field->name);
    }
}

static void format_set_tp(struct strbuf *s, const struct ofp_action *action,
                          const struct ofp_names *names)
{
    strbuf_putf(s, "mod_tp_%s:%u", action->type == OFPACT_SET_TP_SRC ? "src" : "dst",
                ((const struct ofp_action_tp *) action)->port);
}

static void format_reg_move(struct strbuf *s, const struct ofp_action *action,
                            const struct ofp_names *names)
{
    const struct ofp_action_reg_move *a = (const void *) action;

    strbuf_puts(s, "move:");
    subfield_format(s, &a->src);
    strbuf_puts(s, "->");
    subfield_format(s, &a->dst);
}

static void format_stack(struct strbuf *s, const struct ofp_action *action,
                         const struct ofp_names *names)
{
    strbuf_puts(s, action->type == OFPACT_STACK_PUSH ? "push:" : "pop:");
    subfield_format(s, &((const struct ofp_action_stack *) action)->subfield);
}

static void format_set_vlan(struct strbuf *s, const struct ofp_action *action,
                            const struct ofp_names *names)
{
    const struct ofp_action_vlan *a = (const void *) action;

    strbuf_putf(s, "%s_vlan_%s:%u", a->push_if_none ? "mod" : "set",
                action->type == OFPACT_SET_VLAN_VID ? "vid" : "pcp", a->value);
}

static void format_ethertype(struct strbuf *s, const struct ofp_action *action,
                             const struct ofp_names *names)
{
    const char *name = action->type == OFPACT_PUSH_VLAN   ? "push_vlan"
                       : action->type == OFPACT_PUSH_MPLS ? "push_mpls"
                       : action->type == OFPACT_PUSH_PBB  ? "push_pbb"
                                                          : "pop_mpls";

    strbuf_putf(s, "%s:0x%04x", name,
                ntohs(((const struct ofp_action_ethertype *) action)->eth_type));
}

static void format_plain(struct strbuf *s, const struct ofp_action *action,
                         const struct ofp_names *names)
{
    static const char *const plain_names[OFPACT_N_TYPES] = {
        [OFPACT_STRIP_VLAN] = "strip_vlan",     [OFPACT_DEC_MPLS_TTL] = "dec_mpls_ttl",
        [OFPACT_POP_QUEUE] = "pop_queue",       [OFPACT_EXIT] = "exit",
        [OFPACT_CLEAR_ACTIONS] = "clear_actions", [OFPACT_COPY_TTL_OUT] = "copy_ttl_out",
        [OFPACT_COPY_TTL_IN] = "copy_ttl_in",   [OFPACT_POP_PBB] = "pop_pbb",
        [OFPACT_CT_CLEAR] = "ct_clear",         [OFPACT_DEC_NSH_TTL] = "dec_nsh_ttl",
    };

    strbuf_puts(s, action->raw == ACTION_RAW_POP_VLAN ? "pop_vlan" : plain_names[action->type]);
}

static void format_set_mpls_ttl(struct strbuf *s, const struct ofp_action *action,
                                const struct ofp_names *names)
{
    strbuf_putf(s, "set_mpls_ttl(%u)", ((const struct ofp_action_u8 *) action)->value);
}

static void format_dec_ttl(struct strbuf *s, const struct ofp_action *action,
                           const struct ofp_names *names)
{
    const struct ofp_action_dec_ttl *a = (const void *) action;

    strbuf_puts(s, "dec_ttl");
    if (a->n_ids != 1 || a->ids[0]) {
        for (int i = 0; i < a->n_ids; i++) {
            strbuf_putf(s, "%c%u", i ? ',' : '(', a->ids[i]);
        }
        strbuf_putc(s, ')');
    }
}

static void format_u32(struct strbuf *s, const struct ofp_action *action,
                       const struct ofp_names *names)
{
    const char *name = action->type == OFPACT_SET_QUEUE ? "set_queue"
                       : action->type == OFPACT_GROUP   ? "group"
                                                        : "meter";

    strbuf_putf(s, "%s:%u", name, ((const struct ofp_action_u32 *) action)->value);
}

static void format_resubmit(struct strbuf *s, const struct ofp_action *action,
                            const struct ofp_names *names)
{
    const struct ofp_action_resubmit *a = (const void *) action;

    if (a->in_port != OFPP_IN_PORT && a->table == OFP_TABLE_ALL && !a->with_ct) {
        strbuf_puts(s, "resubmit:");
        names_format_port(s, a->in_port, names);
        return;
    }
    strbuf_puts(s, "resubmit(");
    if (a->in_port != OFPP_IN_PORT) {
        names_format_port(s, a->in_port, names);
    }
    strbuf_putc(s, ',');
    if (a->table != OFP_TABLE_ALL) {
        names_format_table(s, a->table, names);
    }
    strbuf_puts(s, a->with_ct ? ",ct)" : ")");
}

static void format_note(struct strbuf *s, const struct ofp_action *action,
                        const struct ofp_names *names)
{
    const struct ofp_action_note *a = (const void *) action;

    strbuf_puts(s, "note:");
    put_dotted_hex(s, a->data, a->n);
}

static void format_nested(struct strbuf *s, const struct ofp_action *action,
                          const struct ofp_names *names)
{
    size_t size;
    const struct ofp_action *nested = ofp_action_nested(action, &size);

    strbuf_puts(s, action->type == OFPACT_CLONE ? "clone(" : "write_actions(");
    ofp_actions_format(s, nested, size, names);
    strbuf_putc(s, ')');
}

static void format_metadata(struct strbuf *s, const struct ofp_action *action,
                            const struct ofp_names *names)
{
    const struct ofp_action_metadata *a = (const void *) action;

    strbuf_putf(s, "write_metadata:%#llx", (unsigned long long) be64_to_host(a->value));
    if (a->mask != BE64_MAX) {
        strbuf_putf(s, "/%#llx", (unsigned long long) be64_to_host(a->mask));
    }
}

static void format_goto_table(struct strbuf *s, const struct ofp_action *action,
                              const struct ofp_names *names)
{
    strbuf_puts(s, "goto_table:");
    names_format_table(s, ((const struct ofp_action_u8 *) action)->value, names);
}

static action_format_fn *const formatters[OFPACT_N_TYPES] = {
    [OFPACT_OUTPUT] = format_output,
    [OFPACT_CONTROLLER] = format_controller,
    [OFPACT_ENQUEUE] = format_enqueue,
    [OFPACT_OUTPUT_REG] = format_output_reg,
    [OFPACT_SET_FIELD] = format_set_field,
    [OFPACT_SET_TP_SRC] = format_set_tp,
    [OFPACT_SET_TP_DST] = format_set_tp,
    [OFPACT_REG_MOVE] = format_reg_move,
    [OFPACT_STACK_PUSH] = format_stack,
    [OFPACT_STACK_POP] = format_stack,
    [OFPACT_STRIP_VLAN] = format_plain,
    [OFPACT_PUSH_VLAN] = format_ethertype,
    [OFPACT_SET_VLAN_VID] = format_set_vlan,
    [OFPACT_SET_VLAN_PCP] = format_set_vlan,
    [OFPACT_PUSH_MPLS] = format_ethertype,
    [OFPACT_POP_MPLS] = format_ethertype,
    [OFPACT_SET_MPLS_TTL] = format_set_mpls_ttl,
    [OFPACT_DEC_MPLS_TTL] = format_plain,
    [OFPACT_DEC_TTL] = format_dec_ttl,
    [OFPACT_SET_QUEUE] = format_u32,
    [OFPACT_POP_QUEUE] = format_plain,
    [OFPACT_GROUP] = format_u32,
    [OFPACT_RESUBMIT] = format_resubmit,
    [OFPACT_NOTE] = format_note,
    [OFPACT_CLONE] = format_nested,
    [OFPACT_EXIT] = format_plain,
    [OFPACT_COPY_TTL_OUT] = format_plain,
    [OFPACT_COPY_TTL_IN] = format_plain,
    [OFPACT_PUSH_PBB] = format_ethertype,
    [OFPACT_POP_PBB] = format_plain,
    [OFPACT_LEARN] = action_format_learn,
    [OFPACT_CONJUNCTION] = action_format_conjunction,
    [OFPACT_MULTIPATH] = action_format_multipath,
    [OFPACT_BUNDLE] = action_format_bundle,
    [OFPACT_FIN_TIMEOUT] = action_format_fin_timeout,
    [OFPACT_CHECK_PKT_LARGER] = action_format_check_pkt_larger,
    [OFPACT_DELETE_FIELD] = action_format_delete_field,
    [OFPACT_SAMPLE] = action_format_sample,
    [OFPACT_CT] = action_format_ct,
    [OFPACT_NAT] = action_format_nat,
    [OFPACT_CT_CLEAR] = format_plain,
    [OFPACT_ENCAP] = action_format_encap,
    [OFPACT_DECAP] = action_format_encap,
    [OFPACT_DEC_NSH_TTL] = format_plain,
    [OFPACT_METER] = format_u32,
    [OFPACT_CLEAR_ACTIONS] = format_plain,
    [OFPACT_WRITE_ACTIONS] = format_nested,
    [OFPACT_WRITE_METADATA] = format_metadata,
    [OFPACT_GOTO_TABLE] = format_goto_table,
};

void ofp_actions_format(struct strbuf *s, const void *list, size_t size,
                        const struct ofp_names *names)
{
    const struct ofp_action *a;
    const char *separator = "";

    if (!size) {
        strbuf_puts(s, "drop");
        return;
    }
    ofp_action_for_each (a, list, size) {
        strbuf_puts(s, separator);
        formatters[a->type](s, a, names);
        separator = ",";
    }
}
