/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that every daemon has: vlog/..., coverage/..., memory/show. */
#include "lib/base/unixctl_builtin.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/memory.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"

static void reply_with(struct unixctl_conn *conn, void (*show)(struct strbuf *))
{
    struct strbuf s = STRBUF_INIT;
    show(&s);
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
}

/* Answers with success, or with 'error', which it frees. */
static void reply_result(struct unixctl_conn *conn, char *error)
{
    if (error) {
        unixctl_reply_error(conn, error);
        free(error);
    } else {
        unixctl_reply(conn, NULL);
    }
}

static void vlog_list(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    reply_with(conn, log_list);
}

static void vlog_set(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    char *error = argc == 1 ? log_set(NULL) : NULL;
    for (int i = 1; i < argc && !error; i++) {
        error = log_set(argv[i]);
    }
    reply_result(conn, error);
}

static void vlog_reopen(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    if (!log_file()) {
        unixctl_reply_error(conn, "Logging to file not configured");
        return;
    }
    int error = log_reopen_file();
    reply_result(conn, error ? xasprintf("%s: %s", log_file(), strerror(error)) : NULL);
}

static void vlog_close(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    log_close_file();
    unixctl_reply(conn, NULL);
}

static void set_limited(struct unixctl_conn *conn, int argc, const char *argv[], bool limited)
{
    char *error = argc == 1 ? log_set_limited(NULL, limited) : NULL;
    for (int i = 1; i < argc && !error; i++) {
        error = log_set_limited(argv[i], limited);
    }
    reply_result(conn, error);
}

static void vlog_enable_rate_limit(struct unixctl_conn *conn, int argc, const char *argv[],
                                   void *aux)
{
    set_limited(conn, argc, argv, true);
}

static void vlog_disable_rate_limit(struct unixctl_conn *conn, int argc, const char *argv[],
                                    void *aux)
{
    set_limited(conn, argc, argv, false);
}

static void show_coverage(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    reply_with(conn, coverage_show);
}

static void read_counter(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    uint64_t count;
    if (!coverage_read(argv[1], &count)) {
        unixctl_reply_error(conn, "No such counter");
        return;
    }
    char *text = xasprintf("%llu", (unsigned long long) count);
    unixctl_reply(conn, text);
    free(text);
}

static void show_memory(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    reply_with(conn, memory_show);
}

void unixctl_builtin_register(struct unixctl *u)
{
    unixctl_register(u, "vlog/list", "", 0, 0, vlog_list, NULL);
    unixctl_register(u, "vlog/set", "{[module]:[destination]:[level]}...", 0, -1, vlog_set, NULL);
    unixctl_register(u, "vlog/reopen", "", 0, 0, vlog_reopen, NULL);
    unixctl_register(u, "vlog/close", "", 0, 0, vlog_close, NULL);
    unixctl_register(u, "vlog/enable-rate-limit", "[module]...", 0, -1, vlog_enable_rate_limit,
                     NULL);
    unixctl_register(u, "vlog/disable-rate-limit", "[module]...", 0, -1, vlog_disable_rate_limit,
                     NULL);
    unixctl_register(u, "coverage/show", "", 0, 0, show_coverage, NULL);
    unixctl_register(u, "coverage/read-counter", "COUNTER", 1, 1, read_counter, NULL);
    unixctl_register(u, "memory/show", "", 0, 0, show_memory, NULL);
}
