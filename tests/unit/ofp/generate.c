/* SPDX-License-Identifier: Apache-2.0 */
/* Random input for the tests of lib/ofp. */
#include "tests/unit/ofp/generate.h"

#include "lib/ofp/action_codec.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/match_text.h"

uint64_t generate_u64(struct generator *g)
{
    /* splitmix64 */
    uint64_t z = g->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

uint32_t generate_u32(struct generator *g)
{
    return (uint32_t) generate_u64(g);
}

uint32_t generate_below(struct generator *g, uint32_t n)
{
    return generate_u32(g) % n;
}

ofp_port_t generate_port(struct generator *g)
{
    static const ofp_port_t reserved[] = { OFPP_LOCAL, OFPP_IN_PORT, OFPP_CONTROLLER };

    return generate_below(g, 4) ? 1 + generate_below(g, 60000)
                                : reserved[generate_below(g, ARRAY_SIZE(reserved))];
}

void generate_value(struct generator *g, const struct field *f, union field_value *v)
{
    union field_value exact;

    memset(v, 0, sizeof *v);
    field_exact_mask(f, &exact);
    for (int i = 0; i < f->n_bytes; i++) {
        v->b[i] = (uint8_t) generate_u32(g) & exact.b[i];
    }
    switch ((int) f->format) {
    case FORMAT_PORT_10:
        v->be16 = htons((uint16_t) generate_port(g));
        break;
    case FORMAT_PORT:
        v->be32 = htonl(generate_port(g));
        break;
    }
    if (f->id == FIELD_VLAN_VID || f->id == FIELD_VLAN_TCI) {
        v->be16 |= htons(VLAN_CFI);
    }
}

static void set(struct match *match, enum field_id id, uint32_t x)
{
    const struct field *f = field_get(id);
    union field_value v;

    memset(&v, 0, sizeof v);
    for (int i = f->n_bytes; i-- > 0; x >>= 8) {
        v.b[i] = (uint8_t) x;
    }
    field_set_match(f, match, &v, NULL);
}

/* Matches what 'f' needs. */
static void set_prereqs(struct generator *g, struct match *match, const struct field *f)
{
    uint16_t ip = generate_below(g, 2) ? ETH_TYPE_IP : ETH_TYPE_IPV6;

    switch (f->prereq) {
    case PREREQ_NONE:
        break;
    case PREREQ_ARP:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_ARP);
        break;
    case PREREQ_VLAN:
        set(match, FIELD_VLAN_VID, VLAN_CFI | generate_below(g, VLAN_N));
        break;
    case PREREQ_IPV4:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_IP);
        break;
    case PREREQ_IPV6:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_IPV6);
        break;
    case PREREQ_IP_ANY:
        set(match, FIELD_ETH_TYPE, ip);
        break;
    case PREREQ_MPLS:
        set(match, FIELD_ETH_TYPE, generate_below(g, 2) ? ETH_TYPE_MPLS : ETH_TYPE_MPLS_MCAST);
        break;
    case PREREQ_PBB:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_PBB);
        break;
    case PREREQ_NSH:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_NSH);
        break;
    case PREREQ_TCP:
    case PREREQ_UDP:
    case PREREQ_SCTP:
        set(match, FIELD_ETH_TYPE, ip);
        set(match, FIELD_IP_PROTO, f->prereq == PREREQ_TCP   ? NW_PROTO_TCP
                                   : f->prereq == PREREQ_UDP ? NW_PROTO_UDP
                                                             : NW_PROTO_SCTP);
        break;
    case PREREQ_ICMPV4:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_IP);
        set(match, FIELD_IP_PROTO, NW_PROTO_ICMP);
        break;
    case PREREQ_ICMPV6:
    case PREREQ_ND:
    case PREREQ_ND_SOLICIT:
    case PREREQ_ND_ADVERT:
        set(match, FIELD_ETH_TYPE, ETH_TYPE_IPV6);
        set(match, FIELD_IP_PROTO, NW_PROTO_ICMPV6);
        if (f->prereq != PREREQ_ICMPV6) {
            set(match, FIELD_ICMPV6_TYPE,
                f->prereq == PREREQ_ND_ADVERT ? ICMPV6_NEIGHBOR_ADVERT : ICMPV6_NEIGHBOR_SOLICIT);
            set(match, FIELD_ICMPV6_CODE, 0);
        }
        break;
    case PREREQ_CT_VALID:
        set(match, FIELD_CT_STATE, CT_STATE_TRK | CT_STATE_EST);
        break;
    }
}

/* Fields that have no form on the wire, and those whose matching is said by another field. */
static bool can_match(const struct field *f)
{
    return (f->nxm_header || f->oxm_header) && f->id != FIELD_VLAN_TCI && f->id != FIELD_ETH_TYPE &&
           f->id != FIELD_IP_PROTO && f->id != FIELD_CT_STATE && f->id != FIELD_PACKET_TYPE &&
           f->id != FIELD_IP_FRAG && f->id != FIELD_VLAN_VID && f->id != FIELD_ICMPV6_TYPE &&
           f->id != FIELD_ICMPV6_CODE;
}

void generate_match(struct generator *g, struct match *match, unsigned int max_fields)
{
    unsigned int n = generate_below(g, max_fields + 1);

    match_init(match);
    while (n--) {
        const struct field *f = field_get((enum field_id) generate_below(g, FIELD_N_IDS));
        union field_value v, mask;

        if (!can_match(f)) {
            continue;
        }
        if (!field_match_prereqs_met(f, match)) {
            match->mask.lines &= match->flow.lines &= 1u << FLOW_LINE_L2 | 1u << FLOW_LINE_REGS;
            set_prereqs(g, match, f);
        }
        generate_value(g, f, &v);
        if (f->masking == MASK_ANY && generate_below(g, 2)) {
            generate_value(g, f, &mask);
            for (int i = 0; i < f->n_bytes; i++) {
                v.b[i] &= mask.b[i];
            }
            field_set_match(f, match, &v, &mask);
        } else {
            field_set_match(f, match, &v, NULL);
        }
    }
    match_drop_unmet(
        match); /* a later field may have changed the type that an earlier one needed */
}

static const struct field *writable_field(struct generator *g)
{
    for (;;) {
        const struct field *f = field_get((enum field_id) generate_below(g, FIELD_N_IDS));

        if (action_may_write(f, ACTION_WRITES) && field_wire_name(f) && f->id != FIELD_IN_PORT_OXM) {
            return f;
        }
    }
}

/* Of a field that the older actions can name. */
static void generate_subfield(struct generator *g, struct subfield *sf)
{
    do {
        sf->field = writable_field(g);
    } while (!field_has_short_header(sf->field));
    sf->ofs = (uint16_t) generate_below(g, sf->field->n_bits);
    sf->n_bits = (uint16_t) (1 + generate_below(g, sf->field->n_bits - sf->ofs));
}

static void put_set_field(struct generator *g, struct ofpbuf *out)
{
    struct ofp_action_set_field *a = ofp_actions_put(out, OFPACT_SET_FIELD, sizeof *a);

    a->field = writable_field(g);
    generate_value(g, a->field, &a->value);
    field_exact_mask(a->field, &a->mask);
    if (generate_below(g, 3) == 0 && a->field->masking == MASK_ANY &&
        a->field->id != FIELD_VLAN_VID) {
        generate_value(g, a->field, &a->mask);
        for (int i = 0; i < a->field->n_bytes; i++) {
            a->value.b[i] &= a->mask.b[i];
        }
    }
}

static void put_mod(struct generator *g, struct ofpbuf *out)
{
    static const uint8_t fields[] = {
        FIELD_ETH_SRC, FIELD_ETH_DST, FIELD_IPV4_SRC, FIELD_IPV4_DST, FIELD_IP_DSCP, FIELD_IP_ECN,
        FIELD_IP_TTL,  FIELD_TUN_ID,  FIELD_MPLS_LABEL, FIELD_MPLS_TC,
    };
    const struct field *f =
        field_get((enum field_id) fields[generate_below(g, ARRAY_SIZE(fields))]);
    union field_value v;

    generate_value(g, f, &v);
    action_put_set_field(out, f->id, &v, ACTION_RAW_MOD);
}

static void put_controller(struct generator *g, struct ofpbuf *out)
{
    size_t n = generate_below(g, 20);
    struct ofp_action_controller *a = ofp_actions_put(out, OFPACT_CONTROLLER, sizeof *a + n);

    a->max_len = (uint16_t) generate_u32(g);
    a->controller_id = (uint16_t) (1 + generate_below(g, 9));
    a->reason = (uint8_t) generate_below(g, 3);
    a->pause = generate_below(g, 2);
    a->meter_id = generate_below(g, 2);
    a->userdata_len = (uint16_t) n;
    for (size_t i = 0; i < n; i++) {
        a->userdata[i] = (uint8_t) generate_u32(g);
    }
}

static void put_move(struct generator *g, struct ofpbuf *out)
{
    struct ofp_action_reg_move *a = ofp_actions_put(out, OFPACT_REG_MOVE, sizeof *a);

    generate_subfield(g, &a->src);
    generate_subfield(g, &a->dst);
    a->src.n_bits = a->dst.n_bits = MIN(a->src.n_bits, a->dst.n_bits);
}

static void put_output_reg(struct generator *g, struct ofpbuf *out)
{
    struct ofp_action_output_reg *a = ofp_actions_put(out, OFPACT_OUTPUT_REG, sizeof *a);

    generate_subfield(g, &a->src);
    a->src.n_bits = MIN(a->src.n_bits, 64);
    a->max_len = UINT16_MAX;
}

static void put_number(struct generator *g, struct ofpbuf *out, enum ofp_action_type type)
{
    struct ofp_action_u32 *a = ofp_actions_put(out, type, sizeof *a);

    a->value = 1 + generate_below(g, 1000);
}

static void put_note(struct generator *g, struct ofpbuf *out)
{
    size_t n = 6 + 8 * generate_below(g, 4);
    struct ofp_action_note *a = ofp_actions_put(out, OFPACT_NOTE, sizeof *a + n);

    a->n = (uint16_t) n;
    for (size_t i = 0; i < n; i++) {
        a->data[i] = (uint8_t) generate_u32(g);
    }
}

static void put_dec_ttl(struct generator *g, struct ofpbuf *out)
{
    size_t n = 1 + generate_below(g, 4);
    struct ofp_action_dec_ttl *a =
        ofp_actions_put(out, OFPACT_DEC_TTL, sizeof *a + n * sizeof a->ids[0]);

    a->n_ids = (uint16_t) n;
    for (size_t i = 0; i < n; i++) {
        a->ids[i] = (uint16_t) generate_below(g, 3);
    }
}

static void put_list(struct generator *g, struct ofpbuf *out, unsigned int max, unsigned int depth,
                     bool set_only);

static void put_nested(struct generator *g, struct ofpbuf *out, enum ofp_action_type type,
                       unsigned int depth)
{
    ofp_actions_put(out, type, sizeof(struct ofp_action));
    size_t offset = out->size - sizeof(struct ofp_action);

    put_list(g, out, 3, depth + 1, type == OFPACT_WRITE_ACTIONS);
    ((struct ofp_action *) (void *) (out->data + offset))->len = (uint32_t) (out->size - offset);
}

static void put_vlan(struct generator *g, struct ofpbuf *out, enum ofp_action_type type)
{
    struct ofp_action_vlan *a = ofp_actions_put(out, type, sizeof *a);

    a->value = (uint16_t) generate_below(g, type == OFPACT_SET_VLAN_VID ? VLAN_N : 8);
    a->push_if_none = true;
}

static void put_output(struct generator *g, struct ofpbuf *out, bool set_only)
{
    struct ofp_action_output *a = ofp_actions_put(out, OFPACT_OUTPUT, sizeof *a);

    a->port = generate_port(g);
    if (a->port == OFPP_CONTROLLER) {
        a->max_len = (uint16_t) generate_u32(g);
    } else if (!set_only && !generate_below(g, 4)) {
        a->truncate = ETH_HEADER_LEN + generate_below(g, 1000);
    }
}

static void put_ethertype(struct generator *g, struct ofpbuf *out, enum ofp_action_type type)
{
    struct ofp_action_ethertype *a = ofp_actions_put(out, type, sizeof *a);
    bool first = generate_below(g, 2);

    a->eth_type = htons(type == OFPACT_PUSH_VLAN
                            ? first ? ETH_TYPE_VLAN_8021Q : ETH_TYPE_VLAN_8021AD
                        : type == OFPACT_PUSH_PBB  ? ETH_TYPE_PBB
                        : type == OFPACT_PUSH_MPLS ? first ? ETH_TYPE_MPLS : ETH_TYPE_MPLS_MCAST
                                                   : ETH_TYPE_IP);
}

/* A whole field or a part, read or written. */
static void learn_spec(struct generator *g, struct ofp_learn_spec *spec)
{
    memset(spec, 0, sizeof *spec);
    spec->target = (uint8_t) generate_below(g, 3);
    spec->source = spec->target == OFP_LEARN_TO_OUTPUT ? OFP_LEARN_FROM_FIELD
                                                       : (uint8_t) generate_below(g, 2);
    if (spec->target != OFP_LEARN_TO_OUTPUT) {
        generate_subfield(g, &spec->dst);
        if (generate_below(g, 2)) {
            spec->dst = (struct subfield) { spec->dst.field, 0, spec->dst.field->n_bits };
        }
    }
    if (spec->source == OFP_LEARN_FROM_FIELD) {
        do {
            generate_subfield(g, &spec->src);
        } while (spec->dst.field && spec->src.n_bits < spec->dst.n_bits);
        spec->src.n_bits = spec->dst.field ? spec->dst.n_bits : spec->src.n_bits;
        spec->n_bits = spec->src.n_bits;
        return;
    }
    union field_value v;
    const struct field *f = spec->dst.field;
    size_t bytes = DIV_ROUND_UP(spec->dst.n_bits, 8u);
    generate_value(g, f, &v);
    if (f->id == FIELD_VLAN_VID) {
        v.be16 &= htons(VLAN_VID_MASK);
    }
    spec->n_bits = spec->dst.n_bits;
    memcpy(spec->value.b, v.b + f->n_bytes - bytes, bytes);
    if (spec->n_bits % 8) {
        spec->value.b[0] &= (uint8_t) ((1u << spec->n_bits % 8) - 1);
    }
}

static void put_learn(struct generator *g, struct ofpbuf *out)
{
    size_t n = generate_below(g, 5);
    struct ofp_action_learn *a =
        ofp_actions_put(out, OFPACT_LEARN, sizeof *a + n * sizeof a->specs[0]);

    a->idle_timeout = (uint16_t) generate_below(g, 3);
    a->fin_hard_timeout = (uint16_t) generate_below(g, 3);
    a->priority = (uint16_t) generate_u32(g);
    a->flags = (uint16_t) generate_below(g, 8);
    a->table = (uint8_t) generate_below(g, 255);
    a->cookie = generate_u64(g);
    a->limit = generate_below(g, 2);
    if (a->flags & OFP_LEARN_WRITE_RESULT) {
        generate_subfield(g, &a->result);
        a->result.n_bits = 1;
    }
    a->n_specs = n;
    for (size_t i = 0; i < n; i++) {
        learn_spec(g, &a->specs[i]);
    }
}

static void put_multipath(struct generator *g, struct ofpbuf *out)
{
    struct ofp_action_multipath *a = ofp_actions_put(out, OFPACT_MULTIPATH, sizeof *a);

    a->fields = (uint16_t) generate_below(g, 7);
    a->basis = (uint16_t) generate_u32(g);
    a->algorithm = (uint16_t) generate_below(g, 4);
    a->arg = generate_u32(g);
    generate_subfield(g, &a->dst);
    a->dst.n_bits = MIN(a->dst.n_bits, 64);
    a->n_links = 1 + generate_below(g, 1u << MIN(a->dst.n_bits, 16));
}

static void put_bundle(struct generator *g, struct ofpbuf *out)
{
    size_t n = generate_below(g, 6);
    struct ofp_action_bundle *a =
        ofp_actions_put(out, OFPACT_BUNDLE, sizeof *a + n * sizeof a->members[0]);

    a->algorithm = (uint16_t) generate_below(g, 2);
    a->fields = (uint16_t) generate_below(g, 7);
    a->basis = (uint16_t) generate_u32(g);
    if (generate_below(g, 2)) {
        a->dst = (struct subfield) { field_get(FIELD_REG0), 0, 32 };
    }
    a->n_members = n;
    for (size_t i = 0; i < n; i++) {
        a->members[i] = 1 + generate_below(g, 1000);
    }
}

static void put_sample(struct generator *g, struct ofpbuf *out)
{
    struct ofp_action_sample *a = ofp_actions_put(out, OFPACT_SAMPLE, sizeof *a);

    a->probability = (uint16_t) (1 + generate_below(g, UINT16_MAX));
    a->collector_set_id = generate_u32(g);
    if (generate_below(g, 2)) {
        a->obs_domain_id = generate_u32(g);
    } else {
        generate_subfield(g, &a->obs_domain_src);
        a->obs_domain_src.n_bits = MIN(a->obs_domain_src.n_bits, 32);
    }
    a->obs_point_id = generate_u32(g);
    a->sampling_port = generate_below(g, 2) ? OFPP_NONE : 1 + generate_below(g, 1000);
    a->direction = (uint8_t) generate_below(g, 3);
}

static void put_encap(struct generator *g, struct ofpbuf *out)
{
    static const uint8_t props[] = {
        0, 4, 1, 5, 2, 0, 0, 0, 0, 4, 2, 16, 1, 2, 3, 6, 5, 6, 7, 8, 9, 10, 0, 0,
    };
    static const uint32_t types[] = { 0, 0x1894f, 0x18847 };
    bool decap = generate_below(g, 2);
    size_t n = decap ? 0 : generate_below(g, 4) * 8;
    struct ofp_action_encap *a =
        ofp_actions_put(out, decap ? OFPACT_DECAP : OFPACT_ENCAP, sizeof *a + MIN(n, sizeof props));

    a->packet_type = htonl(decap ? generate_u32(g) : n ? 0x1894f : types[generate_below(g, 3)]);
    if (n == 16) {
        memcpy(a->props, props + 8, n); /* the TLV alone */
    } else {
        memcpy(a->props, props, MIN(n, sizeof props));
        a->nsh_md_type = n ? 2 : 0;
    }
    a->props_len = (uint16_t) MIN(n, sizeof props);
}

static void put_nat(struct generator *g, struct ofpbuf *out, bool commit)
{
    struct ofp_action_nat *a = ofp_actions_put(out, OFPACT_NAT, sizeof *a);

    if (!commit || !generate_below(g, 4)) {
        return;
    }
    a->flags = generate_below(g, 2) ? OFP_NAT_SRC : OFP_NAT_DST;
    if (!generate_below(g, 4)) {
        return;
    }
    a->flags |= (generate_below(g, 2) ? OFP_NAT_PERSISTENT : 0) |
                (generate_below(g, 2) ? OFP_NAT_HASH : 0);
    a->family = generate_below(g, 2) ? 4 : 6;
    for (int i = 0; i < (a->family == 4 ? 4 : 16); i++) {
        a->min[i] = (uint8_t) (1 + generate_below(g, 200));
    }
    if (generate_below(g, 2)) {
        memcpy(a->max, a->min, 16);
        a->max[0]++;
    }
    if (generate_below(g, 2)) {
        a->port_min = (uint16_t) (1 + generate_below(g, 1000));
        a->port_max = generate_below(g, 2) ? 0 : a->port_min + 7;
    }
}

static void put_ct(struct generator *g, struct ofpbuf *out)
{
    struct ofp_action_ct *a = ofp_actions_put(out, OFPACT_CT, sizeof *a);
    size_t offset = (size_t) ((uint8_t *) a - out->data);
    bool commit = generate_below(g, 4);

    a->flags = (uint16_t) (commit ? OFP_CT_COMMIT | (generate_below(g, 2) ? OFP_CT_FORCE : 0) : 0);
    a->recirc_table = (uint8_t) generate_u32(g);
    a->alg = generate_below(g, 2) ? 0 : generate_below(g, 2) ? 21 : 69;
    if (generate_below(g, 2)) {
        a->zone = (uint16_t) generate_u32(g);
    } else {
        a->zone_src = (struct subfield) { field_get(FIELD_REG0), 3, 16 };
    }
    for (unsigned int n = generate_below(g, 4); n; n--) {
        if (!commit || generate_below(g, 2)) {
            put_nat(g, out, commit);
        } else if (generate_below(g, 2)) {
            uint32_t mark = generate_u32(g);
            action_put_set_field(out, FIELD_CT_MARK, &mark, ACTION_RAW_NONE);
        } else {
            struct ofp_action_reg_move *move =
                ofp_actions_put(out, OFPACT_REG_MOVE, sizeof *move);
            move->src = (struct subfield) { field_get(FIELD_REG0), 0, 32 };
            move->dst = (struct subfield) { field_get(FIELD_CT_LABEL), 40, 32 };
        }
    }
    ((struct ofp_action *) (void *) (out->data + offset))->len = (uint32_t) (out->size - offset);
}

/* One of Nicira's larger actions. */
static void put_nicira(struct generator *g, struct ofpbuf *out)
{
    switch (generate_below(g, 8)) {
    case 0:
        put_learn(g, out);
        break;
    case 1:
        put_multipath(g, out);
        break;
    case 2:
        put_bundle(g, out);
        break;
    case 5:
        put_sample(g, out);
        break;
    case 6:
        put_encap(g, out);
        break;
    case 7:
        put_ct(g, out);
        break;
    case 3: {
        struct ofp_action_fin_timeout *a = ofp_actions_put(out, OFPACT_FIN_TIMEOUT, sizeof *a);
        a->idle_timeout = (uint16_t) generate_below(g, 3);
        a->hard_timeout = (uint16_t) generate_below(g, 3);
        break;
    }
    default: {
        struct ofp_action_check_pkt_larger *a =
            ofp_actions_put(out, OFPACT_CHECK_PKT_LARGER, sizeof *a);
        a->pkt_len = (uint16_t) generate_u32(g);
        generate_subfield(g, &a->dst);
        a->dst.n_bits = 1;
        break;
    }
    }
}

/* One action of a random type, none that may not be in a set if 'set_only'. */
static void put_one(struct generator *g, struct ofpbuf *out, unsigned int depth, bool set_only)
{
    static const uint8_t plain[] = {
        OFPACT_STRIP_VLAN, OFPACT_DEC_MPLS_TTL, OFPACT_COPY_TTL_OUT, OFPACT_COPY_TTL_IN,
        OFPACT_POP_PBB,    OFPACT_CT_CLEAR,     OFPACT_DEC_NSH_TTL,
    };

    static const enum ofp_action_type mpls[] = {
        OFPACT_PUSH_MPLS, OFPACT_POP_MPLS, OFPACT_PUSH_PBB,
    };

    switch (generate_below(g, set_only ? 13 : 23)) {
    case 0:
        put_output(g, out, set_only);
        break;
    case 1:
        put_set_field(g, out);
        break;
    case 2:
        put_mod(g, out);
        break;
    case 3: {
        struct ofp_action_tp *a = ofp_actions_put(
            out, generate_below(g, 2) ? OFPACT_SET_TP_SRC : OFPACT_SET_TP_DST, sizeof *a);
        a->port = (uint16_t) generate_u32(g);
        break;
    }
    case 4:
        put_move(g, out);
        break;
    case 5:
        ofp_actions_put(out, (enum ofp_action_type) plain[generate_below(g, ARRAY_SIZE(plain))],
                        sizeof(struct ofp_action));
        break;
    case 6:
        put_ethertype(g, out, OFPACT_PUSH_VLAN);
        break;
    case 7:
        put_vlan(g, out, generate_below(g, 2) ? OFPACT_SET_VLAN_VID : OFPACT_SET_VLAN_PCP);
        break;
    case 8:
        put_ethertype(g, out, mpls[generate_below(g, ARRAY_SIZE(mpls))]);
        break;
    case 9: {
        struct ofp_action_u8 *a = ofp_actions_put(out, OFPACT_SET_MPLS_TTL, sizeof *a);
        a->value = (uint8_t) generate_u32(g);
        break;
    }
    case 10:
        put_dec_ttl(g, out);
        break;
    case 11:
        put_number(g, out, OFPACT_SET_QUEUE);
        break;
    case 12:
        put_number(g, out, OFPACT_GROUP);
        break;
    case 13:
        put_controller(g, out);
        break;
    case 14: {
        struct ofp_action_enqueue *a = ofp_actions_put(out, OFPACT_ENQUEUE, sizeof *a);
        a->port = 1 + generate_below(g, 100);
        a->queue = generate_u32(g);
        break;
    }
    case 15:
        put_output_reg(g, out);
        break;
    case 16: {
        struct ofp_action_stack *a = ofp_actions_put(
            out, generate_below(g, 2) ? OFPACT_STACK_PUSH : OFPACT_STACK_POP, sizeof *a);
        generate_subfield(g, &a->subfield);
        break;
    }
    case 17:
        ofp_actions_put(out, OFPACT_POP_QUEUE, sizeof(struct ofp_action));
        break;
    case 18: {
        struct ofp_action_resubmit *a = ofp_actions_put(out, OFPACT_RESUBMIT, sizeof *a);
        a->in_port = generate_below(g, 2) ? OFPP_IN_PORT : generate_port(g);
        a->table = (uint8_t) generate_below(g, 200);
        a->with_ct = generate_below(g, 2);
        break;
    }
    case 19:
        put_note(g, out);
        break;
    case 20:
        if (depth < 4) {
            put_nested(g, out, OFPACT_CLONE, depth);
        }
        break;
    case 21:
        put_nicira(g, out);
        break;
    default:
        ofp_actions_put(out, OFPACT_EXIT, sizeof(struct ofp_action));
        break;
    }
}

static void put_list(struct generator *g, struct ofpbuf *out, unsigned int max, unsigned int depth,
                     bool set_only)
{
    unsigned int n = generate_below(g, max + 1);

    while (n--) {
        put_one(g, out, depth, set_only);
    }
}

static void put_instructions(struct generator *g, struct ofpbuf *out)
{
    if (generate_below(g, 2)) {
        ofp_actions_put(out, OFPACT_CLEAR_ACTIONS, sizeof(struct ofp_action));
    }
    if (generate_below(g, 2)) {
        put_nested(g, out, OFPACT_WRITE_ACTIONS, 0);
    }
    if (generate_below(g, 2)) {
        struct ofp_action_metadata *a = ofp_actions_put(out, OFPACT_WRITE_METADATA, sizeof *a);
        a->mask = generate_below(g, 2) ? BE64_MAX : generate_u64(g) | 1;
        a->value = generate_u64(g) & a->mask;
    }
    if (generate_below(g, 2)) {
        struct ofp_action_u8 *a = ofp_actions_put(out, OFPACT_GOTO_TABLE, sizeof *a);
        a->value = (uint8_t) (1 + generate_below(g, 250));
    }
}

void generate_actions(struct generator *g, struct ofpbuf *out, unsigned int max_actions,
                      bool instructions)
{
    if (!generate_below(g, 16)) {
        /* Conjunctions do not go with anything else. */
        for (unsigned int n = 1 + generate_below(g, max_actions); n; n--) {
            struct ofp_action_conjunction *a =
                ofp_actions_put(out, OFPACT_CONJUNCTION, sizeof *a);
            a->id = generate_u32(g);
            a->n_clauses = (uint8_t) (2 + generate_below(g, 63));
            a->clause = (uint8_t) generate_below(g, a->n_clauses);
        }
        return;
    }
    if (instructions && !generate_below(g, 4)) {
        put_number(g, out, OFPACT_METER);
    }
    put_list(g, out, max_actions, 0, false);
    if (instructions) {
        put_instructions(g, out);
    }
}
