/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: their making, their counters and their end. */
#include "ofproto/rule.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "ofproto/counters.h"

static struct rule_actions *copy_actions(const void *actions, size_t size)
{
    struct rule_actions *copy = xmalloc(sizeof *copy + size);
    copy->size = size;
    if (size) {
        memcpy(copy->data, actions, size);
    }
    return copy;
}

struct rule *rule_create(struct ofproto *ofproto, uint8_t table, int32_t priority, const struct minimatch_key *key,
                         const void *actions, size_t actions_size)
{
    struct rule *rule = xzalloc(offsetof(struct rule, match) + sizeof rule->match + key->n_words * sizeof(uint64_t));
    rule->ofproto = ofproto;
    rule->table = table;
    rule->priority = priority;
    rule->actions = copy_actions(actions, actions_size);
    rule->created_ms = rule->modified_ms = clock_ms();
    rule->refs = 1;
    CDS_INIT_LIST_HEAD(&rule->expirable);
    rule->match.mask = minimask_intern(key);
    memcpy(rule->match.values, key->values, key->n_words * sizeof(uint64_t));
    return rule;
}

static void free_actions(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct rule_actions, rcu));
}

void rule_set_actions(struct rule *rule, const void *actions, size_t size)
{
    struct rule_actions *old = rule->actions;
    rcu_assign_pointer(rule->actions, copy_actions(actions, size));
    urcu_qsbr_call_rcu(&old->rcu, free_actions);
}

static void free_rule(struct rcu_head *head)
{
    struct rule *rule = CONTAINER_OF(head, struct rule, rcu);
    minimask_unref(rule->match.mask);
    counters_free(rule->counters);
    free(rule->actions);
    free(rule);
}

void rule_ref(struct rule *rule)
{
    __atomic_fetch_add(&rule->refs, 1, __ATOMIC_RELAXED);
}

void rule_unref(struct rule *rule)
{
    if (rule && __atomic_fetch_sub(&rule->refs, 1, __ATOMIC_ACQ_REL) == 1) {
        urcu_qsbr_call_rcu(&rule->rcu, free_rule);
    }
}

static void unref_retired(struct rcu_head *head)
{
    rule_unref(CONTAINER_OF(head, struct rule, rcu));
}

void rule_retire(struct rule *rule)
{
    __atomic_store_n(&rule->removed, true, __ATOMIC_RELEASE);
    urcu_qsbr_call_rcu(&rule->rcu, unref_retired);
}

void rule_credit(struct rule *rule, uint64_t packets, uint64_t bytes, int64_t used_ms)
{
    struct rule_counters *counters = rule->counters;
    if (!counters) {
        return;
    }
    __atomic_fetch_add(&counters->packets, packets, __ATOMIC_RELAXED);
    __atomic_fetch_add(&counters->bytes, bytes, __ATOMIC_RELAXED);

    int64_t last = __atomic_load_n(&counters->used_ms, __ATOMIC_RELAXED);
    while (used_ms > last
           && !__atomic_compare_exchange_n(&counters->used_ms, &last, used_ms, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}
