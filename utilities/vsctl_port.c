/* SPDX-License-Identifier: Apache-2.0 */
/* The commands on ports and interfaces. */
#include "utilities/vsctl_port.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_set.h"

const struct ovsdb_row *vsctl_port_insert_iface(struct vsctl *vsctl, const char *name,
                                                const char *type)
{
    const struct ovsdb_row *row = ovsdb_txn_insert(vsctl->txn, "Interface");
    ovsdb_txn_set_string(vsctl->txn, row, "name", name);
    if (type) {
        ovsdb_txn_set_string(vsctl->txn, row, "type", type);
    }
    vsctl_expect_interface(vsctl, row);
    return row;
}

const struct ovsdb_row *vsctl_port_insert(struct vsctl *vsctl, const char *name,
                                          const char *const *ifaces, size_t n, const char *type)
{
    const struct ovsdb_row *port = ovsdb_txn_insert(vsctl->txn, "Port");
    ovsdb_txn_set_string(vsctl->txn, port, "name", name);
    for (size_t i = 0; i < n; i++) {
        vsctl_model_insert_ref(vsctl, port, "interfaces",
                               vsctl_port_insert_iface(vsctl, ifaces[i], type));
    }
    return port;
}

void vsctl_port_delete(struct vsctl *vsctl, const struct vsctl_port *port)
{
    for (size_t i = 0; i < ovsdb_row_n(port->row, "interfaces"); i++) {
        const struct ovsdb_row *iface = ovsdb_row_ref_at(port->row, "interfaces", i);
        if (iface) {
            ovsdb_txn_delete(vsctl->txn, iface);
        }
    }
    vsctl_model_remove_ref(vsctl, port->bridge->row, "ports", port->row);
    ovsdb_txn_delete(vsctl->txn, port->row);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The port's interfaces' names, sorted; free() the array. */
static const char **iface_names(const struct ovsdb_row *port, size_t *n)
{
    const char **names = xcalloc(ovsdb_row_n(port, "interfaces") + 1, sizeof *names);
    *n = 0;
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        const struct ovsdb_row *iface = ovsdb_row_ref_at(port, "interfaces", i);
        if (iface) {
            names[(*n)++] = ovsdb_row_string(iface, "name", "");
        }
    }
    qsort(names, *n, sizeof *names, compare_names);
    return names;
}

/* Ends the program unless the port that is there already is the one that is wanted. */
static void check_same(struct vsctl_command *command, const struct vsctl_port *port,
                       struct vsctl_new_port *new_port)
{
    size_t n;
    if (strcmp(port->bridge->name, new_port->bridge)) {
        vsctl_fatal("\"%s\" but %s is actually attached to bridge %s",
                    vsctl_command_text(command), new_port->name, port->bridge->name);
    }
    const char **names = iface_names(port->row, &n);
    qsort(new_port->ifaces, new_port->n_ifaces, sizeof *new_port->ifaces, compare_names);
    bool same = n == new_port->n_ifaces;
    for (size_t i = 0; same && i < n; i++) {
        same = !strcmp(names[i], new_port->ifaces[i]);
    }
    if (!same) {
        struct strbuf list = STRBUF_INIT;
        for (size_t i = 0; i < n; i++) {
            strbuf_putf(&list, "%s%s", i ? ", " : "", names[i]);
        }
        vsctl_fatal("\"%s\" but %s actually has interface(s) %s", vsctl_command_text(command),
                    new_port->name, strbuf_str(&list));
    }
    free(names);
}

void vsctl_port_add(struct vsctl *vsctl, struct vsctl_command *command,
                    struct vsctl_new_port *new_port)
{
    const struct vsctl_port *same = vsctl_model_port(vsctl, new_port->name, false);
    if (same && vsctl_has_option(command, "--may-exist")) {
        check_same(command, same, new_port);
        return;
    }
    vsctl_model_check_free(vsctl, "a port", new_port->name);
    for (size_t i = 0; i < new_port->n_ifaces; i++) {
        vsctl_model_check_free(vsctl, "an interface", new_port->ifaces[i]);
    }
    struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, new_port->bridge, true);
    const struct ovsdb_row *port
        = vsctl_port_insert(vsctl, new_port->name, new_port->ifaces, new_port->n_ifaces, NULL);
    if (bridge->parent) {
        ovsdb_txn_set_int(vsctl->txn, port, "tag", bridge->vlan);
    }
    if (vsctl_has_option(command, "--fake-iface")) {
        ovsdb_txn_set_bool(vsctl->txn, port, "bond_fake_iface", true);
    }
    struct vsctl_model *model = vsctl->model;
    vsctl->model = NULL; /* nothing refers to the port: what is set of it does not show in the model */
    for (size_t i = 0; i < new_port->n_settings; i++) {
        vsctl_set_column(vsctl, port, new_port->settings[i]);
    }
    vsctl->model = model;
    vsctl_model_insert_ref(vsctl, bridge->row, "ports", port);
    vsctl_model_add_port(vsctl, bridge->parent ? bridge->parent : bridge, port);
}

static void run_add_port(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[2];
    struct vsctl_new_port new_port
        = { command->argv[1], name, &name, 1, &command->argv[3], command->argc - 3 };
    vsctl_port_add(vsctl, command, &new_port);
}

/* The port of del-port's last argument; null if there need be none. */
static const struct vsctl_port *find_port_to_delete(struct vsctl *vsctl,
                                                    const struct vsctl_command *command,
                                                    const char *target)
{
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    bool with_iface = vsctl_has_option(command, "--with-iface");
    const struct vsctl_port *port = vsctl_model_port(vsctl, target, false);
    if (!port && with_iface) {
        const struct vsctl_iface *iface = vsctl_model_iface(vsctl, target, false);
        port = iface ? iface->port : NULL;
    }
    if (!port && must_exist) {
        vsctl_fatal(with_iface ? "no port or interface named %s" : "no port named %s", target);
    }
    return port;
}

/* Ends the program if the port is not on the bridge that was named. */
static void check_bridge(struct vsctl *vsctl, const struct vsctl_port *port,
                         const char *bridge_name, const char *target)
{
    const struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, bridge_name, true);
    if (port->bridge == bridge) {
        return;
    }
    if (port->bridge->parent == bridge) {
        vsctl_fatal("bridge %s does not have a port %s (although its child bridge %s does)",
                    bridge_name, target, port->bridge->name);
    }
    vsctl_fatal("bridge %s does not have a port %s", bridge_name, target);
}

static void run_del_port(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *target = command->argv[command->argc - 1];
    const struct vsctl_port *port = find_port_to_delete(vsctl, command, target);
    if (!port) {
        return;
    }
    if (!strcmp(port->bridge->name, target)) {
        if (vsctl_has_option(command, "--if-exists")) {
            return; /* as a port of its own it does not exist */
        }
        vsctl_fatal("cannot delete port %s because it is the local port for bridge %s (deleting "
                    "this port requires deleting the entire bridge)",
                    target, port->bridge->name);
    }
    if (command->argc == 3) {
        check_bridge(vsctl, port, command->argv[1], target);
    }
    vsctl_port_delete(vsctl, port);
    vsctl_model_forget(vsctl);
}

static void run_list_ports(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, command->argv[1], true);
    const char **names = xcalloc(bridge->n_ports + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (strcmp(bridge->ports[i]->name, bridge->name)) {
            names[n++] = bridge->ports[i]->name;
        }
    }
    vsctl_print_sorted(command, names, n);
    free(names);
}

static void run_list_ifaces(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, command->argv[1], true);
    const char **names = NULL;
    size_t n = 0, allocated = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        size_t n_ifaces;
        const char **ifaces = iface_names(bridge->ports[i]->row, &n_ifaces);
        for (size_t j = 0; j < n_ifaces; j++) {
            if (!strcmp(ifaces[j], bridge->name)) {
                continue;
            }
            if (n >= allocated) {
                names = grow_array(names, &allocated, sizeof *names);
            }
            names[n++] = ifaces[j];
        }
        free(ifaces);
    }
    vsctl_print_sorted(command, names, n);
    free(names);
}

static void run_port_to_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    strbuf_putf(&command->output, "%s\n",
                vsctl_model_port(vsctl, command->argv[1], true)->bridge->name);
}

static void run_iface_to_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    strbuf_putf(&command->output, "%s\n",
                vsctl_model_iface(vsctl, command->argv[1], true)->port->bridge->name);
}

const struct vsctl_syntax vsctl_port_commands[] = {
    { "add-port", 2, -1, "--may-exist", VSCTL_CORE, run_add_port, NULL },
    { "del-port", 1, 2, "--if-exists,--with-iface", VSCTL_CORE, run_del_port, NULL },
    { "list-ports", 1, 1, "", VSCTL_CORE, run_list_ports, NULL },
    { "list-ifaces", 1, 1, "", VSCTL_CORE, run_list_ifaces, NULL },
    { "port-to-br", 1, 1, "", VSCTL_CORE, run_port_to_br, NULL },
    { "iface-to-br", 1, 1, "", VSCTL_CORE, run_iface_to_br, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
