/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that read and write rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/execution_op.h"
#include "lib/ovsdb/mutation.h"
#include "lib/ovsdb/rowset.h"

/* What costs one unit of the budget: a value; so many bytes of a string; so many rows looked at; so many elements of a set or map
 * that are moved to make room for another. */
enum { BYTES_PER_UNIT = 32, ROWS_PER_UNIT = 8, MOVES_PER_UNIT = 64 };

static size_t cost_of_atoms(const union ovsdb_atom *atoms, size_t n, enum ovsdb_atom_type type)
{
    size_t cost = n;
    for (size_t i = 0; type == OVSDB_STRING && i < n; i++) {
        cost += strlen(atoms[i].string) / BYTES_PER_UNIT;
    }
    return cost;
}

static size_t cost(const struct ovsdb_datum *datum, const struct ovsdb_type *type)
{
    return 1 + cost_of_atoms(datum->keys, datum->n, type->key.type)
           + (ovsdb_type_is_map(type) ? cost_of_atoms(datum->values, datum->n, type->value.type)
                                      : 0);
}

static struct ovsdb_error *parse_table(struct ovsdb_op *op, struct ovsdb_table **table)
{
    const char *name = json_string_value(json_object_get(op->json, "table"));
    if (!name) {
        return ovsdb_error_syntax(op->json, NULL, "the operation needs a \"table\"");
    }
    *table = ovsdb_database_table(op->execution->db, name);
    return *table ? NULL
                  : ovsdb_error_syntax(op->json, "unknown table", "No table named %.100s.", name);
}

static struct ovsdb_error *parse_where(struct ovsdb_op *op, const struct ovsdb_table *table,
                                       struct ovsdb_condition *where)
{
    const json_t *json = json_object_get(op->json, "where");
    return json ? ovsdb_condition_from_json(where, table->schema, json, &op->symtab)
                : ovsdb_error_syntax(op->json, NULL, "the operation needs a \"where\"");
}

/* Calls 'cb' for each row that 'where' selects. Looking at rows costs too. */
static struct ovsdb_error *for_each_row(struct ovsdb_op *op, const struct ovsdb_table *table,
                                        const struct ovsdb_condition *where,
                                        struct ovsdb_error *(*cb)(struct ovsdb_op *,
                                                                  struct ovsdb_row *, void *aux),
                                        void *aux)
{
    const struct uuid *uuid = ovsdb_condition_uuid(where);
    struct ovsdb_error *error = NULL;
    struct ovsdb_row *row;
    if (uuid) {
        row = ovsdb_table_find(table, uuid);
        return row && ovsdb_condition_all(where, row->fields) ? cb(op, row, aux) : NULL;
    }
    error = ovsdb_op_spend(op, 1 + table->n_rows / ROWS_PER_UNIT);
    if (error) {
        return error;
    }
    ovsdb_table_for_each (row, table) {
        if (ovsdb_condition_all(where, row->fields)) {
            error = cb(op, row, aux);
        }
        if (error) {
            break;
        }
    }
    return error;
}

/* The columns of a <row>, parsed. */
struct parsed_row {
    const struct ovsdb_column **columns;
    struct ovsdb_datum *datums;
    size_t n, cost;
};

static void destroy_parsed(struct parsed_row *parsed)
{
    for (size_t i = 0; i < parsed->n; i++) {
        ovsdb_datum_destroy(&parsed->datums[i], &parsed->columns[i]->type);
    }
    free(parsed->columns);
    free(parsed->datums);
}

static struct ovsdb_error *parse_row(struct ovsdb_op *op, const struct ovsdb_table_schema *schema,
                                     const json_t *json, struct parsed_row *parsed)
{
    *parsed = (struct parsed_row){ NULL, NULL, 0, 0 };
    if (!json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "a row must be an object");
    }
    parsed->columns = xcalloc(json_object_size(json) + 1, sizeof *parsed->columns);
    parsed->datums = xcalloc(json_object_size(json) + 1, sizeof *parsed->datums);

    const char *name;
    json_t *value;
    json_object_foreach ((json_t *) json, name, value) {
        const struct ovsdb_column *column = ovsdb_schema_column(schema, name);
        struct ovsdb_error *error
            = column ? ovsdb_datum_from_json(&parsed->datums[parsed->n], &column->type, value,
                                             &op->symtab)
                     : ovsdb_error_syntax(op->json, "unknown column", "No column %.100s in table %s.",
                                          name, schema->name);
        if (error) {
            destroy_parsed(parsed);
            return error;
        }
        parsed->cost += cost(&parsed->datums[parsed->n], &column->type);
        parsed->columns[parsed->n++] = column;
    }
    return NULL;
}

/* insert */

static struct ovsdb_error *choose_uuid(struct ovsdb_op *op, const struct ovsdb_table *table,
                                       struct uuid *uuid)
{
    const json_t *uuid_json = json_object_get(op->json, "uuid");
    const json_t *name_json = json_object_get(op->json, "uuid-name");
    const char *uuid_s = json_string_value(uuid_json);
    const char *name = json_string_value(name_json);
    if ((uuid_json && !uuid_s) || (name_json && !name)) {
        return ovsdb_error_syntax(op->json, NULL, "\"uuid\" and \"uuid-name\" must be strings");
    }
    *uuid = uuid_random();
    if (uuid_s && !uuid_from_string(uuid, uuid_s)) {
        return ovsdb_error_syntax(op->json, NULL, "\"%.100s\" is not a valid UUID", uuid_s);
    }
    if (uuid_s && ovsdb_table_find_any(table, uuid)) {
        return ovsdb_error_syntax(op->json, "duplicate uuid", "This UUID would duplicate a UUID already "
                                  "present within the table or deleted within the same transaction.");
    }
    if (name) {
        struct ovsdb_symbol *symbol = ovsdb_symtab_get(&op->symtab, name);
        if (symbol->created) {
            return ovsdb_error_syntax(op->json, "duplicate uuid-name",
                                      "This \"uuid-name\" appeared on an earlier \"insert\" "
                                      "operation.");
        }
        if (uuid_s && symbol->referred) {
            return ovsdb_error_syntax(op->json, NULL,
                                      "This \"uuid-name\" was used before its \"uuid\" was given.");
        }
        symbol->created = true;
        if (uuid_s) {
            symbol->uuid = *uuid;
        } else {
            *uuid = symbol->uuid;
        }
    }
    return NULL;
}

/* A default value may break its own column's constraints; more than one element were checked when they were parsed. */
static struct ovsdb_error *check_defaults(const struct ovsdb_row *row)
{
    const struct ovsdb_table_schema *schema = row->table->schema;
    for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
        if (row->fields[i].n == 1) {
            struct ovsdb_error *error
                = ovsdb_datum_check(&row->fields[i], &schema->columns[i].type);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

static struct ovsdb_error *write_parsed(struct ovsdb_op *op, struct ovsdb_row *row,
                                        const struct parsed_row *parsed)
{
    struct ovsdb_error *error = ovsdb_op_spend(op, parsed->cost);
    for (size_t i = 0; !error && i < parsed->n; i++) {
        const struct ovsdb_column *column = parsed->columns[i];
        if (!ovsdb_datum_equals(&row->fields[column->index], &parsed->datums[i], &column->type)) {
            struct ovsdb_datum datum = ovsdb_datum_clone(&parsed->datums[i], &column->type);
            ovsdb_txn_write(op->txn, row, column, &datum);
        }
    }
    return error;
}

static struct ovsdb_error *forbid_std(const struct ovsdb_op *op, const struct parsed_row *parsed)
{
    for (size_t i = 0; i < parsed->n; i++) {
        if (parsed->columns[i]->index < OVSDB_N_STD_COLUMNS) {
            return ovsdb_error_syntax(op->json, "constraint violation", "Cannot set column %s.",
                                      parsed->columns[i]->name);
        }
    }
    return NULL;
}

struct ovsdb_error *ovsdb_op_insert(struct ovsdb_op *op)
{
    struct ovsdb_table *table;
    struct parsed_row parsed;
    struct uuid uuid;
    struct ovsdb_error *error = parse_table(op, &table);
    if (!error) {
        error = choose_uuid(op, table, &uuid);
    }
    if (!error) {
        error = parse_row(op, table->schema, json_object_get(op->json, "row"), &parsed);
    }
    if (error) {
        return error;
    }
    error = forbid_std(op, &parsed);
    if (!error) {
        error = ovsdb_op_spend(op, table->schema->n_columns);
    }
    if (!error) {
        struct ovsdb_row *row = ovsdb_txn_insert_row(op->txn, table, &uuid);
        error = write_parsed(op, row, &parsed);
        if (!error) {
            error = check_defaults(row);
        }
        char uuid_s[UUID_LEN + 1];
        uuid_to_string(&uuid, uuid_s);
        json_object_set_new(op->result, "uuid", json_pack("[ss]", "uuid", uuid_s));
    }
    destroy_parsed(&parsed);
    return error;
}

/* select */

static struct ovsdb_error *add_to_rowset(struct ovsdb_op *op, struct ovsdb_row *row, void *rowset_)
{
    struct ovsdb_rowset *rowset = rowset_;
    size_t total = 0;
    for (size_t i = 0; i < rowset->columns->n; i++) {
        const struct ovsdb_column *column = rowset->columns->columns[i];
        total += cost(&row->fields[column->index], &column->type);
    }
    ovsdb_rowset_add(rowset, row->fields);
    return ovsdb_op_spend(op, total);
}

/* The rows that the operation's "where" selects, through its "columns". The caller destroys both, also after an error. */
static struct ovsdb_error *query(struct ovsdb_op *op, const struct ovsdb_table *table,
                                 struct ovsdb_columns *columns, struct ovsdb_rowset *rowset)
{
    struct ovsdb_condition where = OVSDB_CONDITION_EMPTY;
    struct ovsdb_error *error = parse_where(op, table, &where);
    if (!error) {
        error = ovsdb_columns_from_json(columns, table->schema,
                                        json_object_get(op->json, "columns"));
    }
    if (!error) {
        error = for_each_row(op, table, &where, add_to_rowset, rowset);
    }
    if (!error) {
        ovsdb_rowset_settle(rowset);
    }
    ovsdb_condition_destroy(&where);
    return error;
}

struct ovsdb_error *ovsdb_op_select(struct ovsdb_op *op)
{
    struct ovsdb_table *table;
    struct ovsdb_columns columns = { NULL, 0 };
    struct ovsdb_rowset rowset;
    ovsdb_rowset_init(&rowset, &columns);
    struct ovsdb_error *error = parse_table(op, &table);
    if (!error) {
        error = query(op, table, &columns, &rowset);
    }
    if (!error) {
        json_object_set_new(op->result, "rows", ovsdb_rowset_to_json(&rowset));
    }
    ovsdb_rowset_destroy(&rowset);
    ovsdb_columns_destroy(&columns);
    return error;
}

/* update, mutate, delete */

struct write_args {
    struct parsed_row row;
    struct ovsdb_mutations mutations;
    int64_t n_rows;
};

static struct ovsdb_error *update_row(struct ovsdb_op *op, struct ovsdb_row *row, void *args_)
{
    struct write_args *args = args_;
    args->n_rows++;
    return write_parsed(op, row, &args->row);
}

static struct ovsdb_error *mutate_row(struct ovsdb_op *op, struct ovsdb_row *row, void *args_)
{
    struct write_args *args = args_;
    size_t total = 1;
    for (size_t i = 0; i < args->mutations.n; i++) {
        const struct ovsdb_mutation *mutation = &args->mutations.mutations[i];
        total += cost(&mutation->arg, &mutation->type) 
                 + row->fields[mutation->column->index].n / MOVES_PER_UNIT;
    }
    args->n_rows++;
    struct ovsdb_error *error = ovsdb_op_spend(op, total);
    return error ? error : ovsdb_mutations_execute(&args->mutations, op->txn, row);
}

static struct ovsdb_error *delete_row(struct ovsdb_op *op, struct ovsdb_row *row, void *args_)
{
    struct write_args *args = args_;
    args->n_rows++;
    ovsdb_txn_delete_row(op->txn, row);
    return NULL;
}

/* Does 'cb' to the rows that the operation selects, and reports their number. */
static struct ovsdb_error *write_rows(struct ovsdb_op *op, const struct ovsdb_table *table,
                                      struct ovsdb_error *(*cb)(struct ovsdb_op *,
                                                                struct ovsdb_row *, void *aux),
                                      struct write_args *args)
{
    struct ovsdb_condition where;
    struct ovsdb_error *error = parse_where(op, table, &where);
    if (!error) {
        error = for_each_row(op, table, &where, cb, args);
        ovsdb_condition_destroy(&where);
    }
    if (!error) {
        json_object_set_new(op->result, "count", json_integer(args->n_rows));
    }
    return error;
}

static struct ovsdb_error *forbid_immutable(const struct ovsdb_op *op,
                                            const struct ovsdb_table *table,
                                            const struct parsed_row *parsed)
{
    for (size_t i = 0; i < parsed->n; i++) {
        const struct ovsdb_column *column = parsed->columns[i];
        if (!column->is_mutable || column->index < OVSDB_N_STD_COLUMNS) {
            return ovsdb_error_syntax(op->json, "constraint violation",
                                      "Cannot update immutable column %s in table %s.",
                                      column->name, table->schema->name);
        }
    }
    return NULL;
}

struct ovsdb_error *ovsdb_op_update(struct ovsdb_op *op)
{
    struct ovsdb_table *table;
    struct write_args args = { .n_rows = 0 };
    struct ovsdb_error *error = parse_table(op, &table);
    if (!error) {
        error = parse_row(op, table->schema, json_object_get(op->json, "row"), &args.row);
    }
    if (error) {
        return error;
    }
    error = forbid_immutable(op, table, &args.row);
    if (!error) {
        error = write_rows(op, table, update_row, &args);
    }
    destroy_parsed(&args.row);
    return error;
}

struct ovsdb_error *ovsdb_op_mutate(struct ovsdb_op *op)
{
    struct ovsdb_table *table;
    struct write_args args = { .n_rows = 0 };
    struct ovsdb_error *error = parse_table(op, &table);
    if (!error) {
        error = ovsdb_mutations_from_json(&args.mutations, table->schema,
                                          json_object_get(op->json, "mutations"), &op->symtab);
    }
    if (!error) {
        error = write_rows(op, table, mutate_row, &args);
        ovsdb_mutations_destroy(&args.mutations);
    }
    return error;
}

struct ovsdb_error *ovsdb_op_delete(struct ovsdb_op *op)
{
    struct ovsdb_table *table;
    struct write_args args = { .n_rows = 0 };
    struct ovsdb_error *error = parse_table(op, &table);
    return error ? error : write_rows(op, table, delete_row, &args);
}

/* wait */

/* The fields of one expected row: what was given, and defaults. */
static struct ovsdb_datum *expected_fields(const struct ovsdb_table_schema *schema,
                                           struct parsed_row *parsed)
{
    struct ovsdb_datum *fields = xcalloc(schema->n_columns, sizeof *fields);
    for (size_t i = 0; i < parsed->n; i++) {
        fields[parsed->columns[i]->index] = parsed->datums[i];
    }
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (!fields[i].n && schema->columns[i].type.n_min) {
            fields[i] = ovsdb_datum_default(&schema->columns[i].type);
        }
    }
    parsed->n = 0;
    return fields;
}

static struct ovsdb_error *parse_expected(struct ovsdb_op *op,
                                          const struct ovsdb_table_schema *schema,
                                          struct ovsdb_rowset *expected)
{
    const json_t *rows = json_object_get(op->json, "rows");
    if (!json_is_array(rows)) {
        return ovsdb_error_syntax(op->json, NULL, "\"rows\" must be an array");
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct parsed_row parsed;
        struct ovsdb_error *error = ovsdb_op_spend(op, schema->n_columns);
        if (!error) {
            error = parse_row(op, schema, json_array_get(rows, i), &parsed);
        }
        if (error) {
            return error;
        }
        ovsdb_rowset_add(expected, expected_fields(schema, &parsed));
        destroy_parsed(&parsed);
    }
    return NULL;
}

static void destroy_fields(struct ovsdb_datum *fields, const struct ovsdb_table_schema *schema)
{
    for (size_t i = 0; i < schema->n_columns; i++) {
        ovsdb_datum_destroy(&fields[i], &schema->columns[i].type);
    }
    free(fields);
}

static struct ovsdb_error *parse_until(struct ovsdb_op *op, bool *equal, int64_t *timeout_ms)
{
    const char *until = json_string_value(json_object_get(op->json, "until"));
    const json_t *timeout = json_object_get(op->json, "timeout");
    if (!until || (strcmp(until, "==") && strcmp(until, "!="))) {
        return ovsdb_error_syntax(op->json, NULL, "\"until\" must be \"==\" or \"!=\"");
    }
    if (timeout && (!json_is_integer(timeout) || json_integer_value(timeout) < 0)) {
        return ovsdb_error_syntax(op->json, NULL, "\"timeout\" must be a number of milliseconds");
    }
    *equal = !strcmp(until, "==");
    *timeout_ms = timeout ? json_integer_value(timeout) : INT64_MAX;
    return NULL;
}

static struct ovsdb_error *compare_expected(struct ovsdb_op *op, const struct ovsdb_table *table,
                                            bool equal, int64_t timeout_ms)
{
    struct ovsdb_columns columns = { NULL, 0 };
    struct ovsdb_rowset found, expected;
    ovsdb_rowset_init(&found, &columns);
    ovsdb_rowset_init(&expected, &columns);
    struct ovsdb_error *error = query(op, table, &columns, &found);
    if (!error) {
        error = parse_expected(op, table->schema, &expected);
    }

    /* Settling drops rows from the set, which are still to be freed. */
    size_t n = expected.n;
    const struct ovsdb_datum **all = n ? xmemdup(expected.rows, n * sizeof *all) : NULL;
    if (!error) {
        ovsdb_rowset_settle(&expected);
        if (ovsdb_rowset_equals(&found, &expected) != equal) {
            op->timeout_ms = timeout_ms;
            error = ovsdb_error_create("timed out", "\"wait\" timed out");
        }
    }
    for (size_t i = 0; i < n; i++) {
        destroy_fields((struct ovsdb_datum *) all[i], table->schema);
    }
    free(all);
    ovsdb_rowset_destroy(&found);
    ovsdb_rowset_destroy(&expected);
    ovsdb_columns_destroy(&columns);
    return error;
}

struct ovsdb_error *ovsdb_op_wait(struct ovsdb_op *op)
{
    struct ovsdb_table *table;
    bool equal = true;
    int64_t timeout_ms = 0;
    struct ovsdb_error *error = parse_table(op, &table);
    if (!error) {
        error = parse_until(op, &equal, &timeout_ms);
    }
    return error ? error : compare_expected(op, table, equal, timeout_ms);
}
