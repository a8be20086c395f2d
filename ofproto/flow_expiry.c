/* SPDX-License-Identifier: Apache-2.0 */
/* Flows whose time is over. */
#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "ofproto/private.h"
#include "ofproto/table_private.h"

COVERAGE_DEFINE(flow_expired_idle);
COVERAGE_DEFINE(flow_expired_hard);

static bool hard_over(const struct rule *rule, int64_t now)
{
    return rule->hard_timeout && now >= rule_modified_ms(rule) + rule->hard_timeout * INT64_C(1000);
}

static bool idle_over(const struct rule *rule, int64_t now)
{
    int64_t used_ms = __atomic_load_n(&rule->counters->used_ms, __ATOMIC_RELAXED);
    return rule->idle_timeout && now >= used_ms + rule->idle_timeout * INT64_C(1000);
}

static bool any_idle(const struct tables *tables, int64_t now)
{
    struct rule *rule;
    cds_list_for_each_entry (rule, &tables->expirable, expirable) {
        if (!hard_over(rule, now) && idle_over(rule, now)) {
            return true;
        }
    }
    return false;
}

void table_expire(struct ofproto *ofproto)
{
    struct tables *tables = ofproto->tables;
    int64_t now = clock_ms();

    /* A flow may seem idle only because nobody has asked the datapath lately. */
    tables_lock();
    bool ask = any_idle(tables, now);
    tables_unlock();
    if (ask) {
        ofproto_push_stats();
    }

    struct transaction *txn = transaction_begin();
    struct rule *rule, *next;
    cds_list_for_each_entry_safe (rule, next, &tables->expirable, expirable) {
        bool hard = hard_over(rule, now);
        if (hard || idle_over(rule, now)) {
            if (hard) {
                COVERAGE_INC(flow_expired_hard);
            } else {
                COVERAGE_INC(flow_expired_idle);
            }
            transaction_take_out(txn, rule, hard ? OFPRR_HARD_TIMEOUT : OFPRR_IDLE_TIMEOUT);
        }
    }
    transaction_commit(txn);
}
