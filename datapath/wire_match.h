/* SPDX-License-Identifier: Apache-2.0 */
/* What a megaflow matches, said of the first bytes of a packet instead of its key: a packet whose bytes agree is known to match
 * without being parsed.
 *
 * It is made from a megaflow and one packet that matches it, and stands for packets that are built like that one: Ethernet, one VLAN
 * tag or none, IPv4 without options or IPv6 without extension headers, no fragment, and TCP, UDP or GRE. Of such packets
 * each field that the parser fills is at a fixed place, and all others are 0; so the bits of the megaflow's mask become
 * bits of the packet, next to those that say how it is built. What is no bit of a header - that lengths hold - is looked at
 * for each packet, as the parser would.
 *
 * Invariant: if wire_match_lengths() and the compare of line_ops.h say yes, parse_packet() would say PARSE_OK and the
 * megaflow would match the key. They may say no to packets that match.
 *
 * Only for packets whose metadata is that of a packet just received or just decapsulated: recirculation id, priority, mark and hash
 * are 0, and in_port is that of the packet it was made from. */
#pragma once

#include "lib/net/headers.h"
#include "lib/net/tunnel.h"

struct flow;
struct line_mask;

/* Where the headers of packets are that are built alike; all in bytes from the packet's data. */
struct wire_place {
    struct tunnel_plain headers;
    uint16_t len_ofs;  /* where IP says how long it is */
    uint16_t len_base; /* what that does not count */
    uint16_t min_end;  /* where the headers end; in TCP, if there are no options */
};

struct wire_match {
    struct flow_line mask, value;               /* of the first 64 bytes */
    struct flow_line tunnel_mask, tunnel_value; /* of FLOW_LINE_TUNNEL, if 'tunnel' */
    struct wire_place place;
    bool tunnel; /* for packets that came out of one */
};

enum { WIRE_MATCH_READS = 80 /* bytes of the frame that are read, whether they are the packet's or not */ };

/* Makes what 'mask' matches in packets that are built like 'packet', which was parsed to 'key' without error. False if that
 * cannot be said so. */
bool wire_match_make(struct wire_match *, const struct line_mask *mask, const struct packet *packet,
                     const struct flow *key) WARN_UNUSED;

static inline bool wire_match_can_read(const struct packet *p)
{
    return (size_t) (p->frame + p->frame_size - p->data) >= WIRE_MATCH_READS;
}

/* Where the IP packet ends, which may be wrong. */
static inline uint32_t wire_match_end(const struct wire_place *at, const struct packet *p)
{
    return at->headers.l3_ofs + at->len_base + ntohs(get_be16(p->data + at->len_ofs));
}

/* Do lengths hold, if the packet is built so? */
static inline bool wire_match_lengths(const struct wire_place *at, const struct packet *p)
{
    uint32_t end = wire_match_end(at, p), limit = MIN(end, p->head_len);
    /* Without branches: they would be taken at random. */
    unsigned int ok = (unsigned int) (end <= packet_len(p)) & (unsigned int) (limit >= at->min_end);
    if (at->headers.proto == NW_PROTO_TCP) {
        uint32_t tcp_len = (p->data[at->headers.l4_ofs + offsetof(struct tcp_header, ctl)] >> 4) * 4u;
        ok &= (unsigned int) (tcp_len >= TCP_HEADER_LEN) & (unsigned int) (at->headers.l4_ofs + tcp_len <= limit);
    }
    return ok;
}

/* Sets the packet's offsets as the parser would; it matches. */
static inline void wire_match_place(const struct wire_place *at, struct packet *p)
{
    p->l2_5_ofs = PACKET_NO_OFFSET;
    p->l3_ofs = at->headers.l3_ofs;
    p->l4_ofs = at->headers.l4_ofs;
    p->l2_pad = MIN(packet_len(p) - wire_match_end(at, p), UINT16_MAX);
}

/* Of a TCP packet that matches, as in its key. */
static inline uint32_t wire_match_tcp_flags(const struct wire_place *at, const struct packet *p)
{
    return ntohs(get_be16(p->data + at->headers.l4_ofs + offsetof(struct tcp_header, ctl))) & TCP_FLAGS_MASK;
}
