/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and rows in memory, and who is told of their changes. */
#include "lib/ovsdb/database.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/journal.h"
#include "lib/ovsdb/txn_row.h"

struct ovsdb *ovsdb_database_create(struct ovsdb_schema *schema)
{
    struct ovsdb *db = xzalloc(sizeof *db);
    db->schema = schema;
    db->seqno = 1;
    db->tables = xcalloc(schema->n_tables + 1, sizeof *db->tables);
    for (size_t i = 0; i < schema->n_tables; i++) {
        struct ovsdb_table *table = &db->tables[i];
        table->db = db;
        table->schema = &schema->tables[i];
        hmap_init(&table->rows);
        table->keys = xcalloc(table->schema->n_keys + 1, sizeof *table->keys);
        for (size_t j = 0; j < table->schema->n_keys; j++) {
            hmap_init(&table->keys[j]);
        }
    }
    return db;
}

static void destroy_table(struct ovsdb_table *table)
{
    struct ovsdb_row *row, *next;
    hmap_for_each_safe (row, next, node, &table->rows) {
        ovsdb_row_destroy(row);
    }
    hmap_destroy(&table->rows);
    for (size_t i = 0; i < table->schema->n_keys; i++) {
        hmap_destroy(&table->keys[i]);
    }
    free(table->keys);
}

void ovsdb_close(struct ovsdb *db)
{
    if (db) {
        assert(!db->txn && !db->watches);
        for (size_t i = 0; i < db->schema->n_tables; i++) {
            destroy_table(&db->tables[i]);
        }
        free(db->tables);
        ovsdb_journal_close(db->journal);
        ovsdb_schema_destroy(db->schema);
        free(db);
    }
}

struct ovsdb_table *ovsdb_database_table(const struct ovsdb *db, const char *name)
{
    const struct ovsdb_table_schema *schema = ovsdb_schema_table(db->schema, name);
    return schema ? &db->tables[schema - db->schema->tables] : NULL;
}

struct ovsdb_row *ovsdb_table_find_any(const struct ovsdb_table *table, const struct uuid *uuid)
{
    struct ovsdb_row *row;
    hmap_for_each_with_hash (row, node, uuid_hash(uuid), &table->rows) {
        if (uuid_equals(ovsdb_row_id(row), uuid)) {
            return row;
        }
    }
    return NULL;
}

struct ovsdb_row *ovsdb_table_find(const struct ovsdb_table *table, const struct uuid *uuid)
{
    struct ovsdb_row *row = ovsdb_table_find_any(table, uuid);
    return row && !ovsdb_txn_row_is_deleted(row) ? row : NULL;
}

static struct ovsdb_row *skip_deleted(const struct ovsdb_table *table, struct hmap_node *node)
{
    while (node && ovsdb_txn_row_is_deleted(ovsdb_row_from_node(node))) {
        node = hmap_next(&table->rows, node);
    }
    return ovsdb_row_from_node(node);
}

struct ovsdb_row *ovsdb_table_first(const struct ovsdb_table *table)
{
    return skip_deleted(table, hmap_first(&table->rows));
}

struct ovsdb_row *ovsdb_table_next(const struct ovsdb_row *row)
{
    return skip_deleted(row->table, hmap_next(&row->table->rows, &row->node));
}

struct ovsdb_row *ovsdb_row_create(struct ovsdb_table *table, const struct uuid *uuid)
{
    const struct ovsdb_table_schema *schema = table->schema;
    struct ovsdb_row *row
        = xzalloc(sizeof *row + schema->n_columns * sizeof row->fields[0]);
    row->table = table;
    if (schema->n_keys) {
        row->key_nodes = xcalloc(schema->n_keys, sizeof *row->key_nodes);
        for (size_t i = 0; i < schema->n_keys; i++) {
            row->key_nodes[i].row = row;
        }
    }
    for (size_t i = 0; i < schema->n_columns; i++) {
        row->fields[i] = ovsdb_datum_default(&schema->columns[i].type);
    }
    row->fields[OVSDB_COL_UUID].keys[0].uuid = *uuid;
    row->fields[OVSDB_COL_VERSION].keys[0].uuid = uuid_random();
    return row;
}

void ovsdb_row_destroy(struct ovsdb_row *row)
{
    const struct ovsdb_table_schema *schema = row->table->schema;
    for (size_t i = 0; i < schema->n_columns; i++) {
        ovsdb_datum_destroy(&row->fields[i], &schema->columns[i].type);
    }
    free(row->key_nodes);
    free(row);
}

struct ovsdb_watch *ovsdb_watch_create(struct ovsdb *db, ovsdb_changed_cb *changed, void *aux)
{
    struct ovsdb_watch *watch = xzalloc(sizeof *watch);
    struct ovsdb_watch **last = &db->watches;
    watch->db = db;
    watch->changed = changed;
    watch->aux = aux;
    while (*last) {
        last = &(*last)->next;
    }
    *last = watch;
    return watch;
}

void ovsdb_watch_destroy(struct ovsdb_watch *watch)
{
    if (watch) {
        struct ovsdb_watch **p = &watch->db->watches;
        while (*p != watch) {
            p = &(*p)->next;
        }
        *p = watch->next;
        free(watch);
    }
}
