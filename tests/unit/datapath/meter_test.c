/* SPDX-License-Identifier: Apache-2.0 */
/* Meters by a clock that stands still unless it is moved. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/batch.h"
#include "datapath/meter_table.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/net/parse.h"
#include "tests/unit/datapath/harness.h"

#define MATCH "recirc_id(0),in_port(1)"
#define UDP_TOS(TOS)                                                             \
    "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),"         \
    "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=" TOS ",ttl=64,frag=no),udp(src=1000,dst=2000)"

enum { FRAME = 1000 /* bytes of each packet */ };

struct fixture {
    struct datapath *dp;
    struct test_port *p[3]; /* 1 and 2 */
    uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t len;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dp = harness_create(1000, 4096, 0);
    f->p[1] = harness_add_port(f->dp, 1, 0, 0);
    f->p[2] = harness_add_port(f->dp, 2, PORT_TX_CSUM | PORT_TX_TSO4, 0);
    f->len = harness_packet(UDP_TOS("0"), FRAME - 42, f->bytes, sizeof f->bytes);
    assert_int_equal(f->len, FRAME);
    harness_flow(f->dp, 1, MATCH, "meter(7),2");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    harness_destroy(f->dp);
    free(f);
    return 0;
}

static void set_meter(struct fixture *f, const struct dp_meter_config *config)
{
    assert_int_equal(meter_table_set(datapath_meters(f->dp), 7, config, clock_ns()), 0);
}

static struct dp_meter_stats get_stats(struct fixture *f)
{
    struct dp_meter_config config;
    struct dp_meter_stats stats;
    struct meter *m = meter_table_find(datapath_meters(f->dp), 7);
    assert_non_null(m);
    meter_get(m, clock_ns(), &config, &stats);
    return stats;
}

/* How many of 'n' packets pass at once. */
static unsigned int send_packets(struct fixture *f, unsigned int n)
{
    harness_clear(f->p[2]);
    for (unsigned int i = 0; i < n; i++) {
        harness_receive(f->p[1], f->bytes, f->len, NULL);
    }
    while (datapath_poll(f->dp)) {
    }
    return f->p[2]->n_sent;
}

/* No meter, no limit. */
static void unknown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(send_packets(f, 100), 100);
    harness_flow(f->dp, 1, MATCH, "meter(4294967295),2");
    assert_int_equal(send_packets(f, 100), 100);
    assert_int_equal(harness_drops(f->dp, DROP_METER), 0);
}

static void kbps(void **state)
{
    struct fixture *f = *state;
    const struct dp_meter_config config = {
        .flags = DP_METER_KBPS, .n_bands = 1, .bands = {{DP_METER_DROP, 80, 0, 0}}};
    set_meter(f, &config); /* ten packets a second, and as many at once */
    assert_int_equal(send_packets(f, 15), 10);
    assert_int_equal(send_packets(f, 5), 0);
    clock_warp(99);
    assert_int_equal(send_packets(f, 5), 0);
    clock_warp(1);
    assert_int_equal(send_packets(f, 5), 1);
    clock_warp(250);
    assert_int_equal(send_packets(f, 5), 2);
    clock_warp(50); /* with the rest of before */
    assert_int_equal(send_packets(f, 5), 1);
    clock_warp(1000000);
    assert_int_equal(send_packets(f, 50), 10);
    struct dp_meter_stats stats = get_stats(f);
    assert_int_equal(stats.packets, 90);
    assert_int_equal(stats.bytes, 90 * FRAME);
    assert_int_equal(stats.bands[0].packets, 90 - 24);
    assert_int_equal(stats.bands[0].bytes, (90 - 24) * FRAME);
    assert_int_equal(stats.duration_ns, 1000400ull * 1000000);
    assert_int_equal(harness_drops(f->dp, DROP_METER), 90 - 24);

    /* Set again: as at the beginning. */
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 15), 10);
    assert_int_equal(get_stats(f).packets, 15);
    assert_int_equal(meter_table_del(datapath_meters(f->dp), 7), 0);
    assert_int_equal(meter_table_del(datapath_meters(f->dp), 7), ENOENT);
    assert_int_equal(send_packets(f, 15), 15);
}

static void burst(void **state)
{
    struct fixture *f = *state;
    struct dp_meter_config config = {.flags = DP_METER_KBPS | DP_METER_BURST,
                                     .n_bands = 1,
                                     .bands = {{DP_METER_DROP, 80, 240, 0}}};
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 50), 30);
    clock_warp(1000);
    assert_int_equal(send_packets(f, 50), 10);
    config.bands[0].burst = 8;
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 50), 1);
    clock_warp(5000);
    assert_int_equal(send_packets(f, 50), 1);
    /* A burst that is not asked for, or of 0, is a second's. */
    config.bands[0].burst = 0;
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 50), 10);
    config = (struct dp_meter_config) {
        .flags = DP_METER_KBPS, .n_bands = 1, .bands = {{DP_METER_DROP, 80, 8, 0}}};
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 50), 10);
    /* A rate of 0 lets nothing pass; no band, all. */
    config.bands[0].rate = 0;
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 50), 0);
    config.n_bands = 0;
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 50), 50);
}

/* The greatest numbers do not overflow. */
static void extremes(void **state)
{
    struct fixture *f = *state;
    struct dp_meter_config config = {.flags = DP_METER_PKTPS | DP_METER_BURST,
                                     .n_bands = 2,
                                     .bands = {{DP_METER_DROP, UINT32_MAX, UINT32_MAX, 0},
                                               {DP_METER_DROP, 1, UINT32_MAX, 0}}};
    set_meter(f, &config);
    clock_warp(INT64_C(1) << 40);
    assert_int_equal(send_packets(f, 500), 500);
    config.flags = DP_METER_KBPS | DP_METER_BURST;
    set_meter(f, &config);
    clock_warp(INT64_C(1) << 40);
    assert_int_equal(send_packets(f, 500), 500);
    assert_int_equal(get_stats(f).bands[1].packets, 0);
}

/* Super-packets count as what they come to. */
static void pktps(void **state)
{
    struct fixture *f = *state;
    const struct dp_meter_config config = {
        .flags = DP_METER_PKTPS, .n_bands = 1, .bands = {{DP_METER_DROP, 20, 0, 0}}};
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 25), 20);
    clock_warp(100);
    assert_int_equal(send_packets(f, 25), 2);

    enum { HEADERS = 54, PAYLOAD = 8500, SEGMENT = 1000 };
    f->len = harness_packet("eth(),eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=6,ttl=64,frag=no),"
                            "tcp(src=1,dst=2)", PAYLOAD, f->bytes, sizeof f->bytes);
    assert_int_equal(f->len, HEADERS + PAYLOAD);
    const struct dp_offload like = {.offload = PACKET_NEEDS_CSUM, .gso_type = PACKET_GSO_TCPV4,
                                    .gso_size = SEGMENT, .hdr_len = HEADERS, .csum_start = 34,
                                    .csum_offset = 16};
    set_meter(f, &config);
    harness_clear(f->p[2]);
    for (int i = 0; i < 3; i++) {
        harness_receive(f->p[1], f->bytes, f->len, &like);
    }
    datapath_poll(f->dp);
    assert_int_equal(f->p[2]->n_sent, 2); /* nine segments each */
    struct dp_meter_stats stats = get_stats(f);
    assert_int_equal(stats.packets, 27);
    assert_int_equal(stats.bytes, 3 * (HEADERS + PAYLOAD));
    assert_int_equal(stats.bands[0].packets, 9);
    assert_int_equal(stats.bands[0].bytes, HEADERS + PAYLOAD);
}

static unsigned int n_sent_with_tos(const struct fixture *f, uint8_t tos)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < f->p[2]->n_sent; i++) {
        struct flow key;
        struct packet p;
        const struct sent *s = &f->p[2]->sent[i];
        packet_use(&p, s->bytes, s->len, 0, s->len);
        assert_int_equal(parse_packet(&p, &key), PARSE_OK);
        n += key.nw_tos == tos;
    }
    return n;
}

/* Of the bands that are exceeded, that of the highest rate counts, in whatever order they are given. */
static void bands(void **state)
{
    struct fixture *f = *state;
    f->len = harness_packet(UDP_TOS("0x28"), FRAME - 42, f->bytes, sizeof f->bytes); /* AF11 */
    const struct dp_meter_config config = {.flags = DP_METER_PKTPS,
                                           .n_bands = 3,
                                           .bands = {{DP_METER_DSCP_REMARK, 20, 0, 2},
                                                     {DP_METER_DROP, 30, 0, 0},
                                                     {DP_METER_DSCP_REMARK, 10, 0, 1}}};
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 64), 30);
    assert_int_equal(n_sent_with_tos(f, 0x28), 10);
    assert_int_equal(n_sent_with_tos(f, 0x30), 10); /* AF12 */
    assert_int_equal(n_sent_with_tos(f, 0x38), 10); /* AF13 */
    struct dp_meter_stats stats = get_stats(f);
    assert_int_equal(stats.packets, 64);
    assert_int_equal(stats.bands[0].packets, 10);
    assert_int_equal(stats.bands[1].packets, 34);
    assert_int_equal(stats.bands[2].packets, 10);
    assert_int_equal(harness_drops(f->dp, DROP_METER), 34);

    /* Remarking a packet that others hold, too. */
    set_meter(f, &config);
    assert_int_equal(send_packets(f, 10), 10);
    harness_flow(f->dp, 1, MATCH, "clone(2),meter(7),2");
    assert_int_equal(send_packets(f, 1), 2);
    assert_int_equal(n_sent_with_tos(f, 0x28), 1);
    assert_int_equal(n_sent_with_tos(f, 0x30), 1);
}

/* Two meters in a row: what the first one drops, the second one does not see. */
static void chained(void **state)
{
    struct fixture *f = *state;
    struct dp_meter_config config = {
        .flags = DP_METER_PKTPS, .n_bands = 1, .bands = {{DP_METER_DROP, 20, 0, 0}}};
    assert_int_equal(meter_table_set(datapath_meters(f->dp), 8, &config, clock_ns()), 0);
    config.bands[0].rate = 10;
    set_meter(f, &config);
    harness_flow(f->dp, 1, MATCH, "meter(8),meter(7),2");
    assert_int_equal(send_packets(f, 32), 10);
    assert_int_equal(get_stats(f).packets, 20);
    harness_flow(f->dp, 1, MATCH, "meter(7)");
    clock_warp(1000);
    uint64_t drops = harness_drops(f->dp, DROP_EXPLICIT);
    assert_int_equal(send_packets(f, 32), 0);
    assert_int_equal(harness_drops(f->dp, DROP_EXPLICIT) - drops, 10); /* the others exceeded */
}

/* Threads that share a meter together get no more than one would. */

enum { N_THREADS = 4, N_ROUNDS = 20000 };

struct runner {
    pthread_t thread;
    struct meter *meter;
    struct packet packet;
    unsigned int n_passed;
};

static void *run_meter(void *runner_)
{
    struct runner *r = runner_;
    struct packet *batch[BATCH_MAX];
    struct meter_verdict verdicts[BATCH_MAX];
    for (int i = 0; i < BATCH_MAX; i++) {
        batch[i] = &r->packet;
    }
    for (int i = 0; i < N_ROUNDS; i++) {
        meter_run(r->meter, i * 1000, batch, BATCH_MAX, verdicts);
        for (int j = 0; j < BATCH_MAX; j++) {
            r->n_passed += verdicts[j].type == METER_PASS;
        }
    }
    return NULL;
}

static void threads(void **state)
{
    static uint8_t frame[100];
    struct runner runners[N_THREADS];
    struct meter_table *t = meter_table_create();
    const struct dp_meter_config config = {
        .flags = DP_METER_PKTPS, .n_bands = 1, .bands = {{DP_METER_DROP, 1000000, 0, 0}}};
    unsigned int n_passed = 0;
    assert_int_equal(meter_table_set(t, 1, &config, 0), 0);
    for (int i = 0; i < N_THREADS; i++) {
        runners[i] = (struct runner) {.meter = meter_table_find(t, 1)};
        packet_use(&runners[i].packet, frame, sizeof frame, 0, sizeof frame);
        assert_false(pthread_create(&runners[i].thread, NULL, run_meter, &runners[i]));
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(runners[i].thread, NULL);
        n_passed += runners[i].n_passed;
    }
    /* A second's bucket, and a packet for each microsecond. */
    assert_in_range(n_passed, 1000000, 1000000 + N_ROUNDS);
    struct dp_meter_config read;
    struct dp_meter_stats stats;
    meter_get(meter_table_find(t, 1), N_ROUNDS * 1000, &read, &stats);
    assert_int_equal(stats.packets, N_THREADS * N_ROUNDS * BATCH_MAX);
    assert_int_equal(stats.bands[0].packets, stats.packets - n_passed);
    meter_table_destroy(t);
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
        cmocka_unit_test_setup_teardown(unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kbps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(burst, set_up, tear_down),
        cmocka_unit_test_setup_teardown(extremes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pktps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chained, set_up, tear_down),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
