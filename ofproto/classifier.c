/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one OpenFlow table: how they come and go. */
#include "ofproto/classifier.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/classifier_private.h"

/* So many matches of one relaxed value may be together in a subtable: reading past them costs little more than looking into another. */
enum { MAX_TOGETHER = 32 };

/* The list. */

static struct subtable_list *list_create(unsigned int n)
{
    struct subtable_list *list = xmalloc(sizeof *list + n * sizeof list->items[0]);
    list->n = n;
    return list;
}

static void free_list(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct subtable_list, rcu));
}

static void publish(struct classifier *cls, struct subtable_list *list)
{
    struct subtable_list *old = cls->list;
    rcu_assign_pointer(cls->list, list);
    if (old) {
        urcu_qsbr_call_rcu(&old->rcu, free_list);
    }
}

static unsigned int list_size(const struct classifier *cls)
{
    return cls->list ? cls->list->n : 0;
}

/* Puts the subtable, of the highest priority that it has now, where it belongs in a new list. */
static void list_put(struct classifier *cls, struct subtable *subtable, bool is_new)
{
    const struct subtable_list *old = cls->list;
    unsigned int n = list_size(cls), at = 0;
    struct subtable_list *list = list_create(n + is_new);
    bool put = false;
    for (unsigned int i = 0; i < n; i++) {
        if (!put && old->items[i].max_priority <= subtable->max_priority) {
            list->items[at].max_priority = subtable->max_priority;
            list->items[at++].subtable = subtable;
            put = true;
        }
        if (old->items[i].subtable != subtable) {
            list->items[at++] = old->items[i];
        }
    }
    if (!put) {
        list->items[at].max_priority = subtable->max_priority;
        list->items[at].subtable = subtable;
    }
    publish(cls, list);
}

static void list_remove(struct classifier *cls, const struct subtable *subtable)
{
    const struct subtable_list *old = cls->list;
    struct subtable_list *list = list_create(old->n - 1);
    for (unsigned int i = 0, at = 0; i < old->n; i++) {
        if (old->items[i].subtable != subtable) {
            list->items[at++] = old->items[i];
        }
    }
    publish(cls, list);
}

/* The highest priority of the subtable is another one. Readers of the old list need none of the rules that are yet to come, whose versions are newer. */
static void list_set_priority(struct classifier *cls, struct subtable *subtable)
{
    struct subtable_list *list = cls->list;
    unsigned int i = 0;
    while (list->items[i].subtable != subtable) {
        i++;
    }
    if ((i && list->items[i - 1].max_priority < subtable->max_priority)
        || (i + 1 < list->n && list->items[i + 1].max_priority > subtable->max_priority)) {
        list_put(cls, subtable, false);
    } else {
        __atomic_store_n(&list->items[i].max_priority, subtable->max_priority, __ATOMIC_RELEASE);
    }
}

/* Masks and their places. */

static struct rule_mask *find_mask(const struct classifier *cls, const struct minimask *mask)
{
    struct rule_mask *rule_mask;
    hmap_for_each_with_hash (rule_mask, node, mask->node.hash, &cls->masks) {
        if (rule_mask->mask == mask) {
            return rule_mask;
        }
    }
    return NULL;
}

static struct rule_mask *find_mask_by_key(const struct classifier *cls, const struct minimatch_key *key)
{
    struct rule_mask *rule_mask;
    hmap_for_each_with_hash (rule_mask, node, key->mask_hash, &cls->masks) {
        if (minimask_equals_key(rule_mask->mask, key)) {
            return rule_mask;
        }
    }
    return NULL;
}

static struct rule_mask *add_mask(struct classifier *cls, const struct minimask *mask)
{
    struct rule_mask *rule_mask = xzalloc(sizeof *rule_mask);
    const struct minimask *before = NULL;
    if (!cls->miss) {
        cls->miss = xzalloc(sizeof *cls->miss);
    }
    rule_mask->mask = minimask_ref(mask);
    for (unsigned int level = 0; level < N_LEVELS; level++) {
        const struct minimask *relaxed = mask_level_intern(mask, (enum mask_level) level);
        if (relaxed == before) {
            minimask_unref(relaxed);
        } else {
            rule_mask->places[level].relaxed = before = relaxed;
        }
    }
    hmap_insert(&cls->masks, &rule_mask->node, mask->node.hash);
    return rule_mask;
}

static void remove_mask(struct classifier *cls, struct rule_mask *rule_mask)
{
    hmap_remove(&cls->masks, &rule_mask->node);
    for (unsigned int level = 0; level < N_LEVELS; level++) {
        minimask_unref(rule_mask->places[level].relaxed);
    }
    minimask_unref(rule_mask->mask);
    free(rule_mask);
}

static struct subtable *find_subtable(const struct classifier *cls, const struct mask_place *place)
{
    struct subtable *subtable = place->subtable;
    if (subtable || !place->relaxed) {
        return subtable;
    }
    hmap_for_each_with_hash (subtable, node, place->relaxed->node.hash, &cls->subtables) {
        if (subtable->mask == place->relaxed) {
            return subtable;
        }
    }
    return NULL;
}

static struct subtable *add_subtable(struct classifier *cls, const struct minimask *mask)
{
    struct subtable *subtable = subtable_create(mask);
    hmap_insert(&cls->subtables, &subtable->node, mask->node.hash);
    list_put(cls, subtable, true);
    return subtable;
}

/* Where a rule is, or should be. */
struct spot {
    struct mask_place *place;
    struct subtable *subtable; /* null: it is to be made, and 'at' is not set */
    struct subtable_place at;
};

/* Is it known that no rule has this match? */
static bool is_missed(const struct classifier *cls, const struct rule_mask *rule_mask, const uint64_t *values)
{
    return cls->miss->rule_mask == rule_mask
           && !memcmp(cls->miss->values, values, minimatch_values_size(rule_mask->mask));
}

/* Finds the rules with this match. */
static bool find_match(const struct classifier *cls, struct rule_mask *rule_mask, const uint64_t *values,
                       struct spot *spot)
{
    struct match_miss *miss = cls->miss;
    miss->rule_mask = NULL;
    for (unsigned int level = N_LEVELS; level-- > 0;) {
        spot->place = &rule_mask->places[level];
        spot->subtable = spot->place->subtable;
        if (spot->subtable) {
            subtable_locate(spot->subtable, rule_mask->mask, values, &miss->at[level]);
            if (miss->at[level].rule) {
                spot->at = miss->at[level];
                return true;
            }
        }
    }
    if (rule_mask->mask->n_words <= MISS_MAX_WORDS) {
        miss->rule_mask = rule_mask;
        memcpy(miss->values, values, minimatch_values_size(rule_mask->mask));
    }
    return false;
}

/* The finest subtable that exists and has few rules of the same value, so that as few as possible are looked into; else the coarsest that does not
 * exist, so that as many as possible can share it. The finest takes what no other does. */
static void find_spot(struct classifier *cls, struct rule_mask *rule_mask, const uint64_t *values, struct spot *spot)
{
    struct mask_place *create = NULL, *finest = NULL;
    if (!is_missed(cls, rule_mask, values) && find_match(cls, rule_mask, values, spot)) {
        return;
    }
    for (unsigned int level = N_LEVELS; level-- > 0;) {
        struct mask_place *place = &rule_mask->places[level];
        struct subtable *subtable = find_subtable(cls, place);
        if (!place->relaxed) {
            continue;
        }
        finest = finest ? finest : place;
        create = subtable ? create : place;
        if (subtable) {
            spot->place = place;
            spot->subtable = subtable;
            if (place->subtable) {
                spot->at = cls->miss->at[level];
            } else {
                subtable_locate(subtable, rule_mask->mask, values, &spot->at);
            }
            if (spot->at.n < MAX_TOGETHER || place == finest) {
                return;
            }
        }
    }
    spot->place = create;
    spot->subtable = NULL;
}

/* Changes. */

void classifier_init(struct classifier *cls)
{
    memset(cls, 0, sizeof *cls);
    cls->prefixes = (1u << N_PREFIX_FIELDS) - 1;
    hmap_init(&cls->subtables);
    hmap_init(&cls->masks);
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
    struct rule_mask *rule_mask, *next_mask;
    hmap_for_each_safe (rule_mask, next_mask, node, &cls->masks) {
        remove_mask(cls, rule_mask);
    }
    hmap_destroy(&cls->masks);
    hmap_for_each_safe (subtable, next, node, &cls->subtables) {
        hmap_remove(&cls->subtables, &subtable->node);
        subtable_destroy(subtable);
    }
    hmap_destroy(&cls->subtables);
    if (cls->list) {
        urcu_qsbr_call_rcu(&cls->list->rcu, free_list);
    }
    free(cls->miss);
    struct old_tries *old = xzalloc(sizeof *old);
    memcpy(old->tries, cls->tries, sizeof old->tries);
    urcu_qsbr_call_rcu(&old->rcu, free_tries);
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
    struct rule_mask *rule_mask = find_mask_by_key(cls, key);
    struct spot spot;
    return rule_mask && find_match(cls, rule_mask, key->values, &spot) ? living(spot.at.rule, priority) : NULL;
}

/* The value of an address or port in a match that has one: within a word, or two whole ones. */
static void get_prefix(const struct rule *rule, unsigned int field, uint64_t value[2])
{
    const struct minimask *mask = rule->match.mask;
    size_t size = prefix_fields[field].n_bits / 8;
    unsigned int where = (unsigned int) (prefix_fields[field].offset / sizeof *value);
    value[0] = minimatch_value_at(mask, rule->match.values, where);
    value[1] = size > sizeof *value ? minimatch_value_at(mask, rule->match.values, where + 1) : 0;
    memmove(value, (const uint8_t *) value + prefix_fields[field].offset % sizeof *value, MIN(size, sizeof *value));
}

static void count_prefixes(struct classifier *cls, const struct rule *rule, bool in)
{
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        unsigned int length = rule->match.mask->prefix[i];
        if (length) {
            uint64_t value[2];
            get_prefix(rule, i, value);
            (in ? prefix_trie_insert : prefix_trie_remove)(&cls->tries[i], (const uint8_t *) value, length);
        }
    }
}

void classifier_insert(struct classifier *cls, struct rule *rule)
{
    struct rule_mask *rule_mask = find_mask(cls, rule->match.mask);
    struct spot spot;
    if (!rule_mask) {
        rule_mask = add_mask(cls, rule->match.mask);
    }
    find_spot(cls, rule_mask, rule->match.values, &spot);
    cls->miss->rule_mask = NULL;
    if (!spot.subtable) {
        spot.subtable = add_subtable(cls, spot.place->relaxed);
        subtable_locate(spot.subtable, rule->match.mask, rule->match.values, &spot.at);
    }

    /* Whoever can see the rule must not be kept from it by what is known of addresses and priorities, so these come first. */
    count_prefixes(cls, rule, true);
    if (!spot.place->n_rules++) {
        spot.place->subtable = spot.subtable;
        subtable_mask_in(spot.subtable, rule->match.mask);
    }
    int32_t old_priority = spot.subtable->max_priority;
    subtable_count_in(spot.subtable, rule->priority);
    if (spot.subtable->max_priority != old_priority) {
        list_set_priority(cls, spot.subtable);
    }
    subtable_insert(spot.subtable, rule, &spot.at);
    cls->n_rules++;
}

void classifier_remove(struct classifier *cls, struct rule *rule)
{
    __builtin_prefetch(rule); /* its list and priority, which are needed once its match was found */
    struct rule_mask *rule_mask = find_mask(cls, rule->match.mask);
    struct spot spot;
    bool found = find_match(cls, rule_mask, rule->match.values, &spot);
    assert(found);
    cls->miss->rule_mask = NULL;
    struct subtable *subtable = spot.subtable;
    int32_t old_priority = subtable->max_priority;
    subtable_remove(subtable, rule, &spot.at);
    if (!--spot.place->n_rules) {
        spot.place->subtable = NULL;
        subtable_mask_out(subtable, rule->match.mask);
    }
    count_prefixes(cls, rule, false);
    cls->n_rules--;
    if (!subtable->n_rules) {
        list_remove(cls, subtable);
        hmap_remove(&cls->subtables, &subtable->node);
        subtable_destroy(subtable);
    } else if (subtable->max_priority != old_priority) {
        list_set_priority(cls, subtable);
    }
    for (unsigned int level = 0; level < N_LEVELS; level++) {
        if (rule_mask->places[level].n_rules) {
            return;
        }
    }
    remove_mask(cls, rule_mask);
}

/* Selection. */

/* Calls 'cb' for the rules without an end of the match that 'rule' is the first of, if it lies within 'key'. */
static bool select_match(struct rule *rule, const struct minimatch_key *key, classifier_cb *cb, void *aux)
{
    if (minimatch_within_key(&rule->match, key)) {
        for (; rule; rule = rule->next) {
            if (!rule_is_removed(rule) && !cb(aux, rule)) {
                return false;
            }
        }
    }
    return true;
}

static bool select_in_subtable(const struct subtable *subtable, const struct minimatch_key *key, classifier_cb *cb,
                               void *aux)
{
    struct subtable_cursor cursor = { 0 };
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
        if (!select_match(rule, key, cb, aux)) {
            return false;
        }
    }
    return true;
}

/* Only rules that have the value of 'place', whose masks may have every bit of the key's. */
static bool select_in_place(const struct subtable *subtable, const struct subtable_place *place,
                            const struct minimatch_key *key, classifier_cb *cb, void *aux)
{
    for (unsigned int i = 0; i < place->n; i++) {
        if (!select_match(subtable_match_at(subtable, place, i), key, cb, aux)) {
            return false;
        }
    }
    return true;
}

/* Marks the subtables that have rules whose mask has every bit of the key's. */
static void mark_subtables(const struct classifier *cls, const struct minimatch_key *key)
{
    struct subtable *subtable;
    const struct rule_mask *rule_mask;
    hmap_for_each (subtable, node, &cls->subtables) {
        subtable->marked = false;
    }
    hmap_for_each (rule_mask, node, &cls->masks) {
        if (minimask_covers_key(rule_mask->mask, key)) {
            for (unsigned int level = 0; level < N_LEVELS; level++) {
                if (rule_mask->places[level].subtable) {
                    rule_mask->places[level].subtable->marked = true;
                }
            }
        }
    }
}

void classifier_for_each(const struct classifier *cls, const struct minimatch_key *key, classifier_cb *cb, void *aux)
{
    const struct minimask *mask = minimask_intern(key);
    struct subtable *subtable;
    mark_subtables(cls, key);
    hmap_for_each (subtable, node, &cls->subtables) {
        struct subtable_place place;
        bool go_on = true;
        if (subtable->marked && minimask_is_within(subtable->mask, mask)) {
            subtable_locate(subtable, mask, key->values, &place);
            go_on = select_in_place(subtable, &place, key, cb, aux);
        } else if (subtable->marked) {
            go_on = select_in_subtable(subtable, key, cb, aux);
        }
        if (!go_on) {
            break;
        }
    }
    minimask_unref(mask);
}

bool classifier_overlaps(const struct classifier *cls, const struct minimatch_key *key, int32_t priority)
{
    struct subtable *subtable;
    hmap_for_each (subtable, node, &cls->subtables) {
        struct subtable_cursor cursor = { 0 };
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
        struct subtable_cursor cursor = { 0 };
        for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
            for (; rule; rule = rule->next) {
                rules[n++] = rule;
            }
        }
    }
    return n;
}
