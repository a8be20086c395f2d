/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath as its server uses it, in manual mode: misses and their fair shares, flows and their
 * statistics, packets on request, ports. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "datapath/stats_memory.h"
#include "datapath/upcall_ring.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"
#include "tests/unit/datapath/harness.h"

#define UDP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"

struct fixture {
    struct datapath *dp;
    struct test_port *p1, *p2, *p3;
    uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t len;
    struct upcall_consumer *consumer;
    struct dp_upcall upcall;
};

static int set_up(void **state)
{
    struct fixture *f = aligned_alloc(64, sizeof *f);
    memset(f, 0, sizeof *f);
    f->dp = harness_create(1000, 2048, 0);
    f->p1 = harness_add_port(f->dp, 1, 0, 0);
    f->p2 = harness_add_port(f->dp, 2, 0, 0);
    f->p3 = harness_add_port(f->dp, 3, 0, 0);
    f->len = harness_packet(UDP, 100, f->bytes, sizeof f->bytes);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    upcall_consumer_destroy(f->consumer);
    harness_destroy(f->dp);
    free(f);
    return 0;
}

/* Attaches as a control program with one handler. */
static void attach(struct fixture *f)
{
    int *fds, *bells;
    char *error;
    assert_int_equal(datapath_upcalls_open(f->dp, 1, &fds, &bells), 0);
    upcall_consumer_destroy(f->consumer);
    f->consumer = upcall_consumer_create(fds[0], &error);
    assert_non_null(f->consumer);
    free(fds);
    free(bells);
}

static void receive(struct fixture *f, struct test_port *port, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        harness_receive(port, f->bytes, f->len, NULL);
    }
    while (datapath_poll(f->dp)) {
    }
}

static void misses(void **state)
{
    struct fixture *f = *state;
    struct dp_totals totals;
    receive(f, f->p1, 1);
    assert_int_equal(harness_drops(f->dp, DROP_NO_CONTROL), 1);

    attach(f);
    receive(f, f->p1, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(upcall_consumer_next(f->consumer, &f->upcall));
        assert_int_equal(f->upcall.kind, DP_UPCALL_MISS);
        assert_int_equal(f->upcall.key.in_port, 1);
        assert_int_equal(f->upcall.key.tp_dst, htons(2000));
        assert_int_equal(f->upcall.packet_len, f->len);
        assert_memory_equal(f->upcall.packet, f->bytes, f->len);
    }
    assert_false(upcall_consumer_next(f->consumer, &f->upcall));
    upcall_consumer_release(f->consumer, 3);

    /* What the control program answers: a flow, and the packet back. */
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)," UDP, "2");
    for (int i = 0; i < 5; i++) {
        receive(f, f->p1, 1);
    }
    assert_int_equal(f->p2->n_sent, 5);
    assert_false(upcall_consumer_next(f->consumer, &f->upcall));
    datapath_totals(f->dp, &totals);
    assert_int_equal(totals.n_hit, 5);
    assert_int_equal(totals.n_missed, 4);
    assert_int_equal(totals.n_lost, 1);
    assert_int_equal(totals.n_flows, 1);
    assert_int_equal(totals.n_masks, 1);
    assert_int_equal(totals.n_ports, 3);
    assert_int_equal(totals.n_cache_hit, 4);

    /* The action sends its user data, and what is asked for of the packet. */
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)," UDP,
                 "trunc(40),userspace(pid=0,userdata(0102ff)),3");
    receive(f, f->p1, 1);
    assert_true(upcall_consumer_next(f->consumer, &f->upcall));
    assert_int_equal(f->upcall.kind, DP_UPCALL_ACTION);
    assert_int_equal(f->upcall.userdata_len, 3);
    assert_memory_equal(f->upcall.userdata, "\x01\x02\xff", 3);
    assert_int_equal(f->upcall.packet_len, 40);
    assert_int_equal(f->upcall.full_len, f->len);
    assert_int_equal(f->p3->n_sent, 1);
    assert_int_equal(f->p3->sent[0].len, f->len);
    upcall_consumer_release(f->consumer, 1);
}

static void attaching(void **state)
{
    struct fixture *f = *state;
    int *fds, *bells;
    assert_int_equal(datapath_upcalls_open(f->dp, 0, &fds, &bells), EINVAL);
    assert_int_equal(datapath_upcalls_open(f->dp, 1000, &fds, &bells), EINVAL);
    attach(f);
    assert_int_equal(datapath_upcalls_open(f->dp, 1, &fds, &bells), EBUSY);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "2");

    /* The control program dies: flows live on, misses are lost; another one attaches. */
    datapath_upcalls_close(f->dp);
    receive(f, f->p1, 1);
    assert_int_equal(f->p2->n_sent, 1);
    receive(f, f->p3, 1);
    assert_int_equal(harness_drops(f->dp, DROP_NO_CONTROL), 1);
    attach(f);
    receive(f, f->p3, 1);
    assert_true(upcall_consumer_next(f->consumer, &f->upcall));
    assert_int_equal(f->upcall.key.in_port, 3);
}

/* A storm of misses from one port takes its share of the ring, and leaves the cached flows and the
 * misses of others alone. */
static void quota(void **state)
{
    struct fixture *f = *state;
    unsigned int n[4] = { 0 };
    attach(f);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(2)", "3");
    for (int round = 0; round < 400; round++) {
        receive(f, f->p1, 32);
    }
    assert_true(harness_drops(f->dp, DROP_UPCALL_QUOTA) > 1000);
    assert_int_equal(harness_drops(f->dp, DROP_UPCALL_QUEUE_FULL), 0);
    receive(f, f->p3, 10);
    receive(f, f->p2, 10);
    assert_int_equal(f->p3->n_sent, 10);
    while (upcall_consumer_next(f->consumer, &f->upcall)) {
        n[f->upcall.key.in_port]++;
    }
    assert_int_equal(n[3], 10);
    assert_true(n[1] > 500);
    assert_int_equal(n[1] + harness_drops(f->dp, DROP_UPCALL_QUOTA), 12800);

    /* Packets so large that even one port's share does not hold many: the ring is full for all when
     * ports have it. */
    upcall_consumer_release(f->consumer, n[1] + n[3]);
    f->len = harness_packet(UDP, 60000, f->bytes, sizeof f->bytes);
    for (uint32_t no = 100; no < 160; no++) {
        receive(f, harness_add_port(f->dp, no, 0, 0), 1);
    }
    assert_true(harness_drops(f->dp, DROP_UPCALL_QUEUE_FULL) > 0);
}

static void flow_statistics(void **state)
{
    struct fixture *f = *state;
    struct dp_flow flow;
    struct uuid ufid = harness_ufid(1);
    clock_stop();
    clock_warp(5000);
    uint32_t id = harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "2");
    assert_true(datapath_flow_get(f->dp, &ufid, &flow));
    assert_int_equal(flow.stats.packets, 0);
    assert_int_equal(flow.stats.used_ms, 0);
    receive(f, f->p1, 7);
    assert_true(datapath_flow_get(f->dp, &ufid, &flow));
    assert_int_equal(flow.id, id);
    assert_int_equal(flow.stats.packets, 7);
    assert_int_equal(flow.stats.bytes, 7 * f->len);
    assert_int_equal(flow.stats.used_ms, clock_ms());
    assert_int_equal(flow.stats.tcp_flags, 0);

    f->len =
        harness_packet("eth(),eth_type(0x0800),ipv4(src=1.2.3.4,proto=6,frag=no),tcp(src=1,dst=2),"
                       "tcp_flags(syn|psh)",
                       0, f->bytes, sizeof f->bytes);
    receive(f, f->p1, 1);
    assert_true(datapath_flow_get(f->dp, &ufid, &flow));
    assert_int_equal(flow.stats.tcp_flags, TCP_SYN | TCP_PSH);

    /* As a client sees it: read-only, and never writable. */
    int fd = datapath_stats_memfd(f->dp);
    struct stats_memory_header header;
    assert_int_equal(pread(fd, &header, sizeof header, 0), sizeof header);
    assert_int_equal(header.magic, STATS_MEMORY_MAGIC);
    size_t size = stats_memory_size(header.n_rows, header.max_flows);
    assert_ptr_equal(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    void *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(base, MAP_FAILED);
    assert_int_equal(stats_memory_row(base, header.max_flows, 0)[id].packets, 8);
    munmap(base, size);

    /* Modifying keeps them, asking for new ones gives a new id, deleting tells the last. */
    struct actions list = ACTIONS_INIT;
    actions_put_output(&list, 3);
    struct dp_op op = { .type = DP_OP_FLOW_PUT, .ufid = ufid, .flags = DP_PUT_MODIFY,
                        .actions = list.data, .actions_size = list.size };
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    assert_int_equal(op.stats.packets, 8);
    assert_int_equal(op.flow_id, id);
    op.flags |= DP_PUT_ZERO_STATS;
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    assert_int_equal(op.stats.packets, 8);
    assert_int_not_equal(op.flow_id, id);
    receive(f, f->p1, 2);
    assert_int_equal(f->p3->n_sent, 2);
    op.type = DP_OP_FLOW_DEL;
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    assert_int_equal(op.stats.packets, 2);
    assert_false(datapath_flow_get(f->dp, &ufid, &flow));

    /* A new flow with an old id starts from zero. */
    datapath_flow_flush(f->dp);
    for (uint32_t i = 0; i < 1000; i++) {
        struct flow key, mask;
        flow_init(&key);
        key.in_port = i;
        flow_mask_init(&mask);
        FLOW_MASK_FIELD(&mask, in_port);
        FLOW_MASK_FIELD(&mask, recirc_id);
        op = (struct dp_op){.type = DP_OP_FLOW_PUT,
                            .ufid = harness_ufid(i),
                            .flags = DP_PUT_CREATE,
                            .key = &key,
                            .mask = &mask};
        datapath_operate(f->dp, &op);
        assert_int_equal(op.error, 0);
        ufid = harness_ufid(i);
        assert_true(datapath_flow_get(f->dp, &ufid, &flow));
        assert_int_equal(flow.stats.packets, 0);
    }
    actions_destroy(&list);
}

static bool count_flow(void *n_, const struct dp_flow *flow)
{
    unsigned int *n = n_;
    ++*n;
    assert_int_equal(flow->mask->in_port, UINT32_MAX);
    return *n % 10;
}

static void dump(void **state)
{
    struct fixture *f = *state;
    char match[64];
    for (uint32_t i = 0; i < 55; i++) {
        snprintf(match, sizeof match, "recirc_id(0),in_port(%u)", i);
        harness_flow(f->dp, i, match, "2");
    }
    unsigned int n = 0, n_calls = 0;
    for (uint32_t cursor = 0; cursor != DP_FLOW_NONE; n_calls++) {
        cursor = datapath_flow_dump(f->dp, cursor, count_flow, &n);
    }
    assert_int_equal(n, 55);
    assert_int_equal(n_calls, 6);
    datapath_flow_flush(f->dp);
    assert_int_equal(datapath_flow_dump(f->dp, 0, count_flow, &n), DP_FLOW_NONE);
    assert_int_equal(n, 55);
}

/* Carries out actions on the fixture's packet; the result. */
static int execute(struct fixture *f, const char *actions, uint32_t packet_len,
                   const struct dp_offload *offload)
{
    struct actions list = ACTIONS_INIT;
    struct flow key;
    char *error = actions_parse_text(actions, NULL, &list);
    assert_null(error);
    flow_init(&key);
    key.in_port = 1;
    key.pkt_mark = 9;
    struct dp_op op = {.type = DP_OP_EXECUTE,
                       .key = &key,
                       .actions = list.data,
                       .actions_size = list.size,
                       .packet = f->bytes,
                       .packet_len = packet_len,
                       .offload = offload};
    datapath_operate(f->dp, &op);
    actions_destroy(&list);
    return op.error;
}

static void execute_on_request(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(execute(f, "2", f->len, NULL), 0);
    assert_int_equal(f->p2->n_sent, 1);
    assert_memory_equal(f->p2->sent[0].bytes, f->bytes, f->len);
    assert_int_equal(f->p2->sent[0].packet.pkt_mark, 9);

    /* It meets the flows when it recirculates. */
    harness_flow(f->dp, 1, "recirc_id(0x5),in_port(1),skb_mark(0x9)", "3");
    assert_int_equal(execute(f, "recirc(0x5)", f->len, NULL), 0);
    assert_int_equal(f->p3->n_sent, 1);

    /* Large, with a tail; too large; too short; with a debt that is none. */
    f->len = harness_packet(UDP, 60000, f->bytes, sizeof f->bytes);
    harness_clear(f->p2);
    assert_int_equal(execute(f, "2", f->len, NULL), 0);
    assert_memory_equal(f->p2->sent[0].bytes, f->bytes, f->len);
    assert_int_equal(execute(f, "2", PACKET_MAX_SIZE + 1, NULL), EINVAL);
    assert_int_equal(execute(f, "2", 5, NULL), 0);
    assert_int_equal(harness_drops(f->dp, DROP_PARSE_TOO_SHORT), 1);
    const struct dp_offload bad = { PACKET_NEEDS_CSUM, 0, 0, 0, 60000, 2 };
    assert_int_equal(execute(f, "2", 100, &bad), 0);
    assert_int_equal(harness_drops(f->dp, DROP_BAD_OFFLOAD), 1);
    assert_int_equal(f->p2->n_sent, 1);

    struct flow key;
    flow_init(&key);
    struct dp_op op = { .type = DP_OP_EXECUTE, .key = &key, .actions = "?", .actions_size = 1,
                        .packet = f->bytes, .packet_len = 100 };
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, EINVAL);
    op = (struct dp_op) { .type = DP_OP_EXECUTE, .packet = f->bytes, .packet_len = 100 };
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, EINVAL);
    op = (struct dp_op) { .type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE };
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, EINVAL);
    op.type = 77;
    op.error = 0;
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, EINVAL);
}

static int add(struct datapath *dp, const char *name, const char *type, uint32_t *no)
{
    struct smap options = SMAP_INIT;
    char *error = NULL;
    if (!strcmp(name, "broken")) {
        smap_set(&options, "fail", "true");
    }
    int e = datapath_port_add(dp, name, type, &options, no, &error);
    assert_int_equal(!e, !error);
    free(error);
    smap_destroy(&options);
    return e;
}

static void ports(void **state)
{
    struct fixture *f = *state;
    uint32_t no = DP_PORT_NONE, cursor = 0, n = 0;
    assert_int_equal(add(f->dp, "x", "no such type", &no), EINVAL);
    assert_int_equal(add(f->dp, "", "test", &no), EINVAL);
    assert_int_equal(add(f->dp, "0123456789012345678901234567890123456789012345678901234567890123",
                         "test", &no), EINVAL);
    assert_int_equal(add(f->dp, "broken", "test", &no), ENODEV);
    assert_int_equal(add(f->dp, "p1", "test", &no), EEXIST);
    assert_int_equal(no, DP_PORT_NONE);
    assert_int_equal(add(f->dp, "x", "test", &no), 0);
    assert_int_equal(no, 4);
    assert_int_equal(add(f->dp, "y", "test", &no), EEXIST);
    no = DP_MAX_PORTS;
    assert_int_equal(add(f->dp, "y", "test", &no), EINVAL);
    no = DP_MAX_PORTS - 1;
    assert_int_equal(add(f->dp, "y", "test", &no), 0);
    no = 0;
    assert_int_equal(add(f->dp, "z", "test", &no), 0);
    assert_string_equal(datapath_port_find(f->dp, "y")->name, "y");
    assert_null(datapath_port_find(f->dp, "nobody"));
    assert_null(datapath_port_get(f->dp, 77));
    assert_null(datapath_port_get(f->dp, DP_PORT_NONE));

    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "4,65279");
    receive(f, f->p1, 3);
    struct dp_port_stats stats;
    datapath_port_stats(f->dp, datapath_port_get(f->dp, 4), &stats);
    assert_int_equal(stats.tx_packets, 3);
    assert_int_equal(stats.tx_bytes, 3 * f->len);
    datapath_port_stats(f->dp, f->p1->port, &stats);
    assert_int_equal(stats.rx_packets, 3);
    assert_int_equal(stats.rx_bytes, 3 * f->len);

    const uint32_t expected[] = { 0, 1, 2, 3, 4, DP_MAX_PORTS - 1 };
    for (struct port *port; (port = datapath_port_next(f->dp, &cursor)); n++) {
        assert_int_equal(port->no, expected[n]);
    }
    assert_int_equal(n, 6);
    assert_int_equal(datapath_port_del(f->dp, 4), 0);
    assert_int_equal(datapath_port_del(f->dp, 4), ENODEV);
    assert_int_equal(datapath_port_del(f->dp, DP_MAX_PORTS - 1), 0);
    receive(f, f->p1, 3);
    assert_int_equal(harness_drops(f->dp, DROP_NO_PORT), 6);
}

static void creation(void **state)
{
    char *error;
    struct datapath_config config = { .max_flows = 10, .n_frames = 100, .n_threads = 0 };
    assert_null(datapath_create(&config, &error));
    assert_non_null(error);
    free(error);
    config.n_threads = DATAPATH_MAX_THREADS + 1;
    assert_null(datapath_create(&config, &error));
    free(error);
    config = (struct datapath_config) { .max_flows = 0, .n_frames = 100, .manual = true };
    assert_null(datapath_create(&config, &error));
    free(error);
    config.max_flows = 10;
    struct datapath *dp = datapath_create(&config, &error);
    assert_non_null(dp);
    assert_int_equal(datapath_n_threads(dp), 0);
    assert_int_equal(datapath_set_n_threads(dp, 2), EINVAL);
    datapath_run(dp);
    datapath_quiesce(dp);
    datapath_destroy(dp);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(misses), TEST(attaching), TEST(quota), TEST(flow_statistics), TEST(dump),
        TEST(execute_on_request), TEST(ports), cmocka_unit_test(creation),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return n_failed;
}
