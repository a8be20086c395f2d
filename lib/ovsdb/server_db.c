/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the database "_Server". */
#include "lib/ovsdb/server_db.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/schema.h"
#include "lib/ovsdb/transaction.h"

LOG_MODULE(ovsdb_server_db);

static const char schema_text[]
    = "{\"name\": \"_Server\", \"version\": \"1.2.0\", \"tables\": {\"Database\": {\"columns\": {"
      "\"name\": {\"type\": \"string\"},"
      "\"model\": {\"type\": {\"key\": {\"type\": \"string\","
      "  \"enum\": [\"set\", [\"standalone\", \"clustered\", \"relay\"]]}}},"
      "\"connected\": {\"type\": \"boolean\"},"
      "\"leader\": {\"type\": \"boolean\"},"
      "\"schema\": {\"type\": {\"key\": \"string\", \"min\": 0, \"max\": 1}},"
      "\"cid\": {\"type\": {\"key\": \"uuid\", \"min\": 0, \"max\": 1}},"
      "\"sid\": {\"type\": {\"key\": \"uuid\", \"min\": 0, \"max\": 1}},"
      "\"index\": {\"type\": {\"key\": \"integer\", \"min\": 0, \"max\": 1}}}}}}";

static void add_database(struct ovsdb_txn *txn, const struct ovsdb_schema *schema)
{
    json_t *json = ovsdb_schema_to_json(schema);
    char *text = json_dumps(json, JSON_COMPACT);
    const struct ovsdb_row *row = ovsdb_txn_insert(txn, "Database");
    ovsdb_txn_set_string(txn, row, "name", schema->name);
    ovsdb_txn_set_string(txn, row, "model", "standalone");
    ovsdb_txn_set_bool(txn, row, "connected", true);
    ovsdb_txn_set_bool(txn, row, "leader", true);
    ovsdb_txn_set_string(txn, row, "schema", text);
    free(text);
    json_decref(json);
}

struct ovsdb *ovsdb_server_db_create(const struct ovsdb *served)
{
    char *error;
    struct ovsdb *db = ovsdb_open(schema_text, NULL, &error);
    if (!db) {
        log_abort("the schema of _Server is wrong: %s", error);
    }
    struct ovsdb_txn *txn = ovsdb_txn_begin(db);
    add_database(txn, ovsdb_get_schema(served));
    add_database(txn, ovsdb_get_schema(db));
    ovsdb_txn_commit_or_log(txn);
    return db;
}
