/* SPDX-License-Identifier: Apache-2.0 */
/* Parses mutations and carries them out. */
#include "lib/ovsdb/mutation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/txn_row.h"

static const char *const names[] = {
    [OVSDB_M_ADD] = "+=", [OVSDB_M_SUB] = "-=",       [OVSDB_M_MUL] = "*=",      [OVSDB_M_DIV] = "/=",
    [OVSDB_M_MOD] = "%=", [OVSDB_M_INSERT] = "insert", [OVSDB_M_DELETE] = "delete",
};

static bool mutator_from_name(const char *name, enum ovsdb_mutator *mutator)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(names[i], name)) {
            *mutator = i;
            return true;
        }
    }
    return false;
}

static struct ovsdb_error *mismatch(const struct ovsdb_mutation *mutation, const json_t *json)
{
    return ovsdb_error_syntax(json, NULL,
                              "Type mismatch: \"%s\" operator may not be applied to column %s",
                              names[mutation->mutator], mutation->column->name);
}

/* For a set or map, arguments are any number of its elements; only "delete" takes mere keys of a map. */
static struct ovsdb_error *parse_elements(struct ovsdb_mutation *mutation, const json_t *json,
                                          const json_t *whole, struct ovsdb_symtab *symtab)
{
    const char *kind = json_string_value(json_array_get(json, 0));
    if (mutation->type.n_max == 1 && mutation->type.n_min == 1) {
        return mismatch(mutation, whole);
    }
    mutation->type.n_min = 0;
    mutation->type.n_max = UINT32_MAX;
    if (mutation->mutator == OVSDB_M_DELETE && ovsdb_type_is_map(&mutation->type)
        && !(kind && !strcmp(kind, "map") && json_array_size(json) == 2)) {
        ovsdb_base_init(&mutation->type.value, OVSDB_VOID);
    }
    return ovsdb_datum_from_json(&mutation->arg, &mutation->type, json, symtab);
}

/* One number, on which the column's constraints do not bear. */
static struct ovsdb_error *parse_operand(struct ovsdb_mutation *mutation, const json_t *json,
                                         const json_t *whole)
{
    enum ovsdb_atom_type type = mutation->type.key.type;
    bool number = type == OVSDB_INTEGER || (type == OVSDB_REAL && mutation->mutator != OVSDB_M_MOD);
    if (!number || ovsdb_type_is_map(&mutation->type)) {
        return mismatch(mutation, whole);
    }
    ovsdb_base_init(&mutation->type.key, type);
    mutation->type.n_min = mutation->type.n_max = 1;
    return ovsdb_datum_from_json(&mutation->arg, &mutation->type, json, NULL);
}

static struct ovsdb_error *parse_mutation(struct ovsdb_mutation *mutation,
                                          const struct ovsdb_table_schema *table,
                                          const json_t *json, struct ovsdb_symtab *symtab)
{
    const char *column = json_string_value(json_array_get(json, 0));
    const char *mutator = json_string_value(json_array_get(json, 1));
    const json_t *arg = json_array_get(json, 2);
    if (json_array_size(json) != 3 || !column || !mutator) {
        return ovsdb_error_syntax(json, NULL, "expected [<column>, <mutator>, <value>]");
    }
    mutation->column = ovsdb_schema_column(table, column);
    if (!mutation->column) {
        return ovsdb_error_syntax(json, "unknown column", "No column %.100s in table %s.", column,
                                  table->name);
    }
    if (!mutation->column->is_mutable || mutation->column->index < OVSDB_N_STD_COLUMNS) {
        return ovsdb_error_syntax(json, "constraint violation",
                                  "Cannot mutate immutable column %s in table %s.", column,
                                  table->name);
    }
    if (!mutator_from_name(mutator, &mutation->mutator)) {
        return ovsdb_error_syntax(json, "unknown mutator", "No mutator named %.100s.", mutator);
    }
    mutation->type = mutation->column->type;
    return mutation->mutator == OVSDB_M_INSERT || mutation->mutator == OVSDB_M_DELETE
               ? parse_elements(mutation, arg, json, symtab)
               : parse_operand(mutation, arg, json);
}

struct ovsdb_error *ovsdb_mutations_from_json(struct ovsdb_mutations *mutations,
                                              const struct ovsdb_table_schema *table,
                                              const json_t *json, struct ovsdb_symtab *symtab)
{
    size_t n = json_array_size(json);
    *mutations = (struct ovsdb_mutations){ NULL, 0 };
    if (!json_is_array(json)) {
        return ovsdb_error_syntax(json, NULL, "mutations must be an array");
    }
    mutations->mutations = xcalloc(n + 1, sizeof *mutations->mutations);
    for (size_t i = 0; i < n; i++) {
        struct ovsdb_error *error
            = parse_mutation(&mutations->mutations[i], table, json_array_get(json, i), symtab);
        if (error) {
            ovsdb_mutations_destroy(mutations);
            return error;
        }
        mutations->n++;
    }
    return NULL;
}

void ovsdb_mutations_destroy(struct ovsdb_mutations *mutations)
{
    for (size_t i = 0; i < mutations->n; i++) {
        ovsdb_datum_destroy(&mutations->mutations[i].arg, &mutations->mutations[i].type);
    }
    free(mutations->mutations);
    *mutations = (struct ovsdb_mutations){ NULL, 0 };
}

static struct ovsdb_error *range_error(void)
{
    return ovsdb_error_create("range error", "Result of mutation is out of range.");
}

static struct ovsdb_error *mutate_integer(int64_t *x, enum ovsdb_mutator mutator, int64_t y)
{
    bool overflow = false;
    switch (mutator) {
    case OVSDB_M_ADD:
        overflow = __builtin_add_overflow(*x, y, x);
        break;
    case OVSDB_M_SUB:
        overflow = __builtin_sub_overflow(*x, y, x);
        break;
    case OVSDB_M_MUL:
        overflow = __builtin_mul_overflow(*x, y, x);
        break;
    case OVSDB_M_DIV:
    case OVSDB_M_MOD:
        if (!y) {
            return ovsdb_error_create("domain error", "Division by zero.");
        }
        if (y == -1) { /* the least integer has no opposite */
            overflow = mutator == OVSDB_M_DIV && __builtin_sub_overflow((int64_t) 0, *x, x);
            *x = mutator == OVSDB_M_MOD ? 0 : *x;
        } else {
            *x = mutator == OVSDB_M_DIV ? *x / y : *x % y;
        }
        break;
    case OVSDB_M_INSERT:
    case OVSDB_M_DELETE:
        break;
    }
    return overflow ? range_error() : NULL;
}

static struct ovsdb_error *mutate_real(double *x, enum ovsdb_mutator mutator, double y)
{
    if (mutator == OVSDB_M_DIV && y == 0.0) {
        return ovsdb_error_create("domain error", "Division by zero.");
    }
    *x = mutator == OVSDB_M_ADD   ? *x + y
         : mutator == OVSDB_M_SUB ? *x - y
         : mutator == OVSDB_M_MUL ? *x * y
                                  : *x / y;
    return isfinite(*x) ? NULL : range_error();
}

static struct ovsdb_error *mutate_numbers(const struct ovsdb_mutation *mutation,
                                          struct ovsdb_datum *datum)
{
    const struct ovsdb_type *type = &mutation->column->type;
    for (size_t i = 0; i < datum->n; i++) {
        const union ovsdb_atom *arg = &mutation->arg.keys[0];
        struct ovsdb_error *error
            = type->key.type == OVSDB_INTEGER
                  ? mutate_integer(&datum->keys[i].integer, mutation->mutator, arg->integer)
                  : mutate_real(&datum->keys[i].real, mutation->mutator, arg->real);
        if (!error) {
            error = ovsdb_base_check(&type->key, &datum->keys[i]);
        }
        if (error) {
            return error;
        }
    }
    if (ovsdb_datum_sort(datum, type) != SIZE_MAX) {
        return ovsdb_error_create("constraint violation",
                                  "Result of \"%s\" operation on column %s is not a proper set: "
                                  "set contains duplicate",
                                  names[mutation->mutator], mutation->column->name);
    }
    return NULL;
}

static struct ovsdb_error *execute(const struct ovsdb_mutation *mutation,
                                   struct ovsdb_datum *datum)
{
    const struct ovsdb_type *type = &mutation->column->type;
    struct ovsdb_error *error = NULL;
    if (mutation->mutator == OVSDB_M_INSERT) {
        ovsdb_datum_union(datum, &mutation->arg, false, type);
    } else if (mutation->mutator == OVSDB_M_DELETE) {
        bool keys_only = mutation->type.value.type != type->value.type;
        ovsdb_datum_subtract(datum, &mutation->arg, keys_only, type);
    } else {
        error = mutate_numbers(mutation, datum);
    }
    if (!error) {
        error = ovsdb_datum_check_count(datum, type);
    }
    return error;
}

struct ovsdb_error *ovsdb_mutations_execute(const struct ovsdb_mutations *mutations,
                                            struct ovsdb_txn *txn, struct ovsdb_row *row)
{
    for (size_t i = 0; i < mutations->n; i++) {
        const struct ovsdb_mutation *mutation = &mutations->mutations[i];
        struct ovsdb_datum *datum = ovsdb_txn_edit(txn, row, mutation->column);
        struct ovsdb_error *error = execute(mutation, datum);
        if (error) {
            return error;
        }
    }
    return NULL;
}
