/* SPDX-License-Identifier: Apache-2.0 */
/* Projections of rows as sets. */
#include "lib/ovsdb/rowset.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"

void ovsdb_columns_destroy(struct ovsdb_columns *columns)
{
    free(columns->columns);
    *columns = (struct ovsdb_columns){ NULL, 0 };
}

struct ovsdb_error *ovsdb_columns_from_json(struct ovsdb_columns *columns,
                                            const struct ovsdb_table_schema *schema,
                                            const json_t *json)
{
    bool *seen = xcalloc(schema->n_columns, sizeof *seen);
    struct ovsdb_error *error = NULL;
    columns->columns = xcalloc(schema->n_columns, sizeof *columns->columns);
    columns->n = 0;
    if (json && !json_is_array(json)) {
        error = ovsdb_error_syntax(json, NULL, "expected an array of columns");
    }
    size_t n = json ? json_array_size(json) : schema->n_columns;
    for (size_t i = 0; !error && i < n; i++) {
        const char *name = json_string_value(json_array_get(json, i));
        const struct ovsdb_column *column = !json ? &schema->columns[i]
                                            : name ? ovsdb_schema_column(schema, name)
                                                   : NULL;
        if (!column) {
            error = name ? ovsdb_error_syntax(json, "unknown column", "No column %.100s in table %s.",
                                              name, schema->name)
                         : ovsdb_error_syntax(json, NULL, "expected an array of columns");
        } else if (seen[column->index]) {
            error = ovsdb_error_syntax(json, NULL, "column %s comes twice", column->name);
        } else {
            seen[column->index] = true;
            columns->columns[columns->n++] = column;
        }
    }
    if (error) {
        ovsdb_columns_destroy(columns);
    }
    free(seen);
    return error;
}

void ovsdb_rowset_init(struct ovsdb_rowset *rowset, const struct ovsdb_columns *columns)
{
    *rowset = (struct ovsdb_rowset){ .columns = columns };
}

void ovsdb_rowset_destroy(struct ovsdb_rowset *rowset)
{
    free(rowset->rows);
}

void ovsdb_rowset_add(struct ovsdb_rowset *rowset, const struct ovsdb_datum *fields)
{
    if (rowset->n >= rowset->allocated) {
        rowset->rows = grow_array(rowset->rows, &rowset->allocated, sizeof *rowset->rows);
    }
    rowset->rows[rowset->n++] = fields;
}

static int compare(const void *a_, const void *b_, void *columns_)
{
    const struct ovsdb_datum *a = *(const struct ovsdb_datum *const *) a_;
    const struct ovsdb_datum *b = *(const struct ovsdb_datum *const *) b_;
    const struct ovsdb_columns *columns = columns_;
    for (size_t i = 0; i < columns->n; i++) {
        const struct ovsdb_column *column = columns->columns[i];
        int cmp = ovsdb_datum_compare(&a[column->index], &b[column->index], &column->type);
        if (cmp) {
            return cmp;
        }
    }
    return 0;
}

void ovsdb_rowset_settle(struct ovsdb_rowset *rowset)
{
    void *columns = (void *) rowset->columns;
    size_t kept = 0;
    if (rowset->n > 1) {
        qsort_r(rowset->rows, rowset->n, sizeof *rowset->rows, compare, columns);
    }
    for (size_t i = 0; i < rowset->n; i++) {
        if (!i || compare(&rowset->rows[i], &rowset->rows[kept - 1], columns)) {
            rowset->rows[kept++] = rowset->rows[i];
        }
    }
    rowset->n = kept;
}

bool ovsdb_rowset_equals(const struct ovsdb_rowset *a, const struct ovsdb_rowset *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (compare(&a->rows[i], &b->rows[i], (void *) a->columns)) {
            return false;
        }
    }
    return true;
}

json_t *ovsdb_rowset_to_json(const struct ovsdb_rowset *rowset)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < rowset->n; i++) {
        json_t *row = json_object();
        for (size_t j = 0; j < rowset->columns->n; j++) {
            const struct ovsdb_column *column = rowset->columns->columns[j];
            json_object_set_new(row, column->name,
                                ovsdb_datum_to_json(&rowset->rows[i][column->index],
                                                    &column->type));
        }
        json_array_append_new(rows, row);
    }
    return rows;
}
