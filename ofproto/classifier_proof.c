/* SPDX-License-Identifier: Apache-2.0 */
/* The second pass of a lookup: the mask that proves that there is no better answer. */
#include <string.h>

#include "ofproto/classifier_private.h"

static uint64_t mask_word(const struct flow *mask, unsigned int where)
{
    unsigned int line = where / MINIMATCH_LINE_WORDS;
    if (!(mask->lines & (1u << line))) {
        return 0;
    }
    return ((const uint64_t *) (const void *) mask->line[line].bytes)[where % MINIMATCH_LINE_WORDS];
}

/* Prefixes. */

static const uint8_t *field_value(const struct lookup *lookup, unsigned int field)
{
    size_t offset = prefix_fields[field].offset;
    return (const uint8_t *) lookup->words.line[offset / FLOW_LINE_SIZE] + offset % FLOW_LINE_SIZE;
}

/* Leading bits of the field that are in the mask. */
static unsigned int count_covered(const struct flow *mask, unsigned int field)
{
    size_t offset = prefix_fields[field].offset;
    const uint8_t *bytes = (const uint8_t *) mask + offset;
    unsigned int n = 0, n_bytes = prefix_fields[field].n_bits / 8;
    if (!(mask->lines & 1u << offset / FLOW_LINE_SIZE)) {
        return 0;
    }
    while (n < n_bytes && bytes[n] == 0xff) {
        n++;
    }
    return n < n_bytes ? n * 8 + (unsigned int) __builtin_clz((uint32_t) ~bytes[n] << 24) : n * 8;
}

/* What the trie of the field tells of the flow. */
static void look_up_prefix(struct lookup *lookup, unsigned int field)
{
    if (!(lookup->looked & 1u << field)) {
        lookup->looked |= 1u << field;
        lookup->prefixes[field].n_bits = prefix_trie_lookup(&lookup->cls->tries[field], field_value(lookup, field),
                                                            prefix_fields[field].n_bits,
                                                            &lookup->prefixes[field].found);
    }
}

static void add_prefix(struct flow *mask, unsigned int field, unsigned int n_bits)
{
    size_t offset = prefix_fields[field].offset;
    flow_use_line(mask, (unsigned int) (offset / FLOW_LINE_SIZE));
    uint8_t *bytes = (uint8_t *) mask + offset;
    memset(bytes, 0xff, n_bits / 8);
    if (n_bits % 8) {
        bytes[n_bits / 8] |= (uint8_t) (0xff00 >> n_bits % 8);
    }
    if (field >= PREFIX_TP_SRC) { /* ports mean something only with the protocol */
        mask->nw_proto = UINT8_MAX;
    }
}

static unsigned int longest(const uint64_t lengths[2])
{
    return lengths[1] ? 128 - (unsigned int) __builtin_clzll(lengths[1])
                      : 64 - (unsigned int) __builtin_clzll(lengths[0]);
}

/* How many leading bits of the field prove that no rule of the subtable has a prefix that contains the flow's; UINT_MAX: none do. */
static unsigned int bits_that_exclude(struct lookup *lookup, const struct subtable *subtable, unsigned int field)
{
    const struct prefix_lengths *found = &lookup->prefixes[field].found;
    if ((__atomic_load_n(&subtable->unprefixed, __ATOMIC_ACQUIRE) | ~lookup->use) & 1u << field) {
        return UINT32_MAX;
    }
    uint64_t lengths[2] = { __atomic_load_n(&subtable->lengths[field].bits[0], __ATOMIC_ACQUIRE),
                            __atomic_load_n(&subtable->lengths[field].bits[1], __ATOMIC_ACQUIRE) };
    if (!(lengths[0] | lengths[1])) {
        return UINT32_MAX; /* its last rule is about to go */
    }
    look_up_prefix(lookup, field);
    if ((lengths[0] & found->bits[0]) | (lengths[1] & found->bits[1])) {
        return UINT32_MAX;
    }
    return MIN(longest(lengths), lookup->prefixes[field].n_bits);
}

/* True if no rule of the subtable has a prefix (of an address for STAGE_L3, of a port for STAGE_L4) that contains the flow's; the bits that
 * prove it are in the mask then, as few as possible. */
static bool skip_by_prefix(void *aux, const struct subtable *subtable, enum minimatch_stage stage)
{
    struct lookup *lookup = aux;
    unsigned int first = stage == STAGE_L3 ? 0 : PREFIX_TP_SRC, end = stage == STAGE_L3 ? PREFIX_TP_SRC : N_PREFIX_FIELDS;
    unsigned int cheapest = 0, cost = UINT32_MAX, n_bits = 0;
    for (unsigned int i = first; i < end && cost; i++) {
        unsigned int n = bits_that_exclude(lookup, subtable, i);
        unsigned int covered = n == UINT32_MAX ? 0 : count_covered(lookup->mask, i);
        if (n != UINT32_MAX && (n > covered ? n - covered : 0) < cost) {
            cost = n > covered ? n - covered : 0;
            cheapest = i;
            n_bits = n;
        }
    }
    if (cost && cost != UINT32_MAX) {
        add_prefix(lookup->mask, cheapest, n_bits);
    }
    return cost != UINT32_MAX;
}

/* Rules that do not match: each is told from the flow by as few bits as possible. */

/* The 32-bit half of the bits in which 'different' has a bit (the first, if in both). */
static uint64_t half_with(uint64_t bits, uint64_t different)
{
    uint64_t low = 0xffffffffu;
    return different & low ? bits & low : bits & ~low;
}

/* How many leading bits of the field tell the flow from the rule; UINT_MAX: none do. */
static unsigned int bits_that_differ(const struct lookup *lookup, const struct rule *rule, unsigned int field)
{
    const uint8_t *value = field_value(lookup, field);
    size_t offset = prefix_fields[field].offset;
    unsigned int length = rule->match.mask->prefix[field];
    for (unsigned int i = 0; i * 8 < length; i++) {
        uint64_t word = minimatch_value_at(rule->match.mask, rule->match.values, (unsigned int) (offset + i) / 8);
        uint8_t bytes[8];
        memcpy(bytes, &word, sizeof bytes);
        unsigned int different = (unsigned int) (bytes[(offset + i) % 8] ^ value[i]) & (length - i * 8 < 8 ? 0xff00u >> (length - i * 8) & 0xff : 0xff);
        if (different) {
            return i * 8 + (unsigned int) __builtin_clz(different << 24) + 1;
        }
    }
    return UINT32_MAX;
}

/* The cheapest way to tell a rule. */
struct telling {
    unsigned int cost;
    uint64_t bits;      /* of the word at 'where' */
    unsigned int where;
    unsigned int field, n_bits; /* if 'bits' is 0 */
};

static void consider_prefixes(const struct lookup *lookup, const struct rule *rule, struct telling *best)
{
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        unsigned int n = rule->match.mask->prefix[i] ? bits_that_differ(lookup, rule, i) : UINT32_MAX;
        if (n == UINT32_MAX) {
            continue;
        }
        unsigned int covered = count_covered(lookup->mask, i), cost = n > covered ? n - covered : 0;
        if (cost < best->cost) {
            *best = (struct telling) { .cost = cost, .field = i, .n_bits = n };
        }
    }
}

/* Adds the cheapest bits that tell that the rule does not match. */
static void exclude(struct lookup *lookup, const struct rule *rule)
{
    const struct minimask *mask = rule->match.mask;
    struct telling best = { .cost = UINT32_MAX };
    bool prefixes = false;
    for (unsigned int i = 0; i < mask->n_parts; i++) {
        const struct minimask_part *part = &mask->parts[i];
        uint64_t different = (flow_word(&lookup->words, part->where) ^ rule->match.values[part->index]) & part->bits;
        uint64_t has = mask_word(lookup->mask, part->where);
        if (different & has) {
            return;
        }
        uint64_t prefixed = part->prefixed ? minimatch_quarters(part->prefixed) : 0;
        prefixes |= (different & prefixed) != 0;
        different &= ~prefixed;
        if (different) {
            uint64_t bits = half_with(part->bits & ~prefixed, different);
            unsigned int cost = i < mask->stage_end[STAGE_L2] ? 0 : (unsigned int) __builtin_popcountll(bits & ~has);
            if (cost < best.cost) {
                best = (struct telling) { .cost = cost, .bits = bits, .where = part->where };
            }
        }
    }
    if (prefixes && best.cost) {
        consider_prefixes(lookup, rule, &best);
    }
    if (best.bits) {
        minimask_add_word(best.bits, best.where, lookup->mask);
    } else {
        add_prefix(lookup->mask, best.field, best.n_bits);
    }
}

/* Subtables. */

struct proof {
    struct lookup *lookup;
    struct soft_matches *soft;
    int32_t floor; /* lower priorities do not count */
    struct rule *best;
};

/* Higher priorities do. */
static int32_t below(const struct proof *proof)
{
    return proof->best ? proof->best->priority : proof->floor - 1;
}

/* 'rule' is the first of a match. */
static void try_match(struct proof *proof, struct rule *rule)
{
    struct lookup *lookup = proof->lookup;
    rule = lookup_visible(lookup, rule, below(proof));
    if (!rule) {
        return;
    }
    if (minimatch_matches(&rule->match, &lookup->words)) {
        minimask_add_to(rule->match.mask, lookup->mask);
        lookup_take(lookup, rule, proof->soft, &proof->best);
    } else {
        exclude(lookup, rule);
    }
}

static void try_hit(struct proof *proof, subtable_hit hit)
{
    const struct lookup *lookup = proof->lookup;
    const struct bucket *bucket = subtable_hit_bucket(hit);
    if (!bucket) {
        try_match(proof, subtable_hit_rule(hit));
        return;
    }
    for (uint32_t i = 0; i < bucket->n && bucket->entries[i].priority > below(proof); i++) {
        const struct bucket_entry *entry = &bucket->entries[i];
        uint64_t different = (flow_word(&lookup->words, entry->where) & entry->bits) ^ entry->value;
        if (!(different & mask_word(lookup->mask, entry->where))) {
            try_match(proof, rcu_load(((struct bucket *) bucket)->entries[i].rule));
        }
    }
}

/* The matches of a small subtable, one by one. False if it is not small. */
static bool try_small(struct proof *proof, const struct subtable *subtable)
{
    struct rule *rules[SUBTABLE_SMALL];
    unsigned int n = 0;
    struct subtable_cursor cursor = { 0 };
    if (__atomic_load_n(&subtable->n_matches, __ATOMIC_RELAXED) > SUBTABLE_SMALL) {
        return false;
    }
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
        if (n == SUBTABLE_SMALL) {
            return false;
        }
        rules[n++] = rule;
    }
    for (unsigned int i = 0; i < n; i++) {
        try_match(proof, rules[i]);
    }
    return true;
}

static void try_subtable(struct proof *proof, const struct subtable *subtable)
{
    struct lookup *lookup = proof->lookup;
    struct subtable_probe probe;
    unsigned int n_parts;
    if (try_small(proof, subtable)) {
        return;
    }
    bool found = subtable_probe_staged(&probe, subtable, &lookup->words, skip_by_prefix, lookup, &n_parts);
    for (unsigned int i = 0; i < n_parts; i++) {
        minimask_add_word(subtable->mask->parts[i].bits, subtable->mask->parts[i].where, lookup->mask);
    }
    if (found) {
        for (subtable_hit hit; (hit = subtable_probe_next(&probe));) {
            try_hit(proof, hit);
        }
    }
}

struct rule *lookup_prove(struct lookup *lookup, int32_t floor, struct soft_matches *soft)
{
    struct proof proof = { .lookup = lookup, .soft = soft, .floor = floor };
    const struct subtable_list *list = lookup->list;
    for (unsigned int i = 0; i < list->n; i++) {
        if (__atomic_load_n(&list->items[i].max_priority, __ATOMIC_RELAXED) > below(&proof)) {
            try_subtable(&proof, list->items[i].subtable);
        }
    }
    return proof.best;
}
