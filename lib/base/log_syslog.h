/* SPDX-License-Identifier: Apache-2.0 */
/* The log's way to syslog(3), apart from the log because <syslog.h> and "lib/base/log.h" use the same names. Any thread. */
#pragma once

/* Messages go out under 'program', which must stay valid. */
void log_syslog_open(const char *program);

/* 'level' is an enum log_level other than off. */
void log_syslog_write(int level, const char *text);
