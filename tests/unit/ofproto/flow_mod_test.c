/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-mods in the semantics of each version, expiry with a stopped clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "tests/unit/ofproto/bridge.h"

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

static void check_flows(const char *expected)
{
    char *flows = bridge_flows(br, false);
    assert_string_equal(flows, expected);
    free(flows);
}

static void add(const char *text)
{
    assert_int_equal(bridge_flow_mod(br, OFP10, "add", text), OFPERR_OK);
}

static void mod(enum ofp_version version, const char *command, const char *text)
{
    assert_int_equal(bridge_flow_mod(br, version, command, text), OFPERR_OK);
}

static uint64_t packets(const char *text)
{
    struct rule *rule = bridge_find(br, text);
    assert_non_null(rule);
    return rule->counters->packets;
}

static void credit(const char *text, uint64_t n)
{
    struct rule *rule = bridge_find(br, text);
    assert_non_null(rule);
    rule_credit(rule, n, n * 60, clock_ms());
}

static void test_add(void **state)
{
    uint64_t version = tables_version();
    add("priority=5,ip,nw_dst=10.0.0.1,actions=1");
    assert_int_not_equal(tables_version(), version);
    add("table=3,priority=5,ip,nw_dst=10.0.0.1,actions=2");
    add("priority=6,ip,nw_dst=10.0.0.1,actions=3");
    check_flows("priority=5,ip,nw_dst=10.0.0.1 actions=output:1\n"
                "priority=6,ip,nw_dst=10.0.0.1 actions=output:3\n"
                "table=3, priority=5,ip,nw_dst=10.0.0.1 actions=output:2\n");
}

static void test_add_again_replaces(void **state)
{
    add("priority=5,in_port=1,actions=1");
    credit("priority=5,in_port=1", 10);
    clock_warp(5000);
    add("priority=5,in_port=1,actions=2");
    check_flows("priority=5,in_port=1 actions=output:2\n");
    assert_int_equal(packets("priority=5,in_port=1"), 0); /* 1.0 clears counters */

    credit("priority=5,in_port=1", 10);
    clock_warp(5000);
    mod(OFP13, "add", "priority=5,in_port=1,actions=3");
    check_flows("priority=5,in_port=1 actions=output:3\n");
    assert_int_equal(packets("priority=5,in_port=1"), 10); /* since 1.2 only when told to */
    assert_int_equal(bridge_find(br, "priority=5,in_port=1")->created_ms, clock_ms());

    mod(OFP13, "add", "priority=5,in_port=1,reset_counts,actions=3");
    assert_int_equal(packets("priority=5,in_port=1"), 0);
    assert_int_equal(bridge_n_flows(br), 1);
}

static void test_modify_adds_by_version(void **state)
{
    mod(OFP13, "modify", "in_port=1,actions=1");
    mod(OFP13, "modify-strict", "in_port=1,actions=1");
    assert_int_equal(bridge_n_flows(br), 0);
    mod(OFP10, "modify", "in_port=1,actions=1");
    mod(OFP10, "modify-strict", "in_port=2,actions=2");
    check_flows("in_port=1 actions=output:1\nin_port=2 actions=output:2\n");
}

static void test_modify(void **state)
{
    add("cookie=0x1,idle_timeout=10,hard_timeout=20,priority=1,ip,nw_dst=10.0.0.1,actions=1");
    add("cookie=0x2,priority=2,ip,nw_dst=10.0.0.2,actions=1");
    add("cookie=0x3,priority=3,arp,actions=1");
    credit("priority=1,ip,nw_dst=10.0.0.1", 7);
    int64_t created = clock_ms();
    clock_warp(3000);
    mod(OFP13, "modify", "ip,actions=9");
    check_flows("cookie=0x1, idle_timeout=10, hard_timeout=20, priority=1,ip,nw_dst=10.0.0.1 actions=output:9\n"
                "cookie=0x2, priority=2,ip,nw_dst=10.0.0.2 actions=output:9\n"
                "cookie=0x3, priority=3,arp actions=output:1\n");
    struct rule *rule = bridge_find(br, "priority=1,ip,nw_dst=10.0.0.1");
    assert_int_equal(rule->created_ms, created);
    assert_int_equal(rule->modified_ms, created + 3000);
    assert_int_equal(packets("priority=1,ip,nw_dst=10.0.0.1"), 7);

    mod(OFP13, "modify-strict", "priority=2,ip,nw_dst=10.0.0.2,actions=8");
    mod(OFP13, "modify-strict", "priority=99,ip,nw_dst=10.0.0.2,actions=7");
    check_flows("cookie=0x1, idle_timeout=10, hard_timeout=20, priority=1,ip,nw_dst=10.0.0.1 actions=output:9\n"
                "cookie=0x2, priority=2,ip,nw_dst=10.0.0.2 actions=output:8\n"
                "cookie=0x3, priority=3,arp actions=output:1\n");

    mod(OFP13, "modify", "cookie=0x3/-1,actions=drop");
    check_flows("cookie=0x1, idle_timeout=10, hard_timeout=20, priority=1,ip,nw_dst=10.0.0.1 actions=output:9\n"
                "cookie=0x2, priority=2,ip,nw_dst=10.0.0.2 actions=output:8\n"
                "cookie=0x3, priority=3,arp actions=drop\n");

    mod(OFP13, "modify", "reset_counts,ip,actions=9");
    assert_int_equal(packets("priority=1,ip,nw_dst=10.0.0.1"), 0);
}

static void test_modify_cookie(void **state)
{
    add("cookie=0x1,in_port=1,actions=1");
    mod(OFP10, "modify", "cookie=0x5,in_port=1,actions=2");
    check_flows("cookie=0x5, in_port=1 actions=output:2\n");
    mod(OFP13, "modify", "cookie=0x5/-1,in_port=1,actions=3");
    check_flows("cookie=0x5, in_port=1 actions=output:3\n");
}

static void test_delete(void **state)
{
    add("priority=1,ip,nw_dst=10.0.0.1,actions=1");
    add("priority=2,ip,nw_dst=10.0.0.2,actions=2");
    add("priority=3,arp,actions=3");
    add("table=7,priority=3,ip,actions=3");
    mod(OFP10, "delete-strict", "priority=9,ip,nw_dst=10.0.0.1"); /* another priority */
    mod(OFP10, "delete-strict", "priority=1,ip");                 /* another match */
    assert_int_equal(bridge_n_flows(br), 4);
    mod(OFP10, "delete-strict", "priority=1,ip,nw_dst=10.0.0.1");
    assert_int_equal(bridge_n_flows(br), 3);
    mod(OFP10, "delete", "table=0,ip");
    check_flows("priority=3,arp actions=output:3\ntable=7, priority=3,ip actions=output:3\n");
    mod(OFP13, "delete", "");
    check_flows("");
}

static void test_delete_filters(void **state)
{
    add("cookie=0x10,in_port=1,actions=1");
    add("cookie=0x11,in_port=2,actions=2");
    add("cookie=0x20,in_port=3,actions=1,2");
    mod(OFP13, "delete", "cookie=0x10/0xf0,out_port=2");
    check_flows("cookie=0x10, in_port=1 actions=output:1\ncookie=0x20, in_port=3 actions=output:1,output:2\n");
    mod(OFP10, "delete", "out_port=2");
    check_flows("cookie=0x10, in_port=1 actions=output:1\n");
    mod(OFP13, "delete", "cookie=0x11/-1");
    assert_int_equal(bridge_n_flows(br), 1);
    mod(OFP13, "delete", "cookie=0x10/-1");
    assert_int_equal(bridge_n_flows(br), 0);
}

static void test_overlap(void **state)
{
    add("priority=5,ip,nw_dst=10.0.0.0/8,actions=1");
    assert_int_equal(bridge_flow_mod(br, OFP10, "add", "check_overlap,priority=5,tcp,actions=1"), OFPFMFC_OVERLAP);
    assert_int_equal(bridge_n_flows(br), 1);
    add("check_overlap,priority=6,tcp,actions=1");
    add("check_overlap,priority=5,ip,nw_dst=11.0.0.0/8,actions=1");
    add("check_overlap,priority=5,ip,nw_dst=10.0.0.0/8,actions=2"); /* the same flow is no overlap */
    assert_int_equal(bridge_n_flows(br), 3);
}

static void test_errors_change_nothing(void **state)
{
    struct ofp_flow_mod fm;
    uint64_t version = tables_version();
    char *problem = ofp_flow_mod_parse(&fm, "in_port=1,actions=1", OFPFC_ADD, NULL);
    assert_null(problem);
    fm.version = OFP13;
    const struct flow_mod_source source = { .version = OFP13 };

    fm.table = OFP_TABLE_ALL;
    assert_int_equal(table_flow_mod(br, &fm, &source), OFPFMFC_BAD_TABLE_ID);
    fm.table = OFP_N_TABLES;
    assert_int_equal(table_flow_mod(br, &fm, &source), OFPBRC_EPERM);
    fm.command = OFPFC_DELETE;
    assert_int_equal(table_flow_mod(br, &fm, &source), OFPBRC_EPERM);
    fm.command = (enum ofp_flow_command) 9;
    fm.table = 0;
    assert_int_equal(table_flow_mod(br, &fm, &source), OFPFMFC_BAD_COMMAND);
    fm.command = OFPFC_ADD;
    fm.flags = OFP_FF_EMERG;
    assert_int_equal(table_flow_mod(br, &fm, &source), OFPFMFC_TABLE_FULL);
    fm.flags = 0;

    struct ofp_action_u8 *jump = ofp_actions_put(&fm.actions, OFPACT_GOTO_TABLE, sizeof *jump);
    jump->value = 3;
    fm.table = 3; /* to itself */
    assert_int_not_equal(table_flow_mod(br, &fm, &source), OFPERR_OK);
    assert_int_equal(bridge_n_flows(br), 0);
    assert_int_equal(tables_version(), version);

    fm.table = 2;
    fm.buffer_id = 77; /* done, but there is no such packet */
    assert_int_equal(table_flow_mod(br, &fm, &source), OFPBRC_BUFFER_UNKNOWN);
    assert_int_equal(bridge_n_flows(br), 1);
    ofp_flow_mod_destroy(&fm);
}

static void test_table_full(void **state)
{
    table_set_limit(br, 0, 2);
    add("in_port=1,actions=1");
    add("in_port=2,actions=1");
    assert_int_equal(bridge_flow_mod(br, OFP10, "add", "in_port=3,actions=1"), OFPFMFC_TABLE_FULL);
    add("in_port=2,actions=2"); /* takes no more room */
    add("table=1,in_port=3,actions=1");
    assert_int_equal(bridge_n_flows(br), 3);
}

static void test_hidden_flows(void **state)
{
    add("in_port=1,actions=1");
    table_add_catchall(br, RULE_PRIORITY_HIDDEN, NULL, 0);
    assert_int_equal(bridge_n_flows(br), 1);
    struct ofp_table_stats stats;
    table_get_stats(br, 0, &stats);
    assert_int_equal(stats.active, 1);

    struct flow flow;
    flow_init(&flow);
    flow.in_port = 1;
    assert_int_equal(table_lookup(br, version_current(), 0, &flow, NULL)->priority, RULE_PRIORITY_HIDDEN);
    mod(OFP13, "delete", "");
    assert_non_null(table_lookup(br, version_current(), 0, &flow, NULL));
    table_del_catchall(br, RULE_PRIORITY_HIDDEN);
    assert_null(table_lookup(br, version_current(), 0, &flow, NULL));
}

static void test_idle_timeout(void **state)
{
    add("idle_timeout=10,in_port=1,actions=1");
    add("in_port=2,actions=1");
    for (int i = 0; i < 5; i++) {
        clock_warp(9000);
        credit("in_port=1", 1);
        table_expire(br);
        assert_int_equal(bridge_n_flows(br), 2);
    }
    clock_warp(9999);
    table_expire(br);
    assert_int_equal(bridge_n_flows(br), 2);
    clock_warp(1);
    table_expire(br);
    check_flows("in_port=2 actions=output:1\n");
}

static void test_hard_timeout(void **state)
{
    add("hard_timeout=10,idle_timeout=60,in_port=1,actions=1");
    clock_warp(9000);
    credit("in_port=1", 1);
    mod(OFP13, "modify", "actions=2"); /* begins anew */
    clock_warp(9000);
    credit("in_port=1", 1);
    table_expire(br);
    assert_int_equal(bridge_n_flows(br), 1);
    clock_warp(1000);
    credit("in_port=1", 1);
    table_expire(br);
    assert_int_equal(bridge_n_flows(br), 0);
}

static void test_ages(void **state)
{
    add("in_port=1,actions=1");
    struct ofp_flow_stats stats;
    struct match match;
    clock_warp(12345);
    struct rule *rule = bridge_find(br, "in_port=1");
    table_rule_stats(rule, &stats, &match);
    assert_int_equal(stats.duration_sec, 12);
    assert_int_equal(stats.duration_nsec, 345000000);
    assert_int_equal(stats.idle_age, 12); /* as old as the flow: never used */
    credit("in_port=1", 1);
    clock_warp(2000);
    table_rule_stats(rule, &stats, &match);
    assert_int_equal(stats.idle_age, 2);
    assert_int_equal(stats.hard_age, 14);
    assert_int_equal(stats.packets, 1);
    assert_int_equal(stats.bytes, 60);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
    const struct CMUnitTest tests[] = {
        TEST(test_add),
        TEST(test_add_again_replaces),
        TEST(test_modify_adds_by_version),
        TEST(test_modify),
        TEST(test_modify_cookie),
        TEST(test_delete),
        TEST(test_delete_filters),
        TEST(test_overlap),
        TEST(test_errors_change_nothing),
        TEST(test_table_full),
        TEST(test_hidden_flows),
        TEST(test_idle_timeout),
        TEST(test_hard_timeout),
        TEST(test_ages),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
