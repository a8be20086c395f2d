/* SPDX-License-Identifier: Apache-2.0 */
/* The server and the client against each other: requests about ports and flows, the control program's place, statistics, events, commands. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/client_request.h"
#include "datapath/protocol.h"
#include "lib/base/clock.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"
#include "tests/unit/datapath/server_fixture.h"

enum { WAIT_MS = 20000 };

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
    assert_int_equal(info->max_flows, SERVER_FIXTURE_MAX_FLOWS);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake),
        cmocka_unit_test(ports),
        cmocka_unit_test(flows),
        cmocka_unit_test(repeated_parts),
        cmocka_unit_test(flow_with_packet),
        cmocka_unit_test(port_limits),
        cmocka_unit_test(control_program),
        cmocka_unit_test(statistics),
        cmocka_unit_test(events),
        cmocka_unit_test(commands),
    };
    return cmocka_run_group_tests(tests, server_fixture_start, server_fixture_stop);
}
