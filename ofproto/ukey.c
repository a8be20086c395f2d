/* SPDX-License-Identifier: Apache-2.0 */
/* The records of cached megaflows. */
#include "ofproto/ukey.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/flow_marks.h"
#include "ofproto/table.h"
#include "ofproto/xlate_credit.h"

struct packed_flow *packed_flow_create(const struct flow *flow)
{
    unsigned int n = __builtin_popcount(flow->lines);
    struct packed_flow *packed = xzalloc_cacheline(sizeof *packed + n * sizeof packed->data[0]);
    packed->lines = flow->lines;
    packed->n_refs = 1;
    unsigned int next = 0;
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        if (flow->lines & 1u << i) {
            packed->data[next++] = flow->line[i];
        }
    }
    return packed;
}

struct packed_flow *packed_flow_ref(struct packed_flow *packed)
{
    __atomic_add_fetch(&packed->n_refs, 1, __ATOMIC_RELAXED);
    return packed;
}

void packed_flow_unref(struct packed_flow *packed)
{
    if (packed && !__atomic_sub_fetch(&packed->n_refs, 1, __ATOMIC_ACQ_REL)) {
        free(packed);
    }
}

bool packed_flow_equals(const struct packed_flow *packed, const struct flow *flow)
{
    if (packed->lines != flow->lines) {
        return false;
    }
    unsigned int next = 0;
    for (uint32_t lines = flow->lines; lines; lines &= lines - 1) {
        if (memcmp(&packed->data[next++], &flow->line[__builtin_ctz(lines)], FLOW_LINE_SIZE)) {
            return false;
        }
    }
    return true;
}

void packed_flow_expand(const struct packed_flow *packed, struct flow *flow)
{
    unsigned int next = 0;
    flow->lines = packed->lines;
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        if (packed->lines & 1u << i) {
            flow->line[i] = packed->data[next++];
        }
    }
}

struct uuid ukey_draw_ufid(const struct flow *key)
{
    uint64_t half[2];
    for (unsigned int i = 0; i < 2; i++) {
        half[i] = hash_mix64(hash_secret, key->lines + i);
        for (unsigned int line = 0; line < FLOW_N_DP_LINES; line++) {
            if (key->lines & 1u << line) {
                half[i] = hash_bytes64(&key->line[line], FLOW_LINE_SIZE, half[i]);
            }
        }
    }
    struct uuid ufid;
    memcpy(&ufid, half, sizeof ufid);
    return ufid;
}

struct ukeys *ukeys_create(void)
{
    struct ukeys *ukeys = xzalloc_cacheline(sizeof *ukeys);
    for (unsigned int i = 0; i < UKEY_N_SHARDS; i++) {
        pthread_mutex_init(&ukeys->shards[i].lock, NULL);
        hmap_init(&ukeys->shards[i].map);
    }
    return ukeys;
}

void ukey_free(struct ukey *ukey)
{
    packed_flow_unref(ukey->key);
    packed_flow_unref(ukey->mask);
    xlate_credits_destroy(&ukey->credits);
    free(ukey->actions);
    free(ukey);
}

static void free_later(void *ukey)
{
    ukey_free(ukey);
}

void ukeys_destroy(struct ukeys *ukeys)
{
    if (!ukeys) {
        return;
    }
    for (unsigned int i = 0; i < UKEY_N_SHARDS; i++) {
        struct ukey_shard *shard = &ukeys->shards[i];
        struct ukey *ukey, *next;
        hmap_for_each_safe (ukey, next, node, &shard->map) {
            hmap_remove(&shard->map, &ukey->node);
            ukey_free(ukey);
        }
        hmap_destroy(&shard->map);
        free(shard->glances);
        pthread_mutex_destroy(&shard->lock);
    }
    free(ukeys);
}

uint32_t ukeys_count(const struct ukeys *ukeys)
{
    return __atomic_load_n(&ukeys->n, __ATOMIC_RELAXED);
}

struct ukey *ukey_create(const struct uuid *ufid, const struct flow *key, struct packed_flow *mask,
                         struct xlate_out *out, const struct validity *validity)
{
    struct ukey *ukey = xzalloc(sizeof *ukey);
    ukey->ufid = *ufid;
    ukey->key = packed_flow_create(key);
    ukey->mask = mask;
    ukey->state = UKEY_PUTTING;
    ukey->created_ms = clock_ms();
    ukey_take(ukey, out, validity);
    return ukey;
}

/* The flow depends on the tables of its credits from now on ('n' is 1), or does no longer (-1). */
static void count_dependencies(struct ukey *ukey, int n)
{
    if (!ukey->credits.n || ukey->credits.n == XLATE_MAX_CREDITS) {
        table_depend(NULL, 0, n); /* adopted, or not all are there */
    }
    for (size_t i = 0; i < ukey->credits.n; i++) {
        const struct xlate_credit *credit = &ukey->credits.items[i];
        if (credit->type == CREDIT_TABLE) {
            table_depend(credit->u.table.ofproto, credit->u.table.table, n);
        }
    }
    ukey->counted = n > 0;
}

void ukey_take(struct ukey *ukey, struct xlate_out *out, const struct validity *validity)
{
    bool counted = ukey->counted;
    if (counted) {
        count_dependencies(ukey, -1);
    }
    xlate_credits_destroy(&ukey->credits);
    free(ukey->actions);
    ukey->validity = *validity;
    ukey->credits = out->credits;
    ukey->actions_size = out->actions.size;
    ukey->actions = out->actions.size ? xrealloc(out->actions.data, out->actions.size) : NULL;
    if (!out->actions.size) {
        free(out->actions.data);
    }
    memset(&out->credits, 0, sizeof out->credits);
    memset(&out->actions, 0, sizeof out->actions);
    if (counted) {
        count_dependencies(ukey, 1);
    }
}

struct ukey_shard *ukeys_shard(struct ukeys *ukeys, const struct uuid *ufid)
{
    return &ukeys->shards[ufid->bytes[15] % UKEY_N_SHARDS];
}

struct ukey *ukeys_find_locked(struct ukey_shard *shard, const struct uuid *ufid)
{
    struct ukey *ukey;
    hmap_for_each_with_hash (ukey, node, uuid_hash(ufid), &shard->map) {
        if (uuid_equals(&ukey->ufid, ufid)) {
            return ukey;
        }
    }
    return NULL;
}

static void add_glance(struct ukey_shard *shard, struct ukey *ukey)
{
    if (shard->n == shard->allocated) {
        shard->glances = grow_array(shard->glances, &shard->allocated, sizeof *shard->glances);
    }
    ukey->place = (uint32_t) shard->n++;
    shard->glances[ukey->place] = (struct ukey_glance) { .ukey = ukey, .flow_id = UINT32_MAX };
}

static void remove_glance(struct ukey_shard *shard, const struct ukey *ukey)
{
    const struct ukey_glance *last = &shard->glances[--shard->n];
    last->ukey->place = ukey->place;
    shard->glances[ukey->place] = *last;
}

void ukey_glance_locked(struct ukey_shard *shard, const struct ukey *ukey, uint64_t epoch)
{
    struct ukey_glance *glance = &shard->glances[ukey->place];
    glance->packets = ukey->credited.packets;
    glance->epoch = epoch;
    glance->used_ms = ukey_used_ms(ukey);
    glance->flow_id = ukey->flow_id;
}

void ukey_forget_locked(struct ukey_shard *shard, const struct ukey *ukey)
{
    shard->glances[ukey->place].flow_id = UINT32_MAX;
}

bool ukeys_insert(struct ukeys *ukeys, struct ukey *ukey)
{
    struct ukey_shard *shard = ukeys_shard(ukeys, &ukey->ufid);
    pthread_mutex_lock(&shard->lock);
    bool free_name = !ukeys_find_locked(shard, &ukey->ufid);
    if (free_name) {
        hmap_insert(&shard->map, &ukey->node, uuid_hash(&ukey->ufid));
        add_glance(shard, ukey);
        __atomic_add_fetch(&ukeys->n, 1, __ATOMIC_RELAXED);
        count_dependencies(ukey, 1);
    }
    pthread_mutex_unlock(&shard->lock);
    return free_name;
}

void ukeys_remove_locked(struct ukeys *ukeys, struct ukey_shard *shard, struct ukey *ukey)
{
    hmap_remove(&shard->map, &ukey->node);
    remove_glance(shard, ukey);
    ukey->state = UKEY_GONE;
    if (ukey->counted) {
        count_dependencies(ukey, -1);
    }
    __atomic_sub_fetch(&ukeys->n, 1, __ATOMIC_RELAXED);
    rcu_postpone(free_later, ukey);
}

int64_t ukey_used_ms(const struct ukey *ukey)
{
    return MAX(ukey->credited.used_ms, ukey->created_ms);
}

void ukey_credit_locked(struct ukey *ukey, const struct dp_flow_stats *now, struct flow_marks *marks)
{
    struct dp_flow_stats *before = &ukey->credited;
    before->used_ms = now->used_ms;
    if (ukey->adopted || now->packets == before->packets) {
        return;
    }
    uint64_t packets = now->packets - before->packets, bytes = now->bytes - before->bytes;
    /* Counters that went back are another flow's, of a datapath that was restarted. */
    if (now->packets > before->packets) {
        xlate_credits_push(&ukey->credits, NULL, packets, bytes, now->used_ms, now->tcp_flags);
    }
    *before = *now;
    flow_marks_set(marks, ukey->flow_id, &ukey->ufid, now->packets, now->bytes);
}
