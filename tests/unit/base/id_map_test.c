/* SPDX-License-Identifier: Apache-2.0 */
/* id_map against a naive twin: an array that says which number each key has, if any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/id_map.h"

enum { N_KEYS = 600, N_STEPS = 60000, N_NUMBERS = 4 * N_KEYS };

static uint32_t ids[N_KEYS];          /* ID_MAP_NONE: the key is not in */
static uint32_t key_of_id[N_NUMBERS]; /* what the map's user knows: whose number it is */

/* Few hashes, of few and neighbouring places: runs of entries that wrap around the end. */
static uint32_t hash_of(uint32_t key)
{
    return key % 3 ? 0xfffffff0u + key % 37 : key * 2654435761u;
}

static uint32_t find(const struct id_map *map, uint32_t key)
{
    uint32_t id, cursor;
    id_map_for_each (id, cursor, hash_of(key), map) {
        if (key_of_id[id] == key) {
            break;
        }
    }
    return id;
}

static uint32_t unused_id(void)
{
    for (;;) {
        uint32_t id = random() % N_NUMBERS;
        if (key_of_id[id] == UINT32_MAX) {
            return id;
        }
    }
}

static void change(struct id_map *map, uint32_t key, uint32_t *n_in)
{
    if (ids[key] == ID_MAP_NONE) {
        ids[key] = unused_id();
        key_of_id[ids[key]] = key;
        id_map_insert(map, hash_of(key), ids[key]);
        ++*n_in;
    } else if (random() % 4) {
        id_map_remove(map, hash_of(key), ids[key]);
        key_of_id[ids[key]] = UINT32_MAX;
        ids[key] = ID_MAP_NONE;
        --*n_in;
    } else {
        uint32_t id = unused_id();
        id_map_renumber(map, hash_of(key), ids[key], id);
        key_of_id[ids[key]] = UINT32_MAX;
        key_of_id[id] = key;
        ids[key] = id;
    }
}

static void twin(void **state)
{
    struct id_map map;
    uint32_t n_in = 0;
    id_map_init(&map);
    srandom(1);
    for (uint32_t i = 0; i < N_KEYS; i++) {
        ids[i] = ID_MAP_NONE;
    }
    for (uint32_t i = 0; i < N_NUMBERS; i++) {
        key_of_id[i] = UINT32_MAX;
    }
    for (int step = 0; step < N_STEPS; step++) {
        /* Of all keys for a while, then of few, so that the map is nearly empty again. */
        uint32_t key = random() % (step % 20000 < 15000 ? N_KEYS : N_KEYS / 10);
        assert_int_equal(find(&map, key), ids[key]);
        change(&map, key, &n_in);
        assert_int_equal(map.n, n_in);
        uint32_t other = random() % N_KEYS;
        assert_int_equal(find(&map, other), ids[other]);
    }
    for (uint32_t key = 0; key < N_KEYS; key++) {
        assert_int_equal(find(&map, key), ids[key]);
    }
    id_map_destroy(&map);
}

static void empty(void **state)
{
    struct id_map map;
    uint32_t cursor;
    id_map_init(&map);
    assert_int_equal(id_map_first(&map, 5, &cursor), ID_MAP_NONE);
    id_map_prefetch(&map, 5);
    id_map_insert(&map, 5, 0);
    assert_int_equal(id_map_first(&map, 5, &cursor), 0);
    assert_int_equal(id_map_next(&map, 5, &cursor), ID_MAP_NONE);
    id_map_remove(&map, 5, 0);
    assert_int_equal(id_map_first(&map, 5, &cursor), ID_MAP_NONE);
    id_map_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
