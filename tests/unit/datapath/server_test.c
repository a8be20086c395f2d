/* SPDX-License-Identifier: Apache-2.0 */
/* The server and the client against each other, with a datapath of dummy ports behind them:
 * requests, the control program's place, events, and clients that misbehave. The server has a
 * thread of its own, which is the datapath's main thread. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/client_request.h"
#include "datapath/datapath.h"
#include "datapath/port_kinds.h"
#include "datapath/protocol.h"
#include "datapath/server.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"

enum { MAX_FLOWS = 8192, WAIT_MS = 20000 };

static char directory[] = "/tmp/weft-server-test.XXXXXX";
static char path[64];
static struct loop *loop;
static pthread_t thread;
static pthread_barrier_t ready;

static void ignore_exit(void *aux)
{
}

static void *run_server(void *aux)
{
    const struct datapath_config config = { .max_flows = MAX_FLOWS,
                                            .n_threads = 1,
                                            .n_frames = 2048 };
    char *error = NULL;

    rcu_thread_start();
    loop = loop_create();
    struct datapath *dp = datapath_create(&config, &error);
    assert_non_null(dp);
    const struct server_config server_config = { .loop = loop,
                                                 .datapath = dp,
                                                 .path = path,
                                                 .name = "test-dp",
                                                 .program = "test",
                                                 .max_flows = MAX_FLOWS,
                                                 .enable_dummy = true,
                                                 .exit = ignore_exit };
    struct server *server = server_create(&server_config, &error);
    assert_non_null(server);
    pthread_barrier_wait(&ready);
    loop_run(loop);
    server_destroy(server);
    datapath_destroy(dp);
    rcu_thread_end();
    return NULL;
}

static int start_server(void **state)
{
    hash_init();
    free(log_set("ANY:ANY:off"));
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/dp", directory);
    port_kinds_enable_dummy();
    pthread_barrier_init(&ready, NULL, 2);
    assert_false(pthread_create(&thread, NULL, run_server, NULL));
    pthread_barrier_wait(&ready);
    return 0;
}

static int stop_server(void **state)
{
    loop_stop(loop);
    pthread_join(thread, NULL);
    loop_destroy(loop); /* here, because the thread may go before loop_stop() has returned */
    assert_int_equal(access(path, F_OK), -1); /* the socket is removed */
    return rmdir(directory);
}

static struct dp_client *open_client(void)
{
    char *error = NULL;
    struct dp_client *client = dp_client_open(path, &error);

    if (!client) {
        fail_msg("%s", error);
    }
    return client;
}

static uint32_t add_port(struct dp_client *client, const char *name)
{
    struct smap options = SMAP_INIT;
    uint32_t no = DP_PORT_NONE;
    char *error = NULL;

    if (dp_port_add(client, name, "dummy", &options, &no, &error)) {
        fail_msg("%s", error);
    }
    return no;
}

static int command(struct dp_client *client, const char *a, const char *b, const char *c)
{
    const char *const argv[] = { a, b, c };
    struct strbuf reply = STRBUF_INIT;
    int error = dp_command(client, b ? c ? 3 : 2 : 1, argv, &reply);

    strbuf_destroy(&reply);
    return error;
}

static void handshake(void **state)
{
    struct dp_client *client = open_client();
    const struct dp_info *info = dp_client_info(client);
    char *error = NULL;

    assert_string_equal(info->name, "test-dp");
    assert_int_equal(info->pid, getpid());
    assert_int_equal(info->version, DP_PROTOCOL_MAX);
    assert_int_equal(info->max_flows, MAX_FLOWS);
    assert_false(uuid_is_zero(&info->instance));
    dp_client_destroy(client);
    assert_null(dp_client_open("/no/such/socket", &error));
    assert_non_null(error);
    free(error);
}

static void expect_add_error(struct dp_client *client, const char *name, const char *type,
                             uint32_t no, int expected)
{
    struct smap options = SMAP_INIT;
    char *error = NULL;

    assert_int_equal(dp_port_add(client, name, type, &options, &no, &error), expected);
    assert_non_null(error);
    free(error);
}

static void ports(void **state)
{
    struct dp_client *client = open_client();
    struct dp_port_change change = { .mtu = 9000,
                                     .mac = &(struct eth_addr) { { 2, 0, 0, 0, 0, 1 } } };
    struct dp_port port, *all;
    struct dp_port_stats *stats;
    char *error = NULL;
    size_t n;

    uint32_t no = add_port(client, "p1");
    assert_int_equal(dp_port_set(client, no, &change, &error), 0);
    assert_int_equal(dp_port_get(client, no, &port, NULL), 0);
    assert_string_equal(port.name, "p1");
    assert_string_equal(port.type, "dummy");
    assert_int_equal(port.mtu, 9000);
    assert_memory_equal(&port.mac, change.mac, 6);
    assert_int_equal(dp_port_find(client, "p1", &port), 0);
    assert_int_equal(port.no, no);
    assert_int_equal(dp_port_find(client, "p2", &port), ENODEV);
    assert_int_equal(dp_port_get(client, 77, &port, NULL), ENODEV);
    assert_int_equal(dp_port_del(client, 77), ENODEV);
    assert_int_equal(dp_port_set(client, 77, &change, &error), ENODEV);
    free(error);

    expect_add_error(client, "p1", "dummy", DP_PORT_NONE, EEXIST);
    expect_add_error(client, "p2", "dummy", no, EEXIST);
    expect_add_error(client, "p2", "wrong", DP_PORT_NONE, EINVAL);
    expect_add_error(client, "p 2", "dummy", DP_PORT_NONE, EINVAL);
    expect_add_error(client, "../p2", "dummy", DP_PORT_NONE, EINVAL);
    expect_add_error(client, "", "dummy", DP_PORT_NONE, EINVAL);
    expect_add_error(client, "p2", "dummy", DP_MAX_PORTS, EINVAL);

    /* More than fit into one message. */
    for (int i = 0; i < 500; i++) {
        char name[16];
        snprintf(name, sizeof name, "q%d", i);
        add_port(client, name);
    }
    assert_int_equal(dp_port_dump(client, &all, &stats, &n), 0);
    assert_int_equal(n, 501);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(all[i].no, all[j].no);
        }
        assert_int_equal(dp_port_del(client, all[i].no), 0);
    }
    free(all);
    free(stats);
    assert_int_equal(dp_port_dump(client, NULL, NULL, &n), 0);
    assert_int_equal(n, 0);
    dp_client_destroy(client);
}

static struct uuid make_ufid(uint32_t i)
{
    struct uuid ufid = { { 1 } };

    memcpy(&ufid.bytes[8], &i, sizeof i);
    return ufid;
}

/* A put of the flow for nw_src i. */
static void make_put(struct dp_op *op, struct flow *key, struct flow *mask,
                     const struct actions *actions, uint32_t in_port, uint32_t i)
{
    flow_init(key);
    key->in_port = in_port;
    key->eth_type = htons(ETH_TYPE_IP);
    flow_use_line(key, FLOW_LINE_L3);
    key->nw_src = htonl(i);
    flow_mask_init(mask);
    FLOW_MASK_FIELD(mask, in_port);
    FLOW_MASK_FIELD(mask, recirc_id);
    FLOW_MASK_FIELD(mask, eth_type);
    FLOW_MASK_FIELD(mask, nw_src);
    *op = (struct dp_op) { .type = DP_OP_FLOW_PUT,
                           .flags = DP_PUT_CREATE,
                           .ufid = make_ufid(i),
                           .key = key,
                           .mask = mask,
                           .actions = actions->data,
                           .actions_size = actions->size };
}

enum { N_FLOWS = 3000 };
static struct flow keys[N_FLOWS], masks[N_FLOWS];
static struct dp_op ops[N_FLOWS];

static bool count_flow(void *aux, const struct dp_flow *flow)
{
    unsigned int *seen = aux;
    uint32_t i = ntohl(flow->key->nw_src);

    assert_true(i < N_FLOWS);
    seen[i]++;
    assert_memory_equal(&flow->ufid, &(struct uuid[]) { make_ufid(i) }, sizeof flow->ufid);
    assert_true(flow_equal(flow->mask, &masks[i]));
    return true;
}

static bool stop_at_once(void *aux, const struct dp_flow *flow)
{
    ++*(int *) aux;
    return false;
}

static void flows(void **state)
{
    static unsigned int seen[N_FLOWS];
    struct dp_client *client = open_client();
    uint32_t p1 = add_port(client, "p1"), p2 = add_port(client, "p2");
    struct actions actions = ACTIONS_INIT;
    struct dp_totals totals;
    struct dp_flow flow;
    int n_called = 0;

    actions_put_output(&actions, p2);
    for (uint32_t i = 0; i < N_FLOWS; i++) {
        make_put(&ops[i], &keys[i], &masks[i], &actions, p1, i);
    }
    /* Faults in the middle spoil nothing else. */
    static uint64_t huge[DP_MSG_MAX / 8];
    ops[10].actions = "12345678";
    ops[10].actions_size = 8;
    ops[20].actions = huge;
    ops[20].actions_size = sizeof huge;
    ops[30].ufid = make_ufid(29);
    assert_int_equal(dp_operate(client, ops, N_FLOWS), 0);
    for (uint32_t i = 0; i < N_FLOWS; i++) {
        if (ops[i].error != (i == 10 ? EINVAL : i == 20 ? EMSGSIZE : i == 30 ? EEXIST : 0)) {
            fail_msg("flow %u: error %d", i, ops[i].error);
        }
    }

    assert_int_equal(dp_flow_dump(client, count_flow, seen), 0);
    for (uint32_t i = 0; i < N_FLOWS; i++) {
        assert_int_equal(seen[i], i != 10 && i != 20 && i != 30);
    }
    assert_int_equal(dp_flow_dump(client, stop_at_once, &n_called), 0);
    assert_int_equal(n_called, 1);
    assert_int_equal(dp_flow_get(client, &(struct uuid[]) { make_ufid(5) }[0], &flow), 0);
    assert_int_equal(ntohl(flow.key->nw_src), 5);
    assert_int_equal(flow.actions_size, actions.size);
    assert_int_equal(dp_flow_get(client, &(struct uuid[]) { make_ufid(30) }[0], &flow), ENOENT);

    assert_int_equal(dp_totals_get(client, &totals), 0);
    assert_int_equal(totals.n_flows, N_FLOWS - 3);
    assert_int_equal(totals.n_ports, 2);

    for (uint32_t i = 0; i < N_FLOWS; i++) {
        ops[i] = (struct dp_op) { .type = DP_OP_FLOW_DEL, .ufid = make_ufid(i) };
    }
    assert_int_equal(dp_operate(client, ops, 100), 0);
    assert_int_equal(ops[5].error, 0);
    assert_int_equal(ops[30].error, ENOENT);
    assert_int_equal(dp_flow_flush(client), 0);
    assert_int_equal(dp_totals_get(client, &totals), 0);
    assert_int_equal(totals.n_flows, 0);
    actions_destroy(&actions);
    assert_int_equal(dp_port_del(client, p1), 0);
    assert_int_equal(dp_port_del(client, p2), 0);
    dp_client_destroy(client);
}

/* Masks and actions that operations of a message have in common are sent once, except to a datapath that does not know that: the flows are the same. */
static bool check_repeating(void *actions_, const struct dp_flow *flow)
{
    const struct actions *actions = actions_;
    uint32_t i = ntohl(flow->key->nw_src);
    assert_true(flow_equal(flow->mask, &masks[i]));
    assert_int_equal(flow->actions_size, actions[i / 5 % 3].size);
    if (flow->actions_size) {
        assert_memory_equal(flow->actions, actions[i / 5 % 3].data, flow->actions_size);
    }
    return true;
}

static void repeated_parts(void **state)
{
    struct dp_client *client = open_client();
    uint32_t p1 = add_port(client, "p1"), p2 = add_port(client, "p2");
    struct actions actions[3] = { ACTIONS_INIT, ACTIONS_INIT, ACTIONS_INIT }; /* the last one drops */
    struct dp_totals totals;
    enum { N = 200 };
    actions_put_output(&actions[0], p1);
    actions_put_output(&actions[1], p2);
    for (uint32_t version = DP_PROTOCOL_REPEAT - 1; version <= DP_PROTOCOL_REPEAT; version++) {
        client->info.version = version;
        for (uint32_t i = 0; i < N; i++) {
            make_put(&ops[i], &keys[i], &masks[i], &actions[i / 5 % 3], p1, i);
            if (i / 40 % 2) { /* longer than the server reads ahead */
                FLOW_MASK_FIELD(&masks[i], nw_proto);
            }
        }
        ops[70].actions = "12345678"; /* what an operation that fails says is repeated like that of others */
        ops[70].actions_size = 8;
        ops[71].actions = ops[70].actions;
        ops[71].actions_size = 8;
        ops[77] = (struct dp_op) { .type = DP_OP_FLOW_DEL, .ufid = make_ufid(50) };
        assert_int_equal(dp_operate(client, ops, N), 0);
        for (uint32_t i = 0; i < N; i++) {
            assert_int_equal(ops[i].error, i == 70 || i == 71 ? EINVAL : 0);
        }
        assert_int_equal(dp_flow_dump(client, check_repeating, actions), 0);
        assert_int_equal(dp_totals_get(client, &totals), 0);
        assert_int_equal(totals.n_flows, N - 4);
        assert_int_equal(dp_flow_flush(client), 0);
    }
    actions_destroy(&actions[0]);
    actions_destroy(&actions[1]);
    assert_int_equal(dp_port_del(client, p1), 0);
    assert_int_equal(dp_port_del(client, p2), 0);
    dp_client_destroy(client);
}

static void wait_readable(int fd)
{
    struct pollfd pfd = { fd, POLLIN, 0 };

    assert_int_equal(poll(&pfd, 1, WAIT_MS), 1);
}

/* The next upcall of any handler. */
static unsigned int receive_upcall(struct dp_upcalls *upcalls, unsigned int n_handlers,
                                   struct dp_upcall *upcall)
{
    for (int64_t end = clock_real_ms() + WAIT_MS; clock_real_ms() < end;) {
        for (unsigned int h = 0; h < n_handlers; h++) {
            if (dp_upcall_recv(upcalls, h, upcall)) {
                return h;
            }
        }
        usleep(1000);
    }
    fail_msg("no upcall came");
    return 0;
}

/* A flow with the packet that made it: in one operation, or, for a datapath that does not know that, in two. */
static void flow_with_packet(void **state)
{
    static const uint8_t packet[20] = { 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0x08, 0x00 };
    static struct flow key, mask;
    struct dp_client *client = open_client();
    struct dp_port_stats stats;
    struct dp_port port;
    uint32_t p1 = add_port(client, "p1");
    key.lines = mask.lines = 1u << FLOW_LINE_L2;
    key.in_port = p1;
    mask.in_port = mask.recirc_id = UINT32_MAX;
    struct actions actions = ACTIONS_INIT;
    actions_put_output(&actions, p1);
    for (uint32_t version = DP_PROTOCOL_PUT_PACKET - 1; version <= DP_PROTOCOL_PUT_PACKET; version++) {
        struct dp_op both[3] = { { .type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE, .key = &key, .mask = &mask,
                                  .actions = actions.data, .actions_size = actions.size,
                                  .packet = packet, .packet_len = sizeof packet } };
        both[1] = both[2] = both[0];
        both[0].ufid.bytes[0] = both[1].ufid.bytes[0] = 1; /* the second flow is there already: its packet goes all the same */
        both[2].type = DP_OP_FLOW_DEL;
        both[2].ufid.bytes[0] = 1;
        client->info.version = version;
        assert_int_equal(dp_operate(client, both, 3), 0);
        assert_int_equal(both[0].error, 0);
        assert_int_equal(both[1].error, EEXIST);
        assert_int_equal(both[2].error, 0);
        assert_int_equal(dp_port_get(client, p1, &port, &stats), 0);
        assert_int_equal(stats.tx_packets, 2 * (version - DP_PROTOCOL_PUT_PACKET + 2));
    }
    actions_destroy(&actions);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

/* Limits of a port over the socket: they come back as counters of queues, and a client checks what it sends. */
static void port_limits(void **state)
{
    const struct dp_queue queues[] = { { 0, 0, 0, 0 }, { 7, 1000, 2000, 3000 }, { 7, 0, 0, 0 } };
    struct dp_port_qos qos = { .rate = 5000, .burst = 6000, .in_rate = 1, .queues = queues, .n_queues = 2 };
    struct dp_client *client = open_client();
    struct dp_queue_stats *stats;
    uint32_t p1 = add_port(client, "p1");
    size_t n;
    assert_int_equal(dp_port_queue_stats(client, p1, &stats, &n), 0);
    assert_int_equal(n, 0);
    free(stats);
    assert_int_equal(dp_port_set_qos(client, p1, &qos), 0);
    assert_int_equal(dp_port_queue_stats(client, p1, &stats, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(stats[1].id, 7);
    assert_int_equal(stats[1].packets, 0);
    free(stats);
    assert_int_equal(dp_port_set_qos(client, 4711, &qos), ENODEV);
    assert_int_equal(dp_port_queue_stats(client, 4711, &stats, &n), ENODEV);
    qos.n_queues = 3; /* not in order */
    assert_int_equal(dp_port_set_qos(client, p1, &qos), EINVAL);
    qos.n_queues = DP_QOS_MAX_QUEUES + 1;
    assert_int_equal(dp_port_set_qos(client, p1, &qos), EINVAL);
    client->info.version = DP_PROTOCOL_QOS - 1;
    assert_int_equal(dp_port_set_qos(client, p1, &qos), EOPNOTSUPP);
    assert_int_equal(dp_port_queue_stats(client, p1, &stats, &n), EOPNOTSUPP);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

static void control_program(void **state)
{
    static const char packet[] = "000000000002000000000001080045000014000100004001";
    struct dp_client *first = open_client(), *second = open_client();
    char *error = NULL;
    struct dp_port_stats stats;
    struct dp_port port;

    uint32_t p1 = add_port(first, "p1");
    assert_null(dp_upcalls_open(first, 0, &error));
    free(error);
    struct dp_upcalls *upcalls = dp_upcalls_open(first, 3, &error);
    assert_non_null(upcalls);
    assert_null(dp_upcalls_open(second, 1, &error));
    assert_non_null(error);
    free(error);

    struct dp_upcall upcall;
    assert_int_equal(command(second, "netdev-dummy/receive", "p1", packet), 0);
    unsigned int h = receive_upcall(upcalls, 3, &upcall);
    assert_int_equal(upcall.kind, DP_UPCALL_MISS);
    assert_int_equal(upcall.key.in_port, p1);
    assert_int_equal(upcall.full_len, sizeof packet / 2);
    assert_int_equal(upcall.packet_len, sizeof packet / 2);
    assert_int_equal(upcall.packet[5], 2);

    /* It goes back to where it came from. */
    struct actions actions = ACTIONS_INIT;
    actions_put_output(&actions, p1);
    struct dp_op op = { .type = DP_OP_EXECUTE,
                        .key = &upcall.key,
                        .actions = actions.data,
                        .actions_size = actions.size,
                        .packet = upcall.packet,
                        .packet_len = upcall.packet_len,
                        .offload = &upcall.offload };
    assert_int_equal(dp_operate(first, &op, 1), 0);
    assert_int_equal(op.error, 0);
    dp_upcall_release(upcalls, h, 1);
    actions_destroy(&actions);
    assert_int_equal(dp_port_get(second, p1, &port, &stats), 0);
    assert_int_equal(stats.tx_packets, 1);

    /* The first one dies: ports stay, and the second may take its place. */
    dp_client_destroy(first);
    dp_upcalls_close(upcalls);
    upcalls = NULL;
    for (int64_t end = clock_real_ms() + WAIT_MS; !upcalls && clock_real_ms() < end;) {
        /* More descriptors than go with one message. */
        upcalls = dp_upcalls_open(second, 64, &error);
        free(error);
    }
    assert_non_null(upcalls);
    assert_int_equal(dp_port_find(second, "p1", &port), 0);
    assert_int_equal(command(second, "netdev-dummy/receive", "p1", packet), 0);
    h = receive_upcall(upcalls, 64, &upcall);
    dp_upcall_release(upcalls, h, 1);
    dp_upcalls_close(upcalls);
    assert_int_equal(dp_port_del(second, p1), 0);
    dp_client_destroy(second);
}

static void statistics(void **state)
{
    struct dp_client *client = open_client();
    uint32_t p1 = add_port(client, "p1");
    struct actions actions = ACTIONS_INIT;
    struct dp_flow_stats sum;
    char *error = NULL;

    struct dp_stats *stats = dp_stats_open(client, &error);
    assert_non_null(stats);
    make_put(&ops[0], &keys[0], &masks[0], &actions, p1, 0x0a000001);
    assert_int_equal(dp_operate(client, ops, 1), 0);
    assert_int_equal(ops[0].error, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            command(client, "netdev-dummy/receive", "p1",
                    "in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),"
                    "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,frag=no),udp(src=1,dst=2)"),
            0);
    }
    dp_stats_flow(stats, ops[0].flow_id, &sum);
    assert_int_equal(sum.packets, 3);
    assert_true(sum.bytes >= 3 * 42);
    assert_true(sum.used_ms > 0 && sum.used_ms <= clock_ms());
    dp_stats_flow(stats, UINT32_MAX, &sum);
    assert_int_equal(sum.packets, 0);
    dp_stats_close(stats);
    assert_int_equal(dp_flow_flush(client), 0);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

static void events(void **state)
{
    struct dp_client *client = open_client(), *watcher = open_client();
    struct dp_port_change down = { .set_admin = true };
    struct dp_port port;
    char *error = NULL;
    bool deleted;

    assert_int_equal(dp_port_events_open(watcher), 0);
    assert_int_equal(dp_port_event_recv(watcher, &port, &deleted), EAGAIN);
    uint32_t p1 = add_port(client, "p1");
    wait_readable(dp_client_fd(watcher));
    assert_int_equal(dp_port_event_recv(watcher, &port, &deleted), 0);
    assert_false(deleted);
    assert_int_equal(port.no, p1);
    assert_true(port.admin_up);

    assert_int_equal(dp_port_set(client, p1, &down, &error), 0);
    assert_int_equal(dp_port_set(client, p1, &down, &error), 0); /* no change, no event */
    assert_int_equal(dp_port_del(client, p1), 0);
    assert_int_equal(dp_port_event_recv(watcher, &port, &deleted), 0);
    assert_false(port.admin_up || deleted);
    assert_int_equal(dp_port_event_recv(watcher, &port, &deleted), 0);
    assert_true(deleted);
    assert_int_equal(dp_port_event_recv(watcher, &port, &deleted), EAGAIN);
    dp_client_destroy(watcher);
    dp_client_destroy(client);
}

/* A client that asks for events and does not read them loses its connection; the others notice
 * nothing. */
static void slow_watcher(void **state)
{
    struct dp_client *client = open_client(), *watcher = open_client();
    struct dp_port_change change = { .set_admin = true };
    char *error = NULL;
    int n_events = 0, result;
    struct dp_port port;
    bool deleted;

    assert_int_equal(dp_port_events_open(watcher), 0);
    uint32_t p1 = add_port(client, "p1");
    for (int i = 0; i < 40000; i++) {
        change.admin_up = i & 1;
        assert_int_equal(dp_port_set(client, p1, &change, &error), 0);
    }
    while (!(result = dp_port_event_recv(watcher, &port, &deleted))) {
        n_events++;
    }
    assert_true(result == EPIPE || result == ECONNRESET);
    assert_true(n_events > 10 && n_events < 40000);
    dp_client_destroy(watcher);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

static int connect_raw(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };

    strcpy(sun.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_false(connect(fd, (struct sockaddr *) &sun, sizeof sun));
    return fd;
}

static uint8_t raw_out[DP_MSG_MAX] __attribute__((aligned(8))),
    raw_in[DP_MSG_MAX] __attribute__((aligned(8)));

/* Offers all versions up to 'max'. */
static void say_hello_up_to(int fd, uint32_t max)
{
    const struct dp_wire_versions versions = { 1, max };
    struct dp_builder b = { .data = raw_out };
    struct dp_parsed parsed;
    int fds[DP_MSG_MAX_FDS];
    size_t n, n_fds;

    dp_build_start(&b, DP_MSG_HELLO, 0, 1, 0);
    dp_build_put(&b, DP_A_VERSIONS, &versions, sizeof versions);
    assert_true(dp_build_finish(&b));
    assert_int_equal(dp_msg_send(fd, b.data, b.len, NULL, 0), 0);
    assert_int_equal(dp_msg_recv(fd, raw_in, &n, fds, &n_fds), 0);
    assert_null(dp_msg_check(raw_in, n, true, &parsed));
    const struct dp_wire_info *info = dp_attr_content(parsed.attr[DP_A_INFO]);
    assert_int_equal(info->version, MIN(max, DP_PROTOCOL_MAX)); /* the newest that both know */
}

static void say_hello(int fd)
{
    say_hello_up_to(fd, 9);
}

/* The server ends the connection, with or without a refusal before. */
static void expect_end(int fd)
{
    int error, fds[DP_MSG_MAX_FDS];
    size_t n, n_fds;

    do {
        error = dp_msg_recv(fd, raw_in, &n, fds, &n_fds);
    } while (!error);
    assert_true(error == EPIPE || error == ECONNRESET);
    close(fd);
}

static void send_bare(int fd, enum dp_msg_type type, const int *fds, size_t n_fds)
{
    struct dp_builder b = { .data = raw_out };

    dp_build_start(&b, type, 0, 2, 0);
    assert_true(dp_build_finish(&b));
    assert_int_equal(dp_msg_send(fd, b.data, b.len, fds, n_fds), 0);
}

static void bad_clients(void **state)
{
    struct dp_client *good = open_client();
    struct dp_totals totals;

    int fd = connect_raw(); /* a request before the handshake */
    send_bare(fd, DP_MSG_TOTALS, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* rubbish */
    assert_int_equal(dp_msg_send(fd, "rubbish", 7, NULL, 0), 0);
    expect_end(fd);
    fd = connect_raw(); /* a request without what it needs */
    say_hello(fd);
    send_bare(fd, DP_MSG_PORT_ADD, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* descriptors */
    say_hello(fd);
    send_bare(fd, DP_MSG_TOTALS, (int[]) { 0, 1 }, 2);
    expect_end(fd);
    fd = connect_raw(); /* a request behind a subscription */
    say_hello(fd);
    send_bare(fd, DP_MSG_PORT_EVENTS, NULL, 0);
    send_bare(fd, DP_MSG_TOTALS, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* something that its version does not have */
    say_hello_up_to(fd, 1);
    send_bare(fd, DP_MSG_SELECT_DUMP, NULL, 0);
    expect_end(fd);
    fd = connect_raw(); /* nothing, and away */
    close(fd);

    assert_int_equal(dp_totals_get(good, &totals), 0);
    dp_client_destroy(good);
}

static void build_raw_put(struct dp_builder *b, uint32_t i, bool with_mask, bool with_actions)
{
    struct dp_wire_op head = { .type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE, .ufid = make_ufid(i) };
    struct actions none = ACTIONS_INIT;
    struct flow key, mask;
    struct dp_op op;
    make_put(&op, &key, &mask, &none, 1, i);
    size_t outer = dp_build_begin(b, DP_A_OP);
    dp_build_put(b, DP_A_OP_HEAD, &head, sizeof head);
    dp_build_flow(b, DP_A_KEY, &key);
    if (with_actions) {
        dp_build_put(b, DP_A_ACTIONS, NULL, 0);
    }
    if (with_mask) {
        dp_build_flow(b, DP_A_MASK, &mask);
    }
    dp_build_end(b, outer);
}

/* What is left out must have been there before, in this message, and the version must have it. */
static void missing_parts(void **state)
{
    static const struct {
        bool with_mask, with_actions;
        int error, old_error; /* of a client that knows of leaving out, and of one that does not */
    } puts[] = {
        { false, true, EBADMSG, EBADMSG }, { true, false, EBADMSG, EBADMSG }, { true, true, 0, 0 },
        { false, true, 0, EBADMSG },       { true, false, 0, EBADMSG },       { false, false, 0, EBADMSG },
    };
    struct dp_client *good = open_client();
    for (int old = 0; old <= 1; old++) {
        struct dp_builder b = { .data = raw_out };
        struct dp_parsed parsed;
        int fds[DP_MSG_MAX_FDS], fd = connect_raw();
        size_t n, n_fds;
        say_hello_up_to(fd, DP_PROTOCOL_REPEAT - old);
        for (int message = 0; message < 2; message++) {
            dp_build_start(&b, DP_MSG_OPERATE, 0, 2, 0);
            for (uint32_t i = 0; i < ARRAY_SIZE(puts); i++) {
                build_raw_put(&b, message * ARRAY_SIZE(puts) + i, puts[i].with_mask, puts[i].with_actions);
            }
            assert_true(dp_build_finish(&b));
            assert_int_equal(dp_msg_send(fd, b.data, b.len, NULL, 0), 0);
            assert_int_equal(dp_msg_recv(fd, raw_in, &n, fds, &n_fds), 0);
            assert_null(dp_msg_check(raw_in, n, true, &parsed));
            const struct dp_attr *a = NULL;
            for (uint32_t i = 0; i < ARRAY_SIZE(puts); i++) {
                a = dp_attr_next(&parsed, DP_A_OP_RESULT, a);
                const struct dp_wire_result *result = dp_attr_content(a);
                assert_int_equal(result->error, old ? puts[i].old_error : puts[i].error);
            }
        }
        close(fd);
        assert_int_equal(dp_flow_flush(good), 0);
    }
    dp_client_destroy(good);
}

/* Many requests without reading the answers: the server waits, and answers all of them when they
 * are read. */
static void impatient_client(void **state)
{
    struct dp_client *good = open_client();
    struct dp_totals totals;
    int fds[DP_MSG_MAX_FDS], fd = connect_raw();
    size_t n, n_fds, n_sent = 0;
    struct dp_builder b = { .data = raw_out };

    say_hello(fd);
    dp_build_start(&b, DP_MSG_TOTALS, 0, 2, 0);
    assert_true(dp_build_finish(&b));
    while (n_sent < 100000 && send(fd, b.data, b.len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        n_sent++;
    }
    assert_true(n_sent > 100 && n_sent < 100000);
    assert_int_equal(dp_totals_get(good, &totals), 0);
    for (size_t i = 0; i < n_sent; i++) {
        struct dp_parsed parsed;
        assert_int_equal(dp_msg_recv(fd, raw_in, &n, fds, &n_fds), 0);
        assert_null(dp_msg_check(raw_in, n, true, &parsed));
        assert_int_equal(parsed.msg->error, 0);
    }
    close(fd);
    dp_client_destroy(good);
}

static void too_many_clients(void **state)
{
    int fds[300];

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        fds[i] = connect_raw();
    }
    expect_end(fds[299]);
    for (size_t i = 0; i < 299; i++) {
        close(fds[i]);
    }
    struct dp_client *client = NULL;
    for (int64_t end = clock_real_ms() + WAIT_MS; !client && clock_real_ms() < end;) {
        char *error = NULL;
        client = dp_client_open(path, &error);
        free(error);
    }
    assert_non_null(client);
    dp_client_destroy(client);
}

static void commands(void **state)
{
    struct dp_client *client = open_client();
    const char *many[100] = { "vlog/set" };
    struct strbuf reply = STRBUF_INIT;
    struct smap settings = SMAP_INIT;
    char *error = NULL;

    assert_int_equal(dp_command(client, 1, (const char *const[]) { "version" }, &reply), 0);
    assert_string_equal(strbuf_str(&reply), "test");
    strbuf_clear(&reply);
    assert_int_equal(dp_command(client, 1, (const char *const[]) { "no-such" }, &reply), EINVAL);
    assert_non_null(strstr(strbuf_str(&reply), "\"no-such\" is not a valid command"));
    assert_int_equal(command(client, "coverage/read-counter", NULL, NULL), EINVAL);
    assert_int_equal(command(client, "coverage/read-counter", "dp_request", NULL), 0);
    assert_int_equal(command(client, "netdev-dummy/receive", "nobody", "00"), EINVAL);
    for (size_t i = 1; i < ARRAY_SIZE(many); i++) {
        many[i] = "dbg";
    }
    assert_int_equal(dp_command(client, ARRAY_SIZE(many), many, &reply), EINVAL);
    strbuf_destroy(&reply);

    smap_set(&settings, "no-such-setting", "1");
    assert_int_equal(dp_config_set(client, &settings, &error), EINVAL);
    assert_non_null(strstr(error, "no-such-setting"));
    free(error);
    smap_clear(&settings);
    smap_set(&settings, "n-threads", "0");
    assert_int_equal(dp_config_set(client, &settings, &error), EINVAL);
    free(error);
    smap_destroy(&settings);
    dp_client_destroy(client);
}

enum { N_SELECTS = 300, N_SLOTS = 32749, N_METERS = 2000 };

static unsigned int selects_seen[N_SELECTS];
static uint16_t slots[N_SLOTS];

/* Table i has i + 1 slots, or the most, and the bucket of a slot is its number modulo those that there are. */
static uint32_t slots_of(uint32_t id)
{
    return id % 50 == 49 ? N_SLOTS : id + 1;
}

static bool see_select(void *aux, const struct dp_select *select)
{
    uint32_t *n_flows = aux;

    assert_true(select->id < N_SELECTS && select->n_slots == slots_of(select->id));
    assert_int_equal(select->n_buckets, 1 + select->id % 7);
    for (uint32_t i = 0; i < select->n_slots; i++) {
        assert_int_equal(select->slots[i], i % select->n_buckets);
    }
    selects_seen[select->id]++;
    n_flows[select->id] = select->n_flows | (uint32_t) select->deleted << 16;
    return true;
}

static void put_selects(struct dp_client *client)
{
    for (uint32_t id = 0; id < N_SELECTS; id++) {
        for (uint32_t i = 0; i < N_SLOTS; i++) {
            slots[i] = i % (1 + id % 7);
        }
        assert_int_equal(dp_select_put(client, id, slots, slots_of(id), 1 + id % 7), 0);
    }
    assert_int_equal(dp_select_put(client, 5, slots, 1, 1), EEXIST);
    assert_int_equal(dp_select_put(client, 5000, slots, 0, 1), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, 1, 0), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, 1, 1025), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, N_SLOTS + 1, 7), EINVAL);
    assert_int_equal(dp_select_put(client, 5000, slots, N_SLOTS, 1), EINVAL); /* a slot names another */
}

static int put_with(struct dp_client *client, const char *text, uint32_t no, uint32_t n)
{
    struct actions actions = ACTIONS_INIT;
    char *error = actions_parse_text(text, NULL, &actions);

    assert_null(error);
    make_put(&ops[0], &keys[0], &masks[0], &actions, no, n);
    ops[0].flags = DP_PUT_CREATE | DP_PUT_MODIFY;
    assert_int_equal(dp_operate(client, ops, 1), 0);
    actions_destroy(&actions);
    return ops[0].error;
}

/* Select tables stay as long as a flow names them, whoever put them. */
static void select_tables(void **state)
{
    static uint32_t n_flows[N_SELECTS];
    struct dp_client *client = open_client();
    struct dp_select_stats stats[7];
    uint32_t p1 = add_port(client, "p1");

    put_selects(client);
    assert_int_equal(put_with(client, "select(table=2,alg=l4,basis=0,bucket(1),bucket(2),bucket(3))", p1, 1), 0);
    assert_int_equal(put_with(client, "clone(select(table=0,alg=l4,basis=0,bucket(1))),"
                                      "select(table=1,alg=l4,basis=0,bucket(drop),bucket(2))", p1, 2), 0);
    assert_int_equal(put_with(client, "select(table=2,alg=l4,basis=0,bucket(1))", p1, 3), EINVAL);
    assert_int_equal(put_with(client, "select(table=5000,alg=l4,basis=0,bucket(1))", p1, 3), ENOENT);
    assert_int_equal(dp_select_del(client, 2), 0);
    assert_int_equal(dp_select_del(client, 2), ENOENT);
    assert_int_equal(dp_select_del(client, 3), 0);
    assert_int_equal(dp_select_put(client, 2, slots, 1, 1), EEXIST);
    assert_int_equal(put_with(client, "select(table=2,alg=l4,basis=0,bucket(1),bucket(2),bucket(3))", p1, 3), ENOENT);
    dp_client_destroy(client);

    /* The next control program finds what is there. */
    client = open_client();
    assert_int_equal(dp_select_dump(client, see_select, n_flows), 0);
    for (uint32_t id = 0; id < N_SELECTS; id++) {
        assert_int_equal(selects_seen[id], id != 3);
    }
    assert_int_equal(n_flows[0], 1);
    assert_int_equal(n_flows[1], 1);
    assert_int_equal(n_flows[2], 1 | 1 << 16);
    assert_int_equal(n_flows[4], 0);
    assert_int_equal(dp_select_stats(client, 2, stats, 3), 0);
    assert_int_equal(stats[2].packets, 0);
    assert_int_equal(dp_select_stats(client, 2, stats, 2), EINVAL);
    assert_int_equal(dp_select_stats(client, 3, stats, 4), ENOENT);

    /* Other actions, and then no flow: the deleted table goes some time after its last flow. */
    assert_int_equal(put_with(client, "1", p1, 1), 0);
    assert_int_equal(dp_flow_flush(client), 0);
    int64_t deadline = clock_ms() + WAIT_MS;
    while (dp_select_stats(client, 2, stats, 3) != ENOENT) {
        assert_true(clock_ms() < deadline);
        assert_int_equal(dp_flow_flush(client), 0);
    }
    for (uint32_t id = 0; id < N_SELECTS; id++) {
        assert_int_equal(dp_select_del(client, id), id == 2 || id == 3 ? ENOENT : 0);
    }
    memset(selects_seen, 0, sizeof selects_seen);
    assert_int_equal(dp_port_del(client, p1), 0);
    dp_client_destroy(client);
}

static bool see_meter(void *aux, uint32_t id, const struct dp_meter_config *config,
                      const struct dp_meter_stats *stats)
{
    unsigned int *n = aux;

    assert_int_equal(id % 131, 0);
    assert_int_equal(config->flags, DP_METER_KBPS | DP_METER_BURST | DP_METER_STATS);
    assert_int_equal(config->n_bands, id % 9);
    assert_int_equal(stats->n_bands, id % 9);
    for (unsigned int i = 0; i < config->n_bands; i++) {
        assert_int_equal(config->bands[i].rate, id + i);
        assert_int_equal(config->bands[i].burst, i);
        assert_int_equal(config->bands[i].type, i % 2 ? DP_METER_DROP : DP_METER_DSCP_REMARK);
        assert_int_equal(config->bands[i].prec_level, i % 2 ? 0 : i);
    }
    ++*n;
    return *n < N_METERS + 5;
}

static void meters(void **state)
{
    struct dp_client *client = open_client();
    struct dp_meter_stats stats;
    struct dp_meter_config config;
    unsigned int n = 0;

    for (uint32_t id = 0; id < N_METERS * 131; id += 131) {
        config = (struct dp_meter_config) { .flags = DP_METER_KBPS | DP_METER_BURST | DP_METER_STATS,
                                            .n_bands = id % 9 };
        for (unsigned int i = 0; i < config.n_bands; i++) {
            config.bands[i] = (struct dp_meter_band) { i % 2 ? DP_METER_DROP : DP_METER_DSCP_REMARK,
                                                       id + i, i, i % 2 ? 0 : i };
        }
        assert_int_equal(dp_meter_set(client, id, &config), 0);
    }
    assert_int_equal(dp_meter_set(client, 131, &config), 0); /* in place of the other one */
    assert_int_equal(dp_meter_set(client, DP_MAX_METERS, &config), EINVAL);
    config.flags = DP_METER_KBPS | DP_METER_PKTPS;
    assert_int_equal(dp_meter_set(client, 1, &config), EINVAL);
    config.flags = DP_METER_KBPS;
    config.bands[0].type = 3;
    config.n_bands = 1;
    assert_int_equal(dp_meter_set(client, 1, &config), EINVAL);
    config.n_bands = 9;
    assert_int_equal(dp_meter_set(client, 1, &config), EINVAL);
    assert_int_equal(dp_meter_stats(client, 1, &stats), ENOENT);
    assert_int_equal(dp_meter_del(client, 131, &stats), 0);
    assert_int_equal(stats.packets, 0);
    assert_int_equal(dp_meter_del(client, 131, NULL), ENOENT);
    dp_client_destroy(client);

    client = open_client();
    assert_int_equal(dp_meter_stats(client, 262, &stats), 0);
    assert_int_equal(stats.n_bands, 262 % 9);
    assert_int_equal(dp_meter_dump(client, see_meter, &n), 0);
    assert_int_equal(n, N_METERS - 1);
    for (uint32_t id = 0; id < N_METERS * 131; id += 131) {
        assert_int_equal(dp_meter_del(client, id, NULL), id == 131 ? ENOENT : 0);
    }
    dp_client_destroy(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake),
        cmocka_unit_test(ports),
        cmocka_unit_test(flows),
        cmocka_unit_test(repeated_parts),
        cmocka_unit_test(missing_parts),
        cmocka_unit_test(select_tables),
        cmocka_unit_test(meters),
        cmocka_unit_test(flow_with_packet), cmocka_unit_test(port_limits), cmocka_unit_test(control_program),
        cmocka_unit_test(statistics),
        cmocka_unit_test(events),
        cmocka_unit_test(slow_watcher),
        cmocka_unit_test(bad_clients),
        cmocka_unit_test(impatient_client),
        cmocka_unit_test(too_many_clients),
        cmocka_unit_test(commands),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
