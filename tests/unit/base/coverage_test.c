/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage counters: totals, rates over 5 s, a minute and an hour, and how they are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/coverage.h"
#include "lib/base/strbuf.h"

COVERAGE_DEFINE(test_bee);
COVERAGE_DEFINE(test_ant);
COVERAGE_DEFINE(test_never);

static void read_by_name(void **state)
{
    uint64_t n;
    COVERAGE_INC(test_ant);
    COVERAGE_ADD(test_ant, 9);
    assert_true(coverage_read("test_ant", &n));
    assert_int_equal(n, 10);
    assert_true(coverage_read("test_never", &n));
    assert_int_equal(n, 0);
    assert_false(coverage_read("no such counter", &n));
}

/* The line of 'name' in coverage_show(), or null. The text stays in 's'. */
static const char *line_of(struct strbuf *s, const char *name)
{
    strbuf_clear(s);
    coverage_show(s);
    return strstr(strbuf_str(s), name);
}

static void assert_line(struct strbuf *s, const char *expected)
{
    char name[25];
    sscanf(expected, "%24s", name);
    const char *line = line_of(s, name);
    assert_non_null(line);
    assert_memory_equal(line, expected, strlen(expected));
}

static void rates(void **state)
{
    struct strbuf s = STRBUF_INIT;
    coverage_run();
    COVERAGE_ADD(test_bee, 60);
    coverage_run();
    assert_line(&s, "test_bee                  12.0/sec     1.000/sec        0.0000/sec   total: 60\n");
    coverage_run();
    assert_line(&s, "test_bee                   0.0/sec     1.000/sec        0.0000/sec   total: 60\n");
    for (int i = 3; i < 12; i++) {
        coverage_run();
    }
    assert_line(&s, "test_bee                   0.0/sec     1.000/sec        0.0167/sec   total: 60\n");
    for (int i = 0; i < 2; i++) {
        coverage_run();
    }
    assert_line(&s, "test_bee                   0.0/sec     0.000/sec        0.0167/sec   total: 60\n");
    for (int i = 0; i < 12 * 60; i++) {
        coverage_run();
    }
    assert_line(&s, "test_bee                   0.0/sec     0.000/sec        0.0000/sec   total: 60\n");

    /* The last five seconds of a minute are part of it. */
    for (int i = 2 + 12 * 61; (i + 1) % 12; i++) {
        coverage_run();
    }
    COVERAGE_ADD(test_bee, 36);
    coverage_run();
    assert_line(&s, "test_bee                   7.2/sec     0.600/sec        0.0100/sec   total: 96\n");
    strbuf_destroy(&s);
}

static void shows_what_was_hit(void **state)
{
    struct strbuf s = STRBUF_INIT;
    assert_null(line_of(&s, "test_never"));
    assert_true(line_of(&s, "test_ant") < strstr(strbuf_str(&s), "test_bee"));
    assert_non_null(strstr(strbuf_str(&s), " events never hit\n"));
    strbuf_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_by_name),
        cmocka_unit_test(rates),
        cmocka_unit_test(shows_what_was_hit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
