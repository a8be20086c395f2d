/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a packet into a tunnel and taking it out again: what ACTION_TNL_PUSH and ACTION_TNL_POP do to its bytes and its debt.
 *
 * A debt stays that of the inner packet when outer headers come in front of it. An outer checksum is then computed from the headers
 * alone: the inner packet, once its own checksum is completed, sums up to what its pseudo-header says. A
 * super-packet is encapsulated whole; the outer headers of its segments are made when it is cut (lib/net/segment.h). */
#pragma once

#include "lib/net/action.h"
#include "lib/net/flow.h"
#include "lib/net/packet.h"
#include "lib/net/reason.h"
#include "lib/net/tunnel_header.h"

/* What is known of the tunnel that a packet came out of, as lines of its flow. */
struct packet_tunnel {
    struct flow_line line;       /* FLOW_LINE_TUNNEL */
    struct flow_line options[4]; /* FLOW_LINE_TUN_OPTS, as many as the line's tun_opts_len says; zeros behind the options */
};

/* A field of FLOW_LINE_TUNNEL in 'line'. */
#define TUNNEL_FIELD(line, field)                                                                  \
    (*(__typeof__(((struct flow *) 0)->field) *) (void *) ((line)->bytes + offsetof(struct flow, field) % FLOW_LINE_SIZE))

static inline unsigned int packet_tunnel_options_len(const struct packet_tunnel *t)
{
    return t->line.bytes[offsetof(struct flow, tun_opts_len) % FLOW_LINE_SIZE] * 4u;
}

/* Copies the tunnel's lines of a key, of which there is FLOW_LINE_TUNNEL. */
void packet_tunnel_from_flow(struct packet_tunnel *, const struct flow *key);

/* What a push takes from its thread and its port. */
struct tunnel_push {
    uint32_t hash;     /* of the inner connection */
    uint32_t sequence; /* of GRE */
    uint16_t ip_id;    /* of IPv4 if it may be fragmented */
};

/* The hash of a packet's connection, for push; keyed per process. */
uint32_t tunnel_hash(const struct flow *key);

/* The same of a packet's bytes. It is plain: IPv4 or IPv6 and its offsets set, no options, extension headers or fragment, and TCP, UDP or
 * GRE. */
uint32_t tunnel_hash_plain(const struct packet *);

enum { TUNNEL_SRC_PORT_MIN = 32768, TUNNEL_SRC_PORT_MAX = 60999 };

/* Encapsulates. The packet was parsed and has headroom for the header. DROP_NONE, or why it is to be dropped:
 * DROP_TUNNEL_DEPTH, DROP_TUNNEL_TOO_BIG, DROP_SEGMENTATION, DROP_ACTION_UNSUITED. */
enum drop_reason tunnel_push(struct packet *, const struct action_tnl_push *, const struct tunnel_push *) WARN_UNUSED;

/* Which tunnel headers a port takes. */
struct tunnel_kind_config {
    enum tunnel_kind kind;
    bool gbp; /* VXLAN: with the group policy extension, too */
};

/* Decapsulates; '*to' gets what is known of the tunnel and is then the packet's. The packet was parsed. The
 * outer lengths, version, flags and checksums are checked; what follows the outer packet's end is cut off. DROP_NONE, or why it is to be
 * dropped: DROP_TUNNEL_TRUNCATED, _CHECKSUM, _UNKNOWN, _OPTIONS, _FRAGMENT, or DROP_BAD_OFFLOAD. */
enum drop_reason tunnel_pop(struct packet *, const struct tunnel_kind_config *, struct packet_tunnel *to) WARN_UNUSED;

/* Where the headers of a plain packet are, as for tunnel_hash_plain(). */
struct tunnel_plain {
    uint16_t l3_ofs, l4_ofs; /* bytes */
    uint8_t version;         /* of IP */
    uint8_t proto;
};

/* The same for a plain packet whose offsets need not be set, but whose lengths hold; its IP packet ends at 'end'. */
enum drop_reason tunnel_pop_plain(struct packet *, const struct tunnel_kind_config *, const struct tunnel_plain *, uint32_t end,
                                  struct packet_tunnel *to) WARN_UNUSED;
