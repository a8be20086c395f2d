/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs: version and variant, text, and what is not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/uuid.h"

static void random_is_version_4(void **state)
{
    struct uuid a = uuid_random(), b = uuid_random();
    char s[UUID_LEN + 1];
    uuid_to_string(&a, s);
    assert_int_equal(strlen(s), UUID_LEN);
    assert_int_equal(s[14], '4');
    assert_non_null(strchr("89ab", s[19]));
    assert_false(uuid_equals(&a, &b));
    assert_int_not_equal(uuid_compare(&a, &b), 0);
    assert_false(uuid_is_zero(&a));
}

static void text_round_trip(void **state)
{
    for (int i = 0; i < 100; i++) {
        struct uuid a = uuid_random(), b;
        char s[UUID_LEN + 1];
        uuid_to_string(&a, s);
        assert_true(uuid_from_string(&b, s));
        assert_true(uuid_equals(&a, &b));
        assert_int_equal(uuid_hash(&a), uuid_hash(&b));
    }
}

static void known_text(void **state)
{
    static const uint8_t bytes[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                       0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 };
    struct uuid u;
    char s[UUID_LEN + 1];
    assert_true(uuid_from_string(&u, "01234567-89AB-cdef-FEDC-ba9876543210"));
    assert_memory_equal(u.bytes, bytes, sizeof bytes);
    uuid_to_string(&u, s);
    assert_string_equal(s, "01234567-89ab-cdef-fedc-ba9876543210");
}

static void malformed(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "01234567-89ab-cdef-fedc-ba987654321",
        "01234567-89ab-cdef-fedc-ba98765432100",
        "01234567-89ab-cdef-fedc-ba987654321g",
        "0123456789abcdeffedcba9876543210",
        "01234567_89ab-cdef-fedc-ba9876543210",
        "01234567-89ab-cdef-fedcba-9876543210",
        " 1234567-89ab-cdef-fedc-ba9876543210",
    };
    struct uuid u = { { 7 } }, same = u;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(uuid_from_string(&u, bad[i]));
        assert_true(uuid_equals(&u, &same));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_is_version_4),
        cmocka_unit_test(text_round_trip),
        cmocka_unit_test(known_text),
        cmocka_unit_test(malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
