/* SPDX-License-Identifier: Apache-2.0 */
/* A bridge: one row of OVSDB's Bridge table, with its ports and interfaces, and the OpenFlow switch that stands for it.
 *
 * A reconfiguration goes over all bridges in two passes, so that an interface can move from one bridge to another: first
 * bridge_prune() takes away what is no longer wanted, then bridge_apply() adds and changes. Main thread only. */
#pragma once

#include <stdbool.h>

#include "lib/base/hmap.h"
#include "ofproto/ofproto.h"
#include "vswitchd/iface.h"

struct ovsdb;
struct ovsdb_row;
struct ovsdb_txn;

struct bridge {
    struct hmap_node by_name;
    char *name;
    struct ofproto *ofproto; /* null while it could not be created */
    struct hmap ifaces;      /* struct iface.by_name */
    struct hmap bundles;     /* names of Port rows in force: struct bridge_bundle.by_name */
    struct eth_addr mac;     /* of the local port */
    bool wanted;             /* mark of the reconfiguration in progress */
};

struct bridge_bundle {
    struct hmap_node by_name;
    char *name;
    bool wanted;
};

struct bridge *bridge_create(const char *name);

/* Destroys the switch too, and its ports in the datapath with 'delete_ports'. Null is fine. */
void bridge_destroy(struct bridge *, bool delete_ports);

struct iface *bridge_find_iface(const struct bridge *, const char *name);

/* Removes ports and interfaces that 'row' does not have any more. */
void bridge_prune(struct bridge *, const struct ovsdb_row *);

/* Creates the switch if need be, and makes it what 'row' says. */
void bridge_apply(struct bridge *, const struct ovsdb_row *);

/* Writes back the outcome: datapath_id, ofport, error, status; counters with 'statistics'. */
void bridge_write_back(struct bridge *, struct ovsdb_txn *, const struct ovsdb_row *, bool statistics);

/* True if some interface failed and may succeed later, so that the configuration should be tried again. */
bool bridge_has_failures(const struct bridge *);
