/* SPDX-License-Identifier: Apache-2.0 */
/* Outer packets that leave in fragments, and fragments that become packets again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/reassembly.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/net/action.h"
#include "lib/net/csum.h"
#include "lib/net/headers.h"
#include "lib/net/parse.h"
#include "tests/unit/datapath/harness.h"

#define INNER "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
              "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=%s,tos=0,ttl=64,frag=no),%s(src=1000,dst=2000)"
#define OUTER4(DF) "header(size=50,type=4,eth(dst=00:00:00:00:00:22,src=00:00:00:00:00:21,dl_type=0x0800)," \
                   "ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=" DF ")," UDP
#define OUTER6 "header(size=70,type=4,eth(dst=00:00:00:00:00:22,src=00:00:00:00:00:21,dl_type=0x86dd)," \
               "ipv6(src=2001:db8::1,dst=2001:db8::2,label=0,proto=17,tclass=0x0,hlimit=64)," UDP
#define UDP "udp(src=5,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x64))"

enum { VXLAN = 5, ALL_FEATURES = PORT_TX_CSUM | PORT_TX_TSO4 | PORT_TX_TSO6 | PORT_TX_USO };

struct fixture {
    struct datapath *dp;
    struct test_port *p[5];
    uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t len;
    struct dp_offload debt;
};

/* Port 1 gets packets; 2 takes all debts, 3 none, 4 none and has an MTU. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dp = harness_create(1000, 2048, 0);
    f->p[1] = harness_add_port(f->dp, 1, ALL_FEATURES, 0);
    f->p[2] = harness_add_port(f->dp, 2, ALL_FEATURES, 0);
    f->p[3] = harness_add_port(f->dp, 3, 0, 0);
    f->p[4] = harness_add_port(f->dp, 4, 0, 1500);
    harness_add_tunnel(f->dp, VXLAN, "vxlan", false);
    *state = f;
    return 0;
}

/* Beginnings of packets that still wait for their ends have buffers. */
static int tear_down_waiting(void **state)
{
    struct fixture *f = *state;
    harness_destroy(f->dp);
    free(f);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    harness_check_frames(f->dp);
    return tear_down_waiting(state);
}

static void make_inner(struct fixture *f, bool tcp, uint32_t payload_len)
{
    char *text = xasprintf(INNER, tcp ? "6" : "17", tcp ? "tcp" : "udp");
    memset(&f->debt, 0, sizeof f->debt);
    f->len = harness_packet(text, payload_len, f->bytes, sizeof f->bytes);
    free(text);
}

static void clear(struct fixture *f)
{
    for (int i = 2; i <= 4; i++) {
        harness_clear(f->p[i]);
    }
}

/* Sends the fixture's packet into port 1, where all packets get these actions. */
static void run(struct fixture *f, const char *actions)
{
    datapath_flow_flush(f->dp);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", actions);
    clear(f);
    harness_receive(f->p[1], f->bytes, f->len, &f->debt);
    while (datapath_poll(f->dp)) {
    }
}

static void push(struct fixture *f, const char *header, uint32_t mtu, uint32_t to)
{
    char *actions = xasprintf("tnl_push(tnl_port(%d),%s,mtu(%u),out_port(9)),%u", VXLAN, header, mtu, to);
    run(f, actions);
    free(actions);
}

static void cut_ipv4(void **state)
{
    struct fixture *f = *state;
    make_inner(f, false, 2000 - 42);
    push(f, OUTER4("0x0"), 9000, 4); /* the port's MTU is less */
    assert_int_equal(f->p[4]->n_sent, 2);
    const struct sent *a = &f->p[4]->sent[0], *b = &f->p[4]->sent[1];
    const struct ip_header *first = (const void *) (a->bytes + ETH_HEADER_LEN);
    const struct ip_header *last = (const void *) (b->bytes + ETH_HEADER_LEN);
    assert_int_equal(a->len, ETH_HEADER_LEN + 1500);
    assert_int_equal(b->len, 2000 + 50 - 1480);
    assert_int_equal(ntohs(first->tot_len), 1500);
    assert_int_equal(ntohs(last->tot_len), b->len - ETH_HEADER_LEN);
    assert_int_equal(ntohs(first->frag_off), IP_MORE_FRAGMENTS);
    assert_int_equal(ntohs(last->frag_off), 1480 / 8);
    assert_int_equal(first->id, last->id);
    assert_int_equal(csum(first, IP_HEADER_LEN) | csum(last, IP_HEADER_LEN), 0);
    /* The first holds the outer UDP and VXLAN headers as well. */
    assert_memory_equal(a->bytes + 50, f->bytes, 1480 - 16);
    assert_memory_equal(b->bytes + 34, f->bytes + 1480 - 16, 2000 - (1480 - 16));

    /* What fits is left alone; the path's MTU counts where it is less than the port's. */
    make_inner(f, false, 1450 - 42);
    push(f, OUTER4("0x0"), 1500, 4);
    assert_int_equal(f->p[4]->n_sent, 1);
    push(f, OUTER4("0x0"), 500, 2);
    assert_int_equal(f->p[2]->n_sent, 4);
    assert_int_equal(f->p[2]->sent[0].len, ETH_HEADER_LEN + 500);
}

static void cut_ipv6(void **state)
{
    struct fixture *f = *state;
    make_inner(f, false, 3000 - 42);
    push(f, OUTER6, 1280, 4);
    assert_int_equal(f->p[4]->n_sent, 3);
    for (uint32_t i = 0, ofs = 0; i < 3; i++, ofs += 1232) {
        const struct sent *s = &f->p[4]->sent[i];
        const struct ipv6_header *ip = (const void *) (s->bytes + ETH_HEADER_LEN);
        const struct ipv6_fragment *fragment = (const void *) (ip + 1);
        assert_int_equal(ip->next, NW_PROTO_FRAGMENT);
        assert_int_equal(fragment->next, NW_PROTO_UDP);
        assert_int_equal(ntohs(ip->plen), s->len - ETH_HEADER_LEN - IPV6_HEADER_LEN);
        assert_int_equal(ntohs(fragment->offset), ofs | (i < 2 ? IPV6_FRAG_MORE : 0));
        assert_int_equal(get_be32(fragment->id),
                         get_be32(((const struct ipv6_fragment *) (const void *) (f->p[4]->sent[0].bytes + 54))->id));
    }
}

static void not_cut(void **state)
{
    struct fixture *f = *state;
    make_inner(f, false, 2000 - 42);
    run(f, "tnl_push(tnl_port(5)," OUTER4("0x0") ",out_port(9)),4");
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 1);
    push(f, OUTER4("0x4000"), 1500, 4);
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 2);
    /* A label in front hides the packet. */
    run(f, "tnl_push(tnl_port(5)," OUTER4("0x0") ",mtu(1500),out_port(9)),push_mpls(label=1,tc=0,ttl=64,bos=1,eth_type=0x8847),4");
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 3);
    /* What was decapsulated is nobody's outer packet any more. */
    run(f, "tnl_push(tnl_port(5)," OUTER4("0x0") ",mtu(68),out_port(9)),tnl_pop(5)");
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5)", "4");
    clear(f);
    harness_receive(f->p[1], f->bytes, f->len, &f->debt);
    while (datapath_poll(f->dp)) {
    }
    assert_int_equal(f->p[4]->n_sent, 0);
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 4);
}

static bool is_fragment(const struct sent *sent)
{
    return sent->bytes[12] == 8 ? get_be16(sent->bytes + 20) : sent->bytes[20] == NW_PROTO_FRAGMENT;
}

/* Two fragments, or packets, of one kind of IP: have they the same identification? */
static bool same_datagram(const struct sent *a, const struct sent *b)
{
    bool v4 = a->bytes[12] == 8;
    size_t at = v4 ? 18 : 58, n = v4 ? 2 : 4;
    return is_fragment(a) && is_fragment(b) && !memcmp(a->bytes + at, b->bytes + at, n);
}

static void swap_sent(struct sent *a, struct sent *b)
{
    struct sent swap = *a;
    *a = *b;
    *b = swap;
}

/* The fragments of a packet in any order, then neighbours by chance the other way round: so there are never more packets in the making than one
 * set holds, together with those that a fragment which comes twice begins anew. */
static void shuffle(struct sent *sent, unsigned int n)
{
    for (unsigned int i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && same_datagram(&sent[i], &sent[end]); end++) {
        }
        for (unsigned int j = i; j < end; j++) {
            swap_sent(&sent[j], &sent[j + random() % (end - j)]);
        }
    }
    for (unsigned int i = 0; i + 1 < n; i += 2) {
        swap_sent(&sent[i], &sent[i + random() % 2]);
    }
}

/* Receives what left 'from', out of order, some of it twice; returns how many were sent twice. */
static unsigned int send_back(struct fixture *f, struct test_port *from)
{
    unsigned int n = from->n_sent, n_twice = 0;
    struct sent *sent = xmalloc(n * sizeof *sent);
    memcpy(sent, from->sent, n * sizeof *sent);
    from->n_sent = 0;
    clear(f);
    shuffle(sent, n);
    for (unsigned int i = 0; i < n; i++) {
        const struct packet *p = &sent[i].packet;
        const struct dp_offload debt = { p->offload, p->gso_type, p->gso_size, p->hdr_len, p->csum_start, p->csum_offset };
        bool twice = is_fragment(&sent[i]) && random() % 8 == 0;
        for (int k = 0; k <= twice; k++) {
            harness_receive(f->p[1], sent[i].bytes, sent[i].len, &debt);
        }
        n_twice += twice;
        free(sent[i].bytes);
    }
    free(sent);
    while (datapath_poll(f->dp)) {
    }
    return n_twice;
}

/* Flows that put fragments together and give whole packets to 'actions'. */
static void put_reassembly_flows(struct fixture *f, const char *actions)
{
    datapath_flow_flush(f->dp);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(frag=first)", "reassemble");
    harness_flow(f->dp, 2, "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(frag=later)", "reassemble");
    harness_flow(f->dp, 3, "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(frag=no)", actions);
    harness_flow(f->dp, 4, "recirc_id(0),in_port(1),eth_type(0x86dd),ipv6(frag=first)", "reassemble");
    harness_flow(f->dp, 5, "recirc_id(0),in_port(1),eth_type(0x86dd),ipv6(frag=later)", "reassemble");
    harness_flow(f->dp, 6, "recirc_id(0),in_port(1),eth_type(0x86dd),ipv6(frag=no)", actions);
}

/* A TCP super-packet in the fixture. */
static void make_super(struct fixture *f, uint32_t payload_len, uint16_t gso_size)
{
    make_inner(f, true, payload_len);
    put_be16(f->bytes + 50, ~csum_finish(csum_pseudo_ipv4(get_be32(f->bytes + 26), get_be32(f->bytes + 30), 6, f->len - 34)));
    f->debt = (struct dp_offload) { PACKET_NEEDS_CSUM, PACKET_GSO_TCPV4, gso_size, 54, 34, 16 };
}

/* What is cut comes back as it was, whatever the order of the fragments. */
static void there_and_back(void **state)
{
    struct fixture *f = *state;
    uint64_t n_drops = 0;
    srandom(3);
    for (int i = 0; i < 400; i++) {
        bool super = random() % 3 == 0, v6 = random() % 2;
        uint32_t size = random() % 4 ? 1500 + random() % 8000 : 20000 + random() % 45000;
        uint32_t n_whole = 1;
        if (super) {
            make_super(f, size, 1400 + random() % 3000);
            run(f, "3");
            n_whole = f->p[3]->n_sent;
        } else {
            make_inner(f, random() % 2, size);
        }
        uint8_t *expected = xmalloc(PACKET_MAX_SIZE);
        memcpy(expected, f->bytes, f->len);
        push(f, v6 ? OUTER6 : OUTER4("0x0"), 1280 + random() % 200, 2 + random() % 3);
        struct test_port *through = f->p[2]->n_sent ? f->p[2] : f->p[3]->n_sent ? f->p[3] : f->p[4];
        assert_true(through->n_sent >= 2);
        assert_true(through->n_sent >= n_whole);
        put_reassembly_flows(f, "tnl_pop(5)");
        harness_flow(f->dp, 7, "recirc_id(0),in_port(5)", "2");
        n_drops += send_back(f, through);
        assert_true(harness_drops(f->dp, DROP_TUNNEL_FRAGMENT) <= n_drops); /* one that comes behind the last begins anew */
        assert_int_equal(f->p[2]->n_sent, n_whole);
        uint32_t sum = 0;
        for (uint32_t k = 0; k < n_whole; k++) {
            sum += f->p[2]->sent[k].len - 54;
        }
        assert_int_equal(sum, f->len - 54);
        if (!super) {
            assert_memory_equal(f->p[2]->sent[0].bytes, expected, f->len);
        }
        free(expected);
    }
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_CHECKSUM), 0);
}

/* What the fragments did not need is not asked of the packet: it goes on in fragments, also when it was up for its first flow. */
static void cut_again(void **state)
{
    struct fixture *f = *state;
    make_inner(f, false, 3000);
    push(f, OUTER4("0x0"), 1500, 2);
    put_reassembly_flows(f, "4,2");
    send_back(f, f->p[2]);
    assert_int_equal(f->p[4]->n_sent, 3);
    assert_int_equal(f->p[2]->n_sent, 1);
    const struct dp_offload debt = { .gso_size = UINT16_MAX };
    struct flow key;
    struct packet p;
    uint8_t frame[4000];
    uint8_t *bytes = f->bytes;
    memmove(frame + PACKET_HEADROOM, bytes, f->len);
    packet_use(&p, frame, sizeof frame, PACKET_HEADROOM, f->len);
    assert_int_equal(parse_packet(&p, &key), PARSE_OK);
    struct actions list = ACTIONS_INIT;
    actions_put_output(&list, 4);
    struct dp_op op = { .type = DP_OP_EXECUTE, .key = &key, .actions = list.data, .actions_size = list.size, .packet = f->bytes,
                        .packet_len = f->len, .offload = &debt };
    clear(f);
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    assert_int_equal(f->p[4]->n_sent, 3);
    actions_destroy(&list);
}

/* A fragment written down: IPv4 from 192.0.2.1, 'id', and bytes from 'start' on. */
struct frag {
    uint16_t id;
    uint32_t start, len;
    bool more;
    uint8_t tos, ihl;
    bool spoil, debt;
};

static void receive_frag(struct fixture *f, const struct frag *g)
{
    struct ip_header *ip = (void *) (f->bytes + ETH_HEADER_LEN);
    uint32_t ihl = g->ihl ? g->ihl : 5;
    memset(f->bytes, 0, 60);
    f->bytes[5] = 2;
    f->bytes[12] = 8;
    ip->ihl_ver = (uint8_t) (0x40 | ihl);
    ip->tos = g->tos;
    ip->tot_len = htons(ihl * 4 + g->len);
    ip->id = htons(g->id);
    ip->frag_off = htons(g->start / 8 | (g->more ? IP_MORE_FRAGMENTS : 0));
    ip->ttl = 64;
    ip->proto = NW_PROTO_UDP;
    put_be32(ip->src, htonl(0xc0000201));
    put_be32(ip->dst, htonl(0xc0000202));
    ip->csum = csum(ip, ihl * 4) ^ (g->spoil ? 1 : 0);
    for (uint32_t i = 0; i < g->len; i++) {
        f->bytes[ETH_HEADER_LEN + ihl * 4 + i] = (uint8_t) ((g->start + i) % 251);
    }
    const struct dp_offload debt = { g->debt ? PACKET_NEEDS_CSUM : 0, 0, 0, 0, 34, 6 };
    harness_receive(f->p[1], f->bytes, ETH_HEADER_LEN + ihl * 4 + g->len, &debt);
    while (datapath_poll(f->dp)) {
    }
}

/* How many packets come of fragments, and how many fragments are dropped. */
static void check(struct fixture *f, const struct frag *frags, unsigned int n, unsigned int n_whole, unsigned int n_dropped)
{
    uint64_t before = harness_drops(f->dp, DROP_TUNNEL_FRAGMENT);
    clear(f);
    for (unsigned int i = 0; i < n; i++) {
        receive_frag(f, &frags[i]);
    }
    assert_int_equal(f->p[2]->n_sent, n_whole);
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_FRAGMENT), before + n_dropped);
    harness_check_frames(f->dp);
}
#define FRAG(ID, START, LEN, ...) { .id = (ID), .start = (START), .len = (LEN), .more = __VA_ARGS__ }
#define CHECK(N_WHOLE, N_DROPPED, ...) \
    check(f, (const struct frag[]) { __VA_ARGS__ }, ARRAY_SIZE(((const struct frag[]) { __VA_ARGS__ })), N_WHOLE, N_DROPPED)

static void drops(void **state)
{
    struct fixture *f = *state;
    put_reassembly_flows(f, "2");
    CHECK(1, 0, FRAG(1, 0, 800, true), FRAG(1, 800, 33, false));
    assert_int_equal(f->p[2]->sent[0].len, ETH_HEADER_LEN + IP_HEADER_LEN + 833);
    assert_int_equal(f->p[2]->sent[0].bytes[866], 832 % 251);
    /* Twice; overlapping a little; two ends; beyond the end. */
    CHECK(1, 1, FRAG(2, 0, 800, true), FRAG(2, 0, 800, true), FRAG(2, 800, 33, false));
    CHECK(0, 2, FRAG(3, 0, 800, true), FRAG(3, 792, 33, false));
    CHECK(0, 2, FRAG(4, 800, 33, false), FRAG(4, 800, 30, false));
    CHECK(0, 2, FRAG(5, 800, 33, false), FRAG(5, 840, 8, true));
    /* Too long; not in units of 8 bytes; nothing in it. */
    CHECK(0, 1, FRAG(6, 65512, 100, false));
    CHECK(0, 1, FRAG(7, 0, 801, true));
    CHECK(0, 1, FRAG(8, 800, 0, false));
    /* Options; a wrong sum; a debt. */
    CHECK(0, 1, FRAG(9, 0, 800, true, .ihl = 6));
    CHECK(0, 1, FRAG(10, 0, 800, true, .spoil = true));
    CHECK(0, 1, FRAG(11, 0, 800, true, .debt = true));
    /* Congestion is told on; what cannot be told is not let through. */
    CHECK(1, 0, FRAG(12, 0, 800, true, .tos = 2), FRAG(12, 800, 33, false, .tos = 3));
    assert_int_equal(f->p[2]->sent[0].bytes[15], 3);
    assert_int_equal(csum(f->p[2]->sent[0].bytes + ETH_HEADER_LEN, IP_HEADER_LEN), 0);
    CHECK(0, 2, FRAG(13, 0, 800, true, .tos = 0), FRAG(13, 800, 33, false, .tos = 3));
    /* The longest. */
    CHECK(1, 0, FRAG(14, 0, 65504, true), FRAG(14, 65504, 11, false));
}

/* More beginnings than there is room for: the oldest make way, nothing grows. */
static void flood(void **state)
{
    struct fixture *f = *state;
    enum { N = 1000 };
    put_reassembly_flows(f, "2");
    for (uint16_t i = 0; i < N; i++) {
        receive_frag(f, &(struct frag) FRAG(i, 0, 800, true));
    }
    uint64_t n_dropped = harness_drops(f->dp, DROP_TUNNEL_FRAGMENT);
    assert_true(n_dropped >= N - REASSEMBLY_SETS * REASSEMBLY_WAYS);
    assert_true(n_dropped < N);
    clear(f);
    receive_frag(f, &(struct frag) FRAG(N - 1, 800, 33, false));
    assert_int_equal(f->p[2]->n_sent, 1);
    /* Whoever is still there is given up, some time, for those that come. */
    for (uint16_t i = 0; i < N; i++) {
        receive_frag(f, &(struct frag) FRAG(N + i, 0, 800, true));
        receive_frag(f, &(struct frag) FRAG(N + i, 800, 33, false));
    }
    assert_int_equal(f->p[2]->n_sent, N + 1);
}

/* Time goes by: what is not whole then is given up with the next fragment. */
static void timeout(void **state)
{
    char *error;
    uint64_t drops[DROP_N_REASONS] = { 0 };
    struct arena *arena = arena_create(64, 32, 1, &error);
    struct frame_cache *frames = frame_cache_create(arena, 0, drops);
    struct reassembly *r = reassembly_create();
    for (int i = 0; i < 2; i++) {
        for (int part = 0; part < 2; part++) {
            struct packet *p = frame_cache_get(frames);
            struct flow key;
            struct ip_header *ip = (void *) (p->data + ETH_HEADER_LEN);
            memset(p->data, 0, 100);
            p->data[12] = 8;
            p->head_len = ETH_HEADER_LEN + IP_HEADER_LEN + 16;
            *ip = (struct ip_header) { .ihl_ver = 0x45, .tot_len = htons(36), .ttl = 64, .proto = NW_PROTO_UDP, .id = htons(7),
                                       .frag_off = part ? htons(2) : htons(IP_MORE_FRAGMENTS) };
            ip->csum = csum(ip, IP_HEADER_LEN);
            assert_int_equal(parse_packet(p, &key), PARSE_OK);
            struct packet *whole = reassembly_add(r, frames, p, part * (REASSEMBLY_TIMEOUT_MS + i));
            assert_int_equal(whole != NULL, part && !i);
            if (whole) {
                frame_cache_put(frames, whole);
            }
        }
    }
    assert_int_equal(drops[DROP_TUNNEL_FRAGMENT], 1);
    assert_int_equal(arena_n_tails_free(arena), arena_n_tails(arena) - 1);
    reassembly_destroy(r);
    frame_cache_destroy(frames);
    arena_destroy(arena);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(cut_ipv4), TEST(cut_ipv6), TEST(not_cut), TEST(there_and_back), TEST(cut_again), TEST(drops),
        cmocka_unit_test_setup_teardown(flood, set_up, tear_down_waiting), cmocka_unit_test(timeout),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return n_failed;
}
