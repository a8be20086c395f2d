/* SPDX-License-Identifier: Apache-2.0 */
/* A chained hash table of intrusive nodes. */
#include "lib/base/hmap.h"

#include <stdlib.h>

#include "lib/base/mem.h"

static void link_node(struct hmap *map, struct hmap_node *node)
{
    struct hmap_node **bucket = &map->buckets[node->hash & map->mask];
    node->next = *bucket;
    *bucket = node;
}

static void grow(struct hmap *map)
{
    struct hmap old = *map;
    size_t n_old = old.buckets ? old.mask + 1 : 0;
    size_t n_new = n_old ? n_old * 2 : 4;
    map->buckets = xcalloc(n_new, sizeof *map->buckets);
    map->mask = n_new - 1;
    for (size_t i = 0; i < n_old; i++) {
        struct hmap_node *next;
        for (struct hmap_node *node = old.buckets[i]; node; node = next) {
            next = node->next;
            link_node(map, node);
        }
    }
    free(old.buckets);
}

static struct hmap_node *first_from(const struct hmap *map, size_t bucket)
{
    for (; map->buckets && bucket <= map->mask; bucket++) {
        if (map->buckets[bucket]) {
            return map->buckets[bucket];
        }
    }
    return NULL;
}

static struct hmap_node *skip_to_hash(struct hmap_node *node, uint32_t hash)
{
    while (node && node->hash != hash) {
        node = node->next;
    }
    return node;
}

void hmap_init(struct hmap *map)
{
    *map = (struct hmap) HMAP_INIT;
}

void hmap_destroy(struct hmap *map)
{
    if (map) {
        free(map->buckets);
        hmap_init(map);
    }
}

void hmap_insert(struct hmap *map, struct hmap_node *node, uint32_t hash)
{
    if (!map->buckets || map->n > map->mask) {
        grow(map);
    }
    node->hash = hash;
    link_node(map, node);
    map->n++;
}

void hmap_remove(struct hmap *map, struct hmap_node *node)
{
    struct hmap_node **p = &map->buckets[node->hash & map->mask];
    while (*p != node) {
        p = &(*p)->next;
    }
    *p = node->next;
    map->n--;
}

struct hmap_node *hmap_first(const struct hmap *map)
{
    return first_from(map, 0);
}

struct hmap_node *hmap_next(const struct hmap *map, const struct hmap_node *node)
{
    return node->next ? node->next : first_from(map, (node->hash & map->mask) + 1);
}

struct hmap_node *hmap_first_with_hash(const struct hmap *map, uint32_t hash)
{
    return map->buckets ? skip_to_hash(map->buckets[hash & map->mask], hash) : NULL;
}

struct hmap_node *hmap_next_with_hash(const struct hmap_node *node, uint32_t hash)
{
    return skip_to_hash(node->next, hash);
}
