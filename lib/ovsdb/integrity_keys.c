/* SPDX-License-Identifier: Apache-2.0 */
/* How many rows a table may have, and which columns must be distinct among them. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/integrity.h"
#include "lib/ovsdb/txn_row.h"

struct ovsdb_error *ovsdb_integrity_check_max_rows(const struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        const struct ovsdb_table *table = txn->rows[i]->row->table;
        if (txn->rows[i]->inserted && table->n_rows > table->schema->max_rows) {
            return ovsdb_error_create(
                "constraint violation",
                "transaction causes \"%s\" table to contain %zu rows, greater than the "
                "schema-defined limit of %zu row(s)",
                table->schema->name, table->n_rows, table->schema->max_rows);
        }
    }
    return NULL;
}

static uint32_t hash_key(const struct ovsdb_row *row, const struct ovsdb_key *key)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < key->n; i++) {
        const struct ovsdb_column *column = key->columns[i];
        hash = ovsdb_datum_hash(&row->fields[column->index], &column->type, hash);
    }
    return hash;
}

static bool same_key(const struct ovsdb_row *a, const struct ovsdb_row *b,
                     const struct ovsdb_key *key)
{
    for (size_t i = 0; i < key->n; i++) {
        const struct ovsdb_column *column = key->columns[i];
        if (!ovsdb_datum_equals(&a->fields[column->index], &b->fields[column->index],
                                &column->type)) {
            return false;
        }
    }
    return true;
}

/* True if the transaction gave the row another value in the key. */
static bool key_changed(const struct ovsdb_txn_row *txn_row, const struct ovsdb_key *key)
{
    for (size_t i = 0; txn_row && txn_row->old && i < key->n; i++) {
        if (txn_row->old[key->columns[i]->index]) {
            return true;
        }
    }
    return false;
}

static bool needs_check(const struct ovsdb_txn_row *txn_row, const struct ovsdb_key *key)
{
    return !txn_row->deleted && (txn_row->inserted || key_changed(txn_row, key));
}

static struct ovsdb_error *duplicate(const struct ovsdb_row *a, const struct ovsdb_row *b,
                                     const struct ovsdb_key *key)
{
    struct strbuf columns = STRBUF_INIT, values = STRBUF_INIT;
    char first[UUID_LEN + 1], second[UUID_LEN + 1];
    for (size_t i = 0; i < key->n; i++) {
        const struct ovsdb_column *column = key->columns[i];
        strbuf_putf(&columns, "%s\"%s\"", i ? ", " : "", column->name);
        strbuf_puts(&values, i ? ", " : "");
        ovsdb_datum_to_text(&a->fields[column->index], &column->type, &values);
    }
    uuid_to_string(ovsdb_row_id(a), first);
    uuid_to_string(ovsdb_row_id(b), second);
    struct ovsdb_error *error = ovsdb_error_create(
        "constraint violation",
        "Transaction causes multiple rows in \"%s\" table to have identical values (%s) for index "
        "on column%s %s: rows %s and %s.",
        a->table->schema->name, strbuf_str(&values), key->n > 1 ? "s" : "", strbuf_str(&columns),
        first, second);
    strbuf_destroy(&columns);
    strbuf_destroy(&values);
    return error;
}

/* Against the rows whose key the transaction has left alone. */
static struct ovsdb_error *check_against_committed(const struct ovsdb_row *row, size_t k)
{
    const struct ovsdb_key *key = &row->table->schema->keys[k];
    const struct ovsdb_key_node *other;
    hmap_for_each_with_hash (other, node, hash_key(row, key), &row->table->keys[k]) {
        if (other->row != row && !ovsdb_txn_row_is_deleted(other->row)
            && !key_changed(other->row->txn_row, key) && same_key(row, other->row, key)) {
            return duplicate(row, other->row, key);
        }
    }
    return NULL;
}

/* Against each other, through a map of those that were seen. */
static struct ovsdb_error *check_against_seen(const struct ovsdb_row *row, size_t k,
                                              struct hmap *seen)
{
    const struct ovsdb_key *key = &row->table->schema->keys[k];
    uint32_t hash = hash_key(row, key);
    struct ovsdb_key_node *other;
    hmap_for_each_with_hash (other, node, hash, seen) {
        if (other->row->table == row->table && same_key(row, other->row, key)) {
            return duplicate(row, other->row, key);
        }
    }
    other = xzalloc(sizeof *other);
    other->row = (struct ovsdb_row *) row;
    hmap_insert(seen, &other->node, hash);
    return NULL;
}

static struct ovsdb_error *check_row(const struct ovsdb_txn_row *txn_row, struct hmap *seen,
                                     size_t n_seen)
{
    const struct ovsdb_table_schema *schema = txn_row->row->table->schema;
    for (size_t k = 0; k < MIN(schema->n_keys, n_seen); k++) {
        if (needs_check(txn_row, &schema->keys[k])) {
            struct ovsdb_error *error = check_against_committed(txn_row->row, k);
            if (!error) {
                error = check_against_seen(txn_row->row, k, &seen[k]);
            }
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

struct ovsdb_error *ovsdb_integrity_check_keys(const struct ovsdb_txn *txn)
{
    size_t n_seen = 0;
    for (size_t i = 0; i < txn->n; i++) {
        n_seen = MAX(n_seen, txn->rows[i]->row->table->schema->n_keys);
    }
    struct hmap *seen = xcalloc(n_seen + 1, sizeof *seen);
    struct ovsdb_error *error = NULL;
    for (size_t i = 0; !error && i < txn->n; i++) {
        error = check_row(txn->rows[i], seen, n_seen);
    }
    for (size_t k = 0; k < n_seen; k++) {
        struct ovsdb_key_node *entry, *next;
        hmap_for_each_safe (entry, next, node, &seen[k]) {
            free(entry);
        }
        hmap_destroy(&seen[k]);
    }
    free(seen);
    return error;
}

void ovsdb_integrity_update_keys(struct ovsdb_txn *txn)
{
    for (size_t i = 0; i < txn->n; i++) {
        struct ovsdb_txn_row *txn_row = txn->rows[i];
        struct ovsdb_row *row = txn_row->row;
        for (size_t k = 0; k < row->table->schema->n_keys; k++) {
            const struct ovsdb_key *key = &row->table->schema->keys[k];
            struct hmap_node *node = &row->key_nodes[k].node;
            bool changed = key_changed(txn_row, key);
            if (!txn_row->inserted && (txn_row->deleted || changed)) {
                hmap_remove(&row->table->keys[k], node);
            }
            if (!txn_row->deleted && (txn_row->inserted || changed)) {
                hmap_insert(&row->table->keys[k], node, hash_key(row, key));
            }
        }
    }
}
