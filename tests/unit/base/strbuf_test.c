/* SPDX-License-Identifier: Apache-2.0 */
/* Strings that grow, and keyed hashes: what is put is there, and every bit of the input counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/base/strbuf.h"

static void puts_and_formats(void **state)
{
    struct strbuf s = STRBUF_INIT;
    assert_string_equal(strbuf_str(&s), "");
    strbuf_puts(&s, "ab");
    strbuf_putc(&s, 'c');
    strbuf_put(&s, "de", 2);
    strbuf_put(&s, NULL, 0);
    strbuf_putf(&s, "%d%s", 12, "x");
    strbuf_put_hex(&s, "\x00\x9f\xff", 3);
    assert_string_equal(strbuf_str(&s), "abcde12x009fff");
    assert_int_equal(s.length, 14);
    memcpy(strbuf_extend(&s, 2), "!!", 2);
    assert_string_equal(s.s, "abcde12x009fff!!");
    strbuf_destroy(&s);
    strbuf_destroy(NULL);
}

static void takes_away(void **state)
{
    struct strbuf s = STRBUF_INIT;
    assert_false(strbuf_chomp(&s, ' '));
    strbuf_puts(&s, "a  ");
    assert_true(strbuf_chomp(&s, ' '));
    assert_true(strbuf_chomp(&s, ' '));
    assert_false(strbuf_chomp(&s, ' '));
    assert_string_equal(strbuf_str(&s), "a");
    strbuf_truncate(&s, 5); /* longer than it is: no effect */
    assert_string_equal(strbuf_str(&s), "a");
    strbuf_clear(&s);
    assert_string_equal(strbuf_str(&s), "");
    strbuf_destroy(&s);
}

static void stolen(void **state)
{
    struct strbuf s = STRBUF_INIT;
    char *text = strbuf_steal(&s);
    assert_string_equal(text, "");
    free(text);
    strbuf_puts(&s, "mine");
    text = strbuf_steal(&s);
    assert_string_equal(text, "mine");
    assert_int_equal(s.length, 0);
    assert_null(s.s);
    free(text);
}

/* Formatted text of every length around the sizes at which the buffer grows. */
static void formats_of_all_lengths(void **state)
{
    for (int before = 0; before < 70; before++) {
        for (int n = 0; n < 140; n++) {
            struct strbuf s = STRBUF_INIT;
            for (int i = 0; i < before; i++) {
                strbuf_putc(&s, 'b');
            }
            strbuf_putf(&s, "%*s|", n, "");
            assert_int_equal(s.length, before + n + 1);
            assert_int_equal(strlen(s.s), s.length);
            assert_int_equal(s.s[s.length - 1], '|');
            strbuf_destroy(&s);
        }
    }
}

static void each_bit_counts(void **state)
{
    uint8_t data[40];
    hash_fixed_basis(0x123456789abcdef);
    for (size_t n = 1; n <= sizeof data; n++) {
        memset(data, 0x5a, sizeof data);
        uint64_t h = hash_bytes64(data, n, 7);
        assert_int_equal(hash_bytes64(data, n, 7), h);
        assert_true(hash_bytes64(data, n, 8) != h);
        assert_true(hash_bytes64(data, n - 1, 7) != h);
        for (size_t bit = 0; bit < n * 8; bit++) {
            data[bit / 8] ^= (uint8_t) (1 << bit % 8);
            uint64_t other = hash_bytes64(data, n, 7);
            /* About half of the bits of the hash change with any one bit of the input. */
            assert_in_range(__builtin_popcountll(h ^ other), 10, 54);
            data[bit / 8] ^= (uint8_t) (1 << bit % 8);
        }
    }
}

static void keyed(void **state)
{
    hash_fixed_basis(1);
    uint32_t a = hash_string("same", 0), b = hash_u64(5, 0);
    hash_fixed_basis(2);
    assert_int_not_equal(hash_string("same", 0), a);
    assert_int_not_equal(hash_u64(5, 0), b);
    hash_init();
    uint64_t secret = hash_secret;
    hash_init();
    assert_true(hash_secret != secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_and_formats),       cmocka_unit_test(takes_away),
        cmocka_unit_test(stolen),                 cmocka_unit_test(formats_of_all_lengths),
        cmocka_unit_test(each_bit_counts),        cmocka_unit_test(keyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
