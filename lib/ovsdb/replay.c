/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a journal to the rows of a database. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/journal.h"
#include "lib/ovsdb/record.h"
#include "lib/ovsdb/txn_row.h"

LOG_MODULE(ovsdb_replay);

struct replay {
    struct ovsdb *db;
    bool convert; /* the journal has another schema: pass over what this one does not have */
    bool is_diff; /* this transaction */
};

/* What cannot be applied: an error, or something to leave out of a database with another schema. */
static struct ovsdb_error *unknown(const struct replay *replay, const char *what, const char *name)
{
    if (!replay->convert) {
        return ovsdb_error_create("syntax error", "there is no %s \"%.100s\"", what, name);
    }
    log_warn_rl("the journal has a %s \"%.100s\", which the schema does not: left out", what, name);
    return NULL;
}

static struct ovsdb_error *apply_column(struct replay *replay, struct ovsdb_row *row,
                                        const struct ovsdb_column *column, const json_t *json)
{
    const struct ovsdb_type *type = &column->type;
    struct ovsdb_datum datum;
    struct ovsdb_error *error = ovsdb_datum_part_from_json(&datum, type, json, NULL);
    if (!error && replay->is_diff && !row->txn_row->inserted) {
        struct ovsdb_datum new
            = ovsdb_datum_apply_diff(&row->fields[column->index], &datum, type);
        ovsdb_datum_destroy(&datum, type);
        datum = new;
    }
    if (!error) {
        error = ovsdb_datum_check_count(&datum, type);
        if (!error) {
            ovsdb_txn_write(replay->db->txn, row, column, &datum);
        } else {
            ovsdb_datum_destroy(&datum, type);
        }
    }
    if (error && replay->convert) {
        char *s = ovsdb_error_steal_string(error);
        log_warn_rl("the journal has a value that column %s does not allow: left out (%s)",
                    column->name, s);
        free(s);
        error = NULL;
    }
    return error;
}

static struct ovsdb_error *delete_row(struct replay *replay, struct ovsdb_row *row,
                                      const char *uuid)
{
    if (!row) {
        return unknown(replay, "row", uuid);
    }
    ovsdb_txn_delete_row(replay->db->txn, row);
    return NULL;
}

static struct ovsdb_error *apply_row(struct replay *replay, struct ovsdb_table *table,
                                     const char *uuid_s, json_t *json)
{
    struct uuid uuid;
    if (!uuid_from_string(&uuid, uuid_s)) {
        return ovsdb_error_create("syntax error", "\"%.100s\" is not a valid UUID", uuid_s);
    }
    struct ovsdb_row *row = ovsdb_table_find_any(table, &uuid);
    if (row && ovsdb_txn_row_is_deleted(row)) {
        return ovsdb_error_create("syntax error", "row %s comes twice", uuid_s);
    }
    if (json_is_null(json)) {
        return delete_row(replay, row, uuid_s);
    }
    if (!json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "a row must be an object or null");
    }
    if (row) {
        ovsdb_txn_touch(replay->db->txn, row);
    } else {
        row = ovsdb_txn_insert_row(replay->db->txn, table, &uuid);
    }
    const char *name;
    json_t *value;
    json_object_foreach (json, name, value) {
        const struct ovsdb_column *column = ovsdb_schema_column(table->schema, name);
        struct ovsdb_error *error = !column || column->index < OVSDB_N_STD_COLUMNS
                                        ? unknown(replay, "column", name)
                                        : apply_column(replay, row, column, value);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct ovsdb_error *apply_table(struct replay *replay, const char *name, json_t *json)
{
    struct ovsdb_table *table = ovsdb_database_table(replay->db, name);
    if (!table) {
        return unknown(replay, "table", name);
    }
    if (!json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "a table must be an object");
    }
    const char *uuid;
    json_t *row;
    json_object_foreach (json, uuid, row) {
        struct ovsdb_error *error = apply_row(replay, table, uuid, row);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct ovsdb_error *apply_transaction(struct replay *replay, json_t *json)
{
    if (!json_is_object(json)) {
        return ovsdb_error_syntax(json, NULL, "a transaction must be an object");
    }
    struct ovsdb_txn *txn = ovsdb_txn_begin_for_client(replay->db);
    struct ovsdb_error *error = NULL;
    const char *name;
    json_t *value;
    replay->is_diff = json_is_true(json_object_get(json, "_is_diff"));
    json_object_foreach (json, name, value) {
        /* Other names with an underscore are remarks. */
        if (name[0] != '_') {
            error = apply_table(replay, name, value);
            if (error) {
                ovsdb_txn_abort(txn);
                return error;
            }
        }
    }
    return ovsdb_txn_try_commit(txn);
}

/* True if the journal was written under the same schema, whatever its text looks like. */
static struct ovsdb_error *check_schema(const struct ovsdb *db, const json_t *json, bool *same)
{
    struct ovsdb_schema *schema;
    struct ovsdb_error *error = ovsdb_schema_from_json(&schema, json);
    if (error) {
        return error;
    }
    if (strcmp(schema->name, db->schema->name)) {
        error = ovsdb_error_create("syntax error", "it is a database \"%s\", not \"%s\"",
                                   schema->name, db->schema->name);
    } else {
        json_t *theirs = ovsdb_schema_to_json(schema);
        json_t *ours = ovsdb_schema_to_json(db->schema);
        json_object_del(theirs, "cksum");
        json_object_del(ours, "cksum");
        *same = json_equal(theirs, ours);
        json_decref(theirs);
        json_decref(ours);
    }
    ovsdb_schema_destroy(schema);
    return error;
}

static struct ovsdb_error *apply_record(struct replay *replay, const struct ovsdb_record *record,
                                        bool first, bool *same_schema)
{
    json_error_t json_error;
    struct ovsdb_error *error;
    json_t *json = json_loadb(record->text, record->length, JSON_REJECT_DUPLICATES, &json_error);
    if (!json) {
        return ovsdb_error_create("syntax error", "a record is not valid JSON: %s",
                                  json_error.text);
    }
    if (first) {
        error = check_schema(replay->db, json, same_schema);
        replay->convert = !*same_schema;
    } else {
        error = apply_transaction(replay, json);
    }
    json_decref(json);
    return error;
}

size_t ovsdb_journal_replay(struct ovsdb *db, const char *data, size_t n, bool *same_schema,
                            char **why)
{
    struct replay replay = { .db = db };
    struct ovsdb_record record;
    size_t used = 0;
    const char *damage;
    *same_schema = false;
    *why = NULL;
    for (;;) {
        enum ovsdb_record_status status
            = ovsdb_record_read(data + used, n - used, &record, &damage);
        if (status != OVSDB_RECORD_OK) {
            *why = status == OVSDB_RECORD_DAMAGED ? xstrdup(damage) : NULL;
            return used;
        }
        *why = ovsdb_error_steal_string(apply_record(&replay, &record, !used, same_schema));
        if (*why) {
            return used;
        }
        used += record.size;
    }
}
