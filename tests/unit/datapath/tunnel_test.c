/* SPDX-License-Identifier: Apache-2.0 */
/* Packets into tunnels and out of them, between ports in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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
#include "lib/net/tunnel.h"
#include "tests/unit/datapath/harness.h"
#include "tests/unit/net/random_actions.h"

#define UDP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=2000)"
#define TCP "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800)," \
            "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1000,dst=2000)"

#define OUTER4 "eth(dst=00:00:00:00:00:22,src=00:00:00:00:00:21,dl_type=0x0800)," \
               "ipv4(src=192.0.2.1,dst=192.0.2.2,proto=%u,tos=0,ttl=64,frag=0x4000),"
#define OUTER6 "eth(dst=00:00:00:00:00:22,src=00:00:00:00:00:21,dl_type=0x86dd)," \
               "ipv6(src=2001:db8::1,dst=2001:db8::2,label=0,proto=%u,tclass=0x0,hlimit=64),"

enum { SINGLE_FEATURES = PORT_TX_CSUM | PORT_TX_TSO4 | PORT_TX_TSO6 | PORT_TX_USO, ALL_FEATURES = SINGLE_FEATURES | PORT_TX_GATHER };
enum { IP6GRE = 109 };
enum { VXLAN = 5, GENEVE = 6, GRE = 7, VXLAN_GBP = 8 }; /* tunnel ports */

struct fixture {
    struct datapath *dp;
    struct test_port *p[11]; /* 1 to 4, and 10 */
    uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t len;
    struct dp_offload debt;
};

/* Port 1 gets packets; 2 takes all debts, 3 none, 4 none and has an MTU; 10 takes debts, but no bundles of datagrams. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dp = harness_create(1000, 2048, 0);
    f->p[1] = harness_add_port(f->dp, 1, ALL_FEATURES, 0);
    f->p[2] = harness_add_port(f->dp, 2, ALL_FEATURES, 0);
    f->p[3] = harness_add_port(f->dp, 3, 0, 0);
    f->p[4] = harness_add_port(f->dp, 4, 0, 1500);
    f->p[10] = harness_add_port(f->dp, 10, SINGLE_FEATURES, 0);
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
    harness_clear(f->p[10]);
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
    bool gre = type == TUNNEL_GRE || type == IP6GRE;
    char *ip = version == 4 ? xasprintf(OUTER4, gre ? NW_PROTO_GRE : NW_PROTO_UDP)
                            : xasprintf(OUTER6, gre ? NW_PROTO_GRE : NW_PROTO_UDP);
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


/* Metadata of each kind, both IP versions and all of their flags: text of the header, and what the popped packet's key says. */
static void every_kind(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t port;
        int version, size, type;
        const char *header, *tunnel;
    } cases[] = {
        {VXLAN, 4, 50, 4, "udp(src=5,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0xffffff)",
         "tun_id=0xffffff,src=192.0.2.1,dst=192.0.2.2,ipv6_src=::,ipv6_dst=::,tos=0,ttl=64,tp_src=5,tp_dst=4789,flags(key)"},
        {VXLAN, 6, 70, 4, "udp(src=5,dst=1,csum=0xffff),vxlan(flags=0x8000000,vni=0x1)",
         "tun_id=0x1,src=0.0.0.0,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,tos=0,ttl=64,tp_src=5,tp_dst=1,flags(csum|key)"},
        {VXLAN_GBP, 4, 50, 4, "udp(src=5,dst=4789,csum=0xffff),vxlan(flags=0x88480123,vni=0x1)",
         "tun_id=0x1,vxlan(gbp(id=291,flags=0x48)),flags(csum|key)"},
        {VXLAN_GBP, 4, 50, 4, "udp(src=5,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x1)",
         "tun_id=0x1,vxlan(gbp(id=0,flags=0x0)),flags(csum|key)"},
        {GENEVE, 4, 50, 5, "udp(src=5,dst=6081,csum=0x0),geneve(oam,vni=0x64)", "tun_id=0x64,geneve(),flags(oam|key)"},
        {GENEVE, 6, 86, 5, "udp(src=5,dst=6081,csum=0xffff),geneve(crit,vni=0x64,options({class=0x102,type=0x80,len=8,"
         "0xabcdef1234567890}{class=0xffff,type=0x1,len=0}))",
         "tun_id=0x64,geneve({class=0x102,type=0x80,len=8,0xabcdef1234567890}{class=0xffff,type=0x1,len=0}),flags(csum|key)"},
        {GRE, 4, 38, 3, "gre((flags=0x0,proto=0x6558))", "tun_id=0x0,src=192.0.2.1,ttl=64,tp_src=0,tp_dst=0,flags(0)"},
        {GRE, 6, 70, 109, "gre((flags=0xb000,proto=0x6558),csum=0x0,key=0xfedcba98,seq=0x0)",
         "tun_id=0xfedcba98,ipv6_dst=2001:db8::2,flags(csum|key)"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int type = cases[i].type == 109 ? 3 : cases[i].type;
        char *ip = cases[i].version == 4 ? xasprintf(OUTER4, type == 3 ? 47 : 17) : xasprintf(OUTER6, type == 3 ? 47 : 17);
        char *actions = xasprintf("tnl_push(tnl_port(%u),header(size=%d,type=%d,%s%s),out_port(9)),tnl_pop(%u)",
                                  cases[i].port, cases[i].size, cases[i].type, ip, cases[i].header, cases[i].port);
        char *match = xasprintf("recirc_id(0),in_port(%u),tunnel(%s),eth()", cases[i].port, cases[i].tunnel);
        datapath_flow_flush(f->dp);
        harness_flow(f->dp, 2, match, "3");
        run(f, actions);
        if (f->p[3]->n_sent != 1) {
            fail_msg("%s", actions);
        }
        assert_int_equal(f->p[3]->sent[0].len, f->len);
        assert_memory_equal(f->p[3]->sent[0].bytes, f->bytes, f->len);
        free(match);
        free(actions);
        free(ip);
    }
}

/* Without Ethernet: the type is that of the payload, and comes back with addresses of zeros. */
static void layer3(void **state)
{
    struct fixture *f = *state;
    char *push = push_text(GRE, 4, 38, 3, "gre((flags=0x0,proto=0x800))");
    char *actions = xasprintf("%s,3,tnl_pop(%d)", push, GRE);
    harness_flow(f->dp, 2, "recirc_id(0),in_port(7),tunnel(flags(l3)),eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00)", "4");
    run(f, actions);
    assert_int_equal(f->p[3]->sent[0].len, f->len - ETH_HEADER_LEN + 38);
    assert_memory_equal(f->p[3]->sent[0].bytes + 38, f->bytes + ETH_HEADER_LEN, f->len - ETH_HEADER_LEN);
    assert_int_equal(f->p[4]->sent[0].len, f->len);
    assert_memory_equal(f->p[4]->sent[0].bytes + 12, f->bytes + 12, f->len - 12);

    /* Another type, or a tag in front. */
    uint64_t before = harness_drops(f->dp, DROP_ACTION_UNSUITED);
    free(actions);
    actions = xasprintf("push_vlan(vid=5,pcp=0),%s,3", push);
    run(f, actions);
    free(actions);
    free(push);
    push = push_text(GRE, 4, 38, 3, "gre((flags=0x0,proto=0x86dd))");
    actions = xasprintf("%s,3", push);
    run(f, actions);
    assert_int_equal(harness_drops(f->dp, DROP_ACTION_UNSUITED), before + 2);
    free(actions);
    free(push);
}

/* Sequence numbers count up by port; source ports come from the hash of the connection. */
static void per_packet(void **state)
{
    struct fixture *f = *state;
    char *push = push_text(GRE, 4, 42, 3, "gre((flags=0x1000,proto=0x6558),seq=0x0)"), *actions = xasprintf("%s,2", push);
    for (uint32_t i = 0; i < 3; i++) {
        run(f, actions);
        assert_int_equal(ntohl(get_be32(f->p[2]->sent[0].bytes + 38)), i);
    }
    free(actions);
    free(push);
    push = push_text(VXLAN, 4, 50, 4, "udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x64)");
    actions = xasprintf("%s,2", push);
    uint16_t ports[20];
    unsigned int n_same = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        f->bytes[34] = i; /* the inner source port */
        run(f, actions);
        ports[i] = ntohs(get_be16(f->p[2]->sent[0].bytes + 34));
        assert_in_range(ports[i], TUNNEL_SRC_PORT_MIN, TUNNEL_SRC_PORT_MAX);
        n_same += i && ports[i] == ports[i - 1];
        f->bytes[22]--; /* the TTL does not count */
        run(f, actions);
        assert_int_equal(ntohs(get_be16(f->p[2]->sent[0].bytes + 34)), ports[i]);
    }
    assert_true(n_same < 3);
    free(actions);
    free(push);
}

/* A range of source ports is used from end to end, and checksums are right with each. */
static void source_ports(void **state)
{
    struct fixture *f = *state;
    bool seen[4] = {false};
    char *push = push_text(VXLAN, 4, 50, TUNNEL_VXLAN, "udp(src=65532,span=3,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x64)");
    char *actions = xasprintf("%s,2,3,tnl_pop(5)", push);
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5)", "4");
    for (int i = 0; i < 100; i++) {
        f->bytes[34] = i; /* the inner source port */
        run(f, actions);
        uint16_t src = ntohs(get_be16(f->p[2]->sent[0].bytes + 34));
        assert_in_range(src, 65532, 65535);
        assert_int_equal(ntohs(get_be16(f->p[2]->sent[0].bytes + 38)), f->len + 16);
        seen[src - 65532] = true;
        assert_int_equal(f->p[4]->n_sent, 1); /* which looks at the checksum */
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_CHECKSUM), 0);
    free(actions);
    free(push);
}

/* The segments of a super-packet, and what comes behind them, have sequence numbers and IPv4 identifications of their own. */
static void per_segment(void **state)
{
    struct fixture *f = *state;
    char *push = push_text(GRE, 4, 42, 3, "gre((flags=0x1000,proto=0x6558),seq=0x0)"), *actions = xasprintf("%s,3", push);
    char *dont_fragment = strstr(actions, "0x4000");
    memcpy(dont_fragment, "0x0000", 6);
    uint32_t next = 0;
    uint16_t id = 0;
    for (int i = 0; i < 3; i++) {
        f->len = harness_packet(TCP, 3000, f->bytes, sizeof f->bytes);
        f->debt = (struct dp_offload) {PACKET_NEEDS_CSUM, PACKET_GSO_TCPV4, 1400, 54, 34, 16};
        run(f, actions);
        assert_int_equal(f->p[3]->n_sent, 3);
        for (int k = 0; k < 3; k++, next++, id++) {
            const uint8_t *bytes = f->p[3]->sent[k].bytes;
            id = next ? id : ntohs(get_be16(bytes + 18));
            assert_int_equal(ntohl(get_be32(bytes + 38)), next);
            assert_int_equal(ntohs(get_be16(bytes + 18)), id);
        }
    }
    free(actions);
    free(push);
}

/* Two tunnels fit into each other, three do not; what comes out is looked up as often as the limit says. */
static void nesting(void **state)
{
    struct fixture *f = *state;
    char *outer = push_text(GENEVE, 6, 70, 5, "udp(src=5,dst=6081,csum=0xffff),geneve(vni=0x1)");
    char *inner = push_text(VXLAN, 4, 50, 4, "udp(src=5,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x2)");
    char *actions = xasprintf("%s,%s,3,tnl_pop(6)", inner, outer);
    harness_flow(f->dp, 2, "recirc_id(0),in_port(6),tunnel(tun_id=0x1),eth()", "4,tnl_pop(5)");
    harness_flow(f->dp, 3, "recirc_id(0),in_port(5),tunnel(tun_id=0x2,ipv6_src=::,geneve()),eth()", "2");
    run(f, actions);
    assert_int_equal(f->p[3]->sent[0].len, f->len + 120);
    assert_int_equal(f->p[4]->sent[0].len, f->len + 50);
    assert_int_equal(f->p[2]->n_sent, 1);
    assert_memory_equal(f->p[2]->sent[0].bytes, f->bytes, f->len);

    free(actions);
    actions = xasprintf("%s,%s,%s,2", inner, inner, outer);
    run(f, actions);
    assert_int_equal(f->p[2]->n_sent, 0);
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_DEPTH), 1);

    /* A packet that goes round and round. */
    free(actions);
    actions = xasprintf("%s,tnl_pop(5)", inner);
    harness_flow(f->dp, 3, "recirc_id(0),in_port(5),tunnel(tun_id=0x2,ipv6_src=::,geneve()),eth()", actions);
    run(f, actions);
    assert_int_equal(harness_drops(f->dp, DROP_RECIRC_LIMIT), 1);
    free(actions);
    free(inner);
    free(outer);
}

/* A header that is longer than the headroom, on heads of all fillings, and on a packet that others hold. */
static void headroom(void **state)
{
    struct fixture *f = *state;
    struct strbuf text = STRBUF_INIT;
    strbuf_puts(&text, "udp(src=5,dst=6081,csum=0x0),geneve(vni=0x1,options({class=0x1,type=0x2,len=124,0x1}"
                       "{class=0x1,type=0x2,len=120,0x1}))");
    char *push = push_text(GENEVE, 6, 322, 5, strbuf_str(&text)), *actions = xasprintf("4,%s,3,tnl_pop(6)", push);
    harness_flow(f->dp, 2, "recirc_id(0),in_port(6),eth()", "2");
    static const uint32_t sizes[] = {60, 1500, 1855, 1856, 1857, 1858, 9000, 60000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        f->len = harness_packet(UDP, sizes[i] - 42, f->bytes, sizeof f->bytes);
        run(f, actions);
        assert_int_equal(f->p[3]->sent[0].len, f->len + 322);
        assert_memory_equal(f->p[3]->sent[0].bytes + 322, f->bytes, f->len);
        assert_int_equal(f->p[2]->sent[0].len, f->len);
        assert_memory_equal(f->p[2]->sent[0].bytes, f->bytes, f->len);
    }
    f->len = harness_packet(UDP, 65535 - 28 - 300, f->bytes, sizeof f->bytes);
    run(f, actions);
    assert_int_equal(f->p[3]->n_sent, 0);
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_TOO_BIG), 1);
    free(actions);
    free(push);
    strbuf_destroy(&text);
}

/* Sends the packet in 'bytes' to be decapsulated by 'port'; the reason for which it is dropped. */
static enum drop_reason pop(struct fixture *f, const uint8_t *bytes, uint32_t len, uint32_t port)
{
    uint64_t before[DROP_N_REASONS];
    struct dp_totals totals;
    char *actions = xasprintf("tnl_pop(%u)", port);
    datapath_flow_flush(f->dp);
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", actions);
    for (uint32_t no = VXLAN; no <= VXLAN_GBP; no++) {
        char *match = xasprintf("recirc_id(0),in_port(%u)", no);
        harness_flow(f->dp, no, match, "2");
        free(match);
    }
    datapath_totals(f->dp, &totals);
    memcpy(before, totals.drops, sizeof before);
    receive(f, bytes, len);
    datapath_totals(f->dp, &totals);
    free(actions);
    for (int reason = 1; reason < DROP_N_REASONS; reason++) {
        if (totals.drops[reason] != before[reason]) {
            assert_int_equal(f->p[2]->n_sent, 0);
            return reason;
        }
    }
    assert_int_equal(f->p[2]->n_sent, 1);
    return DROP_NONE;
}

/* The fixture's packet in a tunnel. */
static uint32_t encapsulate(struct fixture *f, uint32_t port, int version, int size, int type, const char *rest, uint8_t *to)
{
    char *push = push_text(port, version, size, type, rest), *actions = xasprintf("%s,3", push);
    run(f, actions);
    assert_int_equal(f->p[3]->n_sent, 1);
    memcpy(to, f->p[3]->sent[0].bytes, f->p[3]->sent[0].len);
    free(actions);
    free(push);
    return f->p[3]->sent[0].len;
}

static void fix_ip_csum(uint8_t *bytes)
{
    put_be16(bytes + 24, 0);
    put_be16(bytes + 24, csum(bytes + 14, 20));
}

/* What happens when a byte of the packet is another. */
static enum drop_reason pop_changed(struct fixture *f, const uint8_t *bytes, uint32_t len, uint32_t port, uint32_t ofs,
                                    uint8_t value)
{
    uint8_t changed[4096];
    memcpy(changed, bytes, len);
    changed[ofs] = value;
    if (ofs >= 14 && ofs < 34 && ofs != 24 && ofs != 25 && changed[12] == 0x08) {
        fix_ip_csum(changed);
    }
    return pop(f, changed, len, port);
}

static void drops_of_udp_tunnels(void **state)
{
    struct fixture *f = *state;
    uint8_t v[4096], g[4096];
    uint32_t v_len = encapsulate(f, VXLAN, 4, 50, 4, "udp(src=5,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x1)", v);
    uint32_t g_len = encapsulate(f, GENEVE, 4, 58, 5,
                                 "udp(src=5,dst=6081,csum=0x0),geneve(vni=0x1,options({class=0x1,type=0x2,len=4,0x1}))", g);
    struct dp_port_stats s;
    assert_int_equal(pop(f, v, v_len, VXLAN), DROP_NONE);
    assert_int_equal(pop(f, g, g_len, GENEVE), DROP_NONE);

    /* Ports. */
    assert_int_equal(pop(f, v, v_len, 3), DROP_TUNNEL_PORT);
    assert_int_equal(pop(f, v, v_len, 77), DROP_TUNNEL_PORT);
    char *push = push_text(77, 4, 50, 4, "udp(src=5,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x1)");
    char *actions = xasprintf("%s,2", push);
    run(f, actions);
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_PORT), 3);
    run(f, "5");
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_BARE), 1);
    free(actions);
    free(push);

    /* Checksums: IP, UDP, and in the payload. */
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 24, v[24] ^ 1), DROP_TUNNEL_CHECKSUM);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 40, v[40] ^ 1), DROP_TUNNEL_CHECKSUM);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, v_len - 1, v[v_len - 1] ^ 1), DROP_TUNNEL_CHECKSUM);
    stats(f, VXLAN, &s);
    assert_int_equal(s.rx_errors, 3);

    /* Fragments, the first one and others. */
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 20, 0x20), DROP_TUNNEL_FRAGMENT);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 21, 0x01), DROP_TUNNEL_FRAGMENT);

    /* Lengths, of IP and UDP: too long, too short; an end in each header. */
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 16, 0xff), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 17, 30), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 14, 0x44), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 23, NW_PROTO_TCP), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 38, 0xff), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 39, 7), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 39, 15), DROP_TUNNEL_TRUNCATED);
    for (uint32_t len = ETH_HEADER_LEN; len < v_len; len += 3) {
        assert_int_equal(pop(f, v, len, VXLAN), DROP_TUNNEL_TRUNCATED);
    }
    put_be16(v + 40, 0); /* no UDP checksum from here on */
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 39, 8 + 8 + 13), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 39, 8 + 8 + 14), DROP_NONE);

    /* Flags and reserved bits. */
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 42, 0), DROP_TUNNEL_UNKNOWN);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 42, 0x88), DROP_TUNNEL_UNKNOWN);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN_GBP, 42, 0x88), DROP_NONE);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN_GBP, 42, 0x0c), DROP_TUNNEL_UNKNOWN);
    assert_int_equal(pop_changed(f, v, v_len, VXLAN, 49, 1), DROP_TUNNEL_UNKNOWN);

    /* Geneve: version, options beyond their header, header beyond the packet, an unknown payload. */
    assert_int_equal(pop_changed(f, g, g_len, GENEVE, 42, 0x42), DROP_TUNNEL_UNKNOWN);
    assert_int_equal(pop_changed(f, g, g_len, GENEVE, 53, 2), DROP_TUNNEL_OPTIONS);
    assert_int_equal(pop_changed(f, g, g_len, GENEVE, 42, 1), DROP_TUNNEL_OPTIONS);
    assert_int_equal(pop_changed(f, g, g_len, GENEVE, 42, 0x3f), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, g, g_len, GENEVE, 44, 0x66), DROP_TUNNEL_UNKNOWN);
    assert_int_equal(pop_changed(f, g, g_len, GENEVE, 53, 0xe1), DROP_NONE); /* reserved bits */
}

static void drops_of_gre(void **state)
{
    struct fixture *f = *state;
    uint8_t g[4096];
    uint32_t len = encapsulate(f, GRE, 4, 50, 3, "gre((flags=0xb000,proto=0x6558),csum=0x0,key=0x1,seq=0x0)", g);
    assert_int_equal(pop(f, g, len, GRE), DROP_NONE);
    assert_int_equal(pop_changed(f, g, len, GRE, 38, g[38] ^ 1), DROP_TUNNEL_CHECKSUM);
    assert_int_equal(pop_changed(f, g, len, GRE, len - 1, g[len - 1] ^ 1), DROP_TUNNEL_CHECKSUM);
    assert_int_equal(pop_changed(f, g, len, GRE, 34, 0xf0), DROP_TUNNEL_UNKNOWN); /* a source route */
    assert_int_equal(pop_changed(f, g, len, GRE, 35, 0x01), DROP_TUNNEL_UNKNOWN); /* PPTP's version */
    assert_int_equal(pop_changed(f, g, len, GRE, 34, 0x20), DROP_NONE);           /* shorter: garbage, but a frame */
    assert_int_equal(pop_changed(f, g, len, GRE, 23, NW_PROTO_UDP), DROP_TUNNEL_TRUNCATED);
    assert_int_equal(pop_changed(f, g, len, GRE, 17, 20 + 15), DROP_TUNNEL_TRUNCATED);
    put_be16(g + 34, 0x20);
    assert_int_equal(pop_changed(f, g, len, GRE, 36, 0x88), DROP_TUNNEL_UNKNOWN);
    len = encapsulate(f, GRE, 6, 58, 109, "gre((flags=0x0,proto=0x6558))", g);
    assert_int_equal(pop(f, g, len, GRE), DROP_NONE);
    assert_int_equal(pop_changed(f, g, len, GRE, 20, NW_PROTO_FRAGMENT), DROP_TUNNEL_FRAGMENT);
    assert_int_equal(pop_changed(f, g, len, GRE, 14, 0x40), DROP_TUNNEL_TRUNCATED);
}

/* Bytes that left a port, one packet after the other, each with its length in front. */
struct output {
    uint8_t *bytes;
    size_t n;
};

static void collect(const struct test_port *port, struct output *out)
{
    for (unsigned int i = 0; i < port->n_sent; i++) {
        const struct sent *s = &port->sent[i];
        out->bytes = xrealloc(out->bytes, out->n + sizeof s->len + s->len);
        memcpy(out->bytes + out->n, &s->len, sizeof s->len);
        memcpy(out->bytes + out->n + sizeof s->len, s->bytes, s->len);
        out->n += sizeof s->len + s->len;
    }
}

/* A frame, with a debt if that is possible. */
static void random_frame(struct fixture *f)
{
    static const char *const matches[] = {
        UDP, TCP, "eth(),eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,proto=6,hlimit=64,frag=no),tcp(src=1,dst=2)",
        "eth(),eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,proto=17,hlimit=64,frag=no),udp(src=1,dst=2)",
        "eth(),eth_type(0x8100),vlan(vid=5),encap(eth_type(0x0800),ipv4(src=1.2.3.4,proto=6,ttl=3,frag=no),tcp(src=1))",
        "eth(),eth_type(0x0806),arp(sip=1.2.3.4,op=1)", "eth(),eth_type(0x1234)",
    };
    struct flow key;
    struct packet p;
    const char *match = matches[random() % ARRAY_SIZE(matches)];
    f->len = harness_packet(match, random() % 3 ? random() % 1400 : random() % 30000, f->bytes, sizeof f->bytes);
    f->debt = (struct dp_offload){0};
    packet_use(&p, f->bytes, f->len, 0, f->len);
    assert_int_equal(parse_packet(&p, &key), PARSE_OK);
    bool tcp = key.lines & (1u << FLOW_LINE_L3) && key.nw_proto == NW_PROTO_TCP;
    bool udp = key.lines & (1u << FLOW_LINE_L3) && flow_is_ip_any(&key) && key.nw_proto == NW_PROTO_UDP;
    if (p.l2_pad == 0 && random() % 4 == 0 && f->len < 1000) {
        uint32_t pad = random() % 20; /* and nothing that zeros would hide */
        memset(f->bytes + f->len, 0xa5, pad);
        f->len += pad;
    }
    if (!(tcp || udp) || random() % 4 == 0) {
        return;
    }
    bool ipv6 = key.eth_type == htons(ETH_TYPE_IPV6);
    uint32_t l4_len = f->len - p.l4_ofs;
    uint32_t ip_l4 = ipv6 ? ntohs(get_be16(f->bytes + p.l3_ofs + 4)) : ntohs(get_be16(f->bytes + p.l3_ofs + 2)) - 20u;
    uint32_t pseudo = ipv6 ? csum_pseudo_ipv6(f->bytes + p.l3_ofs + 8, f->bytes + p.l3_ofs + 24, key.nw_proto, ip_l4)
                           : csum_pseudo_ipv4(get_be32(f->bytes + p.l3_ofs + 12), get_be32(f->bytes + p.l3_ofs + 16),
                                              key.nw_proto, ip_l4);
    f->debt.offload = PACKET_NEEDS_CSUM;
    f->debt.csum_start = p.l4_ofs;
    f->debt.csum_offset = tcp ? 16 : 6;
    put_be16(f->bytes + p.l4_ofs + f->debt.csum_offset, ~csum_finish(pseudo));
    if (ip_l4 == l4_len && l4_len > 800 && random() % 4) {
        f->debt.gso_type = udp ? PACKET_GSO_UDP_L4 : ipv6 ? PACKET_GSO_TCPV6 : PACKET_GSO_TCPV4;
        f->debt.gso_size = 500 + random() % 1000;
        f->debt.hdr_len = p.l4_ofs + (tcp ? 20 : 8);
    }
}

/* A push onto a random tunnel; its port. */
static uint32_t put_random_push(struct actions *list)
{
    struct tunnel_header h;
    do {
        random_tunnel_header(&h);
        if (h.kind != TUNNEL_VXLAN) {
            h.payload_type = htons(ETH_TYPE_TEB);
        }
    } while (h.proto == NW_PROTO_UDP && !h.udp_dst);
    uint32_t port = h.kind == TUNNEL_GRE ? GRE : h.kind == TUNNEL_GENEVE ? GENEVE : VXLAN_GBP;
    actions_put_tnl_push(list, port, &h, 0, 9);
    return port;
}

static void put_flow(struct fixture *f, uint32_t ufid, uint32_t in_port, const struct actions *list)
{
    struct flow key, mask;
    flow_init(&key);
    flow_init(&mask);
    key.in_port = in_port;
    FLOW_MASK_FIELD(&mask, in_port);
    FLOW_MASK_FIELD(&mask, recirc_id);
    struct dp_op op = {.type = DP_OP_FLOW_PUT, .ufid = harness_ufid(ufid), .flags = DP_PUT_CREATE | DP_PUT_MODIFY,
                       .key = &key, .mask = &mask, .actions = list->data, .actions_size = list->size};
    datapath_operate(f->dp, &op);
    assert_int_equal(op.error, 0);
}

/* Sends what left 'from' into port 1 again, debts included. */
static void send_back(struct fixture *f, const struct test_port *from)
{
    for (unsigned int i = 0; i < from->n_sent; i++) {
        const struct packet *p = &from->sent[i].packet;
        const struct dp_offload debt = {p->offload, p->gso_type, p->gso_size, p->hdr_len, p->csum_start, p->csum_offset};
        harness_receive(f->p[1], from->sent[i].bytes, from->sent[i].len, &debt);
    }
    while (datapath_poll(f->dp)) {
    }
}

/* Whatever goes into tunnels comes out of them as if there were none: pieces of super-packets, checksums, padding. */
static void there_and_back(void **state)
{
    struct fixture *f = *state;
    srandom(7);
    for (int i = 0; i < 3000; i++) {
        struct output plain = {NULL, 0}, tunnelled = {NULL, 0};
        struct actions list = ACTIONS_INIT;
        static const uint8_t ways[] = {2, 3, 10};
        uint32_t ports[2] = {0, 0}, n = 1 + random() % 2, through = ways[random() % ARRAY_SIZE(ways)];
        bool at_once = random() % 3 == 0;
        random_frame(f);
        datapath_flow_flush(f->dp);
        actions_put_output(&list, 3);
        put_flow(f, 1, 1, &list);
        receive(f, f->bytes, f->len);
        collect(f->p[3], &plain);
        for (uint32_t j = 5; j <= 8; j++) {
            put_flow(f, j, j, &list);
        }

        actions_clear(&list);
        for (uint32_t j = 0; j < n; j++) {
            ports[j] = put_random_push(&list);
        }
        while (n == 2 && ports[0] == ports[1]) {
            n = 1; /* one flow a port could not tell them apart */
            actions_clear(&list);
            ports[0] = put_random_push(&list);
        }
        if (at_once) {
            actions_put_tnl_pop(&list, ports[n - 1]);
        } else {
            actions_put_output(&list, through);
        }
        put_flow(f, 1, 1, &list);
        if (n == 2) {
            actions_clear(&list);
            actions_put_tnl_pop(&list, ports[0]);
            put_flow(f, ports[1], ports[1], &list);
        }
        receive(f, f->bytes, f->len);
        if (!at_once) {
            actions_clear(&list);
            actions_put_tnl_pop(&list, ports[n - 1]);
            put_flow(f, 1, 1, &list);
            harness_clear(f->p[3 + (through == 3)]);
            if (through != 3) {
                send_back(f, f->p[through]);
            } else {
                /* It left by the port that the result is to come to. */
                unsigned int n_sent = f->p[3]->n_sent;
                send_back(f, f->p[3]);
                for (unsigned int k = 0; k < n_sent; k++) {
                    free(f->p[3]->sent[k].bytes);
                }
                memmove(f->p[3]->sent, f->p[3]->sent + n_sent, (f->p[3]->n_sent - n_sent) * sizeof f->p[3]->sent[0]);
                f->p[3]->n_sent -= n_sent;
            }
        }
        collect(f->p[3], &tunnelled);
        assert_int_equal(tunnelled.n, plain.n);
        assert_memory_equal(tunnelled.bytes, plain.bytes, plain.n);
        assert_true(plain.n > 0);
        free(plain.bytes);
        free(tunnelled.bytes);
        actions_destroy(&list);
    }
}

/* A super-packet of TCP, and the actions that put it into a tunnel. */
static char *super_push(struct fixture *f, uint32_t payload_len, const char *udp)
{
    f->len = harness_packet(TCP, payload_len, f->bytes, sizeof f->bytes);
    f->debt = (struct dp_offload) {PACKET_NEEDS_CSUM, PACKET_GSO_TCPV4, 1400, 54, 34, 16};
    f->bytes[34 + 13] = TCP_ACK | TCP_PSH;
    /* What TCP's checksum is to be completed from. */
    put_be16(f->bytes + 50, ~csum_finish(csum_pseudo_ipv4(htonl(0x0a000001), htonl(0x0a000002), NW_PROTO_TCP, payload_len + 20)));
    return push_text(VXLAN, 4, 50, TUNNEL_VXLAN, udp);
}

static const char vxlan_udp[] = "udp(src=4660,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x64)";

/* A super-packet leaves in a tunnel as datagrams in bundles of one length, and comes out of them as it was. */
static void bundles(void **state)
{
    struct fixture *f = *state;
    enum { PAYLOAD = 45 * 1400 + 200, SEGMENT = 8 + 54 + 1400 };
    char *push = super_push(f, PAYLOAD, vxlan_udp), *actions = xasprintf("%s,2", push);
    uint8_t *before = xmemdup(f->bytes, f->len);
    uint32_t len = f->len;
    struct dp_port_stats s;
    run(f, actions);
    assert_int_equal(f->p[2]->n_sent, 2);
    for (int i = 0; i < 2; i++) {
        const struct sent *sent = &f->p[2]->sent[i];
        const struct packet *p = &sent->packet;
        uint32_t udp_len = sent->len - 34;
        assert_int_equal(p->gso_type, PACKET_GSO_UDP_L4);
        assert_int_equal(p->gso_size, SEGMENT);
        assert_int_equal(p->offload, PACKET_NEEDS_CSUM);
        assert_int_equal(p->csum_start, 34);
        assert_int_equal(p->csum_offset, 6);
        assert_int_equal(p->hdr_len, 42);
        assert_int_equal(udp_len, i ? 8 + 22 * SEGMENT + 8 + 54 + 200 : 8 + 23 * SEGMENT);
        assert_int_equal(ntohs(get_be16(sent->bytes + 16)), 20 + udp_len);
        assert_int_equal(ntohs(get_be16(sent->bytes + 38)), udp_len);
        be16 pseudo = ~csum_finish(csum_pseudo_ipv4(htonl(0xc0000201), htonl(0xc0000202), NW_PROTO_UDP, udp_len));
        assert_int_equal(get_be16(sent->bytes + 40), pseudo);
    }
    /* Back: one packet, whose debt is as it was. */
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "tnl_pop(5)");
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5)", "4,10");
    stats(f, VXLAN, &s);
    uint64_t n_before = s.rx_packets;
    harness_clear(f->p[10]);
    for (int i = 0; i < 2; i++) {
        const struct sent *sent = &f->p[2]->sent[i];
        harness_receive(f->p[1], sent->bytes, sent->len,
                        &(struct dp_offload) {PACKET_NEEDS_CSUM, PACKET_GSO_UDP_L4, SEGMENT, 42, 34, 6});
    }
    while (datapath_poll(f->dp)) {
    }
    const struct sent *back = &f->p[10]->sent[0];
    assert_int_equal(f->p[10]->n_sent, 1);
    assert_int_equal(f->p[4]->n_sent, 46);
    assert_int_equal(back->len, len);
    assert_memory_equal(back->bytes, before, len);
    assert_int_equal(back->packet.gso_type, PACKET_GSO_TCPV4);
    assert_int_equal(back->packet.gso_size, 1400);
    assert_int_equal(back->packet.csum_start, 34);
    assert_int_equal(back->packet.csum_offset, 16);
    stats(f, VXLAN, &s);
    assert_int_equal(s.rx_packets - n_before, 46);
    free(before);
    free(actions);
    free(push);
}

/* What a port cannot take as a bundle leaves in pieces: no GATHER, GRE, segments of which no two fit. */
static void no_bundles(void **state)
{
    struct fixture *f = *state;
    char *push = super_push(f, 60000, vxlan_udp), *actions = xasprintf("%s,10", push);
    run(f, actions);
    assert_int_equal(f->p[10]->n_sent, 43);
    assert_int_equal(f->p[10]->sent[0].packet.gso_type, PACKET_GSO_NONE);
    free(actions);
    actions = xasprintf("%s,2", push);
    f->debt.gso_size = 33000;
    run(f, actions);
    assert_int_equal(f->p[2]->n_sent, 2);
    assert_int_equal(f->p[2]->sent[0].packet.gso_type, PACKET_GSO_NONE);
    f->debt.gso_size = 32000; /* two do */
    run(f, actions);
    assert_int_equal(f->p[2]->n_sent, 1);
    assert_int_equal(f->p[2]->sent[0].packet.gso_type, PACKET_GSO_UDP_L4);
    free(actions);
    free(push);
    push = push_text(GRE, 4, 38, TUNNEL_GRE, "gre((flags=0x0,proto=0x6558))");
    actions = xasprintf("%s,2", push);
    f->debt.gso_size = 1400;
    run(f, actions);
    assert_int_equal(f->p[2]->n_sent, 43);
    free(actions);
    free(push);
}

/* Datagrams of a bundle are by themselves: a bad one is dropped for what it is, the others come out, and none is put together across it. */
static void bad_datagrams(void **state)
{
    struct fixture *f = *state;
    enum { SEGMENT = 8 + 54 + 1400, N = 10 };
    char *push = super_push(f, N * 1400, vxlan_udp), *actions = xasprintf("%s,2", push);
    run(f, actions);
    assert_int_equal(f->p[2]->n_sent, 1);
    struct sent sent = f->p[2]->sent[0];
    uint8_t *bundle = xmemdup(sent.bytes, sent.len);
    const struct dp_offload debt = {PACKET_NEEDS_CSUM, PACKET_GSO_UDP_L4, SEGMENT, 42, 34, 6};
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "tnl_pop(5)");
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5)", "10");
    f->debt = debt;
    uint8_t *fourth = bundle + 42 + 3 * SEGMENT;
    fourth[0] ^= 0x40; /* an unknown flag of VXLAN */
    receive(f, bundle, sent.len);
    assert_int_equal(harness_drops(f->dp, DROP_TUNNEL_UNKNOWN), 1);
    assert_int_equal(f->p[10]->n_sent, 2);
    assert_int_equal(f->p[10]->sent[0].len, 54 + 3 * 1400);
    assert_int_equal(f->p[10]->sent[1].len, 54 + 6 * 1400);
    fourth[0] ^= 0x40;

    fourth[6] = 1; /* another tenant's: whole runs on both sides, the one in between by itself */
    receive(f, bundle, sent.len);
    assert_int_equal(f->p[10]->n_sent, 3);
    assert_int_equal(f->p[10]->sent[1].len, 54 + 1400);
    fourth[6] = 0x64;

    fourth[8 + 54] ^= 1; /* a wrong checksum inside, which the receiver is to see */
    receive(f, bundle, sent.len);
    assert_int_equal(f->p[10]->n_sent, 3);
    assert_int_equal(f->p[10]->sent[1].packet.offload, 0);
    assert_memory_equal(f->p[10]->sent[1].bytes, fourth + 8, 54 + 1400);
    fourth[8 + 54] ^= 1;

    /* Headers that end within the bundle's own segment size. */
    f->debt.gso_size = 9;
    receive(f, bundle, sent.len);
    assert_int_equal(harness_drops(f->dp, DROP_SEGMENTATION), 1); /* more pieces than any TCP has */
    f->debt.gso_size = 12;
    receive(f, bundle, sent.len);
    assert_int_equal(f->p[10]->n_sent, 0);
    assert_true(harness_drops(f->dp, DROP_TUNNEL_TRUNCATED) > 0);
    harness_check_frames(f->dp);
    free(bundle);
    free(actions);
    free(push);
}

/* More datagrams that stay by themselves than may wait for their lookup: the rest is dropped, with the queue's reason. */
static void too_many_datagrams(void **state)
{
    struct fixture *f = *state;
    enum { SEGMENT = 8 + 42 + 10, N = 1100 };
    static uint8_t bytes[PACKET_MAX_SIZE];
    uint32_t inner = harness_packet(UDP, 10, f->bytes, sizeof f->bytes);
    assert_int_equal(inner, SEGMENT - 8);
    char *push = push_text(VXLAN, 4, 50, TUNNEL_VXLAN, vxlan_udp), *actions = xasprintf("%s,2", push);
    f->len = inner;
    run(f, actions);
    memcpy(bytes, f->p[2]->sent[0].bytes, 42);
    for (unsigned int i = 0; i < N - 20; i++) {
        memcpy(bytes + 42 + i * SEGMENT, f->p[2]->sent[0].bytes + 42, SEGMENT);
    }
    uint32_t len = 42 + (N - 20) * SEGMENT;
    put_be16(bytes + 16, htons(len - 14));
    put_be16(bytes + 24, 0);
    put_be16(bytes + 24, csum(bytes + 14, 20));
    put_be16(bytes + 38, htons(len - 34));
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "tnl_pop(5)");
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5)", "10");
    f->debt = (struct dp_offload) {PACKET_NEEDS_CSUM, PACKET_GSO_UDP_L4, SEGMENT, 42, 34, 6};
    receive(f, bytes, len);
    assert_int_equal(f->p[10]->n_sent, WORKER_RECIRC_QUEUE_SIZE);
    assert_int_equal(harness_drops(f->dp, DROP_RECIRC_LIMIT), N - 20 - WORKER_RECIRC_QUEUE_SIZE);
    free(actions);
    free(push);
}

/* Single datagrams of a burst are put together, too, and stay in order with what is not. */
static void coalesces_bursts(void **state)
{
    struct fixture *f = *state;
    char *push = super_push(f, 12 * 1400, vxlan_udp), *actions = xasprintf("%s,10", push);
    run(f, actions);
    assert_int_equal(f->p[10]->n_sent, 12);
    struct sent sent[12];
    for (int i = 0; i < 12; i++) {
        sent[i] = f->p[10]->sent[i];
        sent[i].bytes = xmemdup(sent[i].bytes, sent[i].len);
    }
    harness_flow(f->dp, 1, "recirc_id(0),in_port(1)", "tnl_pop(5)");
    harness_flow(f->dp, 2, "recirc_id(0),in_port(5)", "10");
    for (int pass = 0; pass < 3; pass++) { /* the later ones by a shortcut */
        harness_clear(f->p[10]);
        for (int i = 0; i < 12; i++) {
            harness_receive(f->p[1], sent[i].bytes, sent[i].len, &(struct dp_offload) {PACKET_NEEDS_CSUM, 0, 0, 0, 84, 16});
        }
        while (datapath_poll(f->dp)) {
        }
        assert_int_equal(f->p[10]->n_sent, 1);
        assert_int_equal(f->p[10]->sent[0].len, 54 + 12 * 1400);
    }
    /* The fifth comes first: what it would have to be put behind has not come. */
    harness_clear(f->p[10]);
    static const uint8_t order[] = {4, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11};
    for (int i = 0; i < 12; i++) {
        harness_receive(f->p[1], sent[order[i]].bytes, sent[order[i]].len,
                        &(struct dp_offload) {PACKET_NEEDS_CSUM, 0, 0, 0, 84, 16});
    }
    while (datapath_poll(f->dp)) {
    }
    assert_int_equal(f->p[10]->n_sent, 3);
    assert_int_equal(f->p[10]->sent[0].len, 54 + 1400);
    assert_int_equal(f->p[10]->sent[1].len, 54 + 4 * 1400);
    assert_int_equal(f->p[10]->sent[2].len, 54 + 7 * 1400);
    for (int i = 0; i < 12; i++) {
        free(sent[i].bytes);
    }
    free(actions);
    free(push);
}

int main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(vxlan_bytes), TEST(every_kind), TEST(layer3), TEST(per_packet), TEST(source_ports), TEST(per_segment), TEST(nesting), TEST(headroom),
        TEST(drops_of_udp_tunnels), TEST(drops_of_gre), TEST(there_and_back), TEST(bundles),
        TEST(no_bundles), TEST(bad_datagrams), TEST(too_many_datagrams), TEST(coalesces_bursts),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return n_failed;
}
