/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: what each flow-mod did is listed, to be completed or undone. */
#include "ofproto/transaction.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/counters.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/rule_changes.h"
#include "ofproto/state_log.h"
#include "ofproto/table_private.h"

/* One rule that came, went, or took the place of another. */
struct op {
    struct rule *rule, *old; /* one may be null */
    const struct flow_mod_source *source;
    be32 xid;
    uint8_t version; /* to encode the rule in if there is no source */
    uint8_t reason;  /* why 'old' went, if there is no rule */
};

struct part {
    const struct transaction_part *part;
    void *aux;
};

struct transaction {
    struct tables *tables; /* of the bridge that it is about; null if it is about no flows */
    struct op *ops, first[2]; /* most have no more than one */
    size_t n_ops, allocated_ops;
    struct part *parts;
    size_t n_parts, allocated_parts;
    const void *requester;
    be32 xid;
    bool tell_later;
};

struct transaction *transaction_begin(void)
{
    struct transaction *txn = xzalloc(sizeof *txn);
    txn->ops = txn->first;
    txn->allocated_ops = ARRAY_SIZE(txn->first);
    tables_lock();
    tables_settle();
    return txn;
}

void transaction_set_requester(struct transaction *txn, const void *requester, be32 xid)
{
    txn->requester = requester;
    txn->xid = xid;
}

void transaction_tell_later(struct transaction *txn)
{
    txn->tell_later = true;
}

void transaction_set_bridge(struct transaction *txn, struct ofproto *ofproto)
{
    assert(!txn->tables || txn->tables == ofproto->tables);
    txn->tables = ofproto->tables;
}

void transaction_add(struct transaction *txn, const struct transaction_part *part, void *aux)
{
    if (txn->n_parts == txn->allocated_parts) {
        txn->parts = grow_array(txn->parts, &txn->allocated_parts, sizeof *txn->parts);
    }
    txn->parts[txn->n_parts++] = (struct part) { part, aux };
}

/* Flows. */

static struct op *add_op(struct transaction *txn, struct tables *tables)
{
    assert(!txn->tables || txn->tables == tables);
    txn->tables = tables;
    if (txn->n_ops == txn->allocated_ops) {
        if (txn->ops == txn->first) {
            txn->allocated_ops = 16;
            txn->ops = xmalloc(txn->allocated_ops * sizeof *txn->ops);
            memcpy(txn->ops, txn->first, sizeof txn->first);
        } else {
            txn->ops = grow_array(txn->ops, &txn->allocated_ops, sizeof *txn->ops);
        }
    }
    return &txn->ops[txn->n_ops++];
}

/* A rule that came with this transaction and goes with it has been seen by nobody, so its place in the table is given up at once. */
static void end_rule(struct tables *tables, struct rule *rule)
{
    bool pending = version_is_pending(&rule->life);
    tables_count_out(tables, rule);
    tables_touch(tables, rule->table);
    version_end(&rule->life);
    if (pending) {
        rule_unlink(rule);
    }
}

void transaction_put(struct transaction *txn, struct rule *rule, struct rule *old, const struct flow_mod_source *source,
                     enum ofp_version version)
{
    struct tables *tables = rule->ofproto->tables;
    if (!rule->counters) {
        rule->counters = counters_alloc(tables->counters);
        rule->counters->used_ms = rule->created_ms;
    }
    if (old) {
        end_rule(tables, old);
    }
    version_begin(&rule->life);
    classifier_insert(&tables_table(tables, rule->table)->cls, rule);
    tables_count_in(tables, rule);
    tables_touch(tables, rule->table);
    *add_op(txn, tables) = (struct op) { rule, old, source, txn->xid, (uint8_t) version, OFPRR_DELETE };
}

void transaction_take_out(struct transaction *txn, struct rule *rule, enum ofp_removed_reason reason)
{
    struct tables *tables = rule->ofproto->tables;
    end_rule(tables, rule);
    *add_op(txn, tables) = (struct op) { NULL, rule, NULL, txn->xid, 0, (uint8_t) reason };
}

/* The end. */

static void destroy(struct transaction *txn)
{
    for (size_t i = 0; i < txn->n_parts; i++) {
        if (txn->parts[i].part->destroy) {
            txn->parts[i].part->destroy(txn->parts[i].aux);
        }
    }
    free(txn->parts);
    if (txn->ops != txn->first) {
        free(txn->ops);
    }
    free(txn);
}

/* Rules that came and went within the transaction are not logged. */
static void log_op(struct state_log *log, const struct op *op)
{
    if (op->old && (!op->rule || op->rule->counters != op->old->counters)) {
        state_log_remove(log, op->old);
    }
    if (op->rule && !rule_is_removed(op->rule)) {
        const struct flow_mod_source encoded = { .version = (enum ofp_version) op->version };
        state_log_add(log, op->rule, op->source ? op->source : &encoded);
    }
}

static void log_ops(const struct transaction *txn)
{
    struct state_log *log = txn->tables->log;
    for (size_t i = 0; i < txn->n_ops; i++) {
        log_op(log, &txn->ops[i]);
    }
}

/* What has ended goes to its grave; with events first, which take references. */
static void tell_op(const struct transaction *txn, const struct op *op)
{
    const struct rule *visible = op->rule ? op->rule : op->old;
    if (rule_is_hidden(visible)) {
        return;
    }
    struct ofproto *ofproto = visible->ofproto;
    bool message = !op->rule && (op->old->flags & OFP_FF_SEND_FLOW_REM);
    if (message || txn->tables->listener.flows) {
        const struct table_event event = {
            .type = !op->rule               ? TABLE_EVENT_REMOVED
                    : op->old && !op->source ? TABLE_EVENT_MODIFIED
                                             : TABLE_EVENT_ADDED,
            .rule = op->rule,
            .old = op->old,
            .reason = (enum ofp_removed_reason) op->reason,
            .requester = txn->requester,
            .xid = op->xid,
        };
        table_events_put(ofproto, &event, message);
    }
}

/* For those who ask what the change may concern. */
static void note_changes(const struct transaction *txn)
{
    const struct rule *rules[64];
    for (size_t i = 0, n = 0; i < txn->n_ops; i++) {
        rules[n++] = txn->ops[i].rule ? txn->ops[i].rule : txn->ops[i].old;
        if (n == ARRAY_SIZE(rules) || i + 1 == txn->n_ops) {
            rule_changes_add(rules, n);
            n = 0;
        }
    }
}

static void commit_flows(struct transaction *txn)
{
    for (unsigned int i = 0; i < txn->tables->n_touched; i++) {
        if (txn->tables->table[txn->tables->touched[i]].vacancy_next) {
            table_check_vacancy(txn->tables->ofproto, txn->tables->touched[i]);
        }
    }
    note_changes(txn);
    tables_changed(txn->tables);
    for (size_t i = 0; i < txn->n_ops; i++) {
        tell_op(txn, &txn->ops[i]);
    }
    for (size_t i = 0; i < txn->n_ops; i++) {
        if (txn->ops[i].old) {
            graveyard_add(txn->ops[i].old);
        }
    }
    graveyard_start();
}

void transaction_commit(struct transaction *txn)
{
    struct state_log *log = txn->tables ? txn->tables->log : NULL;
    state_log_begin(log);
    for (size_t i = 0; i < txn->n_parts; i++) {
        if (txn->parts[i].part->publish) {
            txn->parts[i].part->publish(txn->parts[i].aux);
        }
    }
    if (txn->n_ops) {
        learned_delete(txn, txn->tables);
        log_ops(txn);
    }
    state_log_commit(log);
    if (txn->n_ops || txn->n_parts) {
        version_publish();
    }
    if (txn->n_ops) {
        commit_flows(txn);
    }
    tables_unlock();
    if (txn->n_ops) {
        table_events_flush(txn->tell_later);
    }
    for (size_t i = 0; i < txn->n_parts; i++) {
        if (txn->parts[i].part->published) {
            txn->parts[i].part->published(txn->parts[i].aux);
        }
    }
    destroy(txn);
}

static void undo_op(struct tables *tables, const struct op *op)
{
    if (op->rule) {
        if (!rule_is_removed(op->rule)) {
            tables_count_out(tables, op->rule);
            version_end(&op->rule->life);
        }
        rule_unlink(op->rule);
        graveyard_add(op->rule);
    }
    if (op->old && !rule_has(op->old, RULE_UNLINKED)) {
        version_end_undo(&op->old->life);
        tables_count_in(tables, op->old);
    }
}

void transaction_abort(struct transaction *txn)
{
    for (size_t i = txn->n_ops; i-- > 0;) {
        undo_op(txn->tables, &txn->ops[i]);
    }
    for (size_t i = txn->n_parts; i-- > 0;) {
        if (txn->parts[i].part->undo) {
            txn->parts[i].part->undo(txn->parts[i].aux);
        }
    }
    if (txn->n_ops) {
        learned_forget_dead(txn->tables);
        tables_untouch(txn->tables);
        graveyard_start();
    }
    tables_unlock();
    destroy(txn);
}

/* Flows that go with what their actions use. */

static void delete_users(struct transaction *txn, struct ofproto *ofproto, enum reference_kind kind, uint32_t id,
                         enum ofp_removed_reason reason)
{
    struct rule_list list = { NULL, 0, 0 };
    references_collect(ofproto->references, kind, id, &list);
    for (size_t i = 0; i < list.n; i++) {
        transaction_take_out(txn, list.rules[i], reason);
    }
    rule_list_destroy(&list);
}

void transaction_delete_by_group(struct transaction *txn, struct ofproto *ofproto, uint32_t group)
{
    delete_users(txn, ofproto, REFERENCE_GROUP, group, OFPRR_GROUP_DELETE);
}

void transaction_delete_by_meter(struct transaction *txn, struct ofproto *ofproto, uint32_t meter)
{
    delete_users(txn, ofproto, REFERENCE_METER, meter, OFPRR_METER_DELETE);
}

void tables_insert(struct tables *tables, struct rule *rule)
{
    struct minimatch_key key;
    struct match match;
    rule_get_match(rule, &match);
    minimatch_key_init(&key, &match);
    struct transaction *txn = transaction_begin();
    struct rule *old = classifier_find(&tables_table(tables, rule->table)->cls, &key, rule->priority);
    transaction_put(txn, rule, old, NULL, OFP13);
    transaction_commit(txn);
}
