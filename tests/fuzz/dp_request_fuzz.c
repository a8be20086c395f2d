/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile requests to the datapath's server, with the datapath behind it.
 *
 * Input: requests, each a byte of type, two bytes of length (little endian) and the body; headers
 * are right, so that the fuzzer need not find them out. Type 0 sends the body as it is. Ports that
 * would touch devices or files are left out. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "datapath/datapath.h"
#include "datapath/meter_table.h"
#include "datapath/port_kinds.h"
#include "datapath/protocol.h"
#include "datapath/select_table.h"
#include "datapath/server.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"

static struct loop *loop;
static struct datapath *dp;
static char directory[] = "/tmp/weft-fuzz.XXXXXX";
static char socket_path[64];

static void remove_files(void)
{
    unlink(socket_path);
    rmdir(directory);
}

static void ignore_exit(void *aux)
{
}

static void add_ports(void)
{
    static const char *const names[] = { "p1", "p2" };
    struct smap options = SMAP_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        uint32_t no = DP_PORT_NONE;
        char *error = NULL;
        if (datapath_port_add(dp, names[i], "dummy", &options, &no, &error)) {
            abort();
        }
    }
}

static struct server *server;

/* What hangs on mapped memory is no leak, but the sanitizer cannot know. */
static void stop(void)
{
    server_destroy(server);
    datapath_destroy(dp);
    loop_destroy(loop);
}

static void start(void)
{
    const struct datapath_config config = {
        .max_flows = 256, .n_threads = 1, .n_frames = 1024, .manual = true
    };
    char *error = NULL;

    hash_fixed_basis(1);
    free(log_set("ANY:ANY:off"));
    if (!mkdtemp(directory)) {
        abort();
    }
    snprintf(socket_path, sizeof socket_path, "%s/dp", directory);
    atexit(remove_files);
    rcu_thread_start();
    port_kinds_enable_dummy();
    loop = loop_create();
    dp = datapath_create(&config, &error);
    if (!dp) {
        abort();
    }
    const struct server_config server_config = { .loop = loop,
                                          .datapath = dp,
                                          .path = socket_path,
                                          .name = "fuzz",
                                          .program = "fuzz",
                                          .max_flows = config.max_flows,
                                          .enable_dummy = true,
                                          .exit = ignore_exit };
    server = server_create(&server_config, &error);
    if (!server) {
        abort();
    }
    atexit(stop);
    add_ports();
}

static int connect_client(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };

    strcpy(sun.sun_path, socket_path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *) &sun, sizeof sun)) {
        abort();
    }
    return fd;
}

/* Lets the server work, and reads what it says. */
static void settle(int fd)
{
    static uint64_t answer[DP_MSG_MAX / 8];
    int fds[DP_MSG_MAX_FDS];
    size_t n, n_fds;

    loop_run_once(loop, 0);
    datapath_poll(dp);
    while (!dp_msg_recv(fd, answer, &n, fds, &n_fds)) {
        struct dp_parsed parsed;
        if (dp_msg_check(answer, n, true, &parsed)) {
            abort(); /* what the server says is always good */
        }
        for (size_t i = 0; i < n_fds; i++) {
            close(fds[i]);
        }
        loop_run_once(loop, 0);
    }
}

static bool is_harmless(uint16_t type, const void *body, size_t n)
{
    if (type == DP_MSG_PORT_ADD) {
        return !memmem(body, n, "pcap", 4) && !memmem(body, n, "tap", 3) &&
               !memmem(body, n, "internal", 8) && !memmem(body, n, "system", 6);
    }
    return type != DP_MSG_COMMAND || !memmem(body, n, "time/", 5);
}

static void send_request(int fd, uint16_t type, const void *body, size_t n)
{
    static uint64_t buffer[DP_MSG_MAX / 8];
    struct dp_msg *msg = (void *) buffer;

    if (!type) {
        memcpy(buffer, body, n);
        (void) !dp_msg_send(fd, buffer, n, NULL, 0);
    } else if (is_harmless(type, body, n)) {
        *msg = (struct dp_msg) {
            .magic = DP_MSG_MAGIC, .type = type, .len = sizeof *msg + n, .seq = 1
        };
        memcpy(msg + 1, body, n);
        (void) !dp_msg_send(fd, buffer, sizeof *msg + n, NULL, 0);
    }
    settle(fd);
}

static void say_hello(int fd)
{
    static uint64_t buffer[DP_MSG_MAX / 8];
    struct dp_builder b = { .data = (uint8_t *) buffer };
    struct dp_wire_versions versions = { 1, DP_PROTOCOL_MAX };

    dp_build_start(&b, DP_MSG_HELLO, 0, 1, 0);
    dp_build_put(&b, DP_A_VERSIONS, &versions, sizeof versions);
    if (dp_build_finish(&b)) {
        (void) !dp_msg_send(fd, buffer, b.len, NULL, 0);
    }
    loop_run_once(loop, 0); /* accepts */
    settle(fd);
}

/* Back to two ports and nothing else. */
static void reset(void)
{
    struct meter_table *meters = datapath_meters(dp);
    struct dp_select select;
    struct port *port;

    for (uint32_t id = 0; (id = meter_table_next(meters, id)) < DP_MAX_METERS; id++) {
        (void) !meter_table_del(meters, id);
    }
    for (uint32_t cursor = 0; select_tables_next(datapath_selects(dp), &cursor, &select);) {
        if (!select_tables_del(datapath_selects(dp), select.id)) {
            cursor = 0; /* it may be gone */
        }
    }

    datapath_flow_flush(dp);
    for (uint32_t cursor = 0; (port = datapath_port_next(dp, &cursor));) {
        (void) !datapath_port_del(dp, port->no);
    }
    add_ports();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!loop) {
        start();
    }
    int fd = connect_client();
    say_hello(fd);
    while (size >= 3) {
        size_t n = MIN(data[1] | (size_t) data[2] << 8, size - 3);
        send_request(fd, data[0] % DP_MSG_N_TYPES, data + 3, n);
        data += 3 + n;
        size -= 3 + n;
    }
    close(fd);
    loop_run_once(loop, 0);
    reset();
    return 0;
}
