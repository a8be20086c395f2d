/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums against the slow way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/net/csum.h"
#include "tests/unit/net/naive.h"

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = random();
    }
}

static void sums(void **state)
{
    static uint8_t data[70000] __attribute__((aligned(2)));
    srandom(1);
    fill(data, sizeof data);
    for (size_t n = 0; n < 600; n++) {
        assert_int_equal(ntohs(csum(data + 2 * (n % 4), n)),
                         naive_csum(NULL, 0, data + 2 * (n % 4), n));
    }
    assert_int_equal(ntohs(csum(data, sizeof data)), naive_csum(NULL, 0, data, sizeof data));
    memset(data, 0xff, sizeof data);
    assert_int_equal(ntohs(csum(data, sizeof data)), naive_csum(NULL, 0, data, sizeof data));
    memset(data, 0, sizeof data);
    assert_int_equal(csum(data, sizeof data), BE16_MAX);
}

static void pieces(void **state)
{
    uint8_t data[300];
    srandom(2);
    for (int step = 0; step < 1000; step++) {
        fill(data, sizeof data);
        size_t split = random() % 100 * 2, n = split + random() % 100;
        uint32_t sum = csum_continue(csum_continue(0, data, split), data + split, n - split);
        assert_int_equal(csum_finish(sum), csum(data, n));
    }
}

/* Updating gives exactly what summing anew gives, for a packet that is not all zeros. */
static void updates(void **state)
{
    srandom(3);
    for (int step = 0; step < 20000; step++) {
        uint8_t data[64] __attribute__((aligned(4))), old[16];
        fill(data, sizeof data);
        if (step % 3 == 0) {
            memset(data + random() % 48, random() % 2 ? 0xff : 0, 16);
        }
        data[63] |= 1;
        size_t ofs = random() % 24 * 2;
        be16 before = csum(data, sizeof data);
        memcpy(old, data + ofs, 16);
        size_t n = step % 3 == 0 ? 2 : step % 3 == 1 ? 4 : 16;
        fill(data + ofs, n);
        if (step % 5 == 0) {
            memset(data + ofs, step % 2 ? 0xff : 0, n);
        }
        data[63] |= 1;
        be16 after = n == 2   ? csum_recalc16(before, get_be16(old), get_be16(data + ofs))
                     : n == 4 ? csum_recalc32(before, get_be32(old), get_be32(data + ofs))
                              : csum_recalc128(before, old, data + ofs);
        assert_int_equal(after, csum(data, sizeof data));
    }
}

static void pseudo_headers(void **state)
{
    srandom(4);
    for (int step = 0; step < 1000; step++) {
        uint8_t v4[12], v6[40];
        fill(v4, sizeof v4);
        v4[8] = 0;
        assert_int_equal(csum_finish(csum_pseudo_ipv4(get_be32(v4), get_be32(v4 + 4), v4[9],
                                                      v4[10] << 8 | v4[11])),
                         csum(v4, sizeof v4));
        fill(v6, sizeof v6);
        memset(v6 + 36, 0, 3);
        assert_int_equal(
            csum_finish(csum_pseudo_ipv6(v6, v6 + 16, v6[39], ntohl(get_be32(v6 + 32)))),
            csum(v6, sizeof v6));
    }
}

static void crc(void **state)
{
    assert_int_equal(le32toh(crc32c_continue(0, "123456789", 9)),
                     0xe3069283); /* the check value of the CRC catalogue */
    uint8_t data[500];
    srandom(5);
    fill(data, sizeof data);
    for (size_t n = 0; n < sizeof data; n++) {
        size_t split = n ? random() % n : 0;
        uint32_t whole = crc32c_continue(0, data, n);
        assert_int_equal(le32toh(whole), naive_crc32c(data, n));
        assert_int_equal(crc32c_continue(crc32c_continue(0, data, split), data + split, n - split),
                         whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),           cmocka_unit_test(pieces), cmocka_unit_test(updates),
        cmocka_unit_test(pseudo_headers), cmocka_unit_test(crc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
