/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-ins on their way from the handlers to the main thread.
 *
 * Bounded in number and bytes, so that a flood of misses takes neither memory nor the main thread's time without limit: when it is full, packets of the
 * port that has the most in it are dropped and counted (ofproto/fair_queue.h). */
#pragma once

#include <stdint.h>

#include "lib/ofp/message.h"

struct loop;
struct packet_in_queue;

/* Called on the main thread for each, in the order in which they came from a port, ports in turn. */
typedef void packet_in_cb(void *aux, const struct ofp_packet_in *, uint16_t controller_id);

/* Main thread. */
struct packet_in_queue *packet_in_queue_create(struct loop *, packet_in_cb *, void *aux);
void packet_in_queue_destroy(struct packet_in_queue *); /* no other thread uses it any more; null is fine */

/* Any thread. Copies everything. */
void packet_in_queue_put(struct packet_in_queue *, const struct ofp_packet_in *, uint16_t controller_id);
