/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of kind "system": a device of the kernel, through packet sockets with the virtio-net
 * header.
 *
 * One socket receives, or as many as options:n_rxq has it, each of which is a queue
 * (datapath/packet_socket.h); each forwarding thread sends through one of several others. Packets
 * come with their offload debt, super-packets of up to 64 KiB included, and VLAN tags, which the
 * kernel hands over beside the packet, are put back. The device is promiscuous while it is attached, its
 * own transmissions are not seen, and the host's stack gets no packet from it
 * (datapath/port_ingress.h): it belongs to the switch.
 *
 * Packets are sent through the device's queueing discipline: going past it (PACKET_QDISC_BYPASS)
 * gained nothing that could be measured on veth, and would make the shaping that an administrator
 * set up on a NIC ineffective.
 *
 * A device that vanishes leaves the port with an error. When one of that name comes back, the same
 * socket is bound to it, or new ones if there are several. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "datapath/batch.h"
#include "datapath/netdev.h"
#include "datapath/packet_socket.h"
#include "datapath/port_ingress.h"
#include "datapath/port_kinds.h"
#include "datapath/port_vnet.h"
#include "lib/base/linkwatch.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"

enum {
    N_TX_SOCKETS = 4,
    RX_BURST_MIN = 4,            /* packets that one call makes room for at least */
    RX_BURST_BYTES = 512 * 1024, /* so much that it is still in the cache when it is sent */
};

/* What the kernel tells beside a packet: its VLAN tag, and how many it lost for lack of room. */
union aux_control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(uint32_t))];
};

/* Owned by the thread that receives from the queue, but for the descriptors. */
struct rx_socket {
    int fd;      /* main: rw; forwarding: ro, RCU */
    int poll_fd; /* to wait for packets on: the socket itself, or an epoll with it if there are several */
    unsigned int burst;  /* packets to make room for in the next call */
    uint32_t n_overflow; /* packets that the socket has lost, as last told */
} CACHE_ALIGNED;

struct system_port {
    unsigned int n_rx;
    struct rx_socket rx[PORT_MAX_QUEUES];
    int tx_fd[N_TX_SOCKETS];
    int ifindex;                  /* that the sockets are bound to, 0: none; main thread */
    struct port_ingress *ingress; /* null: the host's stack still sees the packets */
};

static void close_if_open(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

static int open_rx(int *fds, unsigned int n)
{
    int error = 0;
    memset(fds, 0xff, PORT_MAX_QUEUES * sizeof *fds); /* -1 */
    for (unsigned int i = 0; i < n && !error; i++) {
        error = packet_socket_open_rx(&fds[i]);
    }
    return error;
}

/* Lets the threads wait for, and receive from, other sockets. */
static int use_rx(struct system_port *sys, const int *fds)
{
    const bool replaces = sys->rx[0].fd >= 0;
    int old[PORT_MAX_QUEUES], error = 0;
    for (unsigned int i = 0; i < sys->n_rx; i++) {
        struct rx_socket *rx = &sys->rx[i];
        struct epoll_event event = { .events = EPOLLIN };
        old[i] = rx->fd;
        rcu_store(rx->fd, fds[i]);
        if (sys->n_rx == 1) {
            rx->poll_fd = fds[i];
        } else if (epoll_ctl(rx->poll_fd, EPOLL_CTL_ADD, fds[i], &event)) {
            error = errno;
        }
    }
    if (replaces) {
        rcu_synchronize();
    }
    for (unsigned int i = 0; i < sys->n_rx; i++) {
        close_if_open(old[i]);
    }
    return error;
}

/* Sockets of a group are bound once. */
static int bind_rx(struct system_port *sys, int ifindex)
{
    int fds[PORT_MAX_QUEUES];
    if (sys->n_rx == 1 && sys->rx[0].fd >= 0) {
        return packet_socket_bind_rx(&sys->rx[0].fd, 1, ifindex);
    }
    int error = open_rx(fds, sys->n_rx);
    if (!error) {
        error = packet_socket_bind_rx(fds, sys->n_rx, ifindex);
    }
    if (error) {
        for (unsigned int i = 0; i < sys->n_rx; i++) {
            close_if_open(fds[i]);
        }
        return error;
    }
    return use_rx(sys, fds);
}

/* Binds all sockets to the device and makes it the switch's. */
static int attach(struct system_port *sys, int ifindex)
{
    int error = 0;

    for (unsigned int i = 0; i < N_TX_SOCKETS && !error; i++) {
        error = packet_socket_bind_tx(sys->tx_fd[i], ifindex);
    }
    if (!error) {
        error = bind_rx(sys, ifindex);
    }
    if (!error) {
        port_ingress_release(sys->ingress);
        sys->ingress = port_ingress_take(ifindex);
        sys->ifindex = ifindex;
    }
    return error;
}

static void system_refresh(struct port *port)
{
    struct system_port *sys = port->priv;
    struct link_info info;
    int error = netdev_get(NETDEV_OWN_NETNS, port->name, 0, &info);

    if (!error && info.ifindex != sys->ifindex) {
        error = attach(sys, info.ifindex);
    }
    if (error) {
        sys->ifindex = 0;
        port->ifindex = 0;
        port->carrier = false;
        port_set_admin(port, false);
        snprintf(port->error, sizeof port->error, "%s",
                 error == ENODEV ? "the device is gone" : strerror(error));
        return;
    }
    netdev_to_port(&info, port);
    port->speed_mbps = netdev_speed(port->name);
    port->error[0] = '\0';
}

static void destroy(struct system_port *sys)
{
    port_ingress_release(sys->ingress);
    for (unsigned int i = 0; i < sys->n_rx; i++) {
        close_if_open(sys->rx[i].fd);
        if (sys->n_rx > 1) {
            close_if_open(sys->rx[i].poll_fd);
        }
    }
    for (unsigned int i = 0; i < N_TX_SOCKETS; i++) {
        close_if_open(sys->tx_fd[i]);
    }
    free(sys);
}

/* What does not depend on the device. */
static int create(unsigned int n_rx, struct system_port **sysp)
{
    struct system_port *sys = xzalloc_cacheline(sizeof *sys);
    int error = 0;

    *sysp = sys;
    sys->n_rx = n_rx;
    memset(sys->tx_fd, 0xff, sizeof sys->tx_fd); /* -1 */
    for (unsigned int i = 0; i < n_rx; i++) {
        sys->rx[i] = (struct rx_socket) { -1, -1, RX_BURST_MIN, 0 };
    }
    for (unsigned int i = 0; i < n_rx && n_rx > 1 && !error; i++) {
        sys->rx[i].poll_fd = epoll_create1(EPOLL_CLOEXEC);
        error = sys->rx[i].poll_fd < 0 ? errno : 0;
    }
    for (unsigned int i = 0; i < N_TX_SOCKETS && !error; i++) {
        error = packet_socket_open_tx(&sys->tx_fd[i]);
    }
    return error;
}

static char *check_options(const struct smap *options, unsigned int *n_rx)
{
    char *error = port_check_options(options, "n_rxq", NULL);
    return error ? error : port_n_rxq_option(options, n_rx);
}

static int system_open(struct port *port, const struct smap *options, char **errorp)
{
    struct link_info info;
    struct system_port *sys;
    unsigned int n_rx;
    int error = netdev_get(NETDEV_OWN_NETNS, port->name, 0, &info);

    if (error) {
        *errorp = error == ENODEV ? xasprintf("there is no device named %s", port->name)
                                  : xasprintf("%s: %s", port->name, strerror(error));
        return error;
    }
    *errorp = check_options(options, &n_rx);
    if (*errorp) {
        return EINVAL;
    }
    if (info.flags & IFF_LOOPBACK) {
        *errorp = xasprintf("%s: a loopback device cannot be a port", port->name);
        return EINVAL;
    }

    error = create(n_rx, &sys);
    if (!error) {
        error = attach(sys, info.ifindex);
    }
    if (error) {
        *errorp = xasprintf("%s: cannot attach to the device (%s)", port->name, strerror(error));
        destroy(sys);
        return error;
    }
    netdev_to_port(&info, port);
    port->speed_mbps = netdev_speed(port->name);
    port->tx_features = port_vnet_tx_features();
    port->n_rxq = n_rx;
    port->priv = sys;
    return 0;
}

static void system_close(struct port *port)
{
    destroy(port->priv);
    port->priv = NULL;
}

static int system_set(struct port *port, const struct dp_port_change *change, char **errorp)
{
    const struct netdev_change netdev = { .mac = change->mac,
                                          .mtu = change->mtu,
                                          .set_admin = change->set_admin,
                                          .admin_up = change->admin_up };

    if (change->options) {
        const struct system_port *sys = port->priv;
        unsigned int n_rx;
        *errorp = check_options(change->options, &n_rx);
        if (!*errorp && n_rx != sys->n_rx) {
            *errorp = xstrdup("options:n_rxq cannot be changed while the port exists");
        }
        if (*errorp) {
            return EINVAL;
        }
    }
    if (!change->mac && !change->mtu && !change->set_admin) {
        return 0;
    }
    int error = port->ifindex ? netdev_set(port->ifindex, &netdev) : ENODEV;
    if (error) {
        *errorp = xasprintf("%s: the kernel refuses the change (%s)", port->name, strerror(error));
    }
    return error;
}

static int system_rx_fd(const struct port *port, unsigned int q)
{
    const struct system_port *sys = port->priv;

    return sys->rx[q].poll_fd;
}

/* What one call receives: a packet, its header, its pieces and what is told beside it. */
struct rx_burst {
    struct packet *packets[BATCH_MAX];
    uint8_t *tails[BATCH_MAX];
    struct vnet_hdr hdrs[BATCH_MAX];
    struct iovec iov[BATCH_MAX][3];
    union aux_control control[BATCH_MAX];
    struct mmsghdr msgs[BATCH_MAX];
};

/* Makes room for at most 'max' packets; returns for how many. */
static unsigned int prepare(struct rx_burst *b, struct frame_cache *frames, unsigned int max)
{
    unsigned int n;

    for (n = 0; n < max; n++) {
        struct packet *p = frame_cache_get(frames);
        if (!p) {
            break;
        }
        b->packets[n] = p;
        b->tails[n] = frame_cache_get_tail(frames);
        b->iov[n][0] = (struct iovec) { &b->hdrs[n], sizeof b->hdrs[n] };
        b->iov[n][1] = (struct iovec) { p->data, PACKET_HEAD_SIZE };
        b->iov[n][2] =
            (struct iovec) { b->tails[n] ? b->tails[n] : port_vnet_sink, ARENA_TAIL_SIZE };
        b->msgs[n].msg_hdr = (struct msghdr) { .msg_iov = b->iov[n],
                                               .msg_iovlen = ARRAY_SIZE(b->iov[n]),
                                               .msg_control = &b->control[n],
                                               .msg_controllen = sizeof b->control[n] };
    }
    return n;
}

/* Puts back the VLAN tag that the kernel took out. False if there is no room. */
static bool put_vlan(struct packet *p, const struct tpacket_auxdata *aux)
{
    be16 tpid = htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q);

    if (p->head_len < ETH_HEADER_LEN || !packet_push(p, VLAN_HEADER_LEN)) {
        return false;
    }
    memmove(p->data, p->data + VLAN_HEADER_LEN, 2 * sizeof(struct eth_addr));
    put_be16(p->data + 12, tpid);
    put_be16(p->data + 14, htons(aux->tp_vlan_tci));
    return true;
}

enum fill_result { FILL_OK, FILL_BAD, FILL_NO_TAIL };

/* Makes a packet of what was received. '*n_overflow' is brought up to date. */
static enum fill_result fill(struct rx_burst *b, unsigned int i, uint32_t *n_overflow)
{
    struct msghdr *m = &b->msgs[i].msg_hdr;
    struct packet *p = b->packets[i];
    uint32_t n = b->msgs[i].msg_len;
    bool good = true;

    if (n <= sizeof(struct vnet_hdr) || m->msg_flags & MSG_TRUNC) {
        return FILL_BAD;
    }
    if (!vnet_fill(p, n - sizeof(struct vnet_hdr), &b->tails[i])) {
        return FILL_NO_TAIL;
    }
    vnet_to_packet(&b->hdrs[i], p);

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata aux;
            memcpy(&aux, CMSG_DATA(c), sizeof aux);
            good = !(aux.tp_status & TP_STATUS_VLAN_VALID) || put_vlan(p, &aux);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(n_overflow, CMSG_DATA(c), sizeof *n_overflow);
        }
    }
    return good ? FILL_OK : FILL_BAD;
}

/* As many as have come at once lately, and a few more; large ones only as many as a cache holds. */
static unsigned int next_burst(unsigned int n_got, uint32_t n_bytes)
{
    unsigned int n = MIN(MAX(2 * n_got, RX_BURST_MIN), BATCH_MAX);

    return n_got && n_bytes / n_got > PACKET_HEAD_SIZE
               ? MIN(n, MAX(RX_BURST_BYTES / (n_bytes / n_got), RX_BURST_MIN))
               : n;
}

/* A socket that took another's place begins anew. */
static uint32_t count_lost(uint32_t now, uint32_t before)
{
    return now >= before ? now - before : now;
}

static unsigned int system_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                              struct batch *batch, unsigned int max)
{
    struct port_counters *counters = &port->counters[frame_cache_thread(frames)];
    struct rx_socket *rx = &((struct system_port *) port->priv)->rx[q];
    struct rx_burst b;
    unsigned int n = prepare(&b, frames, MIN(MIN(max, batch_room(batch)), rx->burst));
    int result = n ? recvmmsg(rcu_load(rx->fd), b.msgs, n, MSG_DONTWAIT, NULL) : 0;
    /* An error, say that the device is down, is told once and of no interest here. */
    unsigned int n_got = MAX(result, 0);
    unsigned int n_good = 0, n_no_tail = 0;
    uint32_t n_overflow = rx->n_overflow, n_bytes = 0;

    for (unsigned int i = 0; i < n; i++) {
        enum fill_result filled = i < n_got ? fill(&b, i, &n_overflow) : FILL_BAD;
        if (filled == FILL_OK) {
            n_bytes += packet_len(b.packets[i]);
            batch_add(batch, b.packets[i]);
            n_good++;
        } else {
            n_no_tail += filled == FILL_NO_TAIL;
            frame_cache_put(frames, b.packets[i]);
        }
        frame_cache_put_tail(frames, b.tails[i]);
    }
    frame_cache_count_drops(frames, DROP_NO_BUFFER, n_no_tail);
    port_count(&counters->rx_errors, n_got - n_good - n_no_tail);
    port_count(&counters->rx_dropped, n_no_tail + count_lost(n_overflow, rx->n_overflow));
    rx->n_overflow = n_overflow;
    rx->burst = next_burst(n_got, n_bytes);
    return n_good;
}

static enum drop_reason tx_error_reason(int error)
{
    switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
        return DROP_TX_QUEUE_FULL;
    case ENETDOWN:
    case ENODEV:
    case ENXIO:
        return DROP_PORT_DOWN;
    case EMSGSIZE:
        return DROP_MTU;
    default:
        return DROP_TX_ERROR;
    }
}

static unsigned int send_burst(int fd, struct packet *const *packets, unsigned int n,
                               enum drop_reason *why)
{
    struct vnet_hdr hdrs[BATCH_MAX];
    struct iovec iov[BATCH_MAX][3];
    struct mmsghdr msgs[BATCH_MAX];

    for (unsigned int i = 0; i < n; i++) {
        vnet_from_packet(&hdrs[i], packets[i]);
        iov[i][0] = (struct iovec) { &hdrs[i], sizeof hdrs[i] };
        msgs[i].msg_hdr = (struct msghdr) { .msg_iov = iov[i],
                                            .msg_iovlen = 1 + vnet_iov(&iov[i][1], packets[i]) };
    }
    for (unsigned int sent = 0; sent < n;) {
        int got = sendmmsg(fd, msgs + sent, n - sent, MSG_DONTWAIT);
        if (got <= 0) {
            *why = tx_error_reason(errno);
            return sent;
        }
        sent += got;
    }
    return n;
}

static unsigned int system_tx(struct port *port, unsigned int thread, struct packet *const *packets,
                              unsigned int n, enum drop_reason *why)
{
    const struct system_port *sys = port->priv;
    int fd = sys->tx_fd[thread % N_TX_SOCKETS];
    unsigned int sent = 0;

    while (sent < n) {
        unsigned int burst = MIN(n - sent, BATCH_MAX);
        unsigned int taken = send_burst(fd, packets + sent, burst, why);
        sent += taken;
        if (taken < burst) {
            break;
        }
    }
    return sent;
}

const struct port_ops port_packet_ops = {
    .type = "system",
    .open = system_open,
    .close = system_close,
    .set = system_set,
    .refresh = system_refresh,
    .rx_fd = system_rx_fd,
    .rx = system_rx,
    .tx = system_tx,
};
