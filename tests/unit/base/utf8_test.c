/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: what is well-formed and what is not, and how the latter is mended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/utf8.h"

static void well_formed(void **state)
{
    assert_true(utf8_is_valid(""));
    assert_true(utf8_is_valid("plain"));
    assert_true(utf8_is_valid("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
}

static void malformed(void **state)
{
    static const char *const bad[] = {
        "\x80", "\xbf",                 /* a continuation alone */
        "\xc0\x80", "\xc1\xbf",         /* longer than needed */
        "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2x", "\xe2\x82x",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(utf8_is_valid(bad[i]));
        char *clean = utf8_sanitize(bad[i]);
        assert_true(utf8_is_valid(clean));
        assert_memory_equal(clean, "\xef\xbf\xbd", 3);
        free(clean);
    }
}

static void sanitize_keeps_the_rest(void **state)
{
    char *clean = utf8_sanitize("a\xff\xc3\xa9z");
    assert_string_equal(clean, "a\xef\xbf\xbd\xc3\xa9z");
    free(clean);
    clean = utf8_sanitize("");
    assert_string_equal(clean, "");
    free(clean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed),
        cmocka_unit_test(malformed),
        cmocka_unit_test(sanitize_keeps_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
