/* SPDX-License-Identifier: Apache-2.0 */
/* Upcalls: which handler's ring a packet goes to, and what happens when there is none or no
 * room. */
#include "datapath/upcall.h"

#include <errno.h>
#include <stdlib.h>

#include "datapath/signature_cache.h"
#include "datapath/worker.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"

struct upcall_sink {
    unsigned int n_handlers;
    uint64_t unpublished; /* bitmap of handlers; the worker's */
    struct {
        struct upcall_producer *ring;
        int bell;
    } handlers[];
};

int upcall_sink_create(unsigned int n_handlers, const int *bells, struct upcall_sink **sinkp)
{
    if (!n_handlers || n_handlers > UPCALL_MAX_HANDLERS) {
        return EINVAL;
    }
    struct upcall_sink *sink = xzalloc(sizeof *sink + n_handlers * sizeof sink->handlers[0]);
    for (unsigned int i = 0; i < n_handlers; i++) {
        int error = upcall_producer_create(UPCALL_RING_DEFAULT_SIZE, &sink->handlers[i].ring);
        if (error) {
            upcall_sink_destroy(sink);
            return error;
        }
        sink->handlers[i].bell = bells[i];
        sink->n_handlers++;
    }
    *sinkp = sink;
    return 0;
}

void upcall_sink_destroy(struct upcall_sink *sink)
{
    if (sink) {
        for (unsigned int i = 0; i < sink->n_handlers; i++) {
            upcall_producer_destroy(sink->handlers[i].ring);
        }
        free(sink);
    }
}

int upcall_sink_fd(const struct upcall_sink *sink, unsigned int handler)
{
    return upcall_producer_fd(sink->handlers[handler].ring);
}

void upcall_send(struct worker *w, const struct upcall_request *request)
{
    struct upcall_sink *sink = rcu_load(w->upcalls);
    enum drop_reason reason = DROP_NO_CONTROL;
    if (sink) {
        unsigned int handler = (signature_cache_hash(request->key) >> 32) % sink->n_handlers;
        struct upcall_request timed = *request;
        timed.time_ns = w->now_ns;
        reason = upcall_producer_put(sink->handlers[handler].ring, &timed);
        sink->unpublished |= UINT64_C(1) << handler;
    }
    if (reason != DROP_NONE) {
        worker_count(&w->counters.n_lost, 1);
        frame_cache_count_drops(w->frames, reason, 1);
    }
}

bool upcall_has_room(const struct worker *w, uint32_t in_port)
{
    const struct upcall_sink *sink = rcu_load(w->upcalls);
    for (unsigned int i = 0; sink && i < sink->n_handlers; i++) {
        if (!upcall_producer_has_room(sink->handlers[i].ring, in_port)) {
            return false;
        }
    }
    return true;
}

void upcall_flush(struct worker *w)
{
    struct upcall_sink *sink = rcu_load(w->upcalls);
    if (!sink) {
        return;
    }
    while (sink->unpublished) {
        unsigned int i = __builtin_ctzll(sink->unpublished);
        sink->unpublished &= sink->unpublished - 1;
        if (upcall_producer_publish(sink->handlers[i].ring)) {
            upcall_bell_ring(sink->handlers[i].bell);
        }
    }
}
