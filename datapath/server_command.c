/* SPDX-License-Identifier: Apache-2.0 */
/* The commands for the daemon itself: log, counters, memory, and what tests use. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapath/datapath.h"
#include "datapath/port_dummy.h"
#include "datapath/server_pmd.h"
#include "datapath/server_request.h"
#include "datapath/server_simd.h"
#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/memory.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"

enum {
    TEXT_PART = DP_MSG_MAX / 2, /* bytes of a reply that go with one message */
    DRAIN_MS = 2000,            /* as long a test waits for its packet to be forwarded */
};

/* Carries out a command: false if it failed, with the reason in 'reply'. argv[0] is its name. */
typedef bool command_fn(struct server *, int argc, const char *const argv[], struct strbuf *reply);

struct command {
    const char *name, *usage;
    int min_args, max_args; /* -1: any number */
    bool dummy;             /* only under --enable-dummy */
    command_fn *run;
};

/* Appends 'error', which it frees. True if there was none. */
static bool take_error(char *error, struct strbuf *reply)
{
    if (!error) {
        return true;
    }
    strbuf_puts(reply, error);
    free(error);
    return false;
}

static bool parse_number(const char *s, long long min, long long max, long long *value)
{
    char *end;

    errno = 0;
    *value = strtoll(s, &end, 10);
    return end != s && !*end && !errno && *value >= min && *value <= max;
}

static bool version(struct server *server, int argc, const char *const argv[], struct strbuf *reply)
{
    strbuf_puts(reply, server->config.program);
    return true;
}

static void exit_later(void *aux)
{
    struct server *server = aux;

    server->config.exit(server->config.aux);
}

static bool exit_daemon(struct server *server, int argc, const char *const argv[],
                        struct strbuf *reply)
{
    loop_defer(server->config.loop, exit_later, server);
    return true;
}

static bool vlog_list(struct server *server, int argc, const char *const argv[],
                      struct strbuf *reply)
{
    log_list(reply);
    return true;
}

static bool vlog_set(struct server *server, int argc, const char *const argv[],
                     struct strbuf *reply)
{
    char *error = argc == 1 ? log_set(NULL) : NULL;

    for (int i = 1; i < argc && !error; i++) {
        error = log_set(argv[i]);
    }
    return take_error(error, reply);
}

static bool set_limited(int argc, const char *const argv[], bool limited, struct strbuf *reply)
{
    char *error = argc == 1 ? log_set_limited(NULL, limited) : NULL;

    for (int i = 1; i < argc && !error; i++) {
        error = log_set_limited(argv[i], limited);
    }
    return take_error(error, reply);
}

static bool vlog_limit(struct server *server, int argc, const char *const argv[],
                       struct strbuf *reply)
{
    return set_limited(argc, argv, true, reply);
}

static bool vlog_unlimit(struct server *server, int argc, const char *const argv[],
                         struct strbuf *reply)
{
    return set_limited(argc, argv, false, reply);
}

static bool vlog_reopen(struct server *server, int argc, const char *const argv[],
                        struct strbuf *reply)
{
    if (!log_file()) {
        strbuf_puts(reply, "Logging to file not configured");
        return false;
    }
    int error = log_reopen_file();
    return take_error(error ? xasprintf("%s: %s", log_file(), strerror(error)) : NULL, reply);
}

static bool vlog_close(struct server *server, int argc, const char *const argv[],
                       struct strbuf *reply)
{
    log_close_file();
    return true;
}

static bool show_coverage(struct server *server, int argc, const char *const argv[],
                          struct strbuf *reply)
{
    coverage_show(reply);
    return true;
}

static bool read_counter(struct server *server, int argc, const char *const argv[],
                         struct strbuf *reply)
{
    uint64_t count;

    if (!coverage_read(argv[1], &count)) {
        strbuf_puts(reply, "No such counter");
        return false;
    }
    strbuf_putf(reply, "%llu", (unsigned long long) count);
    return true;
}

static bool show_memory(struct server *server, int argc, const char *const argv[],
                        struct strbuf *reply)
{
    memory_show(reply);
    return true;
}

static bool time_stop(struct server *server, int argc, const char *const argv[],
                      struct strbuf *reply)
{
    clock_stop();
    return true;
}

/* With two numbers the first is the total, and the second the steps in which the clock moves. */
static bool time_warp(struct server *server, int argc, const char *const argv[],
                      struct strbuf *reply)
{
    long long total, step;

    if (!parse_number(argv[1], 0, INT32_MAX, &total) ||
        !parse_number(argv[argc - 1], 1, INT32_MAX, &step)) {
        strbuf_puts(reply, "invalid MSECS");
        return false;
    }
    if (!clock_is_stopped()) {
        clock_stop();
    }
    while (total > 0) {
        clock_warp(MIN(step, total));
        total -= step;
        loop_wake(server->config.loop);
    }
    strbuf_puts(reply, "warped");
    return true;
}

static struct port *find_dummy(struct server *server, const char *name, struct strbuf *reply)
{
    struct port *port = datapath_port_find(server->dp, name);

    if (!port || !port_is_dummy(port)) {
        strbuf_putf(reply, "%s: no such dummy port", name);
        return NULL;
    }
    return port;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* Bytes written in hexadecimal to 'to'; false if 's' is not that. */
static bool parse_hex(const char *s, uint8_t *to, size_t *n)
{
    size_t len = strlen(s);

    if (len % 2 || len / 2 > PACKET_MAX_SIZE) {
        return false;
    }
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(s[i]), low = hex_digit(s[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        to[i / 2] = high << 4 | low;
    }
    *n = len / 2;
    return true;
}

/* The packet that flow text describes, at least 'min_len' bytes long. Null or what is wrong (the
 * caller frees it). */
static char *compose(const char *text, size_t min_len, uint8_t *to, size_t *n)
{
    static struct flow key;

    flow_init(&key);
    char *error = flow_parse_text(text, NULL, &key, NULL);
    if (error) {
        return error;
    }
    *n = flow_compose(&key, to, PACKET_MAX_SIZE, 0);
    if (*n && *n < min_len) {
        *n = flow_compose(&key, to, PACKET_MAX_SIZE, min_len - *n);
    }
    return *n ? NULL : xasprintf("%s: does not fit into a packet", text);
}

static void wait_until_forwarded(struct server *server, const struct port *port)
{
    for (int64_t end = clock_real_ms() + DRAIN_MS; !port_dummy_is_drained(port);) {
        if (clock_real_ms() >= end) {
            return;
        }
        usleep(100);
    }
    datapath_quiesce(server->dp);
}

/* netdev-dummy/receive PORT [--qid N] {PACKET|FLOW [--len N]}... */
static bool dummy_receive(struct server *server, int argc, const char *const argv[],
                          struct strbuf *reply)
{
    static uint8_t packet[PACKET_MAX_SIZE];
    struct port *port = find_dummy(server, argv[1], reply);
    long long q = 0, len;
    int i = 2;

    if (!port) {
        return false;
    }
    if (argc > 4 && !strcmp(argv[2], "--qid")) {
        if (!parse_number(argv[3], 0, PORT_MAX_QUEUES - 1, &q)) {
            strbuf_puts(reply, "bad queue number");
            return false;
        }
        i = 4;
    }
    while (i < argc) {
        const char *text = argv[i++];
        size_t n = 0;
        len = 0;
        if (i + 1 < argc && !strcmp(argv[i], "--len")) {
            if (!parse_number(argv[i + 1], 0, PACKET_MAX_SIZE, &len)) {
                strbuf_puts(reply, "bad length");
                return false;
            }
            i += 2;
        }
        if (!parse_hex(text, packet, &n) && !take_error(compose(text, len, packet, &n), reply)) {
            return false;
        }
        int error = port_dummy_receive(port, q, packet, n);
        if (error) {
            strbuf_puts(reply, strerror(error));
            return false;
        }
        wait_until_forwarded(server, port);
    }
    return true;
}

/* netdev-dummy/set-admin-state [PORT] up|down: the link state, without a name of all of them. */
static bool dummy_set_state(struct server *server, int argc, const char *const argv[],
                            struct strbuf *reply)
{
    const char *state = argv[argc - 1];
    struct port *port;

    if (strcmp(state, "up") && strcmp(state, "down")) {
        strbuf_puts(reply, "Invalid Admin State");
        return false;
    }
    if (argc == 3) {
        port = find_dummy(server, argv[1], reply);
        if (port) {
            port_dummy_set_carrier(port, !strcmp(state, "up"));
            server_port_refresh(server, port);
        }
        return port != NULL;
    }
    for (uint32_t cursor = 0; (port = datapath_port_next(server->dp, &cursor));) {
        if (port_is_dummy(port)) {
            port_dummy_set_carrier(port, !strcmp(state, "up"));
            server_port_refresh(server, port);
        }
    }
    strbuf_puts(reply, "OK");
    return true;
}

/* What the kind of port has to say, one "key=value" a line. */
static bool port_status(struct server *server, int argc, const char *const argv[],
                        struct strbuf *reply)
{
    const struct port *port = datapath_port_find(server->dp, argv[1]);
    if (!port) {
        strbuf_putf(reply, "there is no port \"%s\"", argv[1]);
        return false;
    }
    struct smap status = SMAP_INIT;
    if (port->ops->status) {
        port->ops->status(port, &status);
    }
    const struct smap_node **sorted = smap_sorted(&status);
    for (size_t i = 0; i < smap_count(&status); i++) {
        strbuf_putf(reply, "%s=%s\n", sorted[i]->key, sorted[i]->value);
    }
    free(sorted);
    smap_destroy(&status);
    return true;
}

static command_fn list_commands;

static const struct command commands[] = {
    { "coverage/read-counter", "COUNTER", 1, 1, false, read_counter },
    { "coverage/show", "", 0, 0, false, show_coverage },
    { "dpif-netdev/dpif-impl-get", "", 0, 0, false, server_simd_dpif_get },
    { "dpif-netdev/dpif-impl-set", "dpif_implementation_name", 1, 1, false, server_simd_dpif_set },
    { "dpif-netdev/miniflow-parser-get", "", 0, 0, false, server_simd_parser_get },
    { "dpif-netdev/miniflow-parser-set", "miniflow_implementation_name", 1, 1, false,
      server_simd_parser_set },
    { "dpif-netdev/pmd-perf-show", "[-nh] [-pmd core] [dp]", 0, -1, false, server_pmd_perf_show },
    { "dpif-netdev/pmd-rxq-rebalance", "[dp]", 0, 1, false, server_pmd_rxq_rebalance },
    { "dpif-netdev/pmd-rxq-show", "[-pmd core] [-secs secs] [dp]", 0, -1, false,
      server_pmd_rxq_show },
    { "dpif-netdev/pmd-sleep-show", "[dp]", 0, 1, false, server_pmd_sleep_show },
    { "dpif-netdev/pmd-stats-clear", "[-pmd core] [dp]", 0, -1, false, server_pmd_stats_clear },
    { "dpif-netdev/pmd-stats-show", "[-pmd core] [dp]", 0, -1, false, server_pmd_stats_show },
    { "dpif-netdev/subtable-lookup-info-get", "", 0, 0, false, server_simd_lookup_get },
    { "dpif-netdev/subtable-lookup-prio-get", "", 0, 0, false, server_simd_lookup_get },
    { "dpif-netdev/subtable-lookup-prio-set", "lookup_func prio", 2, 2, false,
      server_simd_lookup_set },
    { "dpif/simd", "[NAME]", 0, 1, false, server_simd },
    { "exit", "", 0, 0, false, exit_daemon },
    { "list-commands", "", 0, 0, false, list_commands },
    { "memory/show", "", 0, 0, false, show_memory },
    { "netdev-dummy/receive", "PORT [--qid N] {PACKET|FLOW [--len N]}...", 2, -1, true,
      dummy_receive },
    { "netdev-dummy/set-admin-state", "[PORT] up|down", 1, 2, true, dummy_set_state },
    { "port/status", "PORT", 1, 1, false, port_status },
    { "time/stop", "", 0, 0, true, time_stop },
    { "time/warp", "[TOTAL-MSECS] MSECS", 1, 2, true, time_warp },
    { "version", "", 0, 0, false, version },
    { "vlog/close", "", 0, 0, false, vlog_close },
    { "vlog/disable-rate-limit", "[MODULE]...", 0, -1, false, vlog_unlimit },
    { "vlog/enable-rate-limit", "[MODULE]...", 0, -1, false, vlog_limit },
    { "vlog/list", "", 0, 0, false, vlog_list },
    { "vlog/reopen", "", 0, 0, false, vlog_reopen },
    { "vlog/set", "{[MODULE]:[DESTINATION]:[LEVEL]}...", 0, -1, false, vlog_set },
};

static bool list_commands(struct server *server, int argc, const char *const argv[],
                          struct strbuf *reply)
{
    strbuf_puts(reply, "The available commands are:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!commands[i].dummy || server->config.enable_dummy) {
            strbuf_putf(reply, "  %-30s %s\n", commands[i].name, commands[i].usage);
        }
    }
    return true;
}

static bool run(struct server *server, int argc, const char *const argv[], struct strbuf *reply)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];
        if (strcmp(argv[0], c->name) || (c->dummy && !server->config.enable_dummy)) {
            continue;
        }
        if (argc - 1 < c->min_args || (c->max_args >= 0 && argc - 1 > c->max_args)) {
            strbuf_putf(reply, "\"%s\" takes the arguments: %s", c->name, c->usage);
            return false;
        }
        return c->run(server, argc, argv, reply);
    }
    strbuf_putf(
        reply,
        "\"%s\" is not a valid command (use \"list-commands\" to see a list of valid commands)",
        argv[0]);
    return false;
}

int server_command(struct server *server, struct server_answer *answer)
{
    const char *argv[DP_MAX_ARGS];
    const struct dp_attr *a = NULL;
    struct strbuf reply = STRBUF_INIT;
    int argc = 0;

    while ((a = dp_attr_next(answer->request, DP_A_ARG, a))) {
        if (argc == DP_MAX_ARGS) {
            answer->error = xstrdup("too many words");
            return EINVAL;
        }
        argv[argc++] = dp_attr_string(a);
    }

    bool ok = run(server, argc, argv, &reply);
    const char *text = strbuf_str(&reply);
    size_t left = reply.length;
    for (; left > TEXT_PART; left -= TEXT_PART, text += TEXT_PART) {
        dp_build_put(&answer->b, DP_A_TEXT, text, TEXT_PART);
        server_answer_continue(answer);
    }
    if (ok) {
        dp_build_put(&answer->b, DP_A_TEXT, text, left);
    } else {
        answer->error = xstrndup(text, MIN(left, 4000));
    }
    strbuf_destroy(&reply);
    return ok ? 0 : EINVAL;
}
