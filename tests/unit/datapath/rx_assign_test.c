/* SPDX-License-Identifier: Apache-2.0 */
/* Receive queues spread over threads: by hand, and what must hold for any queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/rx_assign.h"
#include "lib/base/compiler.h"

static void expect(const uint64_t *loads, const int *ties, size_t n,
                   const struct rx_assign_rules *rules, const unsigned int *threads,
                   uint64_t isolated)
{
    struct rx_assign_queue queues[16];
    for (size_t i = 0; i < n; i++) {
        queues[i] = (struct rx_assign_queue) { loads[i], ties ? ties[i] : -1, 99 };
    }
    assert_int_equal(rx_assign(queues, n, rules), isolated);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(queues[i].thread, threads[i]);
    }
}

static void policies(void **state)
{
    static const uint64_t loads[] = { 10, 50, 0, 30, 20, 40 };
    struct rx_assign_rules rules = { 2, RX_POLICY_ROUND_ROBIN, true };
    expect(loads, NULL, 6, &rules, (unsigned int[]) { 0, 1, 0, 1, 0, 1 }, 0);
    rules.policy = RX_POLICY_CYCLES; /* 50 0, 40 1, 30 1, 20 0, 10 0, 0 1 */
    expect(loads, NULL, 6, &rules, (unsigned int[]) { 0, 0, 1, 1, 0, 1 }, 0);
    rules.policy = RX_POLICY_GROUP; /* 50 0, 40 1, 30 1, 20 0, 10 0 (70 each, as many queues), 0 1 */
    expect(loads, NULL, 6, &rules, (unsigned int[]) { 0, 0, 1, 1, 0, 1 }, 0);
    static const uint64_t one_big[] = { 100, 1, 1, 1 };
    expect(one_big, NULL, 4, &rules, (unsigned int[]) { 0, 1, 1, 1 }, 0);
    rules.n_threads = 1;
    expect(loads, NULL, 6, &rules, (unsigned int[]) { 0, 0, 0, 0, 0, 0 }, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rx_policy_parse(rx_policy_name(i)), i);
    }
    assert_int_equal(rx_policy_parse("no-such"), -1);
}

static void ties(void **state)
{
    static const uint64_t loads[] = { 10, 10, 10, 10 };
    struct rx_assign_rules rules = { 3, RX_POLICY_GROUP, true };
    expect(loads, (int[]) { 1, -1, -1, -1 }, 4, &rules, (unsigned int[]) { 1, 0, 2, 0 }, 2);
    rules.isolate = false;
    expect(loads, (int[]) { 1, -1, -1, -1 }, 4, &rules, (unsigned int[]) { 1, 0, 2, 0 }, 0);
    rules.isolate = true;
    /* No thread is left for the fourth queue, which must be polled all the same. */
    expect(loads, (int[]) { 0, 1, 2, -1 }, 4, &rules, (unsigned int[]) { 0, 1, 2, 0 }, 7);
}

static void any_queues(void **state)
{
    srandom(1);
    for (int round = 0; round < 2000; round++) {
        struct rx_assign_queue queues[40];
        struct rx_assign_rules rules = { 1 + random() % RX_ASSIGN_MAX_THREADS, random() % 3,
                                         random() % 2 };
        uint64_t load[RX_ASSIGN_MAX_THREADS] = { 0 }, least = UINT64_MAX, most = 0, biggest = 0;
        size_t n = random() % ARRAY_SIZE(queues);
        for (size_t i = 0; i < n; i++) {
            queues[i].load = random() % 1000;
            queues[i].tied = random() % 4 ? -1 : (int) (random() % rules.n_threads);
            biggest = MAX(biggest, queues[i].load);
        }
        uint64_t isolated = rx_assign(queues, n, &rules);
        uint64_t all = UINT64_MAX >> (64 - rules.n_threads);
        for (size_t i = 0; i < n; i++) {
            assert_true(queues[i].thread < rules.n_threads);
            if (queues[i].tied >= 0) {
                assert_int_equal(queues[i].thread, queues[i].tied);
                assert_int_equal(isolated >> queues[i].tied & 1, rules.isolate);
            } else {
                assert_true(isolated == all || !(isolated >> queues[i].thread & 1));
                load[queues[i].thread] += queues[i].load;
            }
        }
        if (rules.policy == RX_POLICY_GROUP && rules.isolate && isolated != all) {
            for (unsigned int t = 0; t < rules.n_threads; t++) {
                if (!(isolated >> t & 1)) {
                    least = MIN(least, load[t]);
                    most = MAX(most, load[t]);
                }
            }
            assert_true(most - least <= biggest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies),
        cmocka_unit_test(ties),
        cmocka_unit_test(any_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
