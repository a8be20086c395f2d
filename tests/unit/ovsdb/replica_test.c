/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a client's copy of a database: what is done to the copy, sent as operations, leaves the server with the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/monitor.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/replica.h"
#include "lib/ovsdb/schema.h"
#include "lib/ovsdb/transaction.h"
#include "tests/unit/ovsdb/helper.h"

enum { N_NAMES = 12, N_ROUNDS = 400, N_STEPS = 6 };

/* A new copy of all that the server has. */
static struct ovsdb *copy(struct ovsdb *server)
{
    struct ovsdb_monitor *monitor;
    char *error;
    json_t *schema = ovsdb_schema_to_json(ovsdb_get_schema(server));
    struct ovsdb *replica = ovsdb_replica_create(schema, &error);
    assert_non_null(replica);
    json_t *requests = helper_json("{'Root': {}, 'Kid': {}}");
    assert_null(ovsdb_monitor_create(server, OVSDB_MONITOR_V1, requests, &monitor));
    json_t *rows = ovsdb_monitor_initial(monitor);
    error = ovsdb_replica_apply(replica, rows);
    assert_null(error);
    ovsdb_monitor_destroy(monitor);
    json_decref(rows);
    json_decref(requests);
    json_decref(schema);
    return replica;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void describe_row(const struct ovsdb_row *row, struct strbuf *out)
{
    char *names[N_NAMES + 1];
    size_t n = 0;
    strbuf_putf(out, "%s n=%lld opt=%lld", ovsdb_row_string(row, "name", ""),
                (long long) ovsdb_row_int(row, "n", -1), (long long) ovsdb_row_int(row, "opt", -1));
    for (size_t i = 0; i < ovsdb_row_n(row, "tags"); i++) {
        strbuf_putf(out, " tag %s", ovsdb_row_string_at(row, "tags", i));
    }
    for (size_t i = 0; i < ovsdb_row_n(row, "conf"); i++) {
        strbuf_putf(out, " %s=%s", ovsdb_row_string_at(row, "conf", i),
                    ovsdb_row_string_value_at(row, "conf", i));
    }
    for (size_t i = 0; i < ovsdb_row_n(row, "kids"); i++) {
        const struct ovsdb_row *kid = ovsdb_row_ref_at(row, "kids", i);
        assert_non_null(kid);
        assert_true(n < N_NAMES);
        names[n++] = xstrdup(ovsdb_row_string(kid, "label", ""));
    }
    if (n) {
        qsort(names, n, sizeof *names, compare_lines);
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(out, " kid %s", names[i]);
        free(names[i]);
    }
}

/* All rows of Root, in an order and in words that do not depend on UUIDs. The caller frees the text. */
static char *describe(const struct ovsdb *db)
{
    char *lines[N_NAMES + 1];
    const struct ovsdb_row *row;
    struct strbuf all = STRBUF_INIT;
    size_t n = 0;
    ovsdb_for_each (row, db, "Root") {
        struct strbuf line = STRBUF_INIT;
        describe_row(row, &line);
        assert_true(n <= N_NAMES);
        lines[n++] = strbuf_steal(&line);
    }
    if (n) {
        qsort(lines, n, sizeof *lines, compare_lines);
    }
    strbuf_puts(&all, "");
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&all, "%s\n", lines[i]);
        free(lines[i]);
    }
    return strbuf_steal(&all);
}

static const struct ovsdb_row *find_named(const struct ovsdb *db, const char *name)
{
    const struct ovsdb_row *row;
    ovsdb_for_each (row, db, "Root") {
        if (!strcmp(ovsdb_row_string(row, "name", ""), name)) {
            return row;
        }
    }
    return NULL;
}

static void add_kid(struct ovsdb_txn *txn, const struct ovsdb_row *row)
{
    static unsigned int n_kids;
    const struct ovsdb_row *kids[3];
    size_t n = 0;
    for (size_t i = 0; i < ovsdb_row_n(row, "kids") && n < 2; i++) {
        kids[n++] = ovsdb_row_ref_at(row, "kids", i);
    }
    char *label = xasprintf("kid%u", n_kids++);
    kids[n] = ovsdb_txn_insert(txn, "Kid");
    ovsdb_txn_set_string(txn, kids[n++], "label", label);
    ovsdb_txn_set_refs(txn, row, "kids", kids, n);
    free(label);
}

static void change_row(struct ovsdb_txn *txn, const struct ovsdb_row *row)
{
    static const char *const words[] = { "a", "b", "c", "d" };
    const char *word = words[helper_random(4)], *other = words[helper_random(4)];
    switch (helper_random(6)) {
    case 0:
        ovsdb_txn_set_int(txn, row, "n", helper_random(3));
        break;
    case 1:
        ovsdb_txn_set_int(txn, row, "opt", helper_random(100));
        break;
    case 2:
        ovsdb_txn_clear(txn, row, helper_random(2) ? "opt" : "kids");
        break;
    case 3:
        ovsdb_txn_set_strings(txn, row, "tags", &words[helper_random(3)], helper_random(3) ? 2 : 1);
        break;
    case 4:
        ovsdb_txn_set_key(txn, row, "conf", word, helper_random(3) ? other : NULL);
        break;
    default:
        add_kid(txn, row);
    }
}

static void random_step(struct ovsdb *replica, struct ovsdb_txn *txn)
{
    char *name = xasprintf("r%u", helper_random(N_NAMES));
    const struct ovsdb_row *row = find_named(replica, name);
    if (!row) {
        row = ovsdb_txn_insert(txn, "Root");
        ovsdb_txn_set_string(txn, row, "name", name);
    } else if (!helper_random(8)) {
        ovsdb_txn_delete(txn, row);
        row = NULL;
    }
    if (row) {
        change_row(txn, row);
    }
    free(name);
}

static void test_operations_do_the_same(void **state)
{
    struct ovsdb *server = helper_open();
    helper_seed(7);
    for (int round = 0; round < N_ROUNDS; round++) {
        struct ovsdb *replica = copy(server);
        struct ovsdb_txn *txn = ovsdb_txn_begin(replica);
        for (uint32_t i = helper_random(N_STEPS) + 1; i; i--) {
            random_step(replica, txn);
        }
        char *wanted = describe(replica);
        json_t *ops = ovsdb_replica_operations(txn);
        ovsdb_txn_abort(txn);
        char *text = helper_text(ops);
        free(helper_transact(server, text));
        helper_forget_uuids();
        char *got = describe(server);
        if (strcmp(got, wanted)) {
            fail_msg("round %d:\n%s\nmade\n%sbut should have made\n%s", round, text, got, wanted);
        }
        free(got);
        free(text);
        free(wanted);
        json_decref(ops);
        ovsdb_close(replica);
    }
    ovsdb_close(server);
}

static void test_nothing_done(void **state)
{
    struct ovsdb *server = helper_open();
    free(helper_transact(server, "[{'op': 'insert', 'table': 'Root', 'row': {'name': 'r', 'n': 5}}]"));
    struct ovsdb *replica = copy(server);
    struct ovsdb_txn *txn = ovsdb_txn_begin(replica);
    const struct ovsdb_row *row = find_named(replica, "r");
    ovsdb_txn_set_int(txn, row, "n", 6);
    ovsdb_txn_set_int(txn, row, "n", 5);
    ovsdb_txn_delete(txn, ovsdb_txn_insert(txn, "Root"));
    json_t *ops = ovsdb_replica_operations(txn);
    assert_int_equal(json_array_size(ops), 0);
    json_decref(ops);
    ovsdb_txn_abort(txn);
    ovsdb_close(replica);
    ovsdb_close(server);
}

static void test_bad_updates(void **state)
{
    static const char *const bad[] = {
        "{'Nosuch': {'a': {}}}",
        "{'Root': {'not-a-uuid': {'new': {}}}}",
        "{'Root': {'f81d4fae-7dec-11d0-a765-00a0c91e6bf6': 5}}",
        "{'Root': {'f81d4fae-7dec-11d0-a765-00a0c91e6bf6': {'new': {'n': 'x'}}}}",
        "{'Root': {'f81d4fae-7dec-11d0-a765-00a0c91e6bf6': {'new': {'kids': ['named-uuid', 'x']}}}}",
    };
    struct ovsdb *server = helper_open();
    struct ovsdb *replica = copy(server);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *updates = helper_json(bad[i]);
        char *error = ovsdb_replica_apply(replica, updates);
        assert_non_null(error);
        assert_int_equal(ovsdb_count(replica, "Root"), 0);
        free(error);
        json_decref(updates);
    }
    ovsdb_close(replica);
    ovsdb_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_do_the_same),
        cmocka_unit_test(test_nothing_done),
        cmocka_unit_test(test_bad_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
