/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the request for a transaction, sends it, and reads the answer.
 *
 * Others may have changed the database since it was copied. What is only added or removed goes well with what they did, as long as
 * the row is still there; a value that was replaced, or that a command was told to guard, must not have changed. Each of both
 * becomes a "wait" in front of the operations, which fails at once if it is not so. */
#include "utilities/vsctl_commit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/replica.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_fetch.h"

LOG_MODULE(vsctl_commit);

static json_t *make_where_root(const struct vsctl *vsctl)
{
    char uuid[UUID_LEN + 1], name[OVSDB_REPLICA_NAME_LEN + 1];
    bool is_new = ovsdb_row_is_new(vsctl->root);
    uuid_to_string(ovsdb_row_uuid(vsctl->root), uuid);
    ovsdb_replica_row_name(ovsdb_row_uuid(vsctl->root), name);
    return json_pack("[[ss[ss]]]", "_uuid", "==", is_new ? "named-uuid" : "uuid",
                     is_new ? name : uuid);
}

static void add_wait(json_t *ops, const char *table, json_t *where, const char *column, json_t *value)
{
    json_array_append_new(ops, json_pack("{sssssisOs[s]sss[{so}]}", "op", "wait", "table", table,
                                         "timeout", 0, "where", where, "columns", column, "until",
                                         "==", "rows", column, value));
}

/* The values that must not have changed. */
static void add_guards(const struct vsctl *vsctl, json_t *ops)
{
    for (size_t i = 0; i < vsctl->n_guards; i++) {
        const struct vsctl_guard *guard = &vsctl->guards[i];
        const struct ovsdb_row *row = ovsdb_find(vsctl->db, guard->table, &guard->uuid);
        char uuid[UUID_LEN + 1];
        if (!row) {
            continue; /* a new one */
        }
        const struct ovsdb_table_schema *table
            = ovsdb_schema_table(ovsdb_get_schema(vsctl->db), guard->table);
        const struct ovsdb_column *column = ovsdb_schema_column(table, guard->column);
        uuid_to_string(&guard->uuid, uuid);
        json_t *where = json_pack("[[ss[ss]]]", "_uuid", "==", "uuid", uuid);
        add_wait(ops, guard->table, where, guard->column,
                 ovsdb_datum_to_json(ovsdb_row_datum(row, guard->column), &column->type));
        json_decref(where);
    }
}

/* The rows that must still be there, for else an operation on them would do nothing in silence. */
static void add_existence(json_t *waits, const json_t *ops)
{
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const json_t *op = json_array_get(ops, i);
        json_t *where = json_object_get(op, "where");
        if (where) { /* "update", "mutate" or "delete" */
            json_t *uuid = json_array_get(json_array_get(where, 0), 2);
            add_wait(waits, json_string_value(json_object_get(op, "table")), where, "_uuid",
                     json_incref(uuid));
        }
    }
}

/* Refers to a row by its UUID where 'json' has it by its name. */
static void replace_name(json_t *json, const char *name, const char *uuid)
{
    const char *kind = json_string_value(json_array_get(json, 0));
    const char *value = json_string_value(json_array_get(json, 1));
    const char *key;
    json_t *part, *op_name = json_object_get(json, "uuid-name");
    if (kind && value && !strcmp(kind, "named-uuid") && !strcmp(value, name)) {
        json_array_set_new(json, 0, json_string("uuid"));
        json_array_set_new(json, 1, json_string(uuid));
        return;
    }
    if (op_name && !strcmp(json_string_value(op_name), name)) {
        json_object_del(json, "uuid-name");
        json_object_set_new(json, "uuid", json_string(uuid));
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        replace_name(json_array_get(json, i), name, uuid);
    }
    json_object_foreach (json, key, part) {
        replace_name(part, name, uuid);
    }
}

/* The server gives rows UUIDs but for those whose UUIDs were asked for. */
static void fix_uuids(json_t *ops, const struct vsctl_command *commands, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (commands[i].created_fixed) {
            char uuid[UUID_LEN + 1], name[OVSDB_REPLICA_NAME_LEN + 1];
            uuid_to_string(&commands[i].created, uuid);
            ovsdb_replica_row_name(&commands[i].created, name);
            replace_name(ops, name, uuid);
        }
    }
}

void vsctl_commit_init(struct vsctl_commit *commit, struct vsctl *vsctl,
                       const struct vsctl_command *commands, size_t n_commands)
{
    *commit = (struct vsctl_commit){ .ops = ovsdb_replica_operations(vsctl->txn),
                                     .where_root = make_where_root(vsctl) };
    fix_uuids(commit->ops, commands, n_commands);
    smap_init(&commit->inserted);
    ovsdb_txn_abort(vsctl->txn);
    vsctl->txn = NULL;
    vsctl->root = NULL;
}

void vsctl_commit_destroy(struct vsctl_commit *commit)
{
    json_decref(commit->ops);
    json_decref(commit->where_root);
    smap_destroy(&commit->inserted);
}

bool vsctl_commit_is_empty(const struct vsctl_commit *commit)
{
    return !json_array_size(commit->ops);
}

static json_t *build_request(const struct vsctl_commit *commit, const struct vsctl *vsctl)
{
    json_t *params = json_pack("[s]", vsctl_database);
    add_existence(params, commit->ops);
    add_guards(vsctl, params);
    json_array_extend(params, commit->ops);
    if (!vsctl->no_wait) {
        json_array_append_new(params, json_pack("{sssssOs[[ssi]]}", "op", "mutate", "table",
                                                "Open_vSwitch", "where", commit->where_root,
                                                "mutations", "next_cfg", "+=", 1));
        json_array_append_new(params, json_pack("{sssssOs[s]}", "op", "select", "table",
                                                "Open_vSwitch", "where", commit->where_root,
                                                "columns", "next_cfg"));
    }
    json_array_append_new(params, json_pack("{ssss}", "op", "comment", "comment", vsctl->comment));
    return params;
}

static const json_t *find_error(const json_t *results)
{
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        if (json_object_get(result, "error")) {
            return result;
        }
    }
    return NULL;
}

/* Notes the UUIDs of inserted rows, and next_cfg. */
static void read_results(struct vsctl_commit *commit, const json_t *params, const json_t *results)
{
    for (size_t i = 1; i < json_array_size(params); i++) {
        const json_t *result = json_array_get(results, i - 1);
        const char *name
            = json_string_value(json_object_get(json_array_get(params, i), "uuid-name"));
        const char *uuid = json_string_value(json_array_get(json_object_get(result, "uuid"), 1));
        const json_t *rows = json_object_get(result, "rows");
        if (name && uuid) {
            smap_set(&commit->inserted, name, uuid);
        }
        if (rows) {
            commit->next_cfg
                = json_integer_value(json_object_get(json_array_get(rows, 0), "next_cfg"));
        }
    }
}

/* What a failed wait says. Other errors may come of changes by others, too: the same name was given to something, ... */
static bool is_worth_another_try(const struct vsctl *vsctl, const json_t *error,
                                 unsigned int n_updates)
{
    const char *tag = json_string_value(json_object_get(error, "error"));
    return (tag && !strcmp(tag, "timed out")) || vsctl->n_updates != n_updates;
}

bool vsctl_commit_send(struct vsctl_commit *commit, struct vsctl *vsctl)
{
    unsigned int n_updates = vsctl->n_updates;
    json_t *params = build_request(commit, vsctl);
    json_t *results = vsctl_fetch_call(vsctl, "transact", json_incref(params));
    const json_t *error = find_error(results);
    if (!error) {
        read_results(commit, params, results);
    } else if (!is_worth_another_try(vsctl, error, n_updates)) {
        char *s = json_dumps(error, JSON_COMPACT | JSON_SORT_KEYS);
        vsctl_fatal("transaction error: %s", s ? s : "");
    } else {
        log_dbg("the database has changed meanwhile; trying again");
    }
    bool done = !error;
    json_decref(params);
    json_decref(results);
    return done;
}
