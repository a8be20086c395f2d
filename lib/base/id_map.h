/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of 32-bit numbers, such as places in an array, for tables of millions.
 *
 * An entry is a hash and a number, eight bytes, and entries lie in one array (open addressing, linear probing, two thirds full at most): to find
 * that nothing has a hash, or where it goes, touches one cache line most often, and none of the things that the numbers stand for. A chained table
 * (lib/base/hmap.h) touches one for each node of a chain.
 *
 * Equal hashes do not mean equal keys: the caller goes through all numbers with a hash and compares. The hash must be good in its low bits. For one
 * thread, or under the caller's lock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No number of an entry. */
#define ID_MAP_NONE UINT32_MAX

struct id_map_entry {
    uint32_t hash;
    uint32_t id_plus_1; /* 0: empty */
};

struct id_map {
    struct id_map_entry *entries;
    uint32_t n, mask; /* entries in use; size of the array - 1, 0 when there is none */
};

void id_map_init(struct id_map *);
void id_map_destroy(struct id_map *);

/* 'id' is not ID_MAP_NONE. May double the array. */
void id_map_insert(struct id_map *, uint32_t hash, uint32_t id);

/* The entry is there. */
void id_map_remove(struct id_map *, uint32_t hash, uint32_t id);
void id_map_renumber(struct id_map *, uint32_t hash, uint32_t old_id, uint32_t new_id);

/* The first number with 'hash', and the next ones; ID_MAP_NONE at the end. '*cursor' is theirs. */
uint32_t id_map_first(const struct id_map *, uint32_t hash, uint32_t *cursor);
uint32_t id_map_next(const struct id_map *, uint32_t hash, uint32_t *cursor);

#define id_map_for_each(id, cursor, hashvalue, map)                                                                               \
    for ((id) = id_map_first(map, hashvalue, &(cursor)); (id) != ID_MAP_NONE; (id) = id_map_next(map, hashvalue, &(cursor)))

/* Fetches what a search for 'hash' is going to look at. */
static inline void id_map_prefetch(const struct id_map *map, uint32_t hash)
{
    if (map->entries) {
        __builtin_prefetch(&map->entries[hash & map->mask]);
    }
}
