/* SPDX-License-Identifier: Apache-2.0 */
/* What an action list must respect beyond its form: the match that it goes with, and the switch's
 * tables and ports. */
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/field_table.h"

/* What is known of a packet at some point of the list: the match, changed by the actions so far. */
struct checker {
    struct match match;
    const struct ofp_actions_limits *limits;
    bool in_set; /* inside write-actions, which runs later: order says nothing */
};

/* Most of a match is not in use, and need not be copied. */
static void init(struct checker *c, const struct match *match, const struct ofp_actions_limits *limits)
{
    flow_copy(&c->match.flow, &match->flow);
    flow_copy(&c->match.mask, &match->mask);
    c->limits = limits;
    c->in_set = false;
}

static bool port_ok(ofp_port_t port, const struct checker *c)
{
    switch (port) {
    case OFPP_IN_PORT:
    case OFPP_TABLE:
    case OFPP_NORMAL:
    case OFPP_FLOOD:
    case OFPP_ALL:
    case OFPP_CONTROLLER:
    case OFPP_LOCAL:
        return true;
    default:
        return port < MIN(c->limits->max_ports, OFPP_MAX);
    }
}

static enum ofp_error check_field(const struct field *f, const struct checker *c)
{
    return field_match_prereqs_met(f, &c->match) ? OFPERR_OK : OFPBAC_MATCH_INCONSISTENT;
}

/* In 1.0, what sets a field of a header that may be absent does nothing then; later versions refuse
 * it. */
static bool lenient(const struct checker *c)
{
    return c->limits->version <= OFP10;
}

static bool has_tag(const struct checker *c)
{
    return c->match.flow.vlan[0].tci & htons(VLAN_CFI);
}

/* A tag of which nothing is known but that it is there. */
static void set_tag(struct checker *c, bool present)
{
    be16 cfi = htons(VLAN_CFI);

    flow_use_line(&c->match.mask, FLOW_LINE_L2);
    c->match.mask.vlan[0].tci = cfi;
    c->match.flow.vlan[0].tci = present ? cfi : 0;
}

static void set_eth_type(struct checker *c, be16 eth_type)
{
    union field_value value = { .be16 = eth_type };

    field_set_match(field_get(FIELD_ETH_TYPE), &c->match, &value, NULL);
    /* What was behind the old type is something else now. */
    c->match.flow.lines &= 1u << FLOW_LINE_L2;
    c->match.mask.lines &= 1u << FLOW_LINE_L2;
}

/* Writing the tag's control information may add or remove the tag. */
static void know_tci(const struct ofp_action_set_field *a, struct checker *c)
{
    union field_value value, mask;

    field_get_match(a->field, &c->match, &value, &mask);
    for (int i = 0; i < a->field->n_bytes; i++) {
        value.b[i] = (value.b[i] & ~a->mask.b[i]) | (a->value.b[i] & a->mask.b[i]);
        mask.b[i] |= a->mask.b[i];
    }
    field_set_match(a->field, &c->match, &value, &mask);
}

/* Fields of what the switch cannot write are refused. */
static enum ofp_error check_write(const struct field *f, const struct checker *c)
{
    return f->prereq == PREREQ_NSH && c->limits->no_encap ? OFPBAC_BAD_SET_TYPE : check_field(f, c);
}

static enum ofp_error check_set_field(const struct ofp_action_set_field *a, struct checker *c)
{
    enum ofp_error error = check_write(a->field, c);

    if (a->field->id == FIELD_VLAN_VID && !has_tag(c) && a->a.raw == ACTION_RAW_NONE) {
        error = OFPBAC_MATCH_INCONSISTENT;
    }
    if (error && (a->a.raw == ACTION_RAW_MOD && lenient(c))) {
        return OFPERR_OK;
    }
    if (a->field->id == FIELD_VLAN_TCI) {
        know_tci(a, c);
    }
    return error;
}

static enum ofp_error check_subfields(const struct ofp_action *a, const struct checker *c)
{
    enum ofp_error error;

    switch (a->type) {
    case OFPACT_OUTPUT_REG:
        return check_field(((const struct ofp_action_output_reg *) a)->src.field, c);
    case OFPACT_REG_MOVE:
        error = check_field(((const struct ofp_action_reg_move *) a)->src.field, c);
        return error ? error : check_write(((const struct ofp_action_reg_move *) a)->dst.field, c);
    case OFPACT_STACK_POP:
        return check_write(((const struct ofp_action_stack *) a)->subfield.field, c);
    default:
        return check_field(((const struct ofp_action_stack *) a)->subfield.field, c);
    }
}

/* A subfield that is written. */
static enum ofp_error check_dst(const struct subfield *dst, const struct checker *c)
{
    return dst->field->writable ? check_write(dst->field, c) : OFPBAC_BAD_SET_ARGUMENT;
}

static enum ofp_error check_bundle(const struct ofp_action_bundle *a, const struct checker *c)
{
    enum ofp_error error = a->dst.field ? check_dst(&a->dst, c) : OFPERR_OK;

    /* There is no maximum length that would go with sending to the controller. */
    for (size_t i = 0; i < a->n_members && !error; i++) {
        ofp_port_t port = a->members[i];
        bool ok = port == OFPP_NONE || (port != OFPP_CONTROLLER && port_ok(port, c));
        error = ok ? OFPERR_OK : OFPBAC_BAD_OUT_PORT;
    }
    return error;
}

static enum ofp_error check_nicira(const struct ofp_action *a, struct checker *c)
{
    bool tcp;

    switch (a->type) {
    case OFPACT_LEARN:
        return action_learn_check((const void *) a, &c->match);
    case OFPACT_MULTIPATH:
        return check_dst(&((const struct ofp_action_multipath *) a)->dst, c);
    case OFPACT_BUNDLE:
        return check_bundle((const void *) a, c);
    case OFPACT_FIN_TIMEOUT:
        tcp = c->match.mask.lines & 1u << FLOW_LINE_L3 && c->match.flow.nw_proto == NW_PROTO_TCP;
        return tcp || lenient(c) ? OFPERR_OK : OFPBAC_MATCH_INCONSISTENT;
    case OFPACT_CHECK_PKT_LARGER:
        return check_dst(&((const struct ofp_action_check_pkt_larger *) a)->dst, c);
    default: /* DELETE_FIELD: only options of tunnels can be taken out */
        return field_is_variable(((const struct ofp_action_field *) a)->field)
                   ? OFPERR_OK
                   : OFPBAC_BAD_ARGUMENT;
    }
}

static enum ofp_error check_tp(const struct checker *c)
{
    bool any = check_field(field_get(FIELD_TCP_SRC), c) == OFPERR_OK ||
               check_field(field_get(FIELD_UDP_SRC), c) == OFPERR_OK ||
               check_field(field_get(FIELD_SCTP_SRC), c) == OFPERR_OK;

    return any || lenient(c) ? OFPERR_OK : OFPBAC_MATCH_INCONSISTENT;
}

static enum ofp_error check_vlan(const struct ofp_action *action, struct checker *c)
{
    const struct ofp_action_vlan *a = (const void *) action;

    if (!a->push_if_none && !has_tag(c) && !lenient(c)) {
        return OFPBAC_MATCH_INCONSISTENT;
    }
    if (a->push_if_none) {
        set_tag(c, true);
    }
    return OFPERR_OK;
}

/* Actions that change what header the packet has, and those that need one. */
static enum ofp_error check_header(const struct ofp_action *a, struct checker *c)
{
    switch (a->type) {
    case OFPACT_STRIP_VLAN:
        if (!has_tag(c) && !lenient(c)) {
            return OFPBAC_MATCH_INCONSISTENT;
        }
        set_tag(c, false);
        return OFPERR_OK;
    case OFPACT_PUSH_VLAN:
        if (has_tag(c) && FLOW_MAX_VLANS < 2) {
            return OFPBAC_BAD_TAG;
        }
        set_tag(c, true);
        return OFPERR_OK;
    case OFPACT_PUSH_MPLS:
    case OFPACT_PUSH_PBB:
        set_eth_type(c, ((const struct ofp_action_ethertype *) a)->eth_type);
        return OFPERR_OK;
    case OFPACT_POP_PBB:
        if (c->match.flow.eth_type != htons(ETH_TYPE_PBB)) {
            return OFPBAC_MATCH_INCONSISTENT;
        }
        set_eth_type(c, htons(ETH_TYPE_NONE)); /* nothing is known of the inner packet */
        return OFPERR_OK;
    case OFPACT_COPY_TTL_OUT:
    case OFPACT_COPY_TTL_IN: {
        bool ttl = check_field(field_get(FIELD_MPLS_TTL), c) == OFPERR_OK ||
                   check_field(field_get(FIELD_IP_TTL), c) == OFPERR_OK;
        return ttl ? OFPERR_OK : OFPBAC_MATCH_INCONSISTENT;
    }
    case OFPACT_POP_MPLS: {
        enum ofp_error error = check_field(field_get(FIELD_MPLS_TTL), c);
        set_eth_type(c, ((const struct ofp_action_ethertype *) a)->eth_type);
        return lenient(c) ? OFPERR_OK : error;
    }
    case OFPACT_SET_MPLS_TTL:
    case OFPACT_DEC_MPLS_TTL:
        return lenient(c) ? OFPERR_OK : check_field(field_get(FIELD_MPLS_TTL), c);
    default: /* DEC_TTL */
        return lenient(c) ? OFPERR_OK : check_field(field_get(FIELD_IP_TTL), c);
    }
}

static enum ofp_error check_list(const void *list, size_t size, struct checker *c);

static enum ofp_error check_nested(const struct ofp_action *a, struct checker *c)
{
    size_t size;
    const struct ofp_action *nested = ofp_action_nested(a, &size);
    struct checker inner = *c;

    inner.in_set = a->type == OFPACT_WRITE_ACTIONS;
    return check_list(nested, size, &inner);
}

static enum ofp_error check_goto(uint8_t table, const struct checker *c)
{
    bool behind = c->limits->table == OFP_TABLE_ALL || table > c->limits->table;
    bool exists = !c->limits->n_tables || table < c->limits->n_tables;

    return behind && exists && table != OFP_TABLE_ALL ? OFPERR_OK : OFPBIC_BAD_TABLE_ID;
}

static enum ofp_error check_group(uint32_t id, const struct ofp_actions_limits *limits)
{
    bool ok = !limits->group_exists || limits->group_exists(limits->aux, id);

    return ok ? OFPERR_OK : OFPBAC_BAD_OUT_GROUP;
}

static enum ofp_error check_meter(uint32_t id, const struct ofp_actions_limits *limits)
{
    bool ok = id && (!limits->meter_exists || limits->meter_exists(limits->aux, id));

    return ok ? OFPERR_OK : OFPMMFC_INVALID_METER;
}

static enum ofp_error check_sample(const struct ofp_action_sample *a, const struct checker *c)
{
    enum ofp_error error = c->limits->no_sample ? OFPBAC_BAD_VENDOR_TYPE : OFPERR_OK;

    if (!error && a->obs_domain_src.field) {
        error = check_field(a->obs_domain_src.field, c);
    }
    return error || !a->obs_point_src.field ? error : check_field(a->obs_point_src.field, c);
}

static bool matches_proto(const struct checker *c, uint8_t proto)
{
    return c->match.mask.lines & 1u << FLOW_LINE_L3 && c->match.flow.nw_proto == proto;
}

static enum ofp_error check_ct(const struct ofp_action_ct *a, struct checker *c)
{
    enum { ALG_FTP = 21, ALG_TFTP = 69 };
    const struct ofp_action *culprit;

    if (c->limits->no_ct) {
        return OFPBAC_BAD_VENDOR_TYPE;
    }
    if (action_ct_check_nested(a, &culprit)) {
        return OFPBAC_BAD_ARGUMENT;
    }
    if (!flow_is_ip_any(&c->match.flow) ||
        (a->flags & OFP_CT_COMMIT && c->match.flow.ct_state & CT_STATE_INV) ||
        (a->alg == ALG_FTP && !matches_proto(c, NW_PROTO_TCP)) ||
        (a->alg == ALG_TFTP && !matches_proto(c, NW_PROTO_UDP))) {
        return OFPBAC_MATCH_INCONSISTENT;
    }
    if (a->zone_src.field) {
        enum ofp_error error = check_field(a->zone_src.field, c);
        if (error) {
            return error;
        }
    }
    return check_nested(&a->a, c);
}

static enum ofp_error check_nat(const struct ofp_action_nat *a, const struct checker *c)
{
    be16 type = c->match.flow.eth_type;
    bool ok = a->family == 4   ? type == htons(ETH_TYPE_IP)
              : a->family == 6 ? type == htons(ETH_TYPE_IPV6)
                               : flow_is_ip_any(&c->match.flow);

    return ok ? OFPERR_OK : OFPBAC_MATCH_INCONSISTENT;
}

/* Forgets what is behind the Ethernet header, or in its place. */
static void set_packet_type(struct checker *c, be32 type, be16 eth_type)
{
    set_eth_type(c, eth_type);
    c->match.flow.packet_type = type;
    c->match.mask.packet_type = BE32_MAX;
}

static enum ofp_error check_encap(const struct ofp_action_encap *a, struct checker *c)
{
    enum { NAMESPACE_ETHERTYPE = 1, PT_NSH = 0x1894f, PT_UNKNOWN = 0x1ffff };
    be32 type = c->match.flow.packet_type;

    if (c->limits->no_encap) {
        return OFPBAC_BAD_VENDOR_TYPE;
    }
    if (a->a.type == OFPACT_DEC_NSH_TTL) {
        bool nsh = type == htonl(PT_NSH) || c->match.flow.eth_type == htons(ETH_TYPE_NSH);
        return nsh ? OFPERR_OK : OFPBAC_MATCH_INCONSISTENT;
    }
    if (a->a.type == OFPACT_ENCAP) {
        uint32_t next = ntohl(a->packet_type);
        set_packet_type(c, a->packet_type,
                        next >> 16 == NAMESPACE_ETHERTYPE ? htons((uint16_t) next)
                                                          : c->match.flow.eth_type);
    } else if (!type) {
        be16 eth_type = c->match.flow.eth_type;
        c->match.flow.packet_type = htonl((uint32_t) NAMESPACE_ETHERTYPE << 16 | ntohs(eth_type));
    } else {
        set_packet_type(c, htonl(PT_UNKNOWN), BE16_MAX); /* only the packet tells */
    }
    return OFPERR_OK;
}

static enum ofp_error check_one(const struct ofp_action *a, struct checker *c)
{
    switch ((enum ofp_action_type) a->type) {
    case OFPACT_OUTPUT:
        return port_ok(((const struct ofp_action_output *) a)->port, c) ? OFPERR_OK
                                                                        : OFPBAC_BAD_OUT_PORT;
    case OFPACT_ENQUEUE: {
        ofp_port_t port = ((const struct ofp_action_enqueue *) a)->port;
        bool ok = port == OFPP_IN_PORT || port == OFPP_LOCAL ||
                  port < MIN(c->limits->max_ports, OFPP_MAX);
        return ok ? OFPERR_OK : OFPBAC_BAD_OUT_PORT;
    }
    case OFPACT_SET_FIELD:
        return check_set_field((const void *) a, c);
    case OFPACT_SET_TP_SRC:
    case OFPACT_SET_TP_DST:
        return check_tp(c);
    case OFPACT_OUTPUT_REG:
    case OFPACT_REG_MOVE:
    case OFPACT_STACK_PUSH:
    case OFPACT_STACK_POP:
        return check_subfields(a, c);
    case OFPACT_SET_VLAN_VID:
    case OFPACT_SET_VLAN_PCP:
        return check_vlan(a, c);
    case OFPACT_STRIP_VLAN:
    case OFPACT_PUSH_VLAN:
    case OFPACT_PUSH_MPLS:
    case OFPACT_POP_MPLS:
    case OFPACT_PUSH_PBB:
    case OFPACT_POP_PBB:
    case OFPACT_COPY_TTL_OUT:
    case OFPACT_COPY_TTL_IN:
    case OFPACT_SET_MPLS_TTL:
    case OFPACT_DEC_MPLS_TTL:
    case OFPACT_DEC_TTL:
        return check_header(a, c);
    case OFPACT_LEARN:
    case OFPACT_MULTIPATH:
    case OFPACT_BUNDLE:
    case OFPACT_FIN_TIMEOUT:
    case OFPACT_CHECK_PKT_LARGER:
    case OFPACT_DELETE_FIELD:
        return check_nicira(a, c);
    case OFPACT_SAMPLE:
        return check_sample((const void *) a, c);
    case OFPACT_CT:
        return check_ct((const void *) a, c);
    case OFPACT_NAT:
        return check_nat((const void *) a, c);
    case OFPACT_CT_CLEAR:
        return c->limits->no_ct ? OFPBAC_BAD_VENDOR_TYPE : OFPERR_OK;
    case OFPACT_ENCAP:
    case OFPACT_DECAP:
    case OFPACT_DEC_NSH_TTL:
        return check_encap((const void *) a, c);
    case OFPACT_CONJUNCTION:
    case OFPACT_CLONE:
    case OFPACT_WRITE_ACTIONS:
        return check_nested(a, c);
    case OFPACT_GOTO_TABLE:
        return check_goto(((const struct ofp_action_u8 *) a)->value, c);
    case OFPACT_GROUP:
        return check_group(((const struct ofp_action_u32 *) a)->value, c->limits);
    case OFPACT_METER:
        return check_meter(((const struct ofp_action_u32 *) a)->value, c->limits);
    case OFPACT_RESUBMIT:
        /* With the connection's original addresses: it must have some. */
        return ((const struct ofp_action_resubmit *) a)->with_ct
                   ? check_field(field_get(FIELD_CT_NW_PROTO), c)
                   : OFPERR_OK;
    case OFPACT_CONTROLLER:
    case OFPACT_SET_QUEUE:
    case OFPACT_POP_QUEUE:
    case OFPACT_NOTE:
    case OFPACT_EXIT:
    case OFPACT_CLEAR_ACTIONS:
    case OFPACT_WRITE_METADATA:
    case OFPACT_N_TYPES:
        break;
    }
    return OFPERR_OK;
}

static enum ofp_error check_list(const void *list, size_t size, struct checker *c)
{
    const struct ofp_action *a;

    ofp_action_for_each (a, list, size) {
        enum ofp_error error = check_one(a, c);

        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

enum ofp_error ofp_actions_check(const void *list, size_t size, const struct match *match,
                                 const struct ofp_actions_limits *limits)
{
    struct checker c;
    enum ofp_error error = actions_check_order(list, size, (enum ofp_version) limits->version);

    if (error || !size) {
        return error;
    }
    init(&c, match, limits);
    return check_list(list, size, &c);
}

static void bind_list(void *list, size_t size, struct checker *c)
{
    const struct ofp_action *a;

    ofp_action_for_each (a, list, size) {
        switch (a->type) {
        case OFPACT_SET_TP_SRC:
        case OFPACT_SET_TP_DST: {
            bool known = c->match.mask.lines & 1u << FLOW_LINE_L3;
            ((struct ofp_action_tp *) (uintptr_t) a)->nw_proto =
                known ? c->match.flow.nw_proto : 0;
            break;
        }
        case OFPACT_SET_VLAN_VID:
        case OFPACT_SET_VLAN_PCP: {
            struct ofp_action_vlan *vlan = (struct ofp_action_vlan *) (uintptr_t) a;
            vlan->has_tag = has_tag(c);
            set_tag(c, has_tag(c) || vlan->push_if_none);
            break;
        }
        case OFPACT_PUSH_VLAN:
            set_tag(c, true);
            break;
        case OFPACT_STRIP_VLAN:
            set_tag(c, false);
            break;
        case OFPACT_CLONE:
        case OFPACT_WRITE_ACTIONS: {
            struct checker inner = *c;
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size);
            bind_list((void *) (uintptr_t) nested, nested_size, &inner);
            break;
        }
        default:
            break;
        }
    }
}

void ofp_actions_bind(void *list, size_t size, const struct match *match)
{
    struct checker c;

    if (size) {
        init(&c, match, NULL);
        bind_list(list, size, &c);
    }
}
