/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a port: how much may come in, how much may go out, and how much of that by each of its queues.
 *
 * A queue here does not hold packets back: it is token buckets and counters, and what exceeds them is dropped, as by a meter. That works
 * for every kind of port alike, costs no memory of packets and delays nobody; senders that adapt to loss share what there is.
 *
 * What leaves by a queue must fit into the queue's own bucket, and then either into its guaranteed one or into the port's. What goes by the
 * guarantee is paid from the port's bucket all the same, if need be by a debt: so the others get less, and the port's rate holds as long
 * as the guarantees come to less than it.
 *
 * A port's limits have a spin lock, taken once for a burst. The main thread changes them under it, so that counters and buckets of queues that
 * stay go on. The structure itself comes with the first limits, and stays with the port until it is freed. */
#pragma once

#include "datapath/client.h"

struct packet;
struct port_qos;

/* Main thread only. */

struct port_qos *port_qos_create(void);
void port_qos_destroy(struct port_qos *); /* no thread sees it; null is fine */

/* 0, or EINVAL for queues that are not in order, too many or too large. */
int port_qos_set(struct port_qos *, const struct dp_port_qos *, uint64_t now_ns) WARN_UNUSED;

/* The caller frees '*stats'. */
void port_qos_stats(struct port_qos *, struct dp_queue_stats **stats, size_t *n, uint64_t now_ns);

/* Any thread, in an RCU section. 'n' is at most BATCH_MAX. Both return a bitmap of the packets that exceed the limits. */
uint32_t port_qos_receive(struct port_qos *, uint64_t now_ns, struct packet *const *, unsigned int n);
uint32_t port_qos_send(struct port_qos *, uint64_t now_ns, struct packet *const *, unsigned int n);
