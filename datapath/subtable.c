/* SPDX-License-Identifier: Apache-2.0 */
/* Subtables: buckets of flow ids, replaced as a whole when they grow or shrink. */
#include "datapath/subtable.h"

#include <stdlib.h>

#include "datapath/reclaim.h"
#include "lib/base/mem.h"

/* A bucket is on average filled to LOAD of its ways when the array grows; a quarter as many buckets
 * again are for overflow. */
enum { MIN_BUCKETS = 2, LOAD = 6 };

static struct subtable_buckets *create_buckets(uint32_t n_main)
{
    uint32_t n = n_main + MAX(n_main / 4, MIN_BUCKETS);
    struct subtable_buckets *b = xzalloc_cacheline(sizeof *b + n * sizeof b->buckets[0]);
    b->mask = n_main - 1;
    b->n = n;
    return b;
}

struct subtable *subtable_create(const struct line_mask *mask)
{
    struct subtable *t = xzalloc_cacheline(sizeof *t);
    t->mask = mask;
    t->buckets = create_buckets(MIN_BUCKETS);
    return t;
}

void subtable_free(struct subtable *t)
{
    if (t) {
        free(t->buckets);
        free(t);
    }
}

static struct tag_bucket *next_bucket(struct subtable_buckets *b, const struct tag_bucket *bucket)
{
    return bucket->extra ? &b->buckets[bucket->extra] : NULL;
}

/* Stores 'id' in the first free place of its chain. False if there is none and no bucket to make
 * the chain longer. */
static bool store(struct subtable_buckets *b, uint32_t id, uint64_t hash)
{
    struct tag_bucket *bucket = &b->buckets[hash & b->mask], *last;
    do {
        for (unsigned int i = 0; i < TAG_BUCKET_WAYS; i++) {
            if (!bucket->tags[i]) {
                tag_bucket_set(bucket, i, tag_bucket_tag(hash), id);
                return true;
            }
        }
        last = bucket;
        bucket = next_bucket(b, bucket);
    } while (bucket);

    uint32_t number = b->mask + 1 + b->n_chained;
    if (number == b->n) {
        return false;
    }
    b->n_chained++;
    tag_bucket_set(&b->buckets[number], 0, tag_bucket_tag(hash), id);
    __atomic_store_n(&last->extra, number, __ATOMIC_RELEASE);
    return true;
}

static bool store_all(struct subtable_buckets *to, const struct subtable_buckets *from,
                      const uint64_t *hashes)
{
    for (uint32_t i = 0; i < from->n; i++) {
        const struct tag_bucket *bucket = &from->buckets[i];
        for (unsigned int j = 0; j < TAG_BUCKET_WAYS; j++) {
            if (bucket->tags[j] && !store(to, bucket->ids[j], hashes[bucket->ids[j]])) {
                return false;
            }
        }
    }
    return true;
}

/* Replaces the buckets by 'n_main' ones, or more if those do not suffice. */
static void resize(struct subtable *t, uint32_t n_main, const uint64_t *hashes,
                   struct reclaim *reclaim)
{
    struct subtable_buckets *b = create_buckets(n_main);
    while (!store_all(b, t->buckets, hashes)) {
        free(b);
        n_main *= 2;
        b = create_buckets(n_main);
    }
    reclaim_add_free(reclaim, t->buckets);
    rcu_store(t->buckets, b);
}

void subtable_insert(struct subtable *t, uint32_t id, const uint64_t *hashes,
                     struct reclaim *reclaim)
{
    uint32_t n_main = t->buckets->mask + 1;
    if (t->n_flows >= n_main * LOAD) {
        resize(t, n_main * 2, hashes, reclaim);
    }
    while (!store(t->buckets, id, hashes[id])) {
        resize(t, (t->buckets->mask + 1) * 2, hashes, reclaim);
    }
    t->n_flows++;
}

void subtable_remove(struct subtable *t, uint32_t id, const uint64_t *hashes,
                     struct reclaim *reclaim)
{
    struct subtable_buckets *b = t->buckets;
    for (struct tag_bucket *bucket = &b->buckets[hashes[id] & b->mask]; bucket;
         bucket = next_bucket(b, bucket)) {
        for (unsigned int i = 0; i < TAG_BUCKET_WAYS; i++) {
            if (bucket->tags[i] && bucket->ids[i] == id) {
                __atomic_store_n(&bucket->tags[i], 0, __ATOMIC_RELEASE);
                t->n_flows--;
                if (b->mask + 1 > MIN_BUCKETS && t->n_flows < (b->mask + 1) * LOAD / 8) {
                    resize(t, (b->mask + 1) / 2, hashes, reclaim);
                }
                return;
            }
        }
    }
    assert(!"a flow that is in no bucket");
}

unsigned int subtable_same_hash(const struct subtable *t, uint64_t hash, const uint64_t *hashes,
                                uint32_t *ids, unsigned int max)
{
    struct subtable_buckets *b = t->buckets;
    unsigned int n = 0;
    for (const struct tag_bucket *bucket = &b->buckets[hash & b->mask]; bucket;
         bucket = next_bucket(b, bucket)) {
        uint32_t found = line_ops()->find_tag(bucket, tag_bucket_tag(hash));
        for (; found && n < max; found &= found - 1) {
            uint32_t id = bucket->ids[__builtin_ctz(found)];
            if (hashes[id] == hash) {
                ids[n++] = id;
            }
        }
    }
    return n;
}

void subtable_update_rank(struct subtable *t)
{
    uint32_t hits = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(t->hits); i++) {
        hits += __atomic_load_n(&t->hits[i], __ATOMIC_RELAXED);
    }
    t->rank = t->rank / 2 + (hits - t->last_hits) / 2;
    t->last_hits = hits;
}
