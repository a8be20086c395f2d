/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a classifier that have the same mask: a hash table of their masked values. */
#include "ofproto/subtable.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

/* A hash table of 'mask' + 1 slots. Readers: ro; writers: wo, relaxed or release. */
struct slots {
    struct rcu_head rcu;
    size_t mask;
    size_t n_used; /* writers: slots that are not empty, those emptied included */
    uint64_t slot[];
};

enum { EMPTY = 0, EMPTIED = 1, MIN_SLOTS = 4 };

/* A slot of rules: 16 bits of the hash above the address. Heap addresses of a process have 48 bits or fewer. */
#define TAG_SHIFT 48
#define ADDRESS_BITS ((1ULL << TAG_SHIFT) - 1)
static_assert(sizeof(void *) == 8, "slots hold an address of 64 bits");

static uint64_t tag_of(uint64_t hash)
{
    return hash >> TAG_SHIFT << TAG_SHIFT;
}

static struct rule *rule_in(uint64_t slot)
{
    return (struct rule *) (uintptr_t) (slot & ADDRESS_BITS);
}

/* A slot of a stage: the hash, never 0, and above it the number of matches that have it, 0 if it was emptied. */
#define COUNT_ONE (1ULL << 32)

static uint32_t stage_hash(uint64_t hash)
{
    uint32_t h = hash_fold(hash);
    return h ? h : 1;
}

static struct slots *slots_create(size_t n)
{
    size_t size = MIN_SLOTS;
    while (size < n * 2) {
        size *= 2;
    }
    struct slots *slots = xzalloc(sizeof *slots + size * sizeof slots->slot[0]);
    slots->mask = size - 1;
    return slots;
}

static void free_slots(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct slots, rcu));
}

static void publish(struct slots **where, struct slots *slots)
{
    struct slots *old = *where;
    rcu_assign_pointer(*where, slots);
    if (old) {
        urcu_qsbr_call_rcu(&old->rcu, free_slots);
    }
}

/* Must another one fit in only after the table was made anew? */
static bool slots_full(const struct slots *slots)
{
    return (slots->n_used + 1) * 4 > (slots->mask + 1) * 3;
}

static uint64_t slot_load(const struct slots *slots, size_t i)
{
    return __atomic_load_n(&slots->slot[i], __ATOMIC_CONSUME);
}

static void slot_store(struct slots *slots, size_t i, uint64_t value)
{
    if (slots->slot[i] == EMPTY) {
        slots->n_used++;
    }
    __atomic_store_n(&slots->slot[i], value, __ATOMIC_RELEASE);
}

/* Hashes. The hash up to a stage is where the hash of the next stage goes on. */

static uint64_t hash_word(uint64_t hash, uint64_t word)
{
    return hash_mix64(hash ^ word, 0x9e3779b97f4a7c15ULL);
}

static unsigned int stage_begin(const struct minimask *mask, unsigned int stage)
{
    return stage ? mask->stage_end[stage - 1] : 0;
}

static uint64_t hash_flow_stage(const struct minimask *mask, const struct flow_words *words, unsigned int stage,
                                uint64_t hash)
{
    for (unsigned int i = stage_begin(mask, stage); i < mask->stage_end[stage]; i++) {
        hash = hash_word(hash, flow_word(words, mask->parts[i].where) & mask->parts[i].bits);
    }
    return hash;
}

static uint64_t hash_values_stage(const struct minimask *mask, const uint64_t *values, unsigned int stage,
                                  uint64_t hash)
{
    for (unsigned int i = stage_begin(mask, stage); i < mask->stage_end[stage]; i++) {
        hash = hash_word(hash, values[mask->parts[i].index] & mask->parts[i].bits);
    }
    return hash;
}

static uint64_t hash_values(const struct minimask *mask, const uint64_t *values)
{
    uint64_t hash = hash_secret;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        hash = hash_values_stage(mask, values, stage, hash);
    }
    return hash;
}

/* The rules. */

static bool same_values(const struct minimask *mask, const uint64_t *a, const uint64_t *b)
{
    return !memcmp(a, b, minimatch_values_size(mask));
}

/* Puts 'rule' in the first slot that is free to take one. The table has room. */
static void place(struct slots *slots, uint64_t hash, struct rule *rule)
{
    size_t i = hash & slots->mask;
    while (slots->slot[i] > EMPTIED) {
        i = (i + 1) & slots->mask;
    }
    slot_store(slots, i, tag_of(hash) | (uintptr_t) rule);
}

/* The slot of the rules with these values, or -1. */
static ssize_t find_slot(const struct subtable *subtable, const uint64_t *values, uint64_t hash)
{
    const struct slots *slots = subtable->rules;
    for (size_t i = hash & slots->mask; slots->slot[i] != EMPTY; i = (i + 1) & slots->mask) {
        uint64_t slot = slots->slot[i];
        if (slot > EMPTIED && tag_of(slot) == tag_of(hash)
            && same_values(subtable->mask, rule_in(slot)->match.values, values)) {
            return (ssize_t) i;
        }
    }
    return -1;
}

static void rebuild_rules(struct subtable *subtable)
{
    const struct slots *old = subtable->rules;
    struct slots *slots = slots_create(subtable->n_matches + 1);
    for (size_t i = 0; i <= old->mask; i++) {
        if (old->slot[i] > EMPTIED) {
            struct rule *rule = rule_in(old->slot[i]);
            place(slots, hash_values(subtable->mask, rule->match.values), rule);
        }
    }
    publish(&subtable->rules, slots);
}

struct rule *subtable_next(const struct subtable *subtable, struct subtable_cursor *cursor)
{
    if (!cursor->slots) {
        cursor->slots = rcu_dereference(((struct subtable *) subtable)->rules);
    }
    while (cursor->position <= cursor->slots->mask) {
        uint64_t slot = slot_load(cursor->slots, cursor->position++);
        if (slot > EMPTIED) {
            return rule_in(slot);
        }
    }
    return NULL;
}

/* Stages. */

static size_t stage_slot(const struct slots *slots, uint32_t hash)
{
    size_t i = hash & slots->mask;
    while (slots->slot[i] != EMPTY && (uint32_t) slots->slot[i] != hash) {
        i = (i + 1) & slots->mask;
    }
    return i;
}

static void stage_add(struct slots *slots, uint32_t hash, uint64_t count)
{
    size_t i = stage_slot(slots, hash);
    slot_store(slots, i, (slots->slot[i] == EMPTY ? hash : slots->slot[i]) + count);
}

static void rebuild_stage(struct slots **stage)
{
    const struct slots *old = *stage;
    size_t n = 0;
    for (size_t i = 0; i <= old->mask; i++) {
        n += old->slot[i] >= COUNT_ONE;
    }
    struct slots *slots = slots_create(n + 1);
    for (size_t i = 0; i <= old->mask; i++) {
        if (old->slot[i] >= COUNT_ONE) {
            stage_add(slots, (uint32_t) old->slot[i], old->slot[i] & ~(COUNT_ONE - 1));
        }
    }
    publish(stage, slots);
}

static bool stage_has(const struct slots *slots, uint32_t hash)
{
    for (size_t i = hash & slots->mask;; i = (i + 1) & slots->mask) {
        uint64_t slot = slot_load(slots, i);
        if (slot == EMPTY) {
            return false;
        }
        if ((uint32_t) slot == hash) {
            return slot >= COUNT_ONE;
        }
    }
}

/* A set of hashes for 'stage' can end a lookup only if it looks at something and is not the last to do so. */
static bool stage_useful(const struct minimask *mask, unsigned int stage)
{
    return mask->stage_end[stage] != stage_begin(mask, stage) && mask->stage_end[stage] != mask->n_parts;
}

static void count_match(struct subtable *subtable, const uint64_t *values, bool add)
{
    uint64_t hash = hash_secret;
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        hash = hash_values_stage(subtable->mask, values, stage, hash);
        if (subtable->stages[stage]) {
            if (add && slots_full(subtable->stages[stage])) {
                rebuild_stage(&subtable->stages[stage]);
            }
            stage_add(subtable->stages[stage], stage_hash(hash), add ? COUNT_ONE : -COUNT_ONE);
        }
    }
}

/* The subtable is no longer small. */
static void create_stages(struct subtable *subtable)
{
    struct slots *stages[N_STAGES - 1] = { NULL };
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        if (stage_useful(subtable->mask, stage)) {
            stages[stage] = slots_create(subtable->n_matches + 1);
        }
    }
    struct subtable_cursor cursor = { NULL, 0 };
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
        uint64_t hash = hash_secret;
        for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
            hash = hash_values_stage(subtable->mask, rule->match.values, stage, hash);
            if (stages[stage]) {
                stage_add(stages[stage], stage_hash(hash), COUNT_ONE);
            }
        }
    }
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        rcu_assign_pointer(subtable->stages[stage], stages[stage]);
    }
}

/* Priorities. */

static void set_n_matches(struct subtable *subtable, size_t n)
{
    __atomic_store_n(&subtable->n_matches, n, __ATOMIC_RELAXED);
}

static void count_priority_in(struct subtable *subtable, int32_t priority)
{
    if (priority > subtable->max_priority) {
        subtable->max_priority = priority;
        subtable->n_at_max = 0;
    }
    subtable->n_at_max += priority == subtable->max_priority;
}

/* Computing the highest priority takes a look at every rule, so a large subtable keeps one that is too high for some removals. */
static void count_priority_out(struct subtable *subtable, int32_t priority)
{
    subtable->n_at_max -= priority == subtable->max_priority;
    subtable->n_removed++;
    if (subtable->n_at_max || subtable->n_removed <= subtable->n_matches / 16) {
        return;
    }

    int32_t max = -1;
    struct subtable_cursor cursor = { NULL, 0 };
    size_t n = 0;
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
        n = rule->priority > max ? 1 : n + (rule->priority == max);
        max = MAX(max, rule->priority);
    }
    subtable->n_at_max = n;
    subtable->n_removed = 0;
    subtable->max_priority = max;
}

/* The whole. */

struct subtable *subtable_create(const struct minimask *mask)
{
    struct subtable *subtable = xzalloc(sizeof *subtable);
    subtable->mask = minimask_ref(mask);
    subtable->rules = slots_create(0);
    subtable->max_priority = -1;
    return subtable;
}

static void free_subtable(struct rcu_head *head)
{
    struct subtable *subtable = CONTAINER_OF(head, struct subtable, rcu);
    free(subtable->rules);
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        free(subtable->stages[stage]);
    }
    minimask_unref(subtable->mask);
    free(subtable);
}

void subtable_destroy(struct subtable *subtable)
{
    urcu_qsbr_call_rcu(&subtable->rcu, free_subtable);
}

struct rule *subtable_find(const struct subtable *subtable, const uint64_t *values)
{
    ssize_t i = find_slot(subtable, values, hash_values(subtable->mask, values));
    return i < 0 ? NULL : rule_in(subtable->rules->slot[i]);
}

/* Puts 'rule' among the rules of its match, which are in slot 'i', before those of its priority: these are gone, or about to go. */
static void insert_in_list(struct slots *slots, size_t i, struct rule *rule)
{
    struct rule *before = NULL, *at = rule_in(slots->slot[i]);
    while (at && at->priority > rule->priority) {
        before = at;
        at = at->next;
    }
    rule->next = at;
    if (before) {
        rcu_assign_pointer(before->next, rule);
    } else {
        slot_store(slots, i, tag_of(slots->slot[i]) | (uintptr_t) rule);
    }
}

static void insert_match(struct subtable *subtable, uint64_t hash, struct rule *rule)
{
    if (slots_full(subtable->rules)) {
        rebuild_rules(subtable);
    }
    count_match(subtable, rule->match.values, true);
    rule->next = NULL;
    place(subtable->rules, hash, rule);
    set_n_matches(subtable, subtable->n_matches + 1);
    if (subtable->n_matches == SUBTABLE_SMALL + 1 && !subtable->stages[STAGE_METADATA]
        && !subtable->stages[STAGE_L2] && !subtable->stages[STAGE_L3]) {
        create_stages(subtable);
    }
}

void subtable_insert(struct subtable *subtable, struct rule *rule)
{
    uint64_t hash = hash_values(subtable->mask, rule->match.values);
    ssize_t i = find_slot(subtable, rule->match.values, hash);

    count_priority_in(subtable, rule->priority);
    if (i >= 0) {
        insert_in_list(subtable->rules, (size_t) i, rule);
    } else {
        insert_match(subtable, hash, rule);
    }
    subtable->n_rules++;
}

void subtable_remove(struct subtable *subtable, struct rule *rule)
{
    struct slots *slots = subtable->rules;
    ssize_t i = find_slot(subtable, rule->match.values, hash_values(subtable->mask, rule->match.values));
    assert(i >= 0);
    struct rule *before = NULL, *at = rule_in(slots->slot[i]);
    while (at != rule) {
        before = at;
        at = at->next;
    }
    if (before) {
        rcu_assign_pointer(before->next, rule->next);
    } else if (rule->next) {
        slot_store(slots, (size_t) i, tag_of(slots->slot[i]) | (uintptr_t) rule->next);
    } else {
        slot_store(slots, (size_t) i, EMPTIED);
        set_n_matches(subtable, subtable->n_matches - 1);
        count_match(subtable, rule->match.values, false);
    }
    subtable->n_rules--;
    count_priority_out(subtable, rule->priority);
}

static struct rule *lookup_hash(const struct subtable *subtable, const struct flow_words *words, uint64_t hash)
{
    const struct slots *slots = rcu_dereference(((struct subtable *) subtable)->rules);
    for (size_t i = hash & slots->mask;; i = (i + 1) & slots->mask) {
        uint64_t slot = slot_load(slots, i);
        if (slot == EMPTY) {
            return NULL;
        }
        if (slot > EMPTIED && tag_of(slot) == tag_of(hash) && minimatch_matches(&rule_in(slot)->match, words)) {
            return rule_in(slot);
        }
    }
}

struct rule *subtable_lookup(const struct subtable *subtable, const struct flow_words *words)
{
    uint64_t hash = hash_secret;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        hash = hash_flow_stage(subtable->mask, words, stage, hash);
    }
    return lookup_hash(subtable, words, hash);
}

struct rule *subtable_lookup_staged(const struct subtable *subtable, const struct flow_words *words,
                                    subtable_skip_cb *skip, void *aux, unsigned int *n_parts)
{
    uint64_t hash = hash_secret;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        if (stage >= STAGE_L3 && skip(aux, subtable, (enum minimatch_stage) stage)) {
            *n_parts = stage == STAGE_L3 ? 0 : stage_begin(subtable->mask, stage); /* ports mean something only with these */
            return NULL;
        }
        hash = hash_flow_stage(subtable->mask, words, stage, hash);
        if (stage < N_STAGES - 1) {
            const struct slots *set = rcu_dereference(((struct subtable *) subtable)->stages[stage]);
            if (set && !stage_has(set, stage_hash(hash))) {
                *n_parts = subtable->mask->stage_end[stage];
                return NULL;
            }
        }
    }
    *n_parts = subtable->mask->n_parts;
    return lookup_hash(subtable, words, hash);
}
