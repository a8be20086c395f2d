/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles over a connection: their states and errors, all or nothing, order, groups in them, idleness, size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/tlv_table.h"
#include "ofproto/connmgr.h"
#include "ofproto/group_table.h"
#include "ofproto/version.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

enum { T_ERROR = 1, T_EXPERIMENTER = 4, T_BUNDLE_CONTROL = 33, XID = 0x4321 };

static struct ofproto *br;
static struct peer peer;

static int make_bridge(void **state)
{
    br = bridge_create("br-bundle", false, true);
    peer_open(&peer, br, false, 1u << OFP14);
    return 0;
}

static int drop_bridge(void **state)
{
    peer_close(&peer);
    bridge_destroy(br);
    return 0;
}

static void control(uint32_t id, enum ofp_bundle_ctrl_type type, uint16_t flags)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    const struct ofp_bundle_ctrl ctrl = { id, (uint16_t) type, flags };
    ofp_encode_bundle_ctrl(&buf, OFP14, &ctrl, htonl(XID));
    peer_send_buf(&peer, &buf);
}

static void expect_reply(uint32_t id, enum ofp_bundle_ctrl_type type)
{
    uint8_t *reply = peer_expect(&peer, T_BUNDLE_CONTROL, NULL);
    assert_int_equal(ntohl(get_be32(reply + 4)), XID);
    assert_int_equal(ntohl(get_be32(reply + 8)), id);
    assert_int_equal(ntohs(get_be16(reply + 12)), type);
    free(reply);
}

static void add_message(uint32_t id, uint16_t flags, struct ofpbuf *message)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    const struct ofp_bundle_add add = { id, flags, message->data, message->size };
    assert_true(ofp_encode_bundle_add(&buf, OFP14, &add, htonl(XID)));
    ofpbuf_destroy(message);
    peer_send_buf(&peer, &buf);
}

static void encode_flow(struct ofpbuf *buf, const char *text, enum ofp_flow_command command)
{
    struct ofp_flow_mod fm;
    char *error = ofp_flow_mod_parse(&fm, text, command, NULL);
    assert_null(error);
    fm.version = OFP14;
    assert_true(ofp_encode_flow_mod(buf, OFP14, &fm, false, false, htonl(XID)));
    ofp_flow_mod_destroy(&fm);
}

static void add_flow(uint32_t id, uint16_t flags, const char *text, enum ofp_flow_command command)
{
    struct ofpbuf message = { NULL, 0, 0 };
    encode_flow(&message, text, command);
    add_message(id, flags, &message);
}

static void add_group(uint32_t id, const char *text, enum ofp_group_command command)
{
    struct ofp_group_mod gm;
    struct ofpbuf message = { NULL, 0, 0 };
    char *error = ofp_group_mod_parse(&gm, text, command, NULL);
    assert_null(error);
    assert_true(ofp_encode_group_mod(&message, OFP14, &gm, htonl(XID)));
    ofp_group_mod_destroy(&gm);
    add_message(id, 0, &message);
}

static size_t n_groups(void)
{
    tables_lock();
    size_t n = group_table_count(br);
    tables_unlock();
    return n;
}

/* The life of a bundle. */
static void test_commit(void **state)
{
    control(1, OFPBCT_OPEN_REQUEST, OFPBF_ATOMIC);
    expect_reply(1, OFPBCT_OPEN_REPLY);
    add_flow(1, OFPBF_ATOMIC, "in_port=1,actions=2", OFPFC_ADD);
    add_flow(1, OFPBF_ATOMIC, "in_port=2,actions=3", OFPFC_ADD);
    peer_run();
    assert_int_equal(bridge_n_flows(br), 0);
    control(1, OFPBCT_CLOSE_REQUEST, OFPBF_ATOMIC);
    expect_reply(1, OFPBCT_CLOSE_REPLY);
    assert_int_equal(bridge_n_flows(br), 0);
    control(1, OFPBCT_COMMIT_REQUEST, OFPBF_ATOMIC);
    expect_reply(1, OFPBCT_COMMIT_REPLY);
    assert_int_equal(bridge_n_flows(br), 2);
    control(1, OFPBCT_COMMIT_REQUEST, OFPBF_ATOMIC);
    peer_expect_error(&peer, OFPBFC_BAD_ID);
}

/* Without an open, and without a close; the order counts. */
static void test_implicit(void **state)
{
    add_flow(7, 0, "in_port=1,actions=2", OFPFC_ADD);
    add_flow(7, 0, "in_port=1,actions=3", OFPFC_MODIFY);
    add_flow(7, 0, "in_port=2,actions=3", OFPFC_ADD);
    add_flow(7, 0, "in_port=2", OFPFC_DELETE);
    control(7, OFPBCT_COMMIT_REQUEST, 0);
    expect_reply(7, OFPBCT_COMMIT_REPLY);
    char *flows = bridge_flows(br, false);
    assert_string_equal(flows, "in_port=1 actions=output:3\n");
    free(flows);
}

static void test_discard(void **state)
{
    add_flow(3, 0, "in_port=1,actions=2", OFPFC_ADD);
    control(3, OFPBCT_DISCARD_REQUEST, 0);
    expect_reply(3, OFPBCT_DISCARD_REPLY);
    control(3, OFPBCT_DISCARD_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_BAD_ID);
    assert_int_equal(bridge_n_flows(br), 0);
}

static void test_wrong_states(void **state)
{
    control(1, OFPBCT_CLOSE_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_BAD_ID);
    control(1, OFPBCT_OPEN_REQUEST, 0);
    expect_reply(1, OFPBCT_OPEN_REPLY);
    control(1, OFPBCT_OPEN_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_BAD_ID);
    control(1, OFPBCT_COMMIT_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_BAD_ID);

    control(2, OFPBCT_OPEN_REQUEST, 0);
    expect_reply(2, OFPBCT_OPEN_REPLY);
    control(2, OFPBCT_CLOSE_REQUEST, OFPBF_ORDERED);
    peer_expect_error(&peer, OFPBFC_BAD_FLAGS);

    control(3, OFPBCT_OPEN_REQUEST, 0);
    control(3, OFPBCT_CLOSE_REQUEST, 0);
    expect_reply(3, OFPBCT_OPEN_REPLY);
    expect_reply(3, OFPBCT_CLOSE_REPLY);
    add_flow(3, 0, "actions=2", OFPFC_ADD);
    peer_expect_error(&peer, OFPBFC_BUNDLE_CLOSED);

    control(4, OFPBCT_OPEN_REQUEST, OFPBF_ATOMIC);
    expect_reply(4, OFPBCT_OPEN_REPLY);
    add_flow(4, 0, "actions=2", OFPFC_ADD);
    peer_expect_error(&peer, OFPBFC_BAD_FLAGS);

    control(5, OFPBCT_OPEN_REPLY, 0);
    peer_expect_error(&peer, OFPBFC_BAD_TYPE);
    control(5, (enum ofp_bundle_ctrl_type) 77, 0);
    peer_expect_error(&peer, OFPBFC_BAD_TYPE);
    assert_int_equal(bridge_n_flows(br), 0);
}

/* One bad message, and nothing happens. It is answered itself, with its bytes, then the commit. */
static void test_all_or_nothing(void **state)
{
    bridge_flow_mod(br, OFP14, "add", "in_port=9,actions=1");
    add_flow(1, 0, "in_port=9", OFPFC_DELETE);
    add_group(1, "group_id=1,type=all,bucket=output:1", OFPGC_ADD);
    add_flow(1, 0, "in_port=1,actions=group:1", OFPFC_ADD);
    struct ofpbuf bad = { NULL, 0, 0 };
    encode_flow(&bad, "in_port=2,actions=group:2", OFPFC_ADD);
    uint8_t *copy = xmemdup(bad.data, bad.size);
    size_t n = bad.size;
    add_message(1, 0, &bad);
    add_flow(1, 0, "in_port=3,actions=2", OFPFC_ADD);
    control(1, OFPBCT_COMMIT_REQUEST, 0);

    size_t size;
    uint8_t *error = peer_expect(&peer, T_ERROR, &size);
    assert_int_equal(ntohl(get_be32(error + 4)), XID);
    assert_true(size >= 12 + MIN(n, (size_t) 64));
    assert_memory_equal(error + 12, copy, MIN(n, size - 12));
    free(error);
    free(copy);
    peer_expect_error(&peer, OFPBFC_MSG_FAILED);
    assert_int_equal(n_groups(), 0);
    char *flows = bridge_flows(br, false);
    assert_string_equal(flows, "in_port=9 actions=output:1\n");
    free(flows);
}

/* Later messages see what earlier ones did. */
static void test_groups(void **state)
{
    add_group(1, "group_id=1,type=all,bucket=output:1", OFPGC_ADD);
    add_flow(1, 0, "in_port=1,actions=group:1", OFPFC_ADD);
    add_group(1, "group_id=2,type=indirect,bucket=group:1", OFPGC_ADD);
    add_flow(1, 0, "in_port=2,actions=group:2", OFPFC_ADD);
    control(1, OFPBCT_COMMIT_REQUEST, 0);
    expect_reply(1, OFPBCT_COMMIT_REPLY);
    assert_int_equal(n_groups(), 2);
    assert_int_equal(bridge_n_flows(br), 2);

    /* The deletion takes the flow with it; another group of the id has nothing to do with it. */
    add_group(2, "group_id=1", OFPGC_DELETE);
    add_group(2, "group_id=1,type=all,bucket=output:2", OFPGC_ADD);
    add_flow(2, 0, "in_port=3,actions=group:1", OFPFC_ADD);
    control(2, OFPBCT_COMMIT_REQUEST, 0);
    expect_reply(2, OFPBCT_COMMIT_REPLY);
    char *flows = bridge_flows(br, false);
    assert_string_equal(flows, "in_port=2 actions=group:2\nin_port=3 actions=group:1\n");
    free(flows);

    /* Aborted: all groups and flows are as they were. */
    add_group(3, "group_id=all", OFPGC_DELETE);
    add_group(3, "group_id=5,type=all,bucket=output:2", OFPGC_ADD);
    add_group(3, "group_id=5", OFPGC_DELETE);
    add_group(3, "group_id=6,type=all,bucket=group:6", OFPGC_ADD);
    control(3, OFPBCT_COMMIT_REQUEST, 0);
    peer_expect_error(&peer, OFPGMFC_LOOP);
    peer_expect_error(&peer, OFPBFC_MSG_FAILED);
    assert_int_equal(n_groups(), 2);
    assert_int_equal(bridge_n_flows(br), 2);
}

/* What can be told at once is: messages that do not belong into a bundle, or are not messages at all. */
static void test_bad_messages(void **state)
{
    struct ofpbuf barrier = { NULL, 0, 0 };
    ofp_encode_empty(&barrier, OFP14, OFPMSG_BARRIER_REQUEST, htonl(XID));
    add_message(1, 0, &barrier);
    peer_expect_error(&peer, OFPBFC_MSG_UNSUP);

    struct ofpbuf other_xid = { NULL, 0, 0 };
    encode_flow(&other_xid, "actions=1", OFPFC_ADD);
    other_xid.data[7] ^= 1;
    add_message(1, 0, &other_xid);
    peer_expect_error(&peer, OFPBFC_MSG_BAD_XID);

    struct ofpbuf too_long = { NULL, 0, 0 };
    encode_flow(&too_long, "actions=1", OFPFC_ADD);
    too_long.data[3]++;
    add_message(1, 0, &too_long);
    peer_expect_error(&peer, OFPBFC_MSG_BAD_LEN);

    control(1, OFPBCT_COMMIT_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_BAD_ID);
}

static void test_idle(void **state)
{
    add_flow(1, 0, "in_port=1,actions=2", OFPFC_ADD);
    peer_run();
    clock_warp(6000);
    add_flow(2, 0, "in_port=2,actions=2", OFPFC_ADD);
    peer_run();
    clock_warp(6000);
    peer_run();
    peer_expect_error(&peer, OFPBFC_TIMEOUT);
    peer_expect_nothing(&peer);
    control(2, OFPBCT_COMMIT_REQUEST, 0);
    expect_reply(2, OFPBCT_COMMIT_REPLY);
    control(1, OFPBCT_COMMIT_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_BAD_ID);
    assert_int_equal(bridge_n_flows(br), 1);
}

static void test_limit(void **state)
{
    for (uint32_t id = 0; id < 64; id++) {
        control(id, OFPBCT_OPEN_REQUEST, 0);
        expect_reply(id, OFPBCT_OPEN_REPLY);
    }
    control(64, OFPBCT_OPEN_REQUEST, 0);
    peer_expect_error(&peer, OFPBFC_OUT_OF_BUNDLES);
    add_flow(65, 0, "actions=1", OFPFC_ADD);
    peer_expect_error(&peer, OFPBFC_OUT_OF_BUNDLES);
    control(3, OFPBCT_DISCARD_REQUEST, 0);
    expect_reply(3, OFPBCT_DISCARD_REPLY);
    control(64, OFPBCT_OPEN_REQUEST, 0);
    expect_reply(64, OFPBCT_OPEN_REPLY);
}

static void change_options(enum ofp_tlv_command command, const char *text)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    struct ofp_tlv_mod tm;
    assert_null(ofp_tlv_mod_parse(&tm, text, command));
    ofp_encode_tlv_mod(&buf, OFP14, &tm, htonl(XID));
    peer_send_buf(&peer, &buf);
    peer_run();
}

/* Tunnel options that a bundle names keep their mappings while it waits; what is mapped besides them does not disturb it, and after it the mappings
 * are free, or the flows'. */
static void test_options(void **state)
{
    static const char one[] = "{class=1,type=1,len=4}->tun_metadata3", two[] = "{class=1,type=2,len=8}->tun_metadata5",
                      three[] = "{class=1,type=3,len=4}->tun_metadata7";
    change_options(OFPTLV_ADD, one);
    change_options(OFPTLV_ADD, two);
    change_options(OFPTLV_ADD, three);
    peer_expect_nothing(&peer);
    const struct field_map *before = field_map_use(&br->options);
    add_flow(1, 0, "tun_metadata3=0x1234,actions=2", OFPFC_ADD);
    add_flow(1, 0, "in_port=1,actions=set_field:5->tun_metadata5,2", OFPFC_ADD);
    add_group(2, "group_id=1,type=all,bucket=set_field:6->tun_metadata7,output:1", OFPGC_ADD);
    field_map_use(before);
    peer_run();
    change_options(OFPTLV_DELETE, one);
    peer_expect_error(&peer, NXTTMFC_INVALID_TLV_DEL);
    change_options(OFPTLV_DELETE, two);
    peer_expect_error(&peer, NXTTMFC_INVALID_TLV_DEL);
    change_options(OFPTLV_CLEAR, "");
    peer_expect_error(&peer, NXTTMFC_INVALID_TLV_DEL);
    change_options(OFPTLV_ADD, "{class=1,type=4,len=16}->tun_metadata0");
    control(1, OFPBCT_COMMIT_REQUEST, 0);
    expect_reply(1, OFPBCT_COMMIT_REPLY);
    before = field_map_use(&br->options);
    char *flows = bridge_flows(br, false);
    field_map_use(before);
    assert_string_equal(flows, "in_port=1 actions=set_field:0x5->tun_metadata5,output:2\ntun_metadata3=0x1234 actions=output:2\n");
    free(flows);
    change_options(OFPTLV_DELETE, one); /* now it is a flow's */
    peer_expect_error(&peer, NXTTMFC_INVALID_TLV_DEL);
    change_options(OFPTLV_DELETE, three);
    peer_expect_error(&peer, NXTTMFC_INVALID_TLV_DEL);
    control(2, OFPBCT_DISCARD_REQUEST, 0);
    expect_reply(2, OFPBCT_DISCARD_REPLY);
    change_options(OFPTLV_DELETE, three);
    peer_expect_nothing(&peer);
}

/* Many messages: all appear at once. */
static void test_large(void **state)
{
    enum { N = 20000 };
    for (unsigned int i = 0; i < N; i++) {
        char text[80];
        snprintf(text, sizeof text, "ip,nw_dst=10.%u.%u.%u,actions=2", i >> 16, i >> 8 & 0xff, i & 0xff);
        add_flow(1, 0, text, OFPFC_ADD);
        if (i % 1000 == 0) {
            peer_run();
        }
    }
    peer_run();
    assert_int_equal(bridge_n_flows(br), 0);
    version_t before = version_current();
    control(1, OFPBCT_COMMIT_REQUEST, 0);
    expect_reply(1, OFPBCT_COMMIT_REPLY);
    assert_int_equal(bridge_n_flows(br), N);
    assert_int_equal(version_current() - before, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
        TEST(test_commit), TEST(test_implicit), TEST(test_discard), TEST(test_wrong_states), TEST(test_all_or_nothing),
        TEST(test_groups), TEST(test_bad_messages), TEST(test_idle), TEST(test_limit), TEST(test_options), TEST(test_large),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
