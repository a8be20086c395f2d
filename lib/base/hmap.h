/* SPDX-License-Identifier: Apache-2.0 */
/* A chained hash table of nodes that live inside the caller's structures.
 *
 * For one thread, or under the caller's lock; tables that readers walk without a lock use liburcu's cds_lfht instead.
 * Equal hashes do not mean equal keys: hmap_for_each_with_hash() visits every node with a given hash, and the
 * caller compares the keys. The table doubles as it fills and never shrinks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct hmap_node {
    struct hmap_node *next; /* in the same bucket */
    uint32_t hash;
};

struct hmap {
    struct hmap_node **buckets;
    size_t mask; /* buckets - 1, buckets being a power of two; 0 also when there are none */
    size_t n;    /* nodes */
};

#define HMAP_INIT                                                                                  \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void hmap_init(struct hmap *);

/* Frees the buckets, not the nodes. */
void hmap_destroy(struct hmap *);

void hmap_insert(struct hmap *, struct hmap_node *, uint32_t hash);
void hmap_remove(struct hmap *, struct hmap_node *);

static inline size_t hmap_count(const struct hmap *map)
{
    return map->n;
}

struct hmap_node *hmap_first(const struct hmap *);
struct hmap_node *hmap_next(const struct hmap *, const struct hmap_node *);

/* The first node with 'hash', or null; then the next one behind 'node'. */
struct hmap_node *hmap_first_with_hash(const struct hmap *, uint32_t hash);
struct hmap_node *hmap_next_with_hash(const struct hmap_node *, uint32_t hash);

/* The loop variable is null after the loop unless it was left by "break". */
#define HMAP_ENTRY(node, type, member) ((node) ? CONTAINER_OF(node, type, member) : NULL)

#define hmap_for_each(entry, member, map)                                                          \
    for ((entry) = HMAP_ENTRY(hmap_first(map), typeof(*(entry)), member); (entry);                 \
         (entry) = HMAP_ENTRY(hmap_next(map, &(entry)->member), typeof(*(entry)), member))

/* Lets the body remove and free 'entry'. */
#define hmap_for_each_safe(entry, nextentry, member, map)                                          \
    for ((entry) = HMAP_ENTRY(hmap_first(map), typeof(*(entry)), member);                          \
         (entry) && ((nextentry) = HMAP_ENTRY(hmap_next(map, &(entry)->member), typeof(*(entry)),  \
                                              member),                                             \
                    1);                                                                            \
         (entry) = (nextentry))

#define hmap_for_each_with_hash(entry, member, hashvalue, map)                                     \
    for ((entry) = HMAP_ENTRY(hmap_first_with_hash(map, hashvalue), typeof(*(entry)), member);     \
         (entry); (entry) = HMAP_ENTRY(hmap_next_with_hash(&(entry)->member, (entry)->member.hash), \
                                       typeof(*(entry)), member))
