/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the datapath's server that misbehave: that do not read, send what makes no sense, ask for too much, or are too many. The others
 * notice nothing. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/protocol.h"
#include "lib/base/clock.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"
#include "tests/unit/datapath/server_fixture.h"

enum { WAIT_MS = 20000 };

/* A client that asks for events and does not read them loses its connection; the others notice
 * nothing. */
static void slow_watcher(void **state)
{
    struct dp_client *client = open_client(), *watcher = open_client();
    struct dp_port_change change = { .set_admin = true };
    char *error = NULL;
    int n_events = 0, result;
    struct dp_port port;
    bool deleted;

    assert_int_equal(dp_port_events_open(watcher), 0);
    uint32_t p1 = add_port(client, "p1");
    for (int i = 0; i < 40000; i++) {
        change.admin_up = i & 1;
        assert_int_equal(dp_port_set(client, p1, &change, &error), 0);
    }
    while (!(result = dp_port_event_recv(watcher, &port, &deleted))) {
        n_events++;
    }
    assert_true(result == EPIPE || result == ECONNRESET);
    assert_true(n_events > 10 && n_events < 40000);
    dp_client_destroy(watcher);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

static int connect_raw(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };

    strcpy(sun.sun_path, server_fixture_path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_false(connect(fd, (struct sockaddr *) &sun, sizeof sun));
    return fd;
}

static uint8_t raw_out[DP_MSG_MAX] __attribute__((aligned(8))),
    raw_in[DP_MSG_MAX] __attribute__((aligned(8)));

/* Offers all versions up to 'max'. */
static void say_hello_up_to(int fd, uint32_t max)
{
    const struct dp_wire_versions versions = { 1, max };
    struct dp_builder b = { .data = raw_out };
    struct dp_parsed parsed;
    int fds[DP_MSG_MAX_FDS];
    size_t n, n_fds;

    dp_build_start(&b, DP_MSG_HELLO, 0, 1, 0);
    dp_build_put(&b, DP_A_VERSIONS, &versions, sizeof versions);
    assert_true(dp_build_finish(&b));
    assert_int_equal(dp_msg_send(fd, b.data, b.len, NULL, 0), 0);
    assert_int_equal(dp_msg_recv(fd, raw_in, &n, fds, &n_fds), 0);
    assert_null(dp_msg_check(raw_in, n, true, &parsed));
    const struct dp_wire_info *info = dp_attr_content(parsed.attr[DP_A_INFO]);
    assert_int_equal(info->version, MIN(max, DP_PROTOCOL_MAX)); /* the newest that both know */
}

static void say_hello(int fd)
{
    say_hello_up_to(fd, 9);
}

/* The server ends the connection, with or without a refusal before. */
static void expect_end(int fd)
{
    int error, fds[DP_MSG_MAX_FDS];
    size_t n, n_fds;

    do {
        error = dp_msg_recv(fd, raw_in, &n, fds, &n_fds);
    } while (!error);
    assert_true(error == EPIPE || error == ECONNRESET);
    close(fd);
}

static void send_bare(int fd, enum dp_msg_type type, const int *fds, size_t n_fds)
{
    struct dp_builder b = { .data = raw_out };

    dp_build_start(&b, type, 0, 2, 0);
    assert_true(dp_build_finish(&b));
    assert_int_equal(dp_msg_send(fd, b.data, b.len, fds, n_fds), 0);
}

static void bad_clients(void **state)
{
    struct dp_client *good = open_client();
    struct dp_totals totals;

    int fd = connect_raw(); /* a request before the handshake */
    send_bare(fd, DP_MSG_TOTALS, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* rubbish */
    assert_int_equal(dp_msg_send(fd, "rubbish", 7, NULL, 0), 0);
    expect_end(fd);
    fd = connect_raw(); /* a request without what it needs */
    say_hello(fd);
    send_bare(fd, DP_MSG_PORT_ADD, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* descriptors */
    say_hello(fd);
    send_bare(fd, DP_MSG_TOTALS, (int[]) { 0, 1 }, 2);
    expect_end(fd);
    fd = connect_raw(); /* a request behind a subscription */
    say_hello(fd);
    send_bare(fd, DP_MSG_PORT_EVENTS, NULL, 0);
    send_bare(fd, DP_MSG_TOTALS, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* something that its version does not have */
    say_hello_up_to(fd, 1);
    send_bare(fd, DP_MSG_SELECT_DUMP, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* nothing, and away */
    close(fd);

    assert_int_equal(dp_totals_get(good, &totals), 0);
    dp_client_destroy(good);
}

static void build_raw_put(struct dp_builder *b, uint32_t i, bool with_mask, bool with_actions)
{
    struct dp_wire_op head = { .type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE, .ufid = make_ufid(i) };
    struct actions none = ACTIONS_INIT;
    struct flow key, mask;
    struct dp_op op;
    make_put(&op, &key, &mask, &none, 1, i);
    size_t outer = dp_build_begin(b, DP_A_OP);
    dp_build_put(b, DP_A_OP_HEAD, &head, sizeof head);
    dp_build_flow(b, DP_A_KEY, &key);
    if (with_actions) {
        dp_build_put(b, DP_A_ACTIONS, NULL, 0);
    }
    if (with_mask) {
        dp_build_flow(b, DP_A_MASK, &mask);
    }
    dp_build_end(b, outer);
}

/* What is left out must have been there before, in this message, and the version must have it. */
static void missing_parts(void **state)
{
    static const struct {
        bool with_mask, with_actions;
        int error, old_error; /* of a client that knows of leaving out, and of one that does not */
    } puts[] = {
        { false, true, EBADMSG, EBADMSG }, { true, false, EBADMSG, EBADMSG }, { true, true, 0, 0 },
        { false, true, 0, EBADMSG },       { true, false, 0, EBADMSG },       { false, false, 0, EBADMSG },
    };
    struct dp_client *good = open_client();
    for (int old = 0; old <= 1; old++) {
        struct dp_builder b = { .data = raw_out };
        struct dp_parsed parsed;
        int fds[DP_MSG_MAX_FDS], fd = connect_raw();
        size_t n, n_fds;
        say_hello_up_to(fd, DP_PROTOCOL_REPEAT - old);
        for (int message = 0; message < 2; message++) {
            dp_build_start(&b, DP_MSG_OPERATE, 0, 2, 0);
            for (uint32_t i = 0; i < ARRAY_SIZE(puts); i++) {
                build_raw_put(&b, message * ARRAY_SIZE(puts) + i, puts[i].with_mask, puts[i].with_actions);
            }
            assert_true(dp_build_finish(&b));
            assert_int_equal(dp_msg_send(fd, b.data, b.len, NULL, 0), 0);
            assert_int_equal(dp_msg_recv(fd, raw_in, &n, fds, &n_fds), 0);
            assert_null(dp_msg_check(raw_in, n, true, &parsed));
            const struct dp_attr *a = NULL;
            for (uint32_t i = 0; i < ARRAY_SIZE(puts); i++) {
                a = dp_attr_next(&parsed, DP_A_OP_RESULT, a);
                const struct dp_wire_result *result = dp_attr_content(a);
                assert_int_equal(result->error, old ? puts[i].old_error : puts[i].error);
            }
        }
        close(fd);
        assert_int_equal(dp_flow_flush(good), 0);
    }
    dp_client_destroy(good);
}

/* Many requests without reading the answers: the server waits, and answers all of them when they
 * are read. */
static void impatient_client(void **state)
{
    struct dp_client *good = open_client();
    struct dp_totals totals;
    int fds[DP_MSG_MAX_FDS], fd = connect_raw();
    size_t n, n_fds, n_sent = 0;
    struct dp_builder b = { .data = raw_out };

    say_hello(fd);
    dp_build_start(&b, DP_MSG_TOTALS, 0, 2, 0);
    assert_true(dp_build_finish(&b));
    while (n_sent < 100000 && send(fd, b.data, b.len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        n_sent++;
    }
    assert_true(n_sent > 100 && n_sent < 100000);
    assert_int_equal(dp_totals_get(good, &totals), 0);
    for (size_t i = 0; i < n_sent; i++) {
        struct dp_parsed parsed;
        assert_int_equal(dp_msg_recv(fd, raw_in, &n, fds, &n_fds), 0);
        assert_null(dp_msg_check(raw_in, n, true, &parsed));
        assert_int_equal(parsed.msg->error, 0);
    }
    close(fd);
    dp_client_destroy(good);
}

static void too_many_clients(void **state)
{
    int fds[300];

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        fds[i] = connect_raw();
    }
    expect_end(fds[299]);
    for (size_t i = 0; i < 299; i++) {
        close(fds[i]);
    }
    struct dp_client *client = NULL;
    for (int64_t end = clock_real_ms() + WAIT_MS; !client && clock_real_ms() < end;) {
        char *error = NULL;
        client = dp_client_open(server_fixture_path, &error);
        free(error);
    }
    assert_non_null(client);
    dp_client_destroy(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_watcher),
        cmocka_unit_test(bad_clients),
        cmocka_unit_test(missing_parts),
        cmocka_unit_test(impatient_client),
        cmocka_unit_test(too_many_clients),
    };
    return cmocka_run_group_tests(tests, server_fixture_start, server_fixture_stop);
}
