/* SPDX-License-Identifier: Apache-2.0 */
/* One AF_XDP socket: a receive and a transmit queue of a device, on frames of the packet arena.
 *
 * The arena is the socket's memory (UMEM). Received packets stay where the kernel put them: for each one
 * that is taken over, another free frame goes to the kernel; when there is none the packet is dropped and its
 * own frame goes back, so that the kernel never runs out. What is sent is copied to frames that the queue
 * keeps for it, because a packet belongs to one thread, and the kernel lets go of it any time later.
 *
 * One thread at a time receives; any threads send, one after the other: a device with a transmit queue for
 * each forwarding thread lets none of them wait. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/net/reason.h"

struct batch;
struct frame_cache;
struct packet;
struct xdp_queue;

enum { XDP_QUEUE_MIN_DESC = 64, XDP_QUEUE_MAX_DESC = 4096, XDP_QUEUE_MAX_PACKET = 1792 };

struct xdp_queue_config {
    const char *device;
    unsigned int q;
    unsigned int n_rx, n_tx; /* descriptors: powers of two from MIN_DESC to MAX_DESC */
    bool zero_copy;
    bool need_wakeup; /* the kernel says when it is to be woken up */
};

/* Main thread. */

/* Takes the frames that it needs from 'frames'. 0 or a positive errno: ENOBUFS if there are not enough, EINVAL
 * for a queue that the device has not, EOPNOTSUPP for what its driver cannot do. */
int xdp_queue_open(const struct xdp_queue_config *, struct frame_cache *frames,
                   struct xdp_queue **) WARN_UNUSED;
void xdp_queue_close(struct xdp_queue *, struct frame_cache *frames); /* no thread uses it; null is fine */
int xdp_queue_fd(const struct xdp_queue *); /* readable when packets wait */

/* As rx and tx of struct port_ops. '*n_lost' is increased by the packets for which there was no frame. */
unsigned int xdp_queue_rx(struct xdp_queue *, struct frame_cache *, struct batch *, unsigned int max,
                          unsigned int *n_lost);
unsigned int xdp_queue_tx(struct xdp_queue *, struct packet *const *, unsigned int n,
                          enum drop_reason *why);
