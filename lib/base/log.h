/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one module per source file, a level per module and destination (console, file, syslog).
 *
 * A file names its module with LOG_MODULE(name) and then calls log_warn("...") and friends. The message is formatted only if
 * some destination wants it. Messages that packets, peers or timers can cause go through the _rl forms, each of which is
 * limited to 5 messages in a burst and 10 a minute at its place in the code; what was held back is counted in the
 * next message. One message is one line: control characters in it are shown escaped. Levels and patterns follow `-vMODULE:DEST:LEVEL` as OVS's tools know it: levels off, emer, err, warn, info,
 * dbg; destinations console, file, syslog; ANY for all. Default: console and syslog at info, file at info once it is open.
 * Any thread may log. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct strbuf;

enum log_level { LOG_OFF, LOG_EMER, LOG_ERR, LOG_WARN, LOG_INFO, LOG_DBG, LOG_N_LEVELS };
enum log_dest { LOG_CONSOLE, LOG_FILE, LOG_SYSLOG, LOG_N_DESTS };

struct log_module {
    const char *name;
    uint8_t level[LOG_N_DESTS]; /* any thread: ro; log_set(): wo; relaxed */
    uint8_t max_level;          /* the highest of level[] */
    bool unlimited;             /* the _rl forms do not hold back; any thread: ro; log_set_limited(): wo */
};

struct log_limit {
    int64_t until_ms;    /* the bucket was last filled at this time */
    uint32_t tokens;     /* messages that may still go out, in tenths */
    uint32_t suppressed; /* messages held back since the last one that went out */
    bool started;
};

/* The modules of all linked files lie side by side in this section of the program. */
#define LOG_MODULE(NAME)                                                                           \
    static struct log_module this_log_module                                                       \
        __attribute__((section("log_modules"), aligned(16), used)) = {                             \
            #NAME, { LOG_INFO, LOG_INFO, LOG_INFO }, LOG_INFO, false }

static inline bool log_enabled(const struct log_module *module, enum log_level level)
{
    return level <= __atomic_load_n(&module->max_level, __ATOMIC_RELAXED);
}

void log_write(const struct log_module *, enum log_level, const char *format, ...)
    PRINTF_FORMAT(3, 4);
void log_write_rl(const struct log_module *, enum log_level, struct log_limit *, const char *format,
                  ...) PRINTF_FORMAT(4, 5);

#define LOG_AT(LEVEL, ...)                                                                         \
    (log_enabled(&this_log_module, LEVEL) ? log_write(&this_log_module, LEVEL, __VA_ARGS__)        \
                                          : (void) 0)
#define LOG_AT_RL(LEVEL, ...)                                                                      \
    do {                                                                                           \
        static struct log_limit limit__;                                                           \
        if (log_enabled(&this_log_module, LEVEL)) {                                                \
            log_write_rl(&this_log_module, LEVEL, &limit__, __VA_ARGS__);                          \
        }                                                                                          \
    } while (0)

#define log_emer(...) LOG_AT(LOG_EMER, __VA_ARGS__)
#define log_err(...) LOG_AT(LOG_ERR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_dbg(...) LOG_AT(LOG_DBG, __VA_ARGS__)
#define log_err_rl(...) LOG_AT_RL(LOG_ERR, __VA_ARGS__)
#define log_warn_rl(...) LOG_AT_RL(LOG_WARN, __VA_ARGS__)
#define log_info_rl(...) LOG_AT_RL(LOG_INFO, __VA_ARGS__)
#define log_dbg_rl(...) LOG_AT_RL(LOG_DBG, __VA_ARGS__)

/* Logs the message at EMER and aborts. */
void log_abort(const char *format, ...) PRINTF_FORMAT(1, 2) NO_RETURN;

/* Main thread only, from here on. */

/* Opens syslog under 'program', the name that the default log file gets too. Before it was called only the console is
 * written to. */
void log_init(const char *program);

/* Applies one specification such as "bridge:file:dbg", "dbg" or "ANY:console:off"; without a level it means dbg, and null is
 * "dbg". Returns null, or what is wrong with it (the caller frees it). */
char *log_set(const char *spec) WARN_UNUSED;

/* Turns the limits of the _rl forms on or off for 'module' (null or "ANY": all). Null or what is wrong (the caller frees it). */
char *log_set_limited(const char *module, bool limited) WARN_UNUSED;

/* Logs to 'path' (null: the default log directory and program name) from now on. 0 or a positive errno. */
int log_open_file(const char *path) WARN_UNUSED;

/* The path of the log file, or null if there is none. */
const char *log_file(void);

/* Opens the log file again under its name, after a rotation. 0 or a positive errno; 0 if there is none. */
int log_reopen_file(void);

/* Stops logging to the file, until log_reopen_file(). */
void log_close_file(void);

/* Makes the log file the user's to whom the daemon is about to change. 0 or a positive errno. */
int log_chown_file(unsigned int uid, unsigned int gid) WARN_UNUSED;

/* Levels of all modules, as the table that `vlog/list` prints. */
void log_list(struct strbuf *);
