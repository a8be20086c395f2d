/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between packets and guests' memory. */
#include "datapath/vhost_chain.h"

#include <string.h>

#include "datapath/arena.h"

bool vhost_chain_add(struct vhost_chain *c, const struct vhost_memory *memory, uint64_t addr,
                     uint32_t len)
{
    if (len > VHOST_BUFFER_MAX - c->len) {
        return false;
    }
    while (len) {
        uint32_t n = len;
        uint8_t *p = vhost_memory_at(memory, addr, &n);
        if (!p || c->n == VHOST_MAX_SEGS) {
            return false;
        }
        c->segs[c->n++] = (struct vhost_seg){p, n, addr};
        c->len += n;
        addr += n;
        len -= n;
    }
    return true;
}

void vhost_chain_copy_from(const struct vhost_chain *c, uint32_t from, void *to, uint32_t n)
{
    uint8_t *p = to;
    for (const struct vhost_seg *s = c->segs; n; s++) {
        if (from >= s->len) {
            from -= s->len;
            continue;
        }
        uint32_t part = MIN(n, s->len - from);
        memcpy(p, s->base + from, part);
        p += part;
        n -= part;
        from = 0;
    }
}

void vhost_chain_copy_to(const struct vhost_chain *c, uint32_t to, const void *from, uint32_t n)
{
    const uint8_t *p = from;
    for (const struct vhost_seg *s = c->segs; n; s++) {
        if (to >= s->len) {
            to -= s->len;
            continue;
        }
        uint32_t part = MIN(n, s->len - to);
        memcpy(s->base + to, p, part);
        p += part;
        n -= part;
        to = 0;
    }
}

static void put_pieces(const struct vhost_chain *c, uint32_t to, const struct packet_piece *piece,
                       uint32_t ofs, uint32_t n)
{
    for (; n; piece++) {
        if (ofs >= piece->len) {
            ofs -= piece->len;
            continue;
        }
        uint32_t part = MIN(n, piece->len - ofs);
        vhost_chain_copy_to(c, to, piece->base + ofs, part);
        to += part;
        n -= part;
        ofs = 0;
    }
}

void vhost_chain_put_packet(const struct vhost_chain *c, uint32_t to, const struct packet *p,
                            uint32_t ofs, uint32_t n)
{
    uint32_t in_head = ofs < p->head_len ? MIN(n, p->head_len - ofs) : 0;
    if (in_head) {
        vhost_chain_copy_to(c, to, p->data + ofs, in_head);
    }
    if (n > in_head && !p->pieces) {
        vhost_chain_copy_to(c, to + in_head, p->tail + (ofs + in_head - p->head_len), n - in_head);
    } else if (n > in_head) {
        put_pieces(c, to + in_head, p->pieces, ofs + in_head - p->head_len, n - in_head);
    }
}

/* The core checks that offsets lie in the packet. Of the flags only the debt is a guest's to set.
 */
bool vhost_chain_apply_header(const struct vhost_ring *ring, const struct vhost_net_hdr *h,
                              struct packet *p)
{
    uint64_t f = ring->features;
    if (likely(!(h->flags & PACKET_NEEDS_CSUM) && h->gso_type == PACKET_GSO_NONE)) {
        return true;
    }
    bool allowed;
    switch (h->gso_type & ~PACKET_GSO_ECN) {
    case PACKET_GSO_NONE:
        allowed = true;
        break;
    case PACKET_GSO_TCPV4:
        allowed = vhost_has(f, VIRTIO_F_HOST_TSO4);
        break;
    case PACKET_GSO_TCPV6:
        allowed = vhost_has(f, VIRTIO_F_HOST_TSO6);
        break;
    default:
        allowed = false;
        break;
    }
    if (!allowed || !vhost_has(f, VIRTIO_F_CSUM) ||
        (h->gso_type & PACKET_GSO_ECN && !vhost_has(f, VIRTIO_F_HOST_ECN))) {
        return false;
    }
    p->offload = h->flags & PACKET_NEEDS_CSUM;
    p->gso_type = h->gso_type;
    p->gso_size = h->gso_size;
    p->hdr_len = h->hdr_len;
    p->csum_start = h->csum_start;
    p->csum_offset = h->csum_offset;
    return true;
}

struct vhost_hdr_words vhost_chain_debt(const struct vhost_ring *ring, const struct packet *p)
{
    enum { GSO_TYPE = 8, HDR_LEN = 16, GSO_SIZE = 32, CSUM_START = 48 }; /* bits */
    struct vhost_hdr_words w = {0, 0};
    if (p->offload & PACKET_NEEDS_CSUM) {
        w.first = PACKET_NEEDS_CSUM | (uint64_t)p->csum_start << CSUM_START;
        w.csum_offset = p->csum_offset;
    } else if (vhost_has(ring->features, VIRTIO_F_GUEST_CSUM)) {
        w.first = p->offload & PACKET_CSUM_VALID;
    }
    if (p->gso_type != PACKET_GSO_NONE) {
        w.first |= (uint64_t)p->gso_type << GSO_TYPE | (uint64_t)p->gso_size << GSO_SIZE |
                   (uint64_t)MIN(p->hdr_len, packet_len(p)) << HDR_LEN;
    }
    return w;
}

/* The bytes behind the header, which is 'ofs' bytes long. False if there is no tail for them. */
static bool fill(struct packet *p, struct frame_cache *frames, const struct vhost_chain *c,
                 uint32_t ofs)
{
    uint32_t n = c->len - ofs;
    p->head_len = MIN(n, PACKET_HEAD_SIZE);
    vhost_chain_copy_from(c, ofs, p->data, p->head_len);
    if (n > PACKET_HEAD_SIZE) {
        p->tail = frame_cache_get_tail(frames);
        if (!p->tail) {
            return false;
        }
        p->tail_len = n - PACKET_HEAD_SIZE;
        vhost_chain_copy_from(c, ofs + PACKET_HEAD_SIZE, p->tail, p->tail_len);
    }
    return true;
}

struct packet *vhost_chain_to_packet(const struct vhost_ring *ring, struct frame_cache *frames,
                                     const struct vhost_chain *c, struct vhost_faults *faults)
{
    struct vhost_net_hdr hdr;
    if (c->len <= ring->hdr_len || c->len - ring->hdr_len > PACKET_MAX_SIZE) {
        faults->n_bad++;
        return NULL;
    }
    struct packet *p = frame_cache_get(frames);
    if (!p) {
        frame_cache_count_drops(frames, DROP_NO_BUFFER, 1);
        faults->n_no_room++;
        return NULL;
    }
    vhost_chain_copy_from(c, 0, &hdr, ring->hdr_len);
    if (!vhost_chain_apply_header(ring, &hdr, p)) {
        frame_cache_drop(frames, p, DROP_BAD_OFFLOAD);
        faults->n_bad++;
        return NULL;
    }
    if (!fill(p, frames, c, ring->hdr_len)) {
        frame_cache_drop(frames, p, DROP_NO_BUFFER);
        faults->n_no_room++;
        return NULL;
    }
    return p;
}

void vhost_log_write(const struct vhost_log *log, uint64_t addr, uint64_t n)
{
    uint64_t page = addr / VHOST_LOG_PAGE;
    uint64_t last = (addr + n - 1) / VHOST_LOG_PAGE;
    for (; n && page <= last && page / 8 < log->size; page++) {
        __atomic_fetch_or(&log->bits[page / 8], 1u << page % 8, __ATOMIC_RELAXED);
    }
}

void vhost_chain_log(const struct vhost_ring *ring, const struct vhost_chain *c, uint32_t n)
{
    for (const struct vhost_seg *s = c->segs; n; s++) {
        uint32_t part = MIN(n, s->len);
        vhost_log_write(ring->log, s->addr, part);
        n -= part;
    }
}
