/* SPDX-License-Identifier: Apache-2.0 */
/* Rings in memory that holds anything. The first byte says which format and features, the second
 * how large the ring is; the rest is the guest's memory, from its first byte on: the descriptors,
 * the driver's part at 1 KiB, the device's at 2 KiB. */
#include <stdlib.h>
#include <string.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/vhost_ring.h"
#include "lib/base/mem.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_SIZE = 16384, DRIVER_OFS = 1024, DEVICE_OFS = 2048, N_PACKETS = 8 };

static struct frame_cache *frames;
static struct arena *arena;

static void set_up(void)
{
    static uint64_t drops[DROP_N_REASONS];
    char *error = NULL;
    arena = arena_create(256, 32, 1, &error);
    require(arena);
    frames = frame_cache_create(arena, 0, drops);
}

static void set_features(struct vhost_ring *r, uint8_t bits)
{
    r->packed = bits & 1;
    r->event_idx = bits & 2;
    r->mergeable = bits & 4;
    r->in_order = bits & 8;
    r->features = (bits & 16 ? 1ull << VIRTIO_F_INDIRECT_DESC : 0) | 1ull << VIRTIO_F_CSUM |
                  1ull << VIRTIO_F_HOST_TSO4;
    r->lends = bits & 128;
    r->hdr_len = bits & 32 || r->mergeable ? 12 : 10;
}

static void take(struct vhost_ring *r)
{
    struct packet *packets[BATCH_MAX];
    struct vhost_faults faults = {0, 0};
    for (int i = 0; i < 4; i++) {
        unsigned int n = vhost_ring_take(r, frames, packets, BATCH_MAX, &faults);
        require(n + faults.n_bad + faults.n_no_room <= BATCH_MAX * (i + 1u));
        while (n) {
            static uint8_t bytes[PACKET_MAX_SIZE];
            const struct packet *p = packets[--n];
            require(packet_len(p) <= PACKET_MAX_SIZE && packet_read(p, 0, bytes, packet_len(p)));
            frame_cache_put(frames, packets[n]);
        }
        vhost_ring_arm(r);
    }
}

static void put(struct vhost_ring *r)
{
    struct packet *packets[N_PACKETS];
    enum drop_reason why = DROP_NONE;
    for (unsigned int i = 0; i < N_PACKETS; i++) {
        packets[i] = frame_cache_get(frames);
        require(packets[i]);
        packets[i]->head_len = 60 + 200 * i;
        memset(packets[i]->data, i, packets[i]->head_len);
    }
    unsigned int n = vhost_ring_put(r, packets, N_PACKETS, &why);
    require(n == N_PACKETS || why != DROP_NONE);
    vhost_ring_settle(r);
    for (unsigned int i = 0; i < N_PACKETS; i++) {
        frame_cache_put(frames, packets[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vhost_ring ring;
    if (!frames) {
        set_up();
    }
    if (size < 3) {
        return 0;
    }
    uint8_t *memory = xzalloc_cacheline(MEMORY_SIZE);
    memcpy(memory, data + 3, MIN(size - 3, MEMORY_SIZE));
    struct vhost_memory map = {.n = 2};
    map.regions[0] = (struct vhost_region){.guest_addr = 0, .size = 12000, .base = memory};
    map.regions[1] = (struct vhost_region){
        .guest_addr = 12000, .size = MEMORY_SIZE - 12000, .base = memory + 12000};
    memset(&ring, 0, sizeof ring);
    ring.memory = &map;
    set_features(&ring, data[0]);
    ring.size = ring.packed ? 1 + data[1] % 64 : 1 << data[1] % 7;
    ring.desc = (void *)memory;
    ring.avail = (void *)(memory + DRIVER_OFS);
    ring.used = (void *)(memory + DEVICE_OFS);
    ring.driver = (void *)(memory + DRIVER_OFS);
    ring.device = (void *)(memory + DEVICE_OFS);
    ring.kick_fd = ring.call_fd = ring.err_fd = -1;
    uint32_t base = ring.packed ? (data[2] % ring.size) | 1 << 15 : data[2];
    if (ring.packed && data[1] & 128) {
        base = vhost_packed_recover(&ring, base, data[2]);
        require(vhost_ring_is_base(&ring, base));
    }
    vhost_ring_start(&ring, base);
    if (data[0] & 64) {
        put(&ring);
    } else {
        take(&ring);
    }
    require(arena_n_frames_free(arena) == arena_n_frames(arena));
    require(arena_n_tails_free(arena) == arena_n_tails(arena));
    free(memory);
    return 0;
}
