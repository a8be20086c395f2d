/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC: framing against a naive twin, what is a message, sessions with good and hostile peers, probes, the blocking client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/jsonrpc.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/stream.h"

/* --- The framing ------------------------------------------------------------------------------------------------- */

static ssize_t scan(const char *text)
{
    struct jsonrpc_scan s = { 0 };
    return jsonrpc_scan_message(&s, text, strlen(text));
}

static void framing(void **state)
{
    static const struct {
        const char *text;
        ssize_t length;
    } cases[] = {
        { "", 0 },
        { " \t\r\n", 0 },
        { "{}", 2 },
        { "  {}  ", 4 },
        { "{}{}", 2 },
        { "[[],[]] x", 7 },
        { "{\"a\":\"}\"}", 9 },
        { "{\"a\":\"\\\"}\"}", 11 },
        { "{\"a\\\\\":1}", 9 },
        { "{\"a", 0 },
        { "{\"a\\", 0 },
        { "{\"a\":{}", 0 },
        { "x", -1 },
        { "1", -1 },
        { "\"s\"", -1 },
        { "}", -1 },
        { " ]", -1 },
        { "null", -1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (scan(cases[i].text) != cases[i].length) {
            fail_msg("%s: %zd", cases[i].text, scan(cases[i].text));
        }
    }
}

static void depth_is_bounded(void **state)
{
    char text[2 * JSONRPC_MAX_DEPTH + 3];
    memset(text, '[', JSONRPC_MAX_DEPTH);
    memset(text + JSONRPC_MAX_DEPTH, ']', JSONRPC_MAX_DEPTH);
    text[2 * JSONRPC_MAX_DEPTH] = '\0';
    assert_int_equal(scan(text), 2 * JSONRPC_MAX_DEPTH);
    memset(text, '[', JSONRPC_MAX_DEPTH + 1);
    assert_int_equal(scan(text), -1);
}

static void length_is_bounded(void **state)
{
    size_t n = JSONRPC_MAX_MESSAGE + 1;
    char *text = xmalloc(n);
    struct jsonrpc_scan s = { 0 };
    memset(text, ' ', n);
    text[0] = '{';
    text[n - 2] = '}';
    assert_int_equal(jsonrpc_scan_message(&s, text, n), JSONRPC_MAX_MESSAGE);
    memset(&s, 0, sizeof s);
    text[n - 2] = ' ';
    assert_int_equal(jsonrpc_scan_message(&s, text, n - 1), 0);
    assert_int_equal(jsonrpc_scan_message(&s, text, n), -1);
    free(text);
}

/* A JSON value of random form, as text. */
static json_t *random_json(int depth)
{
    static const char *const strings[] = { "", "}", "{", "\"", "\\", "\\\"", "[\n]", "a\xc3\xa9" };
    json_t *json;
    switch (depth > 4 ? random() % 4 : random() % 6) {
    case 0:
        return json_null();
    case 1:
        return json_integer(random());
    case 2:
        return json_boolean(random() % 2);
    case 3:
        return json_string(strings[random() % (long) ARRAY_SIZE(strings)]);
    case 4:
        json = json_array();
        for (long n = random() % 4; n > 0; n--) {
            json_array_append_new(json, random_json(depth + 1));
        }
        return json;
    default:
        json = json_object();
        for (long n = random() % 4; n > 0; n--) {
            json_object_set_new(json, strings[random() % (long) ARRAY_SIZE(strings)],
                                random_json(depth + 1));
        }
        return json;
    }
}

/* jansson wrote the values, so that it is known where each one ends; they come in pieces of random size. */
static void framing_of_random_values(void **state)
{
    srandom(4);
    for (int round = 0; round < 500; round++) {
        struct strbuf text = STRBUF_INIT;
        size_t ends[20], n_ends = 0, start = 0;
        while (n_ends < ARRAY_SIZE(ends)) {
            json_t *json = json_pack("[o]", random_json(0));
            char *s = json_dumps(json, random() % 2 ? JSON_INDENT(2) : JSON_COMPACT);
            strbuf_puts(&text, random() % 2 ? "\n " : "");
            strbuf_puts(&text, s);
            ends[n_ends++] = text.length;
            free(s);
            json_decref(json);
        }
        struct jsonrpc_scan scan_state = { 0 };
        size_t n_seen = 0, available = 0;
        while (n_seen < n_ends) {
            ssize_t n = jsonrpc_scan_message(&scan_state, text.s + start, available - start);
            assert_true(n >= 0);
            if (n) {
                start += (size_t) n;
                assert_int_equal(start, ends[n_seen++]);
                memset(&scan_state, 0, sizeof scan_state);
            } else {
                assert_true(available < text.length);
                available = MIN(available + (size_t) random() % 20, text.length);
            }
        }
        strbuf_destroy(&text);
    }
}

/* --- What is a message ------------------------------------------------------------------------------------------- */

static char *check(const char *text, struct jsonrpc_msg *msg, json_t **json)
{
    *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(*json);
    return jsonrpc_msg_from_json(*json, msg);
}

static void messages(void **state)
{
    static const struct {
        const char *text;
        enum jsonrpc_type type;
    } good[] = {
        { "{\"method\":\"m\",\"params\":[],\"id\":1}", JSONRPC_REQUEST },
        { "{\"method\":\"m\",\"params\":[1],\"id\":[\"any\"]}", JSONRPC_REQUEST },
        { "{\"method\":\"m\",\"params\":[],\"id\":null}", JSONRPC_NOTIFY },
        { "{\"method\":\"m\",\"params\":[],\"result\":null}", JSONRPC_NOTIFY },
        { "{\"result\":1,\"error\":null,\"id\":1}", JSONRPC_REPLY },
        { "{\"result\":null,\"error\":null,\"id\":1}", JSONRPC_REPLY },
        { "{\"result\":false,\"id\":1}", JSONRPC_REPLY },
        { "{\"result\":null,\"error\":\"e\",\"id\":1}", JSONRPC_ERROR },
        { "{\"error\":{},\"id\":\"x\"}", JSONRPC_ERROR },
    };
    static const char *const bad[] = {
        "[]", "1", "\"s\"", "null", "{}", "{\"id\":1}",
        "{\"method\":1,\"params\":[],\"id\":1}",
        "{\"method\":\"m\",\"id\":1}",
        "{\"method\":\"m\",\"params\":{},\"id\":1}",
        "{\"method\":\"m\",\"params\":null,\"id\":1}",
        "{\"method\":\"m\",\"params\":[],\"id\":1,\"result\":1}",
        "{\"method\":\"m\",\"params\":[],\"id\":1,\"error\":1}",
        "{\"result\":1,\"error\":1,\"id\":1}",
        "{\"result\":1,\"error\":null,\"id\":null}",
        "{\"result\":1}",
        "{\"error\":null,\"id\":1}",
        "{\"params\":[],\"result\":1,\"id\":1}",
    };
    struct jsonrpc_msg msg;
    json_t *json;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        char *error = check(good[i].text, &msg, &json);
        if (error) {
            fail_msg("%s: %s", good[i].text, error);
        }
        assert_int_equal(msg.type, good[i].type);
        json_decref(json);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *error = check(bad[i], &msg, &json);
        if (!error) {
            fail_msg("%s: taken for a message", bad[i]);
        }
        free(error);
        json_decref(json);
    }
}

/* --- Sessions ---------------------------------------------------------------------------------------------------- */

static struct loop *loop;
static struct jsonrpc *session;
static int peer; /* the other end, a plain socket */
static int n_received, n_closed, closed_error;
static bool destroy_on_receipt;
static struct strbuf got; /* the methods of what was received */

static void received(void *aux, const struct jsonrpc_msg *msg)
{
    n_received++;
    strbuf_putf(&got, "%s ", msg->method ? msg->method : "-");
    if (msg->type == JSONRPC_REQUEST && !strcmp(msg->method, "big")) {
        char *text = xmalloc(1 << 20);
        memset(text, 'x', 1 << 20);
        jsonrpc_send_reply(session, json_stringn(text, 1 << 20), json_incref(msg->id));
        free(text);
    }
    if (destroy_on_receipt) {
        jsonrpc_destroy(session);
        session = NULL;
    }
}

static void closed(void *aux, int error)
{
    n_closed++;
    closed_error = error;
}

static int start_session(void **state)
{
    static const struct jsonrpc_ops ops = { NULL, received, closed };
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds)) {
        return -1;
    }
    loop = loop_create();
    session = jsonrpc_create(loop, stream_from_fd(loop, fds[0], "test", NULL, NULL), &ops, NULL);
    peer = fds[1];
    n_received = n_closed = closed_error = 0;
    destroy_on_receipt = false;
    return 0;
}

static int end_session(void **state)
{
    jsonrpc_destroy(session);
    strbuf_destroy(&got);
    loop_destroy(loop);
    close(peer);
    return 0;
}

static void say(const char *text)
{
    assert_int_equal(send(peer, text, strlen(text), 0), strlen(text));
}

#define RUN_UNTIL(CONDITION)                                                                       \
    while (!(CONDITION)) {                                                                         \
        loop_run_once(loop, -1);                                                                   \
    }

/* What the session said so far; at most a few KiB. */
static const char *hear(void)
{
    static char text[4096];
    loop_run_once(loop, 0);
    ssize_t n = recv(peer, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void several_in_one_piece(void **state)
{
    say("{\"method\":\"a\",\"params\":[],\"id\":1} {\"method\":\"b\",\"params\":[],\"id\":null}\n{\"meth");
    RUN_UNTIL(n_received == 2);
    say("od\":\"c\",\"params\":[],\"id\":2}");
    RUN_UNTIL(n_received == 3);
    assert_string_equal(strbuf_str(&got), "a b c ");
}

static void sends(void **state)
{
    jsonrpc_send_request(session, "m", json_pack("[i]", 1), json_integer(7));
    assert_string_equal(hear(), "{\"method\":\"m\",\"params\":[1],\"id\":7}");
    jsonrpc_send_notify(session, "n", json_array());
    assert_string_equal(hear(), "{\"method\":\"n\",\"params\":[],\"id\":null}");
    jsonrpc_send_reply(session, json_true(), json_string("x"));
    assert_string_equal(hear(), "{\"result\":true,\"error\":null,\"id\":\"x\"}");
    jsonrpc_send_error(session, json_string("no"), json_integer(1));
    assert_string_equal(hear(), "{\"result\":null,\"error\":\"no\",\"id\":1}");
    assert_int_equal(jsonrpc_backlog(session), 0);
}

static void answers_echo(void **state)
{
    say("{\"method\":\"echo\",\"params\":[1,\"two\"],\"id\":\"echo\"}");
    loop_run_once(loop, -1);
    assert_string_equal(hear(), "{\"result\":[1,\"two\"],\"error\":null,\"id\":\"echo\"}");
    assert_int_equal(n_received, 0);
}

static void what_is_no_message_ends_the_session(void **state)
{
    static const char *const bad[] = {
        "hello", "}", "[]", "{}", "{\"a\":}", "{\"method\":\"\\u0000\",\"params\":[]}", "{\"\xff\":1}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (i) {
            start_session(state);
        }
        say(bad[i]);
        RUN_UNTIL(n_closed);
        assert_int_equal(closed_error, EPROTO);
        assert_int_equal(n_received, 0);
        jsonrpc_send_notify(session, "x", json_array()); /* into the void */
        loop_run_once(loop, 0);
        assert_int_equal(n_closed, 1);
        if (i + 1 < ARRAY_SIZE(bad)) {
            end_session(state);
        }
    }
}

static void good_before_bad_is_received(void **state)
{
    say("{\"method\":\"a\",\"params\":[],\"id\":1}garbage");
    RUN_UNTIL(n_closed);
    assert_string_equal(strbuf_str(&got), "a ");
}

static void destroyed_in_received(void **state)
{
    destroy_on_receipt = true;
    say("{\"method\":\"a\",\"params\":[],\"id\":1}{\"method\":\"b\",\"params\":[],\"id\":1}");
    RUN_UNTIL(!session);
    loop_run_once(loop, 0);
    assert_int_equal(n_received, 1);
    assert_int_equal(n_closed, 0);
}

static void end_of_peer(void **state)
{
    close(peer);
    RUN_UNTIL(n_closed);
    assert_int_equal(closed_error, 0);
    peer = -1;
}

static void pause_and_go_on(void **state)
{
    jsonrpc_pause(session, true);
    say("{\"method\":\"a\",\"params\":[],\"id\":1}");
    loop_run_once(loop, 0);
    loop_run_once(loop, 0);
    assert_int_equal(n_received, 0);
    jsonrpc_pause(session, false);
    RUN_UNTIL(n_received == 1);
}

/* A peer that asks without reading the answers is not heard any more, so that what is queued for it stays bounded. */
static void deaf_peer(void **state)
{
    for (int i = 0; i < 100; i++) {
        say("{\"method\":\"big\",\"params\":[],\"id\":1}");
    }
    for (int i = 0; i < 50; i++) {
        loop_run_once(loop, 0);
    }
    assert_in_range(n_received, 1, 20);
    assert_in_range(jsonrpc_backlog(session), 1, 20 << 20);

    /* Once it reads, it is served again, to the last question. */
    static char sink[1 << 20];
    while (n_received < 100) {
        loop_run_once(loop, 0);
        while (recv(peer, sink, sizeof sink, 0) > 0) {
        }
    }
}

static void finish_sends_what_is_queued(void **state)
{
    jsonrpc_send_notify(session, "last", json_array());
    jsonrpc_finish(session);
    session = NULL;
    loop_run_once(loop, 0);
    assert_string_equal(hear(), "{\"method\":\"last\",\"params\":[],\"id\":null}");
    assert_int_equal(n_closed, 0);
}

static void probes(void **state)
{
    static const char probe[] = "{\"method\":\"echo\",\"params\":[],\"id\":\"echo\"}";
    clock_stop();
    jsonrpc_set_probe(session, 5000);
    assert_string_equal(hear(), "");
    clock_warp(5000);
    loop_run_once(loop, 0);
    assert_string_equal(hear(), probe);

    say("{\"result\":[],\"error\":null,\"id\":\"echo\"}");
    loop_run_once(loop, -1);
    assert_int_equal(n_received, 0); /* the answer is the session's own affair */
    clock_warp(4000);
    say("{\"method\":\"a\",\"params\":[],\"id\":1}");
    loop_run_once(loop, -1);
    clock_warp(4000);
    loop_run_once(loop, 0);
    assert_string_equal(hear(), ""); /* it has just spoken */

    clock_warp(1000);
    loop_run_once(loop, 0);
    assert_string_equal(hear(), probe);
    assert_int_equal(n_closed, 0);
    clock_warp(5000);
    loop_run_once(loop, 0);
    assert_int_equal(n_closed, 1);
    assert_int_equal(closed_error, ETIMEDOUT);
}

/* --- The blocking client ----------------------------------------------------------------------------------------- */

static char directory[] = "/tmp/weft-jsonrpc-test.XXXXXX";

struct script {
    struct listener *listener;
    const char *answer; /* what is said after the first bytes; null: nothing; "": hang up */
    struct loop *loop;
    struct stream *stream;
};

static size_t answer_peer(void *script_, const uint8_t *data, size_t n)
{
    struct script *script = script_;
    if (script->answer && *script->answer) {
        stream_send(script->stream, script->answer, strlen(script->answer));
        script->answer = NULL;
    } else if (script->answer) {
        stream_destroy(script->stream);
        script->stream = NULL;
    }
    return n;
}

static void end_peer(void *script, int error)
{
    loop_stop(((struct script *) script)->loop);
}

static void accept_peer(void *script_, struct stream *stream)
{
    static const struct stream_ops ops = { NULL, answer_peer, NULL, end_peer };
    struct script *script = script_;
    script->stream = stream;
    stream_set_ops(stream, &ops, script);
}

static void *play(void *script)
{
    loop_run(((struct script *) script)->loop);
    return NULL;
}

static int call_server(const char *answer, int timeout_ms, json_t **result, json_t **error)
{
    struct script script = { .answer = answer, .loop = loop_create() };
    char *name = xasprintf("punix:%s/sock", directory), *sentence;
    pthread_t thread;
    script.listener = listener_open(script.loop, name, 0, accept_peer, &script, &sentence);
    assert_non_null(script.listener);
    assert_int_equal(pthread_create(&thread, NULL, play, &script), 0);
    int err = jsonrpc_call(name + 1, "m", json_array(), timeout_ms, result, error);
    loop_stop(script.loop);
    pthread_join(thread, NULL);
    stream_destroy(script.stream);
    listener_destroy(script.listener);
    loop_destroy(script.loop);
    free(name);
    return err;
}

static void blocking_calls(void **state)
{
    json_t *result, *error;
    assert_int_equal(call_server("{\"result\":5,\"error\":null,\"id\":0}", 0, &result, &error), 0);
    assert_int_equal(json_integer_value(result), 5);
    assert_null(error);
    json_decref(result);

    /* An echo, a notification and somebody else's answer come first. */
    assert_int_equal(call_server("{\"method\":\"echo\",\"params\":[],\"id\":1}"
                                 "{\"method\":\"update\",\"params\":[],\"id\":null}"
                                 "{\"result\":1,\"error\":null,\"id\":99}"
                                 "{\"result\":null,\"error\":\"no\",\"id\":0}",
                                 60000, &result, &error),
                     0);
    assert_null(result);
    assert_string_equal(json_string_value(error), "no");
    json_decref(error);

    assert_int_equal(call_server("", 0, &result, &error), ECONNRESET);
    assert_int_equal(call_server("nonsense", 0, &result, &error), EPROTO);
    assert_int_equal(call_server(NULL, 20, &result, &error), ETIMEDOUT);
    assert_int_equal(jsonrpc_call("unix:/no/such/sock", "m", json_array(), 0, &result, &error),
                     ENOENT);
    assert_int_equal(jsonrpc_call("nonsense", "m", json_array(), 0, &result, &error), EINVAL);
    assert_int_equal(jsonrpc_call("unix:/x", "\xff", json_array(), 0, &result, &error), EILSEQ);
    assert_null(result);
    assert_null(error);
}

static int make_directory(void **state)
{
    return !mkdtemp(directory);
}

static int remove_directory(void **state)
{
    return rmdir(directory);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, start_session, end_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(framing_of_random_values),
        cmocka_unit_test(messages),
        TEST(several_in_one_piece),
        TEST(sends),
        TEST(answers_echo),
        TEST(what_is_no_message_ends_the_session),
        TEST(good_before_bad_is_received),
        TEST(destroyed_in_received),
        TEST(end_of_peer),
        TEST(pause_and_go_on),
        TEST(deaf_peer),
        TEST(finish_sends_what_is_queued),
        cmocka_unit_test(blocking_calls),
        TEST(probes),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
