/* SPDX-License-Identifier: Apache-2.0 */
/* Messages over a Unix stream socket, in whatever pieces they come. */
#include "datapath/vhost_channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void vhost_channel_init(struct vhost_channel *c, int fd)
{
    c->fd = fd;
    c->n_in = 0;
    c->in.n_fds = 0;
}

void vhost_channel_close(struct vhost_channel *c)
{
    if (c->fd >= 0) {
        vhost_message_close_fds(&c->in);
        close(c->fd);
        c->fd = -1;
    }
}

/* Keeps the descriptors of one recvmsg(), or closes those that are too many or of the wrong kind.
 */
static bool keep_fds(struct vhost_message *m, struct msghdr *msg)
{
    bool all = !(msg->msg_flags & MSG_CTRUNC);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (m->n_fds < VHOST_MAX_FDS && vhost_message_may_have(fd)) {
                m->fds[m->n_fds++] = fd;
            } else {
                close(fd);
                all = false;
            }
        }
    }
    return all;
}

/* Receives at most 'n' bytes to 'to'. */
static int receive(struct vhost_channel *c, void *to, size_t n, const char **why)
{
    union {
        char bytes[CMSG_SPACE(VHOST_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {to, n};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    ssize_t got = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        return errno == EINTR || errno == EWOULDBLOCK ? EAGAIN : errno;
    }
    if (!keep_fds(&c->in, &msg)) {
        *why = "descriptors that no message has";
        return EPROTO;
    }
    if (!got) {
        return ECONNRESET;
    }
    c->n_in += got;
    return 0;
}

int vhost_channel_receive(struct vhost_channel *c, const char **why)
{
    const size_t header_size = sizeof c->in.header;
    int error;
    while (c->n_in < header_size) {
        error = receive(c, (uint8_t *)&c->in.header + c->n_in, header_size - c->n_in, why);
        if (error) {
            return error;
        }
    }
    *why = vhost_message_check_header(&c->in.header);
    if (*why) {
        return EPROTO;
    }
    while (c->n_in < header_size + c->in.header.size) {
        size_t n = c->n_in - header_size;
        error = receive(c, (uint8_t *)&c->in.payload + n, c->in.header.size - n, why);
        if (error) {
            return error;
        }
    }
    memset((uint8_t *)&c->in.payload + c->in.header.size, 0,
           sizeof c->in.payload - c->in.header.size);
    c->n_in = 0;
    *why = vhost_message_check(&c->in);
    return *why ? EPROTO : 0;
}

int vhost_channel_send(struct vhost_channel *c, const struct vhost_message *m, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov[] = {{(void *)&m->header, sizeof m->header},
                          {(void *)&m->payload, m->header.size}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    size_t size = sizeof m->header + m->header.size;
    if (fd >= 0) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof control;
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
    }
    ssize_t sent = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
        return errno;
    }
    return (size_t)sent == size ? 0 : EAGAIN; /* a front-end that does not read its answers */
}
