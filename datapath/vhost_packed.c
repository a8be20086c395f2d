/* SPDX-License-Identifier: Apache-2.0 */
/* Packed virtqueues: virtio 1.2 section 2.8.
 *
 * Buffer id, length and flags of a descriptor lie in one aligned word, so that one load has all of
 * them as they were when the descriptor became available, and one store gives it back. */
#include "datapath/vhost_chain.h"

enum { WRAP_BIT = 1 << 15 };

/* A place in the ring with the wrap counter that goes with it. */
struct position {
    uint16_t i;
    bool wrap;
};

static struct position advance(const struct vhost_ring *ring, struct position p, uint16_t n)
{
    uint32_t i = (uint32_t)p.i + n;
    return i >= ring->size ? (struct position){i - ring->size, !p.wrap}
                           : (struct position){i, p.wrap};
}

static struct position avail_position(const struct vhost_ring *ring, uint16_t ahead)
{
    return advance(ring, (struct position){ring->next_avail, ring->avail_wrap}, ahead);
}

static uint64_t *second_word(struct vhost_desc *d)
{
    return (uint64_t *)(void *)&d->len;
}

/* Reads a descriptor once, its flags first. */
static struct vhost_desc read_desc(struct vhost_desc *d)
{
    union {
        uint64_t words[2];
        struct vhost_desc desc;
    } u;
    u.words[1] = __atomic_load_n(second_word(d), __ATOMIC_ACQUIRE);
    u.words[0] = __atomic_load_n(&d->addr, __ATOMIC_RELAXED);
    return u.desc;
}

static bool is_available(uint16_t flags, bool wrap)
{
    return !(flags & VHOST_DESC_AVAIL) == !wrap && !(flags & VHOST_DESC_USED) == wrap;
}

static bool add(const struct vhost_ring *ring, struct vhost_desc d, bool writable,
                struct vhost_chain *c)
{
    return !(d.b & VHOST_DESC_WRITE) != writable && vhost_chain_add(c, ring->memory, d.addr, d.len);
}

static bool add_indirect(const struct vhost_ring *ring, struct vhost_desc d, bool writable,
                         struct vhost_chain *c)
{
    uint32_t len = d.len, n = d.len / sizeof d;
    struct vhost_desc *table = (void *)vhost_memory_at(ring->memory, d.addr, &len);
    if (!vhost_has(ring->features, VIRTIO_F_INDIRECT_DESC) || d.b & VHOST_DESC_NEXT || !n ||
        n > VHOST_MAX_SEGS || d.len % sizeof d || !table || len < d.len || (uintptr_t)table % 8) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!add(ring, read_desc(&table[i]), writable, c)) {
            return false;
        }
    }
    return true;
}

enum vhost_fetch vhost_packed_fetch(struct vhost_ring *ring, uint16_t ahead, bool writable,
                                    struct vhost_chain *c)
{
    if (unlikely(ahead >= ring->size)) {
        return VHOST_FETCH_NONE;
    }
    struct position p = avail_position(ring, ahead);
    struct vhost_desc d = ahead < ring->n_ahead ? ring->ahead[ahead] : read_desc(&ring->desc[p.i]);
    if (!is_available(d.b, p.wrap)) {
        return VHOST_FETCH_NONE;
    }
    c->id = d.a;
    c->n_slots = 1;
    c->n = 0;
    c->len = 0;
    if (unlikely(d.b & VHOST_DESC_INDIRECT)) {
        return add_indirect(ring, d, writable, c) ? VHOST_FETCH_OK : VHOST_FETCH_BAD;
    }
    bool good = add(ring, d, writable, c);
    while (unlikely(d.b & VHOST_DESC_NEXT)) {
        if (c->n_slots + ahead >= ring->size) {
            vhost_ring_break(ring); /* it does not end */
            return VHOST_FETCH_NONE;
        }
        p = advance(ring, p, 1);
        uint16_t next = ahead + c->n_slots;
        d = next < ring->n_ahead ? ring->ahead[next] : read_desc(&ring->desc[p.i]);
        c->id = d.a;
        c->n_slots++;
        good = good && !(d.b & VHOST_DESC_INDIRECT) && add(ring, d, writable, c);
    }
    return good ? VHOST_FETCH_OK : VHOST_FETCH_BAD;
}

void vhost_packed_read_ahead(struct vhost_ring *ring, unsigned int n, bool writable)
{
    const uint16_t mask = VHOST_DESC_NEXT | VHOST_DESC_WRITE | VHOST_DESC_INDIRECT;
    const uint16_t plain_flags = writable ? VHOST_DESC_WRITE : 0;
    struct position p = avail_position(ring, 0);
    n = MIN(MIN(n, BATCH_MAX), ring->size);
    for (ring->n_ahead = 0; ring->n_ahead < n; ring->n_ahead++) {
        uint16_t i = ring->n_ahead;
        struct vhost_desc d = read_desc(&ring->desc[p.i]);
        if (!is_available(d.b, p.wrap)) {
            return;
        }
        ring->ids[i] = d.a;
        ring->ahead[i] = d;
        ring->plain[i] = likely((d.b & mask) == plain_flags)
                             ? vhost_chain_plain(ring->memory, &d, writable)
                             : NULL;
        p = advance(ring, p, 1);
    }
}

static uint64_t used_word(const struct vhost_done *done, bool wrap)
{
    union {
        uint64_t word;
        struct {
            uint32_t len;
            uint16_t id, flags;
        } s;
    } u;
    u.s.len = done->len;
    u.s.id = done->id;
    u.s.flags =
        (wrap ? VHOST_DESC_AVAIL | VHOST_DESC_USED : 0) | (done->len ? VHOST_DESC_WRITE : 0);
    return u.word;
}

static void log_used(const struct vhost_ring *ring, uint16_t i)
{
    if (unlikely(ring->log_addr)) {
        vhost_log_write(ring->log, ring->log_addr + i * sizeof ring->desc[0], sizeof ring->desc[0]);
    }
}

/* The word that only the device writes says whether the driver is to kick, and always where the
 * ring has got to, in a field that the driver reads only where that is what it has to hold. Its
 * flags have bits to spare: while a batch is given back, they say how many slots it has. So a ring
 * without an in-flight buffer finds its place again after a crash (vhost_packed_recover). The word
 * is never 0, which says that nothing is known. */
static void write_event(struct vhost_ring *ring, bool wanted, uint32_t n_slots)
{
    union {
        uint32_t word;
        struct vhost_event event;
    } u = {.event = {ring->next_avail | (ring->avail_wrap ? WRAP_BIT : 0), VHOST_EVENT_DISABLE}};
    if (wanted) {
        u.event.flags = ring->event_idx ? VHOST_EVENT_DESC : VHOST_EVENT_ENABLE;
    }
    if (n_slots <= UINT16_MAX >> VHOST_EVENT_FLAG_BITS) {
        u.event.flags |= n_slots << VHOST_EVENT_FLAG_BITS;
    }
    if (unlikely(!u.word) && ring->size < WRAP_BIT) {
        u.event.desc = ring->size | WRAP_BIT; /* the same place, as the end of the turn before */
    }
    __atomic_store_n((uint32_t *)(void *)ring->device, u.word, __ATOMIC_RELAXED);
}

void vhost_packed_set_kicks(struct vhost_ring *ring, bool wanted)
{
    write_event(ring, wanted, 0);
}

/* Notes that the next 'n_slots' slots are being given back, before any of them is. */
static void begin_batch(struct vhost_ring *ring, struct position end, uint32_t n_slots)
{
    if (ring->inflight) {
        vhost_inflight_note(ring->inflight, (struct vhost_inflight_places){
                                                .used_idx = end.i,
                                                .old_used_idx = ring->next_used,
                                                .used_wrap = end.wrap,
                                                .old_used_wrap = ring->used_wrap,
                                            });
    } else {
        write_event(ring, !ring->suppressed, n_slots);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void give_back(struct vhost_ring *ring, struct position p, const struct vhost_done *done)
{
    __atomic_store_n(second_word(&ring->desc[p.i]), used_word(done, p.wrap), __ATOMIC_RELEASE);
    log_used(ring, p.i);
}

/* The first descriptor is given back last: the guest takes what follows it for given back, too. */
void vhost_packed_publish(struct vhost_ring *ring, const struct vhost_done *done, unsigned int n,
                          bool in)
{
    const struct position first = {ring->next_used, ring->used_wrap};
    const bool only_last = in && ring->in_order;
    uint32_t n_slots = 0;
    for (unsigned int i = 0; i < n; i++) {
        n_slots += done[i].n_slots;
    }
    const struct position end = advance(ring, first, n_slots);
    begin_batch(ring, end, n_slots);
    struct position p = first;
    for (unsigned int i = 1; i < n && !only_last; i++) {
        p = advance(ring, p, done[i - 1].n_slots);
        give_back(ring, p, &done[i]);
    }
    give_back(ring, first, &done[only_last ? n - 1 : 0]);
    ring->next_avail = ring->next_used = end.i;
    ring->avail_wrap = ring->used_wrap = end.wrap;
    ring->n_ahead = 0;
    ring->n_unsignalled = MIN(ring->n_unsignalled + n_slots, ring->size);
    if (!ring->inflight) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        vhost_packed_set_kicks(ring, !ring->suppressed);
    }
}

bool vhost_packed_wants_call(struct vhost_ring *ring)
{
    uint16_t new = ring->next_used, old = new - ring->n_unsignalled;
    ring->n_unsignalled = 0;
    vhost_ring_barrier();
    union {
        uint32_t word;
        struct vhost_event event;
    } u = {.word = __atomic_load_n((uint32_t *)(void *)ring->driver, __ATOMIC_RELAXED)};
    if (u.event.flags != VHOST_EVENT_DESC || !ring->event_idx) {
        return u.event.flags != VHOST_EVENT_DISABLE;
    }
    uint16_t event = u.event.desc & ~WRAP_BIT;
    if (!(u.event.desc & WRAP_BIT) != !ring->used_wrap) {
        event -= ring->size;
    }
    return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

bool vhost_packed_has_input(const struct vhost_ring *ring)
{
    struct vhost_desc d = read_desc(&ring->desc[ring->next_avail]);
    return is_available(d.b, ring->avail_wrap);
}

/* After a crash; main thread only. */

static bool was_given_back(uint16_t flags, bool wrap)
{
    return !(flags & VHOST_DESC_AVAIL) == !wrap && !(flags & VHOST_DESC_USED) == !wrap;
}

/* How many slots from 'p' on there are up to the last one that was given back. */
static uint32_t count_given_back(const struct vhost_ring *ring, struct position p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ring->size; i++) {
        if (was_given_back(read_desc(&ring->desc[p.i]).b, p.wrap)) {
            n = i + 1;
        }
        p = advance(ring, p, 1);
    }
    return n;
}

/* A chain that waits to be taken or, which says less, a slot that does not. */
struct found {
    struct vhost_done done;
    bool waits;
};

static struct found find(const struct vhost_ring *ring, struct position p)
{
    struct vhost_desc d = read_desc(&ring->desc[p.i]);
    struct found found = {{d.a, 1, 0}, is_available(d.b, p.wrap)};
    while (found.waits && d.b & VHOST_DESC_NEXT && found.done.n_slots < ring->size) {
        p = advance(ring, p, 1);
        d = read_desc(&ring->desc[p.i]);
        found.done.id = d.a;
        found.done.n_slots++;
    }
    return found;
}

/* Gives back unused what waits among the next 'n' slots, the first chain last; returns where that
 * ends. Of a chain of several slots that was given back before, all but the first seem to wait: so
 * what follows with the buffer id of the last one is taken for the rest of it. */
static struct position finish(struct vhost_ring *ring, const struct position first, uint32_t n)
{
    const struct found head = find(ring, first);
    struct position p = advance(ring, first, head.done.n_slots);
    uint16_t id = head.done.id;
    for (uint32_t i = head.done.n_slots; i < ring->size;) {
        const struct found found = find(ring, p);
        if (i >= n && !(found.waits && found.done.id == id)) {
            break;
        }
        if (found.waits) {
            give_back(ring, p, &found.done);
        }
        id = found.done.id;
        i += found.done.n_slots;
        p = advance(ring, p, found.done.n_slots);
    }
    if (head.waits) {
        give_back(ring, first, &head.done);
    }
    return p;
}

uint32_t vhost_packed_recover(struct vhost_ring *ring, uint32_t base, uint32_t n_slots)
{
    struct position p = {base & ~WRAP_BIT, base & WRAP_BIT};
    n_slots = n_slots <= ring->size ? n_slots : 0;
    if (n_slots && !find(ring, p).waits) {
        p = advance(ring, p, n_slots); /* the driver has seen the batch */
        n_slots = 0;
    }
    uint32_t n = count_given_back(ring, p);
    if (n) {
        p = finish(ring, p, MAX(n, n_slots));
    }
    return p.i | (p.wrap ? WRAP_BIT : 0);
}
