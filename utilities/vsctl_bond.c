/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that have to do with bonds. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_port.h"

static void add_bond(struct vsctl *vsctl, struct vsctl_command *command)
{
    int n_ifaces = command->argc - 3;
    for (int i = 3; i < command->argc; i++) {
        if (strchr(command->argv[i], '=')) {
            n_ifaces = i - 3;
            break;
        }
    }
    if (n_ifaces < 2) {
        vsctl_fatal("add-bond requires at least 2 interfaces, but only %d were specified", n_ifaces);
    }
    struct vsctl_port_request request = {
        .bridge = command->argv[1],
        .port = command->argv[2],
        .ifaces = &command->argv[3],
        .n_ifaces = n_ifaces,
        .settings = &command->argv[3 + n_ifaces],
        .n_settings = command->argc - 3 - n_ifaces,
        .may_exist = vsctl_has_option(command, "--may-exist"),
        .fake_iface = vsctl_has_option(command, "--fake-iface"),
    };
    vsctl_port_add(vsctl, &request);
}

static void add_bond_iface(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[2];
    const struct ovsdb_row *owner;
    struct vsctl_bridge bridge, other;
    const struct ovsdb_row *port = vsctl_model_find_port(vsctl, command->argv[1], true, &bridge);
    if (vsctl_has_option(command, "--may-exist")
        && vsctl_model_find_iface(vsctl, name, false, &owner, &other) && owner == port) {
        return;
    }
    char *what = xasprintf("cannot create an interface named %s", name);
    vsctl_model_check_free(vsctl, name, what);
    free(what);
    const struct ovsdb_row *iface = ovsdb_txn_insert(vsctl->txn, "Interface");
    ovsdb_txn_set_string(vsctl->txn, iface, "name", name);
    vsctl_expect_interface(vsctl, iface);
    vsctl_model_add_ref(vsctl, port, "interfaces", iface);
}

static void del_bond_iface(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[command->argc - 1];
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    struct vsctl_bridge bridge;
    const struct ovsdb_row *owner, *port = NULL;
    if (command->argc == 3) {
        port = vsctl_model_find_port(vsctl, command->argv[1], true, &bridge);
    }
    const struct ovsdb_row *iface
        = vsctl_model_find_iface(vsctl, name, must_exist, &owner, &bridge);
    if (!iface) {
        return;
    }
    if (port && port != owner) {
        vsctl_fatal("port %s does not have an interface %s", command->argv[1], name);
    }
    if (ovsdb_row_n(owner, "interfaces") == 1) {
        vsctl_fatal("cannot delete last interface from port %s",
                    ovsdb_row_string(owner, "name", ""));
    }
    vsctl_model_remove_ref(vsctl, owner, "interfaces", iface);
    ovsdb_txn_delete(vsctl->txn, iface);
}

const struct vsctl_syntax vsctl_bond_commands[] = {
    { "add-bond", 4, -1, "--may-exist,--fake-iface", VSCTL_CORE, add_bond, NULL },
    { "add-bond-iface", 2, 2, "--may-exist", VSCTL_CORE, add_bond_iface, NULL },
    { "del-bond-iface", 1, 2, "--if-exists", VSCTL_CORE, del_bond_iface, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
