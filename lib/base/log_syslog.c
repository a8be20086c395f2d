/* SPDX-License-Identifier: Apache-2.0 */
/* The log's way to syslog(3). */
#include "lib/base/log_syslog.h"

#include <syslog.h>

void log_syslog_open(const char *program)
{
    openlog(program, LOG_NDELAY, LOG_DAEMON);
}

void log_syslog_write(int level, const char *text)
{
    /* In the order of enum log_level; "off" is never written. */
    static const int priorities[] = { LOG_DEBUG, LOG_ALERT, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
    syslog(priorities[level], "%s", text);
}
