/* SPDX-License-Identifier: Apache-2.0 */
/* Which flow of a full table has to go: a heap of flows for each group, and a heap of groups.
 *
 * Flows are not told from their heap when they go, which would take memory in each flow of each table; what has gone is passed
 * over when it comes up, and a heap that holds more of that than of flows is made anew. As traffic makes idle flows live longer, the key that
 * a flow was entered with may be too early: it is compared when the flow comes up, and the flow goes back with the right one. */
#include "ofproto/eviction.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"
#include "lib/ofp/match.h"
#include "ofproto/rule.h"

struct entry {
    uint64_t key;      /* importance, then seconds: the lowest goes first */
    struct rule *rule; /* a reference */
};

struct group {
    struct hmap_node node; /* in eviction->groups */
    size_t position;       /* in eviction->heap */
    size_t n_flows;
    struct entry *entries; /* a heap */
    size_t n_entries, allocated;
};

struct eviction {
    struct hmap groups;    /* by the hash of the fields' values; groups of one hash are one */
    struct group **heap;   /* the largest first */
    size_t n_groups, allocated_groups;
    size_t n_fields;
    struct subfield fields[];
};

static bool has_timeout(const struct rule *rule)
{
    return __atomic_load_n(&rule->idle_timeout, __ATOMIC_RELAXED)
           || __atomic_load_n(&rule->hard_timeout, __ATOMIC_RELAXED);
}

static uint64_t key_of(const struct rule *rule)
{
    int64_t expires = INT64_MAX;
    if (rule->hard_timeout) {
        expires = rule_modified_ms(rule) + rule->hard_timeout * INT64_C(1000);
    }
    if (rule->idle_timeout && rule->counters) {
        int64_t used_ms = __atomic_load_n(&rule->counters->used_ms, __ATOMIC_RELAXED);
        expires = MIN(expires, used_ms + rule->idle_timeout * INT64_C(1000));
    }
    return (uint64_t) rule->importance << 48 | ((uint64_t) MAX(expires, (int64_t) 0) & ((1ULL << 48) - 1));
}

/* The flows of a group. */

static void entry_up(struct group *group, size_t i)
{
    struct entry entry = group->entries[i];
    for (; i && group->entries[(i - 1) / 2].key > entry.key; i = (i - 1) / 2) {
        group->entries[i] = group->entries[(i - 1) / 2];
    }
    group->entries[i] = entry;
}

static void entry_down(struct group *group, size_t i)
{
    struct entry entry = group->entries[i];
    for (size_t child; (child = 2 * i + 1) < group->n_entries; i = child) {
        if (child + 1 < group->n_entries && group->entries[child + 1].key < group->entries[child].key) {
            child++;
        }
        if (group->entries[child].key >= entry.key) {
            break;
        }
        group->entries[i] = group->entries[child];
    }
    group->entries[i] = entry;
}

static void drop_first(struct group *group)
{
    rule_unref(group->entries[0].rule);
    group->entries[0] = group->entries[--group->n_entries];
    if (group->n_entries) {
        entry_down(group, 0);
    }
}

static void put_entry(struct group *group, struct rule *rule)
{
    if (group->n_entries == group->allocated) {
        group->entries = grow_array(group->entries, &group->allocated, sizeof *group->entries);
    }
    rule_ref(rule);
    group->entries[group->n_entries++] = (struct entry) { key_of(rule), rule };
    entry_up(group, group->n_entries - 1);
}

/* Forgets the flows that have gone. */
static void tidy(struct group *group)
{
    size_t n = 0;
    for (size_t i = 0; i < group->n_entries; i++) {
        if (rule_is_removed(group->entries[i].rule)) {
            rule_unref(group->entries[i].rule);
        } else {
            group->entries[n++] = group->entries[i];
        }
    }
    group->n_entries = n;
    for (size_t i = n / 2; i-- > 0;) {
        entry_down(group, i);
    }
}

static struct rule *first(struct group *group)
{
    while (group->n_entries) {
        struct rule *rule = group->entries[0].rule;
        uint64_t key = key_of(rule);
        if (rule_is_removed(rule) || !has_timeout(rule)) {
            drop_first(group);
        } else if (key > group->entries[0].key) {
            group->entries[0].key = key;
            entry_down(group, 0);
        } else {
            return rule;
        }
    }
    return NULL;
}

/* The groups. */

static void place_group(struct eviction *eviction, size_t i, struct group *group)
{
    eviction->heap[i] = group;
    group->position = i;
}

static void settle_group(struct eviction *eviction, struct group *group)
{
    size_t i = group->position;
    for (; i && eviction->heap[(i - 1) / 2]->n_flows < group->n_flows; i = (i - 1) / 2) {
        place_group(eviction, i, eviction->heap[(i - 1) / 2]);
    }
    for (size_t child; (child = 2 * i + 1) < eviction->n_groups; i = child) {
        if (child + 1 < eviction->n_groups
            && eviction->heap[child + 1]->n_flows > eviction->heap[child]->n_flows) {
            child++;
        }
        if (eviction->heap[child]->n_flows <= group->n_flows) {
            break;
        }
        place_group(eviction, i, eviction->heap[child]);
    }
    place_group(eviction, i, group);
}

static uint32_t hash_of(const struct eviction *eviction, const struct rule *rule)
{
    uint32_t hash = 0;
    struct match match;
    if (!eviction->n_fields) {
        return hash;
    }
    rule_get_match(rule, &match);
    for (size_t i = 0; i < eviction->n_fields; i++) {
        struct subfield part = eviction->fields[i];
        for (unsigned int left = part.n_bits; left; left -= part.n_bits, part.ofs += part.n_bits) {
            part.n_bits = MIN(left, 64);
            hash = hash_u64(subfield_get(&part, &match.flow), hash);
        }
    }
    return hash;
}

static struct group *find_group(const struct eviction *eviction, uint32_t hash)
{
    struct hmap_node *node = hmap_first_with_hash(&eviction->groups, hash);
    return HMAP_ENTRY(node, struct group, node);
}

static struct group *create_group(struct eviction *eviction, uint32_t hash)
{
    struct group *group = xzalloc(sizeof *group);
    hmap_insert(&eviction->groups, &group->node, hash);
    if (eviction->n_groups == eviction->allocated_groups) {
        eviction->heap = grow_array(eviction->heap, &eviction->allocated_groups, sizeof *eviction->heap);
    }
    place_group(eviction, eviction->n_groups++, group);
    return group;
}

static void free_group(struct group *group)
{
    for (size_t i = 0; i < group->n_entries; i++) {
        rule_unref(group->entries[i].rule);
    }
    free(group->entries);
    free(group);
}

static void destroy_group(struct eviction *eviction, struct group *group)
{
    struct group *last = eviction->heap[--eviction->n_groups];
    if (last != group) {
        place_group(eviction, group->position, last);
        settle_group(eviction, last);
    }
    hmap_remove(&eviction->groups, &group->node);
    free_group(group);
}

struct eviction *eviction_create(const struct subfield *fields, size_t n_fields)
{
    struct eviction *eviction = xzalloc(sizeof *eviction + n_fields * sizeof fields[0]);
    hmap_init(&eviction->groups);
    eviction->n_fields = n_fields;
    if (n_fields) {
        memcpy(eviction->fields, fields, n_fields * sizeof fields[0]);
    }
    return eviction;
}

void eviction_destroy(struct eviction *eviction)
{
    if (eviction) {
        for (size_t i = 0; i < eviction->n_groups; i++) {
            free_group(eviction->heap[i]);
        }
        hmap_destroy(&eviction->groups);
        free(eviction->heap);
        free(eviction);
    }
}

void eviction_add(struct eviction *eviction, struct rule *rule)
{
    if (!has_timeout(rule) || rule_is_hidden(rule)) {
        return;
    }
    uint32_t hash = hash_of(eviction, rule);
    struct group *group = find_group(eviction, hash);
    if (!group) {
        group = create_group(eviction, hash);
    }
    group->n_flows++;
    put_entry(group, rule);
    settle_group(eviction, group);
}

void eviction_remove(struct eviction *eviction, struct rule *rule)
{
    struct group *group = has_timeout(rule) && !rule_is_hidden(rule) ? find_group(eviction, hash_of(eviction, rule)) : NULL;
    if (!group) {
        return;
    }
    if (!--group->n_flows) {
        destroy_group(eviction, group);
        return;
    }
    settle_group(eviction, group);
    if (group->n_entries > 2 * group->n_flows + 16) {
        tidy(group);
    }
}

struct rule *eviction_choose(struct eviction *eviction)
{
    while (eviction->n_groups) {
        struct rule *rule = first(eviction->heap[0]);
        if (rule) {
            return rule;
        }
        destroy_group(eviction, eviction->heap[0]);
    }
    return NULL;
}
