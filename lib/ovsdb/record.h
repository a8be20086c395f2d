/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a journal file, as OVS's log format has them: a line "OVSDB JSON <length> <sha1>", then that many bytes of JSON
 * text, which end with a newline and have that SHA-1 sum. */
#pragma once

#include <stddef.h>

#include "lib/base/compiler.h"

struct strbuf;

enum ovsdb_record_status { OVSDB_RECORD_OK, OVSDB_RECORD_END, OVSDB_RECORD_DAMAGED };

struct ovsdb_record {
    const char *text; /* within the data that was read; not terminated */
    size_t length;    /* bytes of text */
    size_t size;      /* bytes of the whole record */
};

/* Reads the record at the beginning of the 'n' bytes at 'data'; OVSDB_RECORD_END if 'n' is 0. For a damaged one '*why' says in what
 * way (static text). */
enum ovsdb_record_status ovsdb_record_read(const char *data, size_t n, struct ovsdb_record *,
                                           const char **why) WARN_UNUSED;

/* Appends the record of a JSON text, to which it adds the newline. */
void ovsdb_record_put(struct strbuf *, const char *text);
