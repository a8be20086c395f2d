/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: their making, their counters and their end. */
#include "ofproto/rule.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "ofproto/counters.h"

/* What a list of actions is like. */
static uint8_t traits_of(const void *actions, size_t size)
{
    uint8_t traits = 0;
    const struct ofp_action *a;
    ofp_action_for_each (a, actions, size) {
        switch (a->type) {
        case OFPACT_CONJUNCTION:
            traits |= RULE_CONJUNCTION;
            break;
        case OFPACT_GROUP:
            traits |= RULE_USES_GROUP;
            break;
        case OFPACT_METER:
            traits |= RULE_USES_METER;
            break;
        case OFPACT_LEARN:
            if (((const struct ofp_action_learn *) a)->flags & OFP_LEARN_DELETE_LEARNED) {
                traits |= RULE_DELETES_LEARNED;
            }
            break;
        case OFPACT_CLONE:
        case OFPACT_WRITE_ACTIONS: {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size);
            traits |= traits_of(nested, nested_size);
            break;
        }
        default:
            break;
        }
    }
    return traits;
}

static struct rule *create(size_t values_size, const void *actions, size_t actions_size)
{
    size_t head = offsetof(struct rule, match) + sizeof(struct minimatch) + values_size;
    struct rule *rule = xmalloc(head + sizeof(struct rule_actions) + actions_size);
    memset(rule, 0, sizeof *rule);
    struct rule_actions *copy = (struct rule_actions *) (void *) ((uint8_t *) rule + head);
    copy->size = actions_size;
    if (actions_size) {
        memcpy(copy->data, actions, actions_size);
    }
    rule->actions = copy;
    rule->traits = traits_of(actions, actions_size);
    rule->refs = 1;
    rule->life.begins = version_next();
    CDS_INIT_LIST_HEAD(&rule->expirable);
    return rule;
}

struct rule *rule_create(struct ofproto *ofproto, uint8_t table, int32_t priority, const struct minimatch_key *key,
                         const void *actions, size_t actions_size)
{
    size_t values_size = key->n_words * sizeof(uint64_t);
    struct rule *rule = create(values_size, actions, actions_size);
    rule->ofproto = ofproto;
    rule->table = table;
    rule->priority = priority;
    rule->created_ms = rule->modified_ms = clock_ms();
    rule->match.mask = minimask_intern(key);
    memcpy(rule->match.values, key->values, values_size);
    return rule;
}

struct rule *rule_create_successor(const struct rule *old, const void *actions, size_t actions_size)
{
    size_t values_size = minimatch_values_size(old->match.mask);
    struct rule *rule = create(values_size, actions, actions_size);
    rule->ofproto = old->ofproto;
    rule->counters = counters_ref(old->counters);
    rule->cookie = old->cookie;
    rule->created_ms = old->created_ms;
    rule->modified_ms = rule_modified_ms(old);
    rule->idle_timeout = __atomic_load_n(&old->idle_timeout, __ATOMIC_RELAXED);
    rule->hard_timeout = __atomic_load_n(&old->hard_timeout, __ATOMIC_RELAXED);
    rule->importance = old->importance;
    rule->flags = old->flags;
    rule->priority = old->priority;
    rule->table = old->table;
    rule->match.mask = minimask_ref(old->match.mask);
    memcpy(rule->match.values, old->match.values, values_size);
    return rule;
}

static void free_rule(struct rcu_head *head)
{
    struct rule *rule = CONTAINER_OF(head, struct rule, rcu);
    minimask_unref(rule->match.mask);
    counters_free(rule->counters);
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
