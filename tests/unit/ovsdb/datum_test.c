/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of atoms, datums, types and schemas: text and JSON there and back, and set operations beside bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/schema.h"
#include "tests/unit/ovsdb/helper.h"
#include "vswitchd/vswitch_schema.h"

static struct ovsdb_type make_type(const char *text)
{
    struct ovsdb_type type;
    json_t *json = helper_json(text);
    char *error = ovsdb_error_steal_string(ovsdb_type_from_json(&type, json));
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    json_decref(json);
    return type;
}

/* A set of small integers as bits, and a map from them to other ones. */
enum { N = 12 };

struct model {
    bool has[N];
    int value[N]; /* maps only */
};

static struct ovsdb_datum from_model(const struct model *model, const struct ovsdb_type *type)
{
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    for (int i = N - 1; i >= 0; i--) {
        if (model->has[i]) {
            union ovsdb_atom key = { .integer = i }, value = { .integer = model->value[i] };
            ovsdb_datum_put(&datum, &key, &value, type);
        }
    }
    return datum;
}

static void expect_model(const struct ovsdb_datum *datum, const struct model *model,
                         const struct ovsdb_type *type)
{
    struct ovsdb_datum expected = from_model(model, type);
    assert_true(ovsdb_datum_equals(datum, &expected, type));
    assert_int_equal(ovsdb_datum_hash(datum, type, 7), ovsdb_datum_hash(&expected, type, 7));
    assert_int_equal(datum->keys != NULL, datum->n > 0);
    ovsdb_datum_destroy(&expected, type);
}

static struct model random_model(bool map)
{
    struct model model = { { false }, { 0 } };
    int odds = 1 + helper_random(6);
    for (int i = 0; i < N; i++) {
        model.has[i] = !helper_random(odds);
        model.value[i] = map ? helper_random(3) : 0;
    }
    return model;
}

static void check_operations(const struct ovsdb_type *type, const struct model *a,
                             const struct model *b)
{
    bool map = ovsdb_type_is_map(type), replace = helper_random(2), keys_only = map && helper_random(2);
    struct ovsdb_datum x = from_model(a, type), y = from_model(b, type);
    struct model sum = *a, rest = *a;
    bool includes = true, excludes = true;
    for (int i = 0; i < N; i++) {
        bool same = a->has[i] && b->has[i] && a->value[i] == b->value[i];
        if (b->has[i] && (!a->has[i] || replace)) {
            sum.has[i] = true;
            sum.value[i] = b->value[i];
        }
        rest.has[i] = a->has[i] && !(b->has[i] && (keys_only || same));
        includes &= !b->has[i] || same;
        excludes &= !same;
    }
    assert_int_equal(ovsdb_datum_includes(&x, &y, type), includes);
    assert_int_equal(ovsdb_datum_excludes(&x, &y, type), excludes);

    struct ovsdb_datum z = ovsdb_datum_clone(&x, type);
    ovsdb_datum_union(&z, &y, replace, type);
    expect_model(&z, &sum, type);
    ovsdb_datum_destroy(&z, type);

    z = ovsdb_datum_clone(&x, type);
    ovsdb_datum_subtract(&z, &y, keys_only, type);
    expect_model(&z, &rest, type);
    ovsdb_datum_destroy(&z, type);

    struct ovsdb_datum diff = ovsdb_datum_diff(&x, &y, type);
    z = ovsdb_datum_apply_diff(&x, &diff, type);
    expect_model(&z, b, type);
    assert_int_equal(diff.n == 0, ovsdb_datum_equals(&x, &y, type));
    assert_int_equal(ovsdb_datum_compare(&x, &y, type), -ovsdb_datum_compare(&y, &x, type));
    ovsdb_datum_destroy(&z, type);
    ovsdb_datum_destroy(&diff, type);

    for (int i = 0; i < N; i++) {
        union ovsdb_atom key = { .integer = i };
        assert_int_equal(ovsdb_datum_find(&x, &key, type) != SIZE_MAX, a->has[i]);
    }
    ovsdb_datum_destroy(&x, type);
    ovsdb_datum_destroy(&y, type);
}

static void test_operations(void **state)
{
    struct ovsdb_type set = make_type("{'key':'integer','min':0,'max':'unlimited'}");
    struct ovsdb_type map = make_type("{'key':'integer','value':'integer','min':0,'max':'unlimited'}");
    helper_seed(7);
    for (int i = 0; i < 20000; i++) {
        struct model a = random_model(i & 1), b = random_model(i & 1);
        check_operations(i & 1 ? &map : &set, &a, &b);
    }
    ovsdb_type_destroy(&set);
    ovsdb_type_destroy(&map);
}

/* Strings that are hard to quote. */
static char *random_string(void)
{
    static const char *const pieces[] = { "a", "B", "_", "-", ".", "0", "\"", "\\", "'", " ", ",", "=", "{", "]", ":", "\n", "\t",
                                          "\xc3\xa9", "\xe2\x82\xac", "true", "false", "12345678-1234-1234-1234-123456789abc" };
    struct strbuf s = STRBUF_INIT;
    strbuf_puts(&s, "");
    for (int n = helper_random(5); n > 0; n--) {
        strbuf_puts(&s, pieces[helper_random(sizeof pieces / sizeof *pieces)]);
    }
    return strbuf_steal(&s);
}

static union ovsdb_atom random_atom(enum ovsdb_atom_type type)
{
    union ovsdb_atom atom = { .integer = 0 };
    switch (type) {
    case OVSDB_VOID:
        break;
    case OVSDB_INTEGER:
        atom.integer = (int64_t) ((uint64_t) helper_random(UINT32_MAX) << helper_random(34)) - helper_random(1000);
        break;
    case OVSDB_REAL:
        atom.real = (helper_random(2000) - 1000.0) / (1 + helper_random(300));
        break;
    case OVSDB_BOOLEAN:
        atom.boolean = helper_random(2);
        break;
    case OVSDB_STRING:
        atom.string = random_string();
        break;
    case OVSDB_UUID:
        atom.uuid = uuid_random();
        break;
    }
    return atom;
}

static struct ovsdb_datum random_datum(const struct ovsdb_type *type)
{
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    size_t n = type->n_max == 1 ? 1 : helper_random(5);
    while (datum.n < n || datum.n < type->n_min) {
        union ovsdb_atom key = random_atom(type->key.type), value = random_atom(type->value.type);
        size_t before = datum.n;
        ovsdb_datum_put(&datum, &key, &value, type);
        n -= datum.n == before && n > 0;
    }
    return datum;
}

static void check_both_ways(const struct ovsdb_type *type)
{
    struct ovsdb_datum datum = random_datum(type), again;
    struct strbuf text = STRBUF_INIT;
    ovsdb_datum_to_text(&datum, type, &text);
    char *error = ovsdb_datum_from_text(&again, type, strbuf_str(&text), NULL);
    if (error) {
        fail_msg("%s: %s", strbuf_str(&text), error);
    }
    if (!ovsdb_datum_equals(&datum, &again, type)) {
        fail_msg("%s reads back as another value", strbuf_str(&text));
    }
    ovsdb_datum_destroy(&again, type);

    json_t *json = ovsdb_datum_to_json(&datum, type);
    char *json_text = json_dumps(json, JSON_ENCODE_ANY);
    json_t *json_again = json_loads(json_text, JSON_DECODE_ANY, NULL);
    assert_null(ovsdb_datum_from_json(&again, type, json_again, NULL));
    assert_true(ovsdb_datum_equals(&datum, &again, type));
    json_decref(json);
    json_decref(json_again);
    free(json_text);
    ovsdb_datum_destroy(&again, type);
    ovsdb_datum_destroy(&datum, type);
    strbuf_destroy(&text);
}

static void test_both_ways(void **state)
{
    static const char *const atoms[] = { "integer", "real", "boolean", "string", "uuid" };
    helper_seed(3);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j <= 5; j++) {
            char text[128];
            snprintf(text, sizeof text, j < 5 ? "{'key':'%s','value':'%s','min':0,'max':'unlimited'}" : "{'key':'%s','min':0,'max':9}",
                     atoms[i], j < 5 ? atoms[j] : "");
            struct ovsdb_type type = make_type(text), scalar = make_type("'string'");
            scalar.key.type = type.key.type;
            for (int k = 0; k < 200; k++) {
                check_both_ways(&type);
                check_both_ways(&scalar);
            }
            ovsdb_type_destroy(&type);
            ovsdb_type_destroy(&scalar);
        }
    }
}

/* As the same input fares with ovs-vsctl. */
static void test_text(void **state)
{
    static const struct {
        const char *type, *in, *out; /* 'out' that begins with '!' is a part of the error */
    } cases[] = {
        { "'string'", "abc", "abc" },
        { "'string'", "a1", "a1" },
        { "'string'", "1a", "\"1a\"" },
        { "'string'", "\"true\"", "\"true\"" },
        { "'string'", "\"\"", "\"\"" },
        { "'string'", "[a]", "a" },
        { "'string'", "a:b", "!a:b: unexpected \":\" parsing string" },
        { "'string'", "", "!: 0 value(s) specified but the minimum number is 1" },
        { "'string'", "a b", "!a b: 2 value(s) specified but the maximum number is 1" },
        { "'string'", "\"a", "!quoted string extends past end" },
        { "'integer'", "-5", "-5" },
        { "'integer'", "5x", "!\"5x\" is not a valid integer" },
        { "'integer'", "9223372036854775808", "!is not a valid integer" },
        { "'boolean'", "yes", "true" },
        { "'boolean'", "2", "!\"2\" is not a valid boolean (use \"true\" or \"false\")" },
        { "'real'", "1.5e3", "1500" },
        { "'real'", "inf", "!is not a valid real number" },
        { "'uuid'", "x", "!\"x\" is not a valid UUID" },
        { "{'key':{'type':'integer','minInteger':0,'maxInteger':4095},'min':0,'max':4096}", "1-3, 7,5", "[1, 2, 3, 5, 7]" },
        { "{'key':{'type':'integer','minInteger':0,'maxInteger':4095},'min':0,'max':4096}", "3-1", "!Range end cannot be before start" },
        { "{'key':{'type':'integer','minInteger':0,'maxInteger':4095},'min':0,'max':4096}", "1-5000",
          "!5000 is not in the valid range 0 to 4095 (inclusive)" },
        { "{'key':'integer','min':0,'max':'unlimited'}", "1-99999999999", "!too large a range" },
        { "{'key':'integer','min':0,'max':'unlimited'}", "[1 2", "!missing \"]\" at end of data" },
        { "{'key':'integer','min':0,'max':'unlimited'}", "[1] 2", "!trailing garbage" },
        { "{'key':'integer','min':0,'max':'unlimited'}", "1,1", "!set contains duplicate value" },
        { "{'key':'integer','min':0,'max':'unlimited'}", "1,,2", "!unexpected \",\" parsing set of integers" },
        { "{'key':'integer','min':0,'max':'unlimited'}", "", "[]" },
        { "{'key':'integer','min':0}", "[]", "[]" },
        { "{'key':'integer','min':0}", "7", "7" },
        { "{'key':'string','value':'integer','min':0,'max':'unlimited'}", "b=2 a=1,c=3", "{a=1, b=2, c=3}" },
        { "{'key':'string','value':'integer','min':0,'max':'unlimited'}", "{}", "{}" },
        { "{'key':'string','value':'integer','min':0,'max':'unlimited'}", "{a=1", "!missing \"}\" at end of data" },
        { "{'key':'string','value':'integer','min':0,'max':'unlimited'}", "a", "!expecting \"=\"" },
        { "{'key':'string','value':'integer','min':0,'max':'unlimited'}", "a=1 a=2", "!map contains duplicate key" },
        { "{'key':'string','value':'integer','min':0,'max':'unlimited'}", "a=", "!is not a valid integer" },
        { "{'key':{'type':'string','enum':['set',['b','a']]},'min':0}", "c", "!c is not one of the allowed values ([a, b])" },
        { "{'key':{'type':'string','maxLength':2},'min':0}", "\"\xc3\xa9\xc3\xa9\"", "\"\xc3\xa9\xc3\xa9\"" },
        { "{'key':{'type':'string','maxLength':2},'min':0}", "abc", "!3 characters long" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ovsdb_type type = make_type(cases[i].type);
        struct ovsdb_datum datum;
        struct strbuf text = STRBUF_INIT;
        char *error = ovsdb_datum_from_text(&datum, &type, cases[i].in, NULL);
        if (error) {
            strbuf_putf(&text, "!%s", error);
        } else {
            ovsdb_datum_to_text(&datum, &type, &text);
            ovsdb_datum_destroy(&datum, &type);
        }
        bool fits = cases[i].out[0] == '!' ? error && strstr(strbuf_str(&text), cases[i].out + 1)
                                           : !strcmp(strbuf_str(&text), cases[i].out);
        if (!fits) {
            fail_msg("%s: %s gives %s, not %s", cases[i].type, cases[i].in, strbuf_str(&text), cases[i].out);
        }
        free(error);
        strbuf_destroy(&text);
        ovsdb_type_destroy(&type);
    }
}

static void test_default(void **state)
{
    struct ovsdb_type type = make_type("{'key':{'type':'string','enum':['set',['x','b','m']]}}");
    struct ovsdb_datum datum = ovsdb_datum_default(&type);
    assert_string_equal(datum.keys[0].string, "b");
    assert_true(ovsdb_datum_is_default(&datum, &type));
    ovsdb_datum_destroy(&datum, &type);
    ovsdb_type_destroy(&type);
    type = make_type("{'key':'integer','min':0}");
    datum = ovsdb_datum_default(&type);
    assert_int_equal(datum.n, 0);
    union ovsdb_atom zero = { .integer = 0 };
    assert_true(ovsdb_datum_is_default(&datum, &type));
    ovsdb_datum_put(&datum, &zero, NULL, &type);
    assert_false(ovsdb_datum_is_default(&datum, &type));
    ovsdb_datum_destroy(&datum, &type);
    ovsdb_type_destroy(&type);
}

/* The schema that we ship, printed and parsed again. */
static void test_vswitch_schema(void **state)
{
    char *error;
    struct ovsdb_schema *schema = ovsdb_schema_from_text(vswitch_schema_text, &error);
    assert_non_null(schema);
    json_t *json = ovsdb_schema_to_json(schema);
    char *text = json_dumps(json, 0);
    struct ovsdb_schema *again = ovsdb_schema_from_text(text, &error);
    assert_non_null(again);
    json_t *json_again = ovsdb_schema_to_json(again);
    assert_true(json_equal(json, json_again));
    assert_int_equal(schema->n_tables, 19);
    assert_string_equal(schema->version, "8.8.0");
    size_t n_ephemeral = 0;
    for (size_t i = 0; i < schema->n_tables; i++) {
        for (size_t j = OVSDB_N_STD_COLUMNS; j < schema->tables[i].n_columns; j++) {
            n_ephemeral += !schema->tables[i].columns[j].persistent;
        }
    }
    assert_int_equal(n_ephemeral, 31);
    const struct ovsdb_table_schema *iface = ovsdb_schema_table(schema, "Interface");
    assert_true(ovsdb_schema_column(iface, "ofport")->persistent);
    assert_false(ovsdb_schema_column(iface, "name")->is_mutable);
    assert_null(ovsdb_schema_column(iface, "nope"));
    assert_null(ovsdb_schema_table(schema, "Nope"));
    json_decref(json);
    json_decref(json_again);
    free(text);
    ovsdb_schema_destroy(schema);
    ovsdb_schema_destroy(again);
}

static void test_bad_schemas(void **state)
{
    static const char *const cases[] = {
        "[]", "{}", "{'name':'1x','tables':{}}", "{'name':'X'}", "{'name':'X','tables':[]}",
        "{'name':'X','tables':{},'more':1}", "{'name':'X','tables':{'_T':{'columns':{'c':{'type':'integer'}}}}}",
        "{'name':'X','tables':{'T':{'columns':{}}}}", "{'name':'X','tables':{'T':{'columns':{'_c':{'type':'integer'}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{}}}}}", "{'name':'X','tables':{'T':{'columns':{'c':{'type':'thing'}}}}}",
        "{'name':'X','tables':{'T':{'maxRows':0,'columns':{'c':{'type':'integer'}}}}}",
        "{'name':'X','tables':{'T':{'indexes':[['d']],'columns':{'c':{'type':'integer'}}}}}",
        "{'name':'X','tables':{'T':{'indexes':[[]],'columns':{'c':{'type':'integer'}}}}}",
        "{'name':'X','tables':{'T':{'indexes':[['c']],'columns':{'c':{'type':'integer','ephemeral':true}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':'integer','min':2}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':'integer','max':0}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'value':'integer'}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':{'type':'integer','minInteger':2,'maxInteger':1}}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':{'type':'string','minInteger':2}}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':{'type':'string','enum':['set',[]]}}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':{'type':'uuid','refTable':'U'}}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':{'type':'uuid','refTable':'T','refType':'odd'}}}}}}}",
        "{'name':'X','tables':{'T':{'columns':{'c':{'type':{'key':{'type':'uuid','refTable':'T'},"
        "'value':{'type':'uuid','refTable':'T','refType':'weak'},'min':0}}}}}}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ovsdb_schema *schema;
        json_t *json = helper_json(cases[i]);
        struct ovsdb_error *error = ovsdb_schema_from_json(&schema, json);
        if (!error) {
            fail_msg("%s is taken for a schema", cases[i]);
        }
        ovsdb_error_destroy(error);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations), cmocka_unit_test(test_both_ways),      cmocka_unit_test(test_text),
        cmocka_unit_test(test_default),    cmocka_unit_test(test_vswitch_schema), cmocka_unit_test(test_bad_schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
