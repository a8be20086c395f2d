/* SPDX-License-Identifier: Apache-2.0 */
/* Streams over TLS: those that may talk do, and all others are told why not. The server is a process of its own, for a program has one set of
 * keys and certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "lib/base/bytequeue.h"
#include "lib/base/clock.h"
#include "lib/base/compiler.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/base/tls.h"
#include "tests/unit/base/tls_files.h"

static char directory[] = "/tmp/weft-tls-test.XXXXXX";
static struct tls_authority *authority, *stranger;

static struct loop *loop;
static struct stream *client;
static struct bytequeue got;
static int n_connected, n_drained, n_closed, close_error;
static pid_t server_pid;

static const char *path(const char *name)
{
    static char buffers[4][64];
    static unsigned int next;
    char *buffer = buffers[next++ % ARRAY_SIZE(buffers)];
    snprintf(buffer, sizeof buffers[0], "%s/%s", directory, name);
    return buffer;
}

/* "NAME" for NAME-privkey.pem and NAME-cert.pem. */
static void use_files(const char *name, const char *ca, bool bootstrap)
{
    char key[32], cert[32];
    snprintf(key, sizeof key, "%s-privkey.pem", name);
    snprintf(cert, sizeof cert, "%s-cert.pem", name);
    struct tls_files files = { path(key), path(cert), ca ? path(ca) : NULL, bootstrap };
    tls_set_files(&files);
}

/* The server: echoes all that it gets, to however many connect. */

struct echo {
    struct stream *stream;
};

static size_t echo_received(void *echo, const uint8_t *data, size_t n)
{
    stream_send(((struct echo *) echo)->stream, data, n);
    if (n >= 4 && !memcmp(data, "die!", 4)) {
        _exit(0); /* the kernel closes the connection, which TLS has not said goodbye on */
    }
    return n;
}

static void echo_closed(void *echo_, int error)
{
    struct echo *echo = echo_;
    stream_destroy(echo->stream);
    free(echo);
}

static const struct stream_ops echo_ops = { NULL, echo_received, NULL, echo_closed };

static void echo_accepted(void *aux, struct stream *stream)
{
    struct echo *echo = xzalloc(sizeof *echo);
    echo->stream = stream;
    stream_set_ops(stream, &echo_ops, echo);
}

static NO_RETURN void serve(const char *name, const char *ca, int report)
{
    char *error;
    loop = loop_create();
    use_files(name, ca, false);
    struct listener *listener = listener_open(loop, "pssl:0:127.0.0.1", 0, echo_accepted, NULL, &error);
    int port = 0;
    if (!listener || sscanf(listener_name(listener), "pssl:%d:", &port) != 1
        || write(report, &port, sizeof port) != sizeof port) {
        _exit(1);
    }
    loop_run(loop);
    _exit(0);
}

/* Starts it with these files; its port. */
static int start_server(const char *name, const char *ca)
{
    int fds[2], port = 0;
    assert_int_equal(pipe(fds), 0);
    server_pid = fork();
    if (!server_pid) {
        close(fds[0]);
        serve(name, ca, fds[1]);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &port, sizeof port), sizeof port);
    close(fds[0]);
    return port;
}

static void stop_server(void)
{
    if (server_pid) {
        kill(server_pid, SIGKILL);
        waitpid(server_pid, NULL, 0);
        server_pid = 0;
    }
}

/* The client. */

static void connected(void *aux)
{
    n_connected++;
}

static size_t received(void *aux, const uint8_t *data, size_t n)
{
    bytequeue_put(&got, data, n);
    return n;
}

static void drained(void *aux)
{
    n_drained++;
}

static void closed(void *aux, int error)
{
    n_closed++;
    close_error = error;
}

static const struct stream_ops ops = { connected, received, drained, closed };

#define RUN_UNTIL(CONDITION)                                                                       \
    while (!(CONDITION)) {                                                                         \
        loop_run_once(loop, -1);                                                                   \
    }

static void connect_to(const char *kind, int port)
{
    char *error, *name = xasprintf("%s:127.0.0.1:%d", kind, port);
    stream_destroy(client);
    n_connected = n_drained = n_closed = close_error = 0;
    bytequeue_take(&got, got.n);
    client = stream_open(loop, name, 0, &ops, NULL, &error);
    assert_non_null(client);
    free(name);
}

static void assert_closed(int error, const char *words)
{
    RUN_UNTIL(n_closed);
    assert_int_equal(close_error, error);
    assert_non_null(stream_error(client));
    if (!strstr(stream_error(client), words)) {
        fail_msg("\"%s\" lacks \"%s\"", stream_error(client), words);
    }
}

static void assert_echo(void)
{
    stream_send(client, "ping", 4);
    RUN_UNTIL(got.n >= 4 || n_closed);
    assert_int_equal(n_closed, 0);
    assert_memory_equal(bytequeue_data(&got), "ping", 4);
    bytequeue_take(&got, got.n);
}

static int set_up_all(void **state)
{
    assert_null(log_set("ANY:console:off"));
    assert_non_null(mkdtemp(directory));
    authority = tls_authority_create("ours", path("ca.pem"));
    stranger = tls_authority_create("theirs", path("other-ca.pem"));
    tls_authority_issue(authority, "switch", path("sw"), 10);
    tls_authority_issue(authority, "controller", path("ctl"), 10);
    tls_authority_issue(authority, "late", path("late"), -1);
    tls_authority_issue(stranger, "foreign", path("foreign"), 10);
    return 0;
}

static int tear_down_all(void **state)
{
    char *command = xasprintf("rm -rf %s", directory);
    tls_authority_destroy(authority);
    tls_authority_destroy(stranger);
    int status = system(command);
    free(command);
    return status;
}

static int set_up(void **state)
{
    loop = loop_create();
    return 0;
}

static int tear_down(void **state)
{
    stream_destroy(client);
    client = NULL;
    bytequeue_destroy(&got);
    memset(&got, 0, sizeof got);
    loop_destroy(loop);
    stop_server();
    return 0;
}

static void both_directions(void **state)
{
    enum { SIZE = 3000000 };
    uint8_t *data = xmalloc(SIZE);
    for (int i = 0; i < SIZE; i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
    int port = start_server("ctl", "ca.pem");
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    stream_send(client, data, SIZE); /* before it is connected */
    assert_int_equal(stream_backlog(client), SIZE);
    RUN_UNTIL(got.n == SIZE && n_drained);
    assert_int_equal(n_connected, 1);
    assert_int_equal(n_drained, 1);
    assert_int_equal(stream_backlog(client), 0);
    assert_memory_equal(bytequeue_data(&got), data, SIZE);
    free(data);
}

static void pause_holds_back(void **state)
{
    int port = start_server("ctl", "ca.pem");
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    RUN_UNTIL(n_connected);
    stream_pause(client, true);
    stream_send(client, "abc", 3);
    RUN_UNTIL(n_drained);
    loop_run_once(loop, 100);
    assert_int_equal(got.n, 0);
    stream_pause(client, false);
    RUN_UNTIL(got.n == 3);
}

static void finish_sends_the_rest(void **state)
{
    int port = start_server("ctl", "ca.pem");
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    stream_send(client, "die!", 4);
    stream_finish(client);
    client = NULL;
    int status;
    pid_t pid;
    while (!(pid = waitpid(server_pid, &status, WNOHANG))) {
        loop_run_once(loop, 10);
    }
    assert_int_equal(pid, server_pid);
    assert_true(WIFEXITED(status));
    server_pid = 0;
}

static void wrong_ca(void **state)
{
    int port = start_server("foreign", "ca.pem");
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    assert_closed(EPROTO, "is not accepted (unable to get local issuer certificate)");
    assert_int_equal(n_connected, 0);
}

/* With TLS 1.3 the client learns this only after its own side of the handshake. */
static void wrong_ca_at_the_server(void **state)
{
    int port = start_server("ctl", "ca.pem");
    use_files("foreign", "ca.pem", false);
    connect_to("ssl", port);
    assert_closed(EPROTO, "refuses it (unknown CA)");
}

static void expired(void **state)
{
    int port = start_server("late", "ca.pem");
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    assert_closed(EPROTO, "certificate has expired");
}

static void nothing_configured(void **state)
{
    struct tls_files none = { NULL, NULL, NULL, false };
    int port = start_server("ctl", "ca.pem");
    tls_set_files(&none);
    connect_to("ssl", port);
    assert_closed(EPROTO, "no private key is configured");
    use_files("sw", NULL, false);
    connect_to("ssl", port);
    assert_closed(EPROTO, "CA certificate");
    use_files("sw", "nosuch.pem", false);
    connect_to("ssl", port);
    assert_closed(EPROTO, "nosuch.pem cannot be used (No such file");
    use_files("nosuch", "ca.pem", false);
    connect_to("ssl", port);
    assert_closed(EPROTO, "nosuch-cert.pem cannot be used (No such file");
}

static int raw_socket(int port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t) port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &in, sizeof in), 0);
    return fd;
}

/* A peer of our own making: what does it get when it says "ping"? */
static int raw_ping(int port, int max_version)
{
    char buffer[4];
    int fd = raw_socket(port), n = -1;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL_CTX_set_max_proto_version(context, max_version);
    SSL_CTX_set_security_level(context, 0);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, "ping", 4) == 4) {
        n = SSL_read(ssl, buffer, sizeof buffer);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return n;
}

static void no_certificate(void **state)
{
    int port = start_server("ctl", "ca.pem");
    assert_true(raw_ping(port, 0) <= 0);
}

static void versions(void **state)
{
    int port = start_server("ctl", "none-such.pem");
    stop_server();
    /* No verification, so that only the version matters. */
    struct tls_files files = { path("ctl-privkey.pem"), path("ctl-cert.pem"), "none", false };
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    server_pid = fork();
    if (!server_pid) {
        char *error;
        loop = loop_create();
        tls_set_files(&files);
        struct listener *listener = listener_open(loop, "pssl:0:127.0.0.1", 0, echo_accepted, NULL, &error);
        if (sscanf(listener_name(listener), "pssl:%d:", &port) != 1 || write(fds[1], &port, sizeof port) != sizeof port) {
            _exit(1);
        }
        loop_run(loop);
    }
    assert_int_equal(read(fds[0], &port, sizeof port), sizeof port);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(raw_ping(port, 0), 4);
    assert_int_equal(raw_ping(port, TLS1_2_VERSION), 4);
    assert_int_equal(raw_ping(port, TLS1_1_VERSION), -1);
}

static void bootstrap(void **state)
{
    struct stat st;
    char a[4096], b[4096];
    int port = start_server("ctl", "ca.pem"); /* its chain is completed from its own CA file */
    use_files("sw", "new.pem", true);
    connect_to("ssl", port);
    assert_echo();
    assert_int_equal(n_connected, 1);
    assert_int_equal(stat(path("new.pem"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0444);

    FILE *ours = fopen(path("ca.pem"), "r"), *theirs = fopen(path("new.pem"), "r");
    size_t n = fread(a, 1, sizeof a, ours);
    assert_int_equal(fread(b, 1, sizeof b, theirs), n);
    assert_memory_equal(a, b, n);
    fclose(ours);
    fclose(theirs);

    /* From now on it is verified by. */
    stop_server();
    port = start_server("foreign", "ca.pem");
    connect_to("ssl", port);
    assert_closed(EPROTO, "is not accepted");
}

static void bootstrap_without_ca(void **state)
{
    int port = start_server("foreign", "ca.pem"); /* cannot complete its chain */
    use_files("sw", "newer.pem", true);
    connect_to("ssl", port);
    assert_closed(EPROTO, "does not end in a self-signed certificate");
    assert_int_equal(access(path("newer.pem"), F_OK), -1);
}

static void files_are_read_again(void **state)
{
    int port = start_server("ctl", "ca.pem");
    tls_authority_issue(authority, "changing", path("changing"), 10);
    use_files("changing", "ca.pem", false);
    connect_to("ssl", port);
    assert_echo();
    tls_authority_issue(stranger, "changing", path("changing"), 10);
    connect_to("ssl", port);
    assert_closed(EPROTO, "refuses it");
    tls_authority_issue(authority, "changing", path("changing"), 10);
    connect_to("ssl", port);
    assert_echo();
}

static void cut_in_the_middle(void **state)
{
    int port = start_server("ctl", "ca.pem");
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    assert_echo();
    stream_send(client, "die!", 4);
    RUN_UNTIL(n_closed);
    assert_int_equal(close_error, ECONNRESET);
    assert_non_null(stream_error(client));
}

static void silent_peer(void **state)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &in, sizeof in) || listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *) &in, &length);
    use_files("sw", "ca.pem", false);
    connect_to("ssl", ntohs(in.sin_port));
    for (int i = 0; i < 10; i++) {
        loop_run_once(loop, 10);
    }
    clock_warp(9000);
    loop_run_once(loop, 0);
    assert_int_equal(n_closed, 0);
    clock_warp(1000);
    assert_closed(ETIMEDOUT, "handshake");
    close(fd);
}

static void not_tls(void **state)
{
    int port = start_server("ctl", "ca.pem");
    connect_to("tcp", port);
    stream_send(client, "GET / HTTP/1.0\r\n\r\n", 18);
    RUN_UNTIL(n_closed);
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port); /* the others do not notice */
    assert_echo();
}

static void many_strangers(void **state)
{
    enum { N = 200 };
    int fds[N], port = start_server("ctl", "ca.pem");
    for (int i = 0; i < N; i++) {
        fds[i] = raw_socket(port);
    }
    use_files("sw", "ca.pem", false);
    connect_to("ssl", port);
    assert_echo();
    for (int i = 0; i < N; i++) {
        close(fds[i]);
    }
}

static void options(void **state)
{
    char *error;
    assert_false(tls_parse_option('x', "y", &error));
    assert_true(tls_parse_option(TLS_OPTION_PROTOCOLS, "TLSv1.2, TLSv1.3", &error));
    assert_null(error);
    assert_true(tls_parse_option(TLS_OPTION_PROTOCOLS, "TLSv1.2+", &error));
    assert_null(error);
    assert_true(tls_parse_option(TLS_OPTION_PROTOCOLS, "SSLv3", &error));
    assert_non_null(strstr(error, "SSLv3"));
    free(error);
    assert_true(tls_parse_option(TLS_OPTION_PROTOCOLS, " ", &error));
    assert_non_null(error);
    free(error);
    assert_true(tls_parse_option(TLS_OPTION_CIPHERS, "nonsense", &error));
    assert_non_null(error);
    free(error);
    assert_true(tls_parse_option(TLS_OPTION_CIPHERS, "HIGH:!aNULL:!MD5", &error));
    assert_null(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_directions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pause_holds_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finish_sends_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_ca, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_ca_at_the_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_configured, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bootstrap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bootstrap_without_ca, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_are_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silent_peer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_strangers, set_up, tear_down),
        cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
