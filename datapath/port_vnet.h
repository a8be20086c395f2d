/* SPDX-License-Identifier: Apache-2.0 */
/* The virtio-net header with which tap devices and packet sockets tell of a packet's offload debt,
 * and the rx side that they share.
 *
 * Source: virtio 1.2 section 5.1.6; the legacy layout of ten bytes in host order, which the kernel
 * uses unless told otherwise. */
#pragma once

#include <sys/uio.h>

#include "datapath/arena.h"
#include "datapath/port.h"
#include "lib/net/packet.h"

struct vnet_hdr {
    uint8_t flags;    /* 1: needs checksum, 2: checksum is valid */
    uint8_t gso_type; /* PACKET_GSO_* */
    uint16_t hdr_len, gso_size, csum_start, csum_offset;
};
static_assert(sizeof(struct vnet_hdr) == 10, "virtio 1.2 section 5.1.6.1, without num_buffers");
static_assert(PACKET_NEEDS_CSUM == 1 && PACKET_CSUM_VALID == 2, "as the flags of virtio");

/* The core checks the debt before it believes it. */
static inline void vnet_to_packet(const struct vnet_hdr *hdr, struct packet *p)
{
    p->offload = hdr->flags & (PACKET_NEEDS_CSUM | PACKET_CSUM_VALID);
    p->gso_type = hdr->gso_type;
    p->gso_size = hdr->gso_size;
    p->hdr_len = hdr->hdr_len;
    p->csum_start = hdr->csum_start;
    p->csum_offset = hdr->csum_offset;
}

static inline void vnet_from_packet(struct vnet_hdr *hdr, const struct packet *p)
{
    *hdr = (struct vnet_hdr) { 0 };
    if (p->offload & PACKET_NEEDS_CSUM) {
        hdr->flags = PACKET_NEEDS_CSUM;
        hdr->csum_start = p->csum_start;
        hdr->csum_offset = p->csum_offset;
    }
    if (p->gso_type != PACKET_GSO_NONE) {
        hdr->gso_type = p->gso_type;
        hdr->gso_size = p->gso_size;
        hdr->hdr_len = MIN(p->hdr_len, packet_len(p));
    }
}

/* The pieces of a packet, at 'iov', which has room for two; returns how many. */
static inline unsigned int vnet_iov(struct iovec *iov, const struct packet *p)
{
    iov[0] = (struct iovec) { p->data, p->head_len };
    iov[1] = (struct iovec) { p->tail, p->tail_len };
    return p->tail_len ? 2 : 1;
}

/* Where the kernel puts the rest of a super-packet when there is no tail for it: written by any
 * thread, read by none. */
extern uint8_t port_vnet_sink[ARENA_TAIL_SIZE];

/* Gives 'packet' the 'n' bytes that were received into its head and, if there are more than fit
 * there, '*tail', which it then owns. False if there is no tail for them. */
static inline bool vnet_fill(struct packet *p, uint32_t n, uint8_t **tail)
{
    p->head_len = MIN(n, PACKET_HEAD_SIZE);
    if (n > PACKET_HEAD_SIZE) {
        if (!*tail) {
            return false;
        }
        p->tail = *tail;
        p->tail_len = n - PACKET_HEAD_SIZE;
        *tail = NULL;
    }
    return true;
}

/* Does the kernel know UDP segmentation in this header (Linux 6.2)? Main thread, or after its first
 * call. */
bool port_vnet_kernel_has_uso(void);

/* The features of a device that the kernel feeds through this header: it does in software what the
 * device lacks. */
static inline uint32_t port_vnet_tx_features(void)
{
    return PORT_TX_GATHER | PORT_TX_CSUM | PORT_TX_TSO4 | PORT_TX_TSO6 | PORT_TX_TSO_ECN |
           (port_vnet_kernel_has_uso() ? PORT_TX_USO : 0);
}
