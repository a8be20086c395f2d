/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges, ports and interfaces as people see them.
 *
 * A "fake" bridge is a port of a real one that says so: it stands for one VLAN of its parent, and the parent's access ports in
 * this VLAN count as its own. In the database they all belong to the real bridge. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/hmap.h"

struct ovsdb_column;
struct ovsdb_row;
struct ovsdb_table_schema;
struct vsctl;

struct vsctl_bridge {
    struct hmap_node node; /* by name */
    const char *name;
    const struct ovsdb_row *row;      /* Bridge; of a fake one its parent's */
    const struct ovsdb_row *fake_row; /* Port; null for a real one */
    struct vsctl_bridge *parent;      /* null for a real one */
    int vlan;                         /* 0 for a real one */
    struct vsctl_port **ports;        /* without those of fake bridges on it */
    size_t n_ports, allocated;
    size_t n_fake; /* fake bridges on it */
};

struct vsctl_port {
    struct hmap_node node; /* by name */
    const char *name;
    const struct ovsdb_row *row;
    struct vsctl_bridge *bridge;
};

struct vsctl_iface {
    struct hmap_node node; /* by name */
    const char *name;
    const struct ovsdb_row *row;
    struct vsctl_port *port;
};

/* Each is null if there is none and 'must_exist' is false; otherwise this ends the program. */
struct vsctl_bridge *vsctl_model_bridge(struct vsctl *, const char *name, bool must_exist);
struct vsctl_port *vsctl_model_port(struct vsctl *, const char *name, bool must_exist);
struct vsctl_iface *vsctl_model_iface(struct vsctl *, const char *name, bool must_exist);

/* Fake bridges do not do. */
struct vsctl_bridge *vsctl_model_real_bridge(struct vsctl *, const char *name);

/* The fake bridge on 'parent' for 'vlan', or null. */
struct vsctl_bridge *vsctl_model_vlan_bridge(struct vsctl *, const struct vsctl_bridge *parent,
                                             int vlan);

/* All of them, for looking at. */
const struct hmap *vsctl_model_bridges(struct vsctl *);

/* Ends the program with "cannot create KIND named NAME because ..." if something has the name. */
void vsctl_model_check_free(struct vsctl *, const char *kind, const char *name);

/* Something was added; the rows are in place already. */
void vsctl_model_add_port(struct vsctl *, struct vsctl_bridge *real, const struct ovsdb_row *port);

/* What was known is no longer so, or may not be so because the column was changed. */
void vsctl_model_forget(struct vsctl *);
void vsctl_model_column_changed(struct vsctl *, const struct ovsdb_table_schema *,
                                const struct ovsdb_column *);

/* Lists in "bridges", "ports" and "interfaces". */
void vsctl_model_insert_ref(struct vsctl *, const struct ovsdb_row *, const char *column,
                            const struct ovsdb_row *ref);
void vsctl_model_remove_ref(struct vsctl *, const struct ovsdb_row *, const char *column,
                            const struct ovsdb_row *ref);
