/* SPDX-License-Identifier: Apache-2.0 */
/* The commands on bonds, which are ports of several interfaces. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_port.h"

/* The interfaces are the words up to the first that has a '='. */
static void run_add_bond(struct vsctl *vsctl, struct vsctl_command *command)
{
    int n = 0;
    while (3 + n < command->argc && !strchr(command->argv[3 + n], '=')) {
        n++;
    }
    if (n < 2) {
        vsctl_fatal("add-bond requires at least 2 interfaces, but only %d were specified", n);
    }
    const char **ifaces = xmemdup(&command->argv[3], n * sizeof *ifaces);
    struct vsctl_new_port new_port = { command->argv[1],      command->argv[2], ifaces, n,
                                       &command->argv[3 + n], command->argc - 3 - n };
    vsctl_port_add(vsctl, command, &new_port);
    free(ifaces);
}

static void run_add_bond_iface(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[2];
    const struct vsctl_port *port = vsctl_model_port(vsctl, command->argv[1], true);
    const struct vsctl_iface *iface = vsctl_model_iface(vsctl, name, false);
    if (iface && vsctl_has_option(command, "--may-exist")) {
        if (iface->port != port) {
            vsctl_fatal("\"%s\" but %s is actually attached to port %s",
                        vsctl_command_text(command), name, iface->port->name);
        }
        return;
    }
    vsctl_model_check_free(vsctl, "an interface", name);
    vsctl_model_insert_ref(vsctl, port->row, "interfaces",
                           vsctl_port_insert_iface(vsctl, name, NULL));
    vsctl_model_forget(vsctl);
}

static void run_del_bond_iface(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    const char *name = command->argv[command->argc - 1];
    const struct vsctl_iface *iface = vsctl_model_iface(vsctl, name, must_exist);
    if (!iface) {
        return;
    }
    const struct vsctl_port *port = iface->port;
    if (command->argc == 3) {
        port = vsctl_model_port(vsctl, command->argv[1], true);
        if (iface->port != port) {
            vsctl_fatal("port %s does not have an interface %s", port->name, name);
        }
    }
    if (ovsdb_row_n(port->row, "interfaces") <= 1) {
        vsctl_fatal("cannot delete last interface from port %s", port->name);
    }
    vsctl_model_remove_ref(vsctl, port->row, "interfaces", iface->row);
    ovsdb_txn_delete(vsctl->txn, iface->row);
    vsctl_model_forget(vsctl);
}

const struct vsctl_syntax vsctl_bond_commands[] = {
    { "add-bond", 4, -1, "--may-exist,--fake-iface", VSCTL_CORE, run_add_bond, NULL },
    { "add-bond-iface", 2, 2, "--may-exist", VSCTL_CORE, run_add_bond_iface, NULL },
    { "del-bond-iface", 1, 2, "--if-exists", VSCTL_CORE, run_del_bond_iface, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
