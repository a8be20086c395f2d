/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of ports, from the configuration to the datapath. */
#include "ofproto/port_limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/backer.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"

LOG_MODULE(port_limits);

static struct port_limits *copy(const struct ofproto_limits *from)
{
    struct port_limits *limits = xzalloc(sizeof *limits);
    limits->type = xstrdup(from->type ? from->type : "");
    smap_clone(&limits->details, from->details);
    limits->qos = from->qos;
    limits->qos.queues = NULL;
    limits->qos.n_queues = 0;
    limits->n_queues = from->n_queues;
    limits->queues = xcalloc(MAX(from->n_queues, 1), sizeof *limits->queues);
    for (size_t i = 0; i < from->n_queues; i++) {
        limits->queues[i] = from->queues[i];
    }
    return limits;
}

void port_limits_destroy(struct port_limits *limits)
{
    if (limits) {
        free(limits->type);
        smap_destroy(&limits->details);
        free(limits->queues);
        free(limits);
    }
}

static bool is_same_qos(const struct dp_port_qos *a, const struct dp_port_qos *b)
{
    return a->rate == b->rate && a->burst == b->burst && a->uncounted == b->uncounted && a->in_rate == b->in_rate
           && a->in_burst == b->in_burst && a->in_packet_rate == b->in_packet_rate && a->in_packet_burst == b->in_packet_burst;
}

static bool is_same_queue(const struct ofproto_queue *a, const struct ofproto_queue *b)
{
    return a->dp.id == b->dp.id && a->dp.min_rate == b->dp.min_rate && a->dp.max_rate == b->dp.max_rate
           && a->dp.burst == b->dp.burst && a->priority == b->priority && a->dscp == b->dscp;
}

static bool is_same(const struct port_limits *a, const struct ofproto_limits *b)
{
    bool same = !strcmp(a->type, b->type ? b->type : "") && smap_equals(&a->details, b->details)
                && is_same_qos(&a->qos, &b->qos) && a->n_queues == b->n_queues;
    for (size_t i = 0; same && i < a->n_queues; i++) {
        same = is_same_queue(&a->queues[i], &b->queues[i]);
    }
    return same;
}

static bool is_none(const struct port_limits *limits)
{
    static const struct dp_port_qos none;
    return is_same_qos(&limits->qos, &none) && !limits->n_queues;
}

/* Null, or what is wrong (the caller frees it). */
static char *put(const struct ofport *port)
{
    const struct port_limits *limits = port->limits;
    struct dp_port_qos qos = limits->qos;
    if (!ofport_has_device(port)) {
        return is_none(limits) ? NULL : xasprintf("a port of type %s has no device whose packets could be limited", port->type);
    }
    if (port->dp.no == DP_PORT_NONE || !backer_client()) {
        return NULL; /* once it is there */
    }
    struct dp_queue *queues = xcalloc(MAX(limits->n_queues, 1), sizeof *queues);
    for (size_t i = 0; i < limits->n_queues; i++) {
        queues[i] = limits->queues[i].dp;
    }
    qos.queues = queues;
    qos.n_queues = limits->n_queues;
    int error = backer_check(dp_port_set_qos(backer_client(), port->dp.no, &qos));
    free(queues);
    if (error == EOPNOTSUPP) {
        return is_none(limits) ? NULL : xstrdup("the running datapath is too old for limits of ports");
    }
    return error ? xasprintf("the datapath refuses the limits: %s", strerror(error)) : NULL;
}

void port_limits_renew(struct ofport *port)
{
    char *problem = port->limits ? put(port) : NULL;
    if (problem) {
        log_warn("%s: %s", port->name, problem);
        free(problem);
    }
}

char *ofproto_port_set_limits(struct ofproto *ofproto, const char *name, const struct ofproto_limits *limits)
{
    struct ofport *port = port_set_find(ofproto->ports, name);
    if (!port) {
        return NULL;
    }
    bool had_queues = port->limits && port->limits->n_queues;
    if (!port->limits || !is_same(port->limits, limits)) {
        port_limits_destroy(port->limits);
        port->limits = copy(limits);
        if (had_queues || limits->n_queues) {
            port_map_changed(); /* translation looks at their DSCP */
        }
        return put(port);
    }
    return ofport_has_device(port) ? NULL : put(port);
}

void port_limits_stats(const struct ofport *port, struct dp_queue_stats **stats, size_t *n)
{
    *stats = NULL;
    *n = 0;
    if (port->limits && port->limits->n_queues && port->dp.no != DP_PORT_NONE && backer_client()
        && backer_check(dp_port_queue_stats(backer_client(), port->dp.no, stats, n))) {
        *stats = NULL;
        *n = 0;
    }
}

const struct ofproto_queue *port_limits_queue(const struct ofport *port, uint32_t id)
{
    for (size_t i = 0; port->limits && i < port->limits->n_queues; i++) {
        if (port->limits->queues[i].dp.id == id) {
            return &port->limits->queues[i];
        }
    }
    return NULL;
}
