/* SPDX-License-Identifier: Apache-2.0 */
/* The byte queue against a naive twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/bytequeue.h"
#include "lib/base/compiler.h"

enum { N_STEPS = 20000, TWIN_SIZE = 1 << 20 };

static void twin(void **state)
{
    static uint8_t bytes[TWIN_SIZE]; /* what is in the queue */
    size_t n = 0;
    struct bytequeue q = { NULL, 0, 0, 0 };
    srandom(2);
    for (int step = 0; step < N_STEPS; step++) {
        if (random() % 2) {
            uint8_t data[700];
            size_t size = (size_t) random() % sizeof data;
            size = MIN(size, TWIN_SIZE - n);
            for (size_t i = 0; i < size; i++) {
                data[i] = (uint8_t) random();
            }
            memcpy(bytes + n, data, size);
            n += size;
            if (random() % 2) {
                bytequeue_put(&q, data, size);
            } else {
                memcpy(bytequeue_reserve(&q, sizeof data), data, size);
                bytequeue_commit(&q, size);
            }
        } else {
            size_t size = n ? (size_t) random() % (MIN(n, 900) + 1) : 0;
            memmove(bytes, bytes + size, n - size);
            n -= size;
            bytequeue_take(&q, size);
        }
        assert_int_equal(q.n, n);
        if (n) {
            assert_memory_equal(bytequeue_data(&q), bytes, n);
        }
    }
    bytequeue_destroy(&q);
}

static void gives_memory_back(void **state)
{
    struct bytequeue q = { NULL, 0, 0, 0 };
    size_t n = 4 << 20;
    bytequeue_commit(&q, (bytequeue_reserve(&q, n), n));
    assert_true(q.allocated >= n);
    bytequeue_take(&q, n);
    assert_int_equal(q.allocated, 0);
    bytequeue_destroy(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin),
        cmocka_unit_test(gives_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
