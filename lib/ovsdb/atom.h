/* SPDX-License-Identifier: Apache-2.0 */
/* Atoms: the single values that columns are made of (RFC 7047 section 3.1, <atomic-type>).
 *
 * An atom does not know its type; whoever holds it does. A string is owned by its atom. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/uuid.h"

struct ovsdb_error;
struct ovsdb_symtab;
struct strbuf;

enum ovsdb_atom_type {
    OVSDB_VOID, /* the value type of a set */
    OVSDB_INTEGER,
    OVSDB_REAL,
    OVSDB_BOOLEAN,
    OVSDB_STRING,
    OVSDB_UUID
};

union ovsdb_atom {
    int64_t integer;
    double real;
    bool boolean;
    char *string; /* UTF-8, never null */
    struct uuid uuid;
};

const char *ovsdb_atom_type_name(enum ovsdb_atom_type);

/* False if there is no such type; "void" is none. */
bool ovsdb_atom_type_from_name(const char *, enum ovsdb_atom_type *) WARN_UNUSED;

/* Zero, false, "", the zero UUID. */
union ovsdb_atom ovsdb_atom_default(enum ovsdb_atom_type);
bool ovsdb_atom_is_default(const union ovsdb_atom *, enum ovsdb_atom_type);

union ovsdb_atom ovsdb_atom_clone(const union ovsdb_atom *, enum ovsdb_atom_type);
void ovsdb_atom_destroy(union ovsdb_atom *, enum ovsdb_atom_type);

/* The total order in which sets are sorted: below, 0 or above 0. */
int ovsdb_atom_compare(const union ovsdb_atom *, const union ovsdb_atom *, enum ovsdb_atom_type);
uint32_t ovsdb_atom_hash(const union ovsdb_atom *, enum ovsdb_atom_type, uint32_t basis);

/* JSON. A new reference; 'symtab' resolves ["named-uuid", NAME] and may be null, so that it is refused. */
json_t *ovsdb_atom_to_json(const union ovsdb_atom *, enum ovsdb_atom_type);
struct ovsdb_error *ovsdb_atom_from_json(union ovsdb_atom *, enum ovsdb_atom_type, const json_t *,
                                         struct ovsdb_symtab *) WARN_UNUSED;

/* The text of the command-line tools: a string is quoted unless it looks like a plain word. */
void ovsdb_atom_to_text(const union ovsdb_atom *, enum ovsdb_atom_type, struct strbuf *);

/* The same without quotes around any string. */
void ovsdb_atom_to_bare(const union ovsdb_atom *, enum ovsdb_atom_type, struct strbuf *);

/* Parses one word; a word that begins with '"' is a JSON string. "@NAME" is a UUID to be resolved by 'symtab', which may be null.
 * Null or a sentence that the caller frees. */
char *ovsdb_atom_from_text(union ovsdb_atom *, enum ovsdb_atom_type, const char *,
                           struct ovsdb_symtab *) WARN_UNUSED;
