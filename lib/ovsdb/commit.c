/* SPDX-License-Identifier: Apache-2.0 */
/* The commit of a transaction, step by step. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/integrity.h"
#include "lib/ovsdb/journal.h"
#include "lib/ovsdb/txn_row.h"

/* Forgets changes that changed nothing. */
static void drop_unchanged(struct ovsdb_txn_row *txn_row)
{
    const struct ovsdb_row *row = txn_row->row;
    const struct ovsdb_table_schema *schema = row->table->schema;
    bool any = false;
    for (size_t i = 0; txn_row->old && i < schema->n_columns; i++) {
        const struct ovsdb_type *type = &schema->columns[i].type;
        if (txn_row->old[i] && ovsdb_datum_equals(txn_row->old[i], &row->fields[i], type)) {
            ovsdb_datum_destroy(txn_row->old[i], type);
            free(txn_row->old[i]);
            txn_row->old[i] = NULL;
        }
        any |= txn_row->old[i] != NULL;
    }
    if (!any) {
        free(txn_row->old);
        txn_row->old = NULL;
    }
}

/* A row that goes is shown as it last was, not as this transaction changed it before. */
static void restore_deleted(struct ovsdb_txn_row *txn_row)
{
    const struct ovsdb_table_schema *schema = txn_row->row->table->schema;
    for (size_t i = 0; txn_row->old && i < schema->n_columns; i++) {
        if (txn_row->old[i]) {
            ovsdb_datum_destroy(&txn_row->row->fields[i], &schema->columns[i].type);
            txn_row->row->fields[i] = *txn_row->old[i];
            free(txn_row->old[i]);
            txn_row->old[i] = NULL;
        }
    }
}

/* What the transaction comes to. The array is the caller's. */
static struct ovsdb_change *list_changes(struct ovsdb_txn *txn, size_t *n)
{
    struct ovsdb_change *changes = xcalloc(txn->n + 1, sizeof *changes);
    *n = 0;
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        struct ovsdb_change *change = &changes[*n];
        if (!txn_row->deleted) {
            drop_unchanged(txn_row);
        }
        if (txn_row->inserted ? txn_row->deleted : !txn_row->deleted && !txn_row->old) {
            continue;
        }
        change->row = txn_row->row;
        change->kind = txn_row->inserted  ? OVSDB_INSERTED
                       : txn_row->deleted ? OVSDB_DELETED
                                          : OVSDB_MODIFIED;
        change->old = (const struct ovsdb_datum *const *) txn_row->old;
        (*n)++;
    }
    return changes;
}

static struct ovsdb_error *check(struct ovsdb_txn *txn)
{
    struct ovsdb_error *error = ovsdb_integrity_count_refs(txn);
    if (!error) {
        error = ovsdb_integrity_prune_weak(txn);
    }
    if (!error) {
        error = ovsdb_integrity_check_max_rows(txn);
    }
    if (!error) {
        error = ovsdb_integrity_check_keys(txn);
    }
    return error;
}

/* The new versions and sequence numbers, and the rows that go out of their tables. */
static void finish_rows(struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        struct ovsdb_row *row = txn_row->row;
        if (txn_row->inserted || txn_row->deleted || txn_row->old) {
            row->seqno = txn->db->seqno;
        }
        if (txn_row->deleted) {
            restore_deleted(txn_row);
            hmap_remove(&row->table->rows, &row->node);
        } else if (txn_row->old) {
            const struct ovsdb_table_schema *schema = row->table->schema;
            const struct ovsdb_column *version = &schema->columns[OVSDB_COL_VERSION];
            ovsdb_txn_edit(txn, row, version)->keys[0].uuid = uuid_random();
        }
    }
}

/* Frees the rows that are gone; the others are ovsdb_txn_free()'s. */
static void destroy_deleted(struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        if (txn_row->deleted) {
            ovsdb_row_destroy(txn_row->row);
            free(txn_row->old);
            free(txn_row);
            txn->rows[i--] = txn->rows[--txn->n];
        }
    }
}

static void notify(struct ovsdb *db, const struct ovsdb_changes *changes)
{
    struct ovsdb_watch *next;
    for (struct ovsdb_watch *watch = db->watches; watch; watch = next) {
        next = watch->next;
        watch->changed(watch->aux, changes);
    }
}

struct ovsdb_error *ovsdb_txn_try_commit(struct ovsdb_txn *txn)
{
    /* 1. What a setter refused, the commit refuses. */
    struct ovsdb *db = txn->db;
    struct ovsdb_error *error
        = txn->bad_value ? ovsdb_error_create("constraint violation", "%s", txn->bad_value) : NULL;

    /* 2. The rules between rows, which may delete or change further ones. */
    if (!error) {
        error = check(txn);
    }
    if (error) {
        ovsdb_txn_abort(txn);
        return error;
    }

    /* 3. Nothing to do? */
    struct ovsdb_changes list = { .db = db, .own = txn->own };
    struct ovsdb_change *changes = list_changes(txn, &list.n);
    if (!list.n) {
        free(changes);
        ovsdb_txn_abort(txn);
        return NULL;
    }

    /* 4. To disk, the last step that can fail. */
    list.changes = changes;
    error = ovsdb_journal_write(db->journal, &list, txn->comment, !txn->own);
    if (error) {
        free(changes);
        ovsdb_txn_abort(txn);
        return error;
    }

    /* 5. Into force, and told to all who watch. */
    list.seqno = ++db->seqno;
    ovsdb_integrity_update_keys(txn);
    finish_rows(txn);
    for (size_t i = 0; i < list.n; i++) {
        changes[i].old = (const struct ovsdb_datum *const *) changes[i].row->txn_row->old;
    }
    notify(db, &list);
    destroy_deleted(txn);
    free(changes);
    ovsdb_txn_free(txn);

    /* 6. A journal that has grown much is written anew, without the open transaction. */
    ovsdb_journal_maybe_compact(db);
    return NULL;
}
