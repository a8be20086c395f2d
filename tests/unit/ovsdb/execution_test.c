/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the operations of a transaction, one by one, and of what a commit refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/ovsdb/execution.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/transaction.h"
#include "tests/unit/ovsdb/helper.h"

static int setup(void **state)
{
    *state = helper_open();
    return 0;
}

static int teardown(void **state)
{
    ovsdb_close(*state);
    return 0;
}

static void test_insert(void **state)
{
    struct ovsdb *db = *state;
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'name':'a','n':5,'tags':['set',['y','x']]}}]",
                  "[{'uuid':['uuid','U0']}]");
    helper_expect(db, "[{'op':'select','table':'Root','where':[],'columns':['_uuid','name','n','tags','opt','conf']}]",
                  "[{'rows':[{'_uuid':['uuid','U0'],'conf':['map',[]],'n':5,'name':'a','opt':['set',[]],"
                  "'tags':['set',['x','y']]}]}]");
    /* A chosen UUID; then the same again. */
    helper_expect(db, "[{'op':'insert','table':'Solo','row':{},'uuid':'11111111-1111-1111-1111-111111111111'}]",
                  "[{'uuid':['uuid','U1']}]");
    helper_expect(db, "[{'op':'delete','table':'Solo','where':[]},"
                      "{'op':'insert','table':'Solo','row':{},'uuid':'U1'}]",
                  "[{'count':1},{'details':'This UUID would duplicate a UUID already present within the table or "
                  "deleted within the same transaction.','error':'duplicate uuid','syntax':'{\"op\":\"insert\",\"table\":"
                  "\"Solo\",\"row\":{},\"uuid\":\"U1\"}'}]");
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'nope':1}}]",
                  "[{'details':'No column nope in table Root.','error':'unknown column','syntax':"
                  "'{\"op\":\"insert\",\"table\":\"Root\",\"row\":{\"nope\":1}}'}]");
    helper_expect(db, "[{'op':'insert','table':'Nope','row':{}}]",
                  "[{'details':'No table named Nope.','error':'unknown table','syntax':"
                  "'{\"op\":\"insert\",\"table\":\"Nope\",\"row\":{}}'}]");
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'opt':101}}]",
                  "[{'details':'101 is not in the valid range 0 to 100 (inclusive)','error':'constraint violation'}]");
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'mode':'warp'}}]",
                  "[{'details':'warp is not one of the allowed values ([fast, slow])','error':'constraint violation'}]");
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'tags':['set',['a','b','c','d']]}}]",
                  "[{'details':'4 elements in a set, but at most 3 allowed','error':'constraint violation'}]");
    assert_int_equal(ovsdb_count(db, "Root"), 1);
}

static void test_named_uuid(void **state)
{
    struct ovsdb *db = *state;
    /* The name is used before the row is inserted, as ovs-vsctl does. */
    helper_expect(db,
                  "[{'op':'insert','table':'Root','row':{'name':'a','kids':['named-uuid','k'],"
                  "'by_number':['map',[[7,['named-uuid','k2']]]]}},"
                  "{'op':'insert','table':'Kid','uuid-name':'k','row':{'label':'one','next':['named-uuid','k2']}},"
                  "{'op':'insert','table':'Kid','uuid-name':'k2','row':{'label':'two'}}]",
                  "[{'uuid':['uuid','U0']},{'uuid':['uuid','U1']},{'uuid':['uuid','U2']}]");
    helper_expect(db, "[{'op':'select','table':'Root','where':[],'columns':['kids','by_number']}]",
                  "[{'rows':[{'by_number':['map',[[7,['uuid','U2']]]],'kids':['uuid','U1']}]}]");
    helper_expect(db,
                  "[{'op':'insert','table':'Kid','uuid-name':'k','row':{}},"
                  "{'op':'insert','table':'Kid','uuid-name':'k','row':{}}]",
                  "[{'uuid':['uuid','U3']},{'details':'This \"uuid-name\" appeared on an earlier \"insert\" operation.',"
                  "'error':'duplicate uuid-name','syntax':'{\"op\":\"insert\",\"table\":\"Kid\",\"uuid-name\":\"k\","
                  "\"row\":{}}'}]");
    /* A name that is never given. */
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'name':'b','kids':['named-uuid','nobody']}}]",
                  "[{'uuid':['uuid','U4']},{'details':'Table Root column kids row U4 references nonexistent row U5 in "
                  "table Kid.','error':'referential integrity violation'}]");
}

static void test_update_and_delete(void **state)
{
    struct ovsdb *db = *state;
    helper_expect(db,
                  "[{'op':'insert','table':'Root','row':{'name':'a','n':1}},"
                  "{'op':'insert','table':'Root','row':{'name':'b','n':2}},"
                  "{'op':'update','table':'Root','where':[['n','>=',1]],'row':{'flag':true,'opt':3}},"
                  "{'op':'select','table':'Root','where':[['flag','==',true]],'columns':['name','opt']}]",
                  "[{'uuid':['uuid','U0']},{'uuid':['uuid','U1']},{'count':2},"
                  "{'rows':[{'name':'a','opt':3},{'name':'b','opt':3}]}]");
    helper_expect(db, "[{'op':'update','table':'Root','where':[],'row':{'name':'c'}}]",
                  "[{'details':'Cannot update immutable column name in table Root.','error':'constraint violation',"
                  "'syntax':'{\"op\":\"update\",\"table\":\"Root\",\"where\":[],\"row\":{\"name\":\"c\"}}'}]");
    helper_expect(db, "[{'op':'update','table':'Root','where':[['_uuid','==',['uuid','U1']]],'row':{'n':7}},"
                      "{'op':'delete','table':'Root','where':[['n','<',5]]},"
                      "{'op':'select','table':'Root','where':[],'columns':['name','n']}]",
                  "[{'count':1},{'count':1},{'rows':[{'n':7,'name':'b'}]}]");
    /* An error undoes what came before it, and what follows was not tried. */
    helper_expect(db, "[{'op':'delete','table':'Root','where':[]},{'op':'abort'},{'op':'comment','comment':'x'}]",
                  "[{'count':1},{'details':'aborted by request','error':'aborted'},null]");
    assert_int_equal(ovsdb_count(db, "Root"), 1);
}

static void test_conditions(void **state)
{
    static const struct {
        const char *where, *names;
    } cases[] = {
        { "[]", "abc" },
        { "[true]", "abc" },
        { "[false]", "" },
        { "[['n','<',2]]", "a" },
        { "[['n','<=',2],['n','!=',1]]", "b" },
        { "[['n','>',1]]", "bc" },
        { "[['opt','<',50]]", "a" },  /* an empty one is neither below nor above */
        { "[['opt','>=',50]]", "b" },
        { "[['opt','==',['set',[]]]]", "c" },
        { "[['opt','!=',['set',[]]]]", "ab" },
        { "[['opt','==',10]]", "a" },
        { "[['tags','==',['set',['y','x']]]]", "a" },
        { "[['tags','includes','x']]", "ab" },
        { "[['tags','includes',['set',[]]]]", "abc" },
        { "[['tags','excludes',['set',['y']]]]", "bc" },
        { "[['conf','includes',['map',[['k','v']]]]]", "a" },
        { "[['conf','excludes',['map',[['k','v']]]]]", "bc" },
        { "[['name','includes','b']]", "b" },
        { "[['flag','==',true]]", "" },
        { "[['ratio','>',0.25]]", "a" },
    };
    struct ovsdb *db = *state;
    free(helper_transact(
        db, "[{'op':'insert','table':'Root','row':{'name':'a','n':1,'opt':10,'tags':['set',['x','y']],"
            "'conf':['map',[['k','v']]],'ratio':0.5}},"
            "{'op':'insert','table':'Root','row':{'name':'b','n':2,'opt':90,'tags':'x','conf':['map',[['k','w']]]}},"
            "{'op':'insert','table':'Root','row':{'name':'c','n':3}}]"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char operations[256], names[8] = "";
        snprintf(operations, sizeof operations,
                 "[{'op':'select','table':'Root','where':%s,'columns':['name']}]", cases[i].where);
        char *result = helper_transact(db, operations);
        for (const char *p = result; (p = strstr(p, "'name':'")); p++) {
            strncat(names, p + 8, 1);
        }
        if (strcmp(names, cases[i].names)) {
            fail_msg("%s selects \"%s\" (%s), not \"%s\"", cases[i].where, names, result, cases[i].names);
        }
        free(result);
    }
    helper_expect(db, "[{'op':'select','table':'Root','where':[['name','<','x']]}]",
                  "[{'details':'Type mismatch: \"<\" operator may not be applied to column name','error':'syntax error',"
                  "'syntax':'[\"name\",\"<\",\"x\"]'}]");
    helper_expect(db, "[{'op':'select','table':'Root','where':[['n','~',1]]}]",
                  "[{'details':'No function named ~.','error':'unknown function','syntax':'[\"n\",\"~\",1]'}]");
}

static void test_mutate(void **state)
{
    static const struct {
        const char *mutation, *column, *value;
    } cases[] = {
        { "['n','+=',5]", "n", "15" },
        { "['n','-=',3]", "n", "12" },
        { "['n','*=',2]", "n", "24" },
        { "['n','/=',5]", "n", "4" },
        { "['n','%=',3]", "n", "1" },
        { "['n','-=',5]", "n", "-4" },
        { "['n','/=',3]", "n", "-1" },
        { "['n','*=',9223372036854775807],['n','-=',1]", "n", "-9223372036854775808" },
        { "['n','%=',-1]", "n", "0" },
        { "['ratio','+=',0.5]", "ratio", "0.5" },
        { "['ratio','*=',3]", "ratio", "1.5" },
        { "['tags','insert','b']", "tags", "'b'" },
        { "['tags','insert',['set',['a','b']]]", "tags", "['set',['a','b']]" },
        { "['tags','delete',['set',['b','z']]]", "tags", "'a'" },
        { "['opt','insert',['set',[5]]]", "opt", "5" },
        { "['opt','+=',1]", "opt", "6" },
        { "['opt','delete',6]", "opt", "['set',[]]" },
        { "['conf','insert',['map',[['k','v'],['l','w']]]]", "conf", "['map',[['k','v'],['l','w']]]" },
        { "['conf','insert',['map',[['k','other']]]]", "conf", "['map',[['k','v'],['l','w']]]" },
        { "['conf','delete',['map',[['k','other'],['l','w']]]]", "conf", "['map',[['k','v']]]" },
        { "['conf','delete',['set',['k']]]", "conf", "['map',[]]" },
    };
    struct ovsdb *db = *state;
    free(helper_transact(db, "[{'op':'insert','table':'Root','row':{'name':'a','n':10}}]"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char operations[512], expected[256];
        snprintf(operations, sizeof operations,
                 "[{'op':'mutate','table':'Root','where':[],'mutations':[%s]},"
                 "{'op':'select','table':'Root','where':[],'columns':['%s']}]",
                 cases[i].mutation, cases[i].column);
        snprintf(expected, sizeof expected, "[{'count':1},{'rows':[{'%s':%s}]}]", cases[i].column,
                 cases[i].value);
        helper_expect(db, operations, expected);
    }
}

static void test_bad_mutations(void **state)
{
    static const struct {
        const char *mutation, *error;
    } cases[] = {
        { "['n','/=',0]", "domain error" },
        { "['n','%=',0]", "domain error" },
        { "['n','*=',9223372036854775807]", "range error" },
        { "['n','+=',9223372036854775800]", "range error" },
        { "['n','-=',9223372036854775807],['n','-=',11],['n','/=',-1]", "range error" },
        { "['opt','+=',100]", "constraint violation" },
        { "['name','insert','x']", "constraint violation" }, /* immutable */
        { "['n','insert',1]", "syntax error" },
        { "['ratio','%=',1]", "syntax error" },
        { "['ratio','/=',0]", "domain error" },
        { "['conf','+=',1]", "syntax error" },
        { "['tags','insert',['set',['p','q','r','s']]]", "constraint violation" },
        { "['mode','insert','warp']", "constraint violation" },
        { "['n','^=',1]", "unknown mutator" },
        { "['nope','+=',1]", "unknown column" },
        { "['_uuid','insert',['uuid','00000000-0000-0000-0000-000000000000']]", "constraint violation" },
        { "['n','+=']", "syntax error" },
        { "['conf','insert',['set',['k']]]", "syntax error" },
    };
    struct ovsdb *db = *state;
    free(helper_transact(db, "[{'op':'insert','table':'Root','row':{'name':'a','n':10,'opt':50}}]"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char operations[256], expected[64];
        snprintf(operations, sizeof operations,
                 "[{'op':'mutate','table':'Root','where':[],'mutations':[%s]}]", cases[i].mutation);
        snprintf(expected, sizeof expected, "'error':'%s'", cases[i].error);
        char *result = helper_transact(db, operations);
        if (!strstr(result, expected)) {
            fail_msg("%s gives %s, not %s", cases[i].mutation, result, cases[i].error);
        }
        free(result);
    }
    helper_expect(db, "[{'op':'select','table':'Root','where':[],'columns':['n','opt','conf','tags']}]",
                  "[{'rows':[{'conf':['map',[]],'n':10,'opt':50,'tags':['set',[]]}]}]");
}

static void test_garbage(void **state)
{
    struct ovsdb *db = *state;
    /* Nothing refers to the first kid; the second keeps the third alive. */
    free(helper_transact(
        db, "[{'op':'insert','table':'Kid','row':{'label':'lost'}},"
            "{'op':'insert','table':'Root','row':{'name':'a','kids':['named-uuid','k']}},"
            "{'op':'insert','table':'Kid','uuid-name':'k','row':{'label':'kept','next':['named-uuid','l']}},"
            "{'op':'insert','table':'Kid','uuid-name':'l','row':{'label':'last'}}]"));
    assert_int_equal(ovsdb_count(db, "Kid"), 2);
    helper_expect(db, "[{'op':'delete','table':'Kid','where':[['label','==','last']]}]",
                  "[{'count':1},{'details':'cannot delete Kid row U3 because of 1 remaining reference(s)',"
                  "'error':'referential integrity violation'}]");
    assert_int_equal(ovsdb_count(db, "Kid"), 2);
    /* The chain goes with the only reference to its head. */
    helper_expect(db, "[{'op':'update','table':'Root','where':[],'row':{'kids':['set',[]]}}]", "[{'count':1}]");
    assert_int_equal(ovsdb_count(db, "Kid"), 0);
}

static void test_weak(void **state)
{
    struct ovsdb *db = *state;
    free(helper_transact(db,
                         "[{'op':'insert','table':'Root','uuid-name':'a','row':{'name':'a'}},"
                         "{'op':'insert','table':'Root','uuid-name':'b','row':{'name':'b'}},"
                         "{'op':'insert','table':'Root','row':{'name':'c','friends':['set',[['named-uuid','a'],"
                         "['named-uuid','b'],['uuid','99999999-9999-9999-9999-999999999999']]]}},"
                         "{'op':'insert','table':'KidW','row':{'must':['named-uuid','b']}}]"));
    helper_expect(db, "[{'op':'delete','table':'Root','where':[['name','==','a']]}]", "[{'count':1}]");
    helper_expect(db, "[{'op':'select','table':'Root','where':[['name','==','c']],'columns':['friends']}]",
                  "[{'rows':[{'friends':['uuid','U1']}]}]");
    /* KidW.must may not become empty. */
    helper_expect(db, "[{'op':'delete','table':'Root','where':[['name','==','b']]}]",
                  "[{'count':1},{'details':'Weak reference column must in table KidW row U3 would become empty, but must "
                  "not be','error':'constraint violation'}]");
    assert_int_equal(ovsdb_count(db, "Root"), 2);
}

static void test_keys_and_rows(void **state)
{
    struct ovsdb *db = *state;
    free(helper_transact(db, "[{'op':'insert','table':'Root','row':{'name':'a'}}]"));
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'name':'a'}}]",
                  "[{'uuid':['uuid','U1']},{'details':'Transaction causes multiple rows in \"Root\" table to have "
                  "identical values (a) for index on column \"name\": rows U1 and U0.','error':'constraint violation'}]");
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'name':'b'}},{'op':'insert','table':'Root','row':{'name':'b'}}]",
                  "[{'uuid':['uuid','U2']},{'uuid':['uuid','U3']},{'details':'Transaction causes multiple rows in "
                  "\"Root\" table to have identical values (b) for index on column \"name\": rows U3 and U2.','error':"
                  "'constraint violation'}]");
    /* Checked at the commit only: a name that one row gives up another may take in the same transaction. */
    helper_expect(db, "[{'op':'insert','table':'Root','row':{'name':'a'}},"
                      "{'op':'delete','table':'Root','where':[['_uuid','==',['uuid','U0']]]}]",
                  "[{'uuid':['uuid','U4']},{'count':1}]");
    helper_expect(db, "[{'op':'insert','table':'Solo','row':{}},{'op':'insert','table':'Solo','row':{}}]",
                  "[{'uuid':['uuid','U5']},{'uuid':['uuid','U6']},{'details':'transaction causes \"Solo\" table to contain "
                  "2 rows, greater than the schema-defined limit of 1 row(s)','error':'constraint violation'}]");
    helper_expect(db, "[{'op':'insert','table':'Solo','row':{}}]", "[{'uuid':['uuid','U7']}]");
    helper_expect(db, "[{'op':'insert','table':'Solo','row':{}},{'op':'delete','table':'Solo','where':"
                      "[['_uuid','==',['uuid','U7']]]}]",
                  "[{'uuid':['uuid','U8']},{'count':1}]");
}

/* Keys of two columns that may change. */
static void test_changing_keys(void **state)
{
    struct ovsdb *db = *state;
    helper_expect(db, "[{'op':'insert','table':'Keyed','row':{'k':1,'l':1}},{'op':'insert','table':'Keyed','row':{'k':1,'l':2}}]",
                  "[{'uuid':['uuid','U0']},{'uuid':['uuid','U1']}]");
    /* The two exchange their keys. */
    helper_expect(db, "[{'op':'update','table':'Keyed','where':[['_uuid','==',['uuid','U0']]],'row':{'l':2}},"
                      "{'op':'update','table':'Keyed','where':[['_uuid','==',['uuid','U1']]],'row':{'l':1}}]",
                  "[{'count':1},{'count':1}]");
    /* Each is found under its new key. */
    char *result = helper_transact(db, "[{'op':'insert','table':'Keyed','row':{'k':1,'l':1}}]");
    assert_non_null(strstr(result, "rows U2 and U1."));
    free(result);
    /* A key that was given up is free, also in a later transaction. */
    helper_expect(db, "[{'op':'update','table':'Keyed','where':[['l','==',1]],'row':{'k':5,'m':7}}]", "[{'count':1}]");
    helper_expect(db, "[{'op':'insert','table':'Keyed','row':{'k':1,'l':1}}]", "[{'uuid':['uuid','U3']}]");
    result = helper_transact(db, "[{'op':'update','table':'Keyed','where':[],'row':{'k':1}}]");
    assert_non_null(strstr(result, "constraint violation"));
    free(result);
    result = helper_transact(db, "[{'op':'insert','table':'Keyed','row':{'k':5,'l':1}}]");
    assert_non_null(strstr(result, "constraint violation"));
    free(result);
    assert_int_equal(ovsdb_count(db, "Keyed"), 3);
}

/* Random keys in many rows, through the daemon's interface: refused if and only if another row has the key. */
static void test_random_keys(void **state)
{
    enum { N_ROWS = 60, N_KEYS = 20 };
    struct ovsdb *db = *state;
    const struct ovsdb_row *rows[N_ROWS] = { NULL };
    int keys[N_ROWS][2];
    helper_seed(5);
    for (int i = 0; i < 20000; i++) {
        int r = helper_random(N_ROWS), k = helper_random(N_KEYS), l = helper_random(5);
        bool remove = rows[r] && !helper_random(4), taken = false;
        struct ovsdb_txn *txn = ovsdb_txn_begin(db);
        for (int j = 0; j < N_ROWS; j++) {
            taken |= !remove && rows[j] && j != r && keys[j][0] == k && keys[j][1] == l;
        }
        const struct ovsdb_row *row = rows[r] ? rows[r] : ovsdb_txn_insert(txn, "Keyed");
        if (remove) {
            ovsdb_txn_delete(txn, row);
        } else {
            ovsdb_txn_set_int(txn, row, "k", k);
            ovsdb_txn_set_int(txn, row, "l", l);
        }
        char *error = ovsdb_txn_commit(txn);
        assert_int_equal(error != NULL, taken);
        free(error);
        if (!taken) {
            rows[r] = remove ? NULL : row;
            keys[r][0] = k;
            keys[r][1] = l;
        }
    }
}

static void test_wait(void **state)
{
    struct ovsdb *db = *state;
    free(helper_transact(db, "[{'op':'insert','table':'Root','row':{'name':'a','n':1,'tags':['set',['x']]}},"
                             "{'op':'insert','table':'Root','row':{'name':'b','n':1}}]"));
    helper_expect(db, "[{'op':'wait','timeout':0,'table':'Root','where':[],'columns':['n'],'until':'==','rows':[{'n':1}]}]",
                  "[{}]");
    /* A set of one may come as such; the order of rows does not count. */
    helper_expect(db,
                  "[{'op':'wait','timeout':0,'table':'Root','where':[],'columns':['name','tags'],'until':'==','rows':"
                  "[{'name':'b','tags':['set',[]]},{'name':'a','tags':'x'}]}]",
                  "[{}]");
    helper_expect(db, "[{'op':'wait','timeout':0,'table':'Root','where':[],'columns':['n'],'until':'!=','rows':[{'n':1}]}]",
                  "[{'details':'\"wait\" timed out','error':'timed out'}]");
    helper_expect(db, "[{'op':'wait','timeout':0,'table':'Root','where':[['n','==',9]],'columns':[],'until':'==','rows':[]},"
                      "{'op':'wait','timeout':0,'table':'Root','where':[],'columns':[],'until':'==','rows':[{}]}]",
                  "[{},{}]");
    helper_expect(db, "[{'op':'wait','table':'Root','where':[],'columns':['n'],'until':'==','rows':[]}]",
                  "waits 9223372036854775807");
    helper_expect(db, "[{'op':'delete','table':'Root','where':[]},"
                      "{'op':'wait','timeout':500,'table':'Root','where':[],'columns':['n'],'until':'==','rows':[{'n':2}]}]",
                  "waits 500");
    assert_int_equal(ovsdb_count(db, "Root"), 2);
}

static void test_malformed(void **state)
{
    static const char *const cases[] = {
        "[5]", "[{}]", "[{'op':7}]", "[{'op':'nope'}]", "[{'op':'insert'}]", "[{'op':'insert','table':'Root'}]",
        "[{'op':'insert','table':'Root','row':[]}]", "[{'op':'insert','table':'Root','row':{},'extra':1}]",
        "[{'op':'insert','table':'Root','row':{'n':'x'}}]", "[{'op':'insert','table':'Root','row':{'n':1.5}}]",
        "[{'op':'insert','table':'Root','row':{'flag':1}}]", "[{'op':'insert','table':'Root','row':{'conf':{}}}]",
        "[{'op':'insert','table':'Root','row':{'conf':['map',[['a']]]}}]",
        "[{'op':'insert','table':'Root','row':{'conf':['map',[['a','b'],['a','c']]]}}]",
        "[{'op':'insert','table':'Root','row':{'tags':['set',['a','a']]}}]",
        "[{'op':'insert','table':'Root','row':{'kids':['uuid','x']}}]",
        "[{'op':'insert','table':'Root','row':{'_uuid':['uuid','99999999-9999-9999-9999-999999999999']}}]",
        "[{'op':'select','table':'Root'}]", "[{'op':'select','table':'Root','where':{}}]",
        "[{'op':'select','table':'Root','where':[['n','==']]}]",
        "[{'op':'select','table':'Root','where':[],'columns':['n','n']}]",
        "[{'op':'select','table':'Root','where':[],'columns':'n'}]",
        "[{'op':'update','table':'Root','where':[]}]", "[{'op':'mutate','table':'Root','where':[]}]",
        "[{'op':'wait','table':'Root','where':[],'until':'<','rows':[]}]",
        "[{'op':'wait','table':'Root','where':[],'until':'==','rows':[5]}]",
        "[{'op':'wait','table':'Root','where':[],'until':'==','rows':[],'timeout':-1}]",
        "[{'op':'comment'}]", "[{'op':'commit'}]", "[{'op':'assert'}]", "[{'op':'assert','lock':'l'}]",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *result = helper_transact(*state, cases[i]);
        if (!strstr(result, "'error':")) {
            fail_msg("%s gives %s", cases[i], result);
        }
        free(result);
    }
    helper_expect(*state, "[]", "[]");
    helper_expect(*state, "[{'op':'comment','comment':'x'},{'op':'commit','durable':true}]", "[{},{}]");
}

static void test_budget(void **state)
{
    /* Each of these copies a string of 64 KiB into 64 rows: more than one request may write. */
    struct ovsdb *db = *state;
    json_t *params = json_pack("[s]", "Test");
    char *big = malloc((1 << 16) + 1);
    memset(big, 'x', 1 << 16);
    big[1 << 16] = '\0';
    for (int i = 0; i < 64; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        json_array_append_new(params, json_pack("{sssss{ss}}", "op", "insert", "table", "Root", "row", "name", name));
    }
    for (int i = 0; i < 400; i++) {
        json_array_append_new(params, json_pack("{sssss[]s{s[s[[ss]]]}}", "op", "update", "table", "Root", "where",
                                                "row", "conf", "map", "k", big));
    }
    free(big);
    struct ovsdb_execution execution = { .db = db, .params = params };
    int64_t timeout_ms;
    json_t *results = ovsdb_execution_run(&execution, &timeout_ms);
    bool refused = false;
    for (size_t i = 0; i < json_array_size(results); i++) {
        const char *error = json_string_value(json_object_get(json_array_get(results, i), "error"));
        refused |= error && !strcmp(error, "resources exhausted");
    }
    assert_true(refused);
    assert_int_equal(ovsdb_count(db, "Root"), 0);
    json_decref(results);
    json_decref(params);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_insert),      TEST(test_named_uuid),   TEST(test_update_and_delete), TEST(test_conditions),
        TEST(test_mutate),      TEST(test_bad_mutations), TEST(test_garbage),          TEST(test_weak),
        TEST(test_keys_and_rows), TEST(test_changing_keys), TEST(test_random_keys), TEST(test_wait),       TEST(test_malformed),         TEST(test_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
