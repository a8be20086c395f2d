/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred work of the main thread. */
#include "datapath/reclaim.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/rcu.h"

struct entry {
    reclaim_function *function;
    void *aux;
    uintptr_t value;
};

struct list {
    struct entry *entries;
    size_t n, allocated;
};

struct reclaim {
    struct list gathered; /* no grace period begun yet */
    struct list waiting;  /* the grace period 'ended' is about */
    bool under_way;
    bool ended;           /* liburcu's thread: wo; main: rw */
};

struct reclaim *reclaim_create(void)
{
    return xzalloc(sizeof(struct reclaim));
}

static void run_list(struct list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct entry *e = &list->entries[i];
        e->function(e->aux, e->value);
    }
    list->n = 0;
}

static void swap_lists(struct reclaim *reclaim)
{
    struct list gathered = reclaim->gathered;
    reclaim->gathered = reclaim->waiting;
    reclaim->waiting = gathered;
}

static void grace_period_ended(void *reclaim_)
{
    struct reclaim *reclaim = reclaim_;
    __atomic_store_n(&reclaim->ended, true, __ATOMIC_RELEASE);
}

static void finish(struct reclaim *reclaim)
{
    bool ended = __atomic_exchange_n(&reclaim->ended, false, __ATOMIC_ACQ_REL);
    assert(ended);
    reclaim->under_way = false;
    run_list(&reclaim->waiting);
}

void reclaim_wait(struct reclaim *reclaim)
{
    if (reclaim->under_way) {
        rcu_barrier_wait();
        finish(reclaim);
    }
    while (reclaim->gathered.n) {
        swap_lists(reclaim);
        rcu_synchronize();
        run_list(&reclaim->waiting);
    }
}

void reclaim_destroy(struct reclaim *reclaim)
{
    if (reclaim) {
        reclaim_wait(reclaim);
        free(reclaim->gathered.entries);
        free(reclaim->waiting.entries);
        free(reclaim);
    }
}

void reclaim_add(struct reclaim *reclaim, reclaim_function *function, void *aux, uintptr_t value)
{
    struct list *list = &reclaim->gathered;
    if (list->n == list->allocated) {
        list->entries = grow_array(list->entries, &list->allocated, sizeof *list->entries);
    }
    list->entries[list->n++] = (struct entry) { function, aux, value };
}

static void run_free(void *p, uintptr_t unused)
{
    free(p);
}

void reclaim_add_free(struct reclaim *reclaim, const void *p)
{
    if (p) {
        reclaim_add(reclaim, run_free, (void *) (uintptr_t) p, 0);
    }
}

void reclaim_run(struct reclaim *reclaim)
{
    if (reclaim->under_way && __atomic_load_n(&reclaim->ended, __ATOMIC_ACQUIRE)) {
        finish(reclaim);
    }
    if (!reclaim->under_way && reclaim->gathered.n) {
        swap_lists(reclaim);
        reclaim->under_way = true;
        rcu_postpone(grace_period_ended, reclaim);
    }
}
