/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling an eventfd that a stranger has, too, without ever waiting for him.
 *
 * Whether a write to an eventfd blocks is a flag of the open file, which whoever sent the descriptor shares: a front-end may take the flag
 * back and fill the counter, and a forwarding thread that writes then stands still for ever, with all other guests' traffic. No look at the
 * flag or the counter before the write helps, for both may change behind it. The kernel's own way of signalling cannot block: an
 * asynchronous read that is done at once, with the eventfd as the one to be told of it (Linux io_submit(2), IOCB_FLAG_RESFD). It costs
 * some two thirds of a microsecond more than a write, once per burst and only for a guest that asked to be told. */
#pragma once

#include "lib/base/compiler.h"

/* Main thread only, from time to time: warns, once, if the kernel does not let the program signal so; then vhost_call() is a plain
 * write. */
void vhost_call_check(void);

/* Adds one to the counter of an eventfd, unless that is full. Any thread. */
void vhost_call(int fd);
