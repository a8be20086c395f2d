/* SPDX-License-Identifier: Apache-2.0 */
/* A match in little memory: the 64-bit words of the flow that its mask uses. */
#include "ofproto/minimatch.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/ofp/match.h"

/* Which bytes of a flow belong to which stage. What is not listed is metadata. */
static const struct stage_range {
    size_t offset, size;
    enum minimatch_stage stage;
} stage_ranges[] = {
#define RANGE(FIELD, STAGE) { offsetof(struct flow, FIELD), sizeof(((struct flow *) 0)->FIELD), STAGE }
    RANGE(eth_dst, STAGE_L2),     RANGE(eth_src, STAGE_L2),          RANGE(eth_type, STAGE_L2),
    RANGE(vlan, STAGE_L2),        RANGE(mpls_lse, STAGE_L2),         RANGE(pbb_isid, STAGE_L2),
    RANGE(nw_src, STAGE_L3),      RANGE(nw_dst, STAGE_L3),           RANGE(nw_proto, STAGE_L3),
    RANGE(nw_tos, STAGE_L3),      RANGE(nw_ttl, STAGE_L3),           RANGE(nw_frag, STAGE_L3),
    RANGE(arp_sha, STAGE_L3),     RANGE(arp_tha, STAGE_L3),          RANGE(ipv6_src, STAGE_L3),
    RANGE(ipv6_dst, STAGE_L3),    RANGE(ipv6_label, STAGE_L3),       RANGE(ipv6_exthdr, STAGE_L3),
    RANGE(nsh_flags, STAGE_L3),   RANGE(nsh_ttl, STAGE_L3),          RANGE(nsh_mdtype, STAGE_L3),
    RANGE(nsh_np, STAGE_L3),      RANGE(nsh_path_hdr, STAGE_L3),     RANGE(nsh_context, STAGE_L3),
    RANGE(tp_src, STAGE_L4),      RANGE(tp_dst, STAGE_L4),           RANGE(tcp_flags, STAGE_L4),
    RANGE(igmp_group, STAGE_L4),  RANGE(nd_target, STAGE_L4),        RANGE(nd_reserved, STAGE_L4),
    RANGE(nd_options_type, STAGE_L4), RANGE(pbb_uca, STAGE_L2),
#undef RANGE
};

const struct prefix_field_info prefix_fields[N_PREFIX_FIELDS] = {
    [PREFIX_NW_SRC] = { offsetof(struct flow, nw_src), 32 },
    [PREFIX_NW_DST] = { offsetof(struct flow, nw_dst), 32 },
    [PREFIX_IPV6_SRC] = { offsetof(struct flow, ipv6_src), 128 },
    [PREFIX_IPV6_DST] = { offsetof(struct flow, ipv6_dst), 128 },
    [PREFIX_TP_SRC] = { offsetof(struct flow, tp_src), 16 },
    [PREFIX_TP_DST] = { offsetof(struct flow, tp_dst), 16 },
};

static const struct flow_line zero_line;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of 'masks' and the masks' reference counts */
static struct hmap masks = HMAP_INIT;

void flow_words_init(struct flow_words *words, const struct flow *flow)
{
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        const struct flow_line *line = flow->lines & (1u << i) ? &flow->line[i] : &zero_line;
        words->line[i] = (const uint64_t *) (const void *) line;
    }
}

static void hash_mask(struct minimatch_key *key)
{
    uint64_t hash = hash_secret;
    for (unsigned int i = 0; i < key->n_words; i++) {
        hash = hash_mix64(hash ^ key->bits[i], key->where[i] + 1u);
    }
    key->mask_hash = hash_fold(hash_mix64(hash, hash_secret));
}

void minimatch_key_init(struct minimatch_key *key, const struct match *match)
{
    struct flow_words flow, mask;
    flow_words_init(&flow, &match->flow);
    flow_words_init(&mask, &match->mask);

    key->n_words = 0;
    for (uint32_t todo = match->mask.lines & ((1u << FLOW_N_LINES) - 1); todo; todo &= todo - 1) {
        unsigned int first = (unsigned int) __builtin_ctz(todo) * MINIMATCH_LINE_WORDS;
        for (unsigned int where = first; where < first + MINIMATCH_LINE_WORDS; where++) {
            uint64_t bits = flow_word(&mask, where);
            if (bits) {
                key->bits[key->n_words] = bits;
                key->values[key->n_words] = flow_word(&flow, where) & bits;
                key->where[key->n_words++] = (uint8_t) where;
            }
        }
    }
    hash_mask(key);
}

void minimatch_key_init_mask(struct minimatch_key *key, const uint64_t bits[MINIMATCH_MAX_WORDS])
{
    key->n_words = 0;
    for (unsigned int where = 0; where < MINIMATCH_MAX_WORDS; where++) {
        if (bits[where]) {
            key->bits[key->n_words] = bits[where];
            key->values[key->n_words] = 0;
            key->where[key->n_words++] = (uint8_t) where;
        }
    }
    hash_mask(key);
}

static enum minimatch_stage stage_of(size_t offset)
{
    for (size_t i = 0; i < ARRAY_SIZE(stage_ranges); i++) {
        if (offset - stage_ranges[i].offset < stage_ranges[i].size) {
            return stage_ranges[i].stage;
        }
    }
    return STAGE_METADATA;
}

/* The bits of 'stage' in the word at 'where'. */
static uint64_t stage_bits(unsigned int where, enum minimatch_stage stage)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = stage_of(where * sizeof bytes + i) == stage ? 0xff : 0;
    }
    uint64_t bits;
    memcpy(&bits, bytes, sizeof bits);
    return bits;
}

static void make_parts(struct minimask *mask)
{
    struct minimask_part parts[MINIMATCH_MAX_WORDS * N_STAGES];
    unsigned int n = 0;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        for (unsigned int i = 0; i < mask->n_words; i++) {
            uint64_t bits = mask->words[i].bits & stage_bits(mask->words[i].where, stage);
            if (bits) {
                parts[n++] = (struct minimask_part) { .bits = bits, .where = mask->words[i].where, .index = (uint8_t) i };
            }
        }
        mask->stage_end[stage] = (uint8_t) n;
    }
    mask->n_parts = (uint8_t) n;
    mask->parts = xmemdup(parts, n ? n * sizeof *parts : 1);
}

/* The length of the prefix that the 'size' bytes at 'p' are the mask of; 0 if they are none or there is no 1-bit. */
static uint8_t prefix_length(const uint8_t *p, size_t size)
{
    unsigned int length = 0;
    while (length < size * 8 && (p[length / 8] & (0x80 >> length % 8))) {
        length++;
    }
    for (unsigned int i = length; i < size * 8; i++) {
        if (p[i / 8] & (0x80 >> i % 8)) {
            return 0;
        }
    }
    return (uint8_t) length;
}

/* The 16-bit quarters of the word at 'where' that are of a field. */
static unsigned int quarters_of(unsigned int field, unsigned int where)
{
    unsigned int quarters = 0;
    for (unsigned int quarter = 0; quarter < 4; quarter++) {
        if (where * 8 + quarter * 2 - prefix_fields[field].offset < prefix_fields[field].n_bits / 8) {
            quarters |= 1u << quarter;
        }
    }
    return quarters;
}

static void find_prefixes(struct minimask *mask)
{
    uint64_t words[MINIMATCH_MAX_WORDS] = { 0 };
    for (unsigned int i = 0; i < mask->n_words; i++) {
        words[mask->words[i].where] = mask->words[i].bits;
    }
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        const uint8_t *bytes = (const uint8_t *) words;
        mask->prefix[i] = prefix_length(bytes + prefix_fields[i].offset, prefix_fields[i].n_bits / 8);
    }
    for (unsigned int i = 0; i < mask->n_parts; i++) {
        for (unsigned int field = 0; field < N_PREFIX_FIELDS; field++) {
            unsigned int quarters = quarters_of(field, mask->parts[i].where);
            mask->parts[i].fields |= (uint8_t) quarters;
            mask->parts[i].prefixed |= (uint8_t) (mask->prefix[field] ? quarters : 0);
        }
    }
}

static struct minimask *create(const struct minimatch_key *key)
{
    struct minimask *mask = xzalloc(sizeof *mask + key->n_words * sizeof mask->words[0]);
    mask->refs = 1;
    mask->n_words = (uint8_t) key->n_words;
    for (unsigned int i = 0; i < key->n_words; i++) {
        mask->words[i] = (struct minimask_word) { key->bits[i], key->where[i] };
        mask->lines |= 1u << key->where[i] / MINIMATCH_LINE_WORDS;
    }
    make_parts(mask);
    find_prefixes(mask);
    return mask;
}

bool minimask_equals_key(const struct minimask *mask, const struct minimatch_key *key)
{
    if (mask->n_words != key->n_words) {
        return false;
    }
    for (unsigned int i = 0; i < key->n_words; i++) {
        if (mask->words[i].bits != key->bits[i] || mask->words[i].where != key->where[i]) {
            return false;
        }
    }
    return true;
}

const struct minimask *minimask_ref(const struct minimask *mask)
{
    __atomic_fetch_add(&((struct minimask *) mask)->refs, 1, __ATOMIC_RELAXED);
    return mask;
}

const struct minimask *minimask_intern(const struct minimatch_key *key)
{
    struct minimask *mask;
    pthread_mutex_lock(&lock);
    hmap_for_each_with_hash (mask, node, key->mask_hash, &masks) {
        if (minimask_equals_key(mask, key)) {
            minimask_ref(mask);
            break;
        }
    }
    if (!mask) {
        mask = create(key);
        hmap_insert(&masks, &mask->node, key->mask_hash);
    }
    pthread_mutex_unlock(&lock);
    return mask;
}

void minimask_unref(const struct minimask *cmask)
{
    struct minimask *mask = (struct minimask *) cmask;
    if (!mask) {
        return;
    }
    uint32_t refs = __atomic_load_n(&mask->refs, __ATOMIC_RELAXED);
    while (refs > 1) {
        if (__atomic_compare_exchange_n(&mask->refs, &refs, refs - 1, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
            return;
        }
    }
    pthread_mutex_lock(&lock);
    bool last = __atomic_sub_fetch(&mask->refs, 1, __ATOMIC_ACQ_REL) == 0;
    if (last) {
        hmap_remove(&masks, &mask->node);
        if (!hmap_count(&masks)) {
            hmap_destroy(&masks);
            hmap_init(&masks);
        }
    }
    pthread_mutex_unlock(&lock);
    if (last) {
        free(mask->parts);
        free(mask);
    }
}

bool minimask_is_within(const struct minimask *mask, const struct minimask *other)
{
    for (unsigned int i = 0, j = 0; i < mask->n_words; i++) {
        while (j < other->n_words && other->words[j].where < mask->words[i].where) {
            j++;
        }
        if (j == other->n_words || other->words[j].where != mask->words[i].where
            || mask->words[i].bits & ~other->words[j].bits) {
            return false;
        }
    }
    return true;
}

bool minimask_covers_key(const struct minimask *mask, const struct minimatch_key *key)
{
    unsigned int j = 0;
    for (unsigned int i = 0; i < key->n_words; i++) {
        while (j < mask->n_words && mask->words[j].where < key->where[i]) {
            j++;
        }
        if (j == mask->n_words || mask->words[j].where != key->where[i]
            || key->bits[i] & ~mask->words[j].bits) {
            return false;
        }
    }
    return true;
}

bool minimatch_matches(const struct minimatch *match, const struct flow_words *words)
{
    const struct minimask *mask = match->mask;
    for (unsigned int i = 0; i < mask->n_words; i++) {
        if ((flow_word(words, mask->words[i].where) & mask->words[i].bits) != match->values[i]) {
            return false;
        }
    }
    return true;
}

bool minimatch_within_key(const struct minimatch *match, const struct minimatch_key *key)
{
    const struct minimask *mask = match->mask;
    unsigned int j = 0;
    for (unsigned int i = 0; i < key->n_words; i++) {
        while (j < mask->n_words && mask->words[j].where < key->where[i]) {
            j++;
        }
        if (j == mask->n_words || mask->words[j].where != key->where[i]
            || key->bits[i] & ~mask->words[j].bits
            || (match->values[j] & key->bits[i]) != key->values[i]) {
            return false;
        }
    }
    return true;
}

bool minimatch_overlaps_key(const struct minimatch *match, const struct minimatch_key *key)
{
    const struct minimask *mask = match->mask;
    unsigned int j = 0;
    for (unsigned int i = 0; i < key->n_words; i++) {
        while (j < mask->n_words && mask->words[j].where < key->where[i]) {
            j++;
        }
        if (j < mask->n_words && mask->words[j].where == key->where[i]
            && (match->values[j] ^ key->values[i]) & key->bits[i] & mask->words[j].bits) {
            return false;
        }
    }
    return true;
}

void minimatch_expand(const struct minimatch *minimatch, struct match *match)
{
    const struct minimask *mask = minimatch->mask;
    match_init(match);
    for (unsigned int i = 0; i < mask->n_words; i++) {
        minimask_add_word(mask->words[i].bits, mask->words[i].where, &match->mask);
        minimask_add_word(minimatch->values[i], mask->words[i].where, &match->flow);
    }
}

void minimask_add_to(const struct minimask *mask, struct flow *flow)
{
    for (unsigned int i = 0; i < mask->n_words; i++) {
        minimask_add_word(mask->words[i].bits, mask->words[i].where, flow);
    }
}
