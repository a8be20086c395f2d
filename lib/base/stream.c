/* SPDX-License-Identifier: Apache-2.0 */
/* Byte streams over sockets, and with TLS in between (lib/base/stream_tls.h).
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
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream_name.h"
#include "lib/base/stream_tls.h"

LOG_MODULE(stream);

/* Received in one piece, and pieces in one go, so that one busy peer does not hold up the others. */
enum { READ_SIZE = 64 << 10, READS_PER_CALL = 16 };

/* How long a finished stream may take to get its last bytes out, and the two sides of TLS to agree. */
enum { FINISH_MS = 60000, HANDSHAKE_MS = 10000 };

enum stream_state {
    CONNECTING,
    HANDSHAKE, /* of TLS */
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
    char *error_text;             /* more than errno says about the end, or null */

    /* TLS. */
    bool uses_tls, server;
    struct stream_address address; /* of an active one, to connect anew after the bootstrap of the CA certificate */
    struct stream_tls *tls;       /* from HANDSHAKE on */
    struct loop_timer *handshake_timer;
    bool tls_sending;             /* something was given to 'tls' since it was last seen empty */
};

static void update_watch(struct stream *s)
{
    unsigned int events = 0;
    if (s->state == CONNECTING) {
        events = LOOP_WRITE;
    } else if (!s->uses_tls && (s->state == OPEN || s->state == FINISHING)) {
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
    } else if (s->state == CONNECTING || s->state == HANDSHAKE || s->state == OPEN) {
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

/* Reads once. 0: there may be more, unless the read was a 'short' one; EAGAIN: nothing more now; EPIPE: the peer is done; else a positive
 * errno. */
static int read_some(struct stream *s, bool *is_short)
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
    *is_short = n < READ_SIZE;
    return n ? 0 : EPIPE;
}

static void receive(struct stream *s)
{
    bool is_short = false;
    for (int i = 0; i < READS_PER_CALL && !is_short && may_read(s); i++) {
        int error = read_some(s, &is_short);
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

/* The other side can be talked to. */
static void establish(struct stream *s)
{
    s->state = s->finish_timer ? FINISHING : OPEN;
    if (s->ops && s->ops->connected) {
        s->ops->connected(s->aux);
    }
}

static void wake(void *s);

static void start_handshake(struct stream *s)
{
    s->state = HANDSHAKE;
    s->tls = stream_tls_create(s->loop, s->fd, s->server, wake, s, &s->error_text);
    if (s->tls) {
        loop_timer_set_in(s->handshake_timer, HANDSHAKE_MS);
    } else {
        log_warn_rl("%s: %s", s->name, s->error_text);
        close_with(s, EPROTO);
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
    } else if (s->uses_tls) {
        start_handshake(s);
    } else {
        establish(s);
    }
}

static void free_stream(struct stream *s)
{
    bytequeue_destroy(&s->rx);
    bytequeue_destroy(&s->tx);
    stream_address_destroy(&s->address);
    free(s->error_text);
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

static void schedule(struct stream *s);
static void ready(void *s, unsigned int events);

/* The CA certificate was taken from the peer: an active stream connects once more, to be told apart from an impostor this time. */
static void connect_anew(struct stream *s)
{
    if (s->server) {
        s->error_text = xstrdup("closed after the CA certificate was taken from the peer, which may connect again");
        close_with(s, EPROTO);
        return;
    }
    stream_tls_destroy(s->tls);
    s->tls = NULL;
    loop_watch_destroy(s->watch);
    close(s->fd);
    int error = stream_address_connect(&s->address, &s->fd);
    s->state = CONNECTING;
    s->watch = loop_watch_create(s->loop, s->fd, 0, ready, s);
    if (error) {
        close_with(s, error);
    }
}

/* Takes what was received, piece by piece. */
static void receive_tls(struct stream *s)
{
    for (int i = 0; i < READS_PER_CALL && may_read(s) && stream_tls_read(s->tls, &s->rx, READ_SIZE); i++) {
        present(s);
    }
}

static void flush_tls(struct stream *s)
{
    if (s->tx.n && (s->state == OPEN || s->state == FINISHING)) {
        s->tls_sending = true;
        stream_tls_write(s->tls, &s->tx);
    }
    if (s->tls_sending && !stream_tls_backlog(s->tls)) {
        s->tls_sending = false;
        if (s->state == FINISHING) {
            stream_destroy(s);
        } else if (s->ops && s->ops->drained) {
            s->ops->drained(s->aux);
        }
    }
}

static void end_tls(struct stream *s)
{
    const char *text = stream_tls_error_text(s->tls);
    int error = stream_tls_error(s->tls);
    if (text && !s->error_text) {
        s->error_text = xstrdup(text);
        log_warn_rl("%s: %s", s->name, text);
    }
    close_with(s, error);
}

/* Each step may destroy the stream, and with it 's->tls'. */
static void work_tls(struct stream *s)
{
    enum stream_tls_state state = stream_tls_state(s->tls);
    if (s->state == HANDSHAKE && state != STREAM_TLS_HANDSHAKE) {
        loop_timer_cancel(s->handshake_timer);
        if (state == STREAM_TLS_READY) {
            establish(s);
        } else if (state == STREAM_TLS_BOOTSTRAPPED) {
            connect_anew(s);
            return;
        }
    }
    if (s->tls && state != STREAM_TLS_ENDED) {
        flush_tls(s);
    }
    if (s->tls) {
        receive_tls(s);
    }
    if (s->tls && !s->paused && s->state != CLOSED && stream_tls_state(s->tls) == STREAM_TLS_ENDED) {
        end_tls(s);
    }
}

/* The loop's deferred call: sends what was queued, presents again what was held back by a pause; and all that happens with TLS. */
static void work(void *s_)
{
    struct stream *s = s_;
    s->scheduled = false;
    s->busy = true;
    if (!s->uses_tls) {
        flush(s);
    }
    present(s);
    if (s->tls) {
        work_tls(s);
    }
    leave(s);
}

static void schedule(struct stream *s)
{
    if (!s->scheduled && s->state != CONNECTING && s->state != DEAD) {
        s->scheduled = true;
        loop_defer(s->loop, work, s);
    }
}

/* From within the poll. */
static void wake(void *s)
{
    schedule(s);
}

static void handshake_expired(void *s_)
{
    struct stream *s = s_;
    s->busy = true;
    s->error_text = xasprintf("the TLS handshake took longer than %d seconds", HANDSHAKE_MS / 1000);
    log_warn_rl("%s: %s", s->name, s->error_text);
    close_with(s, ETIMEDOUT);
    leave(s);
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

static void prepare_tls(struct stream *s, bool server)
{
    s->uses_tls = true;
    s->server = server;
    s->handshake_timer = loop_timer_create(s->loop, handshake_expired, s);
}

struct stream *stream_open(struct loop *loop, const char *name, uint16_t default_port,
                           const struct stream_ops *ops, void *aux, char **errorp)
{
    struct stream_address address;
    struct stream *s = NULL;
    int fd;
    *errorp = stream_name_parse(name, false, default_port, &address);
    if (!*errorp) {
        int error = stream_address_connect(&address, &fd);
        if (error) {
            *errorp = xasprintf("%s: connection failed (%s)", name, strerror(error));
            errno = error;
        } else {
            s = create(loop, fd, name, CONNECTING, ops, aux);
        }
    } else {
        errno = EINVAL;
    }
    if (s && address.tls) {
        prepare_tls(s, false);
        s->address = address;
        address.path = NULL;
    }
    stream_address_destroy(&address);
    return s;
}

struct stream *stream_accept_tls(struct loop *loop, int fd, const char *name, const struct stream_ops *ops, void *aux)
{
    struct stream *s = create(loop, fd, name, CONNECTING, ops, aux);
    prepare_tls(s, true);
    return s;
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
    if (s->state == CONNECTING || s->state == HANDSHAKE || s->state == OPEN) {
        bytequeue_put(&s->tx, data, n);
        schedule(s);
    }
}

size_t stream_backlog(const struct stream *s)
{
    return s->tx.n + (s->tls ? stream_tls_backlog(s->tls) : 0);
}

const char *stream_error(const struct stream *s)
{
    return s->error_text;
}

void stream_pause(struct stream *s, bool paused)
{
    if (s->paused != paused) {
        s->paused = paused;
        if (!paused && (s->rx.n || s->tls)) {
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
    stream_tls_destroy(s->tls);
    s->tls = NULL;
    loop_watch_destroy(s->watch);
    loop_timer_destroy(s->finish_timer);
    loop_timer_destroy(s->handshake_timer);
    close(s->fd);
    s->state = DEAD;
    s->ops = NULL;
    if (!s->busy) {
        free_stream(s);
    }
}

void stream_finish(struct stream *s)
{
    if (s->state == CLOSED || !stream_backlog(s)) {
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
