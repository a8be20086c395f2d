/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded configuration database, as the rest of the daemon sees it: open, read, and be told of changes.
 *
 * A database is a set of tables of rows, kept in memory and, but for its ephemeral columns, in a journal on disk. Others
 * change it over the wire (server.h), the daemon itself through transaction.h. Everything belongs to the main thread.
 *
 * A row is one structure from its insertion to its deletion; what lies in its columns changes in place. A pointer to a row may
 * therefore be kept until a change callback tells that it was deleted; keeping its UUID and asking ovsdb_find() is simpler.
 * Strings and datums that a getter returns are valid until the next transaction on the database.
 *
 * Tables and columns are named as in the schema. A name or a type that the schema does not have is a mistake in the program
 * and aborts it with a message: the schema is built in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/uuid.h"

struct ovsdb;
struct ovsdb_datum;
struct ovsdb_row;
struct ovsdb_schema;
struct smap;

/* Opens the database whose schema is the JSON text 'schema', kept in the journal at 'path', which is made if it is not there;
 * a null 'path' keeps everything in memory only. The journal stays locked against other processes.
 *
 * A journal whose end is damaged is read up to its last whole transaction and what was dropped is logged. One with another
 * version of the schema is converted; what the new one does not have is logged and left out.
 * Null and a sentence in '*errorp' on failure (the caller frees it). */
struct ovsdb *ovsdb_open(const char *schema, const char *path, char **errorp) WARN_UNUSED;
void ovsdb_close(struct ovsdb *); /* null is fine */

const struct ovsdb_schema *ovsdb_get_schema(const struct ovsdb *);

/* Writes the journal anew, so that it holds the present rows only. 0 or a positive errno, after which the old journal goes on
 * being used. Happens by itself once the journal has grown large. */
int ovsdb_compact(struct ovsdb *);

/* Grows with every transaction that changed something. Never 0. */
uint64_t ovsdb_seqno(const struct ovsdb *);

/* The rows of 'table', in no particular order. */
size_t ovsdb_count(const struct ovsdb *, const char *table);
const struct ovsdb_row *ovsdb_first(const struct ovsdb *, const char *table); /* null: none */
const struct ovsdb_row *ovsdb_next(const struct ovsdb_row *);
#define ovsdb_for_each(row, db, table)                                                             \
    for ((row) = ovsdb_first(db, table); (row); (row) = ovsdb_next(row))

/* The row of 'table' with this UUID, or null. */
const struct ovsdb_row *ovsdb_find(const struct ovsdb *, const char *table, const struct uuid *);

/* The only row of a table like Open_vSwitch; null while there is none. */
const struct ovsdb_row *ovsdb_only(const struct ovsdb *, const char *table);

/* What a row is. */
const struct uuid *ovsdb_row_uuid(const struct ovsdb_row *);
const char *ovsdb_row_table(const struct ovsdb_row *);
uint64_t ovsdb_row_seqno(const struct ovsdb_row *); /* ovsdb_seqno() after its last change */

/* The value of a column in which there is at most one, or 'otherwise' if there is none. */
bool ovsdb_row_bool(const struct ovsdb_row *, const char *column, bool otherwise);
int64_t ovsdb_row_int(const struct ovsdb_row *, const char *column, int64_t otherwise);
double ovsdb_row_real(const struct ovsdb_row *, const char *column, double otherwise);
const char *ovsdb_row_string(const struct ovsdb_row *, const char *column, const char *otherwise);
const struct ovsdb_row *ovsdb_row_ref(const struct ovsdb_row *, const char *column); /* or null */

/* Sets and maps. Elements are sorted (strings as by strcmp(), references by UUID); for a map these are the keys. An index
 * that is too large aborts. */
size_t ovsdb_row_n(const struct ovsdb_row *, const char *column);
bool ovsdb_row_has(const struct ovsdb_row *, const char *column); /* ovsdb_row_n() > 0 */
int64_t ovsdb_row_int_at(const struct ovsdb_row *, const char *column, size_t i);
const char *ovsdb_row_string_at(const struct ovsdb_row *, const char *column, size_t i);
const struct ovsdb_row *ovsdb_row_ref_at(const struct ovsdb_row *, const char *column, size_t i);

/* The values of a map. */
int64_t ovsdb_row_int_value_at(const struct ovsdb_row *, const char *column, size_t i);
const char *ovsdb_row_string_value_at(const struct ovsdb_row *, const char *column, size_t i);
const struct ovsdb_row *ovsdb_row_ref_value_at(const struct ovsdb_row *, const char *column,
                                               size_t i);

/* In a map from string to string: the value of 'key' or 'otherwise'; "true" and "false" as a bool; a decimal integer. */
const char *ovsdb_row_map_get(const struct ovsdb_row *, const char *column, const char *key,
                              const char *otherwise);
bool ovsdb_row_map_bool(const struct ovsdb_row *, const char *column, const char *key,
                        bool otherwise);
int64_t ovsdb_row_map_int(const struct ovsdb_row *, const char *column, const char *key,
                          int64_t otherwise);

/* Initialises 'out' with a copy of a map from string to string. The caller destroys it. */
void ovsdb_row_smap(const struct ovsdb_row *, const char *column, struct smap *out);

/* The column as it is stored (datum.h). */
const struct ovsdb_datum *ovsdb_row_datum(const struct ovsdb_row *, const char *column);

/* Changes.
 *
 * After each transaction that changed something, its own included, each callback is called once with the list of what
 * changed. It may read the database but begin no transaction: it takes note and acts later (loop_defer()). Rows that were
 * deleted are still readable in the callback as they last were, and gone after it. */
enum ovsdb_change_kind { OVSDB_INSERTED, OVSDB_MODIFIED, OVSDB_DELETED };

struct ovsdb_change {
    const struct ovsdb_row *row;
    enum ovsdb_change_kind kind;
    const struct ovsdb_datum *const *old; /* engine's own use; see ovsdb_change_has() */
};

/* True if 'column' was changed; for a row that was inserted or deleted, always. */
bool ovsdb_change_has(const struct ovsdb_change *, const char *column);

struct ovsdb_changes {
    const struct ovsdb *db;
    const struct ovsdb_change *changes;
    size_t n;
    uint64_t seqno; /* ovsdb_seqno() after the transaction */
    bool own;       /* the transaction was the daemon's own (ovsdb_txn_begin()) */
};

typedef void ovsdb_changed_cb(void *aux, const struct ovsdb_changes *);

struct ovsdb_watch *ovsdb_watch_create(struct ovsdb *, ovsdb_changed_cb *, void *aux);
void ovsdb_watch_destroy(struct ovsdb_watch *); /* null is fine; before ovsdb_close() */
