/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of one TCP connection that came one behind the other, put together to the super-packet that they may have been.
 *
 * Only what segmentation (lib/net/segment.h) would cut again to the very same bytes is put together, and only what a router on the
 * way need not tell apart: all headers agree, options, ECN and the tunnel's metadata included; lengths are right and nothing pads the
 * packet; IPv4's identification counts up by one; all checksums are right, or owed; sequence numbers go on without a gap; all
 * segments are equally long but the last; PSH and FIN come with the last one; no SYN, RST, URG or CWR. No fragment, no IP
 * option, no extension header. */
#pragma once

#include "lib/net/packet.h"

/* A super-packet that may still grow. */
struct coalescer {
    struct packet *packet; /* the first segment, which gets all others */
    uint32_t l3_ofs, l4_ofs, headers_len; /* bytes from its data */
    uint32_t segment_len;  /* payload bytes of each segment but the last */
    uint32_t payload_len;  /* of all so far */
    uint32_t count;        /* segments */
    bool ipv6;
    bool closed;           /* nothing may follow */
    uint8_t *room;         /* of all segments but the first; null while there is but one */
    uint32_t room_size, used;
};

/* Begins with 'first', of which the caller holds the only reference. Parse offsets are not looked at. False if it is nothing that could be
 * put together with anything; what can but has nothing behind it is closed from the start. */
bool coalesce_start(struct coalescer *, struct packet *first) WARN_UNUSED;

/* Are both of one connection, in this direction? Then what follows the later one must not be added to the earlier one. */
bool coalesce_is_same_connection(const struct coalescer *, const struct coalescer *);

/* Would 'next' continue it, but for a wrong checksum? */
bool coalesce_suits(const struct coalescer *, const struct packet *next) WARN_UNUSED;

/* Gives the first packet 'room' of 'size' bytes for what follows; once, before the first coalesce_add(). What was in its tail is copied there, and the
 * tail given up: the caller frees it. False, and nothing changed, if there is not room enough or the first packet's checksum is wrong. */
bool coalesce_use_room(struct coalescer *, uint8_t *room, uint32_t size) WARN_UNUSED;

/* Appends the payload of 'next', which suits. False, and nothing changed, if its checksum is wrong or there is no room. 'next' is not
 * needed any more after it. */
bool coalesce_add(struct coalescer *, const struct packet *next) WARN_UNUSED;

/* Makes the packet's headers and debt true. No more calls. */
void coalesce_finish(struct coalescer *);
