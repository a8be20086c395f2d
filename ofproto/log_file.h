/* SPDX-License-Identifier: Apache-2.0 */
/* An append-only file of checksummed records, written through a memory map of its end, for the state log.
 *
 * The file begins with a header that names the boot it was written in; the file of another boot counts as none. A record's size is stored
 * after everything else of it, so that a record is there entirely or not at all when the writer is killed. Main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct log_file;

enum { LOG_RECORD_MAX = 128 * 1024 }; /* bytes of data */

struct log_record {
    uint64_t offset;   /* in the file; never 0 */
    size_t total;      /* bytes that it takes in the file, a multiple of 8 */
    unsigned int type; /* 1 to 255 */
    const void *data;  /* aligned to 8, readable for 'size' and at least 8 bytes */
    size_t size;
};

/* A new file, replacing one of the same name. Null and a positive errno on failure. */
struct log_file *log_file_create(const char *path, int *error) WARN_UNUSED;

/* The file as it is, to be read. Null with '*error' 0 or a positive errno if there is none, none of this boot, or it cannot be read. Nothing can be
 * appended to it. */
struct log_file *log_file_open(const char *path, int *error) WARN_UNUSED;
void log_file_close(struct log_file *); /* null is fine */

/* Appends a record of two pieces (the second may be empty). 0 and its offset, or a positive errno. */
int log_file_append(struct log_file *, unsigned int type, const void *head, size_t head_size, const void *body,
                    size_t body_size, uint64_t *offset) WARN_UNUSED;

/* What is appended from begin to commit is there for a reader as soon as the commit returns: all of it, or none if the writer is killed before. */
void log_file_begin(struct log_file *);
int log_file_commit(struct log_file *) WARN_UNUSED;

/* Bytes up to the end of the last record; bytes of a record with 'size' bytes of data. */
uint64_t log_file_size(const struct log_file *);
size_t log_file_record_size(size_t size);

/* Calls 'cb' for each record from the start, until it returns false or a record is cut or wrong. */
void log_file_for_each(const struct log_file *, bool (*cb)(void *aux, const struct log_record *), void *aux);
