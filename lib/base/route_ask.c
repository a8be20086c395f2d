/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the kernel about routes, addresses and neighbours. */
#include "lib/base/route_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "lib/base/netlink_batch.h"
#include "lib/base/mem.h"
#include "lib/base/route_msg.h"

enum { BUFFER_SIZE = 64 << 10, REQUEST_SIZE = 256, PATIENCE_MS = 2000 };

struct route_ask {
    struct mnl_socket *socket;
    uint32_t seq;
    uint8_t *buffer;
};

static struct mnl_socket *open_socket(int *error)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID)) {
        *error = errno;
        if (socket) {
            mnl_socket_close(socket);
        }
        return NULL;
    }
    return socket;
}

struct route_ask *route_ask_create(int *error)
{
    struct mnl_socket *socket = open_socket(error);
    if (!socket) {
        return NULL;
    }
    struct route_ask *ask = xzalloc(sizeof *ask);
    ask->socket = socket;
    ask->buffer = xmalloc(BUFFER_SIZE);
    return ask;
}

void route_ask_destroy(struct route_ask *ask)
{
    if (ask) {
        mnl_socket_close(ask->socket);
        free(ask->buffer);
        free(ask);
    }
}

/* Waits for the kernel's word. Bytes, or a negative errno. */
static ssize_t receive(const struct mnl_socket *socket, void *buffer)
{
    struct pollfd pfd = { mnl_socket_get_fd(socket), POLLIN, 0 };
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, BUFFER_SIZE);
        if (n >= 0) {
            return n;
        } else if (errno != EAGAIN && errno != EINTR) {
            return -errno;
        } else if (errno == EAGAIN && !poll(&pfd, 1, PATIENCE_MS)) {
            return -ETIMEDOUT;
        }
    }
}

/* The answer to one question. */
struct answer {
    uint32_t seq;
    bool done;
    int error;
    struct route_msg *msg;
};

static void take_answer(void *answer_, const struct nlmsghdr *nlh)
{
    struct answer *answer = answer_;
    if (nlh->nlmsg_seq != answer->seq || answer->done) {
        return; /* to a question that nobody waits for any more */
    }
    answer->done = true;
    if (nlh->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
        bool whole = mnl_nlmsg_get_payload_len(nlh) >= sizeof *err;
        answer->error = whole && err->error < 0 ? -err->error : EPROTO;
    } else {
        route_msg_parse(nlh, answer->msg);
    }
}

static int question(struct route_ask *ask, struct nlmsghdr *nlh, enum route_news expected, struct route_msg *msg)
{
    struct answer answer = { .seq = ++ask->seq, .msg = msg };
    nlh->nlmsg_flags = NLM_F_REQUEST;
    nlh->nlmsg_seq = answer.seq;
    memset(msg, 0, sizeof *msg);
    if (mnl_socket_sendto(ask->socket, nlh, nlh->nlmsg_len) < 0) {
        return errno;
    }
    while (!answer.done) {
        ssize_t n = receive(ask->socket, ask->buffer);
        if (n < 0) {
            return (int) -n;
        }
        netlink_batch_for_each(ask->buffer, (size_t) n, take_answer, &answer);
    }
    return answer.error ? answer.error : msg->news == expected ? 0 : ENETUNREACH;
}

static void put_address(struct nlmsghdr *nlh, uint16_t type, const struct inet_addr *a)
{
    if (inet_addr_is_v4(a)) {
        be32 ip = inet_addr_get_v4(a);
        mnl_attr_put(nlh, type, sizeof ip, &ip);
    } else {
        mnl_attr_put(nlh, type, sizeof a->bytes, a->bytes);
    }
}

static uint8_t family_of(const struct inet_addr *a)
{
    return inet_addr_is_v4(a) ? AF_INET : AF_INET6;
}

static uint8_t bits_of(const struct inet_addr *a)
{
    return inet_addr_is_v4(a) ? INET_ADDR_BITS - INET_ADDR_V4_BITS : INET_ADDR_BITS;
}

int route_ask_route(struct route_ask *ask, const struct inet_addr *dst, const struct inet_addr *src, uint32_t mark,
                    struct route_msg *msg)
{
    uint8_t request[REQUEST_SIZE] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
    nlh->nlmsg_type = RTM_GETROUTE;
    struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof *rtm);
    rtm->rtm_family = family_of(dst);
    rtm->rtm_dst_len = bits_of(dst);
    put_address(nlh, RTA_DST, dst);
    if (inet_addr_is_set(src)) {
        rtm->rtm_src_len = bits_of(src);
        put_address(nlh, RTA_SRC, src);
    }
    if (mark) {
        mnl_attr_put_u32(nlh, RTA_MARK, mark);
    }
    int error = question(ask, nlh, ROUTE_NEWS_ROUTE, msg);
    /* "Unreachable", "prohibit" and the like are errors for IPv4 and routes for IPv6. */
    return error                                                              ? error
           : msg->route.type == RTN_UNICAST || msg->route.type == RTN_LOCAL ? 0
                                                                              : EHOSTUNREACH;
}

int route_ask_neighbour(struct route_ask *ask, int ifindex, const struct inet_addr *addr, struct route_msg *msg)
{
    uint8_t request[REQUEST_SIZE] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
    nlh->nlmsg_type = RTM_GETNEIGH;
    struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof *ndm);
    ndm->ndm_family = family_of(addr);
    ndm->ndm_ifindex = ifindex;
    put_address(nlh, NDA_DST, addr);
    return question(ask, nlh, ROUTE_NEWS_NEIGHBOUR, msg);
}

/* Dumps. Each has a socket of its own: closing it ends what the kernel has not told yet. */

struct dump {
    route_ask_cb *cb;
    void *aux;
    bool done;
    int error;
};

static void take_dumped(void *dump_, const struct nlmsghdr *nlh)
{
    struct dump *dump = dump_;
    struct route_msg msg;
    if (dump->done) {
        return;
    }
    if (nlh->nlmsg_type == NLMSG_DONE) {
        dump->done = true;
    } else if (nlh->nlmsg_type == NLMSG_ERROR) {
        dump->done = true;
        dump->error = EPROTO;
    } else {
        route_msg_parse(nlh, &msg);
        dump->done = msg.news != ROUTE_NEWS_NONE && !dump->cb(dump->aux, &msg);
    }
}

int route_ask_dump(uint16_t type, route_ask_cb *cb, void *aux)
{
    uint8_t request[REQUEST_SIZE] __attribute__((aligned(8)));
    int error = 0;
    struct mnl_socket *socket = open_socket(&error);
    if (!socket) {
        return error;
    }
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    /* A struct ifaddrmsg is shorter, and has its family in the same place. */
    struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof *rtm);
    rtm->rtm_family = AF_UNSPEC;
    struct dump dump = { .cb = cb, .aux = aux };
    if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0) {
        dump.error = errno;
        dump.done = true;
    }
    uint8_t *buffer = xmalloc(BUFFER_SIZE);
    while (!dump.done) {
        ssize_t n = receive(socket, buffer);
        if (n < 0) {
            dump.error = (int) -n;
            break;
        }
        netlink_batch_for_each(buffer, (size_t) n, take_dumped, &dump);
    }
    mnl_socket_close(socket);
    free(buffer);
    return dump.error;
}
