/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a burst through the switch: parse, look up, act, send.
 *
 * Packets of flows that were met just before on the port are taken out first, without being parsed (datapath/shortcut.h).
 * Each stage is a loop over the whole burst, so that the cache misses of one packet overlap with
 * the work on others: parse all and hash all, prefetch buckets; search all tags, prefetch flows;
 * compare all; carry out the actions flow by flow; then flush upcalls and outputs. Packets that
 * recirculate wait for the end of the burst and go through the same stages again, at most
 * WORKER_MAX_RECIRCS times. */
#pragma once

#include <stddef.h>

struct batch;
struct packet;
struct port_entry;
struct worker;

/* The worker's own thread. */

/* Forwards a burst that arrived on a port, and sends what comes of it. Takes over the packets; the batch is empty
 * afterwards. */
void pipeline_receive(struct worker *, const struct port_entry *, struct batch *);

/* After one or more of these, and before the next quiescent state: lets ports tell their receivers. */
void pipeline_settle(struct worker *);

/* Carries out validated actions on a packet, with its recirculations. Takes over the packet. What is to
 * be sent waits for the flush, which also settles. */
void pipeline_execute(struct worker *, struct packet *, const void *actions, size_t size);
void pipeline_flush(struct worker *);
