/* SPDX-License-Identifier: Apache-2.0 */
/* A whole OpenFlow connection: the input is what a peer sends, after a hello whose version the first byte chooses. Whatever it is, the
 * switch answers or closes; every answer must be whole messages. The bridge has tables and connections, but no datapath. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "ofproto/connmgr.h"
#include "ofproto/group_table.h"
#include "ofproto/meter_table.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/references.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct ofproto *bridge;
static const struct stream_ops no_ops;

static void start(void)
{
    char rundir[] = "/tmp/weft-ofconn-fuzz-XXXXXX";
    if (!mkdtemp(rundir)) {
        abort();
    }
    setenv("WEFT_RUNDIR", rundir, 1);
    free(log_set("ANY:ANY:off"));
    hash_fixed_basis(1);
    rcu_thread_start();
    clock_stop();
    loop = loop_create();
    struct ofprotos_config config = { .loop = loop, .datapath_path = "/nonexistent/datapath.sock", .n_handlers = 1 };
    free(ofprotos_start(&config));

    bridge = xzalloc(sizeof *bridge);
    bridge->name = xstrdup("fuzz");
    bridge->config.fail_secure = true;
    bridge->ports = port_set_create(bridge);
    bridge->groups = group_table_create(bridge);
    bridge->meters = meter_table_create(bridge);
    bridge->references = references_create();
    bridge->tables = tables_create(bridge);
    bridge->connmgr = connmgr_create(bridge);

    /* The sockets are open; nobody needs the directory any more. */
    char *mgmt = xasprintf("%s/fuzz.mgmt", rundir), *snoop = xasprintf("%s/fuzz.snoop", rundir);
    unlink(mgmt);
    unlink(snoop);
    rmdir(rundir);
    free(mgmt);
    free(snoop);
}

/* Reads what the switch sent, and checks the framing. False when it has closed. */
static bool drain(int fd, struct ofpbuf *rx)
{
    bool open = true;
    for (int i = 0; i < 8; i++) {
        uint8_t chunk[65536];
        loop_run_once(loop, 0);
        ssize_t n;
        while ((n = read(fd, chunk, sizeof chunk)) > 0) {
            ofpbuf_put(rx, chunk, (size_t) n);
        }
        open = n < 0 && errno == EAGAIN;
    }
    size_t used = 0;
    while (rx->size - used >= OFP_HEADER_LEN) {
        int length = ofp_message_len(rx->data + used, rx->size - used);
        if (length < 0) {
            abort();
        }
        if ((size_t) length > rx->size - used) {
            break;
        }
        used += (size_t) length;
    }
    memmove(rx->data, rx->data + used, rx->size - used);
    rx->size -= used;
    return open;
}

static void send_all(int fd, const uint8_t *data, size_t n, struct ofpbuf *rx)
{
    while (n) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent > 0) {
            data += sent;
            n -= (size_t) sent;
        }
        if (!drain(fd, rx)) {
            return;
        }
    }
}

/* Bits 2 to 4 of the first byte: 1 to 6 for a version; 0 and 7: 1.0, or 1.3 with bit 0. */
static enum ofp_version version_of(uint8_t byte)
{
    unsigned int n = byte >> 2 & 7;
    return n >= OFP10 && n <= OFP15 ? (enum ofp_version) n : byte & 1 ? OFP13 : OFP10;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    struct ofpbuf hello = { NULL, 0, 0 }, rx = { NULL, 0, 0 };
    if (!size || size > 1 << 20) {
        return 0;
    }
    if (!loop) {
        start();
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds)) {
        abort();
    }
    connmgr_accept(bridge->connmgr, stream_from_fd(loop, fds[1], "peer", &no_ops, NULL), data[0] & 2);
    ofp_encode_hello(&hello, 1u << version_of(data[0]), 0);
    send_all(fds[0], hello.data, hello.size, &rx);
    send_all(fds[0], data + 1, size - 1, &rx);
    clock_warp(3000);
    table_expire(bridge);
    drain(fds[0], &rx);
    close(fds[0]);
    for (int i = 0; i < 4; i++) {
        loop_run_once(loop, 0);
    }
    table_flush(bridge);
    rcu_quiesce();
    ofpbuf_destroy(&hello);
    ofpbuf_destroy(&rx);
    return 0;
}
