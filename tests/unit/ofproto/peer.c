/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of an OpenFlow connection, for tests. */
#include "tests/unit/ofproto/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "ofproto/connmgr.h"
#include "tests/unit/ofproto/bridge.h"

enum { TYPE_HELLO = 0, TYPE_ERROR = 1, TYPE_ECHO_REQUEST = 2, TYPE_ECHO_REPLY = 3 };

static const struct stream_ops no_ops;

void peer_use(struct peer *peer, int fd)
{
    memset(peer, 0, sizeof *peer);
    peer->fd = fd;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void peer_connect(struct peer *peer, struct ofproto *ofproto, bool primary)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    peer_use(peer, fds[0]);
    struct stream *stream = stream_from_fd(bridge_loop(), fds[1], "peer", &no_ops, NULL);
    connmgr_accept(ofproto->connmgr, stream, primary);
}

void peer_run(void)
{
    for (int i = 0; i < 20; i++) {
        loop_run_once(bridge_loop(), 0);
    }
}

void peer_send(struct peer *peer, const void *data, size_t n)
{
    const uint8_t *p = data;
    while (n) {
        ssize_t sent = send(peer->fd, p, n, MSG_NOSIGNAL);
        if (sent > 0) {
            p += sent;
            n -= (size_t) sent;
        } else if (errno != EAGAIN) {
            return;
        }
        peer_run();
    }
    peer_run();
}

void peer_send_buf(struct peer *peer, struct ofpbuf *buf)
{
    peer_send(peer, buf->data, buf->size);
    ofpbuf_destroy(buf);
    *buf = (struct ofpbuf) { NULL, 0, 0 };
}

void peer_send_raw(struct peer *peer, uint8_t version, uint8_t type, uint32_t xid, const void *body, size_t n)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    uint8_t header[OFP_HEADER_LEN] = { version, type };
    put_be16(header + 2, htons((uint16_t) (sizeof header + n)));
    put_be32(header + 4, htonl(xid));
    ofpbuf_put(&buf, header, sizeof header);
    ofpbuf_put(&buf, body, n);
    peer_send_buf(peer, &buf);
}

static void read_all(struct peer *peer)
{
    for (;;) {
        peer_run();
        if (peer->allocated - peer->n < 65536) {
            peer->allocated = MAX(peer->allocated * 2, (size_t) 131072);
            peer->rx = xrealloc(peer->rx, peer->allocated);
        }
        ssize_t n = read(peer->fd, peer->rx + peer->n, peer->allocated - peer->n);
        if (n > 0) {
            peer->n += (size_t) n;
            continue;
        }
        peer->closed |= !n || (errno != EAGAIN && errno != EINTR);
        return;
    }
}

uint8_t *peer_receive(struct peer *peer, size_t *size)
{
    int length = ofp_message_len(peer->rx, peer->n);
    if (length <= 0 || (size_t) length > peer->n) {
        read_all(peer);
        length = ofp_message_len(peer->rx, peer->n);
    }
    if (length <= 0 || (size_t) length > peer->n) {
        return NULL;
    }
    uint8_t *message = xmemdup(peer->rx, (size_t) length);
    peer->n -= (size_t) length;
    memmove(peer->rx, peer->rx + length, peer->n);
    if (size) {
        *size = (size_t) length;
    }
    return message;
}

uint8_t *peer_expect(struct peer *peer, uint8_t type, size_t *n)
{
    size_t size;
    uint8_t *message = peer_receive(peer, n ? n : &size);
    assert_non_null(message);
    assert_int_equal(message[1], type);
    return message;
}

void peer_expect_nothing(struct peer *peer)
{
    assert_null(peer_receive(peer, NULL));
    assert_false(peer->closed);
}

void peer_expect_error(struct peer *peer, enum ofp_error error)
{
    size_t n;
    struct ofp_message msg;
    uint8_t *message = peer_expect(peer, TYPE_ERROR, &n);
    assert_int_equal(ofp_decode(message, n, false, &msg), OFPERR_OK);
    assert_string_equal(ofp_error_name(msg.u.error.error), ofp_error_name(error));
    ofp_message_destroy(&msg);
    free(message);
}

void peer_expect_closed(struct peer *peer)
{
    uint8_t *message = peer_receive(peer, NULL);
    assert_null(message);
    assert_true(peer->closed);
}

void peer_open(struct peer *peer, struct ofproto *ofproto, bool primary, uint32_t versions)
{
    struct ofpbuf hello = { NULL, 0, 0 };
    peer_connect(peer, ofproto, primary);
    ofp_encode_hello(&hello, versions, htonl(1));
    peer_send_buf(peer, &hello);
    free(peer_expect(peer, TYPE_HELLO, NULL));
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0) {
        close(peer->fd);
        peer->fd = -1;
    }
    free(peer->rx);
    peer->rx = NULL;
    peer->n = peer->allocated = 0;
    peer_run();
}

void peer_check_alive(struct peer *peer, uint8_t version)
{
    size_t n;
    peer_send_raw(peer, version, TYPE_ECHO_REQUEST, 99, "alive", 5);
    uint8_t *reply = peer_expect(peer, TYPE_ECHO_REPLY, &n);
    assert_int_equal(n, OFP_HEADER_LEN + 5);
    assert_memory_equal(reply + OFP_HEADER_LEN, "alive", 5);
    assert_int_equal(ntohl(get_be32(reply + 4)), 99);
    free(reply);
}

void peer_flow_mod(struct peer *peer, enum ofp_version version, enum ofp_flow_command command, ofp_port_t in_port,
                   ofp_port_t port, uint16_t flags)
{
    struct ofp_flow_mod fm = { .command = command, .priority = 100, .flags = flags, .buffer_id = UINT32_MAX,
                               .out_port = OFPP_NONE, .out_group = OFPG_ANY, .version = (uint8_t) version };
    match_init(&fm.match);
    fm.match.flow.in_port = in_port;
    FLOW_MASK_FIELD(&fm.match.mask, in_port);
    struct ofp_action_output *output = ofp_actions_put(&fm.actions, OFPACT_OUTPUT, sizeof *output);
    output->port = port;
    struct ofpbuf buf = { NULL, 0, 0 };
    assert_true(ofp_encode_flow_mod(&buf, version, &fm, false, false, htonl(in_port)));
    ofpbuf_destroy(&fm.actions);
    peer_send_buf(peer, &buf);
}
