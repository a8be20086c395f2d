/* SPDX-License-Identifier: Apache-2.0 */
/* Masks, comparison and hashes of flows, line by line. Loops over the eight words of a line have no
 * branch and a fixed count, so that the compiler makes vectors of them. */
#include "lib/net/flow.h"

#include "lib/base/hash.h"

enum { LINE_WORDS = FLOW_LINE_SIZE / sizeof(uint64_t) };

/* The words of a line. Flows are read as words throughout this file; the build has no strict
 * aliasing. */
static inline const uint64_t *words(const struct flow_line *line)
{
    return (const uint64_t *)__builtin_assume_aligned(line, FLOW_LINE_SIZE);
}

static const struct flow_line zero_line;

#define FOR_EACH_LINE(LINE, BITMAP)                                                     \
    for (uint32_t todo_ = (BITMAP), LINE; todo_ && (LINE = __builtin_ctz(todo_), true); \
         todo_ &= todo_ - 1)

void flow_init(struct flow *key)
{
    key->lines = 0;
    flow_use_line(key, FLOW_LINE_L2);
}

void flow_copy(struct flow *to, const struct flow *from)
{
    FOR_EACH_LINE(i, from->lines)
    {
        to->line[i] = from->line[i];
    }
    to->lines = from->lines;
}

const struct flow_line *flow_line(const struct flow *flow, unsigned int line)
{
    return flow->lines & (1u << line) ? &flow->line[line] : &zero_line;
}

static bool line_is_zero(const struct flow_line *line)
{
    const uint64_t *w = words(line);
    uint64_t any = 0;
    for (int i = 0; i < LINE_WORDS; i++) {
        any |= w[i];
    }
    return !any;
}

static uint64_t line_difference(const struct flow_line *a, const struct flow_line *b,
                                const struct flow_line *mask)
{
    const uint64_t *wa = words(a), *wb = words(b), *wm = words(mask);
    uint64_t any = 0;
    for (int i = 0; i < LINE_WORDS; i++) {
        any |= (wa[i] ^ wb[i]) & wm[i];
    }
    return any;
}

void flow_mask_normalize(struct flow *mask)
{
    FOR_EACH_LINE(i, mask->lines)
    {
        if (line_is_zero(&mask->line[i])) {
            mask->lines &= ~(1u << i);
        }
    }
}

void flow_mask_or(struct flow *mask, const struct flow *other)
{
    FOR_EACH_LINE(i, other->lines)
    {
        flow_use_line(mask, i);
        uint64_t *to = (uint64_t *)(void *)&mask->line[i];
        const uint64_t *from = words(&other->line[i]);
        for (int j = 0; j < LINE_WORDS; j++) {
            to[j] |= from[j];
        }
    }
}

void flow_apply_mask(struct flow *out, const struct flow *key, const struct flow *mask)
{
    uint32_t lines = mask->lines;
    FOR_EACH_LINE(i, lines)
    {
        uint64_t *to = (uint64_t *)(void *)&out->line[i];
        const uint64_t *k = words(flow_line(key, i)), *m = words(&mask->line[i]);
        for (int j = 0; j < LINE_WORDS; j++) {
            to[j] = k[j] & m[j];
        }
    }
    out->lines = lines;
}

bool flow_equal_masked(const struct flow *a, const struct flow *b, const struct flow *mask)
{
    FOR_EACH_LINE(i, mask->lines)
    {
        if (line_difference(flow_line(a, i), flow_line(b, i), &mask->line[i])) {
            return false;
        }
    }
    return true;
}

bool flow_equal(const struct flow *a, const struct flow *b)
{
    FOR_EACH_LINE(i, a->lines | b->lines)
    {
        if (memcmp(flow_line(a, i), flow_line(b, i), FLOW_LINE_SIZE)) {
            return false;
        }
    }
    return true;
}

bool flow_mask_covers(const struct flow *wide, const struct flow *bits)
{
    FOR_EACH_LINE(i, bits->lines)
    {
        const uint64_t *w = words(flow_line(wide, i)), *b = words(&bits->line[i]);
        uint64_t uncovered = 0;
        for (int j = 0; j < LINE_WORDS; j++) {
            uncovered |= b[j] & ~w[j];
        }
        if (uncovered) {
            return false;
        }
    }
    return true;
}

bool flow_mask_is_exact_bits(const void *bits, size_t n)
{
    const uint8_t *p = bits;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0xff) {
            return false;
        }
    }
    return true;
}

bool flow_is_nd(const struct flow *key)
{
    return key->eth_type == htons(ETH_TYPE_IPV6) && key->lines & (1u << FLOW_LINE_L3) &&
           key->nw_proto == NW_PROTO_ICMPV6 && !(key->nw_frag & FLOW_FRAG_LATER) &&
           (key->tp_src == htons(ICMPV6_NEIGHBOR_SOLICIT) ||
            key->tp_src == htons(ICMPV6_NEIGHBOR_ADVERT)) &&
           key->tp_dst == htons(0);
}

/* The hash of a flow works in eight lanes, one for each word of a line. A lane multiplies the
 * halves of each word, keyed by the process's secret, the lane and the line, and adds the product
 * and the turned word to what it has; the lanes meet in the end. Written over pairs of lanes, since
 * every 64-bit machine has registers for these; wider ones take several pairs. */
typedef uint64_t pair __attribute__((vector_size(16)));

static const pair lane_keys[LINE_WORDS / 2] = {
    {0x9e3779b97f4a7c15ULL, 0xc2b2ae3d27d4eb4fULL},
    {0x165667b19e3779f9ULL, 0xd6e8feb86659fd93ULL},
    {0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL},
    {0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL},
};

/* The products of the halves of both words. */
static inline pair multiply_halves(pair x)
{
#ifdef __SSE2__
    typedef int quad __attribute__((vector_size(16)));
    return (pair)__builtin_ia32_pmuludq128((quad)x, (quad)(x >> 32));
#else
    return (x & 0xffffffff) * (x >> 32);
#endif
}

static inline pair hash_pair(pair lanes, pair key, pair mask, pair secret)
{
    pair word = key & mask;
    return lanes + multiply_halves(word ^ secret) + (word << 32 | word >> 32);
}

uint32_t flow_hash_masked(const struct flow *key, const struct flow *mask, uint32_t basis)
{
    pair a = {0}, b = {0}, c = {0}, d = {0};
    FOR_EACH_LINE(i, mask->lines)
    {
        const pair *k = __builtin_assume_aligned(flow_line(key, i), FLOW_LINE_SIZE);
        const pair *m = __builtin_assume_aligned(&mask->line[i], FLOW_LINE_SIZE);
        uint64_t line_secret = hash_secret + (i + 1) * 0x94d049bb133111ebULL;
        pair secret = {line_secret, line_secret};
        a = hash_pair(a, k[0], m[0], lane_keys[0] + secret);
        b = hash_pair(b, k[1], m[1], lane_keys[1] + secret);
        c = hash_pair(c, k[2], m[2], lane_keys[2] + secret);
        d = hash_pair(d, k[3], m[3], lane_keys[3] + secret);
    }
    uint64_t h = hash_secret ^ basis;
    h += hash_mix64(a[0] ^ lane_keys[0][0], a[1] ^ hash_secret);
    h += hash_mix64(b[0] ^ lane_keys[1][0], b[1] ^ hash_secret);
    h += hash_mix64(c[0] ^ lane_keys[2][0], c[1] ^ hash_secret);
    h += hash_mix64(d[0] ^ lane_keys[3][0], d[1] ^ hash_secret);
    return hash_fold(hash_mix64(h, basis));
}

/* What a connection's hash is made of; zeroed first, so that padding is defined. */
struct connection {
    union {
        uint8_t ipv6[16];
        be32 ipv4;
        struct eth_addr eth;
    } src, dst;
    be16 tp_src, tp_dst;
    be16 eth_type;
    be16 tci;
    uint32_t proto;
    uint32_t unused;
};

/* The ports count only where every packet of the connection has them: not in fragments, the later
 * of which have none. */
static void gather(struct connection *c, const struct flow *key)
{
    memset(c, 0, sizeof *c);
    c->eth_type = key->eth_type;
    if (key->eth_type == htons(ETH_TYPE_IP) && key->lines & (1u << FLOW_LINE_L3)) {
        c->src.ipv4 = key->nw_src;
        c->dst.ipv4 = key->nw_dst;
    } else if (key->eth_type == htons(ETH_TYPE_IPV6) && key->lines & (1u << FLOW_LINE_IPV6)) {
        memcpy(c->src.ipv6, key->ipv6_src, sizeof c->src.ipv6);
        memcpy(c->dst.ipv6, key->ipv6_dst, sizeof c->dst.ipv6);
    } else {
        c->src.eth = key->eth_src;
        c->dst.eth = key->eth_dst;
        return;
    }
    if (key->nw_frag) {
        return;
    }
    c->proto = key->nw_proto;
    if (key->nw_proto == NW_PROTO_TCP || key->nw_proto == NW_PROTO_UDP ||
        key->nw_proto == NW_PROTO_SCTP) {
        c->tp_src = key->tp_src;
        c->tp_dst = key->tp_dst;
    }
}

/* A hash that is the same in every process. */
static uint32_t hash_fixed(const struct connection *c, uint32_t basis)
{
    static const uint64_t secret = 0xa4093822299f31d0ULL; /* digits of pi */
    uint64_t w[sizeof *c / sizeof(uint64_t)], h = hash_mix64(secret, basis);
    static_assert(sizeof *c % (2 * sizeof(uint64_t)) == 0, "whole pairs of words");
    memcpy(w, c, sizeof w);
    for (size_t i = 0; i < ARRAY_SIZE(w); i += 2) {
        h += hash_mix64(w[i] ^ h, w[i + 1] ^ secret);
    }
    return hash_fold(hash_mix64(h, secret));
}

uint32_t flow_hash_5tuple(const struct flow *key, uint32_t basis)
{
    struct connection c;
    gather(&c, key);
    return hash_bytes(&c, sizeof c, basis);
}

uint32_t flow_hash_5tuple_fixed(const struct flow *key, uint32_t basis)
{
    struct connection c;
    gather(&c, key);
    return hash_fixed(&c, basis);
}

/* Both directions of a connection give the same. */
static void gather_symmetric(struct connection *to, const struct flow *key)
{
    struct connection c;
    gather(&c, key);
    if (key->vlan[0].tpid) {
        c.tci = key->vlan[0].tci & htons(VLAN_VID_MASK);
    }
    /* The two ends change places when the packet goes the other way: order them. */
    int order = memcmp(&c.src, &c.dst, sizeof c.src);
    if (order > 0 || (order == 0 && c.tp_src > c.tp_dst)) {
        struct connection turned = c;
        turned.src = c.dst;
        turned.dst = c.src;
        turned.tp_src = c.tp_dst;
        turned.tp_dst = c.tp_src;
        c = turned;
    }
    *to = c;
}

uint32_t flow_hash_symmetric_l4(const struct flow *key, uint32_t basis)
{
    struct connection c;
    gather_symmetric(&c, key);
    return hash_bytes(&c, sizeof c, basis);
}

uint32_t flow_hash_symmetric_l4_fixed(const struct flow *key, uint32_t basis)
{
    struct connection c;
    gather_symmetric(&c, key);
    return hash_fixed(&c, basis);
}
