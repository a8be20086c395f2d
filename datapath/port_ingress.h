/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the packets of an attached device from the host's own network stack, which would otherwise
 * answer and forward them a second time.
 *
 * Packet sockets see a packet before the kernel's traffic control does, so a program there that
 * drops everything leaves the switch's view whole. It is attached by a link that lives as long as
 * its descriptor: when the datapath dies, however it dies, the device is the host's again.
 * (Linux 6.6 has such links. On older kernels a classifier on the device's clsact queue does the
 * same; it is taken away when the port is deleted, and stays if the datapath is killed, until its
 * next start.)
 *
 * Main thread only. */
#pragma once

#include "lib/base/compiler.h"

struct port_ingress;

/* Loads the program. Needs CAP_BPF or CAP_SYS_ADMIN, so it comes before privileges are dropped.
 * Without it devices are attached all the same, and a warning says what that means. */
void port_ingress_init(void);

/* Null if it cannot be done; that was logged. */
struct port_ingress *port_ingress_take(int ifindex);
void port_ingress_release(struct port_ingress *); /* null is fine */
