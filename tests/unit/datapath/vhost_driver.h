/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's driver of one virtqueue, written the simple way, against which the switch's end is
 * tested.
 *
 * Its memory is an array in this process. Both ring formats, chains of any number of descriptors,
 * direct or indirect; it follows the standard and checks that the device does. */
#pragma once

#include "datapath/vhost_ring.h"

enum {
    DRIVER_RING_SIZE = 32,
    DRIVER_BUFFER_SIZE = 1 << 17, /* bytes for each buffer */
    DRIVER_GUEST_BASE = 0x40000000,
    DRIVER_MAX_SEGS = 24,
};

/* A buffer that the device gave back. */
struct driver_used {
    uint16_t id;
    uint32_t len;
};

struct driver {
    bool packed, in_order;
    bool writable;   /* buffers are for the device to write */
    uint8_t *memory; /* rings, indirect tables, then a buffer for each id */
    bool owns_memory;
    uint64_t base; /* its guest-physical address */
    struct vhost_memory map;
    struct vhost_ring ring; /* the device's end */
    uint16_t next_avail, next_used;
    bool avail_wrap, used_wrap;
    unsigned int n_free; /* descriptors of the ring */
    bool busy[DRIVER_RING_SIZE];
    uint16_t slots[DRIVER_RING_SIZE];                /* that a buffer took of the ring */
    uint16_t next_free[DRIVER_RING_SIZE], free_head; /* split: descriptors */
    uint16_t last[DRIVER_RING_SIZE];                 /* split: the last descriptor of the chain */
    uint16_t order[DRIVER_RING_SIZE];                /* in which buffers were made available */
    unsigned int first_order, n_order;
    unsigned int skipped; /* in order: buffers that one used entry still stands for */
};

struct driver *driver_create(uint64_t features);

/* In memory of the caller's, driver_memory_size() zero bytes at a guest-physical address. */
struct driver *driver_create_in(uint64_t features, uint8_t *memory, uint64_t base);
size_t driver_memory_size(void);
void driver_destroy(struct driver *);

uint8_t *driver_buffer(struct driver *, uint16_t id);
uint64_t driver_buffer_addr(uint16_t id); /* with driver_create() */

/* Makes a buffer of 'n' segments of the given lengths available; its bytes lie one behind the other
 * in driver_buffer(). Returns its id, or -1 if the ring is full. */
int driver_add(struct driver *, const uint32_t *lens, unsigned int n, bool writable, bool indirect);

/* The id that the next buffer of 'n' descriptors will have; -1 if there is no room. */
int driver_next_id(const struct driver *, unsigned int n);

/* Does the device want to be told of the buffer that was added last? */
bool driver_must_kick(const struct driver *);

/* Takes the next buffer that was given back; false if there is none. */
bool driver_get(struct driver *, struct driver_used *);

/* Raw access, to do what no driver does. */
void driver_add_raw(struct driver *, const struct vhost_desc *descs, unsigned int n);
