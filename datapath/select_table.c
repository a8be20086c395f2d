/* SPDX-License-Identifier: Apache-2.0 */
/* Select tables by id, their references and counters. */
#include "datapath/select_table.h"

#include <errno.h>
#include <stdlib.h>

#include "datapath/reclaim.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/net/action.h"
#include "lib/net/select.h"

enum { N_CHAINS = 16384, N_ROWS = DATAPATH_MAX_THREADS + 1 };

/* Both relaxed: the row's thread writes, the main thread reads. */
struct counter {
    uint64_t packets, bytes;
};

struct select_table {
    struct select_table *next; /* main: rw; forwarding: ro; RCU */
    uint32_t id, n_slots, n_buckets;
    uint32_t n_flows;   /* references; main thread, as all up to 'slots' */
    bool deleted;
    size_t size;        /* bytes, counters included */
    size_t row_size;    /* counters in a row, whole cache lines */
    struct counter *counters;
    uint16_t slots[];
};

struct select_tables {
    struct select_table *chains[N_CHAINS]; /* main: rw; forwarding: ro; RCU */
    struct reclaim *reclaim;
    uint32_t n;
    uint64_t n_bytes;
};

static uint32_t chain_of(uint32_t id)
{
    return (id * 0x9e3779b1u) >> 18;
}
static_assert(N_CHAINS == 1 << (32 - 18), "all chains are used");

struct select_tables *select_tables_create(struct reclaim *reclaim)
{
    struct select_tables *t = xzalloc(sizeof *t);
    t->reclaim = reclaim;
    return t;
}

static void free_table(void *table_, uintptr_t unused)
{
    struct select_table *table = table_;
    free(table->counters);
    free(table);
}

void select_tables_destroy(struct select_tables *t)
{
    for (uint32_t i = 0; t && i < N_CHAINS; i++) {
        while (t->chains[i]) {
            struct select_table *table = t->chains[i];
            t->chains[i] = table->next;
            free_table(table, 0);
        }
    }
    free(t);
}

struct select_table *select_tables_find(const struct select_tables *t, uint32_t id)
{
    struct select_table *table = rcu_load(t->chains[chain_of(id)]);
    while (table && table->id != id) {
        table = rcu_load(table->next);
    }
    return table;
}

static bool are_slots_valid(const uint16_t *slots, uint32_t n_slots, uint32_t n_buckets)
{
    for (uint32_t i = 0; i < n_slots; i++) {
        if (slots[i] >= n_buckets) {
            return false;
        }
    }
    return n_slots && n_slots <= DP_SELECT_MAX_SLOTS && n_buckets
           && n_buckets <= ACTION_SELECT_MAX_BUCKETS;
}

int select_tables_put(struct select_tables *t, uint32_t id, const uint16_t *slots, uint32_t n_slots,
                      uint32_t n_buckets)
{
    if (n_slots > DP_SELECT_MAX_SLOTS || !are_slots_valid(slots, n_slots, n_buckets)) {
        return EINVAL;
    }
    if (select_tables_find(t, id)) {
        return EEXIST;
    }
    size_t row_size = ROUND_UP(n_buckets, CACHE_LINE_SIZE / (uint32_t) sizeof(struct counter));
    size_t counters_size = N_ROWS * row_size * sizeof(struct counter);
    size_t size = sizeof(struct select_table) + n_slots * sizeof *slots + counters_size;
    if (t->n == DP_SELECT_MAX_TABLES || size > DP_SELECT_MAX_MEMORY - t->n_bytes) {
        return ENOSPC;
    }
    struct select_table *table = xmalloc(sizeof *table + n_slots * sizeof *slots);
    *table = (struct select_table) {
        .id = id,
        .n_slots = n_slots,
        .n_buckets = n_buckets,
        .size = size,
        .row_size = row_size,
        .counters = xzalloc_cacheline(counters_size),
    };
    memcpy(table->slots, slots, n_slots * sizeof *slots);
    struct select_table **link = &t->chains[chain_of(id)];
    while (*link) {
        link = &(*link)->next;
    }
    rcu_store(*link, table);
    t->n++;
    t->n_bytes += size;
    return 0;
}

/* Takes a table that was deleted, and that no flow uses, out of sight. */
static void unlink_table(struct select_tables *t, struct select_table *table)
{
    struct select_table **link = &t->chains[chain_of(table->id)];
    while (*link != table) {
        link = &(*link)->next;
    }
    rcu_store(*link, table->next);
    t->n--;
    t->n_bytes -= table->size;
    reclaim_add(t->reclaim, free_table, table, 0);
}

int select_tables_del(struct select_tables *t, uint32_t id)
{
    struct select_table *table = select_tables_find(t, id);
    if (!table || table->deleted) {
        return ENOENT;
    }
    table->deleted = true;
    if (!table->n_flows) {
        unlink_table(t, table);
    }
    return 0;
}

int select_tables_stats(const struct select_tables *t, uint32_t id, struct dp_select_stats **stats,
                        uint32_t *n_buckets)
{
    const struct select_table *table = select_tables_find(t, id);
    if (!table) {
        return ENOENT;
    }
    *n_buckets = table->n_buckets;
    *stats = xcalloc(*n_buckets, sizeof **stats);
    for (unsigned int row = 0; row < N_ROWS; row++) {
        for (uint32_t bucket = 0; bucket < *n_buckets; bucket++) {
            const struct counter *c = &table->counters[row * table->row_size + bucket];
            (*stats)[bucket].packets += __atomic_load_n(&c->packets, __ATOMIC_RELAXED);
            (*stats)[bucket].bytes += __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
        }
    }
    return 0;
}

/* The cursor is the number of the chain, then the place in the chain in 16 bits. */
bool select_tables_next(const struct select_tables *t, uint32_t *cursor, struct dp_select *out)
{
    for (uint32_t i = *cursor >> 16, skip = *cursor & 0xffff; i < N_CHAINS; i++, skip = 0) {
        uint32_t place = 0;
        const struct select_table *table = t->chains[i];
        for (; table && place < skip; table = table->next) {
            place++;
        }
        if (table) {
            *cursor = i << 16 | (place + 1);
            *out = (struct dp_select) {
                .id = table->id,
                .n_slots = table->n_slots,
                .n_buckets = table->n_buckets,
                .n_flows = table->n_flows,
                .deleted = table->deleted,
                .slots = table->slots,
            };
            return true;
        }
    }
    return false;
}
static_assert(DP_SELECT_MAX_TABLES <= 1 << 16 && N_CHAINS <= 1 << 15, "a cursor holds any place");

/* A walk over the SELECTs of a list. */
struct walk {
    const struct select_tables *tables;
    uint32_t n;
    int error;
};

static bool check_select(void *walk_, const struct action_select *select)
{
    struct walk *walk = walk_;
    const struct select_table *table = select_tables_find(walk->tables, select->table_id);
    walk->n++;
    if (!table || table->deleted) {
        walk->error = ENOENT;
    } else if (table->n_buckets != select->n_buckets) {
        walk->error = EINVAL;
    }
    return !walk->error;
}

int select_tables_check(const struct select_tables *t, const void *actions, size_t size,
                        uint32_t *n_selects)
{
    struct walk walk = { .tables = t };
    actions_each_select(actions, size, check_select, &walk);
    *n_selects = walk.n;
    return walk.error;
}

static bool ref_select(void *tables, const struct action_select *select)
{
    select_tables_find(tables, select->table_id)->n_flows++;
    return true;
}

void select_tables_ref(struct select_tables *t, const void *actions, size_t size)
{
    actions_each_select(actions, size, ref_select, t);
}

static bool unref_select(void *tables, const struct action_select *select)
{
    struct select_table *table = select_tables_find(tables, select->table_id);
    if (!--table->n_flows && table->deleted) {
        unlink_table(tables, table);
    }
    return true;
}

void select_tables_unref(struct select_tables *t, const void *actions, size_t size)
{
    actions_each_select(actions, size, unref_select, t);
}

uint32_t select_table_bucket(const struct select_table *table, uint32_t hash)
{
    return table->slots[select_slot(hash, table->n_slots)];
}

void select_table_count(struct select_table *table, unsigned int thread, uint32_t bucket,
                        uint32_t n_bytes)
{
    struct counter *c = &table->counters[thread * table->row_size + bucket];
    __atomic_store_n(&c->packets, c->packets + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&c->bytes, c->bytes + n_bytes, __ATOMIC_RELAXED);
}
