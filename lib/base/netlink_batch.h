/* SPDX-License-Identifier: Apache-2.0 */
/* What one read of a netlink socket brings: messages one behind the other, from the kernel or from who pretends to be it. */
#pragma once

#include <stddef.h>

#include <libmnl/libmnl.h>

#include "lib/base/compiler.h"

typedef void netlink_batch_fn(void *aux, const struct nlmsghdr *);

/* Calls 'cb' for each valid message in the 'n' bytes at 'data', which are aligned to 4 bytes. Any thread. Source: netlink(7). */
void netlink_batch_for_each(const void *data, size_t n, netlink_batch_fn *cb, void *aux);

/* Reads once from 'socket' into the 'size' bytes at 'buffer' (aligned to 4), and calls 'cb' for each message that came. What is not
 * the kernel's, or did not fit, is passed over with a warning in the log. Does not block. Returns 0 or a positive errno: EAGAIN
 * if there is nothing, ENOBUFS if messages were lost. By the socket's thread. */
int netlink_batch_receive(struct mnl_socket *socket, void *buffer, size_t size, netlink_batch_fn *cb, void *aux) WARN_UNUSED;
