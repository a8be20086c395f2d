/* SPDX-License-Identifier: Apache-2.0 */
/* The context of a thread that carries packets. */
#include "datapath/worker.h"

#include <stdlib.h>

#include "datapath/flow_table.h"
#include "datapath/shortcut.h"
#include "datapath/signature_cache.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

struct worker *worker_create(const struct worker_config *config)
{
    struct worker *w = xzalloc_cacheline(sizeof *w);
    w->index = config->index;
    w->flows = config->flows;
    w->ports = config->ports;
    w->selects = flow_table_selects(config->flows);
    w->meters = config->meters;
    w->fragments = config->fragments;
    w->stats = config->stats;
    w->frames = frame_cache_create(config->arena, config->index, w->counters.drops);
    if (!w->frames) {
        free(w);
        return NULL;
    }
    w->signatures = signature_cache_create(MIN(SIGNATURE_CACHE_MIN_BUCKETS, config->signatures),
                                           config->signatures);
    w->recircs = &w->recirc_queues[0];
    w->shortcuts = shortcuts_create();
    w->random = hash_mix64(hash_secret, config->index) | 1;
    w->ip_id = (uint16_t) (w->random >> 16); /* threads that send to one host use the same numbers as seldom as can be */
    worker_tick(w);
    return w;
}

void worker_destroy(struct worker *w)
{
    if (w) {
        assert(!w->pending && !w->recircs->n);
        frame_cache_destroy(w->frames);
        signature_cache_destroy(w->signatures);
        shortcuts_destroy(w->shortcuts);
        free(w);
    }
}

void worker_tick(struct worker *w)
{
    w->now_ns = clock_ns();
    w->now_ms = w->now_ns / 1000000;
}
