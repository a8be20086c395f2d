/* SPDX-License-Identifier: Apache-2.0 */
/* The signature cache of one forwarding thread: from a packet's hash to the megaflow that it most
 * likely matches.
 *
 * A bucket is one cache line of ten 16-bit tags with ten flow ids. The hash covers what
 * distinguishes connections; a candidate is proved by the megaflow's own masked compare, so that a
 * wrong or stale entry costs a little time and nothing else: an id whose flow is gone or was reused
 * simply does not match, or matches rightly.
 *
 * A full bucket replaces the entry that was not hit for longest (CLOCK: the low half of 'extra' has
 * a bit per way that a hit sets, the high half is the hand). The memory for the greatest size is
 * reserved at start, and used as the cache doubles: whenever as many entries were pushed out as
 * there are buckets. Doubling moves nothing; entries of the upper half are simply learned again.
 *
 * Create and destroy on the main thread; everything else on the owner's. */
#pragma once

#include "datapath/line_ops.h"
#include "lib/base/hash.h"

enum {
    SIGNATURE_CACHE_MIN_BUCKETS = 1 << 10,
    SIGNATURE_CACHE_MAX_BUCKETS = 1 << 18, /* a million flows leave them half empty */
};

struct signature_cache {
    struct tag_bucket *buckets;
    uint64_t mask;       /* buckets in use - 1 */
    uint64_t n_reserved; /* buckets */
    uint32_t n_evicted;  /* since the last doubling */
};

/* Starts with 'min' buckets and grows to 'max', both powers of two. */
struct signature_cache *signature_cache_create(uint64_t min, uint64_t max);
void signature_cache_destroy(struct signature_cache *);

static inline uint64_t signature_cache_word(const struct flow *key, size_t offset)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *) key + offset, sizeof word);
    return word;
}

/* The signature: addresses, ports, VLANs and where the packet is, but neither TTL, TOS nor TCP
 * flags. */
static inline uint64_t signature_cache_hash(const struct flow *key)
{
    uint64_t secret = hash_secret;
    uint64_t h = hash_mix64(secret ^ signature_cache_word(key, offsetof(struct flow, in_port)),
                            secret ^ signature_cache_word(key, offsetof(struct flow, eth_dst)));
    h = hash_mix64(h ^ signature_cache_word(key, offsetof(struct flow, eth_dst) + 8),
                   secret ^ signature_cache_word(key, offsetof(struct flow, vlan)));
    if (key->lines & (1u << FLOW_LINE_L3)) {
        uint64_t ports = (uint64_t) key->tp_src << 32 | (uint64_t) key->tp_dst << 16
                         | key->nw_proto << 8 | key->nw_frag;
        h = hash_mix64(h ^ signature_cache_word(key, offsetof(struct flow, nw_src)),
                       secret ^ ports);
    }
    if (key->lines & (1u << FLOW_LINE_IPV6)) {
        h = hash_mix64(h ^ signature_cache_word(key, offsetof(struct flow, ipv6_src)),
                       secret ^ signature_cache_word(key, offsetof(struct flow, ipv6_src) + 8));
        h = hash_mix64(h ^ signature_cache_word(key, offsetof(struct flow, ipv6_dst)),
                       secret ^ signature_cache_word(key, offsetof(struct flow, ipv6_dst) + 8));
    }
    if (key->lines & (1u << FLOW_LINE_TUNNEL)) {
        h = hash_mix64(h ^ key->tun_id,
                       secret ^ signature_cache_word(key, offsetof(struct flow, tun_src)));
    }
    return hash_mix64(h, secret ^ key->dp_hash);
}
static_assert(offsetof(struct flow, recirc_id) == offsetof(struct flow, in_port) + 4, "one word");
static_assert(offsetof(struct flow, nw_dst) == offsetof(struct flow, nw_src) + 4, "one word");
static_assert(offsetof(struct flow, tun_dst) == offsetof(struct flow, tun_src) + 4, "one word");
static_assert(offsetof(struct flow, eth_type) == offsetof(struct flow, eth_dst) + 12, "two words");

static inline struct tag_bucket *signature_cache_bucket(const struct signature_cache *cache,
                                                        uint64_t hash)
{
    return &cache->buckets[hash & cache->mask];
}

/* The ways of the bucket that are candidates for 'hash'. */
static inline uint32_t signature_cache_find(const struct tag_bucket *bucket, uint64_t hash)
{
    return line_ops()->find_tag(bucket, tag_bucket_tag(hash));
}

/* The entry in 'way' was right. */
static inline void signature_cache_hit(struct tag_bucket *bucket, unsigned int way)
{
    if (!(bucket->extra & (1u << way))) {
        bucket->extra |= 1u << way;
    }
}

/* Remembers that packets with 'hash' match the flow 'id'. */
void signature_cache_insert(struct signature_cache *, uint64_t hash, uint32_t id);
