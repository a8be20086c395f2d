/* SPDX-License-Identifier: Apache-2.0 */
/* Parses monitor requests and composes updates. */
#include "lib/ovsdb/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/condition.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/error.h"

enum { SELECT_INITIAL = 1, SELECT_INSERT = 2, SELECT_DELETE = 4, SELECT_MODIFY = 8, SELECT_ALL = 15 };

/* No sensible client asks twice for a table, and RFC 7047 wants the columns of such requests to be distinct. */
enum { MAX_REQUESTS_PER_TABLE = 64 };

struct monitored_table {
    const struct ovsdb_table *table;
    unsigned char *select;       /* per column: SELECT_*, 0 for one that is not monitored */
    unsigned char select_any;    /* all of these together */
    struct ovsdb_condition where; /* without clauses: all rows */
};

struct ovsdb_monitor {
    struct ovsdb *db;
    enum ovsdb_monitor_version version;
    struct monitored_table *tables;
    size_t n_tables;
};

void ovsdb_monitor_destroy(struct ovsdb_monitor *monitor)
{
    if (monitor) {
        for (size_t i = 0; i < monitor->n_tables; i++) {
            free(monitor->tables[i].select);
            ovsdb_condition_destroy(&monitor->tables[i].where);
        }
        free(monitor->tables);
        free(monitor);
    }
}

enum ovsdb_monitor_version ovsdb_monitor_version(const struct ovsdb_monitor *monitor)
{
    return monitor->version;
}

struct ovsdb *ovsdb_monitor_db(const struct ovsdb_monitor *monitor)
{
    return monitor->db;
}

/* Parsing. */

static struct ovsdb_error *parse_select(const json_t *json, unsigned char *select)
{
    static const struct {
        const char *name;
        unsigned char bit;
    } members[] = { { "initial", SELECT_INITIAL },
                    { "insert", SELECT_INSERT },
                    { "delete", SELECT_DELETE },
                    { "modify", SELECT_MODIFY } };
    *select = SELECT_ALL;
    if (json && !json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "\"select\" must be an object");
    }
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const json_t *member = json_object_get(json, members[i].name);
        if (member && !json_is_boolean(member)) {
            return ovsdb_error_syntax(json, NULL, "\"%s\" must be true or false", members[i].name);
        }
        if (json_is_false(member)) {
            *select &= ~members[i].bit;
        }
    }
    return NULL;
}

static struct ovsdb_error *parse_columns(struct monitored_table *table, const json_t *json,
                                         unsigned char select, const json_t *request)
{
    const struct ovsdb_table_schema *schema = table->table->schema;
    size_t n = json ? json_array_size(json) : schema->n_columns;
    if (json && !json_is_array(json)) {
        return ovsdb_error_syntax(request, NULL, "\"columns\" must be an array");
    }
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(json, i));
        const struct ovsdb_column *column = !json ? &schema->columns[i]
                                            : name ? ovsdb_schema_column(schema, name)
                                                   : NULL;
        if (!column) {
            return ovsdb_error_syntax(request, NULL, "%.100s is not a valid column name",
                                      name ? name : "this");
        }
        if (table->select[column->index]) {
            return ovsdb_error_syntax(request, NULL, "column %s mentioned more than once",
                                      column->name);
        }
        if (json || column->index != OVSDB_COL_UUID) {
            table->select[column->index] = select;
        }
    }
    return NULL;
}

/* Adds the clauses of 'more' to 'where', which then hold for any row that matched either. */
static void merge_conditions(struct ovsdb_condition *where, struct ovsdb_condition *more)
{
    where->clauses = xrealloc(where->clauses, (where->n + more->n + 1) * sizeof *where->clauses);
    for (size_t i = 0; i < more->n; i++) {
        where->clauses[where->n++] = more->clauses[i];
    }
    free(more->clauses);
}

/* Reads the "where" of one request after the other. One without a condition selects all rows, whatever others say. */
static struct ovsdb_error *parse_where(struct monitored_table *table, const json_t *request,
                                       bool *all_rows)
{
    const json_t *json = json_object_get(request, "where");
    struct ovsdb_condition where = OVSDB_CONDITION_EMPTY;
    struct ovsdb_error *error
        = json ? ovsdb_condition_from_json(&where, table->table->schema, json, NULL) : NULL;
    if (!error) {
        *all_rows |= !where.n;
        merge_conditions(&table->where, &where);
    }
    return error;
}

static struct ovsdb_error *parse_request(struct ovsdb_monitor *monitor,
                                         struct monitored_table *table, const json_t *request,
                                         bool *all_rows)
{
    unsigned char select;
    const char *name;
    json_t *member;
    if (!json_is_object(request)) {
        return ovsdb_error_syntax(request, NULL, "a monitor request must be an object");
    }
    json_object_foreach ((json_t *) request, name, member) {
        bool known = !strcmp(name, "columns") || !strcmp(name, "select")
                     || (!strcmp(name, "where") && monitor->version != OVSDB_MONITOR_V1);
        if (!known) {
            return ovsdb_error_syntax(request, NULL, "\"%.100s\" does not belong here", name);
        }
    }
    struct ovsdb_error *error = parse_select(json_object_get(request, "select"), &select);
    if (!error) {
        error = parse_columns(table, json_object_get(request, "columns"), select, request);
    }
    if (!error) {
        table->select_any |= select;
        error = parse_where(table, request, all_rows);
    }
    return error;
}

static struct ovsdb_error *parse_table(struct ovsdb_monitor *monitor, const char *name,
                                       const json_t *json)
{
    const struct ovsdb_table *t = ovsdb_database_table(monitor->db, name);
    size_t n = json_is_array(json) ? json_array_size(json) : 1;
    bool all_rows = false;
    struct ovsdb_error *error = NULL;
    if (!t) {
        return ovsdb_error_syntax(NULL, NULL, "no table named %.100s", name);
    }
    if (n > MAX_REQUESTS_PER_TABLE) {
        return ovsdb_error_create("resources exhausted", "too many requests for table %s", name);
    }
    struct monitored_table *table = &monitor->tables[monitor->n_tables++];
    table->table = t;
    table->select = xcalloc(t->schema->n_columns, sizeof *table->select);
    for (size_t i = 0; !error && i < n; i++) {
        const json_t *request = json_is_array(json) ? json_array_get(json, i) : json;
        error = parse_request(monitor, table, request, &all_rows);
    }
    if (all_rows) {
        ovsdb_condition_destroy(&table->where);
    }
    return error;
}

struct ovsdb_error *ovsdb_monitor_create(struct ovsdb *db, enum ovsdb_monitor_version version,
                                         const json_t *requests, struct ovsdb_monitor **monitorp)
{
    *monitorp = NULL;
    if (!json_is_object(requests)) {
        return ovsdb_error_syntax(requests, NULL, "monitor requests must be an object");
    }
    struct ovsdb_monitor *monitor = xzalloc(sizeof *monitor);
    struct ovsdb_error *error = NULL;
    const char *name;
    json_t *json;
    monitor->db = db;
    monitor->version = version;
    monitor->tables = xcalloc(json_object_size(requests) + 1, sizeof *monitor->tables);
    json_object_foreach ((json_t *) requests, name, json) {
        error = parse_table(monitor, name, json);
        if (error) {
            ovsdb_monitor_destroy(monitor);
            return error;
        }
    }
    *monitorp = monitor;
    return NULL;
}

/* Composing. What a row was and what it is, seen through a monitor. */

struct view {
    const struct ovsdb_row *row;
    const struct ovsdb_datum *const *old; /* per column; null: unchanged */
    unsigned char kind;                   /* SELECT_* */
};

static json_t *datum_json(const struct ovsdb_datum *datum, const struct ovsdb_column *column)
{
    return ovsdb_datum_to_json(datum, &column->type);
}

/* RFC 7047 section 4.1.6: {"old": ..., "new": ...}. */
static json_t *compose_v1(const struct monitored_table *table, const struct view *view)
{
    const struct ovsdb_table_schema *schema = table->table->schema;
    json_t *old = view->kind & (SELECT_DELETE | SELECT_MODIFY) ? json_object() : NULL;
    json_t *new = view->kind & SELECT_DELETE ? NULL : json_object();
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        const struct ovsdb_datum *before = view->old ? view->old[i] : NULL;
        if (!(table->select[i] & view->kind)) {
            continue;
        }
        if (view->kind == SELECT_DELETE) {
            json_object_set_new(old, column->name, datum_json(&view->row->fields[i], column));
        } else {
            json_object_set_new(new, column->name, datum_json(&view->row->fields[i], column));
            if (old && before) {
                json_object_set_new(old, column->name, datum_json(before, column));
            }
        }
    }
    json_t *json = json_object();
    if (old) {
        json_object_set_new(json, "old", old);
    }
    if (new) {
        json_object_set_new(json, "new", new);
    }
    return json;
}

static json_t *diff_json(const struct ovsdb_datum *old, const struct ovsdb_datum *new,
                         const struct ovsdb_column *column)
{
    struct ovsdb_datum diff = ovsdb_datum_diff(old, new, &column->type);
    json_t *json = datum_json(&diff, column);
    ovsdb_datum_destroy(&diff, &column->type);
    return json;
}

/* OVS's <row-update2>: only what is not the default, only differences. */
static json_t *compose_v2(const struct monitored_table *table, const struct view *view)
{
    const struct ovsdb_table_schema *schema = table->table->schema;
    json_t *row = view->kind == SELECT_DELETE ? json_null() : json_object();
    for (size_t i = 0; view->kind != SELECT_DELETE && i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        const struct ovsdb_datum *now = &view->row->fields[i];
        const struct ovsdb_datum *before = view->old ? view->old[i] : NULL;
        if (!(table->select[i] & view->kind)) {
            continue;
        }
        if (view->kind == SELECT_MODIFY) {
            if (before) {
                json_object_set_new(row, column->name, diff_json(before, now, column));
            }
        } else if (!ovsdb_datum_is_default(now, &column->type)) {
            json_object_set_new(row, column->name, datum_json(now, column));
        }
    }
    const char *name = view->kind == SELECT_INITIAL  ? "initial"
                       : view->kind == SELECT_INSERT ? "insert"
                       : view->kind == SELECT_DELETE ? "delete"
                                                     : "modify";
    json_t *json = json_object();
    json_object_set_new(json, name, row);
    return json;
}

/* True if a column changed that the monitor shows. */
static bool shows_change(const struct monitored_table *table, const struct view *view)
{
    for (size_t i = 0; i < table->table->schema->n_columns; i++) {
        if ((table->select[i] & SELECT_MODIFY) && view->old[i]) {
            return true;
        }
    }
    return false;
}

static void put_view(const struct ovsdb_monitor *monitor, const struct monitored_table *table,
                     const struct view *view, json_t **updates)
{
    const char *name = table->table->schema->name;
    char uuid[UUID_LEN + 1];
    if (!(table->select_any & view->kind)
        || (view->kind == SELECT_MODIFY && !shows_change(table, view))) {
        return;
    }
    if (!*updates) {
        *updates = json_object();
    }
    json_t *rows = json_object_get(*updates, name);
    if (!rows) {
        rows = json_object();
        json_object_set_new(*updates, name, rows);
    }
    uuid_to_string(ovsdb_row_id(view->row), uuid);
    json_object_set_new(rows, uuid,
                        monitor->version == OVSDB_MONITOR_V1 ? compose_v1(table, view)
                                                             : compose_v2(table, view));
}

json_t *ovsdb_monitor_initial(const struct ovsdb_monitor *monitor)
{
    json_t *updates = json_object();
    for (size_t i = 0; i < monitor->n_tables; i++) {
        const struct monitored_table *table = &monitor->tables[i];
        const struct ovsdb_row *row;
        ovsdb_table_for_each (row, table->table) {
            if (ovsdb_condition_any(&table->where, row->fields)) {
                struct view view = { row, NULL, SELECT_INITIAL };
                put_view(monitor, table, &view, &updates);
            }
        }
    }
    return updates;
}

/* True if the row as it was before the change matches. */
static bool matched_before(const struct monitored_table *table, const struct ovsdb_change *change)
{
    size_t n = table->table->schema->n_columns;
    if (!table->where.n || !change->old) {
        return ovsdb_condition_any(&table->where, change->row->fields);
    }
    struct ovsdb_datum *fields = xmemdup(change->row->fields, n * sizeof *fields);
    for (size_t i = 0; i < n; i++) {
        if (change->old[i]) {
            fields[i] = *change->old[i];
        }
    }
    bool matched = ovsdb_condition_any(&table->where, fields);
    free(fields);
    return matched;
}

static void put_change(const struct ovsdb_monitor *monitor, const struct monitored_table *table,
                       const struct ovsdb_change *change, json_t **updates)
{
    bool before = change->kind != OVSDB_INSERTED && matched_before(table, change);
    bool after = change->kind != OVSDB_DELETED
                 && ovsdb_condition_any(&table->where, change->row->fields);
    struct view view = { change->row, change->old, SELECT_MODIFY };
    if (!before && !after) {
        return;
    }
    if (before != after) {
        view.kind = after ? SELECT_INSERT : SELECT_DELETE;
        view.old = NULL;
    }
    put_view(monitor, table, &view, updates);
}

json_t *ovsdb_monitor_update(const struct ovsdb_monitor *monitor,
                             const struct ovsdb_changes *changes)
{
    json_t *updates = NULL;
    for (size_t i = 0; i < changes->n; i++) {
        const struct ovsdb_change *change = &changes->changes[i];
        for (size_t j = 0; j < monitor->n_tables; j++) {
            if (monitor->tables[j].table == change->row->table) {
                put_change(monitor, &monitor->tables[j], change, &updates);
                break;
            }
        }
    }
    return updates;
}

/* What appears and disappears when 'where' takes the place of the table's condition. */
static void put_difference(const struct ovsdb_monitor *monitor,
                           const struct monitored_table *table,
                           const struct ovsdb_condition *where, json_t **updates)
{
    const struct ovsdb_row *row;
    ovsdb_table_for_each (row, table->table) {
        bool before = ovsdb_condition_any(&table->where, row->fields);
        bool after = ovsdb_condition_any(where, row->fields);
        if (before != after) {
            struct view view = { row, NULL, after ? SELECT_INSERT : SELECT_DELETE };
            put_view(monitor, table, &view, updates);
        }
    }
}

/* The "where"s of the requests for one table. */
static struct ovsdb_error *parse_new_condition(const struct monitored_table *table,
                                               const json_t *json, struct ovsdb_condition *where)
{
    struct monitored_table new = { .table = table->table };
    bool all_rows = false;
    size_t n = json_is_array(json) ? json_array_size(json) : 1;
    struct ovsdb_error *error = NULL;
    for (size_t i = 0; !error && i < MIN(n, MAX_REQUESTS_PER_TABLE); i++) {
        const json_t *request = json_is_array(json) ? json_array_get(json, i) : json;
        error = json_is_object(request)
                    ? parse_where(&new, request, &all_rows)
                    : ovsdb_error_syntax(json, NULL, "a monitor request must be an object");
    }
    if (error || all_rows) {
        ovsdb_condition_destroy(&new.where);
    }
    *where = new.where;
    return error;
}

static struct monitored_table *find_table(const struct ovsdb_monitor *monitor, const char *name)
{
    for (size_t i = 0; i < monitor->n_tables; i++) {
        if (!strcmp(monitor->tables[i].table->schema->name, name)) {
            return &monitor->tables[i];
        }
    }
    return NULL;
}

struct ovsdb_error *ovsdb_monitor_change_conditions(struct ovsdb_monitor *monitor,
                                                    const json_t *requests, json_t **update)
{
    struct ovsdb_condition *wheres
        = xcalloc(json_object_size(requests) + 1, sizeof *wheres);
    struct ovsdb_error *error = NULL;
    size_t n = 0;
    const char *name;
    json_t *json;
    *update = NULL;
    if (!json_is_object(requests)) {
        error = ovsdb_error_syntax(requests, NULL, "conditions must be an object");
    }
    json_object_foreach ((json_t *) requests, name, json) {
        struct monitored_table *table = error ? NULL : find_table(monitor, name);
        if (!error && !table) {
            error = ovsdb_error_syntax(NULL, NULL, "no table named %.100s is monitored", name);
        }
        if (!error) {
            error = parse_new_condition(table, json, &wheres[n++]);
        }
    }
    size_t i = 0;
    json_object_foreach ((json_t *) requests, name, json) {
        struct monitored_table *table = error ? NULL : find_table(monitor, name);
        if (table) {
            put_difference(monitor, table, &wheres[i], update);
            struct ovsdb_condition old = table->where;
            table->where = wheres[i];
            wheres[i++] = old;
        }
    }
    while (n) {
        ovsdb_condition_destroy(&wheres[--n]);
    }
    free(wheres);
    return error;
}
