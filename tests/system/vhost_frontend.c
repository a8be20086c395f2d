/* SPDX-License-Identifier: Apache-2.0 */
/* Speaking vhost-user as a virtual machine monitor does. */
#include "tests/system/vhost_frontend.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, REGION_DISTANCE = 0x1000000 };

static const uint64_t protocol_features =
    1ull << VHOST_P_MQ | 1ull << VHOST_P_REPLY_ACK | 1ull << VHOST_P_CONFIGURE_MEM_SLOTS |
    1ull << VHOST_P_INFLIGHT_SHMFD | 1ull << VHOST_P_LOG_SHMFD | 1ull << VHOST_P_STATUS |
    1ull << VHOST_P_NET_MTU | 1ull << VHOST_P_RARP;

void fe_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void fe_create(struct frontend *fe, const char *path, uint64_t features, unsigned int n_pairs)
{
    *fe = (struct frontend){.path = path,
                            .listen_fd = -1,
                            .fd = -1,
                            .features = features,
                            .n_pairs = n_pairs,
                            .inflight_fd = -1};
    for (unsigned int i = 0; i < 2 * n_pairs; i++) {
        fe->memory_fds[i] = memfd_create("guest", MFD_CLOEXEC);
        if (fe->memory_fds[i] < 0 || ftruncate(fe->memory_fds[i], driver_memory_size())) {
            fe_die("no memory for a guest: %s", strerror(errno));
        }
        uint8_t *memory = mmap(NULL, driver_memory_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
                               fe->memory_fds[i], 0);
        if (memory == MAP_FAILED) {
            fe_die("no memory for a guest: %s", strerror(errno));
        }
        fe->drivers[i] =
            driver_create_in(features, memory, DRIVER_GUEST_BASE + i * (uint64_t)REGION_DISTANCE);
        fe->kick_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        fe->call_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
}

void fe_destroy(struct frontend *fe)
{
    fe_disconnect(fe);
    for (unsigned int i = 0; i < 2 * fe->n_pairs; i++) {
        munmap(fe->drivers[i]->memory, driver_memory_size());
        driver_destroy(fe->drivers[i]);
        close(fe->memory_fds[i]);
        close(fe->kick_fds[i]);
        close(fe->call_fds[i]);
    }
    if (fe->listen_fd >= 0) {
        close(fe->listen_fd);
        unlink(fe->path);
    }
    if (fe->inflight_fd >= 0) {
        close(fe->inflight_fd);
    }
}

static struct sockaddr_un address(const struct frontend *fe)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    snprintf(sun.sun_path, sizeof sun.sun_path, "%s", fe->path);
    return sun;
}

void fe_accept(struct frontend *fe)
{
    if (fe->listen_fd < 0) {
        struct sockaddr_un sun = address(fe);
        fe->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        unlink(fe->path);
        if (bind(fe->listen_fd, (struct sockaddr *)&sun, sizeof sun) || listen(fe->listen_fd, 1)) {
            fe_die("%s: %s", fe->path, strerror(errno));
        }
    }
    struct pollfd pollfd = {fe->listen_fd, POLLIN, 0};
    if (poll(&pollfd, 1, PATIENCE_MS) != 1) {
        fe_die("%s: the switch does not connect", fe->path);
    }
    fe->fd = accept4(fe->listen_fd, NULL, NULL, SOCK_CLOEXEC);
}

void fe_connect(struct frontend *fe)
{
    struct sockaddr_un sun = address(fe);
    fe->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (int i = 0; connect(fe->fd, (struct sockaddr *)&sun, sizeof sun); i += 20) {
        if (i > PATIENCE_MS) {
            fe_die("%s: %s", fe->path, strerror(errno));
        }
        poll(NULL, 0, 20);
    }
}

void fe_disconnect(struct frontend *fe)
{
    if (fe->fd >= 0) {
        close(fe->fd);
        fe->fd = -1;
    }
}

static void send_message(struct frontend *fe, const struct vhost_header *header,
                         const void *payload, const int *fds, unsigned int n_fds)
{
    union {
        char bytes[CMSG_SPACE(64 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov[] = {{(void *)header, sizeof *header}, {(void *)payload, header->size}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    if (n_fds) {
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
    }
    if (sendmsg(fe->fd, &msg, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET) {
        fe_die("%s: %s", fe->path, strerror(errno));
    }
}

void fe_request(struct frontend *fe, uint32_t request, const void *payload, uint32_t size,
                const int *fds, unsigned int n_fds)
{
    const struct vhost_header header = {request, VHOST_VERSION, size};
    send_message(fe, &header, payload, fds, n_fds);
}

static bool receive(const struct frontend *fe, void *to, size_t n, int *fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    for (size_t done = 0; done < n;) {
        struct iovec iov = {(char *)to + done, n - done};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
        struct pollfd pollfd = {fe->fd, POLLIN, 0};
        if (poll(&pollfd, 1, PATIENCE_MS) != 1) {
            fe_die("%s: no answer", fe->path);
        }
        ssize_t got = recvmsg(fe->fd, &msg, MSG_CMSG_CLOEXEC);
        if (got <= 0) {
            return false;
        }
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        if (cmsg && fd) {
            memcpy(fd, CMSG_DATA(cmsg), sizeof *fd);
        }
        done += got;
    }
    return true;
}

bool fe_answer(struct frontend *fe, uint32_t request, void *payload, uint32_t size, int *fd)
{
    struct vhost_header header;
    if (!receive(fe, &header, sizeof header, fd)) {
        return false;
    }
    if (header.request != request || !(header.flags & VHOST_FLAG_REPLY) || header.size > size) {
        fe_die("%s: a strange answer to %s", fe->path, vhost_message_name(request));
    }
    return receive(fe, payload, header.size, fd);
}

uint64_t fe_request_acked(struct frontend *fe, uint32_t request, const void *payload, uint32_t size,
                          const int *fds, unsigned int n_fds)
{
    const struct vhost_header header = {request, VHOST_VERSION | VHOST_FLAG_NEED_REPLY, size};
    union vhost_payload answer;
    send_message(fe, &header, payload, fds, n_fds);
    if (!fe_answer(fe, request, &answer, sizeof answer, NULL)) {
        fe_die("%s: disconnected instead of an answer to %s", fe->path,
               vhost_message_name(request));
    }
    return answer.u64;
}

static uint64_t get_u64(struct frontend *fe, uint32_t request)
{
    uint64_t value = 0;
    fe_request(fe, request, NULL, 0, NULL, 0);
    if (!fe_answer(fe, request, &value, sizeof value, NULL)) {
        fe_die("%s: no answer to %s", fe->path, vhost_message_name(request));
    }
    return value;
}

static void must(struct frontend *fe, uint32_t request, const void *payload, uint32_t size,
                 const int *fds, unsigned int n_fds)
{
    if (fe_request_acked(fe, request, payload, size, fds, n_fds)) {
        fe_die("%s: %s was refused", fe->path, vhost_message_name(request));
    }
}

static struct vhost_region_info region_of(const struct frontend *fe, unsigned int i)
{
    const struct driver *d = fe->drivers[i];
    return (struct vhost_region_info){d->base, driver_memory_size(), (uintptr_t)d->memory, 0};
}

static void share_memory(struct frontend *fe)
{
    union vhost_payload payload = {.table = {2 * fe->n_pairs, 0, {{0}}}};
    if (!fe->use_slots) {
        for (unsigned int i = 0; i < 2 * fe->n_pairs; i++) {
            payload.table.regions[i] = region_of(fe, i);
        }
        must(fe, VHOST_SET_MEM_TABLE, &payload,
             8 + 2 * fe->n_pairs * sizeof payload.table.regions[0], fe->memory_fds,
             2 * fe->n_pairs);
        return;
    }
    for (unsigned int i = 0; i < 2 * fe->n_pairs; i++) {
        payload.region.region = region_of(fe, i);
        must(fe, VHOST_ADD_MEM_REG, &payload, sizeof payload.region, &fe->memory_fds[i], 1);
    }
}

static void share_inflight(struct frontend *fe)
{
    if (fe->inflight_fd < 0) {
        fe->inflight = (struct vhost_inflight_info){0, 0, 2 * fe->n_pairs, DRIVER_RING_SIZE};
        fe_request(fe, VHOST_GET_INFLIGHT_FD, &fe->inflight, sizeof fe->inflight, NULL, 0);
        if (!fe_answer(fe, VHOST_GET_INFLIGHT_FD, &fe->inflight, sizeof fe->inflight,
                       &fe->inflight_fd) ||
            fe->inflight_fd < 0) {
            fe_die("%s: no in-flight buffer", fe->path);
        }
    }
    must(fe, VHOST_SET_INFLIGHT_FD, &fe->inflight, sizeof fe->inflight, &fe->inflight_fd, 1);
}

/* A split ring's position is in the ring; of a packed one only the in-flight buffer knows it. */
static void start_ring(struct frontend *fe, unsigned int i)
{
    const struct driver *d = fe->drivers[i];
    struct vhost_vring_state num = {i, DRIVER_RING_SIZE};
    struct vhost_vring_state base = {i, d->packed ? 1 << 15 : 0};
    struct vhost_vring_state on = {i, 1};
    const struct vhost_vring_addr addr = {
        .index = i,
        .desc = (uintptr_t)d->ring.desc,
        .avail = d->packed ? (uintptr_t)d->ring.driver : (uintptr_t)d->ring.avail,
        .used = d->packed ? (uintptr_t)d->ring.device : (uintptr_t)d->ring.used,
    };
    const uint64_t index = i;
    must(fe, VHOST_SET_VRING_NUM, &num, sizeof num, NULL, 0);
    must(fe, VHOST_SET_VRING_BASE, &base, sizeof base, NULL, 0);
    must(fe, VHOST_SET_VRING_ADDR, &addr, sizeof addr, NULL, 0);
    must(fe, VHOST_SET_VRING_CALL, &index, sizeof index, &fe->call_fds[i], 1);
    must(fe, VHOST_SET_VRING_KICK, &index, sizeof index, &fe->kick_fds[i], 1);
    must(fe, VHOST_SET_VRING_ENABLE, &on, sizeof on, NULL, 0);
}

void fe_start(struct frontend *fe)
{
    uint64_t offered = get_u64(fe, VHOST_GET_FEATURES);
    uint64_t wanted = fe->features | 1ull << VIRTIO_F_PROTOCOL_FEATURES;
    if (wanted & ~offered) {
        fe_die("%s: features %#llx are not offered", fe->path,
               (unsigned long long)(wanted & ~offered));
    }
    fe->protocol = get_u64(fe, VHOST_GET_PROTOCOL_FEATURES) & protocol_features;
    if (fe->protocol != protocol_features) {
        fe_die("%s: protocol features are missing", fe->path);
    }
    fe_request(fe, VHOST_SET_PROTOCOL_FEATURES, &fe->protocol, sizeof fe->protocol, NULL, 0);
    fe_request(fe, VHOST_SET_OWNER, NULL, 0, NULL, 0);
    fe_request(fe, VHOST_SET_FEATURES, &wanted, sizeof wanted, NULL, 0);
    if (get_u64(fe, VHOST_GET_QUEUE_NUM) < fe->n_pairs) {
        fe_die("%s: too few queues", fe->path);
    }
    if (fe->use_inflight) {
        share_inflight(fe);
    }
    share_memory(fe);
    for (unsigned int i = 0; i < 2 * fe->n_pairs; i++) {
        start_ring(fe, i);
    }
}

void fe_stop(struct frontend *fe)
{
    for (unsigned int i = 0; i < 2 * fe->n_pairs; i++) {
        struct vhost_vring_state state = {i, 0};
        must(fe, VHOST_SET_VRING_ENABLE, &state, sizeof state, NULL, 0);
        fe_request(fe, VHOST_GET_VRING_BASE, &state, sizeof state, NULL, 0);
        if (!fe_answer(fe, VHOST_GET_VRING_BASE, &state, sizeof state, NULL)) {
            fe_die("%s: no base of ring %u", fe->path, i);
        }
    }
}

void fe_expect_calls(struct frontend *fe)
{
    for (unsigned int i = 0; i < 2 * fe->n_pairs; i++) {
        uint64_t n;
        if (read(fe->call_fds[i], &n, sizeof n) != sizeof n) {
            fe_die("%s: nobody called for ring %u", fe->path, i);
        }
    }
}

static void reclaim(struct driver *d)
{
    struct driver_used used;
    while (driver_get(d, &used)) {
    }
}

static void kick(struct frontend *fe, unsigned int i)
{
    uint64_t one = 1;
    if (write(fe->kick_fds[i], &one, sizeof one) < 0) {
        fe_die("%s: cannot kick: %s", fe->path, strerror(errno));
    }
}

bool fe_send(struct frontend *fe, unsigned int queue, const void *hdr, const void *bytes,
             uint32_t len)
{
    unsigned int i = 2 * queue + 1;
    struct driver *d = fe->drivers[i];
    uint32_t lens[DRIVER_MAX_SEGS], left = d->ring.hdr_len + len;
    unsigned int n = 0, wanted = 1 + rand() % 4;
    reclaim(d);
    while (left) {
        lens[n] = n + 1 < wanted ? 1 + rand() % left : left;
        left -= lens[n++];
    }
    bool indirect = vhost_has(fe->features, VIRTIO_F_INDIRECT_DESC) && rand() % 2;
    /* The bytes must be there before the descriptors. */
    int id = driver_next_id(d, indirect ? 1 : n);
    if (id < 0) {
        return false;
    }
    memcpy(driver_buffer(d, id), hdr, d->ring.hdr_len);
    memcpy(driver_buffer(d, id) + d->ring.hdr_len, bytes, len);
    if (driver_add(d, lens, n, false, indirect) != id) {
        fe_die("%s: the driver is confused", fe->path);
    }
    if (driver_must_kick(d)) {
        kick(fe, i);
    }
    return true;
}

void fe_post(struct frontend *fe, unsigned int queue)
{
    struct driver *d = fe->drivers[2 * queue];
    bool mergeable = vhost_has(fe->features, VIRTIO_F_MRG_RXBUF);
    const uint32_t len = mergeable ? 2048 : DRIVER_BUFFER_SIZE / 2 + 100;
    while (driver_add(d, &len, 1, true, false) >= 0) {
    }
}

uint32_t fe_receive(struct frontend *fe, unsigned int queue, void *hdr, void *bytes, uint32_t size)
{
    struct driver *d = fe->drivers[2 * queue];
    struct driver_used used;
    unsigned int n_buffers = 1;
    uint32_t total = 0;
    for (unsigned int i = 0; i < n_buffers; i++) {
        if (!driver_get(d, &used)) {
            if (i) {
                fe_die("%s: buffers of a packet are missing", fe->path);
            }
            return 0;
        }
        uint32_t skip = i ? 0 : d->ring.hdr_len;
        if (used.len < skip || total + used.len - skip > size) {
            fe_die("%s: a buffer of %u bytes", fe->path, used.len);
        }
        memcpy((uint8_t *)bytes + total, driver_buffer(d, used.id) + skip, used.len - skip);
        total += used.len - skip;
        if (!i) {
            memcpy(hdr, driver_buffer(d, used.id), skip);
            if (skip == 12) {
                uint16_t n;
                memcpy(&n, (uint8_t *)hdr + 10, sizeof n);
                n_buffers = n;
            }
        }
    }
    return total;
}

bool fe_is_closed(const struct frontend *fe)
{
    char byte;
    ssize_t n = recv(fe->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return !n || (n < 0 && errno != EAGAIN);
}
