/* SPDX-License-Identifier: Apache-2.0 */
/* Controllers of a bridge: from Controller rows to OpenFlow connections, and their state back. Main thread. */
#pragma once

struct ofproto;
struct ovsdb_row;
struct ovsdb_txn;

/* The managers that every bridge keeps a way open to. Before the bridges' controllers. */
void controllers_set_managers(const struct ovsdb_row *root);

void controllers_apply(struct ofproto *, const struct ovsdb_row *bridge);
void controllers_write_back(const struct ofproto *, struct ovsdb_txn *, const struct ovsdb_row *bridge);
