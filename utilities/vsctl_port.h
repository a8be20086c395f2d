/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing the rows of a port. */
#pragma once

#include <stddef.h>

struct ovsdb_row;
struct vsctl;
struct vsctl_command;
struct vsctl_port;

/* A new Port with an Interface for each name, of this type (null: the default one). Nothing refers to the port yet. */
const struct ovsdb_row *vsctl_port_insert(struct vsctl *, const char *name,
                                          const char *const *ifaces, size_t n, const char *type);

/* A new Interface, which is looked at once the switch has set it up. */
const struct ovsdb_row *vsctl_port_insert_iface(struct vsctl *, const char *name, const char *type);

/* Deletes the rows and the reference from the bridge. The model is to be forgotten afterwards. */
void vsctl_port_delete(struct vsctl *, const struct vsctl_port *);

/* add-port and add-bond: the words of the command behind the interfaces set columns of the port. */
struct vsctl_new_port {
    const char *bridge, *name;
    const char **ifaces; /* sorted in place */
    size_t n_ifaces;
    char **settings;
    size_t n_settings;
};
void vsctl_port_add(struct vsctl *, struct vsctl_command *, struct vsctl_new_port *);
