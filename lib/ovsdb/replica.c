/* SPDX-License-Identifier: Apache-2.0 */
/* A client's copy of a database: updates in, operations out. */
#include "lib/ovsdb/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/txn_row.h"

struct ovsdb *ovsdb_replica_create(const json_t *schema_json, char **errorp)
{
    struct ovsdb_schema *schema;
    *errorp = ovsdb_error_steal_string(ovsdb_schema_from_json(&schema, schema_json));
    return schema ? ovsdb_database_create(schema) : NULL;
}

/* Updates. */

static struct ovsdb_error *apply_row(struct ovsdb *db, struct ovsdb_table *table,
                                     const char *uuid_s, const json_t *json)
{
    struct uuid uuid;
    json_t *new = json_object_get(json, "new");
    if (!uuid_from_string(&uuid, uuid_s) || !json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "a row update is malformed");
    }
    struct ovsdb_row *row = ovsdb_table_find(table, &uuid);
    if (!new) {
        if (row) {
            ovsdb_txn_delete_row(db->txn, row);
        }
        return NULL;
    }
    if (!row) {
        row = ovsdb_txn_insert_row(db->txn, table, &uuid);
    }
    const char *name;
    json_t *value;
    json_object_foreach (new, name, value) {
        const struct ovsdb_column *column = ovsdb_schema_column(table->schema, name);
        struct ovsdb_datum datum;
        if (!column || column->index < OVSDB_N_STD_COLUMNS) {
            continue;
        }
        struct ovsdb_error *error = ovsdb_datum_from_json(&datum, &column->type, value, NULL);
        if (error) {
            return error;
        }
        ovsdb_txn_write(db->txn, row, column, &datum);
    }
    return NULL;
}

static struct ovsdb_error *apply(struct ovsdb *db, const json_t *updates)
{
    const char *table_name, *uuid;
    json_t *rows, *row;
    json_object_foreach ((json_t *) updates, table_name, rows) {
        struct ovsdb_table *table = ovsdb_database_table(db, table_name);
        if (!table) {
            return ovsdb_error_syntax(NULL, NULL, "an update names an unknown table %.100s",
                                      table_name);
        }
        json_object_foreach (rows, uuid, row) {
            struct ovsdb_error *error = apply_row(db, table, uuid, row);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

char *ovsdb_replica_apply(struct ovsdb *db, const json_t *updates)
{
    struct ovsdb_txn *txn = ovsdb_txn_begin(db);
    struct ovsdb_error *error = apply(db, updates);
    if (error) {
        ovsdb_txn_abort(txn);
    } else {
        ovsdb_txn_accept(txn);
    }
    return ovsdb_error_steal_string(error);
}

/* Operations. */

void ovsdb_replica_row_name(const struct uuid *uuid, char name[OVSDB_REPLICA_NAME_LEN + 1])
{
    memcpy(name, "row", 3);
    uuid_to_string(uuid, name + 3);
    for (char *p = name; *p; p++) {
        *p = *p == '-' ? '_' : *p;
    }
}

/* True if the transaction inserts the row with this UUID into the table that the reference names. */
static bool is_new(const struct ovsdb *db, const struct ovsdb_base *base, const struct uuid *uuid)
{
    const struct ovsdb_table *table
        = base->ref_table ? ovsdb_database_table(db, base->ref_table) : NULL;
    const struct ovsdb_row *row = table ? ovsdb_table_find(table, uuid) : NULL;
    return row && row->txn_row && row->txn_row->inserted;
}

static json_t *atom_to_json(const struct ovsdb *db, const struct ovsdb_base *base,
                            const union ovsdb_atom *atom)
{
    if (base->type == OVSDB_UUID && is_new(db, base, &atom->uuid)) {
        char name[OVSDB_REPLICA_NAME_LEN + 1];
        ovsdb_replica_row_name(&atom->uuid, name);
        return json_pack("[ss]", "named-uuid", name);
    }
    return ovsdb_atom_to_json(atom, base->type);
}

/* As ovsdb_datum_to_json(), but with names for rows that are to be inserted. With 'keys_only' a map becomes the set of its keys. */
static json_t *datum_to_json(const struct ovsdb *db, const struct ovsdb_type *type,
                             const struct ovsdb_datum *datum, bool keys_only)
{
    bool map = ovsdb_type_is_map(type) && !keys_only;
    json_t *elements = json_array();
    for (size_t i = 0; i < datum->n; i++) {
        json_t *key = atom_to_json(db, &type->key, &datum->keys[i]);
        json_array_append_new(
            elements,
            map ? json_pack("[oo]", key, atom_to_json(db, &type->value, &datum->values[i])) : key);
    }
    return json_pack("[so]", map ? "map" : "set", elements);
}

static json_t *where_row(const struct ovsdb_row *row)
{
    char uuid[UUID_LEN + 1];
    uuid_to_string(ovsdb_row_id(row), uuid);
    return json_pack("[[ss[ss]]]", "_uuid", "==", "uuid", uuid);
}

static json_t *insert_op(const struct ovsdb *db, const struct ovsdb_row *row)
{
    const struct ovsdb_table_schema *schema = row->table->schema;
    char name[OVSDB_REPLICA_NAME_LEN + 1];
    json_t *columns = json_object();
    for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        if (!ovsdb_datum_is_default(&row->fields[i], &column->type)) {
            json_object_set_new(columns, column->name,
                                datum_to_json(db, &column->type, &row->fields[i], false));
        }
    }
    ovsdb_replica_row_name(ovsdb_row_id(row), name);
    return json_pack("{ssssssso}", "op", "insert", "table", schema->name, "uuid-name", name, "row",
                     columns);
}

static void add_mutation(json_t *mutations, const struct ovsdb_column *column, const char *mutator,
                         json_t *value)
{
    json_array_append_new(mutations, json_pack("[sso]", column->name, mutator, value));
}

/* Turns the change of a set or map into insertions and deletions. */
static void mutate_column(const struct ovsdb *db, const struct ovsdb_column *column,
                          const struct ovsdb_datum *old, const struct ovsdb_datum *new,
                          json_t *mutations)
{
    const struct ovsdb_type *type = &column->type;
    struct ovsdb_datum gone = ovsdb_datum_clone(old, type);
    struct ovsdb_datum come = ovsdb_datum_clone(new, type);
    ovsdb_datum_subtract(&gone, new, false, type);
    ovsdb_datum_subtract(&come, old, false, type);
    json_t *remove = gone.n ? datum_to_json(db, type, &gone, true) : NULL;
    json_t *add = come.n ? datum_to_json(db, type, &come, false) : NULL;

    /* What must not become empty in between is filled first; a key with a new value has to go first. */
    bool add_first = type->n_min > 0 && !ovsdb_type_is_map(type);
    if (add && add_first) {
        add_mutation(mutations, column, "insert", add);
    }
    if (remove) {
        add_mutation(mutations, column, "delete", remove);
    }
    if (add && !add_first) {
        add_mutation(mutations, column, "insert", add);
    }
    ovsdb_datum_destroy(&gone, type);
    ovsdb_datum_destroy(&come, type);
}

static void modify_ops(const struct ovsdb *db, const struct ovsdb_txn_row *txn_row, json_t *ops)
{
    const struct ovsdb_row *row = txn_row->row;
    const struct ovsdb_table_schema *schema = row->table->schema;
    json_t *columns = json_object();
    json_t *mutations = json_array();
    for (size_t i = OVSDB_N_STD_COLUMNS; txn_row->old && i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        const struct ovsdb_datum *old = txn_row->old[i];
        if (!old || ovsdb_datum_equals(old, &row->fields[i], &column->type)) {
            continue;
        }
        if (column->type.n_max > 1) {
            mutate_column(db, column, old, &row->fields[i], mutations);
        } else {
            json_object_set_new(columns, column->name,
                                datum_to_json(db, &column->type, &row->fields[i], false));
        }
    }
    if (json_object_size(columns)) {
        json_array_append_new(ops, json_pack("{sssssosO}", "op", "update", "table", schema->name,
                                             "where", where_row(row), "row", columns));
    }
    if (json_array_size(mutations)) {
        json_array_append_new(ops, json_pack("{sssssosO}", "op", "mutate", "table", schema->name,
                                             "where", where_row(row), "mutations", mutations));
    }
    json_decref(columns);
    json_decref(mutations);
}

json_t *ovsdb_replica_operations(const struct ovsdb_txn *txn)
{
    json_t *ops = json_array();
    for (size_t i = 0; i < txn->n; i++) {
        const struct ovsdb_txn_row *txn_row = txn->rows[i];
        if (txn_row->inserted && !txn_row->deleted) {
            json_array_append_new(ops, insert_op(txn->db, txn_row->row));
        } else if (txn_row->deleted && !txn_row->inserted) {
            json_array_append_new(ops, json_pack("{ssssso}", "op", "delete", "table",
                                                 txn_row->row->table->schema->name, "where",
                                                 where_row(txn_row->row)));
        } else if (!txn_row->deleted) {
            modify_ops(txn->db, txn_row, ops);
        }
    }
    return ops;
}
