/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of rare events, by name: `coverage/show` and `coverage/read-counter`.
 *
 * COVERAGE_DEFINE(name) at file level, COVERAGE_INC(name) where it happens. Any thread; increments are relaxed atomics, so do
 * not count per packet with them (forwarding threads have counters of their own). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct strbuf;

struct coverage {
    const char *name;
    uint64_t count;      /* any thread: rw, relaxed */
    uint64_t last;       /* count at the last coverage_run(); main thread */
    uint32_t rate[60];   /* per 5 seconds, the last 5 minutes; main thread */
    uint32_t minutes[60]; /* per minute, the last hour; main thread */
};

#define COVERAGE_DEFINE(NAME)                                                                      \
    static struct coverage coverage_##NAME                                                         \
        __attribute__((section("coverage_counters"), aligned(16), used)) = { .name = #NAME }
#define COVERAGE_INC(NAME) COVERAGE_ADD(NAME, 1)
#define COVERAGE_ADD(NAME, N)                                                                      \
    ((void) __atomic_fetch_add(&coverage_##NAME.count, (N), __ATOMIC_RELAXED))

/* Main thread: called every 5 seconds, keeps the rates. */
void coverage_run(void);

void coverage_show(struct strbuf *);
bool coverage_read(const char *name, uint64_t *count);
