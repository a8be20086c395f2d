/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT: how packets spread over buckets, what counts for it, and the lives of select tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/select_table.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "lib/net/select.h"
#include "tests/unit/datapath/harness.h"

#define MATCH "recirc_id(0),in_port(1)"
#define UDP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"

#define TCP6 "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x86dd)," \
             "ipv6(src=fe80::1,dst=fe80::2,proto=6,frag=no),tcp(src=1,dst=2)"

enum { N_PORTS = 5, N_SLOTS = 4099, SRC = 26, DST = 30, PORTS = 34 /* offsets in the packet */ };

struct fixture {
    struct datapath *dp;
    struct test_port *p[N_PORTS + 1]; /* 1 to 5 */
    uint8_t bytes[200];
    uint32_t len;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dp = harness_create(1000, 2048, 0);
    for (uint32_t no = 1; no <= N_PORTS; no++) {
        f->p[no] = harness_add_port(f->dp, no, PORT_TX_CSUM | PORT_TX_TSO4, 0);
    }
    f->len = harness_packet(UDP, 20, f->bytes, sizeof f->bytes);
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

/* A consistent-hash table for buckets of 'weights': each bucket in turn takes, as often as it weighs, the next free slot of a
 * permutation of its own. */
static void make_slots(uint16_t *slots, const unsigned int *weights, unsigned int n)
{
    uint32_t next[16], skip[16], taken = 0;
    for (unsigned int i = 0; i < n; i++) {
        next[i] = (i * 7919 + 13) % N_SLOTS;
        skip[i] = 1 + (i * 104729 + 17) % (N_SLOTS - 1);
    }
    memset(slots, 0xff, N_SLOTS * sizeof *slots);
    while (taken < N_SLOTS) {
        for (unsigned int i = 0; i < n; i++) {
            for (unsigned int times = weights[i]; times && taken < N_SLOTS; times--, taken++) {
                while (slots[next[i]] != UINT16_MAX) {
                    next[i] = (next[i] + skip[i]) % N_SLOTS;
                }
                slots[next[i]] = i;
            }
        }
    }
}

static void put_table(struct fixture *f, uint32_t id, const uint16_t *slots, uint32_t n_slots,
                      uint32_t n_buckets)
{
    assert_int_equal(select_tables_put(datapath_selects(f->dp), id, slots, n_slots, n_buckets), 0);
}

/* Sends packets whose addresses and ports count up, and 'n' of them. */
static void send_connections(struct fixture *f, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        put_be32(f->bytes + SRC, htonl(0x0a000000 + i / 64));
        put_be16(f->bytes + PORTS, htons(1024 + i % 64));
        harness_receive(f->p[1], f->bytes, f->len, NULL);
        if (i % 32 == 31) {
            datapath_poll(f->dp);
        }
    }
    while (datapath_poll(f->dp)) {
    }
}

/* Pearson's statistic of what the ports 2 to 5 sent against the weights. */
static double chi_square(const struct fixture *f, const unsigned int *weights, uint64_t n)
{
    double total = weights[0] + weights[1] + weights[2] + weights[3], sum = 0;
    for (int i = 0; i < 4; i++) {
        double expected = n * weights[i] / total, got = f->p[2 + i]->n_sent_total;
        sum += (got - expected) * (got - expected) / expected;
    }
    return sum;
}

/* Packets of many connections spread as the weights say: three degrees of freedom, so that 16.27 is exceeded by chance once in
 * 1000 times. */
static void weights(void **state)
{
    struct fixture *f = *state;
    static const unsigned int weights[][4] = {{1, 1, 1, 1}, {1, 2, 3, 4}, {100, 1, 50, 7}};
    static const char *const algs[] = {"l4", "sym_l4", "fields"};
    enum { N = 40000 };
    uint32_t id = 0;
    for (unsigned int w = 0; w < ARRAY_SIZE(weights); w++) {
        uint16_t slots[N_SLOTS];
        make_slots(slots, weights[w], 4);
        for (unsigned int a = 0; a < ARRAY_SIZE(algs); a++, id++) {
            char text[256];
            put_table(f, id, slots, N_SLOTS, 4);
            snprintf(text, sizeof text,
                     "select(table=%u,alg=%s,basis=%u,%sbucket(2),bucket(3),bucket(4),bucket(5))", id,
                     algs[a], id * 1000, a == 2 ? "fields(nw_src,tp_src)," : "");
            harness_flow(f->dp, 1, MATCH, text);
            for (uint32_t no = 2; no <= N_PORTS; no++) {
                f->p[no]->n_sent_total = 0;
            }
            send_connections(f, N);
            double chi = chi_square(f, weights[w], N);
            if (chi > 16.27) {
                fail_msg("%s: chi-square %f", text, chi);
            }

            /* The counters tell the same. */
            struct dp_select_stats *stats;
            uint32_t n;
            uint64_t n_packets = 0;
            assert_int_equal(select_tables_stats(datapath_selects(f->dp), id, &stats, &n), 0);
            assert_int_equal(n, 4);
            for (uint32_t i = 0; i < n; i++) {
                assert_int_equal(stats[i].packets, f->p[2 + i]->n_sent_total);
                assert_int_equal(stats[i].bytes, stats[i].packets * f->len);
                n_packets += stats[i].packets;
            }
            assert_int_equal(n_packets, N);
            free(stats);
        }
    }
}

/* The port that the packet came out of, 0 for none. */
static uint32_t port_of(struct fixture *f)
{
    uint32_t found = 0;
    for (uint32_t no = 2; no <= N_PORTS; no++) {
        harness_clear(f->p[no]);
    }
    harness_receive(f->p[1], f->bytes, f->len, NULL);
    datapath_poll(f->dp);
    for (uint32_t no = 2; no <= N_PORTS; no++) {
        assert_true(f->p[no]->n_sent <= 1 && !(found && f->p[no]->n_sent));
        found = f->p[no]->n_sent ? no : found;
    }
    return found;
}

#define BUCKETS "bucket(2),bucket(3),bucket(4),bucket(5))"

/* What is not in the mask makes no difference; what is does. */
static void fields(void **state)
{
    struct fixture *f = *state;
    static const unsigned int even[4] = {1, 1, 1, 1};
    uint16_t slots[N_SLOTS];
    int n_moved = 0;
    make_slots(slots, even, 4);
    put_table(f, 9, slots, N_SLOTS, 4);
    harness_flow(f->dp, 1, MATCH,
                 "select(table=9,alg=fields,basis=0,fields(nw_src=ffffff00,tp_src)," BUCKETS);
    uint32_t first = port_of(f);
    for (int i = 0; i < 200; i++) {
        f->bytes[SRC + 3] = i;
        put_be32(f->bytes + DST, htonl(i));
        put_be16(f->bytes + PORTS + 2, htons(i));
        f->bytes[0] = i * 2;
        assert_int_equal(port_of(f), first);
    }
    for (int i = 0; i < 200; i++) {
        put_be16(f->bytes + PORTS, htons(i));
        n_moved += port_of(f) != first;
    }
    assert_in_range(n_moved, 120, 180);

    /* Nothing to hash: all the same. */
    harness_flow(f->dp, 1, MATCH, "select(table=9,alg=fields,basis=0," BUCKETS);
    first = port_of(f);
    put_be16(f->bytes + PORTS, htons(9999));
    assert_int_equal(port_of(f), first);
}

/* What counts is the packet as it was looked up, whatever was written since; after a recirculation, as it was then. */
static void key_of_the_lookup(void **state)
{
    struct fixture *f = *state;
    static const unsigned int even[4] = {1, 1, 1, 1};
    uint16_t slots[N_SLOTS];
    int n_differ = 0;
    make_slots(slots, even, 4);
    put_table(f, 9, slots, N_SLOTS, 4);
    harness_flow(f->dp, 2, "recirc_id(0x7),in_port(1)", "select(table=9,alg=l4,basis=0," BUCKETS);
    for (int i = 0; i < 100; i++) {
        put_be16(f->bytes + PORTS, htons(i));
        harness_flow(f->dp, 1, MATCH, "select(table=9,alg=l4,basis=0," BUCKETS);
        uint32_t plain = port_of(f);
        harness_flow(f->dp, 1, MATCH, "set(udp(src=7,dst=7)),set(ipv4(dst=1.2.3.4)),"
                                      "select(table=9,alg=l4,basis=0," BUCKETS);
        assert_int_equal(port_of(f), plain);
        harness_flow(f->dp, 1, MATCH, "push_vlan(vid=5,pcp=0),clone(drop),"
                                      "clone(select(table=9,alg=l4,basis=0," BUCKETS ")");
        assert_int_equal(port_of(f), plain);
        harness_flow(f->dp, 1, MATCH, "set(udp(src=7,dst=7)),recirc(0x7)");
        n_differ += port_of(f) != plain;
    }
    assert_in_range(n_differ, 50, 95);
}

/* Both directions of a connection meet. */
static void symmetric(void **state)
{
    struct fixture *f = *state;
    static const unsigned int even[4] = {1, 1, 1, 1};
    uint16_t slots[N_SLOTS];
    make_slots(slots, even, 4);
    put_table(f, 9, slots, N_SLOTS, 4);
    harness_flow(f->dp, 1, MATCH, "select(table=9,alg=sym_l4,basis=77," BUCKETS);
    for (int i = 0; i < 100; i++) {
        uint8_t ports[4] = {i, 1, 2, 3};
        memcpy(f->bytes + PORTS, ports, 4);
        uint32_t there = port_of(f);
        uint8_t ends[12];
        memcpy(ends, f->bytes + SRC, 12);
        memcpy(f->bytes + SRC, ends + 4, 4);
        memcpy(f->bytes + DST, ends, 4);
        memcpy(f->bytes + PORTS, ends + 10, 2);
        memcpy(f->bytes + PORTS + 2, ends + 8, 2);
        assert_int_equal(port_of(f), there);
    }
}

/* On copies where something follows; a bucket without actions is a drop where nothing else has the packet. */
static void lists(void **state)
{
    struct fixture *f = *state;
    static const uint16_t one[1] = {0}, second[1] = {1};
    put_table(f, 1, one, 1, 2);
    put_table(f, 2, second, 1, 2);
    harness_flow(f->dp, 1, MATCH,
                 "select(table=1,alg=l4,basis=0,bucket(set(ipv4(ttl=9)),2),bucket(3)),4");
    harness_receive(f->p[1], f->bytes, f->len, NULL);
    datapath_poll(f->dp);
    assert_int_equal(f->p[2]->n_sent, 1);
    assert_int_equal(f->p[2]->sent[0].bytes[22], 9);
    assert_int_equal(f->p[3]->n_sent, 0);
    assert_int_equal(f->p[4]->n_sent, 1);
    assert_memory_equal(f->p[4]->sent[0].bytes, f->bytes, f->len);

    uint64_t drops = harness_drops(f->dp, DROP_EXPLICIT);
    harness_flow(f->dp, 1, MATCH, "select(table=1,alg=l4,basis=0,bucket(drop),bucket(3))");
    assert_int_equal(port_of(f), 0);
    assert_int_equal(harness_drops(f->dp, DROP_EXPLICIT), ++drops);
    harness_flow(f->dp, 1, MATCH, "5,select(table=1,alg=l4,basis=0,bucket(drop),bucket(3))");
    assert_int_equal(port_of(f), 5);
    assert_int_equal(harness_drops(f->dp, DROP_EXPLICIT), drops);
    harness_flow(f->dp, 1, MATCH, "select(table=1,alg=l4,basis=0,bucket(drop(no_live_bucket)),bucket(3))");
    assert_int_equal(port_of(f), 0);
    assert_int_equal(harness_drops(f->dp, DROP_NO_LIVE_BUCKET), 1);

    /* One in the other, and with an own cut. */
    harness_flow(f->dp, 1, MATCH,
                 "trunc(60),select(table=1,alg=l4,basis=0,bucket(select(table=2,alg=l4,basis=0,"
                 "bucket(2),bucket(3))),bucket(4))");
    assert_int_equal(port_of(f), 3);
    assert_int_equal(f->p[3]->sent[0].len, 60);
}

/* A packet that the control program sends goes to the bucket that packets from the port go to. */
static void executed(void **state)
{
    struct fixture *f = *state;
    static const unsigned int even[4] = {1, 1, 1, 1};
    uint16_t slots[N_SLOTS];
    struct actions list = ACTIONS_INIT;
    struct flow key;
    make_slots(slots, even, 4);
    put_table(f, 9, slots, N_SLOTS, 4);
    flow_init(&key);
    key.in_port = 1;
    const char *text = "select(table=9,alg=l4,basis=5," BUCKETS;
    assert_null(actions_parse_text(text, NULL, &list));
    harness_flow(f->dp, 1, MATCH, text);
    for (int i = 0; i < 50; i++) {
        put_be16(f->bytes + PORTS, htons(i));
        uint32_t port = port_of(f);
        struct dp_op op = {.type = DP_OP_EXECUTE, .key = &key, .actions = list.data,
                           .actions_size = list.size, .packet = f->bytes, .packet_len = f->len};
        datapath_operate(f->dp, &op);
        assert_int_equal(op.error, 0);
        assert_int_equal(f->p[port]->n_sent, 2);
    }
    assert_int_equal(select_tables_del(datapath_selects(f->dp), 9), 0);
    struct dp_op op = {.type = DP_OP_EXECUTE, .key = &key, .actions = list.data,
                       .actions_size = list.size, .packet = f->bytes, .packet_len = f->len};
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, ENOENT);
    actions_destroy(&list);
}

static bool is_there(struct fixture *f, uint32_t id)
{
    struct dp_select select;
    for (uint32_t cursor = 0; select_tables_next(datapath_selects(f->dp), &cursor, &select);) {
        if (select.id == id) {
            return true;
        }
    }
    return false;
}

/* Waits until what was removed is gone. */
static void reclaim(struct fixture *f)
{
    for (int i = 0; i < 3; i++) {
        rcu_barrier_wait();
        datapath_run(f->dp);
    }
}

/* A table that was deleted works until its last flow is gone, and not a grace period longer. */
static void lives(void **state)
{
    struct fixture *f = *state;
    static const uint16_t slots[3] = {0, 1, 2};
    put_table(f, 1, slots, 3, 3);
    put_table(f, 2, slots, 3, 3);
    const char *first = "select(table=1,alg=l4,basis=0,bucket(2),bucket(3),bucket(4))";
    harness_flow(f->dp, 1, MATCH, first);
    harness_flow(f->dp, 2, "recirc_id(0),in_port(2)", first);
    assert_int_equal(select_tables_del(datapath_selects(f->dp), 1), 0);
    harness_flow(f->dp, 2, "recirc_id(0),in_port(2)", "3");
    reclaim(f);
    assert_true(is_there(f, 1));
    assert_true(port_of(f));

    /* Other actions in its place; in the place of those, with fresh statistics; and no flow at all. */
    harness_flow(f->dp, 1, MATCH, "select(table=2,alg=l4,basis=0,bucket(2),bucket(3),bucket(4))");
    reclaim(f);
    assert_false(is_there(f, 1));
    assert_true(port_of(f));
    assert_int_equal(select_tables_del(datapath_selects(f->dp), 2), 0);
    struct dp_op op = {.type = DP_OP_FLOW_PUT, .ufid = harness_ufid(1),
                       .flags = DP_PUT_MODIFY | DP_PUT_ZERO_STATS};
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    reclaim(f);
    assert_false(is_there(f, 2));
    put_table(f, 2, slots, 3, 3);
    harness_flow(f->dp, 1, MATCH, "clone(clone(select(table=2,alg=l4,basis=0,bucket(2),bucket(3),bucket(4))))");
    assert_int_equal(select_tables_del(datapath_selects(f->dp), 2), 0);
    datapath_flow_flush(f->dp);
    reclaim(f);
    assert_false(is_there(f, 2));
}

/* Number and memory are bounded. */
static void bounds(void **state)
{
    struct fixture *f = *state;
    struct select_tables *t = datapath_selects(f->dp);
    static uint16_t slots[DP_SELECT_MAX_SLOTS];
    uint32_t id = 0;
    while (!select_tables_put(t, id, slots, 1, 1)) {
        id++;
    }
    assert_int_equal(select_tables_put(t, id, slots, 1, 1), ENOSPC);
    assert_int_equal(id, DP_SELECT_MAX_TABLES);
    while (id-- > 0) {
        assert_int_equal(select_tables_del(t, id), 0);
    }
    reclaim(f);
    for (id = 0; !select_tables_put(t, id, slots, DP_SELECT_MAX_SLOTS, 1024); id++) {
    }
    assert_in_range(id, 500, 1000); /* about 340 kB each */
    assert_int_equal(select_tables_put(t, id, slots, DP_SELECT_MAX_SLOTS, 1024), ENOSPC);
}

/* The hash is the same in every build and every process: a connection keeps its bucket when the datapath starts anew. */
static void is_stable(void **state)
{
    static const char *const packets[] = {
        UDP,
        TCP6,
        "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x88b5)",
    };
    static const char *const actions[] = {
        "select(table=1,alg=l4,basis=1,bucket(1))", "select(table=1,alg=sym_l4,basis=1,bucket(1))",
        "select(table=1,alg=fields,basis=1,fields(eth_src,nw_src,ipv6_dst),bucket(1))"};
    static const uint32_t expected[][3] = {{0x32e10197, 0x32e10197, 0x619b4238},
                                             {0xf9b49570, 0xf9b49570, 0xcf467aa1},
                                             {0x247325b7, 0x247325b7, 0xd1dfc415}};
    for (int secret = 0; secret < 2; secret++) {
        hash_fixed_basis(secret * 12345);
        for (unsigned int i = 0; i < ARRAY_SIZE(packets); i++) {
            for (unsigned int j = 0; j < ARRAY_SIZE(actions); j++) {
                struct actions list = ACTIONS_INIT;
                struct flow key, mask;
                assert_null(flow_parse_text(packets[i], NULL, &key, &mask));
                assert_null(actions_parse_text(actions[j], NULL, &list));
                uint32_t hash = select_hash((const void *) list.data, &key);
                if (getenv("SELECT_TEST_PRINT")) {
                    print_message("%#x ", hash);
                } else if (htonl(1) != 1) {
                    assert_int_equal(hash, expected[i][j]);
                }
                actions_destroy(&list);
            }
        }
    }
    assert_int_equal(select_slot(0, 7), 0);
    assert_int_equal(select_slot(UINT32_MAX, 32749), 32748);
    assert_int_equal(select_slot(1u << 31, 10), 5);
}

static int start(void **state)
{
    rcu_thread_start();
    return 0;
}

static int stop(void **state)
{
    rcu_thread_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(weights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(key_of_the_lookup, set_up, tear_down),
        cmocka_unit_test_setup_teardown(symmetric, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(executed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds, set_up, tear_down),
        cmocka_unit_test(is_stable),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
