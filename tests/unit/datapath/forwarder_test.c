/* SPDX-License-Identifier: Apache-2.0 */
/* Forwarding threads at work: while flows and ports come and go, none is disturbed that has nothing
 * to do with it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "datapath/upcall_ring.h"
#include "datapath/meter_table.h"
#include "datapath/select_table.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "tests/unit/datapath/harness.h"

#define UDP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"

static uint8_t bytes[2048];
static uint32_t len;

/* Lets the threads work. The test fails after a time in which any machine would have done it. */
static void rest(int64_t deadline)
{
    assert_true(clock_real_ms() < deadline);
    rcu_offline();
    nanosleep(&(struct timespec) { 0, 100000 }, NULL);
    rcu_online();
}

/* Waits until the port has sent 'n' packets in all. */
static void await_sent(const struct test_port *port, uint64_t n)
{
    int64_t deadline = clock_real_ms() + 60000;
    while (__atomic_load_n(&port->n_sent_total, __ATOMIC_RELAXED) < n) {
        rest(deadline);
    }
}

static void await_drained(struct test_port *port)
{
    int64_t deadline = clock_real_ms() + 60000;
    while (!harness_is_drained(port)) {
        rest(deadline);
    }
}

static uint64_t sent(const struct test_port *port)
{
    return __atomic_load_n(&port->n_sent_total, __ATOMIC_RELAXED);
}

static void set_flood(struct test_port *port, bool on)
{
    __atomic_store_n(&port->flood, on, __ATOMIC_RELAXED);
}

static void forward(void **state)
{
    struct datapath *dp = harness_create(100, 4096, 2);
    struct test_port *p1 = harness_add_port(dp, 1, 0, 0), *p2 = harness_add_port(dp, 2, 0, 0);
    harness_flow(dp, 1, "recirc_id(0),in_port(1)", "2");
    harness_flow(dp, 2, "recirc_id(0),in_port(2)", "1");
    for (int i = 1; i <= 200; i++) {
        harness_receive(p1, bytes, len, NULL);
        harness_receive(p2, bytes, len, NULL);
        if (i % 20 == 0) {
            await_sent(p1, i);
            await_sent(p2, i);
        }
    }
    datapath_quiesce(dp);
    assert_int_equal(p1->n_sent, 200);
    assert_int_equal(p2->n_sent, 200);
    assert_memory_equal(p2->sent[199].bytes, bytes, len);
    harness_destroy(dp);
}

/* Traffic over two ports goes on while everything around it changes. */
static void changes_under_traffic(void **state)
{
    struct datapath *dp = harness_create(2000, 8192, 2);
    struct test_port *p1 = harness_add_port(dp, 1, 0, 0), *p2 = harness_add_port(dp, 2, 0, 0);
    harness_flow(dp, 1, "recirc_id(0),in_port(1)", "2");
    harness_flow(dp, 2, "recirc_id(0),in_port(2)", "1");
    set_flood(p1, true);
    set_flood(p2, true);
    harness_receive(p1, bytes, len, NULL);
    harness_receive(p2, bytes, len, NULL);
    await_sent(p2, 1000);
    for (int round = 0; round < 100; round++) {
        uint32_t no = 10 + round % 7;
        char match[64], actions[64];
        if (round >= 7) {
            set_flood(harness_port(dp, no), false);
            assert_int_equal(datapath_port_del(dp, no), 0);
        }
        struct test_port *p = harness_add_port(dp, no, 0, 0);
        snprintf(match, sizeof match, "recirc_id(0),in_port(%u),eth_type(0x0800)", no);
        snprintf(actions, sizeof actions, "clone(set(ipv4(ttl=%d)),recirc(0x%x)),%d", round + 1, no,
                 10 + (round + 3) % 7);
        harness_flow(dp, 100 + no, match, actions);
        snprintf(match, sizeof match, "recirc_id(0x%x),in_port(%u)", no, no);
        harness_flow(dp, 200 + no, match, "1,2");
        set_flood(p, true);
        harness_receive(p, bytes, len, NULL);
        harness_flow(dp, 1, "recirc_id(0),in_port(1)",
                     round % 2 ? "2" : "set(eth(src=00:00:00:00:00:05)),2");
        if (round % 3 == 0) {
            struct dp_op op = { .type = DP_OP_FLOW_DEL, .ufid = harness_ufid(200 + no) };
            datapath_operate(dp, &op);
            assert_int_equal(op.error, 0);
        }
        if (round % 10 == 0) {
            datapath_run(dp);
        }
        uint64_t n1 = sent(p1), n2 = sent(p2);
        await_sent(p1, n1 + 50);
        await_sent(p2, n2 + 50);
    }

    /* Another number of threads, under traffic. */
    assert_int_equal(datapath_set_n_threads(dp, 3), 0);
    assert_int_equal(datapath_n_threads(dp), 3);
    await_sent(p2, sent(p2) + 1000);
    assert_int_equal(datapath_set_n_threads(dp, 1), 0);
    await_sent(p2, sent(p2) + 1000);
    assert_int_equal(datapath_set_n_threads(dp, 0), EINVAL);

    struct dp_totals before, after;
    datapath_totals(dp, &before);
    assert_int_equal(before.drops[DROP_NO_BUFFER], 0);
    for (uint32_t no = 10; no < 17; no++) {
        set_flood(harness_port(dp, no), false);
        assert_int_equal(datapath_port_del(dp, no), 0);
    }
    set_flood(p1, false);
    set_flood(p2, false);
    datapath_totals(dp, &after);
    assert_true(after.n_hit >= before.n_hit);
    await_drained(p1);
    await_drained(p2);
    datapath_quiesce(dp);
    harness_destroy(dp);
}

/* An id after 'id' for a table that is in the same chain of the hash table as that of id 0: readers pass by those that go. */
static uint32_t next_in_chain(uint32_t id)
{
    do {
        id++;
    } while ((id * 0x9e3779b1u) >> 18);
    return id;
}

/* Select tables and meters come and go under the threads that use them; each packet finds a table, and all are counted. */
static void selects_under_traffic(void **state)
{
    static const uint16_t slots[5] = {0, 1, 0, 1, 1};
    struct datapath *dp = harness_create(100, 4096, 2);
    struct test_port *p1 = harness_add_port(dp, 1, 0, 0), *p2 = harness_add_port(dp, 2, 0, 0);
    const struct dp_meter_config meter = {
        .flags = DP_METER_PKTPS, .n_bands = 1, .bands = {{DP_METER_DROP, UINT32_MAX, 0, 0}}};
    struct dp_select select;
    uint32_t cursor = 0, id = 0, last = 0;
    for (uint32_t round = 0; round < 300; round++, last = id, id = next_in_chain(id)) {
        struct select_tables *t = datapath_selects(dp);
        char actions[100];
        assert_int_equal(select_tables_put(t, id, slots, 5, 2), 0);
        assert_int_equal(meter_table_set(datapath_meters(dp), 1, &meter, 0), 0);
        snprintf(actions, sizeof actions, "meter(1),select(table=%u,alg=l4,basis=%u,bucket(1),bucket(2))",
                 id, round);
        harness_flow(dp, 1, "recirc_id(0),in_port(1)", actions);
        harness_flow(dp, 2, "recirc_id(0),in_port(2)", actions);
        if (!round) {
            set_flood(p1, true);
            set_flood(p2, true);
            harness_receive(p1, bytes, len, NULL);
            harness_receive(p2, bytes, len, NULL);
        } else {
            assert_int_equal(select_tables_del(t, last), 0);
        }
        if (round % 7 == 0) {
            assert_int_equal(meter_table_del(datapath_meters(dp), 1), 0);
        }
        datapath_run(dp);
        int64_t deadline = clock_real_ms() + 60000;
        uint64_t n = sent(p1) + sent(p2);
        while (sent(p1) + sent(p2) < n + 100) {
            rest(deadline);
        }
    }
    set_flood(p1, false);
    set_flood(p2, false);
    await_drained(p1);
    await_drained(p2);
    datapath_quiesce(dp);
    for (int i = 0; i < 3; i++) {
        rcu_barrier_wait();
        datapath_run(dp);
    }
    assert_true(select_tables_next(datapath_selects(dp), &cursor, &select));
    assert_int_equal(select.id, last);
    assert_false(select_tables_next(datapath_selects(dp), &cursor, &select));
    assert_int_equal(harness_drops(dp, DROP_EXPLICIT), 0);
    harness_destroy(dp);
}

/* Each thread and the main one send their misses through rings of their own, and wake the
 * handlers. */
static void upcalls_from_threads(void **state)
{
    enum { N_HANDLERS = 2, N_THREADS = 2, N = 500 };
    struct datapath *dp = harness_create(100, 4096, N_THREADS);
    struct test_port *p1 = harness_add_port(dp, 1, 0, 0), *p2 = harness_add_port(dp, 2, 0, 0);
    int *fds, *bells;
    struct upcall_consumer *rings[(DATAPATH_MAX_THREADS + 1) * N_HANDLERS];
    struct dp_upcall *u = aligned_alloc(64, sizeof *u);
    char *error;
    assert_int_equal(datapath_upcalls_open(dp, N_HANDLERS, &fds, &bells), 0);
    const int n_rings = datapath_n_rings(dp) * N_HANDLERS;
    assert_true(n_rings >= (N_THREADS + 1) * N_HANDLERS);
    assert_int_equal(datapath_set_n_threads(dp, datapath_n_rings(dp)),
                     datapath_n_rings(dp) > DATAPATH_MAX_THREADS ? EINVAL : EBUSY);
    for (int i = 0; i < n_rings; i++) {
        rings[i] = upcall_consumer_create(fds[i], &error);
        assert_non_null(rings[i]);
    }
    unsigned int n = 0, n_sent = 0;
    int64_t deadline = clock_real_ms() + 60000;
    while (n < 2 * N) {
        if (n_sent < N) {
            bytes[34] = n_sent; /* source port: another connection */
            harness_receive(p1, bytes, len, NULL);
            harness_receive(p2, bytes, len, NULL);
            n_sent++;
        }
        if (n_sent % 100 == 0) {
            /* Threads come and go; their rings stay, and with them what is in these. */
            assert_int_equal(datapath_set_n_threads(dp, n_sent / 100 % N_THREADS + 1), 0);
        }
        for (int i = 0; i < n_rings; i++) {
            while (upcall_consumer_next(rings[i], u)) {
                assert_true(i < N_THREADS * N_HANDLERS);
                upcall_consumer_release(rings[i], 1);
                n++;
            }
        }
        assert_true(clock_real_ms() < deadline);
        rcu_quiesce();
    }
    datapath_upcalls_close(dp);
    for (int i = 0; i < n_rings; i++) {
        assert_null(upcall_consumer_error(rings[i]));
        upcall_consumer_destroy(rings[i]);
    }
    free(fds);
    free(bells);
    free(u);
    datapath_quiesce(dp);
    harness_destroy(dp);
}

/* Opens the rings of one handler, which takes nothing out of them. */
static void open_full_rings(struct datapath *dp)
{
    int *fds, *bells;
    assert_int_equal(datapath_upcalls_open(dp, 1, &fds, &bells), 0);
    free(fds);
    free(bells);
}

/* A port whose misses find no room is looked at seldom, but not never; another port of the same thread does not notice. */
static void held(void **state)
{
    enum { FIT = UPCALL_RING_DEFAULT_SIZE / 2 / 192, N_MISSES = FIT + 32 * 40, BURST = 32 };
    struct datapath *dp = harness_create(100, 4096, 1);
    struct test_port *storm = harness_add_port(dp, 1, 0, 0), *calm = harness_add_port(dp, 2, 0, 0);
    open_full_rings(dp);
    harness_flow(dp, 2, "recirc_id(0),in_port(2)", "2");
    int64_t start = clock_real_ms(), deadline = start + 60000;
    for (int i = 0; i < N_MISSES; i++) {
        harness_receive(storm, bytes, len, NULL);
    }
    for (unsigned int i = 1; !harness_is_drained(storm); i++) {
        harness_receive(calm, bytes, len, NULL);
        await_sent(calm, i);
        rest(deadline);
    }
    /* The 40 or more bursts that were lost were received one in two milliseconds, the first few sooner. */
    uint64_t n_lost = harness_drops(dp, DROP_UPCALL_QUOTA);
    assert_true(n_lost >= 40 * BURST);
    assert_true(clock_real_ms() - start >= 2 * ((int64_t) n_lost / BURST - 8));
    datapath_upcalls_close(dp);
    datapath_quiesce(dp);
    harness_destroy(dp);
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec
           + usage.ru_stime.tv_usec;
}

/* Threads with nothing to do do nothing: ten ports for a while cost next to no processor time. */
static void idle(void **state)
{
    struct datapath *dp = harness_create(100, 4096, 2);
    for (uint32_t no = 1; no <= 10; no++) {
        harness_add_port(dp, no, 0, 0);
    }
    harness_flow(dp, 1, "recirc_id(0),in_port(1)", "2");
    harness_receive(harness_port(dp, 1), bytes, len, NULL);
    await_sent(harness_port(dp, 2), 1);
    int64_t before = cpu_us();
    rcu_offline();
    nanosleep(&(struct timespec) { 0, 300000000 }, NULL);
    rcu_online();
    /* A polling thread would have used 300,000. */
    assert_true(cpu_us() - before < 60000);
    harness_destroy(dp);
}

/* A thread that has just been woken is told to end: it must not sleep through it. */
static void stopped_when_woken(void **state)
{
    struct datapath *dp = harness_create(100, 4096, 1);
    for (int i = 0; i < 600; i++) {
        rest(INT64_MAX); /* it falls asleep */
        datapath_set_max_sleep(dp, -1); /* for ever; wakes it */
        for (uint64_t until = clock_ns() + i % 200 * UINT64_C(500); clock_ns() < until;) {
        }
        assert_int_equal(datapath_set_n_threads(dp, 2), 0);
        assert_int_equal(datapath_set_n_threads(dp, 1), 0);
    }
    harness_destroy(dp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward),
        cmocka_unit_test(changes_under_traffic), cmocka_unit_test(selects_under_traffic),
        cmocka_unit_test(upcalls_from_threads),
        cmocka_unit_test(held),
        cmocka_unit_test(idle),
        cmocka_unit_test(stopped_when_woken),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    len = harness_packet(UDP, 100, bytes, sizeof bytes);
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return n_failed;
}
