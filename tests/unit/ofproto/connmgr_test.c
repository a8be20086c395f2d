/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow connections over socket pairs: the hello, requests and their errors, roles, what is sent unasked, liveness, peers that do not
 * read, hostile bytes, controllers that come and go, fail-open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "ofproto/connmgr.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/flows.h"
#include "tests/unit/ofproto/peer.h"

/* Message types of OpenFlow 1.3; those below 18 are the same in 1.0 up to 14. */
enum {
    T_HELLO = 0, T_ERROR = 1, T_ECHO_REQUEST = 2, T_ECHO_REPLY = 3, T_EXPERIMENTER = 4, T_FEATURES_REQUEST = 5, T_FEATURES_REPLY = 6,
    T_GET_CONFIG_REQUEST = 7, T_GET_CONFIG_REPLY = 8, T_SET_CONFIG = 9, T_PACKET_IN = 10, T_FLOW_REMOVED = 11, T_PORT_STATUS = 12,
    T_MULTIPART_REQUEST = 18, T_MULTIPART_REPLY = 19, T_BARRIER_REQUEST = 20, T_BARRIER_REPLY = 21,
    T_ROLE_REQUEST = 24, T_ROLE_REPLY = 25,
};
enum { MP_DESC = 0, MP_FLOW = 1, MP_TABLE_FEATURES = 12, MP_PORT_DESC = 13, MP_MORE = 1 };

static struct ofproto *br;

static int make_bridge(void **state)
{
    br = bridge_create("br-conn", false, true);
    return 0;
}

static int drop_bridge(void **state)
{
    bridge_destroy(br);
    return 0;
}

static void request_multipart(struct peer *peer, uint16_t type, uint32_t xid, const void *body, size_t n)
{
    uint8_t request[256] = { (uint8_t) (type >> 8), (uint8_t) type };
    assert_true(n <= sizeof request - 8);
    if (n) {
        memcpy(request + 8, body, n);
    }
    peer_send_raw(peer, OFP13, T_MULTIPART_REQUEST, xid, request, 8 + n);
}

static char *controller_path(void)
{
    return xasprintf("%s/controller.sock", bridge_rundir());
}

static int listen_as_controller(void)
{
    char *path = controller_path();
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
    unlink(path);
    free(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static bool accept_switch(struct peer *peer, int fd)
{
    peer_run();
    int conn = accept(fd, NULL, NULL);
    if (conn < 0) {
        return false;
    }
    peer_use(peer, conn);
    struct ofpbuf hello = { NULL, 0, 0 };
    uint32_t versions = br->config.versions ? br->config.versions : 1u << OFP13;
    ofp_encode_hello(&hello, versions, htonl(1));
    peer_send_buf(peer, &hello);
    free(peer_expect(peer, T_HELLO, NULL));
    return true;
}

static void set_controller(const char *target)
{
    struct ofproto_controller_config config = { .target = target, .probe_ms = 5000, .enable_async = true };
    connmgr_set_controllers(br->connmgr, &config, target ? 1 : 0, 0);
}

/* Hello. */

static void check_hello(uint32_t theirs, uint8_t expected_version)
{
    struct peer peer;
    peer_open(&peer, br, false, theirs);
    peer_send_raw(&peer, expected_version, T_FEATURES_REQUEST, 5, NULL, 0);
    uint8_t *reply = peer_expect(&peer, T_FEATURES_REPLY, NULL);
    assert_int_equal(reply[0], expected_version);
    assert_int_equal(be64_to_host(get_be64(reply + 8)), 0x1234);
    assert_int_equal(reply[20], 254);
    free(reply);
    peer_close(&peer);
}

static void test_hello(void **state)
{
    check_hello(1u << OFP10, OFP10);                              /* no bitmap */
    for (unsigned int version = OFP10; version <= OFP15; version++) {
        check_hello((2u << version) - 2, (enum ofp_version) version); /* no bitmap: all up to this one */
        check_hello(1u << version, (enum ofp_version) version);       /* this one alone */
    }
    check_hello((2u << (OFP15 + 1)) - 2, OFP15);                  /* more than there is */
    check_hello(1u << OFP10 | 1u << OFP13 | 1u << 9, OFP13);      /* bitmap */
    check_hello(1u << OFP10 | 1u << OFP12, OFP12);                /* bitmap */
}

static void test_hello_refused(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << (OFP15 + 1));
    peer_expect_error(&peer, OFPHFC_INCOMPATIBLE);
    peer_expect_closed(&peer);
    peer_close(&peer);

    peer_connect(&peer, br, false); /* something else than a hello */
    free(peer_expect(&peer, T_HELLO, NULL));
    peer_send_raw(&peer, OFP13, T_FEATURES_REQUEST, 1, NULL, 0);
    peer_expect_closed(&peer);
    peer_close(&peer);

    peer_connect(&peer, br, false); /* nothing at all */
    free(peer_expect(&peer, T_HELLO, NULL));
    clock_warp(10001);
    peer_expect_closed(&peer);
    peer_close(&peer);
}

static void test_versions_of_the_bridge(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP10 | 1u << OFP13);
    peer_check_alive(&peer, OFP13);
    br->config.versions = 1u << OFP10; /* and now 1.3 is switched off */
    connmgr_configure(br->connmgr);
    peer_expect_closed(&peer);
    peer_close(&peer);
    check_hello(1u << OFP10 | 1u << OFP13, OFP10);
}

/* Errors. */

static void test_errors_keep_the_connection(void **state)
{
    struct peer peer;
    uint8_t body[100];
    memset(body, 0xaa, sizeof body);
    peer_open(&peer, br, false, 1u << OFP13);

    peer_send_raw(&peer, OFP13, 99, 77, body, sizeof body); /* no such type */
    size_t n;
    uint8_t *error = peer_expect(&peer, T_ERROR, &n);
    assert_int_equal(ntohs(get_be16(error + 8)), 1);
    assert_int_equal(ntohs(get_be16(error + 10)), 1); /* OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE */
    assert_int_equal(ntohl(get_be32(error + 4)), 77);
    assert_true(n >= 12 + 64);
    assert_memory_equal(error + 12 + 8, body, 56);
    free(error);

    peer_send_raw(&peer, OFP10, T_FEATURES_REQUEST, 1, NULL, 0); /* not the version agreed on */
    peer_expect_error(&peer, OFPBRC_BAD_VERSION);
    peer_send_raw(&peer, OFP13, T_FEATURES_REPLY, 1, body, 24); /* not for a switch */
    peer_expect_error(&peer, OFPBRC_BAD_TYPE);
    peer_send_raw(&peer, OFP13, T_FEATURES_REQUEST, 1, body, 3); /* too long */
    peer_expect_error(&peer, OFPBRC_BAD_LEN);
    request_multipart(&peer, 0x7777, 1, NULL, 0);
    peer_expect_error(&peer, OFPBRC_BAD_STAT);
    peer_send_raw(&peer, OFP13, T_ERROR, 1, body, 4); /* an error is not answered */
    peer_check_alive(&peer, OFP13);
    peer_close(&peer);
}

static void test_garbage_closes(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    const uint8_t bad[] = { OFP13, T_ECHO_REQUEST, 0, 7, 0, 0, 0, 0 }; /* shorter than its header */
    peer_send(&peer, bad, sizeof bad);
    peer_expect_closed(&peer);
    peer_close(&peer);
}

static void test_echo(void **state)
{
    struct peer peer;
    static uint8_t data[OFP_MAX_MESSAGE - OFP_HEADER_LEN];
    memset(data, 5, sizeof data);
    peer_open(&peer, br, false, 1u << OFP10);
    for (size_t n = 0; n <= sizeof data; n = n * 3 + 1) {
        size_t length;
        peer_send_raw(&peer, OFP10, T_ECHO_REQUEST, (uint32_t) n, data, n);
        uint8_t *reply = peer_expect(&peer, T_ECHO_REPLY, &length);
        assert_int_equal(length, OFP_HEADER_LEN + n);
        assert_memory_equal(reply + OFP_HEADER_LEN, data, n);
        free(reply);
    }
    peer_close(&peer);
}

static void test_config(void **state)
{
    struct peer service, controller;
    peer_open(&service, br, false, 1u << OFP13);
    peer_open(&controller, br, true, 1u << OFP13);
    struct { struct peer *peer; uint16_t expected; } peers[] = { { &service, 0 }, { &controller, 128 } };
    for (int i = 0; i < 2; i++) {
        peer_send_raw(peers[i].peer, OFP13, T_GET_CONFIG_REQUEST, 1, NULL, 0);
        uint8_t *reply = peer_expect(peers[i].peer, T_GET_CONFIG_REPLY, NULL);
        assert_int_equal(ntohs(get_be16(reply + 10)), peers[i].expected);
        free(reply);
    }
    peer_send_raw(&service, OFP13, T_SET_CONFIG, 1, "\0\1\1\0", 4); /* drop fragments, 256 bytes */
    peer_send_raw(&service, OFP13, T_GET_CONFIG_REQUEST, 1, NULL, 0);
    uint8_t *reply = peer_expect(&service, T_GET_CONFIG_REPLY, NULL);
    assert_memory_equal(reply + 8, "\0\1\1\0", 4);
    assert_int_equal(br->frag_handling, 1);
    free(reply);
    peer_close(&service);
    peer_close(&controller);
}

/* Statistics. */

static void test_long_reply(void **state)
{
    enum { N = 20000 };
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    for (uint32_t i = 0; i < N; i++) {
        char text[64];
        snprintf(text, sizeof text, "priority=5,ip,nw_dst=10.0.%u.%u,actions=1", i / 256, i % 256);
        assert_int_equal(bridge_flow_mod(br, OFP13, "add", text), OFPERR_OK);
    }
    const uint8_t all[40] = { 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [32] = 0, 1, 0, 4 };
    request_multipart(&peer, MP_FLOW, 42, all, sizeof all);
    peer_send_raw(&peer, OFP13, T_ECHO_REQUEST, 43, NULL, 0); /* waits its turn */

    size_t n, n_flows = 0;
    bool more = true;
    while (more) {
        uint8_t *reply = peer_expect(&peer, T_MULTIPART_REPLY, &n);
        assert_int_equal(ntohl(get_be32(reply + 4)), 42);
        more = ntohs(get_be16(reply + 10)) & MP_MORE;
        for (size_t offset = 16; offset < n; n_flows++) {
            size_t length = ntohs(get_be16(reply + offset));
            assert_true(length >= 56 && offset + length <= n);
            offset += length;
        }
        free(reply);
    }
    assert_int_equal(n_flows, N);
    free(peer_expect(&peer, T_ECHO_REPLY, NULL));
    peer_close(&peer);
}

static void test_reply_to_a_peer_that_leaves(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    for (uint32_t i = 0; i < 20000; i++) {
        char text[64];
        snprintf(text, sizeof text, "priority=5,ip,nw_dst=10.0.%u.%u,actions=1", i / 256, i % 256);
        assert_int_equal(bridge_flow_mod(br, OFP13, "add", text), OFPERR_OK);
    }
    const uint8_t all[40] = { 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [32] = 0, 1, 0, 4 };
    request_multipart(&peer, MP_FLOW, 42, all, sizeof all);
    assert_int_equal(bridge_flow_mod(br, OFP13, "delete", ""), OFPERR_OK); /* under the reply's feet */
    peer_close(&peer);
}

static void test_desc(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    request_multipart(&peer, MP_DESC, 1, NULL, 0);
    uint8_t *reply = peer_expect(&peer, T_MULTIPART_REPLY, NULL);
    assert_string_equal((char *) reply + 16, "Nicira, Inc.");
    assert_string_equal((char *) reply + 16 + 256, "Open vSwitch");
    assert_memory_equal(reply + 16 + 512, "Weft ", 5);
    assert_string_equal((char *) reply + 16 + 768, "None");
    assert_string_equal((char *) reply + 16 + 800, "None");
    free(reply);
    peer_close(&peer);
}

static size_t receive_table_features(struct peer *peer, uint32_t xid)
{
    size_t n, total = 0;
    bool more = true;
    while (more) {
        uint8_t *reply = peer_expect(peer, T_MULTIPART_REPLY, &n);
        assert_int_equal(ntohl(get_be32(reply + 4)), xid);
        more = ntohs(get_be16(reply + 10)) & MP_MORE;
        total += n;
        free(reply);
    }
    return total;
}

static void test_table_features(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    request_multipart(&peer, MP_TABLE_FEATURES, 1000, NULL, 0);
    size_t first = receive_table_features(&peer, 1000);
    assert_true(first > 100000);
    request_multipart(&peer, MP_TABLE_FEATURES, 1001, NULL, 0); /* from the cache */
    assert_int_equal(receive_table_features(&peer, 1001), first);
    peer_check_alive(&peer, OFP13);
    peer_close(&peer);
}

static void test_barrier(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    peer_flow_mod(&peer, OFP13, OFPFC_ADD, 1, 2, 0);
    peer_send_raw(&peer, OFP13, T_BARRIER_REQUEST, 7, NULL, 0);
    uint8_t *reply = peer_expect(&peer, T_BARRIER_REPLY, NULL);
    assert_int_equal(ntohl(get_be32(reply + 4)), 7);
    assert_int_equal(bridge_n_flows(br), 1);
    free(reply);
    peer_close(&peer);
}

/* What is sent unasked. */

static void test_flow_removed(void **state)
{
    struct peer controller, service, old;
    peer_open(&controller, br, true, 1u << OFP13);
    peer_open(&service, br, false, 1u << OFP13);
    peer_open(&old, br, true, 1u << OFP10);

    peer_flow_mod(&controller, OFP13, OFPFC_ADD, 1, 2, OFP_FF_SEND_FLOW_REM);
    peer_flow_mod(&controller, OFP13, OFPFC_ADD, 2, 2, 0);
    peer_flow_mod(&controller, OFP13, OFPFC_DELETE, 1, 2, 0);
    peer_flow_mod(&controller, OFP13, OFPFC_DELETE, 2, 2, 0); /* did not ask */
    uint8_t *message = peer_expect(&controller, T_FLOW_REMOVED, NULL);
    assert_int_equal(message[0], OFP13);
    assert_int_equal(message[18], OFPRR_DELETE);
    free(message);
    message = peer_expect(&old, T_FLOW_REMOVED, NULL);
    assert_int_equal(message[0], OFP10);
    free(message);
    peer_expect_nothing(&controller);
    peer_expect_nothing(&service); /* has not said that it wants any */

    peer_send_raw(&service, OFP13, T_SET_CONFIG, 1, "\0\0\0\x80", 4);
    peer_flow_mod(&controller, OFP13, OFPFC_ADD, 1, 2, OFP_FF_SEND_FLOW_REM);
    peer_flow_mod(&controller, OFP13, OFPFC_DELETE, 1, 2, 0);
    free(peer_expect(&controller, T_FLOW_REMOVED, NULL));
    free(peer_expect(&service, T_FLOW_REMOVED, NULL));
    peer_close(&controller);
    peer_close(&service);
    peer_close(&old);
}

static void queue_packet_in_from(uint32_t port, enum ofp_packet_in_reason reason, uint16_t controller_id, size_t n)
{
    static uint8_t packet[2000];
    struct ofp_packet_in pin = { .packet = packet, .packet_len = n, .total_len = n, .reason = reason, .cookie = BE64_MAX };
    match_init(&pin.metadata);
    pin.metadata.flow.in_port = port;
    FLOW_MASK_FIELD(&pin.metadata.mask, in_port);
    connmgr_queue_packet_in(br->connmgr, &pin, controller_id);
}

static void queue_packet_in(enum ofp_packet_in_reason reason, uint16_t controller_id, size_t n)
{
    queue_packet_in_from(1, reason, controller_id, n);
}

static void test_packet_in(void **state)
{
    struct peer controller, service;
    peer_open(&controller, br, true, 1u << OFP10);
    peer_open(&service, br, false, 1u << OFP10);
    queue_packet_in(OFPR_ACTION, 0, 60);
    queue_packet_in(OFPR_INVALID_TTL, 0, 60); /* not by default */
    queue_packet_in(OFPR_ACTION, 5, 60);      /* for another controller id */
    queue_packet_in(OFPR_NO_MATCH, 0, 1999);
    size_t n;
    uint8_t *message = peer_expect(&controller, T_PACKET_IN, &n);
    assert_int_equal(n, 18 + 60);
    free(message);
    message = peer_expect(&controller, T_PACKET_IN, &n);
    assert_int_equal(n, 18 + 1999); /* whole, for there are no buffers */
    assert_int_equal(ntohs(get_be16(message + 12)), 1999); /* total_len */
    free(message);
    peer_expect_nothing(&controller);
    peer_expect_nothing(&service);
    peer_close(&controller);
    peer_close(&service);
}

static void test_wants_misses(void **state)
{
    struct peer new, old;
    assert_false(connmgr_wants_misses(br->connmgr));
    peer_open(&new, br, true, 1u << OFP13);
    assert_false(connmgr_wants_misses(br->connmgr)); /* since 1.3 a flow has to ask */
    peer_open(&old, br, true, 1u << OFP10);
    assert_true(connmgr_wants_misses(br->connmgr));
    peer_close(&old);
    assert_false(connmgr_wants_misses(br->connmgr));
    peer_close(&new);
}

static void set_role(struct peer *peer, uint32_t role, uint64_t generation)
{
    uint8_t body[16] = { 0 };
    put_be32(body, htonl(role));
    put_be64(body + 8, be64_from_host(generation));
    peer_send_raw(peer, OFP13, T_ROLE_REQUEST, 1, body, sizeof body);
}

static void expect_role(struct peer *peer, uint32_t role)
{
    uint8_t *reply = peer_expect(peer, T_ROLE_REPLY, NULL);
    assert_int_equal(ntohl(get_be32(reply + 8)), role);
    free(reply);
}

static void test_roles(void **state)
{
    enum { NOCHANGE, EQUAL, PRIMARY, SECONDARY };
    struct peer a, b;
    peer_open(&a, br, true, 1u << OFP13);
    peer_open(&b, br, true, 1u << OFP13);
    set_role(&a, NOCHANGE, 0);
    expect_role(&a, EQUAL);
    set_role(&a, PRIMARY, 10);
    expect_role(&a, PRIMARY);
    set_role(&b, PRIMARY, 9); /* older */
    peer_expect_error(&b, OFPRRFC_STALE);
    set_role(&b, PRIMARY, 11);
    expect_role(&b, PRIMARY);
    free(peer_expect(&a, T_EXPERIMENTER, NULL)); /* role-status, an extension in 1.3 */
    set_role(&a, NOCHANGE, 0);
    expect_role(&a, SECONDARY);

    peer_flow_mod(&a, OFP13, OFPFC_ADD, 1, 2, 0);
    peer_expect_error(&a, OFPBRC_IS_SECONDARY);
    assert_int_equal(bridge_n_flows(br), 0);
    peer_flow_mod(&b, OFP13, OFPFC_ADD, 1, 2, OFP_FF_SEND_FLOW_REM);
    peer_flow_mod(&b, OFP13, OFPFC_DELETE, 1, 2, 0);
    free(peer_expect(&b, T_FLOW_REMOVED, NULL));
    peer_expect_nothing(&a);

    set_role(&b, 9, 12);
    peer_expect_error(&b, OFPRRFC_BAD_ROLE);
    peer_close(&a);
    peer_close(&b);
}

/* Liveness and memory. */

static void test_probe(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    peer_check_alive(&peer, OFP13);
    clock_warp(60000);
    peer_run();
    uint8_t *probe = peer_expect(&peer, T_ECHO_REQUEST, NULL);
    peer_send_raw(&peer, OFP13, T_ECHO_REPLY, ntohl(get_be32(probe + 4)), NULL, 0);
    free(probe);
    clock_warp(60000);
    peer_run();
    free(peer_expect(&peer, T_ECHO_REQUEST, NULL)); /* not answered */
    clock_warp(60000);
    peer_expect_closed(&peer);
    peer_close(&peer);
}

/* That the switch has something to send is no sign of life of the peer. */
static void test_probe_while_sending(void **state)
{
    struct peer peer;
    peer_open(&peer, br, true, 1u << OFP13);
    peer_check_alive(&peer, OFP13);
    bool probed = false;
    for (int i = 0; i < 10 && !peer.closed; i++) {
        queue_packet_in(OFPR_ACTION, 0, 60);
        peer_run();
        clock_warp(20000);
        peer_run();
        uint8_t *got;
        while ((got = peer_receive(&peer, NULL))) { /* not answered */
            probed |= got[1] == T_ECHO_REQUEST;
            free(got);
        }
    }
    assert_true(probed);
    assert_true(peer.closed);
    peer_close(&peer);
}

/* Sends without reading: the switch stops reading too, so that what it holds is bounded, and gives up after a minute. */
static void test_peer_that_does_not_read(void **state)
{
    struct peer peer;
    peer_open(&peer, br, false, 1u << OFP13);
    static uint8_t request[60000];
    memcpy(request, (uint8_t[]) { OFP13, T_ECHO_REQUEST, 60000 >> 8, 60000 & 0xff }, 4);
    size_t total = 0;
    int stalled = 0;
    while (stalled < 50 && total < (64 << 20)) {
        ssize_t n = send(peer.fd, request + total % sizeof request, sizeof request - total % sizeof request, MSG_NOSIGNAL);
        total += n > 0 ? (size_t) n : 0;
        stalled = n > 0 ? 0 : stalled + 1;
        peer_run();
    }
    assert_true(total < (8 << 20));
    clock_warp(61000);
    peer_run();
    clock_warp(61000);
    peer_run();
    uint8_t *reply;
    while ((reply = peer_receive(&peer, NULL))) {
        free(reply);
    }
    assert_true(peer.closed);
    peer_close(&peer);
}

/* The in_port of the next packet-in of OpenFlow 1.0, 0 if there is none. */
static int next_packet_in(struct peer *peer)
{
    uint8_t *message = peer_receive(peer, NULL);
    int port = 0;
    if (message) {
        assert_int_equal(message[1], T_PACKET_IN);
        port = ntohs(get_be16(message + 14));
        free(message);
    }
    return port;
}

/* What arrives while the clock stands still is what a burst may be; then one port after the other at the rate. */
static void test_rate_limit_is_fair(void **state)
{
    struct peer peer;
    char *path = controller_path(), *target = xasprintf("unix:%s", path);
    int fd = listen_as_controller(), ports[4] = { 0 }, port;
    struct ofproto_controller_config config = { .target = target, .enable_async = true, .rate_limit = 10, .burst_limit = 20 };
    br->config.versions = 1u << OFP10;
    connmgr_set_controllers(br->connmgr, &config, 1, 0);
    assert_true(accept_switch(&peer, fd));
    for (int i = 0; i < 500; i++) {
        queue_packet_in_from(1, OFPR_ACTION, 0, 60);
        peer_run();
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(next_packet_in(&peer), 1);
    }
    assert_int_equal(next_packet_in(&peer), 0);
    for (int i = 0; i < 3; i++) { /* they find room in a queue that is full */
        queue_packet_in_from(2, OFPR_ACTION, 0, 60);
        queue_packet_in_from(3, OFPR_ACTION, 0, 60);
    }
    peer_run();
    struct ofproto_controller_status status;
    connmgr_controller_status(br->connmgr, target, &status);
    assert_true(status.counted);
    assert_int_equal(status.actions.bypassed, 20);
    assert_int_equal(status.actions.queued, 486);
    assert_int_equal(status.actions.backlog, 20);
    assert_int_equal(status.actions.dropped, 466);
    assert_int_equal(status.misses.queued, 0);

    /* A miss is not held up by them. */
    queue_packet_in_from(9, OFPR_NO_MATCH, 0, 60);
    assert_int_equal(next_packet_in(&peer), 9);

    clock_warp(900);
    for (int i = 0; i < 9; i++) {
        port = next_packet_in(&peer);
        assert_true(port >= 1 && port <= 3);
        ports[port]++;
    }
    assert_int_equal(next_packet_in(&peer), 0);
    assert_true(ports[1] == 3 && ports[2] == 3 && ports[3] == 3);
    clock_warp(5000);
    for (int i = 0; i < 11; i++) {
        assert_int_equal(next_packet_in(&peer), 1);
    }
    assert_int_equal(next_packet_in(&peer), 0);
    set_controller(NULL);
    peer_close(&peer);
    close(fd);
    unlink(path);
    free(path);
    free(target);
}

static void test_packet_ins_to_a_peer_that_does_not_read(void **state)
{
    struct peer peer, other;
    peer_open(&peer, br, true, 1u << OFP10);
    peer_open(&other, br, true, 1u << OFP10);
    size_t received = 0;
    for (int i = 0; i < 8000; i++) {
        queue_packet_in(OFPR_ACTION, 0, 1500);
        if (i % 50 == 0) {
            uint8_t *message;
            while ((message = peer_receive(&other, NULL))) {
                received++;
                free(message);
            }
        }
    }
    uint8_t *message;
    while ((message = peer_receive(&other, NULL))) {
        received++;
        free(message);
    }
    assert_int_equal(received, 8000); /* the one that reads gets all */
    received = 0;
    while ((message = peer_receive(&peer, NULL))) {
        received++;
        free(message);
    }
    assert_true(received > 100 && received < 2000);
    peer_check_alive(&peer, OFP10);
    peer_close(&peer);
    peer_close(&other);
}

/* Valid messages with a few bytes changed, and random ones: the switch answers or closes, and goes on. */
static void test_hostile_bytes(void **state)
{
    struct peer peer;
    bool open = false;
    flows_seed(99);
    for (int i = 0; i < 4000; i++) {
        if (!open) {
            peer_open(&peer, br, flows_random(2), 1u << OFP13 | 1u << OFP10);
            open = true;
        }
        struct ofpbuf buf = { NULL, 0, 0 };
        uint8_t random[200];
        for (size_t j = 0; j < sizeof random; j++) {
            random[j] = (uint8_t) flows_random(256);
        }
        size_t n = OFP_HEADER_LEN + flows_random(sizeof random - OFP_HEADER_LEN);
        random[0] = OFP13;
        random[1] = (uint8_t) flows_random(32);
        put_be16(random + 2, htons((uint16_t) n));
        if (random[1] == T_MULTIPART_REQUEST && n >= 10) {
            put_be16(random + 8, htons((uint16_t) flows_random(16)));
        }
        ofpbuf_put(&buf, random, n);
        if (flows_random(100) == 0) {
            buf.data[flows_random(4)] ^= (uint8_t) (1 << flows_random(8));
        }
        peer_send_buf(&peer, &buf);
        uint8_t *reply;
        while ((reply = peer_receive(&peer, NULL))) {
            free(reply);
        }
        if (peer.closed || flows_random(200) == 0) {
            peer_close(&peer);
            open = false;
        }
    }
    if (open) {
        peer_close(&peer);
    }
    peer_open(&peer, br, false, 1u << OFP13);
    peer_check_alive(&peer, OFP13);
    peer_close(&peer);
}

static void test_one_byte_at_a_time(void **state)
{
    struct peer peer;
    const uint8_t bytes[] = { OFP13, T_HELLO, 0, 8, 0, 0, 0, 1, OFP13, T_ECHO_REQUEST, 0, 10, 0, 0, 0, 2, 'h', 'i' };
    peer_connect(&peer, br, false);
    for (size_t i = 0; i < sizeof bytes; i++) {
        peer_send(&peer, &bytes[i], 1);
    }
    free(peer_expect(&peer, T_HELLO, NULL));
    uint8_t *reply = peer_expect(&peer, T_ECHO_REPLY, NULL);
    assert_memory_equal(reply + 8, "hi", 2);
    free(reply);
    peer_close(&peer);
}

/* Controllers. */

static void test_controller_comes_and_goes(void **state)
{
    struct peer peer;
    char *path = controller_path(), *target = xasprintf("unix:%s", path);
    struct ofproto_controller_status status;
    unlink(path);
    assert_false(connmgr_has_controllers(br->connmgr));
    set_controller(target);
    assert_true(connmgr_has_controllers(br->connmgr));
    peer_run();
    assert_true(connmgr_controller_status(br->connmgr, target, &status));
    assert_false(status.connected);
    assert_string_equal(status.state, "BACKOFF");
    assert_non_null(status.last_error);
    assert_int_equal(status.sec_since_connect, -1);
    assert_false(connmgr_controller_status(br->connmgr, "unix:elsewhere", &status));

    int fd = listen_as_controller();
    clock_warp(999);
    assert_false(accept_switch(&peer, fd));
    clock_warp(8000);
    assert_true(accept_switch(&peer, fd));
    connmgr_controller_status(br->connmgr, target, &status);
    assert_true(status.connected);
    assert_string_equal(status.state, "ACTIVE");
    assert_string_equal(status.role, "other");
    assert_true(connmgr_is_connected(br->connmgr));

    clock_warp(3000);
    peer_close(&peer);
    connmgr_controller_status(br->connmgr, target, &status);
    assert_false(status.connected);
    assert_int_equal(status.sec_since_connect, 3);
    clock_warp(1000);
    assert_true(accept_switch(&peer, fd)); /* again */
    set_controller(NULL);
    peer_expect_closed(&peer);
    assert_false(connmgr_controller_status(br->connmgr, target, &status));
    peer_close(&peer);
    close(fd);
    unlink(path);
    free(path);
    free(target);
}

static void test_bad_target(void **state)
{
    set_controller("tcp:not-an-address");
    set_controller("ssl:1.2.3.4:6653");
    set_controller("nonsense");
    set_controller(NULL);
}

static bool has_flow(int32_t priority)
{
    struct flow flow;
    flow_init(&flow);
    struct rule *rule = table_lookup(br, version_current(), 0, &flow, NULL);
    return rule && rule->priority == priority;
}

static void test_flows_without_controllers(void **state)
{
    br->config.fail_secure = false;
    set_controller(NULL);
    assert_true(has_flow(0)); /* forwards as a learning switch */
    set_controller("unix:/nonexistent/controller");
    assert_int_equal(bridge_n_flows(br), 0);
    set_controller(NULL);
    assert_true(has_flow(0));
    br->config.fail_secure = true;
    connmgr_configure(br->connmgr);
    assert_int_equal(bridge_n_flows(br), 0);
}

static void test_fail_open(void **state)
{
    struct peer peer;
    char *path = controller_path(), *target = xasprintf("unix:%s", path);
    int fd = listen_as_controller();
    br->config.fail_secure = false;
    set_controller(target);
    assert_true(accept_switch(&peer, fd));
    peer_flow_mod(&peer, OFP13, OFPFC_ADD, 0, 2, 0);
    assert_true(has_flow(100));
    close(fd);
    unlink(path);
    peer_close(&peer);
    clock_warp(14000); /* three probes take 15 seconds */
    peer_run();
    assert_true(has_flow(100));
    clock_warp(2000);
    peer_run();
    assert_true(has_flow(RULE_PRIORITY_HIDDEN));
    assert_int_equal(bridge_n_flows(br), 0);

    fd = listen_as_controller();
    clock_warp(9000);
    assert_true(accept_switch(&peer, fd));
    assert_true(has_flow(RULE_PRIORITY_HIDDEN)); /* connected, but not in charge */
    peer_flow_mod(&peer, OFP13, OFPFC_ADD, 0, 2, 0);
    assert_true(has_flow(100));
    peer_close(&peer);
    close(fd);
    unlink(path);

    br->config.fail_secure = true; /* then nothing is done */
    connmgr_configure(br->connmgr);
    clock_warp(60000);
    peer_run();
    assert_true(has_flow(100));
    free(path);
    free(target);
}

static int connect_to(const char *suffix)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    snprintf(sun.sun_path, sizeof sun.sun_path, "%s/br-conn.%s", bridge_rundir(), suffix);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    return fd;
}

static void test_sockets_of_the_bridge(void **state)
{
    struct peer mgmt, snoop, controller;
    struct ofpbuf hello = { NULL, 0, 0 };
    peer_use(&mgmt, connect_to("mgmt"));
    ofp_encode_hello(&hello, 1u << OFP10, htonl(1));
    peer_send_buf(&mgmt, &hello);
    free(peer_expect(&mgmt, T_HELLO, NULL));
    peer_check_alive(&mgmt, OFP10);

    peer_use(&snoop, connect_to("snoop"));
    ofp_encode_hello(&hello, 1u << OFP10, htonl(1));
    peer_send_buf(&snoop, &hello);
    free(peer_expect(&snoop, T_HELLO, NULL));
    peer_open(&controller, br, true, 1u << OFP13);
    peer_check_alive(&controller, OFP13);
    peer_check_alive(&mgmt, OFP10); /* is not shown */
    free(peer_expect(&snoop, T_ECHO_REQUEST, NULL));
    free(peer_expect(&snoop, T_ECHO_REPLY, NULL));
    peer_expect_nothing(&snoop);
    peer_close(&mgmt);
    peer_close(&snoop);
    peer_close(&controller);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, make_bridge, drop_bridge)
    const struct CMUnitTest tests[] = {
        TEST(test_hello),
        TEST(test_hello_refused),
        TEST(test_versions_of_the_bridge),
        TEST(test_errors_keep_the_connection),
        TEST(test_garbage_closes),
        TEST(test_echo),
        TEST(test_config),
        TEST(test_long_reply),
        TEST(test_reply_to_a_peer_that_leaves),
        TEST(test_desc),
        TEST(test_table_features),
        TEST(test_barrier),
        TEST(test_flow_removed),
        TEST(test_packet_in),
        TEST(test_wants_misses),
        TEST(test_roles),
        TEST(test_probe),
        TEST(test_probe_while_sending),
        TEST(test_peer_that_does_not_read),
        TEST(test_packet_ins_to_a_peer_that_does_not_read),
        TEST(test_rate_limit_is_fair),
        TEST(test_hostile_bytes),
        TEST(test_one_byte_at_a_time),
        TEST(test_controller_comes_and_goes),
        TEST(test_bad_target),
        TEST(test_flows_without_controllers),
        TEST(test_fail_open),
        TEST(test_sockets_of_the_bridge),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
