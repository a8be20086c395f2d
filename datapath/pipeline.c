/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a burst. */
#include "datapath/pipeline.h"

#include "datapath/cycles.h"
#include "datapath/execute.h"
#include "datapath/execute_tunnel.h"
#include "datapath/flow_table.h"
#include "datapath/output.h"
#include "datapath/port_qos.h"
#include "datapath/port_table.h"
#include "datapath/shortcut.h"
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
    uint8_t origins[BATCH_MAX];              /* places in what the burst was taken from */
};

static uint32_t all_of(unsigned int n)
{
    return n < 32 ? (1u << n) - 1 : UINT32_MAX;
}

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

/* Parses those of 'packets' that are in the bitmap 'todo'; packets that cannot be switched are dropped. */
static void parse_all(struct worker *w, struct burst *b, struct packet *const *packets,
                      uint32_t todo)
{
    unsigned int end = todo ? 32 - __builtin_clz(todo) : 0;
    b->n = 0;
    BATCH_FOR_EACH (i, todo) {
        struct packet *p = packets[i];
        if (i + 2 < end) {
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
        b->origins[b->n] = i;
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

/* Looks up in both tiers; returns the bitmap of the misses. */
static uint32_t look_up_all(struct worker *w, struct burst *b)
{
    struct worker_counters *c = &w->counters;
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
    uint64_t start = cycles_now();
    BATCH_FOR_EACH (i, missed) {
        struct packet *p = b->packets[i];
        upcall_send(w, &(struct upcall_request) {
            .kind = DP_UPCALL_MISS, .key = &w->keys[i], .packet = p, .max_len = UINT32_MAX });
        frame_cache_put(w->frames, p);
    }
    worker_count(&w->counters.upcall_cycles, cycles_now() - start);
}

/* The packets of a burst sorted by flow: each group is a chain of packets in the order in which
 * they came. */
struct flow_groups {
    unsigned int n;
    struct flow_group {
        const struct megaflow *flow;
        uint8_t first, last, n;
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
            g->n++;
        } else {
            *slot = gs->n;
            gs->groups[gs->n++] = (struct flow_group) { b->flows[i], i, i, 1 };
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

/* Counts the packets of a group; returns their number, and them in 'packets'. */
static unsigned int gather(struct worker *w, const struct burst *b, const struct flow_groups *gs,
                           const struct flow_group *g, struct packet **packets)
{
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
    return n;
}

static void execute_group(struct worker *w, const struct burst *b, const struct flow_groups *gs,
                          const struct flow_group *g)
{
    const struct flow_actions *actions = rcu_load(g->flow->actions);
    struct packet *packets[BATCH_MAX];
    unsigned int n = gather(w, b, gs, g, packets);
    execute_actions(w, packets, n, actions->data, actions->size);
}

/* Parses, looks up, sends up what was not found, and groups the rest by flow. */
static void look_up_and_group(struct worker *w, struct burst *b, struct packet *const *packets, uint32_t todo,
                              struct flow_groups *gs)
{
    parse_all(w, b, packets, todo);
    uint32_t missed = b->n ? look_up_all(w, b) : 0;
    if (unlikely(missed)) {
        send_misses(w, b, missed);
    }
    group_by_flow(b, all_of(b->n) & ~missed, gs);
}

/* Forwards packets that no shortcut was looked for. */
static void forward(struct worker *w, struct packet *const *packets, unsigned int n)
{
    struct burst b;
    struct flow_groups gs;
    look_up_and_group(w, &b, packets, all_of(n), &gs);
    for (unsigned int i = 0; i < gs.n; i++) {
        execute_group(w, &b, &gs, &gs.groups[i]);
    }
}

/* Learns the flows of a good part of the burst, which is of one port. */
static void learn(struct worker *w, const struct burst *b, const struct flow_groups *gs)
{
    enum { MIN_PACKETS = 4 };
    for (unsigned int i = 0; i < gs->n; i++) {
        const struct flow_group *g = &gs->groups[i];
        if (g->n >= MIN_PACKETS && g->n * SHORTCUT_WAYS >= b->n) {
            const struct flow *key = &w->keys[g->first];
            shortcuts_learn(w->shortcuts, key->in_port, g->flow, b->packets[g->first], key);
        }
    }
}

/* Packets that came out of tunnels by shortcuts: for each tunnel port those from ... on. */
struct popped {
    unsigned int n_ports, n;
    struct {
        uint32_t port;
        unsigned int start, n;
    } of[SHORTCUT_WAYS];
    struct packet *packets[BATCH_MAX];
};

static void pop(struct worker *w, const struct wire_place *at, struct packet *const *packets, unsigned int n,
                const struct flow_actions *actions, struct popped *popped)
{
    const struct action_tnl_pop *action = (const struct action_tnl_pop *) (const void *) actions->data;
    n = execute_tunnel_pop_plain(w, at, packets, n, action, &popped->packets[popped->n]);
    popped->of[popped->n_ports].port = action->port;
    popped->of[popped->n_ports].start = popped->n;
    popped->of[popped->n_ports++].n = n;
    popped->n += n;
}

/* A burst of packets that were received or decapsulated on one port. All packets of one flow are carried out together, in the order in which they
 * came, whether they took a shortcut or not. */
struct fresh {
    struct packet *const *packets;
    unsigned int n;
    unsigned int n_keys; /* of worker->keys that are in use */
    unsigned int n_runs;
    struct run {
        const struct megaflow *flow;
        const struct flow_actions *actions;
        enum shortcut_kind kind;
        bool placed;      /* the packets' offsets are set; else all packets are built as 'place' says */
        uint32_t packets; /* bitmap */
        struct wire_place place;
    } runs[SHORTCUT_WAYS];
};

static struct run *find_run(struct fresh *f, const struct megaflow *flow)
{
    for (unsigned int i = 0; i < f->n_runs; i++) {
        if (f->runs[i].flow == flow) {
            return &f->runs[i];
        }
    }
    return NULL;
}

/* Sets the packets' offsets, and their sum of bytes. */
static void place_all(const struct fresh *f, const struct wire_place *at, uint32_t packets, uint64_t *n_bytes)
{
    BATCH_FOR_EACH (i, packets) {
        struct packet *p = f->packets[i];
        wire_match_place(at, p);
        p->key_index = PACKET_NO_KEY;
        *n_bytes += packet_len(p);
    }
}

static void place_run(const struct fresh *f, struct run *run)
{
    uint64_t ignored = 0;
    if (!run->placed) {
        run->placed = true;
        place_all(f, &run->place, run->packets, &ignored);
    }
}

static void account_hit(struct worker *w, const struct fresh *f, const struct shortcut_hit *hit, uint64_t n_bytes)
{
    unsigned int n = __builtin_popcount(hit->packets);
    uint32_t tcp_flags = 0;
    if (hit->match->place.headers.proto == NW_PROTO_TCP) {
        BATCH_FOR_EACH (i, hit->packets) {
            tcp_flags |= wire_match_tcp_flags(&hit->match->place, f->packets[i]);
        }
    }
    account(w, hit->flow, n, n_bytes, tcp_flags);
    worker_count(&w->counters.n_hit, n);
    worker_count(&w->counters.n_shortcut_hit, n);
}

/* The packets' sum of bytes; false if some may be bundles of datagrams, of which several packets come out. */
static bool are_single(const struct fresh *f, uint32_t packets, uint64_t *n_bytes)
{
    uint32_t gso_types = 0;
    *n_bytes = 0;
    BATCH_FOR_EACH (i, packets) {
        *n_bytes += packet_len(f->packets[i]);
        gso_types |= 1u << (f->packets[i]->gso_type & ~PACKET_GSO_ECN);
    }
    return !(gso_types & 1u << PACKET_GSO_UDP_L4);
}

/* Decapsulation does without the offsets, if all packets are built alike, and one comes out of each. */
static void add_hit(struct worker *w, struct fresh *f, const struct shortcut_hit *hit)
{
    struct run *run = find_run(f, hit->flow);
    uint64_t n_bytes = 0;
    bool placed = hit->kind != SHORTCUT_POP || run || !are_single(f, hit->packets, &n_bytes);
    if (placed) {
        n_bytes = 0;
        place_all(f, &hit->match->place, hit->packets, &n_bytes);
    }
    account_hit(w, f, hit, n_bytes);
    if (unlikely(run)) {
        place_run(f, run);
        run->packets |= hit->packets;
        return;
    }
    run = &f->runs[f->n_runs++];
    run->flow = hit->flow;
    run->actions = hit->actions;
    run->kind = hit->kind;
    run->placed = placed;
    run->packets = hit->packets;
    run->place = hit->match->place;
}

/* Does with the packets of a run what their flow says. */
static void execute_run(struct worker *w, struct fresh *f, struct run *run, struct popped *popped)
{
    struct packet *some[BATCH_MAX];
    struct packet *const *packets = f->packets;
    unsigned int n = f->n;
    if (run->packets != all_of(n)) {
        n = 0;
        BATCH_FOR_EACH (i, run->packets) {
            some[n++] = f->packets[i];
        }
        packets = some;
    }
    if (!run->placed && popped) {
        pop(w, &run->place, packets, n, run->actions, popped);
        return;
    }
    place_run(f, run);
    for (unsigned int i = 0; run->kind == SHORTCUT_KEYED && i < n; i++) {
        if (packets[i]->key_index == PACKET_NO_KEY) {
            /* The parser finds nothing wrong, or there had been no shortcut. */
            (void) parse_packet(packets[i], &w->keys[f->n_keys]);
            packets[i]->key_index = f->n_keys++;
        }
    }
    execute_actions(w, packets, n, run->actions->data, run->actions->size);
}

/* Forwards packets of a fresh burst for which there is no shortcut, but those of flows that others took one to: these join them. */
static void forward_rest(struct worker *w, struct fresh *f, uint32_t in_port, uint32_t rest)
{
    struct burst b;
    struct flow_groups gs;
    struct packet *packets[BATCH_MAX];
    look_up_and_group(w, &b, f->packets, rest, &gs);
    f->n_keys = b.n;
    if (unlikely(shortcuts_wants(w->shortcuts, in_port))) {
        learn(w, &b, &gs);
    }
    for (unsigned int i = 0; i < gs.n; i++) {
        struct flow_group *g = &gs.groups[i];
        struct run *run = find_run(f, g->flow);
        if (likely(!run)) {
            execute_group(w, &b, &gs, g);
            continue;
        }
        place_run(f, run);
        gather(w, &b, &gs, g, packets);
        for (unsigned int j = g->first;; j = gs.next[j]) {
            run->packets |= 1u << b.origins[j];
            if (j == g->last) {
                break;
            }
        }
    }
}

/* Forwards packets that were received or decapsulated on a port, at most BATCH_MAX: along shortcuts, and the rest the long way. 'popped': where
 * decapsulated ones go; null: to the recirculation queue. */
static void forward_fresh(struct worker *w, uint32_t in_port, struct packet *const *packets, unsigned int n,
                          struct popped *popped)
{
    struct shortcut_hit hits[SHORTCUT_WAYS];
    struct fresh f;
    uint32_t rest = all_of(n);
    f.packets = packets;
    f.n = n;
    f.n_keys = f.n_runs = 0;
    unsigned int n_hits = shortcuts_find(w->shortcuts, flow_table_slots(w->flows), in_port, packets, n, hits);
    for (unsigned int i = 0; i < n_hits; i++) {
        rest &= ~hits[i].packets;
        add_hit(w, &f, &hits[i]);
    }
    if (rest) {
        forward_rest(w, &f, in_port, rest);
    }
    for (unsigned int i = 0; i < f.n_runs; i++) {
        execute_run(w, &f, &f.runs[i], popped);
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

static void forward_popped(struct worker *w, struct popped *popped)
{
    for (unsigned int i = 0; i < popped->n_ports; i++) {
        if (popped->of[i].n) {
            forward_fresh(w, popped->of[i].port, &popped->packets[popped->of[i].start], popped->of[i].n, NULL);
        }
    }
    popped->n_ports = 0;
}

/* Forwards what asked for another lookup, round by round. */
static void recirculate(struct worker *w, struct popped *popped)
{
    for (unsigned int round = 0; w->recircs->n || popped->n_ports; round++) {
        struct recirc_queue *queue = w->recircs;
        w->recircs = queue == &w->recirc_queues[0] ? &w->recirc_queues[1] : &w->recirc_queues[0];
        forward_popped(w, popped);
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

static void flush(struct worker *w)
{
    upcall_flush(w);
    output_flush(w);
}

void pipeline_settle(struct worker *w)
{
    output_settle(w);
}

void pipeline_flush(struct worker *w)
{
    flush(w);
    output_settle(w);
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

/* Drops what owes what it cannot owe; returns how many packets are left. */
static unsigned int check_debts(struct worker *w, struct port_counters *counters, struct packet **packets, unsigned int n)
{
    unsigned int n_left = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (is_debt_valid(packets[i])) {
            packets[n_left++] = packets[i];
        } else {
            frame_cache_drop(w->frames, packets[i], DROP_BAD_OFFLOAD);
            worker_count(&counters->rx_dropped, 1);
        }
    }
    return n_left;
}

void pipeline_receive(struct worker *w, const struct port_entry *entry, struct batch *batch)
{
    struct port_counters *counters = &entry->port.counters[w->index];
    const uint32_t in_port = entry->port.no;
    uint64_t n_bytes = 0;
    unsigned int debts = 0, n = batch->n;
    for (unsigned int i = 0; i < n; i++) {
        struct packet *p = batch->packets[i];
        p->in_port = in_port;
        n_bytes += packet_len(p);
        debts |= p->offload | p->gso_type;
    }
    worker_count(&counters->rx_packets, n);
    worker_count(&counters->rx_bytes, n_bytes);
    worker_count(&w->counters.n_received, n);
    if (unlikely(debts)) {
        n = check_debts(w, counters, batch->packets, n);
    }
    n = police(w, entry, batch->packets, n);
    struct popped popped;
    popped.n_ports = popped.n = 0;
    if (n) {
        forward_fresh(w, entry->port.no, batch->packets, n, &popped);
    }
    batch->n = 0;
    recirculate(w, &popped);
    flush(w);
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
        recirculate(w, &(struct popped) { .n_ports = 0 });
    }
}
