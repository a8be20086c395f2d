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

/* The worker of a ring's row: the forwarding threads', then the main thread's. */
static struct worker *worker_of(struct datapath *dp, unsigned int row)
{
    return row < dp->n_threads ? dp->workers[row] : dp->main_worker;
}

static int create_sinks(struct datapath *dp, struct upcall_sink **sinks)
{
    for (unsigned int i = 0; i <= dp->n_threads; i++) {
        int error = upcall_sink_create(dp->n_handlers, dp->ring_bells, &sinks[i]);
        if (error) {
            while (i-- > 0) {
                upcall_sink_destroy(sinks[i]);
            }
            return error;
        }
    }
    return 0;
}

int datapath_upcalls_open(struct datapath *dp, unsigned int n_handlers, int **fds, int **bell_fds)
{
    struct upcall_sink *sinks[DATAPATH_MAX_THREADS + 1];
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
    error = create_sinks(dp, sinks);
    if (error) {
        close_bells(dp);
        return error;
    }
    *fds = xcalloc((dp->n_threads + 1) * n_handlers, sizeof **fds);
    *bell_fds = xmemdup(dp->wait_bells, n_handlers * sizeof **bell_fds);
    for (unsigned int i = 0; i <= dp->n_threads; i++) {
        for (unsigned int h = 0; h < n_handlers; h++) {
            (*fds)[i * n_handlers + h] = upcall_sink_fd(sinks[i], h);
        }
        rcu_store(worker_of(dp, i)->upcalls, sinks[i]);
    }
    return 0;
}

void datapath_upcalls_close(struct datapath *dp)
{
    struct upcall_sink *sinks[DATAPATH_MAX_THREADS + 1];
    if (!dp->n_handlers) {
        return;
    }
    for (unsigned int i = 0; i <= dp->n_threads; i++) {
        struct worker *w = worker_of(dp, i);
        sinks[i] = w->upcalls;
        rcu_store(w->upcalls, NULL);
    }
    rcu_synchronize();
    for (unsigned int i = 0; i <= dp->n_threads; i++) {
        upcall_sink_destroy(sinks[i]);
    }
    close_bells(dp);
}
