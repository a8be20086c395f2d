/* SPDX-License-Identifier: Apache-2.0 */
/* Writing rows and columns by name, for the daemon. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/utf8.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/txn_row.h"

LOG_MODULE(ovsdb_write);

static const struct ovsdb_column *get_column(const struct ovsdb_row *row, const char *name,
                                             enum ovsdb_atom_type key, enum ovsdb_atom_type value)
{
    const struct ovsdb_column *column = ovsdb_schema_column(row->table->schema, name);
    if (!column || column->index < OVSDB_N_STD_COLUMNS) {
        log_abort("table %s has no column %s", row->table->schema->name, name);
    }
    if ((key != OVSDB_VOID && column->type.key.type != key)
        || (key != OVSDB_VOID && column->type.value.type != value)) {
        log_abort("column %s of table %s has another type", name, row->table->schema->name);
    }
    return column;
}

const char *ovsdb_txn_error(const struct ovsdb_txn *txn)
{
    return txn->bad_value;
}

/* Takes over the datum; a value that is there already is not written. */
static void set(struct ovsdb_txn *txn, const struct ovsdb_row *row,
                const struct ovsdb_column *column, struct ovsdb_datum *datum)
{
    const struct ovsdb_type *type = &column->type;
    if (ovsdb_datum_equals(&row->fields[column->index], datum, type)) {
        ovsdb_datum_destroy(datum, type);
        return;
    }
    char *error = ovsdb_error_steal_string(ovsdb_datum_check(datum, type));
    if (error) {
        if (!txn->bad_value) {
            txn->bad_value = xasprintf("%s column %s: %s", row->table->schema->name, column->name,
                                       error);
        }
        free(error);
        ovsdb_datum_destroy(datum, type);
        return;
    }
    ovsdb_txn_write(txn, (struct ovsdb_row *) row, column, datum);
}

static void set_one(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                    enum ovsdb_atom_type type, union ovsdb_atom atom)
{
    const struct ovsdb_column *column = get_column(row, name, type, OVSDB_VOID);
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    ovsdb_datum_put(&datum, &atom, NULL, &column->type);
    set(txn, row, column, &datum);
}

void ovsdb_txn_set_bool(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column,
                        bool value)
{
    set_one(txn, row, column, OVSDB_BOOLEAN, (union ovsdb_atom){ .boolean = value });
}

void ovsdb_txn_set_int(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column,
                       int64_t value)
{
    set_one(txn, row, column, OVSDB_INTEGER, (union ovsdb_atom){ .integer = value });
}

void ovsdb_txn_set_real(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column,
                        double value)
{
    set_one(txn, row, column, OVSDB_REAL, (union ovsdb_atom){ .real = value });
}

void ovsdb_txn_set_string(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column,
                          const char *value)
{
    if (value) {
        set_one(txn, row, column, OVSDB_STRING, (union ovsdb_atom){ .string = utf8_sanitize(value) });
    } else {
        ovsdb_txn_clear(txn, row, column);
    }
}

void ovsdb_txn_clear(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column)
{
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    set(txn, row, get_column(row, column, OVSDB_VOID, OVSDB_VOID), &datum);
}

/* An empty datum with room for 'n' elements. */
static struct ovsdb_datum with_room(size_t n, bool map)
{
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    if (n) {
        datum.keys = xcalloc(n, sizeof *datum.keys);
        datum.values = map ? xcalloc(n, sizeof *datum.values) : NULL;
    }
    return datum;
}

/* Sorts what was filled in and writes it; where a key is repeated the first one counts. */
static void set_many(struct ovsdb_txn *txn, const struct ovsdb_row *row,
                     const struct ovsdb_column *column, struct ovsdb_datum *datum)
{
    size_t repeated;
    while ((repeated = ovsdb_datum_sort(datum, &column->type)) != SIZE_MAX) {
        ovsdb_datum_remove_at(datum, repeated, &column->type);
    }
    set(txn, row, column, datum);
}

void ovsdb_txn_set_strings(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                           const char *const *strings, size_t n)
{
    const struct ovsdb_column *column = get_column(row, name, OVSDB_STRING, OVSDB_VOID);
    struct ovsdb_datum datum = with_room(n, false);
    while (datum.n < n) {
        datum.keys[datum.n].string = utf8_sanitize(strings[datum.n]);
        datum.n++;
    }
    set_many(txn, row, column, &datum);
}

void ovsdb_txn_set_ints(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                        const int64_t *values, size_t n)
{
    const struct ovsdb_column *column = get_column(row, name, OVSDB_INTEGER, OVSDB_VOID);
    struct ovsdb_datum datum = with_room(n, false);
    while (datum.n < n) {
        datum.keys[datum.n].integer = values[datum.n];
        datum.n++;
    }
    set_many(txn, row, column, &datum);
}

void ovsdb_txn_set_refs(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                        const struct ovsdb_row *const *rows, size_t n)
{
    const struct ovsdb_column *column = get_column(row, name, OVSDB_UUID, OVSDB_VOID);
    struct ovsdb_datum datum = with_room(n, false);
    while (datum.n < n) {
        datum.keys[datum.n].uuid = *ovsdb_row_id(rows[datum.n]);
        datum.n++;
    }
    set_many(txn, row, column, &datum);
}

void ovsdb_txn_set_smap(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                        const struct smap *smap)
{
    const struct ovsdb_column *column = get_column(row, name, OVSDB_STRING, OVSDB_STRING);
    struct ovsdb_datum datum = with_room(smap_count(smap), true);
    const struct smap_node *entry;
    smap_for_each (entry, smap) {
        datum.keys[datum.n].string = utf8_sanitize(entry->key);
        datum.values[datum.n].string = utf8_sanitize(entry->value);
        datum.n++;
    }
    set_many(txn, row, column, &datum);
}

void ovsdb_txn_set_int_map(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                           const char *const *keys, const int64_t *values, size_t n)
{
    const struct ovsdb_column *column = get_column(row, name, OVSDB_STRING, OVSDB_INTEGER);
    struct ovsdb_datum datum = with_room(n, true);
    while (datum.n < n) {
        datum.keys[datum.n].string = utf8_sanitize(keys[datum.n]);
        datum.values[datum.n].integer = values[datum.n];
        datum.n++;
    }
    set_many(txn, row, column, &datum);
}

void ovsdb_txn_set_key(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *name,
                       const char *key, const char *value)
{
    const struct ovsdb_column *column = get_column(row, name, OVSDB_STRING, OVSDB_STRING);
    struct ovsdb_datum datum = ovsdb_datum_clone(&row->fields[column->index], &column->type);
    union ovsdb_atom k = { .string = (char *) key };
    size_t i = ovsdb_datum_find(&datum, &k, &column->type);
    if (value) {
        union ovsdb_atom new_key = { .string = utf8_sanitize(key) };
        union ovsdb_atom new_value = { .string = utf8_sanitize(value) };
        ovsdb_datum_put(&datum, &new_key, &new_value, &column->type);
    } else if (i != SIZE_MAX) {
        ovsdb_datum_remove_at(&datum, i, &column->type);
    }
    set(txn, row, column, &datum);
}

void ovsdb_txn_set_datum(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column,
                         struct ovsdb_datum *datum)
{
    set(txn, row, get_column(row, column, OVSDB_VOID, OVSDB_VOID), datum);
}

const struct ovsdb_row *ovsdb_txn_insert_with_uuid(struct ovsdb_txn *txn, const char *name,
                                                   const struct uuid *uuid)
{
    struct ovsdb_table *table = ovsdb_database_table(txn->db, name);
    if (!table) {
        log_abort("database %s has no table %s", txn->db->schema->name, name);
    }
    return ovsdb_txn_insert_row(txn, table, uuid);
}

const struct ovsdb_row *ovsdb_txn_insert(struct ovsdb_txn *txn, const char *name)
{
    struct uuid uuid = uuid_random();
    return ovsdb_txn_insert_with_uuid(txn, name, &uuid);
}

bool ovsdb_row_is_new(const struct ovsdb_row *row)
{
    return row->txn_row && row->txn_row->inserted;
}

void ovsdb_txn_delete(struct ovsdb_txn *txn, const struct ovsdb_row *row)
{
    ovsdb_txn_delete_row(txn, (struct ovsdb_row *) row);
}
