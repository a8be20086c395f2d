/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one OpenFlow table: how they come and go. */
#include "ofproto/classifier.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/classifier_private.h"

/* Indexes. */

static struct mask_index *index_create(unsigned int n_words)
{
    struct mask_index *index = xzalloc(sizeof *index);
    index->n_words = n_words;
    index->all = xcalloc(n_words, sizeof *index->all);
    index->max_priorities = xcalloc(n_words * 64, sizeof *index->max_priorities);
    index->things = xcalloc(n_words * 64, sizeof *index->things);
    index->masks = xcalloc(n_words * 64, sizeof *index->masks);
    return index;
}

static void free_index(struct rcu_head *head)
{
    struct mask_index *index = CONTAINER_OF(head, struct mask_index, rcu);
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        for (unsigned int j = 0; j <= MAX_PREFIX_BITS; j++) {
            free(index->sets[i][j]);
        }
    }
    free(index->all);
    free(index->max_priorities);
    free(index->things);
    free(index->masks);
    free(index);
}

static void set_bit(uint64_t *set, unsigned int i, bool on)
{
    uint64_t bit = 1ULL << i % 64;
    __atomic_store_n(&set[i / 64], on ? set[i / 64] | bit : set[i / 64] & ~bit, __ATOMIC_RELEASE);
}

/* In the order in which readers look: last the sets that lead to it. */
static void index_put(struct mask_index *index, unsigned int number, void *thing, const struct minimask *mask, int32_t priority)
{
    __atomic_store_n(&index->max_priorities[number], priority, __ATOMIC_RELAXED);
    index->masks[number] = mask;
    rcu_assign_pointer(index->things[number], thing);
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        uint64_t **set = &index->sets[i][mask->prefix[i]];
        if (!*set) {
            rcu_assign_pointer(*set, xcalloc(index->n_words, sizeof **set));
        }
        set_bit(*set, number, true);
    }
    set_bit(index->all, number, true);
    __atomic_store_n(&index->n_used, MAX(index->n_used, number / 64 + 1), __ATOMIC_RELEASE);
}

/* One twice as large, with the same things. */
static void index_grow(struct mask_index **where)
{
    struct mask_index *old = *where;
    struct mask_index *index = index_create(old ? old->n_words * 2 : 1);
    for (unsigned int i = 0; old && i < old->n_words * 64; i++) {
        if (old->all[i / 64] >> i % 64 & 1) {
            index_put(index, i, old->things[i], old->masks[i], old->max_priorities[i]);
        }
    }
    rcu_assign_pointer(*where, index);
    if (old) {
        urcu_qsbr_call_rcu(&old->rcu, free_index);
    }
}

/* Returns the number. */
static unsigned int index_add(struct mask_index **where, void *thing, const struct minimask *mask, int32_t priority)
{
    unsigned int word = 0;
    if (!*where) {
        index_grow(where);
    }
    while (word < (*where)->n_words && (*where)->all[word] == UINT64_MAX) {
        word++;
    }
    if (word == (*where)->n_words) {
        index_grow(where);
    }
    unsigned int number = word * 64 + (unsigned int) __builtin_ctzll(~(*where)->all[word]);
    index_put(*where, number, thing, mask, priority);
    return number;
}

static void index_remove(struct mask_index *index, unsigned int number)
{
    set_bit(index->all, number, false);
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        set_bit(index->sets[i][index->masks[number]->prefix[i]], number, false);
    }
    rcu_assign_pointer(index->things[number], NULL);
}

static void index_set_priority(struct mask_index *index, unsigned int number, int32_t priority)
{
    __atomic_store_n(&index->max_priorities[number], priority, __ATOMIC_RELAXED);
}

/* Readers believe from now on that 'priority' is the highest of 'subtable'. */
static void set_priority(struct classifier *cls, const struct subtable *subtable, int32_t priority)
{
    if (cls->index->max_priorities[subtable->number] != priority) {
        index_set_priority(cls->index, subtable->number, priority);
        family_set_priority(subtable->family, subtable, priority);
        index_set_priority(cls->families, subtable->family->number, subtable->family->max_priority);
    }
}

/* Families. */

static void join_family(struct classifier *cls, struct subtable *subtable)
{
    struct subtable_family *family = NULL;
    for (unsigned int i = 0; cls->families && i < cls->families->n_words * 64; i++) {
        struct subtable_family *other = cls->families->things[i];
        if (other && family_takes(other, subtable->mask)) {
            family = other;
            break;
        }
    }
    if (!family) {
        family = family_create(subtable->mask);
        family->number = index_add(&cls->families, family, family->mask, -1);
    }
    family_add(family, subtable);
}

static void leave_family(struct classifier *cls, struct subtable *subtable)
{
    struct subtable_family *family = subtable->family;
    family_remove(family, subtable);
    if (!family->n_members) {
        index_remove(cls->families, family->number);
        family_destroy(family);
    }
}

/* Changes. */

void classifier_init(struct classifier *cls)
{
    memset(cls, 0, sizeof *cls);
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
    if (cls->index) {
        for (unsigned int i = 0; i < cls->families->n_words * 64; i++) {
            if (cls->families->things[i]) {
                family_destroy(cls->families->things[i]);
            }
        }
        urcu_qsbr_call_rcu(&cls->index->rcu, free_index);
        urcu_qsbr_call_rcu(&cls->families->rcu, free_index);
    }
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
    subtable->number = index_add(&cls->index, subtable, mask, -1);
    join_family(cls, subtable);
    set_priority(cls, subtable, priority);
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
    } else if (rule->priority > cls->index->max_priorities[subtable->number]) {
        set_priority(cls, subtable, rule->priority);
    }

    /* Whoever can see the rule must not be kept from it by what is known of addresses, so these come first. */
    count_prefixes(cls, rule, true);
    family_rule_in(subtable->family, subtable, rule);
    subtable_insert(subtable, rule);
    cls->n_rules++;
}

void classifier_remove(struct classifier *cls, struct rule *rule)
{
    struct subtable *subtable = find_subtable(cls, rule->match.mask);
    subtable_remove(subtable, rule);
    family_rule_out(subtable->family);
    count_prefixes(cls, rule, false);
    cls->n_rules--;
    if (subtable->n_rules) {
        set_priority(cls, subtable, subtable->max_priority);
    } else {
        hmap_remove(&cls->subtables, &subtable->node);
        index_remove(cls->index, subtable->number);
        leave_family(cls, subtable);
        subtable_destroy(subtable);
    }
}

static bool for_each_in_subtable(const struct subtable *subtable, const struct minimatch_key *key, classifier_cb *cb,
                                 void *aux)
{
    struct subtable_cursor cursor = { NULL, 0 };
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
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
    struct subtable *subtable;
    hmap_for_each (subtable, node, &cls->subtables) {
        struct subtable_cursor cursor = { NULL, 0 };
        if (subtable->max_priority < priority) {
            continue;
        }
        for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
            if (minimatch_overlaps_key(&rule->match, key) && living(rule, priority)) {
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
        struct subtable_cursor cursor = { NULL, 0 };
        for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
            for (; rule; rule = rule->next) {
                rules[n++] = rule;
            }
        }
    }
    return n;
}
