/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: all or nothing, for tables, readers, the state log and those who listen. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "ofproto/table_config.h"
#include "ofproto/table_events.h"
#include "ofproto/transaction.h"
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

static enum ofp_error prepare(struct transaction *txn, enum ofp_flow_command command, const char *text)
{
    struct ofp_flow_mod fm;
    char *problem = ofp_flow_mod_parse(&fm, text, command, NULL);
    if (problem) {
        fail_msg("%s: %s", text, problem);
    }
    fm.version = OFP13;
    if (fm.table == OFP_TABLE_ALL && command == OFPFC_ADD) {
        fm.table = 0;
    }
    enum ofp_error error = transaction_flow_mod(txn, br, &fm, NULL);
    ofp_flow_mod_destroy(&fm);
    return error;
}

static void ok(struct transaction *txn, enum ofp_flow_command command, const char *text)
{
    assert_int_equal(prepare(txn, command, text), OFPERR_OK);
}

static void check_flows(const char *expected)
{
    char *flows = bridge_flows(br, true);
    assert_string_equal(flows, expected);
    free(flows);
}

static struct rule *look_up(version_t version, uint32_t in_port)
{
    struct flow flow;
    flow_init(&flow);
    flow.in_port = in_port;
    return table_lookup(br, version, 0, &flow, NULL);
}

static void test_abort_changes_nothing(void **state)
{
    assert_int_equal(bridge_flow_mod(br, OFP13, "add", "cookie=0x1,in_port=1,idle_timeout=10,actions=1"), OFPERR_OK);
    assert_int_equal(bridge_flow_mod(br, OFP13, "add", "in_port=2,actions=2"), OFPERR_OK);
    rule_credit(bridge_find(br, "in_port=1"), 5, 300, clock_ms());
    char *before = bridge_flows(br, true);
    uint64_t version = tables_version();
    version_t current = version_current();

    struct transaction *txn = transaction_begin();
    ok(txn, OFPFC_ADD, "in_port=3,actions=3");
    ok(txn, OFPFC_ADD, "in_port=1,actions=9");
    ok(txn, OFPFC_MODIFY_STRICT, "in_port=1,actions=8");
    ok(txn, OFPFC_DELETE, "");
    ok(txn, OFPFC_ADD, "in_port=1,actions=7");
    ok(txn, OFPFC_ADD, "in_port=1,actions=6");
    ok(txn, OFPFC_ADD, "priority=5,actions=6");
    ok(txn, OFPFC_DELETE_STRICT, "in_port=1");
    assert_int_equal(prepare(txn, OFPFC_ADD, "check_overlap,priority=5,in_port=1,actions=4"), OFPFMFC_OVERLAP);
    assert_non_null(look_up(version_current(), 1));
    assert_null(look_up(version_current(), 3));
    transaction_abort(txn);

    char *after = bridge_flows(br, true);
    assert_string_equal(after, before);
    free(before);
    free(after);
    assert_int_equal(tables_version(), version);
    assert_int_equal(version_current(), current);
    clock_warp(11000); /* the flow still expires */
    table_expire(br);
    check_flows("n_packets=0, in_port=2 actions=output:2\n");
}

static void test_commit_is_one_step(void **state)
{
    assert_int_equal(bridge_flow_mod(br, OFP13, "add", "in_port=1,actions=1"), OFPERR_OK);
    rule_credit(bridge_find(br, "in_port=1"), 5, 300, clock_ms());
    version_t before = version_current();
    struct transaction *txn = transaction_begin();
    ok(txn, OFPFC_MODIFY, "in_port=1,actions=2");
    ok(txn, OFPFC_ADD, "in_port=2,actions=2");
    ok(txn, OFPFC_MODIFY, "actions=3"); /* sees what was added */
    ok(txn, OFPFC_ADD, "in_port=3,actions=3");
    ok(txn, OFPFC_DELETE, "in_port=3");
    assert_int_equal(((struct ofp_action_output *) look_up(version_current(), 1)->actions->data)->port, 1);
    transaction_commit(txn);

    assert_int_equal(version_current(), before + 1);
    check_flows("n_packets=0, in_port=2 actions=output:3\nn_packets=5, in_port=1 actions=output:3\n");
    assert_int_equal(((struct ofp_action_output *) look_up(before, 1)->actions->data)->port, 1);
    assert_null(look_up(before, 2));
    assert_int_equal(((struct ofp_action_output *) look_up(before + 1, 2)->actions->data)->port, 3);
    assert_null(look_up(before + 1, 3));
}

static void test_table_full_in_the_middle(void **state)
{
    table_set_limit(br, 0, 3);
    assert_int_equal(bridge_flow_mod(br, OFP13, "add", "in_port=1,actions=1"), OFPERR_OK);
    struct transaction *txn = transaction_begin();
    ok(txn, OFPFC_ADD, "in_port=2,actions=1");
    ok(txn, OFPFC_ADD, "in_port=3,actions=1");
    assert_int_equal(prepare(txn, OFPFC_ADD, "in_port=4,actions=1"), OFPFMFC_TABLE_FULL);
    transaction_abort(txn);
    check_flows("n_packets=0, in_port=1 actions=output:1\n");

    txn = transaction_begin(); /* delete all, add as many as there is room for */
    ok(txn, OFPFC_DELETE, "");
    for (int i = 2; i < 5; i++) {
        char text[64];
        snprintf(text, sizeof text, "in_port=%d,actions=1", i);
        ok(txn, OFPFC_ADD, text);
    }
    transaction_commit(txn);
    assert_int_equal(bridge_n_flows(br), 3);
}

/* Parts of other kinds. */

static char steps[64];

static void publish_part(void *aux)
{
    assert_true(tables_is_locked());
    strcat(strcat(steps, "p"), aux);
}

static void undo_part(void *aux)
{
    assert_true(tables_is_locked());
    strcat(strcat(steps, "u"), aux);
}

static void published_part(void *aux)
{
    assert_false(tables_is_locked());
    strcat(strcat(steps, "t"), aux);
}

static void destroy_part(void *aux)
{
    strcat(strcat(steps, "d"), aux);
}

static void test_parts(void **state)
{
    static const struct transaction_part part = { publish_part, undo_part, published_part, destroy_part };
    static char a[] = "1", b[] = "2";
    for (int commit = 0; commit < 2; commit++) {
        version_t before = version_current();
        struct transaction *txn = transaction_begin();
        steps[0] = '\0';
        transaction_add(txn, &part, a);
        transaction_add(txn, &part, b);
        if (commit) {
            transaction_commit(txn);
        } else {
            transaction_abort(txn);
        }
        assert_string_equal(steps, commit ? "p1p2t1t2d1d2" : "u2u1d1d2");
        assert_int_equal(version_current(), before + commit);
    }
}

/* Those who listen. */

static struct strbuf heard;

static void hear(void *aux, const struct table_event *event)
{
    static const char *const types[] = { "added", "modified", "removed", "status" };
    const struct rule *rule = event->rule ? event->rule : event->old;
    struct match match;
    rule_get_match(rule, &match);
    strbuf_putf(&heard, "%s %u by %s xid %u; ", types[event->type], match.flow.in_port, (const char *) event->requester,
                ntohl(event->xid));
}

static void test_events(void **state)
{
    static const char who[] = "me";
    table_set_listener(br, &(struct table_listener) { .cb = hear, .flows = true });
    struct transaction *txn = transaction_begin();
    transaction_set_requester(txn, who, htonl(1));
    ok(txn, OFPFC_ADD, "in_port=1,actions=1");
    ok(txn, OFPFC_ADD, "in_port=2,actions=1");
    transaction_commit(txn);
    txn = transaction_begin();
    transaction_set_requester(txn, who, htonl(2));
    ok(txn, OFPFC_MODIFY, "in_port=2,actions=2");
    transaction_set_requester(txn, who, htonl(3));
    ok(txn, OFPFC_DELETE, "in_port=1");
    assert_string_equal(heard.s, "added 1 by me xid 1; added 2 by me xid 1; ");
    transaction_commit(txn);
    assert_string_equal(heard.s, "added 1 by me xid 1; added 2 by me xid 1; modified 2 by me xid 2; removed 1 by me xid 3; ");
    txn = transaction_begin();
    ok(txn, OFPFC_ADD, "in_port=3,actions=1");
    transaction_abort(txn);
    assert_true(!strchr(heard.s, '3') || !strstr(heard.s, "added 3"));
    strbuf_destroy(&heard);
}

static void test_users_of_groups_and_meters(void **state)
{
    struct ofpbuf actions = { NULL, 0, 0 };
    struct ofp_action_u32 *a = ofp_actions_put(&actions, OFPACT_GROUP, sizeof *a);
    a->value = 7;
    table_add_catchall(br, 5, actions.data, actions.size);
    ((struct ofp_action_u32 *) (void *) actions.data)->a.type = OFPACT_METER;
    table_add_catchall(br, 6, actions.data, actions.size);
    ofpbuf_destroy(&actions);
    assert_int_equal(bridge_n_flows(br), 2);
    struct transaction *txn = transaction_begin();
    transaction_delete_by_group(txn, br, 8);
    transaction_delete_by_meter(txn, br, 7);
    transaction_commit(txn);
    assert_int_equal(bridge_n_flows(br), 1);
    txn = transaction_begin();
    transaction_delete_by_group(txn, br, 7);
    transaction_abort(txn);
    assert_int_equal(bridge_n_flows(br), 1);
    txn = transaction_begin();
    transaction_delete_by_group(txn, br, 7);
    transaction_commit(txn);
    assert_int_equal(bridge_n_flows(br), 0);
}

/* Many flow-mods, and the same flow again and again: the time is not a function of their square. */
static void test_many(void **state)
{
    enum { N = 40000 };
    for (int round = 0; round < 2; round++) {
        struct transaction *txn = transaction_begin();
        ok(txn, OFPFC_DELETE, "");
        for (int i = 0; i < N; i++) {
            struct ofp_flow_mod fm = { .command = OFPFC_ADD, .buffer_id = UINT32_MAX, .version = OFP13, .priority = 5 };
            match_init(&fm.match);
            fm.match.flow.in_port = (uint32_t) (i % (N / 2));
            FLOW_MASK_FIELD(&fm.match.mask, in_port);
            if (i % 4 == 3) {
                fm.match.flow.in_port = 1;
            }
            assert_int_equal(transaction_flow_mod(txn, br, &fm, NULL), OFPERR_OK);
        }
        transaction_commit(txn);
        rcu_quiesce();
    }
    for (int i = 0; i < N; i++) {
        struct ofp_flow_mod fm = { .command = OFPFC_ADD, .buffer_id = UINT32_MAX, .version = OFP13, .priority = 5 };
        match_init(&fm.match);
        assert_int_equal(table_flow_mod(br, &fm, NULL), OFPERR_OK);
    }
    rcu_quiesce();
}

/* Readers beside bundles: of two flows that change together in two tables a translation sees both old or both new ones, and never none. */

static bool stop;

static uint64_t generation(version_t version, uint8_t table)
{
    struct flow flow, mask;
    flow_init(&flow);
    flow_mask_init(&mask);
    flow.in_port = 1;
    const struct rule *rule = table_lookup(br, version, table, &flow, &mask);
    return rule ? be64_to_host(rule->cookie) : 0;
}

static void *read_tables(void *aux)
{
    unsigned long n = 0, mixed = 0;
    rcu_thread_start();
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED) || n < 1000) {
        version_t version = version_current();
        uint64_t first = generation(version, 0), second = generation(version, 9), third = generation(version, 3);
        mixed += !first || first != second || (third && third != first);
        n++;
        rcu_quiesce();
    }
    rcu_thread_end();
    return (void *) mixed;
}

static void write_generation(uint64_t n, bool give_up)
{
    char text[96];
    struct transaction *txn = transaction_begin();
    if (n % 3 == 0) {
        ok(txn, OFPFC_DELETE, "");
    }
    snprintf(text, sizeof text, "table=0,cookie=%llu,in_port=1,actions=1", (unsigned long long) n);
    ok(txn, OFPFC_ADD, text);
    snprintf(text, sizeof text, "table=9,cookie=%llu,actions=1", (unsigned long long) n);
    ok(txn, OFPFC_ADD, text);
    if (n % 3) {
        ok(txn, OFPFC_DELETE, "table=3");
    }
    if (n % 2) {
        snprintf(text, sizeof text, "table=3,cookie=%llu,in_port=1,actions=1", (unsigned long long) n);
        ok(txn, OFPFC_ADD, text);
    }
    if (give_up) {
        transaction_abort(txn);
    } else {
        transaction_commit(txn);
    }
}

static void test_readers_see_all_or_nothing(void **state)
{
    pthread_t threads[2];
    write_generation(1, false);
    stop = false;
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, read_tables, NULL);
    }
    for (uint64_t n = 2; n < 3000; n++) {
        if (n % 5 == 0) {
            write_generation(1000000 + n, true);
        }
        write_generation(n, false);
        rcu_quiesce();
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    rcu_offline();
    for (int i = 0; i < 2; i++) {
        void *mixed;
        pthread_join(threads[i], &mixed);
        assert_null(mixed);
    }
    rcu_online();
}

/* The state log: killed before the last record is there, nothing of a bundle comes back. */
static void test_log_has_all_or_nothing(void **state)
{
    struct ofproto *mine = br;
    for (int round = 0; round < 3; round++) {
        char name[32], path[256];
        snprintf(name, sizeof name, "br-log%d", round);
        br = bridge_create(name, true, false);
        assert_int_equal(bridge_flow_mod(br, OFP13, "add", "in_port=1,actions=1"), OFPERR_OK);
        assert_int_equal(bridge_flow_mod(br, OFP13, "add", "in_port=2,actions=2"), OFPERR_OK);
        snprintf(path, sizeof path, "%s/%s.oflog", bridge_rundir(), name);
        FILE *file = fopen(path, "r");
        char *before = xmalloc(1 << 20);
        size_t n_before = fread(before, 1, 1 << 20, file);
        fclose(file);

        struct transaction *txn = transaction_begin();
        ok(txn, OFPFC_DELETE, "in_port=1");
        ok(txn, OFPFC_MODIFY, "in_port=2,actions=3");
        ok(txn, OFPFC_ADD, "in_port=4,actions=4");
        transaction_commit(txn);

        char *after = xmalloc(1 << 20);
        file = fopen(path, "r+");
        size_t n_after = fread(after, 1, 1 << 20, file);
        assert_int_equal(n_after, n_before);
        size_t first = 0, last = 0;
        for (size_t i = 0; i < n_after; i++) {
            if (before[i] != after[i]) {
                first = first ? first : i;
                last = i;
            }
        }
        bridge_abandon(br);
        if (round == 1) { /* killed before the commit: the first record's size is not there */
            memcpy(after + first, before + first, 4);
            fseek(file, (long) first, SEEK_SET);
            assert_int_equal(fwrite(after + first, 1, 4, file), 4);
        }
        fclose(file);
        free(before);
        free(after);
        assert_true(last > first + 100);

        br = bridge_create(name, true, false);
        check_flows(round == 1 ? "n_packets=0, in_port=1 actions=output:1\nn_packets=0, in_port=2 actions=output:2\n"
                               : "n_packets=0, in_port=2 actions=output:3\nn_packets=0, in_port=4 actions=output:4\n");
        bridge_destroy(br);
    }
    br = mine;
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
    const struct CMUnitTest tests[] = {
        TEST(test_abort_changes_nothing),
        TEST(test_commit_is_one_step),
        TEST(test_table_full_in_the_middle),
        TEST(test_parts),
        TEST(test_events),
        TEST(test_users_of_groups_and_meters),
        TEST(test_many),
        TEST(test_readers_see_all_or_nothing),
        TEST(test_log_has_all_or_nothing),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_forget_abandoned();
    bridge_tests_end();
    return failed;
}
