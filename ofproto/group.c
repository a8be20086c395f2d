/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: their making, their counters and their end. */
#include "ofproto/group.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

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

static void free_group(struct rcu_head *head)
{
    struct group *group = CONTAINER_OF(head, struct group, rcu);
    for (size_t i = 0; i < group->n_buckets; i++) {
        ofp_bucket_destroy(&group->buckets[i].b);
    }
    ofp_group_props_destroy(&group->props);
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

static void count(struct group_counters *counters, uint64_t packets, uint64_t bytes)
{
    __atomic_fetch_add(&counters->packets, packets, __ATOMIC_RELAXED);
    __atomic_fetch_add(&counters->bytes, bytes, __ATOMIC_RELAXED);
}

void group_credit(struct group *group, uint64_t packets, uint64_t bytes)
{
    count(&group->counters, packets, bytes);
}

void group_credit_bucket(struct group *group, size_t bucket, uint64_t packets, uint64_t bytes)
{
    count(&group->buckets[bucket].counters, packets, bytes);
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
}
