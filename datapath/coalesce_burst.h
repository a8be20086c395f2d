/* SPDX-License-Identifier: Apache-2.0 */
/* What came out of tunnels as segments goes on as super-packets: what lib/net/coalesce.h puts together of one burst.
 *
 * A device may put together what it receives, but not what is in a tunnel, so here is the first place where it can be
 * done. Each packet that goes on saves the receiver, and what is between, all that is paid for by the packet. Packets of one connection
 * stay in order. */
#pragma once

#include "lib/base/compiler.h"

struct frame_cache;
struct packet;

/* Puts together what can be of 'n' packets, each of which the caller holds the only reference to. Returns how many are left. Short packets cost
 * one compare. */
unsigned int coalesce_burst(struct frame_cache *, struct packet **packets, unsigned int n) WARN_UNUSED;
