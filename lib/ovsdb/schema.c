/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and prints database schemas. */
#include "lib/ovsdb/schema.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"

/* Names that begin with an underscore are the protocol's own. */
static bool is_id(const char *s)
{
    if (!isalpha((unsigned char) *s)) {
        return false;
    }
    while (isalnum((unsigned char) *s) || *s == '_') {
        s++;
    }
    return !*s;
}

static void destroy_column(struct ovsdb_column *column)
{
    free(column->name);
    ovsdb_type_destroy(&column->type);
}

static void destroy_table(struct ovsdb_table_schema *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        destroy_column(&table->columns[i]);
    }
    for (size_t i = 0; i < table->n_keys; i++) {
        free(table->keys[i].columns);
    }
    free(table->columns);
    free(table->keys);
    free(table->name);
}

void ovsdb_schema_destroy(struct ovsdb_schema *schema)
{
    if (schema) {
        for (size_t i = 0; i < schema->n_tables; i++) {
            destroy_table(&schema->tables[i]);
        }
        free(schema->tables);
        free(schema->name);
        free(schema->version);
        free(schema->cksum);
        free(schema);
    }
}

static struct ovsdb_error *check_members(const json_t *json, const char *const known[])
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *) json, name, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], name)) {
            i++;
        }
        if (!known[i]) {
            return ovsdb_error_syntax(json, NULL, "\"%.100s\" does not belong here", name);
        }
    }
    return NULL;
}

static struct ovsdb_error *get_bool(const json_t *json, const char *name, bool *value)
{
    const json_t *member = json_object_get(json, name);
    if (member) {
        if (!json_is_boolean(member)) {
            return ovsdb_error_syntax(json, NULL, "\"%s\" must be true or false", name);
        }
        *value = json_is_true(member);
    }
    return NULL;
}

static struct ovsdb_error *parse_column(struct ovsdb_column *column, const char *name,
                                        const json_t *json)
{
    static const char *const known[] = { "type", "ephemeral", "mutable", NULL };
    bool ephemeral = false;
    column->is_mutable = true;
    if (!is_id(name)) {
        return ovsdb_error_syntax(NULL, NULL, "\"%.100s\" is not a valid column name", name);
    }
    if (!json_object_get(json, "type")) {
        return ovsdb_error_syntax(json, NULL, "column %s needs a \"type\"", name);
    }
    struct ovsdb_error *error = check_members(json, known);
    if (!error) {
        error = get_bool(json, "mutable", &column->is_mutable);
    }
    if (!error) {
        error = get_bool(json, "ephemeral", &ephemeral);
    }
    if (!error) {
        error = ovsdb_type_from_json(&column->type, json_object_get(json, "type"));
    }
    const struct ovsdb_base *key = &column->type.key, *value = &column->type.value;
    if (!error
        && ((ovsdb_base_is_weak(key) && ovsdb_base_is_strong(value))
            || (ovsdb_base_is_strong(key) && ovsdb_base_is_weak(value)))) {
        ovsdb_type_destroy(&column->type);
        error = ovsdb_error_syntax(json, NULL, "column %s mixes strong and weak references", name);
    }
    if (!error) {
        column->name = xstrdup(name);
        /* A strong reference that was forgotten would take the row that it refers to with it. */
        column->persistent
            = !ephemeral || ovsdb_base_is_strong(key) || ovsdb_base_is_strong(value);
    }
    return error;
}

static void add_std_column(struct ovsdb_table_schema *table, const char *name)
{
    struct ovsdb_column *column = &table->columns[table->n_columns];
    column->name = xstrdup(name);
    column->type.n_min = column->type.n_max = 1;
    ovsdb_base_init(&column->type.key, OVSDB_UUID);
    ovsdb_base_init(&column->type.value, OVSDB_VOID);
    table->n_columns++;
}

static int compare_columns(const void *a_, const void *b_)
{
    const struct ovsdb_column *a = a_, *b = b_;
    return strcmp(a->name, b->name);
}

static struct ovsdb_error *parse_columns(struct ovsdb_table_schema *table, const json_t *json)
{
    if (!json_is_object(json) || !json_object_size(json)) {
        return ovsdb_error_syntax(json, NULL, "table %s needs at least one column", table->name);
    }
    table->columns
        = xcalloc(OVSDB_N_STD_COLUMNS + json_object_size(json), sizeof *table->columns);
    add_std_column(table, "_uuid");
    add_std_column(table, "_version");

    const char *name;
    json_t *member;
    json_object_foreach ((json_t *) json, name, member) {
        struct ovsdb_error *error
            = parse_column(&table->columns[table->n_columns], name, member);
        if (error) {
            return error;
        }
        table->n_columns++;
    }
    qsort(table->columns + OVSDB_N_STD_COLUMNS, table->n_columns - OVSDB_N_STD_COLUMNS,
          sizeof *table->columns, compare_columns);
    for (size_t i = 0; i < table->n_columns; i++) {
        struct ovsdb_column *column = &table->columns[i];
        column->index = i;
        table->has_weak |= ovsdb_base_is_weak(&column->type.key)
                           || ovsdb_base_is_weak(&column->type.value);
    }
    return NULL;
}

static struct ovsdb_error *parse_key(struct ovsdb_table_schema *table, const json_t *json)
{
    struct ovsdb_key *key = &table->keys[table->n_keys];
    size_t n = json_array_size(json);
    if (!n || n > table->n_columns) {
        return ovsdb_error_syntax(json, NULL, "an index must be a list of columns");
    }
    key->columns = xcalloc(n, sizeof *key->columns);
    table->n_keys++;
    for (; key->n < n; key->n++) {
        const char *name = json_string_value(json_array_get(json, key->n));
        const struct ovsdb_column *column = name ? ovsdb_schema_column(table, name) : NULL;
        if (!column || column->index < OVSDB_N_STD_COLUMNS || !column->persistent) {
            return ovsdb_error_syntax(json, NULL,
                                      "an index needs names of columns that are not ephemeral");
        }
        key->columns[key->n] = column;
    }
    return NULL;
}

static struct ovsdb_error *parse_keys(struct ovsdb_table_schema *table, const json_t *json)
{
    if (!json) {
        return NULL;
    }
    if (!json_is_array(json)) {
        return ovsdb_error_syntax(json, NULL, "\"indexes\" must be an array");
    }
    table->keys = xcalloc(json_array_size(json) + 1, sizeof *table->keys);
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct ovsdb_error *error = parse_key(table, json_array_get(json, i));
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct ovsdb_error *parse_table(struct ovsdb_table_schema *table, const char *name,
                                       const json_t *json)
{
    static const char *const known[] = { "columns", "maxRows", "isRoot", "indexes", NULL };
    const json_t *max_rows = json_object_get(json, "maxRows");
    table->name = xstrdup(name);
    table->max_rows = SIZE_MAX;
    if (!is_id(name)) {
        return ovsdb_error_syntax(NULL, NULL, "\"%.100s\" is not a valid table name", name);
    }
    if (max_rows) {
        if (json_integer_value(max_rows) < 1) {
            return ovsdb_error_syntax(json, NULL, "maxRows must be at least 1");
        }
        table->max_rows = json_integer_value(max_rows);
    }
    struct ovsdb_error *error = check_members(json, known);
    if (!error) {
        error = get_bool(json, "isRoot", &table->is_root);
    }
    if (!error) {
        error = parse_columns(table, json_object_get(json, "columns"));
    }
    if (!error) {
        error = parse_keys(table, json_object_get(json, "indexes"));
    }
    return error;
}

static int compare_tables(const void *a_, const void *b_)
{
    const struct ovsdb_table_schema *a = a_, *b = b_;
    return strcmp(a->name, b->name);
}

static struct ovsdb_error *check_ref(const struct ovsdb_schema *schema,
                                     const struct ovsdb_table_schema *table,
                                     const struct ovsdb_column *column,
                                     const struct ovsdb_base *base)
{
    if (base->ref_table && !ovsdb_schema_table(schema, base->ref_table)) {
        return ovsdb_error_syntax(NULL, NULL, "%s column %s refers to a table %s, which is not there",
                                  table->name, column->name, base->ref_table);
    }
    return NULL;
}

static struct ovsdb_error *check_refs(const struct ovsdb_schema *schema)
{
    for (size_t i = 0; i < schema->n_tables; i++) {
        const struct ovsdb_table_schema *table = &schema->tables[i];
        for (size_t j = 0; j < table->n_columns; j++) {
            const struct ovsdb_column *column = &table->columns[j];
            struct ovsdb_error *error = check_ref(schema, table, column, &column->type.key);
            if (!error) {
                error = check_ref(schema, table, column, &column->type.value);
            }
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

/* Schemas from before "isRoot" existed have no root table and expect that no row is ever collected. */
static void set_roots(struct ovsdb_schema *schema)
{
    for (size_t i = 0; i < schema->n_tables; i++) {
        if (schema->tables[i].is_root) {
            return;
        }
    }
    for (size_t i = 0; i < schema->n_tables; i++) {
        schema->tables[i].is_root = true;
    }
}

static struct ovsdb_error *parse_tables(struct ovsdb_schema *schema, const json_t *json)
{
    if (!json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "a schema needs \"tables\"");
    }
    schema->tables = xcalloc(json_object_size(json) + 1, sizeof *schema->tables);
    const char *name;
    json_t *member;
    json_object_foreach ((json_t *) json, name, member) {
        struct ovsdb_error *error = parse_table(&schema->tables[schema->n_tables++], name, member);
        if (error) {
            return error;
        }
    }
    /* The columns of a table stay where they are, so that its keys may point to them. */
    qsort(schema->tables, schema->n_tables, sizeof *schema->tables, compare_tables);
    return NULL;
}

struct ovsdb_error *ovsdb_schema_from_json(struct ovsdb_schema **schemap, const json_t *json)
{
    static const char *const known[] = { "name", "version", "cksum", "tables", NULL };
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *version = json_string_value(json_object_get(json, "version"));
    const char *cksum = json_string_value(json_object_get(json, "cksum"));
    *schemap = NULL;
    if (!name || (!is_id(name) && strcmp(name, "_Server"))) {
        return ovsdb_error_syntax(json, NULL, "a schema needs a valid \"name\"");
    }
    struct ovsdb_error *error = check_members(json, known);
    if (error) {
        return error;
    }
    struct ovsdb_schema *schema = xzalloc(sizeof *schema);
    schema->name = xstrdup(name);
    schema->version = xstrdup(version ? version : "");
    schema->cksum = cksum ? xstrdup(cksum) : NULL;
    error = parse_tables(schema, json_object_get(json, "tables"));
    if (!error) {
        error = check_refs(schema);
    }
    if (error) {
        ovsdb_schema_destroy(schema);
        return error;
    }
    set_roots(schema);
    *schemap = schema;
    return NULL;
}

struct ovsdb_schema *ovsdb_schema_from_text(const char *text, char **errorp)
{
    json_error_t json_error;
    struct ovsdb_schema *schema = NULL;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &json_error);
    if (!json) {
        *errorp = xasprintf("line %d: %s", json_error.line, json_error.text);
        return NULL;
    }
    *errorp = ovsdb_error_steal_string(ovsdb_schema_from_json(&schema, json));
    json_decref(json);
    return schema;
}

static json_t *column_to_json(const struct ovsdb_column *column)
{
    json_t *json = json_object();
    json_object_set_new(json, "type", ovsdb_type_to_json(&column->type));
    if (!column->is_mutable) {
        json_object_set_new(json, "mutable", json_false());
    }
    if (!column->persistent) {
        json_object_set_new(json, "ephemeral", json_true());
    }
    return json;
}

static json_t *keys_to_json(const struct ovsdb_table_schema *table)
{
    json_t *json = json_array();
    for (size_t i = 0; i < table->n_keys; i++) {
        json_t *names = json_array();
        for (size_t j = 0; j < table->keys[i].n; j++) {
            json_array_append_new(names, json_string(table->keys[i].columns[j]->name));
        }
        json_array_append_new(json, names);
    }
    return json;
}

static json_t *table_to_json(const struct ovsdb_table_schema *table)
{
    json_t *json = json_object();
    json_t *columns = json_object();
    json_object_set_new(json, "columns", columns);
    for (size_t i = OVSDB_N_STD_COLUMNS; i < table->n_columns; i++) {
        json_object_set_new(columns, table->columns[i].name, column_to_json(&table->columns[i]));
    }
    if (table->max_rows != SIZE_MAX) {
        json_object_set_new(json, "maxRows", json_integer(table->max_rows));
    }
    if (table->is_root) {
        json_object_set_new(json, "isRoot", json_true());
    }
    if (table->n_keys) {
        json_object_set_new(json, "indexes", keys_to_json(table));
    }
    return json;
}

json_t *ovsdb_schema_to_json(const struct ovsdb_schema *schema)
{
    json_t *json = json_object();
    json_t *tables = json_object();
    json_object_set_new(json, "name", json_string(schema->name));
    json_object_set_new(json, "version", json_string(schema->version));
    if (schema->cksum) {
        json_object_set_new(json, "cksum", json_string(schema->cksum));
    }
    json_object_set_new(json, "tables", tables);
    for (size_t i = 0; i < schema->n_tables; i++) {
        json_object_set_new(tables, schema->tables[i].name, table_to_json(&schema->tables[i]));
    }
    return json;
}

const struct ovsdb_table_schema *ovsdb_schema_table(const struct ovsdb_schema *schema,
                                                    const char *name)
{
    struct ovsdb_table_schema key = { .name = (char *) name };
    return bsearch(&key, schema->tables, schema->n_tables, sizeof key, compare_tables);
}

const struct ovsdb_column *ovsdb_schema_column(const struct ovsdb_table_schema *table,
                                               const char *name)
{
    /* "_" sorts behind capitals and before small letters, so the two of every table are looked at apart. */
    for (size_t i = 0; i < OVSDB_N_STD_COLUMNS; i++) {
        if (!strcmp(name, table->columns[i].name)) {
            return &table->columns[i];
        }
    }
    struct ovsdb_column key = { .name = (char *) name };
    return bsearch(&key, table->columns + OVSDB_N_STD_COLUMNS,
                   table->n_columns - OVSDB_N_STD_COLUMNS, sizeof key, compare_columns);
}
