/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of database values, printed in one of several formats. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

struct ovsdb_datum;
struct ovsdb_type;
struct strbuf;
struct vsctl_table;

enum vsctl_table_format {
    VSCTL_TABLE_LIST,
    VSCTL_TABLE_TABLE,
    VSCTL_TABLE_HTML,
    VSCTL_TABLE_CSV,
    VSCTL_TABLE_JSON
};

enum vsctl_cell_format { VSCTL_CELL_STRING, VSCTL_CELL_BARE, VSCTL_CELL_JSON };

struct vsctl_table_style {
    enum vsctl_table_format format;
    enum vsctl_cell_format cells;
    bool no_headings;
    bool pretty;          /* JSON over several lines */
    size_t max_width;     /* characters of a column in VSCTL_TABLE_TABLE; 0: no limit */
};

/* Null, or what is wrong with the name (the caller frees it). */
char *vsctl_table_parse_format(const char *, struct vsctl_table_style *) WARN_UNUSED;
char *vsctl_table_parse_cells(const char *, struct vsctl_table_style *) WARN_UNUSED;

/* The headings are copied. */
struct vsctl_table *vsctl_table_create(const char *const *headings, size_t n_columns);
void vsctl_table_destroy(struct vsctl_table *); /* null is fine */

/* Adds the next cell, row by row; copies the value. The type must outlive the table. */
void vsctl_table_add(struct vsctl_table *, const struct ovsdb_datum *, const struct ovsdb_type *);

void vsctl_table_print(const struct vsctl_table *, const struct vsctl_table_style *,
                       struct strbuf *);
