/* SPDX-License-Identifier: Apache-2.0 */
/* Carries a fixed trace of packets through one tier of the datapath, for instructions.sh to count the
 * instructions of.
 *
 *     instructions TIER [VERSION]
 *                             packets in bursts of 32, in one call of the function "counted", with the
 *                             inner loops in portable C or another version
 *     instructions --build    how this program was compiled
 *
 * Nothing here depends on the machine: the hash has a fixed key, the inner loops are those in portable
 * C, and there are no threads. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/datapath.h"
#include "datapath/line_ops.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"
#include "lib/net/parse.h"
#include "tests/bench/null_port.h"

enum { PACKET_LEN = NULL_PORT_PACKET_LEN, N_BURSTS = 200, N_FLOWS = 10, N_SOURCES = 1 << 16 };

static struct {
    const struct port_ops *ops;
    bool new_connections; /* each packet is of another one */
    uint32_t n_flows;     /* packets are of so many of the flows by turns */
    uint32_t n;           /* packets so far */
} rx = { .n_flows = N_FLOWS };

static uint8_t template[PACKET_LEN];
static const char *version;

static void fill(uint8_t *bytes)
{
    uint32_t i = rx.n++;
    memcpy(bytes, template, PACKET_LEN);
    bytes[33] = i % rx.n_flows; /* last byte of the destination */
    if (rx.new_connections) {
        bytes[34] = i >> 8; /* source port */
        bytes[35] = i;
    }
}

static unsigned int null_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                            struct batch *batch, unsigned int max)
{
    for (unsigned int i = 0; port->no == 1 && i < max; i++) {
        struct packet *p = frame_cache_get(frames);
        fill(p->data);
        p->head_len = PACKET_LEN;
        batch_add(batch, p);
    }
    return batch->n;
}

static const struct port_ops null_ops = NULL_PORT_OPS(null_rx, null_port_tx);

/* In place of the real kinds. */
const struct port_ops *port_kind_find(const char *type)
{
    return &null_ops;
}

static void must(int error)
{
    null_port_must("instructions", error);
}

/* A flow for each destination. */
static void put_flows(struct datapath *dp, struct flow *key, const struct actions *actions)
{
    struct flow mask;
    flow_mask_init(&mask);
    FLOW_MASK_FIELD(&mask, in_port);
    FLOW_MASK_FIELD(&mask, recirc_id);
    FLOW_MASK_FIELD(&mask, eth_type);
    FLOW_MASK_FIELD(&mask, nw_dst);
    for (uint32_t i = 0; i < N_FLOWS; i++) {
        struct dp_op op = { .type = DP_OP_FLOW_PUT, .flags = DP_PUT_CREATE, .key = key, .mask = &mask,
                            .actions = actions->data, .actions_size = actions->size };
        key->nw_dst = htonl(0x0a020300 + i);
        memcpy(op.ufid.bytes, &i, sizeof i);
        datapath_operate(dp, &op);
        must(op.error);
    }
}

/* What is counted. 'dp' is null for parsing alone. */
__attribute__((noinline)) void counted(struct datapath *dp, unsigned int n_bursts);
__attribute__((noinline)) void counted(struct datapath *dp, unsigned int n_bursts)
{
    static uint8_t bytes[PACKET_LEN];
    static struct packet packet;
    static struct flow key;
    for (unsigned int i = 0; i < n_bursts; i++) {
        for (unsigned int j = 0; !dp && j < BATCH_MAX; j++) {
            fill(bytes);
            packet.data = bytes;
            packet.head_len = PACKET_LEN;
            must(parse_packet(&packet, &key) == PARSE_OK ? 0 : EINVAL);
        }
        if (dp) {
            datapath_poll(dp);
        }
    }
}

static uint64_t n_shortcuts(const struct datapath *dp)
{
    struct datapath_thread t;
    datapath_thread_get(dp, datapath_n_threads(dp), &t);
    return t.counters.n_shortcut_hit;
}

static void run(bool signature, bool output)
{
    const struct datapath_config config = { .max_flows = 1000, .n_frames = 4096, .manual = true };
    struct smap options = SMAP_INIT;
    struct actions actions = ACTIONS_INIT;
    struct dp_totals before, after;
    struct flow key;
    char *error;
    uint32_t p1 = 1, p2 = 2;
    struct datapath *dp = datapath_create(&config, &error);
    must(dp ? 0 : ENOMEM);
    must(line_ops_choose(version) ? 0 : EINVAL);
    must(datapath_port_add(dp, "p1", "null", &options, &p1, &error));
    must(datapath_port_add(dp, "p2", "null", &options, &p2, &error));
    must(null_port_template(&key, htonl(0x0a020300), template));
    if (output) {
        actions_put_output(&actions, 2);
    }
    put_flows(dp, &key, &actions);
    for (int i = 0; i < 100; i++) {
        datapath_poll(dp);
    }
    rx.new_connections = !signature;
    datapath_totals(dp, &before);
    uint64_t n_short = n_shortcuts(dp);
    counted(dp, N_BURSTS);
    datapath_totals(dp, &after);
    /* Was that the tier? */
    uint64_t n = N_BURSTS * BATCH_MAX, n_cached = after.n_cache_hit - before.n_cache_hit;
    must(after.n_hit - before.n_hit == n ? 0 : ERANGE);
    must(n_shortcuts(dp) - n_short == (rx.n_flows == 1 ? n : 0) ? 0 : ERANGE);
    must(signature ? n_cached == n ? 0 : ERANGE : n_cached < n / 50 ? 0 : ERANGE);
    actions_destroy(&actions);
    datapath_destroy(dp);
}

int main(int argc, char *argv[])
{
    const char *tier = argc >= 2 ? argv[1] : "";
    version = argc == 3 ? argv[2] : "generic";
    hash_fixed_basis(0x243f6a8885a308d3ULL);
    rcu_thread_start();
    if (!strcmp(tier, "--build")) {
#if defined __OPTIMIZE__ && defined __x86_64__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
        printf("gcc %d %d\n", __GNUC__, N_BURSTS * BATCH_MAX);
#else
        printf("other 0 0\n");
#endif
    } else if (!strcmp(tier, "parse")) {
        struct flow key;
        must(null_port_template(&key, htonl(0x0a020300), template));
        counted(NULL, N_BURSTS);
    } else if (!strcmp(tier, "signature")) {
        run(true, false);
    } else if (!strcmp(tier, "megaflow")) {
        run(false, false);
    } else if (!strcmp(tier, "output")) {
        run(true, true);
    } else if (!strcmp(tier, "shortcut")) {
        rx.n_flows = 1;
        run(true, true);
    } else {
        fprintf(stderr, "usage: instructions parse|signature|megaflow|output|shortcut|--build [VERSION]\n");
        return 1;
    }
    rcu_thread_end();
    return 0;
}
