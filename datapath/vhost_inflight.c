/* SPDX-License-Identifier: Apache-2.0 */
/* Where rings go on after a restart. */
#include "datapath/vhost_inflight.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datapath/vhost_chain.h"

enum { ALIGNMENT = 64, VERSION = 1, WRAP_BIT = 1 << 15 };

struct split_desc {
    uint8_t inflight;
    uint8_t padding[5];
    uint16_t next;
    uint64_t counter;
};

struct split {
    uint64_t features;
    uint16_t version, desc_num, last_batch_head, used_idx;
    struct split_desc desc[];
};

struct packed_desc {
    uint8_t inflight, padding;
    uint16_t next, last, num;
    uint64_t counter;
    uint16_t id, flags;
    uint32_t len;
    uint64_t addr;
};

static_assert(sizeof(struct split) == 16 && sizeof(struct split_desc) == 16,
              "the protocol's layout");
static_assert(sizeof(struct packed_desc) == 32, "the protocol's layout");
static_assert(sizeof(struct vhost_inflight_packed) == 32, "the protocol's layout");

/* Bytes for one ring. */
static uint64_t part_size(uint64_t features, uint16_t queue_size)
{
    uint64_t size = vhost_has(features, VIRTIO_F_RING_PACKED)
                        ? sizeof(struct vhost_inflight_packed) +
                              (uint64_t)queue_size * sizeof(struct packed_desc)
                        : sizeof(struct split) + (uint64_t)queue_size * sizeof(struct split_desc);
    return ROUND_UP(size, ALIGNMENT);
}

static const char *check(const struct vhost_inflight_info *info)
{
    return !info->n_queues || info->n_queues > VHOST_MAX_VRINGS || !info->queue_size ||
                   info->queue_size > VHOST_MAX_RING_SIZE
               ? "an in-flight buffer for impossible rings"
               : NULL;
}

const char *vhost_inflight_get(struct vhost_device *d, struct vhost_inflight_info *info, int *fd)
{
    const char *error = check(info);
    if (error) {
        return error;
    }
    uint64_t size = part_size(d->features, info->queue_size) * info->n_queues;
    *fd = memfd_create("vhost-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || ftruncate(*fd, size) ||
        fcntl(*fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)) {
        if (*fd >= 0) {
            close(*fd);
        }
        *fd = -1;
        return "no memory for an in-flight buffer";
    }
    info->size = size;
    info->offset = 0;
    return NULL;
}

const char *vhost_inflight_set(struct vhost_device *d, const struct vhost_inflight_info *info,
                               int fd)
{
    struct vhost_mapping mapping = {NULL, 0, -1};
    uint8_t *p;
    const char *error = check(info);
    if (!error && info->size < part_size(d->features, info->queue_size) * info->n_queues) {
        error = "an in-flight buffer that is too small";
    }
    if (!error) {
        error = vhost_mapping_create(&mapping, fd, info->offset, info->size, &p);
    }
    if (error) {
        return error;
    }
    vhost_mapping_destroy(&d->inflight_mapping);
    d->inflight_mapping = mapping;
    d->inflight = p;
    d->inflight_info = *info;
    return NULL;
}

/* The part of ring 'index', or null if there is none that fits it. The ring format may have been
 * chosen after the buffer was made. */
static void *part_of(const struct vhost_device *d, unsigned int index)
{
    const struct vhost_inflight_info *info = &d->inflight_info;
    uint64_t size = part_size(d->features, info->queue_size);
    if (!d->inflight || index >= info->n_queues || d->vrings[index].size > info->queue_size ||
        size * info->n_queues > info->size || (uintptr_t)d->inflight % 8) {
        return NULL;
    }
    return d->inflight + size * index;
}

/* Gives back what another back-end had in work when it went; returns where to go on. */
static uint16_t finish_split(struct vhost_ring *r, struct split *s, uint16_t used_idx)
{
    bool known = __atomic_load_n(&s->version, __ATOMIC_RELAXED) == VERSION;
    for (uint16_t i = 0; known && i < r->size; i++) {
        if (!__atomic_load_n(&s->desc[i].inflight, __ATOMIC_RELAXED)) {
            continue;
        }
        __atomic_store_n(&s->desc[i].inflight, 0, __ATOMIC_RELAXED);
        uint16_t last = __atomic_load_n(&s->last_batch_head, __ATOMIC_RELAXED);
        if (__atomic_load_n(&s->used_idx, __ATOMIC_RELAXED) != used_idx && last == i) {
            continue; /* it was given back, and the mark stayed */
        }
        r->used->ring[used_idx++ & (r->size - 1)] = (struct vhost_used_elem){i, 0};
    }
    __atomic_store_n(&r->used->idx, used_idx, __ATOMIC_RELEASE);
    __atomic_store_n(&s->version, VERSION, __ATOMIC_RELAXED);
    __atomic_store_n(&s->desc_num, r->size, __ATOMIC_RELAXED);
    __atomic_store_n(&s->used_idx, used_idx, __ATOMIC_RELAXED);
    return used_idx;
}

/* The buffer holds what was being given back when it was last written. */
static uint32_t packed_position(struct vhost_ring *r, const struct vhost_inflight_packed *p)
{
    const union vhost_inflight_word u = {
        .word = __atomic_load_n((const uint64_t *)(const void *)&p->places, __ATOMIC_RELAXED)};
    uint32_t old = u.places.old_used_idx, new = u.places.used_idx;
    bool old_wrap = u.places.old_used_wrap, new_wrap = u.places.used_wrap;
    if (old >= r->size || new >= r->size) {
        return WRAP_BIT;
    }
    uint32_t n_slots = new - old + (old_wrap != new_wrap ? r->size : 0);
    return vhost_packed_recover(r, old | (old_wrap ? WRAP_BIT : 0), n_slots);
}

/* The device's event word does so, too. It is 0 if the driver set the ring up anew, or the ring was
 * stopped in order: then the front-end knows. */
static uint32_t event_position(struct vhost_ring *r, uint32_t base)
{
    union {
        uint32_t word;
        struct vhost_event event;
    } u = {.word = __atomic_load_n((uint32_t *)(void *)r->device, __ATOMIC_RELAXED)};
    uint16_t i = u.event.desc & ~WRAP_BIT;
    bool wrap = u.event.desc & WRAP_BIT;
    if (!u.word || i > r->size) {
        return base;
    }
    if (i == r->size) {
        i = 0;
        wrap = !wrap;
    }
    return vhost_packed_recover(r, i | (wrap ? WRAP_BIT : 0),
                                u.event.flags >> VHOST_EVENT_FLAG_BITS);
}

void vhost_inflight_forget(struct vhost_device *d, unsigned int index)
{
    const struct vhost_vring *v = &d->vrings[index];
    uint32_t *word = NULL;
    if (v->has_addr && vhost_has(d->features, VIRTIO_F_RING_PACKED)) {
        word = vhost_memory_at_user(&d->memory, v->addr.used, sizeof *word, sizeof *word);
    }
    if (word) {
        __atomic_store_n(word, 0, __ATOMIC_RELAXED);
        if (vhost_has(d->features, VIRTIO_F_LOG_ALL) && d->log.bits) {
            vhost_log_write(&d->log, vhost_memory_guest_addr(&d->memory, v->addr.used),
                            sizeof *word);
        }
    }
}

uint32_t vhost_inflight_base(struct vhost_device *d, unsigned int index)
{
    struct vhost_vring *v = &d->vrings[index];
    struct vhost_ring *r = v->ring;
    void *part = part_of(d, index);
    r->inflight = NULL;
    if (!r->packed) {
        uint16_t used_idx = __atomic_load_n(&r->used->idx, __ATOMIC_RELAXED);
        return part ? finish_split(r, part, used_idx) : used_idx;
    }
    if (part) {
        struct vhost_inflight_packed *p = part;
        uint32_t base = v->base & 0xffff;
        if (__atomic_load_n(&p->version, __ATOMIC_RELAXED) == VERSION) {
            base = packed_position(r, p);
        }
        const uint16_t i = base & ~WRAP_BIT;
        const bool wrap = base & WRAP_BIT;
        vhost_inflight_note(p, (struct vhost_inflight_places){i, i, wrap, wrap, {0, 0}});
        __atomic_store_n(&p->desc_num, r->size, __ATOMIC_RELAXED);
        __atomic_store_n(&p->version, VERSION, __ATOMIC_RELAXED);
        r->inflight = p;
        return base;
    }
    return event_position(r, v->base);
}
