/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket of flow ids under 16-bit tags, one cache line: the building block of the signature cache
 * and of the megaflow table.
 *
 * A tag is a part of the hash of what is looked for; it only rules out: an id under the right tag
 * is a candidate, and the compare with the flow itself is the proof. Tag 0 marks a place that is
 * free.
 *
 * The places are atomic one by one (relaxed), so that a reader may look while the owner writes. It
 * may see a tag with the id that was there before: a candidate that the proof rejects, or accepts,
 * in which case the flow really matches. */
#pragma once

#include <stdint.h>

#include "lib/base/compiler.h"

enum { TAG_BUCKET_WAYS = 10 };

struct tag_bucket {
    union {
        struct {
            uint16_t tags[TAG_BUCKET_WAYS];
            uint32_t extra; /* for the owner's purposes */
        };
        uint64_t words[3]; /* the same, as it is searched */
    };
    uint32_t ids[TAG_BUCKET_WAYS];
} CACHE_ALIGNED;
static_assert(sizeof(struct tag_bucket) == CACHE_LINE_SIZE, "one line");

static inline uint16_t tag_bucket_tag(uint64_t hash)
{
    uint16_t tag = hash >> 48;
    return tag ? tag : 1;
}

static inline uint32_t tag_bucket_id(const struct tag_bucket *bucket, unsigned int way)
{
    return __atomic_load_n(&bucket->ids[way], __ATOMIC_RELAXED);
}

static inline uint16_t tag_bucket_tag_of(const struct tag_bucket *bucket, unsigned int way)
{
    return __atomic_load_n(&bucket->tags[way], __ATOMIC_RELAXED);
}

static inline void tag_bucket_set(struct tag_bucket *bucket, unsigned int way, uint16_t tag,
                                  uint32_t id)
{
    __atomic_store_n(&bucket->ids[way], id, __ATOMIC_RELAXED);
    __atomic_store_n(&bucket->tags[way], tag, __ATOMIC_RELEASE);
}
