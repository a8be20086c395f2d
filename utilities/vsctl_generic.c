/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that change any table: get, set, add, remove, clear, create, destroy. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_lookup.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_set.h"

LOG_MODULE(vsctl_generic);

/* What the arguments behind the row say, before the row is looked for: a wrong one is wrong also if there is no row. */
static void check_columns(const struct ovsdb_table_schema *table,
                          const struct vsctl_command *command, int first, const char *const *ops)
{
    for (int i = first; i < command->argc; i++) {
        struct vsctl_argument argument;
        vsctl_argument_parse(table, command->argv[i], ops, &argument);
        free(argument.key);
    }
}

/* The row that the first two arguments name, or null if "--if-exists" forgives that there is none. */
static const struct ovsdb_row *find_row(struct vsctl *vsctl, const struct vsctl_command *command,
                                        const struct ovsdb_table_schema *table)
{
    return vsctl_lookup_row(vsctl, table, command->argv[2],
                            !vsctl_has_option(command, "--if-exists"));
}

/* The "@name" of --id, or null. */
static struct ovsdb_symbol *get_id(struct vsctl *vsctl, const struct vsctl_command *command)
{
    const char *id = smap_get(&command->options, "--id");
    if (!id) {
        return NULL;
    }
    if (id[0] != '@') {
        vsctl_fatal("row id \"%s\" does not begin with \"@\"", id);
    }
    struct ovsdb_symbol *symbol = ovsdb_symtab_get(&vsctl->symtab, id);
    if (symbol->created) {
        vsctl_fatal("row id \"%s\" may only be specified on one --id option", id);
    }
    symbol->created = true;
    return symbol;
}

static void print_key(struct vsctl *vsctl, struct vsctl_command *command,
                      const struct ovsdb_row *row, const struct vsctl_argument *argument)
{
    const struct ovsdb_type *type = &argument->column->type;
    const struct ovsdb_datum *datum = ovsdb_row_datum(row, argument->column->name);
    union ovsdb_atom key;
    if (!ovsdb_type_is_map(type)) {
        vsctl_fatal("cannot specify key to get for non-map column %s", argument->column->name);
    }
    vsctl_fatal_if(ovsdb_atom_from_text(&key, type->key.type, argument->key, &vsctl->symtab));
    size_t at = ovsdb_datum_find(datum, &key, type);
    if (at != SIZE_MAX) {
        ovsdb_atom_to_text(&datum->values[at], type->value.type, &command->output);
    } else if (!vsctl_has_option(command, "--if-exists")) {
        vsctl_fatal("no key \"%s\" in %s record \"%s\" column %s", argument->key,
                    ovsdb_row_table(row), command->argv[2], argument->column->name);
    }
    ovsdb_atom_destroy(&key, type->key.type);
}

static void print_column(struct vsctl *vsctl, struct vsctl_command *command,
                         const struct ovsdb_table_schema *table, const struct ovsdb_row *row,
                         const char *text)
{
    struct vsctl_argument argument;
    vsctl_argument_parse(table, text, NULL, &argument);
    if (argument.key) {
        print_key(vsctl, command, row, &argument);
    } else {
        ovsdb_datum_to_text(ovsdb_row_datum(row, argument.column->name), &argument.column->type,
                            &command->output);
    }
    strbuf_putc(&command->output, '\n');
    free(argument.key);
}

static void get(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    if (vsctl_has_option(command, "--if-exists") && vsctl_has_option(command, "--id")) {
        vsctl_fatal("--if-exists and --id may not be specified together");
    }
    check_columns(table, command, 3, NULL);
    const struct ovsdb_row *row = find_row(vsctl, command, table);
    if (!row) {
        return;
    }
    struct ovsdb_symbol *symbol = get_id(vsctl, command);
    if (symbol) {
        if (symbol->referred) {
            vsctl_fatal("row id \"%s\" specified on \"get\" command was used before it was defined",
                        symbol->name);
        }
        symbol->uuid = *ovsdb_row_uuid(row);
    }
    for (int i = 3; i < command->argc; i++) {
        print_column(vsctl, command, table, row, command->argv[i]);
    }
}

static void set(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    check_columns(table, command, 3, vsctl_set_ops);
    const struct ovsdb_row *row = find_row(vsctl, command, table);
    for (int i = 3; row && i < command->argc; i++) {
        vsctl_set_column(vsctl, row, command->argv[i]);
    }
}

/* A column's type as "add" and "remove" take it: any number of elements. */
static struct ovsdb_type any_number(const struct ovsdb_column *column)
{
    struct ovsdb_type type = column->type;
    type.n_min = 0;
    type.n_max = UINT32_MAX;
    return type;
}

static void check_count(const char *command, const struct ovsdb_table_schema *table,
                        const struct ovsdb_column *column, size_t n)
{
    const struct ovsdb_type *type = &column->type;
    if (n < type->n_min || n > type->n_max) {
        bool few = n < type->n_min;
        vsctl_fatal("\"%s\" operation would put %zu %s in column %s of table %s but the %s number "
                    "is %u",
                    command, n, ovsdb_type_is_map(type) ? "pairs" : "values", column->name,
                    table->name, few ? "minimum" : "maximum", few ? type->n_min : type->n_max);
    }
}

static void add(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    const struct ovsdb_column *column = vsctl_set_lookup_column(table, command->argv[3]);
    const struct ovsdb_row *row = find_row(vsctl, command, table);
    struct ovsdb_type type = any_number(column);
    if (!row) {
        return;
    }
    vsctl_set_check_mutable(row, column);
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(row, column->name), &type);
    for (int i = 4; i < command->argc; i++) {
        struct ovsdb_datum more;
        vsctl_fatal_if(ovsdb_datum_from_text(&more, &type, command->argv[i], &vsctl->symtab));
        ovsdb_datum_union(&datum, &more, true, &type);
        ovsdb_datum_destroy(&more, &type);
    }
    check_count("add", table, column, datum.n);
    ovsdb_txn_set_datum(vsctl->txn, row, column->name, &datum);
    vsctl_model_column_changed(vsctl, table, column);
}

/* Removes one argument's elements: of a map also by their keys alone. */
static void remove_elements(struct vsctl *vsctl, struct ovsdb_datum *datum,
                            const struct ovsdb_type *type, const char *text)
{
    struct ovsdb_datum less;
    char *error = ovsdb_datum_from_text(&less, type, text, &vsctl->symtab);
    if (!error) {
        ovsdb_datum_subtract(datum, &less, false, type);
        ovsdb_datum_destroy(&less, type);
        return;
    }
    if (!ovsdb_type_is_map(type)) {
        vsctl_fatal("%s", error);
    }
    struct ovsdb_type keys = *type;
    ovsdb_base_init(&keys.value, OVSDB_VOID);
    free(error);
    vsctl_fatal_if(ovsdb_datum_from_text(&less, &keys, text, &vsctl->symtab));
    ovsdb_datum_subtract(datum, &less, true, type);
    ovsdb_datum_destroy(&less, &keys);
}

static void remove_values(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    const struct ovsdb_column *column = vsctl_set_lookup_column(table, command->argv[3]);
    const struct ovsdb_row *row = find_row(vsctl, command, table);
    struct ovsdb_type type = any_number(column);
    if (!row) {
        return;
    }
    vsctl_set_check_mutable(row, column);
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(row, column->name), &type);
    for (int i = 4; i < command->argc; i++) {
        remove_elements(vsctl, &datum, &type, command->argv[i]);
    }
    check_count("remove", table, column, datum.n);
    ovsdb_txn_set_datum(vsctl->txn, row, column->name, &datum);
    vsctl_model_column_changed(vsctl, table, column);
}

static void clear(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    for (int i = 3; i < command->argc; i++) {
        vsctl_set_lookup_column(table, command->argv[i]);
    }
    const struct ovsdb_row *row = find_row(vsctl, command, table);
    for (int i = 3; row && i < command->argc; i++) {
        const struct ovsdb_column *column = vsctl_lookup_column(table, command->argv[i]);
        vsctl_set_check_mutable(row, column);
        if (column->type.n_min > 0) {
            vsctl_fatal("\"clear\" operation cannot be applied to column %s of table %s, which is "
                        "not allowed to be empty",
                        column->name, table->name);
        }
        vsctl_guard(vsctl, row, column->name);
        ovsdb_txn_clear(vsctl->txn, row, column->name);
        vsctl_model_column_changed(vsctl, table, column);
    }
}

static void create(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    const char *id = smap_get(&command->options, "--id");
    struct uuid uuid;
    command->created_fixed = id && uuid_from_string(&uuid, id);
    struct ovsdb_symbol *symbol = command->created_fixed ? NULL : get_id(vsctl, command);
    if (!id && !table->is_root) {
        log_warn("applying \"create\" command to table %s without --id option will have no effect",
                 table->name);
    }
    if (!command->created_fixed) {
        uuid = symbol ? symbol->uuid : uuid_random();
    } else if (ovsdb_find(vsctl->db, table->name, &uuid)) {
        vsctl_fatal("table %s has a row %s already", table->name, id);
    }
    const struct ovsdb_row *row = ovsdb_txn_insert_with_uuid(vsctl->txn, table->name, &uuid);
    for (int i = 2; i < command->argc; i++) {
        vsctl_set_column(vsctl, row, command->argv[i]);
    }
    command->created = uuid;
    vsctl_model_forget(vsctl); /* there may have been a reference to the row */
}

static void print_created(struct vsctl *vsctl, struct vsctl_command *command)
{
    char uuid[UUID_LEN + 1];
    const char *id = smap_get(&command->options, "--id");
    const struct ovsdb_symbol *symbol = id ? ovsdb_symtab_find(&vsctl->symtab, id) : NULL;
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    if (symbol && !symbol->referred && !table->is_root) {
        log_warn("row id \"%s\" was created but no reference to it was inserted, so it will not "
                 "actually appear in the database",
                 id);
    }
    uuid_to_string(&command->created, uuid);
    strbuf_putf(&command->output, "%s\n", uuid);
}

/* Rows of other tables go by themselves when nothing refers to them any more, and not before. */
static void destroy_row(struct vsctl *vsctl, const struct ovsdb_table_schema *table,
                        const struct ovsdb_row *row)
{
    if (table->is_root || ovsdb_row_is_new(row)) {
        ovsdb_txn_delete(vsctl->txn, row);
        vsctl_model_forget(vsctl);
    }
}

static void destroy(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool all = vsctl_has_option(command, "--all");
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    if (all && command->argc > 2) {
        vsctl_fatal("--all and records argument should not be specified together");
    }
    if (all && !must_exist) {
        vsctl_fatal("--all and --if-exists should not be specified together");
    }
    if (!all && command->argc == 2) {
        log_warn("either --all or records argument should be specified");
    }
    const struct ovsdb_row *row, *next;
    for (row = all ? ovsdb_first(vsctl->db, table->name) : NULL; row; row = next) {
        next = ovsdb_next(row);
        destroy_row(vsctl, table, row);
    }
    for (int i = 2; i < command->argc; i++) {
        row = vsctl_lookup_row(vsctl, table, command->argv[i], must_exist);
        if (row) {
            destroy_row(vsctl, table, row);
        }
    }
}

static void comment(struct vsctl *vsctl, struct vsctl_command *command)
{
}

const struct vsctl_syntax vsctl_generic_commands[] = {
    { "comment", 0, -1, "", 0, comment, NULL },
    { "get", 2, -1, "--if-exists,--id=", VSCTL_ARG | VSCTL_SETTINGS, get, NULL },
    { "set", 3, -1, "--if-exists", VSCTL_ARG | VSCTL_SETTINGS, set, NULL },
    { "add", 4, -1, "--if-exists", VSCTL_ARG | VSCTL_COLUMN, add, NULL },
    { "remove", 4, -1, "--if-exists", VSCTL_ARG | VSCTL_COLUMN, remove_values, NULL },
    { "clear", 3, -1, "--if-exists", VSCTL_ARG | VSCTL_COLUMNS, clear, NULL },
    { "create", 2, -1, "--id=", VSCTL_ARG, create, print_created },
    { "destroy", 1, -1, "--if-exists,--all", VSCTL_ARG, destroy, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
