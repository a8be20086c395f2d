/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: it moves, stops and is warped; wall-clock time moves along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"

static void runs(void **state)
{
    int64_t ms = clock_ms();
    uint64_t ns = clock_ns();
    assert_false(clock_is_stopped());
    assert_true(ms >= 0);
    assert_true(clock_ns() >= ns);
    assert_true(clock_ms() >= ms);
    assert_true(clock_wall_ms() > INT64_C(1577836800000)); /* 2020 */
}

static void warps_while_running(void **state)
{
    int64_t ms = clock_ms(), wall = clock_wall_ms(), real = clock_real_ms();
    clock_warp(3600000);
    assert_true(clock_ms() >= ms + 3600000);
    assert_true(clock_wall_ms() >= wall + 3600000);
    assert_true(clock_real_ms() < real + 3600000);
}

static void stops(void **state)
{
    int64_t before = clock_ms();
    clock_stop();
    assert_true(clock_is_stopped());
    int64_t ms = clock_ms(), wall = clock_wall_ms(), real = clock_real_ms();
    uint64_t ns = clock_ns();
    assert_true(ms >= before);
    while (clock_real_ms() < real + 3) {
    }
    assert_int_equal(clock_ms(), ms);
    assert_int_equal(clock_ns(), ns);
    assert_int_equal(clock_wall_ms(), wall);
    clock_warp(1234);
    assert_int_equal(clock_ms(), ms + 1234);
    assert_int_equal(clock_ns(), ns + 1234000000);
    assert_int_equal(clock_wall_ms(), wall + 1234);
    clock_warp(0);
    clock_stop(); /* once more changes nothing */
    assert_int_equal(clock_ms(), ms + 1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(warps_while_running),
        cmocka_unit_test(stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
