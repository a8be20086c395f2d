/* SPDX-License-Identifier: Apache-2.0 */
/* The database server without a switch, for tests: serves a journal until its standard input ends.
 *
 * usage: ovsdb_serve JOURNAL REMOTE...
 *
 * In place of a switch it gives each interface a port number, -1 and an error to those whose name begins with "bad", and then
 * sets cur_cfg to next_cfg, in one transaction as the daemon does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/server.h"
#include "lib/ovsdb/transaction.h"
#include "vswitchd/vswitch_schema.h"

struct serve {
    struct loop *loop;
    struct ovsdb *db;
    struct loop_timer *apply;
    int64_t last_ofport;
};

static void apply(void *serve_)
{
    struct serve *serve = serve_;
    const struct ovsdb_row *root = ovsdb_only(serve->db, "Open_vSwitch");
    const struct ovsdb_row *iface;
    struct ovsdb_txn *txn = ovsdb_txn_begin(serve->db);
    ovsdb_for_each (iface, serve->db, "Interface") {
        const char *name = ovsdb_row_string(iface, "name", "");
        if (!ovsdb_row_has(iface, "ofport")) {
            bool bad = !strncmp(name, "bad", 3);
            ovsdb_txn_set_int(txn, iface, "ofport", bad ? -1 : ++serve->last_ofport);
            ovsdb_txn_set_string(txn, iface, "error",
                                 bad ? "could not open network device (No such device)" : NULL);
        }
    }
    if (root) {
        ovsdb_txn_set_int(txn, root, "cur_cfg", ovsdb_row_int(root, "next_cfg", 0));
    }
    ovsdb_txn_commit_or_log(txn);
}

static void changed(void *serve_, const struct ovsdb_changes *changes)
{
    struct serve *serve = serve_;
    loop_timer_set_in(serve->apply, 0);
}

static void stdin_ready(void *serve_, unsigned int events)
{
    struct serve *serve = serve_;
    char buf[64];
    if (read(STDIN_FILENO, buf, sizeof buf) <= 0) {
        loop_stop(serve->loop);
    }
}

int main(int argc, char *argv[])
{
    struct serve serve = { .last_ofport = 0 };
    char *error;
    if (argc < 3) {
        fprintf(stderr, "usage: %s JOURNAL REMOTE...\n", argv[0]);
        return 1;
    }
    hash_init();
    log_init("ovsdb_serve");
    serve.loop = loop_create();
    serve.db = ovsdb_open(vswitch_schema_text, argv[1], &error);
    if (!serve.db) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    serve.apply = loop_timer_create(serve.loop, apply, &serve);
    struct ovsdb_watch *watch = ovsdb_watch_create(serve.db, changed, &serve);
    struct ovsdb_server *server = ovsdb_server_create(serve.loop, serve.db);
    for (int i = 2; i < argc; i++) {
        error = ovsdb_server_add_remote(server, argv[i]);
        if (error) {
            fprintf(stderr, "%s\n", error);
            return 1;
        }
    }
    ovsdb_server_follow_managers(server);
    struct loop_watch *input
        = loop_watch_create(serve.loop, STDIN_FILENO, LOOP_READ, stdin_ready, &serve);
    printf("ready\n");
    fflush(stdout);
    loop_run(serve.loop);
    loop_watch_destroy(input);
    ovsdb_server_destroy(server);
    ovsdb_watch_destroy(watch);
    loop_timer_destroy(serve.apply);
    ovsdb_close(serve.db);
    loop_destroy(serve.loop);
    return 0;
}
