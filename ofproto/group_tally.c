/* SPDX-License-Identifier: Apache-2.0 */
/* What a group and its buckets counted, in slots that survive the program. */
#include "ofproto/group_tally.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "ofproto/counters.h"

/* Slots: the group's, the buckets', and for a select group the table's (its id plus one is where packets are elsewhere, 0: none) and its marks'. */
struct group_tally {
    uint32_t refs; /* atomic */
    const struct counters *counters; /* of the slots, each of which holds it; a leak checker does not see that */
    size_t n_slots;
    struct rule_counters *slots[];
};

enum { GROUP, FIRST_BUCKET };

static size_t slots_for(size_t n_buckets, bool marks)
{
    return (1 + n_buckets) * (marks ? 2 : 1);
}

static struct rule_counters *table_slot(const struct group_tally *tally)
{
    return tally->slots[tally->n_slots / 2];
}

static struct rule_counters *mark_slot(const struct group_tally *tally, size_t bucket)
{
    return tally->slots[tally->n_slots / 2 + FIRST_BUCKET + bucket];
}

static struct group_tally *allocate(const struct counters *counters, size_t n_slots)
{
    struct group_tally *tally = xzalloc(sizeof *tally + n_slots * sizeof tally->slots[0]);
    tally->refs = 1;
    tally->counters = counters;
    tally->n_slots = n_slots;
    return tally;
}

struct group_tally *group_tally_create(struct counters *counters, size_t n_buckets, bool marks)
{
    struct group_tally *tally = allocate(counters, slots_for(n_buckets, marks));
    for (size_t i = 0; i < tally->n_slots; i++) {
        tally->slots[i] = counters_alloc(counters);
    }
    return tally;
}

struct group_tally *group_tally_adopt(struct counters *counters, const uint32_t numbers[], size_t n)
{
    struct group_tally *tally = allocate(counters, n);
    bool ok = n > 0;
    for (size_t i = 0; i < n && ok; i++) {
        tally->slots[i] = counters_adopt(counters, numbers[i]);
        ok = tally->slots[i];
    }
    if (!ok) {
        group_tally_unref(tally);
        return NULL;
    }
    return tally;
}

bool group_tally_fits(const struct group_tally *tally, size_t n_buckets, bool marks)
{
    return tally->n_slots == slots_for(n_buckets, marks);
}

struct group_tally *group_tally_ref(struct group_tally *tally)
{
    __atomic_fetch_add(&tally->refs, 1, __ATOMIC_RELAXED);
    return tally;
}

void group_tally_unref(struct group_tally *tally)
{
    if (tally && __atomic_fetch_sub(&tally->refs, 1, __ATOMIC_ACQ_REL) == 1) {
        for (size_t i = 0; i < tally->n_slots; i++) {
            counters_free(tally->slots[i]);
        }
        free(tally);
    }
}

static void count(struct rule_counters *slot, uint64_t packets, uint64_t bytes)
{
    __atomic_fetch_add(&slot->packets, packets, __ATOMIC_RELAXED);
    __atomic_fetch_add(&slot->bytes, bytes, __ATOMIC_RELAXED);
}

static void store(struct rule_counters *slot, uint64_t packets, uint64_t bytes)
{
    __atomic_store_n(&slot->packets, packets, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->bytes, bytes, __ATOMIC_RELAXED);
}

static void load(const struct rule_counters *slot, uint64_t *packets, uint64_t *bytes)
{
    *packets = __atomic_load_n(&slot->packets, __ATOMIC_RELAXED);
    *bytes = __atomic_load_n(&slot->bytes, __ATOMIC_RELAXED);
}

void group_tally_credit(struct group_tally *tally, uint64_t packets, uint64_t bytes)
{
    count(tally->slots[GROUP], packets, bytes);
}

void group_tally_credit_bucket(struct group_tally *tally, size_t bucket, uint64_t packets, uint64_t bytes)
{
    count(tally->slots[FIRST_BUCKET + bucket], packets, bytes);
}

void group_tally_get(const struct group_tally *tally, uint64_t *packets, uint64_t *bytes)
{
    load(tally->slots[GROUP], packets, bytes);
}

void group_tally_get_bucket(const struct group_tally *tally, size_t bucket, uint64_t *packets, uint64_t *bytes)
{
    load(tally->slots[FIRST_BUCKET + bucket], packets, bytes);
}

size_t group_tally_n_slots(const struct group_tally *tally)
{
    return tally->n_slots;
}

uint32_t group_tally_slot(const struct group_tally *tally, size_t i)
{
    return counters_number(tally->slots[i]);
}

void group_tally_mark_table(struct group_tally *tally, uint32_t id)
{
    store(table_slot(tally), 0, 0); /* no table while the marks are those of neither */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    for (size_t i = 0; i + 1 < tally->n_slots / 2; i++) {
        store(mark_slot(tally, i), 0, 0);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    store(table_slot(tally), (uint64_t) id + 1, 0);
}

bool group_tally_marked_table(const struct group_tally *tally, uint32_t *id)
{
    uint64_t packets, bytes;
    load(table_slot(tally), &packets, &bytes);
    *id = (uint32_t) (packets - 1);
    return packets;
}

void group_tally_mark(struct group_tally *tally, size_t bucket, uint64_t packets, uint64_t bytes)
{
    store(mark_slot(tally, bucket), packets, bytes);
}

void group_tally_get_mark(const struct group_tally *tally, size_t bucket, uint64_t *packets, uint64_t *bytes)
{
    load(mark_slot(tally, bucket), packets, bytes);
}
