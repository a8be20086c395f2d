/* SPDX-License-Identifier: Apache-2.0 */
/* The state log: flows, ages and counters are back after a kill at any time, in the state of some moment of the change that was under way. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action.h"
#include "ofproto/group_change.h"
#include "ofproto/group_table.h"
#include "ofproto/state_log_object.h"
#include "ofproto/table_private.h"
#include "ofproto/transaction.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/flows.h"

static void mod(struct ofproto *br, enum ofp_version version, const char *command, const char *text)
{
    assert_int_equal(bridge_flow_mod(br, version, command, text), OFPERR_OK);
}

static char *file_of(const char *name)
{
    return xasprintf("%s/%s.oflog", bridge_rundir(), name);
}

/* The bridge is killed and comes back. */
static struct ofproto *restart(struct ofproto *br)
{
    char *name = xstrdup(br->name);
    bridge_abandon(br);
    br = bridge_create(name, true, false);
    free(name);
    return br;
}

static void check_restart(struct ofproto **br)
{
    char *before = bridge_flows(*br, true);
    *br = restart(*br);
    char *after = bridge_flows(*br, true);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_everything_is_back(void **state)
{
    struct ofproto *br = bridge_create("all", true, false);
    assert_false(tables_restored(br->tables));
    mod(br, OFP13, "add", "cookie=0x123,idle_timeout=5,hard_timeout=6,priority=7,table=3,tcp,nw_dst=10.0.0.0/8,tp_dst=80,"
                          "actions=set_field:1->reg0,goto_table:4");
    mod(br, OFP10, "add", "send_flow_rem,in_port=1,actions=mod_vlan_vid:5,resubmit(,2),output:3");
    mod(br, OFP10, "add", "arp,actions=NORMAL");
    mod(br, OFP13, "add", "ipv6,ipv6_dst=fd00::/8,actions=drop");
    mod(br, OFP13, "modify", "arp,actions=2,4");
    mod(br, OFP13, "add", "in_port=9,actions=9");
    mod(br, OFP13, "delete", "in_port=9");
    struct rule *rule = bridge_find(br, "arp");
    clock_warp(1500);
    rule_credit(rule, 1000, 64000, clock_ms());
    int64_t created = rule->created_ms, used = rule->counters->used_ms;
    clock_warp(2500);

    check_restart(&br);
    assert_true(tables_restored(br->tables));
    rule = bridge_find(br, "arp");
    assert_int_equal(rule->counters->packets, 1000);
    assert_int_equal(rule->counters->bytes, 64000);
    assert_int_equal(rule->counters->used_ms, used);
    assert_int_equal(rule->created_ms, created);
    assert_int_equal(bridge_find(br, "in_port=1")->flags, OFP_FF_SEND_FLOW_REM);
    assert_null(bridge_find(br, "in_port=9"));

    check_restart(&br); /* from the log that the restart wrote */
    clock_warp(4000);
    table_expire(br);
    assert_null(bridge_find(br, "table=3,priority=7,tcp,nw_dst=10.0.0.0/8,tp_dst=80")); /* times run on */
    check_restart(&br);
    bridge_destroy(br);
    bridge_forget_abandoned();
}

static void test_forgotten(void **state)
{
    struct ofproto *br = bridge_create("gone", true, false);
    mod(br, OFP13, "add", "in_port=1,actions=1");
    ofproto_log_forget(br);
    bridge_destroy(br);
    br = bridge_create("gone", true, false);
    assert_false(tables_restored(br->tables));
    assert_int_equal(bridge_n_flows(br), 0);
    bridge_destroy(br);

    char *path = file_of("gone");
    assert_int_equal(access(path, F_OK), 0);
    ofproto_log_complete(); /* no such bridge is configured */
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void test_hidden_flows_are_not_kept(void **state)
{
    struct ofproto *br = bridge_create("hidden", true, false);
    table_add_catchall(br, RULE_PRIORITY_HIDDEN, NULL, 0);
    table_add_catchall(br, 0, NULL, 0);
    br = restart(br);
    assert_int_equal(bridge_n_flows(br), 1);
    struct flow flow;
    flow_init(&flow);
    assert_int_equal(table_lookup(br, version_current(), 0, &flow, NULL)->priority, 0);
    bridge_destroy(br);
    bridge_forget_abandoned();
}

static void test_orderly_end(void **state)
{
    struct ofproto *br = bridge_create("orderly", true, false);
    mod(br, OFP13, "add", "in_port=1,actions=1");
    rule_credit(bridge_find(br, "in_port=1"), 5, 500, clock_ms());
    bridge_destroy(br);
    br = bridge_create("orderly", true, false);
    assert_int_equal(bridge_n_flows(br), 1);
    assert_int_equal(bridge_find(br, "in_port=1")->counters->packets, 5);
    bridge_destroy(br);
}

/* Random changes, with restarts in between; the log is compacted now and then. */
static void test_churn(void **state)
{
    struct ofproto *br = bridge_create("churn", true, false);
    flows_seed(3);
    for (int step = 0; step < 6000; step++) {
        char text[200];
        const char *command = flows_random(3) ? "add" : flows_random(3) ? "delete-strict" : "modify-strict";
        snprintf(text, sizeof text, "priority=%u,tcp,nw_dst=10.0.%u.%u%s", flows_random(3), flows_random(4),
                 flows_random(50), strcmp(command, "delete-strict") ? ",actions=" : "");
        if (strcmp(command, "delete-strict")) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "%u", 1 + flows_random(9));
        }
        mod(br, flows_random(2) ? OFP10 : OFP13, command, text);
        if (step % 7 == 0) {
            struct ofp_flow_stats_request all = { .table = OFP_TABLE_ALL, .out_port = OFPP_NONE, .out_group = OFPG_ANY };
            struct rule_list list = { NULL, 0, 0 };
            match_init(&all.match);
            table_collect(br, &all, &list);
            rule_credit(list.rules[flows_random((uint32_t) list.n)], 1, 60, clock_ms());
            rule_list_destroy(&list);
        }
        if (step % 500 == 499) {
            check_restart(&br);
        }
    }
    char *path = file_of("churn");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 2 * 1024 * 1024); /* 600 flows, though 6,000 changes */
    free(path);
    bridge_destroy(br);
    bridge_forget_abandoned();
}

/* Cut at every byte: each state that comes back is one that the bridge was in. */
static void test_cut_anywhere(void **state)
{
    static const char *const steps[][2] = {
        { "add", "priority=1,in_port=1,actions=1" },  { "add", "priority=2,tcp,nw_dst=10.0.0.1,tp_dst=80,actions=2" },
        { "modify", "tcp,actions=3" },                { "add", "priority=3,arp,actions=4" },
        { "delete", "in_port=1" },                    { "add", "priority=1,in_port=1,actions=5" },
        { "add", "priority=1,in_port=1,actions=6" },
    };
    char *seen[ARRAY_SIZE(steps) + 1];
    struct ofproto *br = bridge_create("cut", true, false);
    seen[0] = bridge_flows(br, false);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        mod(br, OFP13, steps[i][0], steps[i][1]);
        seen[i + 1] = bridge_flows(br, false);
    }
    bridge_destroy(br);

    char *from = file_of("cut"), *to = file_of("cut2");
    int fd = open(from, O_RDONLY);
    static uint8_t data[16384];
    ssize_t size = read(fd, data, sizeof data);
    close(fd);
    while (size && !data[size - 1]) {
        size--;
    }
    size += 8; /* the last record may end with zeros */
    size_t last = 0;
    for (ssize_t cut = 0; cut <= size; cut++) {
        fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(write(fd, data, (size_t) cut), cut);
        close(fd);
        br = bridge_create("cut2", true, false);
        char *flows = bridge_flows(br, false);
        size_t i = last;
        while (i <= ARRAY_SIZE(steps) && strcmp(flows, seen[i])) {
            i++;
        }
        assert_true(i <= ARRAY_SIZE(steps));
        last = i;
        free(flows);
        bridge_destroy(br);
    }
    assert_int_equal(last, ARRAY_SIZE(steps));
    for (size_t i = 0; i <= ARRAY_SIZE(steps); i++) {
        free(seen[i]);
    }
    free(from);
    free(to);
}

/* Records that are whole but say nonsense. */
static void test_lost_counters(void **state)
{
    struct ofproto *br = bridge_create("lost", true, false);
    mod(br, OFP13, "add", "in_port=1,actions=1");
    mod(br, OFP13, "add", "in_port=2,actions=2");
    char *before = bridge_flows(br, false);
    bridge_destroy(br);
    char *path = xasprintf("%s/lost.ofcounters", bridge_rundir());
    assert_int_equal(truncate(path, 0), 0);
    free(path);
    br = bridge_create("lost", true, false); /* the flows are there, from zero */
    check_restart(&br);
    char *after = bridge_flows(br, false);
    assert_string_equal(before, after);
    free(before);
    free(after);
    bridge_destroy(br);
    bridge_forget_abandoned();
}

static const struct group *group_of(struct ofproto *br, uint32_t id)
{
    tables_lock();
    const struct group *group = group_table_find(br, id);
    tables_unlock();
    assert_non_null(group);
    return group;
}

static void group_mod(struct ofproto *br, enum ofp_group_command command, const char *text)
{
    struct ofp_group_mod gm;
    char *problem = ofp_group_mod_parse(&gm, text, command, NULL);
    assert_null(problem);
    struct transaction *txn = transaction_begin();
    assert_int_equal(group_change_prepare(txn, br, &gm), OFPERR_OK);
    transaction_commit(txn);
    ofp_group_mod_destroy(&gm);
}

/* "PACKETS/BYTES" of a group and its buckets. */
static void check_counts(struct ofproto *br, uint32_t id, const char *wanted)
{
    struct ofp_group_stats stats;
    struct strbuf s = STRBUF_INIT;
    group_stats(group_of(br, id), 0, &stats);
    strbuf_putf(&s, "%llu/%llu", (unsigned long long) stats.packets, (unsigned long long) stats.bytes);
    for (size_t i = 0; i < stats.n_buckets; i++) {
        strbuf_putf(&s, " %llu/%llu", (unsigned long long) stats.buckets[i].packets,
                    (unsigned long long) stats.buckets[i].bytes);
    }
    free(stats.buckets);
    char *text = strbuf_steal(&s);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_groups_count_on(void **state)
{
    struct ofproto *br = bridge_create("groups", true, false);
    group_mod(br, OFPGC_ADD, "group_id=1,type=all,bucket=bucket_id=1,actions=1,bucket=bucket_id=2,actions=2");
    group_mod(br, OFPGC_ADD, "group_id=2,type=select,bucket=bucket_id=1,actions=1,bucket=bucket_id=2,actions=2");
    group_mod(br, OFPGC_ADD, "group_id=3,type=indirect,bucket=bucket_id=1,actions=1");
    mod(br, OFP15, "add", "in_port=1,actions=group:1");
    struct group *group = (struct group *) group_of(br, 1);
    group_credit(group, 10, 1000);
    group_credit_bucket(group, 1, 7, 700);
    group_credit_bucket((struct group *) group_of(br, 2), 0, 5, 50);
    group_credit((struct group *) group_of(br, 3), 9, 90);
    rule_credit(bridge_find(br, "in_port=1"), 10, 1000, clock_ms());
    for (int i = 0; i < 2; i++) {
        check_restart(&br);
        check_counts(br, 1, "10/1000 0/0 7/700");
        check_counts(br, 2, "0/0 5/50 0/0");
        check_counts(br, 3, "9/90 0/0");
    }

    /* Slots that groups gave back serve flows, and the other way round. */
    group_mod(br, OFPGC_DELETE, "group_id=3");
    mod(br, OFP13, "delete", "");
    rcu_barrier_wait();
    for (int i = 2; i < 40; i++) {
        char *text = xasprintf("in_port=%d,actions=2", i);
        mod(br, OFP13, "add", text);
        *strchr(text, ',') = 0;
        rule_credit(bridge_find(br, text), (uint64_t) i, 0, clock_ms());
        free(text);
    }
    group_mod(br, OFPGC_ADD, "group_id=3,type=indirect,bucket=bucket_id=1,actions=3");
    group_mod(br, OFPGC_INSERT_BUCKET, "group_id=1,command_bucket_id=last,bucket=bucket_id=3,actions=3");
    check_restart(&br);
    check_counts(br, 1, "0/0 0/0 0/0 0/0"); /* another group since the bucket came */
    check_counts(br, 2, "0/0 5/50 0/0");
    check_counts(br, 3, "0/0 0/0");
    bridge_destroy(br);
    bridge_forget_abandoned();
}

static void test_lost_counters_of_groups(void **state)
{
    struct ofproto *br = bridge_create("lostgroups", true, false);
    group_mod(br, OFPGC_ADD, "group_id=1,type=indirect,bucket=bucket_id=1,actions=1");
    mod(br, OFP13, "add", "in_port=1,actions=1");
    group_credit((struct group *) group_of(br, 1), 9, 90);
    bridge_destroy(br);
    char *path = xasprintf("%s/lostgroups.ofcounters", bridge_rundir());
    assert_int_equal(truncate(path, 0), 0);
    free(path);
    br = bridge_create("lostgroups", true, false);
    check_counts(br, 1, "0/0 0/0");
    group_credit((struct group *) group_of(br, 1), 3, 30);
    check_restart(&br);
    check_counts(br, 1, "3/30 0/0"); /* the slots are those of the record again */
    bridge_destroy(br);
    bridge_forget_abandoned();
}

static void add_options(struct ofproto *br, enum ofp_tlv_command command, const char *text)
{
    struct ofp_tlv_mod tm;
    assert_null(ofp_tlv_mod_parse(&tm, text, command));
    tables_lock();
    assert_int_equal(field_map_modify(&br->options, &tm, 0), OFPERR_OK);
    state_log_put_options(br->tables->log, &br->options);
    tables_unlock();
}

static void test_tunnel_options(void **state)
{
    struct ofproto *br = bridge_create("options", true, false);
    add_options(br, OFPTLV_ADD, "{class=1,type=1,len=4}->tun_metadata3,{class=1,type=2,len=8}->tun_metadata0,{class=1,type=3,len=124}->tun_metadata9");
    add_options(br, OFPTLV_DELETE, "{class=1,type=1,len=4}->tun_metadata3");
    const struct field_map *before = field_map_use(&br->options);
    mod(br, OFP13, "add", "tun_metadata0=0x1234,actions=set_field:5->tun_metadata9,goto_table:4");
    mod(br, OFP10, "add", "tun_metadata9,actions=move:NXM_NX_TUN_METADATA9[8..15]->NXM_NX_REG0[0..7]");
    mod(br, OFP15, "add", "table=1,tun_metadata0=0/0xff,actions=2");
    mod(br, OFP13, "modify", "tun_metadata9,actions=delete_field:tun_metadata9"); /* logged without a message */
    group_mod(br, OFPGC_ADD, "group_id=1,type=indirect,bucket=bucket_id=1,actions=set_field:1->tun_metadata0,1");
    field_map_use(before);
    struct field_map options = br->options;
    for (int i = 0; i < 2; i++) {
        char *flows = bridge_flows(br, false);
        br = restart(br);
        assert_memory_equal(&options, &br->options, sizeof options); /* the offsets, too */
        char *after = bridge_flows(br, false);
        assert_string_equal(flows, after);
        assert_int_equal(bridge_n_flows(br), 3);
        free(flows);
        free(after);
        assert_true(ofp_actions_tun_metadata(group_of(br, 1)->buckets[0].b.actions.data,
                                             group_of(br, 1)->buckets[0].b.actions.size)
                    == 1);
    }
    add_options(br, OFPTLV_CLEAR, "");
    br = restart(br);
    assert_true(br->options.space == 0);
    bridge_destroy(br);
    bridge_forget_abandoned();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_back), cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_hidden_flows_are_not_kept), cmocka_unit_test(test_orderly_end),
        cmocka_unit_test(test_churn), cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_lost_counters), cmocka_unit_test(test_groups_count_on),
        cmocka_unit_test(test_lost_counters_of_groups), cmocka_unit_test(test_tunnel_options),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
