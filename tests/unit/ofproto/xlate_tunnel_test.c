/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels in translation. The wildcard rule holds for random tunnels and packets; no frame of a tenant gets to another's port or network, nor into
 * the underlay as it is, whatever changes; a change of route or neighbour concerns the flows that go by it and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/base/underlay.h"
#include "lib/net/csum.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "lib/net/tunnel_header.h"
#include "lib/ofp/message.h"
#include "ofproto/mac_table.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_mtu.h"
#include "ofproto/tunnel_neigh.h"
#include "ofproto/tunnel_port.h"
#include "ofproto/ukey.h"
#include "ofproto/validity.h"
#include "ofproto/xlate.h"
#include "tests/unit/ofproto/fake_switch.h"
#include "tests/unit/ofproto/flows.h"

enum { N_TENANTS = 3, N_GUESTS = 6, N_REMOTES = 4, N_TUNNELS = 12 };

static struct loop *loop;
static struct ofproto *phy, *tenants;
static uint32_t uplink; /* the datapath's number */

/* What the test wants the switch to be. */
static struct {
    unsigned int guest_tenant[N_GUESTS];
    unsigned int key[N_TENANTS]; /* of the tenant's network */
    bool has_tunnel[N_TUNNELS];  /* tunnel i: of tenant i % N_TENANTS, to remote i / N_TENANTS */
} plan;

static uint32_t rnd(uint32_t n)
{
    return flows_random(n);
}

/* The switch. */

static void port_options(const char *name, const char *type, const char *text)
{
    struct smap options = SMAP_INIT;
    char copy[256], *save = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        smap_set(&options, word, value);
    }
    struct ofproto_port_config config = { .name = name, .type = type, .options = &options, .requested = OFPP_NONE };
    ofp_port_t no;
    char *error;
    int errnum = ofproto_port_set(tenants, &config, &no, &error);
    if (errnum) {
        fail_msg("%s %s: %s", name, text, error);
    }
    smap_destroy(&options);
}

static ofp_port_t number(const char *name)
{
    return port_set_find(tenants->ports, name)->no;
}

static void PRINTF_FORMAT(2, 3) add_flow(struct ofproto *ofproto, const char *format, ...)
{
    struct ofp_flow_mod fm;
    va_list args;
    char text[512];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *error = ofp_flow_mod_parse(&fm, text, OFPFC_ADD, NULL);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    fake_switch_flow(ofproto, fm.table == OFP_TABLE_ALL ? 0 : fm.table, fm.priority, &fm.match, &fm.actions);
    ofp_flow_mod_destroy(&fm);
}

static struct inet_addr addr(const char *network, unsigned int i)
{
    char text[INET_ADDR_TEXT_SIZE];
    struct inet_addr a;
    snprintf(text, sizeof text, "%s%u", network, i);
    assert_true(inet_addr_parse(text, &a));
    return a;
}

static void know_neighbour(unsigned int i, uint8_t last)
{
    struct inet_addr a = addr("1.1.2.", i);
    tunnel_neigh_set("phy", &a, (struct eth_addr) { { 2, 0, 0, 0, 9, last } }, clock_ms());
}

static uint32_t listener(const char *port)
{
    return tunnel_port_listener(port_set_find(tenants->ports, port)->tunnel);
}

static int setup(void **state)
{
    static const struct underlay_user_route route = { .bits = 96 + 24, .device = "phy" };
    struct underlay_user_route r = route;
    fake_switch_start();
    clock_stop();
    loop = loop_create();
    char *error = tunnel_start(loop);
    assert_null(error);
    phy = fake_switch_bridge("phy");
    tenants = fake_switch_bridge("tenants");
    fake_switch_port(phy, "uplink", "", NULL);
    uplink = fake_switch_dp_no(phy, "uplink");
    for (int i = 0; i < N_GUESTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        fake_switch_port(tenants, name, "", NULL);
    }
    struct inet_addr own = addr("1.1.2.", 88);
    underlay_add_address(tunnel_underlay(), "phy", &own, 96 + 24);
    r.prefix = own;
    assert_int_equal(underlay_add_route(tunnel_underlay(), &r), 0);
    for (unsigned int i = 1; i <= N_REMOTES; i++) {
        know_neighbour(i, (uint8_t) i);
    }
    add_flow(phy, "in_port=LOCAL,actions=%u", port_set_find(phy->ports, "uplink")->no);
    add_flow(phy, "priority=0,actions=LOCAL");
    return 0;
}

static int teardown(void **state)
{
    struct ofproto *ofproto;
    while ((ofproto = ofproto_first())) {
        ofproto_destroy(ofproto, true);
    }
    rcu_quiesce();
    rcu_barrier_wait();
    fake_switch_stop();
    tunnel_stop();
    loop_destroy(loop);
    return 0;
}

static void clear(void)
{
    static const char *const names[] = { "x0", "x1", "x2", "x3", "x4", "x5", "x6" };
    fake_switch_flush(tenants);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        ofproto_port_del(tenants, names[i]);
    }
    for (unsigned int i = 0; i < N_TUNNELS; i++) {
        char name[16];
        snprintf(name, sizeof name, "tun%u", i);
        ofproto_port_del(tenants, name);
    }
    port_map_publish();
}

/* Packets. */

static void PRINTF_FORMAT(2, 3) parse_key(struct flow *key, const char *format, ...)
{
    va_list args;
    char text[1024];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *error = flow_parse_text(text, NULL, key, NULL);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
}

static void random_inner(struct strbuf *s)
{
    strbuf_putf(s, "eth(src=02:00:00:00:01:0%u,dst=02:00:00:00:01:0%u),", rnd(4), rnd(4));
    if (!rnd(4)) {
        strbuf_puts(s, "eth_type(0x1234)");
    } else {
        strbuf_putf(s, "eth_type(0x0800),ipv4(src=10.0.0.%u,dst=10.0.0.%u,proto=17,tos=0x%x,ttl=%u,frag=no),udp(src=%u,dst=%u)",
                    rnd(4), rnd(4), rnd(256), 1 + rnd(200), rnd(9), rnd(9));
    }
}

/* From a guest, or out of a tunnel. */
static void random_key(struct flow *key, const char *listening)
{
    struct strbuf s = STRBUF_INIT;
    if (rnd(2)) {
        char name[16];
        snprintf(name, sizeof name, "g%u", rnd(N_GUESTS));
        strbuf_putf(&s, "in_port(%u),", fake_switch_dp_no(tenants, name));
    } else {
        strbuf_putf(&s, "tunnel(tun_id=0x%x,src=1.1.2.%u,dst=1.1.2.%u,tos=0x%x,ttl=%u,flags(key)),in_port(%u),", rnd(8),
                    1 + rnd(N_REMOTES), rnd(8) ? 88 : 89, rnd(256), 1 + rnd(200), listener(listening));
    }
    random_inner(&s);
    parse_key(key, "%s", strbuf_str(&s));
    strbuf_destroy(&s);
}

/* Other values where the mask has no bits, in fields that may have any. */
static void make_alike(const struct flow *key, const struct flow *mask, struct flow *alike)
{
    struct flow other;
    flow_copy(&other, key);
    uint8_t *bytes = (uint8_t *) &other;
    static const struct {
        size_t offset, n;
        unsigned int line;
    } fields[] = {
#define FIELD(f) { offsetof(struct flow, f), sizeof(((struct flow *) NULL)->f), FLOW_LINE_OF(f) }
        FIELD(eth_src), FIELD(eth_dst), FIELD(pkt_mark), FIELD(nw_src), FIELD(nw_dst), FIELD(nw_tos), FIELD(nw_ttl),
        FIELD(tp_src), FIELD(tp_dst), FIELD(tun_id), FIELD(tun_src), FIELD(tun_dst), FIELD(tun_tos), FIELD(tun_ttl),
        FIELD(tun_gbp_id), FIELD(tun_gbp_flags), FIELD(arp_sha), FIELD(arp_tha),
#undef FIELD
    };
    bool arp = key->eth_type == htons(ETH_TYPE_ARP);
    size_t arp_only = offsetof(struct flow, arp_sha), ip_only = offsetof(struct flow, tp_src);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        bool has = fields[i].line != FLOW_LINE_L3
                   || (arp ? fields[i].offset >= arp_only || fields[i].offset < ip_only
                           : key->eth_type == htons(ETH_TYPE_IP) && fields[i].offset < arp_only);
        for (size_t j = 0; key->lines & 1u << fields[i].line && has && j < fields[i].n; j++) {
            size_t at = fields[i].offset + j;
            uint8_t m = mask->lines & 1u << fields[i].line ? ((const uint8_t *) mask)[at] : 0;
            bytes[at] = (uint8_t) ((bytes[at] & m) | (rnd(256) & (uint8_t) ~m));
        }
    }
    flow_copy(alike, &other);
}

static void explain(const struct flow *key)
{
    struct strbuf s = STRBUF_INIT, trace = STRBUF_INIT;
    struct xlate_in in = { .flow = key, .trace = &trace };
    struct xlate_out out;
    xlate(&in, &out);
    flow_format(&s, key, NULL, NULL, false);
    strbuf_puts(&s, "\nmegaflow: ");
    flow_format(&s, key, &out.mask, NULL, false);
    strbuf_puts(&s, "\nactions: ");
    actions_format(&s, out.actions.data, out.actions.size, NULL);
    fprintf(stderr, "%s\n%s\n", strbuf_str(&s), strbuf_str(&trace));
    strbuf_destroy(&s);
    strbuf_destroy(&trace);
    xlate_out_destroy(&out);
}

static bool same(const struct xlate_out *a, const struct xlate_out *b)
{
    return a->error == b->error && a->actions.size == b->actions.size
           && (!a->actions.size || !memcmp(a->actions.data, b->actions.data, a->actions.size));
}

/* The wildcard rule. */

static void random_tunnels(void)
{
    static const char *const ways[] = { "remote_ip=1.1.2.1", "remote_ip=1.1.2.2 local_ip=1.1.2.88", "remote_ip=flow",
                                        "remote_ip=flow local_ip=flow", "remote_ip=1.1.2.3" };
    static const char *const keys[] = { "key=1", "key=2", "key=flow", "in_key=3 out_key=flow", "in_key=flow out_key=4", "ttl=9" };
    static const char *const rest[] = { "tos=inherit", "ttl=inherit", "tos=0x20", "csum=true", "exts=gbp", "df_default=false",
                                        "egress_pkt_mark=0" };
    clear();
    for (unsigned int i = 0; i < 5; i++) {
        struct strbuf s = STRBUF_INIT;
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        /* Each way is taken once, so that no two have the same configuration. */
        strbuf_putf(&s, "%s %s %s", ways[i], keys[rnd(ARRAY_SIZE(keys))], rest[rnd(ARRAY_SIZE(rest))]);
        port_options(name, "vxlan", strbuf_str(&s));
        strbuf_destroy(&s);
    }
    port_map_publish();
}

static void random_flows(void)
{
    static const char *const matches[] = { "", "tun_id=1/1,", "tun_src=1.1.2.0/30,", "tun_id=3,", "ip,nw_tos=32,", "udp,tp_dst=4,",
                                           "tun_dst=1.1.2.88,", "in_port=1,", "in_port=2,", "pkt_mark=0/1," };
    static const char *const writes[] = { "", "set_tunnel:3,", "set_field:1.1.2.2->tun_dst,", "set_field:1.1.2.88->tun_src,",
                                          "move:NXM_NX_TUN_ID[0..7]->NXM_NX_REG0[0..7],", "load:5->NXM_NX_TUN_ID[0..2],",
                                          "set_field:7->tun_gbp_id,", "mod_nw_tos:64,", "load:2->NXM_NX_PKT_MARK[]," };
    for (unsigned int i = 0; i < 12; i++) {
        char out[16];
        snprintf(out, sizeof out, "x%u", rnd(5));
        const char *match = matches[rnd(ARRAY_SIZE(matches))];
        const char *write = writes[rnd(ARRAY_SIZE(writes))];
        if (!strcmp(write, "mod_nw_tos:64,")) {
            match = "ip,"; /* a prerequisite */
        }
        add_flow(tenants, "priority=%u,%sactions=%s%u,%u", 100 + i, match, write, number(out), number("g0"));
    }
    add_flow(tenants, "priority=1,actions=%u,%u,%u", number("x0"), number("x2"), number("g1"));
}

static void megaflows_of_tunnels_keep_the_wildcard_rule(void **state)
{
    enum { ROUNDS = 60, PACKETS = 40, ALIKE = 20 };
    unsigned long n_alike = 0, n_pushes = 0;
    flows_seed(1);
    for (int round = 0; round < ROUNDS; round++) {
        random_tunnels();
        random_flows();
        for (int i = 0; i < PACKETS; i++) {
            struct flow key;
            struct xlate_out out;
            random_key(&key, "x0");
            struct xlate_in in = { .flow = &key };
            xlate(&in, &out);

            assert_null(actions_validate(out.actions.data, out.actions.size));
            for (int j = 0; j < ALIKE; j++) {
                struct flow alike;
                struct xlate_out other;
                make_alike(&key, &out.mask, &alike);
                struct xlate_in again = { .flow = &alike };
                xlate(&again, &other);
                if (!same(&out, &other)) {
                    explain(&key);
                    explain(&alike);
                    fail_msg("a packet of the megaflow translates to other actions");
                }
                xlate_out_destroy(&other);
                n_alike++;
            }
            const struct action *a;
            action_for_each (a, out.actions.data, out.actions.size) {
                n_pushes += a->type == ACTION_CHECK_LEN || a->type == ACTION_CLONE;
            }
            xlate_out_destroy(&out);
        }
        rcu_quiesce();
    }
    printf("%lu packets like others, %lu encapsulations\n", n_alike, n_pushes);
    assert_true(n_pushes > 500);
}

/* Outer packets that arrive: which of them are decapsulated, and what neighbours say. */
static void megaflows_of_outer_packets_keep_the_wildcard_rule(void **state)
{
    enum { PACKETS = 1500, ALIKE = 20 };
    static const char *const bodies[] = {
        "eth_type(0x0800),ipv4(src=1.1.2.%u,dst=1.1.2.%u,proto=17,tos=0,ttl=64,frag=no),udp(src=40000,dst=%u)",
        "eth_type(0x0800),ipv4(src=1.1.2.%u,dst=1.1.2.%u,proto=17,tos=0,ttl=64,frag=first),udp(src=40000,dst=%u)",
        "eth_type(0x0806),arp(sip=1.1.2.%u,tip=1.1.2.%u,op=%u,sha=02:00:00:00:09:01,tha=00:00:00:00:00:00)",
    };
    static const unsigned int ports[] = { 4789, 8472, 4788, 53, 4789 + 1024 }, ops[] = { 1, 2, 3 };
    unsigned int n_pops = 0;
    flows_seed(6);
    clear();
    port_options("x0", "vxlan", "remote_ip=flow key=flow");
    port_options("x1", "vxlan", "remote_ip=flow key=flow dst_port=8472");
    port_options("x2", "gre", "remote_ip=1.1.2.1 key=1");
    port_map_publish();
    for (int i = 0; i < PACKETS; i++) {
        struct flow key, alike;
        struct xlate_out out, other;
        char body[256];
        unsigned int kind = rnd(ARRAY_SIZE(bodies)), last = rnd(2) ? 88 : 87;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(body, sizeof body, bodies[kind], kind == 2 && rnd(2) ? last : 1 + rnd(N_REMOTES), last,
                 kind == 2 ? ops[rnd(3)] : ports[rnd(5)]);
#pragma GCC diagnostic pop
        struct eth_addr mac = port_set_by_no(phy->ports, OFPP_LOCAL)->dp.mac;
        parse_key(&key, "in_port(%u),eth(src=02:00:00:00:09:01,dst=%02x:%02x:%02x:%02x:%02x:%02x),%s", uplink, mac.ea[0], mac.ea[1],
                  mac.ea[2], mac.ea[3], mac.ea[4], rnd(4) ? mac.ea[5] : 7, body);
        struct xlate_in in = { .flow = &key };
        xlate(&in, &out);
        n_pops += out.actions.size && ((const struct action *) (const void *) out.actions.data)->type == ACTION_TNL_POP;
        for (int j = 0; j < ALIKE; j++) {
            make_alike(&key, &out.mask, &alike);
            if (kind != 2 && rnd(2)) { /* a port that means something, as far as the mask lets it be */
                be16 m = out.mask.lines & 1u << FLOW_LINE_L3 ? out.mask.tp_dst : 0;
                alike.tp_dst = (key.tp_dst & m) | (htons((uint16_t) ports[rnd(5)]) & (be16) ~m);
                alike.eth_dst = key.eth_dst;
                alike.nw_dst = key.nw_dst;
            }
            struct xlate_in again = { .flow = &alike };
            xlate(&again, &other);
            if (!same(&out, &other)) {
                explain(&key);
                explain(&alike);
                fail_msg("a packet of the megaflow translates to other actions");
            }
            xlate_out_destroy(&other);
        }
        xlate_out_destroy(&out);
    }
    rcu_quiesce();
    assert_true(n_pops > 50);
}

/* Isolation. */

static unsigned int tenant_of_port(uint32_t dp_no)
{
    for (unsigned int i = 0; i < N_GUESTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "g%u", i);
        if (fake_switch_dp_no(tenants, name) == dp_no) {
            return plan.guest_tenant[i];
        }
    }
    return N_TENANTS;
}

/* Follows the actions for a packet of 'tenant'; 'key' is that of its outer headers, UINT32_MAX: it has none. */
static void check_list(const struct flow *packet, unsigned int tenant, uint32_t key, const void *list, size_t size)
{
    const struct action *a;
    action_for_each (a, list, size) {
        if (a->type == ACTION_TNL_PUSH) {
            const struct action_tnl_push *push = (const struct action_tnl_push *) a;
            struct tunnel_header h;
            assert_null(tunnel_header_parse(push->kind, push->header, push->header_len, &h));
            key = ntohl(h.vni);
        } else if (a->type == ACTION_OUTPUT) {
            uint32_t port = ((const struct action_output *) a)->port;
            bool good = port == uplink ? tenant < N_TENANTS && key == plan.key[tenant]
                                       : key == UINT32_MAX && tenant < N_TENANTS && tenant_of_port(port) == tenant;
            if (!good) {
                explain(packet);
                fail_msg("a packet of tenant %u leaves by port %u with key %x", tenant, port, key);
            }
        } else if (a->type == ACTION_CLONE || a->type == ACTION_CHECK_LEN || a->type == ACTION_BRANCH) {
            size_t nested_size;
            const struct action *nested = action_nested(a, &nested_size);
            check_list(packet, tenant, key, nested, nested_size);
        } else {
            assert_true(a->type == ACTION_DROP || a->type == ACTION_UPCALL || a->type == ACTION_SET); /* ECN is set */
        }
    }
}

/* Whose is it? N_TENANTS: nobody's. */
static unsigned int tenant_of_packet(const struct flow *key)
{
    unsigned int tenant = tenant_of_port(key->in_port);
    if (tenant < N_TENANTS || !(key->lines & 1u << FLOW_LINE_TUNNEL)) {
        return tenant;
    }
    for (unsigned int i = 0; i < N_TENANTS; i++) {
        if (be64_to_host(key->tun_id) == plan.key[i]) {
            return i;
        }
    }
    return N_TENANTS;
}

static void put_plan(bool flow_based)
{
    clear();
    if (flow_based) {
        port_options("x0", "vxlan", "remote_ip=flow key=flow");
    } else {
        port_options("x0", "vxlan", "remote_ip=1.1.2.99 key=99"); /* keeps the listener */
    }
    for (unsigned int i = 0; i < N_GUESTS; i++) {
        add_flow(tenants, "in_port=%u,actions=load:%u->NXM_NX_REG0[],resubmit(,1)", i + 1, plan.guest_tenant[i]);
        add_flow(tenants, "table=2,priority=%u,reg0=%u,actions=resubmit(,%u)", 10 + i, plan.guest_tenant[i], 3 + i);
    }
    struct strbuf outputs[N_TENANTS] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };
    for (unsigned int i = 0; i < N_GUESTS; i++) {
        strbuf_putf(&outputs[plan.guest_tenant[i]], "output:%u,", i + 1);
    }
    for (unsigned int i = 0; i < N_TUNNELS; i++) {
        unsigned int tenant = i % N_TENANTS, remote = 1 + i / N_TENANTS;
        if (!plan.has_tunnel[i]) {
            continue;
        }
        if (flow_based) {
            strbuf_putf(&outputs[tenant], "set_tunnel:%u,set_field:1.1.2.%u->tun_dst,output:%u,", plan.key[tenant], remote,
                        number("x0"));
        } else {
            char name[16], options[64];
            snprintf(name, sizeof name, "tun%u", i);
            snprintf(options, sizeof options, "remote_ip=1.1.2.%u key=%u", remote, plan.key[tenant]);
            port_options(name, "vxlan", options);
            add_flow(tenants, "in_port=%u,actions=load:%u->NXM_NX_REG0[],resubmit(,1)", number(name), tenant);
            strbuf_putf(&outputs[tenant], "output:%u,", number(name));
        }
    }
    for (unsigned int tenant = 0; tenant < N_TENANTS; tenant++) {
        if (flow_based) {
            add_flow(tenants, "in_port=%u,tun_id=%u,actions=load:%u->NXM_NX_REG0[],resubmit(,1)", number("x0"),
                     plan.key[tenant], tenant);
        }
        add_flow(tenants, "table=1,reg0=%u,actions=%sexit", tenant, strbuf_str(&outputs[tenant]));
        strbuf_destroy(&outputs[tenant]);
    }
    port_map_publish();
}

/* Another key for a network, another tenant for a guest, a tunnel more or less; for a neighbour another address, or none. */
static void change_plan(void)
{
    unsigned int i;
    switch (rnd(4)) {
    case 0: {
        unsigned int key = 1 + rnd(7);
        for (i = 0; i < N_TENANTS; i++) {
            if (plan.key[i] == key) {
                return;
            }
        }
        plan.key[rnd(N_TENANTS)] = key;
        break;
    }
    case 1:
        plan.guest_tenant[rnd(N_GUESTS)] = rnd(N_TENANTS);
        break;
    case 2:
        i = rnd(N_TUNNELS);
        plan.has_tunnel[i] = !plan.has_tunnel[i];
        break;
    default:
        i = 1 + rnd(N_REMOTES);
        know_neighbour(i, (uint8_t) rnd(200));
    }
}

static void run_isolation(bool flow_based)
{
    enum { ROUNDS = 150, PACKETS = 60 };
    unsigned long n_checked = 0;
    for (unsigned int i = 0; i < N_TENANTS; i++) {
        plan.key[i] = i + 1;
    }
    for (int round = 0; round < ROUNDS; round++) {
        change_plan();
        put_plan(flow_based);
        for (int i = 0; i < PACKETS; i++) {
            struct flow key;
            struct xlate_out out;
            random_key(&key, "x0");
            struct xlate_in in = { .flow = &key };
            xlate(&in, &out);
            check_list(&key, tenant_of_packet(&key), UINT32_MAX, out.actions.data, out.actions.size);
            n_checked += out.actions.size > sizeof(struct action_output);
            xlate_out_destroy(&out);
        }
        rcu_quiesce();
    }
    assert_true(n_checked > ROUNDS);
}

/* Of packets whose tunnel met congestion: how many end because they cannot be told. */
static unsigned int count_ecn_drops(uint8_t outer, uint8_t inner)
{
    unsigned int n = 0;
    for (int i = 0; i < 200; i++) {
        struct flow key;
        struct xlate_out out;
        random_key(&key, "x0");
        if (!flow_is_ip_any(&key)) {
            continue;
        }
        key.tun_tos = (uint8_t) ((key.tun_tos & IP_DSCP_MASK) | outer);
        key.nw_tos = (uint8_t) ((key.nw_tos & IP_DSCP_MASK) | inner);
        struct xlate_in in = { .flow = &key };
        xlate(&in, &out);
        const struct action_drop *drop = (const void *) out.actions.data;
        n += out.actions.size && drop->a.type == ACTION_DROP && drop->reason == DROP_XLATE_TUNNEL_ECN;
        xlate_out_destroy(&out);
    }
    return n;
}

static void tenants_stay_apart(void **state)
{
    enum { NOT_ECT = 0, ECT_0 = 2, CE = 3 };
    flows_seed(2);
    run_isolation(false);
    assert_in_range(count_ecn_drops(CE, NOT_ECT), 1, 200);
    assert_int_equal(count_ecn_drops(CE, ECT_0), 0);
    assert_int_equal(count_ecn_drops(NOT_ECT, NOT_ECT), 0);
    flows_seed(3);
    run_isolation(true);
}

/* What a change concerns. */

struct megaflow {
    struct flow key;
    struct xlate_out out;
    struct validity validity;
};

static void translate(struct megaflow *m, const char *guest)
{
    parse_key(&m->key, "in_port(%u),eth(src=02:00:00:00:01:01,dst=02:00:00:00:01:02),eth_type(0x1234)",
              fake_switch_dp_no(tenants, guest));
    struct xlate_in in = { .flow = &m->key };
    validity_begin(&m->validity);
    xlate(&in, &m->out);
    validity_end(&m->validity, &m->out.credits);
}

static bool holds(struct megaflow *m)
{
    return validity_holds(&m->validity, &m->out.credits, NULL, NULL);
}

static void changes_concern_those_who_go_by_them(void **state)
{
    struct megaflow near, other, far;
    struct underlay_user_route route = { .prefix = addr("9.9.9.", 0), .bits = 96 + 24, .gateway = addr("1.1.2.", 3), .device = "phy" };
    clear();
    assert_int_equal(underlay_add_route(tunnel_underlay(), &route), 0);
    port_options("x1", "vxlan", "remote_ip=1.1.2.1 key=1");
    port_options("x2", "vxlan", "remote_ip=1.1.2.2 key=1");
    port_options("x3", "vxlan", "remote_ip=9.9.9.9 key=1");
    for (int i = 1; i <= 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        add_flow(tenants, "in_port=%d,actions=%u", i, number(name));
    }
    port_map_publish();
    for (unsigned int i = 1; i <= N_REMOTES; i++) {
        know_neighbour(i, (uint8_t) i);
    }
    translate(&near, "g0");
    translate(&other, "g1");
    translate(&far, "g2");
    assert_true(holds(&near) && holds(&other) && holds(&far));
    know_neighbour(4, 77); /* nobody's next hop */
    assert_true(holds(&near) && holds(&other) && holds(&far));
    know_neighbour(1, 77);
    assert_true(!holds(&near) && holds(&other) && holds(&far));
    xlate_out_destroy(&near.out);
    translate(&near, "g0");
    route.gateway = addr("1.1.2.", 4);
    assert_int_equal(underlay_add_route(tunnel_underlay(), &route), 0);
    assert_true(holds(&near) && holds(&other) && !holds(&far));
    tunnel_neigh_flush(NULL);
    assert_true(!holds(&near) && !holds(&other));
    xlate_out_destroy(&near.out);
    xlate_out_destroy(&other.out);
    xlate_out_destroy(&far.out);
    assert_true(underlay_del_route(tunnel_underlay(), &route.prefix, route.bits, 0));
    for (unsigned int i = 1; i <= N_REMOTES; i++) {
        know_neighbour(i, (uint8_t) i);
    }
}

/* A tunnel more costs as much work, whether it is the tenth or the thousandth: one question to the kernel, and no other tunnel is looked at. */
static void the_thousandth_tunnel_costs_what_the_tenth_did(void **state)
{
    struct underlay_work before, after;
    clear();
    for (unsigned int i = 0; i < 1000; i++) {
        char name[16], options[64];
        snprintf(name, sizeof name, "many%u", i);
        snprintf(options, sizeof options, "remote_ip=1.1.%u.%u key=%u", 100 + i / 250, 1 + i % 250, i);
        underlay_work(tunnel_underlay(), &before);
        uint64_t version = tunnel_version();
        port_options(name, "vxlan", options);
        underlay_work(tunnel_underlay(), &after);
        assert_true(after.questions - before.questions <= 1);
        assert_int_equal(after.answers, before.answers + 1);
        assert_int_equal(tunnel_version(), version);
    }
    port_map_publish();
    /* Each finds its packets. */
    for (unsigned int i = 0; i < 1000; i += 37) {
        struct flow key;
        struct xlate_out out;
        struct strbuf trace = STRBUF_INIT;
        parse_key(&key, "tunnel(tun_id=0x%x,src=1.1.%u.%u,dst=1.1.2.88,tos=0,ttl=64,flags(key)),in_port(%u),"
                  "eth(src=02:00:00:00:01:01,dst=02:00:00:00:01:02),eth_type(0x1234)", i, 100 + i / 250, 1 + i % 250, listener("many0"));
        struct xlate_in in = { .flow = &key, .final = &key };
        char name[16];
        snprintf(name, sizeof name, "many%u", i);
        xlate(&in, &out);
        assert_int_equal(key.in_port, number(name));
        xlate_out_destroy(&out);
        strbuf_destroy(&trace);
    }
    for (unsigned int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "many%u", i);
        ofproto_port_del(tenants, name);
    }
    port_map_publish();
}

/* Suppression. */

static void answers_for_others_keep_the_wildcard_rule(void **state)
{
    enum { ROUNDS = 40, PACKETS = 40, ALIKE = 20 };
    unsigned long n_answered = 0;
    struct ofproto_config config = { .datapath_type = "", .arp_suppress = true, .mac_aging_time = 300, .mac_table_size = 100 };
    flows_seed(4);
    clear();
    add_flow(tenants, "priority=0,actions=normal");
    for (int i = 0; i < N_GUESTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        fake_switch_bundle(tenants, name, VLAN_MODE_ACCESS, 10, NULL);
    }
    ofproto_configure(tenants, &config);
    port_map_publish();
    for (int round = 0; round < ROUNDS; round++) {
        struct inet_addr a = addr("10.0.0.", rnd(4));
        struct mac_source source = { .mac = { { 2, 0, 0, 0, 1, (uint8_t) rnd(4) } }, .vlan = 10, .port = 1 + rnd(N_GUESTS) };
        tunnel_neigh_set("tenants/10", &a, (struct eth_addr) { { 2, 0, 0, 0, 1, (uint8_t) rnd(4) } }, clock_ms());
        mac_table_learn(tenants->macs, &source, clock_ms());
        for (int i = 0; i < PACKETS; i++) {
            struct flow key, alike;
            struct xlate_out out, other;
            char name[16];
            unsigned int from = rnd(4);
            snprintf(name, sizeof name, "g%u", rnd(N_GUESTS));
            parse_key(&key, "in_port(%u),eth(src=02:00:00:00:01:0%u,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),"
                      "arp(sip=10.0.0.%u,tip=10.0.0.%u,op=%u,sha=02:00:00:00:01:0%u,tha=00:00:00:00:00:00)",
                      fake_switch_dp_no(tenants, name), from, rnd(4), rnd(4), 1 + rnd(2), from);
            struct xlate_in in = { .flow = &key };
            xlate(&in, &out);
            n_answered += out.actions.size && ((const struct action *) (const void *) out.actions.data)->type == ACTION_SET;
            for (int j = 0; j < ALIKE; j++) {
                make_alike(&key, &out.mask, &alike);
                struct xlate_in again = { .flow = &alike };
                xlate(&again, &other);
                if (!same(&out, &other)) {
                    explain(&key);
                    explain(&alike);
                    fail_msg("a packet of the megaflow translates to other actions");
                }
                xlate_out_destroy(&other);
            }
            xlate_out_destroy(&out);
        }
        rcu_quiesce();
    }
    printf("%lu answers\n", n_answered);
    assert_true(n_answered > 50);
}

/* Answers to packets that are too big. */

static size_t answer(const char *text, uint32_t mtu, uint8_t *to, struct flow *reply)
{
    struct flow key;
    uint8_t packet[2048], *head = xzalloc_cacheline(4096);
    struct packet p;
    parse_key(&key, "in_port(1),%s", text);
    size_t n = flow_compose(&key, packet, sizeof packet, 900);
    assert_true(n > 0);
    n = tunnel_mtu_compose(&key, packet, n, mtu, to);
    if (n) {
        memcpy(head + PACKET_HEADROOM, to, n);
        packet_use(&p, head, 4096, PACKET_HEADROOM, (uint32_t) n);
        assert_int_equal(parse_packet(&p, reply), PARSE_OK);
    }
    free(head);
    return n;
}

static void senders_of_large_packets_are_told(void **state)
{
    static const char eth[] = "eth(src=02:00:00:00:01:01,dst=02:00:00:00:01:02),";
    uint8_t to[TUNNEL_MTU_ANSWER_MAX];
    struct flow r;
    char text[512];
#define ANSWER(MTU, ...) (snprintf(text, sizeof text, __VA_ARGS__), answer(text, MTU, to, &r))
    size_t n = ANSWER(1450, "%svlan(vid=5,pcp=1),encap(eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=9,frag=no),udp(src=1,dst=2))", eth);
    assert_int_equal(n, 14 + 4 + 576);
    assert_int_equal(r.eth_dst.ea[5], 1);
    assert_int_equal(ntohs(r.vlan[0].tci) & VLAN_VID_MASK, 5);
    assert_int_equal(r.nw_src, htonl(0x0a000002));
    assert_int_equal(r.nw_dst, htonl(0x0a000001));
    assert_int_equal(ntohs(r.tp_src), 3);
    assert_int_equal(ntohs(r.tp_dst), 4);
    assert_int_equal(to[18 + 20 + 6] << 8 | to[18 + 20 + 7], 1450);
    assert_int_equal(csum(to + 18, 20), 0);
    assert_int_equal(csum(to + 18 + 20, 576 - 20), 0);

    n = ANSWER(1430, "%seth_type(0x86dd),ipv6(src=fd00::1,dst=fd00::2,label=0,proto=6,tclass=0,hlimit=9,frag=no),tcp(src=1,dst=2)", eth);
    assert_true(n > 900 && n <= 14 + 1280);
    assert_int_equal(ntohs(r.tp_src), 2);
    assert_int_equal(csum_finish(csum_continue(csum_pseudo_ipv6(r.ipv6_src, r.ipv6_dst, NW_PROTO_ICMPV6, (uint32_t) n - 54), to + 54, n - 54)), 0);

    /* Nobody, for errors, groups, later fragments, unusable sources, and what is no IP. */
    assert_int_equal(ANSWER(1400, "%seth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=1,tos=0,ttl=9,frag=no),icmp(type=3,code=4)", eth), 0);
    assert_true(ANSWER(1400, "%seth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=1,tos=0,ttl=9,frag=no),icmp(type=8,code=0)", eth) > 0);
    assert_int_equal(ANSWER(1400, "eth(src=02:00:00:00:01:01,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=47,tos=0,ttl=9,frag=no)"), 0);
    assert_int_equal(ANSWER(1400, "%seth_type(0x0800),ipv4(src=224.0.0.1,dst=10.0.0.2,proto=47,tos=0,ttl=9,frag=no)", eth), 0);
    assert_int_equal(ANSWER(1400, "%seth_type(0x0800),ipv4(src=0.0.0.0,dst=10.0.0.2,proto=47,tos=0,ttl=9,frag=no)", eth), 0);
    assert_int_equal(ANSWER(1400, "%seth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=47,tos=0,ttl=9,frag=later)", eth), 0);
    assert_int_equal(ANSWER(1400, "%seth_type(0x86dd),ipv6(src=fd00::1,dst=fd00::2,label=0,proto=58,tclass=0,hlimit=9,frag=no),icmpv6(type=2,code=0)", eth), 0);
    assert_int_equal(ANSWER(1400, "%seth_type(0x1234)", eth), 0);
    assert_int_equal(ANSWER(60, "%seth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=47,tos=0,ttl=9,frag=no)", eth), 0);
#undef ANSWER
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(megaflows_of_tunnels_keep_the_wildcard_rule),
        cmocka_unit_test(megaflows_of_outer_packets_keep_the_wildcard_rule),
        cmocka_unit_test(tenants_stay_apart),
        cmocka_unit_test(changes_concern_those_who_go_by_them),
        cmocka_unit_test(answers_for_others_keep_the_wildcard_rule),
        cmocka_unit_test(senders_of_large_packets_are_told),
        cmocka_unit_test(the_thousandth_tunnel_costs_what_the_tenth_did),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
