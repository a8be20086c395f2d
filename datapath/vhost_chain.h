/* SPDX-License-Identifier: Apache-2.0 */
/* Between packets and the guest's memory: a chain's segments in private memory, and copies from and
 * to them. Shared by both ring formats; the owner of the ring calls. */
#pragma once

#include <string.h>

#include "datapath/vhost_ring.h"

enum { VHOST_BUFFER_MAX = 1 << 24 }; /* bytes of one chain */

/* Reads a descriptor once. */
static inline struct vhost_desc vhost_desc_read(const struct vhost_desc *d)
{
    const uint64_t *words = (const uint64_t *)(const void *)d;
    union {
        uint64_t words[2];
        struct vhost_desc desc;
    } u;
    u.words[0] = __atomic_load_n(&words[0], __ATOMIC_RELAXED);
    u.words[1] = __atomic_load_n(&words[1], __ATOMIC_RELAXED);
    return u.desc;
}

/* The memory of a descriptor if it is in one piece, asked for already; else null. */
static ALWAYS_INLINE uint8_t *vhost_chain_plain(const struct vhost_memory *memory,
                                                const struct vhost_desc *d, bool writable)
{
    uint32_t len = d->len;
    uint8_t *p = vhost_memory_at(memory, d->addr, &len);
    if (unlikely(!p || len != d->len)) {
        return NULL;
    }
    if (writable) {
        __builtin_prefetch(p, 1);
        __builtin_prefetch(p + CACHE_LINE_SIZE, 1);
    } else {
        __builtin_prefetch(p);
        __builtin_prefetch(p + CACHE_LINE_SIZE);
    }
    return p;
}

/* Copies what is mostly short, without a call then. */
static ALWAYS_INLINE void vhost_chain_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
    if (likely(n >= 32 && n <= 64)) {
        memcpy(to, from, 32);
        memcpy(to + n - 32, from + n - 32, 32);
    } else {
        memcpy(to, from, n);
    }
}

/* Adds what a descriptor names; false if that is not all memory of the guest's, or too much. */
bool vhost_chain_add(struct vhost_chain *, const struct vhost_memory *, uint64_t addr,
                     uint32_t len) WARN_UNUSED;

/* A packet in a fresh frame from the bytes of a chain, virtio-net header first. Null with '*faults'
 * counted if there is none in it, or no frame. */
struct packet *vhost_chain_to_packet(const struct vhost_ring *, struct frame_cache *,
                                     const struct vhost_chain *, struct vhost_faults *);

/* The header of a packet for this guest: 'n_buffers' where there is a place for it. */
struct vhost_net_hdr {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset;
    uint16_t n_buffers;
};
static_assert(sizeof(struct vhost_net_hdr) == 12, "virtio 1.2 section 5.1.6");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "a guest's integers are taken as they are");
enum { VHOST_NET_HDR_MIN = 10 /* without n_buffers */ };

/* Applies a guest's header to a packet; false if it claims what was not negotiated. */
bool vhost_chain_apply_header(const struct vhost_ring *, const struct vhost_net_hdr *,
                              struct packet *);

/* Of the header of a packet that owes something, all but the count of buffers. */
struct vhost_hdr_words {
    uint64_t first; /* up to csum_start */
    uint16_t csum_offset;
};
struct vhost_hdr_words vhost_chain_debt(const struct vhost_ring *, const struct packet *);

/* Writes the header of a packet for one buffer. It is made in registers: were it made field by
 * field in memory and copied from there, the copy's loads would wait until all stores before them
 * have reached the cache, the bytes of the packet before among them. */
static ALWAYS_INLINE void vhost_chain_put_header(uint8_t *to, const struct vhost_ring *ring,
                                                 const struct packet *packet)
{
    struct vhost_hdr_words words = {0, 0};
    if (unlikely(packet->offload || packet->gso_type)) {
        words = vhost_chain_debt(ring, packet);
    }
    const uint32_t last = words.csum_offset | 1 << 16;
    memcpy(to, &words.first, 8);
    if (likely(ring->hdr_len == sizeof(struct vhost_net_hdr))) {
        memcpy(to + 8, &last, 4);
    } else {
        memcpy(to + 8, &words.csum_offset, 2);
    }
}

/* Copies 'n' bytes of the chain from 'from' on, which are there. */
void vhost_chain_copy_from(const struct vhost_chain *, uint32_t from, void *to, uint32_t n);

/* Copies 'n' bytes of a packet from 'ofs' on, both within it, to a chain's bytes from 'to' on,
 * which are there. */
void vhost_chain_copy_to(const struct vhost_chain *, uint32_t to, const void *from, uint32_t n);
void vhost_chain_put_packet(const struct vhost_chain *, uint32_t to, const struct packet *,
                            uint32_t ofs, uint32_t n);

/* Notes that the first 'n' bytes of a chain were written. */
void vhost_chain_log(const struct vhost_ring *, const struct vhost_chain *, uint32_t n);
void vhost_log_write(const struct vhost_log *, uint64_t addr, uint64_t n);
