/* SPDX-License-Identifier: Apache-2.0 */
/* Maglev tables: shares as the weights say, and few slots that change hands. */
#include "ofproto/maglev.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

static uint16_t *build(const struct maglev_bucket *buckets, size_t n, uint32_t n_slots)
{
    uint16_t *slots = xcalloc(n_slots, sizeof *slots);
    assert_true(maglev_build(buckets, n, slots, n_slots));
    return slots;
}

/* Every slot is given, and every bucket has its share to within a slot. */
static void test_shares(void **state)
{
    srandom(7);
    for (int round = 0; round < 50; round++) {
        struct maglev_bucket buckets[64];
        size_t n = 1 + (size_t) random() % 64;
        uint64_t total = 0;
        for (size_t i = 0; i < n; i++) {
            buckets[i] = (struct maglev_bucket) { (uint32_t) (round * 100 + i), (uint32_t) random() % 20 };
            total += buckets[i].weight;
        }
        if (!total) {
            continue;
        }
        uint32_t n_slots = maglev_size(buckets, n);
        uint16_t *slots = build(buckets, n, n_slots);
        uint32_t count[64] = { 0 };
        for (uint32_t i = 0; i < n_slots; i++) {
            assert_true(slots[i] < n);
            count[slots[i]]++;
        }
        for (size_t i = 0; i < n; i++) {
            double share = (double) n_slots * buckets[i].weight / (double) total;
            assert_true(count[i] >= share - 2 && count[i] <= share + 2);
        }
        free(slots);
    }
}

static void test_no_weight(void **state)
{
    const struct maglev_bucket none[] = { { 1, 0 }, { 2, 0 } };
    uint16_t slots[1021];
    assert_false(maglev_build(none, 2, slots, 1021));
    assert_false(maglev_build(NULL, 0, slots, 1021));
}

/* Connections with hashes that are drawn at random fall to the buckets as the weights say. The bound is chi-square's for seven degrees of freedom, one in
 * a thousand; the seed is fixed. */
static void test_chi_square(void **state)
{
    enum { N = 8, CONNECTIONS = 200000 };
    const struct maglev_bucket buckets[N] = { { 10, 1 }, { 11, 2 }, { 12, 3 }, { 13, 4 }, { 14, 5 }, { 15, 6 }, { 16, 7 }, { 17, 8 } };
    uint32_t n_slots = MAGLEV_MAX_SLOTS, count[N] = { 0 };
    uint16_t *slots = build(buckets, N, n_slots);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        count[slots[(uint64_t) hash_fold(hash_mix64(i, 1234)) * n_slots >> 32]]++;
    }
    double chi = 0;
    for (size_t i = 0; i < N; i++) {
        double expected = (double) CONNECTIONS * buckets[i].weight / 36, off = count[i] - expected;
        chi += off * off / expected;
    }
    assert_true(chi < 24.32);
    free(slots);
}

/* How many of the slots belong to another key in the second table? */
static double moved(const struct maglev_bucket *a, size_t n_a, const struct maglev_bucket *b, size_t n_b, uint32_t n_slots)
{
    uint16_t *first = build(a, n_a, n_slots), *second = build(b, n_b, n_slots);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_slots; i++) {
        n += a[first[i]].key != b[second[i]].key;
    }
    free(first);
    free(second);
    return (double) n / n_slots;
}

/* Without one of n buckets about 1/n of the connections move: all of its own, and few of others. */
static void test_removal(void **state)
{
    static const size_t sizes[] = { 2, 3, 5, 10, 50, 200 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct maglev_bucket buckets[200], rest[200];
        size_t n = sizes[i], gone = n / 2;
        for (size_t j = 0; j < n; j++) {
            buckets[j] = (struct maglev_bucket) { (uint32_t) j, 100 };
        }
        memcpy(rest, buckets, sizeof rest);
        memmove(&rest[gone], &rest[gone + 1], (n - gone - 1) * sizeof *rest);
        uint32_t n_slots = maglev_size(buckets, n);
        double share = moved(buckets, n, rest, n - 1, n_slots);
        assert_true(share > 0.9 / (double) n);
        assert_true(share < 1.0 / (double) n + 0.05);

        /* One that died gives the same table as one that is gone. */
        buckets[gone].weight = 0;
        assert_true(moved(buckets, n, rest, n - 1, n_slots) == 0);
    }
}

/* The table depends on keys and weights, not on the process. */
static void test_fixed(void **state)
{
    const struct maglev_bucket buckets[] = { { 0, 1 }, { 1, 1 } };
    uint16_t *slots = build(buckets, 2, 1021);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 1021; i++) {
        sum = sum * 31 + slots[i];
    }
    assert_int_equal(sum, 0x9ad21c01eb787924);
    free(slots);
}

static void test_size(void **state)
{
    const struct maglev_bucket even[] = { { 0, 5 }, { 1, 5 } }, skewed[] = { { 0, 1 }, { 1, 200 } }, none[] = { { 0, 0 } };
    assert_int_equal(maglev_size(even, 2), 1021);
    assert_int_equal(maglev_size(skewed, 2), 8191);
    assert_int_equal(maglev_size(none, 1), 1021);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares), cmocka_unit_test(test_no_weight), cmocka_unit_test(test_chi_square),
        cmocka_unit_test(test_removal), cmocka_unit_test(test_fixed), cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
