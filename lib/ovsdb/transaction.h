/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions on a database from within the daemon: its write-backs, and what the server executes for clients.
 *
 * One transaction at a time: what begins one also commits or aborts it before it returns to the loop. Until then the database
 * reads as if it were committed already, to the same thread, so that a transaction sees its own writes.
 *
 * Writing a value that is there already is no change, and a transaction without changes neither reaches the journal nor wakes
 * anybody. All writes between begin and commit come into force together, or none. Main thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/uuid.h"

struct ovsdb;
struct ovsdb_column;
struct ovsdb_datum;
struct ovsdb_row;
struct ovsdb_table;
struct ovsdb_txn;
struct smap;

struct ovsdb_txn *ovsdb_txn_begin(struct ovsdb *);

/* Ends the transaction, whether it succeeds or not. Null, or why the database refused it (the caller frees it): then nothing was
 * changed. */
char *ovsdb_txn_commit(struct ovsdb_txn *) WARN_UNUSED;

/* What is wrong with the first value that a setter below refused, and for which the commit will fail; null if nothing. */
const char *ovsdb_txn_error(const struct ovsdb_txn *);

/* For write-backs that can only fail by a mistake or a full disk: commits, and logs a failure. */
void ovsdb_txn_commit_or_log(struct ovsdb_txn *);

/* Undoes everything. */
void ovsdb_txn_abort(struct ovsdb_txn *);

/* Replaces a column's value. Rows come as ovsdb_find() and the like return them. A value that the column's type does not
 * allow (a range, an enumeration) makes the commit fail; a wrong type aborts the program. Bytes of a string that are not UTF-8
 * are replaced. */
void ovsdb_txn_set_bool(struct ovsdb_txn *, const struct ovsdb_row *, const char *column, bool);
void ovsdb_txn_set_int(struct ovsdb_txn *, const struct ovsdb_row *, const char *column, int64_t);
void ovsdb_txn_set_real(struct ovsdb_txn *, const struct ovsdb_row *, const char *column, double);

/* A null string empties the column. */
void ovsdb_txn_set_string(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                          const char *);

/* Empties a set, map or optional value. */
void ovsdb_txn_clear(struct ovsdb_txn *, const struct ovsdb_row *, const char *column);

/* A set of strings, of integers, of references to rows. Duplicates count once. */
void ovsdb_txn_set_strings(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                           const char *const *strings, size_t n);
void ovsdb_txn_set_ints(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                        const int64_t *, size_t n);
void ovsdb_txn_set_refs(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                        const struct ovsdb_row *const *, size_t n);

/* A map from string to string (external_ids, status, ...), or from string to integer (statistics). */
void ovsdb_txn_set_smap(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                        const struct smap *);
void ovsdb_txn_set_int_map(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                           const char *const *keys, const int64_t *values, size_t n);

/* One key of a map from string to string; a null value removes it. */
void ovsdb_txn_set_key(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                       const char *key, const char *value);

/* Any value; takes over the datum. */
void ovsdb_txn_set_datum(struct ovsdb_txn *, const struct ovsdb_row *, const char *column,
                         struct ovsdb_datum *);

/* A new row with the default value in each column. Unless its table is a root table, something must refer to it at commit, or it
 * silently vanishes. */
const struct ovsdb_row *ovsdb_txn_insert(struct ovsdb_txn *, const char *table);
const struct ovsdb_row *ovsdb_txn_insert_with_uuid(struct ovsdb_txn *, const char *table,
                                                   const struct uuid *);
/* True if the open transaction inserted the row. */
bool ovsdb_row_is_new(const struct ovsdb_row *);

void ovsdb_txn_delete(struct ovsdb_txn *, const struct ovsdb_row *);
