/* SPDX-License-Identifier: Apache-2.0 */
/* AF_XDP sockets. */
#include "datapath/xdp_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <xdp/xsk.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "lib/base/mem.h"

struct xdp_queue {
    const struct arena *arena;
    uint8_t *base; /* of the arena's frames */
    struct xsk_umem *umem;
    struct xsk_socket *socket;
    int fd;
    unsigned int n_rx, n_tx;

    /* The receiving thread. */
    struct xsk_ring_prod fill CACHE_ALIGNED;
    struct xsk_ring_cons rx;
    uint64_t *held; /* bitmap of the frames that are the kernel's or lie in a ring */

    /* Under 'lock'. */
    uint32_t lock CACHE_ALIGNED;
    struct xsk_ring_prod tx;
    struct xsk_ring_cons completion;
    struct packet **own; /* 'n_tx' frames for what is sent */
    uint64_t *unused;    /* addresses of those that are free */
    unsigned int n_unused;
};

static void lock(struct xdp_queue *q)
{
    while (__atomic_exchange_n(&q->lock, 1, __ATOMIC_ACQUIRE)) {
#ifdef __x86_64__
        __builtin_ia32_pause();
#endif
    }
}

static void unlock(struct xdp_queue *q)
{
    __atomic_store_n(&q->lock, 0, __ATOMIC_RELEASE);
}

static uint64_t address_of(const struct xdp_queue *q, const struct packet *p)
{
    return (const uint8_t *) p->frame - q->base;
}

static void hold(struct xdp_queue *q, uint64_t address)
{
    uint64_t i = address / PACKET_FRAME_SIZE;
    q->held[i / 64] |= UINT64_C(1) << i % 64;
}

static void let_go(struct xdp_queue *q, uint64_t address)
{
    uint64_t i = address / PACKET_FRAME_SIZE;
    q->held[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* Opening and closing. */

static int open_socket(struct xdp_queue *q, const struct xdp_queue_config *config)
{
    size_t size;
    q->base = arena_frames(q->arena, &size);
    const struct xsk_umem_config umem_config = { .fill_size = config->n_rx,
                                                 .comp_size = config->n_tx,
                                                 .frame_size = PACKET_FRAME_SIZE };
    const struct xsk_socket_config socket_config = {
        .rx_size = config->n_rx,
        .tx_size = config->n_tx,
        .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
        .bind_flags = (config->zero_copy ? XDP_ZEROCOPY : XDP_COPY)
                      | (config->need_wakeup ? XDP_USE_NEED_WAKEUP : 0),
    };
    int error = xsk_umem__create(&q->umem, q->base, size, &q->fill, &q->completion, &umem_config);
    if (error) {
        q->umem = NULL;
        return -error;
    }
    error = xsk_socket__create(&q->socket, config->device, config->q, q->umem, &q->rx, &q->tx,
                               &socket_config);
    if (error) {
        q->socket = NULL;
        return -error;
    }
    q->fd = xsk_socket__fd(q->socket);
    return 0;
}

/* The kernel gets as many frames as there are descriptors; as many are for sending. */
static int take_frames(struct xdp_queue *q, struct frame_cache *frames)
{
    uint32_t at;
    unsigned int n = xsk_ring_prod__reserve(&q->fill, q->n_rx, &at), done = 0;
    for (; done < n; done++) {
        struct packet *p = frame_cache_get(frames);
        if (!p) {
            break;
        }
        *xsk_ring_prod__fill_addr(&q->fill, at + done) = address_of(q, p);
        hold(q, address_of(q, p));
    }
    if (done < q->n_rx) {
        return ENOBUFS; /* not submitted: the kernel has none yet */
    }
    xsk_ring_prod__submit(&q->fill, n);
    for (unsigned int i = 0; i < q->n_tx; i++) {
        q->own[i] = frame_cache_get(frames);
        if (!q->own[i]) {
            return ENOBUFS;
        }
        q->unused[q->n_unused++] = address_of(q, q->own[i]);
    }
    return 0;
}

int xdp_queue_open(const struct xdp_queue_config *config, struct frame_cache *frames,
                   struct xdp_queue **qp)
{
    struct xdp_queue *q = xzalloc_cacheline(sizeof *q);
    q->arena = frame_cache_arena(frames);
    q->n_rx = config->n_rx;
    q->n_tx = config->n_tx;
    q->held = xcalloc(arena_n_frames(q->arena) / 64 + 1, sizeof *q->held);
    q->own = xcalloc(q->n_tx, sizeof *q->own);
    q->unused = xcalloc(q->n_tx, sizeof *q->unused);
    int error = open_socket(q, config);
    if (!error) {
        error = take_frames(q, frames);
    }
    if (error) {
        xdp_queue_close(q, frames);
        return error;
    }
    *qp = q;
    return 0;
}

/* Once its sockets are closed the kernel uses no frame any more. */
static void close_socket(struct xdp_queue *q)
{
    if (q->socket) {
        xsk_socket__delete(q->socket);
    }
    if (q->umem) {
        int error = xsk_umem__delete(q->umem);
        assert(!error);
    }
}

void xdp_queue_close(struct xdp_queue *q, struct frame_cache *frames)
{
    if (q) {
        close_socket(q);
        for (uint32_t i = 0; i < arena_n_frames(q->arena); i++) {
            if (q->held[i / 64] >> i % 64 & 1) {
                frame_cache_put(frames, arena_packet_at(q->arena, i));
            }
        }
        for (unsigned int i = 0; i < q->n_tx && q->own[i]; i++) {
            frame_cache_put(frames, q->own[i]);
        }
        free(q->held);
        free(q->own);
        free(q->unused);
        free(q);
    }
}

int xdp_queue_fd(const struct xdp_queue *q)
{
    return q->fd;
}

/* Receiving. */

/* What the kernel says of a packet. It is believed as the kernel is. */
static struct packet *take_packet(struct xdp_queue *q, const struct xdp_desc *desc)
{
    uint64_t i = desc->addr / PACKET_FRAME_SIZE, offset = desc->addr % PACKET_FRAME_SIZE;
    struct packet *p = arena_packet_at(q->arena, i);
    packet_use(p, q->base + i * PACKET_FRAME_SIZE, PACKET_FRAME_SIZE, offset, desc->len);
    return p;
}

static void wake_receiver(struct xdp_queue *q)
{
    if (xsk_ring_prod__needs_wakeup(&q->fill)) {
        (void) !recvfrom(q->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
    }
}

unsigned int xdp_queue_rx(struct xdp_queue *q, struct frame_cache *frames, struct batch *batch,
                          unsigned int max, unsigned int *n_lost)
{
    uint32_t from, to;
    unsigned int n = xsk_ring_cons__peek(&q->rx, MIN(max, batch_room(batch)), &from), n_good = 0;
    if (!n) {
        wake_receiver(q);
        return 0;
    }
    /* There is room for as many as came out of it; but the kernel publishes packets before it says which frames it has taken for them, so that
     * for a moment there may seem to be less. What finds no room is taken the next time. */
    unsigned int room = xsk_prod_nb_free(&q->fill, n);
    if (room < n) {
        xsk_ring_cons__cancel(&q->rx, n - room);
        n = room;
    }
    if (!n) {
        return 0;
    }
    unsigned int reserved = xsk_ring_prod__reserve(&q->fill, n, &to);
    assert(reserved == n);
    for (unsigned int i = 0; i < n; i++) {
        const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&q->rx, from + i);
        uint64_t address = desc->addr - desc->addr % PACKET_FRAME_SIZE;
        struct packet *other = frame_cache_get(frames);
        if (other) {
            let_go(q, address);
            batch_add(batch, take_packet(q, desc));
            n_good++;
            address = address_of(q, other);
            hold(q, address);
        } else {
            (*n_lost)++;
        }
        *xsk_ring_prod__fill_addr(&q->fill, to + i) = address;
    }
    xsk_ring_prod__submit(&q->fill, n);
    xsk_ring_cons__release(&q->rx, n);
    wake_receiver(q);
    return n_good;
}

/* Sending. */

static void take_completions(struct xdp_queue *q)
{
    uint32_t at;
    unsigned int n = xsk_ring_cons__peek(&q->completion, q->n_tx, &at);
    for (unsigned int i = 0; i < n; i++) {
        uint64_t address = *xsk_ring_cons__comp_addr(&q->completion, at + i);
        q->unused[q->n_unused++] = address - address % PACKET_FRAME_SIZE;
    }
    xsk_ring_cons__release(&q->completion, n);
}

/* Copies as many packets as fit; returns how many. */
static unsigned int put_packets(struct xdp_queue *q, struct packet *const *packets, unsigned int n,
                                enum drop_reason *why)
{
    uint32_t at;
    unsigned int room = xsk_ring_prod__reserve(&q->tx, MIN(n, q->n_unused), &at), done = 0;
    *why = DROP_TX_QUEUE_FULL;
    for (; done < room; done++) {
        uint32_t len = packet_len(packets[done]);
        if (len > XDP_QUEUE_MAX_PACKET) {
            *why = DROP_MTU;
            break;
        }
        uint64_t address = q->unused[--q->n_unused];
        bool ok = packet_read(packets[done], 0, q->base + address, len);
        assert(ok);
        *xsk_ring_prod__tx_desc(&q->tx, at + done) = (struct xdp_desc) { .addr = address, .len = len };
    }
    q->tx.cached_prod -= room - done; /* what was reserved and not used */
    if (done) {
        xsk_ring_prod__submit(&q->tx, done);
    }
    return done;
}

/* The kernel takes a few packets with each call where it copies them. */
static int wake_sender(struct xdp_queue *q)
{
    enum { MAX_CALLS = 4 };
    int error = 0;
    for (unsigned int i = 0; i < MAX_CALLS && xsk_ring_prod__needs_wakeup(&q->tx); i++) {
        error = sendto(q->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? errno : 0;
        if (error != EAGAIN && error != EBUSY) {
            break;
        }
    }
    return error;
}

unsigned int xdp_queue_tx(struct xdp_queue *q, struct packet *const *packets, unsigned int n,
                          enum drop_reason *why)
{
    lock(q);
    take_completions(q);
    unsigned int done = put_packets(q, packets, n, why);
    int error = wake_sender(q);
    unlock(q);
    if (done < n && (error == ENETDOWN || error == ENXIO || error == ENODEV)) {
        *why = DROP_PORT_DOWN;
    }
    return done;
}
