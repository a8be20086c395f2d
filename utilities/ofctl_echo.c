/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: probe and ping, which measure whether and how fast the switch answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"

enum { PINGS = 10, PING_DEFAULT_SIZE = 64 };

int ofctl_probe(int argc, char *argv[])
{
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    ofp_encode_echo(&request, connection_version(c), false, NULL, 0, connection_xid());
    connection_transact(c, &request, &reply);
    if (reply.size != OFP_HEADER_LEN) {
        ofctl_fatal("reply does not match request");
    }
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    connection_close(c);
    return 0;
}

/* One echo of 'n' random bytes. */
static void ping(struct connection *c, const char *target, size_t n)
{
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };
    uint8_t *data = xmalloc(n ? n : 1);
    be32 xid = connection_xid();

    for (size_t i = 0; i < n; i++) {
        data[i] = (uint8_t) random();
    }
    ofp_encode_echo(&request, connection_version(c), false, data, n, xid);
    uint64_t start = clock_ns();
    connection_transact(c, &request, &reply);
    uint64_t end = clock_ns();
    if (connection_msg_type(&reply) != CONNECTION_TYPE_ECHO_REPLY ||
        reply.size != OFP_HEADER_LEN + n || memcmp(reply.data + OFP_HEADER_LEN, data, n)) {
        ofctl_fatal("%s: the answer to an echo request does not echo it", target);
    }
    printf("%zu bytes from %s: xid=%08x time=%.1f ms\n", n, target, ntohl(xid),
           (double) (end - start) / 1e6);
    fflush(stdout);
    free(data);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
}

int ofctl_ping(int argc, char *argv[])
{
    unsigned int max = OFP_MAX_MESSAGE - OFP_HEADER_LEN;
    unsigned long size = argc > 2 ? strtoul(argv[2], NULL, 10) : PING_DEFAULT_SIZE;

    if (size > max) {
        ofctl_fatal("payload must be between 0 and %u bytes", max);
    }
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    for (int i = 0; i < PINGS; i++) {
        ping(c, argv[1], size);
    }
    connection_close(c);
    return 0;
}

int ofctl_benchmark(int argc, char *argv[])
{
    unsigned long max = OFP_MAX_MESSAGE - OFP_HEADER_LEN;
    unsigned long size = strtoul(argv[2], NULL, 10), count = strtoul(argv[3], NULL, 10);

    if (size > max) {
        ofctl_fatal("payload must be between 0 and %lu bytes", max);
    }
    unsigned long message = size + OFP_HEADER_LEN;
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };
    uint8_t *data = xzalloc(size ? size : 1);

    printf("Sending %lu packets * %lu bytes (with header) = %lu bytes total\n", count, message,
           count * message);
    uint64_t start = clock_ns();
    for (unsigned long i = 0; i < count; i++) {
        ofp_encode_echo(&request, connection_version(c), false, data, size, connection_xid());
        connection_transact(c, &request, &reply);
    }
    double seconds = (double) (clock_ns() - start) / 1e9;
    printf("Finished in %.1f ms (%.0f packets/s) (%.0f bytes/s)\n", seconds * 1e3,
           (double) count / seconds, (double) (count * message) / seconds);
    free(data);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    connection_close(c);
    return 0;
}
