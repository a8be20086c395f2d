/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of IP packets for this host, until they are whole (RFC 791, RFC 8200 section 4.5, RFC 5722, RFC 3168 section 5.3).
 *
 * Tunnels need it: a peer whose outer packets do not fit its path, and that may cut them, does so, and only the first fragment has a tunnel
 * header. Fragments of one packet may come to different threads, so the datapath has one store for all.
 *
 * What it holds is bounded: sets of a few datagrams each, chosen by a keyed hash, with a lock of its own that is held while one fragment is
 * copied. A datagram in the making has one tail of the arena and a bitmap of the 8-byte blocks that came. A set that is full gives up its oldest
 * datagram for a new one; what is not whole after REASSEMBLY_TIMEOUT_MS is given up when the next fragment comes to its set.
 *
 * Given up, and counted as DROP_TUNNEL_FRAGMENT, are: datagrams whose fragments overlap, disagree about the end or about congestion, or
 * go beyond the longest IP packet; fragments with IP options, extension headers other than their own, a wrong header checksum or an offload debt. A
 * fragment that comes twice counts once. */
#pragma once

#include "datapath/arena.h"

enum { REASSEMBLY_SETS = 16, REASSEMBLY_WAYS = 4, REASSEMBLY_TIMEOUT_MS = 2000 };

struct reassembly;

/* Main thread. The arena that tails are taken from outlives it. */
struct reassembly *reassembly_create(void) WARN_UNUSED;
void reassembly_destroy(struct reassembly *); /* null is fine; what it holds goes with the arena */

/* Any thread. Takes the caller's reference to a fragment that was parsed. The whole packet, if this was what it lacked: a reference, the only
 * one, which may be cut again where it does not fit (frag_mtu). Else null. */
struct packet *reassembly_add(struct reassembly *, struct frame_cache *, struct packet *, int64_t now_ms) WARN_UNUSED;
