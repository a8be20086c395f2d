/* SPDX-License-Identifier: Apache-2.0 */
/* To which of a tap device's queues the kernel gives a packet: the one that a hash of its addresses and ports says.
 *
 * Left to itself the kernel moves a flow to the queue by which packets of the other direction came last, whatever of it still waits in the
 * old one; packets of one flow then overtake each other. A program of our own is attached to devices with several queues instead. It has
 * the same hash in both directions, reads IPv4, IPv6, TCP, UDP and SCTP, and gives all else, as fragments of one packet, by the addresses
 * that there are.
 *
 * Main thread only. */
#pragma once

/* Loads the program. Needs CAP_BPF or CAP_SYS_ADMIN, so it comes before privileges are dropped. Without it taps work as the kernel has
 * it; that is logged. */
void tap_steering_init(void);

/* Attaches the program to the device behind a queue's descriptor, if it was loaded; detaches it. */
void tap_steering_attach(int tap_fd);
void tap_steering_detach(int tap_fd);
