/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the Manager table. */
#include "lib/ovsdb/managers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/stream.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/remote.h"
#include "lib/ovsdb/server_core.h"
#include "lib/ovsdb/transaction.h"

LOG_MODULE(ovsdb_managers);

struct ovsdb_managers {
    struct ovsdb_server *server;
    bool reconfigure; /* the rows changed */
    bool report;      /* the remotes did */
};

struct ovsdb_managers *ovsdb_managers_create(struct ovsdb_server *server)
{
    struct ovsdb_managers *managers = xzalloc(sizeof *managers);
    managers->server = server;
    managers->reconfigure = true;
    ovsdb_server_wake(server);
    return managers;
}

void ovsdb_managers_destroy(struct ovsdb_managers *managers)
{
    free(managers);
}

void ovsdb_managers_note(struct ovsdb_managers *managers)
{
    if (managers) {
        managers->report = true;
        ovsdb_server_wake(managers->server);
    }
}

static bool concerns(const struct ovsdb_change *change)
{
    const char *table = ovsdb_row_table(change->row);
    if (!strcmp(table, "Open_vSwitch")) {
        return ovsdb_change_has(change, "manager_options");
    }
    return !strcmp(table, "Manager")
           && (ovsdb_change_has(change, "target") || ovsdb_change_has(change, "inactivity_probe")
               || ovsdb_change_has(change, "max_backoff"));
}

void ovsdb_managers_changed(struct ovsdb_managers *managers, const struct ovsdb_changes *changes)
{
    for (size_t i = 0; i < changes->n; i++) {
        if (concerns(&changes->changes[i])) {
            managers->reconfigure = true;
            ovsdb_server_wake(managers->server);
            return;
        }
    }
}

/* Makes what one row asks for; where that fails the row tells why. */
static void apply(struct ovsdb_managers *managers, struct ovsdb_txn *txn,
                  const struct ovsdb_row *row)
{
    const char *target = ovsdb_row_string(row, "target", "");
    char *error = NULL;
    bool known = ovsdb_remote_find(managers->server, target) != NULL;
    struct ovsdb_remote *remote = ovsdb_remote_add(managers->server, target, &error);
    if (!remote) {
        struct smap status;
        log_warn("cannot use the manager %s: %s", target, error);
        smap_init(&status);
        smap_set(&status, "state", "VOID");
        smap_set(&status, "last_error", error);
        ovsdb_txn_set_smap(txn, row, "status", &status);
        ovsdb_txn_set_bool(txn, row, "is_connected", false);
        smap_destroy(&status);
        free(error);
        return;
    }
    remote->managed |= !known;
    remote->wanted = true;
    remote->max_backoff_ms = ovsdb_row_int(row, "max_backoff", remote->max_backoff_ms);
    int64_t probe_ms = ovsdb_row_int(row, "inactivity_probe", -1);
    ovsdb_remote_set_probe(remote, MIN(probe_ms, INT32_MAX / 2));
}

static void reconfigure(struct ovsdb_managers *managers, struct ovsdb_txn *txn)
{
    struct ovsdb *db = managers->server->dbs[0];
    const struct ovsdb_row *root = ovsdb_only(db, "Open_vSwitch");
    struct ovsdb_remote *next;
    for (struct ovsdb_remote *r = managers->server->remotes; r; r = r->next) {
        r->wanted = false;
    }
    for (size_t i = 0; root && i < ovsdb_row_n(root, "manager_options"); i++) {
        apply(managers, txn, ovsdb_row_ref_at(root, "manager_options", i));
    }
    for (struct ovsdb_remote *r = managers->server->remotes; r; r = next) {
        next = r->next;
        if (r->managed && !r->wanted) {
            ovsdb_remote_destroy(r);
        }
    }
}

static void report(struct ovsdb_txn *txn, const struct ovsdb_row *row,
                   const struct ovsdb_remote *remote)
{
    struct smap status;
    smap_init(&status);
    smap_set(&status, "state", remote->n_connections ? "ACTIVE"
                               : remote->listener    ? "LISTENING"
                                                     : "BACKOFF");
    if (remote->n_connections > 1) {
        smap_setf(&status, "n_connections", "%zu", remote->n_connections);
    }
    if (remote->listener && (!strncmp(remote->name, "ptcp:", 5) || !strncmp(remote->name, "pssl:", 5))) {
        smap_setf(&status, "bound_port", "%d", atoi(listener_name(remote->listener) + 5));
    }
    if (remote->last_error) {
        smap_set(&status, "last_error", remote->last_error);
    }
    ovsdb_txn_set_smap(txn, row, "status", &status);
    ovsdb_txn_set_bool(txn, row, "is_connected", remote->n_connections > 0);
    smap_destroy(&status);
}

void ovsdb_managers_run(struct ovsdb_managers *managers)
{
    struct ovsdb *db = managers->server->dbs[0];
    const struct ovsdb_row *row;
    if (!managers->reconfigure && !managers->report) {
        return;
    }
    struct ovsdb_txn *txn = ovsdb_txn_begin(db);
    if (managers->reconfigure) {
        reconfigure(managers, txn);
    }
    managers->reconfigure = managers->report = false;
    ovsdb_for_each (row, db, "Manager") {
        const struct ovsdb_remote *remote
            = ovsdb_remote_find(managers->server, ovsdb_row_string(row, "target", ""));
        if (remote) {
            report(txn, row, remote);
        }
    }
    ovsdb_txn_commit_or_log(txn);
}
