/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath as a whole: what there is, in which order it comes and goes, and flows and packets
 * on request. Ports, threads and upcall rings are in datapath_ports.c, datapath_threads.c and
 * datapath_upcalls.c. */
#include "datapath/datapath.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/cycles.h"
#include "datapath/datapath_private.h"
#include "datapath/flow_table.h"
#include "datapath/forwarder.h"
#include "datapath/meter_table.h"
#include "datapath/reassembly.h"
#include "datapath/pipeline.h"
#include "datapath/select_table.h"
#include "datapath/signature_cache.h"
#include "lib/base/mem.h"
#include "lib/net/action.h"
#include "lib/net/tunnel.h"

enum { FRAMES_PER_TAIL = 16, MIN_TAILS_PER_THREAD = 64 };

/* Creation. */

static void reset_stats(void *dp_, uint32_t id)
{
    struct datapath *dp = dp_;
    stats_memory_reset(&dp->stats, id);
}

struct worker *datapath_worker_create(struct datapath *dp, unsigned int index)
{
    bool is_main = index == DATAPATH_MAX_THREADS;
    const struct worker_config config = {
        .index = index,
        .flows = dp->flows,
        .ports = &dp->ports,
        .meters = dp->meters,
        .fragments = dp->fragments,
        .stats = stats_memory_use_row(&dp->stats, is_main ? 0 : index + 1),
        .arena = dp->arena,
        .signatures = is_main && !dp->config.manual ? SIGNATURE_CACHE_MIN_BUCKETS
                                                    : SIGNATURE_CACHE_MAX_BUCKETS,
    };
    struct worker *w = worker_create(&config);
    assert(w); /* the arena serves as many as there are indexes */
    return w;
}

/* That forwarding threads may be given. */
static unsigned int count_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_CONF);
    return n < 1 ? 1 : MIN(n, DATAPATH_MAX_THREADS);
}

struct datapath *datapath_create(const struct datapath_config *config, char **errorp)
{
    unsigned int n_threads = config->manual ? 0 : config->n_threads;
    uint32_t n_tails =
        MAX(config->n_frames / FRAMES_PER_TAIL, MIN_TAILS_PER_THREAD * (n_threads + 1));
    *errorp = NULL;
    if (n_threads > DATAPATH_MAX_THREADS || (!config->manual && !n_threads) || !config->max_flows) {
        *errorp = xasprintf("%u threads and %u flows: must be 1 to %d threads, and some flows",
                            n_threads, config->max_flows, DATAPATH_MAX_THREADS);
        return NULL;
    }
    line_ops_init();
    struct datapath *dp = xzalloc_cacheline(sizeof *dp);
    dp->config = *config;
    dp->max_threads = config->manual ? 0 : MAX(n_threads, count_processors());
    dp->max_sleep_us = FORWARDER_SLEEP_FOREVER;
    dp->rules = (struct rx_assign_rules) { .policy = RX_POLICY_CYCLES, .isolate = true };
    dp->interval_start = cycles_now();
    dp->arena = arena_create(config->n_frames, n_tails, DATAPATH_MAX_THREADS + 1, errorp);
    if (!dp->arena) {
        free(dp);
        return NULL;
    }
    for (unsigned int i = 0; i <= DATAPATH_MAX_THREADS; i++) {
        dp->cleared_at[i] = cycles_now();
    }
    int error = stats_memory_create(&dp->stats, DATAPATH_MAX_THREADS + 1, config->max_flows);
    if (error) {
        *errorp = xasprintf("no shared memory for the statistics of %u flows: %s",
                            config->max_flows, strerror(error));
        arena_destroy(dp->arena);
        free(dp);
        return NULL;
    }
    dp->flows = flow_table_create(config->max_flows, reset_stats, dp);
    dp->meters = meter_table_create();
    dp->fragments = reassembly_create();
    port_table_init(&dp->ports);
    dp->main_worker = datapath_worker_create(dp, DATAPATH_MAX_THREADS);
    error = datapath_threads_start(dp, n_threads);
    if (error) {
        *errorp = xasprintf("cannot start %u forwarding threads: %s", n_threads, strerror(error));
        datapath_destroy(dp);
        return NULL;
    }
    return dp;
}

void datapath_destroy(struct datapath *dp)
{
    if (dp) {
        struct port *port;
        for (uint32_t cursor = 0; (port = datapath_port_next(dp, &cursor));) {
            int error = datapath_port_del(dp, port->no);
            assert(!error);
        }
        datapath_upcalls_close(dp);
        datapath_threads_stop(dp);
        worker_destroy(dp->main_worker);
        flow_table_destroy(dp->flows);
        meter_table_destroy(dp->meters);
        reassembly_destroy(dp->fragments);
        port_table_destroy(&dp->ports);
        stats_memory_destroy(&dp->stats);
        arena_destroy(dp->arena);
        free(dp);
    }
}

/* Flows. */

static void get_stats(const struct datapath *dp, uint32_t id, struct dp_flow_stats *stats)
{
    struct stats_memory_entry sum;
    stats_memory_sum(&dp->stats, id, &sum);
    *stats = (struct dp_flow_stats) { sum.packets, sum.bytes, sum.used_ms, sum.tcp_flags };
}

static void put_flow(struct datapath *dp, struct dp_op *op)
{
    uint32_t id = flow_table_find(dp->flows, &op->ufid);
    if (id != DP_FLOW_NONE) {
        get_stats(dp, id, &op->stats);
    }
    op->error = flow_table_put(dp->flows, id, op);
}

static void delete_flow(struct datapath *dp, struct dp_op *op)
{
    uint32_t id;
    op->error = flow_table_remove(dp->flows, &op->ufid, &id);
    if (!op->error) {
        get_stats(dp, id, &op->stats);
    }
}

void datapath_flow_flush(struct datapath *dp)
{
    flow_table_flush(dp->flows);
    flow_table_reclaim(dp->flows);
}

static void get_flow(const struct datapath *dp, uint32_t id, struct dp_flow *flow, struct flow *key,
                     struct flow *mask)
{
    flow_table_get(dp->flows, id, flow, key, mask);
    get_stats(dp, id, &flow->stats);
}

uint32_t datapath_flow_dump(struct datapath *dp, uint32_t cursor,
                            bool (*cb)(void *aux, const struct dp_flow *), void *aux)
{
    while ((cursor = flow_table_next(dp->flows, cursor)) != DP_FLOW_NONE) {
        struct dp_flow flow;
        get_flow(dp, cursor, &flow, &dp->dump_key, &dp->dump_mask);
        cursor++;
        if (!cb(aux, &flow)) {
            break;
        }
    }
    return cursor;
}

bool datapath_flow_get(struct datapath *dp, const struct uuid *ufid, struct dp_flow *flow)
{
    uint32_t id = flow_table_find(dp->flows, ufid);
    if (id != DP_FLOW_NONE) {
        get_flow(dp, id, flow, &dp->dump_key, &dp->dump_mask);
    }
    return id != DP_FLOW_NONE;
}

/* Packets. */

/* A packet of the arena with the bytes and metadata of 'op'; null when there is no memory, which is
 * counted. */
static struct packet *make_packet(struct datapath *dp, const struct dp_op *op)
{
    struct frame_cache *frames = dp->main_worker->frames;
    struct packet *p = frame_cache_get(frames);
    uint8_t *tail = NULL;
    if (p && op->packet_len > PACKET_HEAD_SIZE) {
        tail = frame_cache_get_tail(frames);
    }
    if (!p || (op->packet_len > PACKET_HEAD_SIZE && !tail)) {
        frame_cache_count_drops(frames, DROP_NO_BUFFER, 1);
        if (p) {
            frame_cache_put(frames, p);
        }
        return NULL;
    }
    p->head_len = MIN(op->packet_len, PACKET_HEAD_SIZE);
    p->tail = tail;
    p->tail_len = op->packet_len - p->head_len;
    if (p->head_len) {
        memcpy(p->data, op->packet, p->head_len);
    }
    if (tail) {
        memcpy(tail, (const uint8_t *) op->packet + p->head_len, p->tail_len);
    }
    p->in_port = op->key->in_port;
    p->recirc_id = op->key->recirc_id;
    p->skb_priority = op->key->skb_priority;
    p->pkt_mark = op->key->pkt_mark;
    p->dp_hash = op->key->dp_hash;
    if (op->key->lines & (1u << FLOW_LINE_TUNNEL)) {
        p->tunnel = frame_cache_tunnel(frames, p);
        packet_tunnel_from_flow(p->tunnel, op->key);
    }
    if (op->offload) {
        p->offload = op->offload->offload & (PACKET_NEEDS_CSUM | PACKET_CSUM_VALID);
        p->gso_type = op->offload->gso_type;
        p->gso_size = op->offload->gso_size;
        p->frag_mtu = p->gso_type == PACKET_GSO_NONE ? p->gso_size : 0;
        p->hdr_len = op->offload->hdr_len;
        p->csum_start = op->offload->csum_start;
        p->csum_offset = op->offload->csum_offset;
    }
    return p;
}

static int execute(struct datapath *dp, const struct dp_op *op)
{
    if (op->packet_len > PACKET_MAX_SIZE || !op->key || !(op->key->lines & (1u << FLOW_LINE_L2))
        || actions_validate(op->actions, op->actions_size)) {
        return EINVAL;
    }
    uint32_t n_selects;
    int error = select_tables_check(flow_table_selects(dp->flows), op->actions, op->actions_size,
                                    &n_selects);
    if (error) {
        return error;
    }
    struct packet *p = make_packet(dp, op);
    if (!p) {
        return ENOBUFS;
    }
    if (!dp->executed) {
        worker_tick(dp->main_worker);
        dp->executed = true;
    }
    pipeline_execute(dp->main_worker, p, op->actions, op->actions_size);
    return 0;
}

void datapath_operate_expect(const struct datapath *dp, const struct dp_op *op, unsigned int n)
{
    if (op->type == DP_OP_FLOW_PUT && op->flags & DP_PUT_CREATE) {
        uint32_t id = flow_table_expect(dp->flows, op, n);
        if (id != DP_FLOW_NONE) {
            stats_memory_prefetch(&dp->stats, id);
        }
    }
}

void datapath_operate_next(struct datapath *dp, struct dp_op *op)
{
    switch (op->type) {
    case DP_OP_FLOW_PUT:
        put_flow(dp, op);
        if (op->packet) {
            (void) execute(dp, op);
        }
        break;
    case DP_OP_FLOW_DEL:
        delete_flow(dp, op);
        break;
    case DP_OP_EXECUTE:
        op->error = execute(dp, op);
        break;
    default:
        op->error = EINVAL;
    }
}

void datapath_operate_end(struct datapath *dp)
{
    pipeline_flush(dp->main_worker);
    dp->executed = false;
    flow_table_reclaim(dp->flows);
}

void datapath_operate(struct datapath *dp, struct dp_op *op)
{
    datapath_operate_next(dp, op);
    datapath_operate_end(dp);
}

struct select_tables *datapath_selects(struct datapath *dp)
{
    return flow_table_selects(dp->flows);
}

struct meter_table *datapath_meters(struct datapath *dp)
{
    return dp->meters;
}

/* Figures. */

void datapath_add_counters(struct worker_counters *sum, const struct worker_counters *c)
{
    sum->n_hit += __atomic_load_n(&c->n_hit, __ATOMIC_RELAXED);
    sum->n_missed += __atomic_load_n(&c->n_missed, __ATOMIC_RELAXED);
    sum->n_lost += __atomic_load_n(&c->n_lost, __ATOMIC_RELAXED);
    sum->n_shortcut_hit += __atomic_load_n(&c->n_shortcut_hit, __ATOMIC_RELAXED);
    sum->n_signature_hit += __atomic_load_n(&c->n_signature_hit, __ATOMIC_RELAXED);
    sum->n_mask_hit += __atomic_load_n(&c->n_mask_hit, __ATOMIC_RELAXED);
    sum->malformed += __atomic_load_n(&c->malformed, __ATOMIC_RELAXED);
    sum->n_received += __atomic_load_n(&c->n_received, __ATOMIC_RELAXED);
    sum->n_sent += __atomic_load_n(&c->n_sent, __ATOMIC_RELAXED);
    sum->n_sent_batches += __atomic_load_n(&c->n_sent_batches, __ATOMIC_RELAXED);
    for (unsigned int i = 0; i < DROP_N_REASONS; i++) {
        sum->drops[i] += __atomic_load_n(&c->drops[i], __ATOMIC_RELAXED);
    }
}

void datapath_totals(struct datapath *dp, struct dp_totals *totals)
{
    struct worker_counters sum = dp->retired;
    datapath_add_counters(&sum, &dp->main_worker->counters);
    for (unsigned int i = 0; i < dp->n_threads; i++) {
        datapath_add_counters(&sum, &dp->workers[i]->counters);
    }
    *totals = (struct dp_totals) {
        .n_hit = sum.n_hit,
        .n_missed = sum.n_missed,
        .n_lost = sum.n_lost,
        .n_cache_hit = sum.n_shortcut_hit + sum.n_signature_hit,
        .n_mask_hit = sum.n_mask_hit,
        .n_flows = flow_table_n_flows(dp->flows),
        .n_masks = flow_table_n_subtables(dp->flows),
        .n_ports = dp->ports.n,
        .malformed = sum.malformed,
        .n_frames = arena_n_frames(dp->arena),
        .n_frames_free = arena_n_frames_free(dp->arena),
    };
    memcpy(totals->drops, sum.drops, sizeof sum.drops);
}

uint32_t datapath_n_tails_in_use(const struct datapath *dp)
{
    return arena_n_tails(dp->arena) - arena_n_tails_free(dp->arena);
}

bool datapath_has_huge_pages(const struct datapath *dp)
{
    return arena_has_huge_pages(dp->arena);
}

int datapath_stats_memfd(const struct datapath *dp)
{
    return dp->stats.fd;
}

void datapath_run(struct datapath *dp)
{
    datapath_queues_measure(dp);
    flow_table_rank(dp->flows);
    flow_table_reclaim(dp->flows);
}
