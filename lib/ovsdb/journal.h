/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: the file that keeps a database.
 *
 * Its first record is the schema, each further one a transaction: an object with a member per table, in it one per row, which is
 * null for a row that was deleted and otherwise has the columns that were set. With "_is_diff" the columns of rows that were
 * there before are differences (ovsdb_datum_diff()). This is the format of OVS's standalone databases, in both directions.
 *
 * A record that was written whole is a transaction that happened; whatever follows the first record that is not whole never did.
 * Ephemeral columns are left out. The file stays locked through ".NAME.~lock~" beside it, as OVS's tools do it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

struct ovsdb;
struct ovsdb_changes;
struct ovsdb_error;
struct ovsdb_journal;

/* Locks the file at 'path', makes it if it is not there, and brings the empty database to what it says. Sets db->journal. Null or a
 * sentence that the caller frees. */
char *ovsdb_journal_open(struct ovsdb *, const char *path) WARN_UNUSED;
void ovsdb_journal_close(struct ovsdb_journal *); /* null is fine */

/* Appends a transaction; with 'durable' it is on the disk on return. Does nothing if nothing of it is to be kept or there is no
 * journal. After an error the file is as before. */
struct ovsdb_error *ovsdb_journal_write(struct ovsdb_journal *, const struct ovsdb_changes *,
                                        const char *comment, bool durable) WARN_UNUSED;

/* Compacts the journal of a database if it is much larger than need be. */
void ovsdb_journal_maybe_compact(struct ovsdb *);

/* For replay and tests: brings the database to what the 'n' bytes of a journal say, through to its end or its first damage. Returns
 * how many bytes were used; '*why' is set to what is wrong behind them (the caller frees it), or null. '*same_schema' tells
 * whether the journal's schema is the database's. */
size_t ovsdb_journal_replay(struct ovsdb *, const char *data, size_t n, bool *same_schema,
                            char **why);
