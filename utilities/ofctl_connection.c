/* SPDX-License-Identifier: Apache-2.0 */
/* A blocking OpenFlow connection to a switch, for one command. */
#include "utilities/ofctl_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/bytequeue.h"
#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/strbuf.h"
#include "lib/base/stream.h"
#include "utilities/ofctl.h"

enum { MAX_UNREAD = 128 << 10 }; /* bytes; no more is taken from the switch before some was looked at */

struct connection {
    struct loop *loop;
    struct stream *stream;
    char *target;             /* as the user named it */
    char *name;               /* of the stream */
    enum ofp_version version; /* 0: any, not agreed on */
    struct bytequeue in;
    bool connected, closed;
    int error;                /* once it is closed */
};

static uint32_t last_xid;

be32 connection_xid(void)
{
    return htonl(++last_xid);
}

enum ofp_version connection_version(const struct connection *c)
{
    return c->version;
}

const char *connection_name(const struct connection *c)
{
    return c->name;
}

static NO_RETURN void broken(const struct connection *c, int error)
{
    if (!error) {
        ofctl_fatal("%s: the switch closed the connection", c->target);
    }
    const char *text = stream_error(c->stream);
    ofctl_fatal("%s: connection broke (%s)", c->target, text ? text : strerror(error));
}

static void on_connected(void *c_)
{
    struct connection *c = c_;
    c->connected = true;
}

static size_t on_received(void *c_, const uint8_t *data, size_t n)
{
    struct connection *c = c_;
    bytequeue_put(&c->in, data, n);
    stream_pause(c->stream, c->in.n >= MAX_UNREAD);
    return n;
}

static void on_closed(void *c_, int error)
{
    struct connection *c = c_;
    c->closed = true;
    c->error = error;
}

static void send_bytes(struct connection *c, const uint8_t *p, size_t n)
{
    stream_send(c->stream, p, n);
    while (stream_backlog(c->stream) && !c->closed) {
        loop_run_once(c->loop, -1);
    }
    if (c->closed) {
        broken(c, c->error);
    }
}

void connection_send(struct connection *c, struct ofpbuf *buf)
{
    send_bytes(c, buf->data, buf->size);
    buf->size = 0;
}

/* Moves a whole message from the queue to 'msg'. False if there is none. */
static bool take_message(struct connection *c, struct ofpbuf *msg)
{
    const uint8_t *p = bytequeue_data(&c->in);
    int len = ofp_message_len(p, c->in.n);

    if (len < 0) {
        ofctl_fatal("%s: received what is not an OpenFlow message", c->target);
    }
    if (!len || (size_t) len > c->in.n) {
        return false;
    }
    msg->size = 0;
    ofpbuf_put(msg, p, (size_t) len);
    bytequeue_take(&c->in, (size_t) len);
    stream_pause(c->stream, c->in.n >= MAX_UNREAD);
    return true;
}

static void check_version(const struct connection *c, const struct ofpbuf *msg)
{
    if (c->version && msg->data[0] != c->version &&
        connection_msg_type(msg) > CONNECTION_TYPE_ECHO_REPLY) {
        ofctl_fatal("%s: received OpenFlow version 0x%02x instead of 0x%02x", c->target,
                    msg->data[0], c->version);
    }
}

bool connection_recv_for(struct connection *c, struct ofpbuf *msg, int timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : clock_ms() + timeout_ms;

    while (!take_message(c, msg)) {
        int64_t left = timeout_ms < 0 ? -1 : deadline - clock_ms();
        if (c->closed) {
            broken(c, c->error);
        }
        if (timeout_ms >= 0 && left <= 0) {
            return false;
        }
        loop_run_once(c->loop, (int) left);
    }
    check_version(c, msg);
    return true;
}

void connection_wait(struct connection *c)
{
    if (c->closed) {
        broken(c, c->error);
    }
    loop_run_once(c->loop, -1);
}

struct loop *connection_loop(const struct connection *c)
{
    return c->loop;
}

void connection_recv(struct connection *c, struct ofpbuf *msg)
{
    if (!connection_recv_for(c, msg, -1)) {
        broken(c, ETIMEDOUT);
    }
}

static bool has_xid(const struct ofpbuf *msg, be32 xid)
{
    return get_be32(msg->data + 4) == xid;
}

void connection_answer_echo(struct connection *c, const struct ofpbuf *request)
{
    struct ofpbuf reply = { NULL, 0, 0 };

    ofp_encode_echo(&reply, (enum ofp_version) request->data[0], true,
                    request->data + OFP_HEADER_LEN, request->size - OFP_HEADER_LEN,
                    get_be32(request->data + 4));
    connection_send(c, &reply);
    ofpbuf_destroy(&reply);
}

void connection_recv_xid(struct connection *c, be32 xid, struct ofpbuf *msg)
{
    for (;;) {
        connection_recv(c, msg);
        if (connection_msg_type(msg) == CONNECTION_TYPE_ECHO_REQUEST && c->version) {
            connection_answer_echo(c, msg);
        } else if (has_xid(msg, xid)) {
            return;
        }
    }
}

void connection_transact(struct connection *c, struct ofpbuf *request, struct ofpbuf *reply)
{
    be32 xid = get_be32(request->data + 4);

    connection_send(c, request);
    connection_recv_xid(c, xid, reply);
}

bool connection_transact_noreply(struct connection *c, struct ofpbuf *request, struct ofpbuf *reply)
{
    be32 xid = get_be32(request->data + 4), barrier = connection_xid();

    ofp_encode_empty(request, c->version, OFPMSG_BARRIER_REQUEST, barrier);
    connection_send(c, request);

    /* An answer to the request comes before the barrier's. */
    struct ofpbuf msg = { NULL, 0, 0 };
    bool failed = false;
    for (;;) {
        connection_recv(c, &msg);
        if (connection_msg_type(&msg) == CONNECTION_TYPE_ECHO_REQUEST) {
            connection_answer_echo(c, &msg);
        } else if (has_xid(&msg, barrier)) {
            break;
        } else if (has_xid(&msg, xid) && !failed) {
            failed = true;
            reply->size = 0;
            ofpbuf_put(reply, msg.data, msg.size);
        }
    }
    ofpbuf_destroy(&msg);
    return !failed;
}

/* "version 0x01" or "versions 0x01, 0x04" */
static void format_versions(struct strbuf *s, uint32_t bitmap)
{
    const char *separator = "";

    strbuf_puts(s, bitmap & (bitmap - 1) ? "versions " : "version ");
    for (unsigned int v = 1; v < 32; v++) {
        if (bitmap & OFP_VERSION_BIT(v)) {
            strbuf_putf(s, "%s0x%02x", separator, v);
            separator = ", ";
        }
    }
}

static NO_RETURN void refuse_versions(struct connection *c, uint32_t ours, uint32_t theirs)
{
    struct strbuf us = STRBUF_INIT, them = STRBUF_INIT;
    struct ofpbuf error = { NULL, 0, 0 };

    format_versions(&us, ours);
    format_versions(&them, theirs);
    ofp_encode_error(&error, OFP10, OFPHFC_INCOMPATIBLE, (const uint8_t *) us.s, us.length);
    connection_send(c, &error);
    ofctl_fatal("%s: version negotiation failed (we support %s, peer supports %s)", c->target,
                strbuf_str(&us), strbuf_str(&them));
}

/* Both sides say hello; the highest version that both know is spoken from then on (OpenFlow 1.3,
 * section 6.3.1). */
static void handshake(struct connection *c, uint32_t versions)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    struct ofp_message msg;

    ofp_encode_hello(&buf, versions, connection_xid());
    connection_send(c, &buf);
    connection_recv(c, &buf);
    enum ofp_error error = ofp_decode(buf.data, buf.size, false, &msg);
    if (error || msg.type != OFPMSG_HELLO) {
        ofctl_fatal("%s: expected hello from the switch, but received a message of type %u",
                    c->target, connection_msg_type(&buf));
    }
    uint32_t common = versions & msg.u.hello.versions;
    if (!common) {
        refuse_versions(c, versions, msg.u.hello.versions);
    }
    c->version = (enum ofp_version)(31 - __builtin_clz(common));
    ofp_message_destroy(&msg);
    ofpbuf_destroy(&buf);
}

/* Takes over 'stream_name'. Null and a sentence in '*errorp' on failure. */
static struct connection *connect_to(const char *target, char *stream_name, char **errorp)
{
    static const struct stream_ops ops = { on_connected, on_received, NULL, on_closed };
    struct connection *c = xzalloc(sizeof *c);

    c->target = xstrdup(target);
    c->name = stream_name;
    c->loop = loop_create();
    c->stream = stream_open(c->loop, stream_name, OFP_DEFAULT_PORT, &ops, c, errorp);
    while (c->stream && !c->connected && !c->closed) {
        loop_run_once(c->loop, -1);
    }
    if (c->closed) {
        const char *text = stream_error(c->stream);
        *errorp = xasprintf("connecting to %s (%s)", target, text ? text : strerror(c->error));
    } else if (!c->stream && errno != EINVAL) { /* EINVAL: not a name, as the sentence says */
        int error = errno;
        free(*errorp);
        *errorp = xasprintf("connecting to %s (%s)", target, strerror(error));
    }
    if (!c->connected) {
        connection_close(c);
        return NULL;
    }
    return c;
}

/* The absolute path of what may be relative to the working directory. */
static char *absolute(const char *path)
{
    char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *absolute = cwd ? xasprintf("unix:%s/%s", cwd, path) : xasprintf("unix:%s", path);

    free(cwd);
    return absolute;
}

/* A name without a colon is that of a socket or of a bridge; a datapath type in front
 * ("system@br0") says nothing here. */
static struct connection *connect_bridge(const char *target, const char *suffix)
{
    const char *at = strchr(target, '@');
    char *error = NULL;
    struct connection *c = connect_to(target, absolute(target), &error);

    free(error);
    if (!c) {
        char *file = xasprintf("%s.%s", at ? at + 1 : target, suffix);
        char *path = paths_in_rundir(file);
        c = connect_to(target, xasprintf("unix:%s", path), &error);
        free(path);
        free(file);
        if (!c) {
            ofctl_fatal("%s is not a bridge or a socket", target);
        }
    }
    return c;
}

static struct connection *connect_target(const char *target, const char *suffix)
{
    char *error = NULL;

    if (!strchr(target, ':')) {
        return connect_bridge(target, suffix);
    }
    struct connection *c = connect_to(target, xstrdup(target), &error);
    ofctl_check(error);
    return c;
}

struct connection *connection_open(const char *target, uint32_t versions)
{
    struct connection *c = connect_target(target, "mgmt");

    handshake(c, versions);
    return c;
}

struct connection *connection_open_snoop(const char *target)
{
    return connect_target(target, "snoop");
}

void connection_close(struct connection *c)
{
    if (c) {
        stream_destroy(c->stream);
        loop_destroy(c->loop);
        bytequeue_destroy(&c->in);
        free(c->target);
        free(c->name);
        free(c);
    }
}
