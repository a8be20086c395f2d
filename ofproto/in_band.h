/* SPDX-License-Identifier: Apache-2.0 */
/* In-band control: the way to controllers and managers that are reached through the switch itself stays open, whatever its flows say.
 *
 * Hidden flows of table 0, above every priority that a controller can give, forward as NORMAL does:
 *
 *   180000  DHCP requests of the local port
 *   180001  ARP replies to the local port              180002  ARP requests from it
 *   180003  ARP replies to the next hop's address      180004  ARP requests from it, for each remote
 *   180005  ARP replies to the remote                  180006  ARP requests from it
 *   180007  TCP to the remote                          180008  TCP from it
 *
 * DHCP replies from elsewhere reach the local port in addition to what flows do with them (ofproto/xlate_in_band.c). (The numbers are OVS's.) For remotes of IPv6, neighbour solicitations and advertisements stand in ARP's place. The next hops are what the
 * kernel's routes and neighbours say, and are asked for again from time to time. Without remotes there are no flows. Main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct connmgr;
struct in_band;
struct ofproto;

/* The managers' targets, which every bridge with in-band control keeps a way open to; others than "tcp:" and "ssl:" are passed over. */
void in_band_set_managers(const char *const *targets, size_t n);

struct in_band *in_band_create(struct connmgr *);
void in_band_destroy(struct in_band *); /* null is fine; the flows stay */

/* The targets of the controllers that are to be reached this way; and what the bridge's configuration says changed. */
void in_band_update(struct in_band *, const char *const *targets, size_t n);

/* All flows were removed. */
void in_band_flushed(struct in_band *);
