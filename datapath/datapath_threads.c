/* SPDX-License-Identifier: Apache-2.0 */
/* The forwarding threads, and which of them polls which receive queue. */
#include <errno.h>
#include <stdlib.h>

#include "datapath/datapath_private.h"
#include "datapath/forwarder.h"
#include "datapath/pipeline.h"

static void stop_thread(struct datapath *dp)
{
    unsigned int i = --dp->n_threads;
    forwarder_destroy(dp->forwarders[i]);
    datapath_add_counters(&dp->retired, &dp->workers[i]->counters);
    worker_destroy(dp->workers[i]);
    dp->forwarders[i] = NULL;
    dp->workers[i] = NULL;
}

int datapath_threads_start(struct datapath *dp, unsigned int n)
{
    while (dp->n_threads < n) {
        unsigned int i = dp->n_threads;
        dp->workers[i] = datapath_worker_create(dp, i);
        dp->forwarders[i] = forwarder_create(dp->workers[i]);
        if (!dp->forwarders[i]) {
            int error = errno;
            worker_destroy(dp->workers[i]);
            dp->workers[i] = NULL;
            datapath_threads_stop(dp);
            return error;
        }
        dp->n_threads++;
    }
    return 0;
}

void datapath_threads_stop(struct datapath *dp)
{
    while (dp->n_threads) {
        stop_thread(dp);
    }
}

static struct forwarder *least_loaded(const struct datapath *dp)
{
    struct forwarder *best = dp->forwarders[0];
    for (unsigned int i = 1; i < dp->n_threads; i++) {
        if (forwarder_n_queues(dp->forwarders[i]) < forwarder_n_queues(best)) {
            best = dp->forwarders[i];
        }
    }
    return best;
}

void datapath_threads_add_port(struct datapath *dp, struct port_entry *entry)
{
    const struct port *port = &entry->port;
    for (unsigned int q = 0; q < port->n_rxq && dp->n_threads; q++) {
        entry->rx[q].fd = port->ops->rx_fd(port, q);
        forwarder_add(least_loaded(dp), &entry->rx[q]);
    }
}

void datapath_threads_remove_port(struct datapath *dp, struct port_entry *entry)
{
    for (unsigned int q = 0; q < PORT_MAX_QUEUES; q++) {
        if (entry->rx[q].forwarder) {
            forwarder_remove(entry->rx[q].forwarder, &entry->rx[q]);
        }
    }
}

unsigned int datapath_n_threads(const struct datapath *dp)
{
    return dp->n_threads;
}

static void for_each_port(struct datapath *dp,
                          void (*function)(struct datapath *, struct port_entry *))
{
    struct port_entry *entry;
    for (uint32_t no = 0; (entry = port_table_next(&dp->ports, no)); no = entry->port.no + 1) {
        function(dp, entry);
    }
}

int datapath_set_n_threads(struct datapath *dp, unsigned int n)
{
    if (dp->config.manual || !n || n > DATAPATH_MAX_THREADS) {
        return EINVAL;
    }
    if (n == dp->n_threads) {
        return 0;
    }
    if (dp->n_handlers) {
        return EBUSY;
    }
    unsigned int old_n = dp->n_threads;
    for_each_port(dp, datapath_threads_remove_port);
    datapath_threads_stop(dp);
    int error = datapath_threads_start(dp, n);
    if (error && datapath_threads_start(dp, old_n)) {
        /* Not even those that were there before: a datapath without threads would forward nothing,
         * and nobody would know why. */
        abort();
    }
    for_each_port(dp, datapath_threads_add_port);
    return error;
}

unsigned int datapath_poll(struct datapath *dp)
{
    struct worker *w = dp->main_worker;
    struct port_entry *entry;
    unsigned int n = 0;
    worker_tick(w);
    for (uint32_t no = 0; (entry = port_table_next(&dp->ports, no)); no = entry->port.no + 1) {
        for (unsigned int q = 0; q < entry->port.n_rxq; q++) {
            struct batch batch;
            batch_init(&batch);
            n += entry->port.ops->rx(&entry->port, q, w->frames, &batch, BATCH_MAX);
            pipeline_receive(w, entry, &batch);
        }
    }
    return n;
}

void datapath_quiesce(struct datapath *dp)
{
    rcu_synchronize();
}
