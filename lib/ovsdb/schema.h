/* SPDX-License-Identifier: Apache-2.0 */
/* Database schemas (RFC 7047 section 3.2): the tables, their columns and what must hold in them.
 *
 * A schema is parsed once and never changes. In each table the columns are numbered: 0 is "_uuid", 1 is "_version", which every
 * table has without saying so, and then the table's own by name. A row keeps its datums in this order. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/ovsdb/type.h"

enum { OVSDB_COL_UUID, OVSDB_COL_VERSION, OVSDB_N_STD_COLUMNS };

struct ovsdb_column {
    char *name;
    size_t index; /* in its table */
    struct ovsdb_type type;
    bool is_mutable;
    bool persistent; /* not ephemeral */
};

/* Columns that must have distinct values, together, among the rows of a table. */
struct ovsdb_key {
    const struct ovsdb_column **columns;
    size_t n;
};

struct ovsdb_table_schema {
    char *name;
    struct ovsdb_column *columns;
    size_t n_columns;
    bool is_root;    /* rows stay although nothing refers to them */
    size_t max_rows; /* SIZE_MAX: no limit */
    struct ovsdb_key *keys;
    size_t n_keys;
    bool has_weak; /* some column has weak references */
};

struct ovsdb_schema {
    char *name, *version;
    char *cksum; /* may be null */
    struct ovsdb_table_schema *tables; /* by name */
    size_t n_tables;
};

/* Null and a sentence in '*errorp' if the text is no schema (the caller frees it). */
struct ovsdb_schema *ovsdb_schema_from_text(const char *text, char **errorp) WARN_UNUSED;
struct ovsdb_error *ovsdb_schema_from_json(struct ovsdb_schema **, const json_t *) WARN_UNUSED;
json_t *ovsdb_schema_to_json(const struct ovsdb_schema *);
void ovsdb_schema_destroy(struct ovsdb_schema *); /* null is fine */

/* Null if there is none of this name. */
const struct ovsdb_table_schema *ovsdb_schema_table(const struct ovsdb_schema *, const char *name);
const struct ovsdb_column *ovsdb_schema_column(const struct ovsdb_table_schema *, const char *name);
