/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of ports and their queues, by a clock that stands still unless it is moved. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/bucket.h"
#include "lib/base/clock.h"
#include "lib/base/rcu.h"
#include "tests/unit/datapath/harness.h"

#define UDP                                                                                        \
    "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),"                           \
    "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"
#define TCP                                                                                        \
    "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),"                           \
    "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1000,dst=2000)"

/* 1,000 bytes: 8,000 bits. */
enum { FRAME = 1000, BITS = 8 * FRAME };

/* What arrives on ports 1, 3 and 4 leaves by port 2: by no queue, by queue 1, by queue 2. */
struct fixture {
    struct datapath *dp;
    struct test_port *p[5];
    uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t len;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dp = harness_create(1000, 4096, 0);
    for (uint32_t i = 1; i <= 4; i++) {
        f->p[i] = harness_add_port(f->dp, i, PORT_TX_CSUM | PORT_TX_TSO4, 0);
    }
    f->len = harness_packet(UDP, FRAME - 42, f->bytes, sizeof f->bytes);
    assert_int_equal(f->len, FRAME);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "2");
    harness_flow(f->dp, 3, "recirc_id(0),in_port(3)", "set(skb_priority(0x10002)),2");
    harness_flow(f->dp, 4, "recirc_id(0),in_port(4)", "set(skb_priority(0x10003)),2");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    harness_check_frames(f->dp);
    harness_destroy(f->dp);
    free(f);
    return 0;
}

static unsigned int send_packets(struct fixture *f, unsigned int from, unsigned int n)
{
    harness_clear(f->p[2]);
    for (unsigned int i = 0; i < n; i++) {
        harness_receive(f->p[from], f->bytes, f->len, NULL);
    }
    while (datapath_poll(f->dp)) {
    }
    return f->p[2]->n_sent;
}

static void set(struct fixture *f, uint32_t no, const struct dp_port_qos *qos)
{
    assert_int_equal(datapath_port_set_qos(f->dp, no, qos), 0);
}

static struct dp_port_stats port_stats(struct fixture *f, uint32_t no)
{
    struct dp_port_stats stats;
    datapath_port_stats(f->dp, f->p[no]->port, &stats);
    return stats;
}

static void ingress(void **state)
{
    struct fixture *f = *state;
    set(f, 1, &(struct dp_port_qos) { .in_rate = 10 * BITS, .in_burst = 20 * BITS });
    assert_int_equal(send_packets(f, 1, 50), 20);
    clock_warp(99);
    assert_int_equal(send_packets(f, 1, 5), 0);
    clock_warp(1);
    assert_int_equal(send_packets(f, 1, 5), 1);
    clock_warp(550);
    assert_int_equal(send_packets(f, 1, 10), 5);
    clock_warp(50); /* with the rest of before */
    assert_int_equal(send_packets(f, 1, 5), 1);
    clock_warp(100000);
    assert_int_equal(send_packets(f, 1, 50), 20);
    assert_int_equal(send_packets(f, 3, 50), 50); /* another port's are not limited */
    unsigned int lost = 50 + 5 + 5 + 10 + 5 + 50 - (20 + 1 + 5 + 1 + 20);
    assert_int_equal(harness_drops(f->dp, DROP_INGRESS_POLICING), lost);
    assert_int_equal(port_stats(f, 1).rx_dropped, lost);

    set(f, 1, &(struct dp_port_qos) { .in_rate = 0 });
    assert_int_equal(send_packets(f, 1, 50), 50);
}

static void ingress_packets(void **state)
{
    struct fixture *f = *state;
    set(f, 1, &(struct dp_port_qos) { .in_packet_rate = 1000, .in_packet_burst = 2000 });
    assert_int_equal(send_packets(f, 1, 2100), 2000);
    clock_warp(7);
    assert_int_equal(send_packets(f, 1, 50), 7);

    /* Both limits: what one refuses takes nothing from the other. */
    set(f, 1, &(struct dp_port_qos) { .in_rate = BITS, .in_burst = BITS, .in_packet_rate = 1000, .in_packet_burst = 10 });
    clock_warp(1000);
    assert_int_equal(send_packets(f, 1, 50), 1);
    set(f, 1, &(struct dp_port_qos) { .in_packet_rate = 1000, .in_packet_burst = 10 });
    assert_int_equal(send_packets(f, 1, 50), 9);
}

static void policer(void **state)
{
    struct fixture *f = *state;
    /* A thousand bytes of IP a second, without the Ethernet header. */
    set(f, 2, &(struct dp_port_qos) { .rate = 8 * (FRAME - 14), .burst = 16 * (FRAME - 14), .uncounted = 14 });
    assert_int_equal(send_packets(f, 1, 50), 2);
    clock_warp(1000);
    assert_int_equal(send_packets(f, 1, 50), 1);
    assert_int_equal(harness_drops(f->dp, DROP_QOS), 97);
    assert_int_equal(port_stats(f, 2).tx_dropped, 97);
    assert_int_equal(port_stats(f, 2).tx_packets, 3);
    struct dp_queue_stats *stats;
    size_t n;
    assert_int_equal(datapath_port_queue_stats(f->dp, 2, &stats, &n), 0);
    assert_int_equal(n, 0);
    free(stats);
}

static void expect_queue(struct fixture *f, size_t at, size_t n_queues, uint32_t id, uint64_t packets, uint64_t dropped)
{
    struct dp_queue_stats *stats;
    size_t n;
    assert_int_equal(datapath_port_queue_stats(f->dp, 2, &stats, &n), 0);
    assert_int_equal(n, n_queues);
    assert_int_equal(stats[at].id, id);
    assert_int_equal(stats[at].packets, packets);
    assert_int_equal(stats[at].bytes, packets * FRAME);
    assert_int_equal(stats[at].dropped, dropped);
    free(stats);
}

static void queues(void **state)
{
    struct fixture *f = *state;
    const struct dp_queue two[] = { { 0, 0, 0, 0 }, { 1, 0, 10 * BITS, 10 * BITS } };
    set(f, 2, &(struct dp_port_qos) { .queues = two, .n_queues = 2 });
    assert_int_equal(send_packets(f, 1, 50), 50); /* no limit, but counted */
    assert_int_equal(send_packets(f, 3, 50), 10);
    assert_int_equal(send_packets(f, 4, 7), 7); /* there is no queue 2: by queue 0 */
    expect_queue(f, 0, 2, 0, 57, 0);
    expect_queue(f, 1, 2, 1, 10, 40);

    /* Other limits, and one more queue: counters go on, and so do buckets. */
    const struct dp_queue three[] = { { 0, 0, 0, 0 }, { 1, 0, 20 * BITS, 40 * BITS }, { 2, 0, BITS, BITS } };
    set(f, 2, &(struct dp_port_qos) { .queues = three, .n_queues = 3 });
    assert_int_equal(send_packets(f, 3, 5), 0);
    clock_warp(100);
    assert_int_equal(send_packets(f, 3, 5), 2);
    assert_int_equal(send_packets(f, 4, 7), 1);
    expect_queue(f, 1, 3, 1, 12, 48);
    expect_queue(f, 2, 3, 2, 1, 6);

    struct dp_queue_stats *stats;
    size_t n;
    assert_int_equal(datapath_port_queue_stats(f->dp, 2, &stats, &n), 0);
    assert_int_equal(stats[0].duration_ns, 100 * 1000000);
    assert_int_equal(stats[2].duration_ns, 100 * 1000000);
    free(stats);

    /* Without queue 0 the rest leaves by none. */
    set(f, 2, &(struct dp_port_qos) { .queues = &two[1], .n_queues = 1 });
    assert_int_equal(send_packets(f, 4, 7), 7);
    expect_queue(f, 0, 1, 1, 12, 48);
}

/* The port's rate is shared, but a queue's guarantee is kept. */
static void guarantee(void **state)
{
    struct fixture *f = *state;
    const struct dp_queue queues[] = { { 0, 0, 0, 0 }, { 1, 4 * BITS, 0, 4 * BITS } };
    set(f, 2, &(struct dp_port_qos) { .rate = 10 * BITS, .burst = 10 * BITS, .queues = queues, .n_queues = 2 });
    assert_int_equal(send_packets(f, 1, 50), 10); /* all is used up */
    assert_int_equal(send_packets(f, 3, 50), 4);  /* but for the guarantee */
    unsigned int n0 = 0, n1 = 0;
    for (int i = 0; i < 100; i++) {
        clock_warp(100);
        n0 += send_packets(f, 1, 5);
        n1 += send_packets(f, 3, 5);
    }
    assert_in_range(n0 + n1, 100 - 4, 100 - 3); /* ten seconds of the port's rate, and the debt paid, perhaps but for the last */
    assert_in_range(n1, 40, 42);

    /* Alone it gets all that the port can. */
    n1 = 0;
    for (int i = 0; i < 100; i++) {
        clock_warp(100);
        n1 += send_packets(f, 3, 5);
    }
    assert_in_range(n1, 99, 101);
}

/* A super-packet that is larger than the bucket passes a full one, and is paid for afterwards. */
static void super_packets(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[54 + 20000];
    uint32_t len = harness_packet(TCP, 20000, bytes, sizeof bytes);
    const struct dp_offload debt = { .offload = PACKET_NEEDS_CSUM, .gso_type = PACKET_GSO_TCPV4, .gso_size = 1000,
                                     .hdr_len = 54, .csum_start = 34, .csum_offset = 16 };
    const struct dp_queue queue = { 0, 0, 8 * 20054, BITS };
    assert_int_equal(len, 20054);
    set(f, 2, &(struct dp_port_qos) { .queues = &queue, .n_queues = 1 });
    for (int i = 0; i < 3; i++) {
        harness_receive(f->p[1], bytes, len, &debt);
    }
    while (datapath_poll(f->dp)) {
    }
    assert_int_equal(f->p[2]->n_sent, 1);
    unsigned int n = 0;
    for (int i = 0; i < 1000; i++) {
        clock_warp(10);
        harness_clear(f->p[2]);
        harness_receive(f->p[1], bytes, len, &debt);
        while (datapath_poll(f->dp)) {
        }
        n += f->p[2]->n_sent;
    }
    assert_in_range(n, 9, 10); /* one a second */
    struct dp_queue_stats *stats;
    size_t n_queues;
    assert_int_equal(datapath_port_queue_stats(f->dp, 2, &stats, &n_queues), 0);
    assert_int_equal(stats->packets, 20 * (n + 1)); /* as segments */
    assert_int_equal(stats->bytes, (uint64_t) len * (n + 1));
    free(stats);
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    struct dp_queue_stats *stats;
    size_t n;
    const struct dp_queue disorder[] = { { 2, 0, 0, 0 }, { 2, 0, 0, 0 } };
    const struct dp_queue large = { DP_QOS_MAX_QUEUE_ID, 0, 0, 0 };
    assert_int_equal(datapath_port_set_qos(f->dp, 2, &(struct dp_port_qos) { .queues = disorder, .n_queues = 2 }), EINVAL);
    assert_int_equal(datapath_port_set_qos(f->dp, 2, &(struct dp_port_qos) { .queues = &large, .n_queues = 1 }), EINVAL);
    assert_int_equal(datapath_port_set_qos(f->dp, 2, &(struct dp_port_qos) { .queues = disorder, .n_queues = DP_QOS_MAX_QUEUES + 1 }),
                     EINVAL);
    assert_int_equal(datapath_port_set_qos(f->dp, 99, &(struct dp_port_qos) { .n_queues = 0 }), ENODEV);
    assert_int_equal(datapath_port_queue_stats(f->dp, 99, &stats, &n), ENODEV);
    assert_int_equal(send_packets(f, 1, 50), 50);
}

/* The extremes of a bucket: nothing overflows. */
static void extremes(void **state)
{
    struct bucket b = { .rate = 0 };
    bucket_set(&b, UINT64_MAX, UINT64_MAX, 5);
    for (int i = 0; i < 100; i++) {
        bucket_take(&b, UINT32_MAX);
    }
    assert_true(b.tokens < 0);
    assert_true(!bucket_fits(&b, 1));
    bucket_fill(&b, 4); /* not backwards */
    assert_true(b.tokens < 0);
    bucket_fill(&b, UINT64_MAX);
    assert_int_equal(b.tokens, b.size);
    bucket_set(&b, 1, 0, UINT64_MAX); /* the least */
    assert_int_equal(b.tokens, BUCKET_TOKENS_PER_UNIT);
    assert_true(bucket_fits(&b, 1000));
    bucket_take(&b, 1000);
    assert_int_equal(b.tokens, -999 * BUCKET_TOKENS_PER_UNIT);
}

static int start(void **state)
{
    rcu_thread_start();
    clock_stop();
    return 0;
}

static int stop(void **state)
{
    rcu_barrier_wait();
    rcu_thread_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ingress, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ingress_packets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(policer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(queues, set_up, tear_down),
        cmocka_unit_test_setup_teardown(guarantee, set_up, tear_down),
        cmocka_unit_test_setup_teardown(super_packets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
