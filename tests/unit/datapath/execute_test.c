/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on packets between ports in memory, and every reason to drop one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/worker.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "lib/net/action.h"
#include "lib/net/csum.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "tests/unit/datapath/harness.h"

#define UDP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"
#define TCP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1000,dst=2000)"
#define TCP6                                                             \
    "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x86dd)," \
    "ipv6(src=fe80::1,dst=fe80::2,proto=6,tclass=0,hlimit=64,frag=no),tcp(src=1000,dst=2000)"

struct fixture {
    struct datapath *dp;
    struct test_port *p[5]; /* 1 to 4 */
    uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t len;
};

enum { ALL_FEATURES = PORT_TX_CSUM | PORT_TX_TSO4 | PORT_TX_TSO6 | PORT_TX_USO };

/* Port 1 gets packets; 2 takes all debts, 3 none, 4 none and has an MTU. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dp = harness_create(1000, 2048, 0);
    f->p[1] = harness_add_port(f->dp, 1, ALL_FEATURES, 0);
    f->p[2] = harness_add_port(f->dp, 2, ALL_FEATURES, 0);
    f->p[3] = harness_add_port(f->dp, 3, 0, 0);
    f->p[4] = harness_add_port(f->dp, 4, 0, 1500);
    f->len = harness_packet(UDP, 100, f->bytes, sizeof f->bytes);
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

/* Sends the fixture's packet into port 1, with these actions for all packets there. */
static void run(struct fixture *f, const char *actions)
{
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", actions);
    for (int i = 2; i <= 4; i++) {
        harness_clear(f->p[i]);
    }
    harness_receive(f->p[1], f->bytes, f->len, NULL);
    assert_int_equal(datapath_poll(f->dp), 1);
}

/* What a packet that was sent parses to. */
static void parse_sent(const struct sent *s, struct flow *key)
{
    struct packet p;
    packet_use(&p, s->bytes, s->len, 0, s->len);
    assert_int_equal(parse_packet(&p, key), PARSE_OK);
}

static void expect_same(const struct fixture *f, const struct test_port *port)
{
    assert_int_equal(port->n_sent, 1);
    assert_int_equal(port->sent[0].len, f->len);
    assert_memory_equal(port->sent[0].bytes, f->bytes, f->len);
}

static void output(void **state)
{
    struct fixture *f = *state;
    run(f, "2");
    expect_same(f, f->p[2]);

    /* To several ports: one packet, no copies. */
    run(f, "2,3,4");
    expect_same(f, f->p[2]);
    expect_same(f, f->p[3]);
    expect_same(f, f->p[4]);
    assert_ptr_equal(f->p[2]->sent[0].packet.frame, f->p[3]->sent[0].packet.frame);
    assert_ptr_equal(f->p[2]->sent[0].packet.frame, f->p[4]->sent[0].packet.frame);

    /* The same port twice. */
    run(f, "2,2");
    assert_int_equal(f->p[2]->n_sent, 2);
}

/* What was sent before a change stays as it was. */
static void copy_on_write(void **state)
{
    struct fixture *f = *state;
    struct flow key;
    run(f, "2,set(eth(dst=00:00:00:00:00:09)),3,push_vlan(vid=5,pcp=0),4");
    expect_same(f, f->p[2]);
    parse_sent(&f->p[3]->sent[0], &key);
    assert_int_equal(key.eth_dst.ea[5], 9);
    assert_int_equal(key.vlan[0].tci, 0);
    parse_sent(&f->p[4]->sent[0], &key);
    assert_int_equal(key.eth_dst.ea[5], 9);
    assert_int_equal(key.vlan[0].tci, htons(VLAN_CFI | 5));
    assert_int_equal(f->p[4]->sent[0].len, f->len + VLAN_HEADER_LEN);
}

static void clone_and_sample(void **state)
{
    struct fixture *f = *state;
    struct flow key;
    run(f, "clone(set(ipv4(ttl=1)),clone(set(ipv4(ttl=2)),2),3),4");
    parse_sent(&f->p[2]->sent[0], &key);
    assert_int_equal(key.nw_ttl, 2);
    parse_sent(&f->p[3]->sent[0], &key);
    assert_int_equal(key.nw_ttl, 1);
    expect_same(f, f->p[4]);

    run(f, "clone(2)");
    expect_same(f, f->p[2]);

    struct actions list = ACTIONS_INIT;
    const uint32_t probabilities[] = { 0, UINT32_MAX, UINT32_MAX / 2 };
    for (unsigned int i = 0; i < 3; i++) {
        actions_clear(&list);
        size_t offset = actions_begin_sample(&list, probabilities[i]);
        actions_put_output(&list, 2);
        actions_end(&list, offset);
        actions_put_output(&list, 3);
        struct dp_op op = { .type = DP_OP_FLOW_PUT, .ufid = harness_ufid(1), .flags = DP_PUT_MODIFY,
                            .actions = list.data, .actions_size = list.size };
        datapath_operate(f->dp, &op);
        assert_int_equal(op.error, 0);
        harness_clear(f->p[2]);
        harness_clear(f->p[3]);
        for (int j = 0; j < 2000; j++) {
            harness_receive(f->p[1], f->bytes, f->len, NULL);
        }
        while (datapath_poll(f->dp)) {
        }
        assert_int_equal(f->p[3]->n_sent, 2000);
        assert_in_range(f->p[2]->n_sent, i == 0 ? 0 : i == 1 ? 2000 : 900,
                        i == 0 ? 0 : i == 1 ? 2000 : 1100);
    }
    actions_destroy(&list);
}

static void trunc_output(void **state)
{
    struct fixture *f = *state;
    run(f, "trunc(50),2,3");
    assert_int_equal(f->p[2]->sent[0].len, 50);
    assert_memory_equal(f->p[2]->sent[0].bytes, f->bytes, 50);
    expect_same(f, f->p[3]);
    run(f, "3,trunc(50),2");
    assert_int_equal(f->p[2]->sent[0].len, 50);
    expect_same(f, f->p[3]);
    run(f, "trunc(5000),2");
    expect_same(f, f->p[2]);

    /* Into the tail, and off it. */
    f->len = harness_packet(UDP, 9000, f->bytes, sizeof f->bytes);
    run(f, "trunc(5000),2,trunc(100),2,2");
    assert_int_equal(f->p[2]->n_sent, 3);
    assert_int_equal(f->p[2]->sent[0].len, 5000);
    assert_memory_equal(f->p[2]->sent[0].bytes, f->bytes, 5000);
    assert_int_equal(f->p[2]->sent[1].len, 100);
    assert_int_equal(f->p[2]->sent[2].len, f->len);
    assert_memory_equal(f->p[2]->sent[2].bytes, f->bytes, f->len);
}

static void dec_ttl(void **state)
{
    struct fixture *f = *state;
    struct actions list = ACTIONS_INIT;
    struct flow key;
    size_t offset = actions_begin_dec_ttl(&list);
    actions_put_output(&list, 3);
    actions_end(&list, offset);
    actions_put_output(&list, 2);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "drop");
    struct dp_op op = { .type = DP_OP_FLOW_PUT, .ufid = harness_ufid(1), .flags = DP_PUT_MODIFY,
                        .actions = list.data, .actions_size = list.size };
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);

    harness_receive(f->p[1], f->bytes, f->len, NULL);
    datapath_poll(f->dp);
    assert_int_equal(f->p[3]->n_sent, 0);
    parse_sent(&f->p[2]->sent[0], &key);
    assert_int_equal(key.nw_ttl, 63);
    assert_int_equal(harness_drops(f->dp, DROP_TTL_EXPIRED), 0);

    harness_clear(f->p[2]);
    f->len =
        harness_packet("eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),"
                       "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,ttl=1,frag=no),udp(src=1,dst=2)",
                       100, f->bytes, sizeof f->bytes);
    harness_receive(f->p[1], f->bytes, f->len, NULL);
    datapath_poll(f->dp);
    assert_int_equal(f->p[2]->n_sent, 0);
    expect_same(f, f->p[3]);
    assert_int_equal(harness_drops(f->dp, DROP_TTL_EXPIRED), 1);
    actions_destroy(&list);
}

static void recirculate(void **state)
{
    struct fixture *f = *state;
    struct flow key;
    harness_flow(f->dp, 2, "recirc_id(0x7),in_port(1)," UDP, "set(eth(src=00:00:00:00:00:77)),3");
    run(f, "set(ipv4(tos=0x4/0xfc)),2,recirc(0x7)");
    assert_int_equal(f->p[3]->n_sent, 0); /* the second flow wants TOS 0 */
    assert_int_equal(harness_drops(f->dp, DROP_NO_CONTROL), 1);
    run(f, "2,recirc(0x7)");
    expect_same(f, f->p[2]);
    parse_sent(&f->p[3]->sent[0], &key);
    assert_int_equal(key.eth_src.ea[5], 0x77);

    /* From inside a clone, and the original goes on unchanged. */
    run(f, "clone(set(skb_mark(0x5)),recirc(0x7)),2");
    expect_same(f, f->p[2]);
    assert_int_equal(f->p[3]->n_sent, 1);

    /* Without end. */
    harness_flow(f->dp, 3, "recirc_id(0x8),in_port(1)", "2,recirc(0x8)");
    run(f, "recirc(0x8)");
    assert_int_equal(f->p[2]->n_sent, 8);
    assert_int_equal(harness_drops(f->dp, DROP_RECIRC_LIMIT), 1);

    /* Multiplying: bounded in each round. */
    harness_flow(f->dp, 3, "recirc_id(0x8),in_port(1)",
                 "clone(recirc(0x8)),clone(recirc(0x8)),clone(recirc(0x8)),recirc(0x8)");
    run(f, "recirc(0x8)");
    assert_true(harness_drops(f->dp, DROP_RECIRC_LIMIT) > 100);
}

/* dp_hash comes out as a field that the next lookup can match. */
static void hash(void **state)
{
    struct fixture *f = *state;
    uint32_t n[2] = { 0, 0 };
    harness_flow(f->dp, 2, "recirc_id(0x7),in_port(1),dp_hash(0/0x1)", "2");
    harness_flow(f->dp, 3, "recirc_id(0x7),in_port(1),dp_hash(0x1/0x1)", "3");
    for (int i = 0; i < 64; i++) {
        f->bytes[34] = i; /* source port */
        run(f, "hash(l4(0)),recirc(0x7)");
        n[0] += f->p[2]->n_sent;
        n[1] += f->p[3]->n_sent;
    }
    assert_int_equal(n[0] + n[1], 64);
    assert_true(n[0] > 10 && n[1] > 10);
}

static void mpls(void **state)
{
    struct fixture *f = *state;
    struct flow key;
    harness_flow(f->dp, 2, "recirc_id(0x7),in_port(1)," UDP, "3");
    run(f, "push_mpls(label=100,tc=0,ttl=64,bos=1,eth_type=0x8847),2,pop_mpls(eth_type=0x800),"
           "recirc(0x7)");
    parse_sent(&f->p[2]->sent[0], &key);
    assert_int_equal(key.eth_type, htons(ETH_TYPE_MPLS));
    assert_int_equal(ntohl(key.mpls_lse[0]) >> MPLS_LABEL_SHIFT, 100);
    expect_same(f, f->p[3]);
}

/* A super-packet, its checksum partial, passes whole through a port that can take it and in pieces
 * elsewhere. */
static void check_gso(struct fixture *f, const char *headers, uint8_t gso_type, uint32_t l4_ofs)
{
    const uint32_t payload = 20000, mss = 1400;
    f->len = harness_packet(headers, payload, f->bytes, sizeof f->bytes);
    uint32_t header_len = f->len - payload;
    for (uint32_t i = 0; i < payload; i++) {
        f->bytes[header_len + i] = i * 7;
    }
    uint32_t l4_len = f->len - l4_ofs;
    uint32_t pseudo =
        l4_ofs == 34 ? csum_pseudo_ipv4(get_be32(f->bytes + 26), get_be32(f->bytes + 30), 6, l4_len)
                     : csum_pseudo_ipv6(f->bytes + 22, f->bytes + 38, 6, l4_len);
    put_be16(f->bytes + l4_ofs + 16, ~csum_finish(pseudo));
    const struct dp_offload offload = {
        .offload = PACKET_NEEDS_CSUM, .gso_type = gso_type, .gso_size = mss, .hdr_len = header_len,
        .csum_start = l4_ofs, .csum_offset = 16,
    };
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "2,3,4");
    harness_clear(f->p[2]);
    harness_clear(f->p[3]);
    harness_clear(f->p[4]);
    harness_receive(f->p[1], f->bytes, f->len, &offload);
    assert_int_equal(datapath_poll(f->dp), 1);

    expect_same(f, f->p[2]);
    assert_int_equal(f->p[2]->sent[0].packet.gso_size, mss);
    assert_int_equal(f->p[2]->sent[0].packet.csum_start, l4_ofs);
    for (int port = 3; port <= 4; port++) {
        const struct test_port *t = f->p[port];
        assert_int_equal(t->n_sent, DIV_ROUND_UP(payload, mss));
        for (uint32_t i = 0, done = 0; i < t->n_sent; i++) {
            const struct sent *s = &t->sent[i];
            uint32_t n = MIN(mss, payload - done);
            struct flow key;
            assert_int_equal(s->len, header_len + n);
            assert_memory_equal(s->bytes + header_len, f->bytes + header_len + done, n);
            assert_int_equal(s->packet.offload & PACKET_NEEDS_CSUM, 0);
            parse_sent(s, &key);
            l4_len = s->len - l4_ofs;
            pseudo = l4_ofs == 34 ? csum_pseudo_ipv4(get_be32(s->bytes + 26),
                                                     get_be32(s->bytes + 30), 6, l4_len)
                                  : csum_pseudo_ipv6(s->bytes + 22, s->bytes + 38, 6, l4_len);
            assert_int_equal(csum_finish(csum_continue(pseudo, s->bytes + l4_ofs, l4_len)), 0);
            done += n;
        }
    }
}

static void segmentation(void **state)
{
    struct fixture *f = *state;
    check_gso(f, TCP, PACKET_GSO_TCPV4, 34);
    check_gso(f, TCP6, PACKET_GSO_TCPV6, 54);
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 0);

    /* A port that cannot send in full loses the rest, and no frame. */
    f->p[3]->tx_room = 5;
    harness_clear(f->p[3]);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "3");
    const struct dp_offload offload = {
        .offload = PACKET_NEEDS_CSUM, .gso_type = PACKET_GSO_TCPV6, .gso_size = 1400, .hdr_len = 74,
        .csum_start = 54, .csum_offset = 16,
    };
    harness_receive(f->p[1], f->bytes, f->len, &offload);
    datapath_poll(f->dp);
    assert_int_equal(f->p[3]->n_sent, 5);
    assert_int_equal(harness_drops(f->dp, DROP_TX_QUEUE_FULL), 10);
    harness_check_frames(f->dp);
}

/* A partial checksum is completed where the port cannot, and only there. */
static void checksum(void **state)
{
    struct fixture *f = *state;
    be16 good = get_be16(f->bytes + 40);
    uint32_t pseudo =
        csum_pseudo_ipv4(get_be32(f->bytes + 26), get_be32(f->bytes + 30), 17, f->len - 34);
    put_be16(f->bytes + 40, ~csum_finish(pseudo));
    const struct dp_offload offload = {
        .offload = PACKET_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6};
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "3,2");
    harness_receive(f->p[1], f->bytes, f->len, &offload);
    datapath_poll(f->dp);
    expect_same(f, f->p[2]);
    assert_int_equal(f->p[2]->sent[0].packet.offload, PACKET_NEEDS_CSUM);
    put_be16(f->bytes + 40, good);
    expect_same(f, f->p[3]);
}

/* The reasons, one by one. */

static void expect_drop(struct fixture *f, const char *actions, enum drop_reason reason)
{
    uint64_t before = harness_drops(f->dp, reason);
    run(f, actions);
    assert_int_equal(harness_drops(f->dp, reason), before + 1);
    assert_int_equal(f->p[2]->n_sent + f->p[3]->n_sent + f->p[4]->n_sent, 0);
    harness_check_frames(f->dp);
}

/* The port, 2 or 3, that the packet goes to with 'actions'. */
static uint32_t branch_of(struct fixture *f, const char *actions, const struct dp_offload *offload)
{
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", actions);
    harness_clear(f->p[2]);
    harness_clear(f->p[3]);
    harness_receive(f->p[1], f->bytes, f->len, offload);
    assert_int_equal(datapath_poll(f->dp), 1);
    assert_true(!f->p[2]->n_sent != !f->p[3]->n_sent);
    return f->p[2]->n_sent ? 2 : 3;
}

/* Tags count, what TRUNC cuts off does not, as in OVS 3.1; of a super-packet the longest segment counts. */
static void check_len(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->len, 142);
    assert_int_equal(branch_of(f, "check_pkt_len(size=142,gt(2),le(3))", NULL), 3);
    assert_int_equal(branch_of(f, "check_pkt_len(size=141,gt(2),le(3))", NULL), 2);
    assert_int_equal(branch_of(f, "push_vlan(vid=5,pcp=0),check_pkt_len(size=145,gt(2),le(3))", NULL), 2);
    assert_int_equal(branch_of(f, "push_vlan(vid=5,pcp=0),check_pkt_len(size=146,gt(2),le(3))", NULL), 3);
    assert_int_equal(branch_of(f, "trunc(100),check_pkt_len(size=100,gt(2),le(3))", NULL), 3);
    assert_int_equal(f->p[3]->sent[0].len, 100);
    assert_int_equal(branch_of(f, "trunc(101),check_pkt_len(size=100,gt(2),le(3))", NULL), 2);

    /* Short and long packets in one burst, on copies. */
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)",
                 "check_pkt_len(size=100,gt(set(ipv4(ttl=1)),2),le(drop)),3");
    harness_clear(f->p[2]);
    harness_clear(f->p[3]);
    uint32_t len = f->len, short_len = harness_packet(UDP, 10, f->bytes + 1000, 1000);
    for (int i = 0; i < 20; i++) {
        harness_receive(f->p[1], f->bytes + (i % 2 ? 1000 : 0), i % 2 ? short_len : len, NULL);
    }
    datapath_poll(f->dp);
    assert_int_equal(f->p[2]->n_sent, 10);
    assert_int_equal(f->p[3]->n_sent, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(f->p[3]->sent[i].len, i % 2 ? short_len : len);
        assert_int_equal(f->p[3]->sent[i].bytes[22], 64);
        assert_int_equal(f->p[2]->sent[i / 2].bytes[22], 1);
    }

    f->len = harness_packet(TCP, 9000, f->bytes, sizeof f->bytes);
    const struct dp_offload offload = {
        .offload = PACKET_NEEDS_CSUM, .gso_type = PACKET_GSO_TCPV4, .gso_size = 1400, .hdr_len = 54,
        .csum_start = 34, .csum_offset = 16,
    };
    assert_int_equal(branch_of(f, "check_pkt_len(size=1454,gt(2),le(3))", &offload), 3);
    assert_int_equal(branch_of(f, "check_pkt_len(size=1453,gt(2),le(3))", &offload), 2);
}

/* What a super-packet leaves a port as, when its headers are such that no device can segment it: the pieces. */
static void check_odd_gso(struct fixture *f, const char *actions, unsigned int growth)
{
    const struct dp_offload offload = {
        .offload = PACKET_NEEDS_CSUM, .gso_type = PACKET_GSO_TCPV4, .gso_size = 1000, .hdr_len = 54,
        .csum_start = 34, .csum_offset = 16,
    };
    f->len = harness_packet(TCP, 3500, f->bytes, sizeof f->bytes);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", actions);
    for (int i = 2; i <= 4; i++) {
        harness_clear(f->p[i]);
    }
    harness_receive(f->p[1], f->bytes, f->len, &offload);
    datapath_poll(f->dp);
    for (int i = 2; i <= 4; i++) {
        assert_int_equal(f->p[i]->n_sent, 4);
        for (int j = 0; j < 4; j++) {
            const struct sent *s = &f->p[i]->sent[j];
            assert_int_equal(s->packet.gso_type, PACKET_GSO_NONE);
            assert_int_equal(s->len, 54 + growth + (j < 3 ? 1000 : 500));
            if (i != 2) {
                /* The checksums are right, wherever IP is. */
                uint32_t l4_len = s->len - 34 - growth;
                uint8_t *ip = s->bytes + 14 + growth;
                assert_int_equal(csum(ip, 20), 0);
                uint32_t pseudo =
                    csum_pseudo_ipv4(get_be32(ip + 12), get_be32(ip + 16), 6, l4_len);
                assert_int_equal(csum_finish(csum_continue(pseudo, ip + 20, l4_len)), 0);
            }
        }
    }
}

static void odd_gso(void **state)
{
    struct fixture *f = *state;
    check_odd_gso(f, "push_pbb(isid=5),2,3,4", 18);
    check_odd_gso(f, "push_vlan(vid=5,pcp=0),push_pbb(isid=5),2,3,4", 22);
    check_odd_gso(f, "push_pbb(isid=5),push_vlan(vid=5,pcp=0),2,3,4", 22);
    check_odd_gso(f, "set(eth_type(0x88b5)),2,3,4", 0);
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 0);
}

/* I-TAGs, TTLs and types on the way, and what the next lookup sees of them. */
static void beyond_ovs(void **state)
{
    struct fixture *f = *state;
    struct flow key;
    run(f, "push_pbb(isid=70000,pcp=5,uca=1),2,set(pbb(isid=7)),3,pop_pbb,4");
    parse_sent(&f->p[2]->sent[0], &key);
    assert_int_equal(key.pbb_isid, htonl(70000));
    assert_int_equal(key.pbb_uca, 1);
    assert_int_equal(f->p[2]->sent[0].bytes[14], 0xa8);
    parse_sent(&f->p[3]->sent[0], &key);
    assert_int_equal(key.pbb_isid, htonl(7));
    expect_same(f, f->p[4]);

    harness_flow(f->dp, 2, "recirc_id(0x7),in_port(1),eth_type(0x88e7),pbb(isid=5)", "pop_pbb,recirc(0x8)");
    harness_flow(f->dp, 3, "recirc_id(0x8),in_port(1),eth_type(0x0800)", "2");
    run(f, "push_pbb(isid=5),recirc(0x7)");
    expect_same(f, f->p[2]);

    run(f, "push_mpls(label=5,tc=0,ttl=9,bos=1,eth_type=0x8847),copy_ttl_out,2,set(mpls(ttl=7)),"
           "copy_ttl_in,pop_mpls(eth_type=0x800),3");
    parse_sent(&f->p[2]->sent[0], &key);
    assert_int_equal(ntohl(key.mpls_lse[0]) & 0xff, 64);
    parse_sent(&f->p[3]->sent[0], &key);
    assert_int_equal(key.nw_ttl, 7);

    run(f, "set(eth_type(0x88b5)),set(ipv4(ttl=1)),2,set(eth_type(0x0800)),set(ipv4(proto=136)),3");
    parse_sent(&f->p[2]->sent[0], &key);
    assert_int_equal(key.eth_type, htons(0x88b5));
    parse_sent(&f->p[3]->sent[0], &key);
    assert_int_equal(key.nw_ttl, 64);
    assert_int_equal(key.nw_proto, 136);

    expect_drop(f, "pop_pbb,2", DROP_ACTION_UNSUITED);
    expect_drop(f, "check_pkt_len(size=1,gt(drop),le(2))", DROP_EXPLICIT);
}


static void drop_by_action(void **state)
{
    struct fixture *f = *state;
    expect_drop(f, "drop", DROP_EXPLICIT);
    expect_drop(f, "set(eth(dst=00:00:00:00:00:09))", DROP_EXPLICIT);
    expect_drop(f, "77", DROP_NO_PORT);
    expect_drop(f, "70000", DROP_NO_PORT);
    expect_drop(f, "pop_vlan,2", DROP_ACTION_UNSUITED);
    expect_drop(f, "pop_mpls(eth_type=0x800),2", DROP_ACTION_UNSUITED);
    expect_drop(f, "userspace(pid=0,userdata(00112233))", DROP_NO_CONTROL);

    struct actions list = ACTIONS_INIT;
    actions_put_drop(&list, DROP_XLATE_VLAN);
    struct dp_op op = { .type = DP_OP_FLOW_PUT, .ufid = harness_ufid(1), .flags = DP_PUT_MODIFY,
                        .actions = list.data, .actions_size = list.size };
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    harness_receive(f->p[1], f->bytes, f->len, NULL);
    datapath_poll(f->dp);
    assert_int_equal(harness_drops(f->dp, DROP_XLATE_VLAN), 1);

    /* More tags than there is headroom for. */
    actions_clear(&list);
    for (unsigned int i = 0; i <= PACKET_HEADROOM / VLAN_HEADER_LEN; i++) {
        actions_put_push_vlan(&list, htons(ETH_TYPE_VLAN_8021Q), htons(VLAN_CFI | 1));
    }
    actions_put_output(&list, 2);
    op.actions = list.data;
    op.actions_size = list.size;
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
    harness_receive(f->p[1], f->bytes, f->len, NULL);
    datapath_poll(f->dp);
    assert_int_equal(harness_drops(f->dp, DROP_NO_HEADROOM), 1);
    assert_int_equal(f->p[2]->n_sent, 0);
    actions_destroy(&list);
}

static void drop_before_lookup(void **state)
{
    struct fixture *f = *state;
    f->len = 13;
    expect_drop(f, "2", DROP_PARSE_TOO_SHORT);
    f->len = 0;
    expect_drop(f, "2", DROP_PARSE_TOO_SHORT);

    const struct dp_offload bad[] = {
        { PACKET_NEEDS_CSUM, 0, 0, 0, 34, 1000 },
        { PACKET_NEEDS_CSUM, 0, 0, 0, 65535, 65535 },
        { PACKET_NEEDS_CSUM, 0, 0, 0, 0, 16 },
        { PACKET_NEEDS_CSUM, PACKET_GSO_TCPV4, 0, 54, 34, 16 },
        { 0, PACKET_GSO_TCPV4, 1000, 54, 34, 16 },
        { PACKET_NEEDS_CSUM, 77, 1000, 54, 34, 16 },
        { PACKET_NEEDS_CSUM, PACKET_GSO_ECN, 1000, 54, 34, 16 },
        { 0, PACKET_GSO_UDP, 0, 0, 0, 0 },
    };
    f->len = harness_packet(TCP, 100, f->bytes, sizeof f->bytes);
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        harness_receive(f->p[1], f->bytes, f->len, &bad[i]);
        datapath_poll(f->dp);
        assert_int_equal(harness_drops(f->dp, DROP_BAD_OFFLOAD), i + 1);
    }
    struct dp_port_stats stats;
    datapath_port_stats(f->dp, f->p[1]->port, &stats);
    assert_int_equal(stats.rx_dropped, ARRAY_SIZE(bad));
}

static void drop_at_output(void **state)
{
    struct fixture *f = *state;
    struct dp_port_stats stats;
    f->p[2]->tx_room = 0;
    expect_drop(f, "2", DROP_TX_QUEUE_FULL);
    f->p[2]->why = DROP_TX_ERROR;
    expect_drop(f, "2", DROP_TX_ERROR);
    f->p[2]->tx_room = UINT32_MAX;
    f->p[2]->port->admin_up = false;
    expect_drop(f, "2", DROP_PORT_DOWN);
    datapath_port_stats(f->dp, f->p[2]->port, &stats);
    assert_int_equal(stats.tx_dropped, 2);
    assert_int_equal(stats.tx_errors, 1);

    f->len = harness_packet(UDP, 1472, f->bytes, sizeof f->bytes);
    run(f, "4");
    expect_same(f, f->p[4]);
    run(f, "push_vlan(vid=5,pcp=0),4");
    assert_int_equal(f->p[4]->n_sent, 1);
    f->len = harness_packet(UDP, 1473, f->bytes, sizeof f->bytes);
    expect_drop(f, "4", DROP_MTU);

    /* Segments that are too long for the port; a super-packet that no port can cut. */
    const struct dp_offload long_segments = {
        PACKET_NEEDS_CSUM, PACKET_GSO_TCPV4, 1480, 54, 34, 16 };
    const struct dp_offload ufo = { 0, PACKET_GSO_UDP, 1000, 42, 0, 0 };
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "4");
    f->len = harness_packet(TCP, 5000, f->bytes, sizeof f->bytes);
    harness_receive(f->p[1], f->bytes, f->len, &long_segments);
    datapath_poll(f->dp);
    assert_int_equal(harness_drops(f->dp, DROP_MTU), 2);
    f->len = harness_packet(UDP, 1400, f->bytes, sizeof f->bytes);
    harness_receive(f->p[1], f->bytes, f->len, &ufo);
    datapath_poll(f->dp);
    assert_int_equal(harness_drops(f->dp, DROP_SEGMENTATION), 1);
    assert_int_equal(f->p[4]->n_sent, 0);
}

/* Copies that there is no memory for are counted, and everything comes back. */
static void arena_exhaustion(void **state)
{
    struct fixture *f = *state;
    struct strbuf actions = STRBUF_INIT;

    /* Each clone holds a copy of the packet in the recirculation queue. */
    harness_flow(f->dp, 2, "recirc_id(0x7),in_port(1)", "2");
    for (int i = 0; i < 100; i++) {
        strbuf_putf(&actions, "clone(set(ipv4(ttl=%d)),recirc(0x7)),", i + 1);
    }
    strbuf_puts(&actions, "3");
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", strbuf_str(&actions));
    strbuf_destroy(&actions);
    for (int i = 0; i < 32; i++) {
        harness_receive(f->p[1], f->bytes, f->len, NULL);
    }
    datapath_poll(f->dp);
    assert_int_equal(f->p[3]->n_sent, 32);
    assert_int_equal(f->p[2]->n_sent, WORKER_RECIRC_QUEUE_SIZE);
    assert_int_equal(harness_drops(f->dp, DROP_RECIRC_LIMIT), 3200 - WORKER_RECIRC_QUEUE_SIZE);

    /* Outputs of changed copies to several ports, with the whole arena in use. */
    for (int i = 0; i < 400; i++) {
        harness_add_port(f->dp, 100 + i, 0, 0);
    }
    struct strbuf flood = STRBUF_INIT;
    for (int i = 0; i < 400; i++) {
        strbuf_putf(&flood, "set(ipv4(ttl=%d)),%d,", i % 200 + 1, 100 + i);
    }
    strbuf_puts(&flood, "3");
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", strbuf_str(&flood));
    strbuf_destroy(&flood);
    for (int i = 0; i < 32; i++) {
        harness_receive(f->p[1], f->bytes, f->len, NULL);
    }
    datapath_poll(f->dp);
    uint64_t n_sent = 0;
    for (int i = 0; i < 400; i++) {
        n_sent += harness_port(f->dp, 100 + i)->n_sent;
    }
    assert_true(n_sent >= 1900 && n_sent < 400 * 32);
    assert_true(harness_drops(f->dp, DROP_NO_BUFFER) > 0);
    harness_check_frames(f->dp);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(output),         TEST(copy_on_write),      TEST(clone_and_sample), TEST(trunc_output),
        TEST(dec_ttl),        TEST(recirculate),        TEST(hash),             TEST(mpls),
        TEST(segmentation),   TEST(checksum),           TEST(drop_by_action),
        TEST(check_len),      TEST(odd_gso),            TEST(beyond_ovs),
        TEST(drop_before_lookup), TEST(drop_at_output), TEST(arena_exhaustion),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return n_failed;
}
