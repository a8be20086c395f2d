/* SPDX-License-Identifier: Apache-2.0 */
/* An interface: one row of OVSDB's Interface table and the switch port that stands for it.
 *
 * The row is what is wanted, the port what is. iface_apply() makes the port from the row; its outcome (a port number, or an error
 * sentence) is kept until the next attempt and written back by iface_write_result() in the transaction that also advances
 * cur_cfg, so that a client that waits for cur_cfg finds it. Main thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/hmap.h"
#include "ofproto/ofproto.h"

struct ovsdb_row;
struct ovsdb_txn;

struct iface {
    struct hmap_node by_name; /* in struct bridge's 'ifaces' */
    char *name;
    char *bridge;          /* name of the bridge that it is part of */
    bool dirty;            /* the row asks for something new since it was last applied */
    ofp_port_t no;         /* OFPP_NONE while it has no port */
    char *error;           /* why it has none; null if all is well */
    char *limits_problem;  /* what of its limits is not in force; null if all is well */
    bool wanted;           /* mark of the reconfiguration in progress */
};

struct iface *iface_create(const char *name, const char *bridge);
void iface_destroy(struct iface *);

/* Makes or changes the port, if the interface is dirty or the last attempt failed. 'refusal' is a reason not to try at all, or
 * null. */
void iface_apply(struct iface *, struct ofproto *, const struct ovsdb_row *, const char *refusal);

/* Writes ofport and error. */
void iface_write_result(const struct iface *, struct ovsdb_txn *, const struct ovsdb_row *);

/* Writes link state, addresses, MTU, driver; and the counters with 'statistics'. */
void iface_write_status(const struct iface *, const struct ofproto *, struct ovsdb_txn *,
                        const struct ovsdb_row *, bool statistics);
