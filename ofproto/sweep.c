/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep, shard by shard: look at each flow, translate again what is stale, tell the datapath, and take note. */
#include "ofproto/sweep.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/group_select.h"
#include "ofproto/ukey.h"
#include "ofproto/validity.h"
#include "ofproto/xlate_credit.h"

LOG_MODULE(sweep);

COVERAGE_DEFINE(revalidate_kept);
COVERAGE_DEFINE(revalidate_changed);
COVERAGE_DEFINE(revalidate_deleted);
COVERAGE_DEFINE(revalidate_expired);

enum { MAX_OPS = 64, PREFETCH = 8 };

enum verdict { KEEP, CHANGE, DELETE, LEAVE /* as it is, and stale */ };

/* What is to be done with a flow. */
struct work {
    struct ukey *ukey;
    enum verdict verdict;
    bool translate;                /* the verdict is not known yet */
    bool had_packets;              /* since the last sweep */
    struct validity validity;
    struct xlate_out *out;         /* owned; KEEP and CHANGE */
    int error;                     /* the datapath's answer */
    uint32_t flow_id;
    struct dp_flow_stats stats;
};

struct work_list {
    struct work *items;
    size_t n, allocated;
};

static struct work *add(struct work_list *list, struct ukey *ukey)
{
    if (list->n == list->allocated) {
        list->items = grow_array(list->items, &list->allocated, sizeof *list->items);
    }
    struct work *work = &list->items[list->n++];
    *work = (struct work) { .ukey = ukey };
    return work;
}

/* 1. Look. */

static bool is_stale(struct ukey *ukey)
{
    return ukey->adopted || !validity_holds(&ukey->validity, &ukey->outcome->credits, &ukey->key, ukey->mask);
}

/* The next one to look at from 'i' on, that is one whose packets are not those that the glance knows, or that 'must_look' wants; the number of
 * flows at the end. */
static size_t next_to_look_at(const struct ukey_shard *shard, size_t i, const struct dp_stats *stats,
                              bool (*must_look)(const void *aux, const struct ukey_glance *), const void *aux)
{
    for (; i < shard->n; i++) {
        const struct ukey_glance *glance = &shard->glances[i];
        if (i + PREFETCH < shard->n) {
            dp_stats_prefetch(stats, shard->glances[i + PREFETCH].flow_id);
        }
        if (glance->flow_id == UINT32_MAX || must_look(aux, glance)
            || dp_stats_packets(stats, glance->flow_id) != glance->packets) {
            break;
        }
    }
    return i;
}

/* By what a sweep decides which flows are not to be looked at. */
struct look {
    const struct sweep *sweep;
    uint64_t epoch;
    int64_t now;
};

static bool may_be_stale_or_idle(const void *look_, const struct ukey_glance *glance)
{
    const struct look *look = look_;
    return look->sweep->purge || glance->epoch != look->epoch || look->now - glance->used_ms >= look->sweep->max_idle_ms;
}

static void look(const struct sweep *sweep, struct ukey_shard *shard, struct work_list *list)
{
    /* The epoch first: what changes behind it is looked at the next time. */
    const struct look look = { sweep, validity_epoch(), clock_ms() };
    int64_t now = look.now;
    pthread_mutex_lock(&shard->lock);
    for (size_t i = 0; (i = next_to_look_at(shard, i, sweep->stats, may_be_stale_or_idle, &look)) < shard->n; i++) {
        struct ukey *ukey = shard->glances[i].ukey;
        if (ukey->state != UKEY_ACTIVE) {
            continue;
        }
        struct dp_flow_stats stats;
        dp_stats_flow(sweep->stats, ukey->flow_id, &stats);
        bool had_packets = stats.packets != ukey->packets;
        ukey_credit_locked(ukey, &stats, sweep->marks);
        if (sweep->purge || now - ukey->used_ms >= sweep->max_idle_ms) {
            add(list, ukey)->verdict = DELETE;
            ukey_forget_locked(shard, ukey);
            COVERAGE_INC(revalidate_expired);
        } else if (is_stale(ukey)) {
            struct work *work = add(list, ukey);
            work->translate = true;
            work->had_packets = had_packets;
            ukey_forget_locked(shard, ukey);
        } else {
            ukey_glance_locked(shard, ukey, look.epoch);
        }
    }
    pthread_mutex_unlock(&shard->lock);
}

/* 2. Translate. Key and mask do not change while a flow is ACTIVE, and nobody else takes it out of the map. */

static enum verdict judge(const struct sweep *sweep, const struct ukey *ukey, const struct xlate_out *out)
{
    if (out->error == XLATE_NO_RECIRC && ukey->adopted && sweep->adopting) {
        return LEAVE;
    }
    if (out->error == XLATE_NO_BRIDGE || out->error == XLATE_NO_RECIRC || !out->cacheable) {
        return DELETE;
    }
    struct flow mask;
    packed_flow_expand(ukey->mask, &mask);
    if (!flow_mask_covers(&mask, &out->mask)) {
        return DELETE; /* it matches packets that would go elsewhere */
    }
    const struct outcome *old = ukey->outcome;
    bool same = out->actions.size == old->actions_size
                && (!old->actions_size || !memcmp(out->actions.data, old->actions, old->actions_size));
    return same ? KEEP : CHANGE;
}

static void translate(const struct sweep *sweep, struct work *work)
{
    struct flow key;
    packed_flow_expand(&work->ukey->key, &key);
    validity_begin(&work->validity);
    work->out = xzalloc_cacheline(sizeof *work->out);
    struct xlate_in in = { .flow = &key, .side_effects = work->had_packets };
    xlate(&in, work->out);
    validity_end(&work->validity, &work->out->credits);
    work->verdict = judge(sweep, work->ukey, work->out);
    if (work->verdict == CHANGE && xlate_credits_install(&work->out->credits, sweep->client)) {
        work->verdict = DELETE;
    }
}

/* 3. Tell the datapath. */

static bool needs_op(const struct work *work)
{
    return work->verdict == DELETE || work->verdict == CHANGE;
}

struct flow_pair {
    struct flow key, mask;
};

static struct dp_op make_op(const struct work *work, struct flow_pair *flows)
{
    const struct ukey *ukey = work->ukey;
    if (work->verdict == DELETE) {
        return (struct dp_op) { .type = DP_OP_FLOW_DEL, .ufid = ukey->ufid };
    }
    packed_flow_expand(&ukey->key, &flows->key);
    packed_flow_expand(ukey->mask, &flows->mask);
    return (struct dp_op) {
        .type = DP_OP_FLOW_PUT,
        .ufid = ukey->ufid,
        .flags = DP_PUT_MODIFY,
        .key = &flows->key,
        .mask = &flows->mask,
        .actions = work->out->actions.data,
        .actions_size = work->out->actions.size,
    };
}

static int tell(const struct sweep *sweep, struct work_list *list)
{
    struct dp_op ops[MAX_OPS];
    struct work *works[MAX_OPS];
    int error = 0;
    if (!list->n) {
        return 0; /* most often, and then room for flows would cost more than the whole sweep */
    }
    struct flow_pair *flows = xzalloc_cacheline(MAX_OPS * sizeof *flows);
    for (size_t i = 0; i < list->n && !error;) {
        size_t n = 0;
        for (; i < list->n && n < MAX_OPS; i++) {
            if (needs_op(&list->items[i])) {
                works[n] = &list->items[i];
                ops[n] = make_op(&list->items[i], &flows[n]);
                n++;
            }
        }
        error = n ? dp_operate(sweep->client, ops, n) : 0;
        for (size_t j = 0; j < n; j++) {
            works[j]->error = error ? error : ops[j].error;
            works[j]->flow_id = ops[j].flow_id;
            works[j]->stats = ops[j].stats;
        }
    }
    free(flows);
    return error;
}

/* 4. Take note. */

static void note_translation(struct work *work, struct outcome **last)
{
    struct ukey *ukey = work->ukey;
    ukey_take_locked(ukey, outcome_share(last, work->out), &work->validity);
    ukey->adopted = false;
}

static void note_one(const struct sweep *sweep, struct ukey_shard *shard, struct work *work, struct outcome **last)
{
    struct ukey *ukey = work->ukey;
    switch (work->verdict) {
    case KEEP:
        COVERAGE_INC(revalidate_kept);
        note_translation(work, last);
        break;
    case CHANGE:
        COVERAGE_INC(revalidate_changed);
        if (!work->error) {
            ukey_credit_locked(ukey, &work->stats, sweep->marks); /* what the old actions did */
            ukey->flow_id = work->flow_id;
            note_translation(work, last);
        } else if (work->error == ENOENT) {
            ukeys_remove_locked(sweep->ukeys, shard, ukey);
        } else {
            log_warn_rl("the datapath refused to change a flow (%s)", strerror(work->error));
        }
        break;
    case DELETE:
        COVERAGE_INC(revalidate_deleted);
        if (!work->error) {
            ukey_credit_locked(ukey, &work->stats, sweep->marks);
        }
        if (!work->error || work->error == ENOENT) {
            ukeys_remove_locked(sweep->ukeys, shard, ukey);
        }
        break;
    case LEAVE:
        break;
    }
}

static void note(const struct sweep *sweep, struct ukey_shard *shard, struct work_list *list)
{
    struct outcome *last = NULL;
    pthread_mutex_lock(&shard->lock);
    for (size_t i = 0; i < list->n; i++) {
        note_one(sweep, shard, &list->items[i], &last);
    }
    pthread_mutex_unlock(&shard->lock);
    outcome_unref(last);
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].out) {
            xlate_out_destroy(list->items[i].out);
            free(list->items[i].out);
        }
    }
}

int sweep_run(const struct sweep *sweep)
{
    struct work_list list = { 0 };
    int error = 0;
    for (unsigned int i = 0; i < UKEY_N_SHARDS && !error; i++) {
        struct ukey_shard *shard = &sweep->ukeys->shards[i];
        list.n = 0;
        look(sweep, shard, &list);
        for (size_t j = 0; j < list.n; j++) {
            if (list.items[j].translate) {
                translate(sweep, &list.items[j]);
            }
        }
        error = tell(sweep, &list);
        note(sweep, shard, &list);
        rcu_quiesce();
    }
    free(list.items);
    if (!error) {
        group_select_reap(sweep->client);
    }
    return error;
}

static bool never(const void *unused, const struct ukey_glance *glance)
{
    return false;
}

void sweep_push_stats(struct ukeys *ukeys, const struct dp_stats *dp_stats, struct flow_marks *marks)
{
    for (unsigned int i = 0; i < UKEY_N_SHARDS; i++) {
        struct ukey_shard *shard = &ukeys->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (size_t j = 0; (j = next_to_look_at(shard, j, dp_stats, never, NULL)) < shard->n; j++) {
            struct ukey *ukey = shard->glances[j].ukey;
            if (ukey->state == UKEY_ACTIVE) {
                struct dp_flow_stats stats;
                dp_stats_flow(dp_stats, ukey->flow_id, &stats);
                ukey_credit_locked(ukey, &stats, marks);
                if (shard->glances[j].flow_id != UINT32_MAX) {
                    ukey_glance_locked(shard, ukey, shard->glances[j].epoch);
                }
            }
        }
        pthread_mutex_unlock(&shard->lock);
    }
}
