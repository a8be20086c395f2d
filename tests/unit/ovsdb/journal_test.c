/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the journal: what was committed is there again, whatever happens to the end of the file. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/journal.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/record.h"
#include "lib/ovsdb/transaction.h"
#include "tests/unit/ovsdb/helper.h"

struct fixture {
    char dir[32];
    char *path, *lock, *damaged;
    char *schema; /* proper JSON */
};

static char *plain(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    return copy;
}

static int setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    strcpy(f->dir, "/tmp/ovsdb-journal-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->path = xasprintf("%s/db", f->dir);
    f->lock = xasprintf("%s/.db.~lock~", f->dir);
    f->damaged = xasprintf("%s.damaged", f->path);
    f->schema = plain(helper_schema);
    helper_forget_uuids();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    unlink(f->lock);
    unlink(f->damaged);
    assert_int_equal(rmdir(f->dir), 0);
    free(f->path);
    free(f->lock);
    free(f->damaged);
    free(f->schema);
    free(f);
    return 0;
}

static struct ovsdb *open_db(const struct fixture *f)
{
    char *error;
    struct ovsdb *db = ovsdb_open(f->schema, f->path, &error);
    if (!db) {
        fail_msg("%s", error);
    }
    return db;
}

static char *read_file(const char *path, size_t *n)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    assert_true(fd >= 0 && !fstat(fd, &st));
    char *data = xmalloc(st.st_size + 1);
    *n = st.st_size;
    assert_int_equal(read(fd, data, *n), *n);
    close(fd);
    return data;
}

static void write_file(const char *path, const char *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), n);
    close(fd);
}

/* All persistent values as text, to compare databases by. */
static char *dump(struct ovsdb *db)
{
    helper_forget_uuids();
    return helper_transact(db, "[{'op':'select','table':'Root','where':[],'columns':['_uuid','name','n','opt','ratio','tags','kids',"
                               "'friends','conf','by_number','mode']},"
                               "{'op':'select','table':'Kid','where':[],'columns':['_uuid','label','next']}]");
}

enum { N_STEPS = 8 };

/* Transactions of all kinds, one after the other. */
static void do_step(struct ovsdb *db, int i)
{
    static const char *const steps[N_STEPS] = {
        "[{'op':'insert','table':'Root','row':{'name':'a','n':1,'tags':['set',['x','y']],'conf':['map',[['k','v']]]}}]",
        "[{'op':'insert','table':'Root','row':{'name':'b','ratio':0.1,'kids':['named-uuid','k'],'mode':'fast'}},"
        "{'op':'insert','table':'Kid','uuid-name':'k','row':{'label':'kid'}},{'op':'comment','comment':'with a comment'}]",
        "[{'op':'mutate','table':'Root','where':[['name','==','a']],'mutations':[['tags','delete','x'],['tags','insert','z'],"
        "['conf','insert',['map',[['l','w']]]]]}]",
        "[{'op':'update','table':'Root','where':[],'row':{'n':7,'opt':5,'seen':9}}]",
        "[{'op':'insert','table':'Root','row':{'name':'c','friends':['set',[]]}}]",
        "[{'op':'update','table':'Root','where':[['name','==','a']],'row':{'opt':['set',[]],'conf':['map',[['k','new']]]}}]",
        "[{'op':'update','table':'Root','where':[['name','==','b']],'row':{'kids':['set',[]]}}]",
        "[{'op':'delete','table':'Root','where':[['name','==','c']]}]",
    };
    char *result = helper_transact(db, steps[i]);
    assert_null(strstr(result, "error"));
    free(result);
}

static void test_reopen(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < N_STEPS; i++) {
        struct ovsdb *db = open_db(f);
        do_step(db, i);
        char *before = dump(db);
        ovsdb_close(db);
        db = open_db(f);
        char *after = dump(db);
        assert_string_equal(before, after);
        /* An ephemeral column was forgotten. */
        const struct ovsdb_row *row;
        ovsdb_for_each (row, db, "Root") {
            assert_int_equal(ovsdb_row_int(row, "seen", -1), 0);
        }
        ovsdb_close(db);
        free(before);
        free(after);
    }
}

/* The file after all steps, where each transaction ends in it, and what the database was then. */
struct history {
    char *data;
    size_t n;
    size_t ends[N_STEPS + 1];
    char *dumps[N_STEPS + 1];
};

static void record_history(struct fixture *f, struct history *h)
{
    for (int i = 0; i <= N_STEPS; i++) {
        struct ovsdb *db = open_db(f);
        if (i) {
            do_step(db, i - 1);
        }
        h->dumps[i] = dump(db);
        ovsdb_close(db);
        char *data = read_file(f->path, &h->ends[i]);
        free(data);
    }
    h->data = read_file(f->path, &h->n);
    assert_int_equal(h->n, h->ends[N_STEPS]);
}

static void free_history(struct history *h)
{
    for (int i = 0; i <= N_STEPS; i++) {
        free(h->dumps[i]);
    }
    free(h->data);
}

/* The index of the last state that the first 'n' whole bytes hold; 0 if not even the schema is whole. */
static int state_at(const struct history *h, size_t n)
{
    int i = N_STEPS;
    while (i > 0 && h->ends[i] > n) {
        i--;
    }
    return i;
}

/* Replays 'data' into a database in memory and compares. */
static void expect_replayed(const struct fixture *f, const char *data, size_t n, const char *expected,
                            bool damaged)
{
    char *why;
    bool same_schema;
    struct ovsdb_schema *schema = ovsdb_schema_from_text(f->schema, &why);
    struct ovsdb *db = ovsdb_database_create(schema);
    ovsdb_journal_replay(db, data, n, &same_schema, &why);
    assert_int_equal(why != NULL, damaged);
    free(why);
    char *actual = dump(db);
    assert_string_equal(actual, expected);
    free(actual);
    ovsdb_close(db);
}

static void test_cut_anywhere(void **state)
{
    struct fixture *f = *state;
    struct history h;
    record_history(f, &h);
    for (size_t n = 0; n <= h.n; n++) {
        int i = state_at(&h, n);
        bool whole = n == h.ends[i] || n == 0;
        char *exact = xmemdup(h.data, n ? n : 1);
        expect_replayed(f, exact, n, h.dumps[i], !whole);
        free(exact);
    }
    free_history(&h);
}

static void test_flip_anywhere(void **state)
{
    struct fixture *f = *state;
    struct history h;
    record_history(f, &h);
    for (size_t at = 0; at < h.n; at++) {
        char *flipped = xmemdup(h.data, h.n);
        flipped[at] ^= 1 << at % 8;
        expect_replayed(f, flipped, h.n, h.dumps[state_at(&h, at)], true);
        free(flipped);
    }
    free_history(&h);
}

/* The same through files: the database starts, keeps what was there, goes on, and the next start finds no damage. */
static void test_recover(void **state)
{
    struct fixture *f = *state;
    struct history h;
    record_history(f, &h);
    for (size_t cut = 12; cut < h.n; cut += 97) {
        int i = state_at(&h, cut);
        write_file(f->path, h.data, cut);
        struct ovsdb *db = open_db(f);
        char *found = dump(db);
        assert_string_equal(found, h.dumps[i]);
        free(found);
        if (cut != h.ends[i]) {
            size_t kept;
            char *old = read_file(f->damaged, &kept);
            assert_int_equal(kept, cut);
            free(old);
        }
        if (i < N_STEPS) {
            do_step(db, i);
            found = dump(db);
            ovsdb_close(db);
            db = open_db(f);
            char *again = dump(db);
            assert_string_equal(found, again);
            free(found);
            free(again);
        }
        ovsdb_close(db);
    }
    free_history(&h);
}

static void expect_refused(const struct fixture *f, const char *word)
{
    char *error = NULL;
    struct ovsdb *db = ovsdb_open(f->schema, f->path, &error);
    assert_null(db);
    assert_non_null(strstr(error, word));
    free(error);
}

static void test_foreign_files(void **state)
{
    struct fixture *f = *state;
    struct strbuf record = STRBUF_INIT;
    write_file(f->path, "#!/bin/sh\n", 10);
    expect_refused(f, "not a database");
    write_file(f->path, "OVSDB CLUSTER 12 x\n", 19);
    expect_refused(f, "clustered");
    ovsdb_record_put(&record, "{\"name\":\"Other\",\"version\":\"1\",\"tables\":{}}");
    write_file(f->path, record.s, record.length);
    expect_refused(f, "\"Other\"");
    strbuf_clear(&record);
    ovsdb_record_put(&record, "[\"no schema\"]");
    write_file(f->path, record.s, record.length);
    expect_refused(f, "schema");
    strbuf_destroy(&record);

    /* They were left alone. */
    size_t n;
    char *data = read_file(f->path, &n);
    assert_memory_equal(data, "OVSDB JSON 14 ", 14);
    free(data);

    /* An empty file is a database that nobody has written to. */
    write_file(f->path, "", 0);
    struct ovsdb *db = open_db(f);
    assert_int_equal(ovsdb_count(db, "Root"), 0);
    ovsdb_close(db);
}

/* Locks belong to processes, so it takes a second one to see them. */
static void test_lock(void **state)
{
    struct fixture *f = *state;
    struct ovsdb *db = open_db(f);
    pid_t pid = fork();
    if (!pid) {
        char *error = NULL;
        struct ovsdb *other = ovsdb_open(f->schema, f->path, &error);
        _exit(!other && strstr(error, "in use") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    ovsdb_close(db);
}

static void test_compact(void **state)
{
    struct fixture *f = *state;
    struct ovsdb *db = open_db(f);
    for (int i = 0; i < N_STEPS; i++) {
        do_step(db, i);
    }
    for (int i = 0; i < 200; i++) {
        struct ovsdb_txn *txn = ovsdb_txn_begin(db);
        ovsdb_txn_set_int(txn, ovsdb_first(db, "Root"), "n", 1000 + i);
        assert_null(ovsdb_txn_commit(txn));
    }
    size_t before, after;
    free(read_file(f->path, &before));
    char *expected = dump(db);
    assert_int_equal(ovsdb_compact(db), 0);
    free(read_file(f->path, &after));
    assert_true(after < before / 4);

    /* And goes on in the new file. */
    struct ovsdb_txn *txn = ovsdb_txn_begin(db);
    ovsdb_txn_set_int(txn, ovsdb_first(db, "Root"), "n", 1199);
    assert_null(ovsdb_txn_commit(txn));
    ovsdb_close(db);
    db = open_db(f);
    char *found = dump(db);
    assert_string_equal(found, expected);
    free(found);
    free(expected);
    ovsdb_close(db);
}

static void test_convert(void **state)
{
    struct fixture *f = *state;
    struct ovsdb *db = open_db(f);
    for (int i = 0; i < 5; i++) {
        do_step(db, i);
    }
    ovsdb_close(db);

    /* A schema without a column, and with another whose range is smaller than one of the values. */
    char *newer = plain("{'name': 'Test', 'version': '2.0.0', 'tables': {'Root': {'isRoot': true, 'columns': {"
                        "'name': {'type': 'string'}, 'more': {'type': 'integer'},"
                        "'n': {'type': {'key': {'type': 'integer', 'maxInteger': 6}}},"
                        "'opt': {'type': {'key': 'integer', 'min': 0}}}}}}");
    char *error;
    assert_int_equal(log_set("ovsdb_replay:ANY:off") != NULL, 0);
    db = ovsdb_open(newer, f->path, &error);
    assert_non_null(db);
    assert_int_equal(ovsdb_count(db, "Root"), 3);
    const struct ovsdb_row *row;
    int n_opt = 0;
    ovsdb_for_each (row, db, "Root") {
        assert_int_equal(ovsdb_row_int(row, "more", -1), 0);
        assert_true(ovsdb_row_int(row, "n", 99) <= 6);
        n_opt += ovsdb_row_has(row, "opt");
    }
    assert_int_equal(n_opt, 2);
    ovsdb_close(db);

    /* It was written anew at once. */
    size_t n;
    char *data = read_file(f->path, &n);
    data[n] = '\0';
    assert_non_null(strstr(data, "2.0.0"));
    assert_null(strstr(data, "kids"));
    free(data);
    free(newer);
}

/* A transaction that cannot be written is undone. */
static void test_full_disk(void **state)
{
    struct fixture *f = *state;
    struct ovsdb *db = open_db(f);
    do_step(db, 0);
    char *before = dump(db);
    ovsdb_close(db);

    /* No file may grow beyond what there is now and a little more. */
    struct stat st;
    struct rlimit old, limit;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = st.st_size + 10;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(log_set("ovsdb_journal:ANY:off") != NULL, 0);
    db = open_db(f);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    char *result = helper_transact(db, "[{'op':'insert','table':'Root','row':{'name':'z'}}]");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_non_null(strstr(result, "'error':'I/O error'"));
    off_t size = st.st_size;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_size, size);
    free(result);
    char *after = dump(db);
    assert_string_equal(after, before);
    do_step(db, 1);
    free(after);
    after = dump(db);
    ovsdb_close(db);
    db = open_db(f);
    char *again = dump(db);
    assert_string_equal(after, again);
    ovsdb_close(db);
    free(before);
    free(after);
    free(again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_reopen), TEST(test_cut_anywhere), TEST(test_flip_anywhere), TEST(test_recover), TEST(test_foreign_files),
        TEST(test_lock),   TEST(test_compact),      TEST(test_convert),       TEST(test_full_disk),
    };
    char *error = log_set("console:off");
    assert_null(error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
