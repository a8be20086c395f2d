/* SPDX-License-Identifier: Apache-2.0 */
/* From a worker to the control program: the rings of one worker, one for each handler.
 *
 * Packets of one connection go to one handler, so that they keep their order. */
#pragma once

#include "datapath/upcall_ring.h"

struct worker;

enum { UPCALL_MAX_HANDLERS = 64 };

struct upcall_sink;

/* Main thread only. */

/* A sink with a new ring for each of the 'n' handlers, who wake up by 'bells' (the ringing ends;
 * the caller's). 0 or a positive errno. */
int upcall_sink_create(unsigned int n_handlers, const int *bells,
                       struct upcall_sink **) WARN_UNUSED;
void upcall_sink_destroy(struct upcall_sink *); /* no thread sees it; null is fine */
int upcall_sink_fd(const struct upcall_sink *, unsigned int handler); /* the ring's memfd */

/* The worker's own thread. */

/* Sends 'packet', which stays the caller's, to the control program; counts it as dropped if it
 * cannot be sent. The request's time is filled in here. */
void upcall_send(struct worker *, const struct upcall_request *);

/* Would misses of 'in_port' find room again, whichever handler they go to? True if there is no control program: then they are dropped, and
 * nothing is gained by waiting. */
bool upcall_has_room(const struct worker *, uint32_t in_port);

/* Shows the handlers what was sent, and wakes them. At the end of each burst. */
void upcall_flush(struct worker *);
