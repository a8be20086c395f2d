/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the view of bridges, ports and interfaces from the rows of the copy. */
#include "utilities/vsctl_model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "utilities/vsctl.h"

LOG_MODULE(vsctl_model);

struct vsctl_model {
    struct hmap bridges, ports, ifaces;
};

static uint32_t hash_name(const char *name)
{
    return hash_string(name, 0);
}

static struct vsctl_bridge *find_bridge(const struct vsctl_model *model, const char *name)
{
    struct vsctl_bridge *bridge;
    hmap_for_each_with_hash (bridge, node, hash_name(name), &model->bridges) {
        if (!strcmp(bridge->name, name)) {
            return bridge;
        }
    }
    return NULL;
}

static struct vsctl_port *find_port(const struct vsctl_model *model, const char *name)
{
    struct vsctl_port *port;
    hmap_for_each_with_hash (port, node, hash_name(name), &model->ports) {
        if (!strcmp(port->name, name)) {
            return port;
        }
    }
    return NULL;
}

static struct vsctl_iface *find_iface(const struct vsctl_model *model, const char *name)
{
    struct vsctl_iface *iface;
    hmap_for_each_with_hash (iface, node, hash_name(name), &model->ifaces) {
        if (!strcmp(iface->name, name)) {
            return iface;
        }
    }
    return NULL;
}

static struct vsctl_bridge *find_vlan_bridge(const struct vsctl_model *model,
                                             const struct vsctl_bridge *parent, int vlan)
{
    struct vsctl_bridge *bridge;
    if (!parent->n_fake) {
        return NULL;
    }
    hmap_for_each (bridge, node, &model->bridges) {
        if (bridge->parent == parent && bridge->vlan == vlan) {
            return bridge;
        }
    }
    return NULL;
}

/* Building. */

static struct vsctl_bridge *add_bridge(struct vsctl_model *model, const char *name,
                                       const struct ovsdb_row *row)
{
    struct vsctl_bridge *bridge = xzalloc(sizeof *bridge);
    bridge->name = name;
    bridge->row = row;
    hmap_insert(&model->bridges, &bridge->node, hash_name(name));
    return bridge;
}

/* The VLAN of an access port, or -1. */
static int tag_of(const struct ovsdb_row *port)
{
    int64_t tag = ovsdb_row_int(port, "tag", -1);
    return tag >= 0 && tag <= 4095 ? (int) tag : -1;
}

static bool is_fake_bridge(const struct ovsdb_row *port)
{
    return ovsdb_row_bool(port, "fake_bridge", false) && tag_of(port) >= 0;
}

static void add_fake_bridge(struct vsctl_model *model, struct vsctl_bridge *parent,
                            const struct ovsdb_row *port)
{
    const char *name = ovsdb_row_string(port, "name", "");
    const struct vsctl_bridge *other = find_vlan_bridge(model, parent, tag_of(port));
    if (find_bridge(model, name)) {
        log_warn("%s: database contains duplicate bridge name", name);
        return;
    }
    if (other) {
        log_warn("%s: bridge has multiple VLAN bridges (%s and %s) for VLAN %d, but only one is "
                 "allowed",
                 parent->name, other->name, name, tag_of(port));
        return;
    }
    struct vsctl_bridge *bridge = add_bridge(model, name, parent->row);
    bridge->fake_row = port;
    bridge->parent = parent;
    bridge->vlan = tag_of(port);
    parent->n_fake++;
}

static void add_iface(struct vsctl_model *model, struct vsctl_port *port,
                      const struct ovsdb_row *row)
{
    const char *name = ovsdb_row_string(row, "name", "");
    const struct vsctl_iface *other = find_iface(model, name);
    if (other && other->row == row) {
        log_warn("%s: interface is in multiple ports (%s and %s)", name, other->port->name,
                 port->name);
    } else if (other) {
        log_warn("%s: database contains duplicate interface name", name);
    } else {
        struct vsctl_iface *iface = xzalloc(sizeof *iface);
        iface->name = name;
        iface->row = row;
        iface->port = port;
        hmap_insert(&model->ifaces, &iface->node, hash_name(name));
    }
}

static void add_port(struct vsctl_model *model, struct vsctl_bridge *real,
                     const struct ovsdb_row *row)
{
    const char *name = ovsdb_row_string(row, "name", "");
    const struct vsctl_port *other = find_port(model, name);
    if (other) {
        if (other->row == row) {
            log_warn("%s: port is in multiple bridges (%s and %s)", name, other->bridge->name,
                     real->name);
        } else {
            log_warn("%s: database contains duplicate port name", name);
        }
        return;
    }
    struct vsctl_port *port = xzalloc(sizeof *port);
    int tag = tag_of(row);
    struct vsctl_bridge *fake = tag >= 0 ? find_vlan_bridge(model, real, tag) : NULL;
    struct vsctl_bridge *bridge = fake ? fake : real;
    port->name = name;
    port->row = row;
    port->bridge = bridge;
    hmap_insert(&model->ports, &port->node, hash_name(name));
    if (bridge->n_ports >= bridge->allocated) {
        bridge->ports = grow_array(bridge->ports, &bridge->allocated, sizeof *bridge->ports);
    }
    bridge->ports[bridge->n_ports++] = port;
    for (size_t i = 0; i < ovsdb_row_n(row, "interfaces"); i++) {
        const struct ovsdb_row *iface = ovsdb_row_ref_at(row, "interfaces", i);
        if (iface) {
            add_iface(model, port, iface);
        }
    }
}

static void build_bridge(struct vsctl_model *model, const struct ovsdb_row *row)
{
    const char *name = ovsdb_row_string(row, "name", "");
    if (find_bridge(model, name)) {
        log_warn("%s: database contains duplicate bridge name", name);
        return;
    }
    struct vsctl_bridge *bridge = add_bridge(model, name, row);
    for (size_t i = 0; i < ovsdb_row_n(row, "ports"); i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", i);
        if (port && is_fake_bridge(port)) {
            add_fake_bridge(model, bridge, port);
        }
    }
}

static struct vsctl_model *build(const struct vsctl *vsctl)
{
    struct vsctl_model *model = xzalloc(sizeof *model);
    size_t n = ovsdb_row_n(vsctl->root, "bridges");
    for (size_t i = 0; i < n; i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(vsctl->root, "bridges", i);
        if (row) {
            build_bridge(model, row);
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(vsctl->root, "bridges", i);
        struct vsctl_bridge *bridge
            = row ? find_bridge(model, ovsdb_row_string(row, "name", "")) : NULL;
        for (size_t j = 0; bridge && bridge->row == row && j < ovsdb_row_n(row, "ports"); j++) {
            const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", j);
            if (port) {
                add_port(model, bridge, port);
            }
        }
    }
    return model;
}

static struct vsctl_model *get(struct vsctl *vsctl)
{
    if (!vsctl->model) {
        vsctl->model = build(vsctl);
    }
    return vsctl->model;
}

void vsctl_model_forget(struct vsctl *vsctl)
{
    struct vsctl_model *model = vsctl->model;
    struct vsctl_bridge *bridge, *next_bridge;
    struct vsctl_port *port, *next_port;
    struct vsctl_iface *iface, *next_iface;
    if (!model) {
        return;
    }
    hmap_for_each_safe (bridge, next_bridge, node, &model->bridges) {
        free(bridge->ports);
        free(bridge);
    }
    hmap_for_each_safe (port, next_port, node, &model->ports) {
        free(port);
    }
    hmap_for_each_safe (iface, next_iface, node, &model->ifaces) {
        free(iface);
    }
    hmap_destroy(&model->bridges);
    hmap_destroy(&model->ports);
    hmap_destroy(&model->ifaces);
    free(model);
    vsctl->model = NULL;
}

void vsctl_model_column_changed(struct vsctl *vsctl, const struct ovsdb_table_schema *table,
                                const struct ovsdb_column *column)
{
    static const char *const structure[][2] = {
        { "Open_vSwitch", "bridges" }, { "Bridge", "name" },    { "Bridge", "ports" },
        { "Port", "name" },            { "Port", "interfaces" }, { "Port", "tag" },
        { "Port", "fake_bridge" },     { "Interface", "name" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(structure); i++) {
        if (!strcmp(structure[i][0], table->name) && !strcmp(structure[i][1], column->name)) {
            vsctl_model_forget(vsctl);
        }
    }
}

/* Asking. */

struct vsctl_bridge *vsctl_model_bridge(struct vsctl *vsctl, const char *name, bool must_exist)
{
    struct vsctl_bridge *bridge = find_bridge(get(vsctl), name);
    if (!bridge && must_exist) {
        vsctl_fatal("no bridge named %s", name);
    }
    return bridge;
}

struct vsctl_bridge *vsctl_model_real_bridge(struct vsctl *vsctl, const char *name)
{
    struct vsctl_bridge *bridge = vsctl_model_bridge(vsctl, name, true);
    if (bridge->parent) {
        vsctl_fatal("%s is a fake bridge", name);
    }
    return bridge;
}

struct vsctl_port *vsctl_model_port(struct vsctl *vsctl, const char *name, bool must_exist)
{
    struct vsctl_port *port = find_port(get(vsctl), name);
    bool is_bridge = port && !strcmp(port->bridge->name, name);
    if (must_exist && (!port || is_bridge)) {
        vsctl_fatal("no port named %s", name);
    }
    return port;
}

struct vsctl_iface *vsctl_model_iface(struct vsctl *vsctl, const char *name, bool must_exist)
{
    struct vsctl_iface *iface = find_iface(get(vsctl), name);
    bool is_bridge = iface && !strcmp(iface->name, iface->port->bridge->name);
    if (must_exist && (!iface || is_bridge)) {
        vsctl_fatal("no interface named %s", name);
    }
    return iface && !is_bridge ? iface : NULL;
}

struct vsctl_bridge *vsctl_model_vlan_bridge(struct vsctl *vsctl, const struct vsctl_bridge *parent,
                                             int vlan)
{
    return find_vlan_bridge(get(vsctl), parent, vlan);
}

const struct hmap *vsctl_model_bridges(struct vsctl *vsctl)
{
    return &get(vsctl)->bridges;
}

void vsctl_model_check_free(struct vsctl *vsctl, const char *kind, const char *name)
{
    const struct vsctl_model *model = get(vsctl);
    const struct vsctl_port *port = find_port(model, name);
    const struct vsctl_iface *iface = find_iface(model, name);
    if (find_bridge(model, name)) {
        vsctl_fatal("cannot create %s named %s because a bridge named %s already exists", kind,
                    name, name);
    }
    if (port) {
        vsctl_fatal("cannot create %s named %s because a port named %s already exists on bridge %s",
                    kind, name, name, port->bridge->name);
    }
    if (iface) {
        vsctl_fatal("cannot create %s named %s because an interface named %s already exists on "
                    "bridge %s",
                    kind, name, name, iface->port->bridge->name);
    }
}

/* Changing. */

void vsctl_model_add_port(struct vsctl *vsctl, struct vsctl_bridge *real,
                          const struct ovsdb_row *port)
{
    if (is_fake_bridge(port)) {
        vsctl_model_forget(vsctl);
    } else {
        add_port(get(vsctl), real, port);
    }
}

static void change_ref(struct vsctl *vsctl, const struct ovsdb_row *row, const char *name,
                       const struct ovsdb_row *ref, bool insert)
{
    const struct ovsdb_column *column
        = ovsdb_schema_column(ovsdb_schema_table(ovsdb_get_schema(vsctl->db),
                                                 ovsdb_row_table(row)),
                              name);
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(row, name), &column->type);
    union ovsdb_atom key = { .uuid = *ovsdb_row_uuid(ref) };
    if (ovsdb_row_is_new(row) && ovsdb_datum_is_default(&datum, &column->type)) {
        ovsdb_datum_destroy(&datum, &column->type); /* may have a zero UUID in it */
        datum = (struct ovsdb_datum) OVSDB_DATUM_EMPTY;
    }
    size_t at = ovsdb_datum_find(&datum, &key, &column->type);
    if (insert && at == SIZE_MAX) {
        ovsdb_datum_put(&datum, &key, NULL, &column->type);
    } else if (!insert && at != SIZE_MAX) {
        ovsdb_datum_remove_at(&datum, at, &column->type);
    }
    ovsdb_txn_set_datum(vsctl->txn, row, name, &datum);
}

void vsctl_model_insert_ref(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                            const struct ovsdb_row *ref)
{
    change_ref(vsctl, row, column, ref, true);
}

void vsctl_model_remove_ref(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                            const struct ovsdb_row *ref)
{
    change_ref(vsctl, row, column, ref, false);
}
