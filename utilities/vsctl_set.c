/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and carries out settings of columns. */
#include "utilities/vsctl_set.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/error.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_lookup.h"
#include "utilities/vsctl_model.h"

const char *const vsctl_set_ops[] = { "=", NULL };

const struct ovsdb_column *vsctl_set_lookup_column(const struct ovsdb_table_schema *table,
                                                   const char *name)
{
    const struct ovsdb_column *column = vsctl_lookup_column(table, name);
    if (column->index < OVSDB_N_STD_COLUMNS) {
        vsctl_fatal("%s does not contain a column whose name matches \"%s\"", table->name, name);
    }
    return column;
}

/* The words of "COLUMN:KEY": what ends a column's name or a bare key is not part of it. */
static char *parse_word(const char **p)
{
    char *word;
    char *error = ovsdb_datum_parse_word(p, &word);
    if (error) {
        vsctl_fatal("%s", error);
    }
    return word;
}

/* Looks up the column of "COLUMN..." and moves '*p' behind its name. */
static const struct ovsdb_column *parse_column(const struct ovsdb_table_schema *table,
                                               const char **p, bool may_be_set)
{
    const char *text = *p;
    char *name = parse_word(p);
    if (!name[0]) {
        vsctl_fatal("%s: missing column name", text);
    }
    const struct ovsdb_column *column
        = may_be_set ? vsctl_set_lookup_column(table, name) : vsctl_lookup_column(table, name);
    free(name);
    return column;
}

const struct ovsdb_column *vsctl_argument_column(const struct ovsdb_table_schema *table,
                                                 const char *text)
{
    return parse_column(table, &text, false);
}

static const char *match_op(const char *s, const char *const *ops)
{
    const char *best = NULL;
    for (; *ops; ops++) {
        size_t n = strlen(*ops);
        if (!strncmp(s, *ops, n) && (!best || n > strlen(best))) {
            best = *ops;
        }
    }
    return best;
}

static void lacks_op(const char *text, const char *const *ops)
{
    struct strbuf list = STRBUF_INIT;
    for (size_t i = 0; ops[i]; i++) {
        strbuf_putf(&list, "%s\"%s\"", !i ? "" : !ops[i + 1] ? ", or " : ", ", ops[i]);
    }
    vsctl_fatal("%s: argument does not end in %s followed by a value.", text, strbuf_str(&list));
}

void vsctl_argument_parse(const struct ovsdb_table_schema *table, const char *text,
                          const char *const *ops, struct vsctl_argument *argument)
{
    const char *p = text;
    memset(argument, 0, sizeof *argument);
    argument->column = parse_column(table, &p, ops != NULL);
    if (*p == ':') {
        p++;
        char *word = parse_word(&p);
        union ovsdb_atom atom;
        vsctl_fatal_if(ovsdb_atom_from_text(&atom, OVSDB_STRING, word, NULL));
        argument->key = word;
        ovsdb_atom_destroy(&atom, OVSDB_STRING);
    }
    if (!ops) {
        if (*p) {
            vsctl_fatal("%s: trailing garbage \"%s\" in argument", text, p);
        }
        return;
    }
    argument->op = match_op(p, ops);
    if (!argument->op || !p[strlen(argument->op)]) {
        lacks_op(text, ops);
    }
    argument->value = p + strlen(argument->op);
}

void vsctl_set_check_mutable(const struct ovsdb_row *row, const struct ovsdb_column *column)
{
    if (!column->is_mutable && !ovsdb_row_is_new(row)) {
        vsctl_fatal("cannot modify read-only column %s in table %s", column->name,
                    ovsdb_row_table(row));
    }
}

/* One word or quoted string, with the base type's constraints. */
static union ovsdb_atom parse_atom(struct vsctl *vsctl, const struct ovsdb_base *base,
                                   const char *text)
{
    union ovsdb_atom atom;
    vsctl_fatal_if(ovsdb_atom_from_text(&atom, base->type, text, &vsctl->symtab));
    vsctl_fatal_if(ovsdb_error_steal_string(ovsdb_base_check(base, &atom)));
    return atom;
}

void vsctl_set_column(struct vsctl *vsctl, const struct ovsdb_row *row, const char *text)
{
    const struct ovsdb_table_schema *table
        = ovsdb_schema_table(ovsdb_get_schema(vsctl->db), ovsdb_row_table(row));
    struct vsctl_argument argument;
    struct ovsdb_datum datum;
    vsctl_argument_parse(table, text, vsctl_set_ops, &argument);
    const struct ovsdb_type *type = &argument.column->type;
    vsctl_set_check_mutable(row, argument.column);
    if (argument.key) {
        if (!ovsdb_type_is_map(type)) {
            vsctl_fatal("cannot specify key to set for non-map column %s", argument.column->name);
        }
        union ovsdb_atom key = parse_atom(vsctl, &type->key, argument.key);
        union ovsdb_atom value = parse_atom(vsctl, &type->value, argument.value);
        datum = ovsdb_datum_clone(ovsdb_row_datum(row, argument.column->name), type);
        ovsdb_datum_put(&datum, &key, &value, type);
        free(argument.key);
    } else {
        vsctl_fatal_if(ovsdb_datum_from_text(&datum, type, argument.value, &vsctl->symtab));
        vsctl_guard(vsctl, row, argument.column->name);
    }
    ovsdb_txn_set_datum(vsctl->txn, row, argument.column->name, &datum);
    vsctl_model_column_changed(vsctl, table, argument.column);
}
