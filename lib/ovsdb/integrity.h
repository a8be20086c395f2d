/* SPDX-License-Identifier: Apache-2.0 */
/* The rules between rows that a transaction must keep: references, the number of rows, distinct keys. For commit.c.
 *
 * Each function may touch, change or delete further rows in the transaction; after an error the caller aborts it. */
#pragma once

#include "lib/base/compiler.h"

struct ovsdb_error;
struct ovsdb_row;
struct ovsdb_txn;

/* Counts the strong references that came and went, deletes the rows to which none is left, and refuses a reference to a row that
 * is not there. Reference counts are final afterwards. */
struct ovsdb_error *ovsdb_integrity_count_refs(struct ovsdb_txn *) WARN_UNUSED;

/* Removes weak references to rows that are not there (any more). */
struct ovsdb_error *ovsdb_integrity_prune_weak(struct ovsdb_txn *) WARN_UNUSED;

struct ovsdb_error *ovsdb_integrity_check_max_rows(const struct ovsdb_txn *) WARN_UNUSED;
struct ovsdb_error *ovsdb_integrity_check_keys(const struct ovsdb_txn *) WARN_UNUSED;

/* Makes the maps of keys stand for the values in the rows that the transaction touched. */
void ovsdb_integrity_update_keys(struct ovsdb_txn *);
