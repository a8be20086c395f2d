/* SPDX-License-Identifier: Apache-2.0 */
/* Bursts of packets out of rings and into rings, whatever their format. */
#include "datapath/vhost_ring.h"

#include <string.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/vhost_call.h"
#include "datapath/vhost_chain.h"

enum {
    MAX_MERGE = 128,           /* buffers for one packet */
    MAX_DONE = MAX_MERGE + 64, /* chains between two publications */
    MAX_DUE = 8,               /* bursts that are taken before the guest is asked whether to be told, if there is always more to take */
    PREFETCH_MAX = 2048,       /* bytes of one packet's memory */
};

/* Chains that were worked on and not given back yet. */
struct progress {
    struct vhost_ring *ring;
    bool in; /* guest to switch */
    unsigned int n;
    uint16_t n_slots;
    struct vhost_done done[MAX_DONE];
};

/* Not the array: it is large, and written before it is read. */
static ALWAYS_INLINE void begin(struct progress *p, struct vhost_ring *ring, bool in)
{
    p->ring = ring;
    p->in = in;
    p->n = 0;
    p->n_slots = 0;
}

static ALWAYS_INLINE enum vhost_fetch fetch(struct progress *p, struct vhost_chain *c)
{
    struct vhost_ring *ring = p->ring;
    return ring->packed ? vhost_packed_fetch(ring, p->n_slots, !p->in, c)
                        : vhost_split_fetch(ring, p->n_slots, !p->in, c);
}

static ALWAYS_INLINE void add_done(struct progress *p, const struct vhost_chain *c, uint32_t len)
{
    p->done[p->n++] = (struct vhost_done){c->id, c->n_slots, len};
    p->n_slots += c->n_slots;
}

static void publish(struct progress *p)
{
    if (!p->n) {
        return;
    }
    if (p->ring->packed) {
        vhost_packed_publish(p->ring, p->done, p->n, p->in);
    } else {
        vhost_split_publish(p->ring, p->done, p->n, p->in);
    }
    p->ring->n_due++;
    p->n = 0;
    p->n_slots = 0;
}

static void read_ahead(struct vhost_ring *ring, unsigned int n, bool writable)
{
    if (ring->packed) {
        vhost_packed_read_ahead(ring, n, writable);
    } else {
        vhost_split_read_ahead(ring, n, writable);
    }
}

/* The memory of the next chain if it is the plainest kind of chain, with its length; else null. */
static ALWAYS_INLINE uint8_t *next_plain(const struct progress *p, uint32_t *len)
{
    const struct vhost_ring *ring = p->ring;
    if (unlikely(p->n_slots >= ring->n_ahead)) {
        return NULL;
    }
    *len = ring->ahead[p->n_slots].len;
    return ring->plain[p->n_slots];
}

static ALWAYS_INLINE void add_plain(struct progress *p, uint32_t len)
{
    p->done[p->n++] = (struct vhost_done){p->ring->ids[p->n_slots], 1, len};
    p->n_slots++;
}

void vhost_ring_settle(struct vhost_ring *ring)
{
    if (ring->n_due) {
        ring->n_due = 0;
        bool wanted = ring->packed ? vhost_packed_wants_call(ring) : vhost_split_wants_call(ring);
        if (wanted && ring->call_fd >= 0) {
            vhost_call(ring->call_fd);
        }
    }
}

void vhost_ring_break(struct vhost_ring *ring)
{
    if (!ring->broken) {
        __atomic_store_n(&ring->broken, true, __ATOMIC_RELAXED);
        if (ring->err_fd >= 0) {
            vhost_call(ring->err_fd);
        }
    }
}

/* Heads at one place of all frames would share a few sets of the processor's first cache, which has
 * not room for a burst of them. So short packets begin a few lines further in, by the frame. */
enum { N_COLOURS = 8, SHORT_MAX = PACKET_HEAD_SIZE - N_COLOURS * CACHE_LINE_SIZE };

enum {
    ONE_COPY_MIN = 1024, /* bytes from which on a packet borrows its tail */
    ONE_COPY_HEAD = 128, /* bytes that are copied all the same */
};

/* Frames for the packets of a burst that come in one piece, got together. */
struct fresh {
    unsigned int next, n;
    struct packet *packets[BATCH_MAX];
};

static ALWAYS_INLINE struct packet *get(struct frame_cache *frames, struct fresh *fresh)
{
    return likely(fresh->next < fresh->n) ? fresh->packets[fresh->next++] : frame_cache_get(frames);
}

/* A chain that is no plain one finds its frame itself. */
static ALWAYS_INLINE void put_rest(struct frame_cache *frames, struct fresh *fresh)
{
    if (unlikely(fresh->next < fresh->n)) {
        frame_cache_put_all(frames, fresh->packets + fresh->next, fresh->n - fresh->next);
    }
    fresh->next = fresh->n = 0;
}

/* Are all headers of the packet for sure among its first bytes, which are the only ones that will
 * be looked at? TCP or UDP behind at most one VLAN tag and an IP header without options or
 * extensions. */
static bool has_short_headers(const uint8_t *p)
{
    enum { IP_TCP = 6, IP_UDP = 17 };
    if (p[12] == 0x81 && p[13] == 0) {
        p += 4;
    }
    uint8_t proto = p[12] == 0x08 && p[13] == 0 && p[14] == 0x45        ? p[23]
                    : p[12] == 0x86 && p[13] == 0xdd && p[14] >> 4 == 6 ? p[20]
                                                                        : 0;
    return proto == IP_TCP || proto == IP_UDP;
}

/* A packet whose first ONE_COPY_HEAD bytes were copied to it, behind which there is more. False if
 * it is to be copied as a whole. */
static ALWAYS_INLINE bool may_borrow(const struct vhost_ring *ring, const struct vhost_net_hdr *hdr,
                                     struct packet *p)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* what was read is not read again */
    p->head_len = ONE_COPY_HEAD;
    return has_short_headers(p->data) && vhost_chain_apply_header(ring, hdr, p) &&
           p->csum_start + p->csum_offset + 2 <= ONE_COPY_HEAD;
}

static ALWAYS_INLINE bool is_long(const struct vhost_ring *ring, uint32_t len)
{
    return len >= (uint32_t)ring->hdr_len + ONE_COPY_MIN && len - ring->hdr_len <= PACKET_MAX_SIZE;
}

/* A long packet out of one piece of memory, of which only the head is copied now. Null if it is to
 * be copied as a whole. */
static struct packet *take_borrowed(const struct vhost_ring *ring, struct frame_cache *frames,
                                    struct fresh *fresh, uint8_t *bytes, uint32_t len)
{
    struct vhost_net_hdr hdr;
    struct packet *p = is_long(ring, len) ? get(frames, fresh) : NULL;
    if (!p) {
        return NULL;
    }
    memcpy(&hdr, bytes, VHOST_NET_HDR_MIN);
    memcpy(p->data, bytes + ring->hdr_len, ONE_COPY_HEAD);
    if (!may_borrow(ring, &hdr, p)) {
        frame_cache_put(frames, p);
        return NULL;
    }
    p->tail = bytes + ring->hdr_len + ONE_COPY_HEAD;
    p->tail_len = len - ring->hdr_len - ONE_COPY_HEAD;
    return p;
}

/* The chain's bytes from 'ofs' on. */
static void name_pieces(const struct vhost_chain *c, uint32_t ofs, struct packet_piece *pieces)
{
    for (const struct vhost_seg *s = c->segs; s < &c->segs[c->n]; s++) {
        if (ofs < s->len) {
            *pieces++ = (struct packet_piece){s->base + ofs, s->len - ofs};
            ofs = 0;
        } else {
            ofs -= s->len;
        }
    }
}

/* The same out of a chain that lies in several. */
static struct packet *take_pieces(const struct vhost_ring *ring, struct frame_cache *frames,
                                  const struct vhost_chain *c, struct packet_piece *pieces)
{
    struct vhost_net_hdr hdr;
    struct packet *p =
        c->n <= VHOST_MAX_PIECES && is_long(ring, c->len) ? frame_cache_get(frames) : NULL;
    if (!p) {
        return NULL;
    }
    vhost_chain_copy_from(c, 0, &hdr, VHOST_NET_HDR_MIN);
    vhost_chain_copy_from(c, ring->hdr_len, p->data, ONE_COPY_HEAD);
    if (!may_borrow(ring, &hdr, p)) {
        frame_cache_put(frames, p);
        return NULL;
    }
    name_pieces(c, ring->hdr_len + ONE_COPY_HEAD, pieces);
    p->tail = (uint8_t *)pieces[0].base;
    p->tail_len = c->len - ring->hdr_len - ONE_COPY_HEAD;
    p->pieces = pieces;
    return p;
}

/* A packet that fits a head and owes nothing, out of one piece of memory; null for all others, and
 * if there is no frame. */
static ALWAYS_INLINE struct packet *take_plain(const struct vhost_ring *ring,
                                               struct frame_cache *frames, struct fresh *fresh,
                                               const uint8_t *bytes, uint32_t len)
{
    uint16_t flags_and_gso;
    uint32_t n = len - ring->hdr_len;
    if (unlikely(len <= ring->hdr_len || n > PACKET_HEAD_SIZE)) {
        return NULL;
    }
    memcpy(&flags_and_gso, bytes, sizeof flags_and_gso);
    if (unlikely(flags_and_gso)) {
        return NULL;
    }
    struct packet *p = get(frames, fresh);
    if (likely(p != NULL)) {
        if (n <= SHORT_MAX) {
            p->data += (uintptr_t)p->frame / PACKET_FRAME_SIZE % N_COLOURS * CACHE_LINE_SIZE;
        }
        p->head_len = n;
        vhost_chain_copy(p->data, bytes + ring->hdr_len, n);
    }
    return p;
}

static void give_back_held(struct vhost_ring *ring)
{
    if (ring->n_held) {
        if (ring->packed) {
            vhost_packed_publish(ring, ring->held, ring->n_held, true);
        } else {
            vhost_split_publish(ring, ring->held, ring->n_held, true);
        }
        ring->n_held = 0;
        ring->n_due++;
    }
}

void vhost_ring_release(struct vhost_ring *ring)
{
    give_back_held(ring);
    vhost_ring_settle(ring);
}

unsigned int vhost_ring_take(struct vhost_ring *ring, struct frame_cache *frames,
                             struct packet **packets, unsigned int max, struct vhost_faults *faults)
{
    struct progress p;
    begin(&p, ring, true);
    unsigned int n = 0;
    bool borrowed = false;
    assert(max <= BATCH_MAX);
    if (unlikely(ring->broken)) {
        return 0;
    }
    give_back_held(ring);
    read_ahead(ring, max, false);
    if (!ring->n_ahead || ring->n_due >= MAX_DUE) {
        vhost_ring_settle(ring);
    }
    struct fresh fresh;
    fresh.next = 0;
    fresh.n = frame_cache_get_all(frames, fresh.packets, MIN(max, ring->n_ahead));
    while (p.n < max) {
        uint32_t len;
        uint8_t *bytes = next_plain(&p, &len);
        if (bytes && ring->lends && len >= ONE_COPY_MIN &&
            (packets[n] = take_borrowed(ring, frames, &fresh, bytes, len))) {
            borrowed = true;
            n++;
            add_plain(&p, 0);
            continue;
        }
        if (likely(bytes && (packets[n] = take_plain(ring, frames, &fresh, bytes, len)))) {
            n++;
            add_plain(&p, 0);
            continue;
        }
        put_rest(frames, &fresh);
        enum vhost_fetch got = fetch(&p, &ring->chain);
        if (got == VHOST_FETCH_NONE) {
            break;
        }
        if (ring->lends && got == VHOST_FETCH_OK &&
            (packets[n] = take_pieces(ring, frames, &ring->chain, ring->pieces[p.n]))) {
            borrowed = true;
            n++;
        } else if (likely(got == VHOST_FETCH_OK)) {
            packets[n] = vhost_chain_to_packet(ring, frames, &ring->chain, faults);
            n += packets[n] != NULL;
        } else {
            faults->n_bad++;
        }
        add_done(&p, &ring->chain, 0);
    }
    put_rest(frames, &fresh);
    if (borrowed) {
        memcpy(ring->held, p.done, p.n * sizeof p.done[0]);
        ring->n_held = p.n;
    } else if (p.n) {
        publish(&p);
    }
    return n;
}

/* Where the count of merged buffers is to be written, byte by byte: a guest may cut its buffers
 * anywhere. */
struct count_place {
    uint8_t *bytes[2];
};

static uint8_t *locate(const struct vhost_chain *c, uint32_t ofs)
{
    const struct vhost_seg *s = c->segs;
    for (; ofs >= s->len; s++) {
        ofs -= s->len;
    }
    return s->base + ofs;
}

static void set_count(const struct count_place *place, uint16_t n)
{
    *place->bytes[0] = n & 0xff;
    *place->bytes[1] = n >> 8;
}

/* Copies as much of the packet as the chain takes, from 'ofs' on; header and packet count as one
 * string of bytes. Returns how much it was. */
static uint32_t fill(const struct vhost_ring *ring, const struct vhost_chain *c,
                     const struct packet *packet, uint32_t ofs)
{
    uint32_t hdr_len = ring->hdr_len;
    uint32_t n = MIN(c->len, hdr_len + packet_len(packet) - ofs);
    if (!ofs) {
        uint8_t hdr[sizeof(struct vhost_net_hdr)];
        vhost_chain_put_header(hdr, ring, packet);
        vhost_chain_copy_to(c, 0, hdr, hdr_len);
        vhost_chain_put_packet(c, hdr_len, packet, 0, n - hdr_len);
    } else {
        vhost_chain_put_packet(c, 0, packet, ofs - hdr_len, n);
    }
    if (unlikely(ring->log != NULL)) {
        vhost_chain_log(ring, c, n);
    }
    return n;
}

/* Gives back unused what a packet had been put into so far. */
static void abandon(struct progress *p, unsigned int first)
{
    for (unsigned int i = first; i < p->n; i++) {
        p->done[i].len = 0;
    }
}

/* The plain case: a packet into one piece of memory. */
static ALWAYS_INLINE bool put_plain(struct progress *p, const struct packet *packet)
{
    const struct vhost_ring *ring = p->ring;
    const uint32_t hdr_len = ring->hdr_len, need = hdr_len + packet_len(packet);
    uint32_t len;
    uint8_t *bytes = next_plain(p, &len);
    if (unlikely(!bytes || len < need || ring->log)) {
        return false;
    }
    vhost_chain_put_header(bytes, ring, packet);
    vhost_chain_copy(bytes + hdr_len, packet->data, packet->head_len);
    if (packet->tail_len && likely(!packet->pieces)) {
        memcpy(bytes + hdr_len + packet->head_len, packet->tail, packet->tail_len);
    } else if (packet->tail_len &&
               !packet_read(packet, packet->head_len, bytes + hdr_len + packet->head_len,
                            packet->tail_len)) {
        return false;
    }
    add_plain(p, need);
    return true;
}

/* Asks for the memory that the packet behind the next one will be copied to, if it is long: the copy
 * of the next one hides the time that this takes. The first lines were asked for by read_ahead. */
static ALWAYS_INLINE void prefetch_long(const struct progress *p, const struct packet *packet)
{
    const struct vhost_ring *ring = p->ring;
    unsigned int slot = p->n_slots + 1;
    if (packet->tail_len && slot < ring->n_ahead && ring->plain[slot]) {
        uint32_t n = MIN(MIN(packet_len(packet), ring->ahead[slot].len), PREFETCH_MAX);
        for (uint32_t ofs = 2 * CACHE_LINE_SIZE; ofs < n; ofs += CACHE_LINE_SIZE) {
            __builtin_prefetch(ring->plain[slot] + ofs, 1);
        }
    }
}

/* Puts one packet; on failure nothing of it was used. */
static enum drop_reason put(struct progress *p, const struct packet *packet)
{
    struct vhost_ring *ring = p->ring;
    struct vhost_chain *c = &ring->chain;
    const uint32_t need = ring->hdr_len + packet_len(packet);
    unsigned int first = p->n;
    uint16_t first_slots = p->n_slots;
    struct count_place place = {{NULL, NULL}};
    for (uint32_t ofs = 0; ofs < need;) {
        enum vhost_fetch got = fetch(p, c);
        if (got == VHOST_FETCH_NONE || p->n - first == MAX_MERGE) {
            p->n = first;
            p->n_slots = first_slots;
            return got == VHOST_FETCH_NONE ? DROP_TX_QUEUE_FULL : DROP_MTU;
        }
        if (unlikely(got == VHOST_FETCH_BAD || (!ofs && c->len < ring->hdr_len))) {
            abandon(p, first);
            add_done(p, c, 0);
            return DROP_TX_ERROR;
        }
        if (unlikely(!ring->mergeable && c->len < need)) {
            return DROP_MTU;
        }
        uint32_t n = fill(ring, c, packet, ofs);
        if (!ofs && unlikely(n < need)) {
            place = (struct count_place){{locate(c, 10), locate(c, 11)}};
        }
        add_done(p, c, n);
        ofs += n;
        if (unlikely(!n)) {
            abandon(p, first);
            return DROP_TX_ERROR;
        }
    }
    if (unlikely(p->n - first > 1)) {
        set_count(&place, p->n - first);
    }
    return DROP_NONE;
}

unsigned int vhost_ring_put(struct vhost_ring *ring, struct packet *const *packets, unsigned int n,
                            enum drop_reason *why)
{
    struct progress p;
    begin(&p, ring, false);
    unsigned int i;
    if (unlikely(ring->broken)) {
        *why = DROP_PORT_DOWN;
        return 0;
    }
    read_ahead(ring, n, true);
    for (i = 0; i < n; i++) {
        if (i + 1 < n) {
            prefetch_long(&p, packets[i + 1]);
        }
        enum drop_reason reason = put_plain(&p, packets[i]) ? DROP_NONE : put(&p, packets[i]);
        if (reason != DROP_NONE) {
            *why = reason;
            break;
        }
        if (unlikely(p.n >= MAX_DONE - MAX_MERGE)) {
            publish(&p);
        }
    }
    publish(&p);
    return i;
}

void vhost_ring_suppress(struct vhost_ring *ring)
{
    if (ring->packed) {
        vhost_packed_set_kicks(ring, false);
    } else {
        vhost_split_set_kicks(ring, false);
    }
    ring->suppressed = true;
}

bool vhost_ring_arm(struct vhost_ring *ring)
{
    vhost_ring_release(ring);
    if (ring->packed) {
        vhost_packed_set_kicks(ring, true);
    } else {
        vhost_split_set_kicks(ring, true);
    }
    ring->suppressed = false;
    vhost_ring_barrier();
    return !ring->broken &&
           (ring->packed ? vhost_packed_has_input(ring) : vhost_split_has_input(ring));
}

/* Main thread only. */

enum { PACKED_WRAP = 1 << 15, PACKED_INDEX = PACKED_WRAP - 1 };

bool vhost_ring_is_base(const struct vhost_ring *ring, uint32_t base)
{
    return !ring->packed || (base & PACKED_INDEX) < ring->size;
}

void vhost_ring_start(struct vhost_ring *ring, uint32_t base)
{
    if (ring->packed) {
        /* Nothing is in work between passes, so that both positions are the same. */
        ring->next_avail = ring->next_used = base & PACKED_INDEX;
        ring->avail_wrap = ring->used_wrap = base & PACKED_WRAP;
    } else {
        ring->next_avail = base;
        ring->next_used = base;
    }
    ring->n_avail = 0;
    ring->n_ahead = 0;
    ring->n_held = 0;
    ring->signalled = ring->next_used;
    ring->n_unsignalled = 0;
    ring->suppressed = false;
    ring->n_due = 0;
    ring->broken = false;
}

uint32_t vhost_ring_base(const struct vhost_ring *ring)
{
    if (ring->packed) {
        uint16_t avail = ring->next_avail | (ring->avail_wrap ? PACKED_WRAP : 0);
        uint16_t used = ring->next_used | (ring->used_wrap ? PACKED_WRAP : 0);
        return avail | (uint32_t)used << 16;
    }
    return ring->next_avail;
}
