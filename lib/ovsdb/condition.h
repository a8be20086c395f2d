/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on rows (RFC 7047 section 5.1, <condition>, and OVS's extensions: booleans, and comparison of optional numbers). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/schema.h"

struct ovsdb_error;
struct ovsdb_row;
struct ovsdb_symtab;
struct uuid;

enum ovsdb_function {
    OVSDB_F_FALSE, /* clauses that are a boolean of their own */
    OVSDB_F_TRUE,
    OVSDB_F_LT,
    OVSDB_F_LE,
    OVSDB_F_EQ,
    OVSDB_F_NE,
    OVSDB_F_GE,
    OVSDB_F_GT,
    OVSDB_F_INCLUDES,
    OVSDB_F_EXCLUDES
};

struct ovsdb_clause {
    enum ovsdb_function function;
    const struct ovsdb_column *column; /* null for booleans */
    struct ovsdb_type type;            /* of 'arg'; borrows the column's bases */
    struct ovsdb_datum arg;
};

struct ovsdb_condition {
    struct ovsdb_clause *clauses;
    size_t n;
};

#define OVSDB_CONDITION_EMPTY                                                                      \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

/* 'json' is an array of clauses. 'symtab' may be null. */
struct ovsdb_error *ovsdb_condition_from_json(struct ovsdb_condition *,
                                              const struct ovsdb_table_schema *, const json_t *,
                                              struct ovsdb_symtab *) WARN_UNUSED;
void ovsdb_condition_destroy(struct ovsdb_condition *);

/* True if every clause holds, as transactions mean it; without clauses, always. */
bool ovsdb_condition_all(const struct ovsdb_condition *, const struct ovsdb_datum *fields);

/* True if some clause holds, as monitors mean it; without clauses, always. */
bool ovsdb_condition_any(const struct ovsdb_condition *, const struct ovsdb_datum *fields);

/* The UUID of the only row for which every clause can hold, or null if there may be others. */
const struct uuid *ovsdb_condition_uuid(const struct ovsdb_condition *);
