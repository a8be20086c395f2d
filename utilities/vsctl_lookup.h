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

/* The other table whose rows help to name those of 'table', or null. */
const char *vsctl_lookup_helper_table(const struct ovsdb_table_schema *table);

/* How the rows of each table may be named, for --help. */
void vsctl_lookup_print_ids(void);
