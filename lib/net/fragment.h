/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting an IP packet into fragments (RFC 791 section 3.2, RFC 8200 section 4.5), as its source would.
 *
 *     struct fragmenter f;
 *     enum drop_reason reason = fragment_start(&f, packet, mtu, id);
 *     struct packet piece;
 *     while (fragment_next(&f, frame, frame_size, headroom, &piece)) {
 *         ... send 'piece' ...
 *     }
 *
 * Meant for outer packets of tunnels, which the switch itself makes; whoever may cut a packet is not decided here. What was in the packet's
 * head is copied to the caller's frame, what was in its tail is not: the piece's tail points to it, so the packet must stay as it is until its
 * pieces are gone. Nothing is taken from the heap. */
#pragma once

#include "lib/net/packet.h"
#include "lib/net/reason.h"

struct fragmenter {
    const struct packet *packet;
    uint32_t l3_ofs;      /* bytes from the packet's data */
    uint32_t payload_ofs; /* of what is cut */
    uint32_t payload_len;
    uint32_t headers_len; /* bytes in front of each fragment's payload */
    uint32_t chunk;       /* bytes of payload of all but the last, a multiple of 8 */
    uint32_t done;        /* bytes of payload in the fragments so far */
    uint32_t id;          /* IPv6's identification; IPv4's is the packet's */
    bool ipv6;
};

/* Prepares to cut 'packet', which was parsed and owes nothing, into IP packets of at most 'mtu' bytes. DROP_NONE, or DROP_MTU if it cannot be
 * cut: no IP, IPv4 with options or that must not be fragmented, a fragment, IPv6 with extension headers, an 'mtu' without room for 8 bytes. */
enum drop_reason fragment_start(struct fragmenter *, const struct packet *, uint32_t mtu, uint32_t id) WARN_UNUSED;

/* Bytes that the frame of each fragment needs behind its headroom. */
uint32_t fragment_frame_room(const struct fragmenter *);

/* Makes the next fragment in 'frame', whose first 'headroom' bytes stay free. False when none is left, or the frame is too small. */
bool fragment_next(struct fragmenter *, void *frame, uint32_t frame_size, uint32_t headroom, struct packet *piece) WARN_UNUSED;
