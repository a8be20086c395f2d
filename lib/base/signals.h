/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of a daemon: SIGTERM, SIGINT and SIGHUP as calls from the event loop. Main thread only. */
#pragma once

#include "lib/base/loop.h"

/* SIGPIPE is ignored from now on: who writes to a closed socket gets EPIPE. daemon_init() calls it. */
void signals_ignore_pipe(void);

/* Calls 'terminate' from 'loop' after SIGTERM or SIGINT. A second one of them, while the orderly exit hangs, ends the process at once.
 * SIGHUP opens the log file again. */
void signals_start(struct loop *, loop_cb *terminate, void *aux);

/* Gives the signals their default effect back. Before the loop is destroyed. */
void signals_stop(void);
