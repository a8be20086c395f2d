/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and binding packet sockets. */
#include "datapath/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

enum {
    BUFFER_SIZE = 8 << 20, /* bytes, each way; super-packets are charged at 64 KiB and more */

    /* PACKET_FANOUT_FLAG_IGNORE_OUTGOING: newer than the headers of Debian 12; older kernels take no notice of it. */
    IGNORE_OUTGOING = 0x4000,
};

static int set_option(int fd, int option, int value)
{
    return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) ? errno : 0;
}

/* More than the system's limit where that is allowed. */
static void set_buffer(int fd, int forced_option, int option)
{
    const int size = BUFFER_SIZE;
    if (setsockopt(fd, SOL_SOCKET, forced_option, &size, sizeof size)) {
        (void) !setsockopt(fd, SOL_SOCKET, option, &size, sizeof size);
    }
}

/* With protocol 0 no packets come until it is bound. */
static int open_socket(int *fd)
{
    *fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd < 0 ? errno : set_option(*fd, PACKET_VNET_HDR, 1);
}

int packet_socket_open_rx(int *fd)
{
    int error = open_socket(fd);
    if (!error) {
        set_buffer(*fd, SO_RCVBUFFORCE, SO_RCVBUF);
        (void) !setsockopt(*fd, SOL_SOCKET, SO_RXQ_OVFL, &(int){1}, sizeof(int));
        error = set_option(*fd, PACKET_AUXDATA, 1);
    }
    return error ? error : set_option(*fd, PACKET_IGNORE_OUTGOING, 1);
}

int packet_socket_open_tx(int *fd)
{
    int error = open_socket(fd);
    if (!error) {
        set_buffer(*fd, SO_SNDBUFFORCE, SO_SNDBUF);
    }
    return error;
}

static int bind_socket(int fd, int ifindex, int protocol)
{
    const struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_ifindex = ifindex, .sll_protocol = htons(protocol)};
    return bind(fd, (const struct sockaddr *) &sll, sizeof sll) ? errno : 0;
}

int packet_socket_bind_tx(int fd, int ifindex)
{
    return bind_socket(fd, ifindex, 0);
}

static int set_filter(int fd, struct sock_filter *insns, unsigned int n)
{
    const struct sock_fprog program = {n, insns};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ? errno : 0;
}

static int drop_all(int fd)
{
    struct sock_filter insns[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    return set_filter(fd, insns, 1);
}

/* A group does not heed PACKET_IGNORE_OUTGOING of its members. */
static int drop_outgoing(int fd)
{
    struct sock_filter insns[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned int) (SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    return set_filter(fd, insns, sizeof insns / sizeof insns[0]);
}

/* The first member makes the group under a number that nobody else has; the others join. */
static int join_group(int fd, int *group)
{
    enum { TYPE_SHIFT = 16, NUMBER = 0xffff };
    const int type = PACKET_FANOUT_HASH | IGNORE_OUTGOING;
    int value = *group < 0 ? (type | PACKET_FANOUT_FLAG_UNIQUEID) << TYPE_SHIFT : *group | type << TYPE_SHIFT;
    socklen_t len = sizeof value;
    int error = set_option(fd, PACKET_FANOUT, value);
    if (!error && *group < 0) {
        error = getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &len) ? errno : 0;
        *group = value & NUMBER;
    }
    return error;
}

/* A socket is bound before it joins, and a packet would come to all that are: nothing passes until the group is complete. */
static int bind_group(const int *fds, unsigned int n, int ifindex)
{
    int group = -1, error = 0;
    for (unsigned int i = 0; i < n && !error; i++) {
        error = drop_all(fds[i]);
        if (!error) {
            error = bind_socket(fds[i], ifindex, ETH_P_ALL);
        }
        if (!error) {
            error = join_group(fds[i], &group);
        }
    }
    for (unsigned int i = 0; i < n && !error; i++) {
        error = drop_outgoing(fds[i]);
    }
    return error;
}

int packet_socket_bind_rx(const int *fds, unsigned int n, int ifindex)
{
    const struct packet_mreq promisc = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(fds[0], SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof promisc)) {
        return errno;
    }
    return n > 1 ? bind_group(fds, n, ifindex) : bind_socket(fds[0], ifindex, ETH_P_ALL);
}
