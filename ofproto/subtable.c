/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a classifier whose masks have a relaxed mask in common: how they come, go and are found. */
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
    uint32_t *hashes; /* writers: of what each slot holds, so that nothing else is read when the table is made anew; null in stages */
    uint64_t slot[];
};

enum { EMPTY = 0, EMPTIED = 1, MIN_SLOTS = 4 };

/* Heap addresses of a process have 48 bits or fewer. */
static_assert(sizeof(void *) == 8, "slots hold an address of 64 bits");

static uint64_t tag_of(uint64_t hash)
{
    return hash >> SUBTABLE_ADDRESS_BITS << SUBTABLE_ADDRESS_BITS;
}

/* A slot of a stage: the hash, never 0, and above it the number of matches that have it, 0 if it was emptied. */
#define COUNT_ONE (1ULL << 32)

static uint32_t stage_hash(uint64_t hash)
{
    uint32_t h = hash_fold(hash);
    return h ? h : 1;
}

static struct slots *slots_create(size_t n, bool with_hashes)
{
    size_t size = MIN_SLOTS;
    while (size < n * 2) {
        size *= 2;
    }
    struct slots *slots = xzalloc(sizeof *slots + size * (sizeof slots->slot[0] + with_hashes * sizeof *slots->hashes));
    slots->mask = size - 1;
    slots->hashes = with_hashes ? (uint32_t *) (void *) &slots->slot[size] : NULL;
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

/* Of values under another mask, which has all bits of the subtable's. */
static uint64_t hash_values_stage(const struct subtable *subtable, const struct minimask *mask, const uint64_t *values,
                                  unsigned int stage, uint64_t hash)
{
    const struct minimask *relaxed = subtable->mask;
    for (unsigned int i = stage_begin(relaxed, stage); i < relaxed->stage_end[stage]; i++) {
        const struct minimask_part *part = &relaxed->parts[i];
        uint64_t value = mask == relaxed ? values[part->index] : minimatch_value_at(mask, values, part->where);
        hash = hash_word(hash, value & part->bits);
    }
    return hash;
}

/* Slots of rules. */

static uint64_t slot_of_rule(uint64_t hash, const struct rule *rule)
{
    return tag_of(hash) | (uintptr_t) rule;
}

/* Puts 'content' in the first slot that is free to take one. The table has room, and fewer slots than there are hashes. */
static void put(struct slots *slots, uint32_t hash, uint64_t content)
{
    size_t i = hash & slots->mask;
    while (slots->slot[i] > EMPTIED) {
        i = (i + 1) & slots->mask;
    }
    slots->hashes[i] = hash;
    slot_store(slots, i, content);
}

/* Readers have to go on past the slot if something lies behind it. */
static void clear(struct slots *slots, size_t i)
{
    bool last = slots->slot[(i + 1) & slots->mask] == EMPTY;
    slot_store(slots, i, last ? EMPTY : EMPTIED);
    slots->n_used -= last;
}

static void rebuild(struct subtable *subtable)
{
    const struct slots *old = subtable->slots;
    struct slots *slots = slots_create(subtable->n_slots + 1, true);
    for (size_t i = 0; i <= old->mask; i++) {
        if (old->slot[i] > EMPTIED) {
            put(slots, old->hashes[i], old->slot[i]);
        }
    }
    publish(&subtable->slots, slots);
}

struct rule *subtable_next(const struct subtable *subtable, struct subtable_cursor *cursor)
{
    if (!cursor->slots) {
        cursor->slots = rcu_dereference(((struct subtable *) subtable)->slots);
    }
    for (;;) {
        if (cursor->bucket && cursor->index < cursor->bucket->n) {
            return rcu_load(((struct bucket *) cursor->bucket)->entries[cursor->index++].rule);
        }
        if (cursor->position > cursor->slots->mask) {
            return NULL;
        }
        uint64_t slot = slot_load(cursor->slots, cursor->position++);
        cursor->bucket = slot > EMPTIED ? subtable_hit_bucket(slot) : NULL;
        cursor->index = 0;
        if (slot > EMPTIED && !cursor->bucket) {
            return subtable_hit_rule(slot);
        }
    }
}

/* Buckets. */

/* The word in which the rule's mask has most besides the relaxed one. */
static struct bucket_entry make_entry(const struct minimask *relaxed, struct rule *rule)
{
    const struct minimask *mask = rule->match.mask;
    struct bucket_entry entry = { .rule = rule, .priority = rule->priority };
    for (unsigned int i = 0, j = 0; i < mask->n_words; i++) {
        uint64_t bits = mask->words[i].bits;
        while (j < relaxed->n_words && relaxed->words[j].where < mask->words[i].where) {
            j++;
        }
        if (j < relaxed->n_words && relaxed->words[j].where == mask->words[i].where) {
            bits &= ~relaxed->words[j].bits;
        }
        if (__builtin_popcountll(bits) > __builtin_popcountll(entry.bits)) {
            entry.bits = bits;
            entry.value = rule->match.values[i] & bits;
            entry.where = mask->words[i].where;
        }
    }
    return entry;
}

static struct bucket *bucket_create(uint32_t n)
{
    struct bucket *bucket = xmalloc(sizeof *bucket + n * sizeof bucket->entries[0]);
    bucket->n = n;
    return bucket;
}

static void free_bucket(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct bucket, rcu));
}

static void bucket_retire(const struct bucket *bucket)
{
    urcu_qsbr_call_rcu(&((struct bucket *) bucket)->rcu, free_bucket);
}

/* Copies 'n' entries but the one of 'without', which may be null, and puts 'entry' where its priority belongs, if it is not null. Returns their
 * number. */
static uint32_t copy_entries(struct bucket_entry *to, const struct bucket_entry *from, uint32_t n, const struct rule *without,
                             const struct bucket_entry *entry)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (entry && entry->priority >= from[i].priority) {
            to[left++] = *entry;
            entry = NULL;
        }
        if (from[i].rule != without) {
            to[left++] = from[i];
        }
    }
    if (entry) {
        to[left++] = *entry;
    }
    return left;
}

/* In slot 'i', which holds 'n' entries, there is 'entry' (unless it is null) in place of that of 'without' (unless it is null). */
static void change_slot(struct subtable *subtable, size_t i, const struct rule *without, const struct bucket_entry *entry)
{
    struct slots *slots = subtable->slots;
    uint64_t slot = slots->slot[i];
    const struct bucket *old = subtable_hit_bucket(slot);
    struct bucket_entry single = old ? (struct bucket_entry) { 0 } : make_entry(subtable->mask, subtable_hit_rule(slot));
    const struct bucket_entry *from = old ? old->entries : &single;
    uint32_t n_old = old ? old->n : 1, n = n_old - (without != NULL) + (entry != NULL);
    if (!n) {
        clear(slots, i);
    } else if (n == 1) {
        struct bucket_entry left[2];
        copy_entries(left, from, n_old, without, entry);
        slot_store(slots, i, tag_of(slot) | (uintptr_t) left[0].rule);
    } else {
        struct bucket *bucket = bucket_create(n);
        copy_entries(bucket->entries, from, n_old, without, entry);
        slot_store(slots, i, tag_of(slot) | (uintptr_t) bucket | SUBTABLE_BUCKET);
    }
    if (old) {
        bucket_retire(old);
    }
}

static struct bucket_entry *find_entry(const struct bucket *bucket, const struct rule *rule)
{
    const struct bucket_entry *entry = bucket->entries;
    while (entry->rule != rule) {
        entry++;
    }
    return (struct bucket_entry *) entry;
}

/* The first rule of a match was 'old', now it is 'new'. */
static void replace_first(struct subtable *subtable, size_t i, struct rule *old, struct rule *new)
{
    struct slots *slots = subtable->slots;
    const struct bucket *bucket = subtable_hit_bucket(slots->slot[i]);
    if (!bucket) {
        slot_store(slots, i, tag_of(slots->slot[i]) | (uintptr_t) new);
    } else if (old->priority == new->priority) {
        rcu_assign_pointer(find_entry(bucket, old)->rule, new);
    } else {
        struct bucket_entry entry = make_entry(subtable->mask, new);
        change_slot(subtable, i, old, &entry);
    }
}

static bool has_match(const struct rule *rule, const struct minimask *mask, const uint64_t *values)
{
    return rule->match.mask == mask && !memcmp(rule->match.values, values, minimatch_values_size(mask));
}

static struct rule *find_match(const struct subtable *subtable, uint64_t slot, const struct minimask *mask,
                               const uint64_t *values)
{
    const struct bucket *bucket = subtable_hit_bucket(slot);
    if (!bucket) {
        struct rule *rule = subtable_hit_rule(slot);
        return has_match(rule, mask, values) ? rule : NULL;
    }
    for (uint32_t i = 0; i < bucket->n; i++) {
        const struct bucket_entry *entry = &bucket->entries[i];
        if ((minimatch_value_at(mask, values, entry->where) & entry->bits) == entry->value
            && has_match(entry->rule, mask, values)) {
            return entry->rule;
        }
    }
    return NULL;
}

/* Values with the same tag and the same 32 bits of the hash are taken for the same, be it the case or not: whoever reads a bucket compares its rules. */
void subtable_locate(const struct subtable *subtable, const struct minimask *mask, const uint64_t *values,
                     struct subtable_place *place)
{
    const struct slots *slots = subtable->slots;
    uint64_t hash = hash_secret;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        hash = hash_values_stage(subtable, mask, values, stage, hash);
        if (stage < N_STAGES - 1) {
            place->stage_hash[stage] = stage_hash(hash);
        }
    }
    place->hash = hash;
    place->slot = -1;
    place->n = 0;
    place->rule = NULL;
    for (size_t i = hash & slots->mask; slots->slot[i] != EMPTY; i = (i + 1) & slots->mask) {
        uint64_t slot = slots->slot[i];
        if (slot > EMPTIED && tag_of(slot) == tag_of(hash) && slots->hashes[i] == (uint32_t) hash) {
            const struct bucket *bucket = subtable_hit_bucket(slot);
            place->slot = (ssize_t) i;
            place->n = bucket ? bucket->n : 1;
            place->rule = find_match(subtable, slot, mask, values);
            return;
        }
    }
}

struct rule *subtable_match_at(const struct subtable *subtable, const struct subtable_place *place, unsigned int i)
{
    uint64_t slot = subtable->slots->slot[place->slot];
    const struct bucket *bucket = subtable_hit_bucket(slot);
    return bucket ? bucket->entries[i].rule : subtable_hit_rule(slot);
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
    struct slots *slots = slots_create(n + 1, false);
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

/* A match comes that was not there, or is not there any more. */
static void count_match(struct subtable *subtable, const struct subtable_place *place, bool add)
{
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        if (subtable->stages[stage]) {
            if (add && slots_full(subtable->stages[stage])) {
                rebuild_stage(&subtable->stages[stage]);
            }
            stage_add(subtable->stages[stage], place->stage_hash[stage], add ? COUNT_ONE : -COUNT_ONE);
        }
    }
}

/* The subtable is no longer small. */
static void create_stages(struct subtable *subtable)
{
    struct slots *stages[N_STAGES - 1] = { NULL };
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        if (stage_useful(subtable->mask, stage)) {
            stages[stage] = slots_create(subtable->n_slots + 1, false);
        }
    }
    struct subtable_cursor cursor = { 0 };
    for (const struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
        uint64_t hash = hash_secret;
        for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
            hash = hash_values_stage(subtable, rule->match.mask, rule->match.values, stage, hash);
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

void subtable_count_in(struct subtable *subtable, int32_t priority)
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
    struct subtable_cursor cursor = { 0 };
    size_t n = 0;
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
        n = rule->priority > max ? 1 : n + (rule->priority == max);
        max = MAX(max, rule->priority);
    }
    subtable->n_at_max = n;
    subtable->n_removed = 0;
    subtable->max_priority = max;
}

/* Masks. */

static uint32_t *count_length(struct subtable *subtable, unsigned int field, unsigned int length)
{
    return &subtable->n_lengths[field * (MAX_PREFIX_BITS + 1) + length];
}

static void set_length(struct subtable *subtable, unsigned int field, unsigned int length, bool on)
{
    if (length) {
        uint64_t *word = &subtable->lengths[field].bits[(length - 1) / 64], bit = 1ULL << (length - 1) % 64;
        __atomic_store_n(word, on ? *word | bit : *word & ~bit, __ATOMIC_RELEASE);
    } else {
        unsigned int bit = 1u << field;
        __atomic_store_n(&subtable->unprefixed, on ? subtable->unprefixed | bit : subtable->unprefixed & ~bit,
                         __ATOMIC_RELEASE);
    }
}

void subtable_mask_in(struct subtable *subtable, const struct minimask *mask)
{
    subtable->n_masks++;
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        if (!(*count_length(subtable, i, mask->prefix[i]))++) {
            set_length(subtable, i, mask->prefix[i], true);
        }
    }
}

void subtable_mask_out(struct subtable *subtable, const struct minimask *mask)
{
    subtable->n_masks--;
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        if (!--*count_length(subtable, i, mask->prefix[i])) {
            set_length(subtable, i, mask->prefix[i], false);
        }
    }
}

/* The whole. */

struct subtable *subtable_create(const struct minimask *mask)
{
    struct subtable *subtable = xzalloc(sizeof *subtable);
    subtable->mask = minimask_ref(mask);
    subtable->slots = slots_create(0, true);
    subtable->n_lengths = xcalloc(N_PREFIX_FIELDS * (MAX_PREFIX_BITS + 1), sizeof *subtable->n_lengths);
    subtable->max_priority = -1;
    return subtable;
}

static void free_subtable(struct rcu_head *head)
{
    struct subtable *subtable = CONTAINER_OF(head, struct subtable, rcu);
    for (size_t i = 0; i <= subtable->slots->mask; i++) {
        if (subtable->slots->slot[i] > EMPTIED) {
            free((void *) (uintptr_t) subtable_hit_bucket(subtable->slots->slot[i]));
        }
    }
    free(subtable->slots);
    for (unsigned int stage = 0; stage < N_STAGES - 1; stage++) {
        free(subtable->stages[stage]);
    }
    free(subtable->n_lengths);
    minimask_unref(subtable->mask);
    free(subtable);
}

void subtable_destroy(struct subtable *subtable)
{
    urcu_qsbr_call_rcu(&subtable->rcu, free_subtable);
}

/* Puts 'rule' among the rules of its match, the first of which is 'first', before those of its priority: these are gone, or about to go. */
static void insert_in_list(struct subtable *subtable, size_t slot, struct rule *first, struct rule *rule)
{
    struct rule *before = NULL, *at = first;
    while (at && at->priority > rule->priority) {
        before = at;
        at = at->next;
    }
    rule->next = at;
    if (before) {
        rcu_assign_pointer(before->next, rule);
    } else {
        replace_first(subtable, slot, first, rule);
    }
}

static void insert_match(struct subtable *subtable, struct rule *rule, const struct subtable_place *place)
{
    rule->next = NULL;
    count_match(subtable, place, true);
    if (place->slot < 0) {
        if (slots_full(subtable->slots)) {
            rebuild(subtable);
        }
        subtable->n_slots++;
        put(subtable->slots, (uint32_t) place->hash, slot_of_rule(place->hash, rule));
    } else {
        struct bucket_entry entry = make_entry(subtable->mask, rule);
        change_slot(subtable, (size_t) place->slot, NULL, &entry);
    }
    set_n_matches(subtable, subtable->n_matches + 1);
    if (subtable->n_matches == SUBTABLE_SMALL + 1 && !subtable->stages[STAGE_METADATA]
        && !subtable->stages[STAGE_L2] && !subtable->stages[STAGE_L3]) {
        create_stages(subtable);
    }
}

void subtable_insert(struct subtable *subtable, struct rule *rule, const struct subtable_place *place)
{
    if (place->rule) {
        insert_in_list(subtable, (size_t) place->slot, place->rule, rule);
    } else {
        insert_match(subtable, rule, place);
    }
    subtable->n_rules++;
}

void subtable_remove(struct subtable *subtable, struct rule *rule, const struct subtable_place *place)
{
    struct rule *before = NULL, *at = place->rule;
    while (at != rule) {
        before = at;
        at = at->next;
    }
    if (before) {
        rcu_assign_pointer(before->next, rule->next);
    } else if (rule->next) {
        replace_first(subtable, (size_t) place->slot, rule, rule->next);
    } else {
        change_slot(subtable, (size_t) place->slot, rule, NULL);
        subtable->n_slots -= place->n == 1;
        set_n_matches(subtable, subtable->n_matches - 1);
        count_match(subtable, place, false);
    }
    subtable->n_rules--;
    count_priority_out(subtable, rule->priority);
}

/* Lookups. */

static void begin(struct subtable_probe *probe, const struct subtable *subtable, uint64_t hash)
{
    probe->slots = rcu_dereference(((struct subtable *) subtable)->slots);
    probe->hash = hash;
    probe->position = hash & probe->slots->mask;
}

void subtable_probe_begin(struct subtable_probe *probe, const struct subtable *subtable, const struct flow_words *words)
{
    const struct minimask *mask = subtable->mask;
    uint64_t hash = hash_secret;
    for (unsigned int i = 0; i < mask->n_parts; i++) {
        hash = hash_word(hash, flow_word(words, mask->parts[i].where) & mask->parts[i].bits);
    }
    begin(probe, subtable, hash);
    __builtin_prefetch(&probe->slots->slot[probe->position]);
}

static void prefetch_hit(subtable_hit hit)
{
    const struct bucket *bucket = subtable_hit_bucket(hit);
    if (bucket) {
        __builtin_prefetch(bucket);
        __builtin_prefetch(&bucket->entries[1]);
    } else {
        __builtin_prefetch(&subtable_hit_rule(hit)->match);
    }
}

subtable_hit subtable_probe_next(struct subtable_probe *probe)
{
    for (;;) {
        uint64_t slot = slot_load(probe->slots, probe->position);
        if (slot == EMPTY) {
            return 0;
        }
        probe->position = (probe->position + 1) & probe->slots->mask;
        if (slot > EMPTIED && tag_of(slot) == tag_of(probe->hash)) {
            prefetch_hit(slot);
            return slot;
        }
    }
}

bool subtable_probe_staged(struct subtable_probe *probe, const struct subtable *subtable, const struct flow_words *words,
                           subtable_skip_cb *skip, void *aux, unsigned int *n_parts)
{
    uint64_t hash = hash_secret;
    for (unsigned int stage = 0; stage < N_STAGES; stage++) {
        if (stage >= STAGE_L3 && stage_begin(subtable->mask, stage) != subtable->mask->n_parts && skip(aux, subtable, (enum minimatch_stage) stage)) {
            *n_parts = stage == STAGE_L3 ? 0 : stage_begin(subtable->mask, stage); /* ports mean something only with these */
            return false;
        }
        hash = hash_flow_stage(subtable->mask, words, stage, hash);
        if (stage < N_STAGES - 1) {
            const struct slots *set = rcu_dereference(((struct subtable *) subtable)->stages[stage]);
            if (set && !stage_has(set, stage_hash(hash))) {
                *n_parts = subtable->mask->stage_end[stage];
                return false;
            }
        }
    }
    *n_parts = subtable->mask->n_parts;
    begin(probe, subtable, hash);
    return true;
}
