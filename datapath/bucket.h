/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket that lets a packet through which is larger than itself.
 *
 * Tokens are billionths of a unit (a bit, or a packet), so that a bucket of rate r gains exactly r tokens in a nanosecond. A packet fits
 * if there are tokens for it, or if the bucket is full; it may leave the bucket in debt, which has to be paid before the next one fits.
 * So super-packets pass, whatever the bucket's size, and in the long run the rate is right to the bit. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

#define BUCKET_TOKENS_PER_UNIT 1000000000ll
#define BUCKET_MAX_SIZE 4000000000ull  /* units: four seconds of a gigabit */
#define BUCKET_MAX_DEBT (1ll << 20)          /* units beyond its size: more than the bits of any packet */
#define BUCKET_MAX_RATE 1000000000000000ull /* units a second */

struct bucket {
    uint64_t rate;        /* units a second; 0: no limit, or for a guarantee none */
    int64_t tokens, size; /* tokens: negative for a debt, at most size */
    uint64_t filled_ns;   /* when it was filled last */
};

/* Changes rate and size, in units. What was in the bucket stays, as far as it fits; a new one is full. */
static inline void bucket_set(struct bucket *b, uint64_t rate, uint64_t size, uint64_t now_ns)
{
    bool fresh = !b->rate;
    b->rate = MIN(rate, BUCKET_MAX_RATE);
    b->size = (int64_t) MIN(MAX(size, 1), BUCKET_MAX_SIZE) * BUCKET_TOKENS_PER_UNIT;
    b->tokens = fresh ? b->size : MIN(b->tokens, b->size);
    b->filled_ns = fresh ? now_ns : b->filled_ns;
}

/* Adds what was gained. Threads see the clock at slightly different times: one that is behind adds nothing. */
static inline void bucket_fill(struct bucket *b, uint64_t now_ns)
{
    if (!b->rate || now_ns <= b->filled_ns) {
        return;
    }
    uint64_t passed = now_ns - b->filled_ns, room = (uint64_t) (b->size - b->tokens);
    b->filled_ns = now_ns;
    b->tokens = passed > room / b->rate ? b->size : b->tokens + (int64_t) (passed * b->rate);
}

/* Does what costs 'units' fit? The bucket has a rate. */
static inline bool bucket_fits(const struct bucket *b, uint32_t units)
{
    return b->tokens >= MIN((int64_t) units * BUCKET_TOKENS_PER_UNIT, b->size);
}

static inline void bucket_take(struct bucket *b, uint32_t units)
{
    int64_t least = -b->size - BUCKET_MAX_DEBT * BUCKET_TOKENS_PER_UNIT;
    b->tokens = MAX(b->tokens - (int64_t) units * BUCKET_TOKENS_PER_UNIT, least);
}
