/* SPDX-License-Identifier: Apache-2.0 */
/* Random transactions on a database beside a naive twin of it: the same results, the same rows, also after the journal was read
 * again.
 *
 * The twin keeps at most N_ROOTS + N_KIDS rows, whose UUIDs are fixed, so that references are bits. It decides everything from
 * scratch: which references lead nowhere, which rows nothing refers to, which names come twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/ovsdb/execution.h"
#include "lib/ovsdb/ovsdb.h"
#include "tests/unit/ovsdb/helper.h"

enum { N_ROOTS = 10, N_KIDS = 10, N_NAMES = 6, N_TAGS = 6, MAX_TAGS = 3, N_NUMBERS = 3 };
enum { N_TRANSACTIONS = 6000, REOPEN_EVERY = 500 };

struct root {
    bool alive;
    int name;
    int n;
    int opt; /* -1: none */
    unsigned int tags, kids, friends; /* bits */
    int by_number[N_NUMBERS];         /* a kid, or -1 */
};

struct kid {
    bool alive;
    int label;
    int next; /* a kid, or -1 */
};

struct twin {
    struct root roots[N_ROOTS];
    struct kid kids[N_KIDS];
    unsigned int used_roots, used_kids; /* UUIDs that this transaction may not give again */
};

static void uuid_of(char kind, int i, char s[UUID_LEN + 1])
{
    snprintf(s, UUID_LEN + 1, "%c0000000-0000-4000-8000-0000000000%02u", kind, (unsigned int) i % 100);
}

static void put_ref(struct strbuf *out, char kind, int i)
{
    char s[UUID_LEN + 1];
    uuid_of(kind, i, s);
    strbuf_putf(out, "['uuid','%s']", s);
}

static void put_refs(struct strbuf *out, char kind, unsigned int bits)
{
    const char *comma = "";
    strbuf_puts(out, "['set',[");
    for (int i = 0; i < 32; i++) {
        if (bits >> i & 1) {
            strbuf_puts(out, comma);
            put_ref(out, kind, i);
            comma = ",";
        }
    }
    strbuf_puts(out, "]]");
}

static void put_tags(struct strbuf *out, unsigned int tags)
{
    const char *comma = "";
    strbuf_puts(out, "['set',[");
    for (int i = 0; i < N_TAGS; i++) {
        if (tags >> i & 1) {
            strbuf_putf(out, "%s't%d'", comma, i);
            comma = ",";
        }
    }
    strbuf_puts(out, "]]");
}

static void put_numbers(struct strbuf *out, const int *by_number)
{
    const char *comma = "";
    strbuf_puts(out, "['map',[");
    for (int i = 0; i < N_NUMBERS; i++) {
        if (by_number[i] >= 0) {
            strbuf_putf(out, "%s[%d,", comma, i);
            put_ref(out, 'b', by_number[i]);
            strbuf_putc(out, ']');
            comma = ",";
        }
    }
    strbuf_puts(out, "]]");
}

static unsigned int random_bits(int n, int odds)
{
    unsigned int bits = 0;
    for (int i = 0; i < n; i++) {
        bits |= !helper_random(odds) ? 1u << i : 0;
    }
    return bits;
}

/* One operation in the making: its text, and what it does to the twin. 'bad' is set when it must fail. */
struct op {
    struct strbuf *out;
    struct twin *twin;
    bool bad;
    int count; /* rows changed; -1: the operation reports none */
};

/* Columns of a root, into 'row' and into the text. */
static void random_columns(struct op *op, struct root *row, bool insert)
{
    const char *comma = "";
    if (insert) {
        row->name = helper_random(N_NAMES);
        strbuf_putf(op->out, "'name':'n%d'", row->name);
        comma = ",";
    }
    if (!helper_random(2)) {
        row->n = helper_random(5);
        strbuf_putf(op->out, "%s'n':%d", comma, row->n);
        comma = ",";
    }
    if (!helper_random(3)) {
        row->opt = (int) helper_random(5) - 1;
        strbuf_putf(op->out, "%s'opt':", comma);
        strbuf_putf(op->out, row->opt < 0 ? "['set',[]]" : "%d", row->opt);
        comma = ",";
    }
    if (!helper_random(3)) {
        row->tags = random_bits(N_TAGS, 3);
        op->bad |= __builtin_popcount(row->tags) > MAX_TAGS;
        strbuf_putf(op->out, "%s'tags':", comma);
        put_tags(op->out, row->tags);
        comma = ",";
    }
    if (!helper_random(2)) {
        row->kids = random_bits(N_KIDS, 6);
        strbuf_putf(op->out, "%s'kids':", comma);
        put_refs(op->out, 'b', row->kids);
        comma = ",";
    }
    if (!helper_random(3)) {
        row->friends = random_bits(N_ROOTS, 4);
        strbuf_putf(op->out, "%s'friends':", comma);
        put_refs(op->out, 'a', row->friends);
        comma = ",";
    }
    if (!helper_random(4)) {
        for (int i = 0; i < N_NUMBERS; i++) {
            row->by_number[i] = helper_random(3) ? -1 : (int) helper_random(N_KIDS);
        }
        strbuf_putf(op->out, "%s'by_number':", comma);
        put_numbers(op->out, row->by_number);
    }
}

static void insert_root(struct op *op)
{
    int i = helper_random(N_ROOTS);
    char uuid[UUID_LEN + 1];
    struct root row = { .alive = true, .opt = -1, .by_number = { -1, -1, -1 } };
    uuid_of('a', i, uuid);
    strbuf_putf(op->out, "{'op':'insert','table':'Root','uuid':'%s','row':{", uuid);
    random_columns(op, &row, true);
    strbuf_puts(op->out, "}}");
    op->bad |= op->twin->used_roots >> i & 1;
    op->twin->used_roots |= 1u << i;
    op->twin->roots[i] = row;
}

static void insert_kid(struct op *op)
{
    int i = helper_random(N_KIDS);
    char uuid[UUID_LEN + 1];
    struct kid row = { .alive = true, .label = helper_random(4), .next = helper_random(3) ? -1 : (int) helper_random(N_KIDS) };
    uuid_of('b', i, uuid);
    strbuf_putf(op->out, "{'op':'insert','table':'Kid','uuid':'%s','row':{'label':'l%d'", uuid, row.label);
    if (row.next >= 0) {
        strbuf_puts(op->out, ",'next':");
        put_ref(op->out, 'b', row.next);
    }
    strbuf_puts(op->out, "}}");
    op->bad |= op->twin->used_kids >> i & 1;
    op->twin->used_kids |= 1u << i;
    op->twin->kids[i] = row;
}

/* A condition on roots; returns the rows that match as bits. */
static unsigned int random_where(struct op *op)
{
    unsigned int matches = 0;
    int kind = helper_random(4), x = helper_random(5);
    char uuid[UUID_LEN + 1];
    uuid_of('a', x, uuid);
    if (kind == 0) {
        strbuf_putf(op->out, "[['n','<=',%d]]", x);
    } else if (kind == 1) {
        strbuf_putf(op->out, "[['name','==','n%d']]", x);
    } else if (kind == 2) {
        strbuf_putf(op->out, "[['tags','includes','t%d'],['opt','!=',%d]]", x, x);
    } else {
        strbuf_putf(op->out, "[['_uuid','==',['uuid','%s']]]", uuid);
    }
    for (int i = 0; i < N_ROOTS; i++) {
        const struct root *row = &op->twin->roots[i];
        bool match = kind == 0   ? row->n <= x
                     : kind == 1 ? row->name == x
                     : kind == 2 ? (row->tags >> x & 1) && row->opt != x
                                 : i == x;
        matches |= row->alive && match ? 1u << i : 0;
    }
    op->count = __builtin_popcount(matches);
    return matches;
}

static void update_roots(struct op *op)
{
    strbuf_puts(op->out, "{'op':'update','table':'Root','where':");
    unsigned int matches = random_where(op);
    strbuf_puts(op->out, ",'row':{");
    struct root values = { .opt = -2, .n = -1, .tags = ~0u, .kids = ~0u, .friends = ~0u, .by_number = { -2, -2, -2 } };
    random_columns(op, &values, false);
    strbuf_puts(op->out, "}}");
    for (int i = 0; i < N_ROOTS; i++) {
        struct root *row = &op->twin->roots[i];
        if (matches >> i & 1) {
            row->n = values.n != -1 ? values.n : row->n;
            row->opt = values.opt != -2 ? values.opt : row->opt;
            row->tags = values.tags != ~0u ? values.tags : row->tags;
            row->kids = values.kids != ~0u ? values.kids : row->kids;
            row->friends = values.friends != ~0u ? values.friends : row->friends;
            for (int j = 0; values.by_number[0] != -2 && j < N_NUMBERS; j++) {
                row->by_number[j] = values.by_number[j];
            }
        }
    }
}

static void mutate_roots(struct op *op)
{
    strbuf_puts(op->out, "{'op':'mutate','table':'Root','where':");
    unsigned int matches = random_where(op);
    int kind = helper_random(6);
    unsigned int bits = kind < 2 ? random_bits(N_TAGS, 3) : random_bits(N_KIDS, 5);
    int number = helper_random(N_NUMBERS), kid = helper_random(N_KIDS);
    strbuf_puts(op->out, ",'mutations':[");
    if (kind < 2) {
        strbuf_putf(op->out, "['tags','%s',", kind ? "insert" : "delete");
        put_tags(op->out, bits);
    } else if (kind < 4) {
        strbuf_putf(op->out, "['kids','%s',", kind == 3 ? "insert" : "delete");
        put_refs(op->out, 'b', bits);
    } else if (kind == 4) {
        strbuf_putf(op->out, "['by_number','insert',['map',[[%d,", number);
        put_ref(op->out, 'b', kid);
        strbuf_puts(op->out, "]]]");
    } else {
        strbuf_putf(op->out, "['by_number','delete',['set',[%d]]", number);
    }
    strbuf_puts(op->out, "]]}");
    for (int i = 0; i < N_ROOTS; i++) {
        struct root *row = &op->twin->roots[i];
        if (!(matches >> i & 1)) {
            continue;
        }
        row->tags = kind == 0 ? row->tags & ~bits : kind == 1 ? row->tags | bits : row->tags;
        row->kids = kind == 2 ? row->kids & ~bits : kind == 3 ? row->kids | bits : row->kids;
        op->bad |= __builtin_popcount(row->tags) > MAX_TAGS;
        if (kind == 4 && row->by_number[number] < 0) {
            row->by_number[number] = kid;
        } else if (kind == 5) {
            row->by_number[number] = -1;
        }
    }
}

static void delete_rows(struct op *op)
{
    if (helper_random(2)) {
        strbuf_puts(op->out, "{'op':'delete','table':'Root','where':");
        unsigned int matches = random_where(op);
        for (int i = 0; i < N_ROOTS; i++) {
            op->twin->roots[i].alive &= !(matches >> i & 1);
        }
    } else {
        int label = helper_random(4);
        strbuf_putf(op->out, "{'op':'delete','table':'Kid','where':[['label','==','l%d']]", label);
        op->count = 0;
        for (int i = 0; i < N_KIDS; i++) {
            struct kid *kid = &op->twin->kids[i];
            op->count += kid->alive && kid->label == label;
            kid->alive &= kid->label != label;
        }
    }
    strbuf_puts(op->out, "}");
}

/* The commit, from scratch. */

/* Bits of the kids that living rows refer to. */
static unsigned int referred_kids(const struct twin *twin)
{
    unsigned int bits = 0;
    for (int i = 0; i < N_ROOTS; i++) {
        const struct root *row = &twin->roots[i];
        bits |= row->alive ? row->kids : 0;
        for (int j = 0; row->alive && j < N_NUMBERS; j++) {
            bits |= row->by_number[j] >= 0 ? 1u << row->by_number[j] : 0;
        }
    }
    for (int i = 0; i < N_KIDS; i++) {
        const struct kid *kid = &twin->kids[i];
        bits |= kid->alive && kid->next >= 0 ? 1u << kid->next : 0;
    }
    return bits;
}

static void collect(struct twin *twin)
{
    for (bool again = true; again;) {
        unsigned int referred = referred_kids(twin);
        again = false;
        for (int i = 0; i < N_KIDS; i++) {
            if (twin->kids[i].alive && !(referred >> i & 1)) {
                twin->kids[i].alive = false;
                again = true;
            }
        }
    }
}

/* False if the transaction must be refused. */
static bool commit(struct twin *twin)
{
    unsigned int living_kids = 0, living_roots = 0;

    /* References to rows that never were, even from rows that are about to be collected. */
    if (referred_kids(twin) & ~twin->used_kids) {
        return false;
    }
    collect(twin);
    for (int i = 0; i < N_KIDS; i++) {
        living_kids |= twin->kids[i].alive ? 1u << i : 0;
    }
    for (int i = 0; i < N_ROOTS; i++) {
        living_roots |= twin->roots[i].alive ? 1u << i : 0;
    }
    if (referred_kids(twin) & ~living_kids) {
        return false;
    }
    unsigned int names = 0;
    for (int i = 0; i < N_ROOTS; i++) {
        struct root *row = &twin->roots[i];
        if (row->alive) {
            if (names >> row->name & 1) {
                return false;
            }
            names |= 1u << row->name;
            row->friends &= living_roots;
        }
    }
    return true;
}

static void note_used(struct twin *twin)
{
    twin->used_roots = twin->used_kids = 0;
    for (int i = 0; i < N_ROOTS; i++) {
        twin->used_roots |= twin->roots[i].alive ? 1u << i : 0;
    }
    for (int i = 0; i < N_KIDS; i++) {
        twin->used_kids |= twin->kids[i].alive ? 1u << i : 0;
    }
}

/* Comparing. */

static json_t *select_all(struct ovsdb *db, const char *table)
{
    json_t *params = json_pack("[s{sssss[]}]", "Test", "op", "select", "table", table, "where");
    struct ovsdb_execution execution = { .db = db, .params = params };
    int64_t timeout_ms;
    json_t *results = ovsdb_execution_run(&execution, &timeout_ms);
    json_t *rows = json_incref(json_object_get(json_array_get(results, 0), "rows"));
    json_decref(results);
    json_decref(params);
    assert_non_null(rows);
    return rows;
}

static const json_t *find_row(const json_t *rows, char kind, int i)
{
    char uuid[UUID_LEN + 1];
    uuid_of(kind, i, uuid);
    for (size_t j = 0; j < json_array_size(rows); j++) {
        const json_t *row = json_array_get(rows, j);
        if (!strcmp(json_string_value(json_array_get(json_object_get(row, "_uuid"), 1)), uuid)) {
            return row;
        }
    }
    return NULL;
}

/* 'text' is a set that may have one element, which the database writes bare. */
static void expect_column(const json_t *row, const char *column, struct strbuf *text)
{
    json_t *expected = helper_json(strbuf_str(text));
    const json_t *elements = json_array_get(expected, 1);
    bool set = !strcmp(json_string_value(json_array_get(expected, 0)), "set");
    const json_t *wanted = set && json_array_size(elements) == 1 ? json_array_get(elements, 0) : expected;
    if (!json_equal(wanted, json_object_get(row, column))) {
        char *a = helper_text(row), *b = helper_text(expected);
        fail_msg("column %s: %s instead of %s", column, a, b);
    }
    json_decref(expected);
    strbuf_destroy(text);
}

static void check_root(const json_t *json, const struct root *row)
{
    struct strbuf text = STRBUF_INIT;
    char name[16];
    snprintf(name, sizeof name, "n%d", row->name);
    assert_string_equal(json_string_value(json_object_get(json, "name")), name);
    assert_int_equal(json_integer_value(json_object_get(json, "n")), row->n);
    put_tags(&text, row->tags);
    expect_column(json, "tags", &text);
    put_refs(&text, 'b', row->kids);
    expect_column(json, "kids", &text);
    put_refs(&text, 'a', row->friends);
    expect_column(json, "friends", &text);
    put_numbers(&text, row->by_number);
    expect_column(json, "by_number", &text);
    strbuf_puts(&text, "['set',[");
    if (row->opt >= 0) {
        strbuf_putf(&text, "%d", row->opt);
    }
    strbuf_puts(&text, "]]");
    expect_column(json, "opt", &text);
}

static void check_state(struct ovsdb *db, const struct twin *twin)
{
    json_t *roots = select_all(db, "Root"), *kids = select_all(db, "Kid");
    size_t n_roots = 0, n_kids = 0;
    for (int i = 0; i < N_ROOTS; i++) {
        const json_t *json = find_row(roots, 'a', i);
        n_roots += twin->roots[i].alive;
        assert_int_equal(json != NULL, twin->roots[i].alive);
        if (json) {
            check_root(json, &twin->roots[i]);
        }
    }
    for (int i = 0; i < N_KIDS; i++) {
        const json_t *json = find_row(kids, 'b', i);
        n_kids += twin->kids[i].alive;
        assert_int_equal(json != NULL, twin->kids[i].alive);
        if (json) {
            struct strbuf text = STRBUF_INIT;
            put_refs(&text, 'b', twin->kids[i].next >= 0 ? 1u << twin->kids[i].next : 0);
            expect_column(json, "next", &text);
        }
    }
    assert_int_equal(ovsdb_count(db, "Root"), n_roots);
    assert_int_equal(ovsdb_count(db, "Kid"), n_kids);
    json_decref(roots);
    json_decref(kids);
}

/* True if the database took the transaction. */
static bool transact(struct ovsdb *db, const char *text, const int *counts)
{
    json_t *params = helper_json(text);
    struct ovsdb_execution execution = { .db = db, .params = params };
    int64_t timeout_ms;
    json_t *results = ovsdb_execution_run(&execution, &timeout_ms);
    bool ok = true;
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        ok &= json_is_object(result) && !json_object_get(result, "error");
    }
    for (size_t i = 0; ok && i < json_array_size(results); i++) {
        const json_t *count = json_object_get(json_array_get(results, i), "count");
        assert_int_equal(count ? json_integer_value(count) : -1, counts[i]);
    }
    json_decref(results);
    json_decref(params);
    return ok;
}

/* One transaction on both. Returns true if it was taken. */
static bool step(struct ovsdb *db, struct twin *twin)
{
    static void (*const makers[])(struct op *)
        = { insert_root, insert_root, insert_kid, insert_kid, insert_kid, update_roots, mutate_roots, mutate_roots, delete_rows };
    struct twin next = *twin;
    struct strbuf text = STRBUF_INIT;
    int counts[8];
    int n = 1 + helper_random(6);
    bool bad = false;
    note_used(&next);
    strbuf_puts(&text, "['Test'");
    for (int i = 0; i < n; i++) {
        struct op op = { .out = &text, .twin = &next, .count = -1 };
        strbuf_putc(&text, ',');
        makers[helper_random(sizeof makers / sizeof *makers)](&op);
        counts[i] = op.count;
        bad |= op.bad;
    }
    strbuf_puts(&text, "]");
    bad = bad || !commit(&next);
    bool taken = transact(db, strbuf_str(&text), counts);
    if (taken == bad) {
        fail_msg("%s: %s", strbuf_str(&text), taken ? "taken" : "refused");
    }
    if (taken) {
        *twin = next;
    }
    strbuf_destroy(&text);
    return taken;
}

static void test_random_transactions(void **state)
{
    char dir[] = "/tmp/ovsdb-twin-XXXXXX";
    char *error, *schema = xstrdup(helper_schema);
    struct twin twin = { .used_roots = 0 };
    int n_taken = 0;
    assert_non_null(mkdtemp(dir));
    char *path = xasprintf("%s/db", dir), *lock = xasprintf("%s/.db.~lock~", dir);
    for (char *p = schema; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    struct ovsdb *db = ovsdb_open(schema, path, &error);
    assert_non_null(db);
    helper_seed(1);
    for (int i = 0; i < N_TRANSACTIONS; i++) {
        n_taken += step(db, &twin);
        if (i % 10 == 0) {
            check_state(db, &twin);
        }
        if (i % REOPEN_EVERY == REOPEN_EVERY - 1) {
            ovsdb_close(db);
            db = ovsdb_open(schema, path, &error);
            assert_non_null(db);
            check_state(db, &twin);
        }
    }
    /* Enough of both kinds for the test to mean something. */
    assert_in_range(n_taken, N_TRANSACTIONS / 10, N_TRANSACTIONS * 9 / 10);
    ovsdb_close(db);
    unlink(path);
    unlink(lock);
    rmdir(dir);
    free(path);
    free(lock);
    free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_transactions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
