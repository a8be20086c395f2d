/* SPDX-License-Identifier: Apache-2.0 */
/* hmap against a naive twin: an array that says which keys are in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/hmap.h"

enum { N_KEYS = 500, N_STEPS = 20000 };

struct item {
    struct hmap_node node;
    int key;
    bool in;
};

static struct item *find(struct hmap *map, int key, uint32_t hash)
{
    struct item *item;
    hmap_for_each_with_hash (item, node, hash, map) {
        if (item->key == key) {
            return item;
        }
    }
    return NULL;
}

static void twin(void **state)
{
    static struct item items[N_KEYS];
    struct hmap map = HMAP_INIT;
    size_t n_in = 0;
    srandom(1);
    for (int step = 0; step < N_STEPS; step++) {
        struct item *item = &items[random() % N_KEYS];
        item->key = item - items;
        uint32_t hash = item->key % 37; /* many collisions */
        assert_ptr_equal(find(&map, item->key, hash), item->in ? item : NULL);
        if (item->in) {
            hmap_remove(&map, &item->node);
        } else {
            hmap_insert(&map, &item->node, hash);
        }
        item->in = !item->in;
        n_in += item->in ? 1 : -1;
        assert_int_equal(hmap_count(&map), n_in);
    }

    struct item *item, *next;
    size_t n_seen = 0;
    hmap_for_each_safe (item, next, node, &map) {
        assert_true(item->in);
        hmap_remove(&map, &item->node);
        n_seen++;
    }
    assert_int_equal(n_seen, n_in);
    assert_int_equal(hmap_count(&map), 0);
    hmap_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
