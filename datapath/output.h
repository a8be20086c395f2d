/* SPDX-License-Identifier: Apache-2.0 */
/* Packets out of ports: a queue per port and thread, flushed together; debts that a port cannot
 * take are paid here.
 *
 * A thread queues packets while it carries out the actions of a burst, and flushes before its next
 * quiescent state. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct packet;
struct worker;

/* Sends the packets out of port 'no'; takes over one reference of each. */
void output_packets(struct worker *, uint32_t no, struct packet *const *, unsigned int n);

/* Sends what is queued. */
void output_flush(struct worker *);

/* Calls the tx_done of ports that were sent to; before the thread's next quiescent state. */
void output_settle(struct worker *);
