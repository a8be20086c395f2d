/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the form COLUMN[:KEY][OPERATOR VALUE]. */
#pragma once

#include <stdbool.h>

struct ovsdb_column;
struct ovsdb_row;
struct ovsdb_table_schema;
struct vsctl;

struct vsctl_argument {
    const struct ovsdb_column *column;
    char *key;         /* null: none */
    const char *op;    /* null: none; one of those asked for */
    const char *value; /* null: none; within the argument */
};

/* Parses 'text' for a column of 'table'. 'ops' are the operators that may follow, longer ones before their beginnings, ended by a
 * null; null: no value may follow. The program ends if the argument is wrong. Free 'key' with free(). */
void vsctl_argument_parse(const struct ovsdb_table_schema *table, const char *text,
                          const char *const *ops, struct vsctl_argument *);

/* The column alone, whatever follows. */
const struct ovsdb_column *vsctl_argument_column(const struct ovsdb_table_schema *,
                                                 const char *text);

/* "=" alone. */
extern const char *const vsctl_set_ops[];

/* Carries out "column[:key]=value" on a row. */
void vsctl_set_column(struct vsctl *, const struct ovsdb_row *, const char *text);

/* As vsctl_lookup_column(), but not "_uuid", which nobody can set or compare. */
const struct ovsdb_column *vsctl_set_lookup_column(const struct ovsdb_table_schema *,
                                                   const char *name);

/* Ends the program if the column may not be changed in this row. */
void vsctl_set_check_mutable(const struct ovsdb_row *, const struct ovsdb_column *);
