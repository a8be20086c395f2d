/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes transactions and monitors: each line of the input is the parameters of a "transact" request; the first may also be the
 * requests of a monitor, which is then kept up to date through a copy of the database. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/execution.h"
#include "lib/ovsdb/monitor.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/replica.h"
#include "lib/ovsdb/schema.h"
#include "tests/fuzz/ovsdb_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LINES = 50 };

struct follower {
    struct ovsdb_monitor *all;    /* every table and column, in the first form */
    struct ovsdb_monitor *custom; /* as the input asks for; may be null */
    struct ovsdb *copy;
};

static void changed(void *follower_, const struct ovsdb_changes *changes)
{
    struct follower *follower = follower_;
    json_t *update = ovsdb_monitor_update(follower->all, changes);
    if (update) {
        char *error = ovsdb_replica_apply(follower->copy, update);
        if (error) {
            abort();
        }
        json_decref(update);
    }
    if (follower->custom) {
        json_decref(ovsdb_monitor_update(follower->custom, changes));
    }
}

static void check_copy(const struct ovsdb *db, const struct ovsdb *copy)
{
    static const char *const tables[] = { "R", "K" };
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        const struct ovsdb_row *row;
        if (ovsdb_count(db, tables[i]) != ovsdb_count(copy, tables[i])) {
            abort();
        }
        ovsdb_for_each (row, db, tables[i]) {
            if (!ovsdb_find(copy, tables[i], ovsdb_row_uuid(row))) {
                abort();
            }
        }
    }
}

static void handle_line(struct ovsdb *db, struct follower *follower, const char *line, size_t n)
{
    json_t *json = json_loadb(line, n, 0, NULL);
    if (json_is_object(json) && !follower->custom) {
        ovsdb_error_destroy(
            ovsdb_monitor_create(db, OVSDB_MONITOR_V2, json, &follower->custom));
        if (follower->custom) {
            json_decref(ovsdb_monitor_initial(follower->custom));
        }
    } else if (json_is_array(json)) {
        struct ovsdb_execution execution = { .db = db, .params = json };
        int64_t timeout_ms;
        json_decref(ovsdb_execution_run(&execution, &timeout_ms));
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *error;
    struct follower follower = { NULL, NULL, NULL };
    struct ovsdb *db = ovsdb_open(ovsdb_fuzz_schema, NULL, &error);
    json_t *schema = ovsdb_schema_to_json(ovsdb_get_schema(db));
    json_t *requests = json_pack("{s{}s{}}", "R", "K");
    follower.copy = ovsdb_replica_create(schema, &error);
    ovsdb_error_destroy(ovsdb_monitor_create(db, OVSDB_MONITOR_V1, requests, &follower.all));
    struct ovsdb_watch *watch = ovsdb_watch_create(db, changed, &follower);

    const char *line = (const char *) data, *end = line + size;
    for (int i = 0; i < MAX_LINES && line < end; i++) {
        const char *newline = memchr(line, '\n', end - line);
        size_t n = newline ? newline - line : end - line;
        handle_line(db, &follower, line, n);
        line += n + 1;
    }
    check_copy(db, follower.copy);

    ovsdb_watch_destroy(watch);
    ovsdb_monitor_destroy(follower.all);
    ovsdb_monitor_destroy(follower.custom);
    ovsdb_close(follower.copy);
    ovsdb_close(db);
    json_decref(schema);
    json_decref(requests);
    return 0;
}
