/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program that takes packets off a device's receive queues to AF_XDP sockets.
 *
 * There is one program for all devices, and two maps that it looks into: from a device to a place, and
 * from the place and the queue's number to a socket. Packets of queues without a socket go on to the
 * host's stack. The program is attached by links that live as long as their descriptors: when the
 * datapath dies, however it dies, the devices are the host's again, and nothing is left behind.
 *
 * Main thread only. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

enum { XDP_MAX_DEVICES = 64, XDP_MAX_QUEUES = 16 };

/* Loads the program. Needs CAP_BPF or CAP_SYS_ADMIN, so it comes before privileges are dropped.
 * Without it there are no AF_XDP ports: xdp_program_attach() says why. */
void xdp_program_init(void);

/* Attaches the program to the device, in the driver or in the stack behind it ('generic'). Returns a
 * place, to be given back by xdp_program_detach(), or a negative errno: -EBUSY if somebody else's program is
 * attached, -EPERM if it could not be loaded. No packets come before a socket is set. */
int xdp_program_attach(int ifindex, bool generic);
void xdp_program_detach(int place);

/* Packets of queue 'q' go to the socket. 0 or a positive errno. */
int xdp_program_set_socket(int place, unsigned int q, int fd) WARN_UNUSED;
