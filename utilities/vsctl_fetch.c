/* SPDX-License-Identifier: Apache-2.0 */
/* Connects to the server and copies from it the tables that the commands look at. */
#include "utilities/vsctl_fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ovsdb/client.h"
#include "lib/ovsdb/replica.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_lookup.h"

enum { RETRY_CONNECT_US = 1000000 };

static const char monitor_id[] = "weft-vsctl";

/* What is to be copied. */
struct wanted {
    json_t *requests; /* for "monitor", by table */
    const struct ovsdb_schema *schema;
};

/* With 'ephemeral', also what changes all the time and is not kept on disk. */
static void want(struct wanted *wanted, const char *name, bool ephemeral)
{
    const struct ovsdb_table_schema *table = ovsdb_schema_table(wanted->schema, name);
    if (!table) {
        return;
    }
    json_t *columns = json_array();
    for (size_t i = OVSDB_N_STD_COLUMNS; i < table->n_columns; i++) {
        if (ephemeral || table->columns[i].persistent) {
            json_array_append_new(columns, json_string(table->columns[i].name));
        }
    }
    json_t *old = json_object_get(json_object_get(wanted->requests, name), "columns");
    if (json_array_size(old) > json_array_size(columns)) {
        json_decref(columns);
    } else {
        json_object_set_new(wanted->requests, name, json_pack("{so}", "columns", columns));
    }
}

static void want_each(struct wanted *wanted, const char *const *names, bool ephemeral)
{
    for (; *names; names++) {
        want(wanted, *names, ephemeral);
    }
}

static void want_argument(struct vsctl *vsctl, struct wanted *wanted, const char *argument)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, argument);
    want(wanted, table->name, true);
    const char *other = vsctl_lookup_helper_table(table);
    if (other) {
        want(wanted, other, false);
    }
}

static void want_for(struct vsctl *vsctl, struct wanted *wanted,
                     const struct vsctl_command *command)
{
    static const char *const core[] = { "Bridge", "Port", "Interface", NULL };
    static const char *const control[] = { "Controller", "Manager", NULL };
    static const char *const zones[] = { "Datapath", "CT_Zone", "CT_Timeout_Policy", NULL };
    unsigned int tables = command->syntax->tables;
    if (tables & VSCTL_CORE) {
        want_each(wanted, core, false);
    }
    if (tables & VSCTL_CONTROL) {
        want_each(wanted, control, true);
    }
    if (tables & VSCTL_SSL) {
        want(wanted, "SSL", true);
    }
    if (tables & VSCTL_ZONES) {
        want_each(wanted, zones, true);
    }
    if (tables & VSCTL_AA) {
        want(wanted, "AutoAttach", true);
    }
    if (tables & VSCTL_ARG) {
        want_argument(vsctl, wanted, command->argv[1]);
    }
    for (size_t i = 0; (tables & VSCTL_ALL) && i < wanted->schema->n_tables; i++) {
        want(wanted, wanted->schema->tables[i].name, false);
    }
}

static void connection_lost(const struct vsctl *vsctl, int error) NO_RETURN;

static void connection_lost(const struct vsctl *vsctl, int error)
{
    vsctl_fatal("%s: database connection failed (%s)", vsctl->db_name, strerror(error));
}

json_t *vsctl_fetch_call(struct vsctl *vsctl, const char *method, json_t *params)
{
    json_t *result, *error;
    int lost = ovsdb_client_call(vsctl->client, method, params, &result, &error);
    if (lost) {
        connection_lost(vsctl, lost);
    }
    if (error) {
        char *s = json_dumps(error, JSON_COMPACT | JSON_ENCODE_ANY);
        vsctl_fatal("%s: the server refused \"%s\": %s", vsctl->db_name, method, s ? s : "");
    }
    return result;
}

static void apply(struct vsctl *vsctl, const json_t *updates)
{
    char *error = ovsdb_replica_apply(vsctl->db, updates);
    if (error) {
        vsctl_fatal("%s: cannot understand the server: %s", vsctl->db_name, error);
    }
    vsctl->n_updates++;
}

/* Updates come between transactions only: nothing is read from the server while the commands run. */
static void notified(void *vsctl_, const char *method, const json_t *params)
{
    struct vsctl *vsctl = vsctl_;
    if (!strcmp(method, "update") && vsctl->db && json_array_size(params) == 2) {
        apply(vsctl, json_array_get(params, 1));
    }
}

static void connect_to_server(struct vsctl *vsctl)
{
    int error;
    while (!(vsctl->client = ovsdb_client_open(vsctl->db_name, notified, vsctl, &error))) {
        if (!vsctl->retry || error == EAFNOSUPPORT) {
            connection_lost(vsctl, error);
        }
        usleep(RETRY_CONNECT_US);
    }
}

void vsctl_fetch(struct vsctl *vsctl, const struct vsctl_command *commands, size_t n)
{
    char *error;
    connect_to_server(vsctl);
    json_t *schema = vsctl_fetch_call(vsctl, "get_schema", json_pack("[s]", vsctl_database));
    vsctl->db = ovsdb_replica_create(schema, &error);
    json_decref(schema);
    vsctl_fatal_if(error);

    struct wanted wanted = { json_object(), ovsdb_get_schema(vsctl->db) };
    want(&wanted, "Open_vSwitch", false);
    for (size_t i = 0; i < n; i++) {
        want_for(vsctl, &wanted, &commands[i]);
    }
    json_t *updates = vsctl_fetch_call(
        vsctl, "monitor", json_pack("[sso]", vsctl_database, monitor_id, wanted.requests));
    apply(vsctl, updates);
    json_decref(updates);
}

void vsctl_fetch_wait(struct vsctl *vsctl)
{
    int error = ovsdb_client_wait(vsctl->client);
    if (error) {
        connection_lost(vsctl, error);
    }
}
