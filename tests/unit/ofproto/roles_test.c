/* SPDX-License-Identifier: Apache-2.0 */
/* Roles of controllers, and what each hears of unasked, in all versions: one primary at a time whatever version it speaks, generation ids, writes by a
 * secondary, the asynchronous configuration in each of its forms, misses of each version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/net/flow.h"
#include "ofproto/connmgr.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

enum {
    T_ERROR = 1, T_EXPERIMENTER = 4, T_PACKET_IN = 10, T_FLOW_REMOVED = 11, T_PORT_STATUS = 12, T_ROLE_REQUEST = 24,
    T_ROLE_REPLY = 25, T_GET_ASYNC_REQUEST = 26, T_ROLE_STATUS = 30,
};
enum { NOCHANGE, EQUAL, PRIMARY, SECONDARY };

static struct ofproto *br;

static int make_bridge(void **state)
{
    br = bridge_create("br-role", false, true);
    return 0;
}

static int drop_bridge(void **state)
{
    bridge_destroy(br);
    return 0;
}

static void request_role(struct peer *peer, enum ofp_version version, uint32_t role, uint64_t generation)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_role(&buf, version, false, role, generation, htonl(7));
    peer_send_buf(peer, &buf);
}

/* The reply to the last request. Since 1.2 it tells the generation too. */
static void expect_role(struct peer *peer, enum ofp_version version, uint32_t role, uint64_t generation)
{
    struct ofp_message msg;
    size_t n;
    uint8_t *reply = peer_expect(peer, version < OFP12 ? T_EXPERIMENTER : T_ROLE_REPLY, &n);
    assert_int_equal(ofp_decode(reply, n, false, &msg), OFPERR_OK);
    assert_int_equal(msg.type, OFPMSG_ROLE_REPLY);
    assert_int_equal(msg.u.role.role, role);
    if (version >= OFP12) {
        assert_true(msg.u.role.generation_id == generation);
    }
    free(reply);
}

/* A demoted primary is told so in 1.3 (as an extension of the ONF) and later. */
static void expect_demoted(struct peer *peer, enum ofp_version version, uint64_t generation)
{
    struct ofp_message msg;
    size_t n;
    if (version < OFP13) {
        peer_expect_nothing(peer);
        return;
    }
    uint8_t *message = peer_expect(peer, version == OFP13 ? T_EXPERIMENTER : T_ROLE_STATUS, &n);
    assert_int_equal(ofp_decode(message, n, false, &msg), OFPERR_OK);
    assert_int_equal(msg.type, OFPMSG_ROLE_STATUS);
    assert_int_equal(msg.u.role_status.role, SECONDARY);
    assert_int_equal(msg.u.role_status.reason, OFPCRR_PRIMARY_REQUEST);
    assert_true(msg.u.role_status.generation_id == generation);
    free(message);
}

static void send_garbage(struct peer *peer, enum ofp_version version, uint8_t type)
{
    static const uint8_t body[72] = { 0xff, 0xff, 0xff, 0xff };
    peer_send_raw(peer, version, type, 9, body, sizeof body);
}

static void two_controllers(enum ofp_version va, enum ofp_version vb)
{
    struct peer a, b;
    uint64_t generation = 100;
    enum ofp_error denied = va < OFP12 ? OFPBRC_EPERM : OFPBRC_IS_SECONDARY; /* which have one number in 1.0 */
    bridge_destroy(br);
    br = bridge_create("br-role", false, true);
    peer_open(&a, br, true, 1u << va);
    peer_open(&b, br, true, 1u << vb);

    /* Nobody knows a generation yet. */
    request_role(&a, va, NOCHANGE, 0);
    if (va >= OFP12) {
        expect_role(&a, va, EQUAL, UINT64_MAX);
        request_role(&a, va, PRIMARY, generation);
        expect_role(&a, va, PRIMARY, generation);
    } else { /* 1.0 has no word for "no change" */
        expect_role(&a, va, EQUAL, 0);
        request_role(&a, va, PRIMARY, 0);
        expect_role(&a, va, PRIMARY, 0);
    }
    if (va >= OFP12 && vb >= OFP12) {
        request_role(&b, vb, PRIMARY, generation - 1);
        peer_expect_error(&b, OFPRRFC_STALE);
        request_role(&b, vb, SECONDARY, generation - 1);
        peer_expect_error(&b, OFPRRFC_STALE);
        request_role(&b, vb, PRIMARY, UINT64_MAX); /* a number like any other, before ours */
        peer_expect_error(&b, OFPRRFC_STALE);
    }
    if (vb >= OFP12) {
        request_role(&b, vb, EQUAL, 0); /* generations do not matter here */
        expect_role(&b, vb, EQUAL, va >= OFP12 ? generation : UINT64_MAX);
        request_role(&b, vb, 9, generation);
        peer_expect_error(&b, OFPRRFC_BAD_ROLE);
    }
    peer_expect_nothing(&a);

    generation++;
    request_role(&b, vb, PRIMARY, generation);
    expect_role(&b, vb, PRIMARY, generation);
    expect_demoted(&a, va, vb >= OFP12 ? generation : va >= OFP12 ? generation - 1 : UINT64_MAX);

    /* A secondary changes nothing, and learns that before it learns what else is wrong. */
    const uint8_t changing[] = { 13 /* packet-out */, 14 /* flow-mod */ };
    for (size_t i = 0; i < ARRAY_SIZE(changing); i++) {
        send_garbage(&a, va, changing[i]);
        peer_expect_error(&a, denied);
    }
    peer_check_alive(&a, va); /* and may read */

    /* The primary hears all, the secondary of ports alone. */
    struct ofp_phy_port port = { .no = 3, .name = "p3" };
    struct ofp_flow_removed removed = { .reason = OFPRR_DELETE };
    match_init(&removed.match);
    connmgr_send_port_status(br->connmgr, OFPPR_ADD, &port);
    connmgr_send_flow_removed(br->connmgr, &removed);
    free(peer_expect(&a, T_PORT_STATUS, NULL));
    peer_expect_nothing(&a);
    free(peer_expect(&b, T_PORT_STATUS, NULL));
    free(peer_expect(&b, T_FLOW_REMOVED, NULL));

    /* When the primary goes the secondary stays one, until it asks for more. */
    peer_close(&b);
    send_garbage(&a, va, 14);
    peer_expect_error(&a, denied);
    request_role(&a, va, EQUAL, 0);
    expect_role(&a, va, EQUAL, vb >= OFP12 ? generation : va >= OFP12 ? generation - 1 : 0);
    peer_close(&a);
}

static void test_two_controllers(void **state)
{
    static const enum ofp_version versions[] = { OFP10, OFP11, OFP12, OFP13, OFP14, OFP15 };
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(versions); j++) {
            two_controllers(versions[i], versions[j]);
        }
    }
}

/* The masks that a connection is told when it asks, by row and kind. */
static void get_async(struct peer *peer, enum ofp_version version, struct ofp_async *async)
{
    struct ofp_message msg;
    size_t n;
    peer_send_raw(peer, version, T_GET_ASYNC_REQUEST, 3, NULL, 0);
    uint8_t *reply = peer_expect(peer, T_GET_ASYNC_REQUEST + 1, &n);
    assert_int_equal(ofp_decode(reply, n, false, &msg), OFPERR_OK);
    *async = msg.u.async;
    free(reply);
}

static void set_async(struct peer *peer, enum ofp_version version, const uint32_t masks[2][OFP_N_ASYNC])
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_set_async(&buf, version, masks, htonl(4));
    peer_send_buf(peer, &buf);
}

static void test_async_defaults(void **state)
{
    for (enum ofp_version version = OFP13; version <= OFP15; version++) {
        struct peer peer;
        struct ofp_async async;
        peer_open(&peer, br, true, 1u << version);
        get_async(&peer, version, &async);
        bool new = version >= OFP14;
        const uint32_t expected[2][OFP_N_ASYNC] = { { new ? 0x3b : 0x3, 0x7, new ? 0x3f : 0xf, 0, 0, 0 }, { 0, 0x7, 0, 0, 0, 0 } };
        assert_memory_equal(async.masks, expected, sizeof expected);
        peer_close(&peer);
    }
}

static void send_all_kinds(void)
{
    static const uint8_t packet[60];
    struct ofp_phy_port port = { .no = 3, .name = "p3" };
    struct ofp_flow_removed removed = { .reason = OFPRR_DELETE };
    struct ofp_packet_in pin = { .packet = packet, .packet_len = 60, .total_len = 60, .reason = OFPR_ACTION, .cookie = BE64_MAX };
    match_init(&removed.match);
    match_init(&pin.metadata);
    connmgr_send_port_status(br->connmgr, OFPPR_DELETE, &port);
    connmgr_send_flow_removed(br->connmgr, &removed);
    connmgr_queue_packet_in(br->connmgr, &pin, 0);
    peer_run();
}

/* Each version's own form decides what comes, and a service connection that says what it wants gets it. */
static void test_async_of_each_version(void **state)
{
    static const uint32_t nothing[2][OFP_N_ASYNC], only_ports[2][OFP_N_ASYNC] = { { 0, 0x7 } },
        only_removals[2][OFP_N_ASYNC] = { { 0, 0, 0xf } }, only_packets[2][OFP_N_ASYNC] = { { 0x2 } };
    for (enum ofp_version version = OFP10; version <= OFP15; version++) {
        struct peer controller, service;
        peer_open(&controller, br, true, 1u << version);
        peer_open(&service, br, false, 1u << version);
        set_async(&controller, version, nothing);
        send_all_kinds();
        peer_expect_nothing(&controller);
        peer_expect_nothing(&service);
        set_async(&controller, version, only_ports);
        send_all_kinds();
        free(peer_expect(&controller, T_PORT_STATUS, NULL));
        peer_expect_nothing(&controller);
        set_async(&controller, version, only_removals);
        set_async(&service, version, only_packets);
        send_all_kinds();
        free(peer_expect(&controller, T_FLOW_REMOVED, NULL));
        peer_expect_nothing(&controller);
        free(peer_expect(&service, T_PACKET_IN, NULL));
        peer_expect_nothing(&service);
        peer_close(&controller);
        peer_close(&service);
    }
}

/* What a property form does not name stays; what a switch does not know is refused. */
static void test_async_properties(void **state)
{
    struct peer peer;
    struct ofp_async async;
    peer_open(&peer, br, true, 1u << OFP15);
    const uint8_t one[] = { 0, 7, 0, 8, 0, 0, 0, 7 }; /* role-status, primary */
    peer_send_raw(&peer, OFP15, 28, 1, one, sizeof one);
    get_async(&peer, OFP15, &async);
    assert_int_equal(async.masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_ROLE_STATUS], 0x7);
    assert_int_equal(async.masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_PACKET_IN], 0x3b);
    const uint8_t unknown[] = { 0, 99, 0, 8, 0, 0, 0, 7 };
    peer_send_raw(&peer, OFP15, 28, 1, unknown, sizeof unknown);
    peer_expect_error(&peer, OFPACFC_UNSUPPORTED);
    const uint8_t bits[] = { 0, 3, 0, 8, 0xff, 0, 0, 7 };
    peer_send_raw(&peer, OFP15, 28, 1, bits, sizeof bits);
    peer_expect_error(&peer, OFPACFC_INVALID);
    get_async(&peer, OFP15, &async);
    assert_int_equal(async.masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_PORT_STATUS], 0x7);
    peer_close(&peer);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
    const struct CMUnitTest tests[] = {
        TEST(test_two_controllers),
        TEST(test_async_defaults),
        TEST(test_async_of_each_version),
        TEST(test_async_properties),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
