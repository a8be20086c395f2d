/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about queues. Those of a port are what OVSDB says of it. */
#include <stdlib.h>

#include "lib/ofp/stats.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/port_limits.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"

static void send_reply(struct ofconn *conn, struct ofp_msgs *msgs)
{
    ofconn_send(conn, &msgs->buf);
    ofp_msgs_destroy(msgs);
}

/* Adds the counters of those queues of the port that are asked for. How many. */
static size_t add_stats(struct ofp_msgs *msgs, const struct ofport *port, uint32_t queue)
{
    struct dp_queue_stats *stats;
    size_t n, n_added = 0;
    port_limits_stats(port, &stats, &n);
    for (size_t i = 0; i < n; i++) {
        if (queue == OFPQ_ALL || queue == stats[i].id) {
            const struct ofp_queue_stats element = {
                .port = port->no,
                .queue = stats[i].id,
                .tx_bytes = stats[i].bytes,
                .tx_packets = stats[i].packets,
                .tx_errors = stats[i].dropped,
                .duration_sec = (uint32_t) (stats[i].duration_ns / 1000000000),
                .duration_nsec = (uint32_t) (stats[i].duration_ns % 1000000000),
            };
            ofp_reply_queue_stats(msgs, &element);
            n_added++;
        }
    }
    free(stats);
    return n_added;
}

/* Calls 'add' for all ports, in order. */
static size_t for_each_port(struct ofp_msgs *msgs, const struct ofproto *ofproto, uint32_t queue,
                            size_t (*add)(struct ofp_msgs *, const struct ofport *, uint32_t))
{
    struct ofp_phy_port *ports;
    size_t n_ports, n = 0;
    ofproto_ports_describe(ofproto, &ports, &n_ports);
    for (size_t i = 0; i < n_ports; i++) {
        n += add(msgs, port_set_by_no(ofproto->ports, ports[i].no), queue);
    }
    free(ports);
    return n;
}

enum ofp_error handle_queue_stats(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofp_queue_stats_request *request = &msg->u.queue_stats_request;
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    bool all = request->port == OFPP_ALL || request->port == OFPP_NONE;
    const struct ofport *port = all ? NULL : port_set_by_no(conn->ofproto->ports, request->port);
    if (!all && !port) {
        return OFPQOFC_BAD_PORT;
    }
    ofp_reply_begin(&msgs, msg);
    size_t n = all ? for_each_port(&msgs, conn->ofproto, request->queue, add_stats) : add_stats(&msgs, port, request->queue);
    if (!n && request->queue != OFPQ_ALL) {
        ofp_msgs_destroy(&msgs);
        return OFPQOFC_BAD_QUEUE;
    }
    send_reply(conn, &msgs);
    return OFPERR_OK;
}

/* A rate in thousandths of the port's. */
static uint16_t share(uint64_t rate, uint64_t of)
{
    return !rate || !of ? OFP_QUEUE_RATE_NONE : (uint16_t) MIN(rate / MAX(of / 1000, UINT64_C(1)), UINT64_C(1000));
}

/* Adds what is configured. A port without queues has a queue 0 without limits: the one that packets are in which no action puts into
 * another. */
static size_t add_config(struct ofp_msgs *msgs, const struct ofport *port, uint32_t queue)
{
    static const struct ofproto_queue default_queue = { .dp.id = 0 };
    const struct port_limits *limits = port->limits;
    bool has_queues = limits && limits->n_queues;
    const struct ofproto_queue *queues = has_queues ? limits->queues : &default_queue;
    uint64_t rate = !limits ? 0 : limits->qos.rate ? limits->qos.rate : port->dp.speed_mbps * UINT64_C(1000000);
    size_t n = has_queues ? limits->n_queues : 1, n_added = 0;
    for (size_t i = 0; i < n; i++) {
        if (queue == OFPQ_ALL || queue == queues[i].dp.id) {
            const struct ofp_queue_config config = { port->no, queues[i].dp.id, share(queues[i].dp.min_rate, rate),
                                                     share(queues[i].dp.max_rate, rate) };
            ofp_reply_queue_config(msgs, &config);
            n_added++;
        }
    }
    return n_added;
}

enum ofp_error handle_queue_config(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofp_queue_config_request *request = &msg->u.queue_config_request;
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    bool all = request->port == OFPP_NONE;
    const struct ofport *port = all ? NULL : port_set_by_no(conn->ofproto->ports, request->port);
    if (!all && !port) {
        return OFPQOFC_BAD_PORT;
    }
    ofp_queue_config_reply_begin(&msgs, msg);
    size_t n = all ? for_each_port(&msgs, conn->ofproto, request->queue, add_config) : add_config(&msgs, port, request->queue);
    if (!n && request->queue != OFPQ_ALL) {
        ofp_msgs_destroy(&msgs);
        return port && port->limits && port->limits->n_queues ? NXQOFC_QUEUE_ERROR : OFPQOFC_BAD_QUEUE; /* as OVS */
    }
    send_reply(conn, &msgs);
    return OFPERR_OK;
}
