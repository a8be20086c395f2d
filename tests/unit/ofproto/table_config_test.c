/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tables: limits, the order of eviction, vacancy events; learned flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/strbuf.h"
#include "ofproto/table_config.h"
#include "ofproto/table_events.h"
#include "ofproto/table_learn.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/flows.h"

static struct ofproto *br;

static int make_bridge(void **state)
{
    br = bridge_create("br-test", false, false);
    return 0;
}

static int drop_bridge(void **state)
{
    bridge_destroy(br);
    return 0;
}

static enum ofp_error add(const char *text)
{
    return bridge_flow_mod(br, OFP14, "add", text);
}

static void check_ports(const char *expected)
{
    struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, "");
    for (int i = 1; i < 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "in_port=%d", i);
        if (bridge_find(br, text)) {
            strbuf_putf(&out, "%d ", i);
        }
    }
    assert_string_equal(out.s, expected);
    strbuf_destroy(&out);
}

static void limit(uint32_t flow_limit, bool evict, const char *group)
{
    const struct ofproto_table_config config = { .name = "main", .flow_limit = flow_limit, .evict = evict,
                                                 .groups = &group, .n_groups = group != NULL };
    ofproto_configure_table(br, 0, &config);
}

static void mod_table(int eviction)
{
    const struct ofp_table_mod tm = { .table = 0, .eviction = eviction, .vacancy = -1 };
    assert_int_equal(table_mod(br, &tm), OFPERR_OK);
}

/* As OVS 3.1 does it: only flows with a timeout, by importance, then by time. */
static void test_eviction_order(void **state)
{
    limit(3, false, NULL);
    add("importance=3,hard_timeout=900,in_port=1,actions=drop");
    add("importance=2,hard_timeout=800,in_port=2,actions=drop");
    add("importance=2,hard_timeout=700,in_port=3,actions=drop");
    assert_int_equal(add("importance=9,in_port=4,actions=drop"), OFPFMFC_TABLE_FULL);
    mod_table(1);
    assert_int_equal(add("importance=9,in_port=4,actions=drop"), OFPERR_OK);
    check_ports("1 2 4 ");
    assert_int_equal(add("importance=9,in_port=5,actions=drop"), OFPERR_OK);
    check_ports("1 4 5 ");
    assert_int_equal(add("in_port=5,actions=1"), OFPERR_OK); /* replaces, so nothing is evicted */
    check_ports("1 4 5 ");
    assert_int_equal(add("in_port=6,actions=drop"), OFPERR_OK);
    check_ports("4 5 6 ");
    assert_int_equal(add("in_port=7,actions=drop"), OFPFMFC_TABLE_FULL);
    mod_table(0);
    assert_int_equal(bridge_flow_mod(br, OFP13, "delete", "in_port=4"), OFPERR_OK);
    assert_int_equal(add("hard_timeout=5,in_port=8,actions=drop"), OFPERR_OK);
    assert_int_equal(add("in_port=9,actions=drop"), OFPFMFC_TABLE_FULL);
}

/* A flow in use expires later than it seemed when it came. */
static void test_eviction_by_use(void **state)
{
    limit(2, true, NULL);
    add("idle_timeout=10,in_port=1,actions=drop");
    add("idle_timeout=20,in_port=2,actions=drop");
    clock_warp(5000);
    rule_credit(bridge_find(br, "in_port=1"), 1, 60, clock_ms() + 30000);
    add("idle_timeout=60,in_port=3,actions=drop");
    check_ports("1 3 ");
    limit(1, true, NULL); /* a lower limit is kept at once */
    check_ports("3 ");
}

static void test_eviction_is_fair(void **state)
{
    limit(4, true, "NXM_OF_ETH_SRC[]");
    add("hard_timeout=500,in_port=1,dl_src=00:00:00:00:00:01,actions=drop");
    add("hard_timeout=900,in_port=2,dl_src=00:00:00:00:00:02,actions=drop");
    add("hard_timeout=901,in_port=3,dl_src=00:00:00:00:00:02,actions=drop");
    add("hard_timeout=902,in_port=4,dl_src=00:00:00:00:00:02,actions=drop");
    add("hard_timeout=600,in_port=5,dl_src=00:00:00:00:00:03,actions=drop");
    assert_non_null(bridge_find(br, "in_port=1,dl_src=00:00:00:00:00:01"));
    assert_null(bridge_find(br, "in_port=2,dl_src=00:00:00:00:00:02"));
    assert_int_equal(bridge_n_flows(br), 4);
}

/* A heap against a twin that sorts. */
static void test_eviction_at_random(void **state)
{
    enum { N = 60 };
    struct { bool in; unsigned int importance, timeout; } twin[N + 1] = { { false, 0, 0 } };
    unsigned int n = 0;
    flows_seed(5);
    limit(20, true, NULL);
    for (int step = 0; step < 2000; step++) {
        unsigned int port = 1 + flows_random(N);
        char text[96];
        if (twin[port].in && flows_random(2)) {
            snprintf(text, sizeof text, "in_port=%u", port);
            assert_int_equal(bridge_flow_mod(br, OFP14, "delete-strict", text), OFPERR_OK);
            twin[port].in = false;
            n--;
            continue;
        }
        unsigned int victim = 0;
        if (!twin[port].in && n == 20) {
            for (unsigned int i = 1; i <= N; i++) {
                if (twin[i].in && (!victim || twin[i].importance < twin[victim].importance
                                   || (twin[i].importance == twin[victim].importance && twin[i].timeout < twin[victim].timeout))) {
                    victim = i;
                }
            }
            twin[victim].in = false;
            n--;
        }
        n += !twin[port].in;
        twin[port].in = true;
        twin[port].importance = flows_random(5);
        twin[port].timeout = (unsigned int) (1 + step * 7919 % 65000);
        snprintf(text, sizeof text, "importance=%u,hard_timeout=%u,in_port=%u,actions=drop", twin[port].importance,
                 twin[port].timeout, port);
        assert_int_equal(add(text), OFPERR_OK);
        assert_int_equal(bridge_n_flows(br), n);
        if (victim) {
            snprintf(text, sizeof text, "in_port=%u", victim);
            assert_null(bridge_find(br, text));
        }
    }
}

/* Vacancy. */

static char heard[128];

static void hear(void *aux, const struct table_event *event)
{
    assert_int_equal(event->type, TABLE_EVENT_STATUS);
    char text[64];
    snprintf(text, sizeof text, "%s %u%%; ", event->status.reason == OFPTR_VACANCY_DOWN ? "down" : "up",
             event->status.desc.vacancy_now);
    strncat(heard, text, sizeof heard - strlen(heard) - 1);
}

static void test_vacancy(void **state)
{
    heard[0] = '\0';
    table_set_listener(br, &(struct table_listener) { .cb = hear });
    limit(10, false, NULL);
    struct ofp_table_mod tm = { .table = 0, .eviction = -1, .vacancy = 1, .vacancy_down = 30, .vacancy_up = 60 };
    assert_int_equal(table_mod(br, &tm), OFPERR_OK);
    for (int i = 1; i <= 10; i++) {
        char text[40];
        snprintf(text, sizeof text, "in_port=%d,actions=drop", i);
        add(text);
    }
    assert_string_equal(heard, "down 20%; ");
    for (int i = 1; i <= 9; i++) {
        char text[32];
        snprintf(text, sizeof text, "in_port=%d", i);
        assert_int_equal(bridge_flow_mod(br, OFP14, "delete", text), OFPERR_OK);
    }
    assert_string_equal(heard, "down 20%; up 70%; ");

    struct ofp_table_desc desc;
    table_describe(br, 0, &desc);
    assert_true(desc.vacancy && !desc.eviction);
    assert_int_equal(desc.vacancy_now, 90);
    assert_int_equal(desc.vacancy_down, 30);
    tm.vacancy_down = 61;
    assert_int_equal(table_mod(br, &tm), OFPBPC_BAD_VALUE);
    tm.vacancy = 0;
    assert_int_equal(table_mod(br, &tm), OFPERR_OK);
    table_describe(br, 0, &desc);
    assert_false(desc.vacancy);
    tm.table = 254;
    assert_int_equal(table_mod(br, &tm), OFPTMFC_BAD_TABLE);
}

static void test_names(void **state)
{
    struct ofp_table_stats stats;
    assert_false(table_any_named(br));
    limit(5, false, NULL);
    table_get_stats(br, 0, &stats);
    assert_string_equal(stats.name, "main");
    assert_int_equal(stats.max_entries, 5);
    assert_true(table_any_named(br));
    ofproto_configure_table(br, 0, NULL);
    assert_string_equal(table_name(br, 0), "");
    assert_int_equal(table_max_flows(br, 0), UINT32_MAX);
}

/* Learning. */

static enum table_learn_result learn(const char *text, uint32_t n_limit)
{
    struct ofp_flow_mod fm;
    char *problem = ofp_flow_mod_parse(&fm, text, OFPFC_ADD, NULL);
    if (problem) {
        fail_msg("%s: %s", text, problem);
    }
    struct rule *rule;
    enum ofp_error error;
    enum table_learn_result result = table_learn(br, &fm, n_limit, &rule, &error);
    rule_unref(rule);
    ofp_flow_mod_destroy(&fm);
    rcu_quiesce();
    return result;
}

static void test_learn(void **state)
{
    assert_int_equal(learn("table=1,cookie=0x5,hard_timeout=10,in_port=1,actions=1", 0), TABLE_LEARN_CHANGED);
    uint64_t version = tables_version();
    version_t current = version_current();
    clock_warp(8000);
    assert_int_equal(learn("table=1,cookie=0x5,hard_timeout=10,in_port=1,actions=1", 0), TABLE_LEARN_REFRESHED);
    assert_int_equal(tables_version(), version);
    assert_int_equal(version_current(), current);
    clock_warp(8000);
    table_expire(br);
    assert_int_equal(bridge_n_flows(br), 1); /* it lives because it was learned again */

    rule_credit(bridge_find(br, "table=1,in_port=1"), 3, 180, clock_ms());
    assert_int_equal(learn("table=1,cookie=0x5,hard_timeout=10,in_port=1,actions=2", 0), TABLE_LEARN_CHANGED);
    assert_int_equal(bridge_find(br, "table=1,in_port=1")->counters->packets, 3);
    assert_int_equal(bridge_n_flows(br), 1);
    assert_int_equal(learn("table=254,in_port=1,actions=2", 0), TABLE_LEARN_ERROR);
}

static void test_learn_limit(void **state)
{
    assert_int_equal(learn("table=1,cookie=0x5,in_port=1,actions=1", 2), TABLE_LEARN_CHANGED);
    assert_int_equal(add("table=1,cookie=0x5,in_port=2,actions=1"), OFPERR_OK); /* counts, too */
    assert_int_equal(add("table=2,cookie=0x5,in_port=2,actions=1"), OFPERR_OK);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=3,actions=1", 2), TABLE_LEARN_LIMIT);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=1,actions=1", 2), TABLE_LEARN_REFRESHED);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=1,actions=2", 2), TABLE_LEARN_CHANGED);
    assert_int_equal(learn("table=1,cookie=0x6,in_port=3,actions=1", 2), TABLE_LEARN_CHANGED);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=3,actions=1", 2), TABLE_LEARN_LIMIT); /* of another cookie */
    assert_int_equal(bridge_flow_mod(br, OFP13, "delete", "table=1,in_port=2"), OFPERR_OK);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=3,actions=1", 2), TABLE_LEARN_CHANGED);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=4,actions=1", 2), TABLE_LEARN_LIMIT);
    assert_int_equal(bridge_flow_mod(br, OFP13, "delete", "table=1"), OFPERR_OK);
    assert_int_equal(learn("table=1,cookie=0x5,in_port=4,actions=1", 2), TABLE_LEARN_CHANGED);
}

/* A flow of priority 'priority' in table 0 with a learn action. */
static void add_learner(int32_t priority, uint8_t table, uint64_t cookie, bool delete_learned)
{
    struct ofpbuf actions = { NULL, 0, 0 };
    struct ofp_action_learn *learn_action = ofp_actions_put(&actions, OFPACT_LEARN, sizeof *learn_action);
    learn_action->table = table;
    learn_action->cookie = be64_from_host(cookie);
    learn_action->flags = delete_learned ? OFP_LEARN_DELETE_LEARNED : 0;
    table_add_catchall(br, priority, actions.data, actions.size);
    ofpbuf_destroy(&actions);
}

static void test_delete_learned(void **state)
{
    add_learner(1, 1, 5, true);
    add_learner(2, 1, 5, true);
    add_learner(3, 1, 6, false);
    add_learner(4, 2, 7, true);
    for (int i = 1; i < 4; i++) {
        char text[64];
        snprintf(text, sizeof text, "table=1,cookie=%d,in_port=%d,actions=1", 5 + i % 2, i);
        learn(text, 0);
    }
    learn("table=2,cookie=7,in_port=1,actions=1", 0);
    assert_int_equal(bridge_n_flows(br), 8);
    table_del_catchall(br, 1); /* not the last of its cookie */
    table_del_catchall(br, 3); /* without the flag */
    assert_int_equal(bridge_n_flows(br), 6);
    add_learner(2, 1, 5, true); /* the action stays while its flow changes */
    assert_int_equal(bridge_n_flows(br), 6);
    table_del_catchall(br, 2);
    assert_int_equal(bridge_n_flows(br), 4); /* with one flow of cookie 5 */
    assert_null(bridge_find(br, "table=1,in_port=2"));
    assert_non_null(bridge_find(br, "table=1,in_port=1"));
    table_flush(br);
    assert_int_equal(bridge_n_flows(br), 0);
}

static void test_reduced_timeouts(void **state)
{
    add("in_port=1,actions=1");
    add("idle_timeout=5,hard_timeout=9,in_port=2,actions=1");
    table_reduce_timeouts(bridge_find(br, "in_port=1"), 10, 0);
    table_reduce_timeouts(bridge_find(br, "in_port=2"), 10, 3);
    clock_warp(4000);
    table_expire(br);
    check_ports("1 ");
    clock_warp(7000);
    table_expire(br);
    check_ports("");
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
    const struct CMUnitTest tests[] = {
        TEST(test_eviction_order),
        TEST(test_eviction_by_use),
        TEST(test_eviction_is_fair),
        TEST(test_eviction_at_random),
        TEST(test_vacancy),
        TEST(test_names),
        TEST(test_learn),
        TEST(test_learn_limit),
        TEST(test_delete_learned),
        TEST(test_reduced_timeouts),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
