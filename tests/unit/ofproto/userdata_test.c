/* SPDX-License-Identifier: Apache-2.0 */
/* The user data of upcalls: what goes in comes out, nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ofproto/userdata.h"

static struct userdata example(void)
{
    struct userdata u = {
        .bridge = "br0",
        .in_port = 7,
        .table = 3,
        .reason = 1,
        .controller_id = 9,
        .max_len = 128,
        .cookie = 0x1122334455667788,
        .metadata = 5,
        .extra = (const uint8_t *) "hello",
        .extra_len = 5,
    };
    u.regs[0] = 1;
    u.regs[15] = 0xffffffff;
    return u;
}

static void comes_back(void **state)
{
    struct userdata u = example(), v;
    uint8_t bytes[ACTION_MAX_USERDATA];
    size_t n = userdata_encode(&u, bytes);
    assert_true(userdata_decode(bytes, n, &v));
    assert_string_equal(v.bridge, "br0");
    assert_int_equal(v.in_port, 7);
    assert_int_equal(v.table, 3);
    assert_int_equal(v.reason, 1);
    assert_int_equal(v.controller_id, 9);
    assert_int_equal(v.max_len, 128);
    assert_true(v.cookie == u.cookie && v.metadata == u.metadata);
    assert_memory_equal(v.regs, u.regs, sizeof v.regs);
    assert_int_equal(v.extra_len, 5);
    assert_memory_equal(v.extra, "hello", 5);
}

static void the_longest_fits(void **state)
{
    struct userdata u = example(), v;
    uint8_t bytes[ACTION_MAX_USERDATA], extra[USERDATA_MAX_EXTRA];
    memset(extra, 0xab, sizeof extra);
    memset(u.bridge, 'x', USERDATA_MAX_BRIDGE);
    memset(u.regs, 0xff, sizeof u.regs);
    u.extra = extra;
    u.extra_len = sizeof extra;
    size_t n = userdata_encode(&u, bytes);
    assert_true(n <= sizeof bytes);
    assert_true(userdata_decode(bytes, n, &v));
    assert_int_equal(strlen(v.bridge), USERDATA_MAX_BRIDGE);
}

static void cut_or_longer_is_refused(void **state)
{
    struct userdata u = example(), v;
    uint8_t bytes[ACTION_MAX_USERDATA] = { 0 };
    size_t n = userdata_encode(&u, bytes);
    for (size_t i = 0; i < n; i++) {
        assert_false(userdata_decode(bytes, i, &v));
    }
    assert_false(userdata_decode(bytes, n + 1, &v));
}

static void nonsense_is_refused(void **state)
{
    struct userdata u = example(), v;
    uint8_t good[ACTION_MAX_USERDATA], bytes[ACTION_MAX_USERDATA];
    size_t n = userdata_encode(&u, good);
    for (size_t i = 0; i < n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bytes, good, n);
            bytes[i] ^= (uint8_t) (1u << bit);
            if (userdata_decode(bytes, n, &v)) { /* some bits are values */
                assert_true(strlen(v.bridge) <= USERDATA_MAX_BRIDGE);
                assert_true(v.extra + v.extra_len == bytes + n);
            }
        }
    }
    memcpy(bytes, good, n);
    bytes[0] ^= 1;
    assert_false(userdata_decode(bytes, n, &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(cut_or_longer_is_refused),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
