/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the reader of journals and schemas: the input as a journal as it is, and its lines as the JSON of records with the right
 * checksums, behind a good schema and as a schema. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/journal.h"
#include "lib/ovsdb/record.h"
#include "lib/ovsdb/schema.h"
#include "tests/fuzz/ovsdb_schema.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    free(log_set("off"));
    return 0;
}

static void replay(const char *data, size_t n)
{
    char *why;
    bool same_schema;
    struct ovsdb *db = ovsdb_database_create(ovsdb_schema_from_text(ovsdb_fuzz_schema, &why));
    if (ovsdb_journal_replay(db, data, n, &same_schema, &why) > n) {
        abort();
    }
    free(why);
    ovsdb_close(db);
}

/* What is a schema is one again when it was printed. */
static void try_schema(const char *text)
{
    char *error = NULL;
    struct ovsdb_schema *schema = ovsdb_schema_from_text(text, &error);
    free(error);
    if (schema) {
        json_t *json = ovsdb_schema_to_json(schema);
        struct ovsdb_schema *again;
        struct ovsdb_error *e = ovsdb_schema_from_json(&again, json);
        if (e) {
            abort();
        }
        ovsdb_schema_destroy(again);
        ovsdb_schema_destroy(schema);
        json_decref(json);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf journal = STRBUF_INIT, with_lines = STRBUF_INIT;
    char *text = xstrndup((const char *) data, size);
    replay(size ? (const char *) data : "", size);
    try_schema(text);

    ovsdb_record_put(&journal, ovsdb_fuzz_schema);
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        ovsdb_record_put(&journal, line);
        ovsdb_record_put(&with_lines, line);
    }
    replay(journal.s, journal.length);
    replay(strbuf_str(&with_lines), with_lines.length);
    strbuf_destroy(&journal);
    strbuf_destroy(&with_lines);
    free(text);
    return 0;
}
