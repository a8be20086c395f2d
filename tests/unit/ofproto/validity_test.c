/* SPDX-License-Identifier: Apache-2.0 */
/* A translation that still holds after changes of rules is what a new translation would give. Random tables, changes and packets. */
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
#include "ofproto/rule_changes.h"
#include "ofproto/ukey.h"
#include "ofproto/validity.h"
#include "ofproto/xlate.h"
#include "ofproto/xlate_credit.h"
#include "tests/unit/ofproto/fake_switch.h"
#include "tests/unit/ofproto/flows.h"
#include "tests/unit/ofproto/random_tables.h"

enum { ROUNDS = 120, MEGAFLOWS = 24, CHANGES = 12, ALIKE = 6, PACKET_SIZE = 512 };

struct megaflow {
    struct flow key;
    struct xlate_out out;
    struct validity validity;
    struct packed_flow *packed_key, *packed_mask;
    uint64_t epoch; /* in which it was valid */
};

static struct random_switch sw;
static struct megaflow megaflows[MEGAFLOWS];
static unsigned long n_held, n_stale, n_same;

static void translate(struct megaflow *m)
{
    struct xlate_in in = { .flow = &m->key };
    m->epoch = validity_epoch();
    validity_begin(&m->validity);
    xlate(&in, &m->out);
    validity_end(&m->validity, &m->out.credits);
    m->packed_key = packed_flow_create(&m->key);
    m->packed_mask = packed_flow_create(&m->out.mask);
}

static void forget(struct megaflow *m)
{
    xlate_out_destroy(&m->out);
    free(m->packed_key);
    free(m->packed_mask);
}

static bool same(const struct xlate_out *old, const struct xlate_out *now)
{
    return old->error == now->error && old->actions.size == now->actions.size
           && (!old->actions.size || !memcmp(old->actions.data, now->actions.data, old->actions.size));
}

/* The mask of a new translation may have other bits, since another bit may now tell first that a rule does not match. What counts is
 * that every packet of the old megaflow still is treated alike. */
static bool all_same(const struct megaflow *m)
{
    struct flow alike = m->key;
    for (int i = 0; i < ALIKE; i++) {
        struct xlate_in in = { .flow = &alike };
        struct xlate_out now;
        xlate(&in, &now);
        bool is_same = same(&m->out, &now);
        xlate_out_destroy(&now);
        if (!is_same) {
            return false;
        }
        uint8_t packet[PACKET_SIZE];
        if (!random_packet_alike(&sw, &m->key, &m->out.mask, packet, sizeof packet, &alike)) {
            break;
        }
    }
    return true;
}

static void check(struct megaflow *m)
{
    uint64_t epoch = validity_epoch();
    bool holds = validity_holds(&m->validity, &m->out.credits, m->packed_key, m->packed_mask);
    bool is_same = all_same(m);
    if (holds && !is_same) {
        struct strbuf s = STRBUF_INIT;
        flow_format(&s, &m->key, &m->out.mask, NULL, false);
        fail_msg("said to hold, but it translates to something else: %s", strbuf_str(&s));
    }
    if (!holds && epoch == m->epoch) {
        fail_msg("said to be stale, but the epoch has not moved on");
    }
    m->epoch = epoch;
    n_held += holds;
    n_stale += !holds;
    n_same += !holds && is_same;
    if (!holds) {
        forget(m);
        translate(m);
    }
}

static void run(unsigned int what, uint64_t seed)
{
    flows_seed(seed);
    for (int round = 0; round < ROUNDS; round++) {
        random_tables_fill(&sw, what);
        for (int i = 0; i < MEGAFLOWS; i++) {
            uint8_t packet[PACKET_SIZE];
            random_packet(&sw, packet, sizeof packet, &megaflows[i].key);
            translate(&megaflows[i]);
        }
        for (int change = 0; change < CHANGES; change++) {
            random_tables_change(&sw, what);
            for (int i = 0; i < MEGAFLOWS; i++) {
                check(&megaflows[i]);
            }
            rcu_quiesce();
        }
        for (int i = 0; i < MEGAFLOWS; i++) {
            forget(&megaflows[i]);
        }
    }
}

static void plain_actions(void **state)
{
    run(0, 11);
}

static void everything(void **state)
{
    run(RANDOM_ALL, 12);
}

/* That the test means something: both answers were given, and "stale" was not often said for nothing. */
static void it_tells_apart(void **state)
{
    printf("%lu held, %lu stale, of which %lu translated to the same\n", n_held, n_stale, n_same);
    assert_true(n_held > 4 * n_stale);
    assert_true(n_stale > 500);
}

/* A translation that is further behind than the ring remembers is stale, whatever changed. */
static void too_many_changes(void **state)
{
    random_tables_fill(&sw, 0);
    uint8_t packet[PACKET_SIZE];
    struct megaflow *m = &megaflows[0];
    random_packet(&sw, packet, sizeof packet, &m->key);
    translate(m);
    uint64_t now;
    for (int i = 0; i <= RULE_CHANGES_MAX; i++) {
        struct match match;
        struct ofpbuf actions = { 0 };
        match_init(&match);
        fake_switch_flow(sw.br[0], 200, (uint16_t) (i + 1), &match, &actions); /* a table that nobody looks into */
    }
    assert_true(validity_holds(&m->validity, &m->out.credits, m->packed_key, m->packed_mask));
    assert_true(rule_changes_concern(rule_changes_last() - RULE_CHANGES_MAX - 1, &m->out.credits, m->packed_key,
                                     m->packed_mask, &now));
    assert_int_equal(now, rule_changes_last());
    assert_false(rule_changes_concern(rule_changes_last() - RULE_CHANGES_MAX, &m->out.credits, m->packed_key,
                                      m->packed_mask, &now));
    forget(m);
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
        cmocka_unit_test(everything),
        cmocka_unit_test(it_tells_apart),
        cmocka_unit_test(too_many_changes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
