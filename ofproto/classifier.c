/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one OpenFlow table, found by packet: tuple space search that keeps megaflows wide. */
#include "ofproto/classifier.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/subtable.h"

/* Subtables by falling priority. A published vector changes only in the priorities, and never so that they are out of order: a
 * reader who stops at one may rely on it that nothing higher follows. */
struct subtable_vector {
    struct rcu_head rcu;
    unsigned int n;
    struct entry {
        int32_t max_priority; /* any: ro, main: wo, relaxed */
        struct subtable *subtable;
    } entries[];
};

static const struct {
    size_t offset;
    unsigned int n_bits;
} prefix_fields[N_PREFIX_FIELDS] = {
    [PREFIX_NW_SRC] = { offsetof(struct flow, nw_src), 32 },
    [PREFIX_NW_DST] = { offsetof(struct flow, nw_dst), 32 },
    [PREFIX_IPV6_SRC] = { offsetof(struct flow, ipv6_src), 128 },
    [PREFIX_IPV6_DST] = { offsetof(struct flow, ipv6_dst), 128 },
};

/* The vector. */

static struct subtable_vector *vector_create(unsigned int n)
{
    struct subtable_vector *vector = xmalloc(sizeof *vector + n * sizeof vector->entries[0]);
    vector->n = n;
    return vector;
}

static void free_vector(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct subtable_vector, rcu));
}

/* Publishes a vector without 'out' and with 'in' (either may be null, and both the same one) at its place by 'priority'. */
static void reorder(struct classifier *cls, const struct subtable *out, struct subtable *in, int32_t priority)
{
    struct subtable_vector *old = cls->vector;
    struct subtable_vector *vector = vector_create(old->n - (out != NULL) + (in != NULL));
    unsigned int n = 0;
    bool placed = !in;
    for (unsigned int i = 0; i < old->n; i++) {
        if (!placed && old->entries[i].max_priority < priority) {
            vector->entries[n++] = (struct entry) { priority, in };
            placed = true;
        }
        if (old->entries[i].subtable != out) {
            vector->entries[n++] = old->entries[i];
        }
    }
    if (!placed) {
        vector->entries[n++] = (struct entry) { priority, in };
    }
    for (unsigned int i = 0; i < n; i++) {
        vector->entries[i].subtable->position = i;
    }
    rcu_assign_pointer(cls->vector, vector);
    urcu_qsbr_call_rcu(&old->rcu, free_vector);
}

/* Readers believe from now on that 'priority' is the highest of 'subtable'. */
static void set_priority(struct classifier *cls, struct subtable *subtable, int32_t priority)
{
    struct subtable_vector *vector = cls->vector;
    unsigned int i = subtable->position;
    struct entry *entry = &vector->entries[i];
    if (entry->max_priority == priority) {
        return;
    }
    if ((i && vector->entries[i - 1].max_priority < priority)
        || (i + 1 < vector->n && vector->entries[i + 1].max_priority > priority)) {
        reorder(cls, subtable, subtable, priority);
    } else {
        __atomic_store_n(&entry->max_priority, priority, __ATOMIC_RELAXED);
    }
}

/* Changes. */

void classifier_init(struct classifier *cls)
{
    memset(cls, 0, sizeof *cls);
    cls->vector = vector_create(0);
    hmap_init(&cls->subtables);
}

void classifier_destroy(struct classifier *cls)
{
    assert(!cls->n_rules);
    urcu_qsbr_call_rcu(&cls->vector->rcu, free_vector);
    hmap_destroy(&cls->subtables);
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        prefix_trie_destroy(&cls->tries[i]); /* empty, as there are no rules */
    }
}

static struct subtable *find_subtable(const struct classifier *cls, const struct minimask *mask)
{
    struct subtable *subtable;
    hmap_for_each_with_hash (subtable, node, mask->node.hash, &cls->subtables) {
        if (subtable->mask == mask) {
            return subtable;
        }
    }
    return NULL;
}

static struct subtable *find_subtable_by_key(const struct classifier *cls, const struct minimatch_key *key)
{
    struct subtable *subtable;
    hmap_for_each_with_hash (subtable, node, key->mask_hash, &cls->subtables) {
        if (minimask_equals_key(subtable->mask, key)) {
            return subtable;
        }
    }
    return NULL;
}

struct rule *classifier_find(const struct classifier *cls, const struct minimatch_key *key, int32_t priority)
{
    struct subtable *subtable = find_subtable_by_key(cls, key);
    struct rule *rule = subtable ? subtable_find(subtable, key->values) : NULL;
    while (rule && rule->priority > priority) {
        rule = rule->next;
    }
    return rule && rule->priority == priority ? rule : NULL;
}

static struct subtable *add_subtable(struct classifier *cls, const struct minimask *mask, int32_t priority)
{
    struct subtable *subtable = subtable_create(mask);
    hmap_insert(&cls->subtables, &subtable->node, mask->node.hash);
    reorder(cls, NULL, subtable, priority);
    return subtable;
}

/* The value of an address field in a match that has one. */
static const uint8_t *prefix_value(const struct rule *rule, unsigned int field, uint8_t value[16])
{
    const struct minimask *mask = rule->match.mask;
    size_t first = prefix_fields[field].offset, last = first + prefix_fields[field].n_bits / 8;
    for (unsigned int i = 0; i < mask->n_words; i++) {
        const uint8_t *bytes = (const uint8_t *) &rule->match.values[i];
        for (size_t j = 0; j < sizeof(uint64_t); j++) {
            size_t offset = mask->words[i].where * sizeof(uint64_t) + j;
            if (offset >= first && offset < last) {
                value[offset - first] = bytes[j];
            }
        }
    }
    return value;
}

static void count_prefixes(struct classifier *cls, const struct rule *rule, bool in)
{
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        unsigned int length = rule->match.mask->prefix[i];
        if (length) {
            uint8_t value[16] = { 0 };
            (in ? prefix_trie_insert : prefix_trie_remove)(&cls->tries[i], prefix_value(rule, i, value), length);
        }
    }
}

struct rule *classifier_insert(struct classifier *cls, struct rule *rule)
{
    struct subtable *subtable = find_subtable(cls, rule->match.mask);
    if (!subtable) {
        subtable = add_subtable(cls, rule->match.mask, rule->priority);
    } else if (rule->priority > cls->vector->entries[subtable->position].max_priority) {
        set_priority(cls, subtable, rule->priority);
    }

    /* Whoever can see the rule must not be kept from it by what is known of addresses, so these come first. */
    count_prefixes(cls, rule, true);
    struct rule *replaced = subtable_insert(subtable, rule);
    if (replaced) {
        count_prefixes(cls, replaced, false);
    } else {
        __atomic_store_n(&cls->n_rules, cls->n_rules + 1, __ATOMIC_RELAXED);
    }
    return replaced;
}

void classifier_remove(struct classifier *cls, struct rule *rule)
{
    struct subtable *subtable = find_subtable(cls, rule->match.mask);
    subtable_remove(subtable, rule);
    count_prefixes(cls, rule, false);
    __atomic_store_n(&cls->n_rules, cls->n_rules - 1, __ATOMIC_RELAXED);
    if (subtable->n_rules) {
        set_priority(cls, subtable, subtable->max_priority);
    } else {
        hmap_remove(&cls->subtables, &subtable->node);
        reorder(cls, subtable, NULL, 0);
        subtable_destroy(subtable);
    }
}

static bool for_each_in_subtable(const struct subtable *subtable, const struct minimatch_key *key, classifier_cb *cb,
                                 void *aux)
{
    size_t position = 0;
    for (struct rule *rule; (rule = subtable_next(subtable, &position));) {
        if (!minimatch_within_key(&rule->match, key)) {
            continue;
        }
        for (; rule; rule = rule->next) {
            if (!cb(aux, rule)) {
                return false;
            }
        }
    }
    return true;
}

void classifier_for_each(const struct classifier *cls, const struct minimatch_key *key, classifier_cb *cb, void *aux)
{
    struct subtable *subtable;
    hmap_for_each (subtable, node, &cls->subtables) {
        if (minimask_covers_key(subtable->mask, key) && subtable->mask->n_words == key->n_words
            && minimask_equals_key(subtable->mask, key)) {
            for (struct rule *rule = subtable_find(subtable, key->values); rule; rule = rule->next) {
                if (!cb(aux, rule)) {
                    return;
                }
            }
        } else if (minimask_covers_key(subtable->mask, key) && !for_each_in_subtable(subtable, key, cb, aux)) {
            return;
        }
    }
}

bool classifier_overlaps(const struct classifier *cls, const struct minimatch_key *key, int32_t priority)
{
    const struct subtable_vector *vector = cls->vector;
    for (unsigned int i = 0; i < vector->n && vector->entries[i].max_priority >= priority; i++) {
        size_t position = 0;
        for (struct rule *rule; (rule = subtable_next(vector->entries[i].subtable, &position));) {
            if (!minimatch_overlaps_key(&rule->match, key)) {
                continue;
            }
            while (rule && rule->priority > priority) {
                rule = rule->next;
            }
            if (rule && rule->priority == priority) {
                return true;
            }
        }
    }
    return false;
}

/* Lookup. */

struct lookup {
    const struct classifier *cls;
    struct flow_words words;
    struct flow *mask;
    struct {
        bool done;
        unsigned int n_bits;
        struct prefix_lengths found;
    } prefixes[N_PREFIX_FIELDS];
};

static uint64_t mask_word(const struct flow *mask, unsigned int where)
{
    unsigned int line = where / MINIMATCH_LINE_WORDS;
    if (!(mask->lines & (1u << line))) {
        return 0;
    }
    return ((const uint64_t *) (const void *) mask->line[line].bytes)[where % MINIMATCH_LINE_WORDS];
}

static void add_prefix(struct flow *mask, unsigned int field, unsigned int n_bits)
{
    size_t offset = prefix_fields[field].offset;
    if (!n_bits) {
        return;
    }
    flow_use_line(mask, (unsigned int) (offset / FLOW_LINE_SIZE));
    uint8_t *bytes = (uint8_t *) mask + offset;
    memset(bytes, 0xff, n_bits / 8);
    if (n_bits % 8) {
        bytes[n_bits / 8] |= (uint8_t) (0xff00 >> n_bits % 8);
    }
}

/* True if no rule of the subtable has a prefix that contains the flow's address; the bits that prove it are in the mask then. */
static bool skip_by_prefix(void *aux, const struct subtable *subtable)
{
    struct lookup *lookup = aux;
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        unsigned int length = subtable->mask->prefix[i];
        if (!length) {
            continue;
        }
        if (!lookup->prefixes[i].done) {
            size_t offset = prefix_fields[i].offset;
            const uint8_t *line = (const uint8_t *) lookup->words.line[offset / FLOW_LINE_SIZE];
            lookup->prefixes[i].n_bits = prefix_trie_lookup(&lookup->cls->tries[i], line + offset % FLOW_LINE_SIZE,
                                                            prefix_fields[i].n_bits, &lookup->prefixes[i].found);
            lookup->prefixes[i].done = true;
        }
        if (!prefix_lengths_has(&lookup->prefixes[i].found, length)) {
            add_prefix(lookup->mask, i, MIN(length, lookup->prefixes[i].n_bits));
            return true;
        }
    }
    return false;
}

/* The bits of 'part' in which the flow differs from the rule. */
static uint64_t difference(const struct lookup *lookup, const struct rule *rule, const struct minimask_part *part)
{
    return (flow_word(&lookup->words, part->where) ^ rule->match.values[part->index]) & part->bits;
}

/* Does a bit that is in the mask already tell that the rule does not match? */
static bool is_excluded(const struct lookup *lookup, const struct rule *rule)
{
    const struct minimask *mask = rule->match.mask;
    for (unsigned int i = 0; i < mask->n_parts; i++) {
        const struct minimask_part *part = &mask->parts[i];
        if (difference(lookup, rule, part) & mask_word(lookup->mask, part->where)) {
            return true;
        }
    }
    return false;
}

/* The part's bits, of the 32-bit half in which 'different' has a bit (the first, if in both). */
static uint64_t half_with(uint64_t bits, uint64_t different)
{
    uint64_t low = 0xffffffffu;
    return different & low ? bits & low : bits & ~low;
}

/* Adds a part of the stage that tells that the rule does not match, if there is one. */
static bool exclude_by_stage(struct lookup *lookup, const struct rule *rule, unsigned int stage)
{
    const struct minimask *mask = rule->match.mask;
    for (unsigned int i = stage ? mask->stage_end[stage - 1] : 0; i < mask->stage_end[stage]; i++) {
        const struct minimask_part *part = &mask->parts[i];
        uint64_t different = difference(lookup, rule, part);
        if (different) {
            if (!(different & mask_word(lookup->mask, part->where))) {
                minimask_add_word(half_with(part->bits, different), part->where, lookup->mask);
            }
            return true;
        }
    }
    return false;
}

/* None of the 'n' rules matches: adds what proves it. */
static void exclude(struct lookup *lookup, const struct subtable *subtable, struct rule **rules, unsigned int n)
{
    unsigned int left = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (!is_excluded(lookup, rules[i])) {
            rules[left++] = rules[i];
        }
    }
    for (unsigned int stage = 0; stage < N_STAGES && left; stage++) {
        if (stage == STAGE_L3 && skip_by_prefix(lookup, subtable)) {
            return;
        }
        n = left;
        left = 0;
        for (unsigned int i = 0; i < n; i++) {
            if (!exclude_by_stage(lookup, rules[i], stage)) {
                rules[left++] = rules[i];
            }
        }
    }
}

/* The rule of a small subtable that matches, among those of higher priority than 'priority'. False if it is not small (any more). */
static bool lookup_small(struct lookup *lookup, const struct subtable *subtable, int32_t priority,
                         struct rule **found)
{
    struct rule *rules[SUBTABLE_SMALL];
    unsigned int n = 0;
    size_t position = 0;
    *found = NULL;
    if (__atomic_load_n(&subtable->n_matches, __ATOMIC_RELAXED) > SUBTABLE_SMALL) {
        return false;
    }
    for (struct rule *rule; (rule = subtable_next(subtable, &position));) {
        if (rule->priority <= priority) {
            continue;
        }
        if (minimatch_matches(&rule->match, &lookup->words)) {
            minimask_add_to(subtable->mask, lookup->mask);
            *found = rule;
            return true;
        }
        if (n == SUBTABLE_SMALL) {
            return false;
        }
        rules[n++] = rule;
    }
    exclude(lookup, subtable, rules, n);
    return true;
}

static struct rule *lookup_masked(struct lookup *lookup, const struct subtable *subtable, int32_t priority)
{
    struct rule *rule;
    if (lookup_small(lookup, subtable, priority, &rule)) {
        return rule;
    }
    unsigned int n_parts;
    rule = subtable_lookup_staged(subtable, &lookup->words, skip_by_prefix, lookup, &n_parts);
    for (unsigned int i = 0; i < n_parts; i++) {
        minimask_add_word(subtable->mask->parts[i].bits, subtable->mask->parts[i].where, lookup->mask);
    }
    return rule;
}

struct rule *classifier_lookup(const struct classifier *cls, const struct flow *flow, struct flow *mask)
{
    struct lookup lookup = { .cls = cls, .mask = mask };
    flow_words_init(&lookup.words, flow);

    const struct subtable_vector *vector = rcu_dereference(((struct classifier *) cls)->vector);
    struct rule *best = NULL;
    for (unsigned int i = 0; i < vector->n; i++) {
        const struct entry *entry = &vector->entries[i];
        int32_t priority = best ? best->priority : -1;
        if (__atomic_load_n(&entry->max_priority, __ATOMIC_RELAXED) <= priority) {
            break;
        }
        struct rule *rule = mask ? lookup_masked(&lookup, entry->subtable, priority)
                                 : subtable_lookup(entry->subtable, &lookup.words);
        if (rule && rule->priority > priority) {
            best = rule;
        }
    }
    return best;
}
