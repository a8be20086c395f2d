/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of kind "afxdp": a device of the kernel, through AF_XDP sockets on the packet arena's memory.
 *
 * A program in front of the kernel's stack hands the packets of each receive queue to that queue's socket
 * (datapath/xdp_program.h, datapath/xdp_queue.h); the host's stack sees none of them. AF_XDP knows no offload,
 * so checksums and segments are made in software before a packet is sent, and what comes must be complete: a
 * veth's other end has to have its offloads off.
 *
 * A device that vanishes leaves the port with an error. When one of that name comes back, new sockets are
 * opened on it; what forwarding threads wait on stays, an epoll descriptor for each queue. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "datapath/netdev.h"
#include "datapath/port_kinds.h"
#include "datapath/xdp_program.h"
#include "datapath/xdp_queue.h"
#include "datapath/arena.h"
#include "lib/base/linkwatch.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

LOG_MODULE(port_xdp);

enum { BUSY_RETRIES = 50, BUSY_PAUSE_NS = 2000000 };
enum { DEFAULT_DESC = 1024, MAX_MTU = XDP_QUEUE_MAX_PACKET - ETH_HEADER_LEN - 2 * VLAN_HEADER_LEN };
static_assert((int) PORT_MAX_QUEUES <= (int) XDP_MAX_QUEUES, "a place of the map for each queue");

/* From the most that a device may be able to do to the least. */
static const struct mode {
    const char *name, *other_name;
    bool zero_copy, generic;
} modes[] = {
    { "native-with-zerocopy", "zero-copy", true, false },
    { "native", NULL, false, false },
    { "generic", NULL, false, true },
};

struct xdp_port {
    int mode;             /* that was asked for, -1: the best there is */
    int mode_in_use;
    bool need_wakeup;
    unsigned int n_queues; /* 0 until the first device was there */
    unsigned int n_rx_desc, n_tx_desc;
    int promisc_fd;
    int ifindex;          /* 0: not attached */
    int place;            /* of the program */
    int epoll_fd[PORT_MAX_QUEUES];
    struct xdp_queue *queues[PORT_MAX_QUEUES]; /* main: rw; forwarding: ro; RCU; null when there is no device */
};

/* Options. */

static bool parse_desc(const struct smap *options, const char *key, unsigned int *n, char **errorp)
{
    const char *text = smap_get(options, key);
    char *end;
    *n = DEFAULT_DESC;
    if (!text) {
        return true;
    }
    unsigned long value = strtoul(text, &end, 10);
    *n = value;
    if (*text && !*end && value >= XDP_QUEUE_MIN_DESC && value <= XDP_QUEUE_MAX_DESC
        && !(value & (value - 1))) {
        return true;
    }
    *errorp = xasprintf("options:%s=%s: must be a power of two from %d to %d", key, text,
                        XDP_QUEUE_MIN_DESC, XDP_QUEUE_MAX_DESC);
    return false;
}

static bool parse_mode(const struct smap *options, int *mode, char **errorp)
{
    const char *text = smap_get_or(options, "xdp-mode", "best-effort");
    *mode = -1;
    if (!strcmp(text, "best-effort") || !strcmp(text, "best")) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (!strcmp(text, modes[i].name)
            || (modes[i].other_name && !strcmp(text, modes[i].other_name))) {
            *mode = i;
            return true;
        }
    }
    *errorp = xasprintf("options:xdp-mode=%s: must be best-effort, native-with-zerocopy, native or generic",
                        text);
    return false;
}

/* Fills in what options say; null or what is wrong (the caller frees it). */
static char *parse_options(const struct smap *options, struct xdp_port *xdp)
{
    char *error = port_check_options(options, "xdp-mode", "use-need-wakeup", "n_rxq", "n_rxq_desc",
                                     "n_txq_desc", NULL);
    if (error) {
        return error;
    }
    xdp->need_wakeup = smap_get_bool(options, "use-need-wakeup", true);
    if (!parse_mode(options, &xdp->mode, &error)
        || !parse_desc(options, "n_rxq_desc", &xdp->n_rx_desc, &error)
        || !parse_desc(options, "n_txq_desc", &xdp->n_tx_desc, &error)) {
        return error;
    }
    return smap_get(options, "n_rxq") ? port_n_rxq_option(options, &xdp->n_queues) : NULL;
}

/* Attaching and detaching. */

static void unpublish_queues(struct xdp_port *xdp, struct xdp_queue **old)
{
    for (unsigned int i = 0; i < PORT_MAX_QUEUES; i++) {
        old[i] = xdp->queues[i];
        if (old[i]) {
            (void) epoll_ctl(xdp->epoll_fd[i], EPOLL_CTL_DEL, xdp_queue_fd(old[i]), NULL);
            rcu_store(xdp->queues[i], NULL);
        }
    }
}

static void detach(struct port *port)
{
    struct xdp_port *xdp = port->priv;
    struct xdp_queue *old[PORT_MAX_QUEUES];
    if (!xdp->ifindex) {
        return;
    }
    xdp_program_detach(xdp->place);
    unpublish_queues(xdp, old);
    rcu_synchronize();
    for (unsigned int i = 0; i < PORT_MAX_QUEUES; i++) {
        xdp_queue_close(old[i], port->frames);
    }
    xdp->ifindex = 0;
}

/* A socket that was closed a moment ago still has its queue until the kernel gets round to it. */
static int open_queue(const struct port *port, const struct xdp_queue_config *config,
                      struct xdp_queue **queue)
{
    const struct timespec pause = { 0, BUSY_PAUSE_NS };
    int error = xdp_queue_open(config, port->frames, queue);
    for (unsigned int i = 0; error == EBUSY && i < BUSY_RETRIES; i++) {
        nanosleep(&pause, NULL);
        error = xdp_queue_open(config, port->frames, queue);
    }
    return error;
}

static int open_queues(struct port *port, const struct mode *mode)
{
    struct xdp_port *xdp = port->priv;
    for (unsigned int i = 0; i < xdp->n_queues; i++) {
        const struct xdp_queue_config config = { .device = port->name, .q = i,
                                                 .n_rx = xdp->n_rx_desc, .n_tx = xdp->n_tx_desc,
                                                 .zero_copy = mode->zero_copy,
                                                 .need_wakeup = xdp->need_wakeup };
        struct epoll_event event = { .events = EPOLLIN };
        struct xdp_queue *queue;
        int error = open_queue(port, &config, &queue);
        if (!error) {
            rcu_store(xdp->queues[i], queue);
            error = epoll_ctl(xdp->epoll_fd[i], EPOLL_CTL_ADD, xdp_queue_fd(queue), &event)
                        ? errno
                        : xdp_program_set_socket(xdp->place, i, xdp_queue_fd(queue));
        }
        if (error) {
            return error;
        }
    }
    return 0;
}

static int attach_mode(struct port *port, int ifindex, const struct mode *mode)
{
    struct xdp_port *xdp = port->priv;
    int place = xdp_program_attach(ifindex, mode->generic);
    if (place < 0) {
        return -place;
    }
    xdp->place = place;
    xdp->ifindex = ifindex;
    int error = open_queues(port, mode);
    if (error) {
        detach(port);
    }
    return error;
}

/* Binds to the device in the mode that was asked for, or the best that works. 0 or a positive errno. */
static int attach(struct port *port, int ifindex)
{
    struct xdp_port *xdp = port->priv;
    const struct packet_mreq promisc = { .mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC };
    int first = xdp->mode < 0 ? 0 : xdp->mode;
    int last = xdp->mode < 0 ? (int) ARRAY_SIZE(modes) - 1 : xdp->mode;
    int error = EOPNOTSUPP;
    for (int i = first; i <= last && error; i++) {
        error = attach_mode(port, ifindex, &modes[i]);
        xdp->mode_in_use = i;
        if (error == EBUSY || error == EPERM || error == ENOBUFS) {
            return error; /* another mode would fare the same */
        }
    }
    if (!error && setsockopt(xdp->promisc_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof promisc)) {
        error = errno;
        detach(port);
    }
    if (!error) {
        log_info("%s: %u queues in mode %s", port->name, xdp->n_queues, modes[xdp->mode_in_use].name);
    }
    return error;
}

/* Why attaching failed, as a sentence that the caller frees. */
static char *attach_error(const struct port *port, int error)
{
    const struct xdp_port *xdp = port->priv;
    switch (error) {
    case EPERM:
    case EACCES:
        return xasprintf("%s: no permission for XDP: weft-datapathd must be started with CAP_BPF and CAP_NET_ADMIN", port->name);
    case EBUSY:
        return xasprintf("%s: another XDP program or AF_XDP socket has the device", port->name);
    case ENOBUFS:
        return xasprintf("%s: %u queues need %u packet buffers, which are not free (see weft-datapathd --n-frames)",
                         port->name, xdp->n_queues, xdp->n_queues * (xdp->n_rx_desc + xdp->n_tx_desc));
    case EOPNOTSUPP:
        return xasprintf("%s: the device does not support xdp-mode %s", port->name,
                         modes[xdp->mode_in_use].name);
    case EINVAL:
        return xasprintf("%s: the device has no %u queues, or cannot be used in xdp-mode %s", port->name,
                         xdp->n_queues, modes[xdp->mode_in_use].name);
    default:
        return xasprintf("%s: cannot attach in xdp-mode %s (%s)", port->name,
                         modes[xdp->mode_in_use].name, strerror(error));
    }
}

/* What is wrong with the device, as a sentence that the caller frees, or null. */
static char *check_device(const struct port *port, const struct link_info *info, unsigned int n_device)
{
    const struct xdp_port *xdp = port->priv;
    if (info->flags & IFF_LOOPBACK) {
        return xasprintf("%s: a loopback device cannot be a port", port->name);
    }
    if (info->mtu > MAX_MTU) {
        return xasprintf("%s: with AF_XDP an MTU is at most %d, not %u", port->name, MAX_MTU, info->mtu);
    }
    if (xdp->n_queues > n_device) {
        return xasprintf("%s: the device has %u receive queues, not %u (options:n_rxq)", port->name,
                         n_device, xdp->n_queues);
    }
    return NULL;
}

/* Attaches to a device that was found. Null or a sentence and '*error'. */
static char *try_to_attach(struct port *port, const struct link_info *info, int *error)
{
    struct xdp_port *xdp = port->priv;
    unsigned int n_device = MIN(netdev_n_rx_queues(port->name), PORT_MAX_QUEUES);
    xdp->n_queues = xdp->n_queues ? xdp->n_queues : n_device;
    char *sentence = check_device(port, info, n_device);
    *error = sentence ? EINVAL : attach(port, info->ifindex);
    if (*error && !sentence) {
        sentence = attach_error(port, *error);
    }
    return sentence;
}

/* Operations. */

static void free_port(struct port *port)
{
    struct xdp_port *xdp = port->priv;
    detach(port);
    for (unsigned int i = 0; i < PORT_MAX_QUEUES; i++) {
        if (xdp->epoll_fd[i] >= 0) {
            close(xdp->epoll_fd[i]);
        }
    }
    if (xdp->promisc_fd >= 0) {
        close(xdp->promisc_fd);
    }
    free(xdp);
    port->priv = NULL;
}

static int open_descriptors(struct xdp_port *xdp)
{
    xdp->promisc_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (xdp->promisc_fd < 0) {
        return errno;
    }
    for (unsigned int i = 0; i < PORT_MAX_QUEUES; i++) {
        xdp->epoll_fd[i] = epoll_create1(EPOLL_CLOEXEC);
        if (xdp->epoll_fd[i] < 0) {
            return errno;
        }
    }
    return 0;
}

static int xdp_open(struct port *port, const struct smap *options, char **errorp)
{
    struct link_info info;
    struct xdp_port *xdp = xzalloc(sizeof *xdp);
    memset(xdp->epoll_fd, 0xff, sizeof xdp->epoll_fd); /* -1 */
    xdp->promisc_fd = -1;
    port->priv = xdp;
    int error = netdev_get(NETDEV_OWN_NETNS, port->name, 0, &info);
    if (error) {
        *errorp = error == ENODEV ? xasprintf("there is no device named %s", port->name)
                                  : xasprintf("%s: %s", port->name, strerror(error));
    } else {
        *errorp = parse_options(options, xdp);
        error = *errorp ? EINVAL : open_descriptors(xdp);
    }
    if (!error) {
        *errorp = try_to_attach(port, &info, &error);
    }
    if (error) {
        *errorp = *errorp ? *errorp : xasprintf("%s: %s", port->name, strerror(error));
        free_port(port);
        return error;
    }
    netdev_to_port(&info, port);
    port->speed_mbps = netdev_speed(port->name);
    port->n_rxq = xdp->n_queues;
    return 0;
}

static void xdp_refresh(struct port *port)
{
    struct xdp_port *xdp = port->priv;
    struct link_info info;
    char *sentence = NULL;
    int error = netdev_get(NETDEV_OWN_NETNS, port->name, 0, &info);
    if (error || info.ifindex != xdp->ifindex) {
        detach(port);
    }
    if (!error && !xdp->ifindex) {
        sentence = try_to_attach(port, &info, &error);
    }
    if (error) {
        port->ifindex = 0;
        port->carrier = false;
        port_set_admin(port, false);
        snprintf(port->error, sizeof port->error, "%s",
                 sentence ? sentence : error == ENODEV ? "the device is gone" : strerror(error));
        free(sentence);
        return;
    }
    netdev_to_port(&info, port);
    port->speed_mbps = netdev_speed(port->name);
    port->error[0] = '\0';
}

static bool same_options(const struct xdp_port *a, const struct xdp_port *b)
{
    return a->mode == b->mode && a->need_wakeup == b->need_wakeup && a->n_rx_desc == b->n_rx_desc
           && a->n_tx_desc == b->n_tx_desc;
}

/* Other rings or another mode need new sockets; the number of queues is for the port's life. */
static char *change_options(struct port *port, const struct smap *options, int *error)
{
    struct xdp_port *xdp = port->priv, wanted = { .n_queues = xdp->n_queues };
    char *sentence = parse_options(options, &wanted);
    if (!sentence && wanted.n_queues != xdp->n_queues) {
        sentence = xstrdup("options:n_rxq cannot be changed while the port exists");
    }
    *error = sentence ? EINVAL : 0;
    if (sentence || same_options(&wanted, xdp)) {
        return sentence;
    }
    detach(port);
    xdp->mode = wanted.mode;
    xdp->need_wakeup = wanted.need_wakeup;
    xdp->n_rx_desc = wanted.n_rx_desc;
    xdp->n_tx_desc = wanted.n_tx_desc;
    struct link_info info;
    *error = netdev_get(NETDEV_OWN_NETNS, port->name, 0, &info);
    return *error ? NULL : try_to_attach(port, &info, error);
}

static int xdp_set(struct port *port, const struct dp_port_change *change, char **errorp)
{
    const struct netdev_change netdev = { .mac = change->mac, .mtu = change->mtu,
                                          .set_admin = change->set_admin, .admin_up = change->admin_up };
    int error = 0;
    if (change->options) {
        *errorp = change_options(port, change->options, &error);
    }
    if (!error && change->mtu > MAX_MTU) {
        *errorp = xasprintf("%s: with AF_XDP an MTU is at most %d", port->name, MAX_MTU);
        return EINVAL;
    }
    if (!error && (change->mac || change->mtu || change->set_admin)) {
        error = port->ifindex ? netdev_set(port->ifindex, &netdev) : ENODEV;
    }
    if (error && !*errorp) {
        *errorp = xasprintf("%s: the kernel refuses the change (%s)", port->name, strerror(error));
    }
    return error;
}

/* The keys that Open vSwitch has; the mode is the one in use. */
static void xdp_status(const struct port *port, struct smap *status)
{
    const struct xdp_port *xdp = port->priv;
    if (xdp->ifindex) {
        smap_set(status, "xdp-mode", modes[xdp->mode_in_use].name);
        smap_set(status, "use-need-wakeup", xdp->need_wakeup ? "true" : "false");
        smap_setf(status, "n_rxq", "%u", xdp->n_queues);
        smap_setf(status, "n_txq", "%u", xdp->n_queues);
    }
}

static int xdp_rx_fd(const struct port *port, unsigned int q)
{
    const struct xdp_port *xdp = port->priv;
    return xdp->epoll_fd[q];
}

static unsigned int xdp_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                           struct batch *batch, unsigned int max)
{
    struct port_counters *counters = &port->counters[frame_cache_thread(frames)];
    struct xdp_port *xdp = port->priv;
    struct xdp_queue *queue = rcu_load(xdp->queues[q]);
    unsigned int n_lost = 0;
    unsigned int n = queue ? xdp_queue_rx(queue, frames, batch, max, &n_lost) : 0;
    if (n_lost) {
        frame_cache_count_drops(frames, DROP_NO_BUFFER, n_lost);
        port_count(&counters->rx_dropped, n_lost);
    }
    return n;
}

static unsigned int xdp_tx(struct port *port, unsigned int thread, struct packet *const *packets,
                           unsigned int n, enum drop_reason *why)
{
    struct xdp_port *xdp = port->priv;
    struct xdp_queue *queue = rcu_load(xdp->queues[thread % xdp->n_queues]);
    *why = DROP_PORT_DOWN;
    return queue ? xdp_queue_tx(queue, packets, n, why) : 0;
}

const struct port_ops port_xdp_ops = {
    .type = "afxdp",
    .open = xdp_open,
    .close = free_port,
    .set = xdp_set,
    .refresh = xdp_refresh,
    .status = xdp_status,
    .rx_fd = xdp_rx_fd,
    .rx = xdp_rx,
    .tx = xdp_tx,
};
