/* SPDX-License-Identifier: Apache-2.0 */
/* Rows seen through some of their columns, sorted and each once: what "select" gives and "wait" compares. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/schema.h"

struct ovsdb_error;

struct ovsdb_columns {
    const struct ovsdb_column **columns;
    size_t n;
};

struct ovsdb_rowset {
    const struct ovsdb_columns *columns;
    const struct ovsdb_datum **rows; /* each the fields of a row; not owned */
    size_t n, allocated;
};

/* 'json' is an array of distinct names of columns; null stands for all columns. Free with ovsdb_columns_destroy(). */
struct ovsdb_error *ovsdb_columns_from_json(struct ovsdb_columns *,
                                            const struct ovsdb_table_schema *, const json_t *)
    WARN_UNUSED;
void ovsdb_columns_destroy(struct ovsdb_columns *);

void ovsdb_rowset_init(struct ovsdb_rowset *, const struct ovsdb_columns *);
void ovsdb_rowset_destroy(struct ovsdb_rowset *);
void ovsdb_rowset_add(struct ovsdb_rowset *, const struct ovsdb_datum *fields);

/* Sorts, and drops rows that look like another one. Before the following. */
void ovsdb_rowset_settle(struct ovsdb_rowset *);
bool ovsdb_rowset_equals(const struct ovsdb_rowset *, const struct ovsdb_rowset *);
json_t *ovsdb_rowset_to_json(const struct ovsdb_rowset *);
