/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that look at any table: list, find, wait-until. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/error.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_lookup.h"
#include "utilities/vsctl_set.h"

static const char *const relations[] = { "=",    "!=",   "<",     ">",     "<=",   ">=",       "{=}", "{!=}",
                                         "{<}",  "{>}",  "{<=}",  "{>=}",  "{in}", "{not-in}", NULL };

/* The columns to show. */
struct columns {
    const struct ovsdb_column **columns;
    size_t n;
};

static void choose_columns(const struct ovsdb_table_schema *table,
                           const struct vsctl_command *command, struct columns *columns)
{
    const char *list = smap_get(&command->options, "--columns");
    size_t room = list ? strlen(list) + 1 : table->n_columns;
    columns->columns = xcalloc(room + 1, sizeof *columns->columns);
    columns->n = 0;
    if (!list) {
        for (size_t i = 0; i < table->n_columns; i++) {
            if (i != OVSDB_COL_VERSION) {
                columns->columns[columns->n++] = &table->columns[i];
            }
        }
        return;
    }
    char *copy = xstrdup(list), *save = NULL;
    for (char *name = strtok_r(copy, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
        columns->columns[columns->n++] = vsctl_lookup_column(table, name);
    }
    free(copy);
    if (!columns->n) {
        vsctl_fatal("must specify at least one column name");
    }
}

static struct vsctl_table *create_table(const struct columns *columns)
{
    const char **headings = xcalloc(columns->n + 1, sizeof *headings);
    for (size_t i = 0; i < columns->n; i++) {
        headings[i] = columns->columns[i]->name;
    }
    struct vsctl_table *table = vsctl_table_create(headings, columns->n);
    free(headings);
    return table;
}

static void add_row(struct vsctl_table *table, const struct columns *columns,
                    const struct ovsdb_row *row)
{
    for (size_t i = 0; i < columns->n; i++) {
        const struct ovsdb_column *column = columns->columns[i];
        vsctl_table_add(table, ovsdb_row_datum(row, column->name), &column->type);
    }
}

static int compare_rows(const void *a_, const void *b_)
{
    const struct ovsdb_row *const *a = a_, *const *b = b_;
    return uuid_compare(ovsdb_row_uuid(*a), ovsdb_row_uuid(*b));
}

/* All rows of a table by UUID, so that two runs print the same. */
static const struct ovsdb_row **sorted_rows(const struct vsctl *vsctl, const char *table, size_t *n)
{
    const struct ovsdb_row **rows = xcalloc(ovsdb_count(vsctl->db, table) + 1, sizeof *rows);
    const struct ovsdb_row *row;
    *n = 0;
    ovsdb_for_each (row, vsctl->db, table) {
        rows[(*n)++] = row;
    }
    if (*n) {
        qsort(rows, *n, sizeof *rows, compare_rows);
    }
    return rows;
}

static void list(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    struct columns columns;
    choose_columns(table, command, &columns);
    command->table = create_table(&columns);
    for (int i = 2; i < command->argc; i++) {
        const struct ovsdb_row *row
            = vsctl_lookup_row(vsctl, table, command->argv[i], must_exist);
        if (row) {
            add_row(command->table, &columns, row);
        }
    }
    if (command->argc == 2) {
        size_t n;
        const struct ovsdb_row **rows = sorted_rows(vsctl, table->name, &n);
        for (size_t i = 0; i < n; i++) {
            add_row(command->table, &columns, rows[i]);
        }
        free(rows);
    }
    free(columns.columns);
}

/* Conditions. The operators in braces compare sets by what is in them, the others compare their order. */

static bool compare_sets(const char *op, const struct ovsdb_datum *a, const struct ovsdb_datum *b,
                         const struct ovsdb_type *type)
{
    if (!strcmp(op, "{in}")) {
        return ovsdb_datum_includes(b, a, type);
    }
    if (!strcmp(op, "{not-in}")) {
        return ovsdb_datum_excludes(b, a, type);
    }
    if (!strcmp(op, "{=}")) {
        return ovsdb_datum_equals(a, b, type);
    }
    if (!strcmp(op, "{!=}")) {
        return !ovsdb_datum_equals(a, b, type);
    }
    if (op[1] == '<') {
        return ovsdb_datum_includes(b, a, type) && (op[2] == '=' || a->n < b->n);
    }
    return ovsdb_datum_includes(a, b, type) && (op[2] == '=' || a->n > b->n);
}

static bool compare(const char *op, const struct ovsdb_datum *a, const struct ovsdb_datum *b,
                    const struct ovsdb_type *type)
{
    if (op[0] == '{') {
        return compare_sets(op, a, b, type);
    }
    int cmp = ovsdb_datum_compare(a, b, type);
    switch (op[0]) {
    case '=':
        return cmp == 0;
    case '!':
        return cmp != 0;
    case '<':
        return op[1] ? cmp <= 0 : cmp < 0;
    default:
        return op[1] ? cmp >= 0 : cmp > 0;
    }
}

/* The type of a map's values as a set of any number of them. */
static struct ovsdb_type type_of_values(const struct ovsdb_column *column)
{
    struct ovsdb_type type = { .key = column->type.value, .n_min = 0, .n_max = 1 };
    ovsdb_base_init(&type.value, OVSDB_VOID);
    return type;
}

/* "column:key OP value": the values under the key, none or one, against the value. */
static bool key_holds(struct vsctl *vsctl, const struct ovsdb_row *row,
                      const struct vsctl_argument *argument)
{
    const struct ovsdb_type *type = &argument->column->type;
    const struct ovsdb_datum *datum = ovsdb_row_datum(row, argument->column->name);
    union ovsdb_atom key;
    if (!ovsdb_type_is_map(type)) {
        vsctl_fatal("cannot specify key to check for non-map column %s", argument->column->name);
    }
    vsctl_fatal_if(ovsdb_atom_from_text(&key, type->key.type, argument->key, &vsctl->symtab));
    size_t i = ovsdb_datum_find(datum, &key, type);
    ovsdb_atom_destroy(&key, type->key.type);
    if (i == SIZE_MAX && argument->op[0] != '{') {
        return false;
    }
    struct ovsdb_type values = type_of_values(argument->column);
    struct ovsdb_type wanted = values;
    struct ovsdb_datum a = { .n = i != SIZE_MAX, .keys = i != SIZE_MAX ? &datum->values[i] : NULL };
    struct ovsdb_datum b;
    wanted.n_max = UINT32_MAX;
    vsctl_fatal_if(ovsdb_datum_from_text(&b, &wanted, argument->value, &vsctl->symtab));
    bool holds = compare(argument->op, &a, &b, &values);
    ovsdb_datum_destroy(&b, &wanted);
    return holds;
}

static bool column_holds(struct vsctl *vsctl, const struct ovsdb_row *row,
                         const struct vsctl_argument *argument)
{
    struct ovsdb_type type = argument->column->type;
    struct ovsdb_datum wanted;
    if (!strcmp(argument->op, "{in}") || !strcmp(argument->op, "{not-in}")) {
        type.n_max = UINT32_MAX;
    }
    vsctl_fatal_if(ovsdb_datum_from_text(&wanted, &type, argument->value, &vsctl->symtab));
    bool holds
        = compare(argument->op, ovsdb_row_datum(row, argument->column->name), &wanted, &type);
    ovsdb_datum_destroy(&wanted, &type);
    return holds;
}

static bool holds(struct vsctl *vsctl, const struct ovsdb_table_schema *table,
                  const struct ovsdb_row *row, const char *text)
{
    struct vsctl_argument argument;
    vsctl_argument_parse(table, text, relations, &argument);
    bool result = argument.key ? key_holds(vsctl, row, &argument)
                               : column_holds(vsctl, row, &argument);
    free(argument.key);
    return result;
}

static void find(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    struct columns columns;
    size_t n;
    choose_columns(table, command, &columns);
    command->table = create_table(&columns);
    for (int j = 2; j < command->argc; j++) {
        struct vsctl_argument argument;
        vsctl_argument_parse(table, command->argv[j], relations, &argument);
        free(argument.key);
    }
    const struct ovsdb_row **rows = sorted_rows(vsctl, table->name, &n);
    for (size_t i = 0; i < n; i++) {
        int j = 2;
        while (j < command->argc && holds(vsctl, table, rows[i], command->argv[j])) {
            j++;
        }
        if (j == command->argc) {
            add_row(command->table, &columns, rows[i]);
        }
    }
    free(rows);
    free(columns.columns);
}

static void wait_until(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    const struct ovsdb_row *row = vsctl_lookup_row(vsctl, table, command->argv[2], false);
    vsctl->try_again |= !row;
    for (int i = 3; row && i < command->argc; i++) {
        vsctl->try_again |= !holds(vsctl, table, row, command->argv[i]);
    }
}

const struct vsctl_syntax vsctl_query_commands[] = {
    { "list", 1, -1, "--if-exists,--columns=", VSCTL_ARG | VSCTL_SHOWN, list, NULL },
    { "find", 1, -1, "--columns=", VSCTL_ARG | VSCTL_SHOWN | VSCTL_CONDITIONS, find,
      NULL },
    { "wait-until", 2, -1, "", VSCTL_ARG | VSCTL_SETTINGS, wait_until, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
