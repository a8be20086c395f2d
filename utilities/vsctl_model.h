/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as bridges, ports and interfaces, for the commands that speak of these.
 *
 * A fake bridge is a port with fake_bridge set; it stands for a VLAN (the port's tag) of the real bridge that has the port, and
 * has that bridge's ports with the same tag. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ovsdb_row;
struct vsctl;

struct vsctl_bridge {
    const char *name;
    const struct ovsdb_row *row;  /* of the real bridge */
    const struct ovsdb_row *fake; /* the port that makes it a fake one; null for a real one */
    int vlan;                     /* of a fake one, else 0 */
};

/* False if there is none; with 'must_exist' the program ends then. */
bool vsctl_model_find_bridge(const struct vsctl *, const char *name, bool must_exist,
                             struct vsctl_bridge *);

/* The fake bridge for a VLAN of a real one. */
bool vsctl_model_find_vlan_bridge(const struct ovsdb_row *bridge, int vlan, struct vsctl_bridge *);

/* All bridges, each real one followed by its fake ones. The caller frees '*bridges'. */
size_t vsctl_model_list_bridges(const struct vsctl *, struct vsctl_bridge **bridges);

/* The port of this name, which is no bridge's local port, and where it is. */
const struct ovsdb_row *vsctl_model_find_port(const struct vsctl *, const char *name,
                                              bool must_exist, struct vsctl_bridge *);

/* The interface of this name, which is none of a local port; its port; and where that is. */
const struct ovsdb_row *vsctl_model_find_iface(const struct vsctl *, const char *name,
                                               bool must_exist, const struct ovsdb_row **port,
                                               struct vsctl_bridge *);

/* The ports of the bridge but for its local port. The caller frees '*ports'. */
size_t vsctl_model_list_ports(const struct vsctl_bridge *, const struct ovsdb_row ***ports);

bool vsctl_model_same_bridge(const struct vsctl_bridge *, const struct vsctl_bridge *);

/* Ends the program with 'what' ("cannot create a port named x") if a bridge, port or interface has this name. */
void vsctl_model_check_free(const struct vsctl *, const char *name, const char *what);

/* Adds or removes references in a set. */
void vsctl_model_add_ref(struct vsctl *, const struct ovsdb_row *, const char *column,
                         const struct ovsdb_row *target);
void vsctl_model_remove_ref(struct vsctl *, const struct ovsdb_row *, const char *column,
                            const struct ovsdb_row *target);

/* Deletes a port with its interfaces; then a real bridge with all in it. */
void vsctl_model_delete_port(struct vsctl *, const struct vsctl_bridge *,
                             const struct ovsdb_row *port);
void vsctl_model_delete_bridge(struct vsctl *, const struct vsctl_bridge *);
