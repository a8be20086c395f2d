/* SPDX-License-Identifier: Apache-2.0 */
/* The files that outlive the program: the log of records cut and damaged at every byte, counters, marks. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "ofproto/counters.h"
#include "ofproto/flow_marks.h"
#include "ofproto/log_file.h"

static char dir[] = "/tmp/weft-log-file-XXXXXX";

static char *in_dir(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

/* A record's content follows from its number, so that a reader can check it. */
static size_t make(unsigned int i, uint8_t data[200])
{
    size_t n = i * 37 % 150;
    for (size_t j = 0; j < n; j++) {
        data[j] = (uint8_t) (i * 31 + j);
    }
    return n;
}

static struct log_file *write_records(const char *path, unsigned int n)
{
    int error;
    struct log_file *file = log_file_create(path, &error);
    assert_non_null(file);
    for (unsigned int i = 0; i < n; i++) {
        uint8_t data[200];
        uint64_t offset;
        size_t size = make(i, data), head = size / 2;
        assert_int_equal(log_file_append(file, 1 + i % 3, data, head, data + head, size - head, &offset), 0);
    }
    return file;
}

static bool check_record(void *aux, const struct log_record *record)
{
    unsigned int *n = aux;
    uint8_t data[200];
    assert_int_equal(record->type, 1 + *n % 3);
    assert_int_equal(record->size, make(*n, data));
    assert_memory_equal(record->data, data, record->size);
    assert_int_equal(record->total, log_file_record_size(record->size));
    ++*n;
    return true;
}

static unsigned int count_records(const char *path)
{
    int error;
    unsigned int n = 0;
    struct log_file *file = log_file_open(path, &error);
    if (!file) {
        return 0;
    }
    log_file_for_each(file, check_record, &n);
    log_file_close(file);
    return n;
}

static void test_many_records(void **state)
{
    char *path = in_dir("many");
    struct log_file *file = write_records(path, 50000); /* passes through many windows */
    unsigned int n = 0;
    log_file_for_each(file, check_record, &n);
    assert_int_equal(n, 50000);
    log_file_close(file);
    assert_int_equal(count_records(path), 50000);
    free(path);
}

static void test_large_record(void **state)
{
    char *path = in_dir("large");
    int error;
    uint64_t offset;
    uint8_t *data = xzalloc(LOG_RECORD_MAX);
    struct log_file *file = log_file_create(path, &error);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(log_file_append(file, 1, data, LOG_RECORD_MAX, NULL, 0, &offset), 0);
    }
    assert_int_not_equal(log_file_append(file, 1, data, LOG_RECORD_MAX, data, 1, &offset), 0);
    log_file_close(file);
    free(data);
    free(path);
}

static uint8_t *read_all(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && !fstat(fd, &st));
    uint8_t *data = xmalloc((size_t) st.st_size);
    assert_int_equal(read(fd, data, (size_t) st.st_size), st.st_size);
    close(fd);
    *size = (size_t) st.st_size;
    return data;
}

static void write_all(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static void test_cut_anywhere(void **state)
{
    enum { N = 40 };
    char *path = in_dir("cut"), *copy = in_dir("cut-copy");
    struct log_file *file = write_records(path, N);
    uint64_t end = log_file_size(file);
    log_file_close(file);

    size_t size;
    uint8_t *data = read_all(path, &size);
    unsigned int last = 0;
    for (size_t cut = 0; cut <= end; cut++) {
        write_all(copy, data, cut);
        unsigned int n = count_records(copy);
        assert_true(n == last || n == last + 1); /* whole records only, in order */
        last = n;
    }
    assert_int_equal(last, N);
    free(data);
    free(path);
    free(copy);
}

/* A kill in the middle of writing leaves what comes after as zeros. */
static void test_torn_tail(void **state)
{
    enum { N = 20 };
    char *path = in_dir("torn"), *copy = in_dir("torn-copy");
    struct log_file *file = write_records(path, N);
    uint64_t end = log_file_size(file);
    log_file_close(file);

    size_t size;
    uint8_t *data = read_all(path, &size), *torn = xmalloc(size);
    for (size_t cut = 48; cut < end; cut++) {
        memset(torn, 0, size);
        memcpy(torn, data, cut);
        write_all(copy, torn, size);
        assert_true(count_records(copy) <= N);
    }
    free(torn);
    free(data);
    free(path);
    free(copy);
}

static void test_damage_anywhere(void **state)
{
    enum { N = 20 };
    char *path = in_dir("damage"), *copy = in_dir("damage-copy");
    struct log_file *file = write_records(path, N);
    uint64_t end = log_file_size(file);
    log_file_close(file);

    size_t size;
    uint8_t *data = read_all(path, &size);
    for (size_t i = 0; i < end; i++) {
        data[i] ^= 0x40;
        write_all(copy, data, size);
        unsigned int n = count_records(copy); /* asserts that what is read is right */
        assert_true(n < N || (i >= 44 && i < 48)); /* only the header's spare bytes do not matter */
        data[i] ^= 0x40;
    }
    free(data);
    free(path);
    free(copy);
}

static void test_other_boot(void **state)
{
    char *path = in_dir("boot");
    log_file_close(write_records(path, 5));
    size_t size;
    uint8_t *data = read_all(path, &size);
    data[10] = data[10] == '0' ? '1' : '0'; /* in the boot's id */
    write_all(path, data, size);

    int error = -1;
    assert_null(log_file_open(path, &error));
    assert_int_equal(error, 0);
    free(data);
    free(path);

    path = in_dir("no-such-file");
    assert_null(log_file_open(path, &error));
    assert_int_not_equal(error, 0);
    free(path);
}

/* Counters. */

static void test_counters_survive(void **state)
{
    enum { N = 5000 };
    static struct rule_counters *slots[N];
    static uint32_t numbers[N];
    char *path = in_dir("counters");
    int error;
    struct counters *pool = counters_create(path, &error);
    for (unsigned int i = 0; i < N; i++) {
        slots[i] = counters_alloc(pool);
        numbers[i] = counters_number(slots[i]);
        slots[i]->packets = i;
        slots[i]->bytes = i * 100;
        assert_ptr_equal(counters_get(pool, numbers[i]), slots[i]);
    }

    /* As if the program had been killed: the first mapping is not even closed when the file is used again. */
    struct counters *again = counters_create(path, &error);
    static struct rule_counters *adopted[N];
    for (unsigned int i = 0; i < N; i += 2) {
        adopted[i] = counters_adopt(again, numbers[i]);
        assert_non_null(adopted[i]);
        assert_null(counters_adopt(again, numbers[i]));
        assert_int_equal(adopted[i]->packets, i);
        assert_int_equal(adopted[i]->bytes, i * 100);
    }
    assert_null(counters_adopt(again, 0xfffffff0));
    for (unsigned int i = 1; i < N; i += 2) {
        adopted[i] = counters_alloc(again); /* slots that were not adopted, zeroed, and others */
        assert_int_equal(adopted[i]->packets, 0);
        assert_int_equal(adopted[i]->bytes, 0);
    }
    for (unsigned int i = 0; i < N; i += 2) {
        assert_int_equal(adopted[i]->packets, i);
    }
    counters_unref(again);
    counters_unref(pool);
    for (unsigned int i = 0; i < N; i++) {
        counters_free(adopted[i]);
        counters_free(slots[i]);
    }
    free(path);
}

static void test_counters_reuse(void **state)
{
    int error;
    struct counters *pool = counters_create(NULL, &error);
    uint32_t highest = 0;
    for (int i = 0; i < 10000; i++) {
        struct rule_counters *slot = counters_alloc(pool);
        highest = MAX(highest, counters_number(slot));
        counters_free(slot);
    }
    assert_true(highest < 16);
    counters_unref(pool);
}

/* Marks. */

static void test_marks(void **state)
{
    char *path = in_dir("marks");
    struct uuid instance = uuid_random(), other = uuid_random(), ufid = uuid_random();
    uint64_t packets, bytes;
    struct flow_marks *marks = flow_marks_open(path, &instance, 100000);
    assert_false(flow_marks_get(marks, 99999, &ufid, &packets, &bytes));
    flow_marks_set(marks, 99999, &ufid, 7, 700);
    flow_marks_set(marks, 99999, &ufid, 8, 800);
    flow_marks_set(marks, 0xfffffff0, &ufid, 8, 800); /* no such id */
    flow_marks_close(marks);

    marks = flow_marks_open(path, &instance, 100000);
    assert_true(flow_marks_get(marks, 99999, &ufid, &packets, &bytes));
    assert_int_equal(packets, 8);
    assert_int_equal(bytes, 800);
    assert_false(flow_marks_get(marks, 99998, &ufid, &packets, &bytes));
    assert_false(flow_marks_get(marks, 99999, &other, &packets, &bytes)); /* the id was given to another flow */
    assert_int_equal(packets, 0);
    flow_marks_close(marks);

    marks = flow_marks_open(path, &other, 100000); /* another datapath */
    assert_false(flow_marks_get(marks, 99999, &ufid, &packets, &bytes));
    flow_marks_close(marks);

    marks = flow_marks_open("/nonexistent/marks", &instance, 100);
    flow_marks_set(marks, 5, &ufid, 1, 2);
    assert_true(flow_marks_get(marks, 5, &ufid, &packets, &bytes));
    flow_marks_close(marks);
    free(path);
}

static int make_dir(void **state)
{
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = { "many", "large", "cut", "cut-copy", "torn", "torn-copy", "damage", "damage-copy",
                                         "boot", "counters", "marks" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char *path = in_dir(names[i]);
        unlink(path);
        free(path);
    }
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_records),   cmocka_unit_test(test_large_record),
        cmocka_unit_test(test_cut_anywhere),   cmocka_unit_test(test_torn_tail),
        cmocka_unit_test(test_damage_anywhere), cmocka_unit_test(test_other_boot),
        cmocka_unit_test(test_counters_survive), cmocka_unit_test(test_counters_reuse),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
