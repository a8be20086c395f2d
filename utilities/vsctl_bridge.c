/* SPDX-License-Identifier: Apache-2.0 */
/* The commands on bridges. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"
#include "utilities/vsctl_port.h"

/* Before the keys of what a fake bridge keeps in its port's external_ids. */
static const char fake_prefix[] = "fake-bridge-";

/* Is there such a bridge already, and is it what was asked for? Ends the program if it is another. */
static bool may_keep(struct vsctl *vsctl, const char *name, const char *parent, int vlan)
{
    const struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, name, false);
    if (!bridge) {
        return false;
    }
    if (!parent) {
        if (bridge->parent) {
            vsctl_fatal("\"--may-exist add-br %s\" but %s is a VLAN bridge for VLAN %d", name, name,
                        bridge->vlan);
        }
    } else if (!bridge->parent) {
        vsctl_fatal("\"--may-exist add-br %s %s %d\" but %s is not a VLAN bridge", name, parent,
                    vlan, name);
    } else if (strcmp(bridge->parent->name, parent)) {
        vsctl_fatal("\"--may-exist add-br %s %s %d\" but %s has the wrong parent %s", name, parent,
                    vlan, name, bridge->parent->name);
    } else if (bridge->vlan != vlan) {
        vsctl_fatal("\"--may-exist add-br %s %s %d\" but %s is a VLAN bridge for the wrong VLAN %d",
                    name, parent, vlan, name, bridge->vlan);
    }
    return true;
}

static struct vsctl_bridge *find_parent(struct vsctl *vsctl, const char *name, int vlan)
{
    struct vsctl_bridge *parent = vsctl_model_bridge(vsctl, name, false);
    if (!parent) {
        vsctl_fatal("parent bridge %s does not exist", name);
    }
    if (parent->parent) {
        vsctl_fatal("cannot create bridge with fake bridge as parent");
    }
    const struct vsctl_bridge *other = vsctl_model_vlan_bridge(vsctl, parent, vlan);
    if (other) {
        vsctl_fatal("bridge %s already has a child VLAN bridge %s on VLAN %d", name, other->name,
                    vlan);
    }
    return parent;
}

static void run_add_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *name = command->argv[1];
    const char *parent_name = command->argc > 2 ? command->argv[2] : NULL;
    const struct ovsdb_row *bridge;
    int vlan = 0;
    if (!name[0]) {
        vsctl_fatal("bridge name must not be empty string");
    }
    if (command->argc == 3) {
        vsctl_fatal("'%s' command takes exactly 1 or 3 arguments", command->argv[0]);
    }
    if (parent_name) {
        vlan = atoi(command->argv[3]);
        if (vlan < 0 || vlan > 4095) {
            vsctl_fatal("%s: vlan must be between 0 and 4095", command->argv[0]);
        }
    }
    if (vsctl_has_option(command, "--may-exist") && may_keep(vsctl, name, parent_name, vlan)) {
        return;
    }
    vsctl_model_check_free(vsctl, "a bridge", name);
    const struct vsctl_bridge *parent
        = parent_name ? find_parent(vsctl, parent_name, vlan) : NULL;
    const struct ovsdb_row *port = vsctl_port_insert(vsctl, name, &name, 1, "internal");
    if (parent) {
        bridge = parent->row;
        vsctl_guard(vsctl, bridge, "ports"); /* for no other fake bridge to have the VLAN */
        ovsdb_txn_set_bool(vsctl->txn, port, "fake_bridge", true);
        ovsdb_txn_set_int(vsctl->txn, port, "tag", vlan);
    } else {
        bridge = ovsdb_txn_insert(vsctl->txn, "Bridge");
        ovsdb_txn_set_string(vsctl->txn, bridge, "name", name);
        vsctl_model_insert_ref(vsctl, vsctl->root, "bridges", bridge);
    }
    vsctl_model_insert_ref(vsctl, bridge, "ports", port);
    vsctl_model_forget(vsctl);
}

static void delete_ports(struct vsctl *vsctl, const struct vsctl_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        vsctl_port_delete(vsctl, bridge->ports[i]);
    }
}

static void run_del_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    const struct vsctl_bridge *child, *bridge
        = vsctl_model_bridge(vsctl, command->argv[1], must_exist);
    if (!bridge) {
        return;
    }
    hmap_for_each (child, node, vsctl_model_bridges(vsctl)) {
        if (child->parent == bridge) {
            delete_ports(vsctl, child);
        }
    }
    delete_ports(vsctl, bridge);
    if (!bridge->parent) {
        vsctl_model_remove_ref(vsctl, vsctl->root, "bridges", bridge->row);
        ovsdb_txn_delete(vsctl->txn, bridge->row);
    }
    vsctl_model_forget(vsctl);
}

static void run_list_br(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool real = vsctl_has_option(command, "--real");
    bool fake = vsctl_has_option(command, "--fake");
    const struct hmap *bridges = vsctl_model_bridges(vsctl);
    const char **names = xcalloc(hmap_count(bridges) + 1, sizeof *names);
    const struct vsctl_bridge *bridge;
    size_t n = 0;
    hmap_for_each (bridge, node, bridges) {
        if (real == fake || (bridge->parent ? fake : real)) {
            names[n++] = bridge->name;
        }
    }
    vsctl_print_sorted(command, names, n);
    free(names);
}

static void run_br_exists(struct vsctl *vsctl, struct vsctl_command *command)
{
    if (!vsctl_model_bridge(vsctl, command->argv[1], false)) {
        vsctl_exit(2);
    }
}

static void run_br_to_vlan(struct vsctl *vsctl, struct vsctl_command *command)
{
    strbuf_putf(&command->output, "%d\n", vsctl_model_bridge(vsctl, command->argv[1], true)->vlan);
}

static void run_br_to_parent(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, command->argv[1], true);
    strbuf_putf(&command->output, "%s\n", bridge->parent ? bridge->parent->name : bridge->name);
}

/* The row whose external_ids are the bridge's, with what its keys begin with. */
static const struct ovsdb_row *external_ids_of(const struct vsctl_bridge *bridge,
                                               const char **prefix)
{
    *prefix = bridge->fake_row ? fake_prefix : "";
    return bridge->fake_row ? bridge->fake_row : bridge->row;
}

static void run_br_set_external_id(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *prefix;
    const struct ovsdb_row *row
        = external_ids_of(vsctl_model_bridge(vsctl, command->argv[1], true), &prefix);
    char *key = xasprintf("%s%s", prefix, command->argv[2]);
    ovsdb_txn_set_key(vsctl->txn, row, "external_ids", key,
                      command->argc > 3 ? command->argv[3] : NULL);
    free(key);
}

static void run_br_get_external_id(struct vsctl *vsctl, struct vsctl_command *command)
{
    const char *prefix;
    const struct ovsdb_row *row
        = external_ids_of(vsctl_model_bridge(vsctl, command->argv[1], true), &prefix);
    size_t skip = strlen(prefix);
    for (size_t i = 0; i < ovsdb_row_n(row, "external_ids"); i++) {
        const char *key = ovsdb_row_string_at(row, "external_ids", i);
        const char *value = ovsdb_row_string_value_at(row, "external_ids", i);
        if (strncmp(key, prefix, skip)) {
            continue;
        }
        if (command->argc == 2) {
            strbuf_putf(&command->output, "%s=%s\n", key + skip, value);
        } else if (!strcmp(key + skip, command->argv[2])) {
            strbuf_putf(&command->output, "%s\n", value);
        }
    }
}

const struct vsctl_syntax vsctl_bridge_commands[] = {
    { "add-br", 1, 3, "--may-exist", VSCTL_CORE, run_add_br, NULL },
    { "del-br", 1, 1, "--if-exists", VSCTL_CORE, run_del_br, NULL },
    { "list-br", 0, 0, "--real,--fake", VSCTL_CORE, run_list_br, NULL },
    { "br-exists", 1, 1, "", VSCTL_CORE, run_br_exists, NULL },
    { "br-to-vlan", 1, 1, "", VSCTL_CORE, run_br_to_vlan, NULL },
    { "br-to-parent", 1, 1, "", VSCTL_CORE, run_br_to_parent, NULL },
    { "br-set-external-id", 2, 3, "", VSCTL_CORE | VSCTL_PORT_IDS,
      run_br_set_external_id, NULL },
    { "br-get-external-id", 1, 2, "", VSCTL_CORE | VSCTL_PORT_IDS,
      run_br_get_external_id, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
