/* SPDX-License-Identifier: Apache-2.0 */
/* Executing OpenFlow and datapath actions on bytes. */
#include "tests/unit/ofproto/xlate_twin.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/parse.h"
#include "lib/net/rewrite.h"
#include "lib/ofp/action.h"
#include "ofproto/port_map.h"
#include "ofproto/table.h"
#include "ofproto/xlate.h"

enum { MAX_STEPS = 3000, MAX_STACK = 64, MAX_DEPTH = 40 };

void twin_events_init(struct twin_events *events)
{
    *events = (struct twin_events) { .items = NULL };
}

void twin_events_destroy(struct twin_events *events)
{
    free(events->items);
}

/* A packet in a frame of its own. */
struct bytes {
    uint8_t frame[PACKET_HEADROOM + TWIN_PACKET_SIZE];
    struct packet p;
};

static void bytes_set(struct bytes *b, const uint8_t *data, size_t n)
{
    memcpy(b->frame + PACKET_HEADROOM, data, n);
    packet_use(&b->p, b->frame, sizeof b->frame, PACKET_HEADROOM, (uint32_t) n);
}

/* A copy whose pointers are its own. Packets that grew have less headroom: start anew with all of it. */
static void bytes_copy(struct bytes *to, const struct bytes *from)
{
    bytes_set(to, from->p.data, from->p.head_len);
    struct flow unused;
    parse_packet(&to->p, &unused);
}

static void event(struct twin_events *events, uint32_t port, const struct bytes *b, uint32_t max_len)
{
    if (events->n == TWIN_MAX_EVENTS) {
        events->too_many = true;
        return;
    }
    if (events->n == events->n_allocated) { /* most packets need few: all the room at once costs a sanitizer more than the rest of a test */
        events->n_allocated = MAX(16, events->n_allocated * 2);
        events->items = xrealloc(events->items, events->n_allocated * sizeof *events->items);
    }
    struct twin_event *e = &events->items[events->n++];
    e->port = port;
    e->len = MIN(b->p.head_len, max_len);
    memcpy(e->packet, b->p.data, e->len);
}

/* OpenFlow. */

struct state {
    struct bytes b;
    struct flow registers;
    const struct map_bridge *bridge;
    ofp_port_t in_port;
    struct ofpbuf action_set;
    union field_value stack[MAX_STACK];
    unsigned int stack_n;
    bool exit;
};

struct run {
    struct twin_events *events;
    unsigned int steps, depth;
};

static void run_list(struct run *, struct state *, uint8_t table, const void *list, size_t size, int *next_table);

static void get_flow(struct state *s, struct flow *flow)
{
    parse_packet(&s->b.p, flow);
    flow->in_port = s->in_port;
    flow->lines |= s->registers.lines;
    flow->line[FLOW_LINE_REGS] = s->registers.line[FLOW_LINE_REGS];
    flow->line[FLOW_LINE_OPENFLOW] = s->registers.line[FLOW_LINE_OPENFLOW];
}

static struct rule *find_rule(const struct state *s, uint8_t table, ofp_port_t in_port, struct flow *flow)
{
    uint16_t handling = s->bridge->ofproto->frag_handling;
    flow->in_port = in_port;
    if (flow->nw_frag & FLOW_FRAG_ANY && flow_is_ip_any(flow) && handling != 3) {
        if (handling) {
            return NULL;
        }
        flow->tp_src = flow->tp_dst = 0;
    }
    return table_lookup(s->bridge->ofproto, version_current(), table, flow, NULL);
}

static bool is_fragment_to_drop(const struct state *s, const struct flow *flow)
{
    return flow_is_ip_any(flow) && flow->nw_frag & FLOW_FRAG_ANY && s->bridge->ofproto->frag_handling == 1;
}

static void run_table(struct run *run, struct state *s, uint8_t table, ofp_port_t in_port, bool honor_miss)
{
    int next = table;
    while (next >= 0 && !s->exit && !run->events->too_many) {
        struct flow flow;
        get_flow(s, &flow);
        flow_use_line(&flow, FLOW_LINE_L3);
        bool drop = is_fragment_to_drop(s, &flow);
        struct rule *rule = find_rule(s, (uint8_t) next, in_port, &flow);
        if (drop || !rule) {
            if (!drop && honor_miss && connmgr_wants_misses(s->bridge->ofproto->connmgr)) {
                event(run->events, TWIN_TO_CONTROLLER, &s->b, UINT32_MAX);
            }
            return;
        }
        const struct rule_actions *actions = rule_actions_rcu(rule);
        int then = -1;
        run_list(run, s, (uint8_t) next, actions->data, actions->size, &then);
        next = then;
        in_port = s->in_port;
        honor_miss = true;
    }
}

static void do_rewrite(struct state *s, const struct actions *list)
{
    const struct action *a;
    struct flow unused;
    action_for_each (a, list->data, list->size) {
        if (rewrite_action(&s->b.p, a)) {
            s->exit = true; /* not expected of the packets of this test */
        }
    }
    parse_packet(&s->b.p, &unused);
}

/* Writes all of a header's fields that 'flow' has. */
static void write_header(struct state *s, enum action_set_field kind, const union action_set_value *value)
{
    struct actions list = ACTIONS_INIT;
    union action_set_value mask;
    action_set_bits(kind, &mask);
    if (kind == ACTION_SET_IPV4) {
        mask.ipv4.proto = 0;
    } else if (kind == ACTION_SET_IPV6) {
        mask.ipv6.proto = 0;
    }
    actions_put_set(&list, kind, value, &mask);
    do_rewrite(s, &list);
    actions_destroy(&list);
}

static void write_vlans(struct state *s, const struct flow *before, const struct flow *after)
{
    struct actions list = ACTIONS_INIT;
    struct flow_vlan tags[FLOW_MAX_VLANS] = { after->vlan[0], after->vlan[1] };
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        if (before->vlan[i].tci & htons(VLAN_CFI)) {
            actions_put_pop_vlan(&list);
        }
    }
    for (int i = FLOW_MAX_VLANS - 1; i >= 0; i--) {
        if (tags[i].tci & htons(VLAN_CFI)) {
            actions_put_push_vlan(&list, tags[i].tpid, tags[i].tci);
        }
    }
    do_rewrite(s, &list);
    actions_destroy(&list);
}

static void write_l4(struct state *s, const struct flow *f)
{
    union action_set_value v = { .bytes = { 0 } };
    if (f->nw_frag & FLOW_FRAG_LATER) {
        return;
    }
    if (f->nw_proto == NW_PROTO_ICMP || f->nw_proto == NW_PROTO_ICMPV6) {
        v.icmp.type = (uint8_t) ntohs(f->tp_src);
        v.icmp.code = (uint8_t) ntohs(f->tp_dst);
        write_header(s, ACTION_SET_ICMP, &v);
    } else {
        v.ports.src = f->tp_src;
        v.ports.dst = f->tp_dst;
        write_header(s, f->nw_proto == NW_PROTO_TCP ? ACTION_SET_TCP : f->nw_proto == NW_PROTO_UDP ? ACTION_SET_UDP : ACTION_SET_SCTP, &v);
    }
}

static void write_l3(struct state *s, const struct flow *f)
{
    union action_set_value v = { .bytes = { 0 } };
    if (f->eth_type == htons(ETH_TYPE_IP)) {
        v.ipv4 = (struct set_ipv4) { f->nw_src, f->nw_dst, f->nw_tos, f->nw_ttl, 0, 0 };
        write_header(s, ACTION_SET_IPV4, &v);
    } else if (f->eth_type == htons(ETH_TYPE_IPV6)) {
        memcpy(v.ipv6.src, f->ipv6_src, 16);
        memcpy(v.ipv6.dst, f->ipv6_dst, 16);
        v.ipv6.label = f->ipv6_label;
        v.ipv6.tclass = f->nw_tos;
        v.ipv6.hlimit = f->nw_ttl;
        write_header(s, ACTION_SET_IPV6, &v);
    } else if (flow_is_arp_or_rarp(f)) {
        v.arp = (struct set_arp) { f->nw_src, f->nw_dst, htons(f->nw_proto), f->arp_sha, f->arp_tha };
        write_header(s, ACTION_SET_ARP, &v);
    }
}

/* Makes the packet as 'after' has the header in which 'field' lies. */
static void write_field(struct state *s, const struct field *field, const struct flow *before, struct flow *after)
{
    union action_set_value v = { .bytes = { 0 } };
    switch (field->id) {
    case FIELD_ETH_SRC:
    case FIELD_ETH_DST:
        v.eth.src = after->eth_src;
        v.eth.dst = after->eth_dst;
        write_header(s, ACTION_SET_ETH, &v);
        break;
    case FIELD_VLAN_TCI:
    case FIELD_DL_VLAN:
        if (!after->vlan[0].tci) {
            after->vlan[0] = after->vlan[1];
            memset(&after->vlan[1], 0, sizeof after->vlan[1]);
        }
        write_vlans(s, before, after);
        break;
    case FIELD_MPLS_LABEL:
    case FIELD_MPLS_TC:
        v.mpls.lse = after->mpls_lse[0];
        write_header(s, ACTION_SET_MPLS, &v);
        break;
    case FIELD_TCP_SRC:
    case FIELD_TCP_DST:
    case FIELD_UDP_SRC:
    case FIELD_UDP_DST:
    case FIELD_SCTP_SRC:
    case FIELD_SCTP_DST:
        write_l4(s, after);
        break;
    default:
        if (field->prereq == PREREQ_NONE) {
            s->registers.line[FLOW_LINE_REGS] = after->line[FLOW_LINE_REGS];
            s->registers.line[FLOW_LINE_OPENFLOW] = after->line[FLOW_LINE_OPENFLOW];
        } else {
            write_l3(s, after);
        }
    }
}

static bool has_field(struct state *s, const struct field *field)
{
    struct flow flow;
    get_flow(s, &flow);
    return field_prereqs_met(field, &flow, NULL);
}

static void set_bits(struct state *s, const struct field *field, const union field_value *value,
                     const union field_value *mask)
{
    struct flow before, after;
    get_flow(s, &before);
    flow_use_line(&before, FLOW_LINE_L3);
    after = before;
    field_write_masked(field, value, mask, &after);
    write_field(s, field, &before, &after);
}

static bool bit(const union field_value *v, const struct field *f, unsigned int i)
{
    return v->b[f->n_bytes - 1 - i / 8] >> i % 8 & 1;
}

static void put_bit(union field_value *v, const struct field *f, unsigned int i, bool on)
{
    v->b[f->n_bytes - 1 - i / 8] |= (uint8_t) (on << i % 8);
}

static void get_subfield(struct state *s, const struct subfield *sf, bool bits[])
{
    struct flow flow;
    union field_value value;
    get_flow(s, &flow);
    field_read(sf->field, &flow, &value);
    for (unsigned int i = 0; i < sf->n_bits; i++) {
        bits[i] = bit(&value, sf->field, sf->ofs + i);
    }
}

static void set_subfield(struct state *s, const struct subfield *sf, const bool bits[])
{
    union field_value value, mask;
    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    for (unsigned int i = 0; i < sf->n_bits; i++) {
        put_bit(&value, sf->field, sf->ofs + i, bits[i]);
        put_bit(&mask, sf->field, sf->ofs + i, true);
    }
    set_bits(s, sf->field, &value, &mask);
}

static void move(struct state *s, const struct ofp_action_reg_move *m)
{
    bool bits[8 * FIELD_MAX_BYTES];
    if (has_field(s, m->src.field) && has_field(s, m->dst.field)) {
        get_subfield(s, &m->src, bits);
        set_subfield(s, &m->dst, bits);
    }
}

static void stack(struct state *s, const struct ofp_action_stack *a)
{
    bool bits[8 * FIELD_MAX_BYTES] = { false };
    static const struct field whole = { .n_bytes = FIELD_MAX_BYTES };
    const struct subfield *sf = &a->subfield;
    if (a->a.type == OFPACT_STACK_PUSH && s->stack_n < MAX_STACK) {
        get_subfield(s, sf, bits);
        union field_value *item = &s->stack[s->stack_n++];
        memset(item, 0, sizeof *item);
        for (unsigned int i = 0; i < sf->n_bits; i++) {
            put_bit(item, &whole, i, bits[i]);
        }
    } else if (a->a.type == OFPACT_STACK_POP && s->stack_n) {
        const union field_value *item = &s->stack[--s->stack_n];
        for (unsigned int i = 0; i < sf->n_bits; i++) {
            bits[i] = bit(item, &whole, i);
        }
        if (has_field(s, sf->field)) {
            set_subfield(s, sf, bits);
        }
    }
}

static unsigned int n_vlans(const struct flow *f)
{
    return !!(f->vlan[0].tci & htons(VLAN_CFI)) + !!(f->vlan[1].tci & htons(VLAN_CFI));
}

static void vlan(struct state *s, const struct ofp_action *a)
{
    struct flow before, after;
    get_flow(s, &before);
    after = before;
    const struct ofp_action_vlan *set = (const struct ofp_action_vlan *) a;
    if (a->type == OFPACT_STRIP_VLAN) {
        after.vlan[0] = after.vlan[1];
        memset(&after.vlan[1], 0, sizeof after.vlan[1]);
    } else if (a->type == OFPACT_PUSH_VLAN) {
        if (n_vlans(&before) == FLOW_MAX_VLANS) {
            s->exit = true;
            return;
        }
        after.vlan[1] = before.vlan[0];
        after.vlan[0].tpid = ((const struct ofp_action_ethertype *) a)->eth_type;
        after.vlan[0].tci = before.vlan[0].tci | htons(VLAN_CFI);
    } else {
        if (!n_vlans(&before)) {
            if (!set->push_if_none) {
                return;
            }
            after.vlan[0] = (struct flow_vlan) { htons(ETH_TYPE_VLAN_8021Q), htons(VLAN_CFI) };
        }
        uint16_t tci = ntohs(after.vlan[0].tci);
        tci = a->type == OFPACT_SET_VLAN_VID ? (tci & ~VLAN_VID_MASK) | set->value
                                             : (tci & ~VLAN_PCP_MASK) | set->value << VLAN_PCP_SHIFT;
        after.vlan[0].tci = htons(tci);
    }
    write_vlans(s, &before, &after);
}

static void set_mpls_ttl(struct state *s, const struct flow *f, uint8_t ttl)
{
    union action_set_value v = { .bytes = { 0 } };
    v.mpls.lse = (f->mpls_lse[0] & ~htonl(MPLS_TTL_MASK)) | htonl(ttl);
    write_header(s, ACTION_SET_MPLS, &v);
}

static void invalid_ttl(struct run *run, struct state *s)
{
    event(run->events, TWIN_TO_CONTROLLER, &s->b, UINT32_MAX);
    s->exit = true;
    s->action_set.size = 0;
}

/* A label that is all zero looks like none, unless it is the first. */
static unsigned int n_labels(const struct flow *f)
{
    return !f->mpls_lse[1] ? 1 : !f->mpls_lse[2] ? 2 : 3;
}

static void mpls(struct run *run, struct state *s, const struct ofp_action *a)
{
    struct flow f;
    struct actions list = ACTIONS_INIT;
    get_flow(s, &f);
    flow_use_line(&f, FLOW_LINE_L3);
    flow_use_line(&f, FLOW_LINE_MPLS);
    bool is = flow_is_mpls(&f);
    uint32_t lse = ntohl(f.mpls_lse[0]);
    switch (a->type) {
    case OFPACT_PUSH_MPLS: {
        be16 type = ((const struct ofp_action_ethertype *) a)->eth_type;
        if (!is) {
            bool ip = flow_is_ip_any(&f);
            lse = MPLS_BOS_MASK | (ip && f.nw_ttl ? f.nw_ttl : 64)
                  | (f.eth_type == htons(ETH_TYPE_IPV6) ? 2u << MPLS_LABEL_SHIFT : 0);
        } else if (n_labels(&f) == FLOW_MAX_MPLS) {
            s->exit = true;
            return;
        } else {
            lse &= ~(uint32_t) MPLS_BOS_MASK;
        }
        actions_put_push_mpls(&list, type, htonl(lse));
        break;
    }
    case OFPACT_POP_MPLS:
        if (is) {
            actions_put_pop_mpls(&list, ((const struct ofp_action_ethertype *) a)->eth_type);
        }
        break;
    case OFPACT_SET_MPLS_TTL:
        if (is) {
            set_mpls_ttl(s, &f, ((const struct ofp_action_u8 *) a)->value);
        }
        break;
    default:
        if (is && (lse & MPLS_TTL_MASK) <= 1) {
            invalid_ttl(run, s);
        } else if (is) {
            set_mpls_ttl(s, &f, (uint8_t) ((lse & MPLS_TTL_MASK) - 1));
        }
    }
    do_rewrite(s, &list);
    actions_destroy(&list);
}

static void dec_ttl(struct run *run, struct state *s)
{
    struct flow f;
    get_flow(s, &f);
    if (!flow_is_ip_any(&f)) {
        return;
    }
    enum drop_reason drop = rewrite_dec_ttl(&s->b.p);
    if (drop == DROP_TTL_EXPIRED) {
        invalid_ttl(run, s);
    } else if (drop) {
        s->exit = true; /* no IP header, whatever the Ethernet type says */
        s->action_set.size = 0;
    }
}

static void run_action_set(struct run *, struct state *);

static void state_copy(struct state *to, const struct state *from)
{
    *to = *from;
    bytes_copy(&to->b, &from->b);
    memset(&to->action_set, 0, sizeof to->action_set);
    ofpbuf_put(&to->action_set, from->action_set.data, from->action_set.size);
}

static void output_to(struct run *run, struct state *s, const struct map_port *port)
{
    if (!port->is_patch) {
        event(run->events, port->dp_no, &s->b, UINT32_MAX);
        return;
    }
    struct state *peer = xzalloc_cacheline(sizeof *peer);
    state_copy(peer, s);
    memset(&peer->registers.line[FLOW_LINE_REGS], 0, 2 * FLOW_LINE_SIZE);
    peer->action_set.size = 0;
    peer->stack_n = 0;
    peer->bridge = port->peer->bridge;
    peer->in_port = port->peer->no;
    if (++run->depth < MAX_DEPTH) {
        run_table(run, peer, 0, peer->in_port, true);
        run_action_set(run, peer);
    } else {
        run->events->too_many = true;
    }
    run->depth--;
    ofpbuf_destroy(&peer->action_set);
    free(peer);
}

static void output(struct run *run, struct state *s, ofp_port_t no)
{
    if (no == OFPP_ALL || no == OFPP_FLOOD) {
        for (size_t i = 0; i < s->bridge->n_ports; i++) {
            if (s->bridge->ports[i]->no != s->in_port) {
                output_to(run, s, s->bridge->ports[i]);
            }
        }
        return;
    }
    if (no == s->in_port) {
        return;
    }
    const struct map_port *port = map_bridge_port(s->bridge, no == OFPP_IN_PORT ? s->in_port : no);
    if (port) {
        output_to(run, s, port);
    }
}

static void run_clone(struct run *run, struct state *s, uint8_t table, const struct ofp_action *a)
{
    struct state *copy = xzalloc_cacheline(sizeof *copy);
    size_t size;
    int next = -1;
    const struct ofp_action *list = ofp_action_nested(a, &size);
    state_copy(copy, s);
    run_list(run, copy, table, list, size, &next);
    ofpbuf_destroy(&copy->action_set);
    free(copy);
}

static void run_action(struct run *run, struct state *s, uint8_t table, const struct ofp_action *a, int *next_table)
{
    switch (a->type) {
    case OFPACT_OUTPUT:
        output(run, s, ((const struct ofp_action_output *) a)->port);
        break;
    case OFPACT_CONTROLLER:
        event(run->events, TWIN_TO_CONTROLLER, &s->b, UINT32_MAX);
        break;
    case OFPACT_SET_FIELD: {
        const struct ofp_action_set_field *set = (const struct ofp_action_set_field *) a;
        if (has_field(s, set->field)) {
            set_bits(s, set->field, &set->value, &set->mask);
        }
        break;
    }
    case OFPACT_REG_MOVE:
        move(s, (const struct ofp_action_reg_move *) a);
        break;
    case OFPACT_STACK_PUSH:
    case OFPACT_STACK_POP:
        stack(s, (const struct ofp_action_stack *) a);
        break;
    case OFPACT_STRIP_VLAN:
    case OFPACT_PUSH_VLAN:
    case OFPACT_SET_VLAN_VID:
    case OFPACT_SET_VLAN_PCP:
        vlan(s, a);
        break;
    case OFPACT_PUSH_MPLS:
    case OFPACT_POP_MPLS:
    case OFPACT_SET_MPLS_TTL:
    case OFPACT_DEC_MPLS_TTL:
        mpls(run, s, a);
        break;
    case OFPACT_DEC_TTL:
        dec_ttl(run, s);
        break;
    case OFPACT_RESUBMIT: {
        const struct ofp_action_resubmit *r = (const struct ofp_action_resubmit *) a;
        run_table(run, s, r->table, r->in_port == OFPP_IN_PORT ? s->in_port : r->in_port, false);
        break;
    }
    case OFPACT_CLONE:
        run_clone(run, s, table, a);
        break;
    case OFPACT_WRITE_ACTIONS: {
        size_t size;
        const struct ofp_action *list = ofp_action_nested(a, &size);
        ofpbuf_put(&s->action_set, list, size);
        break;
    }
    case OFPACT_GOTO_TABLE:
        *next_table = ((const struct ofp_action_u8 *) a)->value;
        break;
    }
}

static void run_list(struct run *run, struct state *s, uint8_t table, const void *list, size_t size, int *next_table)
{
    const struct ofp_action *a;
    if (++run->depth > MAX_DEPTH) {
        run->events->too_many = true;
    }
    ofp_action_for_each (a, list, size) {
        if (s->exit || run->events->too_many) {
            break;
        }
        if (++run->steps > MAX_STEPS) {
            run->events->too_many = true;
            break;
        }
        run_action(run, s, table, a, next_table);
    }
    run->depth--;
}

static const struct ofp_action *last_of(const struct ofpbuf *set, enum ofp_action_type type)
{
    const struct ofp_action *a, *last = NULL;
    ofp_action_for_each (a, set->data, set->size) {
        last = a->type == type ? a : last;
    }
    return last;
}

/* The random action sets have VLAN actions, set-fields and outputs only. */
static void run_action_set(struct run *run, struct state *s)
{
    struct ofpbuf set = s->action_set;
    int unused = -1;
    memset(&s->action_set, 0, sizeof s->action_set);
    s->exit = false;
    const struct ofp_action *a, *out = last_of(&set, OFPACT_OUTPUT);
    static const enum ofp_action_type before[] = { OFPACT_STRIP_VLAN, OFPACT_PUSH_VLAN };
    for (size_t i = 0; out && i < ARRAY_SIZE(before); i++) {
        const struct ofp_action *last = last_of(&set, before[i]);
        if (last) {
            run_list(run, s, 0, last, ROUND_UP(last->len, 8u), &unused);
        }
    }
    ofp_action_for_each (a, set.data, set.size) {
        if (out && (a->type == OFPACT_SET_FIELD || a->type == OFPACT_SET_VLAN_VID || a->type == OFPACT_SET_VLAN_PCP)) {
            run_list(run, s, 0, a, ROUND_UP(a->len, 8u), &unused);
        }
    }
    if (out) {
        run_list(run, s, 0, out, ROUND_UP(out->len, 8u), &unused);
    }
    ofpbuf_destroy(&set);
}

void twin_openflow(uint32_t dp_no, const uint8_t *packet, size_t n, struct twin_events *events)
{
    struct run run = { .events = events };
    const struct map_port *port = port_map_by_dp(port_map_rcu(), dp_no);
    struct state *s = xzalloc_cacheline(sizeof *s);
    struct flow unused;
    s->bridge = port->bridge;
    s->in_port = port->no;
    flow_use_line(&s->registers, FLOW_LINE_REGS);
    flow_use_line(&s->registers, FLOW_LINE_OPENFLOW);
    bytes_set(&s->b, packet, n);
    parse_packet(&s->b.p, &unused);
    run_table(&run, s, 0, s->in_port, true);
    run_action_set(&run, s);
    ofpbuf_destroy(&s->action_set);
    free(s);
}

/* The datapath. */

static void execute(uint32_t dp_no, struct bytes *b, const void *list, size_t size, struct twin_events *events,
                    unsigned int depth);

static void translate(uint32_t dp_no, uint32_t recirc_id, struct bytes *b, struct twin_events *events,
                      unsigned int depth)
{
    struct flow key;
    if (depth > 2 * MAX_DEPTH) {
        events->too_many = true;
        return;
    }
    parse_packet(&b->p, &key);
    key.in_port = dp_no;
    key.recirc_id = recirc_id;
    struct xlate_in in = { .flow = &key };
    struct xlate_out out;
    xlate(&in, &out);
    if (out.error) {
        events->too_many = true;
    }
    execute(dp_no, b, out.actions.data, out.actions.size, events, depth + 1);
    xlate_out_destroy(&out);
}

static void execute_copy(uint32_t dp_no, const struct bytes *b, const struct action *a, struct twin_events *events,
                         unsigned int depth)
{
    struct bytes *copy = xzalloc_cacheline(sizeof *copy);
    size_t size;
    const struct action *nested = action_nested(a, &size);
    bytes_copy(copy, b);
    execute(dp_no, copy, nested, size, events, depth + 1);
    free(copy);
}

static void execute(uint32_t dp_no, struct bytes *b, const void *list, size_t size, struct twin_events *events,
                    unsigned int depth)
{
    const struct action *a;
    uint32_t max_len = UINT32_MAX;
    enum drop_reason drop;
    action_for_each (a, list, size) {
        switch (a->type) {
        case ACTION_OUTPUT:
            event(events, ((const struct action_output *) a)->port, b, max_len);
            max_len = UINT32_MAX;
            break;
        case ACTION_METER:
            break; /* it lets all of them pass */
        case ACTION_TRUNC:
            max_len = ((const struct action_trunc *) a)->max_len;
            break;
        case ACTION_UPCALL:
            event(events, TWIN_TO_CONTROLLER, b, UINT32_MAX);
            break;
        case ACTION_CLONE:
            execute_copy(dp_no, b, a, events, depth);
            break;
        case ACTION_RECIRC:
            translate(dp_no, ((const struct action_recirc *) a)->recirc_id, b, events, depth);
            return;
        case ACTION_DROP:
            return;
        case ACTION_DEC_TTL:
            drop = rewrite_action(&b->p, a);
            if (drop == DROP_TTL_EXPIRED) {
                execute_copy(dp_no, b, a, events, depth);
            }
            if (drop) {
                return;
            }
            break;
        default:
            if (rewrite_action(&b->p, a)) {
                return;
            }
        }
    }
}

void twin_datapath(uint32_t dp_no, const uint8_t *packet, size_t n, struct twin_events *events)
{
    struct bytes *b = xzalloc_cacheline(sizeof *b);
    bytes_set(b, packet, n);
    translate(dp_no, 0, b, events, 0);
    free(b);
}
