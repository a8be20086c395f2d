/* SPDX-License-Identifier: Apache-2.0 */
/* The megaflow table: slots, ids and ufids. What a lookup walks through is in port_class.c and
 * subtable.c. */
#include "datapath/flow_table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "datapath/reclaim.h"
#include "datapath/select_table.h"
#include "lib/base/id_map.h"
#include "lib/base/mem.h"
#include "lib/net/action.h"

/* What only the main thread wants to know of a flow. */
struct flow_info {
    struct uuid ufid;
    struct subtable *subtable;
    uint32_t hash;         /* of the ufid */
    uint32_t in_port : 30; /* index of its class */
    uint32_t in_use : 1;
    uint32_t exact : 1;    /* was narrowed */
};
static_assert(sizeof(struct flow_info) == 32, "two to a cache line");

enum { N_UFID_MAPS = 64 };

/* Everything that is indexed by id or port is one mapping of address space, whose pages exist once
 * they are used. */
struct flow_table {
    struct flow_store store;
    struct flow_info *infos;     /* by id */
    uint32_t *free_ids;          /* a stack of ids that were used */
    uint32_t n_free_ids, n_ids;  /* in the stack; ids used so far */
    uint32_t max_flows, n_flows;
    struct id_map by_ufid[N_UFID_MAPS]; /* ids; many, so that one that grows does not hold up everything */
    struct port_class *
        *classes; /* main: rw; forwarding: ro; RCU; by port number, the last for all others */
    uint32_t *class_ports;       /* the ports that have one; main thread, as all above */
    uint32_t n_classes;
    void (*reset)(void *aux, uint32_t id);
    void *reset_aux;
    struct select_tables *selects;
    uint32_t n_selects; /* that the actions being put name */
};

enum { N_CLASSES = DP_MAX_PORTS + 1 };

static void *map(size_t n, size_t size)
{
    void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        abort();
    }
    return p;
}

struct flow_table *flow_table_create(uint32_t max_flows, void (*reset)(void *aux, uint32_t id),
                                     void *aux)
{
    struct flow_table *t = xzalloc(sizeof *t);
    t->store.slots = map(max_flows, sizeof *t->store.slots);
    madvise(t->store.slots, max_flows * sizeof *t->store.slots, MADV_HUGEPAGE);
    t->store.hashes = map(max_flows, sizeof *t->store.hashes);
    line_masks_init(&t->store.masks);
    t->store.reclaim = reclaim_create();
    t->selects = select_tables_create(t->store.reclaim);
    t->infos = map(max_flows, sizeof *t->infos);
    t->free_ids = map(max_flows, sizeof *t->free_ids);
    t->max_flows = max_flows;
    for (unsigned int i = 0; i < N_UFID_MAPS; i++) {
        id_map_init(&t->by_ufid[i]);
    }
    t->classes = map(N_CLASSES, sizeof *t->classes);
    t->class_ports = map(N_CLASSES, sizeof *t->class_ports);
    t->reset = reset;
    t->reset_aux = aux;
    return t;
}

void flow_table_destroy(struct flow_table *t)
{
    if (!t) {
        return;
    }
    flow_table_flush(t);
    reclaim_destroy(t->store.reclaim);
    select_tables_destroy(t->selects);
    for (uint32_t i = 0; i < t->n_classes; i++) {
        port_class_free(t->classes[t->class_ports[i]]);
    }
    line_masks_destroy(&t->store.masks);
    for (unsigned int i = 0; i < N_UFID_MAPS; i++) {
        id_map_destroy(&t->by_ufid[i]);
    }
    munmap(t->store.slots, t->max_flows * sizeof *t->store.slots);
    munmap(t->store.hashes, t->max_flows * sizeof *t->store.hashes);
    munmap(t->infos, t->max_flows * sizeof *t->infos);
    munmap(t->free_ids, t->max_flows * sizeof *t->free_ids);
    munmap(t->classes, N_CLASSES * sizeof *t->classes);
    munmap(t->class_ports, N_CLASSES * sizeof *t->class_ports);
    free(t);
}

/* By bits of the hash that the maps themselves do not go by. */
enum { UFID_MAP_SHARE = (1ull << 32) / N_UFID_MAPS };

static struct id_map *ufid_map(struct flow_table *t, uint32_t hash)
{
    return &t->by_ufid[hash / UFID_MAP_SHARE];
}

static uint32_t class_index(uint32_t in_port)
{
    return MIN(in_port, DP_MAX_PORTS);
}

static struct port_class *get_class(struct flow_table *t, uint32_t index)
{
    if (!t->classes[index]) {
        rcu_store(t->classes[index], port_class_create());
        t->class_ports[t->n_classes++] = index;
    }
    return t->classes[index];
}

/* Ids and their memory. */

/* Takes an id that no thread can still see. False if there is none. */
static bool take_id(struct flow_table *t, uint32_t *id)
{
    if (!t->n_free_ids && t->n_ids == t->max_flows) {
        if (t->n_flows == t->max_flows) {
            return false;
        }
        reclaim_wait(t->store.reclaim);
    }
    *id = t->n_free_ids ? t->free_ids[--t->n_free_ids] : t->n_ids++;
    return true;
}

/* Frees actions that no thread can see any more. */
static void release_actions(void *table, uintptr_t actions_)
{
    struct flow_table *t = table;
    struct flow_actions *actions = (struct flow_actions *) actions_;
    if (actions->n_selects) {
        select_tables_unref(t->selects, actions->data, actions->size);
    }
    free(actions);
}

static void release_slot(void *table, uintptr_t id)
{
    struct flow_table *t = table;
    struct megaflow *flow = &t->store.slots[id];
    if (flow->key != flow->inline_key) {
        free((void *) (uintptr_t) flow->key);
    }
    if ((const void *) flow->actions != flow->inline_actions) {
        release_actions(t, (uintptr_t) flow->actions);
    }
    t->free_ids[t->n_free_ids++] = id;
}

static void put_mask(struct flow_table *t, const struct line_mask *mask)
{
    if (line_masks_put(&t->store.masks, mask)) {
        reclaim_add_free(t->store.reclaim, mask);
    }
}

/* Those in the slot name no select table: a SELECT is longer. */
static_assert(MEGAFLOW_INLINE_ACTIONS <= sizeof(struct action_select), "no SELECT in the slot");

static const struct flow_actions *store_actions(struct flow_table *t, struct megaflow *flow,
                                                const struct dp_op *op, bool may_inline)
{
    struct flow_actions *actions = may_inline && op->actions_size <= MEGAFLOW_INLINE_ACTIONS
                                       ? (void *) flow->inline_actions
                                       : xmalloc(sizeof *actions + op->actions_size);
    actions->size = op->actions_size;
    actions->n_selects = t->n_selects;
    if (op->actions_size) {
        memcpy(actions->data, op->actions, op->actions_size);
    }
    if (actions->n_selects) {
        select_tables_ref(t->selects, actions->data, actions->size);
    }
    return actions;
}

static void start_generation(struct megaflow *flow)
{
    __atomic_store_n(&flow->generation, flow->generation + 1, __ATOMIC_RELAXED);
}

/* Fills the slot of a flow that no thread can find yet. */
static void fill_slot(struct flow_table *t, uint32_t id, const struct dp_op *op,
                      const struct line_mask *mask, const struct flow_line *stored)
{
    struct megaflow *flow = &t->store.slots[id];
    struct flow_line *key = flow->inline_key;
    if (mask->n_lines > MEGAFLOW_INLINE_LINES) {
        key = xzalloc_cacheline(mask->n_lines * sizeof *key);
    }
    memcpy(key, stored, mask->n_lines * sizeof *key);
    start_generation(flow);
    flow->key = key;
    flow->id = id;
    flow->actions = store_actions(t, flow, op, true);
    if (t->reset) {
        t->reset(t->reset_aux, id);
    }
    rcu_store(flow->mask, mask);
}

/* Putting and removing. */

static bool is_valid_match(const struct dp_op *op)
{
    return op->key && op->mask && op->key->lines & op->mask->lines & (1u << FLOW_LINE_L2)
           && op->mask->in_port == UINT32_MAX && op->mask->recirc_id == UINT32_MAX;
}

/* The mask that matches everything in the lines that the key or the mask of 'op' use. */
static const struct line_mask *exact_mask(struct flow_table *t, const struct dp_op *op)
{
    struct flow exact;
    exact.lines = (op->key->lines | op->mask->lines) & ((1u << FLOW_N_DP_LINES) - 1);
    for (uint32_t todo = exact.lines; todo; todo &= todo - 1) {
        memset(&exact.line[__builtin_ctz(todo)], 0xff, FLOW_LINE_SIZE);
    }
    return line_masks_get(&t->store.masks, &exact);
}

/* Finds a place for the flow of 'op' under '*maskp', or else under its exact mask; the reference to
 * '*maskp' is the caller's in any case. */
static enum place_result place(struct flow_table *t, struct port_class *class, struct dp_op *op,
                               const struct line_mask **maskp, struct flow_line *stored,
                               struct placement *p)
{
    line_mask_apply(*maskp, op->key, stored);
    enum place_result r = port_class_place(class, &t->store, op->key, *maskp, stored, p);
    op->exact = r == PLACE_TOO_MANY_MASKS;
    if (op->exact) {
        put_mask(t, *maskp);
        *maskp = exact_mask(t, op);
        line_mask_apply(*maskp, op->key, stored);
        r = port_class_place_exact(class, &t->store, op->key, *maskp, stored, p);
    }
    return r;
}

/* Puts the flow of 'op' in the slot 'id', within reach of all threads. */
static void link_flow(struct flow_table *t, uint32_t id, struct dp_op *op,
                      const struct line_mask *mask, const struct flow_line *stored,
                      const struct placement *p)
{
    struct flow_info *info = &t->infos[id];
    info->ufid = op->ufid;
    info->hash = uuid_hash(&op->ufid);
    info->subtable = p->subtable;
    info->in_port = class_index(op->key->in_port);
    info->in_use = true;
    info->exact = op->exact;
    id_map_insert(ufid_map(t, info->hash), info->hash, id);
    t->n_flows++;
    fill_slot(t, id, op, mask, stored);
    t->store.hashes[id] = p->hash;
    port_class_insert(t->classes[info->in_port], &t->store, p->subtable, id);
    op->flow_id = id;
}

/* Takes a flow away: out of sight first, then, after a grace period, its memory and its id. */
static void remove_flow(struct flow_table *t, uint32_t id)
{
    struct flow_info *info = &t->infos[id];
    struct megaflow *flow = &t->store.slots[id];
    const struct line_mask *mask = flow->mask;
    rcu_store(flow->mask, NULL);
    port_class_remove(t->classes[info->in_port], &t->store, info->subtable, id);
    id_map_remove(ufid_map(t, info->hash), info->hash, id);
    info->in_use = false;
    t->n_flows--;
    put_mask(t, mask);
    reclaim_add(t->store.reclaim, release_slot, t, id);
}

static int create(struct flow_table *t, struct dp_op *op)
{
    uint32_t id;
    if (!take_id(t, &id)) {
        return ENOSPC;
    }
    struct port_class *class = get_class(t, class_index(op->key->in_port));
    const struct line_mask *mask = line_masks_get(&t->store.masks, op->mask);
    struct flow_line stored[FLOW_N_DP_LINES];
    struct placement p;
    if (place(t, class, op, &mask, stored, &p) == PLACE_EXISTS) {
        put_mask(t, mask);
        t->free_ids[t->n_free_ids++] = id;
        op->flow_id = p.existing;
        return EEXIST;
    }
    link_flow(t, id, op, mask, stored, &p);
    return 0;
}

/* Removes the flow in 'id' and makes one like it with the actions of 'op', and an id of its own.
 * Packets in between miss. */
static int replace(struct flow_table *t, uint32_t id, struct dp_op *op)
{
    struct flow key, mask;
    struct dp_flow old;
    struct dp_op put = *op;
    flow_table_get(t, id, &old, &key, &mask);
    put.key = &key;
    put.mask = &mask;
    remove_flow(t, id);
    int error = create(t, &put);
    assert(!error); /* the match is valid, and there is room for one */
    t->infos[put.flow_id].exact |= op->exact;
    op->flow_id = put.flow_id;
    return error;
}

/* May the flow in 'id' stand for that of 'op'? It may if it matches no packet that the other would
 * not. */
static bool stands_for(struct flow_table *t, uint32_t id, const struct dp_op *op)
{
    struct flow key, mask;
    struct dp_flow flow;
    if (!op->key || !op->mask) {
        return true;
    }
    flow_table_get(t, id, &flow, &key, &mask);
    return flow_mask_covers(&mask, op->mask) && flow_equal_masked(&key, op->key, op->mask);
}

static int modify(struct flow_table *t, uint32_t id, struct dp_op *op)
{
    struct megaflow *flow = &t->store.slots[id];
    if (!stands_for(t, id, op)) {
        return EINVAL;
    }
    op->flow_id = id;
    op->exact = t->infos[id].exact;
    if (op->flags & DP_PUT_ZERO_STATS) {
        return replace(t, id, op);
    }
    const struct flow_actions *old = flow->actions;
    start_generation(flow);
    rcu_store(flow->actions, store_actions(t, flow, op, false));
    if ((const void *) old != flow->inline_actions) {
        reclaim_add(t->store.reclaim, release_actions, t, (uintptr_t) old);
    }
    return 0;
}

int flow_table_put(struct flow_table *t, uint32_t id, struct dp_op *op)
{
    op->flow_id = id;
    op->exact = false;
    if (actions_validate(op->actions, op->actions_size)) {
        return op->error = EINVAL;
    }
    op->error = select_tables_check(t->selects, op->actions, op->actions_size, &t->n_selects);
    if (op->error) {
        return op->error;
    }
    if (id != DP_FLOW_NONE) {
        return op->error = op->flags & DP_PUT_MODIFY ? modify(t, id, op) : EEXIST;
    }
    if (!(op->flags & DP_PUT_CREATE)) {
        return op->error = ENOENT;
    }
    return op->error = is_valid_match(op) ? create(t, op) : EINVAL;
}

/* The id that take_id() gives after 'n' others. */
static uint32_t guess_id(const struct flow_table *t, uint32_t n)
{
    if (n < t->n_free_ids) {
        return t->free_ids[t->n_free_ids - 1 - n];
    }
    uint32_t id = t->n_ids + (n - t->n_free_ids);
    return id < t->max_flows ? id : DP_FLOW_NONE;
}

uint32_t flow_table_expect(const struct flow_table *t, const struct dp_op *op, unsigned int n)
{
    uint32_t hash = uuid_hash(&op->ufid), id = guess_id(t, n);
    id_map_prefetch(&t->by_ufid[hash / UFID_MAP_SHARE], hash);
    if (is_valid_match(op)) {
        const struct port_class *class = t->classes[class_index(op->key->in_port)];
        if (class) {
            port_class_expect(class, op->key);
        }
    }
    if (id != DP_FLOW_NONE) {
        const struct megaflow *flow = &t->store.slots[id];
        __builtin_prefetch(flow, 1);
        for (unsigned int i = 0; i < MEGAFLOW_INLINE_LINES; i++) {
            __builtin_prefetch(&flow->inline_key[i], 1);
        }
        __builtin_prefetch(&t->infos[id], 1);
        __builtin_prefetch(&t->store.hashes[id], 1);
    }
    return id;
}

int flow_table_remove(struct flow_table *t, const struct uuid *ufid, uint32_t *id)
{
    *id = flow_table_find(t, ufid);
    if (*id == DP_FLOW_NONE) {
        return ENOENT;
    }
    remove_flow(t, *id);
    return 0;
}

void flow_table_flush(struct flow_table *t)
{
    for (uint32_t id = 0; id < t->n_ids; id++) {
        if (t->infos[id].in_use) {
            remove_flow(t, id);
        }
    }
}

/* Reading, on the main thread. */

uint32_t flow_table_find(const struct flow_table *t, const struct uuid *ufid)
{
    uint32_t id, cursor, hash = uuid_hash(ufid);
    const struct id_map *map = &t->by_ufid[hash / UFID_MAP_SHARE];
    id_map_for_each (id, cursor, hash, map) {
        if (uuid_equals(&t->infos[id].ufid, ufid)) {
            return id;
        }
    }
    return DP_FLOW_NONE;
}

uint32_t flow_table_next(const struct flow_table *t, uint32_t id)
{
    for (; id < t->n_ids; id++) {
        if (t->infos[id].in_use) {
            return id;
        }
    }
    return DP_FLOW_NONE;
}

void flow_table_get(const struct flow_table *t, uint32_t id, struct dp_flow *flow, struct flow *key,
                    struct flow *mask)
{
    const struct megaflow *f = &t->store.slots[id];
    line_mask_expand(f->mask, mask);
    key->lines = f->mask->lines;
    for (unsigned int i = 0; i < f->mask->n_lines; i++) {
        key->line[f->mask->line[i]] = f->key[i];
    }
    memset(flow, 0, sizeof *flow);
    flow->ufid = t->infos[id].ufid;
    flow->id = id;
    flow->key = key;
    flow->mask = mask;
    flow->actions = f->actions->data;
    flow->actions_size = f->actions->size;
}

uint32_t flow_table_n_flows(const struct flow_table *t)
{
    return t->n_flows;
}

uint32_t flow_table_n_subtables(const struct flow_table *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_classes; i++) {
        n += t->classes[t->class_ports[i]]->list->n;
    }
    return n;
}

struct select_tables *flow_table_selects(const struct flow_table *t)
{
    return t->selects;
}

void flow_table_rank(struct flow_table *t)
{
    for (uint32_t i = 0; i < t->n_classes; i++) {
        port_class_rank(t->classes[t->class_ports[i]], &t->store);
    }
}

void flow_table_reclaim(struct flow_table *t)
{
    reclaim_run(t->store.reclaim);
}

/* Reading, on forwarding threads. */

uint32_t flow_table_lookup(const struct flow_table *t, const struct flow *keys, uint32_t todo,
                           const struct megaflow **flows, unsigned int thread, uint64_t *n_tried)
{
    uint32_t missed = 0;
    while (todo) {
        /* All packets of one port together; that is the whole burst, unless some came back by
         * recirculation. */
        uint32_t index = class_index(keys[__builtin_ctz(todo)].in_port), same = 0;
        for (uint32_t rest = todo; rest; rest &= rest - 1) {
            unsigned int i = __builtin_ctz(rest);
            flows[i] = NULL;
            same |= (uint32_t) (class_index(keys[i].in_port) == index) << i;
        }
        const struct port_class *class = rcu_load(t->classes[index]);
        missed |=
            class ? port_class_lookup(class, t->store.slots, keys, same, flows, thread, n_tried)
                  : same;
        todo &= ~same;
    }
    return missed;
}

const struct megaflow *flow_table_slots(const struct flow_table *t)
{
    return t->store.slots;
}
