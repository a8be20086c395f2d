/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over all cached flows; see ofproto/revalidator.h. One at a time; the calling thread is an RCU reader. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct dp_client;
struct dp_stats;
struct flow_marks;
struct ukeys;

struct sweep {
    struct dp_client *client;
    const struct dp_stats *stats;
    struct flow_marks *marks;
    struct ukeys *ukeys;
    bool purge;           /* delete all */
    uint32_t max_idle_ms; /* delete what was not used for so long */
    bool adopting;        /* adopted flows whose recirculation id is not known yet may stay */
};

/* 0, or the errno of a broken connection. */
int sweep_run(const struct sweep *);

/* Passes the statistics of all flows on. Any thread. */
void sweep_push_stats(struct ukeys *, const struct dp_stats *, struct flow_marks *);
