/* SPDX-License-Identifier: Apache-2.0 */
/* Fields in flows and in matches: read, write, mark as looked at, and prerequisites. */
#include "lib/ofp/field_table.h"

#include "lib/ofp/match.h"

/* An integer of 'n' bytes (1 to 8) in network order. */
static uint64_t get_be(const uint8_t *p, unsigned int n)
{
    uint64_t x = 0;

    switch (n) {
    case 1:
        return *p;
    case 2:
        return ntohs(get_be16(p));
    case 4:
        return ntohl(get_be32(p));
    case 8:
        return be64_to_host(get_be64(p));
    default:
        for (unsigned int i = 0; i < n; i++) {
            x = x << 8 | p[i];
        }
        return x;
    }
}

static void put_be(uint8_t *p, unsigned int n, uint64_t x)
{
    switch (n) {
    case 1:
        *p = (uint8_t) x;
        break;
    case 2:
        put_be16(p, htons((uint16_t) x));
        break;
    case 4:
        put_be32(p, htonl((uint32_t) x));
        break;
    default:
        for (unsigned int i = n; i-- > 0; x >>= 8) {
            p[i] = (uint8_t) x;
        }
        break;
    }
}

/* The integer of a place, in host order. */
static uint64_t get_integer(const struct field_place *place, const uint8_t *p)
{
    uint64_t x = 0;

    if (place->kind == PLACE_BE) {
        return get_be(p, place->size);
    }
    switch (place->size) {
    case 1:
        return *p;
    case 2: {
        uint16_t x16;
        memcpy(&x16, p, sizeof x16);
        return x16;
    }
    case 4: {
        uint32_t x32;
        memcpy(&x32, p, sizeof x32);
        return x32;
    }
    default:
        memcpy(&x, p, sizeof x);
        return x;
    }
}

static void put_integer(const struct field_place *place, uint64_t x, uint8_t *p)
{
    if (place->kind == PLACE_BE) {
        put_be(p, place->size, x);
        return;
    }
    switch (place->size) {
    case 1:
        *p = (uint8_t) x;
        break;
    case 2: {
        uint16_t x16 = (uint16_t) x;
        memcpy(p, &x16, sizeof x16);
        break;
    }
    case 4: {
        uint32_t x32 = (uint32_t) x;
        memcpy(p, &x32, sizeof x32);
        break;
    }
    default:
        memcpy(p, &x, sizeof x);
        break;
    }
}

/* The bytes at the place of a field, to be read or to be written. It lies in one line. */
static const uint8_t *bytes_at(const struct field_place *place, const struct flow *flow)
{
    return flow_line(flow, place->offset / FLOW_LINE_SIZE)->bytes + place->offset % FLOW_LINE_SIZE;
}

static uint8_t *use_bytes_at(const struct field_place *place, struct flow *flow)
{
    flow_use_line(flow, place->offset / FLOW_LINE_SIZE);
    return (uint8_t *) flow + place->offset;
}

static uint64_t load(const struct field_place *place, const struct flow *flow)
{
    return get_integer(place, bytes_at(place, flow));
}

static void store(const struct field_place *place, uint64_t x, struct flow *flow)
{
    put_integer(place, x, use_bytes_at(place, flow));
}

/* The bits of the integer that are the field's. */
static uint64_t place_bits(const struct field_entry *e)
{
    uint64_t bits = e->place.n_bits == 64 ? UINT64_MAX : ((uint64_t) 1 << e->place.n_bits) - 1;

    if (e->f.valid_bits) {
        bits &= e->f.valid_bits;
    }
    return bits << e->place.shift;
}

static uint64_t value_to_host(const struct field *f, const union field_value *v)
{
    return get_be(v->b, f->n_bytes);
}

static void value_from_host(const struct field *f, uint64_t x, union field_value *v)
{
    put_be(v->b, f->n_bytes, x);
}

/* Registers are in host order each, the first of several is the most significant. */
static void read_regs(const struct field_entry *e, const struct flow *flow, union field_value *v)
{
    const uint8_t *line = flow_line(flow, FLOW_LINE_REGS)->bytes + e->place.offset % FLOW_LINE_SIZE;

    for (int i = 0; i < e->f.n_bytes; i += 4) {
        uint32_t reg;
        memcpy(&reg, line + i, sizeof reg);
        put_be32(v->b + i, htonl(reg));
    }
}

static void write_regs(const struct field_entry *e, const union field_value *v, struct flow *flow)
{
    flow_use_line(flow, FLOW_LINE_REGS);
    for (int i = 0; i < e->f.n_bytes; i += 4) {
        uint32_t reg = ntohl(get_be32(v->b + i));
        memcpy((uint8_t *) flow + e->place.offset + i, &reg, sizeof reg);
    }
}

/* The field's bits as they lie in the flow, without what is special about ports: for masks and
 * matches as well as for packets. */
static void read_raw(const struct field_entry *e, const struct flow *flow, union field_value *v)
{
    switch (e->place.kind) {
    case PLACE_BYTES:
        memcpy(v->b,
               flow_line(flow, e->place.offset / FLOW_LINE_SIZE)->bytes +
                   e->place.offset % FLOW_LINE_SIZE,
               e->f.n_bytes);
        break;
    case PLACE_REGS:
        read_regs(e, flow, v);
        break;
    case PLACE_OPTS:
        for (unsigned int i = 0; i < e->f.n_bytes; i++) {
            unsigned int at = e->place.offset + i;
            v->b[i] = flow_line(flow, at / FLOW_LINE_SIZE)->bytes[at % FLOW_LINE_SIZE];
        }
        break;
    case PLACE_NOWHERE:
        memset(v->b, 0, e->f.n_bytes);
        break;
    case PLACE_BE:
    case PLACE_HOST:
        value_from_host(&e->f, (load(&e->place, flow) & place_bits(e)) >> e->place.shift, v);
        break;
    }
}

static void write_raw(const struct field_entry *e, const union field_value *v, struct flow *flow)
{
    switch (e->place.kind) {
    case PLACE_BYTES:
        flow_use_line(flow, e->place.offset / FLOW_LINE_SIZE);
        memcpy((uint8_t *) flow + e->place.offset, v->b, e->f.n_bytes);
        break;
    case PLACE_REGS:
        write_regs(e, v, flow);
        break;
    case PLACE_OPTS:
        for (unsigned int i = 0; i < e->f.n_bytes; i += FLOW_LINE_SIZE) {
            flow_use_line(flow, (e->place.offset + i) / FLOW_LINE_SIZE);
        }
        flow_use_line(flow, (e->place.offset + e->f.n_bytes - 1u) / FLOW_LINE_SIZE);
        memcpy((uint8_t *) flow + e->place.offset, v->b, e->f.n_bytes);
        break;
    case PLACE_NOWHERE:
        break;
    case PLACE_BE:
    case PLACE_HOST: {
        uint64_t bits = place_bits(e);
        uint64_t x = value_to_host(&e->f, v) << e->place.shift;
        store(&e->place, (load(&e->place, flow) & ~bits) | (x & bits), flow);
        break;
    }
    }
}

static bool is_port(const struct field *f)
{
    return f->id == FIELD_IN_PORT || f->id == FIELD_IN_PORT_OXM || f->id == FIELD_ACTSET_OUTPUT;
}

/* Between a port on the wire and the number in the flow, where an unset output port of the action
 * set is 0. */
static ofp_port_t port_from_value(const struct field *f, const union field_value *v)
{
    ofp_port_t port = f->n_bytes == 2 ? ofp_port_from_10(ntohs(v->be16)) : ntohl(v->be32);

    return f->id == FIELD_ACTSET_OUTPUT && port == OFPP_UNSET ? 0 : port;
}

static void port_to_value(const struct field *f, ofp_port_t port, union field_value *v)
{
    if (f->n_bytes == 2) {
        v->be16 = htons((uint16_t) port);
    } else {
        v->be32 = htonl(f->id == FIELD_ACTSET_OUTPUT && !port ? OFPP_UNSET : port);
    }
}

/* A VLAN field that says nothing of the tag's presence implies it. */
static bool implies_vlan_tag(const struct field *f)
{
    return f->id == FIELD_DL_VLAN || f->id == FIELD_DL_VLAN_PCP || f->id == FIELD_VLAN_PCP;
}

static bool is_vlan(const struct field *f)
{
    return field_entry(f)->place.offset == offsetof(struct flow, vlan[0].tci);
}

/* The bits that a value of at most 8 bytes may have. */
static uint64_t value_bits(const struct field *f)
{
    return f->valid_bits ? f->valid_bits : f->n_bits == 64 ? UINT64_MAX : ((uint64_t) 1 << f->n_bits) - 1;
}

bool field_value_valid(const struct field *f, const union field_value *v)
{
    if (is_port(f)) {
        uint16_t port10;
        return f->n_bytes == 2 || ofp_port_to_10(ntohl(v->be32), &port10);
    }
    return f->n_bytes > 8 || !(value_to_host(f, v) & ~value_bits(f));
}

void field_exact_mask(const struct field *f, union field_value *mask)
{
    memset(mask, 0, sizeof *mask);
    if (f->n_bytes > 8 || is_port(f)) {
        memset(mask->b, 0xff, f->n_bytes);
    } else {
        value_from_host(f, place_bits(field_entry(f)) >> field_entry(f)->place.shift, mask);
    }
}

bool field_mask_valid(const struct field *f, const union field_value *mask)
{
    union field_value exact;
    bool all_zero = true, all_one = true;

    field_exact_mask(f, &exact);
    for (int i = 0; i < f->n_bytes; i++) {
        all_zero &= !(mask->b[i] & exact.b[i]);
        all_one &= (mask->b[i] & exact.b[i]) == exact.b[i];
    }
    return f->masking == MASK_ANY || all_zero || all_one;
}

void field_read(const struct field *f, const struct flow *flow, union field_value *v)
{
    const struct field_entry *e = field_entry(f);

    memset(v, 0, sizeof *v);
    if (is_port(f)) {
        port_to_value(f, (ofp_port_t) load(&e->place, flow), v);
    } else {
        read_raw(e, flow, v);
    }
}

/* Keeps the outer tag whole after one of its fields was written. */
static void fix_vlan(const struct field *f, struct flow *flow)
{
    if (implies_vlan_tag(f)) {
        flow->vlan[0].tci |= htons(VLAN_CFI);
    }
    if (!(flow->vlan[0].tci & htons(VLAN_CFI))) {
        flow->vlan[0].tpid = flow->vlan[0].tci = 0;
    } else if (!flow->vlan[0].tpid) {
        flow->vlan[0].tpid = htons(ETH_TYPE_VLAN_8021Q);
    }
}

/* The field's bit in tun_present: 0 for other fields than mapped options of tunnels. */
static uint64_t presence(const struct field *f)
{
    return field_entry(f)->place.kind == PLACE_OPTS ? UINT64_C(1) << (f->id - FIELD_TUN_METADATA0) : 0;
}

void field_write(const struct field *f, const union field_value *v, struct flow *flow)
{
    const struct field_entry *e = field_entry(f);

    if (is_port(f)) {
        store(&e->place, port_from_value(f, v), flow);
        return;
    }
    write_raw(e, v, flow);
    if (is_vlan(f)) {
        fix_vlan(f, flow);
    }
    if (presence(f)) {
        flow_use_line(flow, FLOW_LINE_OPENFLOW);
        flow->tun_present |= presence(f);
    }
}

void field_take_out(const struct field *f, struct flow *flow)
{
    union field_value zero;

    memset(&zero, 0, sizeof zero);
    field_write(f, &zero, flow);
    if (presence(f)) {
        flow->tun_present &= ~presence(f);
    }
}

void field_write_masked(const struct field *f, const union field_value *value,
                        const union field_value *mask, struct flow *flow)
{
    union field_value v;

    field_read(f, flow, &v);
    for (int i = 0; i < f->n_bytes; i++) {
        v.b[i] = (v.b[i] & ~mask->b[i]) | (value->b[i] & mask->b[i]);
    }
    field_write(f, &v, flow);
}

/* mask |= bits, in the field's place. */
static void set_bits(const struct field *f, const union field_value *bits, struct flow *mask)
{
    const struct field_entry *e = field_entry(f);
    union field_value v;

    if (is_port(f)) {
        bool any = false;
        for (int i = 0; i < f->n_bytes; i++) {
            any |= bits->b[i];
        }
        if (any) {
            store(&e->place, UINT32_MAX, mask);
        }
        return;
    }
    memset(&v, 0, sizeof v);
    read_raw(e, mask, &v);
    bool any = false;
    for (int i = 0; i < f->n_bytes; i++) {
        v.b[i] |= bits->b[i];
        any |= v.b[i];
    }
    if (any) {
        write_raw(e, &v, mask);
        if (implies_vlan_tag(f)) {
            mask->vlan[0].tci |= htons(VLAN_CFI);
        }
    }
}

void field_mask(const struct field *f, const union field_value *bits, struct flow *mask)
{
    union field_value exact;

    if (!bits) {
        field_exact_mask(f, &exact);
        bits = &exact;
    }
    set_bits(f, bits, mask);
}

void field_set_match(const struct field *f, struct match *match, const union field_value *value,
                     const union field_value *mask)
{
    const struct field_entry *e = field_entry(f);
    union field_value exact, v;

    if (!mask) {
        field_exact_mask(f, &exact);
        mask = &exact;
    }

    /* OpenFlow 1.0's "no tag": every bit of the TCI is zero. */
    if (f->id == FIELD_DL_VLAN && ntohs(value->be16) == UINT16_MAX) {
        store(&e->place, 0, &match->flow);
        store(&e->place, UINT16_MAX, &match->mask);
        return;
    }

    /* Clear what the match had of these bits, then put value and mask in. */
    memset(&v, 0, sizeof v);
    if (is_port(f)) {
        bool exact_port = false;
        for (int i = 0; i < f->n_bytes; i++) {
            exact_port |= mask->b[i];
        }
        store(&e->place, exact_port ? port_from_value(f, value) : 0, &match->flow);
        store(&e->place, exact_port ? UINT32_MAX : 0, &match->mask);
        return;
    }
    write_raw(e, &v, &match->flow);
    write_raw(e, &v, &match->mask);
    for (int i = 0; i < f->n_bytes; i++) {
        v.b[i] = value->b[i] & mask->b[i];
    }
    write_raw(e, &v, &match->flow);
    set_bits(f, mask, &match->mask);
    if (implies_vlan_tag(f) && match->mask.vlan[0].tci & htons(VLAN_CFI)) {
        match->flow.vlan[0].tci |= htons(VLAN_CFI);
    }
    if (presence(f)) {
        flow_use_line(&match->flow, FLOW_LINE_OPENFLOW);
        match->flow.tun_present |= presence(f);
        FLOW_MASK_BITS(&match->mask, tun_present, presence(f));
    }
}

/* At a place of bits of an integer. */
static bool add_number(const struct field *f, const struct field_place *place, struct match *match, const uint8_t *p,
                       bool has_mask)
{
    uint64_t value = get_be(p, f->n_bytes), all = value_bits(f);
    uint64_t bits = (place->n_bits == 64 ? all : all & (((uint64_t) 1 << place->n_bits) - 1));
    uint64_t mask = has_mask ? get_be(p + f->n_bytes, f->n_bytes) : bits;
    uint8_t *flow_bytes = use_bytes_at(place, &match->flow), *mask_bytes = use_bytes_at(place, &match->mask);
    uint64_t in_mask = get_integer(place, mask_bytes);

    if (value & ~(mask & bits) || !mask || mask & ~bits || (has_mask && f->masking != MASK_ANY) ||
        in_mask & bits << place->shift) {
        return false;
    }
    put_integer(place, get_integer(place, flow_bytes) | value << place->shift, flow_bytes);
    put_integer(place, in_mask | mask << place->shift, mask_bytes);
    return true;
}

static bool any_bit(const uint8_t *p, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++) {
        any |= p[i];
    }
    return any;
}

static bool add_bytes(const struct field_entry *e, struct match *match, const uint8_t *p)
{
    uint8_t *flow = use_bytes_at(&e->place, &match->flow), *mask = use_bytes_at(&e->place, &match->mask);

    if (any_bit(mask, e->f.n_bytes)) {
        return false;
    }
    memcpy(flow, p, e->f.n_bytes);
    memset(mask, 0xff, e->f.n_bytes);
    return true;
}

bool field_add_simple(const struct field *f, struct match *match, const uint8_t *p, bool has_mask)
{
    const struct field_entry *e = field_entry(f);
    if (is_port(f) || is_vlan(f) || f->id == FIELD_PACKET_TYPE || match->flow.packet_type ||
        !field_match_prereqs_met(f, match)) {
        return false;
    }
    switch (e->place.kind) {
    case PLACE_BE:
    case PLACE_HOST:
        return add_number(f, &e->place, match, p, has_mask);
    case PLACE_REGS: {
        const struct field_place place = { PLACE_HOST, e->place.offset, 4, 0, 32 };
        return f->n_bytes == place.size && add_number(f, &place, match, p, has_mask);
    }
    case PLACE_BYTES:
        return !has_mask && add_bytes(e, match, p);
    case PLACE_OPTS:
    case PLACE_NOWHERE:
        break;
    }
    return false;
}

bool field_is_matched(const struct field *f, const struct match *match)
{
    const struct field_entry *e = field_entry(f);
    union field_value value, mask;

    switch (e->place.kind) {
    case PLACE_BE:
    case PLACE_HOST:
        return load(&e->place, &match->mask) & place_bits(e);
    case PLACE_REGS:
    case PLACE_BYTES:
        return any_bit(bytes_at(&e->place, &match->mask), f->n_bytes);
    case PLACE_OPTS:
    case PLACE_NOWHERE:
        break;
    }
    return field_get_match(f, match, &value, &mask);
}

bool field_get_match(const struct field *f, const struct match *match, union field_value *value,
                     union field_value *mask)
{
    const struct field_entry *e = field_entry(f);
    bool any = match->mask.lines & 1u << FLOW_LINE_OPENFLOW && match->mask.tun_present & presence(f);

    memset(value, 0, sizeof *value);
    memset(mask, 0, sizeof *mask);
    if (is_port(f)) {
        any = load(&e->place, &match->mask);
        if (any) {
            port_to_value(f, (ofp_port_t) load(&e->place, &match->flow), value);
            memset(mask->b, 0xff, f->n_bytes);
        }
        return any;
    }
    read_raw(e, &match->flow, value);
    read_raw(e, &match->mask, mask);
    for (int i = 0; i < f->n_bytes; i++) {
        any |= mask->b[i];
    }
    return any;
}

#define LOOK(mask, field)                                                                          \
    do {                                                                                           \
        if (mask) {                                                                                \
            FLOW_MASK_FIELD(mask, field);                                                          \
        }                                                                                          \
    } while (0)

static be16 eth_type(const struct flow *flow, struct flow *mask)
{
    uint32_t type = ntohl(flow->packet_type);

    LOOK(mask, eth_type);
    LOOK(mask, packet_type);
    return !type ? flow->eth_type : htons(type >> 16 == 1 ? (uint16_t) type : 0);
}

static bool is_ip_any(const struct flow *flow, struct flow *mask)
{
    be16 type = eth_type(flow, mask);

    return type == htons(ETH_TYPE_IP) || type == htons(ETH_TYPE_IPV6);
}

static uint8_t line3_byte(const struct flow *flow, size_t offset)
{
    return flow_line(flow, FLOW_LINE_L3)->bytes[offset % FLOW_LINE_SIZE];
}

static bool is_proto(const struct flow *flow, struct flow *mask, uint8_t proto)
{
    LOOK(mask, nw_proto);
    return line3_byte(flow, offsetof(struct flow, nw_proto)) == proto;
}

/* A transport header is there: the protocol is right and this is not a later fragment. */
static bool has_l4(const struct flow *flow, struct flow *mask, uint8_t proto)
{
    if (!is_proto(flow, mask, proto)) {
        return false;
    }
    LOOK(mask, nw_frag);
    return !(line3_byte(flow, offsetof(struct flow, nw_frag)) & FLOW_FRAG_LATER);
}

/* ICMPv6 of one of two types, with code 0. */
static bool is_nd(const struct flow *flow, struct flow *mask, uint16_t type1, uint16_t type2)
{
    const struct flow_line *l3 = flow_line(flow, FLOW_LINE_L3);

    if (eth_type(flow, mask) != htons(ETH_TYPE_IPV6) || !has_l4(flow, mask, NW_PROTO_ICMPV6)) {
        return false;
    }
    LOOK(mask, tp_src);
    LOOK(mask, tp_dst);
    be16 type = get_be16(l3->bytes + offsetof(struct flow, tp_src) % FLOW_LINE_SIZE);
    be16 code = get_be16(l3->bytes + offsetof(struct flow, tp_dst) % FLOW_LINE_SIZE);
    return !code && (type == htons(type1) || type == htons(type2));
}

bool field_prereqs_met(const struct field *f, const struct flow *flow, struct flow *mask)
{
    switch (f->prereq) {
    case PREREQ_NONE:
        return true;
    case PREREQ_ARP: {
        be16 type = eth_type(flow, mask);
        return type == htons(ETH_TYPE_ARP) || type == htons(ETH_TYPE_RARP);
    }
    case PREREQ_VLAN:
        if (mask) {
            FLOW_MASK_BITS(mask, vlan[0].tci, htons(VLAN_CFI));
        }
        return flow->vlan[0].tci & htons(VLAN_CFI);
    case PREREQ_IPV4:
        return eth_type(flow, mask) == htons(ETH_TYPE_IP);
    case PREREQ_IPV6:
        return eth_type(flow, mask) == htons(ETH_TYPE_IPV6);
    case PREREQ_IP_ANY:
        return is_ip_any(flow, mask);
    case PREREQ_MPLS: {
        be16 type = eth_type(flow, mask);
        return type == htons(ETH_TYPE_MPLS) || type == htons(ETH_TYPE_MPLS_MCAST);
    }
    case PREREQ_PBB:
        return eth_type(flow, mask) == htons(ETH_TYPE_PBB);
    case PREREQ_NSH:
        return eth_type(flow, mask) == htons(ETH_TYPE_NSH);
    case PREREQ_TCP:
        return is_ip_any(flow, mask) && has_l4(flow, mask, NW_PROTO_TCP);
    case PREREQ_UDP:
        return is_ip_any(flow, mask) && has_l4(flow, mask, NW_PROTO_UDP);
    case PREREQ_SCTP:
        return is_ip_any(flow, mask) && has_l4(flow, mask, NW_PROTO_SCTP);
    case PREREQ_ICMPV4:
        return eth_type(flow, mask) == htons(ETH_TYPE_IP) && has_l4(flow, mask, NW_PROTO_ICMP);
    case PREREQ_ICMPV6:
        return eth_type(flow, mask) == htons(ETH_TYPE_IPV6) && has_l4(flow, mask, NW_PROTO_ICMPV6);
    case PREREQ_ND:
        return is_nd(flow, mask, ICMPV6_NEIGHBOR_SOLICIT, ICMPV6_NEIGHBOR_ADVERT);
    case PREREQ_ND_SOLICIT:
        return is_nd(flow, mask, ICMPV6_NEIGHBOR_SOLICIT, ICMPV6_NEIGHBOR_SOLICIT);
    case PREREQ_ND_ADVERT:
        return is_nd(flow, mask, ICMPV6_NEIGHBOR_ADVERT, ICMPV6_NEIGHBOR_ADVERT);
    case PREREQ_CT_VALID:
        if (mask) {
            FLOW_MASK_BITS(mask, ct_state, CT_STATE_NEW | CT_STATE_EST | CT_STATE_RPL);
        }
        return flow->ct_state & (CT_STATE_NEW | CT_STATE_EST | CT_STATE_RPL);
    }
    return false;
}

/* A tracked packet with a connection: any of these states implies one, as does "tracked and not
 * invalid". */
static bool match_implies_ct(const struct match *match)
{
    uint8_t state = match->flow.ct_state, mask = match->mask.ct_state;

    return state & (CT_STATE_NEW | CT_STATE_EST | CT_STATE_REL | CT_STATE_RPL | CT_STATE_SNAT |
                    CT_STATE_DNAT) ||
           (state & CT_STATE_TRK && mask & ~state & CT_STATE_INV);
}

bool field_match_prereqs_met(const struct field *f, const struct match *match)
{
    if (f->prereq == PREREQ_CT_VALID) {
        return match->mask.lines & 1u << FLOW_LINE_L2 && match_implies_ct(match);
    }
    /* A match's flow is zero where it does not match; zeros meet no prerequisite but an ICMPv6 code
     * of 0. */
    return field_prereqs_met(f, &match->flow, NULL);
}
