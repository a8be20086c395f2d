/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: changing rows in place and putting them back. */
#include "lib/ovsdb/transaction.h"

#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/txn_row.h"

LOG_MODULE(ovsdb_txn);

static struct ovsdb_txn *begin(struct ovsdb *db, bool own)
{
    if (db->txn) {
        log_abort("a database transaction was begun while another was open");
    }
    struct ovsdb_txn *txn = xzalloc(sizeof *txn);
    txn->db = db;
    txn->own = own;
    db->txn = txn;
    return txn;
}

struct ovsdb_txn *ovsdb_txn_begin(struct ovsdb *db)
{
    return begin(db, true);
}

struct ovsdb_txn *ovsdb_txn_begin_for_client(struct ovsdb *db)
{
    return begin(db, false);
}

void ovsdb_txn_add_comment(struct ovsdb_txn *txn, const char *comment)
{
    char *all = txn->comment ? xasprintf("%s\n%s", txn->comment, comment) : xstrdup(comment);
    free(txn->comment);
    txn->comment = all;
}

struct ovsdb_txn_row *ovsdb_txn_touch(struct ovsdb_txn *txn, struct ovsdb_row *row)
{
    if (!row->txn_row) {
        struct ovsdb_txn_row *txn_row = xzalloc(sizeof *txn_row);
        txn_row->row = row;
        txn_row->old_n_refs = row->n_refs;
        row->txn_row = txn_row;
        if (txn->n >= txn->allocated) {
            txn->rows = grow_array(txn->rows, &txn->allocated, sizeof *txn->rows);
        }
        txn->rows[txn->n++] = txn_row;
    }
    return row->txn_row;
}

struct ovsdb_row *ovsdb_txn_insert_row(struct ovsdb_txn *txn, struct ovsdb_table *table,
                                       const struct uuid *uuid)
{
    struct ovsdb_row *row = ovsdb_row_create(table, uuid);
    ovsdb_txn_touch(txn, row)->inserted = true;
    hmap_insert(&table->rows, &row->node, uuid_hash(uuid));
    table->n_rows++;
    return row;
}

void ovsdb_txn_delete_row(struct ovsdb_txn *txn, struct ovsdb_row *row)
{
    struct ovsdb_txn_row *txn_row = ovsdb_txn_touch(txn, row);
    assert(!txn_row->deleted);
    txn_row->deleted = true;
    row->table->n_rows--;
}

/* Where the old value of a column is to be kept, or null if it need not be (any more). */
static struct ovsdb_datum **place_for_old(struct ovsdb_txn *txn, struct ovsdb_row *row,
                                          const struct ovsdb_column *column)
{
    struct ovsdb_txn_row *txn_row = ovsdb_txn_touch(txn, row);
    if (txn_row->inserted) {
        return NULL;
    }
    if (!txn_row->old) {
        txn_row->old = xcalloc(row->table->schema->n_columns, sizeof *txn_row->old);
    }
    return txn_row->old[column->index] ? NULL : &txn_row->old[column->index];
}

void ovsdb_txn_write(struct ovsdb_txn *txn, struct ovsdb_row *row,
                     const struct ovsdb_column *column, struct ovsdb_datum *datum)
{
    struct ovsdb_datum **old = place_for_old(txn, row, column);
    struct ovsdb_datum *field = &row->fields[column->index];
    if (old) {
        *old = xmemdup(field, sizeof *field);
    } else {
        ovsdb_datum_destroy(field, &column->type);
    }
    *field = *datum;
    *datum = (struct ovsdb_datum) OVSDB_DATUM_EMPTY;
}

struct ovsdb_datum *ovsdb_txn_edit(struct ovsdb_txn *txn, struct ovsdb_row *row,
                                   const struct ovsdb_column *column)
{
    struct ovsdb_datum **old = place_for_old(txn, row, column);
    struct ovsdb_datum *field = &row->fields[column->index];
    if (old) {
        struct ovsdb_datum clone = ovsdb_datum_clone(field, &column->type);
        *old = xmemdup(&clone, sizeof clone);
    }
    return field;
}

const struct ovsdb_datum *ovsdb_txn_row_old(const struct ovsdb_txn_row *txn_row,
                                            const struct ovsdb_column *column)
{
    const struct ovsdb_datum *old = txn_row->old ? txn_row->old[column->index] : NULL;
    return old ? old : &txn_row->row->fields[column->index];
}

static void free_old(struct ovsdb_txn_row *txn_row)
{
    const struct ovsdb_table_schema *schema = txn_row->row->table->schema;
    for (size_t i = 0; txn_row->old && i < schema->n_columns; i++) {
        if (txn_row->old[i]) {
            ovsdb_datum_destroy(txn_row->old[i], &schema->columns[i].type);
            free(txn_row->old[i]);
        }
    }
    free(txn_row->old);
}

static void put_back(struct ovsdb_txn_row *txn_row)
{
    struct ovsdb_row *row = txn_row->row;
    const struct ovsdb_table_schema *schema = row->table->schema;
    for (size_t i = 0; txn_row->old && i < schema->n_columns; i++) {
        if (txn_row->old[i]) {
            ovsdb_datum_destroy(&row->fields[i], &schema->columns[i].type);
            row->fields[i] = *txn_row->old[i];
            free(txn_row->old[i]);
            txn_row->old[i] = NULL;
        }
    }
    row->n_refs = txn_row->old_n_refs;
    row->table->n_rows += txn_row->deleted - txn_row->inserted;
    txn_row->deleted = false;
    if (txn_row->inserted) {
        hmap_remove(&row->table->rows, &row->node);
    }
}

void ovsdb_txn_free(struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        free_old(txn_row);
        txn_row->row->txn_row = NULL;
        free(txn_row);
    }
    txn->db->txn = NULL;
    free(txn->rows);
    free(txn->comment);
    free(txn->bad_value);
    free(txn);
}

void ovsdb_txn_abort(struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        put_back(txn_row);
        if (txn_row->inserted) {
            ovsdb_row_destroy(txn_row->row);
            free(txn_row->old);
            free(txn_row);
            txn->rows[i--] = txn->rows[--txn->n];
        }
    }
    ovsdb_txn_free(txn);
}

void ovsdb_txn_accept(struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        struct ovsdb_row *row = txn_row->row;
        if (txn_row->deleted) {
            free_old(txn_row);
            free(txn_row);
            hmap_remove(&row->table->rows, &row->node);
            ovsdb_row_destroy(row);
            txn->rows[i--] = txn->rows[--txn->n];
        }
    }
    ovsdb_txn_free(txn);
}

char *ovsdb_txn_commit(struct ovsdb_txn *txn)
{
    return ovsdb_error_steal_string(ovsdb_txn_try_commit(txn));
}

void ovsdb_txn_commit_or_log(struct ovsdb_txn *txn)
{
    char *error = ovsdb_txn_commit(txn);
    if (error) {
        log_err_rl("cannot write to the database: %s", error);
        free(error);
    }
}
