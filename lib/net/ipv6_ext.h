/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of IPv6 extension headers (RFC 8200 section 4), for the parser and for what rewrites a
 * parsed packet. */
#pragma once

#include "lib/net/flow.h"

enum { IPV6_EXT_MAX = 8 /* headers that are looked at */ };

enum ipv6_ext_result { IPV6_EXT_OK, IPV6_EXT_TRUNCATED, IPV6_EXT_TOO_MANY };

struct ipv6_ext {
    uint32_t ofs; /* in: of the first header behind the fixed one; out: of the L4 header */
    uint32_t next_ofs; /* out: of the byte that holds 'proto'; in a later fragment, of its fragment
                          header's */
    uint16_t seen;     /* out: FLOW_EXTHDR_* bits */
    uint8_t
        proto; /* in: its number; out: of the L4 header, or NW_PROTO_FRAGMENT in a later fragment */
    uint8_t frag;  /* out: FLOW_FRAG_* bits */
    bool rerouted; /* out: a routing header has segments left, so that the destination is not the
                      final one */
};

/* What came so far. */
struct ipv6_ext_order {
    int rank;       /* the last place in the recommended order: hop by hop, destination options,
                       routing, fragment, authentication, ESP, destination options */
    uint16_t met;   /* FLOW_EXTHDR_* bits, whatever the sequence */
    unsigned int n_dest;
};

/* Notes a header of the chain. */
static inline void ipv6_ext_note(struct ipv6_ext *ext, uint8_t proto, struct ipv6_ext_order *order)
{
    enum { HOP = 1, FIRST_DEST, ROUTER, FRAG, AUTH, ESP, LAST_DEST };
    uint16_t bit;
    int place;
    switch (proto) {
    case NW_PROTO_HOPOPTS:
        bit = FLOW_EXTHDR_HOP;
        place = order->rank ? 0 : HOP; /* anywhere but in front it is out of sequence */
        break;
    case NW_PROTO_DSTOPTS:
        bit = FLOW_EXTHDR_DEST;
        place = order->rank < FIRST_DEST ? FIRST_DEST : LAST_DEST;
        break;
    case NW_PROTO_ROUTING:
        bit = FLOW_EXTHDR_ROUTER;
        place = ROUTER;
        break;
    case NW_PROTO_FRAGMENT:
        bit = FLOW_EXTHDR_FRAG;
        place = FRAG;
        break;
    case NW_PROTO_AH:
        bit = FLOW_EXTHDR_AUTH;
        place = AUTH;
        break;
    default:
        bit = FLOW_EXTHDR_ESP;
        place = ESP;
    }
    bool again = bit == FLOW_EXTHDR_DEST ? order->n_dest++ >= 2 : order->met & bit;
    order->met |= bit;
    ext->seen |= (place ? bit : 0) | (again ? FLOW_EXTHDR_UNREP : 0) |
                 (place < order->rank ? FLOW_EXTHDR_UNSEQ : 0);
    order->rank = place > order->rank ? place : order->rank;
}

/* Walks the chain in 'data', of which 'limit' bytes may be read. */
static inline enum ipv6_ext_result ipv6_ext_walk(const uint8_t *data, uint32_t limit,
                                                 struct ipv6_ext *ext)
{
    struct ipv6_ext_order order = {0};
    ext->next_ofs = ext->ofs - IPV6_HEADER_LEN + offsetof(struct ipv6_header, next);
    ext->seen = 0;
    ext->frag = 0;
    ext->rerouted = false;
    for (int n = 0;; n++) {
        uint8_t proto = ext->proto;
        if (proto != NW_PROTO_HOPOPTS && proto != NW_PROTO_ROUTING && proto != NW_PROTO_DSTOPTS &&
            proto != NW_PROTO_AH && proto != NW_PROTO_FRAGMENT) {
            if (unlikely(proto == NW_PROTO_ESP)) {
                ipv6_ext_note(ext, proto, &order);
            } else if (unlikely(proto == NW_PROTO_NONE)) {
                ext->seen |= FLOW_EXTHDR_NONEXT;
            }
            return IPV6_EXT_OK;
        }
        if (n == IPV6_EXT_MAX) {
            return IPV6_EXT_TOO_MANY;
        }
        /* Each of these headers has at least 8 bytes; the first is the next one's number. */
        if (ext->ofs > limit || limit - ext->ofs < 8) {
            return IPV6_EXT_TRUNCATED;
        }
        const uint8_t *h = data + ext->ofs;
        uint32_t len = proto == NW_PROTO_FRAGMENT ? 8
                       : proto == NW_PROTO_AH     ? (h[1] + 2) * 4
                                                  : (h[1] + 1) * 8;
        if (len > limit - ext->ofs) {
            return IPV6_EXT_TRUNCATED;
        }
        ipv6_ext_note(ext, proto, &order);
        if (proto == NW_PROTO_ROUTING && h[3]) {
            ext->rerouted = true;
        }
        ext->next_ofs = ext->ofs;
        if (proto == NW_PROTO_FRAGMENT) {
            uint16_t frag = ntohs(get_be16(h + 2));
            if (frag & (IPV6_FRAG_OFF_MASK | IPV6_FRAG_MORE)) {
                ext->frag = FLOW_FRAG_ANY;
            }
            if (frag & IPV6_FRAG_OFF_MASK) {
                ext->frag |= FLOW_FRAG_LATER;
                return IPV6_EXT_OK;
            }
        }
        ext->proto = h[0];
        ext->ofs += len;
    }
}
