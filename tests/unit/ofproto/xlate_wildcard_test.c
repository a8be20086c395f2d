/* SPDX-License-Identifier: Apache-2.0 */
/* The wildcard rule: every packet that a megaflow matches would translate to the same actions. Random tables, random packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/ofp/field_map.h"
#include "ofproto/transaction.h"
#include "ofproto/xlate.h"
#include "tests/unit/ofproto/fake_switch.h"
#include "tests/unit/ofproto/flows.h"
#include "tests/unit/ofproto/random_tables.h"

enum { ROUNDS = 200, PACKETS = 24, ALIKE = 24, PACKET_SIZE = 512 };

static struct random_switch sw;
static unsigned long n_megaflows, n_alike, n_wide_bits;

/* Which fields had more than one value among the packets that have them. */
static struct {
    bool seen, varies;
    union field_value first;
} fields[FIELD_N_IDS];

static void explain(const struct flow *key, const struct xlate_out *out, const struct flow *other,
                    const struct xlate_out *other_out)
{
    struct strbuf s = STRBUF_INIT;
    struct strbuf trace = STRBUF_INIT;
    strbuf_puts(&s, "packet:   ");
    flow_format(&s, key, NULL, NULL, false);
    strbuf_puts(&s, "\nmegaflow: ");
    flow_format(&s, key, &out->mask, NULL, false);
    strbuf_puts(&s, "\n          ");
    actions_format(&s, out->actions.data, out->actions.size, NULL);
    strbuf_puts(&s, "\nalike:    ");
    flow_format(&s, other, NULL, NULL, false);
    strbuf_puts(&s, "\n          ");
    actions_format(&s, other_out->actions.data, other_out->actions.size, NULL);
    const struct flow *flows[] = { key, other };
    for (int i = 0; i < 2; i++) {
        struct xlate_in in = { .flow = flows[i], .trace = &trace };
        struct xlate_out unused;
        strbuf_puts(&trace, "\n--- trace\n");
        xlate(&in, &unused);
        xlate_out_destroy(&unused);
    }
    fprintf(stderr, "%s\n%s\n", strbuf_str(&s), strbuf_str(&trace));
    strbuf_destroy(&s);
    strbuf_destroy(&trace);
}

static bool same(const struct xlate_out *a, const struct xlate_out *b)
{
    return a->error == b->error && a->actions.size == b->actions.size
           && (!a->actions.size || !memcmp(a->actions.data, b->actions.data, a->actions.size));
}

static unsigned int count_bits(const struct flow *mask)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        const uint8_t *bytes = flow_line(mask, i)->bytes;
        for (unsigned int j = 0; j < FLOW_LINE_SIZE; j++) {
            n += (unsigned int) __builtin_popcount(bytes[j]);
        }
    }
    return n;
}

static void check_alike(const struct flow *key, const struct xlate_out *out)
{
    uint8_t packet[PACKET_SIZE];
    for (int i = 0; i < ALIKE; i++) {
        struct flow alike;
        if (!random_packet_alike(&sw, key, &out->mask, packet, sizeof packet, &alike)) {
            continue;
        }
        alike.recirc_id = key->recirc_id;
        struct xlate_in in = { .flow = &alike };
        struct xlate_out other;
        xlate(&in, &other);
        if (!same(out, &other)) {
            explain(key, out, &alike, &other);
            fail_msg("a packet of the megaflow translates to other actions");
        }
        n_alike++;
        xlate_out_destroy(&other);
    }
}

static void check_mask(const struct flow *mask)
{
    assert_int_equal(mask->in_port, UINT32_MAX);
    assert_int_equal(mask->recirc_id, UINT32_MAX);
    assert_int_equal(mask->eth_type, BE16_MAX);
    assert_int_equal(mask->lines >> FLOW_N_DP_LINES, 0);
}

static uint32_t recirculates_to(const struct actions *list)
{
    const struct action *a;
    action_for_each (a, list->data, list->size) {
        if (a->type == ACTION_RECIRC) {
            return ((const struct action_recirc *) a)->recirc_id;
        }
    }
    return 0;
}

static void note_values(const struct flow *key)
{
    for (enum field_id id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get(id);
        f = field_is_tun_metadata(f) ? field_in_map(f) : f;
        union field_value value = { { 0 } };
        if (!field_prereqs_met(f, key, NULL)) {
            continue;
        }
        field_read(f, key, &value);
        if (!fields[id].seen) {
            fields[id].first = value;
        }
        fields[id].varies = fields[id].varies || memcmp(&value, &fields[id].first, f->n_bytes);
        fields[id].seen = true;
    }
}

static void check_packet(const struct flow *key)
{
    note_values(key);
    struct xlate_in in = { .flow = key };
    struct xlate_out out;
    xlate(&in, &out);
    assert_null(actions_validate(out.actions.data, out.actions.size));
    check_mask(&out.mask);
    check_alike(key, &out);
    n_megaflows++;
    n_wide_bits += count_bits(&out.mask);

    /* Any packet may come back with the id. */
    uint32_t recirc_id = recirculates_to(&out.actions);
    if (recirc_id) {
        struct flow again;
        uint8_t packet[PACKET_SIZE];
        random_packet(&sw, packet, sizeof packet, &again);
        again.recirc_id = recirc_id;
        struct xlate_in again_in = { .flow = &again };
        struct xlate_out again_out;
        xlate(&again_in, &again_out);
        check_mask(&again_out.mask);
        check_alike(&again, &again_out);
        xlate_out_destroy(&again_out);
    }
    xlate_out_destroy(&out);
}

static void run(unsigned int what, uint64_t seed)
{
    flows_seed(seed);
    for (int round = 0; round < ROUNDS; round++) {
        random_tables_fill(&sw, what);
        for (int i = 0; i < PACKETS; i++) {
            struct flow key;
            uint8_t packet[PACKET_SIZE];
            random_packet(&sw, packet, sizeof packet, &key);
            check_packet(&key);
        }
        rcu_quiesce();
    }
}

static void plain_actions(void **state)
{
    run(0, 1);
}

static void learning_bridges(void **state)
{
    run(RANDOM_NORMAL | RANDOM_PATCH, 2);
}

static void ttl(void **state)
{
    run(RANDOM_TTL, 3);
}

static void labels(void **state)
{
    run(RANDOM_MPLS, 4);
}

static void everything(void **state)
{
    run(RANDOM_ALL, 5);
}

/* Every field and every action. */
static void whatever_there_is(void **state)
{
    run(RANDOM_ALL | RANDOM_RICH, 6);
    run(RANDOM_RICH, 7);
}

/* That the test means something: most megaflows are much wider than their packets, and many packets were found for them. */
static void megaflows_are_wide(void **state)
{
    printf("%lu megaflows, %lu packets like them, %lu bits in a mask\n", n_megaflows, n_alike,
           n_wide_bits / n_megaflows);
    assert_true(n_alike > n_megaflows * 4);
    assert_true(n_wide_bits / n_megaflows < 350);
}

/* Why the packets do not differ in a field. */
static const char *why_constant(enum field_id id)
{
    if (id >= FIELD_REG0 && id <= FIELD_XXREG3) {
        return "a register: zero in every packet, written by actions";
    }
    if (id >= FIELD_NSH_FLAGS && id <= FIELD_NSH_TTL) {
        return "NSH's header is not parsed";
    }
    switch ((int) id) {
    case FIELD_METADATA:
    case FIELD_CONJ_ID:
    case FIELD_ACTSET_OUTPUT:
        return "the pipeline's, not the packet's";
    case FIELD_RECIRC_ID:
        return "what comes back with an id is looked at apart";
    case FIELD_PACKET_TYPE:
        return "all packets are Ethernet frames";
    default:
        return NULL;
    }
}

/* An action that no flow can have is none that translation need know: this flow must be refused. */
static const char *refused_action(enum ofp_action_type type)
{
    switch ((int) type) {
    case OFPACT_SAMPLE:
        return "actions=sample(probability=1)";
    case OFPACT_CT:
        return "ip,actions=ct(commit)";
    case OFPACT_NAT:
        return "ip,actions=ct(commit,nat)";
    case OFPACT_CT_CLEAR:
        return "actions=ct_clear";
    case OFPACT_ENCAP:
        return "packet_type=(1,0x800),actions=encap(ethernet)";
    case OFPACT_DECAP:
        return "actions=decap";
    case OFPACT_DEC_NSH_TTL:
        return "dl_type=0x894f,actions=dec_nsh_ttl";
    default:
        return NULL;
    }
}

/* An exception lasts as long as its reason. */
static void assert_refused(const char *flow)
{
    struct ofp_flow_mod fm;
    char *error = ofp_flow_mod_parse(&fm, flow, OFPFC_ADD, NULL);
    if (error) {
        fail_msg("%s: %s", flow, error);
    }
    fm.version = OFP15;
    if (!flow_mod_check(&fm)) {
        fail_msg("the switch takes '%s' now: let random_tables.c make such flows, and take it off the list here", flow);
    }
    ofp_flow_mod_destroy(&fm);
}

/* A new field or action must be among those that the random flows have, or have a reason here. */
static void all_fields_and_actions_were_there(void **state)
{
    enum { ENOUGH = 4 };
    const struct random_coverage *c = &random_coverage;
    unsigned int missing = 0;
    for (enum field_id id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get(id);
        bool refused = f->prereq == PREREQ_NSH; /* nothing writes an NSH header */
        bool few = c->matched[id] < ENOUGH || c->read[id] < ENOUGH || (f->writable && !refused && c->written[id] < ENOUGH);
        if (few || (!fields[id].varies && !why_constant(id))) {
            print_error("%s: matched by %lu flows, read by %lu, written by %lu%s\n", f->name, c->matched[id], c->read[id], c->written[id],
                        fields[id].varies ? "" : "; alike in all packets");
            missing++;
        }
        if (refused && f->writable) {
            char flow[64];
            snprintf(flow, sizeof flow, "dl_type=0x894f,actions=set_field:1->%s", f->name);
            assert_refused(flow);
        }
    }
    for (int type = 1; type < OFPACT_N_TYPES; type++) {
        const char *refused = refused_action((enum ofp_action_type) type);
        if (refused) {
            assert_refused(refused);
        } else if (c->actions[type] < ENOUGH) {
            print_error("action %d: in %lu flows\n", type, c->actions[type]);
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

static int setup(void **state)
{
    fake_switch_start();
    random_switch_make(&sw);
    return 0;
}

static int teardown(void **state)
{
    fake_switch_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_actions),
        cmocka_unit_test(learning_bridges),
        cmocka_unit_test(ttl),
        cmocka_unit_test(labels),
        cmocka_unit_test(everything),
        cmocka_unit_test(whatever_there_is),
        cmocka_unit_test(megaflows_are_wide),
        cmocka_unit_test(all_fields_and_actions_were_there),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
