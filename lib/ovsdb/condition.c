/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and evaluates conditions on rows. */
#include "lib/ovsdb/condition.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"

static const char *const names[] = {
    [OVSDB_F_LT] = "<",  [OVSDB_F_LE] = "<=", [OVSDB_F_EQ] = "==",
    [OVSDB_F_NE] = "!=", [OVSDB_F_GE] = ">=", [OVSDB_F_GT] = ">",
    [OVSDB_F_INCLUDES] = "includes",          [OVSDB_F_EXCLUDES] = "excludes",
};

static bool function_from_name(const char *name, enum ovsdb_function *function)
{
    for (size_t i = OVSDB_F_LT; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(names[i], name)) {
            *function = i;
            return true;
        }
    }
    return false;
}

static bool is_order(enum ovsdb_function function)
{
    return function == OVSDB_F_LT || function == OVSDB_F_LE || function == OVSDB_F_GE
           || function == OVSDB_F_GT;
}

static bool is_number(const struct ovsdb_type *type)
{
    return (ovsdb_type_is_scalar(type) || ovsdb_type_is_optional(type))
           && (type->key.type == OVSDB_INTEGER || type->key.type == OVSDB_REAL);
}

static struct ovsdb_error *parse_clause(struct ovsdb_clause *clause,
                                        const struct ovsdb_table_schema *table, const json_t *json,
                                        struct ovsdb_symtab *symtab)
{
    if (json_is_boolean(json)) {
        clause->function = json_is_true(json) ? OVSDB_F_TRUE : OVSDB_F_FALSE;
        return NULL;
    }
    const char *column = json_string_value(json_array_get(json, 0));
    const char *function = json_string_value(json_array_get(json, 1));
    if (json_array_size(json) != 3 || !column || !function) {
        return ovsdb_error_syntax(json, NULL,
                                  "expected [<column>, <function>, <value>] or a boolean");
    }
    clause->column = ovsdb_schema_column(table, column);
    if (!clause->column) {
        return ovsdb_error_syntax(json, "unknown column", "No column %.100s in table %s.", column,
                                  table->name);
    }
    if (!function_from_name(function, &clause->function)) {
        return ovsdb_error_syntax(json, "unknown function", "No function named %.100s.", function);
    }
    clause->type = clause->column->type;
    if (is_order(clause->function)) {
        if (!is_number(&clause->type)) {
            return ovsdb_error_syntax(json, NULL,
                                      "Type mismatch: \"%s\" operator may not be applied to column %s",
                                      function, column);
        }
    } else if (clause->function == OVSDB_F_INCLUDES || clause->function == OVSDB_F_EXCLUDES) {
        clause->type.n_min = 0;
    }
    return ovsdb_datum_from_json(&clause->arg, &clause->type, json_array_get(json, 2), symtab);
}

struct ovsdb_error *ovsdb_condition_from_json(struct ovsdb_condition *condition,
                                              const struct ovsdb_table_schema *table,
                                              const json_t *json, struct ovsdb_symtab *symtab)
{
    size_t n = json_array_size(json);
    *condition = (struct ovsdb_condition) OVSDB_CONDITION_EMPTY;
    if (!json_is_array(json)) {
        return ovsdb_error_syntax(json, NULL, "a condition must be an array");
    }
    condition->clauses = xcalloc(n + 1, sizeof *condition->clauses);
    for (size_t i = 0; i < n; i++) {
        struct ovsdb_error *error
            = parse_clause(&condition->clauses[i], table, json_array_get(json, i), symtab);
        if (error) {
            ovsdb_condition_destroy(condition);
            return error;
        }
        condition->n++;
    }
    return NULL;
}

void ovsdb_condition_destroy(struct ovsdb_condition *condition)
{
    for (size_t i = 0; i < condition->n; i++) {
        if (condition->clauses[i].column) {
            ovsdb_datum_destroy(&condition->clauses[i].arg, &condition->clauses[i].type);
        }
    }
    free(condition->clauses);
    *condition = (struct ovsdb_condition) OVSDB_CONDITION_EMPTY;
}

/* Where either side is empty no order holds. */
static bool compare(const struct ovsdb_clause *clause, const struct ovsdb_datum *field)
{
    if (field->n != 1 || clause->arg.n != 1) {
        return false;
    }
    int cmp = ovsdb_atom_compare(&field->keys[0], &clause->arg.keys[0], clause->type.key.type);
    switch (clause->function) {
    case OVSDB_F_LT:
        return cmp < 0;
    case OVSDB_F_LE:
        return cmp <= 0;
    case OVSDB_F_GE:
        return cmp >= 0;
    default:
        return cmp > 0;
    }
}

static bool evaluate(const struct ovsdb_clause *clause, const struct ovsdb_datum *fields)
{
    const struct ovsdb_datum *field = clause->column ? &fields[clause->column->index] : NULL;
    switch (clause->function) {
    case OVSDB_F_FALSE:
        return false;
    case OVSDB_F_TRUE:
        return true;
    case OVSDB_F_EQ:
        return ovsdb_datum_equals(field, &clause->arg, &clause->type);
    case OVSDB_F_NE:
        return !ovsdb_datum_equals(field, &clause->arg, &clause->type);
    case OVSDB_F_INCLUDES:
        return ovsdb_datum_includes(field, &clause->arg, &clause->type);
    case OVSDB_F_EXCLUDES:
        return ovsdb_datum_excludes(field, &clause->arg, &clause->type);
    case OVSDB_F_LT:
    case OVSDB_F_LE:
    case OVSDB_F_GE:
    case OVSDB_F_GT:
        return compare(clause, field);
    }
    return false;
}

bool ovsdb_condition_all(const struct ovsdb_condition *condition, const struct ovsdb_datum *fields)
{
    for (size_t i = 0; i < condition->n; i++) {
        if (!evaluate(&condition->clauses[i], fields)) {
            return false;
        }
    }
    return true;
}

bool ovsdb_condition_any(const struct ovsdb_condition *condition, const struct ovsdb_datum *fields)
{
    for (size_t i = 0; i < condition->n; i++) {
        if (evaluate(&condition->clauses[i], fields)) {
            return true;
        }
    }
    return !condition->n;
}

const struct uuid *ovsdb_condition_uuid(const struct ovsdb_condition *condition)
{
    for (size_t i = 0; i < condition->n; i++) {
        const struct ovsdb_clause *clause = &condition->clauses[i];
        if (clause->column && clause->column->index == OVSDB_COL_UUID
            && (clause->function == OVSDB_F_EQ || clause->function == OVSDB_F_INCLUDES)
            && clause->arg.n == 1) {
            return &clause->arg.keys[0].uuid;
        }
    }
    return NULL;
}
