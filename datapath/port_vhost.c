/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of kind "vhostuserclient" and "vhostuser": network devices of guests over vhost-user.
 *
 * The main thread speaks the protocol (vhost_link.c, vhost_device.c). Forwarding threads find a
 * queue's ring through a pointer that is null while the front-end changes anything about it; it is
 * changed only after a grace period without the pointer.
 *
 * What a guest sends wakes the thread through the ring's kick descriptor, which comes and goes, so
 * the descriptor that the core waits for is an epoll of the queue's own that has the kick
 * descriptor in it. While the thread polls the queue the guest is told not to kick.
 *
 * Several threads may send to one guest queue; they share it under a lock that is held for one
 * burst. A guest with as many queues as there are threads has no contention. */
#include "datapath/port_vhost.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/port_kinds.h"
#include "datapath/vhost_call.h"
#include "datapath/vhost_link.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"

LOG_MODULE(port_vhost);

enum { DEFAULT_MTU = 1500, MIN_MTU = 68, MAX_MTU = 65535 };

struct vhost_queue {
    struct vhost_ring *ring; /* guest to switch; main: rw; the queue's thread: ro; RCU */
    int epoll_fd;            /* holds the ring's kick descriptor */
    int kick_fd;             /* what is in it, -1: none; main */
    bool polling;            /* its thread: the guest need not kick */
};

struct vhost_port {
    struct port *port;
    struct vhost_link *link;
    struct vhost_device device;
    int always_fd;   /* readable for ever; stands for a kick descriptor that there is not */
    bool mtu_is_set; /* by configuration */
    bool server;
    struct eth_addr rarp; /* to be announced; main: wo while it is not pending */
    bool rarp_pending;    /* main sets it, the thread of queue 0 clears it */
    struct vhost_queue rx[VHOST_MAX_QUEUE_PAIRS];
    unsigned int n_live_rx, n_live_tx;

    /* Switch to guest: the rings by thread; main: rw; forwarding: ro; RCU. */
    struct vhost_ring *tx[VHOST_MAX_QUEUE_PAIRS] CACHE_ALIGNED;
};

static struct port_host host;

void port_vhost_set_host(const struct port_host *h)
{
    host = h ? *h : (struct port_host){NULL, NULL, NULL};
}

/* Rings come and go. */

static void unwatch(struct vhost_queue *queue)
{
    if (queue->kick_fd >= 0) {
        epoll_ctl(queue->epoll_fd, EPOLL_CTL_DEL, queue->kick_fd, NULL);
        queue->kick_fd = -1;
    }
}

static void pause_all(void *vp_)
{
    struct vhost_port *vp = vp_;
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        rcu_store(vp->rx[i].ring, NULL);
        rcu_store(vp->tx[i], NULL);
        unwatch(&vp->rx[i]);
    }
    if (vp->n_live_rx || vp->n_live_tx) {
        rcu_synchronize();
    }
    vp->n_live_rx = vp->n_live_tx = 0;
}

/* The thread looks at once at what the guest put there before. */
static void resume_rx(struct vhost_port *vp, unsigned int q, struct vhost_ring *ring)
{
    struct vhost_queue *queue = &vp->rx[q];
    struct epoll_event event = {.events = EPOLLIN};
    rcu_store(queue->ring, ring);
    queue->kick_fd = ring->kick_fd >= 0 ? ring->kick_fd : vp->always_fd;
    if (epoll_ctl(queue->epoll_fd, EPOLL_CTL_ADD, queue->kick_fd, &event)) {
        log_err("%s: cannot wait for the guest: %s", vp->port->name, strerror(errno));
        queue->kick_fd = -1;
    }
    if (ring->kick_fd >= 0) {
        vhost_call(ring->kick_fd);
    }
    vp->n_live_rx++;
}

static void resume_tx(struct vhost_port *vp)
{
    struct vhost_ring *live[VHOST_MAX_QUEUE_PAIRS];
    unsigned int n = 0;
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        const struct vhost_vring *v = &vp->device.vrings[2 * i];
        if (v->live) {
            live[n++] = v->ring;
        }
    }
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        rcu_store(vp->tx[i], live[i % n]);
    }
    vp->n_live_tx = n;
}

/* An even index is what the guest receives on. Nobody waits for buffers there, so it need not kick.
 */
static void resume(void *vp_, unsigned int index, struct vhost_ring *ring)
{
    struct vhost_port *vp = vp_;
    if (index % 2) {
        resume_rx(vp, index / 2, ring);
    } else {
        vhost_ring_suppress(ring);
        resume_tx(vp);
    }
}

/* What the rest of the switch sees of the device. */

static uint32_t tx_features(uint64_t f)
{
    uint32_t features = PORT_TX_GATHER | PORT_TX_PIECES;
    if (vhost_has(f, VIRTIO_F_GUEST_CSUM)) {
        features |= PORT_TX_CSUM;
        features |= vhost_has(f, VIRTIO_F_GUEST_TSO4) ? PORT_TX_TSO4 : 0;
        features |= vhost_has(f, VIRTIO_F_GUEST_TSO6) ? PORT_TX_TSO6 : 0;
        features |= vhost_has(f, VIRTIO_F_GUEST_ECN) ? PORT_TX_TSO_ECN : 0;
    }
    return features;
}

/* Receive queues that the core is to poll: up to the last one that is in use. */
static unsigned int count_rxq(const struct vhost_port *vp)
{
    unsigned int n = 1;
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        if (vp->rx[i].ring) {
            n = i + 1;
        }
    }
    return n;
}

static void update(struct vhost_port *vp)
{
    struct port *port = vp->port;
    const struct vhost_device *d = &vp->device;
    const char *fault = vhost_link_error(vp->link);
    __atomic_store_n(&port->tx_features, tx_features(d->features), __ATOMIC_RELAXED);
    if (d->mtu && !vp->mtu_is_set) {
        port_set_mtu(port, d->mtu);
    }
    port->carrier = vp->n_live_rx && vp->n_live_tx && !fault;
    snprintf(port->error, sizeof port->error, "%s", fault ? fault : "");
}

/* A guest that moved here wants its address to be known. */
static void take_rarp(struct vhost_port *vp)
{
    if (!vp->device.rarp_due || __atomic_load_n(&vp->rarp_pending, __ATOMIC_ACQUIRE)) {
        return;
    }
    vp->device.rarp_due = false;
    vp->rarp = vp->device.rarp;
    __atomic_store_n(&vp->rarp_pending, true, __ATOMIC_RELEASE);
    if (vp->rx[0].kick_fd >= 0) {
        vhost_call(vp->rx[0].kick_fd);
    }
}

/* Something changed on the link. */
static void link_changed(void *vp_)
{
    struct vhost_port *vp = vp_;
    unsigned int n_rxq = count_rxq(vp);
    take_rarp(vp);
    update(vp);
    if (host.changed) {
        host.changed(host.aux, vp->port, n_rxq);
    } else {
        vp->port->n_rxq = n_rxq;
    }
}

/* Opening and closing. */

static int create_queues(struct vhost_port *vp)
{
    vp->always_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = vp->always_fd < 0 ? errno : 0;
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        vp->rx[i].kick_fd = -1;
        vp->rx[i].epoll_fd = error ? -1 : epoll_create1(EPOLL_CLOEXEC);
        if (vp->rx[i].epoll_fd < 0 && !error) {
            error = errno;
        }
    }
    return error;
}

static void destroy(struct vhost_port *vp)
{
    vhost_link_destroy(vp->link);
    vhost_device_destroy(&vp->device);
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        if (vp->rx[i].epoll_fd >= 0) {
            close(vp->rx[i].epoll_fd);
        }
    }
    if (vp->always_fd >= 0) {
        close(vp->always_fd);
    }
    free(vp);
}

/* A locally administered address, different with each start. */
static void draw_mac(struct port *port)
{
    uint64_t random;
    FILE *file = fopen("/dev/urandom", "re");
    if (!file || fread(&random, sizeof random, 1, file) != 1) {
        abort();
    }
    fclose(file);
    memcpy(&port->mac, &random, sizeof port->mac);
    port->mac.ea[0] = (port->mac.ea[0] & ~1) | 2;
}

static int open_kind(struct port *port, const struct smap *options, bool server, char **errorp)
{
    *errorp = port_check_options(options, "vhost-server-path", "n_rxq", NULL);
    if (*errorp) {
        return EINVAL;
    }
    vhost_call_check();
    struct vhost_port *vp = xzalloc_cacheline(sizeof *vp);
    vp->port = port;
    vp->server = server;
    vhost_device_init(&vp->device, pause_all, resume, vp);
    int error = create_queues(vp);
    if (error) {
        *errorp = xasprintf("%s: no descriptors for its queues (%s)", port->name, strerror(error));
    } else {
        const struct vhost_link_config config = {.loop = host.loop,
                                                 .device = &vp->device,
                                                 .path = smap_get(options, "vhost-server-path"),
                                                 .server = server,
                                                 .name = port->name,
                                                 .changed = link_changed,
                                                 .aux = vp};
        vp->link = vhost_link_create(&config, errorp);
        error = vp->link ? 0 : EINVAL;
    }
    if (error) {
        destroy(vp);
        return error;
    }
    port->priv = vp;
    port->n_rxq = 1;
    port_set_mtu(port, DEFAULT_MTU);
    port_set_admin(port, true);
    draw_mac(port);
    update(vp);
    return 0;
}

static int client_open(struct port *port, const struct smap *options, char **errorp)
{
    return open_kind(port, options, false, errorp);
}

static int server_open(struct port *port, const struct smap *options, char **errorp)
{
    return open_kind(port, options, true, errorp);
}

static void vhost_close(struct port *port)
{
    destroy(port->priv);
    port->priv = NULL;
}

static int vhost_set(struct port *port, const struct dp_port_change *change, char **errorp)
{
    struct vhost_port *vp = port->priv;
    if (change->options) {
        const char *path = smap_get(change->options, "vhost-server-path");
        *errorp = port_check_options(change->options, "vhost-server-path", "n_rxq", NULL);
        if (!*errorp && !vhost_link_has_path(vp->link, path)) {
            *errorp = xstrdup("options:vhost-server-path cannot be changed while the port exists");
        }
        if (*errorp) {
            return EINVAL;
        }
    }
    if (change->mtu && (change->mtu < MIN_MTU || change->mtu > MAX_MTU)) {
        *errorp = xasprintf("%s: an MTU is %d to %d", port->name, MIN_MTU, MAX_MTU);
        return EINVAL;
    }
    if (change->mtu) {
        vp->mtu_is_set = true;
        port_set_mtu(port, change->mtu);
    }
    if (change->mac) {
        port->mac = *change->mac;
    }
    if (change->set_admin) {
        port_set_admin(port, change->admin_up);
        vhost_link_set_down(vp->link, !change->admin_up);
    }
    return 0;
}

static void vhost_refresh(struct port *port)
{
    struct vhost_port *vp = port->priv;
    vhost_link_check(vp->link);
    update(vp);
}

/* The keys that Open vSwitch has. */
static void vhost_status(const struct port *port, struct smap *status)
{
    const struct vhost_port *vp = port->priv;
    unsigned int n = 0;
    smap_set(status, "mode", vp->server ? "server" : "client");
    smap_set(status, "socket", vhost_link_path(vp->link));
    if (!vhost_link_is_connected(vp->link)) {
        smap_set(status, "status", "disconnected");
        return;
    }
    smap_set(status, "status", "connected");
    smap_setf(status, "features", "0x%016" PRIx64, vp->device.features);
    smap_set(status, "numa", "0");
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        if (vp->device.vrings[i].live) {
            char key[32];
            snprintf(key, sizeof key, "vring_%u_size", i);
            smap_setf(status, key, "%u", vp->device.vrings[i].size);
            n++;
        }
    }
    smap_setf(status, "num_of_vrings", "%u", n);
}

/* Forwarding threads. */

static int vhost_rx_fd(const struct port *port, unsigned int q)
{
    const struct vhost_port *vp = port->priv;
    return vp->rx[q].epoll_fd;
}

static void drain(const struct vhost_ring *ring)
{
    uint64_t value;
    struct iovec iov = {&value, sizeof value};
    if (ring->kick_fd >= 0) {
        /* Whatever the front-end did to the flags of the open file meanwhile, this does not wait.
         */
        ssize_t ignored = preadv2(ring->kick_fd, &iov, 1, -1, RWF_NOWAIT);
        (void)ignored;
    }
}

/* The queue is not polled: the guest has to kick for what comes next. */
static void wait_for_kick(struct vhost_ring *ring)
{
    if (vhost_ring_arm(ring) && ring->kick_fd >= 0) {
        vhost_call(ring->kick_fd);
    }
}

/* A reverse ARP request, from which switches learn where an address is. */
static void announce(struct vhost_port *vp, struct frame_cache *frames, struct batch *batch)
{
    static const uint8_t arp[] = {0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3};
    enum { SHA = 22, THA = 32, LEN = 60 };
    struct packet *p = frame_cache_get(frames);
    if (p) {
        memset(p->data, 0, LEN);
        memset(p->data, 0xff, sizeof vp->rarp);
        memcpy(p->data + sizeof vp->rarp, &vp->rarp, sizeof vp->rarp);
        memcpy(p->data + 2 * sizeof vp->rarp, arp, sizeof arp);
        memcpy(p->data + SHA, &vp->rarp, sizeof vp->rarp);
        memcpy(p->data + THA, &vp->rarp, sizeof vp->rarp);
        p->head_len = LEN;
        batch_add(batch, p);
        __atomic_store_n(&vp->rarp_pending, false, __ATOMIC_RELEASE);
    }
}

static unsigned int vhost_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                             struct batch *batch, unsigned int max)
{
    struct vhost_port *vp = port->priv;
    struct vhost_queue *queue = &vp->rx[q];
    struct vhost_ring *ring = rcu_load(queue->ring);
    struct vhost_faults faults = {0, 0};
    if (!ring) {
        return 0;
    }
    if (unlikely(!queue->polling)) {
        drain(ring);
    } else if (unlikely(!ring->suppressed)) {
        vhost_ring_suppress(ring);
    }
    ring->lends = queue->polling;
    unsigned int n = vhost_ring_take(ring, frames, batch->packets + batch->n,
                                     MIN(max, batch_room(batch)), &faults);
    if (unlikely(faults.n_bad || faults.n_no_room)) {
        struct port_counters *counters = &port->counters[frame_cache_thread(frames)];
        port_count(&counters->rx_errors, faults.n_bad);
        port_count(&counters->rx_dropped, faults.n_no_room);
    }
    if (unlikely(!queue->polling)) {
        wait_for_kick(ring);
    }
    if (unlikely(!__atomic_load_n(&port->admin_up, __ATOMIC_RELAXED))) {
        for (unsigned int i = 0; i < n; i++) {
            frame_cache_drop(frames, batch->packets[batch->n + i], DROP_PORT_DOWN);
        }
        port_count(&port->counters[frame_cache_thread(frames)].rx_dropped, n);
        return 0;
    }
    batch->n += n;
    if (unlikely(__atomic_load_n(&vp->rarp_pending, __ATOMIC_ACQUIRE)) && !q && batch_room(batch)) {
        announce(vp, frames, batch);
        n++;
    }
    return n;
}

static void vhost_rx_poll(struct port *port, unsigned int q, bool on)
{
    struct vhost_port *vp = port->priv;
    struct vhost_queue *queue = &vp->rx[q];
    struct vhost_ring *ring = rcu_load(queue->ring);
    queue->polling = on;
    if (ring && !on) {
        wait_for_kick(ring);
    }
}

static unsigned int vhost_tx(struct port *port, unsigned int thread, struct packet *const *packets,
                             unsigned int n, enum drop_reason *why)
{
    struct vhost_port *vp = port->priv;
    struct vhost_ring *ring = rcu_load(vp->tx[thread % VHOST_MAX_QUEUE_PAIRS]);
    if (!ring) {
        *why = DROP_PORT_DOWN;
        return 0;
    }
    pthread_spin_lock(&ring->lock);
    unsigned int n_put = vhost_ring_put(ring, packets, n, why);
    pthread_spin_unlock(&ring->lock);
    return n_put;
}

static void vhost_tx_done(struct port *port, unsigned int thread)
{
    struct vhost_port *vp = port->priv;
    struct vhost_ring *ring = rcu_load(vp->tx[thread % VHOST_MAX_QUEUE_PAIRS]);
    if (ring) {
        pthread_spin_lock(&ring->lock);
        vhost_ring_settle(ring);
        pthread_spin_unlock(&ring->lock);
    }
}

#define VHOST_OPS(TYPE, OPEN)                                                   \
    {                                                                           \
        .type = TYPE, .open = OPEN, .close = vhost_close, .set = vhost_set,     \
        .refresh = vhost_refresh, .status = vhost_status, .rx_fd = vhost_rx_fd, \
        .rx_poll = vhost_rx_poll, .rx = vhost_rx, .tx = vhost_tx,               \
        .tx_done = vhost_tx_done,                                               \
    }

const struct port_ops port_vhost_client_ops = VHOST_OPS("vhostuserclient", client_open);
const struct port_ops port_vhost_server_ops = VHOST_OPS("vhostuser", server_open);

/* The names that users of Open vSwitch know. */
const struct port_ops port_vhost_dpdk_client_ops = VHOST_OPS("dpdkvhostuserclient", client_open);
const struct port_ops port_vhost_dpdk_server_ops = VHOST_OPS("dpdkvhostuser", server_open);
