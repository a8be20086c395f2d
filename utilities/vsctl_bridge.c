/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that have to do with bridges. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_names.h"

/* "--may-exist add-br": complains if what is there is something else. */
static void check_existing(const struct vsctl_bridge *bridge, const char *name, const char *parent,
                           int vlan)
{
    if (!parent) {
        if (bridge->fake) {
            vsctl_fatal("\"--may-exist add-br %s\" but %s is a VLAN bridge for VLAN %d", name, name,
                        bridge->vlan);
        }
        return;
    }
    if (!bridge->fake) {
        vsctl_fatal("\"--may-exist add-br %s %s %d\" but %s is not a VLAN bridge", name, parent,
                    vlan, name);
    }
    if (strcmp(ovsdb_row_string(bridge->row, "name", ""), parent)) {
        vsctl_fatal("\"--may-exist add-br %s %s %d\" but %s has the wrong parent %s", name, parent,
                    vlan, name, ovsdb_row_string(bridge->row, "name", ""));
    }
    if (bridge->vlan != vlan) {
        vsctl_fatal("\"--may-exist add-br %s %s %d\" but %s is a VLAN bridge for the wrong VLAN %d",
                    name, parent, vlan, name, bridge->vlan);
    }
}

/* The local port of a bridge that is to be. */
static const struct ovsdb_row *insert_local_port(struct vsctl *vsctl, const char *name)
{
    const struct ovsdb_row *iface = ovsdb_txn_insert(vsctl->txn, "Interface");
    const struct ovsdb_row *port = ovsdb_txn_insert(vsctl->txn, "Port");
    ovsdb_txn_set_string(vsctl->txn, iface, "name", name);
    ovsdb_txn_set_string(vsctl->txn, iface, "type", "internal");
    ovsdb_txn_set_string(vsctl->txn, port, "name", name);
    ovsdb_txn_set_refs(vsctl->txn, port, "interfaces", &iface, 1);
    return port;
}

static void add_fake_bridge(struct vsctl *vsctl, const char *name, const char *parent_name,
                            int vlan)
{
    struct vsctl_bridge parent, sibling;
    if (!vsctl_model_find_bridge(vsctl, parent_name, false, &parent)) {
        vsctl_fatal("parent bridge %s does not exist", parent_name);
    }
    if (parent.fake) {
        vsctl_fatal("cannot create bridge with fake bridge as parent");
    }
    if (vsctl_model_find_vlan_bridge(parent.row, vlan, &sibling)) {
        vsctl_fatal("bridge %s already has a child VLAN bridge %s on VLAN %d", parent_name,
                    sibling.name, vlan);
    }
    const struct ovsdb_row *port = insert_local_port(vsctl, name);
    ovsdb_txn_set_bool(vsctl->txn, port, "fake_bridge", true);
    ovsdb_txn_set_int(vsctl->txn, port, "tag", vlan);
    vsctl_model_add_ref(vsctl, parent.row, "ports", port);
}

static void add_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[1];
    const char *parent = NULL;
    int vlan = 0;
    struct vsctl_bridge bridge;
    if (command->argc == 3) {
        vsctl_fatal("'%s' command takes exactly 1 or 3 arguments", command->argv[0]);
    }
    if (command->argc == 4) {
        parent = command->argv[2];
        vlan = atoi(command->argv[3]);
        if (vlan < 0 || vlan > 4095) {
            vsctl_fatal("%s: vlan must be between 0 and 4095", command->argv[0]);
        }
    }
    if (vsctl_has_option(command, "--may-exist")
        && vsctl_model_find_bridge(vsctl, name, false, &bridge)) {
        check_existing(&bridge, name, parent, vlan);
        return;
    }
    char *what = xasprintf("cannot create a bridge named %s", name);
    vsctl_model_check_free(vsctl, name, what);
    free(what);
    if (parent) {
        add_fake_bridge(vsctl, name, parent, vlan);
        return;
    }
    const struct ovsdb_row *port = insert_local_port(vsctl, name);
    const struct ovsdb_row *row = ovsdb_txn_insert(vsctl->txn, "Bridge");
    ovsdb_txn_set_string(vsctl->txn, row, "name", name);
    ovsdb_txn_set_refs(vsctl->txn, row, "ports", &port, 1);
    vsctl_model_add_ref(vsctl, vsctl->root, "bridges", row);
}

static void del_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    if (!vsctl_model_find_bridge(vsctl, command->argv[1], must_exist, &bridge)) {
        return;
    }
    if (!bridge.fake) {
        vsctl_model_delete_bridge(vsctl, &bridge);
        return;
    }
    const struct ovsdb_row **ports;
    size_t n = vsctl_model_list_ports(&bridge, &ports);
    for (size_t i = 0; i < n; i++) {
        vsctl_model_delete_port(vsctl, &bridge, ports[i]);
    }
    free(ports);
    vsctl_model_delete_port(vsctl, &bridge, bridge.fake);
}

static void list_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool real = vsctl_has_option(command, "--real"), fake = vsctl_has_option(command, "--fake");
    struct vsctl_names names = { NULL, 0, 0 };
    struct vsctl_bridge *bridges;
    size_t n = vsctl_model_list_bridges(vsctl, &bridges);
    for (size_t i = 0; i < n; i++) {
        if (real == fake || fake == (bridges[i].fake != NULL)) {
            vsctl_names_add(&names, bridges[i].name);
        }
    }
    free(bridges);
    vsctl_names_print(&names, &command->output);
}

static void br_exists(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    if (!vsctl_model_find_bridge(vsctl, command->argv[1], false, &bridge)) {
        vsctl_exit(2);
    }
}

static void br_to_vlan(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    strbuf_putf(&command->output, "%d\n", bridge.vlan);
}

static void br_to_parent(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    strbuf_putf(&command->output, "%s\n", ovsdb_row_string(bridge.row, "name", ""));
}

/* A fake bridge keeps its external ids with its port, under names of their own. */
static const char fake_prefix[] = "fake-bridge-";

static void br_set_external_id(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    char *key = xasprintf("%s%s", bridge.fake ? fake_prefix : "", command->argv[2]);
    ovsdb_txn_set_key(vsctl->txn, bridge.fake ? bridge.fake : bridge.row, "external_ids", key,
                      command->argc > 3 ? command->argv[3] : NULL);
    free(key);
}

static void br_get_external_id(struct vsctl *vsctl, struct vsctl_command *command)
{
    struct vsctl_bridge bridge;
    vsctl_model_find_bridge(vsctl, command->argv[1], true, &bridge);
    const struct ovsdb_row *row = bridge.fake ? bridge.fake : bridge.row;
    const char *prefix = bridge.fake ? fake_prefix : "";
    const char *wanted = command->argc > 2 ? command->argv[2] : NULL;
    for (size_t i = 0; i < ovsdb_row_n(row, "external_ids"); i++) {
        const char *key = ovsdb_row_string_at(row, "external_ids", i);
        const char *value = ovsdb_row_string_value_at(row, "external_ids", i);
        if (strncmp(key, prefix, strlen(prefix))) {
            continue;
        }
        key += strlen(prefix);
        if (!wanted) {
            strbuf_putf(&command->output, "%s=%s\n", key, value);
        } else if (!strcmp(wanted, key)) {
            strbuf_putf(&command->output, "%s\n", value);
        }
    }
}

const struct vsctl_syntax vsctl_bridge_commands[] = {
    { "add-br", 1, 3, "--may-exist", VSCTL_CORE, add_br, NULL },
    { "del-br", 1, 1, "--if-exists", VSCTL_CORE, del_br, NULL },
    { "list-br", 0, 0, "--real,--fake", VSCTL_CORE, list_br, NULL },
    { "br-exists", 1, 1, "", VSCTL_CORE, br_exists, NULL },
    { "br-to-vlan", 1, 1, "", VSCTL_CORE, br_to_vlan, NULL },
    { "br-to-parent", 1, 1, "", VSCTL_CORE, br_to_parent, NULL },
    { "br-set-external-id", 2, 3, "", VSCTL_CORE, br_set_external_id, NULL },
    { "br-get-external-id", 1, 2, "", VSCTL_CORE, br_get_external_id, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
