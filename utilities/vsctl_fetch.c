/* SPDX-License-Identifier: Apache-2.0 */
/* Connects to the server and copies from it the columns that the commands look at. */
#include "utilities/vsctl_fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/client.h"
#include "lib/ovsdb/replica.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_lookup.h"
#include "utilities/vsctl_set.h"

enum { RETRY_CONNECT_US = 1000000 };

static const char monitor_id[] = "weft-vsctl";

/* What is to be copied. */
struct wanted {
    json_t *requests; /* for "monitor", by table */
    const struct ovsdb_schema *schema;
};

/* The names of the columns that are wanted of a table so far; null if the database has no such table. */
static json_t *columns_of(struct wanted *wanted, const char *table)
{
    if (!ovsdb_schema_table(wanted->schema, table)) {
        return NULL;
    }
    json_t *request = json_object_get(wanted->requests, table);
    if (!request) {
        request = json_pack("{s[]}", "columns");
        json_object_set_new(wanted->requests, table, request);
    }
    return json_object_get(request, "columns");
}

/* The UUIDs of rows come without being asked for. */
static void want_column(struct wanted *wanted, const char *table, const char *name)
{
    json_t *columns = columns_of(wanted, table);
    const struct ovsdb_column *column
        = columns ? ovsdb_schema_column(ovsdb_schema_table(wanted->schema, table), name) : NULL;
    if (!column || column->index < OVSDB_N_STD_COLUMNS) {
        return;
    }
    for (size_t i = 0; i < json_array_size(columns); i++) {
        if (!strcmp(json_string_value(json_array_get(columns, i)), name)) {
            return;
        }
    }
    json_array_append_new(columns, json_string(name));
}

/* All columns; with 'ephemeral', also what changes all the time and is not kept on disk. */
static void want(struct wanted *wanted, const char *name, bool ephemeral)
{
    const struct ovsdb_table_schema *table = ovsdb_schema_table(wanted->schema, name);
    for (size_t i = OVSDB_N_STD_COLUMNS; table && i < table->n_columns; i++) {
        if (ephemeral || table->columns[i].persistent) {
            want_column(wanted, name, table->columns[i].name);
        }
    }
}

static void want_each(struct wanted *wanted, const char *const *names, bool ephemeral)
{
    for (; *names; names++) {
        want(wanted, *names, ephemeral);
    }
}

/* There may be thousands of ports, but few bridges. */
static void want_core(struct wanted *wanted, unsigned int looks_at)
{
    want(wanted, "Bridge", false);
    want_column(wanted, "Port", "name");
    want_column(wanted, "Port", "interfaces");
    want_column(wanted, "Port", "tag");
    want_column(wanted, "Port", "fake_bridge");
    want_column(wanted, "Interface", "name");
    if (looks_at & VSCTL_PORT_IDS) {
        want_column(wanted, "Port", "external_ids");
    }
    if (looks_at & VSCTL_SHOW) {
        want_column(wanted, "Port", "trunks");
        want_column(wanted, "Interface", "type");
        want_column(wanted, "Interface", "options");
        want_column(wanted, "Interface", "error");
    }
}

/* Those of --columns=NAME,... */
static void want_shown(struct wanted *wanted, const struct vsctl_command *command,
                       const struct ovsdb_table_schema *table)
{
    const char *list = smap_get(&command->options, "--columns");
    if (!list) {
        want(wanted, table->name, true);
        return;
    }
    char *copy = xstrdup(list), *save = NULL;
    for (char *name = strtok_r(copy, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
        want_column(wanted, table->name, vsctl_lookup_column(table, name)->name);
    }
    free(copy);
}

/* The columns that arguments from 'first' on begin with. */
static void want_parsed(struct wanted *wanted, const struct vsctl_command *command,
                        const struct ovsdb_table_schema *table, int first)
{
    for (int i = first; i < command->argc; i++) {
        want_column(wanted, table->name, vsctl_argument_column(table, command->argv[i])->name);
    }
}

/* The columns that arguments from 'first' to before 'end' are the names of. */
static void want_named(struct wanted *wanted, const struct vsctl_command *command,
                       const struct ovsdb_table_schema *table, int first, int end)
{
    for (int i = first; i < end; i++) {
        want_column(wanted, table->name, vsctl_lookup_column(table, command->argv[i])->name);
    }
}

static void want_argument(struct vsctl *vsctl, struct wanted *wanted,
                          const struct vsctl_command *command)
{
    const struct ovsdb_table_schema *table = vsctl_lookup_table(vsctl, command->argv[1]);
    const struct vsctl_row_name *row_name = vsctl_lookup_row_name(table->name);
    unsigned int looks_at = command->syntax->looks_at;
    columns_of(wanted, table->name); /* rows without any column, if nothing else */
    if (row_name) {
        const char *named = row_name->via ? row_name->via : table->name;
        want_column(wanted, named, row_name->name_column);
        if (row_name->via) {
            want_column(wanted, named, row_name->via_column);
        }
    }
    if (looks_at & VSCTL_COLUMN) {
        want_named(wanted, command, table, 3, 4);
    }
    if (looks_at & VSCTL_COLUMNS) {
        want_named(wanted, command, table, 3, command->argc);
    }
    if (looks_at & VSCTL_SETTINGS) {
        want_parsed(wanted, command, table, 3);
    }
    if (looks_at & VSCTL_SHOWN) {
        want_shown(wanted, command, table);
    }
    if (looks_at & VSCTL_CONDITIONS) {
        want_parsed(wanted, command, table, 2);
    }
}

static void want_for(struct vsctl *vsctl, struct wanted *wanted,
                     const struct vsctl_command *command)
{
    static const char *const control[] = { "Controller", "Manager", NULL };
    static const char *const zones[] = { "Datapath", "CT_Zone", "CT_Timeout_Policy", NULL };
    unsigned int looks_at = command->syntax->looks_at;
    if (looks_at & VSCTL_CORE) {
        want_core(wanted, looks_at);
    }
    if (looks_at & VSCTL_CONTROL) {
        want_each(wanted, control, true);
    }
    if (looks_at & VSCTL_SSL) {
        want(wanted, "SSL", true);
    }
    if (looks_at & VSCTL_ZONES) {
        want_each(wanted, zones, true);
    }
    if (looks_at & VSCTL_AA) {
        want(wanted, "AutoAttach", true);
    }
    if (looks_at & VSCTL_ARG) {
        want_argument(vsctl, wanted, command);
    }
    for (size_t i = 0; (looks_at & VSCTL_ALL) && i < wanted->schema->n_tables; i++) {
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
