/* SPDX-License-Identifier: Apache-2.0 */
/* The records of cached megaflows. */
#include "ofproto/ukey.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/flow_marks.h"
#include "ofproto/xlate_credit.h"

static void pack(struct packed_flow *packed, const struct flow *flow)
{
    packed->lines = flow->lines;
    packed->n_refs = 1;
    unsigned int next = 0;
    for (uint32_t lines = flow->lines; lines; lines &= lines - 1) {
        memcpy(&packed->data[next++], &flow->line[__builtin_ctz(lines)], FLOW_LINE_SIZE);
    }
}

struct packed_flow *packed_flow_create(const struct flow *flow)
{
    unsigned int n = __builtin_popcount(flow->lines);
    struct packed_flow *packed = xmalloc(sizeof *packed + n * sizeof packed->data[0]);
    pack(packed, flow);
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
    for (uint32_t lines = packed->lines; lines; lines &= lines - 1) {
        memcpy(&flow->line[__builtin_ctz(lines)], &packed->data[next++], FLOW_LINE_SIZE);
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
        id_map_init(&ukeys->shards[i].by_ufid);
    }
    return ukeys;
}

void ukey_free(struct ukey *ukey)
{
    packed_flow_unref(ukey->mask);
    outcome_unref(ukey->outcome);
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
        for (size_t j = 0; j < shard->n; j++) {
            ukey_free(shard->glances[j].ukey);
        }
        id_map_destroy(&shard->by_ufid);
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
                         struct outcome *outcome, const struct validity *validity)
{
    size_t size = sizeof(struct ukey) + __builtin_popcount(key->lines) * sizeof(struct packed_line);
    struct ukey *ukey = xmalloc_cacheline(size);
    *ukey = (struct ukey) {
        .ufid = *ufid,
        .mask = mask,
        .outcome = outcome,
        .validity = *validity,
        .used_ms = clock_ms(),
        .state = UKEY_PUTTING,
    };
    pack(&ukey->key, key);
    return ukey;
}

void ukey_take_locked(struct ukey *ukey, struct outcome *outcome, const struct validity *validity)
{
    struct outcome *old = ukey->outcome;
    ukey->outcome = outcome;
    ukey->validity = *validity;
    outcome_count(outcome, 1);
    outcome_count(old, -1);
    outcome_unref(old);
}

struct ukey_shard *ukeys_shard(struct ukeys *ukeys, const struct uuid *ufid)
{
    return &ukeys->shards[ufid->bytes[15] % UKEY_N_SHARDS];
}

/* A name is a hash already; other bytes of it say the shard. */
static uint32_t hash_of(const struct uuid *ufid)
{
    uint32_t hash;
    memcpy(&hash, ufid->bytes, sizeof hash);
    return hash;
}

struct ukey *ukeys_find_locked(struct ukey_shard *shard, const struct uuid *ufid)
{
    uint32_t place, cursor;
    id_map_for_each (place, cursor, hash_of(ufid), &shard->by_ufid) {
        if (uuid_equals(&shard->glances[place].ukey->ufid, ufid)) {
            return shard->glances[place].ukey;
        }
    }
    return NULL;
}

static void add(struct ukey_shard *shard, struct ukey *ukey)
{
    if (shard->n == shard->allocated) {
        shard->glances = grow_array(shard->glances, &shard->allocated, sizeof *shard->glances);
    }
    ukey->place = (uint32_t) shard->n++;
    shard->glances[ukey->place] = (struct ukey_glance) { .ukey = ukey, .flow_id = UINT32_MAX };
    id_map_insert(&shard->by_ufid, hash_of(&ukey->ufid), ukey->place);
}

/* The last one takes the place. */
static void take_out(struct ukey_shard *shard, const struct ukey *ukey)
{
    id_map_remove(&shard->by_ufid, hash_of(&ukey->ufid), ukey->place);
    const struct ukey_glance *last = &shard->glances[--shard->n];
    if (last->ukey != ukey) {
        id_map_renumber(&shard->by_ufid, hash_of(&last->ukey->ufid), (uint32_t) shard->n, ukey->place);
        last->ukey->place = ukey->place;
        shard->glances[ukey->place] = *last;
    }
}

void ukey_glance_locked(struct ukey_shard *shard, const struct ukey *ukey, uint64_t epoch)
{
    struct ukey_glance *glance = &shard->glances[ukey->place];
    glance->packets = ukey->packets;
    glance->epoch = epoch;
    glance->used_ms = ukey->used_ms;
    glance->flow_id = ukey->flow_id;
}

void ukey_forget_locked(struct ukey_shard *shard, const struct ukey *ukey)
{
    shard->glances[ukey->place].flow_id = UINT32_MAX;
}

void ukeys_prefetch(struct ukeys *ukeys, const struct uuid *ufid)
{
    struct ukey_shard *shard = ukeys_shard(ukeys, ufid);
    pthread_mutex_lock(&shard->lock);
    id_map_prefetch(&shard->by_ufid, hash_of(ufid));
    pthread_mutex_unlock(&shard->lock);
}

bool ukeys_insert(struct ukeys *ukeys, struct ukey *ukey)
{
    struct ukey_shard *shard = ukeys_shard(ukeys, &ukey->ufid);
    pthread_mutex_lock(&shard->lock);
    bool free_name = !ukeys_find_locked(shard, &ukey->ufid);
    if (free_name) {
        add(shard, ukey);
        __atomic_add_fetch(&ukeys->n, 1, __ATOMIC_RELAXED);
        outcome_count(ukey->outcome, 1);
    }
    pthread_mutex_unlock(&shard->lock);
    return free_name;
}

void ukeys_remove_locked(struct ukeys *ukeys, struct ukey_shard *shard, struct ukey *ukey)
{
    take_out(shard, ukey);
    ukey->state = UKEY_GONE;
    outcome_count(ukey->outcome, -1);
    __atomic_sub_fetch(&ukeys->n, 1, __ATOMIC_RELAXED);
    rcu_postpone(free_later, ukey);
}

void ukey_credit_locked(struct ukey *ukey, const struct dp_flow_stats *now, struct flow_marks *marks)
{
    ukey->used_ms = MAX(ukey->used_ms, now->used_ms);
    if (ukey->adopted || now->packets == ukey->packets) {
        return;
    }
    /* Counters that went back are another flow's, of a datapath that was restarted. */
    if (now->packets > ukey->packets) {
        xlate_credits_push(&ukey->outcome->credits, NULL, now->packets - ukey->packets, now->bytes - ukey->bytes, now->used_ms,
                           now->tcp_flags);
    }
    ukey->packets = now->packets;
    ukey->bytes = now->bytes;
    flow_marks_set(marks, ukey->flow_id, &ukey->ufid, now->packets, now->bytes);
}
