/* SPDX-License-Identifier: Apache-2.0 */
/* The database server: RFC 7047 and the monitor extensions of OVS, over any number of listeners and connections.
 *
 * Serves one database, and beside it "_Server", which tells clients about it. Main thread only. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

struct loop;
struct ovsdb;
struct ovsdb_server;
struct strbuf;

/* The database must outlive the server. */
struct ovsdb_server *ovsdb_server_create(struct loop *, struct ovsdb *);
void ovsdb_server_destroy(struct ovsdb_server *); /* null is fine */

/* Listens at, or keeps a connection to, 'name' (stream.h's names). Null, or why not (the caller frees it). Adding a name twice is
 * fine. */
char *ovsdb_server_add_remote(struct ovsdb_server *, const char *name) WARN_UNUSED;

/* False if there is none such. Its sessions end. */
bool ovsdb_server_remove_remote(struct ovsdb_server *, const char *name);

/* Listens and connects as the rows of the Manager table that Open_vSwitch.manager_options refers to say, now and as they
 * change, and keeps their is_connected and status columns. */
void ovsdb_server_follow_managers(struct ovsdb_server *);

/* One remote a line. */
void ovsdb_server_list_remotes(const struct ovsdb_server *, struct strbuf *);

/* "key:value" words for memory/show: sessions, monitors, backlog in bytes, rows ("cells"). */
void ovsdb_server_memory(const struct ovsdb_server *, struct strbuf *);
