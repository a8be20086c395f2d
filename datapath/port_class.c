/* SPDX-License-Identifier: Apache-2.0 */
/* The subtables of one ingress port: which one a flow goes to, in which order they are searched,
 * and the search. */
#include "datapath/port_class.h"

#include <stdlib.h>

#include "datapath/batch.h"
#include "datapath/reclaim.h"
#include "lib/base/mem.h"

/* Up to EAGER_SUBTABLES a flow gets a subtable with its own relaxed mask; beyond, any that will do.
 * At most MAX_SAME flows of a subtable have the same hash, as far as the cap on subtables
 * allows. */
enum { EAGER_SUBTABLES = 8, MAX_SAME = 16 };

static struct subtable_list *create_list(uint32_t n)
{
    struct subtable_list *list = xmalloc(sizeof *list + n * sizeof list->subtables[0]);
    list->n = n;
    return list;
}

struct port_class *port_class_create(void)
{
    struct port_class *class = xzalloc(sizeof *class);
    class->list = create_list(0);
    return class;
}

void port_class_free(struct port_class *class)
{
    if (class) {
        assert(!class->list->n);
        free(class->list);
        free(class);
    }
}

static void publish_list(struct port_class *class, struct subtable_list *list,
                         struct reclaim *reclaim)
{
    reclaim_add_free(reclaim, class->list);
    rcu_store(class->list, list);
}

static struct subtable *add_subtable(struct port_class *class, struct flow_store *store,
                                     const struct line_mask *mask, bool capped)
{
    const struct subtable_list *old = class->list;
    struct subtable_list *list = create_list(old->n + 1);
    struct subtable *t = subtable_create(mask);
    t->capped = capped;
    class->n_capped += capped;
    memcpy(list->subtables, old->subtables, old->n * sizeof old->subtables[0]);
    list->subtables[old->n] = t;
    publish_list(class, list, store->reclaim);
    return t;
}

static void put_mask(struct flow_store *store, const struct line_mask *mask)
{
    if (line_masks_put(&store->masks, mask)) {
        reclaim_add_free(store->reclaim, mask);
    }
}

static void free_subtable(void *t, uintptr_t unused)
{
    subtable_free(t);
}

static void remove_subtable(struct port_class *class, struct flow_store *store, struct subtable *t)
{
    const struct subtable_list *old = class->list;
    struct subtable_list *list = create_list(old->n - 1);
    for (uint32_t i = 0, n = 0; i < old->n; i++) {
        if (old->subtables[i] != t) {
            list->subtables[n++] = old->subtables[i];
        }
    }
    class->n_capped -= t->capped;
    if (class->latest == t) {
        class->latest = NULL;
    }
    publish_list(class, list, store->reclaim);
    put_mask(store, t->mask);
    reclaim_add(store->reclaim, free_subtable, t, 0);
}

static struct subtable *find_subtable(const struct port_class *class, const struct line_mask *mask)
{
    for (uint32_t i = 0; i < class->list->n; i++) {
        if (class->list->subtables[i]->mask == mask) {
            return class->list->subtables[i];
        }
    }
    return NULL;
}

/* Keeps the first bytes of an address as far as they are fully masked, in steps of 'step' bytes. */
static void relax_address(uint8_t *mask, unsigned int n, unsigned int step)
{
    unsigned int full = 0;
    while (full < n && mask[full] == 0xff) {
        full++;
    }
    full -= full % step;
    memset(mask + full, 0, n - full);
}

static void relax_port(be16 *mask)
{
    if (*mask != BE16_MAX) {
        *mask = 0;
    }
}

/* Sets '*relaxed' to the mask of the subtable that flows with 'mask' and with others near it
 * share. */
static void relax(struct flow *relaxed, const struct line_mask *mask)
{
    line_mask_expand(mask, relaxed);
    for (unsigned int i = 0; i < mask->n_lines; i++) {
        uint8_t *bytes = relaxed->line[mask->line[i]].bytes;
        for (unsigned int j = 0; j < FLOW_LINE_SIZE; j++) {
            if (bytes[j] != 0xff) {
                bytes[j] = 0;
            }
        }
    }
    if (relaxed->lines & (1u << FLOW_LINE_L3)) {
        relax_address((uint8_t *) &relaxed->nw_src, sizeof relaxed->nw_src, 1);
        relax_address((uint8_t *) &relaxed->nw_dst, sizeof relaxed->nw_dst, 1);
        relax_port(&relaxed->tp_src);
        relax_port(&relaxed->tp_dst);
    }
    if (relaxed->lines & (1u << FLOW_LINE_IPV6)) {
        relax_address(relaxed->ipv6_src, sizeof relaxed->ipv6_src, 2);
        relax_address(relaxed->ipv6_dst, sizeof relaxed->ipv6_dst, 2);
    }
}

static bool same_flow(const struct megaflow *flow, const struct line_mask *mask,
                      const struct flow_line *stored)
{
    return flow->mask == mask && !memcmp(flow->key, stored, mask->n_lines * sizeof *stored);
}

/* Is there room among the flows of 't' with the same hash? Finds a flow that exists already on the
 * way. */
static enum place_result try_subtable(const struct subtable *t, const struct flow_store *store,
                                      const struct line_mask *mask, const struct flow_line *stored,
                                      uint64_t hash, uint32_t *existing)
{
    uint32_t ids[4 * MAX_SAME];
    unsigned int n = subtable_same_hash(t, hash, store->hashes, ids, ARRAY_SIZE(ids));
    for (unsigned int i = 0; i < n; i++) {
        if (same_flow(&store->slots[ids[i]], mask, stored)) {
            *existing = ids[i];
            return PLACE_EXISTS;
        }
    }
    return n < MAX_SAME ? PLACE_OK : PLACE_TOO_MANY_MASKS;
}

/* Chooses, of the subtables whose masks are part of 'mask' and that have room, the one with the
 * most bits. */
static enum place_result choose(const struct port_class *class, const struct flow_store *store,
                                const struct flow *key, const struct line_mask *mask,
                                const struct flow_line *stored, struct placement *best)
{
    best->subtable = NULL;
    for (uint32_t i = 0; i < class->list->n; i++) {
        struct subtable *t = class->list->subtables[i];
        if (!line_mask_covers(mask, t->mask)) {
            continue;
        }
        uint64_t hash = line_ops()->hash(key, t->mask);
        enum place_result r = try_subtable(t, store, mask, stored, hash, &best->existing);
        if (r == PLACE_EXISTS) {
            return r;
        }
        if (r == PLACE_OK && (!best->subtable || t->mask->n_bits > best->subtable->mask->n_bits)) {
            best->subtable = t;
            best->hash = hash;
        }
    }
    return best->subtable ? PLACE_OK : PLACE_TOO_MANY_MASKS;
}

enum place_result port_class_place(struct port_class *class, struct flow_store *store,
                                   const struct flow *key, const struct line_mask *mask,
                                   const struct flow_line *stored, struct placement *p)
{
    /* 1. A subtable that is as good as the flow's own, or one that will do when there are many. */
    enum place_result r = choose(class, store, key, mask, stored, p);
    if (r == PLACE_EXISTS || (p->subtable && line_mask_is_known_good(mask, p->subtable->mask))) {
        return r;
    }
    struct flow relaxed;
    relax(&relaxed, mask);
    const struct line_mask *wanted = line_masks_get(&store->masks, &relaxed);
    bool good = p->subtable && line_mask_covers(p->subtable->mask, wanted);
    if (good) {
        line_mask_know_good(mask, p->subtable->mask);
    }
    good = good || (p->subtable && class->n_capped >= EAGER_SUBTABLES);

    /* 2. A new one: with the relaxed mask, or if that one is there and full, with the flow's
     * mask. */
    if (!good && class->n_capped < PORT_CLASS_MAX_SUBTABLES) {
        if (find_subtable(class, wanted)) {
            put_mask(store, wanted);
            wanted = line_masks_ref(mask);
        }
        p->subtable = add_subtable(class, store, wanted, true);
        p->hash = line_ops()->hash(key, wanted);
        return PLACE_OK;
    }
    put_mask(store, wanted);
    return r;
}

enum place_result port_class_place_exact(struct port_class *class, struct flow_store *store,
                                         const struct flow *key, const struct line_mask *mask,
                                         const struct flow_line *stored, struct placement *p)
{
    p->hash = line_ops()->hash(key, mask);
    p->subtable = find_subtable(class, mask);
    if (!p->subtable) {
        p->subtable = add_subtable(class, store, line_masks_ref(mask), false);
        return PLACE_OK;
    }
    enum place_result r = try_subtable(p->subtable, store, mask, stored, p->hash, &p->existing);
    return r == PLACE_EXISTS ? r : PLACE_OK;
}

void port_class_expect(const struct port_class *class, const struct flow *key)
{
    const struct subtable *t = class->latest;
    if (t) {
        __builtin_prefetch(&t->buckets->buckets[line_ops()->hash(key, t->mask) & t->buckets->mask], 1);
    }
}

void port_class_insert(struct port_class *class, struct flow_store *store, struct subtable *t,
                       uint32_t id)
{
    subtable_insert(t, id, store->hashes, store->reclaim);
    class->latest = t;
    class->n_flows++;
}

void port_class_remove(struct port_class *class, struct flow_store *store, struct subtable *t,
                       uint32_t id)
{
    subtable_remove(t, id, store->hashes, store->reclaim);
    class->n_flows--;
    if (!t->n_flows) {
        remove_subtable(class, store, t);
    }
}

static bool is_ranked(const struct subtable_list *list)
{
    for (uint32_t i = 1; i < list->n; i++) {
        if (list->subtables[i]->rank > list->subtables[i - 1]->rank) {
            return false;
        }
    }
    return true;
}

void port_class_rank(struct port_class *class, struct flow_store *store)
{
    const struct subtable_list *old = class->list;
    for (uint32_t i = 0; i < old->n; i++) {
        subtable_update_rank(old->subtables[i]);
    }
    if (is_ranked(old)) {
        return;
    }
    struct subtable_list *list = create_list(old->n);
    for (uint32_t i = 0; i < old->n; i++) {
        struct subtable *t = old->subtables[i];
        uint32_t j = i;
        for (; j > 0 && list->subtables[j - 1]->rank < t->rank; j--) {
            list->subtables[j] = list->subtables[j - 1];
        }
        list->subtables[j] = t;
    }
    publish_list(class, list, store->reclaim);
}

/* Search. */

static const struct megaflow *search_chain(const struct subtable_buckets *b,
                                           const struct megaflow *slots, const struct flow *key,
                                           uint64_t hash)
{
    uint16_t tag = tag_bucket_tag(hash);
    uint32_t number = hash & b->mask;
    do {
        const struct tag_bucket *bucket = &b->buckets[number];
        for (uint32_t found = line_ops()->find_tag(bucket, tag); found; found &= found - 1) {
            const struct megaflow *flow = &slots[tag_bucket_id(bucket, __builtin_ctz(found))];
            if (megaflow_matches(flow, key)) {
                return flow;
            }
        }
        number = __atomic_load_n(&bucket->extra, __ATOMIC_ACQUIRE);
    } while (number);
    return NULL;
}

/* Searches one subtable for all of 'todo', stage by stage; returns the bitmap of those that were
 * found. */
static uint32_t search_subtable(const struct subtable *t, const struct megaflow *slots,
                                const struct flow *keys, uint32_t todo,
                                const struct megaflow **flows)
{
    const struct subtable_buckets *b = rcu_load(t->buckets);
    uint64_t hashes[BATCH_MAX];
    uint32_t hit = 0;
    BATCH_FOR_EACH (i, todo) {
        hashes[i] = line_ops()->hash(&keys[i], t->mask);
        __builtin_prefetch(&b->buckets[hashes[i] & b->mask]);
    }
    if (b->n > 64) {
        BATCH_FOR_EACH (i, todo) {
            const struct tag_bucket *bucket = &b->buckets[hashes[i] & b->mask];
            uint32_t found = line_ops()->find_tag(bucket, tag_bucket_tag(hashes[i]));
            if (found) {
                megaflow_prefetch(&slots[tag_bucket_id(bucket, __builtin_ctz(found))]);
            }
        }
    }
    BATCH_FOR_EACH (i, todo) {
        flows[i] = search_chain(b, slots, &keys[i], hashes[i]);
        hit |= (uint32_t) (flows[i] != NULL) << i;
    }
    return hit;
}

uint32_t port_class_lookup(const struct port_class *class, const struct megaflow *slots,
                           const struct flow *keys, uint32_t todo, const struct megaflow **flows,
                           unsigned int thread, uint64_t *n_tried)
{
    const struct subtable_list *list = rcu_load(class->list);
    for (uint32_t i = 0; i < list->n && todo; i++) {
        struct subtable *t = list->subtables[i];
        uint32_t hit = search_subtable(t, slots, keys, todo, flows);
        *n_tried += __builtin_popcount(todo);
        todo &= ~hit;
        if (hit) {
            __atomic_store_n(&t->hits[thread], t->hits[thread] + __builtin_popcount(hit),
                             __ATOMIC_RELAXED);
        }
    }
    BATCH_FOR_EACH (i, todo) {
        flows[i] = NULL;
    }
    return todo;
}
