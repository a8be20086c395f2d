/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tables: limits, eviction, vacancy events, names. */
#include "ofproto/table_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/eviction.h"
#include "ofproto/private.h"
#include "ofproto/rule_changes.h"
#include "ofproto/table_private.h"

LOG_MODULE(table_config);

COVERAGE_DEFINE(flow_table_full);
COVERAGE_DEFINE(flow_evicted);

static struct table *table_of(const struct ofproto *ofproto, uint8_t id)
{
    return &ofproto->tables->table[id];
}

/* Eviction. */

static bool add_rule(void *eviction, struct rule *rule)
{
    eviction_add(eviction, rule);
    return true;
}

/* The settings ask for another order of the flows, or for none. With the lock held. */
static void set_eviction(struct table *table, const struct subfield *fields, size_t n_fields)
{
    const struct minimatch_key everything = { .n_words = 0 };
    eviction_destroy(table->eviction);
    table->eviction = NULL;
    if (table->evict_client || table->evict_openflow) {
        table->eviction = eviction_create(fields, n_fields);
        classifier_for_each(&table->cls, &everything, add_rule, table->eviction);
    }
}

enum ofp_error table_make_room(struct transaction *txn, struct table *table)
{
    while (table->n_flows >= table->max_flows) {
        struct rule *rule = table->eviction ? eviction_choose(table->eviction) : NULL;
        if (!rule) {
            COVERAGE_INC(flow_table_full);
            return OFPFMFC_TABLE_FULL;
        }
        COVERAGE_INC(flow_evicted);
        transaction_take_out(txn, rule, OFPRR_EVICTION);
    }
    return OFPERR_OK;
}

/* A limit that was lowered is kept by eviction at once. */
static void trim(struct ofproto *ofproto, struct table *table)
{
    struct transaction *txn = transaction_begin();
    while (table->eviction && table->n_flows > table->max_flows) {
        struct rule *rule = eviction_choose(table->eviction);
        if (!rule) {
            break;
        }
        COVERAGE_INC(flow_evicted);
        transaction_take_out(txn, rule, OFPRR_EVICTION);
    }
    transaction_commit(txn);
}

/* Vacancy. */

static uint8_t vacancy_of(const struct table *table)
{
    if (!table->max_flows) {
        return 0;
    }
    uint32_t left = table->max_flows - MIN(table->n_flows, table->max_flows);
    return (uint8_t) (left * 100ull / table->max_flows);
}

static void describe(const struct table *table, uint8_t id, struct ofp_table_desc *desc)
{
    *desc = (struct ofp_table_desc) {
        .table = id,
        .eviction = table->evict_openflow,
        .eviction_flags = OFPTMPEF_OTHER | OFPTMPEF_IMPORTANCE | OFPTMPEF_LIFETIME,
        .vacancy = table->vacancy_next != 0,
        .vacancy_down = table->vacancy_down,
        .vacancy_up = table->vacancy_up,
        .vacancy_now = vacancy_of(table),
    };
}

/* Says that the threshold was passed which comes next; after "down" comes "up", and the other way round. With the lock held. */
void table_check_vacancy(struct ofproto *ofproto, uint8_t id)
{
    struct table *table = table_of(ofproto, id);
    uint8_t now = vacancy_of(table);
    bool passed = table->vacancy_next == OFPTR_VACANCY_DOWN ? now < table->vacancy_down
                  : table->vacancy_next == OFPTR_VACANCY_UP ? now > table->vacancy_up : false;
    if (passed) {
        struct table_event event = { .type = TABLE_EVENT_STATUS };
        event.status.reason = table->vacancy_next;
        describe(table, id, &event.status.desc);
        table->vacancy_next = table->vacancy_next == OFPTR_VACANCY_DOWN ? OFPTR_VACANCY_UP : OFPTR_VACANCY_DOWN;
        table_events_put(ofproto, &event, false);
    }
}

/* Table-mod. */

static void modify(struct ofproto *ofproto, uint8_t id, const struct ofp_table_mod *tm)
{
    struct table *table = table_of(ofproto, id);
    if (tm->miss != table->miss) {
        __atomic_store_n(&table->miss, (uint8_t) tm->miss, __ATOMIC_RELAXED);
        tables_touch(ofproto->tables, id);
        rule_changes_add_table(ofproto, id);
    }
    if (tm->eviction >= 0 && table->evict_openflow != tm->eviction) {
        table->evict_openflow = tm->eviction;
        set_eviction(table, table->eviction_fields, table->n_eviction_fields);
    }
    if (!tm->vacancy) {
        table->vacancy_next = 0;
        table->vacancy_down = table->vacancy_up = 0;
    } else if (tm->vacancy > 0) {
        table->vacancy_down = tm->vacancy_down;
        table->vacancy_up = tm->vacancy_up;
        if (!table->vacancy_next) {
            table->vacancy_next = vacancy_of(table) < tm->vacancy_up ? OFPTR_VACANCY_UP : OFPTR_VACANCY_DOWN;
        }
        table_check_vacancy(ofproto, id);
    }
}

enum ofp_error table_mod(struct ofproto *ofproto, const struct ofp_table_mod *tm)
{
    if (tm->table != OFP_TABLE_ALL && tm->table >= OFP_N_TABLES) {
        return OFPTMFC_BAD_TABLE;
    }
    if (tm->vacancy > 0 && (tm->vacancy_up > 100 || tm->vacancy_down > tm->vacancy_up)) {
        return OFPBPC_BAD_VALUE;
    }
    unsigned int first = tm->table == OFP_TABLE_ALL ? 0 : tm->table;
    unsigned int end = tm->table == OFP_TABLE_ALL ? OFP_N_TABLES : first + 1u;
    tables_lock();
    for (unsigned int i = first; i < end; i++) {
        modify(ofproto, (uint8_t) i, tm);
    }
    tables_changed(ofproto->tables);
    tables_unlock();
    table_events_flush(false);
    return OFPERR_OK;
}

void table_describe(const struct ofproto *ofproto, uint8_t id, struct ofp_table_desc *desc)
{
    tables_lock();
    describe(table_of(ofproto, id), id, desc);
    tables_unlock();
}

enum ofp_table_miss table_miss(const struct ofproto *ofproto, uint8_t id)
{
    return (enum ofp_table_miss) __atomic_load_n(&table_of(ofproto, id)->miss, __ATOMIC_RELAXED);
}

/* OVSDB. */

static size_t parse_groups(const struct ofproto *ofproto, const struct ofproto_table_config *config, struct subfield **fields)
{
    size_t n = 0;
    *fields = config->n_groups ? xcalloc(config->n_groups, sizeof **fields) : NULL;
    for (size_t i = 0; i < config->n_groups; i++) {
        char *error = subfield_parse(config->groups[i], &(*fields)[n]);
        if (error) {
            log_warn("bridge %s: Flow_Table group \"%s\": %s", ofproto->name, config->groups[i], error);
            free(error);
        } else {
            n++;
        }
    }
    return n;
}

/* As bits of enum prefix_field. Other fields may be asked for, as lookups without their help are right, too. */
static unsigned int parse_prefixes(const struct ofproto *ofproto, const struct ofproto_table_config *config)
{
    static const struct { const char *name; unsigned int field; } fields[] = {
        { "nw_src", PREFIX_NW_SRC }, { "ip_src", PREFIX_NW_SRC }, { "nw_dst", PREFIX_NW_DST }, { "ip_dst", PREFIX_NW_DST },
        { "ipv6_src", PREFIX_IPV6_SRC }, { "ipv6_dst", PREFIX_IPV6_DST },
    };
    unsigned int prefixes = 1u << PREFIX_TP_SRC | 1u << PREFIX_TP_DST;
    if (!config->n_prefixes) {
        return (1u << N_PREFIX_FIELDS) - 1;
    }
    for (size_t i = 0; i < config->n_prefixes; i++) {
        const char *name = config->prefixes[i];
        for (size_t j = 0; j < ARRAY_SIZE(fields); j++) {
            prefixes |= strcmp(name, fields[j].name) ? 0 : 1u << fields[j].field;
        }
        if (strcmp(name, "none") && !field_by_name(name)) {
            log_warn("bridge %s: \"%s\" is not a field for Flow_Table prefixes", ofproto->name, name);
        }
    }
    return prefixes;
}

static bool same_fields(const struct table *table, const struct subfield *fields, size_t n)
{
    bool same = n == table->n_eviction_fields;
    for (size_t i = 0; same && i < n; i++) {
        same = subfield_equal(&fields[i], &table->eviction_fields[i]);
    }
    return same;
}

void ofproto_configure_table(struct ofproto *ofproto, uint8_t id, const struct ofproto_table_config *config)
{
    static const struct ofproto_table_config none = { .name = "", .flow_limit = UINT32_MAX };
    struct table *table = table_of(ofproto, id);
    struct subfield *fields;
    config = config ? config : &none;
    size_t n_fields = parse_groups(ofproto, config, &fields);
    unsigned int prefixes = parse_prefixes(ofproto, config);

    tables_lock();
    bool has_name = config->name && *config->name;
    if (has_name || table->name_is_configured) {
        snprintf(table->name, sizeof table->name, "%s", has_name ? config->name : "");
        table->name_is_configured = has_name;
    }
    table->max_flows = config->flow_limit;
    __atomic_store_n(&table->cls.prefixes, prefixes, __ATOMIC_RELAXED);
    bool reorder = table->evict_client != config->evict || !same_fields(table, fields, n_fields);
    free(table->eviction_fields);
    table->eviction_fields = fields;
    table->n_eviction_fields = n_fields;
    table->evict_client = config->evict;
    if (reorder) {
        set_eviction(table, fields, n_fields);
    }
    bool full = table->n_flows > table->max_flows;
    tables_unlock();
    if (full) {
        trim(ofproto, table);
    }
}

const char *table_name(const struct ofproto *ofproto, uint8_t id)
{
    return table_of(ofproto, id)->name;
}

void table_set_name(struct ofproto *ofproto, uint8_t id, const char *name)
{
    struct table *table = table_of(ofproto, id);
    if (!table->name_is_configured) {
        snprintf(table->name, sizeof table->name, "%s", name);
    }
}

bool table_any_named(const struct ofproto *ofproto)
{
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        if (*table_of(ofproto, (uint8_t) i)->name) {
            return true;
        }
    }
    return false;
}

uint32_t table_max_flows(const struct ofproto *ofproto, uint8_t id)
{
    return table_of(ofproto, id)->max_flows;
}

void table_config_destroy(struct table *table)
{
    eviction_destroy(table->eviction);
    free(table->eviction_fields);
}
