/* SPDX-License-Identifier: Apache-2.0 */
/* What the learn and fin_timeout actions do to flows. */
#include "ofproto/table_learn.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "ofproto/limits.h"
#include "ofproto/private.h"
#include "ofproto/state_log.h"
#include "ofproto/table_private.h"

COVERAGE_DEFINE(flow_learned);
COVERAGE_DEFINE(flow_learn_refreshed);
COVERAGE_DEFINE(flow_learn_limit);
COVERAGE_DEFINE(flow_learn_error);

static uint16_t timeout(const uint16_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Is the rule what the flow-mod would make of it? */
static bool is_same(const struct rule *rule, const struct ofp_flow_mod *fm)
{
    const struct rule_actions *actions = rule->actions;
    return rule->cookie == fm->new_cookie && timeout(&rule->idle_timeout) == fm->idle_timeout
           && timeout(&rule->hard_timeout) == fm->hard_timeout && rule->importance == fm->importance
           && rule->flags == (fm->flags & RULE_STATE_FLAGS) && actions->size == fm->actions.size
           && (!actions->size || !memcmp(actions->data, fm->actions.data, actions->size));
}

static struct rule *find(const struct ofproto *ofproto, const struct ofp_flow_mod *fm)
{
    struct minimatch_key key;
    minimatch_key_init(&key, &fm->match);
    return fm->table < OFP_N_TABLES ? classifier_find(&ofproto->tables->table[fm->table].cls, &key, fm->priority)
                                    : NULL;
}

static bool is_too_many(const struct ofproto *ofproto, const struct ofp_flow_mod *fm, const struct rule *rule,
                        uint32_t limit)
{
    uint32_t all = limits_all_learned();
    limit = limit ? limit : limits_learned();
    if (all && !(rule && rule->flags & RULE_LEARNED) && ofproto->tables->learned.n_flows >= all) {
        return true;
    }
    return limit && !(rule && rule->cookie == fm->new_cookie)
           && learned_count(ofproto->tables, fm->table, fm->new_cookie) >= limit;
}

bool table_may_learn(struct ofproto *ofproto, const struct ofp_flow_mod *fm, uint32_t limit)
{
    tables_lock();
    bool may = !is_too_many(ofproto, fm, find(ofproto, fm), limit);
    tables_unlock();
    return may;
}

static enum table_learn_result learn(struct transaction *txn, struct ofproto *ofproto, const struct ofp_flow_mod *fm,
                                     uint32_t limit, enum ofp_error *error)
{
    struct rule *rule = find(ofproto, fm);
    if (rule && is_same(rule, fm)) {
        COVERAGE_INC(flow_learn_refreshed);
        __atomic_store_n(&rule->modified_ms, clock_ms(), __ATOMIC_RELAXED);
        return TABLE_LEARN_REFRESHED;
    }
    if (is_too_many(ofproto, fm, rule, limit)) {
        COVERAGE_INC(flow_learn_limit);
        return TABLE_LEARN_LIMIT;
    }
    *error = transaction_flow_mod(txn, ofproto, fm, NULL);
    return *error ? TABLE_LEARN_ERROR : TABLE_LEARN_CHANGED;
}

enum table_learn_result table_learn(struct ofproto *ofproto, const struct ofp_flow_mod *fm, uint32_t limit,
                                    struct rule **rule, enum ofp_error *error)
{
    enum ofp_error ignored;
    struct ofp_flow_mod add = *fm;
    add.command = OFPFC_ADD;
    add.flags |= RULE_LEARNED;
    add.version = OFP13; /* whose "add" keeps the counters */
    struct transaction *txn = transaction_begin();
    transaction_tell_later(txn);
    enum table_learn_result result = learn(txn, ofproto, &add, limit, error ? error : &ignored);
    if (rule) {
        *rule = result == TABLE_LEARN_ERROR ? NULL : find(ofproto, &add);
        if (*rule) {
            rule_ref(*rule);
        }
    }
    if (result == TABLE_LEARN_CHANGED) {
        COVERAGE_INC(flow_learned);
        transaction_commit(txn);
    } else {
        transaction_abort(txn);
    }
    if (result == TABLE_LEARN_ERROR) {
        COVERAGE_INC(flow_learn_error);
    }
    return result;
}

static bool reduce(uint16_t *p, uint16_t to)
{
    uint16_t now = *p;
    bool change = to && (!now || to < now);
    if (change) {
        __atomic_store_n(p, to, __ATOMIC_RELAXED);
    }
    return change;
}

void table_reduce_timeouts(struct rule *rule, uint16_t idle_timeout, uint16_t hard_timeout)
{
    uint16_t idle = timeout(&rule->idle_timeout), hard = timeout(&rule->hard_timeout);
    bool longer = (idle_timeout && (!idle || idle > idle_timeout)) || (hard_timeout && (!hard || hard > hard_timeout));
    if (!longer) {
        return;
    }
    tables_lock();
    if (!rule_is_removed(rule)) {
        struct tables *tables = rule->ofproto->tables;
        tables_count_out(tables, rule); /* out of the orders that timeouts make */
        reduce(&rule->idle_timeout, idle_timeout);
        reduce(&rule->hard_timeout, hard_timeout);
        tables_count_in(tables, rule);
        learned_forget_dead(tables);
        state_log_add(tables->log, rule, &(struct flow_mod_source) { .version = OFP13 });
    }
    tables_unlock();
}
