/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's cycle counter, by which forwarding threads tell what they spend their time with.
 *
 * It runs at a constant rate on all processors alike, whatever their clock does; cycles_per_second()
 * says at which. Reading it takes about as long as two packets' worth of instructions do, so it is
 * read per burst, never per packet. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Any thread. */
static inline uint64_t cycles_now(void)
{
#if defined __x86_64__
    return __builtin_ia32_rdtsc();
#elif defined __aarch64__
    uint64_t value;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
#endif
}

/* Main thread only. The rate, measured since the first call; that one measures for some
 * milliseconds. */
double cycles_per_second(void);
