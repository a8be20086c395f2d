/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and listeners: names, transfer in both directions, hold-back, ends of all kinds, and destruction in callbacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/bytequeue.h"
#include "lib/base/compiler.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/base/stream_name.h"

/* One end of a connection and all that its callbacks saw. */
struct end {
    struct stream *stream;
    struct bytequeue got;
    size_t use;     /* bytes to take per call; 0: all */
    size_t destroy_at; /* destroys its stream when it has so many bytes; 0: never */
    int n_connected, n_drained, n_closed, error;
};

static char directory[] = "/tmp/weft-stream-test.XXXXXX";
static struct loop *loop;
static struct end client, server;

static void connected(void *end)
{
    ((struct end *) end)->n_connected++;
}

static size_t received(void *end_, const uint8_t *data, size_t n)
{
    struct end *end = end_;
    size_t used = end->use ? (n >= end->use ? end->use : 0) : n;
    bytequeue_put(&end->got, data, used);
    if (end->destroy_at && end->got.n >= end->destroy_at) {
        stream_destroy(end->stream);
        end->stream = NULL;
    }
    return used;
}

static void drained(void *end)
{
    ((struct end *) end)->n_drained++;
}

static void closed(void *end_, int error)
{
    struct end *end = end_;
    end->n_closed++;
    end->error = error;
}

static const struct stream_ops ops = { connected, received, drained, closed };

static void accepted(void *aux, struct stream *stream)
{
    server.stream = stream;
    stream_set_ops(stream, &ops, &server);
}

static int set_up(void **state)
{
    loop = loop_create();
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    return 0;
}

static int tear_down(void **state)
{
    stream_destroy(client.stream);
    stream_destroy(server.stream);
    bytequeue_destroy(&client.got);
    bytequeue_destroy(&server.got);
    loop_destroy(loop);
    return 0;
}

#define RUN_UNTIL(CONDITION)                                                                       \
    while (!(CONDITION)) {                                                                         \
        loop_run_once(loop, -1);                                                                   \
    }

static struct listener *listen_at(const char *name)
{
    char *error;
    struct listener *l = listener_open(loop, name, 0, accepted, NULL, &error);
    if (!l) {
        fail_msg("%s", error);
    }
    return l;
}

static void connect_to(const char *name)
{
    char *error;
    client.stream = stream_open(loop, name, 0, &ops, &client, &error);
    if (!client.stream) {
        fail_msg("%s", error);
    }
}

static char *unix_name(bool passive)
{
    return xasprintf("%s:%s/sock", passive ? "punix" : "unix", directory);
}

/* Both ends connected over a Unix socket; the listener is gone. */
static void connect_both(void)
{
    char *passive = unix_name(true), *active = unix_name(false);
    struct listener *l = listen_at(passive);
    connect_to(active);
    RUN_UNTIL(server.stream && client.n_connected);
    listener_destroy(l);
    free(passive);
    free(active);
}

static void assert_got(struct end *end, const char *text)
{
    assert_int_equal(end->got.n, strlen(text));
    assert_memory_equal(bytequeue_data(&end->got), text, end->got.n);
}

static void talk(const char *passive)
{
    struct listener *l = listen_at(passive);
    char *active;
    if (!strncmp(passive, "ptcp", 4)) {
        /* "ptcp:PORT:HOST" with the port that was bound. */
        int port, at;
        assert_int_equal(sscanf(listener_name(l), "ptcp:%d:%n", &port, &at), 1);
        assert_true(port > 0);
        active = xasprintf("tcp:%s:%d", listener_name(l) + at, port);
    } else {
        active = xstrdup(passive + 1);
    }
    connect_to(active);
    stream_send(client.stream, "ping", 4); /* before it is connected */
    RUN_UNTIL(server.got.n == 4);
    assert_int_equal(client.n_connected, 1);
    assert_got(&server, "ping");
    stream_send(server.stream, "po", 2);
    stream_send(server.stream, "ng", 2);
    RUN_UNTIL(client.got.n == 4);
    assert_got(&client, "pong");
    assert_int_equal(server.n_drained, 1);
    stream_destroy(client.stream);
    client.stream = NULL;
    RUN_UNTIL(server.n_closed);
    assert_int_equal(server.error, 0);
    listener_destroy(l);
    free(active);
}

static void unix_socket(void **state)
{
    char *name = unix_name(true);
    talk(name);
    free(name);
}

static void tcp4(void **state)
{
    talk("ptcp:0:127.0.0.1");
}

static void tcp6(void **state)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    bool usable = fd >= 0 && !bind(fd, (struct sockaddr *) &any, sizeof any);
    close(fd);
    if (!usable) {
        skip();
    }
    talk("ptcp:0:[::1]");
}

/* A path that does not fit into a socket's address. */
static void long_path(void **state)
{
    char deep[256];
    memset(deep, 'd', sizeof deep);
    snprintf(deep, sizeof deep, "%s/", directory);
    memset(deep + strlen(deep), 'd', 150);
    deep[strlen(directory) + 150] = '\0';
    assert_int_equal(mkdir(deep, 0700), 0);
    char *name = xasprintf("punix:%s/sock", deep);
    assert_true(strlen(name) > sizeof(struct sockaddr_un));
    talk(name);
    free(name);
    assert_int_equal(rmdir(deep), 0); /* the socket is gone as well */
}

static void large_transfer(void **state)
{
    enum { SIZE = 5000000 };
    uint8_t *data = xmalloc(SIZE);
    for (int i = 0; i < SIZE; i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
    connect_both();
    client.use = 1000; /* whole records only */
    stream_send(server.stream, data, SIZE);
    assert_int_equal(stream_backlog(server.stream), SIZE);
    RUN_UNTIL(client.got.n == SIZE && server.n_drained);
    assert_memory_equal(bytequeue_data(&client.got), data, SIZE);
    assert_int_equal(stream_backlog(server.stream), 0);
    assert_int_equal(server.n_drained, 1);
    free(data);
}

static void rest_is_presented_again(void **state)
{
    connect_both();
    client.use = 4;
    stream_send(server.stream, "abcdef", 6);
    RUN_UNTIL(client.got.n == 4);
    stream_send(server.stream, "gh", 2);
    RUN_UNTIL(client.got.n == 8);
    assert_got(&client, "abcdefgh");
}

static void pause_and_go_on(void **state)
{
    connect_both();
    stream_pause(client.stream, true);
    stream_send(server.stream, "abc", 3);
    RUN_UNTIL(server.n_drained);
    loop_run_once(loop, 0);
    assert_int_equal(client.got.n, 0);
    stream_pause(client.stream, false);
    RUN_UNTIL(client.got.n == 3);
}

static size_t pause_after_one(void *end_, const uint8_t *data, size_t n)
{
    struct end *end = end_;
    bytequeue_put(&end->got, data, 1);
    stream_pause(end->stream, true);
    return 1;
}

/* What was read already, but held back by a pause in the callback, comes without more from the peer. */
static void pause_in_callback(void **state)
{
    static const struct stream_ops pausing = { NULL, pause_after_one, NULL, closed };
    connect_both();
    stream_set_ops(client.stream, &pausing, &client);
    stream_send(server.stream, "abc", 3);
    for (size_t n = 1; n <= 3; n++) {
        RUN_UNTIL(client.got.n == n);
        loop_run_once(loop, 0);
        assert_int_equal(client.got.n, n);
        stream_pause(client.stream, false);
    }
    assert_got(&client, "abc");
}

static void finish_sends_the_rest(void **state)
{
    enum { SIZE = 3000000 };
    uint8_t *data = xcalloc(1, SIZE);
    connect_both();
    stream_send(server.stream, data, SIZE);
    stream_finish(server.stream);
    server.stream = NULL;
    RUN_UNTIL(client.n_closed);
    assert_int_equal(client.got.n, SIZE);
    assert_int_equal(client.error, 0);
    assert_int_equal(server.n_drained + server.n_closed, 0);
    free(data);
}

static void finish_while_connecting(void **state)
{
    char *passive = unix_name(true), *active = unix_name(false);
    struct listener *l = listen_at(passive);
    connect_to(active);
    stream_send(client.stream, "last words", 10);
    stream_finish(client.stream);
    client.stream = NULL;
    RUN_UNTIL(server.n_closed);
    assert_got(&server, "last words");
    assert_int_equal(client.n_connected, 0);
    listener_destroy(l);
    free(passive);
    free(active);
}

static void words_before_the_end_are_heard(void **state)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    client.stream = stream_from_fd(loop, fds[0], "test", &ops, &client);
    assert_int_equal(write(fds[1], "bye", 3), 3);
    close(fds[1]);
    stream_send(client.stream, "anyone?", 7); /* fails with EPIPE before the loop polls */
    RUN_UNTIL(client.n_closed);
    assert_got(&client, "bye");
    stream_send(client.stream, "x", 1); /* no effect */
    loop_run_once(loop, 0);
    assert_int_equal(client.n_closed, 1);
}

static void reset_by_peer(void **state)
{
    struct listener *l = listen_at("ptcp:0:127.0.0.1");
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int port, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct linger hard = { 1, 0 };
    assert_int_equal(sscanf(listener_name(l), "ptcp:%d", &port), 1);
    in.sin_port = htons((uint16_t) port);
    assert_int_equal(connect(fd, (struct sockaddr *) &in, sizeof in), 0);
    RUN_UNTIL(server.stream);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    RUN_UNTIL(server.n_closed);
    assert_int_equal(server.error, ECONNRESET);
    listener_destroy(l);
}

static void destroy_in_received(void **state)
{
    connect_both();
    client.use = 1;
    client.destroy_at = 2;
    stream_send(server.stream, "abcdef", 6);
    RUN_UNTIL(!client.stream);
    loop_run_once(loop, 0);
    assert_int_equal(client.got.n, 2);
    RUN_UNTIL(server.n_closed);
}

static void destroy_in_closed(void *end_, int error)
{
    struct end *end = end_;
    end->n_closed++;
    stream_destroy(end->stream);
    end->stream = NULL;
}

static void destroy_when_closed(void **state)
{
    static const struct stream_ops destroying = { NULL, received, NULL, destroy_in_closed };
    connect_both();
    stream_set_ops(client.stream, &destroying, &client);
    stream_destroy(server.stream);
    server.stream = NULL;
    RUN_UNTIL(client.n_closed);
    assert_null(client.stream);
}

static void destroy_with_work_queued(void **state)
{
    connect_both();
    stream_send(client.stream, "x", 1);
    stream_destroy(client.stream);
    client.stream = NULL;
    RUN_UNTIL(server.n_closed);
    assert_int_equal(server.got.n, 0);
}

static void refused_later(void **state)
{
    /* A port that was just given back: nobody listens there. */
    struct listener *l = listen_at("ptcp:0:127.0.0.1");
    int port;
    assert_int_equal(sscanf(listener_name(l), "ptcp:%d", &port), 1);
    listener_destroy(l);
    char *name = xasprintf("tcp:127.0.0.1:%d", port), *error = NULL;
    client.stream = stream_open(loop, name, 0, &ops, &client, &error);
    if (client.stream) {
        RUN_UNTIL(client.n_closed);
        assert_int_equal(client.error, ECONNREFUSED);
        assert_int_equal(client.n_connected, 0);
    } else {
        assert_non_null(strstr(error, name));
        free(error);
    }
    free(name);
}

static void refuses(const char *name, bool passive, const char *word)
{
    char *error = NULL;
    if (passive) {
        assert_null(listener_open(loop, name, 0, accepted, NULL, &error));
    } else {
        assert_null(stream_open(loop, name, 0, &ops, &client, &error));
    }
    assert_non_null(error);
    if (!strstr(error, word)) {
        fail_msg("%s: \"%s\" lacks \"%s\"", name, error, word);
    }
    free(error);
}

static void bad_names(void **state)
{
    static const char *const active[][2] = {
        { "", "active" },          { "tcp", "active" },
        { "punix:/x", "active" },  { "ssl:1.2.3.4", "port" },
        { "unix:", "path" },       { "tcp:1.2.3.4", "port" },
        { "tcp:1.2.3.4:", "port" }, { "tcp:1.2.3.4:0", "port" },
        { "tcp:1.2.3.4:65536", "port" }, { "tcp:1.2.3.4:5x", "port" },
        { "tcp:1.2.3.4:-5", "port" }, { "tcp:localhost:5", "host" },
        { "tcp:::1:5", "port" }, { "tcp:[::1:5", "port" },
        { "tcp:[1.2.3.4]:5", "host" }, { "tcp:[fe80::1%nosuchif]:5", "host" },
        { "unix:/no/such/folder/sock", "No such file" },
    };
    static const char *const passive[][2] = {
        { "unix:/x", "passive" }, { "pssl:x", "port" },   { "punix:", "path" },
        { "ptcp:", "port" },      { "ptcp:x", "port" },   { "ptcp:70000", "port" },
        { "ptcp:5:nohost", "host" }, { "punix:/no/such/folder/sock", "No such file" },
        { "ptcp:0:192.0.2.1", "cannot listen" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(active); i++) {
        refuses(active[i][0], false, active[i][1]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(passive); i++) {
        refuses(passive[i][0], true, passive[i][1]);
    }
}

static void assert_address(const char *name, bool passive, uint16_t port, const char *expected)
{
    struct stream_address a;
    assert_null(stream_name_parse(name, passive, port, &a));
    char *s = stream_name_from_sockaddr(&a.sockaddr, passive ? "ptcp" : "tcp");
    assert_string_equal(s, expected);
    free(s);
    stream_address_destroy(&a);
}

static void good_names(void **state)
{
    assert_address("tcp:1.2.3.4", false, 6653, "tcp:1.2.3.4:6653");
    assert_address("tcp:1.2.3.4:7", false, 6653, "tcp:1.2.3.4:7");
    assert_address("tcp:[::1]", false, 6653, "tcp:[::1]:6653");
    assert_address("tcp:[2001:db8::1]:80", false, 0, "tcp:[2001:db8::1]:80");
    assert_address("ptcp:", true, 6640, "ptcp:6640:0.0.0.0");
    assert_address("ptcp:6640:[::]", true, 0, "ptcp:6640:[::]");
    assert_address("ptcp::127.0.0.1", true, 6640, "ptcp:6640:127.0.0.1");
    assert_true(stream_name_is_active("tcp:x"));
    assert_true(stream_name_is_active("unix:x"));
    assert_true(stream_name_is_active("ssl:x"));
    assert_false(stream_name_is_active("pssl:x"));
    assert_false(stream_name_is_active("punix:x"));
    assert_true(stream_name_is_passive("punix:x"));
    assert_true(stream_name_is_passive("ptcp:"));
    assert_true(stream_name_is_passive("pssl:"));
    assert_false(stream_name_is_passive("tcp:x"));
}

static void unix_socket_file(void **state)
{
    struct stat st;
    char *name = unix_name(true), *path = xasprintf("%s/sock", directory);
    struct listener *l = listen_at(name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    refuses(name, true, "in use"); /* a live one is left alone */
    listener_destroy(l);
    assert_int_equal(access(path, F_OK), -1);

    /* A stale one: bound, but nobody listens any more. */
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(un.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *) &un, sizeof un), 0);
    close(fd);
    l = listen_at(name);

    /* A file that another process put there meanwhile stays. */
    unlink(path);
    FILE *other = fopen(path, "w");
    fclose(other);
    listener_destroy(l);
    assert_int_equal(access(path, F_OK), 0);
    refuses(name, true, "in use"); /* no socket: not removed */
    unlink(path);
    free(name);
    free(path);
}

static int make_directory(void **state)
{
    return !mkdtemp(directory);
}

static int remove_directory(void **state)
{
    return rmdir(directory);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unix_socket),
        TEST(tcp4),
        TEST(tcp6),
        TEST(long_path),
        TEST(large_transfer),
        TEST(rest_is_presented_again),
        TEST(pause_and_go_on),
        TEST(pause_in_callback),
        TEST(finish_sends_the_rest),
        TEST(finish_while_connecting),
        TEST(words_before_the_end_are_heard),
        TEST(reset_by_peer),
        TEST(destroy_in_received),
        TEST(destroy_when_closed),
        TEST(destroy_with_work_queued),
        TEST(refused_later),
        TEST(bad_names),
        TEST(good_names),
        TEST(unix_socket_file),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
