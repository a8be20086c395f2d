/* SPDX-License-Identifier: Apache-2.0 */
/* A front-end that sends anything: records of four bytes (request, flags, size of the payload,
 * descriptors) and a payload. Rings that come to life are used at once, whatever is in their
 * memory. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/vhost_device.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_SIZE = 1 << 16, MAX_MESSAGES = 64 };

static struct frame_cache *frames;
static struct vhost_ring *rings[VHOST_MAX_VRINGS];
static int memory_fd;

static void pause_all(void *aux)
{
    (void)aux;
    memset(rings, 0, sizeof rings);
}

static void resume(void *aux, unsigned int index, struct vhost_ring *ring)
{
    (void)aux;
    require(index < VHOST_MAX_VRINGS && !rings[index]);
    rings[index] = ring;
}

static void set_up(void)
{
    static uint64_t drops[DROP_N_REASONS];
    char *error = NULL;
    struct arena *arena = arena_create(256, 32, 1, &error);
    require(arena);
    frames = frame_cache_create(arena, 0, drops);
    memory_fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(memory_fd >= 0 && !ftruncate(memory_fd, MEMORY_SIZE));
}

static void use_rings(void)
{
    struct packet *packets[BATCH_MAX];
    struct vhost_faults faults = {0, 0};
    enum drop_reason why;
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        if (rings[i] && i % 2) {
            unsigned int n = vhost_ring_take(rings[i], frames, packets, BATCH_MAX, &faults);
            vhost_ring_arm(rings[i]);
            while (n) {
                frame_cache_put(frames, packets[--n]);
            }
        } else if (rings[i]) {
            struct packet *p = frame_cache_get(frames);
            require(p);
            p->head_len = 60;
            memset(p->data, 1, p->head_len);
            vhost_ring_put(rings[i], &p, 1, &why);
            vhost_ring_settle(rings[i]);
            frame_cache_put(frames, p);
        }
    }
}

/* One record; how many bytes it was, 0 at the end. */
static size_t feed(struct vhost_device *d, const uint8_t *data, size_t size)
{
    struct vhost_message m;
    if (size < 4 || size - 4 < data[2]) {
        return 0;
    }
    memset(&m, 0, sizeof m);
    m.header = (struct vhost_header){data[0], data[1], data[2]};
    memcpy(&m.payload, data + 4, data[2]);
    unsigned int n_fds = (data[3] & 15) % (VHOST_MAX_FDS + 1);
    for (; m.n_fds < n_fds; m.n_fds++) {
        m.fds[m.n_fds] = data[3] & 16 ? eventfd(0, EFD_CLOEXEC) : dup(memory_fd);
        require(m.fds[m.n_fds] >= 0);
    }
    if (!vhost_message_check_header(&m.header) && !vhost_message_check(&m)) {
        bool reply;
        int reply_fd;
        const char *error = vhost_device_handle(d, &m, &reply, &reply_fd);
        require(!error || strlen(error) < 128);
        require(!reply || m.header.size <= sizeof m.payload);
        if (reply_fd >= 0) {
            close(reply_fd);
        }
        use_rings();
    }
    vhost_message_close_fds(&m);
    return 4 + (size_t)data[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vhost_device device;
    if (!frames) {
        set_up();
    }
    vhost_device_init(&device, pause_all, resume, NULL);
    size_t n;
    for (int i = 0; i < MAX_MESSAGES && (n = feed(&device, data, size)); i++) {
        data += n;
        size -= n;
    }
    vhost_device_destroy(&device);
    return 0;
}
