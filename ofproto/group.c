/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: their making, their counters and their end. */
#include "ofproto/group.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "ofproto/group_select.h"
#include "ofproto/private.h"
#include "ofproto/table_private.h"
#include "ofproto/validity.h"

struct group *group_create(struct ofproto *ofproto, uint32_t id, enum ofp_group_type type,
                           const struct ofp_group_props *props, const struct ofp_bucket *buckets, size_t n_buckets)
{
    struct group *group = xzalloc(sizeof *group + n_buckets * sizeof group->buckets[0]);
    group->ofproto = ofproto;
    group->id = id;
    group->refs = 1;
    version_begin(&group->life);
    group->type = type;
    group->created_ms = group->modified_ms = clock_ms();
    group->tally = group_tally_create(ofproto->tables->counters, n_buckets, type == OFPGT_SELECT);
    ofp_group_props_clone(&group->props, props);
    group->n_buckets = n_buckets;
    for (size_t i = 0; i < n_buckets; i++) {
        ofp_bucket_clone(&group->buckets[i].b, &buckets[i]);
        bool watches = group_bucket_watches(&buckets[i]);
        group->buckets[i].live = !watches;
        group->watches |= watches;
    }
    return group;
}

void group_set_tally(struct group *group, struct group_tally *tally)
{
    group_tally_unref(group->tally);
    group->tally = tally;
    if (group->type == OFPGT_SELECT) {
        group_select_inherit_table(tally, group->n_buckets);
        group_select_update(group); /* its table counts for the tally */
    }
}

static void free_group(struct rcu_head *head)
{
    struct group *group = CONTAINER_OF(head, struct group, rcu);
    for (size_t i = 0; i < group->n_buckets; i++) {
        ofp_bucket_destroy(&group->buckets[i].b);
    }
    ofp_group_props_destroy(&group->props);
    group_select_unref(group->select);
    group_tally_unref(group->tally);
    free(group);
}

void group_ref(struct group *group)
{
    __atomic_fetch_add(&group->refs, 1, __ATOMIC_RELAXED);
}

void group_unref(struct group *group)
{
    if (group && __atomic_fetch_sub(&group->refs, 1, __ATOMIC_ACQ_REL) == 1) {
        urcu_qsbr_call_rcu(&group->rcu, free_group);
    }
}

void group_credit(struct group *group, uint64_t packets, uint64_t bytes)
{
    group_tally_credit(group->tally, packets, bytes);
}

void group_credit_bucket(struct group *group, size_t bucket, uint64_t packets, uint64_t bytes)
{
    group_tally_credit_bucket(group->tally, bucket, packets, bytes);
}

int group_first_live(const struct group *group)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        if (group_bucket_is_live(&group->buckets[i])) {
            return (int) i;
        }
    }
    return -1;
}

void group_touch(struct group *group)
{
    __atomic_fetch_add(&group->generation, 1, __ATOMIC_RELEASE);
    validity_moved();
}

void group_describe(const struct group *group, struct ofp_group_desc *desc)
{
    *desc = (struct ofp_group_desc) { .id = group->id, .type = group->type, .n_buckets = group->n_buckets,
                                      .props = group->props };
    desc->buckets = xcalloc(group->n_buckets + 1, sizeof *desc->buckets);
    for (size_t i = 0; i < group->n_buckets; i++) {
        desc->buckets[i] = group->buckets[i].b;
    }
}

void group_stats(const struct group *group, uint32_t ref_count, struct ofp_group_stats *stats)
{
    int64_t age = MAX(clock_ms() - group->created_ms, (int64_t) 0);
    *stats = (struct ofp_group_stats) {
        .id = group->id,
        .ref_count = ref_count,
        .duration_sec = (uint32_t) (age / 1000),
        .duration_nsec = (uint32_t) (age % 1000 * 1000000),
        .buckets = xcalloc(group->n_buckets + 1, sizeof *stats->buckets),
        .n_buckets = group->n_buckets,
    };
    group_tally_get(group->tally, &stats->packets, &stats->bytes);
    for (size_t i = 0; i < group->n_buckets; i++) {
        group_tally_get_bucket(group->tally, i, &stats->buckets[i].packets, &stats->buckets[i].bytes);
    }
}
