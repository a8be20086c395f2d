/* SPDX-License-Identifier: Apache-2.0 */
/* The commands on what controls the switch from outside: OpenFlow controllers, database managers, and SSL. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"

LOG_MODULE(vsctl_control);

/* Prints the targets of the rows in a column, sorted. */
static void print_targets(struct vsctl_command *command, const struct ovsdb_row *row,
                          const char *column)
{
    size_t n = ovsdb_row_n(row, column), n_names = 0;
    const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        const struct ovsdb_row *ref = ovsdb_row_ref_at(row, column, i);
        if (ref) {
            names[n_names++] = ovsdb_row_string(ref, "target", "");
        }
    }
    vsctl_print_sorted(command, names, n_names);
    free(names);
}

static void delete_refs(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column)
{
    vsctl_guard(vsctl, row, column);
    for (size_t i = 0; i < ovsdb_row_n(row, column); i++) {
        const struct ovsdb_row *ref = ovsdb_row_ref_at(row, column, i);
        if (ref) {
            ovsdb_txn_delete(vsctl->txn, ref);
        }
    }
    if (ovsdb_row_has(row, column)) {
        ovsdb_txn_clear(vsctl->txn, row, column);
    }
}

static void warn_of_target(const char *target)
{
    static const char *const kinds[]
        = { "tcp:", "ssl:", "unix:", "ptcp:", "pssl:", "punix:" };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strncmp(target, kinds[i], strlen(kinds[i]))) {
            return;
        }
    }
    log_warn("target type \"%s\" is possibly erroneous", target);
}

static int64_t parse_probe(const struct vsctl_command *command)
{
    const char *s = smap_get(&command->options, "--inactivity-probe");
    char *end;
    if (!s) {
        return -1;
    }
    long long value = strtoll(s, &end, 10);
    if (end == s || *end || value < 0) {
        vsctl_fatal("--inactivity-probe: \"%s\" is not a number of milliseconds", s);
    }
    return value;
}

/* Replaces the rows in the column by one for each target from argument 'first' on. */
static void set_targets(struct vsctl *vsctl, const struct vsctl_command *command, int first,
                        const struct ovsdb_row *row, const char *column, const char *table)
{
    int64_t probe = parse_probe(command);
    delete_refs(vsctl, row, column);
    for (int i = first; i < command->argc; i++) {
        warn_of_target(command->argv[i]);
        const struct ovsdb_row *ref = ovsdb_txn_insert(vsctl->txn, table);
        ovsdb_txn_set_string(vsctl->txn, ref, "target", command->argv[i]);
        if (probe >= 0) {
            ovsdb_txn_set_int(vsctl->txn, ref, "inactivity_probe", probe);
        }
        vsctl_model_insert_ref(vsctl, row, column, ref);
    }
}

/* The row of the real bridge that the first argument names. */
static const struct ovsdb_row *get_real(struct vsctl *vsctl, const struct vsctl_command *command)
{
    return vsctl_model_real_bridge(vsctl, command->argv[1])->row;
}

/* The same, but a fake bridge is looked at where its parent is. */
static const struct ovsdb_row *get_any(struct vsctl *vsctl, const struct vsctl_command *command)
{
    return vsctl_model_bridge(vsctl, command->argv[1], true)->row;
}

static void run_get_controller(struct vsctl *vsctl, struct vsctl_command *command)
{
    print_targets(command, get_any(vsctl, command), "controller");
}

static void run_del_controller(struct vsctl *vsctl, struct vsctl_command *command)
{
    delete_refs(vsctl, get_real(vsctl, command), "controller");
}

static void run_set_controller(struct vsctl *vsctl, struct vsctl_command *command)
{
    set_targets(vsctl, command, 2, get_real(vsctl, command), "controller", "Controller");
}

static void run_get_fail_mode(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *mode = ovsdb_row_string(get_any(vsctl, command), "fail_mode", "");
    if (mode[0]) {
        strbuf_putf(&command->output, "%s\n", mode);
    }
}

static void run_del_fail_mode(struct vsctl *vsctl, struct vsctl_command *command)
{
    ovsdb_txn_set_string(vsctl->txn, get_real(vsctl, command), "fail_mode", NULL);
}

static void run_set_fail_mode(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *bridge = get_real(vsctl, command);
    const char *mode = command->argv[2];
    if (strcmp(mode, "standalone") && strcmp(mode, "secure")) {
        vsctl_fatal("fail-mode must be \"standalone\" or \"secure\"");
    }
    ovsdb_txn_set_string(vsctl->txn, bridge, "fail_mode", mode);
}

static void run_get_manager(struct vsctl *vsctl, struct vsctl_command *command)
{
    print_targets(command, vsctl->root, "manager_options");
}

static void run_del_manager(struct vsctl *vsctl, struct vsctl_command *command)
{
    delete_refs(vsctl, vsctl->root, "manager_options");
}

static void run_set_manager(struct vsctl *vsctl, struct vsctl_command *command)
{
    set_targets(vsctl, command, 1, vsctl->root, "manager_options", "Manager");
}

static void run_get_ssl(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *ssl = ovsdb_row_ref(vsctl->root, "ssl");
    if (ssl) {
        strbuf_putf(&command->output, "Private key: %s\n",
                    ovsdb_row_string(ssl, "private_key", ""));
        strbuf_putf(&command->output, "Certificate: %s\n",
                    ovsdb_row_string(ssl, "certificate", ""));
        strbuf_putf(&command->output, "CA Certificate: %s\n", ovsdb_row_string(ssl, "ca_cert", ""));
        strbuf_putf(&command->output, "Bootstrap: %s\n",
                    ovsdb_row_bool(ssl, "bootstrap_ca_cert", false) ? "true" : "false");
    }
}

static void run_del_ssl(struct vsctl *vsctl, struct vsctl_command *command)
{
    delete_refs(vsctl, vsctl->root, "ssl");
}

static void run_set_ssl(struct vsctl *vsctl, struct vsctl_command *command)
{
    delete_refs(vsctl, vsctl->root, "ssl");
    const struct ovsdb_row *ssl = ovsdb_txn_insert(vsctl->txn, "SSL");
    ovsdb_txn_set_string(vsctl->txn, ssl, "private_key", command->argv[1]);
    ovsdb_txn_set_string(vsctl->txn, ssl, "certificate", command->argv[2]);
    ovsdb_txn_set_string(vsctl->txn, ssl, "ca_cert", command->argv[3]);
    ovsdb_txn_set_bool(vsctl->txn, ssl, "bootstrap_ca_cert",
                       vsctl_has_option(command, "--bootstrap"));
    vsctl_model_insert_ref(vsctl, vsctl->root, "ssl", ssl);
}

const struct vsctl_syntax vsctl_control_commands[] = {
    { "get-controller", 1, 1, "", VSCTL_CORE | VSCTL_CONTROL, run_get_controller, NULL },
    { "del-controller", 1, 1, "", VSCTL_CORE | VSCTL_CONTROL, run_del_controller, NULL },
    { "set-controller", 1, -1, "--inactivity-probe=", VSCTL_CORE | VSCTL_CONTROL,
      run_set_controller, NULL },
    { "get-fail-mode", 1, 1, "", VSCTL_CORE, run_get_fail_mode, NULL },
    { "del-fail-mode", 1, 1, "", VSCTL_CORE, run_del_fail_mode, NULL },
    { "set-fail-mode", 2, 2, "", VSCTL_CORE, run_set_fail_mode, NULL },
    { "get-manager", 0, 0, "", VSCTL_CONTROL, run_get_manager, NULL },
    { "del-manager", 0, 0, "", VSCTL_CONTROL, run_del_manager, NULL },
    { "set-manager", 1, -1, "--inactivity-probe=", VSCTL_CONTROL, run_set_manager, NULL },
    { "get-ssl", 0, 0, "", VSCTL_SSL, run_get_ssl, NULL },
    { "del-ssl", 0, 0, "", VSCTL_SSL, run_del_ssl, NULL },
    { "set-ssl", 3, 3, "--bootstrap", VSCTL_SSL, run_set_ssl, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
