/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that have to do with ports and interfaces. */
#include "utilities/vsctl_port.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_names.h"
#include "utilities/vsctl_set.h"

static const struct ovsdb_row *insert_iface(struct vsctl *vsctl, const char *name)
{
    const struct ovsdb_row *iface = ovsdb_txn_insert(vsctl->txn, "Interface");
    ovsdb_txn_set_string(vsctl->txn, iface, "name", name);
    vsctl_expect_interface(vsctl, iface);
    return iface;
}

/* True if the port has just these interfaces, in whatever order. */
static bool has_ifaces(const struct ovsdb_row *port, char *ifaces[], size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        const struct ovsdb_row *iface = ovsdb_row_ref_at(port, "interfaces", i);
        for (size_t j = 0; iface && j < n; j++) {
            found += !strcmp(ovsdb_row_string(iface, "name", ""), ifaces[j]);
        }
    }
    return found == n && found == ovsdb_row_n(port, "interfaces");
}

static char *join(char *words[], size_t n, const char *separator)
{
    struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&text, "%s%s", i ? separator : "", words[i]);
    }
    return strbuf_steal(&text);
}

static char *names_of_ifaces(const struct ovsdb_row *port)
{
    struct vsctl_names names = { NULL, 0, 0 };
    struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        vsctl_names_add(&names,
                        ovsdb_row_string(ovsdb_row_ref_at(port, "interfaces", i), "name", ""));
    }
    vsctl_names_print(&names, &text);
    strbuf_chomp(&text, '\n');
    char *list = strbuf_steal(&text);
    struct strbuf commas = STRBUF_INIT;
    for (const char *p = list; *p; p++) {
        strbuf_puts(&commas, *p == '\n' ? ", " : "");
        if (*p != '\n') {
            strbuf_putc(&commas, *p);
        }
    }
    free(list);
    return strbuf_steal(&commas);
}

/* "--may-exist": complains if what is there is something else. */
static void check_existing(const struct vsctl_port_request *request,
                           const struct vsctl_bridge *wanted, const struct vsctl_bridge *actual,
                           const struct ovsdb_row *port)
{
    char *words = join(request->ifaces, request->n_ifaces, " ");
    char *command = request->n_ifaces > 1
                        ? xasprintf("add-bond %s %s %s", request->bridge, request->port, words)
                        : xasprintf("add-port %s %s", request->bridge, request->port);
    if (!vsctl_model_same_bridge(wanted, actual)) {
        vsctl_fatal("\"--may-exist %s\" but %s is actually attached to bridge %s", command,
                    request->port, actual->name);
    }
    if (!has_ifaces(port, request->ifaces, request->n_ifaces)) {
        vsctl_fatal("\"--may-exist %s\" but %s actually has interface(s) %s", command,
                    request->port, names_of_ifaces(port));
    }
    free(command);
    free(words);
}

void vsctl_port_add(struct vsctl *vsctl, const struct vsctl_port_request *request)
{
    struct vsctl_bridge bridge, actual;
    vsctl_model_find_bridge(vsctl, request->bridge, true, &bridge);
    if (request->may_exist) {
        const struct ovsdb_row *port
            = vsctl_model_find_port(vsctl, request->port, false, &actual);
        if (port) {
            check_existing(request, &bridge, &actual, port);
            return;
        }
    }
    char *what = xasprintf("cannot create a port named %s", request->port);
    vsctl_model_check_free(vsctl, request->port, what);
    free(what);
    const struct ovsdb_row **ifaces = xcalloc(request->n_ifaces, sizeof *ifaces);
    for (size_t i = 0; i < request->n_ifaces; i++) {
        char *text = xasprintf("cannot create an interface named %s", request->ifaces[i]);
        vsctl_model_check_free(vsctl, request->ifaces[i], text);
        free(text);
    }
    for (size_t i = 0; i < request->n_ifaces; i++) {
        ifaces[i] = insert_iface(vsctl, request->ifaces[i]);
    }
    const struct ovsdb_row *port = ovsdb_txn_insert(vsctl->txn, "Port");
    ovsdb_txn_set_string(vsctl->txn, port, "name", request->port);
    ovsdb_txn_set_refs(vsctl->txn, port, "interfaces", ifaces, request->n_ifaces);
    ovsdb_txn_set_bool(vsctl->txn, port, "bond_fake_iface", request->fake_iface);
    if (bridge.fake) {
        ovsdb_txn_set_int(vsctl->txn, port, "tag", bridge.vlan);
    }
    for (size_t i = 0; i < request->n_settings; i++) {
        vsctl_set_column(vsctl, port, request->settings[i]);
    }
    vsctl_model_add_ref(vsctl, bridge.row, "ports", port);
    free(ifaces);
}

static void add_port(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_port_request request = {
        .bridge = command->argv[1],
        .port = command->argv[2],
        .ifaces = &command->argv[2],
        .n_ifaces = 1,
        .settings = &command->argv[3],
        .n_settings = command->argc - 3,
        .may_exist = vsctl_has_option(command, "--may-exist"),
    };
    vsctl_port_add(vsctl, &request);
}

/* The port to delete, or null if "--if-exists" forgives that there is none. */
static const struct ovsdb_row *find_doomed(struct vsctl *vsctl, const struct vsctl_command *command,
                                           const char *name, struct vsctl_bridge *bridge)
{
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    const struct ovsdb_row *port;
    if (!vsctl_has_option(command, "--with-iface")) {
        port = vsctl_model_find_port(vsctl, name, false, bridge);
        if (!port && must_exist && vsctl_model_find_bridge(vsctl, name, false, bridge)) {
            vsctl_fatal("cannot delete port %s because it is the local port for bridge %s (deleting "
                        "this port requires deleting the entire bridge)",
                        name, name);
        }
        return port ? port : vsctl_model_find_port(vsctl, name, must_exist, bridge);
    }
    port = vsctl_model_find_port(vsctl, name, false, bridge);
    if (!port) {
        vsctl_model_find_iface(vsctl, name, false, &port, bridge);
    }
    if (!port && must_exist) {
        vsctl_fatal("no port or interface named %s", name);
    }
    return port;
}

static void check_belongs(const struct vsctl_bridge *wanted, const struct vsctl_bridge *actual,
                          const char *name)
{
    if (vsctl_model_same_bridge(wanted, actual)) {
        return;
    }
    if (wanted->row == actual->row && !wanted->fake) {
        vsctl_fatal("bridge %s does not have a port %s (although its child bridge %s does)",
                    wanted->name, name, actual->name);
    }
    if (wanted->row == actual->row && !actual->fake) {
        vsctl_fatal("bridge %s does not have a port %s (although its parent bridge %s does)",
                    wanted->name, name, actual->name);
    }
    vsctl_fatal("bridge %s does not have a port %s", wanted->name, name);
}

static void del_port(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[command->argc - 1];
    struct vsctl_bridge bridge, wanted;
    if (command->argc == 3) {
        vsctl_model_find_bridge(vsctl, command->argv[1], true, &wanted);
    }
    const struct ovsdb_row *port = find_doomed(vsctl, command, name, &bridge);
    if (!port) {
        return;
    }
    if (command->argc == 3) {
        check_belongs(&wanted, &bridge, name);
    }
    vsctl_model_delete_port(vsctl, &bridge, port);
}

static void list_ports(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_names names = { NULL, 0, 0 };
    struct vsctl_bridge bridge;
    const struct ovsdb_row **ports;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    size_t n = vsctl_model_list_ports(&bridge, &ports);
    for (size_t i = 0; i < n; i++) {
        vsctl_names_add(&names, ovsdb_row_string(ports[i], "name", ""));
    }
    free(ports);
    vsctl_names_print(&names, &command->output);
}

static void port_to_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    vsctl_model_find_port(vsctl, command->argv[1], true, &bridge);
    strbuf_putf(&command->output, "%s\n", bridge.name);
}

static void list_ifaces(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_names names = { NULL, 0, 0 };
    struct vsctl_bridge bridge;
    const struct ovsdb_row **ports;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    size_t n = vsctl_model_list_ports(&bridge, &ports);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < ovsdb_row_n(ports[i], "interfaces"); j++) {
            const struct ovsdb_row *iface = ovsdb_row_ref_at(ports[i], "interfaces", j);
            if (iface) {
                vsctl_names_add(&names, ovsdb_row_string(iface, "name", ""));
            }
        }
    }
    free(ports);
    vsctl_names_print(&names, &command->output);
}

static void iface_to_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    const struct ovsdb_row *port;
    vsctl_model_find_iface(vsctl, command->argv[1], true, &port, &bridge);
    strbuf_putf(&command->output, "%s\n", bridge.name);
}

const struct vsctl_syntax vsctl_port_commands[] = {
    { "add-port", 2, -1, "--may-exist", VSCTL_CORE, add_port, NULL },
    { "del-port", 1, 2, "--if-exists,--with-iface", VSCTL_CORE, del_port, NULL },
    { "list-ports", 1, 1, "", VSCTL_CORE, list_ports, NULL },
    { "port-to-br", 1, 1, "", VSCTL_CORE, port_to_br, NULL },
    { "list-ifaces", 1, 1, "", VSCTL_CORE, list_ifaces, NULL },
    { "iface-to-br", 1, 1, "", VSCTL_CORE, iface_to_br, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
