/* SPDX-License-Identifier: Apache-2.0 */
/* Time, real or set by a test. */
#include "lib/base/clock.h"

#include <assert.h>
#include <time.h>

/* Any thread: ro; main thread: wo. The time of the stop is stored before the flag is raised, so that whoever sees the flag sees
 * the time as well. */
static bool stopped;
static uint64_t stopped_ns;      /* monotonic time of the stop */
static uint64_t stopped_wall_ns; /* wall-clock time of the stop */
static uint64_t warped_ns;       /* by how much the clock was moved ahead */

static uint64_t read_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}

static uint64_t read_warped_ns(clockid_t id, const uint64_t *at_stop)
{
    uint64_t ns = __atomic_load_n(&stopped, __ATOMIC_ACQUIRE)
                      ? __atomic_load_n(at_stop, __ATOMIC_RELAXED)
                      : read_ns(id);
    return ns + __atomic_load_n(&warped_ns, __ATOMIC_ACQUIRE);
}

uint64_t clock_ns(void)
{
    return read_warped_ns(CLOCK_MONOTONIC, &stopped_ns);
}

int64_t clock_ms(void)
{
    return (int64_t) (clock_ns() / 1000000);
}

int64_t clock_wall_ms(void)
{
    return (int64_t) (read_warped_ns(CLOCK_REALTIME, &stopped_wall_ns) / 1000000);
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
        __atomic_store_n(&stopped_ns, read_ns(CLOCK_MONOTONIC), __ATOMIC_RELAXED);
        __atomic_store_n(&stopped_wall_ns, read_ns(CLOCK_REALTIME), __ATOMIC_RELAXED);
        __atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
    }
}

void clock_warp(int64_t ms)
{
    assert(ms >= 0);
    __atomic_fetch_add(&warped_ns, (uint64_t) ms * 1000000, __ATOMIC_RELEASE);
}
