/* SPDX-License-Identifier: Apache-2.0 */
/* A bridge spoken to in each version: what it answers, and requests in several messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/ofp/async.h"
#include "lib/ofp/multipart.h"
#include "lib/ofp/queue_config.h"
#include "lib/ofp/stats.h"
#include "ofproto/private.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

static struct ofproto *br;

static int setup(void **state)
{
    br = bridge_create("br-versions", false, true);
    return 0;
}

static int teardown(void **state)
{
    bridge_destroy(br);
    return 0;
}

/* The next message, decoded. The caller frees '*bytes' behind 'msg'. */
static void receive(struct peer *peer, uint8_t **bytes, struct ofp_message *msg)
{
    size_t n;

    *bytes = peer_receive(peer, &n);
    assert_non_null(*bytes);
    assert_int_equal(ofp_decode(*bytes, n, false, msg), OFPERR_OK);
}

static void finish(uint8_t *bytes, struct ofp_message *msg)
{
    ofp_message_destroy(msg);
    free(bytes);
}

static void request_empty(struct peer *peer, enum ofp_version version, enum ofp_msg_type type)
{
    struct ofpbuf buf = { NULL, 0, 0 };

    ofp_encode_empty(&buf, version, type, htonl(5));
    peer_send_buf(peer, &buf);
}

static void test_features(void **state)
{
    for (int version = OFP10; version <= OFP15; version++) {
        struct peer peer;
        struct ofp_message msg;
        uint8_t *bytes;

        peer_open(&peer, br, false, OFP_VERSION_BIT(version));
        request_empty(&peer, (enum ofp_version) version, OFPMSG_FEATURES_REQUEST);
        receive(&peer, &bytes, &msg);
        assert_int_equal(msg.type, OFPMSG_FEATURES_REPLY);
        assert_int_equal(msg.version, version);
        assert_int_equal(msg.u.features.n_tables, OFP_N_TABLES);
        assert_int_equal(!!(msg.u.features.capabilities & OFPC_ARP_MATCH_IP), version <= OFP11);
        assert_int_equal(!!(msg.u.features.capabilities & OFPC_GROUP_STATS), version >= OFP11);
        assert_int_equal(!!(msg.u.features.capabilities & OFPC_BUNDLES), version >= OFP14);
        finish(bytes, &msg);
        peer_close(&peer);
    }
}

/* Every version at once, on one table. */
static void test_flows(void **state)
{
    struct peer peers[OFP15 + 1];

    for (int version = OFP10; version <= OFP15; version++) {
        peer_open(&peers[version], br, false, OFP_VERSION_BIT(version));
    }
    for (int version = OFP10; version <= OFP15; version++) {
        struct ofp_flow_mod fm = { .command = OFPFC_ADD, .priority = (uint16_t) (100 + version), .out_port = OFPP_NONE,
                                   .out_group = OFPG_ANY, .buffer_id = UINT32_MAX, .table = 0 };
        struct ofpbuf buf = { NULL, 0, 0 };

        match_init(&fm.match);
        assert_null(ofp_actions_parse("output:1", NULL, &fm.actions));
        assert_true(ofp_encode_flow_mod(&buf, (enum ofp_version) version, &fm, false, false, 1));
        peer_send_buf(&peers[version], &buf);
        ofp_flow_mod_destroy(&fm);
    }
    for (int version = OFP10; version <= OFP15; version++) {
        struct ofp_flow_stats_request r = { .table = OFP_TABLE_ALL, .out_port = OFPP_NONE, .out_group = OFPG_ANY };
        struct ofpbuf buf = { NULL, 0, 0 }, actions = { NULL, 0, 0 };
        struct ofp_stats_iter iter;
        struct ofp_message msg;
        uint8_t *bytes;
        unsigned int seen = 0;

        match_init(&r.match);
        ofp_encode_stats_request(&buf, (enum ofp_version) version, OFPMSG_FLOW_STATS_REQUEST, &r, false, 2);
        peer_send_buf(&peers[version], &buf);
        receive(&peers[version], &bytes, &msg);
        assert_int_equal(msg.type, OFPMSG_FLOW_STATS_REPLY);
        ofp_stats_iter_init(&iter, &msg);
        while (iter.n) {
            struct ofp_flow_stats fs;
            struct match match;
            assert_int_equal(ofp_flow_stats_next(&iter, &fs, &match, &actions), OFPERR_OK);
            seen |= 1u << (fs.priority - 100);
        }
        assert_int_equal(seen, OFP_VERSIONS_IMPLEMENTED);
        ofpbuf_destroy(&actions);
        finish(bytes, &msg);
    }
    for (int version = OFP10; version <= OFP15; version++) {
        peer_close(&peers[version]);
    }
}

static void ask_queues(struct peer *peer, enum ofp_version version, ofp_port_t port, uint32_t queue)
{
    struct ofp_queue_config_request r = { port, queue };
    struct ofpbuf buf = { NULL, 0, 0 };

    ofp_encode_queue_config_request(&buf, version, &r, 3);
    peer_send_buf(peer, &buf);
}

/* What no port has is refused; the bridge has none but its own here, which only 1.4 lets one ask about. */
static void test_queue_config(void **state)
{
    for (int v = OFP10; v <= OFP15; v++) {
        enum ofp_version version = (enum ofp_version) v;
        struct peer peer;

        peer_open(&peer, br, false, OFP_VERSION_BIT(version));
        ask_queues(&peer, version, 999, OFPQ_ALL);
        peer_expect_error(&peer, OFPQOFC_BAD_PORT);
        if (version >= OFP14) {
            ask_queues(&peer, version, OFPP_NONE, 7);
            peer_expect_error(&peer, OFPQOFC_BAD_QUEUE);
        }
        if (version >= OFP11) {
            struct ofp_message msg;
            uint8_t *bytes;
            ask_queues(&peer, version, OFPP_NONE, OFPQ_ALL);
            receive(&peer, &bytes, &msg);
            assert_int_equal(msg.type, OFPMSG_QUEUE_GET_CONFIG_REPLY);
            finish(bytes, &msg);
        }
        peer_check_alive(&peer, (uint8_t) version);
        peer_close(&peer);
    }
}

/* In 1.4 a message changes what it names and nothing else; a wrong one changes nothing. */
static void test_async(void **state)
{
    static const uint8_t one[] = { 0, 1, 0, 8, 0, 0, 0, 4 }; /* packet-ins of a primary: invalid TTL alone */
    static const uint8_t bad[] = { 0, 1, 0, 8, 0, 0, 0, 1, 0, 3, 0, 8, 0, 0, 0, 8 };
    struct peer peer;
    struct ofp_message msg;
    uint8_t *bytes;

    peer_open(&peer, br, true, 1u << OFP14);
    request_empty(&peer, OFP14, OFPMSG_GET_ASYNC_REQUEST);
    receive(&peer, &bytes, &msg);
    struct ofp_async before = msg.u.async;
    assert_int_equal(before.masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_PACKET_IN], 0x3b);
    assert_int_equal(before.masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_FLOW_REMOVED], 0x3f);
    finish(bytes, &msg);

    peer_send_raw(&peer, OFP14, 28, 1, bad, sizeof bad);
    peer_expect_error(&peer, OFPACFC_INVALID);
    peer_send_raw(&peer, OFP14, 28, 1, one, sizeof one);
    request_empty(&peer, OFP14, OFPMSG_GET_ASYNC_REQUEST);
    receive(&peer, &bytes, &msg);
    before.masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_PACKET_IN] = 4;
    assert_memory_equal(msg.u.async.masks, before.masks, sizeof before.masks);
    finish(bytes, &msg);
    peer_close(&peer);
}

/* Description requests have no body, so that parts of them are only headers. */
static void send_part(struct peer *peer, enum ofp_version version, uint16_t type, uint32_t xid, bool more)
{
    uint8_t body[8] = { (uint8_t) (type >> 8), (uint8_t) type, 0, more };

    peer_send_raw(peer, (uint8_t) version, 18, xid, body, sizeof body);
}

static void test_multipart_requests(void **state)
{
    for (int v = OFP13; v <= OFP15; v++) {
        enum ofp_version version = (enum ofp_version) v;
        struct peer peer;
        struct ofp_message msg;
        uint8_t *bytes;

        peer_open(&peer, br, false, OFP_VERSION_BIT(version));
        send_part(&peer, version, 0, 7, true);
        send_part(&peer, version, 0, 7, true);
        peer_expect_nothing(&peer);
        send_part(&peer, version, 0, 7, false);
        receive(&peer, &bytes, &msg);
        assert_int_equal(msg.type, OFPMSG_DESC_REPLY);
        assert_int_equal(ntohl(msg.xid), 7);
        finish(bytes, &msg);
        peer_expect_nothing(&peer);

        /* Parts that do not go together, and one that never gets its end. */
        send_part(&peer, version, 0, 8, true);
        send_part(&peer, version, 3, 8, false);
        peer_expect_error(&peer, OFPBRC_BAD_STAT);
        send_part(&peer, version, 0, 9, true);
        peer_expect_nothing(&peer);
        clock_warp(OFP_MULTIPART_TIMEOUT_MS);
        peer_run();
        peer_expect_error(&peer, OFPBRC_MULTIPART_REQUEST_TIMEOUT);
        peer_check_alive(&peer, (uint8_t) version);
        peer_close(&peer);
    }
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_features), TEST(test_flows), TEST(test_queue_config), TEST(test_async), TEST(test_multipart_requests),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
