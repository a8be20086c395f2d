/* SPDX-License-Identifier: Apache-2.0 */
/* The processes around a daemon: the parent that waits for its start, and the monitor that restarts it. For lib/base/daemon.c.
 *
 * Before any other thread is started. */
#pragma once

/* Forks. The parent waits until the child calls daemon_report_ready(), and exits with 0; if the child ends before, it exits with
 * the child's status, or 1. Returns in the child. */
void daemon_fork_and_exit(const char *program);

/* Forks a child that does the work. The parent becomes its monitor: it reports readiness to its own parent, starts the child again if
 * it is killed by a signal that tells of a fault, and ends when the child ends otherwise. Returns in each child. */
void daemon_fork_monitored(const char *program);

/* The start is complete: the waiting parent, if there is one, goes on. */
void daemon_report_ready(void);
