/* SPDX-License-Identifier: Apache-2.0 */
/* The levels of the log's modules: names, and who is at which level where. For lib/base/log.c; others use lib/base/log.h. */
#pragma once

#include <stdbool.h>

#include "lib/base/log.h"

/* "OFF", "EMER", "ERR", "WARN", "INFO" or "DBG". Any thread. */
const char *log_level_name(enum log_level);

/* Any thread. */
static inline enum log_level log_level_get(const struct log_module *module, enum log_dest dest)
{
    return (enum log_level) __atomic_load_n(&module->level[dest], __ATOMIC_RELAXED);
}

/* Whether there is a log file: without one its levels make no message be formatted. Main thread. */
void log_level_use_file(bool);
