/* SPDX-License-Identifier: Apache-2.0 */
/* Packets into tunnels and out of them, between ports in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/strbuf.h"
#include "lib/net/action.h"
#include "lib/net/csum.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "lib/net/tunnel.h"
#include "tests/unit/datapath/harness.h"

#define UDP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"
#define TCP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1000,dst=2000)"

#define OUTER4 "eth(dst=00:00:00:00:00:22,src=00:00:00:00:00:21,dl_type=0x0800)," \
               "ipv4(src=192.0.2.1,dst=192.0.2.2,proto=%u,tos=0,ttl=64,frag=0x4000),"
#define OUTER6 "eth(dst=00:00:00:00:00:22,src=00:00:00:00:00:21,dl_type=0x86dd)," \
               "ipv6(src=2001:db8::1,dst=2001:db8::2,label=0,proto=%u,tclass=0x0,hlimit=64),"

enum { ALL_FEATURES = PORT_TX_CSUM | PORT_TX_TSO4 | PORT_TX_TSO6 | PORT_TX_USO };
enum { VXLAN = 5, GENEVE = 6, GRE = 7, VXLAN_GBP = 8 }; /* tunnel ports */

struct fixture {
    struct datapath *dp;
    struct test_port *p[5]; /* 1 to 4 */
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
    harness_add_tunnel(f->dp, GENEVE, "geneve", false);
    harness_add_tunnel(f->dp, GRE, "gre", false);
    harness_add_tunnel(f->dp, VXLAN_GBP, "vxlan", true);
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

static void receive(struct fixture *f, const void *bytes, uint32_t len)
{
    for (int i = 2; i <= 4; i++) {
        harness_clear(f->p[i]);
    }
    harness_receive(f->p[1], bytes, len, &f->debt);
    assert_int_equal(datapath_poll(f->dp), 1);
}

/* Sends the fixture's packet into port 1, with these actions for all packets there. */
static void run(struct fixture *f, const char *actions)
{
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", actions);
    receive(f, f->bytes, f->len);
}

static void stats(struct fixture *f, uint32_t no, struct dp_port_stats *s)
{
    datapath_port_stats(f->dp, datapath_port_get(f->dp, no), s);
}

/* "tnl_push(..)" for a tunnel port, with what follows IP in its text. */
static char *push_text(uint32_t port, int version, int size, int type, const char *rest)
{
    char *ip = version == 4 ? xasprintf(OUTER4, type == TUNNEL_GRE ? NW_PROTO_GRE : NW_PROTO_UDP)
                            : xasprintf(OUTER6, type == TUNNEL_GRE ? NW_PROTO_GRE : NW_PROTO_UDP);
    char *text = xasprintf("tnl_push(tnl_port(%u),header(size=%d,type=%d,%s%s),out_port(9))", port, size, type, ip, rest);
    free(ip);
    return text;
}

static void vxlan_bytes(void **state)
{
    struct fixture *f = *state;
    struct dp_port_stats s;
    /* Written down by hand: Ethernet, IPv4, UDP, VXLAN. */
    static const uint8_t expected[] = {
        0, 0, 0, 0, 0, 0x22, 0, 0, 0, 0, 0, 0x21, 0x08, 0x00,
        0x45, 0, 0, 178, 0, 0, 0x40, 0, 64, 17, 0xb6, 0x37, 192, 0, 2, 1, 192, 0, 2, 2,
        0x12, 0x34, 0x12, 0xb5, 0, 158, 0, 0,
        0x08, 0, 0, 0, 0, 0, 100, 0,
    };
    char *push = push_text(VXLAN, 4, 50, TUNNEL_VXLAN, "udp(src=4660,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x64)");
    char *actions = xasprintf("%s,2", push);
    run(f, actions);
    const struct sent *sent = &f->p[2]->sent[0];
    assert_int_equal(f->p[2]->n_sent, 1);
    assert_int_equal(sent->len, f->len + 50);
    assert_memory_equal(sent->bytes, expected, sizeof expected);
    assert_memory_equal(sent->bytes + 50, f->bytes, f->len);
    assert_int_equal(sent->packet.in_port, 9);
    stats(f, VXLAN, &s);
    assert_int_equal(s.tx_packets, 1);
    assert_int_equal(s.tx_bytes, f->len);

    /* The original goes on behind a clone. */
    free(actions);
    actions = xasprintf("clone(%s,2),3", push);
    run(f, actions);
    assert_int_equal(f->p[2]->sent[0].len, f->len + 50);
    assert_int_equal(f->p[3]->sent[0].len, f->len);
    assert_memory_equal(f->p[3]->sent[0].bytes, f->bytes, f->len);

    /* And back: as it was, from the tunnel's port, with its metadata. */
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5),tunnel(tun_id=0x64,src=192.0.2.1,dst=192.0.2.2,tos=0,ttl=64,"
                           "tp_src=4660,tp_dst=4789,flags(key)),eth()", "3");
    free(actions);
    actions = xasprintf("%s,tnl_pop(5)", push);
    run(f, actions);
    assert_int_equal(f->p[3]->n_sent, 1);
    assert_int_equal(f->p[3]->sent[0].len, f->len);
    assert_memory_equal(f->p[3]->sent[0].bytes, f->bytes, f->len);
    stats(f, VXLAN, &s);
    assert_int_equal(s.rx_packets, 1);
    assert_int_equal(s.rx_bytes, f->len);
    free(actions);
    free(push);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vxlan_bytes, set_up, tear_down),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return n_failed;
}
