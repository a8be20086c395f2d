/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of rare events and their rates. */
#include "lib/base/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

/* The linker provides these where any counter is linked. */
extern struct coverage __start_coverage_counters[] __attribute__((weak, visibility("hidden")));
extern struct coverage __stop_coverage_counters[] __attribute__((weak, visibility("hidden")));

/* Each counter is aligned to 16 bytes in its section. */
enum { COUNTER_STRIDE = ROUND_UP(sizeof(struct coverage), 16), RUNS_PER_MINUTE = 12, SLOTS = 60 };

static unsigned int n_runs; /* coverage_run() calls; main thread */

static size_t n_counters(void)
{
    uintptr_t start = (uintptr_t) __start_coverage_counters;
    uintptr_t stop = (uintptr_t) __stop_coverage_counters;
    return (stop - start + COUNTER_STRIDE - 1) / COUNTER_STRIDE;
}

static struct coverage *counter(size_t i)
{
    return (struct coverage *) ((uintptr_t) __start_coverage_counters + i * COUNTER_STRIDE);
}

static uint64_t total(const struct coverage *c)
{
    return __atomic_load_n(&c->count, __ATOMIC_RELAXED);
}

/* The sum of the 'n' slots up to the one that was last written before 'next'. */
static uint64_t sum_last(const uint32_t slots[SLOTS], unsigned int next, unsigned int n)
{
    uint64_t sum = 0;
    for (unsigned int i = 1; i <= n; i++) {
        sum += slots[(next + SLOTS - i) % SLOTS];
    }
    return sum;
}

void coverage_run(void)
{
    unsigned int slot = n_runs % SLOTS;
    n_runs++;
    unsigned int minute = n_runs / RUNS_PER_MINUTE;

    for (size_t i = 0; i < n_counters(); i++) {
        struct coverage *c = counter(i);
        uint64_t now = total(c);
        c->rate[slot] = (uint32_t) MIN(now - c->last, UINT32_MAX);
        c->last = now;
        if (n_runs % RUNS_PER_MINUTE == 0) {
            uint64_t sum = sum_last(c->rate, slot + 1, RUNS_PER_MINUTE);
            c->minutes[(minute - 1) % SLOTS] = (uint32_t) MIN(sum, UINT32_MAX);
        }
    }
}

static int compare_names(const void *a_, const void *b_)
{
    const struct coverage *const *a = a_;
    const struct coverage *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

void coverage_show(struct strbuf *s)
{
    size_t n = n_counters(), n_hit = 0;
    const struct coverage **hit = xcalloc(n, sizeof *hit);
    for (size_t i = 0; i < n; i++) {
        if (total(counter(i))) {
            hit[n_hit++] = counter(i);
        }
    }
    qsort(hit, n_hit, sizeof *hit, compare_names);

    strbuf_puts(s, "Event coverage, avg rate over last: 5 seconds, last minute, last hour:\n");
    unsigned int minute = n_runs / RUNS_PER_MINUTE;
    for (size_t i = 0; i < n_hit; i++) {
        const struct coverage *c = hit[i];
        strbuf_putf(s, "%-24s %5.1f/sec %9.3f/sec %13.4f/sec   total: %llu\n", c->name,
                    (double) sum_last(c->rate, n_runs, 1) / 5,
                    (double) sum_last(c->rate, n_runs, RUNS_PER_MINUTE) / 60,
                    (double) sum_last(c->minutes, minute, SLOTS) / 3600,
                    (unsigned long long) total(c));
    }
    strbuf_putf(s, "%zu events never hit\n", n - n_hit);
    free(hit);
}

bool coverage_read(const char *name, uint64_t *count)
{
    bool found = false;
    *count = 0;
    for (size_t i = 0; i < n_counters(); i++) {
        if (!strcmp(counter(i)->name, name)) {
            *count += total(counter(i));
            found = true;
        }
    }
    return found;
}
