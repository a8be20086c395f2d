/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: calls, errors, late answers, the built-in commands, the clock's, and hostile clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/clock_unixctl.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/memory.h"
#include "lib/base/unixctl.h"

LOG_MODULE(unixctl_test);
COVERAGE_DEFINE(unixctl_test_counter);

/* The server runs on a thread of its own; the test calls it as the tools do. */
static char directory[] = "/tmp/weft-unixctl-test.XXXXXX";
static char *path;
static struct loop *loop;
static struct unixctl *server;
static pthread_t thread;

static struct unixctl_conn *waiting;
static int n_ticks;
static struct loop_timer *ticker;

static void say_arguments(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    char *text = xasprintf("%d %s %s", argc, argv[1], argv[argc - 1]);
    unixctl_reply(conn, text);
    free(text);
}

static void say_bytes(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    unixctl_reply(conn, "caf\xe9\n");
}

static void fail_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    unixctl_reply_error(conn, "it failed");
}

static void wait_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    waiting = conn;
}

static void go_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    if (waiting) {
        unixctl_reply(waiting, "went");
        waiting = NULL;
        unixctl_reply(conn, "gone");
    } else {
        unixctl_reply_error(conn, "nobody waits");
    }
}

static void tick(void *aux)
{
    n_ticks++;
    loop_timer_set_in(ticker, 100);
}

static void ticks_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    char *text = xasprintf("%d", n_ticks);
    unixctl_reply(conn, text);
    free(text);
    n_ticks = 0;
    loop_timer_set_in(ticker, 100);
}

static void count_things(struct memory_usage *usage, void *aux)
{
    memory_usage_add(usage, "things", 2);
    memory_usage_add(usage, "apples", 7);
    memory_usage_add(usage, "things", 3);
}

static void *serve(void *aux)
{
    loop_run(loop);
    return NULL;
}

static int set_up(void **state)
{
    char *error;
    if (!mkdtemp(directory)) {
        return -1;
    }
    path = xasprintf("%s/sock", directory);
    loop = loop_create();
    server = unixctl_create(loop, path, &error);
    if (!server) {
        return -1;
    }
    ticker = loop_timer_create(loop, tick, NULL);
    unixctl_register(server, "test/arguments", "A [B [C]]", 1, 3, say_arguments, NULL);
    unixctl_register(server, "test/bytes", "", 0, 0, say_bytes, NULL);
    unixctl_register(server, "test/fail", NULL, 0, -1, fail_command, NULL);
    unixctl_register(server, "test/wait", "", 0, 0, wait_command, NULL);
    unixctl_register(server, "test/go", "", 0, 0, go_command, NULL);
    unixctl_register(server, "test/ticks", "", 0, 0, ticks_command, NULL);
    clock_unixctl_register(server);
    unixctl_set_version_text(server, "test 1.2");
    memory_register(count_things, NULL);
    return pthread_create(&thread, NULL, serve, NULL);
}

static int tear_down(void **state)
{
    loop_stop(loop);
    pthread_join(thread, NULL);
    memory_unregister(count_things, NULL);
    loop_timer_destroy(ticker);
    unixctl_destroy(server);
    loop_destroy(loop);
    int left = rmdir(directory); /* the socket is gone */
    free(path);
    return left;
}

/* Calls and compares: the answer if 'ok', else the error. */
static void call(bool ok, const char *expected, int argc, const char *const *argv)
{
    char *result, *error;
    assert_int_equal(unixctl_call(path, argc, (char **) argv, 60000, &result, &error), 0);
    if (!(ok ? result : error)) {
        fail_msg("%s: %s", argv[0], ok ? error : result);
    }
    assert_string_equal(ok ? result : error, expected);
    assert_null(ok ? error : result);
    free(result);
    free(error);
}

#define CALL(OK, EXPECTED, ...)                                                                    \
    call(OK, EXPECTED, sizeof((const char *[]) { __VA_ARGS__ }) / sizeof(char *),                  \
         (const char *[]) { __VA_ARGS__ })

static void calls(void **state)
{
    CALL(true, "2 a a\n", "test/arguments", "a");
    CALL(true, "4 a \xc3\xa9\n", "test/arguments", "a", "b", "\xc3\xa9");
    CALL(true, "test 1.2\n", "version");
    CALL(true, "caf\xef\xbf\xbd\n", "test/bytes"); /* JSON carries UTF-8 only */
}

static void errors(void **state)
{
    CALL(false, "it failed\n", "test/fail", "x");
    CALL(false, "\"test/arguments\" command requires at least 1 arguments\n", "test/arguments");
    CALL(false, "\"test/arguments\" command takes at most 3 arguments\n", "test/arguments", "1",
         "2", "3", "4");
    CALL(false, "\"nonsense\" is not a valid command (list-commands shows those that are)\n",
         "nonsense");

    char *result, *error;
    char *argv[] = { "version", "\xff" };
    assert_int_equal(unixctl_call(path, 2, argv, 0, &result, &error), EILSEQ);
    assert_int_equal(unixctl_call("/no/such/socket", 1, argv, 0, &result, &error), ENOENT);
}

static void lists_commands(void **state)
{
    char *result, *error, *argv[] = { "list-commands" };
    assert_int_equal(unixctl_call(path, 1, argv, 0, &result, &error), 0);
    assert_memory_equal(result, "The available commands are:\n  coverage/", 38);
    assert_non_null(strstr(result, "\n  test/arguments          A [B [C]]\n  test/bytes\n"));
    free(result);
}

static void *call_wait(void *aux)
{
    CALL(true, "went\n", "test/wait");
    return NULL;
}

static bool somebody_waits(void)
{
    char *result, *error, *argv[] = { "test/go" };
    assert_int_equal(unixctl_call(path, 1, argv, 0, &result, &error), 0);
    bool gone = result != NULL;
    free(result);
    free(error);
    return gone;
}

static void late_answer(void **state)
{
    pthread_t caller;
    assert_int_equal(pthread_create(&caller, NULL, call_wait, NULL), 0);
    while (!somebody_waits()) {
    }
    pthread_join(caller, NULL);
}

static void built_in(void **state)
{
    CALL(true, "0\n", "coverage/read-counter", "unixctl_test_counter");
    COVERAGE_ADD(unixctl_test_counter, 3);
    CALL(true, "3\n", "coverage/read-counter", "unixctl_test_counter");
    CALL(false, "No such counter\n", "coverage/read-counter", "nonsense");

    CALL(true, "", "vlog/set", "unixctl_test:file:err", "unixctl_test:console:warn");
    CALL(false, "no destination, level, or module \"nonsense\"\n", "vlog/set", "nonsense");
    CALL(true, "", "vlog/disable-rate-limit", "unixctl_test");
    char *result, *error, *argv[] = { "vlog/list" };
    assert_int_equal(unixctl_call(path, 1, argv, 0, &result, &error), 0);
    assert_non_null(strstr(
        result, "\nunixctl_test      WARN       INFO        ERR    (rate limiting disabled)\n"));
    free(result);
    CALL(true, "", "vlog/enable-rate-limit");
    CALL(false, "unknown module \"nonsense\"\n", "vlog/enable-rate-limit", "nonsense");
    CALL(false, "Logging to file not configured\n", "vlog/reopen");
    CALL(true, "", "vlog/close");

    argv[0] = "memory/show";
    assert_int_equal(unixctl_call(path, 1, argv, 0, &result, &error), 0);
    assert_memory_equal(result, "apples:7 things:5\nheap: ", 24);
#ifdef HAVE_JEMALLOC
    unsigned long allocated;
    assert_int_equal(sscanf(result + 24, "allocated:%lu", &allocated), 1);
    assert_true(allocated > 1000);
#endif
    free(result);
}

static void clock_commands(void **state)
{
    CALL(true, "", "time/stop");
    CALL(true, "0\n", "test/ticks");
    CALL(true, "warped\n", "time/warp", "1000");
    CALL(true, "1\n", "test/ticks"); /* one leap: the timer fires once */
    CALL(true, "warped\n", "time/warp", "1000", "100");
    CALL(true, "10\n", "test/ticks"); /* steps: each one counts */
    CALL(true, "warped\n", "time/warp", "99");
    CALL(true, "0\n", "test/ticks");
    CALL(true, "warped\n", "time/warp", "0");
    CALL(false, "invalid number of milliseconds\n", "time/warp", "x");
    CALL(false, "invalid number of milliseconds\n", "time/warp", "-1");
    CALL(false, "invalid number of milliseconds\n", "time/warp", "99999999999999999");
    CALL(false, "a step of 0 ms leads nowhere\n", "time/warp", "10", "0");
}

static int connect_raw(void)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(un.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *) &un, sizeof un), 0);
    return fd;
}

/* Says 'text' and returns what comes until the other side closes, or has said 'n_wanted' bytes. */
static char *exchange(int fd, const char *text, size_t n_wanted)
{
    static char answer[4096];
    size_t n = 0;
    if (*text) {
        assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    }
    while (n < n_wanted) {
        ssize_t got = recv(fd, answer + n, sizeof answer - 1 - n, 0);
        if (got <= 0) {
            break;
        }
        n += (size_t) got;
    }
    answer[n] = '\0';
    return answer;
}

static void hostile_clients(void **state)
{
    static const char *const fatal[] = {
        "GET / HTTP/1.0\r\n\r\n",
        "{\"method\":\"version\",\"params\":[],\"id\":null}", /* a notification */
        "{\"result\":1,\"error\":null,\"id\":1}",
        "{\"method\":\"version\",\"params\":{},\"id\":1}",
        "[[[[[[[[[[]]]]]]]]]]",
        "\xff\xfe",
    };
    for (size_t i = 0; i < ARRAY_SIZE(fatal); i++) {
        int fd = connect_raw();
        assert_string_equal(exchange(fd, fatal[i], 1), "");
        close(fd);
    }

    /* Not text: refused, but the connection stays. */
    static const char refusal[] = "{\"result\":null,\"error\":\"\\\"test/fail\\\" command has an "
                                  "argument that is not a string\\n\",\"id\":1}";
    int fd = connect_raw();
    for (int i = 0; i < 2; i++) {
        assert_string_equal(exchange(fd, "{\"method\":\"test/fail\",\"params\":[[1]],\"id\":1}",
                                     strlen(refusal)),
                            refusal);
    }
    close(fd);
    CALL(true, "test 1.2\n", "version");
}

/* Many questions at once are answered one by one, in order. */
static void pipelined(void **state)
{
    int fd = connect_raw();
    char text[2000] = "", expected[4000] = "";
    for (int i = 0; i < 20; i++) {
        sprintf(text + strlen(text), "{\"method\":\"version\",\"params\":[],\"id\":%d}", i);
        sprintf(expected + strlen(expected),
                "{\"result\":\"test 1.2\\n\",\"error\":null,\"id\":%d}", i);
    }
    assert_string_equal(exchange(fd, text, strlen(expected)), expected);
    close(fd);
}

/* A command that is answered late holds up those behind it on its connection, not those on others. */
static void one_command_at_a_time(void **state)
{
    static const char answers[] = "{\"result\":\"went\\n\",\"error\":null,\"id\":1}"
                                  "{\"result\":\"test 1.2\\n\",\"error\":null,\"id\":2}";
    int fd = connect_raw();
    exchange(fd,
             "{\"method\":\"test/wait\",\"params\":[],\"id\":1}"
             "{\"method\":\"version\",\"params\":[],\"id\":2}",
             0);
    while (!somebody_waits()) {
    }
    assert_string_equal(exchange(fd, "", strlen(answers)), answers);
    close(fd);
}

static void keep_conn(struct unixctl_conn *conn, int argc, const char *argv[], void *kept)
{
    *(struct unixctl_conn **) kept = conn;
}

/* The server is gone when the answer comes. */
static void answer_after_the_end(void **state)
{
    static const char question[] = "{\"method\":\"test/keep\",\"params\":[],\"id\":1}";
    struct unixctl_conn *kept = NULL;
    struct loop *own_loop = loop_create();
    char *error, *usual = path;
    path = xasprintf("%s/own", directory);
    struct unixctl *own = unixctl_create(own_loop, path, &error);
    assert_non_null(own);
    unixctl_register(own, "test/keep", "", 0, 0, keep_conn, &kept);
    int fd = connect_raw();
    exchange(fd, question, 0);
    while (!kept) {
        loop_run_once(own_loop, -1);
    }
    unixctl_destroy(own);
    unixctl_reply(kept, "too late");
    assert_string_equal(exchange(fd, "", 1), "");
    close(fd);
    loop_destroy(own_loop);
    free(path);
    path = usual;
}

/* The one who asked is gone when the answer comes. */
static void client_leaves_while_waiting(void **state)
{
    int fd = connect_raw();
    exchange(fd, "{\"method\":\"test/wait\",\"params\":[],\"id\":1}", 0);
    shutdown(fd, SHUT_RDWR);
    close(fd);
    while (!somebody_waits()) {
    }
    CALL(true, "test 1.2\n", "version");
}

static void too_many_clients(void **state)
{
    enum { N = 300 };
    static int fds[N];
    for (int i = 0; i < N; i++) {
        fds[i] = connect_raw();
    }
    /* Those past the cap are hung up on; the ones before are served. */
    char c;
    assert_int_equal(recv(fds[N - 1], &c, 1, 0), 0);
    assert_memory_equal(exchange(fds[0], "{\"method\":\"version\",\"params\":[],\"id\":1}", 20),
                        "{\"result\":\"test 1.2\\n", 20);
    for (int i = 0; i < N; i++) {
        close(fds[i]);
    }
    /* And when they are gone there is room again, as soon as the server has seen it. */
    char *result = NULL, *error, *argv[] = { "version" };
    while (unixctl_call(path, 1, argv, 0, &result, &error)) {
    }
    free(result);
}

static void second_server_at_the_same_path(void **state)
{
    struct loop *other = loop_create();
    char *error;
    assert_null(unixctl_create(other, path, &error));
    assert_non_null(strstr(error, path));
    free(error);
    loop_destroy(other);
    CALL(true, "test 1.2\n", "version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(errors),
        cmocka_unit_test(lists_commands),
        cmocka_unit_test(late_answer),
        cmocka_unit_test(built_in),
        cmocka_unit_test(hostile_clients),
        cmocka_unit_test(pipelined),
        cmocka_unit_test(one_command_at_a_time),
        cmocka_unit_test(answer_after_the_end),
        cmocka_unit_test(client_leaves_while_waiting),
        cmocka_unit_test(too_many_clients),
        cmocka_unit_test(second_server_at_the_same_path),
        cmocka_unit_test(clock_commands),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
