/* SPDX-License-Identifier: Apache-2.0 */
/* Wire structures from and to those of the interface; passing messages with descriptors. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datapath/protocol.h"

/* 'to' is zeroed and as large as 'from', whose terminator may be missing. */
static void copy_string(char *to, const char *from, size_t size)
{
    memcpy(to, from, strnlen(from, size - 1));
}

void dp_wire_from_port(struct dp_wire_port *wire, const struct dp_port *port)
{
    *wire = (struct dp_wire_port) {
        .no = port->no,
        .mtu = port->mtu,
        .ifindex = port->ifindex,
        .speed_mbps = port->speed_mbps,
        .mac = port->mac,
        .admin_up = port->admin_up,
        .carrier = port->carrier,
    };
    static_assert(sizeof wire->name == sizeof port->name &&
                      sizeof wire->type == sizeof port->type &&
                      sizeof wire->error == sizeof port->error,
                  "same strings");
    copy_string(wire->name, port->name, sizeof wire->name);
    copy_string(wire->type, port->type, sizeof wire->type);
    copy_string(wire->error, port->error, sizeof wire->error);
}

void dp_wire_to_port(const struct dp_wire_port *wire, struct dp_port *port)
{
    *port = (struct dp_port) {
        .no = wire->no,
        .mac = wire->mac,
        .mtu = wire->mtu,
        .ifindex = wire->ifindex,
        .admin_up = wire->admin_up,
        .carrier = wire->carrier,
        .speed_mbps = wire->speed_mbps,
    };
    copy_string(port->name, wire->name, sizeof port->name);
    copy_string(port->type, wire->type, sizeof port->type);
    copy_string(port->error, wire->error, sizeof port->error);
}

void dp_wire_from_stats(struct dp_wire_stats *wire, const struct dp_flow_stats *stats)
{
    *wire = (struct dp_wire_stats) { .packets = stats->packets,
                                     .bytes = stats->bytes,
                                     .used_ms = stats->used_ms,
                                     .tcp_flags = stats->tcp_flags };
}

void dp_wire_to_stats(const struct dp_wire_stats *wire, struct dp_flow_stats *stats)
{
    *stats = (struct dp_flow_stats) { .packets = wire->packets,
                                      .bytes = wire->bytes,
                                      .used_ms = wire->used_ms,
                                      .tcp_flags = wire->tcp_flags };
}

/* The two structures have the same members in the same order. */
static_assert(sizeof(struct dp_wire_port_stats) == sizeof(struct dp_port_stats) &&
                  offsetof(struct dp_wire_port_stats, tx_errors) ==
                      offsetof(struct dp_port_stats, tx_errors),
              "members");

void dp_wire_from_port_stats(struct dp_wire_port_stats *wire, const struct dp_port_stats *stats)
{
    memcpy(wire, stats, sizeof *wire);
}

void dp_wire_to_port_stats(const struct dp_wire_port_stats *wire, struct dp_port_stats *stats)
{
    memcpy(stats, wire, sizeof *stats);
}

void dp_wire_from_meter(struct dp_wire_meter *wire, uint32_t id,
                        const struct dp_meter_config *config)
{
    *wire = (struct dp_wire_meter) { .id = id, .flags = config->flags, .n_bands = config->n_bands };
    for (unsigned int i = 0; i < config->n_bands; i++) {
        wire->bands[i].type = config->bands[i].type;
        wire->bands[i].rate = config->bands[i].rate;
        wire->bands[i].burst = config->bands[i].burst;
        wire->bands[i].prec_level = config->bands[i].prec_level;
    }
}

void dp_wire_to_meter(const struct dp_wire_meter *wire, struct dp_meter_config *config)
{
    *config = (struct dp_meter_config) { .flags = wire->flags, .n_bands = wire->n_bands };
    for (unsigned int i = 0; i < wire->n_bands; i++) {
        config->bands[i] = (struct dp_meter_band) { .type = wire->bands[i].type,
                                                    .rate = wire->bands[i].rate,
                                                    .burst = wire->bands[i].burst,
                                                    .prec_level = wire->bands[i].prec_level };
    }
}

void dp_wire_from_meter_stats(struct dp_wire_meter_stats *wire, const struct dp_meter_stats *stats)
{
    *wire = (struct dp_wire_meter_stats) { .packets = stats->packets,
                                           .bytes = stats->bytes,
                                           .duration_ns = stats->duration_ns,
                                           .n_bands = stats->n_bands };
    for (unsigned int i = 0; i < stats->n_bands; i++) {
        wire->bands[i].packets = stats->bands[i].packets;
        wire->bands[i].bytes = stats->bands[i].bytes;
    }
}

void dp_wire_to_meter_stats(const struct dp_wire_meter_stats *wire, struct dp_meter_stats *stats)
{
    *stats = (struct dp_meter_stats) { .packets = wire->packets,
                                       .bytes = wire->bytes,
                                       .duration_ns = wire->duration_ns,
                                       .n_bands = wire->n_bands };
    for (unsigned int i = 0; i < wire->n_bands; i++) {
        stats->bands[i].packets = wire->bands[i].packets;
        stats->bands[i].bytes = wire->bands[i].bytes;
    }
}

union fd_control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * DP_MSG_MAX_FDS)];
};

int dp_msg_send(int fd, const void *data, size_t n, const int *fds, size_t n_fds)
{
    struct iovec iov = { (void *) data, n };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    union fd_control control;

    if (n_fds > DP_MSG_MAX_FDS) {
        return EMSGSIZE;
    }
    if (n_fds) {
        memset(&control, 0, sizeof control);
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
    }
    for (;;) {
        ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
        if (sent >= 0) {
            return (size_t) sent == n ? 0 : EIO;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

static size_t take_fds(struct msghdr *msg, int *fds)
{
    size_t n_fds = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (n_fds < DP_MSG_MAX_FDS) {
                fds[n_fds++] = fd;
            } else {
                close(fd);
            }
        }
    }
    return n_fds;
}

int dp_msg_recv(int fd, void *data, size_t *n, int *fds, size_t *n_fds)
{
    struct iovec iov = { data, DP_MSG_MAX };
    union fd_control control;
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t received;

    *n = *n_fds = 0;
    do {
        received = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return errno;
    }
    *n_fds = take_fds(&msg, fds);
    if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (size_t i = 0; i < *n_fds; i++) {
            close(fds[i]);
        }
        *n_fds = 0;
        return EMSGSIZE;
    }
    if (!received) {
        return EPIPE; /* seqpacket: no message is empty, so this is the end */
    }
    *n = received;
    return 0;
}
