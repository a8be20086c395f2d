/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of an event loop, in a binary heap by time. */
#include "lib/base/loop_timer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

static bool before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

static void place(struct timer_heap *heap, size_t slot, struct loop_timer *timer)
{
    heap->slots[slot] = timer;
    timer->slot = slot;
}

/* Moves 'timer' from 'slot', which is free to be written, to where the heap's order wants it. */
static void sift(struct timer_heap *heap, size_t slot, struct loop_timer *timer)
{
    while (slot > 1 && before(timer, heap->slots[slot / 2])) {
        place(heap, slot, heap->slots[slot / 2]);
        slot /= 2;
    }
    for (;;) {
        size_t child = slot * 2;
        if (child < heap->n && before(heap->slots[child + 1], heap->slots[child])) {
            child++;
        }
        if (child > heap->n || !before(heap->slots[child], timer)) {
            break;
        }
        place(heap, slot, heap->slots[child]);
        slot = child;
    }
    place(heap, slot, timer);
}

void timer_heap_destroy(struct timer_heap *heap)
{
    free(heap->slots);
    memset(heap, 0, sizeof *heap);
}

void timer_heap_insert(struct loop_timer *timer, int64_t when)
{
    struct timer_heap *heap = timer->heap;
    timer->when = when;
    timer->sequence = ++heap->sequence;
    if (!timer->slot) {
        while (heap->n + 1 >= heap->allocated) {
            heap->slots = grow_array(heap->slots, &heap->allocated, sizeof *heap->slots);
        }
        timer->slot = ++heap->n;
    }
    sift(heap, timer->slot, timer);
}

void timer_heap_remove(struct loop_timer *timer)
{
    struct timer_heap *heap = timer->heap;
    size_t slot = timer->slot;
    if (slot) {
        struct loop_timer *last = heap->slots[heap->n--];
        timer->slot = 0;
        if (last != timer) {
            sift(heap, slot, last);
        }
    }
}

int64_t timer_heap_next(const struct timer_heap *heap)
{
    return heap->n ? heap->slots[1]->when : INT64_MAX;
}

struct loop_timer *timer_heap_pop_due(struct timer_heap *heap, int64_t now, uint64_t last_sequence)
{
    struct loop_timer *timer = heap->n ? heap->slots[1] : NULL;
    if (!timer || timer->when > now || timer->sequence > last_sequence) {
        return NULL;
    }
    timer_heap_remove(timer);
    return timer;
}
