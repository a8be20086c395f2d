/* SPDX-License-Identifier: Apache-2.0 */
/* A MAC table's entries in a file in the run directory, so that a restarted program has them back.
 *
 * The file is mapped into memory and has one slot per entry. What was written is there after the program was killed, without
 * any system call; each slot has a checksum, so that one that was half written is left out. A file of another boot of the machine, or
 * that is damaged, counts as empty. Used under the MAC table's lock. */
#pragma once

#include <stdint.h>

#include "lib/base/compiler.h"
#include "ofproto/mac_table.h"

struct mac_store;

enum { MAC_STORE_NO_SLOT = 0xffffffff };

/* Opens or creates the file. Null and a positive errno in '*errorp' on failure. */
struct mac_store *mac_store_open(const char *path, int *errorp) WARN_UNUSED;

/* Closes the file, which stays. Null is fine. */
void mac_store_close(struct mac_store *);

/* Empties the file and unlinks it. */
void mac_store_forget(struct mac_store *);

/* Empties all slots, and calls 'cb' for each entry that was in the file when it was opened, the longest unused first. */
void mac_store_load(struct mac_store *, void (*cb)(void *aux, const struct mac_entry_info *), void *aux);

/* Writes an entry to '*slot', which is taken if it is MAC_STORE_NO_SLOT. If the file cannot grow the entry is not kept. */
void mac_store_put(struct mac_store *, uint32_t *slot, const struct mac_entry_info *);
void mac_store_clear(struct mac_store *, uint32_t *slot);
