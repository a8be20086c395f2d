/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of the time that answers to upcalls take. */
#include "ofproto/upcall_latency.h"

#include <inttypes.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/base/clock.h"
#include "lib/base/strbuf.h"

enum { N_BINS = 25 }; /* bin i: below 2^i us; the last: all that take longer */

static uint64_t bins[N_BINS]; /* handlers: added to, relaxed */

static unsigned int bin_of(uint64_t ns)
{
    uint64_t us = ns / 1000;
    unsigned int bin = us ? 64 - __builtin_clzll(us) : 0;
    return bin < N_BINS ? bin : N_BINS - 1;
}

void upcall_latency_record(const struct dp_upcall *upcalls, size_t n)
{
    uint64_t now = clock_ns();
    uint32_t counts[N_BINS] = { 0 };
    for (size_t i = 0; i < n; i++) {
        /* Tests set the clocks of both programs one after the other. */
        counts[bin_of(now > upcalls[i].time_ns ? now - upcalls[i].time_ns : 0)]++;
    }
    for (unsigned int i = 0; i < N_BINS; i++) {
        if (counts[i]) {
            __atomic_fetch_add(&bins[i], counts[i], __ATOMIC_RELAXED);
        }
    }
}

void upcall_latency_show(struct strbuf *s)
{
    uint64_t copy[N_BINS], all = 0, so_far = 0;
    for (unsigned int i = 0; i < N_BINS; i++) {
        copy[i] = __atomic_load_n(&bins[i], __ATOMIC_RELAXED);
        all += copy[i];
    }
    strbuf_putf(s, "upcalls answered: %" PRIu64 "\n", all);
    for (unsigned int i = 0; i < N_BINS; i++) {
        so_far += copy[i];
        if (copy[i] && i == N_BINS - 1) {
            strbuf_putf(s, "  longer      %12" PRIu64 "  %5.1f %%\n", copy[i], 100.0);
        } else if (copy[i]) {
            strbuf_putf(s, "  < %8" PRIu64 " us %11" PRIu64 "  %5.1f %%\n", UINT64_C(1) << i, copy[i],
                        100.0 * so_far / all);
        }
    }
}

void upcall_latency_clear(void)
{
    for (unsigned int i = 0; i < N_BINS; i++) {
        __atomic_store_n(&bins[i], 0, __ATOMIC_RELAXED);
    }
}
