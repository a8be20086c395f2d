/* SPDX-License-Identifier: Apache-2.0 */
/* What controllers hear of each other: who comes and goes, roles, changes of the configuration; only those of 1.5 that asked for it, and only what
 * they asked for. */
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

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "ofproto/connmgr.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

enum { T_HELLO = 0, T_ROLE_REPLY = 25, T_GET_ASYNC_REQUEST = 26, T_GET_ASYNC_REPLY = 27, T_SET_ASYNC = 28, T_ROLE_STATUS = 30,
       T_CONTROLLER_STATUS = 35 };
enum { EQUAL = 1, PRIMARY = 2, SECONDARY = 3 };
enum { ALL = 0x3e };

static struct ofproto *br;

static int make_bridge(void **state)
{
    br = bridge_create("br-events", false, true);
    return 0;
}

static int drop_bridge(void **state)
{
    bridge_destroy(br);
    return 0;
}

/* The bridge listens at these addresses, each of a letter in the run directory. */
static void configure(const char *letters)
{
    struct ofproto_controller_config configs[4] = { { .target = NULL } };
    char *targets[4];
    size_t n = strlen(letters);
    for (size_t i = 0; i < n; i++) {
        targets[i] = xasprintf("punix:%s/%c", bridge_rundir(), letters[i]);
        configs[i] = (struct ofproto_controller_config) { .target = targets[i], .enable_async = true };
    }
    connmgr_set_controllers(br->connmgr, configs, n, 0);
    for (size_t i = 0; i < n; i++) {
        free(targets[i]);
    }
    peer_run();
}

static void open_at(struct peer *peer, char letter, enum ofp_version version)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    snprintf(sun.sun_path, sizeof sun.sun_path, "%s/%c", bridge_rundir(), letter);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    peer_use(peer, fd);
    struct ofpbuf hello = { NULL, 0, 0 };
    ofp_encode_hello(&hello, OFP_VERSION_BIT(version), htonl(1));
    peer_send_buf(peer, &hello);
    free(peer_expect(peer, T_HELLO, NULL));
}

static void ask(struct peer *peer, uint32_t when_primary, uint32_t when_secondary)
{
    uint32_t masks[2][OFP_N_ASYNC] = { { 0 } };
    struct ofpbuf buf = { NULL, 0, 0 };
    masks[OFP_ASYNC_PRIMARY][OFP_ASYNC_CONTROLLER_STATUS] = when_primary;
    masks[OFP_ASYNC_SECONDARY][OFP_ASYNC_CONTROLLER_STATUS] = when_secondary;
    ofp_encode_set_async(&buf, OFP15, masks, htonl(4));
    peer_send_buf(peer, &buf);
}

static void request_role(struct peer *peer, uint32_t role)
{
    static uint64_t generation = 1;
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_role(&buf, OFP15, false, role, generation++, htonl(7));
    peer_send_buf(peer, &buf);
}

static void expect_status(struct peer *peer, char letter, enum ofp_controller_status_reason reason, uint32_t role, bool up)
{
    struct ofp_message msg;
    size_t n;
    uint8_t *message = peer_expect(peer, T_CONTROLLER_STATUS, &n);
    assert_int_equal(message[0], OFP15);
    assert_int_equal(ofp_decode(message, n, false, &msg), OFPERR_OK);
    const struct ofp_controller_status *cs = &msg.u.controller_status;
    char *uri = xasprintf("punix:%s/%c", bridge_rundir(), letter);
    assert_string_equal(cs->uri, uri);
    assert_int_equal(cs->reason, reason);
    assert_int_equal(cs->role, role);
    assert_int_equal(cs->up, up);
    free(uri);
    free(message);
}

static void test_channels_and_roles(void **state)
{
    struct peer a, b, service, old;
    configure("ab");
    open_at(&a, 'a', OFP15);
    ask(&a, ALL, ALL);
    peer_open(&service, br, false, 1u << OFP15);
    ask(&service, ALL, ALL);
    open_at(&old, 'a', OFP13);
    expect_status(&a, 'a', OFPCSR_CHANNEL_STATUS, EQUAL, true);
    expect_status(&service, 'a', OFPCSR_CHANNEL_STATUS, EQUAL, true);

    open_at(&b, 'b', OFP15);
    expect_status(&a, 'b', OFPCSR_CHANNEL_STATUS, EQUAL, true);
    expect_status(&service, 'b', OFPCSR_CHANNEL_STATUS, EQUAL, true);
    peer_expect_nothing(&b); /* did not ask */

    request_role(&b, PRIMARY);
    free(peer_expect(&b, T_ROLE_REPLY, NULL));
    expect_status(&a, 'b', OFPCSR_ROLE, PRIMARY, true);
    request_role(&a, PRIMARY);
    expect_status(&a, 'b', OFPCSR_ROLE, SECONDARY, true);
    free(peer_expect(&a, T_ROLE_REPLY, NULL));
    expect_status(&a, 'a', OFPCSR_ROLE, PRIMARY, true);
    free(peer_expect(&b, T_ROLE_STATUS, NULL));
    request_role(&a, PRIMARY); /* nothing new */
    free(peer_expect(&a, T_ROLE_REPLY, NULL));
    peer_expect_nothing(&a);
    peer_expect_nothing(&b);
    peer_expect_nothing(&old); /* there is no such message */

    peer_close(&b);
    peer_run();
    expect_status(&a, 'b', OFPCSR_CHANNEL_STATUS, EQUAL, false);
    for (int i = 0; i < 3; i++) {
        free(peer_expect(&service, T_CONTROLLER_STATUS, NULL));
    }
    expect_status(&service, 'b', OFPCSR_CHANNEL_STATUS, EQUAL, false);
    peer_expect_nothing(&service);
    peer_close(&a);
    peer_close(&old);
    peer_close(&service);
    configure("");
}

static void test_configuration(void **state)
{
    struct peer a;
    configure("a");
    open_at(&a, 'a', OFP15);
    ask(&a, ALL, 0);
    configure("abc");
    expect_status(&a, 'b', OFPCSR_CONTROLLER_ADDED, EQUAL, false);
    expect_status(&a, 'c', OFPCSR_CONTROLLER_ADDED, EQUAL, false);
    configure("ac");
    expect_status(&a, 'b', OFPCSR_CONTROLLER_REMOVED, EQUAL, false);
    peer_expect_nothing(&a);
    ask(&a, 1u << OFPCSR_CONTROLLER_REMOVED, 0); /* only this */
    configure("abc");
    configure("ab");
    expect_status(&a, 'c', OFPCSR_CONTROLLER_REMOVED, EQUAL, false);
    peer_expect_nothing(&a);
    request_role(&a, SECONDARY); /* who wants nothing then */
    free(peer_expect(&a, T_ROLE_REPLY, NULL));
    configure("a");
    peer_expect_nothing(&a);
    peer_close(&a);
    configure("");
}

static char *get_async(struct peer *peer)
{
    struct strbuf s = STRBUF_INIT;
    size_t n;
    peer_send_raw(peer, OFP15, T_GET_ASYNC_REQUEST, 3, NULL, 0);
    uint8_t *reply = peer_expect(peer, T_GET_ASYNC_REPLY, &n);
    ofp_format(&s, reply, n, NULL, 0);
    free(reply);
    return strbuf_steal(&s);
}

static void test_asking(void **state)
{
    struct peer peer, old;
    const uint8_t primary[] = { 0, 13, 0, 8, 0, 0, 0, 0x06 }, bits[] = { 0, 12, 0, 8, 0, 0, 0, 0x40 };
    peer_open(&peer, br, true, 1u << OFP15);
    char *text = get_async(&peer);
    assert_null(strstr(text, "CONTROLLER_STATUS"));
    free(text);
    peer_send_raw(&peer, OFP15, T_SET_ASYNC, 1, primary, sizeof primary);
    text = get_async(&peer);
    assert_non_null(strstr(text, "CONTROLLER_STATUS: channel_status role\n"));
    free(text);
    peer_send_raw(&peer, OFP15, T_SET_ASYNC, 1, bits, sizeof bits);
    peer_expect_error(&peer, OFPACFC_INVALID);
    peer_close(&peer);

    peer_open(&old, br, true, 1u << OFP14);
    peer_send_raw(&old, OFP14, T_SET_ASYNC, 1, primary, sizeof primary);
    peer_expect_error(&old, OFPACFC_UNSUPPORTED);
    peer_close(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_channels_and_roles, make_bridge, drop_bridge),
        cmocka_unit_test_setup_teardown(test_configuration, make_bridge, drop_bridge),
        cmocka_unit_test_setup_teardown(test_asking, make_bridge, drop_bridge),
    };
    bridge_tests_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bridge_tests_end();
    return failed;
}
