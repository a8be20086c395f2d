/* SPDX-License-Identifier: Apache-2.0 */
/* A client's copy of a server's database, for the command-line tools.
 *
 * It is an ovsdb in memory, read and changed with the functions of ovsdb.h and transaction.h. Only what was asked of the server
 * is in it, so that references may lead nowhere and no rules are checked: its transactions are never committed but turned into
 * operations for the server, and aborted. */
#pragma once

#include <jansson.h>

#include "lib/base/compiler.h"

struct ovsdb;
struct ovsdb_txn;
struct uuid;

/* Empty; 'schema' is what "get_schema" answers. Null and a sentence in '*errorp' on failure. ovsdb_close() destroys it. */
struct ovsdb *ovsdb_replica_create(const json_t *schema, char **errorp) WARN_UNUSED;

/* Brings it up to date with the <table-updates> of a "monitor" reply or an "update" notification. Null or a sentence that the
 * caller frees. */
char *ovsdb_replica_apply(struct ovsdb *, const json_t *updates) WARN_UNUSED;

/* The operations of a "transact" request that do what the open transaction did; an empty array if it did nothing. An inserted
 * row's "uuid-name" is ovsdb_replica_row_name() of the UUID that it has here.
 *
 * Sets and maps of more than one element are changed element by element, so that others may change them at the same time. */
json_t *ovsdb_replica_operations(const struct ovsdb_txn *);

enum { OVSDB_REPLICA_NAME_LEN = 3 + 36 };
void ovsdb_replica_row_name(const struct uuid *, char name[OVSDB_REPLICA_NAME_LEN + 1]);
