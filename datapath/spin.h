/* SPDX-License-Identifier: Apache-2.0 */
/* A lock for a few hundred nanoseconds of work that forwarding threads share. Who finds it taken for longer, because the kernel stopped
 * its holder, gives up the processor. */
#pragma once

#include <sched.h>
#include <stdint.h>

static inline void spin_lock(uint32_t *locked)
{
    enum { SPINS = 1000 /* before a thread lets others run */ };

    while (__atomic_exchange_n(locked, 1, __ATOMIC_ACQUIRE)) {
        for (int i = 0; __atomic_load_n(locked, __ATOMIC_RELAXED); i++) {
            if (i == SPINS) {
                sched_yield();
                i = 0;
            }
        }
    }
}

static inline void spin_unlock(uint32_t *locked)
{
    __atomic_store_n(locked, 0, __ATOMIC_RELEASE);
}
