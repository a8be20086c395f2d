/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of an event loop, in a binary heap by time. For lib/base/loop.c and its tests; others use lib/base/loop.h.
 *
 * Timers of the same time fire in the order in which they were set: each setting gets the next sequence number, and the
 * heap is ordered by (time, sequence). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/loop.h"

struct timer_heap {
    struct loop_timer **slots; /* slots[1] to slots[n]; the children of i are 2i and 2i + 1 */
    size_t n, allocated;
    uint64_t sequence; /* of the last setting */
};

struct loop_timer {
    struct timer_heap *heap;
    size_t slot; /* in heap->slots; 0 while not set */
    int64_t when;
    uint64_t sequence;
    loop_cb *cb;
    void *aux;
};

/* Frees the heap's own memory, not the timers. */
void timer_heap_destroy(struct timer_heap *);

/* Sets or replaces. */
void timer_heap_insert(struct loop_timer *, int64_t when);
void timer_heap_remove(struct loop_timer *); /* one that is not set is fine */

/* The earliest time in the heap, INT64_MAX if it is empty. */
int64_t timer_heap_next(const struct timer_heap *);

static inline uint64_t timer_heap_last_sequence(const struct timer_heap *heap)
{
    return heap->sequence;
}

/* Takes out the first timer whose time is at most 'now' and which was set no later than 'last_sequence'; null: none. */
struct loop_timer *timer_heap_pop_due(struct timer_heap *, int64_t now, uint64_t last_sequence);
