/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the upcall rings for a control program. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/datapath_private.h"
#include "datapath/upcall.h"
#include "lib/base/mem.h"

static void close_bells(struct datapath *dp)
{
    for (unsigned int i = 0; i < dp->n_handlers; i++) {
        close(dp->ring_bells[i]);
        close(dp->wait_bells[i]);
    }
    free(dp->ring_bells);
    free(dp->wait_bells);
    dp->ring_bells = dp->wait_bells = NULL;
    dp->n_handlers = 0;
}

static int open_bells(struct datapath *dp, unsigned int n)
{
    dp->ring_bells = xcalloc(n, sizeof *dp->ring_bells);
    dp->wait_bells = xcalloc(n, sizeof *dp->wait_bells);
    while (dp->n_handlers < n) {
        int ends[2];
        int error = upcall_bell_create(ends);
        if (error) {
            close_bells(dp);
            return error;
        }
        dp->ring_bells[dp->n_handlers] = ends[UPCALL_BELL_RING_END];
        dp->wait_bells[dp->n_handlers++] = ends[UPCALL_BELL_WAIT_END];
    }
    return 0;
}

unsigned int datapath_n_rings(const struct datapath *dp)
{
    return dp->max_threads + 1;
}

/* The worker of a ring's row: the forwarding threads', then those that might come, which is null, then
 * the main thread's. */
static struct worker *worker_of(struct datapath *dp, unsigned int row)
{
    return row + 1 == datapath_n_rings(dp) ? dp->main_worker
           : row < dp->n_threads           ? dp->workers[row]
                                           : NULL;
}

static void destroy_sinks(struct datapath *dp, unsigned int n)
{
    while (n-- > 0) {
        upcall_sink_destroy(dp->sinks[n]);
        dp->sinks[n] = NULL;
    }
}

static int create_sinks(struct datapath *dp)
{
    for (unsigned int i = 0; i < datapath_n_rings(dp); i++) {
        int error = upcall_sink_create(dp->n_handlers, dp->ring_bells, &dp->sinks[i]);
        if (error) {
            destroy_sinks(dp, i);
            return error;
        }
    }
    return 0;
}

void datapath_upcalls_attach(struct datapath *dp, unsigned int thread)
{
    if (dp->n_handlers) {
        rcu_store(dp->workers[thread]->upcalls, dp->sinks[thread]);
    }
}

int datapath_upcalls_open(struct datapath *dp, unsigned int n_handlers, int **fds, int **bell_fds)
{
    if (dp->n_handlers) {
        return EBUSY;
    }
    if (!n_handlers || n_handlers > UPCALL_MAX_HANDLERS) {
        return EINVAL;
    }
    int error = open_bells(dp, n_handlers);
    if (error) {
        return error;
    }
    error = create_sinks(dp);
    if (error) {
        close_bells(dp);
        return error;
    }
    unsigned int n_rings = datapath_n_rings(dp);
    *fds = xcalloc(n_rings * n_handlers, sizeof **fds);
    *bell_fds = xmemdup(dp->wait_bells, n_handlers * sizeof **bell_fds);
    for (unsigned int i = 0; i < n_rings; i++) {
        struct worker *w = worker_of(dp, i);
        for (unsigned int h = 0; h < n_handlers; h++) {
            (*fds)[i * n_handlers + h] = upcall_sink_fd(dp->sinks[i], h);
        }
        if (w) {
            rcu_store(w->upcalls, dp->sinks[i]);
        }
    }
    return 0;
}

void datapath_upcalls_close(struct datapath *dp)
{
    if (!dp->n_handlers) {
        return;
    }
    for (unsigned int i = 0; i < datapath_n_rings(dp); i++) {
        struct worker *w = worker_of(dp, i);
        if (w) {
            rcu_store(w->upcalls, NULL);
        }
    }
    rcu_synchronize();
    destroy_sinks(dp, datapath_n_rings(dp));
    close_bells(dp);
}
