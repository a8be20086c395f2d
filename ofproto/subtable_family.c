/* SPDX-License-Identifier: Apache-2.0 */
/* Subtables whose masks are the same up to L3. */
#include "ofproto/subtable_family.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

/* A hash table of 'mask' + 1 slots with linear probing; a slot with no members is empty. Writers: wo; readers: ro; atomic. */
struct family_slots {
    struct rcu_head rcu;
    size_t mask, n_used;
    struct {
        uint64_t hash, members;
    } slot[];
};

enum { MIN_SLOTS = 16, MIN_GONE = 1024 };

static unsigned int n_parts(const struct minimask *mask)
{
    return mask->stage_end[STAGE_L3];
}

static uint64_t hash_word(uint64_t hash, uint64_t word)
{
    return hash_mix64(hash ^ word, 0x9e3779b97f4a7c15ULL);
}

static uint64_t hash_flow(const struct minimask *mask, const struct flow_words *words)
{
    uint64_t hash = hash_secret;
    for (unsigned int i = 0; i < n_parts(mask); i++) {
        hash = hash_word(hash, flow_word(words, mask->parts[i].where) & mask->parts[i].bits);
    }
    return hash;
}

/* 'mask' is that of the values; its parts up to L3 are the family's. */
static uint64_t hash_values(const struct minimask *mask, const uint64_t *values)
{
    uint64_t hash = hash_secret;
    for (unsigned int i = 0; i < n_parts(mask); i++) {
        hash = hash_word(hash, values[mask->parts[i].index] & mask->parts[i].bits);
    }
    return hash;
}

static struct family_slots *slots_create(size_t n)
{
    size_t size = MIN_SLOTS;
    while (size < n * 2) {
        size *= 2;
    }
    struct family_slots *slots = xzalloc(sizeof *slots + size * sizeof slots->slot[0]);
    slots->mask = size - 1;
    return slots;
}

static void free_slots(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct family_slots, rcu));
}

static void put(struct family_slots *slots, uint64_t hash, uint64_t members)
{
    size_t i = hash & slots->mask;
    while (slots->slot[i].members && slots->slot[i].hash != hash) {
        i = (i + 1) & slots->mask;
    }
    if (!slots->slot[i].members) {
        slots->n_used++;
        __atomic_store_n(&slots->slot[i].hash, hash, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&slots->slot[i].members, slots->slot[i].members | members, __ATOMIC_RELEASE);
}

static void publish(struct subtable_family *family, struct family_slots *slots)
{
    struct family_slots *old = family->slots;
    rcu_assign_pointer(family->slots, slots);
    if (old) {
        urcu_qsbr_call_rcu(&old->rcu, free_slots);
    }
}

static bool is_full(const struct family_slots *slots)
{
    return (slots->n_used + 1) * 4 > (slots->mask + 1) * 3;
}

static void grow(struct subtable_family *family)
{
    const struct family_slots *old = family->slots;
    struct family_slots *slots = slots_create(old->n_used + 1);
    for (size_t i = 0; i <= old->mask; i++) {
        if (old->slot[i].members) {
            put(slots, old->slot[i].hash, old->slot[i].members);
        }
    }
    publish(family, slots);
}

/* From the rules that the members have. */
static void rebuild(struct subtable_family *family)
{
    size_t n = 0;
    for (uint64_t todo = family->used; todo; todo &= todo - 1) {
        n += family->members[__builtin_ctzll(todo)]->n_matches;
    }
    struct family_slots *slots = slots_create(n + 1);
    for (uint64_t todo = family->used; todo; todo &= todo - 1) {
        const struct subtable *member = family->members[__builtin_ctzll(todo)];
        struct subtable_cursor cursor = { NULL, 0 };
        for (const struct rule *rule; (rule = subtable_next(member, &cursor));) {
            put(slots, hash_values(member->mask, rule->match.values), todo & -todo);
        }
    }
    family->n_gone = 0;
    publish(family, slots);
}

struct subtable_family *family_create(const struct minimask *mask)
{
    struct subtable_family *family = xzalloc(sizeof *family);
    family->mask = (struct minimask *) minimask_ref(mask);
    family->max_priority = -1;
    return family;
}

static void free_family(struct rcu_head *head)
{
    struct subtable_family *family = CONTAINER_OF(head, struct subtable_family, rcu);
    minimask_unref(family->mask);
    free(family->slots);
    free(family);
}

void family_destroy(struct subtable_family *family)
{
    urcu_qsbr_call_rcu(&family->rcu, free_family);
}

bool family_takes(const struct subtable_family *family, const struct minimask *mask)
{
    const struct minimask *own = family->mask;
    if (family->used == UINT64_MAX || n_parts(own) != n_parts(mask)) {
        return false;
    }
    for (unsigned int i = 0; i < n_parts(mask); i++) {
        if (own->parts[i].where != mask->parts[i].where || own->parts[i].bits != mask->parts[i].bits) {
            return false;
        }
    }
    return true;
}

void family_add(struct subtable_family *family, struct subtable *subtable)
{
    unsigned int i = (unsigned int) __builtin_ctzll(~family->used);
    subtable->family = family;
    subtable->member = i;
    __atomic_store_n(&family->max_priorities[i], subtable->max_priority, __ATOMIC_RELAXED);
    rcu_assign_pointer(family->members[i], subtable);
    __atomic_store_n(&family->used, family->used | 1ULL << i, __ATOMIC_RELEASE);
    family->n_members++;
    if (family->n_members == 2 && !family->slots) {
        rebuild(family);
    }
}

void family_remove(struct subtable_family *family, struct subtable *subtable)
{
    __atomic_store_n(&family->used, family->used & ~(1ULL << subtable->member), __ATOMIC_RELEASE);
    rcu_assign_pointer(family->members[subtable->member], NULL);
    family->n_members--;
}

void family_set_priority(struct subtable_family *family, const struct subtable *subtable, int32_t priority)
{
    int32_t max = -1;
    __atomic_store_n(&family->max_priorities[subtable->member], priority, __ATOMIC_RELAXED);
    if (priority < family->max_priority) {
        for (uint64_t todo = family->used; todo; todo &= todo - 1) {
            max = MAX(max, family->max_priorities[__builtin_ctzll(todo)]);
        }
    }
    __atomic_store_n(&family->max_priority, MAX(max, priority), __ATOMIC_RELAXED);
}

void family_rule_in(struct subtable_family *family, const struct subtable *subtable, const struct rule *rule)
{
    if (family->slots) {
        if (is_full(family->slots)) {
            grow(family);
        }
        put(family->slots, hash_values(rule->match.mask, rule->match.values), 1ULL << subtable->member);
    }
}

void family_rule_out(struct subtable_family *family)
{
    if (family->slots && ++family->n_gone > MAX(family->slots->n_used / 2, (size_t) MIN_GONE)) {
        rebuild(family);
    }
}

void family_probe_begin(struct family_probe *probe, const struct subtable_family *family, const struct flow_words *words)
{
    probe->slots = rcu_dereference(((struct subtable_family *) family)->slots);
    probe->used = __atomic_load_n(&family->used, __ATOMIC_ACQUIRE);
    if (probe->slots) {
        __builtin_prefetch(&probe->slots->mask);
        probe->hash = hash_flow(family->mask, words);
    }
}

void family_probe_prefetch(const struct family_probe *probe)
{
    if (probe->slots) {
        __builtin_prefetch(&probe->slots->slot[probe->hash & probe->slots->mask]);
    }
}

uint64_t family_probe_end(const struct family_probe *probe)
{
    const struct family_slots *slots = probe->slots;
    if (!slots) {
        return probe->used;
    }
    for (size_t i = probe->hash & slots->mask;; i = (i + 1) & slots->mask) {
        uint64_t members = __atomic_load_n(&slots->slot[i].members, __ATOMIC_ACQUIRE);
        if (!members) {
            return 0;
        }
        if (__atomic_load_n(&slots->slot[i].hash, __ATOMIC_RELAXED) == probe->hash) {
            return members & probe->used;
        }
    }
}

uint64_t family_find(const struct subtable_family *family, const struct flow_words *words)
{
    struct family_probe probe;
    family_probe_begin(&probe, family, words);
    return family_probe_end(&probe);
}
