/* SPDX-License-Identifier: Apache-2.0 */
/* Split virtqueues: virtio 1.2 section 2.7. */
#include "datapath/vhost_chain.h"

enum {
    AVAIL_NO_INTERRUPT = 1,
    USED_NO_NOTIFY = 1,
};

static uint16_t slot(const struct vhost_ring *ring, uint16_t i)
{
    return i & (ring->size - 1);
}

static uint16_t *used_event(const struct vhost_ring *ring)
{
    return &ring->avail->ring[ring->size];
}

static uint16_t *avail_event(const struct vhost_ring *ring)
{
    return (uint16_t *)(void *)&ring->used->ring[ring->size];
}

/* Looks for entries behind the known ones. None of these may go away again: some of them may be in work. */
static void look(struct vhost_ring *ring)
{
    uint16_t idx = __atomic_load_n(&ring->avail->idx, __ATOMIC_ACQUIRE);
    uint16_t n = idx - ring->next_avail;
    if (unlikely(n > ring->size || n < ring->n_avail)) {
        vhost_ring_break(ring);
        return;
    }
    ring->n_avail = n;
}

static uint16_t load_head(const struct vhost_ring *ring, uint16_t ahead)
{
    return __atomic_load_n(&ring->avail->ring[slot(ring, ring->next_avail + ahead)],
                           __ATOMIC_RELAXED);
}

/* Walks the chain that begins with descriptor 'd' of the ring. False if it makes no sense. */
static bool walk(const struct vhost_ring *ring, struct vhost_desc d, bool writable,
                 struct vhost_chain *c)
{
    const struct vhost_desc *table = ring->desc;
    uint32_t n_table = ring->size;
    for (unsigned int i = 0; i < VHOST_MAX_SEGS; i++) {
        if (unlikely(d.a & VHOST_DESC_INDIRECT)) {
            uint32_t len = d.len;
            table = (const void *)vhost_memory_at(ring->memory, d.addr, &len);
            n_table = d.len / sizeof d;
            if (!vhost_has(ring->features, VIRTIO_F_INDIRECT_DESC) || c->is_indirect ||
                d.a & VHOST_DESC_NEXT || !n_table || d.len % sizeof d || !table || len < d.len ||
                (uintptr_t)table % 8) {
                return false;
            }
            c->is_indirect = true;
            d = vhost_desc_read(&table[0]);
            continue;
        }
        if (!(d.a & VHOST_DESC_WRITE) == writable ||
            !vhost_chain_add(c, ring->memory, d.addr, d.len)) {
            return false;
        }
        if (!(d.a & VHOST_DESC_NEXT)) {
            return true;
        }
        if (d.b >= n_table) {
            return false;
        }
        d = vhost_desc_read(&table[d.b]);
    }
    return false;
}

enum vhost_fetch vhost_split_fetch(struct vhost_ring *ring, uint16_t ahead, bool writable,
                                   struct vhost_chain *c)
{
    if (unlikely(ahead >= ring->n_avail)) {
        look(ring);
        if (ahead >= ring->n_avail) {
            return VHOST_FETCH_NONE;
        }
    }
    bool known = ahead < ring->n_ahead;
    uint16_t head = known ? ring->ids[ahead] : load_head(ring, ahead);
    if (unlikely(head >= ring->size)) {
        vhost_ring_break(ring);
        return VHOST_FETCH_NONE;
    }
    struct vhost_desc d = known ? ring->ahead[ahead] : vhost_desc_read(&ring->desc[head]);
    c->id = head;
    c->n_slots = 1;
    c->n = 0;
    c->len = 0;
    c->is_indirect = false;
    return likely(walk(ring, d, writable, c)) ? VHOST_FETCH_OK : VHOST_FETCH_BAD;
}

void vhost_split_read_ahead(struct vhost_ring *ring, unsigned int n, bool writable)
{
    const uint16_t plain_flags = writable ? VHOST_DESC_WRITE : 0;
    if (ring->n_avail < n) {
        look(ring);
    }
    n = MIN(MIN(n, BATCH_MAX), ring->n_avail);
    for (unsigned int i = 0; i < n; i++) {
        ring->ids[i] = load_head(ring, i);
        __builtin_prefetch(&ring->desc[slot(ring, ring->ids[i])]);
    }
    for (ring->n_ahead = 0; ring->n_ahead < n; ring->n_ahead++) {
        uint16_t i = ring->n_ahead, head = ring->ids[i];
        if (unlikely(head >= ring->size)) {
            break;
        }
        struct vhost_desc d = vhost_desc_read(&ring->desc[head]);
        ring->ahead[i] = d;
        ring->plain[i] =
            likely(d.a == plain_flags) ? vhost_chain_plain(ring->memory, &d, writable) : NULL;
    }
}

void vhost_split_publish(struct vhost_ring *ring, const struct vhost_done *done, unsigned int n,
                         bool in)
{
    struct vhost_used *used = ring->used;
    unsigned int first = in && ring->in_order ? n - 1 : 0;
    for (unsigned int i = first; i < n; i++) {
        struct vhost_used_elem *e = &used->ring[slot(ring, ring->next_used + i)];
        *e = (struct vhost_used_elem){done[i].id, done[i].len};
        if (unlikely(ring->log_addr)) {
            vhost_log_write(ring->log, ring->log_addr + ((uint8_t *)e - (uint8_t *)used),
                            sizeof *e);
        }
    }
    ring->next_used += n;
    ring->next_avail += n;
    ring->n_avail -= n;
    ring->n_ahead = 0;
    __atomic_store_n(&used->idx, ring->next_used, __ATOMIC_RELEASE);
    if (unlikely(ring->log_addr)) {
        vhost_log_write(ring->log, ring->log_addr, sizeof *used);
    }
}

bool vhost_split_wants_call(struct vhost_ring *ring)
{
    uint16_t old = ring->signalled, new = ring->next_used;
    ring->signalled = new;
    vhost_ring_barrier();
    if (ring->event_idx) {
        uint16_t event = __atomic_load_n(used_event(ring), __ATOMIC_RELAXED);
        return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
    }
    return !(__atomic_load_n(&ring->avail->flags, __ATOMIC_RELAXED) & AVAIL_NO_INTERRUPT);
}

/* With the event index a guest is kept from kicking by an event that lies behind it. */
void vhost_split_set_kicks(struct vhost_ring *ring, bool wanted)
{
    if (ring->event_idx) {
        __atomic_store_n(avail_event(ring), wanted ? ring->next_avail : ring->next_avail - 1,
                         __ATOMIC_RELAXED);
        if (unlikely(ring->log_addr)) {
            vhost_log_write(ring->log,
                            ring->log_addr + ((uint8_t *)avail_event(ring) - (uint8_t *)ring->used),
                            sizeof(uint16_t));
        }
        return;
    }
    __atomic_store_n(&ring->used->flags, wanted ? 0 : USED_NO_NOTIFY, __ATOMIC_RELAXED);
    if (unlikely(ring->log_addr)) {
        vhost_log_write(ring->log, ring->log_addr, sizeof *ring->used);
    }
}

bool vhost_split_has_input(const struct vhost_ring *ring)
{
    return __atomic_load_n(&ring->avail->idx, __ATOMIC_RELAXED) != ring->next_avail;
}
