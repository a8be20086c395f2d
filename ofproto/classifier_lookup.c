/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups in a classifier, by version. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "ofproto/classifier_private.h"

struct rule *lookup_visible(const struct lookup *lookup, struct rule *rule, int32_t priority)
{
    for (; rule && rule->priority > priority; rule = rcu_dereference(rule->next)) {
        if (version_sees(lookup->version, &rule->life)) {
            return rule;
        }
    }
    return NULL;
}

void lookup_take(const struct lookup *lookup, struct rule *rule, struct soft_matches *soft, struct rule **best)
{
    int32_t priority = *best ? (*best)->priority : -1;
    while ((rule = lookup_visible(lookup, rule, priority))) {
        if (!rule_has(rule, RULE_CONJUNCTION)) {
            *best = rule;
            return;
        }
        if (soft) {
            if (soft->n == soft->allocated) {
                soft->rules = grow_array(soft->rules, &soft->allocated, sizeof *soft->rules);
            }
            soft->rules[soft->n++] = rule;
        }
        rule = rcu_dereference(rule->next);
    }
}

/* The first pass: subtables of the highest priority first, several at once, so that the processor waits for the memory of all of them together. */

enum { AT_ONCE = 8 };

static int32_t priority_of(const struct rule *best)
{
    return best ? best->priority : -1;
}

static int32_t max_priority_at(const struct subtable_list *list, unsigned int i)
{
    return __atomic_load_n(&list->items[i].max_priority, __ATOMIC_RELAXED);
}

static void take_hit(const struct lookup *lookup, subtable_hit hit, struct soft_matches *soft, struct rule **best)
{
    const struct bucket *bucket = subtable_hit_bucket(hit);
    if (!bucket) {
        struct rule *rule = subtable_hit_rule(hit);
        if (rule->priority > priority_of(*best) && minimatch_matches(&rule->match, &lookup->words)) {
            lookup_take(lookup, rule, soft, best);
        }
        return;
    }
    for (uint32_t i = 0; i < bucket->n && bucket->entries[i].priority > priority_of(*best); i++) {
        if (bucket_entry_may_match(&bucket->entries[i], &lookup->words)) {
            struct rule *rule = rcu_load(((struct bucket *) bucket)->entries[i].rule);
            if (minimatch_matches(&rule->match, &lookup->words)) {
                lookup_take(lookup, rule, soft, best);
            }
        }
    }
}

static void try_subtables(const struct lookup *lookup, unsigned int first, unsigned int end, struct soft_matches *soft,
                          struct rule **best)
{
    struct {
        int32_t max_priority;
        struct subtable_probe probe;
        subtable_hit hit;
    } tries[AT_ONCE];
    unsigned int n = 0;
    for (unsigned int i = first; i < end; i++) {
        tries[n].max_priority = max_priority_at(lookup->list, i);
        if (tries[n].max_priority > priority_of(*best)) {
            subtable_probe_begin(&tries[n++].probe, lookup->list->items[i].subtable, &lookup->words);
        }
    }
    for (unsigned int i = 0; i < n; i++) {
        tries[i].hit = subtable_probe_next(&tries[i].probe);
    }
    for (unsigned int i = 0; i < n; i++) {
        if (tries[i].max_priority > priority_of(*best)) {
            for (subtable_hit hit = tries[i].hit; hit; hit = subtable_probe_next(&tries[i].probe)) {
                take_hit(lookup, hit, soft, best);
            }
        }
    }
}

static struct rule *search_best(const struct lookup *lookup, struct soft_matches *soft)
{
    struct rule *best = NULL;
    for (unsigned int i = 0; i < lookup->list->n; i += AT_ONCE) {
        try_subtables(lookup, i, MIN(i + AT_ONCE, lookup->list->n), soft, &best);
    }
    return best;
}

struct rule *lookup_search(struct lookup *lookup, struct soft_matches *soft)
{
    if (!lookup->mask) {
        return search_best(lookup, soft);
    }
    const struct rule *best = search_best(lookup, NULL);
    return lookup_prove(lookup, priority_of(best), soft);
}

struct rule *classifier_lookup(const struct classifier *cls, version_t version, const struct flow *flow,
                               struct flow *mask)
{
    struct lookup lookup;
    struct soft_matches soft = { NULL, 0, 0 };
    lookup.list = rcu_dereference(((struct classifier *) cls)->list);
    if (!lookup.list) {
        return NULL;
    }
    lookup.cls = cls;
    lookup.version = version;
    lookup.mask = mask;
    lookup.use = __atomic_load_n(&cls->prefixes, __ATOMIC_RELAXED);
    lookup.looked = 0;
    flow_words_init(&lookup.words, flow);
    struct rule *best = lookup_search(&lookup, &soft);
    if (soft.n) {
        best = lookup_resolve(&lookup, &soft, best);
        free(soft.rules);
    }
    return best;
}
