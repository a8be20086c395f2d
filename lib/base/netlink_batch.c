/* SPDX-License-Identifier: Apache-2.0 */
/* Reading netlink messages. */
#include "lib/base/netlink_batch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/log.h"

LOG_MODULE(netlink_batch);

void netlink_batch_for_each(const void *data, size_t n, netlink_batch_fn *cb, void *aux)
{
    /* Not by mnl_nlmsg_ok(), which takes a length of 2 GiB and more for a negative one. */
    const uint8_t *bytes = data;
    while (n >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *nlh = (const void *) bytes;
        if (nlh->nlmsg_len < sizeof *nlh || nlh->nlmsg_len > n) {
            break;
        }
        size_t step = MIN(n, (size_t) MNL_ALIGN(nlh->nlmsg_len));
        cb(aux, nlh);
        bytes += step;
        n -= step;
    }
}

int netlink_batch_receive(struct mnl_socket *socket, void *buffer, size_t size, netlink_batch_fn *cb, void *aux)
{
    struct sockaddr_nl from = { 0 };
    struct iovec iov = { buffer, size };
    struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1 };
    ssize_t n = recvmsg(mnl_socket_get_fd(socket), &msg, MSG_DONTWAIT);
    if (n < 0) {
        return errno;
    }
    if (from.nl_pid || (msg.msg_flags & MSG_TRUNC)) {
        log_warn_rl("a netlink message was passed over: %s",
                    from.nl_pid ? "it is not the kernel's" : "it is too long");
    } else {
        netlink_batch_for_each(buffer, (size_t) n, cb, aux);
    }
    return 0;
}
