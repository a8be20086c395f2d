/* SPDX-License-Identifier: Apache-2.0 */
/* What BFD sessions have agreed on with their peers, in a file in the run directory: a line of text for each. A file of another boot of the machine
 * counts as empty, as do lines that are damaged. Main thread. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"
#include "ofproto/bfd_session.h"

enum { BFD_STORE_NAME_MAX = 63 };

struct bfd_store_entry {
    char bridge[BFD_STORE_NAME_MAX + 1], port[BFD_STORE_NAME_MAX + 1];
    struct bfd_memory memory;
};

/* The entries of the file; '*entries' is the caller's to free. */
void bfd_store_read(const char *path, struct bfd_store_entry **entries, size_t *n);

/* Replaces the file as a whole. 0 or a positive errno. */
int bfd_store_write(const char *path, const struct bfd_store_entry *, size_t n) WARN_UNUSED;
