/* SPDX-License-Identifier: Apache-2.0 */
/* Time, real or set by a test. */
#include "lib/base/clock.h"

#include <assert.h>
#include <time.h>

/* Any thread: ro; main thread: wo. The stopped time is stored before the flag is raised, so that whoever sees the flag sees
 * the time as well. */
static bool stopped;
static uint64_t stopped_ns;  /* what clock_ns() returns */
static int64_t wall_ahead_ms; /* wall-clock time minus monotonic time when the clock was stopped */

static uint64_t read_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}

uint64_t clock_ns(void)
{
    if (__atomic_load_n(&stopped, __ATOMIC_ACQUIRE)) {
        return __atomic_load_n(&stopped_ns, __ATOMIC_RELAXED);
    }
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_ms(void)
{
    return (int64_t) (clock_ns() / 1000000);
}

int64_t clock_wall_ms(void)
{
    if (__atomic_load_n(&stopped, __ATOMIC_ACQUIRE)) {
        return clock_ms() + __atomic_load_n(&wall_ahead_ms, __ATOMIC_RELAXED);
    }
    return (int64_t) (read_ns(CLOCK_REALTIME) / 1000000);
}

int64_t clock_real_ms(void)
{
    return (int64_t) (read_ns(CLOCK_MONOTONIC) / 1000000);
}

bool clock_is_stopped(void)
{
    return __atomic_load_n(&stopped, __ATOMIC_ACQUIRE);
}

void clock_stop(void)
{
    if (!stopped) {
        __atomic_store_n(&wall_ahead_ms, clock_wall_ms() - clock_ms(), __ATOMIC_RELAXED);
        __atomic_store_n(&stopped_ns, read_ns(CLOCK_MONOTONIC), __ATOMIC_RELAXED);
        __atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
    }
}

void clock_warp(int64_t ms)
{
    assert(stopped && ms >= 0);
    __atomic_fetch_add(&stopped_ns, (uint64_t) ms * 1000000, __ATOMIC_RELEASE);
}
