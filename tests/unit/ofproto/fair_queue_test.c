/* SPDX-License-Identifier: Apache-2.0 */
/* The fair queue beside a naive one: an array in which everything is searched for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/compiler.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "ofproto/fair_queue.h"

enum { PORTS = 6, MAX = 64 };

struct item {
    struct fair_item fair;
    uint32_t port;
    int id;
};

/* What waits of each port, and whose turn it is. */
static struct {
    int ids[PORTS][MAX], n[PORTS];
    int turns[PORTS], n_turns;
    size_t sizes[100000];
} twin;

static uint32_t state = 12345;

static uint32_t random_below(uint32_t n)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % n;
}

static void twin_remove(int port)
{
    memmove(twin.ids[port], twin.ids[port] + 1, sizeof(int) * (size_t) --twin.n[port]);
    if (!twin.n[port]) {
        int at = 0;
        while (twin.turns[at] != port) {
            at++;
        }
        memmove(twin.turns + at, twin.turns + at + 1, sizeof(int) * (size_t) (--twin.n_turns - at));
    }
}

static void expect(struct fair_item *fair, int port)
{
    assert_non_null(fair);
    struct item *item = CONTAINER_OF(fair, struct item, fair);
    assert_int_equal(item->port, port);
    assert_int_equal(item->id, twin.ids[port][0]);
    free(item);
}

static void expect_take(struct fair_queue *queue)
{
    if (!twin.n_turns) {
        assert_null(fair_queue_take(queue));
        return;
    }
    int port = twin.turns[0];
    memmove(twin.turns, twin.turns + 1, sizeof(int) * (size_t) (twin.n_turns - 1));
    twin.turns[twin.n_turns - 1] = port;
    expect(fair_queue_take(queue), port);
    twin_remove(port);
}

static void put(struct fair_queue *queue, int port, int id)
{
    struct item *item = xzalloc(sizeof *item);
    item->port = (uint32_t) port;
    item->id = id;
    item->fair.size = twin.sizes[id] = 1 + random_below(100);
    fair_queue_put(queue, (uint32_t) port, &item->fair);
    if (!twin.n[port]) {
        twin.turns[twin.n_turns++] = port;
    }
    twin.ids[port][twin.n[port]++] = id;
}

static bool twin_is_over(size_t max_items, size_t max_bytes)
{
    size_t n = 0, bytes = 0;
    for (int port = 0; port < PORTS; port++) {
        for (int i = 0; i < twin.n[port]; i++) {
            n++;
            bytes += twin.sizes[twin.ids[port][i]];
        }
    }
    return n > max_items || bytes > max_bytes;
}

static void expect_excess(struct fair_queue *queue, size_t max_items, size_t max_bytes)
{
    while (twin_is_over(max_items, max_bytes)) {
        int longest = twin.turns[0];
        for (int i = 1; i < twin.n_turns; i++) {
            longest = twin.n[twin.turns[i]] > twin.n[longest] ? twin.turns[i] : longest;
        }
        expect(fair_queue_take_excess(queue), longest);
        twin_remove(longest);
    }
    assert_null(fair_queue_take_excess(queue));
}

static void beside_the_twin(void **unused)
{
    size_t max_items = 40, max_bytes = 1500;
    struct fair_queue *queue = fair_queue_create(max_items, max_bytes);
    for (int id = 0; id < 100000; id++) {
        if (random_below(1000) == 0) {
            max_items = 5 + random_below(40);
            fair_queue_set_max_items(queue, max_items);
            expect_excess(queue, max_items, max_bytes);
        }
        if (random_below(100) < 55) {
            put(queue, (int) (random_below(3) ? 0 : random_below(PORTS)), id);
            expect_excess(queue, max_items, max_bytes);
        } else {
            expect_take(queue);
        }
    }
    while (fair_queue_n(queue)) {
        expect_take(queue);
    }
    fair_queue_destroy(queue);
    fair_queue_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_the_twin),
    };
    hash_fixed_basis(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
