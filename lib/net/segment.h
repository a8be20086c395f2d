/* SPDX-License-Identifier: Apache-2.0 */
/* Software segmentation: pays the debt of a super-packet at a port that cannot.
 *
 *     struct segmenter s;
 *     enum drop_reason reason = segment_start(&s, packet);
 *     struct packet piece;
 *     while (segment_next(&s, frame, frame_size, headroom, &piece)) {
 *         ... send 'piece' ...
 *     }
 *
 * Takes TCP over IPv4 and IPv6 and UDP_L4 (payload of gso_size bytes per datagram), behind any VLAN
 * tags, MPLS labels and an I-TAG, and in tunnels. Every piece has the headers of the packet, with lengths, IPv4
 * identification, TCP sequence number and flags (CWR on the first piece only, FIN and PSH on the
 * last only) of its own; and outer headers with lengths, IPv4 identification, GRE sequence number and outer
 * checksums of its own. Nothing is taken from the heap.
 *
 * A piece's headers, and payload that was in the packet's head, are copied to the caller's frame.
 * Payload that was in the packet's tail is not: the piece's tail points to it. So the packet must
 * stay as it is until its pieces are gone. */
#pragma once

#include "lib/net/packet.h"
#include "lib/net/reason.h"

/* What a super-packet comes to on the wire: the bytes of its longest segment, and how many there are. Of
 * any other packet its length, and 1. The packet was parsed or has its checksum to be completed; nothing that it
 * says about itself is believed beyond its bytes. */
uint32_t segment_max_len(const struct packet *);
uint32_t segment_count(const struct packet *);

/* Finds the IP header that the debt of a super-packet is about, also behind an I-TAG and in a tunnel that somebody else put it
 * into, and sets its inner_l3_ofs, n_encaps and encap_ofs. False if it is not to be found. */
bool segment_locate(struct packet *) WARN_UNUSED;

struct segmenter {
    const struct packet *packet;
    uint32_t l3_ofs, l4_ofs; /* bytes from the packet's data */
    uint32_t headers_len;    /* bytes in front of the payload */
    uint32_t payload_len;    /* bytes of the whole packet's payload, L2 padding left out */
    uint32_t done;           /* bytes of payload in the pieces so far */
    uint32_t index;          /* of the next piece */
    uint32_t lead;           /* bytes of payload that each piece has in its own head at least; the caller may set it */
    uint32_t count;          /* of all pieces */
    bool ipv6;
    bool udp;

    /* Outer headers: for each the offset of its IP header, the outermost last. */
    uint8_t n_encaps;
    uint16_t encap_ofs[PACKET_MAX_ENCAPS];
};

enum {
    SEGMENT_MAX_PIECES = 1400 /* more would have a smaller payload than any TCP agrees to; a guest
                                 could multiply its work */
};

/* Prepares to cut 'packet', which parse_packet() has seen. DROP_NONE, or DROP_SEGMENTATION if it
 * cannot be cut: no or unknown gso_type, gso_size 0 or so small that there would be more than
 * SEGMENT_MAX_PIECES, headers that do not agree with it, a fragment, an IPv6 source route. */
enum drop_reason segment_start(struct segmenter *, const struct packet *) WARN_UNUSED;

/* Bytes that the frame of each piece needs behind its headroom: at most the length of the packet's
 * head, or of the headers and 'lead'. */
uint32_t segment_frame_room(const struct segmenter *);

/* Makes the next piece in 'frame', whose first 'headroom' bytes stay free. The piece owes its L4
 * checksum (PACKET_NEEDS_CSUM); a port that cannot compute it calls packet_complete_csum(). False
 * when no piece is left, or the frame is too small. */
bool segment_next(struct segmenter *, void *frame, uint32_t frame_size, uint32_t headroom,
                  struct packet *piece) WARN_UNUSED;
