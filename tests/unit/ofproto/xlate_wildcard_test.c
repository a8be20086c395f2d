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
#include "ofproto/xlate.h"
#include "tests/unit/ofproto/fake_switch.h"
#include "tests/unit/ofproto/flows.h"
#include "tests/unit/ofproto/random_tables.h"

enum { ROUNDS = 200, PACKETS = 24, ALIKE = 24, PACKET_SIZE = 512 };

static struct random_switch sw;
static unsigned long n_megaflows, n_alike, n_wide_bits;

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

static void check_packet(const struct flow *key)
{
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
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
