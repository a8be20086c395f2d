/* SPDX-License-Identifier: Apache-2.0 */
/* References between rows: counting the strong ones, collecting rows that nothing refers to, pruning the weak ones. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/integrity.h"
#include "lib/ovsdb/txn_row.h"

/* Rows that may have lost their last strong reference. */
struct doomed {
    struct ovsdb_row **rows;
    size_t n, allocated;
};

static struct ovsdb_error *dangling(const struct ovsdb_row *row, const struct ovsdb_column *column,
                                    const struct ovsdb_base *base, const struct uuid *uuid)
{
    char from[UUID_LEN + 1], to[UUID_LEN + 1];
    uuid_to_string(ovsdb_row_id(row), from);
    uuid_to_string(uuid, to);
    return ovsdb_error_create("referential integrity violation",
                              "Table %s column %s row %s references nonexistent row %s in table %s.",
                              row->table->schema->name, column->name, from, to, base->ref_table);
}

/* Counts one reference more or less. */
static struct ovsdb_error *count(struct ovsdb_txn *txn, const struct ovsdb_row *row,
                                 const struct ovsdb_column *column, const struct ovsdb_base *base,
                                 const struct ovsdb_table *target, const union ovsdb_atom *atom,
                                 int delta)
{
    struct ovsdb_row *referred = ovsdb_table_find_any(target, &atom->uuid);
    if (!referred) {
        return delta > 0 ? dangling(row, column, base, &atom->uuid) : NULL;
    }
    ovsdb_txn_touch(txn, referred);
    referred->n_refs += delta;
    return NULL;
}

static bool same_element(const struct ovsdb_type *type, const struct ovsdb_datum *a, size_t i,
                         const struct ovsdb_datum *b, size_t j)
{
    return !ovsdb_atom_compare(&a->keys[i], &b->keys[j], type->key.type)
           && (!ovsdb_type_is_map(type)
               || !ovsdb_atom_compare(&a->values[i], &b->values[j], type->value.type));
}

/* Counts the references in element 'i' of 'datum'. */
static struct ovsdb_error *count_element(struct ovsdb_txn *txn, const struct ovsdb_row *row,
                                         const struct ovsdb_column *column,
                                         const struct ovsdb_datum *datum, size_t i, int delta)
{
    const struct ovsdb_type *type = &column->type;
    struct ovsdb_error *error = NULL;
    if (ovsdb_base_is_strong(&type->key)) {
        error = count(txn, row, column, &type->key,
                      ovsdb_database_table(txn->db, type->key.ref_table), &datum->keys[i], delta);
    }
    if (!error && ovsdb_base_is_strong(&type->value)) {
        error = count(txn, row, column, &type->value,
                      ovsdb_database_table(txn->db, type->value.ref_table), &datum->values[i],
                      delta);
    }
    return error;
}

/* Counts what 'from' (may be null) has and 'to' (may be null) has not down, and the reverse up. */
static struct ovsdb_error *count_change(struct ovsdb_txn *txn, const struct ovsdb_row *row,
                                        const struct ovsdb_column *column,
                                        const struct ovsdb_datum *from,
                                        const struct ovsdb_datum *to)
{
    const struct ovsdb_type *type = &column->type;
    size_t n_from = from ? from->n : 0, n_to = to ? to->n : 0;
    size_t i = 0, j = 0;
    struct ovsdb_error *error = NULL;
    while (!error && (i < n_from || j < n_to)) {
        int cmp = i >= n_from ? 1
                  : j >= n_to ? -1
                              : ovsdb_atom_compare(&from->keys[i], &to->keys[j], type->key.type);
        if (!cmp && same_element(type, from, i, to, j)) {
            i++;
            j++;
            continue;
        }
        if (cmp >= 0) {
            error = count_element(txn, row, column, to, j++, +1);
        }
        if (!error && cmp <= 0) {
            error = count_element(txn, row, column, from, i++, -1);
        }
    }
    return error;
}

static bool has_strong(const struct ovsdb_column *column)
{
    return ovsdb_base_is_strong(&column->type.key) || ovsdb_base_is_strong(&column->type.value);
}

static struct ovsdb_error *count_row(struct ovsdb_txn *txn, struct ovsdb_txn_row *txn_row)
{
    struct ovsdb_row *row = txn_row->row;
    const struct ovsdb_table_schema *schema = row->table->schema;
    for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        bool changed = txn_row->inserted || txn_row->deleted || (txn_row->old && txn_row->old[i]);
        if (!changed || !has_strong(column)) {
            continue;
        }
        struct ovsdb_error *error = count_change(
            txn, row, column, txn_row->inserted ? NULL : ovsdb_txn_row_old(txn_row, column),
            txn_row->deleted ? NULL : &row->fields[i]);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static void add_if_unreferred(struct doomed *doomed, struct ovsdb_row *row)
{
    if (!row->n_refs && !row->table->schema->is_root && !ovsdb_txn_row_is_deleted(row)) {
        if (doomed->n >= doomed->allocated) {
            doomed->rows = grow_array(doomed->rows, &doomed->allocated, sizeof *doomed->rows);
        }
        doomed->rows[doomed->n++] = row;
    }
}

/* Drops the references of a row that goes, and notes the rows that lost their last. */
static void release_refs(struct ovsdb_txn *txn, struct ovsdb_row *row,
                         const struct ovsdb_column *column, struct doomed *doomed)
{
    const struct ovsdb_datum *datum = &row->fields[column->index];
    const struct ovsdb_base *bases[] = { &column->type.key, &column->type.value };
    const union ovsdb_atom *atoms[] = { datum->keys, datum->values };
    for (size_t b = 0; b < ARRAY_SIZE(bases); b++) {
        if (!ovsdb_base_is_strong(bases[b])) {
            continue;
        }
        const struct ovsdb_table *target = ovsdb_database_table(txn->db, bases[b]->ref_table);
        for (size_t i = 0; i < datum->n; i++) {
            struct ovsdb_row *referred = ovsdb_table_find_any(target, &atoms[b][i].uuid);
            if (referred) {
                ovsdb_txn_touch(txn, referred);
                referred->n_refs--;
                add_if_unreferred(doomed, referred);
            }
        }
    }
}

static void collect(struct ovsdb_txn *txn)
{
    struct doomed doomed = { NULL, 0, 0 };
    for (size_t i = 0; i < txn->n; i++) {
        add_if_unreferred(&doomed, txn->rows[i]->row);
    }
    while (doomed.n) {
        struct ovsdb_row *row = doomed.rows[--doomed.n];
        const struct ovsdb_table_schema *schema = row->table->schema;
        if (ovsdb_txn_row_is_deleted(row)) {
            continue;
        }
        ovsdb_txn_delete_row(txn, row);
        for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
            release_refs(txn, row, &schema->columns[i], &doomed);
        }
    }
    free(doomed.rows);
}

struct ovsdb_error *ovsdb_integrity_count_refs(struct ovsdb_txn *txn)
{
    /* Rows that are touched on the way have not changed themselves. */
    size_t n = txn->n;
    for (size_t i = 0; i < n; i++) {
        struct ovsdb_error *error = count_row(txn, txn->rows[i]);
        if (error) {
            return error;
        }
    }
    collect(txn);
    for (size_t i = 0; i < txn->n; i++) {
        const struct ovsdb_row *row = txn->rows[i]->row;
        if (txn->rows[i]->deleted && row->n_refs) {
            char uuid[UUID_LEN + 1];
            uuid_to_string(ovsdb_row_id(row), uuid);
            return ovsdb_error_create("referential integrity violation",
                                      "cannot delete %s row %s because of %zu remaining reference(s)",
                                      row->table->schema->name, uuid, row->n_refs);
        }
    }
    return NULL;
}

/* True if element 'i' has a weak reference to a row that is not there. */
static bool is_stale(const struct ovsdb *db, const struct ovsdb_type *type,
                     const struct ovsdb_datum *datum, size_t i)
{
    return (ovsdb_base_is_weak(&type->key)
            && !ovsdb_table_find(ovsdb_database_table(db, type->key.ref_table),
                                 &datum->keys[i].uuid))
           || (ovsdb_base_is_weak(&type->value)
               && !ovsdb_table_find(ovsdb_database_table(db, type->value.ref_table),
                                    &datum->values[i].uuid));
}

static struct ovsdb_error *prune_column(struct ovsdb_txn *txn, struct ovsdb_row *row,
                                        const struct ovsdb_column *column)
{
    const struct ovsdb_datum *datum = &row->fields[column->index];
    size_t i = 0;
    while (i < datum->n && !is_stale(txn->db, &column->type, datum, i)) {
        i++;
    }
    if (i >= datum->n) {
        return NULL;
    }
    struct ovsdb_datum pruned = ovsdb_datum_clone(datum, &column->type);
    while (i < pruned.n) {
        if (is_stale(txn->db, &column->type, &pruned, i)) {
            ovsdb_datum_remove_at(&pruned, i, &column->type);
        } else {
            i++;
        }
    }
    struct ovsdb_error *error = ovsdb_datum_check_count(&pruned, &column->type);
    if (error) {
        ovsdb_error_destroy(error);
        char uuid[UUID_LEN + 1];
        uuid_to_string(ovsdb_row_id(row), uuid);
        ovsdb_datum_destroy(&pruned, &column->type);
        return ovsdb_error_create("constraint violation",
                                  "Weak reference column %s in table %s row %s would become empty, "
                                  "but must not be",
                                  column->name, row->table->schema->name, uuid);
    }
    ovsdb_txn_write(txn, row, column, &pruned);
    return NULL;
}

static struct ovsdb_error *prune_row(struct ovsdb_txn *txn, struct ovsdb_row *row)
{
    const struct ovsdb_table_schema *schema = row->table->schema;
    for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        if (ovsdb_base_is_weak(&column->type.key) || ovsdb_base_is_weak(&column->type.value)) {
            struct ovsdb_error *error = prune_column(txn, row, column);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

struct ovsdb_error *ovsdb_integrity_prune_weak(struct ovsdb_txn *txn)
{
    bool deleted = false;
    struct ovsdb_error *error = NULL;
    for (size_t i = 0; !error && i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        deleted |= txn_row->deleted;
        if (!txn_row->deleted && txn_row->row->table->schema->has_weak) {
            error = prune_row(txn, txn_row->row);
        }
    }
    /* Where something was deleted, whatever has weak references may have one to it. */
    for (size_t i = 0; !error && deleted && i < txn->db->schema->n_tables; i++) {
        struct ovsdb_table *table = &txn->db->tables[i];
        struct ovsdb_row *row;
        if (!table->schema->has_weak) {
            continue;
        }
        ovsdb_table_for_each (row, table) {
            error = prune_row(txn, row);
            if (error) {
                break;
            }
        }
    }
    return error;
}
