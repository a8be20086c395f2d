/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a database from its schema and its journal. */
#include "lib/base/mem.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/journal.h"

#include <stdlib.h>

struct ovsdb *ovsdb_open(const char *schema_text, const char *path, char **errorp)
{
    char *error = NULL;
    struct ovsdb_schema *schema = ovsdb_schema_from_text(schema_text, &error);
    if (!schema) {
        *errorp = xasprintf("the database schema is wrong: %s", error);
        free(error);
        return NULL;
    }
    struct ovsdb *db = ovsdb_database_create(schema);
    *errorp = path ? ovsdb_journal_open(db, path) : NULL;
    if (*errorp) {
        ovsdb_close(db);
        return NULL;
    }
    return db;
}
