/* SPDX-License-Identifier: Apache-2.0 */
/* Several datagrams of one UDP tunnel as one packet: a *bundle* is a super-packet of type UDP_L4, each segment of which is an outer
 * datagram with a segment of an inner super-packet in it.
 *
 * The kernel's packet sockets and taps, NICs and guests know no super-packet that is in a tunnel, but all of them know datagrams of
 * one length in a row. So such a packet leaves the switch cut inside and whole outside: one call, one pass through the
 * kernel, one packet for a peer that takes it whole. Every segment's own checksums are complete; that of the outer UDP is owed for
 * the whole bundle, as virtio wants it, so that the datagrams have one even if the tunnel has none configured. A receiver has to
 * accept that (RFC 7348 section 5, RFC 8926 section 3.3).
 *
 * The way back: segment_start() cuts a bundle to datagrams, and lib/net/coalesce.h puts together what comes out of these. */
#pragma once

#include "lib/net/segment.h"

struct bundler {
    struct segmenter segmenter;
    uint32_t l3_ofs, l4_ofs; /* of the outermost headers, bytes from the packet's data */
    uint32_t per_bundle;     /* segments of each bundle; of the last one fewer */
};

/* Bytes of a bundle that do not go to its frame are at most so many. */
enum { BUNDLE_ROOM = 65536 };

/* Prepares to make bundles of a super-packet that was put into tunnels, the outermost one over UDP. False if it is none, or cannot be
 * cut, or no two segments of it fit into one bundle. */
bool bundle_start(struct bundler *, const struct packet *) WARN_UNUSED;

/* How many bundles there will be. */
uint32_t bundle_count(const struct bundler *);

/* Makes the next one, of the outermost headers in 'frame' of at least PACKET_FRAME_SIZE bytes behind PACKET_HEADROOM, and of the rest in 'room' of
 * BUNDLE_ROOM bytes, which becomes its tail. It owes the outer checksum. A bundle of one segment is not to be segmented. False when none is left. */
bool bundle_next(struct bundler *, void *frame, void *room, struct packet *bundle) WARN_UNUSED;
