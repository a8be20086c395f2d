/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of kind "internal" and "tap": TUN/TAP devices with the virtio-net header.
 *
 * An internal port is a device of the switch's own, named as the port; it is gone when the datapath
 * is. It may be moved to another network namespace while it is in use: everything but the first
 * look goes through the descriptor or names the namespace. A tap port takes a device that is there
 * and that nobody else has opened, or makes one like an internal port's.
 *
 * With options:n_rxq there are several queues, to which the kernel gives packets by their flow
 * (datapath/tap_steering.h).
 *
 * Each packet is a system call, in and out: the kernel has no call for several. io_uring carries a burst
 * in one; measured on Linux 6.18 (64 bytes, bursts of 32) that takes a read from 0.97 to 0.86 us and a
 * write from 1.36 to 1.08 us; the rest is the kernel's own work. (Super-packets were not measured.) That is
 * not worth a second way of doing it beside this one, which would have to stay for where io_uring is not
 * allowed.
 *
 * When somebody deletes the device, it is made again on the same descriptors, so that the
 * forwarding threads need not know. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_arp.h>
#include <linux/if_tun.h>

#include "datapath/batch.h"
#include "datapath/netdev.h"
#include "datapath/netdev_address.h"
#include "datapath/port_kinds.h"
#include "datapath/port_vnet.h"
#include "datapath/tap_steering.h"
#include "lib/base/linkwatch.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

LOG_MODULE(port_tap);

/* Of newer kernels than the headers of Debian 12 know (linux/if_tun.h). */
enum { TAP_F_USO4 = 0x20, TAP_F_USO6 = 0x40 };

struct tap {
    bool internal;
    int netnsid;                /* where the device was last seen */
    struct eth_addr wanted_mac; /* all zero: as the kernel drew it */
    uint32_t wanted_mtu;        /* 0: as it is */
    unsigned int n_queues;
    int fd[PORT_MAX_QUEUES];
};

static const struct eth_addr no_mac;

/* Ties the queue's descriptor to the device, which is made if it is not there. 0 or a positive
 * errno. */
static int attach(const struct port *port, unsigned int q)
{
    const struct tap *tap = port->priv;
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
    int fd = tap->fd[q];
    int hdr_size = sizeof(struct vnet_hdr);
    unsigned int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

    if (tap->n_queues > 1) {
        ifr.ifr_flags |= IFF_MULTI_QUEUE;
    }
    if (tap->internal && !q) {
        ifr.ifr_flags |= IFF_TUN_EXCL; /* never a device that is there already */
    }
    memcpy(ifr.ifr_name, port->name, strlen(port->name) + 1);
    if (ioctl(fd, TUNSETIFF, &ifr) || ioctl(fd, TUNSETVNETHDRSZ, &hdr_size)) {
        return errno;
    }
    if (tap->n_queues > 1 && !q) {
        tap_steering_attach(fd);
    }
    if (!ioctl(fd, TUNSETOFFLOAD, offloads | TAP_F_USO4 | TAP_F_USO6) ||
        !ioctl(fd, TUNSETOFFLOAD, offloads)) {
        return 0;
    }
    return errno;
}

static int set_mac(const struct tap *tap, const struct eth_addr *mac)
{
    struct ifreq ifr = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };

    memcpy(ifr.ifr_hwaddr.sa_data, mac, sizeof *mac);
    return ioctl(tap->fd[0], SIOCSIFHWADDR, &ifr) ? errno : 0;
}

/* Finds the device through its descriptor, wherever and under whatever name it is now. 0, ENODEV if
 * it is gone, or another errno. */
static int look(const struct port *port, struct link_info *info)
{
    struct tap *tap = port->priv;
    struct ifreq ifr;

    if (ioctl(tap->fd[0], TUNGETIFF, &ifr)) {
        return ENODEV;
    }
    ifr.ifr_name[IFNAMSIZ - 1] = '\0';
    int netns_fd = ioctl(tap->fd[0], TUNGETDEVNETNS);
    if (netns_fd >= 0) {
        int error = netdev_netns_id(netns_fd, &tap->netnsid);
        close(netns_fd);
        if (error) {
            return error;
        }
    }
    return netdev_get(tap->netnsid, ifr.ifr_name, 0, info);
}

static void restore(struct port *port, const struct link_info *info)
{
    const struct tap *tap = port->priv;
    const struct netdev_change change = { .mtu = tap->wanted_mtu };

    if (memcmp(&tap->wanted_mac, &no_mac, sizeof no_mac) && set_mac(tap, &tap->wanted_mac)) {
        log_warn("%s: the MAC address could not be set again", port->name);
    }
    if (tap->wanted_mtu && netdev_set(info->ifindex, &change)) {
        log_warn("%s: the MTU could not be set again", port->name);
    }
}

/* The device is gone: makes it again. */
static void revive(struct port *port)
{
    struct tap *tap = port->priv;
    struct link_info info;
    int error = 0;

    for (unsigned int q = 0; q < tap->n_queues && !error; q++) {
        error = attach(port, q);
        /* A queue that still has its device is fine: an earlier attempt got that far. */
        error = error == EEXIST || (error == EBUSY && q) ? 0 : error;
    }
    if (!error) {
        error = look(port, &info);
    }
    if (!error) {
        restore(port, &info);
        error = look(port, &info);
    }
    if (error) {
        port->carrier = false;
        port_set_admin(port, false);
        port->ifindex = 0;
        snprintf(port->error, sizeof port->error,
                 "the device is gone and cannot be made again (%s)", strerror(error));
        return;
    }
    log_warn("%s: the device was deleted and has been made again", port->name);
    netdev_to_port(&info, port);
    port->error[0] = '\0';
}

static void tap_refresh(struct port *port)
{
    struct link_info info;
    int error = look(port, &info);

    if (error == ENODEV) {
        revive(port);
        return;
    }
    if (error) {
        snprintf(port->error, sizeof port->error, "the kernel does not tell about the device (%s)",
                 strerror(error));
        return;
    }
    netdev_to_port(&info, port);
    port->error[0] = '\0';
}

static char *open_error_text(const struct port *port, int error)
{
    const struct tap *tap = port->priv;

    switch (error) {
    case EBUSY:
        return tap->internal ? xasprintf("a device named %s is there already", port->name)
                             : xasprintf("%s is in use by another program; attach it with type "
                                         "\"system\"",
                                         port->name);
    case EINVAL:
        return xasprintf("%s is not a tap device, or not one with %u queues (options:n_rxq)",
                         port->name, tap->n_queues);
    case EACCES:
        return xasprintf("%s: no permission to open /dev/net/tun", port->name);
    case EPERM:
        return xasprintf("%s: no permission to make or open this tap device", port->name);
    default:
        return xasprintf("%s: cannot open the tap device (%s)", port->name, strerror(error));
    }
}

static void close_queues(struct tap *tap)
{
    for (unsigned int q = 0; q < tap->n_queues; q++) {
        if (tap->fd[q] >= 0) {
            close(tap->fd[q]);
        }
    }
}

static int open_queues(struct port *port)
{
    struct tap *tap = port->priv;

    for (unsigned int q = 0; q < tap->n_queues; q++) {
        tap->fd[q] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (tap->fd[q] < 0) {
            return errno;
        }
        int error = attach(port, q);
        if (error) {
            return error;
        }
    }
    return 0;
}

/* An internal port may be given an address. */
static char *check_options(const struct smap *options, bool internal, unsigned int *n_queues)
{
    char *error = internal ? port_check_options(options, "n_rxq", "local_ip", "local_netmask", "local_gateway", NULL)
                           : port_check_options(options, "n_rxq", NULL);
    return error ? error : port_n_rxq_option(options, n_queues);
}

static int set_address(const struct port *port, const struct smap *options, char **errorp)
{
    const struct tap *tap = port->priv;
    struct netdev_address address;

    *errorp = netdev_address_parse(options, &address);
    if (*errorp) {
        return EINVAL;
    }
    int error = !address.ip                          ? 0
                : tap->netnsid != NETDEV_OWN_NETNS ? EOPNOTSUPP
                                                     : netdev_address_set(port->name, port->ifindex, &address);
    if (error) {
        *errorp = xasprintf("%s: the address cannot be set (%s)", port->name, strerror(error));
    }
    return error;
}

static int open_kind(struct port *port, const struct smap *options, bool internal, char **errorp)
{
    struct link_info info;
    unsigned int n_queues;

    if (strlen(port->name) >= IFNAMSIZ) {
        *errorp = xasprintf("%s: the name of a device has at most %d characters", port->name,
                            IFNAMSIZ - 1);
        return EINVAL;
    }
    *errorp = check_options(options, internal, &n_queues);
    if (*errorp) {
        return EINVAL;
    }

    struct tap *tap = xzalloc(sizeof *tap);
    tap->internal = internal;
    tap->netnsid = NETDEV_OWN_NETNS;
    tap->n_queues = n_queues;
    memset(tap->fd, 0xff, sizeof tap->fd); /* -1 */
    port->priv = tap;
    int error = open_queues(port);
    if (!error) {
        error = look(port, &info);
    }
    if (error) {
        *errorp = open_error_text(port, error);
        close_queues(tap);
        free(tap);
        port->priv = NULL;
        return error == EBUSY && internal ? EEXIST : error;
    }
    netdev_to_port(&info, port);
    port->tx_features = port_vnet_tx_features();
    port->n_rxq = tap->n_queues;
    char *problem;
    if (set_address(port, options, &problem)) {
        log_warn("%s", problem); /* the port works without */
        free(problem);
    }
    return 0;
}

static int internal_open(struct port *port, const struct smap *options, char **errorp)
{
    return open_kind(port, options, true, errorp);
}

static int tap_open(struct port *port, const struct smap *options, char **errorp)
{
    return open_kind(port, options, false, errorp);
}

static void tap_close(struct port *port)
{
    const struct tap *tap = port->priv;

    if (tap->n_queues > 1) {
        tap_steering_detach(tap->fd[0]); /* the device may live on */
    }
    close_queues(port->priv);
    free(port->priv);
    port->priv = NULL;
}

static int tap_set(struct port *port, const struct dp_port_change *change, char **errorp)
{
    struct tap *tap = port->priv;
    const struct netdev_change netdev = { .mtu = change->mtu,
                                          .set_admin = change->set_admin,
                                          .admin_up = change->admin_up };

    if (change->options) {
        unsigned int n_queues;
        *errorp = check_options(change->options, tap->internal, &n_queues);
        if (!*errorp && n_queues != tap->n_queues) {
            *errorp = xstrdup("options:n_rxq cannot be changed while the port exists");
        }
        if (*errorp) {
            return EINVAL;
        }
        int refused = set_address(port, change->options, errorp);
        if (refused) {
            return refused;
        }
    }
    int error = change->mac ? set_mac(tap, change->mac) : 0;
    if (change->mac && !error) {
        tap->wanted_mac = *change->mac;
    }
    if (!error && (change->mtu || change->set_admin)) {
        if (tap->netnsid != NETDEV_OWN_NETNS) {
            *errorp = xasprintf("%s is in another network namespace: MTU and state are set there",
                                port->name);
            return EOPNOTSUPP;
        }
        error = netdev_set(port->ifindex, &netdev);
    }
    if (!error && change->mtu) {
        tap->wanted_mtu = change->mtu;
    }
    if (error) {
        *errorp = xasprintf("%s: the kernel refuses the change (%s)", port->name, strerror(error));
    }
    return error;
}

static int tap_rx_fd(const struct port *port, unsigned int q)
{
    const struct tap *tap = port->priv;

    return tap->fd[q];
}

static unsigned int tap_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                           struct batch *batch, unsigned int max)
{
    const struct tap *tap = port->priv;
    struct port_counters *counters = &port->counters[frame_cache_thread(frames)];
    uint8_t *tail = NULL;
    unsigned int n;

    max = MIN(max, batch_room(batch));
    for (n = 0; n < max;) {
        struct packet *p = frame_cache_get(frames);
        if (!p) {
            break;
        }
        tail = tail ? tail : frame_cache_get_tail(frames);
        struct vnet_hdr hdr;
        struct iovec iov[] = { { &hdr, sizeof hdr },
                               { p->data, PACKET_HEAD_SIZE },
                               { tail ? tail : port_vnet_sink, ARENA_TAIL_SIZE } };
        ssize_t got = readv(tap->fd[q], iov, ARRAY_SIZE(iov));
        if (got < 0) {
            frame_cache_put(frames, p);
            break;
        }
        if (got <= (ssize_t) sizeof hdr) {
            port_count(&counters->rx_errors, 1);
            frame_cache_put(frames, p);
        } else if (!vnet_fill(p, got - sizeof hdr, &tail)) {
            port_count(&counters->rx_dropped, 1);
            frame_cache_drop(frames, p, DROP_NO_BUFFER);
        } else {
            vnet_to_packet(&hdr, p);
            batch_add(batch, p);
            n++;
        }
    }
    frame_cache_put_tail(frames, tail);
    return n;
}

static enum drop_reason tx_error_reason(int error)
{
    switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
        return DROP_TX_QUEUE_FULL;
    case EIO:    /* the device is down */
    case EBADFD: /* it is gone */
        return DROP_PORT_DOWN;
    default:
        return DROP_TX_ERROR;
    }
}

static unsigned int tap_tx(struct port *port, unsigned int thread, struct packet *const *packets,
                           unsigned int n, enum drop_reason *why)
{
    const struct tap *tap = port->priv;
    int fd = tap->fd[thread % tap->n_queues];

    for (unsigned int i = 0; i < n; i++) {
        struct vnet_hdr hdr;
        struct iovec iov[3] = { { &hdr, sizeof hdr } };
        vnet_from_packet(&hdr, packets[i]);
        unsigned int n_iov = 1 + vnet_iov(iov + 1, packets[i]);
        if (writev(fd, iov, n_iov) < 0) {
            *why = tx_error_reason(errno);
            return i;
        }
    }
    return n;
}

const struct port_ops port_internal_ops = {
    .type = "internal",
    .open = internal_open,
    .close = tap_close,
    .set = tap_set,
    .refresh = tap_refresh,
    .rx_fd = tap_rx_fd,
    .rx = tap_rx,
    .tx = tap_tx,
};

const struct port_ops port_tap_ops = {
    .type = "tap",
    .open = tap_open,
    .close = tap_close,
    .set = tap_set,
    .refresh = tap_refresh,
    .rx_fd = tap_rx_fd,
    .rx = tap_rx,
    .tx = tap_tx,
};
