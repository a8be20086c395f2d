/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one OpenFlow table: how they come and go. */
#include "ofproto/classifier.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/classifier_private.h"

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
    cls->prefixes = (1u << N_PREFIX_FIELDS) - 1;
    hmap_init(&cls->subtables);
}

/* Tries that readers may be in. */
struct old_tries {
    struct rcu_head rcu;
    struct prefix_trie tries[N_PREFIX_FIELDS];
};

static void free_tries(struct rcu_head *head)
{
    struct old_tries *old = CONTAINER_OF(head, struct old_tries, rcu);
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        prefix_trie_destroy(&old->tries[i]);
    }
    free(old);
}

void classifier_destroy(struct classifier *cls)
{
    struct subtable *subtable, *next;
    hmap_for_each_safe (subtable, next, node, &cls->subtables) {
        hmap_remove(&cls->subtables, &subtable->node);
        subtable_destroy(subtable);
    }
    hmap_destroy(&cls->subtables);
    urcu_qsbr_call_rcu(&cls->vector->rcu, free_vector);
    struct old_tries *old = xzalloc(sizeof *old);
    memcpy(old->tries, cls->tries, sizeof old->tries);
    urcu_qsbr_call_rcu(&old->rcu, free_tries);
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

/* The first rule behind 'rule', itself included, of this priority that has no end. */
static struct rule *living(struct rule *rule, int32_t priority)
{
    while (rule && (rule->priority > priority || (rule->priority == priority && rule_is_removed(rule)))) {
        rule = rule->next;
    }
    return rule && rule->priority == priority ? rule : NULL;
}

struct rule *classifier_find(const struct classifier *cls, const struct minimatch_key *key, int32_t priority)
{
    struct subtable *subtable = find_subtable_by_key(cls, key);
    return subtable ? living(subtable_find(subtable, key->values), priority) : NULL;
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

void classifier_insert(struct classifier *cls, struct rule *rule)
{
    struct subtable *subtable = find_subtable(cls, rule->match.mask);
    if (!subtable) {
        subtable = add_subtable(cls, rule->match.mask, rule->priority);
    } else if (rule->priority > cls->vector->entries[subtable->position].max_priority) {
        set_priority(cls, subtable, rule->priority);
    }

    /* Whoever can see the rule must not be kept from it by what is known of addresses, so these come first. */
    count_prefixes(cls, rule, true);
    subtable_insert(subtable, rule);
    cls->n_rules++;
}

void classifier_remove(struct classifier *cls, struct rule *rule)
{
    struct subtable *subtable = find_subtable(cls, rule->match.mask);
    subtable_remove(subtable, rule);
    count_prefixes(cls, rule, false);
    cls->n_rules--;
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
            if (!rule_is_removed(rule) && !cb(aux, rule)) {
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
                if (!rule_is_removed(rule) && !cb(aux, rule)) {
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
            if (living(rule, priority)) {
                return true;
            }
        }
    }
    return false;
}

size_t classifier_collect_all(const struct classifier *cls, struct rule **rules)
{
    size_t n = 0;
    struct subtable *subtable;
    hmap_for_each (subtable, node, &cls->subtables) {
        size_t position = 0;
        for (struct rule *rule; (rule = subtable_next(subtable, &position));) {
            for (; rule; rule = rule->next) {
                rules[n++] = rule;
            }
        }
    }
    return n;
}
