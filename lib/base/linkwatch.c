/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's network devices, by rtnetlink. */
#include "lib/base/linkwatch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/linkwatch_msg.h"
#include "lib/base/netlink_batch.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"

LOG_MODULE(linkwatch);
COVERAGE_DEFINE(linkwatch_overrun);

/* The largest message that the kernel sends, messages in one go, and what the kernel may queue. */
enum { BUFFER_SIZE = 64 << 10, READS_PER_CALL = 64, KERNEL_QUEUE = 1 << 20 };

/* Patience with the first dump, and the time until a refused dump is asked for again. */
enum { DUMP_MS = 5000, RETRY_MS = 100 };

struct link {
    struct hmap_node by_name, by_index;
    struct link_info info;
    uint32_t generation; /* the dump in which it was last seen */
};

struct linkwatch {
    struct loop *loop;
    struct mnl_socket *socket;
    struct loop_watch *watch;
    struct loop_timer *retry; /* asks for a dump that could not be asked for */
    struct hmap by_name, by_index; /* struct link */
    linkwatch_cb *changed;         /* null during the first dump */
    void *aux;

    /* A dump marks the links that it names with a new generation; what then has an older one is gone. */
    uint32_t generation;
    bool dumping;
    bool again; /* another dump must follow: news were lost during this one */
    bool complete; /* there was one whole dump */
    uint8_t *buffer;
};

static uint32_t hash_index(int ifindex)
{
    return hash_u64((uint64_t) ifindex, 0);
}

static struct link *find_index(const struct linkwatch *w, int ifindex)
{
    struct link *l;
    hmap_for_each_with_hash (l, by_index, hash_index(ifindex), &w->by_index) {
        if (l->info.ifindex == ifindex) {
            return l;
        }
    }
    return NULL;
}

static struct link *find_name(const struct linkwatch *w, const char *name)
{
    struct link *l;
    hmap_for_each_with_hash (l, by_name, hash_string(name, 0), &w->by_name) {
        if (!strcmp(l->info.name, name)) {
            return l;
        }
    }
    return NULL;
}

static void tell(struct linkwatch *w, const struct link_info *info)
{
    if (w->changed) {
        w->changed(w->aux, info);
    }
}

static void remove_link(struct linkwatch *w, struct link *l)
{
    struct link_info info = l->info;
    hmap_remove(&w->by_name, &l->by_name);
    hmap_remove(&w->by_index, &l->by_index);
    free(l);
    info.gone = true;
    tell(w, &info);
}

static void update_link(struct linkwatch *w, const struct link_info *info)
{
    struct link *l = find_index(w, info->ifindex);
    if (l && strcmp(l->info.name, info->name)) {
        remove_link(w, l); /* renamed: gone from its old name */
        l = NULL;
    }
    if (!l) {
        struct link *namesake = find_name(w, info->name);
        if (namesake) {
            remove_link(w, namesake); /* its end was not told */
        }
        l = xzalloc(sizeof *l);
        hmap_insert(&w->by_name, &l->by_name, hash_string(info->name, 0));
        hmap_insert(&w->by_index, &l->by_index, hash_index(info->ifindex));
    }
    l->generation = w->generation;
    if (memcmp(&l->info, info, sizeof *info)) {
        l->info = *info;
        tell(w, info);
    }
}

static void request_dump(struct linkwatch *w)
{
    union {
        struct nlmsghdr nlh;
        uint8_t bytes[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct ifinfomsg))];
    } request;
    if (w->dumping) {
        w->again = true; /* the kernel runs one dump at a time on a socket */
        return;
    }
    mnl_nlmsg_put_header(&request);
    request.nlh.nlmsg_type = RTM_GETLINK;
    request.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.nlh.nlmsg_seq = ++w->generation;
    mnl_nlmsg_put_extra_header(&request.nlh, sizeof(struct ifinfomsg));
    if (mnl_socket_sendto(w->socket, &request, request.nlh.nlmsg_len) < 0) {
        log_warn_rl("cannot ask for the list of network devices (%s)", strerror(errno));
        loop_timer_set_in(w->retry, RETRY_MS);
        return;
    }
    w->dumping = true;
    w->again = false;
}

static void retry(void *w)
{
    request_dump(w);
}

static void finish_dump(struct linkwatch *w)
{
    struct link *l, *next;
    w->dumping = false;
    if (w->again) {
        request_dump(w);
        return;
    }
    hmap_for_each_safe (l, next, by_index, &w->by_index) {
        if (l->generation != w->generation) {
            remove_link(w, l);
        }
    }
    w->complete = true;
}

static void take_message(void *w_, const struct nlmsghdr *nlh)
{
    struct linkwatch *w = w_;
    struct link_info info;

    if (w->dumping && nlh->nlmsg_seq == w->generation) {
        w->again |= (nlh->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (nlh->nlmsg_type == NLMSG_ERROR) {
            w->dumping = false;
            loop_timer_set_in(w->retry, RETRY_MS);
            return;
        }
        if (nlh->nlmsg_type == NLMSG_DONE) {
            finish_dump(w);
            return;
        }
    }
    switch (linkwatch_msg_parse(nlh, &info)) {
    case LINK_NEWS_UPDATE:
        update_link(w, &info);
        break;
    case LINK_NEWS_DELETED: {
        struct link *l = find_index(w, info.ifindex);
        if (l) {
            remove_link(w, l);
        }
        break;
    }
    case LINK_NEWS_NONE:
        break;
    }
}

/* Reads one batch of messages. 0, EAGAIN or another positive errno. */
static int read_batch(struct linkwatch *w)
{
    int error = netlink_batch_receive(w->socket, w->buffer, BUFFER_SIZE, take_message, w);
    if (error == ENOBUFS) {
        COVERAGE_INC(linkwatch_overrun);
        log_info_rl("news of network devices were lost, reading them all again");
        w->dumping = false; /* its end may be among what was lost */
        request_dump(w);
        return 0;
    }
    return error;
}

static void ready(void *w_, unsigned int events)
{
    struct linkwatch *w = w_;
    for (int i = 0; i < READS_PER_CALL; i++) {
        int error = read_batch(w);
        if (error == EAGAIN || error == EINTR) {
            break;
        } else if (error) {
            log_err_rl("reading news of network devices failed (%s)", strerror(error));
            break;
        }
    }
}

/* Waits for the first dump to be complete. 0 or a positive errno. */
static int fill_table(struct linkwatch *w)
{
    struct pollfd pfd = { mnl_socket_get_fd(w->socket), POLLIN, 0 };
    int64_t deadline = clock_real_ms() + DUMP_MS;
    request_dump(w);
    while (!w->complete) {
        int64_t left = deadline - clock_real_ms();
        if (left <= 0 || !poll(&pfd, 1, (int) left)) {
            return ETIMEDOUT;
        }
        int error = read_batch(w);
        if (error && error != EAGAIN && error != EINTR) {
            return error;
        }
    }
    return 0;
}

static int open_socket(struct linkwatch *w)
{
    int size = KERNEL_QUEUE;
    w->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!w->socket || mnl_socket_bind(w->socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID)) {
        return errno;
    }
    setsockopt(mnl_socket_get_fd(w->socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return 0;
}

struct linkwatch *linkwatch_create(struct loop *loop, linkwatch_cb *changed, void *aux,
                                   char **errorp)
{
    struct linkwatch *w = xzalloc(sizeof *w);
    *errorp = NULL;
    w->loop = loop;
    w->buffer = xmalloc(BUFFER_SIZE);
    w->retry = loop_timer_create(loop, retry, w);
    hmap_init(&w->by_name);
    hmap_init(&w->by_index);

    int error = open_socket(w);
    if (!error) {
        error = fill_table(w);
    }
    if (error) {
        *errorp = xasprintf("the kernel's network devices cannot be listed (%s)", strerror(error));
        linkwatch_destroy(w);
        return NULL;
    }
    w->changed = changed;
    w->aux = aux;
    w->watch = loop_watch_create(loop, mnl_socket_get_fd(w->socket), LOOP_READ, ready, w);
    return w;
}

void linkwatch_destroy(struct linkwatch *w)
{
    if (!w) {
        return;
    }
    struct link *l, *next;
    hmap_for_each_safe (l, next, by_index, &w->by_index) {
        free(l);
    }
    hmap_destroy(&w->by_name);
    hmap_destroy(&w->by_index);
    loop_watch_destroy(w->watch);
    loop_timer_destroy(w->retry);
    if (w->socket) {
        mnl_socket_close(w->socket);
    }
    free(w->buffer);
    free(w);
}

const struct link_info *linkwatch_find(const struct linkwatch *w, const char *name)
{
    const struct link *l = find_name(w, name);
    return l ? &l->info : NULL;
}
