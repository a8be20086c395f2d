/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a transaction. For lib/ovsdb/ alone; the daemon uses transaction.h.
 *
 * A transaction keeps one txn_row for each row that it touched, with what is needed to put the row back. Commit goes through
 * these in steps (commit.c) and may touch, change and delete further rows on the way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/ovsdb/database.h"
#include "lib/ovsdb/transaction.h"

struct ovsdb_error;
struct strbuf;

struct ovsdb_txn_row {
    struct ovsdb_row *row;
    bool inserted, deleted; /* by this transaction; both: never was */
    size_t old_n_refs;
    struct ovsdb_datum **old; /* per column what it held before, null if it is unchanged; null if all are */
};

struct ovsdb_txn {
    struct ovsdb *db;
    struct ovsdb_txn_row **rows; /* in the order in which they were touched */
    size_t n, allocated;
    bool own;         /* the daemon's */
    char *comment;    /* for the journal; may be null */
    char *bad_value;  /* the first value that a setter refused; null if none */
};

static inline bool ovsdb_txn_row_is_deleted(const struct ovsdb_row *row)
{
    return row->txn_row && row->txn_row->deleted;
}

/* Begins a transaction on behalf of a client: durable when commit returns, and not "own" to watches. */
struct ovsdb_txn *ovsdb_txn_begin_for_client(struct ovsdb *);

/* As ovsdb_txn_commit(), with the error as the protocol has it. */
struct ovsdb_error *ovsdb_txn_try_commit(struct ovsdb_txn *) WARN_UNUSED;

/* Adds a line to what the journal tells about the transaction. */
void ovsdb_txn_add_comment(struct ovsdb_txn *, const char *);

/* A new row with this UUID, which no row of the table has. */
struct ovsdb_row *ovsdb_txn_insert_row(struct ovsdb_txn *, struct ovsdb_table *,
                                       const struct uuid *);
void ovsdb_txn_delete_row(struct ovsdb_txn *, struct ovsdb_row *);

/* Makes 'datum' the value of the column and takes it over. Nothing is checked. */
void ovsdb_txn_write(struct ovsdb_txn *, struct ovsdb_row *, const struct ovsdb_column *,
                     struct ovsdb_datum *);

/* The column's value, for the caller to change in place before anything else happens. */
struct ovsdb_datum *ovsdb_txn_edit(struct ovsdb_txn *, struct ovsdb_row *,
                                   const struct ovsdb_column *);

/* The row's part in the transaction, made if there is none. */
struct ovsdb_txn_row *ovsdb_txn_touch(struct ovsdb_txn *, struct ovsdb_row *);

/* What the column held before the transaction. */
const struct ovsdb_datum *ovsdb_txn_row_old(const struct ovsdb_txn_row *,
                                            const struct ovsdb_column *);

/* Ends the transaction with all that it did, unchecked, unrecorded and told to nobody: for copies of other databases. */
void ovsdb_txn_accept(struct ovsdb_txn *);

/* Frees the transaction; the rows are as they shall be, and inserted or deleted ones in or out of their tables. */
void ovsdb_txn_free(struct ovsdb_txn *);
