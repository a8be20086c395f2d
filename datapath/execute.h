/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying out a list of datapath actions on a group of packets.
 *
 * The loop over the actions is outside, the one over the packets inside. Copies are made late:
 * output and clone share the packet by reference, and an action that writes to a packet that others
 * hold takes a copy for itself first; the last output takes the packet as it is. */
#pragma once

#include <stddef.h>

struct packet;
struct worker;

/* Carries out the validated 'list' of 'size' bytes on 'n' packets, at most BATCH_MAX, that were
 * parsed; takes over one reference of each. What a packet sends goes to the worker's queues:
 * outputs, upcalls and recirculations are not flushed here. */
void execute_actions(struct worker *, struct packet *const *, unsigned int n, const void *list,
                     size_t size);
