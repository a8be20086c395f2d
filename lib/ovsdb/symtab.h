/* SPDX-License-Identifier: Apache-2.0 */
/* Names for rows that a transaction is about to insert: "named-uuid" on the wire, "@name" on a command line.
 *
 * A name may be used before the row is inserted; it has its UUID from its first mention on. */
#pragma once

#include <stdbool.h>

#include "lib/base/hmap.h"
#include "lib/base/uuid.h"

struct ovsdb_symbol {
    struct hmap_node node; /* in symtab.symbols */
    char *name;
    struct uuid uuid;
    bool created;  /* the row was inserted */
    bool referred; /* something mentioned the name as a value */
};

struct ovsdb_symtab {
    struct hmap symbols;
};

void ovsdb_symtab_init(struct ovsdb_symtab *);
void ovsdb_symtab_destroy(struct ovsdb_symtab *);

/* Never null; owned by the table. */
struct ovsdb_symbol *ovsdb_symtab_get(struct ovsdb_symtab *, const char *name);

/* Null if the name was not mentioned. */
struct ovsdb_symbol *ovsdb_symtab_find(const struct ovsdb_symtab *, const char *name);
