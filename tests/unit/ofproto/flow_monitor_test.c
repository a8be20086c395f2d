/* SPDX-License-Identifier: Apache-2.0 */
/* Flow monitors over connections: what is told, own changes in short, requests that are wrong, a peer that does not read; requests that
 * are forwarded to other controllers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/stats.h"
#include "ofproto/connmgr.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

enum { T_MULTIPART_REPLY = 19, T_REQUESTFORWARD = 32, T_BARRIER_REPLY = 21 };

static struct ofproto *br;
static struct peer watcher, other;

static int make_bridge(void **state)
{
    br = bridge_create("br-monitor", false, true);
    peer_open(&watcher, br, true, 1u << OFP14);
    peer_open(&other, br, true, 1u << OFP14);
    return 0;
}

static int drop_bridge(void **state)
{
    peer_close(&watcher);
    peer_close(&other);
    bridge_destroy(br);
    return 0;
}

static void request(uint32_t id, uint8_t command, uint16_t flags, uint8_t table)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    struct ofp_flow_monitor_request r = { .id = id, .command = command, .flags = flags, .table = table,
                                          .out_port = OFPP_NONE, .out_group = OFPG_ANY };
    match_init(&r.match);
    ofp_encode_flow_monitor_request(&buf, OFP14, &r, htonl(0x55));
    peer_send_buf(&watcher, &buf);
}

static const uint16_t ALL = OFPFMF_INITIAL | OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY | OFPFMF_INSTRUCTIONS;

static void flow(struct peer *peer, const char *text, enum ofp_flow_command command, uint32_t xid)
{
    struct ofp_flow_mod fm;
    struct ofpbuf buf = { NULL, 0, 0 };
    char *error = ofp_flow_mod_parse(&fm, text, command, NULL);
    assert_null(error);
    fm.version = OFP14;
    assert_true(ofp_encode_flow_mod(&buf, OFP14, &fm, false, false, htonl(xid)));
    ofp_flow_mod_destroy(&fm);
    peer_send_buf(peer, &buf);
    peer_run();
}

/* The next message as updates, in letters with their tables: I, A, R, M, a(xid), P, r. */
static char *updates(void)
{
    static const char letters[] = "IARMaPr";
    size_t n;
    struct strbuf text = STRBUF_INIT;
    uint8_t *reply = peer_expect(&watcher, T_MULTIPART_REPLY, &n);
    struct ofp_message msg;
    assert_int_equal(ofp_decode(reply, n, false, &msg), OFPERR_OK);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, &msg);
    while (iter.n) {
        struct ofp_flow_update update;
        struct ofpbuf actions = { NULL, 0, 0 };
        assert_int_equal(ofp_flow_update_next(&iter, &update, &actions), OFPERR_OK);
        strbuf_putf(&text, "%c%u ", letters[update.event], update.event == OFPFME_ABBREV ? ntohl(update.xid) : update.table);
        ofpbuf_destroy(&actions);
    }
    ofp_message_destroy(&msg);
    free(reply);
    char *copy = xstrdup(strbuf_str(&text));
    strbuf_destroy(&text);
    return copy;
}

static void expect_updates(const char *wanted)
{
    char *got = updates();
    assert_string_equal(got, wanted);
    free(got);
}

static void test_changes(void **state)
{
    flow(&other, "table=1,actions=1", OFPFC_ADD, 1);
    flow(&other, "table=2,actions=1", OFPFC_ADD, 2);
    request(7, OFPFMC_ADD, ALL, OFP_TABLE_ALL);
    expect_updates("I1 I2 ");
    flow(&other, "table=3,actions=1", OFPFC_ADD, 3);
    expect_updates("A3 ");
    flow(&other, "table=3,actions=2", OFPFC_MODIFY, 4);
    expect_updates("M3 ");
    flow(&other, "table=3,actions=2", OFPFC_ADD, 5);
    expect_updates("A3 ");
    flow(&other, "table=255", OFPFC_DELETE, 6);
    expect_updates("R1 R2 R3 ");
    peer_expect_nothing(&watcher);
}

/* One table; two monitors that overlap tell once; none after its deletion. */
static void test_selection(void **state)
{
    request(1, OFPFMC_ADD, OFPFMF_ADD, 4);
    expect_updates("");
    request(2, OFPFMC_ADD, OFPFMF_ADD | OFPFMF_REMOVED, 4);
    expect_updates("");
    flow(&other, "table=3,actions=1", OFPFC_ADD, 1);
    flow(&other, "table=4,actions=1", OFPFC_ADD, 2);
    expect_updates("A4 ");
    request(2, OFPFMC_DELETE, 0, 0);
    expect_updates("");
    flow(&other, "table=4", OFPFC_DELETE, 3);
    peer_expect_nothing(&watcher);
    request(1, OFPFMC_MODIFY, OFPFMF_REMOVED, 3);
    expect_updates("");
    flow(&other, "table=3", OFPFC_DELETE, 4);
    expect_updates("R3 ");
}

/* Own changes are told by the request's number alone, once. */
static void test_own(void **state)
{
    request(1, OFPFMC_ADD, ALL, OFP_TABLE_ALL);
    expect_updates("");
    flow(&watcher, "table=1,actions=1", OFPFC_ADD, 77);
    expect_updates("a77 ");
    flow(&watcher, "table=2,actions=1", OFPFC_ADD, 78);
    expect_updates("a78 ");
    flow(&watcher, "table=255", OFPFC_DELETE, 79);
    expect_updates("a79 ");
    request(1, OFPFMC_MODIFY, ALL | OFPFMF_NO_ABBREV, OFP_TABLE_ALL);
    expect_updates("");
    flow(&watcher, "table=1,actions=1", OFPFC_ADD, 80);
    expect_updates("A1 ");
    request(1, OFPFMC_MODIFY, (ALL | OFPFMF_NO_ABBREV | OFPFMF_ONLY_OWN) & ~OFPFMF_INITIAL, OFP_TABLE_ALL);
    expect_updates("");
    flow(&other, "table=2,actions=1", OFPFC_ADD, 81);
    peer_expect_nothing(&watcher);
    flow(&watcher, "table=3,actions=1", OFPFC_ADD, 82);
    expect_updates("A3 ");
}

static void test_errors(void **state)
{
    request(1, OFPFMC_ADD, ALL, OFP_TABLE_ALL);
    expect_updates("");
    request(1, OFPFMC_ADD, ALL, OFP_TABLE_ALL);
    peer_expect_error(&watcher, OFPMOFC_MONITOR_EXISTS);
    request(2, OFPFMC_MODIFY, ALL, OFP_TABLE_ALL);
    peer_expect_error(&watcher, OFPMOFC_UNKNOWN_MONITOR);
    request(2, OFPFMC_DELETE, ALL, OFP_TABLE_ALL);
    peer_expect_error(&watcher, OFPMOFC_UNKNOWN_MONITOR);
    request(2, 9, ALL, OFP_TABLE_ALL);
    peer_expect_error(&watcher, OFPMOFC_BAD_COMMAND);
    request(2, OFPFMC_ADD, 0, OFP_TABLE_ALL);
    peer_expect_error(&watcher, OFPMOFC_BAD_FLAGS);
    request(2, OFPFMC_ADD, ALL, 254);
    peer_expect_error(&watcher, OFPBRC_BAD_TABLE_ID);
    for (uint32_t id = 100; id < 100 + 1023; id++) {
        request(id, OFPFMC_ADD, OFPFMF_ADD, 0);
        expect_updates("");
    }
    request(2, OFPFMC_ADD, ALL, OFP_TABLE_ALL);
    peer_expect_error(&watcher, OFPMOFC_UNKNOWN);
}

/* A peer that does not read is told to wait, then of what has changed meanwhile. */
static void test_pause(void **state)
{
    enum { N = 30000 };
    char text[64];
    request(1, OFPFMC_ADD, ALL & ~OFPFMF_INITIAL, OFP_TABLE_ALL);
    expect_updates("");
    flow(&other, "table=9,actions=1", OFPFC_ADD, 1);
    expect_updates("A9 ");
    for (unsigned int i = 0; i < N; i++) {
        clock_warp(i % 1000 ? 0 : 1);
        snprintf(text, sizeof text, "priority=%u,actions=1", i + 1);
        bridge_flow_mod(br, OFP14, "add", text);
    }
    clock_warp(1);
    bridge_flow_mod(br, OFP14, "modify", "table=9,actions=7");
    bridge_flow_mod(br, OFP14, "add", "table=11,actions=1");

    unsigned int added = 0, paused = 0, resumed = 0, modified = 0, newest = 0;
    while (!resumed) {
        char *list = updates();
        for (char *word = strtok(list, " "); word; word = strtok(NULL, " ")) {
            added += !strcmp(word, "A0");
            newest += !strcmp(word, "A11");
            modified += !strcmp(word, "M9");
            paused += word[0] == 'P';
            resumed += word[0] == 'r';
        }
        free(list);
        peer_run();
    }
    assert_int_equal(paused, 1);
    assert_int_equal(added, N);
    assert_int_equal(modified, 1);
    assert_int_equal(newest, 1);
    bridge_flow_mod(br, OFP14, "delete", "table=11");
    peer_run();
    expect_updates("R11 ");
}

/* Groups and meters: other controllers that want it hear of the request. */
static void test_requestforward(void **state)
{
    uint32_t masks[2][OFP_N_ASYNC] = { { 0 } };
    struct ofpbuf buf = { NULL, 0, 0 };
    masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_REQUESTFORWARD] = 3;
    ofp_encode_set_async(&buf, OFP14, masks, 0);
    peer_send_buf(&watcher, &buf);
    peer_run();

    struct ofp_group_mod gm;
    char *error = ofp_group_mod_parse(&gm, "group_id=1,type=all,bucket=output:1", OFPGC_ADD, NULL);
    assert_null(error);
    assert_true(ofp_encode_group_mod(&buf, OFP14, &gm, htonl(0x99)));
    struct ofpbuf again = { NULL, 0, 0 };
    ofpbuf_put(&again, buf.data, buf.size);
    ofp_group_mod_destroy(&gm);
    peer_send_buf(&other, &buf);
    peer_run();
    size_t n;
    uint8_t *message = peer_expect(&watcher, T_REQUESTFORWARD, &n);
    assert_true(n > 16);
    assert_int_equal(message[8 + 1], 15); /* the group-mod */
    assert_int_equal(ntohl(get_be32(message + 12)), 0x99);
    free(message);

    /* What was refused is nobody's business. */
    peer_send_buf(&other, &again);
    peer_expect_error(&other, OFPGMFC_GROUP_EXISTS);
    peer_expect_nothing(&watcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
        TEST(test_changes), TEST(test_selection), TEST(test_own), TEST(test_errors), TEST(test_pause),
        TEST(test_requestforward),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
