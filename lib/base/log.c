/* SPDX-License-Identifier: Apache-2.0 */
/* Writes log messages to console, file and syslog, and keeps them within their limits.
 *
 * The specifications that set levels are in log_level.c. */
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log_level.h"
#include "lib/base/log_syslog.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/strbuf.h"

/* Tenths of a message: what a full bucket holds, what a message costs, and the time in which one tenth comes back. */
enum { LIMIT_BURST = 50, LIMIT_COST = 10, LIMIT_REFILL_MS = 600 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t limit_mutex = PTHREAD_MUTEX_INITIALIZER;
static char *program_name; /* null before log_init(); set before there are other threads */
static char *file_path;    /* under 'mutex' */
static int file_fd = -1;   /* under 'mutex' */
static unsigned int n_messages; /* under 'mutex' */

/* Whatever a descriptor does not take is lost: there is nowhere to complain. */
static void write_line(int fd, const struct strbuf *line)
{
    size_t done = 0;
    while (done < line->length) {
        ssize_t n = write(fd, line->s + done, line->length - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        done += (size_t) n;
    }
}

static void put_time(struct strbuf *s, int64_t wall_ms, bool milliseconds)
{
    time_t seconds = wall_ms / 1000;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strbuf_putf(s, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (milliseconds) {
        strbuf_putf(s, ".%03d", (int) (wall_ms % 1000));
    }
    strbuf_puts(s, "Z|");
}

/* The thread's name in parentheses, but for the main thread. */
static void put_thread(struct strbuf *s)
{
    char name[16];
    if (gettid() != getpid() && !pthread_getname_np(pthread_self(), name, sizeof name)) {
        strbuf_putf(s, "(%s)", name);
    }
}

static void put_escaped(struct strbuf *s, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char) *text;
        if (c == '\n') {
            strbuf_puts(s, "\\n");
        } else if (c < ' ' || c == 0x7f) {
            strbuf_putf(s, "\\x%02x", c);
        } else {
            strbuf_putc(s, (char) c);
        }
    }
}

static void write_time_and_body(int fd, int64_t wall_ms, bool milliseconds, struct strbuf *body)
{
    struct strbuf line = STRBUF_INIT;
    put_time(&line, wall_ms, milliseconds);
    strbuf_put(&line, body->s, body->length);
    strbuf_putc(&line, '\n');
    write_line(fd, &line);
    strbuf_destroy(&line);
}

/* Sends 'text' to each destination that wants it. */
static void deliver(const struct log_module *module, enum log_level level, const char *text)
{
    struct strbuf body = STRBUF_INIT;
    int64_t wall_ms = clock_wall_ms();

    pthread_mutex_lock(&mutex);
    strbuf_putf(&body, "%05u|%s", ++n_messages, module->name);
    put_thread(&body);
    strbuf_putf(&body, "|%s|", log_level_name(level));
    put_escaped(&body, text);

    if (level <= log_level_get(module, LOG_CONSOLE)) {
        write_time_and_body(STDERR_FILENO, wall_ms, false, &body);
    }
    if (file_fd >= 0 && level <= log_level_get(module, LOG_FILE)) {
        write_time_and_body(file_fd, wall_ms, true, &body);
    }
    pthread_mutex_unlock(&mutex);

    if (program_name && level <= log_level_get(module, LOG_SYSLOG)) {
        char *line = xasprintf("weft|%s", strbuf_str(&body));
        log_syslog_write(level, line);
        free(line);
    }
    strbuf_destroy(&body);
}

static PRINTF_FORMAT(4, 0) void deliver_formatted(const struct log_module *module,
                                                  enum log_level level, uint32_t suppressed,
                                                  const char *format, va_list args)
{
    int saved_errno = errno;
    struct strbuf text = STRBUF_INIT;
    strbuf_vputf(&text, format, args);
    if (suppressed) {
        strbuf_putf(&text, " (%u more like this were held back)", suppressed);
    }
    deliver(module, level, strbuf_str(&text));
    strbuf_destroy(&text);
    errno = saved_errno;
}

/* Takes a message's cost from the bucket; false if there is too little in it. '*suppressed' gets what was held back so far. */
static bool take_tokens(struct log_limit *limit, uint32_t *suppressed)
{
    int64_t now = clock_ms();
    pthread_mutex_lock(&limit_mutex);
    if (!limit->started) {
        limit->started = true;
        limit->tokens = LIMIT_BURST;
        limit->until_ms = now;
    }
    if (now > limit->until_ms) {
        int64_t refill = (now - limit->until_ms) / LIMIT_REFILL_MS;
        limit->tokens = (uint32_t) MIN(limit->tokens + refill, LIMIT_BURST);
        limit->until_ms += refill * LIMIT_REFILL_MS;
    }
    bool ok = limit->tokens >= LIMIT_COST;
    if (ok) {
        limit->tokens -= LIMIT_COST;
        *suppressed = limit->suppressed;
        limit->suppressed = 0;
    } else {
        limit->suppressed++;
    }
    pthread_mutex_unlock(&limit_mutex);
    return ok;
}

void log_write(const struct log_module *module, enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    deliver_formatted(module, level, 0, format, args);
    va_end(args);
}

void log_write_rl(const struct log_module *module, enum log_level level, struct log_limit *limit,
                  const char *format, ...)
{
    uint32_t suppressed = 0;
    bool unlimited = __atomic_load_n(&module->unlimited, __ATOMIC_RELAXED);
    if (unlimited || take_tokens(limit, &suppressed)) {
        va_list args;
        va_start(args, format);
        deliver_formatted(module, level, suppressed, format, args);
        va_end(args);
    }
}

void log_abort(const char *format, ...)
{
    static const struct log_module module = {
        .name = "abort", .level = { LOG_EMER, LOG_EMER, LOG_EMER }, .max_level = LOG_EMER
    };
    va_list args;
    va_start(args, format);
    deliver_formatted(&module, LOG_EMER, 0, format, args);
    va_end(args);
    abort();
}

void log_init(const char *program)
{
    free(program_name);
    program_name = xstrdup(program);
    log_syslog_open(program_name);
}

/* Replaces the open log file by 'path', which it takes over also on failure. */
static int open_file(char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0) {
        int error = errno;
        free(path);
        return error;
    }
    pthread_mutex_lock(&mutex);
    if (file_fd >= 0) {
        close(file_fd);
    }
    file_fd = fd;
    free(file_path);
    file_path = path;
    pthread_mutex_unlock(&mutex);
    log_level_use_file(true);
    return 0;
}

int log_open_file(const char *path)
{
    return open_file(path ? xstrdup(path)
                          : xasprintf("%s/%s.log", paths_logdir(), program_name ? program_name : "weft"));
}

const char *log_file(void)
{
    return file_path;
}

int log_reopen_file(void)
{
    return file_path ? open_file(xstrdup(file_path)) : 0;
}

void log_close_file(void)
{
    pthread_mutex_lock(&mutex);
    if (file_fd >= 0) {
        close(file_fd);
        file_fd = -1;
    }
    pthread_mutex_unlock(&mutex);
    log_level_use_file(false);
}

int log_chown_file(unsigned int uid, unsigned int gid)
{
    return file_fd >= 0 && fchown(file_fd, uid, gid) ? errno : 0;
}
