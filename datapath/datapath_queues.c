/* SPDX-License-Identifier: Apache-2.0 */
/* Which forwarding thread polls which receive queue, and how busy the queues keep the threads.
 *
 * A queue's thread counts the cycles that it spends with the queue's packets. Every
 * DATAPATH_INTERVAL_SECS the main thread notes how many came on; the sum of the last
 * DATAPATH_MAX_INTERVALS of these is the queue's load, by which queues are spread. They are spread
 * again when threads come or go, when a queue is tied to a processor or the rules change, and on
 * request; a new port's queues just join the threads that have the least to do. */
#include <stdlib.h>
#include <string.h>

#include "datapath/cycles.h"
#include "datapath/datapath_private.h"
#include "datapath/forwarder.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

LOG_MODULE(queues);

static_assert((int) RX_LOAD_INTERVALS == (int) DATAPATH_MAX_INTERVALS, "the history that is shown");

/* All queues of all ports in the order of their numbers. */

struct queue_list {
    size_t n, allocated;
    struct rx_queue **queues;
};

static void list_queues(const struct datapath *dp, struct queue_list *list)
{
    struct port_entry *entry;
    *list = (struct queue_list) { .n = 0 };
    for (uint32_t no = 0; (entry = port_table_next(&dp->ports, no)); no = entry->port.no + 1) {
        for (unsigned int q = 0; q < entry->port.n_rxq; q++) {
            if (list->n == list->allocated) {
                list->queues = grow_array(list->queues, &list->allocated, sizeof *list->queues);
            }
            list->queues[list->n++] = &entry->rx[q];
        }
    }
}

/* Load. */

static uint64_t sum_last(const uint64_t *history, unsigned int n_measured, unsigned int n)
{
    uint64_t sum = 0;
    for (unsigned int i = 0; i < n && i < n_measured && i < RX_LOAD_INTERVALS; i++) {
        sum += history[(n_measured - 1 - i) % RX_LOAD_INTERVALS];
    }
    return sum;
}

static uint64_t load_of(const struct datapath *dp, const struct rx_queue *queue)
{
    return sum_last(queue->history, dp->n_intervals, RX_LOAD_INTERVALS);
}

uint64_t datapath_measured_cycles(const struct datapath *dp, unsigned int n)
{
    return sum_last(dp->interval_cycles, dp->n_intervals, n);
}

void datapath_queues_measure(struct datapath *dp)
{
    uint64_t taken = cycles_now() - dp->interval_start;
    if (taken < cycles_per_second() * DATAPATH_INTERVAL_SECS) {
        return;
    }
    unsigned int place = dp->n_intervals++ % RX_LOAD_INTERVALS;
    struct queue_list list;
    list_queues(dp, &list);
    for (size_t i = 0; i < list.n; i++) {
        struct rx_queue *queue = list.queues[i];
        uint64_t cycles = __atomic_load_n(&queue->cycles, __ATOMIC_RELAXED);
        queue->history[place] = cycles - queue->seen_cycles;
        queue->seen_cycles = cycles;
    }
    free(list.queues);
    dp->interval_cycles[place] = taken;
    dp->interval_start += taken;
}

/* Spreading. */

/* The thread on the processor, -1 if there is none. */
static int thread_on(const struct datapath *dp, int cpu)
{
    for (unsigned int i = 0; cpu >= 0 && i < dp->n_threads; i++) {
        if (dp->cpus[i] == cpu) {
            return i;
        }
    }
    return -1;
}

static void warn_if_loose(const struct rx_queue *queue, int thread)
{
    if (queue->tied_cpu >= 0 && thread < 0) {
        log_warn("port %s: no forwarding thread runs on processor %d (see pmd-cpu-mask): queue %u "
                 "goes to another",
                 queue->entry->port.name, queue->tied_cpu, queue->q);
    }
}

/* Those that change their thread first leave the old one, and join the new one once the old one
 * cannot be looking at them any more. */
static void move_queues(struct datapath *dp, const struct queue_list *list,
                        const struct rx_assign_queue *plan)
{
    bool moved = false;
    for (size_t i = 0; i < list->n; i++) {
        struct rx_queue *queue = list->queues[i];
        if (queue->forwarder && queue->forwarder != dp->forwarders[plan[i].thread]) {
            forwarder_remove(queue->forwarder, queue);
            moved = true;
        }
    }
    if (moved) {
        rcu_synchronize();
    }
    for (size_t i = 0; i < list->n; i++) {
        if (!list->queues[i]->forwarder) {
            forwarder_add(dp->forwarders[plan[i].thread], list->queues[i]);
        }
    }
}

void datapath_queues_spread(struct datapath *dp)
{
    struct queue_list list;
    if (!dp->n_threads) {
        return;
    }
    list_queues(dp, &list);
    struct rx_assign_queue *plan = xcalloc(list.n + 1, sizeof *plan);
    for (size_t i = 0; i < list.n; i++) {
        plan[i].load = load_of(dp, list.queues[i]);
        plan[i].tied = thread_on(dp, list.queues[i]->tied_cpu);
        warn_if_loose(list.queues[i], plan[i].tied);
    }
    struct rx_assign_rules rules = dp->rules;
    rules.n_threads = dp->n_threads;
    dp->isolated = rx_assign(plan, list.n, &rules);
    move_queues(dp, &list, plan);
    free(plan);
    free(list.queues);
}

void datapath_rebalance(struct datapath *dp)
{
    datapath_queues_spread(dp);
}

void datapath_set_rx_rules(struct datapath *dp, enum rx_policy policy, bool isolate)
{
    if (dp->rules.policy != policy || dp->rules.isolate != isolate) {
        dp->rules.policy = policy;
        dp->rules.isolate = isolate;
        datapath_queues_spread(dp);
    }
}

void datapath_get_rx_rules(const struct datapath *dp, enum rx_policy *policy, bool *isolate)
{
    *policy = dp->rules.policy;
    *isolate = dp->rules.isolate;
}

void datapath_queues_gather(struct datapath *dp)
{
    struct queue_list list;
    list_queues(dp, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (list.queues[i]->forwarder) {
            forwarder_remove(list.queues[i]->forwarder, list.queues[i]);
        }
    }
    free(list.queues);
}

/* Ports that come and go. */

/* What each thread has to do. */
static void sum_loads(const struct datapath *dp, uint64_t *loads)
{
    struct queue_list list;
    memset(loads, 0, dp->n_threads * sizeof *loads);
    list_queues(dp, &list);
    for (size_t i = 0; i < list.n; i++) {
        for (unsigned int t = 0; t < dp->n_threads; t++) {
            loads[t] += list.queues[i]->forwarder == dp->forwarders[t] ? load_of(dp, list.queues[i]) : 0;
        }
    }
    free(list.queues);
}

static unsigned int least_busy(const struct datapath *dp, const uint64_t *loads)
{
    uint64_t all = (UINT64_C(1) << dp->n_threads) - 1;
    uint64_t isolated = dp->isolated == all ? 0 : dp->isolated;
    unsigned int best = __builtin_ctzll(all & ~isolated);
    for (unsigned int t = best + 1; t < dp->n_threads; t++) {
        unsigned int n = forwarder_n_queues(dp->forwarders[t]);
        unsigned int n_best = forwarder_n_queues(dp->forwarders[best]);
        if (!(isolated >> t & 1) && (n < n_best || (n == n_best && loads[t] < loads[best]))) {
            best = t;
        }
    }
    return best;
}

static bool has_ties(const struct port_entry *entry)
{
    for (unsigned int q = 0; q < entry->port.n_rxq; q++) {
        if (entry->rx[q].tied_cpu >= 0) {
            return true;
        }
    }
    return false;
}

void datapath_queues_add_port(struct datapath *dp, struct port_entry *entry)
{
    const struct port *port = &entry->port;
    uint64_t loads[DATAPATH_MAX_THREADS];
    if (!dp->n_threads) {
        return;
    }
    for (unsigned int q = 0; q < port->n_rxq; q++) {
        entry->rx[q].fd = port->ops->rx_fd(port, q);
    }
    if (has_ties(entry)) {
        datapath_queues_spread(dp);
        return;
    }
    sum_loads(dp, loads);
    for (unsigned int q = 0; q < port->n_rxq; q++) {
        forwarder_add(dp->forwarders[least_busy(dp, loads)], &entry->rx[q]);
    }
}

void datapath_queues_remove_port(struct datapath *dp, struct port_entry *entry)
{
    for (unsigned int q = 0; q < PORT_MAX_QUEUES; q++) {
        if (entry->rx[q].forwarder) {
            forwarder_remove(entry->rx[q].forwarder, &entry->rx[q]);
        }
    }
    if (has_ties(entry)) {
        datapath_queues_spread(dp);
    }
}

/* Ties. */

/* Reads "QUEUE:CPU" at '*text' and the comma behind it. False if it is not that. */
static bool parse_tie(const char **text, unsigned long *q, unsigned long *cpu)
{
    char *end;
    if (**text < '0' || **text > '9') {
        return false;
    }
    *q = strtoul(*text, &end, 10);
    if (*end != ':' || end[1] < '0' || end[1] > '9') {
        return false;
    }
    *cpu = strtoul(end + 1, &end, 10);
    *text = *end == ',' ? end + 1 : end;
    return (!*end || *end == ',') && *cpu < INT16_MAX;
}

bool datapath_queues_tie(struct port_entry *entry, const char *text)
{
    int cpus[PORT_MAX_QUEUES];
    bool changed = false;
    memset(cpus, 0xff, sizeof cpus); /* -1 */
    for (const char *p = text; p && *p;) {
        unsigned long q, cpu;
        if (!parse_tie(&p, &q, &cpu)) {
            log_warn("port %s: pmd-rxq-affinity=%s: must be QUEUE:CPU,...", entry->port.name, text);
            break;
        }
        if (q < entry->port.n_rxq) {
            cpus[q] = cpu;
        } else {
            log_warn("port %s: pmd-rxq-affinity=%s: there is no queue %lu", entry->port.name, text, q);
        }
    }
    for (unsigned int q = 0; q < PORT_MAX_QUEUES; q++) {
        changed |= entry->rx[q].tied_cpu != cpus[q];
        entry->rx[q].tied_cpu = cpus[q];
    }
    return changed;
}

/* Figures. */

bool datapath_thread_queue(const struct datapath *dp, unsigned int i, unsigned int n_intervals,
                           uint64_t *cursor, struct datapath_queue *found)
{
    struct port_entry *entry;
    const uint32_t first = *cursor / PORT_MAX_QUEUES;
    for (uint32_t no = first; (entry = port_table_next(&dp->ports, no)); no = entry->port.no + 1) {
        unsigned int q = entry->port.no == first ? *cursor % PORT_MAX_QUEUES : 0;
        for (; q < entry->port.n_rxq; q++) {
            if (i < dp->n_threads && entry->rx[q].forwarder == dp->forwarders[i]) {
                uint64_t cycles = sum_last(entry->rx[q].history, dp->n_intervals, n_intervals);
                *found = (struct datapath_queue) { &entry->port, q, cycles };
                *cursor = (uint64_t) entry->port.no * PORT_MAX_QUEUES + q + 1;
                return true;
            }
        }
    }
    return false;
}
