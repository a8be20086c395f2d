/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that have ended: unlinked from their classifiers after a grace period, when no reader of an older version is left, and
 * given back after another one, when nobody can be looking at them any more.
 *
 * One grave at a time waits for its grace period, and collects meanwhile what comes next into another: so the work is done in bulk when
 * there is much of it. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/private.h"
#include "ofproto/table_private.h"

enum { SLICE = 256 }; /* rules that are unlinked before others may have the lock */

struct grave {
    struct rcu_head rcu;
    struct rule **rules;
    size_t n, allocated;
};

/* Under tables_lock(). */
static struct grave *waiting;
static bool busy;

static void unlink_rules(struct rcu_head *head);

void rule_unlink(struct rule *rule)
{
    if (!rule_has(rule, RULE_UNLINKED)) {
        classifier_remove(&tables_table(rule->ofproto->tables, rule->table)->cls, rule);
        rule_set_unlinked(rule);
    }
}

void graveyard_add(struct rule *rule)
{
    if (!waiting) {
        waiting = xzalloc(sizeof *waiting);
    }
    if (waiting->n == waiting->allocated) {
        waiting->rules = grow_array(waiting->rules, &waiting->allocated, sizeof *waiting->rules);
    }
    waiting->rules[waiting->n++] = rule;
}

void graveyard_start(void)
{
    if (waiting && !busy) {
        struct grave *grave = waiting;
        waiting = NULL;
        busy = true;
        urcu_qsbr_call_rcu(&grave->rcu, unlink_rules);
    }
}

static void give_back(struct rcu_head *head)
{
    struct grave *grave = CONTAINER_OF(head, struct grave, rcu);
    for (size_t i = 0; i < grave->n; i++) {
        rule_unref(grave->rules[i]);
    }
    free(grave->rules);
    free(grave);
}

/* From the newest to the oldest: of many that were the same flow one after the other the newest is the first in its list. */
static void unlink_rules(struct rcu_head *head)
{
    struct grave *grave = CONTAINER_OF(head, struct grave, rcu);
    for (size_t left = grave->n; left;) {
        tables_lock();
        for (size_t end = left > SLICE ? left - SLICE : 0; left > end;) {
            rule_unlink(grave->rules[--left]);
        }
        tables_unlock();
    }
    urcu_qsbr_call_rcu(&grave->rcu, give_back);
    tables_lock();
    busy = false;
    graveyard_start();
    tables_unlock();
}
