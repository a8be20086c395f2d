/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of numbers, by open addressing. */
#include "lib/base/id_map.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

enum { MIN_ENTRIES = 8 };

void id_map_init(struct id_map *map)
{
    *map = (struct id_map) { NULL, 0, 0 };
}

void id_map_destroy(struct id_map *map)
{
    free(map->entries);
    id_map_init(map);
}

/* There is an empty entry. */
static void put(struct id_map *map, struct id_map_entry entry)
{
    uint32_t i = entry.hash & map->mask;
    while (map->entries[i].id_plus_1) {
        i = (i + 1) & map->mask;
    }
    map->entries[i] = entry;
}

static void grow(struct id_map *map)
{
    struct id_map old = *map;
    uint32_t n_old = old.entries ? old.mask + 1 : 0;
    uint32_t n_new = n_old ? n_old * 2 : MIN_ENTRIES;
    assert(n_new > n_old);
    map->entries = xcalloc(n_new, sizeof *map->entries);
    map->mask = n_new - 1;
    for (uint32_t i = 0; i < n_old; i++) {
        if (old.entries[i].id_plus_1) {
            put(map, old.entries[i]);
        }
    }
    free(old.entries);
}

void id_map_insert(struct id_map *map, uint32_t hash, uint32_t id)
{
    assert(id != ID_MAP_NONE);
    if (!map->entries || (uint64_t) (map->n + 1) * 3 > ((uint64_t) map->mask + 1) * 2) {
        grow(map);
    }
    put(map, (struct id_map_entry) { hash, id + 1 });
    map->n++;
}

static uint32_t find(const struct id_map *map, uint32_t hash, uint32_t id)
{
    assert(map->entries);
    uint32_t i = hash & map->mask;
    while (map->entries[i].hash != hash || map->entries[i].id_plus_1 != id + 1) {
        assert(map->entries[i].id_plus_1);
        i = (i + 1) & map->mask;
    }
    return i;
}

/* Closes the gap: each entry behind it, up to the next empty one, moves into the gap if it may lie there, that is if the gap is not before the place
 * that its hash asks for. */
void id_map_remove(struct id_map *map, uint32_t hash, uint32_t id)
{
    uint32_t gap = find(map, hash, id);
    for (uint32_t i = (gap + 1) & map->mask; map->entries[i].id_plus_1; i = (i + 1) & map->mask) {
        uint32_t home = map->entries[i].hash & map->mask;
        if (((i - home) & map->mask) >= ((i - gap) & map->mask)) {
            map->entries[gap] = map->entries[i];
            gap = i;
        }
    }
    map->entries[gap] = (struct id_map_entry) { 0, 0 };
    map->n--;
}

void id_map_renumber(struct id_map *map, uint32_t hash, uint32_t old_id, uint32_t new_id)
{
    map->entries[find(map, hash, old_id)].id_plus_1 = new_id + 1;
}

/* From entry 'i' on. */
static uint32_t search(const struct id_map *map, uint32_t hash, uint32_t i, uint32_t *cursor)
{
    while (map->entries[i].id_plus_1 && map->entries[i].hash != hash) {
        i = (i + 1) & map->mask;
    }
    *cursor = i;
    return map->entries[i].id_plus_1 - 1;
}

uint32_t id_map_first(const struct id_map *map, uint32_t hash, uint32_t *cursor)
{
    *cursor = 0;
    return map->entries ? search(map, hash, hash & map->mask, cursor) : ID_MAP_NONE;
}

uint32_t id_map_next(const struct id_map *map, uint32_t hash, uint32_t *cursor)
{
    return search(map, hash, (*cursor + 1) & map->mask, cursor);
}
