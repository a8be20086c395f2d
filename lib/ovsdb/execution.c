/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the operations of a transaction one by one, and commits. */
#include "lib/ovsdb/execution.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/execution_op.h"

struct ovsdb_error *ovsdb_op_spend(struct ovsdb_op *op, size_t n)
{
    if (n > op->budget) {
        op->budget = 0;
        return ovsdb_error_create("resources exhausted",
                                  "The transaction writes or reads too much at once.");
    }
    op->budget -= n;
    return NULL;
}

static struct ovsdb_error *op_comment(struct ovsdb_op *op)
{
    const char *comment = json_string_value(json_object_get(op->json, "comment"));
    if (!comment) {
        return ovsdb_error_syntax(op->json, NULL, "a comment must be a string");
    }
    ovsdb_txn_add_comment(op->txn, comment);
    return NULL;
}

static struct ovsdb_error *op_assert(struct ovsdb_op *op)
{
    const struct ovsdb_execution *execution = op->execution;
    const char *lock = json_string_value(json_object_get(op->json, "lock"));
    if (!lock) {
        return ovsdb_error_syntax(op->json, NULL, "a lock must be a string");
    }
    if (!execution->owns_lock || !execution->owns_lock(execution->aux, lock)) {
        return ovsdb_error_create("not owner", "Asserted lock %.100s not held.", lock);
    }
    return NULL;
}

/* Every commit is durable here. */
static struct ovsdb_error *op_commit(struct ovsdb_op *op)
{
    return json_is_boolean(json_object_get(op->json, "durable"))
               ? NULL
               : ovsdb_error_syntax(op->json, NULL, "\"durable\" must be true or false");
}

static struct ovsdb_error *op_abort(struct ovsdb_op *op)
{
    return ovsdb_error_create("aborted", "aborted by request");
}

struct op_class {
    const char *name;
    bool writes;
    ovsdb_op_cb *execute;
    const char *members; /* that it may have, besides "op"; each between blanks */
};

static const struct op_class classes[] = {
    { "insert", true, ovsdb_op_insert, " table row uuid-name uuid " },
    { "select", false, ovsdb_op_select, " table where columns " },
    { "update", true, ovsdb_op_update, " table where row " },
    { "mutate", true, ovsdb_op_mutate, " table where mutations " },
    { "delete", true, ovsdb_op_delete, " table where " },
    { "wait", false, ovsdb_op_wait, " table where columns until rows timeout " },
    { "comment", false, op_comment, " comment " },
    { "assert", false, op_assert, " lock " },
    { "commit", false, op_commit, " durable " },
    { "abort", false, op_abort, " " },
};

static const struct op_class *find_class(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (!strcmp(classes[i].name, name)) {
            return &classes[i];
        }
    }
    return NULL;
}

static struct ovsdb_error *check_members(const struct op_class *class, const json_t *json)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *) json, name, value) {
        char *word = xasprintf(" %s ", name);
        bool known = !strcmp(name, "op") || (!strchr(name, ' ') && strstr(class->members, word));
        free(word);
        if (!known) {
            return ovsdb_error_syntax(json, NULL, "\"%.100s\" does not belong to \"%s\"", name,
                                      class->name);
        }
    }
    return NULL;
}

static struct ovsdb_error *execute(struct ovsdb_op *op)
{
    const char *name = json_string_value(json_object_get(op->json, "op"));
    if (!name) {
        return ovsdb_error_syntax(op->json, NULL, "an operation must be an object with an \"op\"");
    }
    const struct op_class *class = find_class(name);
    if (!class) {
        return ovsdb_error_syntax(op->json, "unknown operation", "No operation \"%.100s\".", name);
    }
    if (class->writes && op->execution->read_only) {
        return ovsdb_error_create("not allowed", "%s operation not allowed: the database is read-only",
                                  name);
    }
    struct ovsdb_error *error = check_members(class, op->json);
    return error ? error : class->execute(op);
}

/* Appends the error to the results, and a null for each operation that was not tried. */
static void put_error(json_t *results, const struct ovsdb_error *error, size_t n_results)
{
    json_array_append_new(results, ovsdb_error_to_json(error));
    while (json_array_size(results) < n_results) {
        json_array_append_new(results, json_null());
    }
}

/* Executes all operations into 'results', up to the first error. */
static struct ovsdb_error *execute_all(struct ovsdb_op *op, json_t *results)
{
    size_t n = json_array_size(op->execution->params);
    for (size_t i = 1; i < n; i++) {
        op->json = json_array_get(op->execution->params, i);
        op->result = json_object();
        struct ovsdb_error *error = execute(op);
        if (error) {
            json_decref(op->result);
            return error;
        }
        json_array_append_new(results, op->result);
    }
    return NULL;
}

json_t *ovsdb_execution_run(const struct ovsdb_execution *execution, int64_t *timeout_ms)
{
    json_t *results = json_array();
    struct ovsdb_op op = {
        .execution = execution,
        .txn = ovsdb_txn_begin_for_client(execution->db),
        .budget = OVSDB_EXECUTION_BUDGET,
        .timeout_ms = -1,
    };
    ovsdb_symtab_init(&op.symtab);
    struct ovsdb_error *error = execute_all(&op, results);
    ovsdb_symtab_destroy(&op.symtab);
    if (error) {
        ovsdb_txn_abort(op.txn);
        if (op.timeout_ms > execution->elapsed_ms) {
            *timeout_ms = op.timeout_ms;
            ovsdb_error_destroy(error);
            json_decref(results);
            return NULL;
        }
        put_error(results, error, json_array_size(execution->params) - 1);
    } else {
        error = ovsdb_txn_try_commit(op.txn);
        if (error) {
            put_error(results, error, 0);
        }
    }
    ovsdb_error_destroy(error);
    return results;
}
