/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's memory as its front-end shares it: files that are mapped, found by guest-physical
 * address or by the address that they have in the front-end.
 *
 * The guest may write all of it at any time, and whoever has the file may cut it off. So nothing in
 * it is read twice, and a page that is no longer there must not end the program: a handler of
 * SIGBUS puts zeros in the place of the whole region and marks the region as lost.
 *
 * The main thread adds and removes regions while no ring uses the memory. Forwarding threads read.
 */
#pragma once

#include "datapath/vhost_message.h"

/* A mapping that the SIGBUS handler knows. */
struct vhost_mapping {
    void *base;
    size_t size; /* bytes, whole pages */
    int guard;   /* its number among those that the handler knows */
};

struct vhost_region {
    uint64_t guest_addr, size;
    uint8_t *base; /* of the byte at guest_addr */
    uint64_t user_addr, offset;
    unsigned int n_added; /* times that it was added and not removed again */
    struct vhost_mapping mapping;
};

/* The largest region first: it is the one that packets lie in. */
struct vhost_memory {
    unsigned int n;
    struct vhost_region regions[VHOST_MAX_REGIONS];
};

/* Main thread only. */

/* Maps 'size' bytes at 'offset' of a file for reading and writing; '*p' is the first of them. The
 * descriptor stays the caller's. Null or what is wrong (not to be freed). */
const char *vhost_mapping_create(struct vhost_mapping *, int fd, uint64_t offset, uint64_t size,
                                 uint8_t **p) WARN_UNUSED;
void vhost_mapping_destroy(struct vhost_mapping *); /* also of one that is all zero */

/* Did some part of the file vanish? Any thread. */
bool vhost_mapping_is_lost(const struct vhost_mapping *);

/* Null or what is wrong. The descriptor stays the caller's. A front-end may add a region once for
 * each of its queue pairs (QEMU does); it goes when it was removed as often. */
const char *vhost_memory_add(struct vhost_memory *, const struct vhost_region_info *,
                             int fd) WARN_UNUSED;
const char *vhost_memory_remove(struct vhost_memory *,
                                const struct vhost_region_info *) WARN_UNUSED;
void vhost_memory_clear(struct vhost_memory *);
bool vhost_memory_is_lost(const struct vhost_memory *);

/* 'size' bytes at an address of the front-end's, all in one region and aligned; null if there are
 * none. */
void *vhost_memory_at_user(const struct vhost_memory *, uint64_t user_addr, uint64_t size,
                           size_t alignment);

/* The guest-physical address that belongs to one of the front-end's; 0 if there is none. */
uint64_t vhost_memory_guest_addr(const struct vhost_memory *, uint64_t user_addr);

/* Any thread. */

/* The bytes at a guest-physical address; '*len' is cut to what its region has of them. Null if
 * there is none (nor if '*len' is 0). */
static inline uint8_t *vhost_memory_at(const struct vhost_memory *m, uint64_t addr, uint32_t *len)
{
    for (unsigned int i = 0; i < m->n; i++) {
        const struct vhost_region *r = &m->regions[i];
        uint64_t offset = addr - r->guest_addr;
        if (likely(offset < r->size)) {
            if (unlikely(*len > r->size - offset)) {
                *len = r->size - offset;
            }
            return r->base + offset;
        }
    }
    return NULL;
}
