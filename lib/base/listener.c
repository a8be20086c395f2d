/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: they accept streams at a passive name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/base/stream_name.h"

LOG_MODULE(stream);

/* Accepted in one go; and how long to leave new peers waiting when there is no descriptor left for them. */
enum { ACCEPTS_PER_CALL = 16, EXHAUSTED_MS = 100, BACKLOG = 64 };

struct listener {
    struct loop *loop;
    int fd;
    char *name;
    char *path; /* of a Unix socket, else null */
    dev_t dev;  /* the identity of the file at 'path' */
    ino_t ino;
    unsigned int n_accepted;
    struct loop_watch *watch;
    struct loop_timer *retry;
    listener_cb *accepted;
    void *aux;
    bool busy, dead; /* as in stream.c */
};

static void free_listener(struct listener *l)
{
    free(l->path);
    free(l->name);
    free(l);
}

static char *peer_name(struct listener *l, const struct sockaddr_storage *peer)
{
    l->n_accepted++;
    return l->path ? xasprintf("unix#%u", l->n_accepted) : stream_name_from_sockaddr(peer, false);
}

/* True if there may be more to accept. */
static bool accept_one(struct listener *l)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t length = sizeof peer;
    int fd = accept4(l->fd, (struct sockaddr *) &peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn_rl("%s: cannot accept a connection (%s)", l->name, strerror(errno));
            loop_watch_set_events(l->watch, 0);
            loop_timer_set_in(l->retry, EXHAUSTED_MS);
            return false;
        }
        /* Everything else but EAGAIN is the fate of one peer. */
        return errno != EAGAIN;
    }
    if (!l->path) {
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    char *name = peer_name(l, &peer);
    l->accepted(l->aux, stream_from_fd(l->loop, fd, name, NULL, NULL));
    free(name);
    return true;
}

static void ready(void *l_, unsigned int events)
{
    struct listener *l = l_;
    l->busy = true;
    for (int i = 0; i < ACCEPTS_PER_CALL && !l->dead && accept_one(l); i++) {
    }
    l->busy = false;
    if (l->dead) {
        free_listener(l);
    }
}

static void retry(void *l_)
{
    struct listener *l = l_;
    loop_watch_set_events(l->watch, LOOP_READ);
}

static void identify_file(struct listener *l)
{
    struct stat st;
    if (l->path && !lstat(l->path, &st)) {
        l->dev = st.st_dev;
        l->ino = st.st_ino;
    }
}

/* The name as given, but with the port that the kernel chose in place of 0. */
static char *bound_name(int fd, const char *name, const struct stream_address *a)
{
    struct sockaddr_storage ss = { 0 };
    socklen_t length = sizeof ss;
    if (a->path || getsockname(fd, (struct sockaddr *) &ss, &length)) {
        return xstrdup(name);
    }
    return stream_name_from_sockaddr(&ss, true);
}

struct listener *listener_open(struct loop *loop, const char *name, uint16_t default_port,
                               listener_cb *accepted, void *aux, char **errorp)
{
    struct stream_address a;
    struct listener *l = NULL;
    int fd;

    *errorp = stream_name_parse(name, true, default_port, &a);
    if (!*errorp) {
        int error = stream_address_bind(&a, &fd);
        if (!error && listen(fd, BACKLOG)) {
            error = errno;
            close(fd);
        }
        if (error) {
            *errorp = xasprintf("%s: cannot listen (%s)", name, strerror(error));
        }
    }
    if (!*errorp) {
        l = xzalloc(sizeof *l);
        l->loop = loop;
        l->fd = fd;
        l->name = bound_name(fd, name, &a);
        l->path = a.path ? xstrdup(a.path) : NULL;
        l->accepted = accepted;
        l->aux = aux;
        l->watch = loop_watch_create(loop, fd, LOOP_READ, ready, l);
        l->retry = loop_timer_create(loop, retry, l);
        identify_file(l);
    }
    stream_address_destroy(&a);
    return l;
}

const char *listener_name(const struct listener *l)
{
    return l->name;
}

void listener_destroy(struct listener *l)
{
    if (!l) {
        return;
    }
    loop_watch_destroy(l->watch);
    loop_timer_destroy(l->retry);
    close(l->fd);

    /* Only the own file: another process may have put its socket there since. */
    struct stat st;
    if (l->path && !lstat(l->path, &st) && st.st_dev == l->dev && st.st_ino == l->ino) {
        unlink(l->path);
    }
    l->dead = true;
    if (!l->busy) {
        free_listener(l);
    }
}
