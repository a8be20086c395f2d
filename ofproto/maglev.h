/* SPDX-License-Identifier: Apache-2.0 */
/* Maglev hashing: a table of slots, each of which belongs to a bucket, such that every bucket has its share of them and few slots
 * change hands when buckets come and go.
 *
 * Each bucket has an order of preference over all slots, which depends on its key alone. The buckets take turns, each as often as its weight
 * says, and take the best slot that is free. Shares are exact to one slot. The same buckets give the same table at any time and on any
 * host. Source: D. Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4. Any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maglev_bucket {
    uint32_t key;    /* different for each */
    uint32_t weight; /* 0: no slots */
};

enum { MAGLEV_MAX_SLOTS = 32749, MAGLEV_MAX_BUCKETS = 1024 };

/* How many slots, a prime number, are enough for these buckets: a hundred each, and some dozens for the lightest. There are few different
 * sizes, because another size is another table altogether. */
uint32_t maglev_size(const struct maglev_bucket *, size_t n);

/* Fills 'slots' with places in 'buckets'. 'n_slots' is prime. False if no bucket has a weight. */
bool maglev_build(const struct maglev_bucket *buckets, size_t n, uint16_t *slots, uint32_t n_slots);
