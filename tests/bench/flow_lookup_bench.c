/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles per packet of the datapath's core: packets of N destinations come from a port in memory,
 * are looked up, and leave by another that throws them away.
 *
 *     flow_lookup_bench [--simd=NAME] [N ...]
 *     flow_lookup_bench --attack
 *
 * --simd: with this version of the inner loops, see dpif/simd, instead of the best.
 *
 * One megaflow per destination (/32). Columns: nanoseconds and time-stamp cycles per packet of
 * everything, of receiving and sending without a switch in between, and the share of lookups that
 * the signature cache answered.
 *
 * --attack: a tuple-space explosion. An attacker on a port of its own has made as many masks as it can, and sends one
 * packet, of a connection of its own each, for every burst of a victim with 1,000 flows. Columns: the victim's packets a second in
 * millions alone and beside it, and the share that it keeps, in per cent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/datapath.h"
#include "datapath/line_ops.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"
#include "lib/net/parse.h"
#include "tests/bench/null_port.h"

enum { PACKET_LEN = NULL_PORT_PACKET_LEN, N_PACKETS = 1 << 23 };

static uint8_t template[PACKET_LEN];
static uint32_t n_destinations, next_destination;
static const char *simd; /* the version of the inner loops; null: the best */
static uint32_t attack; /* the attacker's next packet; 0: it is quiet */

static uint32_t destination(uint32_t i)
{
    return 0x0a000000 + i * 2654435761u % (1u << 24);
}

/* Addresses and ports of flow 'i' of the attacker: another mask for each. */
enum { ATTACKER = 3, N_ATTACKS = 32 * 32 * 16 };

static void attack_masks(uint32_t i, be32 *src, be32 *dst, be16 *tp_dst)
{
    *src = htonl(UINT32_MAX << i % 32);
    *dst = htonl(UINT32_MAX << i / 32 % 32);
    *tp_dst = htons(UINT16_MAX << i / 1024 % 16);
}

static struct packet *make_attack(struct frame_cache *frames)
{
    struct packet *p = frame_cache_get(frames);
    uint32_t i = attack++ * 2654435761u % N_ATTACKS;
    be32 src, dst;
    be16 tp_dst;
    attack_masks(i, &src, &dst, &tp_dst);
    memcpy(p->data, template, PACKET_LEN);
    memcpy(p->data + 26, &src, sizeof src);
    memcpy(p->data + 30, &dst, sizeof dst);
    memcpy(p->data + 34, &attack, sizeof(be16)); /* another connection each */
    memcpy(p->data + 36, &tp_dst, sizeof tp_dst);
    p->head_len = PACKET_LEN;
    return p;
}

static unsigned int null_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                            struct batch *batch, unsigned int max)
{
    if (port->no == ATTACKER && attack) {
        batch_add(batch, make_attack(frames));
        return 1;
    }
    if (port->no != 1) {
        return 0;
    }
    for (unsigned int i = 0; i < max; i++) {
        struct packet *p = frame_cache_get(frames);
        memcpy(p->data, template, PACKET_LEN);
        put_be32(p->data + 30, htonl(destination(next_destination)));
        next_destination = next_destination + 1 < n_destinations ? next_destination + 1 : 0;
        p->head_len = PACKET_LEN;
        batch_add(batch, p);
    }
    return max;
}

static const struct port_ops null_ops = NULL_PORT_OPS(null_rx, null_port_tx);

const struct port_ops *port_kind_find(const char *type)
{
    return &null_ops;
}

static void must(int error)
{
    null_port_must("flow_lookup_bench", error);
}

static double put_flows(struct datapath *dp, struct flow *key, uint32_t n)
{
    struct flow mask;
    struct actions actions = ACTIONS_INIT;
    actions_put_output(&actions, 2);
    flow_mask_init(&mask);
    FLOW_MASK_FIELD(&mask, in_port);
    FLOW_MASK_FIELD(&mask, recirc_id);
    FLOW_MASK_FIELD(&mask, eth_type);
    FLOW_MASK_FIELD(&mask, nw_dst);
    uint64_t start = clock_ns();
    for (uint32_t i = 0; i < n; i++) {
        key->nw_dst = htonl(destination(i));
        struct dp_op op = {.type = DP_OP_FLOW_PUT,
                           .flags = DP_PUT_CREATE,
                           .key = key,
                           .mask = &mask,
                           .actions = actions.data,
                           .actions_size = actions.size};
        memcpy(op.ufid.bytes, &i, sizeof i);
        datapath_operate(dp, &op);
        must(op.error);
        rcu_quiesce();
    }
    actions_destroy(&actions);
    return n * 1e9 / (clock_ns() - start);
}

/* Receiving and sending alone. */
static double measure_ports(struct arena *arena)
{
    uint64_t drops[DROP_N_REASONS];
    struct frame_cache *frames = frame_cache_create(arena, 0, drops);
    struct port port = { .no = 1 };
    uint64_t start = null_port_cycles();
    for (uint32_t i = 0; i < N_PACKETS; i += BATCH_MAX) {
        struct batch batch;
        batch_init(&batch);
        null_rx(&port, 0, frames, &batch, BATCH_MAX);
        for (unsigned int j = 0; j < BATCH_MAX; j++) {
            frame_cache_put(frames, batch.packets[j]);
        }
    }
    uint64_t n = null_port_cycles() - start;
    frame_cache_destroy(frames);
    return (double) n / N_PACKETS;
}

static void put_attack(struct datapath *dp, struct flow *key)
{
    struct actions actions = ACTIONS_INIT;
    actions_put_output(&actions, 2);
    key->in_port = ATTACKER;
    for (uint32_t i = 0; i < N_ATTACKS; i++) {
        struct flow mask;
        flow_mask_init(&mask);
        FLOW_MASK_FIELD(&mask, in_port);
        FLOW_MASK_FIELD(&mask, recirc_id);
        FLOW_MASK_FIELD(&mask, eth_type);
        flow_use_line(&mask, FLOW_LINE_L3);
        attack_masks(i, &mask.nw_src, &mask.nw_dst, &mask.tp_dst);
        attack_masks(i, &key->nw_src, &key->nw_dst, &key->tp_dst);
        struct dp_op op = {.type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE, .key = key, .mask = &mask,
                           .actions = actions.data, .actions_size = actions.size};
        uint32_t ufid = i + (1u << 24);
        memcpy(op.ufid.bytes, &ufid, sizeof ufid);
        datapath_operate(dp, &op);
        must(op.error == EEXIST ? 0 : op.error);
        rcu_quiesce();
    }
    actions_destroy(&actions);
}

/* The victim's packets a second in millions. */
static double victim_speed(struct datapath *dp)
{
    for (uint32_t i = 0; i < N_PACKETS / 8; i += BATCH_MAX) {
        datapath_poll(dp);
    }
    datapath_run(dp);
    uint64_t start = clock_ns();
    for (uint32_t i = 0; i < N_PACKETS; i += BATCH_MAX) {
        datapath_poll(dp);
    }
    return N_PACKETS * 1e3 / (clock_ns() - start);
}

static void measure_attack(void)
{
    const struct datapath_config config = {.max_flows = 1 << 20, .n_frames = 4096, .manual = true};
    struct smap options = SMAP_INIT;
    struct dp_totals totals;
    struct flow key;
    char *error;
    struct datapath *dp = datapath_create(&config, &error);
    must(dp ? 0 : ENOMEM);
    for (uint32_t no = 1; no <= ATTACKER; no++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", no);
        must(datapath_port_add(dp, name, "null", &options, &no, &error));
    }
    n_destinations = 1000;
    must(null_port_template(&key, 0, template)); /* the checksum does not follow the destinations: nobody looks at it */
    put_flows(dp, &key, n_destinations);
    double alone = victim_speed(dp);
    put_attack(dp, &key);
    attack = 1;
    double attacked = victim_speed(dp);
    datapath_totals(dp, &totals);
    printf("%8s %8s %8s %8s\n%8.2f %8.2f %8.1f %8u\n", "alone", "attacked", "kept", "masks", alone, attacked,
           attacked / alone * 100, totals.n_masks);
    datapath_destroy(dp);
}

static void measure(struct arena *arena, uint32_t n)
{
    const struct datapath_config config = {.max_flows = 1 << 20, .n_frames = 4096, .manual = true};
    struct smap options = SMAP_INIT;
    struct dp_totals before, after;
    struct flow key;
    char *error;
    struct datapath *dp = datapath_create(&config, &error);
    uint32_t p1 = 1, p2 = 2;
    if (!dp) {
        fprintf(stderr, "flow_lookup_bench: %s\n", error);
        exit(1);
    }
    if (simd && !line_ops_choose(simd)) {
        fprintf(stderr, "flow_lookup_bench: no version %s on this machine\n", simd);
        exit(1);
    }
    must(datapath_port_add(dp, "p1", "null", &options, &p1, &error));
    must(datapath_port_add(dp, "p2", "null", &options, &p2, &error));
    must(null_port_template(&key, 0, template)); /* the checksum does not follow the destinations: nobody looks at it */
    double flows_per_second = put_flows(dp, &key, n);
    n_destinations = n;
    next_destination = 0;
    for (uint32_t i = 0; i < N_PACKETS; i += BATCH_MAX) {
        datapath_poll(dp); /* warms the caches */
    }
    datapath_totals(dp, &before);
    uint64_t start = null_port_cycles(), start_ns = clock_ns();
    for (uint32_t i = 0; i < N_PACKETS; i += BATCH_MAX) {
        datapath_poll(dp);
    }
    double per_packet = (double) (null_port_cycles() - start) / N_PACKETS;
    double ns = (double) (clock_ns() - start_ns) / N_PACKETS;
    datapath_totals(dp, &after);
    printf("%10u %8.1f %8.1f %8.1f %8.1f%% %12.0f\n", n, ns, per_packet, measure_ports(arena),
           (after.n_cache_hit - before.n_cache_hit) * 100.0 / (after.n_hit - before.n_hit),
           flows_per_second);
    datapath_destroy(dp);
}

int main(int argc, char *argv[])
{
    static const uint32_t defaults[] = { 1, 10, 1000, 10000, 100000, 1000000 };
    char *error;
    hash_init();
    rcu_thread_start();
    struct arena *arena = arena_create(4096, 64, 1, &error);
    if (argc == 2 && !strcmp(argv[1], "--attack")) {
        measure_attack();
        arena_destroy(arena);
        rcu_thread_end();
        return 0;
    }
    if (argc > 1 && !strncmp(argv[1], "--simd=", 7)) {
        simd = argv[1] + 7;
        argv++;
        argc--;
    }
    printf("%10s %8s %8s %8s %9s %12s\n", "flows", "ns", "cycles", "ports", "signature", "puts/s");
    for (int i = 1; i < argc; i++) {
        measure(arena, MAX(atoi(argv[i]), 1));
    }
    for (unsigned int i = 0; argc < 2 && i < ARRAY_SIZE(defaults); i++) {
        measure(arena, defaults[i]);
    }
    arena_destroy(arena);
    rcu_thread_end();
    return 0;
}
