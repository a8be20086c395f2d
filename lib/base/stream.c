/* SPDX-License-Identifier: Apache-2.0 */
/* Byte streams over sockets.
 *
 * Every callback may destroy the stream. While the loop calls into a stream it is therefore 'busy', and a busy stream that is
 * destroyed only turns DEAD, to be freed when the loop's call ends. */
#include "lib/base/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/bytequeue.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream_name.h"

/* Received in one piece, and pieces in one go, so that one busy peer does not hold up the others. */
enum { READ_SIZE = 64 << 10, READS_PER_CALL = 16 };

/* How long a finished stream may take to get its last bytes out. */
enum { FINISH_MS = 60000 };

enum stream_state {
    CONNECTING,
    OPEN,
    FINISHING, /* has no owner any more; sends the last bytes */
    CLOSED,    /* the owner was told, or is being told */
    DEAD,      /* destroyed */
};

struct stream {
    struct loop *loop;
    int fd;
    char *name;
    enum stream_state state;
    bool busy, paused;
    bool scheduled; /* work() is deferred */
    const struct stream_ops *ops; /* null before stream_set_ops() and after stream_finish() */
    void *aux;
    struct loop_watch *watch;
    struct loop_timer *finish_timer; /* from stream_finish() on */
    struct bytequeue rx, tx;
};

static void update_watch(struct stream *s)
{
    unsigned int events = 0;
    if (s->state == CONNECTING) {
        events = LOOP_WRITE;
    } else if (s->state == OPEN || s->state == FINISHING) {
        events = (s->paused || !(s->ops || s->state == FINISHING) ? 0 : LOOP_READ)
                 | (s->tx.n && !s->scheduled ? LOOP_WRITE : 0); /* work() tries first */
    }
    loop_watch_set_events(s->watch, events);
}

/* Ends the connection: its owner is told, or it is destroyed if it has none any more. */
static void close_with(struct stream *s, int error)
{
    if (s->finish_timer) {
        stream_destroy(s);
    } else if (s->state == CONNECTING || s->state == OPEN) {
        s->state = CLOSED;
        bytequeue_destroy(&s->tx);
        update_watch(s);
        if (s->ops && s->ops->closed) {
            s->ops->closed(s->aux, error);
        }
    }
}

/* Hands received bytes to the owner for as long as it uses some. */
static void present(struct stream *s)
{
    while (s->rx.n && s->state == OPEN && !s->paused && s->ops) {
        size_t used = s->ops->received(s->aux, bytequeue_data(&s->rx), s->rx.n);
        bytequeue_take(&s->rx, MIN(used, s->rx.n));
        if (!used) {
            break;
        }
    }
    if (s->state == FINISHING) {
        bytequeue_take(&s->rx, s->rx.n);
    }
}

static bool may_read(const struct stream *s)
{
    return (s->state == OPEN && !s->paused && s->ops) || s->state == FINISHING;
}

/* Reads once. 0: there may be more; EAGAIN: nothing more now; EPIPE: the peer is done; else a positive errno. */
static int read_some(struct stream *s)
{
    uint8_t *room = bytequeue_reserve(&s->rx, READ_SIZE);
    ssize_t n;
    do {
        n = read(s->fd, room, READ_SIZE);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno;
    }
    bytequeue_commit(&s->rx, (size_t) n);
    return n ? 0 : EPIPE;
}

static void receive(struct stream *s)
{
    for (int i = 0; i < READS_PER_CALL && may_read(s); i++) {
        int error = read_some(s);
        if (error == EAGAIN) {
            break;
        } else if (error) {
            close_with(s, error == EPIPE ? 0 : error);
            break;
        }
        present(s);
    }
}

/* Writes what the socket takes now. 0 or a positive errno. */
static int write_some(struct stream *s)
{
    while (s->tx.n) {
        ssize_t n = send(s->fd, bytequeue_data(&s->tx), s->tx.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR) {
            return errno == EAGAIN ? 0 : errno;
        }
        bytequeue_take(&s->tx, n > 0 ? (size_t) n : 0);
    }
    return 0;
}

static void flush(struct stream *s)
{
    if ((s->state != OPEN && s->state != FINISHING) || !s->tx.n) {
        return;
    }
    int error = write_some(s);
    if (error) {
        receive(s); /* what the peer said before it hung up still counts */
        close_with(s, error);
    } else if (!s->tx.n && s->state == FINISHING) {
        stream_destroy(s);
    } else if (!s->tx.n && s->ops && s->ops->drained) {
        s->ops->drained(s->aux);
    }
}

static void finish_connect(struct stream *s)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length)) {
        error = errno;
    }
    if (error) {
        close_with(s, error);
        return;
    }
    s->state = s->finish_timer ? FINISHING : OPEN;
    if (s->ops && s->ops->connected) {
        s->ops->connected(s->aux);
    }
}

static void free_stream(struct stream *s)
{
    bytequeue_destroy(&s->rx);
    bytequeue_destroy(&s->tx);
    free(s->name);
    free(s);
}

/* The end of each call from the loop. */
static void leave(struct stream *s)
{
    s->busy = false;
    if (s->state == DEAD) {
        free_stream(s);
    } else {
        update_watch(s);
    }
}

/* The loop's deferred call: sends what was queued, presents again what was held back by a pause. */
static void work(void *s_)
{
    struct stream *s = s_;
    s->scheduled = false;
    s->busy = true;
    flush(s);
    present(s);
    leave(s);
}

static void schedule(struct stream *s)
{
    if (!s->scheduled && s->state != CONNECTING) {
        s->scheduled = true;
        loop_defer(s->loop, work, s);
    }
}

static void ready(void *s_, unsigned int events)
{
    struct stream *s = s_;
    s->busy = true;
    if (s->state == CONNECTING) {
        finish_connect(s);
    }
    if (events & LOOP_WRITE) {
        flush(s);
    }
    if (events & LOOP_READ) {
        receive(s);
    }
    leave(s);
}

static void finish_expired(void *s)
{
    stream_destroy(s);
}

static struct stream *create(struct loop *loop, int fd, const char *name, enum stream_state state,
                             const struct stream_ops *ops, void *aux)
{
    struct stream *s = xzalloc(sizeof *s);
    s->loop = loop;
    s->fd = fd;
    s->name = xstrdup(name);
    s->state = state;
    s->ops = ops;
    s->aux = aux;
    s->watch = loop_watch_create(loop, fd, 0, ready, s);
    update_watch(s);
    return s;
}

struct stream *stream_open(struct loop *loop, const char *name, uint16_t default_port,
                           const struct stream_ops *ops, void *aux, char **errorp)
{
    int fd;
    if (stream_name_connect(name, default_port, &fd, errorp)) {
        return NULL;
    }
    return create(loop, fd, name, CONNECTING, ops, aux);
}

struct stream *stream_from_fd(struct loop *loop, int fd, const char *name,
                              const struct stream_ops *ops, void *aux)
{
    return create(loop, fd, name, OPEN, ops, aux);
}

void stream_set_ops(struct stream *s, const struct stream_ops *ops, void *aux)
{
    s->ops = ops;
    s->aux = aux;
    if (!s->busy) {
        update_watch(s);
    }
}

void stream_send(struct stream *s, const void *data, size_t n)
{
    if (s->state == CONNECTING || s->state == OPEN) {
        bytequeue_put(&s->tx, data, n);
        schedule(s);
    }
}

size_t stream_backlog(const struct stream *s)
{
    return s->tx.n;
}

void stream_pause(struct stream *s, bool paused)
{
    if (s->paused != paused) {
        s->paused = paused;
        if (!paused && s->rx.n) {
            schedule(s);
        }
        if (!s->busy && s->state != CLOSED) {
            update_watch(s);
        }
    }
}

const char *stream_name(const struct stream *s)
{
    return s->name;
}

void stream_destroy(struct stream *s)
{
    if (!s || s->state == DEAD) {
        return;
    }
    if (s->scheduled) {
        loop_defer_cancel(s->loop, work, s);
    }
    loop_watch_destroy(s->watch);
    loop_timer_destroy(s->finish_timer);
    close(s->fd);
    s->state = DEAD;
    s->ops = NULL;
    if (!s->busy) {
        free_stream(s);
    }
}

void stream_finish(struct stream *s)
{
    if (s->state == CLOSED || !s->tx.n) {
        stream_destroy(s);
        return;
    }
    if (s->state == OPEN) {
        s->state = FINISHING; /* one that is connecting gets there later */
    }
    s->ops = NULL;
    s->paused = false;
    s->finish_timer = loop_timer_create(s->loop, finish_expired, s);
    loop_timer_set_in(s->finish_timer, FINISH_MS);
    if (!s->busy) {
        update_watch(s);
    }
}
