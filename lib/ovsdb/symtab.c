/* SPDX-License-Identifier: Apache-2.0 */
/* Names for rows to be inserted. */
#include "lib/ovsdb/symtab.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

void ovsdb_symtab_init(struct ovsdb_symtab *symtab)
{
    hmap_init(&symtab->symbols);
}

void ovsdb_symtab_destroy(struct ovsdb_symtab *symtab)
{
    struct ovsdb_symbol *symbol, *next;
    hmap_for_each_safe (symbol, next, node, &symtab->symbols) {
        hmap_remove(&symtab->symbols, &symbol->node);
        free(symbol->name);
        free(symbol);
    }
    hmap_destroy(&symtab->symbols);
}

struct ovsdb_symbol *ovsdb_symtab_find(const struct ovsdb_symtab *symtab, const char *name)
{
    struct ovsdb_symbol *symbol;
    hmap_for_each_with_hash (symbol, node, hash_string(name, 0), &symtab->symbols) {
        if (!strcmp(symbol->name, name)) {
            return symbol;
        }
    }
    return NULL;
}

struct ovsdb_symbol *ovsdb_symtab_get(struct ovsdb_symtab *symtab, const char *name)
{
    struct ovsdb_symbol *symbol = ovsdb_symtab_find(symtab, name);
    if (!symbol) {
        symbol = xzalloc(sizeof *symbol);
        symbol->name = xstrdup(name);
        symbol->uuid = uuid_random();
        hmap_insert(&symtab->symbols, &symbol->node, hash_string(name, 0));
    }
    return symbol;
}
