/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of monitors: the form of updates, and that a client which applies them has what the server has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/condition.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/monitor.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/replica.h"
#include "tests/unit/ovsdb/helper.h"

struct fixture {
    struct ovsdb *db;
    struct ovsdb_watch *watch;
    struct ovsdb_monitor *monitor;
    json_t *update; /* of the last transaction; null: none */
};

static void changed(void *f_, const struct ovsdb_changes *changes)
{
    struct fixture *f = f_;
    json_decref(f->update);
    f->update = f->monitor ? ovsdb_monitor_update(f->monitor, changes) : NULL;
}

static int setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    f->db = helper_open();
    f->watch = ovsdb_watch_create(f->db, changed, f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_decref(f->update);
    ovsdb_monitor_destroy(f->monitor);
    ovsdb_watch_destroy(f->watch);
    ovsdb_close(f->db);
    free(f);
    return 0;
}

static void start(struct fixture *f, enum ovsdb_monitor_version version, const char *requests)
{
    json_t *json = helper_json(requests);
    ovsdb_monitor_destroy(f->monitor);
    char *error = ovsdb_error_steal_string(ovsdb_monitor_create(f->db, version, json, &f->monitor));
    if (error) {
        fail_msg("%s", error);
    }
    json_decref(json);
}

/* The update that a transaction causes, with the UUIDs left out; "" for none. The caller frees it. */
static char *update_of(struct fixture *f, const char *operations)
{
    json_decref(f->update);
    f->update = NULL;
    char *result = helper_transact(f->db, operations);
    assert_null(strstr(result, "error"));
    free(result);
    char *text = f->update ? helper_text(f->update) : xstrdup("");
    struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, "");
    for (const char *p = text; *p;) {
        char s[UUID_LEN + 1];
        struct uuid uuid;
        snprintf(s, sizeof s, "%s", p);
        bool is_uuid = strlen(s) == UUID_LEN && uuid_from_string(&uuid, s);
        strbuf_putc(&out, is_uuid ? 'U' : *p);
        p += is_uuid ? UUID_LEN : 1;
    }
    free(text);
    return strbuf_steal(&out);
}

static void expect_update(struct fixture *f, const char *operations, const char *expected)
{
    char *actual = update_of(f, operations);
    if (strcmp(actual, expected)) {
        fail_msg("%s\n  gives    %s\n  expected %s", operations, actual, expected);
    }
    free(actual);
}

static void test_update(void **state)
{
    struct fixture *f = *state;
    start(f, OVSDB_MONITOR_V1, "{'Root':[{'columns':['name','n','tags']}],'Kid':{'columns':['label'],'select':{'modify':false}}}");
    expect_update(f, "[{'op':'insert','table':'Root','row':{'name':'a','n':1}}]",
                  "{'Root':{'U':{'new':{'n':1,'name':'a','tags':['set',[]]}}}}");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'n':2,'flag':true}}]",
                  "{'Root':{'U':{'new':{'n':2,'name':'a','tags':['set',[]]},'old':{'n':1}}}}");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'flag':false}}]", "");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'n':2}}]", "");
    expect_update(f, "[{'op':'insert','table':'Kid','uuid-name':'k','row':{'label':'x'}},"
                     "{'op':'update','table':'Root','where':[],'row':{'kids':['named-uuid','k']}}]",
                  "{'Kid':{'U':{'new':{'label':'x'}}}}");
    expect_update(f, "[{'op':'update','table':'Kid','where':[],'row':{'label':'y'}}]", "");
    expect_update(f, "[{'op':'delete','table':'Root','where':[]}]",
                  "{'Kid':{'U':{'old':{'label':'y'}}},'Root':{'U':{'old':{'n':2,'name':'a','tags':['set',[]]}}}}");
}

static void test_update2(void **state)
{
    struct fixture *f = *state;
    start(f, OVSDB_MONITOR_V2, "{'Root':[{'columns':['name','n','opt','tags','conf','kids']}],'Kid':{}}");
    /* Defaults are left out. */
    expect_update(f, "[{'op':'insert','table':'Root','row':{'name':'a','tags':['set',['x','y']]}}]",
                  "{'Root':{'U':{'insert':{'name':'a','tags':['set',['x','y']]}}}}");
    /* Sets and maps as differences, what is single as its new value. */
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'tags':['set',['y','z']],'opt':4,"
                     "'conf':['map',[['k','v'],['l','w']]]}}]",
                  "{'Root':{'U':{'modify':{'conf':['map',[['k','v'],['l','w']]],'opt':4,'tags':['set',['x','z']]}}}}");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'opt':['set',[]],'conf':['map',[['k','new']]]}}]",
                  "{'Root':{'U':{'modify':{'conf':['map',[['k','new'],['l','w']]],'opt':['set',[]]}}}}");
    expect_update(f, "[{'op':'delete','table':'Root','where':[]}]", "{'Root':{'U':{'delete':null}}}");
    /* A row that was made and collected at once never was. */
    expect_update(f, "[{'op':'insert','table':'Kid','row':{}},{'op':'insert','table':'Root','row':{'name':'b'}}]",
                  "{'Root':{'U':{'insert':{'name':'b'}}}}");
    /* Changed and deleted in one transaction: deleted. */
    start(f, OVSDB_MONITOR_V1, "{'Root':[{'columns':['n']}]}");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'n':9}},{'op':'delete','table':'Root','where':[]}]",
                  "{'Root':{'U':{'old':{'n':0}}}}");
}

static void test_conditions(void **state)
{
    struct fixture *f = *state;
    start(f, OVSDB_MONITOR_V2, "{'Root':[{'columns':['name'],'where':[['n','>',5],['flag','==',true]]}]}");
    expect_update(f, "[{'op':'insert','table':'Root','row':{'name':'a'}}]", "");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'n':6}}]", "{'Root':{'U':{'insert':{'name':'a'}}}}");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'flag':true}}]", "");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'n':0}}]", "");
    expect_update(f, "[{'op':'update','table':'Root','where':[],'row':{'flag':false}}]", "{'Root':{'U':{'delete':null}}}");
    expect_update(f, "[{'op':'delete','table':'Root','where':[]}]", "");

    free(update_of(f, "[{'op':'insert','table':'Root','row':{'name':'x','n':1}},{'op':'insert','table':'Root','row':{'name':'y','n':9}}]"));
    json_t *change = helper_json("{'Root':[{'where':[['n','<',5]]}]}"), *update;
    assert_null(ovsdb_monitor_change_conditions(f->monitor, change, &update));
    char *text = helper_text(update);
    assert_non_null(strstr(text, "'insert':{'name':'x'}"));
    assert_non_null(strstr(text, "'delete':null"));
    free(text);
    json_decref(update);
    json_decref(change);

    /* Wrong ones change nothing. */
    static const char *const bad[] = { "{'Kid':[]}", "{'Root':[{'where':[['nope','==',1]]}]}", "[]", "{'Root':[5]}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        change = helper_json(bad[i]);
        struct ovsdb_error *error = ovsdb_monitor_change_conditions(f->monitor, change, &update);
        assert_non_null(error);
        assert_null(update);
        ovsdb_error_destroy(error);
        json_decref(change);
    }
    expect_update(f, "[{'op':'update','table':'Root','where':[['name','==','x']],'row':{'n':7}}]", "{'Root':{'U':{'delete':null}}}");
}

static void test_bad_requests(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[] = {
        "[]", "5", "{'Nope':[]}", "{'Root':[5]}", "{'Root':{'columns':5}}", "{'Root':{'columns':['nope']}}",
        "{'Root':{'columns':['n','n']}}", "{'Root':[{'columns':['n']},{'columns':['n']}]}", "{'Root':{'select':5}}",
        "{'Root':{'select':{'initial':1}}}", "{'Root':{'more':1}}", "{'Root':{'where':5}}", "{'Root':{'where':[['n','==','x']]}}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ovsdb_monitor *monitor;
        json_t *json = helper_json(cases[i]);
        struct ovsdb_error *error = ovsdb_monitor_create(f->db, OVSDB_MONITOR_V2, json, &monitor);
        if (!error) {
            fail_msg("%s is taken", cases[i]);
        }
        ovsdb_error_destroy(error);
        json_decref(json);
    }
    json_t *json = helper_json("{'Root':{'where':[]}}"); /* the first form knows no conditions */
    struct ovsdb_monitor *monitor;
    struct ovsdb_error *error = ovsdb_monitor_create(f->db, OVSDB_MONITOR_V1, json, &monitor);
    assert_non_null(error);
    ovsdb_error_destroy(error);
    json_decref(json);
}

/* A client that applies "update2" as OVS's does: inserts start from defaults, modifications are differences. */

static void apply_row2(struct ovsdb *db, const char *table_name, const char *uuid_s, const json_t *row_update,
                       json_t *v1)
{
    struct ovsdb_table *table = ovsdb_database_table(db, table_name);
    json_t *insert = json_object_get(row_update, "insert"), *modify = json_object_get(row_update, "modify");
    insert = insert ? insert : json_object_get(row_update, "initial");
    struct uuid uuid;
    assert_true(uuid_from_string(&uuid, uuid_s));
    const struct ovsdb_row *row = ovsdb_table_find(table, &uuid);
    assert_int_equal(row != NULL, !insert);
    json_t *new = modify || insert ? json_object() : NULL;
    for (size_t i = OVSDB_N_STD_COLUMNS; new && i < table->schema->n_columns; i++) {
        const struct ovsdb_column *column = &table->schema->columns[i];
        json_t *value = json_object_get(insert ? insert : modify, column->name);
        struct ovsdb_datum part, whole;
        if (insert && value) {
            json_object_set(new, column->name, value);
        } else if (modify && value) {
            assert_null(ovsdb_datum_part_from_json(&part, &column->type, value, NULL));
            whole = ovsdb_datum_apply_diff(&row->fields[i], &part, &column->type);
            json_object_set_new(new, column->name, ovsdb_datum_to_json(&whole, &column->type));
            ovsdb_datum_destroy(&part, &column->type);
            ovsdb_datum_destroy(&whole, &column->type);
        }
    }
    json_t *rows = json_object_get(v1, table_name);
    if (!rows) {
        rows = json_object();
        json_object_set_new(v1, table_name, rows);
    }
    json_object_set_new(rows, uuid_s, new ? json_pack("{so}", "new", new) : json_object());
}

static void apply2(struct ovsdb *db, json_t *updates)
{
    json_t *v1 = json_object(), *rows, *row;
    const char *table, *uuid;
    json_object_foreach (updates, table, rows) {
        json_object_foreach (rows, uuid, row) {
            apply_row2(db, table, uuid, row, v1);
        }
    }
    assert_null(ovsdb_replica_apply(db, v1));
    json_decref(v1);
}

/* All rows that match, by UUID. */
static json_t *dump(struct ovsdb *db, const struct ovsdb_condition *where)
{
    json_t *all = json_object();
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        const struct ovsdb_row *row;
        bool is_root = !strcmp(db->schema->tables[i].name, "Root");
        ovsdb_table_for_each (row, &db->tables[i]) {
            char uuid[UUID_LEN + 1];
            json_t *json = json_object();
            if (is_root && !ovsdb_condition_any(where, row->fields)) {
                json_decref(json);
                continue;
            }
            for (size_t j = OVSDB_N_STD_COLUMNS; j < row->table->schema->n_columns; j++) {
                const struct ovsdb_column *column = &row->table->schema->columns[j];
                json_object_set_new(json, column->name, ovsdb_datum_to_json(&row->fields[j], &column->type));
            }
            uuid_to_string(ovsdb_row_uuid(row), uuid);
            json_object_set_new(all, uuid, json);
        }
    }
    return all;
}

/* Random changes, with the errors that come of them. */
static void random_transaction(struct ovsdb *db)
{
    struct strbuf text = STRBUF_INIT;
    int n = 1 + helper_random(4);
    strbuf_puts(&text, "[");
    for (int i = 0; i < n; i++) {
        strbuf_puts(&text, i ? "," : "");
        int x = helper_random(8);
        switch (helper_random(6)) {
        case 0:
            strbuf_putf(&text, "{'op':'insert','table':'Root','row':{'name':'n%d','n':%d,'kids':['named-uuid','k%d']}},"
                               "{'op':'insert','table':'Kid','uuid-name':'k%d','row':{'label':'x'}}", helper_random(8), x, i, i);
            break;
        case 1:
            strbuf_putf(&text, "{'op':'update','table':'Root','where':[['name','==','n%d']],'row':{'n':%d,'opt':['set',[]]}}",
                        helper_random(8), x);
            break;
        case 2:
            strbuf_putf(&text, "{'op':'mutate','table':'Root','where':[['n','>',%d]],'mutations':[['conf','insert',['map',[['k%d','v%d']]]],"
                               "['n','+=',1]]}", x, helper_random(3), helper_random(2));
            break;
        case 3:
            strbuf_putf(&text, "{'op':'mutate','table':'Root','where':[],'mutations':[['conf','delete',['set',['k%d']]],"
                               "['tags','%s',['set',['t%d']]]]}", x % 3, x & 1 ? "insert" : "delete", helper_random(3));
            break;
        case 4:
            strbuf_putf(&text, "{'op':'delete','table':'Root','where':[['n','>=',%d]]}", 4 + x);
            break;
        case 5:
            strbuf_putf(&text, "{'op':'update','table':'Kid','where':[],'row':{'label':'l%d'}},"
                               "{'op':'update','table':'Root','where':[['n','==',%d]],'row':{'opt':%d,'kids':['set',[]]}}", x, x, x);
            break;
        }
    }
    strbuf_puts(&text, "]");
    helper_forget_uuids();
    free(helper_transact(db, strbuf_str(&text)));
    strbuf_destroy(&text);
}

static void follow(struct fixture *f, enum ovsdb_monitor_version version, const char *where_text)
{
    char *error;
    json_t *schema_json = ovsdb_schema_to_json(ovsdb_get_schema(f->db));
    struct ovsdb *copy = ovsdb_replica_create(schema_json, &error);
    struct ovsdb_condition where;
    json_t *where_json = helper_json(where_text);
    assert_null(ovsdb_condition_from_json(&where, ovsdb_schema_table(ovsdb_get_schema(f->db), "Root"), where_json, NULL));
    char *requests = version == OVSDB_MONITOR_V1
                         ? xstrdup("{'Root':{},'Kid':{},'KidW':{},'Solo':{}}")
                         : xasprintf("{'Root':{'where':%s},'Kid':{},'KidW':{},'Solo':{}}", where_text);
    start(f, version, requests);
    json_t *initial = ovsdb_monitor_initial(f->monitor);
    if (version == OVSDB_MONITOR_V1) {
        assert_null(ovsdb_replica_apply(copy, initial));
    } else {
        apply2(copy, initial);
    }
    json_decref(initial);
    for (int i = 0; i < 3000; i++) {
        json_decref(f->update);
        f->update = NULL;
        random_transaction(f->db);
        if (f->update && version == OVSDB_MONITOR_V1) {
            assert_null(ovsdb_replica_apply(copy, f->update));
        } else if (f->update) {
            apply2(copy, f->update);
        }
        json_t *theirs = dump(f->db, &where), *ours = dump(copy, &where);
        assert_true(json_equal(theirs, ours));
        json_decref(theirs);
        json_decref(ours);
    }
    ovsdb_condition_destroy(&where);
    json_decref(where_json);
    json_decref(schema_json);
    free(requests);
    ovsdb_close(copy);
}

static void test_follow_update(void **state)
{
    helper_seed(11);
    follow(*state, OVSDB_MONITOR_V1, "[]");
}

static void test_follow_update2(void **state)
{
    helper_seed(12);
    follow(*state, OVSDB_MONITOR_V2, "[]");
}

static void test_follow_conditions(void **state)
{
    helper_seed(13);
    follow(*state, OVSDB_MONITOR_V2, "[['n','>',3],['opt','<',4]]");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_update),        TEST(test_update2),        TEST(test_conditions),        TEST(test_bad_requests),
        TEST(test_follow_update), TEST(test_follow_update2), TEST(test_follow_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
