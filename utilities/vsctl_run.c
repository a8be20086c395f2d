/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the commands on a copy of the database and sends what they changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/ovsdb/client.h"
#include "lib/ovsdb/replica.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_lookup.h"

LOG_MODULE(vsctl);

enum { EXIT_BAD_INTERFACE = 65, RETRY_CONNECT_US = 1000000 };

static const char database[] = "Open_vSwitch";
static const char monitor_id[] = "weft-vsctl";

/* Which tables, and whether with their ephemeral columns. */
struct wanted {
    json_t *requests; /* for "monitor" */
    const struct ovsdb_schema *schema;
};

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

static void connection_lost(const struct vsctl *vsctl, int error)
{
    vsctl_fatal("%s: database connection failed (%s)", vsctl->db_name, strerror(error));
}

/* The answer to a request that has to succeed. */
static json_t *call(struct vsctl *vsctl, const char *method, json_t *params)
{
    json_t *result, *error;
    int lost = ovsdb_client_call(vsctl->client, method, params, &result, &error);
    if (lost) {
        connection_lost(vsctl, lost);
    }
    if (error) {
        char *s = json_dumps(error, JSON_COMPACT | JSON_ENCODE_ANY);
        vsctl_fatal("%s: the server refused \"%s\": %s", vsctl->db_name, method, s);
    }
    return result;
}

static void apply(struct vsctl *vsctl, const json_t *updates)
{
    char *error = ovsdb_replica_apply(vsctl->db, updates);
    if (error) {
        vsctl_fatal("%s: cannot understand the server: %s", vsctl->db_name, error);
    }
}

/* Updates come between transactions only: nothing is read from the server while the commands run. */
static void notified(void *vsctl_, const char *method, const json_t *params)
{
    struct vsctl *vsctl = vsctl_;
    if (!strcmp(method, "update") && vsctl->db && json_array_size(params) == 2) {
        apply(vsctl, json_array_get(params, 1));
        vsctl->changed = true;
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

static void fetch(struct vsctl *vsctl, const struct vsctl_command *commands, size_t n)
{
    char *error;
    json_t *schema = call(vsctl, "get_schema", json_pack("[s]", database));
    vsctl->db = ovsdb_replica_create(schema, &error);
    json_decref(schema);
    vsctl_fatal_if(error);

    struct wanted wanted = { json_object(), ovsdb_get_schema(vsctl->db) };
    want(&wanted, "Open_vSwitch", false);
    for (size_t i = 0; i < n; i++) {
        want_for(vsctl, &wanted, &commands[i]);
    }
    json_t *updates
        = call(vsctl, "monitor", json_pack("[sso]", database, monitor_id, wanted.requests));
    apply(vsctl, updates);
    json_decref(updates);
}

void vsctl_expect_interface(struct vsctl *vsctl, const struct ovsdb_row *row)
{
    if (vsctl->n_expected >= vsctl->allocated_expected) {
        vsctl->expected
            = grow_array(vsctl->expected, &vsctl->allocated_expected, sizeof *vsctl->expected);
    }
    vsctl->expected[vsctl->n_expected++] = *ovsdb_row_uuid(row);
}

/* Puts the copy back to what the server said. */
static void abort_txn(struct vsctl *vsctl)
{
    ovsdb_txn_abort(vsctl->txn);
    vsctl->txn = NULL;
}

/* Forgets what the commands said. */
static void clear_outputs(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    ovsdb_symtab_destroy(&vsctl->symtab);
    vsctl->n_expected = 0;
    for (size_t i = 0; i < n; i++) {
        strbuf_destroy(&commands[i].output);
        vsctl_table_destroy(commands[i].table);
        commands[i].table = NULL;
    }
}

static void check_symbols(const struct vsctl *vsctl)
{
    const struct ovsdb_symbol *symbol;
    hmap_for_each (symbol, node, &vsctl->symtab.symbols) {
        if (!symbol->created) {
            vsctl_fatal("row id \"%s\" is referenced but never created (e.g. with \"-- --id=%s "
                        "create ...\")",
                        symbol->name, symbol->name);
        }
    }
}

/* True if all commands ran, false if one of them needs another database. */
static bool run_commands(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    vsctl->txn = ovsdb_txn_begin(vsctl->db);
    ovsdb_symtab_init(&vsctl->symtab);
    vsctl->try_again = false;
    vsctl->changed = false;
    vsctl->root = ovsdb_only(vsctl->db, "Open_vSwitch");
    if (!vsctl->root) {
        vsctl->root = ovsdb_txn_insert(vsctl->txn, "Open_vSwitch");
    }
    for (size_t i = 0; i < n && !vsctl->try_again; i++) {
        commands[i].syntax->run(vsctl, &commands[i]);
        if (ovsdb_txn_error(vsctl->txn)) {
            vsctl_fatal("%s", ovsdb_txn_error(vsctl->txn));
        }
    }
    if (!vsctl->try_again) {
        check_symbols(vsctl);
    }
    return !vsctl->try_again;
}

/* Puts a wait in front for each row that is to be changed: that it is still there. Everything else that matters, such as names
 * that must not come twice, the server checks itself. */
static json_t *build_waits(const json_t *ops)
{
    json_t *waits = json_array();
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const json_t *op = json_array_get(ops, i);
        json_t *where = json_object_get(op, "where");
        if (where) {
            json_array_append_new(
                waits, json_pack("{sssOsOs[]sss[{}]si}", "op", "wait", "table",
                                 json_object_get(op, "table"), "where", where, "columns", "until",
                                 "==", "rows", "timeout", 0));
        }
    }
    return waits;
}

static json_t *where_root(const char *kind, const char *name)
{
    return json_pack("[[ss[ss]]]", "_uuid", "==", kind, name);
}

/* What a transaction needs of the copy once that was put back. */
struct request {
    json_t *ops;
    json_t *where_root; /* the row of Open_vSwitch */
    char **names;       /* of the interfaces to be looked at */
    size_t n_names;
};

static void prepare(struct vsctl *vsctl, struct request *request)
{
    char uuid[UUID_LEN + 1], name[OVSDB_REPLICA_NAME_LEN + 1];
    uuid_to_string(ovsdb_row_uuid(vsctl->root), uuid);
    ovsdb_replica_row_name(ovsdb_row_uuid(vsctl->root), name);
    request->where_root = ovsdb_row_is_new(vsctl->root) ? where_root("named-uuid", name)
                                                           : where_root("uuid", uuid);
    request->ops = ovsdb_replica_operations(vsctl->txn);
    request->n_names = vsctl->n_expected;
    request->names = xcalloc(vsctl->n_expected + 1, sizeof *request->names);
    for (size_t i = 0; i < vsctl->n_expected; i++) {
        const struct ovsdb_row *row = ovsdb_find(vsctl->db, "Interface", &vsctl->expected[i]);
        request->names[i] = xstrdup(row ? ovsdb_row_string(row, "name", "") : "");
    }
}

static void destroy_request(struct request *request)
{
    for (size_t i = 0; i < request->n_names; i++) {
        free(request->names[i]);
    }
    free(request->names);
    json_decref(request->ops);
    json_decref(request->where_root);
}

/* The parameters of "transact": what the commands did, next_cfg, and the comment. */
static json_t *build_params(const struct vsctl *vsctl, const struct request *request)
{
    json_t *params = json_pack("[s]", database);
    json_t *waits = build_waits(request->ops);
    json_array_extend(params, waits);
    json_decref(waits);
    json_array_extend(params, request->ops);
    if (!vsctl->no_wait) {
        json_array_append_new(params, json_pack("{sssssOs[[ssi]]}", "op", "mutate", "table",
                                                "Open_vSwitch", "where", request->where_root,
                                                "mutations", "next_cfg", "+=", 1));
        json_array_append_new(params, json_pack("{sssssOs[s]}", "op", "select", "table",
                                                "Open_vSwitch", "where", request->where_root,
                                                "columns", "next_cfg"));
    }
    json_array_append_new(params, json_pack("{ssss}", "op", "comment", "comment", vsctl->comment));
    return params;
}

/* Tells "create" which UUID its row got. */
static void note_created(struct vsctl_command *commands, size_t n, const json_t *op,
                         const json_t *result)
{
    const char *name = json_string_value(json_object_get(op, "uuid-name"));
    const char *uuid = json_string_value(json_array_get(json_object_get(result, "uuid"), 1));
    for (size_t i = 0; name && uuid && i < n; i++) {
        char created[OVSDB_REPLICA_NAME_LEN + 1];
        ovsdb_replica_row_name(&commands[i].created, created);
        if (!strcmp(created, name) && !uuid_from_string(&commands[i].created, uuid)) {
            vsctl_fatal("the server named a row \"%s\"", uuid);
        }
    }
}

static const json_t *find_error(const json_t *results)
{
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        if (json_object_get(result, "error")) {
            return result;
        }
    }
    return NULL;
}

static void transaction_failed(const json_t *error)
{
    char *s = json_dumps(error, JSON_COMPACT | JSON_SORT_KEYS);
    vsctl_fatal("transaction error: %s", s);
}

/* Sends the transaction. True if it was committed, with '*next_cfg' set; false if the database has changed meanwhile. */
static bool commit(struct vsctl *vsctl, struct vsctl_command *commands, size_t n,
                   const struct request *request, json_int_t *next_cfg)
{
    json_t *params = build_params(vsctl, request);
    json_t *results = call(vsctl, "transact", json_incref(params));
    const json_t *error = find_error(results);
    if (error) {
        const char *tag = json_string_value(json_object_get(error, "error"));
        if (!vsctl->changed && strcmp(tag ? tag : "", "timed out")) {
            transaction_failed(error);
        }
        json_decref(params);
        json_decref(results);
        return false;
    }
    for (size_t i = 1; i < json_array_size(params); i++) {
        const json_t *op = json_array_get(params, i), *result = json_array_get(results, i - 1);
        note_created(commands, n, op, result);
        const json_t *rows = json_object_get(result, "rows");
        if (rows) {
            *next_cfg
                = json_integer_value(json_object_get(json_array_get(rows, 0), "next_cfg"));
        }
    }
    json_decref(params);
    json_decref(results);
    return true;
}

static void wait_for_update(struct vsctl *vsctl)
{
    int error = ovsdb_client_wait(vsctl->client);
    if (error) {
        connection_lost(vsctl, error);
    }
}

/* Until the switch has applied the change. */
static void wait_for_switch(struct vsctl *vsctl, json_int_t next_cfg)
{
    const struct ovsdb_row *root;
    while (!(root = ovsdb_only(vsctl->db, "Open_vSwitch"))
           || ovsdb_row_int(root, "cur_cfg", 0) < next_cfg) {
        wait_for_update(vsctl);
    }
}

/* What the switch says about the interfaces that were added. */
static int check_interfaces(struct vsctl *vsctl, char **names, size_t n)
{
    bool bad = false;
    const struct ovsdb_row *iface;
    ovsdb_for_each (iface, vsctl->db, "Interface") {
        const char *name = ovsdb_row_string(iface, "name", "");
        size_t i = 0;
        while (i < n && strcmp(names[i], name)) {
            i++;
        }
        if (i < n && ovsdb_row_int(iface, "ofport", -1) < 0) {
            fprintf(stderr, "weft-vsctl: Error detected while setting up '%s'%s%s.  See "
                            "weft-vswitchd log for details.\n",
                    name, ovsdb_row_has(iface, "error") ? ": " : "",
                    ovsdb_row_string(iface, "error", ""));
            bad = true;
        }
    }
    if (bad) {
        fprintf(stderr, "weft-vsctl: The default log directory is \"%s\".\n", paths_logdir());
    }
    return bad ? EXIT_BAD_INTERFACE : 0;
}

static void print_oneline(const char *s)
{
    size_t n = strlen(s);
    n -= n && s[n - 1] == '\n';
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') {
            fputs("\\n", stdout);
        } else {
            fputs(s[i] == '\\' ? "\\\\" : "", stdout);
            if (s[i] != '\\') {
                putchar(s[i]);
            }
        }
    }
    putchar('\n');
}

static void print_output(const struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    size_t n_tables = 0;
    for (size_t i = 0; i < n; i++) {
        struct vsctl_command *command = &commands[i];
        if (command->table) {
            struct strbuf text = STRBUF_INIT;
            bool separate = vsctl->style.format == VSCTL_TABLE_LIST
                            || vsctl->style.format == VSCTL_TABLE_TABLE
                            || vsctl->style.format == VSCTL_TABLE_CSV;
            fputs(n_tables++ && separate ? "\n" : "", stdout);
            vsctl_table_print(command->table, &vsctl->style, &text);
            fputs(strbuf_str(&text), stdout);
            strbuf_destroy(&text);
        } else if (vsctl->oneline) {
            print_oneline(strbuf_str(&command->output));
        } else {
            fputs(strbuf_str(&command->output), stdout);
        }
    }
    fflush(stdout);
}

/* What comes after the commands: the transaction, the output, the wait for the switch. The exit status, or -1 to run again. */
static int finish(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    struct request request;
    json_int_t next_cfg = 0;
    int status = 0;

    /* The copy goes back to what the server said before more is read from there. */
    prepare(vsctl, &request);
    abort_txn(vsctl);
    bool send = json_array_size(request.ops) > 0 && !vsctl->dry_run;
    if (send && !commit(vsctl, commands, n, &request, &next_cfg)) {
        clear_outputs(vsctl, commands, n);
        status = -1;
    } else {
        for (size_t i = 0; i < n; i++) {
            if (commands[i].syntax->post) {
                commands[i].syntax->post(vsctl, &commands[i]);
            }
        }
        print_output(vsctl, commands, n);
        if (send && !vsctl->no_wait) {
            wait_for_switch(vsctl, next_cfg);
            status = check_interfaces(vsctl, request.names, request.n_names);
        }
    }
    destroy_request(&request);
    return status;
}

int vsctl_run(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    connect_to_server(vsctl);
    fetch(vsctl, commands, n);
    for (;;) {
        if (run_commands(vsctl, commands, n)) {
            int status = finish(vsctl, commands, n);
            if (status >= 0) {
                return status;
            }
        } else {
            abort_txn(vsctl);
            clear_outputs(vsctl, commands, n);
            wait_for_update(vsctl);
        }
    }
}
