/* SPDX-License-Identifier: Apache-2.0 */
/* The simple driver. */
#include "tests/unit/datapath/vhost_driver.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum {
    DESC_OFS = 0,
    AVAIL_OFS = 0x1000,
    USED_OFS = 0x2000,
    INDIRECT_OFS = 0x4000,
    INDIRECT_SIZE = DRIVER_MAX_SEGS * sizeof(struct vhost_desc),
    BUFFERS_OFS = 0x20000,
};

uint64_t driver_buffer_addr(uint16_t id)
{
    return DRIVER_GUEST_BASE + BUFFERS_OFS + (uint64_t)id * DRIVER_BUFFER_SIZE;
}

uint8_t *driver_buffer(struct driver *d, uint16_t id)
{
    return d->memory + BUFFERS_OFS + (size_t)id * DRIVER_BUFFER_SIZE;
}

/* Two regions, so that one buffer lies across their border. */
static void make_map(struct driver *d)
{
    size_t size = driver_memory_size();
    size_t border = BUFFERS_OFS + 3 * DRIVER_BUFFER_SIZE + 700;
    d->map.n = 2;
    d->map.regions[0] = (struct vhost_region){.guest_addr = DRIVER_GUEST_BASE + border,
                                              .size = size - border,
                                              .base = d->memory + border};
    d->map.regions[1] =
        (struct vhost_region){.guest_addr = DRIVER_GUEST_BASE, .size = border, .base = d->memory};
}

size_t driver_memory_size(void)
{
    return BUFFERS_OFS + (size_t)DRIVER_RING_SIZE * DRIVER_BUFFER_SIZE;
}

struct driver *driver_create(uint64_t features)
{
    struct driver *d =
        driver_create_in(features, xzalloc_cacheline(driver_memory_size()), DRIVER_GUEST_BASE);
    d->owns_memory = true;
    return d;
}

struct driver *driver_create_in(uint64_t features, uint8_t *memory, uint64_t base)
{
    struct driver *d = xzalloc_cacheline(sizeof *d);
    d->base = base;
    d->memory = memory;
    d->packed = vhost_has(features, VIRTIO_F_RING_PACKED);
    d->in_order = vhost_has(features, VIRTIO_F_IN_ORDER);
    d->avail_wrap = d->used_wrap = true;
    d->n_free = DRIVER_RING_SIZE;
    for (unsigned int i = 0; i < DRIVER_RING_SIZE; i++) {
        d->next_free[i] = i + 1;
    }
    make_map(d);
    struct vhost_ring *r = &d->ring;
    r->memory = &d->map;
    r->features = features;
    r->packed = d->packed;
    r->event_idx = vhost_has(features, VIRTIO_F_EVENT_IDX);
    r->mergeable = vhost_has(features, VIRTIO_F_MRG_RXBUF);
    r->in_order = d->in_order;
    r->hdr_len = r->mergeable || vhost_has(features, VIRTIO_F_VERSION_1) ? 12 : 10;
    r->size = DRIVER_RING_SIZE;
    r->desc = (void *)(d->memory + DESC_OFS);
    r->avail = (void *)(d->memory + AVAIL_OFS);
    r->used = (void *)(d->memory + USED_OFS);
    r->driver = (void *)(d->memory + AVAIL_OFS);
    r->device = (void *)(d->memory + USED_OFS);
    r->kick_fd = r->call_fd = r->err_fd = -1;
    vhost_ring_start(r, d->packed ? 1 << 15 : 0);
    return d;
}

void driver_destroy(struct driver *d)
{
    if (d->owns_memory) {
        free(d->memory);
    }
    free(d);
}

static uint16_t packed_flags(const struct driver *d)
{
    return d->avail_wrap ? VHOST_DESC_AVAIL : VHOST_DESC_USED;
}

static void packed_advance(uint16_t *i, bool *wrap, uint16_t n)
{
    *i += n;
    if (*i >= DRIVER_RING_SIZE) {
        *i -= DRIVER_RING_SIZE;
        *wrap = !*wrap;
    }
}

static int unused_id(const struct driver *d)
{
    for (unsigned int i = 0; i < DRIVER_RING_SIZE; i++) {
        if (!d->busy[i]) {
            return i;
        }
    }
    return -1;
}

static void note(struct driver *d, uint16_t id, uint16_t n_slots)
{
    d->busy[id] = true;
    d->slots[id] = n_slots;
    d->n_free -= n_slots;
    d->order[(d->first_order + d->n_order++) % DRIVER_RING_SIZE] = id;
}

/* The descriptors of a buffer without the ring's own flags: 'a' is the id, 'b' flags. */
static void fill_descs(const struct driver *d, uint16_t id, const uint32_t *lens, unsigned int n,
                       bool writable, struct vhost_desc *descs)
{
    uint64_t addr = d->base + BUFFERS_OFS + (uint64_t)id * DRIVER_BUFFER_SIZE;
    for (unsigned int i = 0; i < n; i++) {
        descs[i] = (struct vhost_desc){addr, lens[i], id, writable ? VHOST_DESC_WRITE : 0};
        addr += lens[i];
    }
}

static struct vhost_desc indirect_desc(struct driver *d, uint16_t id,
                                       const struct vhost_desc *descs, unsigned int n)
{
    size_t ofs = INDIRECT_OFS + (size_t)id * INDIRECT_SIZE;
    struct vhost_desc *table = (void *)(d->memory + ofs);
    for (unsigned int i = 0; i < n; i++) {
        table[i] = descs[i];
        if (!d->packed) {
            table[i].a = descs[i].b | (i + 1 < n ? VHOST_DESC_NEXT : 0);
            table[i].b = i + 1;
        }
    }
    return (struct vhost_desc){d->base + ofs, n * sizeof *table, id, VHOST_DESC_INDIRECT};
}

static void add_packed(struct driver *d, const struct vhost_desc *descs, unsigned int n)
{
    uint16_t first = d->next_avail, first_flags = 0;
    for (unsigned int i = 0; i < n; i++) {
        struct vhost_desc desc = descs[i];
        desc.b |= packed_flags(d) | (i + 1 < n ? VHOST_DESC_NEXT : 0);
        if (!i) {
            first_flags = desc.b;
            desc.b = d->ring.desc[first].b;
        }
        d->ring.desc[d->next_avail] = desc;
        packed_advance(&d->next_avail, &d->avail_wrap, 1);
    }
    __atomic_store_n(&d->ring.desc[first].b, first_flags, __ATOMIC_RELEASE);
}

/* Returns the head. */
static uint16_t add_split(struct driver *d, const struct vhost_desc *descs, unsigned int n)
{
    uint16_t head = d->free_head, at = head, last = head;
    for (unsigned int i = 0; i < n; i++) {
        struct vhost_desc desc = descs[i];
        desc.a = descs[i].b | (i + 1 < n ? VHOST_DESC_NEXT : 0);
        desc.b = d->next_free[at];
        d->ring.desc[at] = desc;
        last = at;
        at = d->next_free[at];
    }
    d->free_head = at;
    d->last[head] = last;
    d->ring.avail->ring[d->next_avail % DRIVER_RING_SIZE] = head;
    __atomic_store_n(&d->ring.avail->idx, ++d->next_avail, __ATOMIC_RELEASE);
    return head;
}

int driver_next_id(const struct driver *d, unsigned int n)
{
    if (n > d->n_free) {
        return -1;
    }
    /* A split ring names a buffer by its first descriptor. */
    int id = d->packed ? unused_id(d) : d->free_head;
    return id >= 0 && !d->busy[id] ? id : -1;
}

/* Only whether kicks are wanted at all: a kick too many does no harm, and what the event index
 * would spare does not matter here. */
bool driver_must_kick(const struct driver *d)
{
    vhost_ring_barrier();
    if (d->packed) {
        return __atomic_load_n(&d->ring.device->flags, __ATOMIC_RELAXED) != VHOST_EVENT_DISABLE;
    }
    return !(__atomic_load_n(&d->ring.used->flags, __ATOMIC_RELAXED) & 1);
}

int driver_add(struct driver *d, const uint32_t *lens, unsigned int n, bool writable, bool indirect)
{
    struct vhost_desc descs[DRIVER_MAX_SEGS];
    unsigned int n_slots = indirect ? 1 : n;
    int id = driver_next_id(d, n_slots);
    if (id < 0) {
        return -1;
    }
    d->writable = writable;
    fill_descs(d, id, lens, n, writable, descs);
    if (indirect) {
        descs[0] = indirect_desc(d, id, descs, n);
    }
    if (d->packed) {
        add_packed(d, descs, n_slots);
    } else {
        add_split(d, descs, n_slots);
    }
    note(d, id, n_slots);
    return id;
}

void driver_add_raw(struct driver *d, const struct vhost_desc *descs, unsigned int n)
{
    if (d->packed) {
        add_packed(d, descs, n);
        note(d, descs[n - 1].a, n);
    } else {
        for (unsigned int i = 0; i < n; i++) {
            d->ring.desc[i] = descs[i];
        }
        d->ring.avail->ring[d->next_avail % DRIVER_RING_SIZE] = 0;
        __atomic_store_n(&d->ring.avail->idx, ++d->next_avail, __ATOMIC_RELEASE);
        note(d, 0, 1);
        d->last[0] = 0;
        d->free_head = 1;
    }
}

static void release(struct driver *d, uint16_t id)
{
    d->busy[id] = false;
    d->n_free += d->slots[id];
    if (!d->packed) {
        d->next_free[d->last[id]] = d->free_head;
        d->free_head = id;
    }
}

static bool get_split(struct driver *d, struct driver_used *used)
{
    uint16_t idx = __atomic_load_n(&d->ring.used->idx, __ATOMIC_ACQUIRE);
    if (idx == d->next_used) {
        return false;
    }
    const struct vhost_used_elem *e = &d->ring.used->ring[d->next_used % DRIVER_RING_SIZE];
    *used = (struct driver_used){e->id, e->len};
    d->next_used++;
    return true;
}

static bool get_packed(struct driver *d, struct driver_used *used)
{
    const struct vhost_desc *desc = &d->ring.desc[d->next_used];
    uint16_t flags = __atomic_load_n(&desc->b, __ATOMIC_ACQUIRE);
    if (!(flags & VHOST_DESC_AVAIL) != !d->used_wrap ||
        !(flags & VHOST_DESC_USED) != !d->used_wrap) {
        return false;
    }
    *used = (struct driver_used){desc->a, flags & VHOST_DESC_WRITE ? desc->len : 0};
    return true;
}

/* A used entry of a device that uses buffers in order stands for all buffers up to its own. */
static unsigned int count_until(const struct driver *d, uint16_t id)
{
    for (unsigned int n = 0; n < d->n_order; n++) {
        if (d->order[(d->first_order + n) % DRIVER_RING_SIZE] == id) {
            return n + 1;
        }
    }
    abort(); /* it was never made available */
}

/* How many entries of a split ring are used up to the one that counts. */
static bool get_in_order(struct driver *d, struct driver_used *used)
{
    if (d->packed) {
        if (!get_packed(d, used)) {
            return false;
        }
        d->skipped = count_until(d, used->id);
        return true;
    }
    uint16_t idx = __atomic_load_n(&d->ring.used->idx, __ATOMIC_ACQUIRE);
    if (idx == d->next_used) {
        return false;
    }
    d->skipped = (uint16_t)(idx - d->next_used);
    const struct vhost_used_elem *e =
        &d->ring.used->ring[(uint16_t)(d->next_used + d->skipped - 1) % DRIVER_RING_SIZE];
    *used = (struct driver_used){e->id, e->len};
    if (count_until(d, e->id) != d->skipped) {
        abort();
    }
    return true;
}

/* Pops the oldest buffer. */
static uint16_t pop_order(struct driver *d)
{
    uint16_t id = d->order[d->first_order];
    d->first_order = (d->first_order + 1) % DRIVER_RING_SIZE;
    d->n_order--;
    return id;
}

bool driver_get(struct driver *d, struct driver_used *used)
{
    bool batched = d->in_order && !d->writable;
    if (batched) {
        if (!d->skipped && !get_in_order(d, used)) {
            return false;
        }
        d->skipped--;
        used->id = pop_order(d);
        used->len = 0;
        d->next_used += !d->packed;
    } else {
        if (!(d->packed ? get_packed(d, used) : get_split(d, used))) {
            return false;
        }
        if (used->id >= DRIVER_RING_SIZE || !d->busy[used->id] || pop_order(d) != used->id) {
            abort(); /* Weft gives back in order even when it need not */
        }
    }
    if (d->packed) {
        packed_advance(&d->next_used, &d->used_wrap, d->slots[used->id]);
    }
    release(d, used->id);
    return true;
}
