/* SPDX-License-Identifier: Apache-2.0 */
/* Shortcuts past parsing and lookup: a datapath that gets its packets in bursts, and takes them, against one that gets the same
 * packets one by one, and never does. Flows, actions and packets are random and change meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/batch.h"
#include "datapath/select_table.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/net/csum.h"
#include "lib/net/flow_text.h"
#include "tests/unit/datapath/harness.h"

#define ETH "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
#define V4(DST, PROTO) ETH "eth_type(0x0800),ipv4(src=10.0.0.9,dst=" DST ",proto=" PROTO ",tos=0,ttl=64,frag=no),"
#define V6(PROTO) ETH "eth_type(0x86dd),ipv6(src=2001:db8::1,dst=2001:db8::2,proto=" PROTO ",hlimit=64,frag=no),"
#define TAGGED ETH "eth_type(0x8100),vlan(vid=5,pcp=0),encap(eth_type(0x0800),ipv4(src=10.0.0.9,dst=10.0.0.1,proto=17," \
                   "tos=0,ttl=64,frag=no),udp(src=7,dst=8))"
#define PUSH "tnl_push(tnl_port(5),header(size=50,type=4,eth(dst=02:00:00:00:00:22,src=02:00:00:00:00:21,dl_type=0x0800)," \
             "ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=0x4000),udp(src=0,dst=4789,csum=0x0)," \
             "vxlan(flags=0x8000000,vni=0x64)),out_port(9))"

enum { TUNNEL = 5, N_DATAPATHS = 2, MAX_BYTES = 512, MAX_POOL = 128, N_PORTS = 2 };
#ifdef __SANITIZE_THREAD__
enum { N_ROUNDS = 1000 };
#else
enum { N_ROUNDS = 8000 };
#endif
enum { BURSTS, SINGLE }; /* the datapaths */

struct frame {
    uint32_t len;
    uint8_t bytes[MAX_BYTES];
};

struct fixture {
    struct datapath *dp[N_DATAPATHS];
    struct test_port *in[N_DATAPATHS], *out[N_DATAPATHS][N_PORTS];
    struct frame pool[MAX_POOL];
    unsigned int n_pool;
    unsigned int good[MAX_POOL], n_good; /* those that nothing is wrong with */
    unsigned int choice, other; /* in the pool: what is sent most of the time */
};

/* Matches that exclude each other; the inner ones at the end. */
static const char *const matches[] = {
    "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(dst=10.0.0.1,frag=no)",
    "recirc_id(0),in_port(1),eth(src=02:00:00:00:00:01),eth_type(0x0800),ipv4(dst=10.0.0.2,proto=6,frag=no),tcp(dst=80)",
    "recirc_id(0),in_port(1),eth_type(0x86dd),ipv6(dst=2001:db8::2,frag=no)",
    "recirc_id(0),in_port(1),eth_type(0x8100),vlan(vid=5,pcp=0),encap(eth_type(0x0800),ipv4(dst=10.0.0.1,frag=no))",
    "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(dst=192.0.2.2,proto=17,frag=no),udp(dst=4789)",
    "recirc_id(0x1),in_port(1)",
    "recirc_id(0),in_port(5),tunnel(tun_id=0x64,src=192.0.2.1),eth_type(0x0800),ipv4(dst=10.0.0.1,frag=no)",
    "recirc_id(0),in_port(5),tunnel(tun_id=0x64),eth_type(0x86dd),ipv6(dst=2001:db8::2,frag=no)",
    "recirc_id(0),in_port(5),tunnel(tun_id=0x64),eth_type(0x0800),ipv4(dst=192.0.2.2,proto=17,frag=no),udp(dst=4789)",
};
enum { OUTER = 4, AGAIN = 5, INNER_OUTER = 8 };

static const char *const lists[] = {
    "2", "3", "2,3", "drop", "set(ipv4(ttl=9)),2", "push_vlan(vid=7,pcp=0),3", "trunc(60),2", "recirc(0x1)",
    PUSH ",2", "clone(" PUSH ",2),3", "set(ipv4(src=10.7.7.7)),set(ipv6(src=2001:db8::77))," PUSH ",3",
    "check_pkt_len(size=110,gt(2),le(" PUSH ",3))", PUSH "," PUSH ",2",
    "select(table=1,alg=l4,basis=0,bucket(2),bucket(3))", "userspace(pid=0,userdata(01)),2", PUSH ",tnl_pop(5)",
};

static struct frame *add_frame(struct fixture *f, const struct frame *like)
{
    assert_true(f->n_pool < MAX_POOL);
    f->pool[f->n_pool] = *like;
    return &f->pool[f->n_pool++];
}

static void add_good(struct fixture *f, const struct frame *frame)
{
    f->good[f->n_good++] = frame - f->pool;
}

/* The frame in a tunnel, as the switch itself puts it there. */
static struct frame *add_encapsulated(struct fixture *f, const struct frame *inner)
{
    struct frame outer;
    struct datapath *dp = harness_create(10, 1024, 0);
    struct test_port *in = harness_add_port(dp, 1, 0, 0), *out = harness_add_port(dp, 2, 0, 0);
    harness_add_tunnel(dp, TUNNEL, "vxlan", false);
    harness_flow(dp, 1, "recirc_id(0),in_port(1)", PUSH ",2");
    harness_receive(in, inner->bytes, inner->len, NULL);
    assert_int_equal(datapath_poll(dp), 1);
    assert_int_equal(out->n_sent, 1);
    outer.len = out->sent[0].len;
    memcpy(outer.bytes, out->sent[0].bytes, outer.len);
    harness_destroy(dp);
    return add_frame(f, &outer);
}

static void fix_ip_csum(struct frame *frame)
{
    struct ip_header *ip = (struct ip_header *) (void *) (frame->bytes + ETH_HEADER_LEN);
    ip->csum = 0;
    ip->csum = csum(ip, sizeof *ip);
}

/* What has the outer headers of 'good', but something is not as usual. */
static void add_odd(struct fixture *f, const struct frame *good)
{
    add_frame(f, good)->bytes[24] ^= 1;      /* IPv4 checksum */
    add_frame(f, good)->bytes[42] = 0;       /* VXLAN flags */
    add_frame(f, good)->bytes[48] ^= 1;      /* VNI of nobody */
    add_frame(f, good)->bytes[38] = 0xff;    /* UDP length */
    add_frame(f, good)->len = 60;            /* cut */
    add_frame(f, good)->len += 9;            /* padded */
    struct frame *fragment = add_frame(f, good);
    fragment->bytes[20] = 0x20;
    fix_ip_csum(fragment);
    struct frame *long_one = add_frame(f, good);
    long_one->bytes[16] = 0xff;
    fix_ip_csum(long_one);
}

static void make_pool(struct fixture *f)
{
    enum { N_ENCAPSULATED = 9 };
    static const char *const texts[] = {
        V4("10.0.0.1", "17") "udp(src=1,dst=2)", V4("10.0.0.1", "17") "udp(src=3,dst=4)", TAGGED,
        V4("10.0.0.1", "6") "tcp(src=5,dst=6),tcp_flags(fin|ack)",
        V4("10.0.0.1", "6") "tcp(src=5,dst=6),tcp_flags(ack)", V4("10.0.0.2", "6") "tcp(src=5,dst=80),tcp_flags(psh|ack)",
        V4("10.0.0.2", "6") "tcp(src=5,dst=81)", V6("17") "udp(src=1,dst=2)", V6("6") "tcp(src=1,dst=2),tcp_flags(syn)",
        V4("10.0.0.1", "1") "icmp(type=8,code=0)", V4("10.0.0.3", "17") "udp(src=1,dst=2)",
        V4("10.0.0.1", "47"), ETH "eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1)",
    };
    for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
        char *text = xasprintf("recirc_id(0),in_port(1),%s", texts[i]);
        size_t len = strlen(text);
        text[text[len - 1] == ',' ? len - 1 : len] = '\0';
        struct frame frame;
        frame.len = harness_packet(text, 20 + i * 5, frame.bytes, sizeof frame.bytes);
        free(text);
        add_good(f, add_frame(f, &frame));
        if (i < N_ENCAPSULATED) {
            struct frame *outer = add_encapsulated(f, &frame);
            add_good(f, outer);
            add_odd(f, outer);
        }
    }
    add_good(f, add_encapsulated(f, &f->pool[1])); /* a tunnel in a tunnel */
}

static int set_up(void **state)
{
    static const uint16_t slots[] = { 0, 1, 1, 0, 1 };
    struct fixture *f = xzalloc(sizeof *f);
    for (int i = 0; i < N_DATAPATHS; i++) {
        f->dp[i] = harness_create(100, 2048, 0);
        f->in[i] = harness_add_port(f->dp[i], 1, 0, 0);
        f->out[i][0] = harness_add_port(f->dp[i], 2, 0, 0);
        f->out[i][1] = harness_add_port(f->dp[i], 3, 0, 0);
        harness_add_tunnel(f->dp[i], TUNNEL, "vxlan", false);
        assert_int_equal(select_tables_put(datapath_selects(f->dp[i]), 1, slots, ARRAY_SIZE(slots), 2), 0);
    }
    make_pool(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < N_DATAPATHS; i++) {
        harness_destroy(f->dp[i]);
    }
    free(f);
    return 0;
}

static uint64_t n_shortcuts(struct datapath *dp)
{
    struct datapath_thread t;
    datapath_thread_get(dp, datapath_n_threads(dp), &t);
    return t.counters.n_shortcut_hit;
}

static void put(struct fixture *f, unsigned int i, const char *list)
{
    for (int which = 0; which < N_DATAPATHS; which++) {
        harness_flow(f->dp[which], i, matches[i], list);
    }
}

static void delete(struct fixture *f, unsigned int i)
{
    for (int which = 0; which < N_DATAPATHS; which++) {
        struct dp_op op = { .type = DP_OP_FLOW_DEL, .ufid = harness_ufid(i) };
        datapath_operate(f->dp[which], &op);
    }
}

/* Changes a flow: as likely as not so that it decapsulates, if it is for outer packets. */
static void change_flow(struct fixture *f)
{
    unsigned int i = random() % ARRAY_SIZE(matches);
    bool outer = i == OUTER || i == INNER_OUTER;
    if (random() % 8 == 0) {
        delete(f, i);
    } else if (i == AGAIN) {
        put(f, i, random() % 2 ? "2" : "set(ipv4(ttl=3)),3");
    } else if (outer && random() % 4) {
        put(f, i, "tnl_pop(5)");
    } else {
        put(f, i, lists[random() % ARRAY_SIZE(lists)]);
    }
}

/* Some packets, long runs of the same ones among them; the last four bytes say which and when. */
static unsigned int send_round(struct fixture *f)
{
    unsigned int n = random() % 4 ? BATCH_MAX - random() % 8 : 1 + random() % BATCH_MAX;
    if (random() % 64 == 0) {
        f->choice = random() % 8 ? f->good[random() % f->n_good] : random() % f->n_pool;
        f->other = f->good[random() % f->n_good];
    }
    for (unsigned int i = 0; i < n; i++) {
        unsigned int which = random() % 16 == 0 ? random() % f->n_pool : random() % 3 ? f->choice : f->other;
        struct frame frame = f->pool[which];
        uint8_t *mark = frame.bytes + frame.len - 4;
        mark[0] = 0xa5;
        mark[1] = 0x5a;
        mark[2] = which;
        mark[3] = i;
        harness_receive(f->in[BURSTS], frame.bytes, frame.len, NULL);
        harness_receive(f->in[SINGLE], frame.bytes, frame.len, NULL);
        assert_int_equal(datapath_poll(f->dp[SINGLE]), 1);
    }
    assert_int_equal(datapath_poll(f->dp[BURSTS]), n);
    return n;
}

static int compare_sent(const void *a_, const void *b_)
{
    const struct sent *a = a_, *b = b_;
    if (a->len != b->len) {
        return a->len < b->len ? -1 : 1;
    }
    return memcmp(a->bytes, b->bytes, a->len);
}

/* Packets that differ in nothing but their numbers come in the order of these. */
static void check_order(const struct test_port *port)
{
    for (unsigned int i = 0; i < port->n_sent; i++) {
        const struct sent *a = &port->sent[i];
        for (unsigned int j = i + 1; j < port->n_sent; j++) {
            const struct sent *b = &port->sent[j];
            bool marked = a->bytes[a->len - 4] == 0xa5 && a->bytes[a->len - 3] == 0x5a;
            if (a->len == b->len && marked && !memcmp(a->bytes, b->bytes, a->len - 1)) {
                assert_true(a->bytes[a->len - 1] <= b->bytes[b->len - 1]);
            }
        }
    }
}

static void check_ports(struct fixture *f)
{
    for (int i = 0; i < N_PORTS; i++) {
        struct test_port *a = f->out[BURSTS][i], *b = f->out[SINGLE][i];
        assert_int_equal(a->n_sent, b->n_sent);
        check_order(a);
        qsort(a->sent, a->n_sent, sizeof *a->sent, compare_sent);
        qsort(b->sent, b->n_sent, sizeof *b->sent, compare_sent);
        for (unsigned int j = 0; j < a->n_sent; j++) {
            assert_int_equal(compare_sent(&a->sent[j], &b->sent[j]), 0);
        }
        harness_clear(a);
        harness_clear(b);
    }
}

/* All counters but those that tell the tiers apart. */
static void check_counters(struct fixture *f)
{
    struct dp_totals totals[N_DATAPATHS];
    struct dp_port_stats stats[N_DATAPATHS];
    for (int i = 0; i < N_DATAPATHS; i++) {
        datapath_totals(f->dp[i], &totals[i]);
        totals[i].n_cache_hit = totals[i].n_mask_hit = totals[i].n_masks = 0;
        datapath_port_stats(f->dp[i], datapath_port_get(f->dp[i], TUNNEL), &stats[i]);
    }
    assert_memory_equal(&totals[BURSTS], &totals[SINGLE], sizeof totals[0]);
    assert_memory_equal(&stats[BURSTS], &stats[SINGLE], sizeof stats[0]);
    for (unsigned int i = 0; i < ARRAY_SIZE(matches); i++) {
        struct dp_flow flow[N_DATAPATHS];
        struct uuid ufid = harness_ufid(i);
        bool there = datapath_flow_get(f->dp[BURSTS], &ufid, &flow[BURSTS]);
        assert_int_equal(datapath_flow_get(f->dp[SINGLE], &ufid, &flow[SINGLE]), there);
        if (there) {
            const struct dp_flow_stats *a = &flow[BURSTS].stats, *b = &flow[SINGLE].stats;
            assert_int_equal(a->packets, b->packets);
            assert_int_equal(a->bytes, b->bytes);
            assert_int_equal(a->tcp_flags, b->tcp_flags);
        }
    }
}

static void against_single(void **state)
{
    struct fixture *f = *state;
    unsigned int n = 0;
    srandom(1);
    for (unsigned int i = 0; i < ARRAY_SIZE(matches); i++) {
        put(f, i, i == OUTER || i == INNER_OUTER ? "tnl_pop(5)" : "2");
    }
    for (int round = 0; round < N_ROUNDS; round++) {
        if (random() % 12 == 0) {
            change_flow(f);
        }
        n += send_round(f);
        check_ports(f);
        check_counters(f);
        rcu_quiesce();
    }
    assert_true(n_shortcuts(f->dp[BURSTS]) > n / 10);
    assert_int_equal(n_shortcuts(f->dp[SINGLE]), 0);
}

/* A burst of this frame into the datapath that takes shortcuts; how many packets took one. */
static unsigned int send_burst(struct fixture *f, const struct frame *frame)
{
    uint64_t before = n_shortcuts(f->dp[BURSTS]);
    for (unsigned int i = 0; i < BATCH_MAX; i++) {
        harness_receive(f->in[BURSTS], frame->bytes, frame->len, NULL);
    }
    assert_int_equal(datapath_poll(f->dp[BURSTS]), BATCH_MAX);
    return n_shortcuts(f->dp[BURSTS]) - before;
}

/* One flow is learned from the first burst that is looked at, and taken until it changes. */
static void learning(void **state)
{
    struct fixture *f = *state;
    struct test_port *p2 = f->out[BURSTS][0], *p3 = f->out[BURSTS][1];
    put(f, 0, "2");
    assert_int_equal(send_burst(f, &f->pool[0]), 0);
    assert_int_equal(send_burst(f, &f->pool[0]), 0); /* not looked at */
    assert_int_equal(send_burst(f, &f->pool[0]), BATCH_MAX);
    assert_int_equal(p2->n_sent, 3 * BATCH_MAX);

    /* Other actions, no flow, another flow in the same slot. */
    put(f, 0, "3");
    assert_int_equal(send_burst(f, &f->pool[0]), 0);
    assert_int_equal(p3->n_sent, BATCH_MAX);
    send_burst(f, &f->pool[0]);
    assert_int_equal(send_burst(f, &f->pool[0]), BATCH_MAX);
    delete(f, 0);
    assert_int_equal(send_burst(f, &f->pool[0]), 0);
    assert_int_equal(p3->n_sent, 3 * BATCH_MAX);
    datapath_run(f->dp[BURSTS]);
    datapath_quiesce(f->dp[BURSTS]);
    datapath_run(f->dp[BURSTS]);
    put(f, 2, "2");
    assert_int_equal(send_burst(f, &f->pool[0]), 0);
    assert_int_equal(p3->n_sent, 3 * BATCH_MAX);
    assert_int_equal(p2->n_sent, 3 * BATCH_MAX);
}

/* Flags of TCP are seen of packets that take a shortcut, too. */
static void tcp_flags(void **state)
{
    struct fixture *f = *state;
    struct frame frame;
    struct dp_flow flow;
    struct uuid ufid = harness_ufid(0);
    frame.len = harness_packet("recirc_id(0),in_port(1)," V4("10.0.0.1", "6") "tcp(src=5,dst=6),tcp_flags(ack)", 10,
                               frame.bytes, sizeof frame.bytes);
    put(f, 0, "2");
    for (int i = 0; i < 2; i++) {
        send_burst(f, &frame);
    }
    frame.bytes[47] |= TCP_FIN;
    assert_int_equal(send_burst(f, &frame), BATCH_MAX);
    assert_true(datapath_flow_get(f->dp[BURSTS], &ufid, &flow));
    assert_int_equal(flow.stats.tcp_flags, TCP_ACK | TCP_FIN);
    assert_int_equal(flow.stats.packets, 3 * BATCH_MAX);
}

/* Decapsulation: the outer flow, then the inner one. */
static void tunnels(void **state)
{
    struct fixture *f = *state;
    put(f, OUTER, "tnl_pop(5)");
    put(f, 6, "2");
    for (int i = 0; i < 8; i++) {
        send_burst(f, &f->pool[1]); /* the first packet in a tunnel */
    }
    assert_int_equal(send_burst(f, &f->pool[1]), 2 * BATCH_MAX);
    assert_int_equal(f->out[BURSTS][0]->n_sent, 9 * BATCH_MAX);
    assert_memory_equal(f->out[BURSTS][0]->sent[8 * BATCH_MAX].bytes, f->pool[0].bytes, f->pool[0].len);
}

/* Packets of one flow leave in the order in which they came, however they are built: UDP, TCP, tagged and others by turns. */
static void order(void **state)
{
    struct fixture *f = *state;
    struct test_port *out = f->out[BURSTS][0];
    harness_flow(f->dp[BURSTS], 60, "recirc_id(0),in_port(1)", "2");
    for (int round = 0; round < 200; round++) {
        for (unsigned int i = 0; i < BATCH_MAX; i++) {
            struct frame frame = f->pool[f->good[random() % 2 ? 0 : random() % f->n_good]];
            frame.bytes[frame.len - 1] = i;
            harness_receive(f->in[BURSTS], frame.bytes, frame.len, NULL);
        }
        assert_int_equal(datapath_poll(f->dp[BURSTS]), BATCH_MAX);
        assert_int_equal(out->n_sent, BATCH_MAX);
        for (unsigned int i = 0; i < BATCH_MAX; i++) {
            assert_int_equal(out->sent[i].bytes[out->sent[i].len - 1], i);
        }
        harness_clear(out);
    }
    assert_true(n_shortcuts(f->dp[BURSTS]) > 50 * BATCH_MAX);
}

/* Where every burst has many flows, shortcuts are not looked for any more, but for a try now and then; a port that
 * shares its place with a busy one waits for it. */
static void many_flows(void **state)
{
    struct fixture *f = *state;
    struct test_port *other = harness_add_port(f->dp[BURSTS], 65, 0, 0);
    put(f, 0, "2");
    put(f, 2, "2");
    for (int i = 0; i < 4; i++) {
        send_burst(f, &f->pool[0]);
    }
    assert_int_equal(send_burst(f, &f->pool[0]), BATCH_MAX);
    for (int i = 0; i < 300; i++) {
        for (unsigned int j = 0; j < BATCH_MAX; j++) {
            struct frame frame = f->pool[0];
            frame.bytes[33] = 77; /* the destination's last byte: nobody's */
            harness_receive(f->in[BURSTS], frame.bytes, frame.len, NULL);
        }
        assert_int_equal(datapath_poll(f->dp[BURSTS]), BATCH_MAX);
    }
    unsigned int n_bursts = 0;
    while (!send_burst(f, &f->pool[0])) {
        n_bursts++;
        assert_true(n_bursts < 64);
    }
    assert_true(n_bursts > 4);

    uint64_t before = n_shortcuts(f->dp[BURSTS]);
    harness_flow(f->dp[BURSTS], 50, "recirc_id(0),in_port(65)", "3");
    for (int i = 0; i < 20; i++) {
        for (unsigned int j = 0; j < BATCH_MAX; j++) {
            harness_receive(other, f->pool[0].bytes, f->pool[0].len, NULL);
        }
        assert_int_equal(datapath_poll(f->dp[BURSTS]), BATCH_MAX);
        if (i % 8 == 0) {
            send_burst(f, &f->pool[0]);
        }
    }
    assert_int_equal(n_shortcuts(f->dp[BURSTS]) - before, 3 * BATCH_MAX);
    for (int i = 0; i < 20; i++) {
        for (unsigned int j = 0; j < BATCH_MAX; j++) {
            harness_receive(other, f->pool[0].bytes, f->pool[0].len, NULL);
        }
        assert_int_equal(datapath_poll(f->dp[BURSTS]), BATCH_MAX);
    }
    assert_true(n_shortcuts(f->dp[BURSTS]) - before > 4 * BATCH_MAX);
}

static uint64_t n_total(const struct test_port *port)
{
    return __atomic_load_n(&port->n_sent_total, __ATOMIC_RELAXED);
}

/* A thread that takes shortcuts all the time, and flows that change under it: once the change is known to all, no packet does what
 * was said before. */
static void changes_beside(void **state)
{
    struct fixture *f = *state;
    struct datapath *dp = harness_create(100, 2048, 1);
    struct test_port *in = harness_add_port(dp, 1, 0, 0);
    struct test_port *out[N_PORTS] = { harness_add_port(dp, 2, 0, 0), harness_add_port(dp, 3, 0, 0) };
    struct datapath_thread t;
    harness_flow(dp, 0, matches[0], "2");
    __atomic_store_n(&in->flood, true, __ATOMIC_RELAXED);
    harness_receive(in, f->pool[0].bytes, f->pool[0].len, NULL);
    for (unsigned int i = 0; i < 100; i++) {
        unsigned int to = i % 2;
        if (random() % 2) {
            struct dp_op del = { .type = DP_OP_FLOW_DEL, .ufid = harness_ufid(0) };
            datapath_operate(dp, &del);
            assert_int_equal(del.error, 0);
        }
        harness_flow(dp, 0, matches[0], to ? "3" : "2");
        datapath_quiesce(dp);
        uint64_t right = n_total(out[to]), wrong = n_total(out[!to]);
        while (n_total(out[to]) < right + 8 * BATCH_MAX) {
            rcu_quiesce();
        }
        assert_int_equal(n_total(out[!to]), wrong);
        datapath_run(dp);
    }
    datapath_thread_get(dp, 0, &t);
    assert_true(t.counters.n_shortcut_hit > 0);
    __atomic_store_n(&in->flood, false, __ATOMIC_RELAXED);
    while (!harness_is_drained(in)) {
        rcu_quiesce();
    }
    datapath_quiesce(dp);
    harness_destroy(dp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(against_single, set_up, tear_down),
        cmocka_unit_test_setup_teardown(learning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tcp_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tunnels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_flows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_beside, set_up, tear_down),
    };
    hash_init();
    rcu_thread_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return failed;
}
