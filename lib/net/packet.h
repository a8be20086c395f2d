/* SPDX-License-Identifier: Apache-2.0 */
/* A packet: its bytes, where its headers are, and what is still owed to it.
 *
 * Bytes lie in at most two pieces. The *head* is a buffer with headroom before the data, in which
 * all headers live and all rewriting happens. The *tail* holds the rest of a packet that is larger
 * than a head: it is only passed on, never parsed or changed, except by segmentation and
 * checksumming. Packets of up to PACKET_HEAD_SIZE bytes have no tail. A tail that is somebody
 * else's memory may itself lie in *pieces*: packet_read() and packet_sum() know them, everybody
 * else wants the tail at one place first.
 *
 * A packet may carry a *debt* of offloads, as a virtio-net header describes it (virtio 1.2
 * section 5.1.6.2): a partial checksum (the field at csum_start + csum_offset holds the
 * pseudo-header's sum, not complemented), and segmentation into pieces of gso_size payload bytes. A
 * port that cannot take the debt pays it in software first.
 *
 * A packet belongs to one thread at a time. */
#pragma once

#include <string.h>

#include "lib/base/compiler.h"
#include "lib/base/types.h"

enum {
    PACKET_HEADROOM = 192,   /* bytes before the data of a packet that was just received */
    PACKET_FRAME_SIZE = 2048, /* bytes of one frame of the arena, headroom included */
    PACKET_HEAD_SIZE = PACKET_FRAME_SIZE - PACKET_HEADROOM,
    PACKET_MAX_SIZE = 65535 + 14 + 8, /* an IP packet of the greatest size behind Ethernet and two VLAN tags */
};

/* Offload debts; the gso_type values are those of virtio_net_hdr. */
enum { PACKET_NEEDS_CSUM = 1, PACKET_CSUM_VALID = 2 };
enum { PACKET_GSO_NONE = 0, PACKET_GSO_TCPV4 = 1, PACKET_GSO_UDP = 3, PACKET_GSO_TCPV6 = 4,
       PACKET_GSO_UDP_L4 = 5, PACKET_GSO_ECN = 0x80 };

enum { PACKET_NO_OFFSET = 0xffff, PACKET_NO_KEY = 0xff };

enum { PACKET_MAX_ENCAPS = 2 /* tunnels in tunnels that one packet can be put into */ };

struct packet_tunnel;

/* Bytes of a tail, one piece behind the other; together they are at least as long as the tail. */
struct packet_piece {
    const uint8_t *base;
    uint32_t len;
};

struct packet {
    uint8_t *frame;     /* start of the head's buffer */
    uint8_t *data;      /* first byte of the packet */
    uint32_t head_len;  /* bytes from 'data' on in the head */
    uint32_t frame_size; /* bytes of the head's buffer */
    uint8_t *tail;      /* the rest, or null */
    uint32_t tail_len;  /* bytes */
    uint32_t in_port;   /* datapath port number */

    /* Set by parse_packet(); offsets from 'data' in bytes, PACKET_NO_OFFSET if there is none. */
    uint16_t l2_5_ofs; /* first MPLS label */
    uint16_t l3_ofs;
    uint16_t l4_ofs;
    uint16_t l2_pad;   /* bytes of Ethernet padding behind the IP packet */

    /* The debt. Offsets from 'data' in bytes. */
    uint8_t offload;     /* PACKET_NEEDS_CSUM, PACKET_CSUM_VALID */
    uint8_t gso_type;    /* PACKET_GSO_* */
    uint16_t gso_size;   /* payload bytes of a segment */
    uint16_t hdr_len;    /* bytes of headers in front of the payload, a hint */
    uint16_t csum_start;
    uint16_t csum_offset;

    /* Outer headers that were put in front of the packet: for each the offset of its IP header, the outermost last. The debt is still
     * that of the innermost packet, whose IP header is at inner_l3_ofs if the packet is to be segmented. */
    uint8_t n_encaps;
    uint16_t encap_ofs[PACKET_MAX_ENCAPS];
    uint16_t inner_l3_ofs;

    uint16_t frag_mtu; /* an IP packet that is longer is sent in fragments of at most so many bytes; 0: it must not be cut */

    uint8_t key_index; /* the datapath's: the place of the key that it was looked up with, in its burst, or PACKET_NO_KEY */

    /* Metadata that outlives a parse. */
    uint32_t recirc_id;
    uint32_t skb_priority;
    uint32_t pkt_mark;
    uint32_t dp_hash;
    uint32_t cutlen; /* bytes to cut at the next output; 0: none */
    const struct packet_piece
        *pieces; /* of the tail, which points to the first; null: it is at one place */
    struct packet_tunnel *tunnel; /* of the tunnel that it came out of, see lib/net/tunnel.h; null: none */
};

static inline uint32_t packet_len(const struct packet *p)
{
    return p->head_len + p->tail_len;
}

static inline uint32_t packet_headroom(const struct packet *p)
{
    return p->data - p->frame;
}

/* Uses 'frame' of 'frame_size' bytes, of which 'len' bytes from 'headroom' on are the packet. They must start at an even address. No
 * tail, no debt, no metadata. */
static_assert(sizeof(struct packet) > CACHE_LINE_SIZE, "packet_use() clears it in two parts");
static inline void packet_use(struct packet *p, void *frame, uint32_t frame_size, uint32_t headroom, uint32_t len)
{
    /* Line by line: compilers clear so much at once by a string instruction, whose start costs more than all stores. */
    memset(p, 0, CACHE_LINE_SIZE);
    memset((uint8_t *)p + CACHE_LINE_SIZE, 0, sizeof *p - CACHE_LINE_SIZE);
    p->frame = frame;
    p->data = (uint8_t *)frame + headroom;
    p->head_len = len;
    p->frame_size = frame_size;
    p->l2_5_ofs = p->l3_ofs = p->l4_ofs = PACKET_NO_OFFSET;
}

/* Moves the start of the data back (push) or forth (pull) by 'n' bytes, and all offsets with it. push returns false, and does
 * nothing, if there is no room; pull if the head is shorter. */
bool packet_push(struct packet *, uint32_t n) WARN_UNUSED;
bool packet_pull(struct packet *, uint32_t n) WARN_UNUSED;

/* Cuts the packet to 'len' bytes if it is longer. */
void packet_truncate(struct packet *, uint32_t len);

/* Copies 'n' bytes from offset 'ofs' on, across head and tail. False if the packet is shorter. */
bool packet_read(const struct packet *, uint32_t ofs, void *to, uint32_t n) WARN_UNUSED;

static inline void *packet_l3(const struct packet *p)
{
    return p->l3_ofs == PACKET_NO_OFFSET ? NULL : p->data + p->l3_ofs;
}

static inline void *packet_l4(const struct packet *p)
{
    return p->l4_ofs == PACKET_NO_OFFSET ? NULL : p->data + p->l4_ofs;
}

/* The running sum (lib/net/csum.h) of the packet's bytes from 'start', an offset in the head, to 'end'. */
uint32_t packet_sum(const struct packet *, uint32_t start, uint32_t end);

/* Pays the checksum debt in software: head and tail are summed, the field is written. Does nothing without debt. A start or
 * offset outside the head drops the debt (returns false), so that a hostile header cannot make Weft write elsewhere. */
bool packet_complete_csum(struct packet *) WARN_UNUSED;
