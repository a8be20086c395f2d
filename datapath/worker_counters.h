/* SPDX-License-Identifier: Apache-2.0 */
/* What each thread that carries packets counts. */
#pragma once

#include <stdint.h>

#include "lib/net/reason.h"

/* Owner: rw; main: ro, relaxed. */
struct worker_counters {
    uint64_t n_hit, n_missed, n_lost;
    uint64_t n_shortcut_hit, n_signature_hit;
    uint64_t n_mask_hit;
    uint64_t malformed;
    uint64_t n_received;              /* packets from ports */
    uint64_t n_sent, n_sent_batches;  /* packets to ports, and calls of tx for them */
    uint64_t drops[DROP_N_REASONS];

    /* Of a forwarding thread: passes over its queues, and where its time went (cycles.h). */
    uint64_t n_idle_passes, n_busy_passes, n_sleeps;
    uint64_t idle_cycles, busy_cycles;
    uint64_t upcall_cycles;           /* of the busy ones: handing misses over, whether that succeeded or not */
};
