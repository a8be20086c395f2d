/* SPDX-License-Identifier: Apache-2.0 */
/* Finding tables, columns and rows by what people write: abbreviated names, names of rows, "." and UUIDs. */
#pragma once

#include <stdbool.h>

struct ovsdb_column;
struct ovsdb_row;
struct ovsdb_table_schema;
struct vsctl;

/* Each ends the program with a message if there is no match or more than one. */
const struct ovsdb_table_schema *vsctl_lookup_table(const struct vsctl *, const char *name);
const struct ovsdb_column *vsctl_lookup_column(const struct ovsdb_table_schema *,
                                               const char *name);

/* The row that 'id' names, or null; with 'must_exist' the program ends if there is none. */
const struct ovsdb_row *vsctl_lookup_row(const struct vsctl *, const struct ovsdb_table_schema *,
                                         const char *id, bool must_exist);

/* How rows may be named besides by their UUID. */
struct vsctl_row_name {
    const char *table;
    const char *name_column; /* in the table itself, or in 'via' */
    const char *via;         /* another table; null: none */
    const char *via_column;  /* of that table: refers to one row of the first */
};

/* Null: rows of this table have no names. */
const struct vsctl_row_name *vsctl_lookup_row_name(const char *table);

/* How the rows of each table may be named, for --help. */
void vsctl_lookup_print_ids(void);
