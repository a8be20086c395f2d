/* SPDX-License-Identifier: Apache-2.0 */
/* Packet sockets of a device of the kernel, with the virtio-net header: to send, and to receive.
 *
 * Several sockets that receive from one device form a group, in which the kernel gives each packet to one of them by a hash of its flow
 * that is the same in both directions: packets of one flow stay in order. A group cannot be bound to another device; there must be new
 * sockets.
 *
 * Main thread only; the descriptors themselves are any thread's. All functions: 0 or a positive errno. */
#pragma once

#include "lib/base/compiler.h"

/* A socket to which nothing comes until it is bound. '*fd' is -1 or must be closed, whatever the result. */
int packet_socket_open_rx(int *fd) WARN_UNUSED;
int packet_socket_open_tx(int *fd) WARN_UNUSED;

int packet_socket_bind_tx(int fd, int ifindex) WARN_UNUSED;

/* Binds 'n' sockets to the device, as a group if n > 1, and makes it promiscuous as long as the first one is bound. */
int packet_socket_bind_rx(const int *fds, unsigned int n, int ifindex) WARN_UNUSED;
