/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenFlow tables of a bridge: lookups, selection of rules, statistics. */
#include "ofproto/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/memory.h"
#include "lib/base/strbuf.h"
#include "ofproto/counters.h"
#include "ofproto/eviction.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/state_log.h"
#include "ofproto/revalidator.h"
#include "ofproto/table_private.h"
#include "ofproto/validity.h"

enum { TABLE_SHOWN_MAX = 1000000 }; /* max_entries where there is no limit, as OVS says */

static uint64_t version = 1; /* any thread: ro; writers: wo */
static bool moved;           /* any thread: something else did since tables_need_sweep() */
static uint32_t n_unknown_dependents; /* any thread: cached flows that may depend on any table */

/* Tables that changed since tables_need_sweep(); under the lock. */
static struct table **unswept;
static size_t n_unswept, allocated_unswept;

static CDS_LIST_HEAD(all);   /* struct tables.node; under the lock */
static uint32_t settled_epoch; /* under the lock */

uint64_t tables_version(void)
{
    return __atomic_load_n(&version, __ATOMIC_ACQUIRE);
}

void tables_moved(void)
{
    __atomic_store_n(&moved, true, __ATOMIC_RELEASE);
    __atomic_fetch_add(&version, 1, __ATOMIC_RELEASE);
    validity_moved();
    revalidator_wake();
}

/* Dependents. */

void table_depend(const struct ofproto *ofproto, uint8_t table, int n)
{
    uint32_t *count = ofproto ? &ofproto->tables->table[table].n_dependents : &n_unknown_dependents;
    __atomic_fetch_add(count, (uint32_t) n, __ATOMIC_SEQ_CST);
}

static bool has_dependents(const struct table *table)
{
    return __atomic_load_n(&table->n_dependents, __ATOMIC_SEQ_CST)
           || __atomic_load_n(&n_unknown_dependents, __ATOMIC_SEQ_CST);
}

bool tables_need_sweep(void)
{
    bool need = __atomic_exchange_n(&moved, false, __ATOMIC_ACQ_REL);
    tables_lock();
    for (size_t i = 0; i < n_unswept; i++) {
        struct table *table = unswept[i];
        need |= has_dependents(table);
        table->unswept = false;
    }
    n_unswept = 0;
    tables_unlock();
    return need;
}

static void add_unswept(struct table *table)
{
    if (!table->unswept) {
        if (n_unswept == allocated_unswept) {
            unswept = grow_array(unswept, &allocated_unswept, sizeof *unswept);
        }
        table->unswept = true;
        unswept[n_unswept++] = table;
    }
}

/* The tables of a bridge that goes. */
static void forget_unswept(const struct tables *tables)
{
    size_t n = 0;
    for (size_t i = 0; i < n_unswept; i++) {
        if (unswept[i] < &tables->table[0] || unswept[i] >= &tables->table[OFP_N_TABLES]) {
            unswept[n++] = unswept[i];
        }
    }
    n_unswept = n;
}

uint64_t table_version(const struct ofproto *ofproto, uint8_t table)
{
    return table < OFP_N_TABLES ? __atomic_load_n(&ofproto->tables->table[table].version, __ATOMIC_ACQUIRE) : 0;
}

void tables_untouch(struct tables *tables)
{
    while (tables->n_touched) {
        tables->table[tables->touched[--tables->n_touched]].touched = false;
    }
}

void tables_changed(struct tables *tables)
{
    /* After the change: who read the old version and sees the new rules looks again for nothing, but nobody trusts old rules. The version of all
     * moves first: who sees that of a table moved sees that, too. */
    bool wake = false;
    __atomic_fetch_add(&version, 1, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < tables->n_touched; i++) {
        struct table *table = tables_table(tables, tables->touched[i]);
        __atomic_fetch_add(&table->version, 1, __ATOMIC_SEQ_CST);
        wake |= has_dependents(table);
        add_unswept(table);
    }
    tables_untouch(tables);
    validity_moved();
    if (wake) {
        revalidator_wake();
    }
}

struct rule *table_lookup(const struct ofproto *ofproto, version_t at, uint8_t table, const struct flow *flow,
                          struct flow *mask)
{
    return table < OFP_N_TABLES ? classifier_lookup(&ofproto->tables->table[table].cls, at, flow, mask) : NULL;
}

void table_credit(const struct ofproto *ofproto, uint8_t id, uint64_t lookups, uint64_t matched)
{
    if (id < OFP_N_TABLES) {
        struct table *table = tables_table(ofproto->tables, id);
        __atomic_fetch_add(&table->lookups, lookups, __ATOMIC_RELAXED);
        __atomic_fetch_add(&table->matched, matched, __ATOMIC_RELAXED);
    }
}

/* All rules of the table, the caller frees them. */
static struct rule **collect_rules(const struct classifier *cls)
{
    struct rule **rules = xmalloc((cls->n_rules + 1) * sizeof *rules);
    classifier_collect_all(cls, rules);
    return rules;
}

/* Rules in and out. */

static void set_expirable(struct tables *tables, struct rule *rule)
{
    cds_list_del_init(&rule->expirable);
    if (rule->idle_timeout || rule->hard_timeout) {
        cds_list_add_tail(&rule->expirable, &tables->expirable);
    }
}

void tables_count_in(struct tables *tables, struct rule *rule)
{
    tables_table(tables, rule->table)->n_flows += !rule_is_hidden(rule);
    if (rule_has(rule, RULE_USES_GROUP | RULE_USES_METER)) {
        references_add(tables->ofproto->references, rule);
    }
    learned_rule_in(tables, rule);
    if (tables_table(tables, rule->table)->eviction) {
        eviction_add(tables_table(tables, rule->table)->eviction, rule);
    }
    set_expirable(tables, rule);
}

void tables_count_out(struct tables *tables, struct rule *rule)
{
    tables_table(tables, rule->table)->n_flows -= !rule_is_hidden(rule);
    if (rule_has(rule, RULE_USES_GROUP | RULE_USES_METER)) {
        references_remove(tables->ofproto->references, rule);
    }
    learned_rule_out(tables, rule);
    if (tables_table(tables, rule->table)->eviction) {
        eviction_remove(tables_table(tables, rule->table)->eviction, rule);
    }
    cds_list_del_init(&rule->expirable);
}

void tables_settle(void)
{
    struct tables *tables;
    if (settled_epoch == version_epoch()) {
        return;
    }
    settled_epoch = version_epoch();
    cds_list_for_each_entry (tables, &all, node) {
        for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
            struct rule **rules = collect_rules(&tables->table[i].cls);
            for (size_t j = 0; j < tables->table[i].cls.n_rules; j++) {
                version_settle(&rules[j]->life);
            }
            free(rules);
        }
    }
}

struct tables *tables_create(struct ofproto *ofproto)
{
    struct tables *tables = xzalloc(sizeof *tables);
    tables->ofproto = ofproto;
    CDS_INIT_LIST_HEAD(&tables->expirable);
    learned_init(&tables->learned);
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        classifier_init(&tables->table[i].cls);
        tables->table[i].max_flows = UINT32_MAX;
    }
    int error;
    tables->counters = counters_create(NULL, &error);
    tables_lock();
    cds_list_add_tail(&tables->node, &all);
    tables_unlock();
    table_events_attach(ofproto);
    return tables;
}

static void free_tables(void *aux)
{
    struct tables *tables = aux;
    counters_unref(tables->counters);
    free(tables);
}

/* Every rule of a table that goes is out of it, those that have ended too: these have their place in a grave. */
static void unlink_all(struct classifier *cls)
{
    struct rule **rules = collect_rules(cls);
    for (size_t i = 0; i < cls->n_rules; i++) {
        cds_list_del_init(&rules[i]->expirable);
        rule_set_unlinked(rules[i]);
        if (!rule_is_removed(rules[i])) {
            version_end(&rules[i]->life);
            graveyard_add(rules[i]);
        }
    }
    free(rules);
}

void tables_destroy(struct tables *tables)
{
    if (tables) {
        table_events_detach(tables->ofproto);
        tables_lock();
        state_log_close(tables->log, false); /* what is removed now is there again after a restart */
        tables->log = NULL;
        for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
            unlink_all(&tables->table[i].cls);
            classifier_destroy(&tables->table[i].cls);
            table_config_destroy(&tables->table[i]);
        }
        learned_destroy(&tables->learned);
        cds_list_del(&tables->node);
        forget_unswept(tables);
        graveyard_start();
        tables_unlock();
        rcu_postpone(free_tables, tables);
    }
}

bool tables_restored(const struct tables *tables)
{
    return tables->restored;
}

void ofproto_log_restore(struct ofproto *ofproto)
{
    if (!strchr(ofproto->name, '/')) {
        state_log_open(ofproto->tables, ofproto->name);
    }
}

void ofproto_log_forget(struct ofproto *ofproto)
{
    tables_lock();
    state_log_close(ofproto->tables->log, true);
    ofproto->tables->log = NULL;
    tables_unlock();
}

static bool bridge_exists(const char *name)
{
    return ofproto_find(name) != NULL;
}

void ofproto_log_complete(void)
{
    state_log_clean(bridge_exists);
}

static bool add_to_list(void *aux, struct rule *rule)
{
    rule_list_add(aux, rule);
    return true;
}

/* Every rule without an end, hidden ones too. With the lock held. */
static void collect_all(const struct tables *tables, struct rule_list *list)
{
    const struct minimatch_key everything = { .n_words = 0 };
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        classifier_for_each(&tables->table[i].cls, &everything, add_to_list, list);
    }
}

void table_flush(struct ofproto *ofproto)
{
    struct rule_list list = { NULL, 0, 0 };
    struct transaction *txn = transaction_begin();
    collect_all(ofproto->tables, &list);
    for (size_t i = 0; i < list.n; i++) {
        list.rules[i]->flags &= (uint8_t) ~OFP_FF_SEND_FLOW_REM;
        transaction_take_out(txn, list.rules[i], OFPRR_DELETE);
    }
    transaction_commit(txn);
    rule_list_destroy(&list);
}

void table_set_limit(struct ofproto *ofproto, uint8_t table, uint32_t max_flows)
{
    tables_lock();
    tables_table(ofproto->tables, table)->max_flows = max_flows;
    tables_unlock();
}

/* Selection. */

void rule_list_add(struct rule_list *list, struct rule *rule)
{
    if (list->n >= list->allocated) {
        list->rules = grow_array(list->rules, &list->allocated, sizeof *list->rules);
    }
    rule_ref(rule);
    list->rules[list->n++] = rule;
}

void rule_list_destroy(struct rule_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        rule_unref(list->rules[i]);
    }
    free(list->rules);
    *list = (struct rule_list) { NULL, 0, 0 };
}

struct selection {
    const struct rule_filter *filter;
    struct rule_list *list;
};

static bool passes(const struct rule_filter *filter, const struct rule *rule)
{
    const struct rule_actions *actions = rule->actions;
    return !rule_is_hidden(rule) && !((rule->cookie ^ filter->cookie) & filter->cookie_mask)
           && (filter->out_port == OFPP_NONE
               || ofp_actions_outputs_to(actions->data, actions->size, filter->out_port))
           && (filter->out_group == OFPG_ANY
               || ofp_actions_outputs_to_group(actions->data, actions->size, filter->out_group));
}

static bool select_rule(void *aux, struct rule *rule)
{
    struct selection *selection = aux;
    if (passes(selection->filter, rule)) {
        rule_list_add(selection->list, rule);
    }
    return true;
}

static void select_in_table(const struct table *table, struct selection *selection, const struct minimatch_key *key)
{
    if (selection->filter->strict) {
        struct rule *rule = classifier_find(&table->cls, key, selection->filter->priority);
        if (rule) {
            select_rule(selection, rule);
        }
    } else {
        classifier_for_each(&table->cls, key, select_rule, selection);
    }
}

void tables_select(const struct tables *tables, const struct rule_filter *filter, const struct minimatch_key *key,
                   struct rule_list *list)
{
    struct selection selection = { filter, list };
    if (filter->table < OFP_N_TABLES) {
        select_in_table(&tables->table[filter->table], &selection, key);
    } else if (filter->table == OFP_TABLE_ALL) {
        for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
            select_in_table(&tables->table[i], &selection, key);
        }
    }
}

void table_collect(const struct ofproto *ofproto, const struct ofp_flow_stats_request *request, struct rule_list *list)
{
    struct rule_filter filter = { .table = request->table, .cookie = request->cookie, .cookie_mask = request->cookie_mask,
                                  .out_port = request->out_port, .out_group = request->out_group };
    struct minimatch_key key;
    minimatch_key_init(&key, &request->match);
    tables_lock();
    tables_select(ofproto->tables, &filter, &key, list);
    tables_unlock();
}

void table_for_each(const struct ofproto *ofproto, const struct ofp_flow_stats_request *request,
                    void (*cb)(void *aux, struct rule *), void *aux)
{
    struct rule_list list = { NULL, 0, 0 };
    table_collect(ofproto, request, &list);
    for (size_t i = 0; i < list.n; i++) {
        cb(aux, list.rules[i]);
    }
    rule_list_destroy(&list);
}

/* Statistics. */

static int seconds_since(int64_t now, int64_t then)
{
    return then < now ? (int) MIN((now - then) / 1000, (int64_t) INT32_MAX) : 0;
}

void table_rule_stats(const struct rule *rule, struct ofp_flow_stats *stats, struct match *match)
{
    int64_t now = clock_ms(), age = MAX(now - rule->created_ms, (int64_t) 0);
    const struct rule_actions *actions = rule_actions_rcu(rule);
    rule_get_match(rule, match);
    *stats = (struct ofp_flow_stats) {
        .match = match,
        .cookie = rule_cookie(rule),
        .table = rule->table,
        .priority = (uint16_t) MIN(rule->priority, 0xffff),
        .idle_timeout = rule->idle_timeout,
        .hard_timeout = rule->hard_timeout,
        .importance = rule->importance,
        .flags = rule->flags,
        .duration_sec = (uint32_t) (age / 1000),
        .duration_nsec = (uint32_t) (age % 1000 * 1000000),
        .idle_age = seconds_since(now, __atomic_load_n(&rule->counters->used_ms, __ATOMIC_RELAXED)),
        .hard_age = seconds_since(now, rule_modified_ms(rule)),
        .packets = __atomic_load_n(&rule->counters->packets, __ATOMIC_RELAXED),
        .bytes = __atomic_load_n(&rule->counters->bytes, __ATOMIC_RELAXED),
        .actions = actions->data,
        .actions_size = actions->size,
    };
}

void table_get_stats(const struct ofproto *ofproto, uint8_t id, struct ofp_table_stats *stats)
{
    const struct table *table = &ofproto->tables->table[id];
    memset(stats, 0, sizeof *stats);
    stats->id = id;
    snprintf(stats->name, sizeof stats->name, "%s", table->name);
    stats->active = table->n_flows;
    stats->lookups = __atomic_load_n(&table->lookups, __ATOMIC_RELAXED);
    stats->matched = __atomic_load_n(&table->matched, __ATOMIC_RELAXED);
    stats->max_entries = table->max_flows == UINT32_MAX ? TABLE_SHOWN_MAX : table->max_flows;
}

/* The switch's own rules. */

void table_add_own(struct ofproto *ofproto, int32_t priority, const struct match *match, const void *actions, size_t size)
{
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    struct transaction *txn = transaction_begin();
    struct rule *rule = rule_create(ofproto, 0, priority, &key, actions, size);
    struct rule *old = classifier_find(&ofproto->tables->table[0].cls, &key, priority);
    transaction_put(txn, rule, old, NULL, OFP10);
    transaction_commit(txn);
}

void table_del_own(struct ofproto *ofproto, int32_t priority, const struct match *match)
{
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    struct transaction *txn = transaction_begin();
    struct rule *rule = classifier_find(&ofproto->tables->table[0].cls, &key, priority);
    if (rule) {
        transaction_take_out(txn, rule, OFPRR_DELETE);
    }
    transaction_commit(txn);
}

void table_add_catchall(struct ofproto *ofproto, int32_t priority, const void *actions, size_t size)
{
    struct match everything;
    match_init(&everything);
    table_add_own(ofproto, priority, &everything, actions, size);
}

void table_del_catchall(struct ofproto *ofproto, int32_t priority)
{
    struct match everything;
    match_init(&everything);
    table_del_own(ofproto, priority, &everything);
}

void tables_count_memory(struct memory_usage *usage, void *aux)
{
    uint64_t n_flows = 0, n_rules = 0;
    struct tables *tables;
    tables_lock();
    cds_list_for_each_entry (tables, &all, node) {
        for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
            n_flows += tables->table[i].n_flows;
            n_rules += tables->table[i].cls.n_rules;
        }
    }
    tables_unlock();
    memory_usage_add(usage, "rules", n_flows);
    memory_usage_add(usage, "rules in classifiers", n_rules);
}

void table_dump(struct ofproto *ofproto, struct strbuf *out, bool with_stats)
{
    struct rule_list list = { NULL, 0, 0 };
    tables_lock();
    collect_all(ofproto->tables, &list);
    tables_unlock();
    const struct field_map *before = field_map_use(&ofproto->options);
    for (size_t i = 0; i < list.n; i++) {
        struct ofp_flow_stats stats;
        struct match match;
        table_rule_stats(list.rules[i], &stats, &match);
        strbuf_putf(out, "table_id=%u, ", stats.table);
        if (with_stats) {
            strbuf_putf(out, "duration=%us, n_packets=%llu, n_bytes=%llu, ", stats.duration_sec,
                        (unsigned long long) stats.packets, (unsigned long long) stats.bytes);
        }
        strbuf_putf(out, "priority=%d,", (int) list.rules[i]->priority);
        match_format(out, &match, NULL);
        strbuf_puts(out, match.mask.lines ? ",actions=" : "actions=");
        ofp_actions_format(out, stats.actions, stats.actions_size, NULL);
        strbuf_putc(out, '\n');
    }
    field_map_use(before);
    rule_list_destroy(&list);
}
