/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles per packet of tunnels: frames of 64 bytes come from a port in memory, are forwarded, encapsulated or decapsulated, and leave by
 * another port that throws them away.
 *
 *     tunnel_bench [CONNECTIONS [WORD]]    default 100
 *
 * WORD: only rows whose name has it, and more rounds of them, for a profiler.
 *
 * Columns: time-stamp cycles per packet of everything, of receiving and sending without a switch in between, of the switch alone, and
 * how many of these are more than plain forwarding takes. The best of several rounds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/datapath.h"
#include "datapath/port_kinds.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "tests/bench/null_port.h"

enum { INNER_LEN = 64, N_PACKETS = 1 << 15, N_ROUNDS = 60 };

#define INNER "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800)," \
              "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,ttl=64,frag=no),udp(src=1000,dst=2000)"
#define PUSH(IP, UDP, TUNNEL, SIZE, TYPE) "tnl_push(tnl_port(3),header(size=" SIZE ",type=" TYPE ",eth(dst=02:00:00:00:00:22," \
                                  "src=02:00:00:00:00:21," IP "," UDP TUNNEL "),out_port(4))"
#define IP4(PROTO) "dl_type=0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=" PROTO ",tos=0,ttl=64,frag=0x4000)"
#define IP6(PROTO) "dl_type=0x86dd),ipv6(src=2001:db8::1,dst=2001:db8::2,label=0,proto=" PROTO ",tclass=0x0,hlimit=64)"
#define GENEVE "geneve(vni=0x64)"
#define GRE "gre((flags=0x2000,proto=0x6558),key=0x64)"
#define VXLAN "vxlan(flags=0x8000000,vni=0x64)"

/* What port 1 receives, by turns. */
static struct {
    uint8_t bytes[256][128];
    uint32_t len, n, next;
} rx;

static uint8_t sent[128]; /* the last packet that was sent */

static unsigned int null_rx(struct port *port, unsigned int q, struct frame_cache *frames, struct batch *batch, unsigned int max)
{
    if (port->no != 1) {
        return 0;
    }
    for (unsigned int i = 0; i < max; i++) {
        struct packet *p = frame_cache_get(frames);
        memcpy(p->data, rx.bytes[rx.next], rx.len);
        rx.next = rx.next + 1 < rx.n ? rx.next + 1 : 0;
        p->head_len = rx.len;
        batch_add(batch, p);
    }
    return max;
}

static unsigned int null_tx(struct port *port, unsigned int thread, struct packet *const *packets, unsigned int n,
                            enum drop_reason *why)
{
    memcpy(sent, packets[n - 1]->data, MIN(packets[n - 1]->head_len, sizeof sent));
    return n;
}

static const struct port_ops null_ops = NULL_PORT_OPS(null_rx, null_tx);

const struct port_ops *port_kind_find(const char *type)
{
    return !strcmp(type, "vxlan")    ? &port_vxlan_ops
           : !strcmp(type, "geneve") ? &port_geneve_ops
           : !strcmp(type, "gre")    ? &port_gre_ops
                                     : &null_ops;
}

static void must(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "tunnel_bench: %s: %s\n", what, strerror(error));
        exit(1);
    }
}

static void must_parse(char *error)
{
    if (error) {
        fprintf(stderr, "tunnel_bench: %s\n", error);
        exit(1);
    }
}

static void put_flow(struct datapath *dp, uint8_t number, const char *match, const char *actions_text)
{
    struct flow key, mask;
    struct actions actions = ACTIONS_INIT;
    must_parse(flow_parse_text(match, NULL, &key, &mask));
    must_parse(actions_parse_text(actions_text, NULL, &actions));
    struct dp_op op = {.type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE, .key = &key, .mask = &mask,
                       .actions = actions.data, .actions_size = actions.size, .ufid.bytes[0] = number};
    datapath_operate(dp, &op);
    must(op.error, "flow");
    actions_destroy(&actions);
}

static struct datapath *create(const char *tunnel)
{
    const struct datapath_config config = {.max_flows = 1 << 16, .n_frames = 4096, .manual = true};
    static const char *const names[] = {NULL, "p1", "p2", "t3"};
    struct smap options = SMAP_INIT;
    char *error;
    struct datapath *dp = datapath_create(&config, &error);
    if (!dp) {
        must_parse(error);
    }
    for (uint32_t no = 1; no <= 3; no++) {
        must(datapath_port_add(dp, names[no], no == 3 ? tunnel : "null", &options, &no, &error), "port");
    }
    return dp;
}

static void make_inner(uint32_t n_connections)
{
    struct flow key;
    must_parse(flow_parse_text(INNER, NULL, &key, NULL));
    rx.len = INNER_LEN;
    rx.n = MIN(n_connections, ARRAY_SIZE(rx.bytes));
    for (uint32_t i = 0; i < rx.n; i++) {
        key.tp_src = htons(1000 + i);
        if (flow_compose(&key, rx.bytes[i], sizeof rx.bytes[i], INNER_LEN - 42) != INNER_LEN) {
            must(EINVAL, "frame");
        }
    }
}

/* Each frame as it leaves the switch in a tunnel. */
static void make_outer(struct datapath *dp, uint32_t header_len)
{
    uint8_t outer[ARRAY_SIZE(rx.bytes)][sizeof rx.bytes[0]];
    uint32_t n = rx.n;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(outer[i], rx.bytes[i], sizeof outer[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        memcpy(rx.bytes[0], outer[i], sizeof outer[i]);
        rx.n = 1;
        rx.next = 0;
        datapath_poll(dp);
        memcpy(outer[i], sent, sizeof outer[i]);
    }
    memcpy(rx.bytes, outer, sizeof outer);
    rx.n = n;
    rx.len = INNER_LEN + header_len;
}

static double measure_ports(void)
{
    uint64_t drops[DROP_N_REASONS], best = UINT64_MAX;
    char *error;
    struct arena *arena = arena_create(4096, 64, 1, &error);
    struct frame_cache *frames = frame_cache_create(arena, 0, drops);
    struct port port = {.no = 1};
    for (int round = 0; round < N_ROUNDS; round++) {
        uint64_t start = null_port_cycles();
        for (uint32_t i = 0; i < N_PACKETS; i += BATCH_MAX) {
            struct batch batch;
            batch_init(&batch);
            null_rx(&port, 0, frames, &batch, BATCH_MAX);
            for (unsigned int j = 0; j < BATCH_MAX; j++) {
                frame_cache_put(frames, batch.packets[j]);
            }
        }
        best = MIN(best, null_port_cycles() - start);
    }
    frame_cache_destroy(frames);
    arena_destroy(arena);
    return (double) best / N_PACKETS;
}

static double plain; /* cycles of the switch alone */
static const char *only = ""; /* rows whose name has it */

static void measure(struct datapath *dp, const char *name)
{
    struct dp_totals before, after;
    uint64_t best = UINT64_MAX;
    if (!strstr(name, only)) {
        return;
    }
    datapath_totals(dp, &before);
    for (int round = 0; round < (only[0] ? 20 : 1) * N_ROUNDS; round++) {
        uint64_t start = null_port_cycles();
        for (uint32_t i = 0; i < N_PACKETS; i += BATCH_MAX) {
            datapath_poll(dp);
        }
        best = MIN(best, null_port_cycles() - start);
    }
    datapath_totals(dp, &after);
    if (memcmp(before.drops, after.drops, sizeof before.drops) || after.n_missed != before.n_missed) {
        must(EINVAL, "packets were dropped");
    }
    double all = (double) best / N_PACKETS, ports = measure_ports(), alone = all - ports;
    plain = plain ? plain : alone;
    printf("%-32s %8.1f %8.1f %8.1f %+8.1f\n", name, all, ports, alone, alone - plain);
}

static void measure_tunnel(const char *kind, const char *name, const char *push, uint32_t header_len, uint32_t n)
{
    char text[64], *actions = xasprintf("%s,2", push);
    struct datapath *dp = create(kind);
    make_inner(n);
    put_flow(dp, 1, "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(frag=no)", actions);
    snprintf(text, sizeof text, "encapsulate, %s", name);
    measure(dp, text);
    make_outer(dp, header_len);
    datapath_flow_flush(dp);
    put_flow(dp, 1, "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(dst=192.0.2.2,frag=no)", "tnl_pop(3)");
    put_flow(dp, 2, "recirc_id(0),in_port(1),eth_type(0x86dd),ipv6(dst=2001:db8::2,frag=no)", "tnl_pop(3)");
    put_flow(dp, 3, "recirc_id(0),in_port(3),tunnel(tun_id=0x64),eth(dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)", "2");
    snprintf(text, sizeof text, "decapsulate, %s", name);
    measure(dp, text);
    datapath_destroy(dp);
    free(actions);
}

int main(int argc, char *argv[])
{
    uint32_t n = argc > 1 ? MAX(atoi(argv[1]), 1) : 100;
    only = argc > 2 ? argv[2] : "";
    setlinebuf(stdout);
    hash_init();
    rcu_thread_start();
    printf("%-32s %8s %8s %8s %8s\n", "", "all", "ports", "switch", "more");
    struct datapath *dp = create("vxlan");
    make_inner(n);
    put_flow(dp, 1, "recirc_id(0),in_port(1),eth(dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)", "2");
    measure(dp, "forward");
    datapath_destroy(dp);
    measure_tunnel("vxlan", "VXLAN IPv4", PUSH(IP4("17"), "udp(src=0,dst=4789,csum=0x0),", VXLAN, "50", "4"), 50, n);
    measure_tunnel("vxlan", "VXLAN IPv6", PUSH(IP6("17"), "udp(src=0,dst=4789,csum=0x0),", VXLAN, "70", "4"), 70, n);
    measure_tunnel("vxlan", "VXLAN with checksum", PUSH(IP4("17"), "udp(src=0,dst=4789,csum=0xffff),", VXLAN, "50", "4"), 50, n);
    measure_tunnel("geneve", "Geneve IPv4", PUSH(IP4("17"), "udp(src=0,dst=6081,csum=0x0),", GENEVE, "50", "5"), 50, n);
    measure_tunnel("geneve", "Geneve IPv6", PUSH(IP6("17"), "udp(src=0,dst=6081,csum=0x0),", GENEVE, "70", "5"), 70, n);
    measure_tunnel("gre", "GRE IPv4", PUSH(IP4("47"), GRE, "", "42", "3"), 42, n);
    measure_tunnel("gre", "GRE IPv6", PUSH(IP6("47"), GRE, "", "62", "109"), 62, n);
    rcu_thread_end();
    return 0;
}
