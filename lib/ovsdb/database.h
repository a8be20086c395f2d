/* SPDX-License-Identifier: Apache-2.0 */
/* The database in memory. For lib/ovsdb/ alone; others use ovsdb.h.
 *
 * A row is changed in place while a transaction is open; what it held before is kept in the transaction (txn_row.h) until the
 * commit has gone through or everything is put back. A row deleted by the open transaction stays in its table's map, but all
 * functions here pass over it.
 *
 * 'n_refs' counts the strong references from other rows' committed values, and 'key_nodes' stand for committed values too: both
 * are brought up to date by the commit (commit.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/hmap.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/schema.h"

struct ovsdb_journal;
struct ovsdb_txn;
struct ovsdb_txn_row;

struct ovsdb_key_node {
    struct hmap_node node; /* in table.keys[] */
    struct ovsdb_row *row;
};

struct ovsdb_row {
    struct hmap_node node; /* in table.rows, by UUID */
    struct ovsdb_table *table;
    struct ovsdb_txn_row *txn_row; /* null if the open transaction has not touched the row */
    size_t n_refs;
    uint64_t seqno;                   /* of the last transaction that changed the row */
    struct ovsdb_key_node *key_nodes; /* one per key of the table */
    struct ovsdb_datum fields[];      /* one per column */
};

struct ovsdb_table {
    struct ovsdb *db;
    const struct ovsdb_table_schema *schema;
    struct hmap rows;  /* struct ovsdb_row.node */
    size_t n_rows;     /* without those that the open transaction deleted */
    struct hmap *keys; /* struct ovsdb_key_node.node, one map per key */
};

struct ovsdb_watch {
    struct ovsdb *db;
    struct ovsdb_watch *next;
    ovsdb_changed_cb *changed;
    void *aux;
};

struct ovsdb {
    struct ovsdb_schema *schema;
    struct ovsdb_table *tables; /* in the order of schema->tables */
    struct ovsdb_txn *txn;      /* the open transaction, or null */
    uint64_t seqno;
    struct ovsdb_journal *journal; /* null: in memory only */
    struct ovsdb_watch *watches;
};

/* An empty database in memory; takes over 'schema'. */
struct ovsdb *ovsdb_database_create(struct ovsdb_schema *);

/* Null if the schema has no such table. */
struct ovsdb_table *ovsdb_database_table(const struct ovsdb *, const char *name);

struct ovsdb_row *ovsdb_table_find(const struct ovsdb_table *, const struct uuid *);

/* Also a row that the open transaction deleted. */
struct ovsdb_row *ovsdb_table_find_any(const struct ovsdb_table *, const struct uuid *);

struct ovsdb_row *ovsdb_table_first(const struct ovsdb_table *);
struct ovsdb_row *ovsdb_table_next(const struct ovsdb_row *);
#define ovsdb_table_for_each(row, table)                                                           \
    for ((row) = ovsdb_table_first(table); (row); (row) = ovsdb_table_next(row))

/* A row with default values that is in no table yet; then in; then out again, and freed. */
struct ovsdb_row *ovsdb_row_create(struct ovsdb_table *, const struct uuid *);
void ovsdb_row_destroy(struct ovsdb_row *);

static inline const struct uuid *ovsdb_row_id(const struct ovsdb_row *row)
{
    return &row->fields[OVSDB_COL_UUID].keys[0].uuid;
}

static inline struct ovsdb_row *ovsdb_row_from_node(const struct hmap_node *node)
{
    return node ? CONTAINER_OF(node, struct ovsdb_row, node) : NULL;
}
