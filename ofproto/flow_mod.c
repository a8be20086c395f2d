/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-mods: what OpenFlow's "add", "modify" and "delete" do to the tables, in the semantics of each version. */
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/net/headers.h"
#include "ofproto/counters.h"
#include "ofproto/packed_flow_mod.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/table_private.h"

COVERAGE_DEFINE(flow_mod_add);
COVERAGE_DEFINE(flow_mod_modify);
COVERAGE_DEFINE(flow_mod_delete);
COVERAGE_DEFINE(flow_mod_error);

/* One flow-mod being carried out. */
struct request {
    struct transaction *txn;
    struct tables *tables;
    const struct ofp_flow_mod *fm; /* of one that was packed there is no match, but for the key */
    const struct flow_mod_source *source;
    struct minimatch_key key;
    bool checked;                  /* flow_mod_check() was content */
    int64_t now;
};

static enum ofp_error check_without_tables(const struct ofp_flow_mod *fm, uint8_t table)
{
    const struct ofp_actions_limits limits = {
        .table = table, .n_tables = OFP_N_TABLES, .max_ports = OFPP_MAX,
        .no_ct = true, .no_sample = true, .no_encap = true, .version = (uint8_t) fm->version,
    };
    return ofp_actions_check(fm->actions.data, fm->actions.size, &fm->match, &limits);
}

enum ofp_error flow_mod_check(const struct ofp_flow_mod *fm)
{
    return check_without_tables(fm, fm->table == OFP_TABLE_ALL ? 0 : fm->table);
}

static enum ofp_error check_actions(const struct request *request, uint8_t table)
{
    const struct ofp_flow_mod *fm = request->fm;
    enum ofp_error error = request->checked ? OFPERR_OK : check_without_tables(fm, table);
    return error ? error : references_check(request->tables->ofproto, fm->actions.data, fm->actions.size);
}

/* Add. */

/* The table that a flow is added to. */
static enum ofp_error choose_table(const struct ofp_flow_mod *fm, uint8_t *table)
{
    if (fm->table == OFP_TABLE_ALL && fm->version == OFP10) {
        *table = 0;
        return OFPERR_OK;
    }
    if (fm->table == OFP_TABLE_ALL) {
        return OFPFMFC_BAD_TABLE_ID;
    }
    *table = fm->table;
    return fm->table < OFP_N_TABLES ? OFPERR_OK : OFPBRC_EPERM; /* the last one is the switch's own */
}

static enum ofp_error check_add(const struct request *request, struct table *table)
{
    const struct ofp_flow_mod *fm = request->fm;
    if ((fm->flags & OFP_FF_CHECK_OVERLAP) && classifier_overlaps(&table->cls, &request->key, fm->priority)) {
        return OFPFMFC_OVERLAP;
    }
    return table_make_room(request->txn, table);
}

/* The same match and priority once more. Since 1.2 it keeps its counters unless told otherwise, but is as old as the new one. */
static bool keeps_counters(const struct ofp_flow_mod *fm)
{
    return fm->version >= OFP12 && !(fm->flags & OFP_FF_RESET_COUNTS);
}

static enum ofp_error add_to(struct request *request, uint8_t id)
{
    const struct ofp_flow_mod *fm = request->fm;
    struct table *table = tables_table(request->tables, id);
    enum ofp_error error = check_actions(request, id);
    if (error) {
        return error;
    }
    struct rule *old = classifier_find(&table->cls, &request->key, fm->priority);
    error = old ? OFPERR_OK : check_add(request, table);
    if (error) {
        return error;
    }
    struct rule *rule = rule_create(request->tables->ofproto, id, fm->priority, &request->key, fm->actions.data,
                                    fm->actions.size);
    if (old && keeps_counters(fm)) {
        rule->counters = counters_ref(old->counters);
    }
    rule->cookie = fm->new_cookie;
    rule->idle_timeout = fm->idle_timeout;
    rule->hard_timeout = fm->hard_timeout;
    rule->importance = fm->importance;
    rule->flags = (uint8_t) (fm->flags & RULE_STATE_FLAGS);
    transaction_put(request->txn, rule, old, request->source, (enum ofp_version) fm->version);
    return OFPERR_OK;
}

static enum ofp_error add(struct request *request)
{
    uint8_t table;
    enum ofp_error error = choose_table(request->fm, &table);
    if (!error && (request->fm->flags & OFP_FF_EMERG)) {
        error = OFPFMFC_TABLE_FULL; /* the cache of emergency flows has no room at all */
    }
    return error ? error : add_to(request, table);
}

/* Modify and delete. */

static void select_rules(const struct request *request, struct rule_list *list)
{
    const struct ofp_flow_mod *fm = request->fm;
    bool is_delete = fm->command == OFPFC_DELETE || fm->command == OFPFC_DELETE_STRICT;
    struct rule_filter filter = {
        .table = fm->table,
        .cookie = fm->cookie,
        .cookie_mask = fm->cookie_mask,
        .out_port = is_delete ? fm->out_port : OFPP_NONE,
        .out_group = is_delete ? fm->out_group : OFPG_ANY,
        .strict = fm->command == OFPFC_MODIFY_STRICT || fm->command == OFPFC_DELETE_STRICT,
        .priority = fm->priority,
    };
    tables_select(request->tables, &filter, &request->key, list);
}

static void modify_rule(struct request *request, struct rule *old)
{
    const struct ofp_flow_mod *fm = request->fm;
    struct rule *rule = rule_create_successor(old, fm->actions.data, fm->actions.size);
    if (fm->modify_cookie && fm->new_cookie != BE64_MAX) {
        rule->cookie = fm->new_cookie;
    }
    if (fm->flags & OFP_FF_RESET_COUNTS) {
        counters_free(rule->counters);
        rule->counters = counters_alloc(request->tables->counters);
        rule->counters->used_ms = __atomic_load_n(&old->counters->used_ms, __ATOMIC_RELAXED);
    }
    rule->modified_ms = request->now;
    transaction_put(request->txn, rule, old, NULL, (enum ofp_version) fm->version);
}

/* Modify adds the flow if there is none: always in 1.0, in 1.1 unless it asks for a cookie, never later. */
static bool modify_adds(const struct ofp_flow_mod *fm)
{
    return fm->version == OFP10 || (fm->version == OFP11 && !fm->cookie_mask);
}

static enum ofp_error modify(struct request *request)
{
    const struct ofp_flow_mod *fm = request->fm;
    struct rule_list list = { NULL, 0, 0 };
    enum ofp_error error = check_actions(request, fm->table == OFP_TABLE_ALL ? 0 : fm->table);
    if (error) {
        return error;
    }
    select_rules(request, &list);
    if (!list.n && modify_adds(fm)) {
        return add(request);
    }
    for (size_t i = 0; i < list.n; i++) {
        modify_rule(request, list.rules[i]);
    }
    rule_list_destroy(&list);
    return OFPERR_OK;
}

static void delete(struct request *request)
{
    struct rule_list list = { NULL, 0, 0 };
    select_rules(request, &list);
    for (size_t i = 0; i < list.n; i++) {
        transaction_take_out(request->txn, list.rules[i], OFPRR_DELETE);
    }
    rule_list_destroy(&list);
}

static enum ofp_error carry_out(struct request *request)
{
    const struct ofp_flow_mod *fm = request->fm;
    if (fm->table != OFP_TABLE_ALL && fm->table >= OFP_N_TABLES) {
        return OFPBRC_EPERM;
    }
    switch (fm->command) {
    case OFPFC_ADD:
        COVERAGE_INC(flow_mod_add);
        return add(request);
    case OFPFC_MODIFY:
    case OFPFC_MODIFY_STRICT:
        COVERAGE_INC(flow_mod_modify);
        return modify(request);
    case OFPFC_DELETE:
    case OFPFC_DELETE_STRICT:
        COVERAGE_INC(flow_mod_delete);
        delete(request);
        return OFPERR_OK;
    }
    return OFPFMFC_BAD_COMMAND;
}

static enum ofp_error count_error(enum ofp_error error)
{
    if (error) {
        COVERAGE_INC(flow_mod_error);
    }
    return error;
}

/* All but the key, which is large and of which little is used. */
static void init(struct request *request, struct transaction *txn, struct ofproto *ofproto, const struct ofp_flow_mod *fm,
                 const struct flow_mod_source *source)
{
    request->txn = txn;
    request->tables = ofproto->tables;
    request->fm = fm;
    request->source = source;
    request->checked = false;
    request->now = clock_ms();
}

enum ofp_error transaction_flow_mod(struct transaction *txn, struct ofproto *ofproto, const struct ofp_flow_mod *fm,
                                    const struct flow_mod_source *source)
{
    struct request request;
    init(&request, txn, ofproto, fm, source);
    minimatch_key_init(&request.key, &fm->match);
    return count_error(carry_out(&request));
}

enum ofp_error transaction_packed_flow_mod(struct transaction *txn, struct ofproto *ofproto,
                                           const struct packed_flow_mod *packed, const struct flow_mod_source *source)
{
    struct request request;
    struct ofp_flow_mod fm;
    init(&request, txn, ofproto, &fm, source);
    packed_flow_mod_get(packed, &fm, &request.key);
    request.checked = true;
    return count_error(carry_out(&request));
}

enum ofp_error table_flow_mod(struct ofproto *ofproto, const struct ofp_flow_mod *fm,
                              const struct flow_mod_source *source)
{
    struct transaction *txn = transaction_begin();
    if (source) {
        transaction_set_requester(txn, source->requester, source->xid);
    }
    enum ofp_error error = transaction_flow_mod(txn, ofproto, fm, source);
    if (error) {
        transaction_abort(txn);
        return error;
    }
    transaction_commit(txn);

    /* The switch buffers no packets (n_buffers is 0), so there is none to send through the new flow. */
    bool deletes = fm->command == OFPFC_DELETE || fm->command == OFPFC_DELETE_STRICT;
    return deletes || fm->buffer_id == UINT32_MAX ? OFPERR_OK : OFPBRC_BUFFER_UNKNOWN;
}
