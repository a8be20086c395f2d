/* SPDX-License-Identifier: Apache-2.0 */
/* The underlay: following the kernel's news, a bounded number at a time. */
#include "lib/base/underlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "lib/base/coverage.h"
#include "lib/base/linkwatch.h"
#include "lib/base/netlink_batch.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/route_ask.h"
#include "lib/base/route_msg.h"
#include "lib/base/underlay_private.h"

LOG_MODULE(underlay);
COVERAGE_DEFINE(underlay_overrun);
COVERAGE_DEFINE(underlay_pause);

/* Reading goes on for so many buffers, then pauses: of a storm of news the main thread sees a bounded part, and learns from the overflow of
 * the kernel's queue that there was more. */
enum { BUFFER_SIZE = 64 << 10, READS_PER_CALL = 16, PAUSE_MS = 20, KERNEL_QUEUE = 1 << 20 };

void underlay_lock(struct underlay *u)
{
    pthread_mutex_lock(&u->lock);
}

void underlay_unlock(struct underlay *u)
{
    pthread_mutex_unlock(&u->lock);
}

void underlay_moved_locked(struct underlay *u)
{
    __atomic_add_fetch(&u->version, 1, __ATOMIC_RELEASE);
}

uint64_t underlay_version(const struct underlay *u)
{
    return __atomic_load_n(&u->version, __ATOMIC_ACQUIRE);
}

static void take_message(void *u_, const struct nlmsghdr *nlh)
{
    struct underlay *u = u_;
    struct route_msg msg;
    route_msg_parse(nlh, &msg);
    if (msg.news == ROUTE_NEWS_NEIGHBOUR) {
        bool usable = !msg.gone && msg.neighbour.usable;
        u->events->neighbour(u->aux, msg.neighbour.ifindex, &msg.neighbour.addr, usable ? msg.neighbour.mac : NULL);
        return;
    }
    underlay_lock(u);
    u->work.news++;
    if (msg.news == ROUTE_NEWS_ROUTE && !msg.route.is_clone) {
        if (underlay_answers_stale_prefix_locked(u, &msg.route.prefix, msg.route.bits)) {
            underlay_moved_locked(u);
        }
    } else if (msg.news == ROUTE_NEWS_ADDRESS) {
        underlay_address_news_locked(u, &msg);
    } else if (msg.news == ROUTE_NEWS_POLICY) {
        underlay_answers_stale_locked(u);
        underlay_moved_locked(u);
    }
    underlay_unlock(u);
}

static void resync(struct underlay *u)
{
    COVERAGE_INC(underlay_overrun);
    log_info_rl("news of routes were lost: the routes of tunnels are asked for again");
    underlay_lock(u);
    u->work.overruns++;
    underlay_answers_stale_locked(u);
    underlay_addresses_read_locked(u);
    underlay_moved_locked(u);
    underlay_unlock(u);
    u->events->neighbours_lost(u->aux);
}

/* Reads one buffer. 0, EAGAIN or another positive errno. */
static int read_batch(struct underlay *u)
{
    int error = netlink_batch_receive(u->socket, u->buffer, BUFFER_SIZE, take_message, u);
    if (error == ENOBUFS) {
        resync(u);
        return 0;
    }
    return error;
}

static void ready(void *u_, unsigned int events)
{
    struct underlay *u = u_;
    uint64_t before = underlay_version(u);
    int error = 0;
    for (int i = 0; i < READS_PER_CALL && !error; i++) {
        error = read_batch(u);
    }
    if (!error) {
        COVERAGE_INC(underlay_pause);
        loop_watch_set_events(u->watch, 0);
        loop_timer_set_in(u->pause, PAUSE_MS);
    } else if (error != EAGAIN && error != EINTR) {
        log_err_rl("reading news of routes failed (%s)", strerror(error));
    }
    if (underlay_version(u) != before) {
        u->events->changed(u->aux);
    }
}

static void go_on(void *u_)
{
    struct underlay *u = u_;
    loop_watch_set_events(u->watch, LOOP_READ);
}

/* Routes by a device that goes down go without a word; and what comes up may bring better ones back. */
static void link_changed(void *u_, const struct link_info *link)
{
    struct underlay *u = u_;
    underlay_lock(u);
    bool moved = true;
    if (link->gone || !(link->flags & IFF_UP) || !link->carrier) {
        moved = underlay_answers_stale_device_locked(u, link->name);
    } else {
        underlay_answers_stale_locked(u);
    }
    if (moved) {
        underlay_moved_locked(u);
    }
    underlay_unlock(u);
    if (moved) {
        u->events->changed(u->aux);
    }
}

/* Start and end. */

static int join(const struct mnl_socket *socket, int group)
{
    return mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0 ? errno : 0;
}

static int open_socket(struct underlay *u)
{
    static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                  RTNLGRP_IPV4_RULE,  RTNLGRP_IPV6_RULE,  RTNLGRP_NEIGH };
    int size = KERNEL_QUEUE, error = 0;
    u->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!u->socket || mnl_socket_bind(u->socket, 0, MNL_SOCKET_AUTOPID)) {
        return errno;
    }
    for (size_t i = 0; i < ARRAY_SIZE(groups) && !error; i++) {
        error = join(u->socket, groups[i]);
    }
    if (!error && join(u->socket, RTNLGRP_NEXTHOP)) {
        log_dbg("this kernel has no next hop objects");
    }
    setsockopt(mnl_socket_get_fd(u->socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return error;
}

struct underlay *underlay_create(struct loop *loop, const struct underlay_events *events, void *aux, char **errorp)
{
    struct underlay *u = xzalloc(sizeof *u);
    int error = 0;
    *errorp = NULL;
    pthread_mutex_init(&u->lock, NULL);
    hmap_init(&u->answers);
    hmap_init(&u->addresses);
    u->version = 1;
    u->loop = loop;
    u->events = events;
    u->aux = aux;
    u->buffer = xmalloc(BUFFER_SIZE);
    u->pause = loop_timer_create(loop, go_on, u);
    u->ask = route_ask_create(&error);
    if (u->ask) {
        error = open_socket(u);
    }
    if (error) {
        *errorp = xasprintf("the kernel's routes cannot be watched (%s)", strerror(error));
        underlay_destroy(u);
        return NULL;
    }
    u->links = linkwatch_create(loop, link_changed, u, errorp);
    if (!u->links) {
        underlay_destroy(u);
        return NULL;
    }
    underlay_lock(u);
    underlay_addresses_read_locked(u);
    underlay_unlock(u);
    u->watch = loop_watch_create(loop, mnl_socket_get_fd(u->socket), LOOP_READ, ready, u);
    return u;
}

void underlay_destroy(struct underlay *u)
{
    if (!u) {
        return;
    }
    linkwatch_destroy(u->links);
    loop_watch_destroy(u->watch);
    loop_timer_destroy(u->pause);
    if (u->socket) {
        mnl_socket_close(u->socket);
    }
    route_ask_destroy(u->ask);
    underlay_addresses_destroy(u);
    hmap_destroy(&u->answers);
    pthread_mutex_destroy(&u->lock);
    free(u->sorted);
    free(u->user);
    free(u->buffer);
    free(u);
}

bool underlay_neighbour(struct underlay *u, const char *device, const struct inet_addr *addr, uint8_t mac[6])
{
    struct route_msg msg;
    unsigned int ifindex = if_nametoindex(device);
    if (!ifindex) {
        return false;
    }
    underlay_lock(u);
    bool found = !route_ask_neighbour(u->ask, (int) ifindex, addr, &msg) && msg.neighbour.usable;
    underlay_unlock(u);
    if (found) {
        memcpy(mac, msg.neighbour.mac, sizeof msg.neighbour.mac);
    }
    return found;
}

void underlay_work(struct underlay *u, struct underlay_work *work)
{
    underlay_lock(u);
    *work = u->work;
    work->answers = u->n_sorted;
    work->addresses = hmap_count(&u->addresses);
    underlay_unlock(u);
}
