/* SPDX-License-Identifier: Apache-2.0 */
/* The signature cache: learning, replacing, doubling. */
#include "datapath/signature_cache.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "lib/base/mem.h"

enum { ALL_WAYS = (1 << TAG_BUCKET_WAYS) - 1, HAND_SHIFT = 16 };

struct signature_cache *signature_cache_create(uint64_t min, uint64_t max)
{
    struct signature_cache *cache = xzalloc_cacheline(sizeof *cache);
    size_t size = max * sizeof *cache->buckets;
    assert(min && !(min & (min - 1)) && !(max & (max - 1)) && min <= max);
    cache->buckets = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (cache->buckets == MAP_FAILED) {
        abort();
    }
    madvise(cache->buckets, size, MADV_HUGEPAGE);
    cache->mask = min - 1;
    cache->n_reserved = max;
    return cache;
}

void signature_cache_destroy(struct signature_cache *cache)
{
    if (cache) {
        munmap(cache->buckets, cache->n_reserved * sizeof *cache->buckets);
        free(cache);
    }
}

/* The way to replace: moves the hand past entries that were hit, which lose their bit. */
static unsigned int choose_victim(struct tag_bucket *bucket)
{
    unsigned int hand = bucket->extra >> HAND_SHIFT;
    uint32_t hit = bucket->extra & ALL_WAYS;
    while (hit & (1u << hand)) {
        hit &= ~(1u << hand);
        hand = (hand + 1) % TAG_BUCKET_WAYS;
    }
    bucket->extra = ((hand + 1) % TAG_BUCKET_WAYS) << HAND_SHIFT | hit;
    return hand;
}

static void count_eviction(struct signature_cache *cache)
{
    if (++cache->n_evicted > cache->mask && cache->mask + 1 < cache->n_reserved) {
        cache->mask = cache->mask * 2 + 1;
        cache->n_evicted = 0;
    }
}

void signature_cache_insert(struct signature_cache *cache, uint64_t hash, uint32_t id)
{
    struct tag_bucket *bucket = signature_cache_bucket(cache, hash);
    uint16_t tag = tag_bucket_tag(hash);
    for (uint32_t same = line_ops()->find_tag(bucket, tag); same; same &= same - 1) {
        if (bucket->ids[__builtin_ctz(same)] == id) {
            return;
        }
    }
    uint32_t unused = line_ops()->find_tag(bucket, 0);
    if (unused) {
        tag_bucket_set(bucket, __builtin_ctz(unused), tag, id);
    } else {
        tag_bucket_set(bucket, choose_victim(bucket), tag, id);
        count_eviction(cache);
    }
}
