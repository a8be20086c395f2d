/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a port as they are wanted, kept for a datapath that starts again; and its queues' counters. Main thread only. */
#pragma once

#include "datapath/client.h"
#include "lib/base/smap.h"
#include "ofproto/ofproto.h"

struct ofport;

struct port_limits {
    char *type;          /* of OVSDB's QoS, "": none */
    struct smap details; /* of its, for people */
    struct dp_port_qos qos; /* without queues: these are in ... */
    struct ofproto_queue *queues;
    size_t n_queues;
};

/* Brings the limits into the datapath that has just got the port. What is wrong is logged. */
void port_limits_renew(struct ofport *);
void port_limits_destroy(struct port_limits *); /* null is fine */

/* The counters of the port's queues, none if they cannot be had. The caller frees '*stats'. */
void port_limits_stats(const struct ofport *, struct dp_queue_stats **stats, size_t *n);

/* A queue of the port; null if it has none of this number. */
const struct ofproto_queue *port_limits_queue(const struct ofport *, uint32_t id);
