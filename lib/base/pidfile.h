/* SPDX-License-Identifier: Apache-2.0 */
/* Pidfiles: a process number under a lock that lasts as long as the process.
 *
 * The lock is fcntl()'s, which `ovs-appctl` tests with F_GETLK. The kernel drops it when the process closes any descriptor of the
 * file, so nothing else in the process may open it. Main thread only. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

struct pidfile;

/* Creates and locks 'path' for this process. A file whose process is gone is taken over; one that is locked is an error unless
 * 'overwrite' is set. Null and a sentence in '*errorp' on failure (the caller frees it). */
struct pidfile *pidfile_create(const char *path, bool overwrite, char **errorp) WARN_UNUSED;

/* Removes the file. Null is fine. */
void pidfile_destroy(struct pidfile *);
