/* SPDX-License-Identifier: Apache-2.0 */
/* Adds distinct flows over OpenFlow 1.4 as fast as the switch takes them, for the benchmarks: sends ahead, reads meanwhile, and
 * waits for one answer at the end. What it measures is the switch's own rate; a client that waits for each flow measures how fast
 * two processes wake each other.
 *
 *   flow_mod_stream SOCKET N stream|bundle
 *
 * "stream" sends N flow-mods and one barrier, "bundle" one atomic bundle of N flow-mods. The flows are those of bench.sh: priority, TCP,
 * destination address and port, no actions. Prints the seconds from the first byte until the barrier or the commit was answered.
 * An error from the switch ends it with failure. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/compiler.h"
#include "lib/net/headers.h"

enum {
    VERSION = 5, /* OpenFlow 1.4 */
    HELLO = 0, ERROR = 1, ECHO_REQUEST = 2, ECHO_REPLY = 3, FLOW_MOD = 14, BARRIER_REQUEST = 20, BARRIER_REPLY = 21,
    BUNDLE_CONTROL = 33, BUNDLE_ADD = 34,
    BUNDLE_OPEN_REQUEST = 0, BUNDLE_OPEN_REPLY = 1, BUNDLE_COMMIT_REQUEST = 4, BUNDLE_COMMIT_REPLY = 5,
    BUNDLE_ATOMIC = 1, BUNDLE_ID = 1,
    HEADER_LEN = 8, BUNDLE_HEADER_LEN = 16, FLOW_MOD_LEN = 80, CHUNK = 1 << 17, TIMEOUT_MS = 120 * 1000,
};

static struct {
    int fd;
    uint8_t in[1 << 17];
    size_t n_in;
    uint32_t answered;  /* the xid of the last barrier or bundle control that was answered */
} peer;

static void die(const char *what)
{
    fprintf(stderr, "flow_mod_stream: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint8_t *put_header(uint8_t *p, unsigned int type, size_t len, uint32_t xid)
{
    p[0] = VERSION;
    p[1] = (uint8_t) type;
    be16 be_len = htons((uint16_t) len);
    be32 be_xid = htonl(xid);
    memcpy(p + 2, &be_len, sizeof be_len);
    memcpy(p + 4, &be_xid, sizeof be_xid);
    return p + HEADER_LEN;
}

static void put16(uint8_t *p, unsigned int value)
{
    be16 be = htons((uint16_t) value);
    memcpy(p, &be, sizeof be);
}

static void put32(uint8_t *p, uint32_t value)
{
    be32 be = htonl(value);
    memcpy(p, &be, sizeof be);
}

/* An OXM field of OpenFlow's own class. */
static uint8_t *put_oxm(uint8_t *p, unsigned int field, unsigned int len, uint32_t value)
{
    put32(p, 0x80000000u | field << 9 | len);
    value <<= 32 - 8 * len;
    put32(p + 4, value);
    return p + 4 + len;
}

static void put_flow_mod(uint8_t *p, uint32_t i, uint32_t xid)
{
    memset(p, 0, FLOW_MOD_LEN);
    put_header(p, FLOW_MOD, FLOW_MOD_LEN, xid);
    put16(p + 30, 1 + i % 1000);    /* priority */
    put32(p + 32, UINT32_MAX);      /* no buffer */
    put32(p + 36, UINT32_MAX);      /* any port */
    put32(p + 40, UINT32_MAX);      /* any group */
    uint8_t *match = p + 48, *field = match + 4;
    field = put_oxm(field, 5, 2, ETH_TYPE_IP);
    field = put_oxm(field, 10, 1, NW_PROTO_TCP);
    field = put_oxm(field, 12, 4, 0x0a000000u + i);
    field = put_oxm(field, 14, 2, 1 + i % 60000);
    memset(field, 0, (size_t) (p + FLOW_MOD_LEN - field)); /* put_oxm() writes four bytes always */
    put16(match, 1);
    put16(match + 2, (unsigned int) (field - match));
}

/* Messages of the switch. */

static void handle(const uint8_t *msg, size_t len)
{
    be32 xid;
    memcpy(&xid, msg + 4, sizeof xid);
    if (msg[1] == ERROR) {
        fprintf(stderr, "flow_mod_stream: the switch answered error %d, %d\n", msg[8] << 8 | msg[9], msg[10] << 8 | msg[11]);
        exit(1);
    } else if (msg[1] == BARRIER_REPLY || msg[1] == BUNDLE_CONTROL) {
        peer.answered = ntohl(xid);
    } else if (msg[1] == ECHO_REQUEST) {
        uint8_t reply[1 << 16];
        memcpy(reply, msg, len);
        reply[1] = ECHO_REPLY;
        if (send(peer.fd, reply, len, MSG_NOSIGNAL) != (ssize_t) len) {
            die("send");
        }
    }
}

static void read_some(void)
{
    ssize_t n = recv(peer.fd, peer.in + peer.n_in, sizeof peer.in - peer.n_in, MSG_DONTWAIT);
    if (!n || (n < 0 && errno != EAGAIN)) {
        die("the switch closed the connection");
    }
    peer.n_in += (size_t) MAX(n, 0);
    size_t done = 0;
    while (peer.n_in - done >= HEADER_LEN) {
        size_t len = (size_t) peer.in[done + 2] << 8 | peer.in[done + 3];
        if (len < HEADER_LEN) {
            die("the switch sent nonsense");
        }
        if (len > peer.n_in - done) {
            break;
        }
        handle(peer.in + done, len);
        done += len;
    }
    memmove(peer.in, peer.in + done, peer.n_in -= done);
}

static void wait_for(short events)
{
    struct pollfd fd = { .fd = peer.fd, .events = events | POLLIN };
    if (poll(&fd, 1, TIMEOUT_MS) <= 0) {
        die("the switch does not answer");
    }
    if (fd.revents & POLLIN) {
        read_some();
    }
}

static void send_all(const uint8_t *data, size_t n)
{
    while (n) {
        ssize_t sent = send(peer.fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            die("send");
        }
        if (sent <= 0) {
            wait_for(POLLOUT);
        } else {
            data += sent;
            n -= (size_t) sent;
        }
    }
}

static void wait_for_answer(uint32_t xid)
{
    while (peer.answered != xid) {
        wait_for(0);
    }
}

static void send_bundle_control(unsigned int type, uint32_t xid)
{
    uint8_t msg[BUNDLE_HEADER_LEN];
    put_header(msg, BUNDLE_CONTROL, sizeof msg, xid);
    put32(msg + 8, BUNDLE_ID);
    put16(msg + 12, type);
    put16(msg + 14, BUNDLE_ATOMIC);
    send_all(msg, sizeof msg);
}

/* Of a bundle each flow-mod is wrapped in a message with the same xid. */
static size_t put_message(uint8_t *p, uint32_t i, bool bundle)
{
    uint32_t xid = 100 + i;
    if (!bundle) {
        put_flow_mod(p, i, xid);
        return FLOW_MOD_LEN;
    }
    put_header(p, BUNDLE_ADD, BUNDLE_HEADER_LEN + FLOW_MOD_LEN, xid);
    put32(p + 8, BUNDLE_ID);
    put16(p + 12, 0);
    put16(p + 14, BUNDLE_ATOMIC);
    put_flow_mod(p + BUNDLE_HEADER_LEN, i, xid);
    return BUNDLE_HEADER_LEN + FLOW_MOD_LEN;
}

static void send_flow_mods(uint32_t n, bool bundle)
{
    static uint8_t chunk[CHUNK];
    size_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        used += put_message(chunk + used, i, bundle);
        if (used > sizeof chunk - BUNDLE_HEADER_LEN - FLOW_MOD_LEN || i + 1 == n) {
            send_all(chunk, used);
            used = 0;
        }
    }
}

static void connect_to(const char *path)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof sun.sun_path) {
        errno = ENAMETOOLONG;
        die(path);
    }
    strcpy(sun.sun_path, path);
    peer.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (peer.fd < 0 || connect(peer.fd, (struct sockaddr *) &sun, sizeof sun)) {
        die(path);
    }
    uint8_t hello[HEADER_LEN];
    put_header(hello, HELLO, sizeof hello, 1);
    send_all(hello, sizeof hello);
}

int main(int argc, char *argv[])
{
    bool bundle = argc == 4 && !strcmp(argv[3], "bundle");
    if (argc != 4 || (!bundle && strcmp(argv[3], "stream"))) {
        fprintf(stderr, "usage: flow_mod_stream SOCKET N stream|bundle\n");
        return 1;
    }
    uint32_t n = (uint32_t) strtoul(argv[2], NULL, 10);
    connect_to(argv[1]);
    uint8_t barrier[HEADER_LEN];
    put_header(barrier, BARRIER_REQUEST, sizeof barrier, 2);
    send_all(barrier, sizeof barrier);
    wait_for_answer(2); /* both have said hello */

    double start = now();
    if (bundle) {
        send_bundle_control(BUNDLE_OPEN_REQUEST, 3);
        wait_for_answer(3);
    }
    send_flow_mods(n, bundle);
    if (bundle) {
        send_bundle_control(BUNDLE_COMMIT_REQUEST, 4);
    } else {
        put_header(barrier, BARRIER_REQUEST, sizeof barrier, 4);
        send_all(barrier, sizeof barrier);
    }
    wait_for_answer(4);
    printf("%.6f\n", now() - start);
    close(peer.fd);
    return 0;
}
