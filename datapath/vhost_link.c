/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting, listening and trying again. */
#include "datapath/vhost_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "datapath/vhost_channel.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"

LOG_MODULE(vhost_link);

enum {
    MIN_BACKOFF_MS = 100,
    MAX_BACKOFF_MS = 1000,
    PENALTY_MS = 250,  /* least, after a front-end that broke the protocol */
    MAX_MESSAGES = 32, /* in a row, before others have their turn */
};

struct vhost_link {
    struct vhost_link_config config;
    char *path, *name;
    char *given_path; /* may be null */
    int listen_fd;    /* -1: none */
    struct loop_watch *listen_watch, *watch;
    struct loop_timer *timer; /* set while there is neither a connection nor a listening socket */
    struct vhost_channel channel;
    int backoff_ms;
    bool served; /* a ring was live in this connection */
    bool down;
    char error[128];
};

static const char not_connected[] = "the guest's end is not connected";

static void try(void *link);

static void set_error(struct vhost_link *l, const char *text)
{
    snprintf(l->error, sizeof l->error, "%s", text);
}

static void try_later(struct vhost_link *l, int least_ms)
{
    l->backoff_ms = MAX(l->backoff_ms, least_ms);
    loop_timer_set_in(l->timer, l->backoff_ms);
    l->backoff_ms = MIN(2 * l->backoff_ms, MAX_BACKOFF_MS);
}

static void changed(struct vhost_link *l)
{
    l->config.changed(l->config.aux);
}

/* Ends the connection. 'why': null if the front-end just left. */
static void disconnect(struct vhost_link *l, const char *why)
{
    if (why) {
        log_warn_rl("%s: disconnecting from %s: %s", l->name, l->path, why);
    } else {
        log_info_rl("%s: the guest's end of %s has gone", l->name, l->path);
    }
    char text[sizeof l->error];
    snprintf(text, sizeof text, "%s", why ? why : "");
    loop_watch_destroy(l->watch);
    l->watch = NULL;
    vhost_channel_close(&l->channel);
    vhost_device_reset(l->config.device);
    if (l->served) {
        l->backoff_ms = MIN_BACKOFF_MS;
    }
    set_error(l, text[0] ? text : not_connected);
    if (!l->down) {
        try_later(l, why ? PENALTY_MS : 0);
    }
}

/* Null or why the connection ends. */
static const char *handle(struct vhost_link *l)
{
    struct vhost_message *m = &l->channel.in;
    uint32_t request = m->header.request;
    bool reply;
    int reply_fd;
    const char *error = vhost_device_handle(l->config.device, m, &reply, &reply_fd);
    vhost_message_close_fds(m);
    log_dbg("%s: %s%s%s", l->name, vhost_message_name(request), error ? ": " : "",
            error ? error : "");
    if (error && reply) {
        log_warn_rl("%s: refused %s: %s", l->name, vhost_message_name(request), error);
    }
    int failed = reply ? vhost_channel_send(&l->channel, m, reply_fd) : 0;
    if (reply_fd >= 0) {
        close(reply_fd);
    }
    if (failed) {
        return "it does not take answers";
    }
    return reply ? NULL : error;
}

static bool any_live(const struct vhost_device *d)
{
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        if (d->vrings[i].live) {
            return true;
        }
    }
    return false;
}

static void readable(void *l_, unsigned int events)
{
    struct vhost_link *l = l_;
    const char *why = NULL;
    bool gone = false;
    (void)events;
    for (int i = 0; i < MAX_MESSAGES && !why; i++) {
        int error = vhost_channel_receive(&l->channel, &why);
        if (error == EAGAIN) {
            break;
        }
        if (error && error != EPROTO) {
            gone = true;
            break;
        }
        why = error ? why : handle(l);
    }
    if (gone || why) {
        disconnect(l, why);
    } else if (any_live(l->config.device)) {
        l->served = true;
    }
    changed(l);
}

static void connected(struct vhost_link *l, int fd)
{
    vhost_channel_init(&l->channel, fd);
    l->watch = loop_watch_create(l->config.loop, fd, LOOP_READ, readable, l);
    l->served = false;
    l->error[0] = '\0';
    log_info_rl("%s: connected to the guest's end of %s", l->name, l->path);
    changed(l);
}

static struct sockaddr_un address(const struct vhost_link *l)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    memcpy(sun.sun_path, l->path, strlen(l->path) + 1);
    return sun;
}

/* 0 or a positive errno. */
static int connect_to(const struct vhost_link *l, int *fdp)
{
    struct sockaddr_un sun = address(l);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    if (connect(fd, (struct sockaddr *)&sun, sizeof sun)) {
        int error = errno;
        close(fd);
        return error;
    }
    *fdp = fd;
    return 0;
}

static void try_connect(struct vhost_link *l)
{
    int fd;
    int error = connect_to(l, &fd);
    if (!error) {
        connected(l, fd);
        return;
    }
    const char *what = error == ENOENT         ? "the socket is not there"
                       : error == ECONNREFUSED ? "nobody listens at the socket"
                       : error == EACCES       ? "no permission to connect to the socket"
                       : error == EAGAIN       ? "the guest's end does not accept"
                                               : strerror(error);
    snprintf(l->error, sizeof l->error, "%s: %s", l->path, what);
    try_later(l, 0);
    changed(l);
}

/* A socket that nobody listens at any more is in the way of a new one. */
static void remove_stale(const struct vhost_link *l)
{
    int fd;
    int error = connect_to(l, &fd);
    if (!error) {
        close(fd);
    } else if (error == ECONNREFUSED) {
        unlink(l->path);
    }
}

static void acceptable(void *l_, unsigned int events)
{
    struct vhost_link *l = l_;
    (void)events;
    int fd = accept4(l->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        /* One guest at a time: the next one waits in the socket's queue. */
        loop_watch_set_events(l->listen_watch, 0);
        connected(l, fd);
    }
}

static void listen_at(struct vhost_link *l)
{
    struct sockaddr_un sun = address(l);
    remove_stale(l);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof sun) || listen(fd, 1)) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        snprintf(l->error, sizeof l->error, "%s: cannot listen (%s)", l->path, strerror(error));
        try_later(l, 0);
        changed(l);
        return;
    }
    l->listen_fd = fd;
    l->listen_watch = loop_watch_create(l->config.loop, fd, LOOP_READ, acceptable, l);
    set_error(l, not_connected);
    changed(l);
}

static void try(void *l_)
{
    struct vhost_link *l = l_;
    if (!l->config.server) {
        try_connect(l);
    } else if (l->listen_fd < 0) {
        listen_at(l);
    } else {
        loop_watch_set_events(l->listen_watch, LOOP_READ);
    }
}

static char *check_path(const struct vhost_link_config *config)
{
    if (!config->loop) {
        return xstrdup("vhost-user ports need a running datapath");
    }
    if (!config->path && !config->server) {
        return xasprintf("%s: a vhost-user client needs options:vhost-server-path", config->name);
    }
    if (config->path && config->path[0] != '/') {
        return xasprintf("options:vhost-server-path=%s: must begin with \"/\"", config->path);
    }
    return NULL;
}

struct vhost_link *vhost_link_create(const struct vhost_link_config *config, char **errorp)
{
    *errorp = check_path(config);
    if (*errorp) {
        return NULL;
    }
    struct vhost_link *l = xzalloc(sizeof *l);
    l->config = *config;
    l->name = xstrdup(config->name);
    l->given_path = config->path ? xstrdup(config->path) : NULL;
    l->path = paths_in_rundir(config->path ? config->path : config->name);
    l->listen_fd = l->channel.fd = -1;
    l->backoff_ms = MIN_BACKOFF_MS;
    l->timer = loop_timer_create(config->loop, try, l);
    if (strlen(l->path) >= sizeof((struct sockaddr_un *)0)->sun_path) {
        *errorp = xasprintf("options:vhost-server-path=%s: longer than %zu characters", l->path,
                            sizeof((struct sockaddr_un *)0)->sun_path - 1);
        vhost_link_destroy(l);
        return NULL;
    }
    set_error(l, not_connected);
    loop_timer_set_in(l->timer, 0);
    return l;
}

void vhost_link_destroy(struct vhost_link *l)
{
    if (!l) {
        return;
    }
    loop_watch_destroy(l->watch);
    loop_watch_destroy(l->listen_watch);
    loop_timer_destroy(l->timer);
    vhost_channel_close(&l->channel);
    vhost_device_reset(l->config.device);
    if (l->listen_fd >= 0) {
        close(l->listen_fd);
        unlink(l->path);
    }
    free(l->path);
    free(l->name);
    free(l->given_path);
    free(l);
}

void vhost_link_set_down(struct vhost_link *l, bool down)
{
    if (down == l->down) {
        return;
    }
    l->down = down;
    if (!down) {
        set_error(l, not_connected);
        try_later(l, 0);
    } else {
        loop_timer_cancel(l->timer);
        if (l->listen_watch) {
            loop_watch_set_events(l->listen_watch, 0);
        }
        if (l->watch) {
            disconnect(l, "the port was set down");
        }
    }
    changed(l);
}

/* A guest without its memory is of no use; its end may come back with other memory. A broken ring
 * is the driver's to set up anew. */
void vhost_link_check(struct vhost_link *l)
{
    if (l->watch && vhost_memory_is_lost(&l->config.device->memory)) {
        disconnect(l, vhost_device_fault(l->config.device));
    }
}

const char *vhost_link_error(const struct vhost_link *l)
{
    return l->watch ? vhost_device_fault(l->config.device) : l->down ? NULL : l->error;
}

bool vhost_link_is_connected(const struct vhost_link *l)
{
    return l->watch != NULL;
}

const char *vhost_link_path(const struct vhost_link *l)
{
    return l->path;
}

bool vhost_link_has_path(const struct vhost_link *l, const char *path)
{
    return !path == !l->given_path && (!path || !strcmp(path, l->given_path));
}
