/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's end that means harm, one way after the other:
 *
 *   messages   half messages, messages of any size and number of descriptors, floods of descriptors,
 *              garbage, disconnects after each message of a good start
 *   rings      descriptors, indices and indirect tables that another thread rewrites at random while
 *              the switch polls
 *   memory     a memory file that is cut off and grown while the switch works in it
 *   calls      eventfds that are full, and made to block whoever writes to them
 *
 *   vhost_hostile PATH messages|rings|memory|calls SECONDS SEED [packed]
 *
 * The switch may disconnect at any time; the only failure is one that comes back to no connection.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/system/vhost_frontend.h"

enum { PATIENCE_MS = 30000 };

static uint32_t seed;
static time_t end;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint64_t)seed * below >> 32;
}

static void send_raw(struct frontend *fe, const void *data, size_t n, unsigned int n_fds)
{
    union {
        char bytes[CMSG_SPACE(64 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov = {(void *)data, n};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (n_fds) {
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        for (unsigned int i = 0; i < n_fds; i++) {
            int fd = draw(2) ? fe->memory_fds[0] : draw(2) ? fe->kick_fds[0] : fe->fd;
            memcpy(CMSG_DATA(cmsg) + i * sizeof fd, &fd, sizeof fd);
        }
    }
    ssize_t ignored = sendmsg(fe->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
}

static void random_message(struct frontend *fe)
{
    uint8_t bytes[sizeof(struct vhost_header) + 600];
    struct vhost_header header = {draw(VHOST_N_REQUESTS + 2), VHOST_VERSION, draw(5) * 8};
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = draw(4) ? 0 : draw(256);
    }
    if (!draw(4)) {
        header.flags |= VHOST_FLAG_NEED_REPLY;
    }
    if (!draw(20)) {
        header.flags = draw(16);
    }
    if (!draw(20)) {
        header.size = draw(2) ? draw(600) : UINT32_MAX - draw(8);
    }
    memcpy(bytes, &header, sizeof header);
    size_t n = sizeof header + MIN(header.size, 600);
    send_raw(fe, bytes, draw(10) ? n : 1 + draw(n), draw(3) ? 0 : draw(4) ? 1 : draw(60));
}

/* Nobody may be kept waiting for the rest of a message. */
static void half_message(struct frontend *fe)
{
    const struct vhost_header header = {VHOST_SET_MEM_TABLE, VHOST_VERSION, 264};
    send_raw(fe, &header, 1 + draw(sizeof header), 1);
    poll(NULL, 0, 30);
}

static void descriptor_flood(struct frontend *fe)
{
    const uint8_t byte = 1;
    for (int i = 0; i < 12; i++) {
        send_raw(fe, &byte, 1, 1 + draw(60));
    }
}

static void attack_messages(struct frontend *fe)
{
    switch (draw(4)) {
    case 0:
        half_message(fe);
        break;
    case 1:
        descriptor_flood(fe);
        break;
    case 2:
        fe_start(fe);
        random_message(fe);
        break;
    default:
        for (unsigned int i = draw(20); i; i--) {
            random_message(fe);
        }
        break;
    }
}

/* The first 'n' messages of a good start, then nothing. */
static void leave_after(struct frontend *fe, unsigned int n)
{
    const uint64_t features = fe->features | 1ull << VIRTIO_F_PROTOCOL_FEATURES;
    const uint64_t protocol = 1ull << VHOST_P_MQ;
    const struct vhost_vring_state num = {1, DRIVER_RING_SIZE}, on = {1, 1};
    const struct driver *d = fe->drivers[1];
    const struct vhost_vring_addr addr = {
        1, 0, (uintptr_t)d->ring.desc, (uintptr_t)d->ring.used, (uintptr_t)d->ring.avail, 0};
    union vhost_payload table = {.table = {2, 0, {{0}}}};
    for (int i = 0; i < 2; i++) {
        table.table.regions[i] = (struct vhost_region_info){
            fe->drivers[i]->base, driver_memory_size(), (uintptr_t)fe->drivers[i]->memory, 0};
    }
    const uint64_t index = 1;
    const struct {
        uint32_t request;
        const void *payload;
        uint32_t size;
        const int *fds;
        unsigned int n_fds;
    } steps[] = {
        {VHOST_SET_OWNER, NULL, 0, NULL, 0},
        {VHOST_SET_PROTOCOL_FEATURES, &protocol, 8, NULL, 0},
        {VHOST_SET_FEATURES, &features, 8, NULL, 0},
        {VHOST_SET_MEM_TABLE, &table, 8 + 2 * 32, fe->memory_fds, 2},
        {VHOST_SET_VRING_NUM, &num, 8, NULL, 0},
        {VHOST_SET_VRING_ADDR, &addr, sizeof addr, NULL, 0},
        {VHOST_SET_VRING_CALL, &index, 8, &fe->call_fds[1], 1},
        {VHOST_SET_VRING_KICK, &index, 8, &fe->kick_fds[1], 1},
        {VHOST_SET_VRING_ENABLE, &on, 8, NULL, 0},
        {VHOST_GET_VRING_BASE, &num, 8, NULL, 0},
    };
    for (unsigned int i = 0; i < MIN(n, ARRAY_SIZE(steps)); i++) {
        fe_request(fe, steps[i].request, steps[i].payload, steps[i].size, steps[i].fds,
                   steps[i].n_fds);
    }
}

/* Another thread, while the switch polls. */
struct scribbler {
    struct frontend *fe;
    uint32_t seed;
    bool stop;
};

static uint32_t draw_own(struct scribbler *s, uint32_t below)
{
    s->seed = s->seed * 1664525 + 1013904223;
    return (uint64_t)s->seed * below >> 32;
}

static uint64_t some_addr(struct scribbler *s, const struct driver *d)
{
    uint64_t size = driver_memory_size();
    switch (draw_own(s, 6)) {
    case 0:
        return d->base + size - draw_own(s, 100); /* at the end of a region */
    case 1:
        return d->base + draw_own(s, 1 << 15); /* the rings themselves */
    case 2:
        return UINT64_MAX - draw_own(s, 100);
    case 3:
        return draw_own(s, UINT32_MAX);
    default:
        return d->base + (1 << 17) + draw_own(s, size - (1 << 18));
    }
}

static uint32_t some_len(struct scribbler *s)
{
    const uint32_t lens[] = {0, 1, 11, 12, 13, 16, 64, 100, 1500, 65536, 100000, UINT32_MAX};
    return lens[draw_own(s, ARRAY_SIZE(lens))];
}

static void scribble_desc(struct scribbler *s, const struct driver *d, struct vhost_desc *desc)
{
    static const uint16_t flags[] = {0, 1, 2, 3, 4, 5, 6, 0x80, 0x81, 0x82, 0x8000, 0x8080, 0x8002};
    uint16_t f = flags[draw_own(s, ARRAY_SIZE(flags))];
    __atomic_store_n(&desc->addr, some_addr(s, d), __ATOMIC_RELAXED);
    __atomic_store_n(&desc->len, some_len(s), __ATOMIC_RELAXED);
    __atomic_store_n(&desc->a, d->packed ? draw_own(s, 64) : f, __ATOMIC_RELAXED);
    __atomic_store_n(&desc->b, d->packed ? f : draw_own(s, DRIVER_RING_SIZE + 1), __ATOMIC_RELAXED);
}

static void *scribble(void *s_)
{
    struct scribbler *s = s_;
    while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
        unsigned int i = draw_own(s, 2);
        struct driver *d = s->fe->drivers[i];
        for (int n = 0; n < 32; n++) {
            scribble_desc(s, d, &d->ring.desc[draw_own(s, DRIVER_RING_SIZE)]);
            /* Tables of indirect descriptors may be anywhere; some are here. */
            scribble_desc(s, d, (void *)(d->memory + 0x4000 + 16 * draw_own(s, 512)));
        }
        if (!d->packed) {
            uint16_t idx = __atomic_load_n(&d->ring.avail->idx, __ATOMIC_RELAXED);
            __atomic_store_n(&d->ring.avail->ring[draw_own(s, DRIVER_RING_SIZE)],
                             draw_own(s, 200) ? draw_own(s, DRIVER_RING_SIZE) : 12345,
                             __ATOMIC_RELAXED);
            __atomic_store_n(&d->ring.avail->idx, idx + (draw_own(s, 500) ? draw_own(s, 8) : 999),
                             __ATOMIC_RELAXED);
            __atomic_store_n(&d->ring.used->idx, draw_own(s, 65536), __ATOMIC_RELAXED);
        }
        uint64_t one = 1;
        ssize_t ignored = write(s->fe->kick_fds[i], &one, sizeof one);
        (void)ignored;
        if (!draw_own(s, 16)) {
            poll(NULL, 0, 1);
        }
    }
    return NULL;
}

static void attack_rings(struct frontend *fe)
{
    struct scribbler s = {fe, draw(UINT32_MAX), false};
    pthread_t thread;
    fe_start(fe);
    if (pthread_create(&thread, NULL, scribble, &s)) {
        fe_die("no thread");
    }
    poll(NULL, 0, 100 + draw(200));
    __atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
}

static void cut_off(struct frontend *fe, uint32_t len)
{
    for (int i = 0; i < 2; i++) {
        if (ftruncate(fe->memory_fds[i], len ? draw(len) : 0)) {
            fe_die("cannot cut the memory off");
        }
    }
}

/* Nothing of the guest's may be touched here while it is cut off: the driver's next packets are
 * there before. If all of it is, the switch must find out as soon as it looks, and disconnect. */
static void attack_memory(struct frontend *fe, bool all)
{
    static uint8_t packet[1500];
    const uint8_t hdr[12] = {0};
    for (int i = 0; i < 5; i++) {
        fe_send(fe, 0, hdr, packet, 100 + draw(1000));
    }
    fe_post(fe, 0);
    fe_start(fe);
    if (draw(2)) {
        poll(NULL, 0, draw(3));
    }
    cut_off(fe, all ? 0 : 1 << 18);
    uint64_t one = 1;
    ssize_t ignored = write(fe->kick_fds[1], &one, sizeof one);
    (void)ignored;
    struct pollfd pollfd = {fe->fd, POLLIN, 0};
    if (!poll(&pollfd, 1, all ? PATIENCE_MS : 50) && all) {
        fe_die("the switch works in memory that is not there");
    }
    /* The driver looks at its memory again when it ends. */
    for (int i = 0; i < 2; i++) {
        if (ftruncate(fe->memory_fds[i], driver_memory_size())) {
            fe_die("cannot restore the memory");
        }
    }
    poll(&pollfd, 1, 1500);
}

/* Leaves no room in the counter, so that a write waits. */
static void fill(int fd)
{
    uint64_t value;
    do {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        ssize_t ignored = read(fd, &value, sizeof value);
        (void)ignored;
        value = UINT64_MAX - 1;
    } while (write(fd, &value, sizeof value) < 0);
    fcntl(fd, F_SETFL, 0);
}

static void empty(int fd)
{
    uint64_t value;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    ssize_t ignored = read(fd, &value, sizeof value);
    (void)ignored;
}

/* The switch sends everything back, so that it has reason to call for both rings. */
static void attack_calls(struct frontend *fe)
{
    static uint8_t packet[60], got[1 << 16];
    uint8_t hdr[12] = {0};
    fe_start(fe);
    fe_post(fe, 0);
    fill(fe->call_fds[0]);
    fill(fe->call_fds[1]);
    for (int i = 0; i < 10; i++) {
        empty(fe->kick_fds[1]);
        for (int j = 0; j < 8; j++) {
            fe_send(fe, 0, hdr, packet, sizeof packet);
        }
        fill(fe->kick_fds[1]);
        for (int ms = 0; !fe_receive(fe, 0, hdr, got, sizeof got); ms++) {
            if (ms > PATIENCE_MS) {
                fe_die("the switch stands still");
            }
            poll(NULL, 0, 1);
        }
        while (fe_receive(fe, 0, hdr, got, sizeof got)) {
        }
        memset(hdr, 0, sizeof hdr);
        fe_post(fe, 0);
    }
}

int main(int argc, char *argv[])
{
    if (argc < 5) {
        fe_die("usage: vhost_hostile PATH messages|rings|memory|calls SECONDS SEED [packed]");
    }
    const char *path = argv[1], *what = argv[2];
    uint64_t features = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_MRG_RXBUF |
                        1ull << VIRTIO_F_INDIRECT_DESC | 1ull << VIRTIO_F_EVENT_IDX;
    unsigned int n_rounds = 0;
    if (!strcmp(what, "calls")) {
        features &= ~(1ull << VIRTIO_F_EVENT_IDX); /* the driver wants all calls */
    }
    if (argc > 5) {
        features |= 1ull << VIRTIO_F_RING_PACKED;
    }
    signal(SIGPIPE, SIG_IGN);
    seed = atoi(argv[4]);
    end = time(NULL) + atoi(argv[3]);
    int listen_fd = -1;
    while (time(NULL) < end) {
        struct frontend fe;
        fe_create(&fe, path, features, 1);
        fe.listen_fd = listen_fd;
        fe_accept(&fe);
        if (!strcmp(what, "rings")) {
            attack_rings(&fe);
        } else if (!strcmp(what, "memory")) {
            attack_memory(&fe, n_rounds % 2 == 0);
        } else if (!strcmp(what, "calls")) {
            attack_calls(&fe);
        } else if (n_rounds % 2) {
            leave_after(&fe, n_rounds / 2 % 11);
        } else {
            attack_messages(&fe);
        }
        listen_fd = fe.listen_fd;
        fe.listen_fd = -1;
        fe_destroy(&fe);
        n_rounds++;
    }
    unlink(path);
    printf("%u rounds\n", n_rounds);
    return n_rounds < 2;
}
