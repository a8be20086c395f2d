/* SPDX-License-Identifier: Apache-2.0 */
/* Remotes that the database itself names: the rows of the Manager table that Open_vSwitch.manager_options refers to. */
#pragma once

struct ovsdb_changes;
struct ovsdb_managers;
struct ovsdb_server;

struct ovsdb_managers *ovsdb_managers_create(struct ovsdb_server *);
void ovsdb_managers_destroy(struct ovsdb_managers *); /* null is fine; leaves the remotes */

/* Something about a remote changed, whose row should tell. Null is fine. */
void ovsdb_managers_note(struct ovsdb_managers *);

/* A transaction was committed. */
void ovsdb_managers_changed(struct ovsdb_managers *, const struct ovsdb_changes *);

/* Opens and closes remotes, and writes what is to be told into the rows. From the server's work timer. */
void ovsdb_managers_run(struct ovsdb_managers *);
