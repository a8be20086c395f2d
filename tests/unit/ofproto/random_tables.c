/* SPDX-License-Identifier: Apache-2.0 */
/* Random bridges and tables. */
#include "tests/unit/ofproto/random_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/ofp/action.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/group.h"
#include "ofproto/group_change.h"
#include "ofproto/mac_table.h"
#include "ofproto/meter_table.h"
#include "ofproto/port_map.h"
#include "ofproto/table_private.h"
#include "ofproto/transaction.h"
#include "tests/unit/ofproto/fake_switch.h"
#include "tests/unit/ofproto/flows.h"
#include "tests/unit/ofproto/random_packets.h"

enum { N_TABLES = 4, N_FLOWS = 8, N_CONJUNCTIONS = 3 };

struct random_coverage random_coverage;

static uint32_t rnd(uint32_t n)
{
    return flows_random(n);
}

/* Matches. */

/* Any at all; of the 64 tunnel options, which are alike, seldom one. */
static const struct field *any_field(void)
{
    enum field_id id = rnd(FIELD_N_IDS);
    while (id >= FIELD_TUN_METADATA0 && id <= FIELD_TUN_METADATA63 && rnd(3)) {
        id = rnd(FIELD_N_IDS);
    }
    const struct field *f = field_get(id);
    return field_is_tun_metadata(f) ? field_in_map(f) : f;
}

/* What a packet does not have: the pipeline's own, and the kind of packet. */
static void random_pipeline_value(const struct field *f, union field_value *value)
{
    static const uint32_t packet_types[] = { 0, 0, 0x10800, 0x186dd };
    switch ((int) f->id) {
    case FIELD_RECIRC_ID:
        value->be32 = htonl(rnd(2));
        break;
    case FIELD_CONJ_ID:
        value->be32 = htonl(rnd(N_CONJUNCTIONS + 1));
        break;
    case FIELD_ACTSET_OUTPUT:
    case FIELD_IN_PORT_OXM:
        value->be32 = htonl(rnd(9));
        break;
    case FIELD_IN_PORT:
        value->be16 = htons((uint16_t) rnd(9));
        break;
    case FIELD_PACKET_TYPE:
        value->be32 = htonl(packet_types[rnd(4)]);
        break;
    case FIELD_IP_TTL:
        value->u8 = rnd(2) ? 63 : value->u8;
        break;
    default:
        if (f->id >= FIELD_REG0 && f->id <= FIELD_XXREG3) {
            value->b[f->n_bytes - 1] = (uint8_t) rnd(2);
        }
    }
}

/* Adds what some packet has in the field to the match. */
static void match_random_field(struct match *match, const struct flow *like, const struct field *f)
{
    union field_value value, mask;
    struct flow looked;
    flow_mask_init(&looked);
    if (!field_prereqs_met(f, like, &looked)) {
        return;
    }
    field_read(f, like, &value);
    random_pipeline_value(f, &value);
    field_exact_mask(f, &mask);
    if (f->masking == MASK_ANY && rnd(2)) {
        mask.b[rnd(f->n_bytes)] &= (uint8_t) rnd(256);
    }
    /* What the field hangs on is part of the match. */
    flow_mask_or(&match->mask, &looked);
    match->mask.packet_type = 0;
    flow_apply_mask(&match->flow, like, &match->mask);
    field_set_match(f, match, &value, &mask);
    random_coverage.matched[f->id]++;
}

static void random_match(const struct random_switch *sw, struct match *match)
{
    static const enum field_id fields[] = {
        FIELD_ETH_SRC, FIELD_ETH_DST, FIELD_VLAN_TCI, FIELD_DL_VLAN, FIELD_DL_VLAN_PCP, FIELD_IPV4_SRC, FIELD_IPV4_DST,
        FIELD_IPV6_DST, FIELD_IP_DSCP, FIELD_IP_TTL, FIELD_IP_PROTO, FIELD_TCP_SRC, FIELD_TCP_DST, FIELD_UDP_DST,
        FIELD_TCP_FLAGS, FIELD_ARP_OP, FIELD_ARP_SPA, FIELD_MPLS_LABEL, FIELD_MPLS_BOS, FIELD_IP_FRAG, FIELD_REG0,
        FIELD_METADATA, FIELD_ICMPV4_TYPE, FIELD_IP_ECN,
    };
    struct flow like;
    match_init(match);
    random_flow(sw, &like);
    for (unsigned int n = rnd(4); n > 0; n--) {
        const struct field *f = random_flow_is_rich && rnd(2) ? any_field() : field_get(fields[rnd(ARRAY_SIZE(fields))]);
        /* Few packets have some fields. */
        for (int i = 0; random_flow_is_rich && !match->mask.lines && i < 20 && !field_prereqs_met(f, &like, NULL); i++) {
            random_flow(sw, &like);
        }
        match_random_field(match, &like, f);
    }
    if (!rnd(3)) {
        const struct ofproto *br = sw->br[rnd(2)];
        const struct map_bridge *bridge = port_map_bridge(port_map_rcu(), br);
        match->flow.in_port = bridge->ports[rnd((uint32_t) bridge->n_ports)]->no;
        FLOW_MASK_FIELD(&match->mask, in_port);
    }
    match_normalize(match);
}

/* Actions. */

/* What the lists write and read, also those within others. */
static void count_actions(const void *list, size_t size)
{
    struct random_coverage *c = &random_coverage;
    const struct ofp_action *a;
    ofp_action_for_each (a, list, size) {
        c->actions[a->type]++;
        switch (a->type) {
        case OFPACT_SET_FIELD:
            c->written[((const struct ofp_action_set_field *) a)->field->id]++;
            break;
        case OFPACT_REG_MOVE:
            c->read[((const struct ofp_action_reg_move *) a)->src.field->id]++;
            c->written[((const struct ofp_action_reg_move *) a)->dst.field->id]++;
            break;
        case OFPACT_STACK_PUSH:
            c->read[((const struct ofp_action_stack *) a)->subfield.field->id]++;
            break;
        case OFPACT_STACK_POP:
            c->written[((const struct ofp_action_stack *) a)->subfield.field->id]++;
            break;
        case OFPACT_CLONE:
        case OFPACT_WRITE_ACTIONS: {
            size_t n;
            const struct ofp_action *nested = ofp_action_nested(a, &n);
            count_actions(nested, n);
            break;
        }
        default:
            break;
        }
    }
}

static void put_output(struct ofpbuf *to, ofp_port_t port)
{
    struct ofp_action_output *output = ofp_actions_put(to, OFPACT_OUTPUT, sizeof *output);
    output->port = port;
    output->max_len = UINT16_MAX;
}

static const struct field *random_writable(void)
{
    static const enum field_id fields[] = {
        FIELD_ETH_SRC, FIELD_ETH_DST, FIELD_VLAN_TCI, FIELD_DL_VLAN, FIELD_IPV4_SRC, FIELD_IPV4_DST, FIELD_IPV6_SRC,
        FIELD_IPV6_DST, FIELD_IPV6_LABEL, FIELD_IP_DSCP, FIELD_IP_ECN, FIELD_IP_TTL, FIELD_ARP_OP, FIELD_ARP_SPA,
        FIELD_ARP_TPA, FIELD_ARP_SHA, FIELD_TCP_SRC, FIELD_TCP_DST, FIELD_UDP_SRC, FIELD_UDP_DST, FIELD_SCTP_DST,
        FIELD_REG0, FIELD_REG0 + 1, FIELD_METADATA, FIELD_XREG0, FIELD_XXREG0, FIELD_IP_TTL, FIELD_ETH_DST,
    };
    while (random_flow_is_rich && rnd(2)) {
        const struct field *f = any_field();
        if (f->writable && f->prereq != PREREQ_NSH) {
            return f;
        }
    }
    return field_get(fields[rnd(ARRAY_SIZE(fields))]);
}

static const struct field *random_readable(void)
{
    return random_flow_is_rich && rnd(4) ? any_field() : random_writable();
}

static void put_set_field(struct ofpbuf *to, const struct random_switch *sw)
{
    const struct field *f = random_writable();
    struct ofp_action_set_field *set = ofp_actions_put(to, OFPACT_SET_FIELD, sizeof *set);
    struct flow like;
    set->field = f;
    random_flow(sw, &like);
    field_read(f, &like, &set->value);
    random_pipeline_value(f, &set->value);
    if (rnd(2)) {
        set->value.b[rnd(f->n_bytes)] ^= (uint8_t) rnd(256);
    }
    field_exact_mask(f, &set->mask);
    if (f->masking == MASK_ANY && rnd(2)) {
        set->mask.b[rnd(f->n_bytes)] &= (uint8_t) rnd(256);
    }
    for (unsigned int i = 0; i < f->n_bytes; i++) {
        set->value.b[i] &= set->mask.b[i];
    }
}

static void put_move(struct ofpbuf *to)
{
    struct ofp_action_reg_move *move = ofp_actions_put(to, OFPACT_REG_MOVE, sizeof *move);
    move->src.field = random_readable();
    move->dst.field = random_writable();
    uint16_t n = (uint16_t) (1 + rnd(MIN(move->src.field->n_bits, move->dst.field->n_bits)));
    move->src.n_bits = move->dst.n_bits = n;
    move->src.ofs = (uint16_t) rnd(move->src.field->n_bits - n + 1u);
    move->dst.ofs = (uint16_t) rnd(move->dst.field->n_bits - n + 1u);
}

static void put_stack(struct ofpbuf *to, enum ofp_action_type type)
{
    struct ofp_action_stack *stack = ofp_actions_put(to, type, sizeof *stack);
    stack->subfield.field = type == OFPACT_STACK_PUSH ? random_readable() : random_writable();
    stack->subfield.n_bits = (uint16_t) (1 + rnd(stack->subfield.field->n_bits));
    stack->subfield.ofs = (uint16_t) rnd(stack->subfield.field->n_bits - stack->subfield.n_bits + 1u);
}

static void put_vlan(struct ofpbuf *to)
{
    switch (rnd(4)) {
    case 0:
        ofp_actions_put(to, OFPACT_STRIP_VLAN, sizeof(struct ofp_action));
        break;
    case 1: {
        struct ofp_action_ethertype *push = ofp_actions_put(to, OFPACT_PUSH_VLAN, sizeof *push);
        push->eth_type = htons(rnd(2) ? ETH_TYPE_VLAN_8021Q : ETH_TYPE_VLAN_8021AD);
        break;
    }
    default: {
        bool vid = rnd(2);
        struct ofp_action_vlan *set =
            ofp_actions_put(to, vid ? OFPACT_SET_VLAN_VID : OFPACT_SET_VLAN_PCP, sizeof *set);
        set->value = vid ? random_vid() : (uint16_t) rnd(8);
        set->push_if_none = rnd(2);
    }
    }
}

static void put_mpls(struct ofpbuf *to)
{
    switch (rnd(5)) {
    case 0: {
        struct ofp_action_ethertype *push = ofp_actions_put(to, OFPACT_PUSH_MPLS, sizeof *push);
        push->eth_type = htons(ETH_TYPE_MPLS);
        break;
    }
    case 1: {
        static const uint16_t types[] = { ETH_TYPE_IP, ETH_TYPE_MPLS, ETH_TYPE_MPLS, 0x1234 };
        struct ofp_action_ethertype *pop = ofp_actions_put(to, OFPACT_POP_MPLS, sizeof *pop);
        pop->eth_type = htons(types[rnd(4)]);
        break;
    }
    case 2: {
        struct ofp_action_u8 *ttl = ofp_actions_put(to, OFPACT_SET_MPLS_TTL, sizeof *ttl);
        ttl->value = (uint8_t) rnd(4);
        break;
    }
    case 3:
        ofp_actions_put(to, OFPACT_DEC_MPLS_TTL, sizeof(struct ofp_action));
        break;
    default: {
        struct ofp_action_set_field *set = ofp_actions_put(to, OFPACT_SET_FIELD, sizeof *set);
        set->field = field_get(rnd(2) ? FIELD_MPLS_LABEL : FIELD_MPLS_TC);
        set->value.b[set->field->n_bytes - 1] = (uint8_t) rnd(8);
        field_exact_mask(set->field, &set->mask);
    }
    }
}

static void put_dec_ttl(struct ofpbuf *to)
{
    struct ofp_action_dec_ttl *dec = ofp_actions_put(to, OFPACT_DEC_TTL, sizeof *dec + sizeof dec->ids[0]);
    dec->n_ids = 1;
}

static void put_resubmit(struct ofpbuf *to, uint8_t table)
{
    struct ofp_action_resubmit *resubmit = ofp_actions_put(to, OFPACT_RESUBMIT, sizeof *resubmit);
    resubmit->in_port = rnd(5) ? OFPP_IN_PORT : 1 + rnd(4);
    resubmit->table = (uint8_t) (table + 1 + rnd(N_TABLES));
}

static void put_way_out(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br, unsigned int what)
{
    const struct map_bridge *bridge = port_map_bridge(port_map_rcu(), br);
    const struct map_port *port = bridge->ports[rnd((uint32_t) bridge->n_ports)];
    if (what & RANDOM_NORMAL && !rnd(2)) {
        static const ofp_port_t ports[] = { OFPP_NORMAL, OFPP_NORMAL, OFPP_FLOOD, OFPP_ALL, OFPP_IN_PORT };
        put_output(to, ports[rnd(5)]);
    } else if (what & RANDOM_CONTROLLER && !rnd(6)) {
        struct ofp_action_controller *c = ofp_actions_put(to, OFPACT_CONTROLLER, sizeof *c);
        c->max_len = 128;
        c->reason = OFPR_ACTION;
    } else if (!port->is_patch || what & RANDOM_PATCH) {
        put_output(to, port->no);
    }
}

/* Actions that read well as text. */
static void put_text(struct ofpbuf *to)
{
    static const char *const hashes[] = { "eth_src",       "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp",
                                          "symmetric_l3", "nw_src",       "nw_dst" };
    static const char *const algorithms[] = { "modulo_n", "hash_threshold", "hrw", "iter_hash" };
    static const char *const texts[] = {
        "learn(table=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],output:NXM_OF_IN_PORT[])",
        "learn(table=9,limit=1,result_dst=NXM_NX_REG0[1],eth_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[])",
        "fin_timeout(idle_timeout=5)",
        "note:01.02",
        "exit",
        "output:NXM_NX_REG2[0..15]",
        "output:NXM_NX_REG0[0..3]",
        "controller(pause)",
        "controller(userdata=01.02,reason=no_match)",
        "check_pkt_larger(100)->NXM_NX_REG0[0]",
        "check_pkt_larger(20)->NXM_NX_REG1[0]",
        "output(port=1,max_len=64)",
        "pop_queue",
        "push_pbb:0x88e7",
        "pop_pbb",
        "copy_ttl_out",
        "copy_ttl_in",
        "set_field:0x86dd->eth_type",
        "set_field:0x0800->eth_type",
        "set_field:17->ip_proto",
        "set_field:1->mpls_bos",
        "group:1",
        "group:2",
        "group:3",
        "enqueue:2:1",
        "delete_field:tun_metadata0",
        "delete_field:tun_metadata1",
        "meter:1",
        "meter:2",
        "meter:3",
        "mod_tp_src:1001",
        "mod_tp_dst:81",
    };
    char text[256];
    const char *hash = hashes[rnd(ARRAY_SIZE(hashes))];
    switch (rnd(6)) {
    case 0:
        snprintf(text, sizeof text, "multipath(%s,%u,%s,3,4,NXM_NX_REG0[0..1])", hash, rnd(3),
                 algorithms[rnd(ARRAY_SIZE(algorithms))]);
        break;
    case 1:
        snprintf(text, sizeof text, "bundle(%s,%u,%s,ofport,members:1,2,3)", hash, rnd(3), rnd(2) ? "hrw" : "active_backup");
        break;
    case 2:
        snprintf(text, sizeof text, "bundle_load(%s,%u,hrw,ofport,NXM_NX_REG2[0..15],members:1,2,3)", hash, rnd(3));
        break;
    default:
        snprintf(text, sizeof text, "%s", texts[rnd(ARRAY_SIZE(texts))]);
    }
    char *error = ofp_actions_parse(text, NULL, to);
    if (error) {
        fprintf(stderr, "%s: %s\n", text, error);
        abort();
    }
    ofpbuf_pad8(to);
}

static void put_random_list(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br, uint8_t table,
                            unsigned int what, unsigned int depth);

static void put_nested(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br, uint8_t table,
                       unsigned int what, unsigned int depth, enum ofp_action_type type)
{
    ofpbuf_pad8(to);
    size_t start = to->size;
    ofp_actions_put(to, type, sizeof(struct ofp_action));
    struct ofpbuf nested = { 0 };
    put_random_list(&nested, sw, br, table, what, depth + 1);
    ofpbuf_put(to, nested.data, nested.size);
    ofp_actions_set_len(to, start, to->size - start);
    ofpbuf_destroy(&nested);
}

static void put_random_action(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br,
                              uint8_t table, unsigned int what, unsigned int depth)
{
    if (what & RANDOM_RICH && !rnd(3)) {
        put_text(to);
        return;
    }
    if (what & RANDOM_RICH && !rnd(5)) {
        rnd(2) ? put_move(to) : put_stack(to, OFPACT_STACK_PUSH);
        return;
    }
    switch (rnd(16)) {
    case 0:
    case 1:
    case 2:
        put_set_field(to, sw);
        break;
    case 3:
        put_move(to);
        break;
    case 4:
        put_stack(to, rnd(2) ? OFPACT_STACK_PUSH : OFPACT_STACK_POP);
        break;
    case 5:
        put_vlan(to);
        break;
    case 6:
        if (what & RANDOM_MPLS) {
            put_mpls(to);
        }
        break;
    case 7:
        if (what & RANDOM_TTL) {
            put_dec_ttl(to);
        }
        break;
    case 8:
    case 9:
        put_resubmit(to, table);
        break;
    case 10:
        if (depth < 2) {
            put_nested(to, sw, br, table, what, depth, OFPACT_CLONE);
        }
        break;
    case 11:
        if (what & RANDOM_QUEUE) {
            struct ofp_action_u32 *queue = ofp_actions_put(to, OFPACT_SET_QUEUE, sizeof *queue);
            queue->value = rnd(2);
        }
        break;
    default:
        put_way_out(to, sw, br, what);
    }
}

static void put_random_list(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br, uint8_t table,
                            unsigned int what, unsigned int depth)
{
    for (unsigned int n = rnd(5); n > 0; n--) {
        put_random_action(to, sw, br, table, what, depth);
    }
}

/* What may stand in an action set. */
static void put_write_actions(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br,
                              unsigned int what)
{
    ofpbuf_pad8(to);
    size_t start = to->size;
    ofp_actions_put(to, OFPACT_WRITE_ACTIONS, sizeof(struct ofp_action));
    struct ofpbuf nested = { 0 };
    put_set_field(&nested, sw);
    if (rnd(2)) {
        put_vlan(&nested);
    }
    if (rnd(2)) {
        put_way_out(&nested, sw, br, what & ~RANDOM_CONTROLLER);
    }
    ofpbuf_put(to, nested.data, nested.size);
    ofp_actions_set_len(to, start, to->size - start);
    ofpbuf_destroy(&nested);
}

static void put_instructions(struct ofpbuf *to, const struct random_switch *sw, const struct ofproto *br,
                             uint8_t table, unsigned int what)
{
    if (what & RANDOM_RICH && !rnd(6)) {
        ofp_actions_put(to, OFPACT_CLEAR_ACTIONS, sizeof(struct ofp_action));
    }
    if (!rnd(4)) {
        put_write_actions(to, sw, br, what);
    }
    if (what & RANDOM_RICH && !rnd(6)) {
        struct ofp_action_metadata *metadata = ofp_actions_put(to, OFPACT_WRITE_METADATA, sizeof *metadata);
        metadata->mask = be64_from_host(1 + rnd(3));
        metadata->value = be64_from_host(rnd(4)) & metadata->mask;
    }
    if (!rnd(3)) {
        struct ofp_action_u8 *go = ofp_actions_put(to, OFPACT_GOTO_TABLE, sizeof *go);
        go->value = (uint8_t) (table + 1 + rnd(2));
    }
}

static void add_random_flow(const struct random_switch *sw, struct ofproto *br, uint8_t table, uint16_t priority,
                            unsigned int what)
{
    struct match match;
    struct ofpbuf actions = { 0 };
    random_match(sw, &match);
    put_random_list(&actions, sw, br, table, what, 0);
    put_instructions(&actions, sw, br, table, what);
    count_actions(actions.data, actions.size);
    fake_switch_flow(br, table, priority, &match, &actions);
    ofpbuf_destroy(&actions);
}

/* A flow that is a clause of a conjunction. */
static void add_random_clause(const struct random_switch *sw, struct ofproto *br, uint8_t table, uint32_t id, uint8_t clause)
{
    struct match match;
    struct ofpbuf actions = { 0 };
    struct ofp_action_conjunction *c = ofp_actions_put(&actions, OFPACT_CONJUNCTION, sizeof *c);
    c->id = id;
    c->clause = clause;
    c->n_clauses = 2;
    random_match(sw, &match);
    count_actions(actions.data, actions.size);
    fake_switch_flow(br, table, (uint16_t) (N_FLOWS + id), &match, &actions);
    ofpbuf_destroy(&actions);
}

/* Flows whose fields' alternatives are combined, and the flow that such a combination leads to. Each is the only one of its priority. */
static void add_random_conjunction(const struct random_switch *sw, struct ofproto *br, uint8_t table, uint32_t id, unsigned int what)
{
    struct match match;
    struct ofpbuf actions = { 0 };
    for (unsigned int i = 0; i < 6; i++) {
        add_random_clause(sw, br, table, id, i % 2);
    }
    match_init(&match);
    const struct field *f = field_get(FIELD_CONJ_ID);
    union field_value value = { .be32 = htonl(id) };
    field_set_match(f, &match, &value, NULL);
    put_random_list(&actions, sw, br, table, what, 0);
    fake_switch_flow(br, table, (uint16_t) (N_FLOWS + N_CONJUNCTIONS + id), &match, &actions);
    ofpbuf_destroy(&actions);
}

static void fill_tables(const struct random_switch *sw, struct ofproto *br, unsigned int what)
{
    for (uint8_t table = 0; table < N_TABLES; table++) {
        for (unsigned int n = 0; n < N_FLOWS; n++) {
            /* No two flows of one priority: which of them matches may change when others are unlinked. */
            add_random_flow(sw, br, table, (uint16_t) n, what);
        }
        for (uint32_t id = 1; what & RANDOM_RICH && id <= N_CONJUNCTIONS; id++) {
            add_random_conjunction(sw, br, table, id, what);
        }
    }
}

/* The flow of this place, null if there is none any more. The caller drops the reference. */
static struct rule *find_flow(struct ofproto *br, uint8_t table, uint16_t priority)
{
    struct ofp_flow_stats_request all = { .table = table, .out_port = OFPP_NONE, .out_group = OFPG_ANY };
    struct rule_list list = { NULL, 0, 0 };
    struct rule *found = NULL;
    match_init(&all.match);
    table_collect(br, &all, &list);
    for (size_t i = 0; i < list.n && !found; i++) {
        if (list.rules[i]->priority == priority) {
            found = list.rules[i];
            rule_ref(found);
        }
    }
    rule_list_destroy(&list);
    return found;
}

void random_tables_change(struct random_switch *sw, unsigned int what)
{
    struct ofproto *br = sw->br[rnd(2)];
    uint8_t table = (uint8_t) rnd(N_TABLES);
    uint16_t priority = (uint16_t) rnd(N_FLOWS);
    struct rule *old = find_flow(br, table, priority);
    if (old && rnd(2)) {
        struct match match;
        struct ofpbuf actions = { 0 };
        rule_get_match(old, &match);
        put_random_list(&actions, sw, br, table, what, 0);
        fake_switch_flow(br, table, priority, &match, &actions);
        ofpbuf_destroy(&actions);
    } else if (old) {
        struct transaction *txn = transaction_begin();
        transaction_take_out(txn, old, OFPRR_DELETE);
        transaction_commit(txn);
    }
    if (!old || rnd(2)) {
        old = old ? (rule_unref(old), find_flow(br, table, priority)) : NULL;
        if (!old) {
            add_random_flow(sw, br, table, priority, what);
        }
    }
    rule_unref(old);
}

static void fill_macs(struct ofproto *br)
{
    const struct map_bridge *bridge = port_map_bridge(port_map_rcu(), br);
    mac_table_flush(br->macs);
    for (unsigned int n = rnd(12); n > 0; n--) {
        struct mac_source source = {
            .mac = random_unicast(),
            .vlan = random_vid(),
            .port = bridge->ports[rnd((uint32_t) bridge->n_ports)]->no,
        };
        mac_table_learn(br->macs, &source, 0);
    }
}

/* Another group in the place of 'id', of any type. One that would lead to itself is refused, and the old one stays. */
static void make_random_group(const struct random_switch *sw, struct ofproto *br, uint32_t id, unsigned int what)
{
    static const char *const methods[] = { "", "dp_hash", "hash" };
    static const enum field_id fields[] = { FIELD_ETH_DST, FIELD_IPV4_SRC, FIELD_IPV6_DST, FIELD_TCP_SRC,  FIELD_UDP_DST,
                                            FIELD_REG0,    FIELD_IN_PORT,  FIELD_IP_TTL,   FIELD_VLAN_TCI, FIELD_IP_DSCP };
    struct ofp_bucket buckets[4];
    struct ofp_group_mod gm = { .command = OFPGC_ADD_OR_MOD, .type = (enum ofp_group_type) rnd(OFPGT_N), .id = id,
                                .command_bucket = OFPG_BUCKET_ALL, .buckets = buckets };
    gm.n_buckets = gm.type == OFPGT_INDIRECT ? 1 : rnd(4);
    for (size_t i = 0; i < gm.n_buckets; i++) {
        buckets[i] = (struct ofp_bucket) { .id = (uint32_t) i, .watch_port = OFPP_NONE, .watch_group = OFPG_ANY };
        buckets[i].weight = gm.type == OFPGT_SELECT ? (uint16_t) rnd(3) : 0;
        if (gm.type == OFPGT_FF || (gm.type == OFPGT_SELECT && !rnd(3))) {
            buckets[i].watch_port = 1 + rnd(3);
        }
        put_random_list(&buckets[i].actions, sw, br, 0, what, 1);
        put_way_out(&buckets[i].actions, sw, br, what);
    }
    if (gm.type == OFPGT_SELECT) {
        snprintf(gm.props.selection_method, sizeof gm.props.selection_method, "%s", methods[rnd(ARRAY_SIZE(methods))]);
        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
            if (!strcmp(gm.props.selection_method, "hash") && rnd(2)) {
                gm.props.fields[fields[i] / 64] |= UINT64_C(1) << fields[i] % 64;
            }
        }
    }
    struct transaction *txn = transaction_begin();
    if (group_change_prepare(txn, br, &gm)) {
        transaction_abort(txn);
    } else {
        transaction_commit(txn);
    }
    for (size_t i = 0; i < gm.n_buckets; i++) {
        ofp_bucket_destroy(&buckets[i]);
    }
}

static void fill_groups(const struct random_switch *sw, struct ofproto *br, unsigned int what)
{
    for (uint32_t id = 1; id <= 3; id++) {
        make_random_group(sw, br, id, what);
    }
}

/* Meters 1, which drops, and 2, which remarks; the bridges differ in whether packet-ins have one. There is no meter 3. */
static void make_meters(struct ofproto *br, bool metered_packet_ins)
{
    struct ofp_meter_config config = { .id = 1, .flags = OFPMF_PKTPS, .n_bands = 1, .bands = { { .type = OFPMBT_DROP, .rate = 10 } } };
    assert_int_equal(meter_table_add(br, &config), OFPERR_OK);
    config.id = 2;
    config.bands[0] = (struct ofp_meter_band) { .type = OFPMBT_DSCP_REMARK, .prec_level = 1, .rate = 10 };
    assert_int_equal(meter_table_add(br, &config), OFPERR_OK);
    if (metered_packet_ins) {
        config.id = OFPM_CONTROLLER;
        config.bands[0] = (struct ofp_meter_band) { .type = OFPMBT_DROP, .rate = 10 };
        assert_int_equal(meter_table_add(br, &config), OFPERR_OK);
    }
}

/* All options of tunnels have a place: what matches and actions say of them means something. */
static void map_options(void)
{
    static struct field_map map;
    struct ofp_tlv_mod all = { .command = OFPTLV_ADD, .n = OFP_TLV_N_FIELDS };
    for (uint16_t i = 0; i < OFP_TLV_N_FIELDS; i++) {
        all.maps[i] = (struct ofp_tlv_map) { .opt_class = 0xffff, .opt_type = (uint8_t) i, .opt_len = 4, .index = i };
    }
    assert_int_equal(field_map_modify(&map, &all, 0), OFPERR_OK);
    field_map_use(&map);
}

void random_tables_fill(struct random_switch *sw, unsigned int what)
{
    sw->metadata = random_flow_is_rich = what & RANDOM_RICH;
    port_map_publish();
    fake_switch_wants_misses = rnd(2);
    for (int i = 0; i < 2; i++) {
        fake_switch_flush(sw->br[i]);
        if (what & RANDOM_RICH) {
            fill_groups(sw, sw->br[i], what);
        }
        fill_tables(sw, sw->br[i], what);
        fill_macs(sw->br[i]);
        sw->br[i]->frag_handling = rnd(4) ? 0 : rnd(2) ? 3 : 1;
    }
}

void random_switch_make(struct random_switch *sw)
{
    static const struct {
        const char *name;
        enum ofproto_vlan_mode mode;
        int vlan;
        bool some_trunks;
    } ports[] = {
        { "a1", VLAN_MODE_ACCESS, 10, false },         { "a2", VLAN_MODE_ACCESS, 20, false },
        { "t1", VLAN_MODE_TRUNK, -1, false },          { "t2", VLAN_MODE_TRUNK, -1, true },
        { "n1", VLAN_MODE_NATIVE_TAGGED, 10, true },   { "n2", VLAN_MODE_NATIVE_UNTAGGED, 20, false },
        { "u1", VLAN_MODE_TRUNK, -1, false },
    };
    uint64_t trunks[VLAN_N / 64] = { UINT64_C(1) << 10 | UINT64_C(1) << 20 };
    sw->n_dp_ports = 0;
    for (int i = 0; i < 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "br%d", i);
        sw->br[i] = fake_switch_bridge(name);
        for (size_t j = 0; j < ARRAY_SIZE(ports); j++) {
            snprintf(name, sizeof name, "%s%d", ports[j].name, i);
            fake_switch_port(sw->br[i], name, "", NULL);
            fake_switch_bundle(sw->br[i], name, ports[j].mode, ports[j].vlan, ports[j].some_trunks ? trunks : NULL);
            sw->dp_ports[sw->n_dp_ports++] = fake_switch_dp_no(sw->br[i], name);
        }
        snprintf(name, sizeof name, "p%d", i);
        fake_switch_port(sw->br[i], name, "patch", i ? "p0" : "p1");
        fake_switch_bundle(sw->br[i], name, VLAN_MODE_TRUNK, -1, NULL);
        make_meters(sw->br[i], i);
    }
    map_options();
    port_map_publish();
}
