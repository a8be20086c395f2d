/* SPDX-License-Identifier: Apache-2.0 */
/* Mutations of columns (RFC 7047 section 5.1, <mutation>). */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "lib/base/compiler.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/schema.h"

struct ovsdb_error;
struct ovsdb_row;
struct ovsdb_symtab;
struct ovsdb_txn;

enum ovsdb_mutator {
    OVSDB_M_ADD,
    OVSDB_M_SUB,
    OVSDB_M_MUL,
    OVSDB_M_DIV,
    OVSDB_M_MOD,
    OVSDB_M_INSERT,
    OVSDB_M_DELETE
};

struct ovsdb_mutation {
    enum ovsdb_mutator mutator;
    const struct ovsdb_column *column;
    struct ovsdb_type type; /* of 'arg'; borrows the column's bases. Deleting by key from a map: a set */
    struct ovsdb_datum arg;
};

struct ovsdb_mutations {
    struct ovsdb_mutation *mutations;
    size_t n;
};

/* 'json' is an array of mutations. */
struct ovsdb_error *ovsdb_mutations_from_json(struct ovsdb_mutations *,
                                              const struct ovsdb_table_schema *, const json_t *,
                                              struct ovsdb_symtab *) WARN_UNUSED;
void ovsdb_mutations_destroy(struct ovsdb_mutations *);

/* Carries them out, in order, on a row. After an error the transaction must be aborted. */
struct ovsdb_error *ovsdb_mutations_execute(const struct ovsdb_mutations *, struct ovsdb_txn *,
                                            struct ovsdb_row *) WARN_UNUSED;
