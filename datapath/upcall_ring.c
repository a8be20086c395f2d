/* SPDX-License-Identifier: Apache-2.0 */
/* Upcall rings: the bell, the producer with its fair shares, and the consumer that believes
 * nothing. */
#include "datapath/upcall_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/net/action.h"
#include "lib/net/packet.h"

enum { DP_LINES = (1 << FLOW_N_DP_LINES) - 1 };

/* Bells. */

int upcall_bell_create(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) ? errno : 0;
}

void upcall_bell_ring(int ring_end)
{
    /* When the socket is full the bell rings already. */
    ssize_t ignored = send(ring_end, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void) ignored;
}

void upcall_bell_drain(int wait_end)
{
    /* The socket holds a few datagrams; the bound keeps a hostile producer from holding the caller
     * here. */
    char c;
    for (int i = 0; i < 1024 && recv(wait_end, &c, sizeof c, MSG_DONTWAIT) >= 0; i++) {
    }
}

/* Producer. */

/* Who put a stretch of the ring, so that the port's share is free again once the consumer is past
 * its end. */
struct owned {
    uint64_t end;
    uint32_t size; /* bytes */
    uint32_t port; /* index into port_bytes */
};

struct upcall_producer {
    struct upcall_ring_header *shared;
    uint8_t *data;
    uint64_t size;
    uint64_t head, published; /* bytes put; bytes shown to the consumer */
    uint64_t tail;            /* the last one that made sense */
    int fd;

    struct owned *owned; /* a ring of 'n_owned' (a power of two) */
    uint32_t n_owned, first_owned, next_owned;
    uint32_t *port_bytes; /* of the ring, by port number; the last is for all other numbers */
};

static void *map_shared(int fd, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool is_valid_size(uint64_t size)
{
    return size >= UPCALL_RING_MIN_SIZE && size <= UPCALL_RING_MAX_SIZE && !(size & (size - 1));
}

static int create_memfd(size_t size)
{
    int fd = memfd_create("weft-upcalls", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0
        && (ftruncate(fd, size)
            || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int upcall_producer_create(size_t size, struct upcall_producer **producerp)
{
    if (!is_valid_size(size)) {
        return EINVAL;
    }
    int fd = create_memfd(UPCALL_RING_HEADER_SIZE + size);
    if (fd < 0) {
        return errno;
    }
    struct upcall_ring_header *shared = map_shared(fd, UPCALL_RING_HEADER_SIZE + size);
    if (!shared) {
        int error = errno;
        close(fd);
        return error;
    }
    shared->magic = UPCALL_RING_MAGIC;
    shared->version = UPCALL_RING_VERSION;
    shared->size = size;

    struct upcall_producer *p = xzalloc_cacheline(sizeof *p);
    p->shared = shared;
    p->data = (uint8_t *) shared + UPCALL_RING_HEADER_SIZE;
    p->size = size;
    p->fd = fd;
    p->n_owned = size / sizeof(struct upcall_record);
    p->owned = xcalloc(p->n_owned, sizeof *p->owned);
    p->port_bytes = xcalloc(DP_MAX_PORTS + 1, sizeof *p->port_bytes);
    *producerp = p;
    return 0;
}

void upcall_producer_destroy(struct upcall_producer *p)
{
    if (p) {
        munmap(p->shared, UPCALL_RING_HEADER_SIZE + p->size);
        close(p->fd);
        free(p->owned);
        free(p->port_bytes);
        free(p);
    }
}

int upcall_producer_fd(const struct upcall_producer *p)
{
    return p->fd;
}

/* Looks how far the consumer is and gives the ports back their shares. */
static void update_tail(struct upcall_producer *p)
{
    uint64_t tail = __atomic_load_n(&p->shared->tail, __ATOMIC_ACQUIRE);
    if (tail - p->tail > p->published - p->tail) {
        return;
    }
    p->tail = tail;
    while (p->first_owned != p->next_owned) {
        const struct owned *o = &p->owned[p->first_owned & (p->n_owned - 1)];
        if ((int64_t) (o->end - tail) > 0) {
            break;
        }
        p->port_bytes[o->port] -= o->size;
        p->first_owned++;
    }
}

static uint8_t *put_bytes(uint8_t *to, const void *from, size_t n)
{
    if (n) {
        memcpy(to, from, n);
    }
    return to + n;
}

static void write_record(uint8_t *to, const struct upcall_request *request, uint32_t size,
                         uint32_t n_bytes)
{
    const struct packet *packet = request->packet;
    struct upcall_record record = {
        .size = size,
        .kind = request->kind,
        .lines = request->key->lines & DP_LINES,
        .userdata_len = request->userdata_len,
        .packet_len = n_bytes,
        .full_len = packet_len(packet),
        .offload = { packet->offload, packet->gso_type,
                     packet->gso_type == PACKET_GSO_NONE ? packet->frag_mtu : packet->gso_size,
                     packet->hdr_len, packet->csum_start, packet->csum_offset },
        .time_ns = request->time_ns,
    };
    to = put_bytes(to, &record, sizeof record);
    for (uint32_t lines = record.lines; lines; lines &= lines - 1) {
        to = put_bytes(to, &request->key->line[__builtin_ctz(lines)], FLOW_LINE_SIZE);
    }
    to = put_bytes(to, request->userdata, request->userdata_len);
    bool ok = packet_read(packet, 0, to, n_bytes);
    assert(ok);
}

enum drop_reason upcall_producer_put(struct upcall_producer *p,
                                     const struct upcall_request *request)
{
    assert(request->userdata_len <= ACTION_MAX_USERDATA);
    uint32_t n_bytes = MIN(request->max_len, packet_len(request->packet));
    uint32_t n_lines = __builtin_popcount(request->key->lines & DP_LINES);
    uint32_t size = ROUND_UP(sizeof(struct upcall_record) + n_lines * FLOW_LINE_SIZE
                             + request->userdata_len + n_bytes, UPCALL_RECORD_ALIGN);
    uint64_t offset = p->head & (p->size - 1);
    uint32_t pad = size > p->size - offset ? p->size - offset : 0;

    update_tail(p);
    uint64_t free_bytes = p->size - (p->head - p->tail);
    if (size + pad > free_bytes) {
        return DROP_UPCALL_QUEUE_FULL;
    }
    uint32_t port = MIN(request->packet->in_port, DP_MAX_PORTS);
    if (p->port_bytes[port] && p->port_bytes[port] + size + pad > free_bytes) {
        return DROP_UPCALL_QUOTA;
    }

    if (pad) {
        struct upcall_record filler = { .size = pad, .kind = UPCALL_PAD };
        memcpy(p->data + offset, &filler, sizeof filler);
        p->head += pad;
        offset = 0;
    }
    write_record(p->data + offset, request, size, n_bytes);
    p->head += size;
    p->port_bytes[port] += size + pad;
    p->owned[p->next_owned++ & (p->n_owned - 1)] = (struct owned) { p->head, size + pad, port };
    return DROP_NONE;
}

bool upcall_producer_has_room(struct upcall_producer *p, uint32_t in_port)
{
    update_tail(p);
    uint64_t free_bytes = p->size - (p->head - p->tail);
    return p->port_bytes[MIN(in_port, DP_MAX_PORTS)] + p->size / UPCALL_ROOM_FRACTION <= free_bytes;
}

bool upcall_producer_publish(struct upcall_producer *p)
{
    if (p->head == p->published) {
        return false;
    }
    p->published = p->head;
    __atomic_store_n(&p->shared->head, p->head, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&p->shared->waiting, __ATOMIC_SEQ_CST)
           && __atomic_exchange_n(&p->shared->waiting, 0, __ATOMIC_SEQ_CST);
}

/* Consumer. */

struct upcall_consumer {
    struct upcall_ring_header *shared;
    const uint8_t *data;
    uint8_t *copy; /* of 'size' bytes: each record at the place that it has in the ring */
    uint64_t size;
    uint64_t next, tail; /* received up to here; released up to here */
    const char *error;
};

static char *check_memfd(int fd, const struct upcall_ring_header *h, uint64_t file_size)
{
    if (h->magic != UPCALL_RING_MAGIC) {
        return xstrdup("not an upcall ring");
    }
    if (h->version != UPCALL_RING_VERSION) {
        return xasprintf("upcall ring of version %u, which this program does not know", h->version);
    }
    if (!is_valid_size(h->size) || h->size + UPCALL_RING_HEADER_SIZE > file_size) {
        return xstrdup("upcall ring of a bad size");
    }
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK)) {
        return xstrdup("upcall ring that is not sealed against shrinking");
    }
    return NULL;
}

struct upcall_consumer *upcall_consumer_create(int fd, char **errorp)
{
    struct upcall_ring_header h;
    struct stat st;
    ssize_t n = fstat(fd, &st) ? -1 : pread(fd, &h, sizeof h, 0);
    if (n != sizeof h) {
        *errorp = xstrdup("upcall ring that cannot be read");
        return NULL;
    }
    *errorp = check_memfd(fd, &h, st.st_size);
    if (*errorp) {
        return NULL;
    }
    struct upcall_ring_header *shared = map_shared(fd, UPCALL_RING_HEADER_SIZE + h.size);
    void *copy = mmap(NULL, h.size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!shared || copy == MAP_FAILED) {
        *errorp = xasprintf("upcall ring cannot be mapped: %s", strerror(errno));
        if (shared) {
            munmap(shared, UPCALL_RING_HEADER_SIZE + h.size);
        }
        return NULL;
    }
    struct upcall_consumer *c = xzalloc(sizeof *c);
    c->shared = shared;
    c->data = (const uint8_t *) shared + UPCALL_RING_HEADER_SIZE;
    c->copy = copy;
    c->size = h.size;
    return c;
}

void upcall_consumer_destroy(struct upcall_consumer *c)
{
    if (c) {
        munmap(c->shared, UPCALL_RING_HEADER_SIZE + c->size);
        munmap(c->copy, c->size);
        free(c);
    }
}

static bool broken(struct upcall_consumer *c, const char *error)
{
    c->error = error;
    return false;
}

/* Copies the fixed part of the record at 'next', of which the ring says that 'available' bytes are
 * there. */
static const struct upcall_record *copy_record(struct upcall_consumer *c, uint64_t available)
{
    uint64_t offset = c->next & (c->size - 1);
    uint64_t room = MIN(available, c->size - offset);
    if (room < sizeof(struct upcall_record)) {
        c->error = "a record is cut off";
        return NULL;
    }
    struct upcall_record *record = (void *) (c->copy + offset);
    memcpy(record, c->data + offset, sizeof *record);
    if (record->size < sizeof *record || record->size > room ||
        record->size % UPCALL_RECORD_ALIGN) {
        c->error = "a record has a bad size";
        return NULL;
    }
    return record;
}

static bool is_valid_record(const struct upcall_record *r)
{
    return (r->kind == DP_UPCALL_MISS || r->kind == DP_UPCALL_ACTION)
           && !(r->lines & ~DP_LINES) && r->lines & 1
           && r->userdata_len <= ACTION_MAX_USERDATA && r->packet_len <= PACKET_MAX_SIZE
           && r->full_len >= r->packet_len && r->full_len <= PACKET_MAX_SIZE
           && sizeof *r + __builtin_popcount(r->lines) * FLOW_LINE_SIZE + r->userdata_len
                      + r->packet_len <= r->size;
}

static void decode_record(const struct upcall_record *r, struct dp_upcall *upcall)
{
    const uint8_t *p = (const uint8_t *) (r + 1);
    upcall->kind = r->kind;
    upcall->key.lines = r->lines;
    for (uint32_t lines = r->lines; lines; lines &= lines - 1) {
        memcpy(&upcall->key.line[__builtin_ctz(lines)], p, FLOW_LINE_SIZE);
        p += FLOW_LINE_SIZE;
    }
    upcall->userdata = p;
    upcall->userdata_len = r->userdata_len;
    upcall->packet = p + r->userdata_len;
    upcall->packet_len = r->packet_len;
    upcall->full_len = r->full_len;
    upcall->offload = r->offload;
    upcall->time_ns = r->time_ns;
}

bool upcall_consumer_next(struct upcall_consumer *c, struct dp_upcall *upcall)
{
    if (c->error) {
        return false;
    }
    uint64_t head = __atomic_load_n(&c->shared->head, __ATOMIC_ACQUIRE);
    if (head - c->next > c->size - (c->next - c->tail)) {
        return broken(c, "the ring holds more than its size");
    }
    while (head != c->next) {
        const struct upcall_record *record = copy_record(c, head - c->next);
        if (!record) {
            return false;
        }
        if (record->kind == UPCALL_PAD) {
            if (((c->next + record->size) & (c->size - 1)) != 0) {
                return broken(c, "a filler does not reach the end");
            }
            c->next += record->size;
            continue;
        }
        uint64_t offset = c->next & (c->size - 1);
        memcpy(c->copy + offset + sizeof *record, c->data + offset + sizeof *record,
               record->size - sizeof *record);
        if (!is_valid_record(record)) {
            return broken(c, "a record contradicts itself");
        }
        decode_record(record, upcall);
        c->next += record->size;
        return true;
    }
    return false;
}

void upcall_consumer_release(struct upcall_consumer *c, size_t n)
{
    while (n && c->tail != c->next) {
        const struct upcall_record *record = (const void *) (c->copy + (c->tail & (c->size - 1)));
        c->tail += record->size;
        n -= record->kind != UPCALL_PAD;
    }
    __atomic_store_n(&c->shared->tail, c->tail, __ATOMIC_RELEASE);
}

bool upcall_consumer_wait(struct upcall_consumer *c)
{
    if (c->error) {
        return true;
    }
    __atomic_store_n(&c->shared->waiting, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&c->shared->head, __ATOMIC_SEQ_CST) == c->next;
}

const char *upcall_consumer_error(const struct upcall_consumer *c)
{
    return c->error;
}
