/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a burst. */
#include "datapath/pipeline.h"

#include "datapath/execute.h"
#include "datapath/flow_table.h"
#include "datapath/output.h"
#include "datapath/port_qos.h"
#include "datapath/port_table.h"
#include "datapath/signature_cache.h"
#include "datapath/upcall.h"
#include "datapath/worker.h"
#include "lib/net/action.h"
#include "lib/net/parse.h"

/* A burst whose keys are in worker->keys. */
struct burst {
    unsigned int n;
    struct packet *packets[BATCH_MAX];
    const struct megaflow *flows[BATCH_MAX]; /* null for a miss */
    uint64_t hashes[BATCH_MAX];              /* signatures */
};

/* Does the packet's debt lie within the packet? What comes from a guest may say anything. */
static bool is_debt_valid(const struct packet *p)
{
    if (p->offload & PACKET_NEEDS_CSUM
        && (p->csum_start < ETH_HEADER_LEN
            || (uint32_t) p->csum_start + p->csum_offset + sizeof(be16) > p->head_len)) {
        return false;
    }
    switch (p->gso_type & ~PACKET_GSO_ECN) {
    case PACKET_GSO_NONE:
        return p->gso_type == PACKET_GSO_NONE;
    case PACKET_GSO_TCPV4:
    case PACKET_GSO_TCPV6:
    case PACKET_GSO_UDP_L4:
        return p->gso_size && p->offload & PACKET_NEEDS_CSUM;
    case PACKET_GSO_UDP:
        return p->gso_size;
    default:
        return false;
    }
}

/* Parses all; packets that cannot be switched are dropped. */
static void parse_all(struct worker *w, struct burst *b, struct packet *const *packets,
                      unsigned int n)
{
    b->n = 0;
    for (unsigned int i = 0; i < n; i++) {
        struct packet *p = packets[i];
        if (i + 2 < n) {
            __builtin_prefetch(packets[i + 2]->data);
            __builtin_prefetch(packets[i + 2]->data + CACHE_LINE_SIZE);
        }
        enum parse_result result = parse_packet(p, &w->keys[b->n]);
        if (unlikely(result != PARSE_OK)) {
            if (result == PARSE_TOO_SHORT) {
                frame_cache_drop(w->frames, p, DROP_PARSE_TOO_SHORT);
                continue;
            }
            worker_count(&w->counters.malformed, 1);
        }
        p->key_index = b->n;
        b->packets[b->n++] = p;
    }
}

/* Looks all packets up in the signature cache; returns the bitmap of those that were not found. */
static uint32_t look_up_signatures(struct worker *w, struct burst *b)
{
    const struct megaflow *slots = flow_table_slots(w->flows);
    struct tag_bucket *buckets[BATCH_MAX];
    uint32_t candidates[BATCH_MAX], missed = 0;
    for (unsigned int i = 0; i < b->n; i++) {
        b->hashes[i] = signature_cache_hash(&w->keys[i]);
        buckets[i] = signature_cache_bucket(w->signatures, b->hashes[i]);
        __builtin_prefetch(buckets[i]);
    }
    for (unsigned int i = 0; i < b->n; i++) {
        candidates[i] = signature_cache_find(buckets[i], b->hashes[i]);
        if (likely(candidates[i])) {
            uint32_t id = buckets[i]->ids[__builtin_ctz(candidates[i])];
            megaflow_prefetch(&slots[id]);
            __builtin_prefetch(&w->stats[id], 1);
        }
    }
    for (unsigned int i = 0; i < b->n; i++) {
        b->flows[i] = NULL;
        BATCH_FOR_EACH (way, candidates[i]) {
            const struct megaflow *flow = &slots[buckets[i]->ids[way]];
            if (likely(megaflow_matches(flow, &w->keys[i]))) {
                b->flows[i] = flow;
                signature_cache_hit(buckets[i], way);
                break;
            }
        }
        missed |= (uint32_t) !b->flows[i] << i;
    }
    return missed;
}

/* What comes from the underlay is most often for one and the same megaflow, which decapsulates it; and each inner connection would
 * need a place of its own in the signature cache for that. So that megaflow is tried first. True if all packets match it. */
static bool look_up_outer(struct worker *w, struct burst *b)
{
    const struct megaflow *flow = &flow_table_slots(w->flows)[w->pop_flow];
    for (unsigned int i = 0; i < b->n; i++) {
        const struct flow *key = &w->keys[i];
        if (!(key->lines & (1u << FLOW_LINE_L3)) || (key->nw_proto != NW_PROTO_UDP && key->nw_proto != NW_PROTO_GRE)
            || !megaflow_matches(flow, key)) {
            return false;
        }
        b->flows[i] = flow;
    }
    worker_count(&w->counters.n_mask_hit, b->n);
    worker_count(&w->counters.n_hit, b->n);
    return true;
}

/* Looks up in both tiers; returns the bitmap of the misses. */
static uint32_t look_up_all(struct worker *w, struct burst *b)
{
    struct worker_counters *c = &w->counters;
    if (w->pop_flow != DP_FLOW_NONE && look_up_outer(w, b)) {
        return 0;
    }
    uint32_t todo = look_up_signatures(w, b), missed = 0;
    unsigned int n_todo = __builtin_popcount(todo);
    worker_count(&c->n_signature_hit, b->n - n_todo);
    if (todo) {
        uint64_t n_tried = 0;
        missed = flow_table_lookup(w->flows, w->keys, todo, b->flows, w->index, &n_tried);
        worker_count(&c->n_mask_hit, n_tried);
        BATCH_FOR_EACH (i, todo & ~missed) {
            signature_cache_insert(w->signatures, b->hashes[i], b->flows[i]->id);
        }
    }
    unsigned int n_missed = __builtin_popcount(missed);
    worker_count(&c->n_hit, b->n - n_missed);
    worker_count(&c->n_missed, n_missed);
    return missed;
}

static void send_misses(struct worker *w, struct burst *b, uint32_t missed)
{
    BATCH_FOR_EACH (i, missed) {
        struct packet *p = b->packets[i];
        upcall_send(w, &(struct upcall_request) {
            .kind = DP_UPCALL_MISS, .key = &w->keys[i], .packet = p, .max_len = UINT32_MAX });
        frame_cache_put(w->frames, p);
    }
}

/* The packets of a burst sorted by flow: each group is a chain of packets in the order in which
 * they came. */
struct flow_groups {
    unsigned int n;
    struct flow_group {
        const struct megaflow *flow;
        uint8_t first, last;
    } groups[BATCH_MAX];
    uint8_t next[BATCH_MAX]; /* the next packet of the same group; not valid for the last one */
};

/* Looks for a packet's group where the last one with the same low bits of the id was put. Two flows
 * that share those bits by turns make more groups than needed, which is right, too. */
static void group_by_flow(const struct burst *b, uint32_t todo, struct flow_groups *gs)
{
    enum { N_SLOTS = 64, NO_GROUP = BATCH_MAX };
    uint8_t slots[N_SLOTS];
    memset(slots, NO_GROUP, sizeof slots);
    gs->n = 0;
    BATCH_FOR_EACH (i, todo) {
        uint8_t *slot = &slots[b->flows[i]->id % N_SLOTS];
        if (*slot != NO_GROUP && gs->groups[*slot].flow == b->flows[i]) {
            struct flow_group *g = &gs->groups[*slot];
            gs->next[g->last] = i;
            g->last = i;
        } else {
            *slot = gs->n;
            gs->groups[gs->n++] = (struct flow_group) { b->flows[i], i, i };
        }
    }
}

static void account(struct worker *w, const struct megaflow *flow, unsigned int n, uint64_t n_bytes,
                    uint32_t tcp_flags)
{
    struct stats_memory_entry *s = &w->stats[flow->id];
    worker_count(&s->packets, n);
    worker_count(&s->bytes, n_bytes);
    __atomic_store_n(&s->used_ms, w->now_ms, __ATOMIC_RELAXED);
    if (tcp_flags & ~s->tcp_flags) {
        __atomic_store_n(&s->tcp_flags, s->tcp_flags | tcp_flags, __ATOMIC_RELAXED);
    }
}

static uint32_t tcp_flags_of(const struct flow *key)
{
    return key->lines & (1u << FLOW_LINE_L3) ? ntohs(key->tcp_flags) : 0;
}

static bool is_pop(const struct flow_actions *actions)
{
    return actions->size == sizeof(struct action_tnl_pop)
           && ((const struct action *) (const void *) actions->data)->type == ACTION_TNL_POP;
}

static void execute_group(struct worker *w, const struct burst *b, const struct flow_groups *gs,
                          const struct flow_group *g)
{
    const struct flow_actions *actions = rcu_load(g->flow->actions);
    struct packet *packets[BATCH_MAX];
    unsigned int n = 0;
    uint64_t n_bytes = 0;
    uint32_t tcp_flags = 0;
    for (unsigned int i = g->first;; i = gs->next[i]) {
        packets[n++] = b->packets[i];
        n_bytes += packet_len(b->packets[i]);
        tcp_flags |= tcp_flags_of(&w->keys[i]);
        if (i == g->last) {
            break;
        }
    }
    account(w, g->flow, n, n_bytes, tcp_flags);
    if (is_pop(actions)) {
        w->pop_flow = g->flow->id;
    }
    execute_actions(w, packets, n, actions->data, actions->size);
}

/* Carries out the actions of all flows of the burst, each once for all of its packets. */
static void execute_all(struct worker *w, const struct burst *b, uint32_t todo)
{
    struct flow_groups gs;
    group_by_flow(b, todo, &gs);
    for (unsigned int i = 0; i < gs.n; i++) {
        execute_group(w, b, &gs, &gs.groups[i]);
    }
}

static void forward(struct worker *w, struct packet *const *packets, unsigned int n)
{
    struct burst b;
    parse_all(w, &b, packets, n);
    if (b.n) {
        uint32_t all = b.n < 32 ? (1u << b.n) - 1 : UINT32_MAX;
        uint32_t missed = look_up_all(w, &b);
        if (unlikely(missed)) {
            send_misses(w, &b, missed);
        }
        execute_all(w, &b, all & ~missed);
    }
}

/* What is parsed again may have its headers further behind: they must be in the head. */
static void own_tails(struct worker *w, struct packet **packets, unsigned int *n)
{
    unsigned int n_left = 0;
    for (unsigned int i = 0; i < *n; i++) {
        struct packet *p = packets[i];
        if (frame_cache_has_borrowed_tail(w->frames, p)) {
            p = frame_cache_make_private(w->frames, p);
            if (p && !frame_cache_own_tail(w->frames, p)) {
                frame_cache_drop(w->frames, p, DROP_NO_BUFFER);
                p = NULL;
            }
        }
        if (p) {
            packets[n_left++] = p;
        }
    }
    *n = n_left;
}

/* Forwards what asked for another lookup, round by round. */
static void recirculate(struct worker *w)
{
    for (unsigned int round = 0; w->recircs->n; round++) {
        struct recirc_queue *queue = w->recircs;
        w->recircs = queue == &w->recirc_queues[0] ? &w->recirc_queues[1] : &w->recirc_queues[0];
        for (unsigned int i = 0; i < queue->n; i += BATCH_MAX) {
            unsigned int n = MIN(queue->n - i, BATCH_MAX);
            own_tails(w, &queue->packets[i], &n);
            if (round < WORKER_MAX_RECIRCS) {
                forward(w, &queue->packets[i], n);
                continue;
            }
            for (unsigned int j = 0; j < n; j++) {
                frame_cache_drop(w->frames, queue->packets[i + j], DROP_RECIRC_LIMIT);
            }
        }
        queue->n = 0;
    }
}

void pipeline_flush(struct worker *w)
{
    upcall_flush(w);
    output_flush(w);
}

/* Drops what exceeds the port's limits; returns how many packets are left. */
static unsigned int police(struct worker *w, const struct port_entry *entry, struct packet **packets, unsigned int n)
{
    struct port_qos *qos = rcu_load(entry->qos);
    uint32_t exceeding = unlikely(qos) ? port_qos_receive(qos, w->now_ns, packets, n) : 0;
    if (likely(!exceeding)) {
        return n;
    }
    unsigned int n_left = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (exceeding & 1u << i) {
            frame_cache_drop(w->frames, packets[i], DROP_INGRESS_POLICING);
        } else {
            packets[n_left++] = packets[i];
        }
    }
    worker_count(&entry->port.counters[w->index].rx_dropped, n - n_left);
    return n_left;
}

void pipeline_receive(struct worker *w, const struct port_entry *entry, struct batch *batch)
{
    struct port_counters *counters = &entry->port.counters[w->index];
    uint64_t n_bytes = 0;
    unsigned int n = 0;
    for (unsigned int i = 0; i < batch->n; i++) {
        struct packet *p = batch->packets[i];
        p->in_port = entry->port.no;
        n_bytes += packet_len(p);
        if (likely(is_debt_valid(p))) {
            batch->packets[n++] = p;
        } else {
            frame_cache_drop(w->frames, p, DROP_BAD_OFFLOAD);
            worker_count(&counters->rx_dropped, 1);
        }
    }
    worker_count(&counters->rx_packets, batch->n);
    worker_count(&counters->rx_bytes, n_bytes);
    worker_count(&w->counters.n_received, batch->n);
    n = police(w, entry, batch->packets, n);
    forward(w, batch->packets, n);
    batch->n = 0;
    recirculate(w);
    pipeline_flush(w);
}

void pipeline_execute(struct worker *w, struct packet *p, const void *actions, size_t size)
{
    if (!is_debt_valid(p)) {
        frame_cache_drop(w->frames, p, DROP_BAD_OFFLOAD);
    } else if (parse_packet(p, &w->keys[0]) == PARSE_TOO_SHORT) {
        frame_cache_drop(w->frames, p, DROP_PARSE_TOO_SHORT);
    } else {
        p->key_index = 0;
        execute_actions(w, &p, 1, actions, size);
        recirculate(w);
    }
}
