/* SPDX-License-Identifier: Apache-2.0 */
/* The socket to a front-end: whole messages in, answers out.
 *
 * Bytes come in any pieces, descriptors in any number; of both only so much is kept as one message
 * may have. Nothing here waits. Main thread only. */
#pragma once

#include "datapath/vhost_message.h"

struct vhost_channel {
    int fd;      /* -1: none; owned */
    size_t n_in; /* bytes of 'in' that came */
    struct vhost_message in;
};

void vhost_channel_init(struct vhost_channel *, int fd); /* takes the descriptor over */
void vhost_channel_close(struct vhost_channel *);

/* 0 with a message, whose descriptors are the caller's to take or close, in channel->in; EAGAIN if
 * none is there yet; ECONNRESET if the front-end left; EPROTO, with a sentence in '*why', for what
 * is no message. */
int vhost_channel_receive(struct vhost_channel *, const char **why) WARN_UNUSED;

/* Sends an answer with a descriptor (-1: none), which stays the caller's. 0 or a positive errno. */
int vhost_channel_send(struct vhost_channel *, const struct vhost_message *, int fd) WARN_UNUSED;
