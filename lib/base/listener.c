/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: they accept streams at a passive name. With TLS a stream is the listener's until its peer has proved who it is; there are never
 * many of those, so that strangers who connect and say nothing keep nobody out for long. */
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
#include "lib/base/rcu.h"
#include "lib/base/stream.h"
#include "lib/base/stream_name.h"

LOG_MODULE(listener);

/* Accepted in one go; and how long to leave new peers waiting when there is no descriptor left for them. */
enum { ACCEPTS_PER_CALL = 16, EXHAUSTED_MS = 100, BACKLOG = 64 };

/* Handshakes of TLS in progress; one more ends the oldest. */
enum { MAX_STRANGERS = 64 };

struct stranger {
    struct cds_list_head node; /* in listener.strangers, the oldest first */
    struct listener *listener;
    struct stream *stream;
};

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
    bool tls;
    struct cds_list_head strangers;
    unsigned int n_strangers;
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
    return l->path ? xasprintf("unix#%u", l->n_accepted) : stream_name_from_sockaddr(peer, l->tls ? "ssl" : "tcp");
}

static void forget_stranger(struct stranger *stranger)
{
    cds_list_del(&stranger->node);
    stranger->listener->n_strangers--;
    free(stranger);
}

static void introduced(void *stranger_)
{
    struct stranger *stranger = stranger_;
    struct listener *l = stranger->listener;
    struct stream *stream = stranger->stream;
    forget_stranger(stranger);
    l->accepted(l->aux, stream);
}

static size_t received_early(void *stranger, const uint8_t *data, size_t n)
{
    return 0; /* not before the stream has another owner */
}

static void turned_away(void *stranger_, int error)
{
    struct stranger *stranger = stranger_;
    struct stream *stream = stranger->stream;
    forget_stranger(stranger);
    stream_destroy(stream);
}

static void take_stranger(struct listener *l, int fd, const char *name)
{
    static const struct stream_ops ops = { introduced, received_early, NULL, turned_away };
    if (l->n_strangers >= MAX_STRANGERS) {
        struct stranger *oldest = cds_list_entry(l->strangers.next, struct stranger, node);
        log_warn_rl("%s: too many handshakes of TLS, ending that with %s", l->name, stream_name(oldest->stream));
        turned_away(oldest, 0);
    }
    struct stranger *stranger = xzalloc(sizeof *stranger);
    stranger->listener = l;
    stranger->stream = stream_accept_tls(l->loop, fd, name, &ops, stranger);
    cds_list_add_tail(&stranger->node, &l->strangers);
    l->n_strangers++;
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
    if (l->tls) {
        take_stranger(l, fd, name);
    } else {
        l->accepted(l->aux, stream_from_fd(l->loop, fd, name, NULL, NULL));
    }
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
    return stream_name_from_sockaddr(&ss, a->tls ? "pssl" : "ptcp");
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
        l->tls = a.tls;
        CDS_INIT_LIST_HEAD(&l->strangers);
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
    while (!cds_list_empty(&l->strangers)) {
        turned_away(cds_list_entry(l->strangers.next, struct stranger, node), 0);
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
