/* SPDX-License-Identifier: Apache-2.0 */
/* The database "_Server": one row for each database that is served, itself included. Clients take the schema from there. */
#pragma once

struct ovsdb;

/* In memory, filled in. */
struct ovsdb *ovsdb_server_db_create(const struct ovsdb *served);
