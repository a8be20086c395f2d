/* SPDX-License-Identifier: Apache-2.0 */
/* Who the control program is, and the memory that clients share: upcall rings and statistics. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"
#include "datapath/server_request.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

LOG_MODULE(dp_server_upcall);

int server_totals(struct server *server, struct server_answer *answer)
{
    struct dp_totals totals;

    datapath_totals(server->dp, &totals);
    const struct dp_wire_totals wire = { .n_hit = totals.n_hit,
                                         .n_missed = totals.n_missed,
                                         .n_lost = totals.n_lost,
                                         .n_cache_hit = totals.n_cache_hit,
                                         .n_mask_hit = totals.n_mask_hit,
                                         .n_flows = totals.n_flows,
                                         .n_masks = totals.n_masks,
                                         .n_ports = totals.n_ports,
                                         .malformed = totals.malformed,
                                         .n_frames = totals.n_frames,
                                         .n_frames_free = totals.n_frames_free };
    dp_build_put(&answer->b, DP_A_TOTALS, &wire, sizeof wire);
    dp_build_put(&answer->b, DP_A_DROPS, totals.drops, sizeof totals.drops);
    return 0;
}

int server_stats_open(struct server *server, struct server_answer *answer)
{
    answer->fds[0] = datapath_stats_memfd(server->dp);
    answer->n_fds = 1;
    return 0;
}

/* Sends the descriptors in as many messages as they need. */
static void send_fds(struct server_answer *answer, const int *fds, size_t n, unsigned int n_threads,
                     unsigned int n_handlers)
{
    for (size_t first = 0; first < n;) {
        struct dp_wire_fds wire = { .n_threads = n_threads,
                                    .n_handlers = n_handlers,
                                    .first = first,
                                    .n = MIN(n - first, DP_MSG_MAX_FDS) };
        if (first) {
            server_answer_continue(answer);
        }
        dp_build_put(&answer->b, DP_A_FDS, &wire, sizeof wire);
        memcpy(answer->fds, fds + first, wire.n * sizeof *fds);
        answer->n_fds = wire.n;
        first += wire.n;
    }
}

int server_upcalls_open(struct server *server, struct server_answer *answer)
{
    uint32_t n_handlers = dp_attr_u32(answer->request->attr[DP_A_HANDLERS]);
    int *rings = NULL, *bells = NULL;

    if (!n_handlers || n_handlers > DP_MAX_HANDLERS) {
        answer->error = xasprintf("%u handlers: must be 1 to %d", n_handlers, DP_MAX_HANDLERS);
        return EINVAL;
    }
    if (server->control) {
        answer->error = xstrdup("another control program is connected to the datapath");
        return EBUSY;
    }
    int error = datapath_upcalls_open(server->dp, n_handlers, &rings, &bells);
    if (error) {
        return error;
    }
    server->control = answer->client;

    unsigned int n_threads = datapath_n_rings(server->dp);
    size_t n_rings = (size_t) n_threads * n_handlers;
    int *fds = xmalloc((n_rings + n_handlers) * sizeof *fds);
    memcpy(fds, rings, n_rings * sizeof *fds);
    memcpy(fds + n_rings, bells, n_handlers * sizeof *fds);
    send_fds(answer, fds, n_rings + n_handlers, n_threads, n_handlers);
    free(fds);
    free(rings);
    free(bells);
    log_info("a control program with %u handlers has connected", n_handlers);
    return 0;
}

void server_client_left(struct server *server, struct server_client *client)
{
    if (server->control == client) {
        server->control = NULL;
        datapath_upcalls_close(server->dp);
        log_info("the control program has gone; forwarding goes on with what is known");
    }
}
