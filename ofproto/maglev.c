/* SPDX-License-Identifier: Apache-2.0 */
/* Building Maglev tables. */
#include "ofproto/maglev.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/compiler.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"

enum { SLOTS_PER_BUCKET = 100, SLOTS_OF_LIGHTEST = 32, FREE = 0xffff };

uint32_t maglev_size(const struct maglev_bucket *buckets, size_t n)
{
    static const uint16_t sizes[] = { 1021, 8191, MAGLEV_MAX_SLOTS };
    uint64_t total = 0, lightest = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        total += buckets[i].weight;
        if (buckets[i].weight && buckets[i].weight < lightest) {
            lightest = buckets[i].weight;
        }
    }
    uint64_t wanted = MAX((uint64_t) n * SLOTS_PER_BUCKET, total / lightest * SLOTS_OF_LIGHTEST);
    size_t i = 0;
    while (sizes[i] < wanted && i < ARRAY_SIZE(sizes) - 1) {
        i++;
    }
    return sizes[i];
}

/* A bucket's order of preference: 'next', then ever 'step' further on. Since the number of slots is prime it meets all of them. */
struct walker {
    uint32_t next, step;
    uint64_t credit;
};

/* The hash has no secret: tables must be the same after a restart and on other hosts. */
static struct walker start(uint32_t key, uint32_t n_slots)
{
    uint64_t hash = hash_mix64(key, 0x6d61676c65760001ULL), other = hash_mix64(key, 0x6d61676c65760002ULL);
    return (struct walker) { .next = (uint32_t) (hash % n_slots), .step = (uint32_t) (other % (n_slots - 1)) + 1 };
}

static void take(struct walker *walker, uint16_t bucket, uint16_t *slots, uint32_t n_slots)
{
    while (slots[walker->next] != FREE) {
        walker->next = (walker->next + walker->step) % n_slots;
    }
    slots[walker->next] = bucket;
}

bool maglev_build(const struct maglev_bucket *buckets, size_t n, uint16_t *slots, uint32_t n_slots)
{
    uint32_t heaviest = 0;
    for (size_t i = 0; i < n; i++) {
        heaviest = MAX(heaviest, buckets[i].weight);
    }
    if (!heaviest) {
        return false;
    }
    struct walker *walkers = xcalloc(n, sizeof *walkers);
    for (size_t i = 0; i < n; i++) {
        walkers[i] = start(buckets[i].key, n_slots);
    }
    memset(slots, 0xff, n_slots * sizeof *slots);
    for (uint32_t taken = 0; taken < n_slots;) {
        /* One round: the heaviest takes a slot, others as often as their weight is of its. */
        for (size_t i = 0; i < n && taken < n_slots; i++) {
            walkers[i].credit += buckets[i].weight;
            if (walkers[i].credit >= heaviest) {
                walkers[i].credit -= heaviest;
                take(&walkers[i], (uint16_t) i, slots, n_slots);
                taken++;
            }
        }
    }
    free(walkers);
    return true;
}
