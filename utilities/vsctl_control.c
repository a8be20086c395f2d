/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that have to do with controllers, managers, the fail mode and SSL. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_names.h"

LOG_MODULE(vsctl_control);

/* A fake bridge is controlled with its parent. */
static const struct ovsdb_row *find_bridge(const struct vsctl *vsctl,
                                           const struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    return bridge.row;
}

static void print_targets(const struct ovsdb_row *row, const char *column, struct strbuf *out)
{
    struct vsctl_names names = { NULL, 0, 0 };
    for (size_t i = 0; i < ovsdb_row_n(row, column); i++) {
        const struct ovsdb_row *target = ovsdb_row_ref_at(row, column, i);
        if (target) {
            vsctl_names_add(&names, ovsdb_row_string(target, "target", ""));
        }
    }
    vsctl_names_print(&names, out);
}

static void delete_targets(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column)
{
    for (size_t i = 0; i < ovsdb_row_n(row, column); i++) {
        const struct ovsdb_row *target = ovsdb_row_ref_at(row, column, i);
        if (target) {
            ovsdb_txn_delete(vsctl->txn, target);
        }
    }
    ovsdb_txn_clear(vsctl->txn, row, column);
}

static void check_target(const char *target)
{
    if (!stream_name_is_active(target) && !stream_name_is_passive(target)
        && strncmp(target, "ssl:", 4) && strncmp(target, "pssl:", 5)) {
        log_warn("target type \"%.*s\" is possibly erroneous", (int) strcspn(target, ":"), target);
    }
}

static void set_targets(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                        const char *table, const struct vsctl_command *command, int first)
{
    const char *probe = smap_get(&command->options, "--inactivity-probe");
    size_t n = command->argc - first;
    const struct ovsdb_row **targets = xcalloc(n + 1, sizeof *targets);
    delete_targets(vsctl, row, column);
    for (size_t i = 0; i < n; i++) {
        check_target(command->argv[first + i]);
        targets[i] = ovsdb_txn_insert(vsctl->txn, table);
        ovsdb_txn_set_string(vsctl->txn, targets[i], "target", command->argv[first + i]);
        if (probe) {
            ovsdb_txn_set_int(vsctl->txn, targets[i], "inactivity_probe", atoll(probe));
        }
    }
    ovsdb_txn_set_refs(vsctl->txn, row, column, targets, n);
    free(targets);
}

static void get_controller(struct vsctl *vsctl, struct vsctl_command *command)
{
    print_targets(find_bridge(vsctl, command), "controller", &command->output);
}

static void del_controller(struct vsctl *vsctl, struct vsctl_command *command)
{
    delete_targets(vsctl, find_bridge(vsctl, command), "controller");
}

static void set_controller(struct vsctl *vsctl, struct vsctl_command *command)
{
    set_targets(vsctl, find_bridge(vsctl, command), "controller", "Controller", command, 2);
}

static void get_fail_mode(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *mode = ovsdb_row_string(find_bridge(vsctl, command), "fail_mode", "");
    if (mode[0]) {
        strbuf_putf(&command->output, "%s\n", mode);
    }
}

static void del_fail_mode(struct vsctl *vsctl, struct vsctl_command *command)
{
    ovsdb_txn_clear(vsctl->txn, find_bridge(vsctl, command), "fail_mode");
}

static void set_fail_mode(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *mode = command->argv[2];
    const struct ovsdb_row *row = find_bridge(vsctl, command);
    if (strcmp(mode, "standalone") && strcmp(mode, "secure")) {
        vsctl_fatal("fail-mode must be \"standalone\" or \"secure\"");
    }
    ovsdb_txn_set_string(vsctl->txn, row, "fail_mode", mode);
}

static void get_manager(struct vsctl *vsctl, struct vsctl_command *command)
{
    print_targets(vsctl->root, "manager_options", &command->output);
}

static void del_manager(struct vsctl *vsctl, struct vsctl_command *command)
{
    delete_targets(vsctl, vsctl->root, "manager_options");
}

static void set_manager(struct vsctl *vsctl, struct vsctl_command *command)
{
    set_targets(vsctl, vsctl->root, "manager_options", "Manager", command, 1);
}

static void get_ssl(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *ssl = ovsdb_row_ref(vsctl->root, "ssl");
    if (ssl) {
        strbuf_putf(&command->output, "Private key: %s\n", ovsdb_row_string(ssl, "private_key", ""));
        strbuf_putf(&command->output, "Certificate: %s\n", ovsdb_row_string(ssl, "certificate", ""));
        strbuf_putf(&command->output, "CA Certificate: %s\n", ovsdb_row_string(ssl, "ca_cert", ""));
        strbuf_putf(&command->output, "Bootstrap: %s\n",
                    ovsdb_row_bool(ssl, "bootstrap_ca_cert", false) ? "true" : "false");
    }
}

static void del_ssl(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *ssl = ovsdb_row_ref(vsctl->root, "ssl");
    if (ssl) {
        ovsdb_txn_delete(vsctl->txn, ssl);
        ovsdb_txn_clear(vsctl->txn, vsctl->root, "ssl");
    }
}

static void set_ssl(struct vsctl *vsctl, struct vsctl_command *command)
{
    del_ssl(vsctl, command);
    const struct ovsdb_row *ssl = ovsdb_txn_insert(vsctl->txn, "SSL");
    ovsdb_txn_set_string(vsctl->txn, ssl, "private_key", command->argv[1]);
    ovsdb_txn_set_string(vsctl->txn, ssl, "certificate", command->argv[2]);
    ovsdb_txn_set_string(vsctl->txn, ssl, "ca_cert", command->argv[3]);
    ovsdb_txn_set_bool(vsctl->txn, ssl, "bootstrap_ca_cert",
                       vsctl_has_option(command, "--bootstrap"));
    ovsdb_txn_set_refs(vsctl->txn, vsctl->root, "ssl", &ssl, 1);
}

enum { CONTROL = VSCTL_CORE | VSCTL_CONTROL };

const struct vsctl_syntax vsctl_control_commands[] = {
    { "get-controller", 1, 1, "", CONTROL, get_controller, NULL },
    { "del-controller", 1, 1, "", CONTROL, del_controller, NULL },
    { "set-controller", 1, -1, "--inactivity-probe=", CONTROL, set_controller, NULL },
    { "get-fail-mode", 1, 1, "", VSCTL_CORE, get_fail_mode, NULL },
    { "del-fail-mode", 1, 1, "", VSCTL_CORE, del_fail_mode, NULL },
    { "set-fail-mode", 2, 2, "", VSCTL_CORE, set_fail_mode, NULL },
    { "get-manager", 0, 0, "", VSCTL_CONTROL, get_manager, NULL },
    { "del-manager", 0, 0, "", VSCTL_CONTROL, del_manager, NULL },
    { "set-manager", 1, -1, "--inactivity-probe=", VSCTL_CONTROL, set_manager, NULL },
    { "get-ssl", 0, 0, "", VSCTL_SSL, get_ssl, NULL },
    { "del-ssl", 0, 0, "", VSCTL_SSL, del_ssl, NULL },
    { "set-ssl", 3, 3, "--bootstrap", VSCTL_SSL, set_ssl, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
