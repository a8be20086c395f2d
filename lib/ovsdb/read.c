/* SPDX-License-Identifier: Apache-2.0 */
/* Reading rows and columns by name, for the daemon. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/txn_row.h"

LOG_MODULE(ovsdb);

const struct ovsdb_schema *ovsdb_get_schema(const struct ovsdb *db)
{
    return db->schema;
}

uint64_t ovsdb_seqno(const struct ovsdb *db)
{
    return db->seqno;
}

static struct ovsdb_table *get_table(const struct ovsdb *db, const char *name)
{
    struct ovsdb_table *table = ovsdb_database_table(db, name);
    if (!table) {
        log_abort("database %s has no table %s", db->schema->name, name);
    }
    return table;
}

static const struct ovsdb_column *get_column(const struct ovsdb_row *row, const char *name)
{
    const struct ovsdb_column *column = ovsdb_schema_column(row->table->schema, name);
    if (!column) {
        log_abort("table %s has no column %s", row->table->schema->name, name);
    }
    return column;
}

size_t ovsdb_count(const struct ovsdb *db, const char *table)
{
    return get_table(db, table)->n_rows;
}

const struct ovsdb_row *ovsdb_first(const struct ovsdb *db, const char *table)
{
    return ovsdb_table_first(get_table(db, table));
}

const struct ovsdb_row *ovsdb_next(const struct ovsdb_row *row)
{
    return ovsdb_table_next(row);
}

const struct ovsdb_row *ovsdb_find(const struct ovsdb *db, const char *table,
                                   const struct uuid *uuid)
{
    return ovsdb_table_find(get_table(db, table), uuid);
}

const struct ovsdb_row *ovsdb_only(const struct ovsdb *db, const char *table)
{
    return ovsdb_first(db, table);
}

const struct uuid *ovsdb_row_uuid(const struct ovsdb_row *row)
{
    return ovsdb_row_id(row);
}

const char *ovsdb_row_table(const struct ovsdb_row *row)
{
    return row->table->schema->name;
}

uint64_t ovsdb_row_seqno(const struct ovsdb_row *row)
{
    return row->seqno;
}

const struct ovsdb_datum *ovsdb_row_datum(const struct ovsdb_row *row, const char *column)
{
    return &row->fields[get_column(row, column)->index];
}

/* Element 'i' of a column, which must have atoms of 'type' in its keys. */
static const union ovsdb_atom *key_at(const struct ovsdb_row *row, const char *name,
                                      enum ovsdb_atom_type type, size_t i)
{
    const struct ovsdb_column *column = get_column(row, name);
    if (column->type.key.type != type) {
        log_abort("column %s of table %s is no %s", name, row->table->schema->name,
                  ovsdb_atom_type_name(type));
    }
    const struct ovsdb_datum *datum = &row->fields[column->index];
    return i < datum->n ? &datum->keys[i] : NULL;
}

static const union ovsdb_atom *value_at(const struct ovsdb_row *row, const char *name,
                                        enum ovsdb_atom_type type, size_t i)
{
    const struct ovsdb_column *column = get_column(row, name);
    if (column->type.value.type != type) {
        log_abort("column %s of table %s is no map to %s", name, row->table->schema->name,
                  ovsdb_atom_type_name(type));
    }
    const struct ovsdb_datum *datum = &row->fields[column->index];
    return i < datum->n ? &datum->values[i] : NULL;
}

/* For indices that the caller promised to be in range. */
static const union ovsdb_atom *must(const union ovsdb_atom *atom, const char *name)
{
    if (!atom) {
        log_abort("an index into column %s is too large", name);
    }
    return atom;
}

static const struct ovsdb_row *deref(const struct ovsdb_row *row, const struct ovsdb_base *base,
                                     const struct uuid *uuid)
{
    return base->ref_table ? ovsdb_find(row->table->db, base->ref_table, uuid) : NULL;
}

bool ovsdb_row_bool(const struct ovsdb_row *row, const char *column, bool otherwise)
{
    const union ovsdb_atom *atom = key_at(row, column, OVSDB_BOOLEAN, 0);
    return atom ? atom->boolean : otherwise;
}

int64_t ovsdb_row_int(const struct ovsdb_row *row, const char *column, int64_t otherwise)
{
    const union ovsdb_atom *atom = key_at(row, column, OVSDB_INTEGER, 0);
    return atom ? atom->integer : otherwise;
}

double ovsdb_row_real(const struct ovsdb_row *row, const char *column, double otherwise)
{
    const union ovsdb_atom *atom = key_at(row, column, OVSDB_REAL, 0);
    return atom ? atom->real : otherwise;
}

const char *ovsdb_row_string(const struct ovsdb_row *row, const char *column,
                             const char *otherwise)
{
    const union ovsdb_atom *atom = key_at(row, column, OVSDB_STRING, 0);
    return atom ? atom->string : otherwise;
}

const struct ovsdb_row *ovsdb_row_ref(const struct ovsdb_row *row, const char *column)
{
    const union ovsdb_atom *atom = key_at(row, column, OVSDB_UUID, 0);
    return atom ? deref(row, &get_column(row, column)->type.key, &atom->uuid) : NULL;
}

size_t ovsdb_row_n(const struct ovsdb_row *row, const char *column)
{
    return ovsdb_row_datum(row, column)->n;
}

bool ovsdb_row_has(const struct ovsdb_row *row, const char *column)
{
    return ovsdb_row_n(row, column) > 0;
}

int64_t ovsdb_row_int_at(const struct ovsdb_row *row, const char *column, size_t i)
{
    return must(key_at(row, column, OVSDB_INTEGER, i), column)->integer;
}

const char *ovsdb_row_string_at(const struct ovsdb_row *row, const char *column, size_t i)
{
    return must(key_at(row, column, OVSDB_STRING, i), column)->string;
}

const struct ovsdb_row *ovsdb_row_ref_at(const struct ovsdb_row *row, const char *column, size_t i)
{
    const struct uuid *uuid = &must(key_at(row, column, OVSDB_UUID, i), column)->uuid;
    return deref(row, &get_column(row, column)->type.key, uuid);
}

int64_t ovsdb_row_int_value_at(const struct ovsdb_row *row, const char *column, size_t i)
{
    return must(value_at(row, column, OVSDB_INTEGER, i), column)->integer;
}

const char *ovsdb_row_string_value_at(const struct ovsdb_row *row, const char *column, size_t i)
{
    return must(value_at(row, column, OVSDB_STRING, i), column)->string;
}

const struct ovsdb_row *ovsdb_row_ref_value_at(const struct ovsdb_row *row, const char *column,
                                               size_t i)
{
    const struct uuid *uuid = &must(value_at(row, column, OVSDB_UUID, i), column)->uuid;
    return deref(row, &get_column(row, column)->type.value, uuid);
}

const char *ovsdb_row_map_get(const struct ovsdb_row *row, const char *name, const char *key,
                              const char *otherwise)
{
    const struct ovsdb_column *column = get_column(row, name);
    if (column->type.key.type != OVSDB_STRING || column->type.value.type != OVSDB_STRING) {
        log_abort("column %s of table %s is no map from string to string", name,
                  row->table->schema->name);
    }
    const struct ovsdb_datum *datum = &row->fields[column->index];
    union ovsdb_atom atom = { .string = (char *) key };
    size_t i = ovsdb_datum_find(datum, &atom, &column->type);
    return i != SIZE_MAX ? datum->values[i].string : otherwise;
}

bool ovsdb_row_map_bool(const struct ovsdb_row *row, const char *column, const char *key,
                        bool otherwise)
{
    const char *s = ovsdb_row_map_get(row, column, key, "");
    return otherwise ? strcmp(s, "false") != 0 : !strcmp(s, "true");
}

int64_t ovsdb_row_map_int(const struct ovsdb_row *row, const char *column, const char *key,
                          int64_t otherwise)
{
    const char *s = ovsdb_row_map_get(row, column, key, "");
    char *end;
    long long value = strtoll(s, &end, 10);
    return end != s && !*end ? value : otherwise;
}

void ovsdb_row_smap(const struct ovsdb_row *row, const char *column, struct smap *out)
{
    smap_init(out);
    for (size_t i = 0; i < ovsdb_row_n(row, column); i++) {
        smap_set(out, ovsdb_row_string_at(row, column, i),
                 ovsdb_row_string_value_at(row, column, i));
    }
}

bool ovsdb_change_has(const struct ovsdb_change *change, const char *column)
{
    const struct ovsdb_column *c = get_column(change->row, column);
    return change->kind != OVSDB_MODIFIED || change->old[c->index];
}
