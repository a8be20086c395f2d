/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the cycle counter runs. */
#include "datapath/cycles.h"

enum { FIRST_MEASUREMENT_NS = 5000000 };

static int64_t monotonic_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

double cycles_per_second(void)
{
    static uint64_t start_cycles;
    static int64_t start_ns;
    if (!start_ns) {
        start_ns = monotonic_ns();
        start_cycles = cycles_now();
    }
    int64_t ns;
    do {
        ns = monotonic_ns() - start_ns;
    } while (ns < FIRST_MEASUREMENT_NS);
    return (cycles_now() - start_cycles) * 1e9 / ns;
}
