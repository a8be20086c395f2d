/* SPDX-License-Identifier: Apache-2.0 */
/* Adding, removing and finding ports. */
#include <errno.h>
#include <stdlib.h>

#include "datapath/datapath_private.h"
#include "datapath/port_qos.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

/* The option that is the core's own: which queue is polled on which processor. */
#define AFFINITY "pmd-rxq-affinity"

static int fail(int error, char **errorp, char *sentence)
{
    *errorp = sentence;
    return error;
}

/* Finds the number that '*no' asks for, or an unused one. */
static int choose_number(const struct datapath *dp, uint32_t *no, char **errorp)
{
    if (*no == DP_PORT_NONE) {
        *no = port_table_unused_number(&dp->ports);
        return *no != DP_PORT_NONE ? 0
                                   : fail(ENOSPC, errorp, xstrdup("all port numbers are taken"));
    }
    if (*no >= DP_MAX_PORTS) {
        return fail(EINVAL, errorp, xasprintf("port number %u is not below %u", *no, DP_MAX_PORTS));
    }
    if (port_table_get(&dp->ports, *no)) {
        return fail(EEXIST, errorp, xasprintf("port number %u is taken", *no));
    }
    return 0;
}

int datapath_port_add(struct datapath *dp, const char *name, const char *type,
                      const struct smap *options, uint32_t *no, char **errorp)
{
    const struct port_ops *ops = port_kind_find(type);
    *errorp = NULL;
    if (!ops) {
        return fail(EINVAL, errorp, xasprintf("%s: there are no ports of type \"%s\"", name, type));
    }
    if (!name[0] || strlen(name) > DP_PORT_NAME_MAX) {
        return fail(EINVAL, errorp, xasprintf("\"%s\": a port's name has 1 to %d characters", name,
                                              DP_PORT_NAME_MAX));
    }
    if (port_table_find(&dp->ports, name)) {
        return fail(EEXIST, errorp, xasprintf("%s: there is a port with this name", name));
    }
    uint32_t number = *no;
    int error = choose_number(dp, &number, errorp);
    if (error) {
        return error;
    }
    struct port_entry *entry = port_entry_create(number, name, ops);
    entry->port.frames = dp->main_worker->frames;
    struct smap own;
    smap_clone(&own, options);
    smap_remove(&own, AFFINITY);
    error = ops->open(&entry->port, &own, errorp);
    smap_destroy(&own);
    if (error) {
        port_entry_free(entry);
        return error;
    }
    assert(entry->port.n_rxq <= PORT_MAX_QUEUES);
    datapath_queues_tie(entry, smap_get(options, AFFINITY));
    port_table_insert(&dp->ports, entry);
    datapath_queues_add_port(dp, entry);
    *no = number;
    return 0;
}

int datapath_port_set(struct datapath *dp, struct port *port, const struct dp_port_change *change,
                      char **errorp)
{
    struct dp_port_change own = *change;
    struct smap options = SMAP_INIT;
    int error = 0;
    *errorp = NULL;
    if (change->options) {
        if (datapath_queues_tie(port_table_get(&dp->ports, port->no),
                                smap_get(change->options, AFFINITY))) {
            datapath_queues_spread(dp);
        }
        smap_clone(&options, change->options);
        smap_remove(&options, AFFINITY);
        own.options = &options;
    }
    if (port->ops->set) {
        error = port->ops->set(port, &own, errorp);
    } else if (smap_count(&options) || own.mac || own.mtu || own.set_admin) {
        error = fail(EOPNOTSUPP, errorp,
                     xasprintf("ports of type %s have nothing to set", port->ops->type));
    }
    smap_destroy(&options);
    return error;
}

/* Out of sight first; then, once no thread can be using it, closed and freed. */
int datapath_port_del(struct datapath *dp, uint32_t no)
{
    struct port_entry *entry = port_table_get(&dp->ports, no);
    if (!entry) {
        return ENODEV;
    }
    port_table_remove(&dp->ports, entry);
    datapath_queues_remove_port(dp, entry);
    rcu_synchronize();
    entry->port.ops->close(&entry->port);
    port_entry_free(entry);
    return 0;
}

static struct port *port_of(struct port_entry *entry)
{
    return entry ? &entry->port : NULL;
}

struct port *datapath_port_get(struct datapath *dp, uint32_t no)
{
    return port_of(port_table_get(&dp->ports, no));
}

struct port *datapath_port_find(struct datapath *dp, const char *name)
{
    return port_of(port_table_find(&dp->ports, name));
}

struct port *datapath_port_next(struct datapath *dp, uint32_t *cursor)
{
    struct port_entry *entry = port_table_next(&dp->ports, *cursor);
    if (entry) {
        *cursor = entry->port.no + 1;
    }
    return port_of(entry);
}

void datapath_port_set_n_rxq(struct datapath *dp, struct port *port, unsigned int n)
{
    struct port_entry *entry = port_table_get(&dp->ports, port->no);
    assert(n <= PORT_MAX_QUEUES);
    if (!entry || &entry->port != port) {
        port->n_rxq = n; /* it is being opened */
    } else if (n != port->n_rxq) {
        datapath_queues_remove_port(dp, entry);
        rcu_synchronize();
        port->n_rxq = n;
        datapath_queues_add_port(dp, entry);
    }
}

void datapath_port_stats(const struct datapath *dp, const struct port *port,
                         struct dp_port_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    for (unsigned int i = 0; i <= DATAPATH_MAX_THREADS; i++) {
        const struct port_counters *c = &port->counters[i];
        stats->rx_packets += __atomic_load_n(&c->rx_packets, __ATOMIC_RELAXED);
        stats->rx_bytes += __atomic_load_n(&c->rx_bytes, __ATOMIC_RELAXED);
        stats->rx_dropped += __atomic_load_n(&c->rx_dropped, __ATOMIC_RELAXED);
        stats->rx_errors += __atomic_load_n(&c->rx_errors, __ATOMIC_RELAXED);
        stats->tx_packets += __atomic_load_n(&c->tx_packets, __ATOMIC_RELAXED);
        stats->tx_bytes += __atomic_load_n(&c->tx_bytes, __ATOMIC_RELAXED);
        stats->tx_dropped += __atomic_load_n(&c->tx_dropped, __ATOMIC_RELAXED);
        stats->tx_errors += __atomic_load_n(&c->tx_errors, __ATOMIC_RELAXED);
    }
}

int datapath_port_set_qos(struct datapath *dp, uint32_t no, const struct dp_port_qos *config)
{
    struct port_entry *entry = port_table_get(&dp->ports, no);
    if (!entry) {
        return ENODEV;
    }
    struct port_qos *qos = entry->qos ? entry->qos : port_qos_create();
    int error = port_qos_set(qos, config, clock_ns());
    if (!error) {
        rcu_store(entry->qos, qos);
    } else if (!entry->qos) {
        port_qos_destroy(qos);
    }
    return error;
}

int datapath_port_queue_stats(struct datapath *dp, uint32_t no, struct dp_queue_stats **stats, size_t *n)
{
    const struct port_entry *entry = port_table_get(&dp->ports, no);
    *stats = NULL;
    *n = 0;
    if (!entry) {
        return ENODEV;
    }
    if (entry->qos) {
        port_qos_stats(entry->qos, stats, n, clock_ns());
    }
    return 0;
}
