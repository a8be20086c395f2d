/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges, ports and interfaces in the rows of the database. */
#include "utilities/vsctl_model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "utilities/vsctl.h"

static const char *name_of(const struct ovsdb_row *row)
{
    return ovsdb_row_string(row, "name", "");
}

/* The VLAN of a port, or -1. */
static int tag_of(const struct ovsdb_row *port)
{
    int64_t tag = ovsdb_row_int(port, "tag", -1);
    return tag >= 0 && tag <= 4095 ? tag : -1;
}

static bool is_fake_bridge(const struct ovsdb_row *port)
{
    return ovsdb_row_bool(port, "fake_bridge", false) && tag_of(port) >= 0;
}

static bool is_local_port(const struct ovsdb_row *bridge, const struct ovsdb_row *port)
{
    return !strcmp(name_of(bridge), name_of(port)) || is_fake_bridge(port);
}

static struct vsctl_bridge real_bridge(const struct ovsdb_row *row)
{
    return (struct vsctl_bridge){ .name = name_of(row), .row = row };
}

static struct vsctl_bridge fake_bridge(const struct ovsdb_row *row, const struct ovsdb_row *port)
{
    return (struct vsctl_bridge){
        .name = name_of(port), .row = row, .fake = port, .vlan = tag_of(port)
    };
}

size_t vsctl_model_list_bridges(const struct vsctl *vsctl, struct vsctl_bridge **bridgesp)
{
    struct vsctl_bridge *bridges = NULL;
    size_t n = 0, allocated = 0;
    for (size_t i = 0; i < ovsdb_row_n(vsctl->root, "bridges"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(vsctl->root, "bridges", i);
        size_t n_ports = row ? ovsdb_row_n(row, "ports") : 0;
        for (size_t j = 0; row && j <= n_ports; j++) {
            const struct ovsdb_row *port = j ? ovsdb_row_ref_at(row, "ports", j - 1) : NULL;
            if (j && (!port || !is_fake_bridge(port))) {
                continue;
            }
            if (n >= allocated) {
                bridges = grow_array(bridges, &allocated, sizeof *bridges);
            }
            bridges[n++] = j ? fake_bridge(row, port) : real_bridge(row);
        }
    }
    *bridgesp = bridges;
    return n;
}

bool vsctl_model_find_bridge(const struct vsctl *vsctl, const char *name, bool must_exist,
                             struct vsctl_bridge *bridge)
{
    struct vsctl_bridge *bridges;
    size_t n = vsctl_model_list_bridges(vsctl, &bridges);
    bool found = false;
    for (size_t i = 0; i < n && !found; i++) {
        found = !strcmp(bridges[i].name, name);
        *bridge = bridges[i];
    }
    free(bridges);
    if (!found && must_exist) {
        vsctl_fatal("no bridge named %s", name);
    }
    return found;
}

bool vsctl_model_find_vlan_bridge(const struct ovsdb_row *row, int vlan,
                                  struct vsctl_bridge *bridge)
{
    for (size_t i = 0; i < ovsdb_row_n(row, "ports"); i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", i);
        if (port && is_fake_bridge(port) && tag_of(port) == vlan) {
            *bridge = fake_bridge(row, port);
            return true;
        }
    }
    return false;
}

/* The bridge, maybe a fake one, that a port of a real bridge counts to. */
static struct vsctl_bridge bridge_of(const struct ovsdb_row *row, const struct ovsdb_row *port)
{
    struct vsctl_bridge bridge;
    int vlan = tag_of(port);
    return vlan >= 0 && vsctl_model_find_vlan_bridge(row, vlan, &bridge) ? bridge
                                                                         : real_bridge(row);
}

bool vsctl_model_same_bridge(const struct vsctl_bridge *a, const struct vsctl_bridge *b)
{
    return a->row == b->row && a->fake == b->fake;
}

/* Calls 'cb' for each port that is no local port, until it returns true. */
static bool for_each_port(const struct vsctl *vsctl,
                          bool (*cb)(void *aux, const struct ovsdb_row *bridge,
                                     const struct ovsdb_row *port),
                          void *aux)
{
    for (size_t i = 0; i < ovsdb_row_n(vsctl->root, "bridges"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(vsctl->root, "bridges", i);
        for (size_t j = 0; row && j < ovsdb_row_n(row, "ports"); j++) {
            const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", j);
            if (port && !is_local_port(row, port) && cb(aux, row, port)) {
                return true;
            }
        }
    }
    return false;
}

struct search {
    const char *name;
    const struct ovsdb_row *bridge, *port, *iface;
};

static bool is_port(void *search_, const struct ovsdb_row *bridge, const struct ovsdb_row *port)
{
    struct search *search = search_;
    search->bridge = bridge;
    search->port = port;
    return !strcmp(name_of(port), search->name);
}

static bool has_iface(void *search_, const struct ovsdb_row *bridge, const struct ovsdb_row *port)
{
    struct search *search = search_;
    search->bridge = bridge;
    search->port = port;
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        search->iface = ovsdb_row_ref_at(port, "interfaces", i);
        if (search->iface && !strcmp(name_of(search->iface), search->name)) {
            return true;
        }
    }
    return false;
}

const struct ovsdb_row *vsctl_model_find_port(const struct vsctl *vsctl, const char *name,
                                              bool must_exist, struct vsctl_bridge *bridge)
{
    struct search search = { .name = name };
    if (for_each_port(vsctl, is_port, &search)) {
        *bridge = bridge_of(search.bridge, search.port);
        return search.port;
    }
    if (must_exist) {
        vsctl_fatal("no port named %s", name);
    }
    return NULL;
}

const struct ovsdb_row *vsctl_model_find_iface(const struct vsctl *vsctl, const char *name,
                                               bool must_exist, const struct ovsdb_row **port,
                                               struct vsctl_bridge *bridge)
{
    struct search search = { .name = name };
    if (for_each_port(vsctl, has_iface, &search)) {
        *bridge = bridge_of(search.bridge, search.port);
        *port = search.port;
        return search.iface;
    }
    if (must_exist) {
        vsctl_fatal("no interface named %s", name);
    }
    return NULL;
}

size_t vsctl_model_list_ports(const struct vsctl_bridge *bridge, const struct ovsdb_row ***portsp)
{
    size_t n_all = ovsdb_row_n(bridge->row, "ports"), n = 0;
    const struct ovsdb_row **ports = xcalloc(n_all + 1, sizeof *ports);
    for (size_t i = 0; i < n_all; i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(bridge->row, "ports", i);
        if (port && !is_local_port(bridge->row, port)) {
            struct vsctl_bridge owner = bridge_of(bridge->row, port);
            if (vsctl_model_same_bridge(&owner, bridge)) {
                ports[n++] = port;
            }
        }
    }
    *portsp = ports;
    return n;
}

void vsctl_model_check_free(const struct vsctl *vsctl, const char *name, const char *what)
{
    struct vsctl_bridge bridge;
    const struct ovsdb_row *port;
    if (vsctl_model_find_bridge(vsctl, name, false, &bridge)) {
        vsctl_fatal("%s because a bridge named %s already exists", what, name);
    }
    if (vsctl_model_find_port(vsctl, name, false, &bridge)) {
        vsctl_fatal("%s because a port named %s already exists on bridge %s", what, name,
                    bridge.name);
    }
    if (vsctl_model_find_iface(vsctl, name, false, &port, &bridge)) {
        vsctl_fatal("%s because an interface named %s already exists on bridge %s", what, name,
                    bridge.name);
    }
}

/* Changes whether the set has the reference. */
static void change_ref(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                       const struct ovsdb_row *target, bool add)
{
    const struct ovsdb_schema *schema = ovsdb_get_schema(vsctl->db);
    const struct ovsdb_table_schema *table = ovsdb_schema_table(schema, ovsdb_row_table(row));
    const struct ovsdb_type *type = &ovsdb_schema_column(table, column)->type;
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(row, column), type);
    union ovsdb_atom atom = { .uuid = *ovsdb_row_uuid(target) };
    size_t i = ovsdb_datum_find(&datum, &atom, type);
    if (add) {
        ovsdb_datum_put(&datum, &atom, NULL, type);
    } else if (i != SIZE_MAX) {
        ovsdb_datum_remove_at(&datum, i, type);
    }
    ovsdb_txn_set_datum(vsctl->txn, row, column, &datum);
}

void vsctl_model_add_ref(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                         const struct ovsdb_row *target)
{
    change_ref(vsctl, row, column, target, true);
}

void vsctl_model_remove_ref(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                            const struct ovsdb_row *target)
{
    change_ref(vsctl, row, column, target, false);
}

static void delete_with_ifaces(struct vsctl *vsctl, const struct ovsdb_row *port)
{
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        const struct ovsdb_row *iface = ovsdb_row_ref_at(port, "interfaces", i);
        if (iface) {
            ovsdb_txn_delete(vsctl->txn, iface);
        }
    }
    ovsdb_txn_delete(vsctl->txn, port);
}

void vsctl_model_delete_port(struct vsctl *vsctl, const struct vsctl_bridge *bridge,
                             const struct ovsdb_row *port)
{
    vsctl_model_remove_ref(vsctl, bridge->row, "ports", port);
    delete_with_ifaces(vsctl, port);
}

void vsctl_model_delete_bridge(struct vsctl *vsctl, const struct vsctl_bridge *bridge)
{
    for (size_t i = 0; i < ovsdb_row_n(bridge->row, "ports"); i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(bridge->row, "ports", i);
        if (port) {
            delete_with_ifaces(vsctl, port);
        }
    }
    vsctl_model_remove_ref(vsctl, vsctl->root, "bridges", bridge->row);
    ovsdb_txn_delete(vsctl->txn, bridge->row);
}
