/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the commands on a copy of the database, has the server do what they did, prints, and waits for the switch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/ovsdb/replica.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_commit.h"
#include "utilities/vsctl_fetch.h"
#include "utilities/vsctl_model.h"

LOG_MODULE(vsctl);

enum { EXIT_BAD_INTERFACE = 65 };

const char vsctl_database[] = "Open_vSwitch";

void vsctl_expect_interface(struct vsctl *vsctl, const struct ovsdb_row *row)
{
    if (vsctl->n_expected >= vsctl->allocated_expected) {
        vsctl->expected
            = grow_array(vsctl->expected, &vsctl->allocated_expected, sizeof *vsctl->expected);
    }
    vsctl->expected[vsctl->n_expected++] = *ovsdb_row_uuid(row);
}

void vsctl_guard(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column)
{
    if (ovsdb_row_is_new(row)) {
        return;
    }
    if (vsctl->n_guards >= vsctl->allocated_guards) {
        vsctl->guards = grow_array(vsctl->guards, &vsctl->allocated_guards, sizeof *vsctl->guards);
    }
    vsctl->guards[vsctl->n_guards++]
        = (struct vsctl_guard){ ovsdb_row_table(row), *ovsdb_row_uuid(row), column };
}

/* Running. */

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
    vsctl->root = ovsdb_only(vsctl->db, vsctl_database);
    if (!vsctl->root) {
        vsctl->root = ovsdb_txn_insert(vsctl->txn, vsctl_database);
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

/* Forgets what the commands found out and did, but for what is in the transaction. */
static void reset(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    ovsdb_symtab_destroy(&vsctl->symtab);
    vsctl->n_expected = 0;
    vsctl->n_guards = 0;
    for (size_t i = 0; i < n; i++) {
        strbuf_destroy(&commands[i].output);
        vsctl_table_destroy(commands[i].table);
        commands[i].table = NULL;
    }
}

/* Printing. */

static void print_oneline(const char *s)
{
    size_t n = strlen(s);
    n -= n && s[n - 1] == '\n';
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n' || s[i] == '\\') {
            putchar('\\');
        }
        putchar(s[i] == '\n' ? 'n' : s[i]);
    }
    putchar('\n');
}

static void print_table(const struct vsctl *vsctl, const struct vsctl_table *table, bool first)
{
    enum vsctl_table_format format = vsctl->style.format;
    struct strbuf text = STRBUF_INIT;
    if (!first && format != VSCTL_TABLE_HTML && format != VSCTL_TABLE_JSON) {
        putchar('\n');
    }
    vsctl_table_print(table, &vsctl->style, &text);
    fputs(strbuf_str(&text), stdout);
    strbuf_destroy(&text);
}

static void print_output(const struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        struct vsctl_command *command = &commands[i];
        if (command->table) {
            print_table(vsctl, command->table, first);
            first = false;
        } else if (vsctl->oneline) {
            print_oneline(strbuf_str(&command->output));
        } else {
            fputs(strbuf_str(&command->output), stdout);
        }
    }
    fflush(stdout);
}

/* Afterwards. */

/* Replaces the UUID that an inserted row had here by the one that the server gave it. */
static void translate(const struct vsctl_commit *commit, struct uuid *uuid)
{
    char name[OVSDB_REPLICA_NAME_LEN + 1];
    ovsdb_replica_row_name(uuid, name);
    const char *real = smap_get(&commit->inserted, name);
    if (real && !uuid_from_string(uuid, real)) {
        vsctl_fatal("the server named a row \"%s\"", real);
    }
}

static void translate_all(struct vsctl *vsctl, struct vsctl_command *commands, size_t n,
                          const struct vsctl_commit *commit)
{
    for (size_t i = 0; i < n; i++) {
        translate(commit, &commands[i].created);
    }
    for (size_t i = 0; i < vsctl->n_expected; i++) {
        translate(commit, &vsctl->expected[i]);
    }
}

/* Until the switch has applied the change. */
static void wait_for_switch(struct vsctl *vsctl, json_int_t next_cfg)
{
    const struct ovsdb_row *root;
    while (!(root = ovsdb_only(vsctl->db, vsctl_database))
           || ovsdb_row_int(root, "cur_cfg", 0) < next_cfg) {
        vsctl_fetch_wait(vsctl);
    }
}

/* Asks the server for what the switch said of the new interfaces: the copy has it of no interface, as nobody else needs it. The
 * results are those of one "select" for each. */
static json_t *ask_interfaces(struct vsctl *vsctl)
{
    json_t *params = json_pack("[s]", vsctl_database);
    for (size_t i = 0; i < vsctl->n_expected; i++) {
        char uuid[UUID_LEN + 1];
        uuid_to_string(&vsctl->expected[i], uuid);
        json_array_append_new(params, json_pack("{sssss[[ss[ss]]]s[sss]}", "op", "select", "table",
                                                "Interface", "where", "_uuid", "==", "uuid", uuid,
                                                "columns", "name", "ofport", "error"));
    }
    return vsctl_fetch_call(vsctl, "transact", params);
}

/* True if the switch did not set up the interface; says so. */
static bool is_bad_interface(const json_t *result)
{
    const json_t *row = json_array_get(json_object_get(result, "rows"), 0);
    const json_t *ofport = json_object_get(row, "ofport"); /* ["set", []] while there is none */
    const char *error = json_string_value(json_object_get(row, "error"));
    const char *name = json_string_value(json_object_get(row, "name"));
    if (!row || (json_is_integer(ofport) && json_integer_value(ofport) >= 0)) {
        return false;
    }
    fprintf(stderr, "weft-vsctl: Error detected while setting up '%s'%s%s.  See weft-vswitchd log "
                    "for details.\n",
            name ? name : "", error && error[0] ? ": " : "", error ? error : "");
    return true;
}

/* Says which of the new interfaces the switch could not set up. The exit status. */
static int check_interfaces(struct vsctl *vsctl)
{
    bool bad = false;
    if (!vsctl->n_expected) {
        return 0;
    }
    json_t *results = ask_interfaces(vsctl);
    for (size_t i = 0; i < vsctl->n_expected; i++) {
        bad |= is_bad_interface(json_array_get(results, i));
    }
    json_decref(results);
    if (bad) {
        fprintf(stderr, "weft-vsctl: The default log directory is \"%s\".\n", paths_logdir());
    }
    return bad ? EXIT_BAD_INTERFACE : 0;
}

/* What comes after the commands. The exit status, or -1 to run them again. */
static int finish(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    struct vsctl_commit commit;
    int status = 0;
    vsctl_model_forget(vsctl);
    vsctl_commit_init(&commit, vsctl, commands, n);
    bool send = !vsctl_commit_is_empty(&commit) && !vsctl->dry_run;
    if (send && !vsctl_commit_send(&commit, vsctl)) {
        status = -1;
    } else {
        translate_all(vsctl, commands, n, &commit);
        for (size_t i = 0; i < n; i++) {
            if (commands[i].syntax->post) {
                commands[i].syntax->post(vsctl, &commands[i]);
            }
        }
        print_output(vsctl, commands, n);
        if (send && !vsctl->no_wait) {
            wait_for_switch(vsctl, commit.next_cfg);
            status = check_interfaces(vsctl);
        }
    }
    vsctl_commit_destroy(&commit);
    return status;
}

int vsctl_run(struct vsctl *vsctl, struct vsctl_command *commands, size_t n)
{
    int status = -1;
    vsctl_fetch(vsctl, commands, n);
    for (;;) {
        if (run_commands(vsctl, commands, n)) {
            status = finish(vsctl, commands, n);
        } else {
            vsctl_model_forget(vsctl);
            ovsdb_txn_abort(vsctl->txn);
            vsctl_fetch_wait(vsctl);
        }
        reset(vsctl, commands, n);
        if (status >= 0) {
            return status;
        }
    }
}
