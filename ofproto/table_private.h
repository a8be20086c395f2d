/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of a bridge consist of, for the files of tables, transactions and the state log only. All of it belongs to whoever holds
 * tables_lock(), unless a member says otherwise. */
#pragma once

#include "lib/base/rcu.h"
#include "ofproto/classifier.h"
#include "ofproto/learned.h"
#include "ofproto/table.h"
#include "ofproto/table_events.h"
#include "ofproto/transaction.h"

struct counters;
struct eviction;
struct state_log;

/* The flags that stay with a flow; the others say how to carry out the flow-mod. */
enum {
    RULE_LEARNED = 64, /* beside OFP_FF_*, which no message has: a learn action made the flow */
    RULE_STATE_FLAGS = OFP_FF_SEND_FLOW_REM | OFP_FF_NO_PKT_COUNTS | OFP_FF_NO_BYT_COUNTS | RULE_LEARNED,
};

struct table {
    struct classifier cls;
    uint64_t lookups, matched; /* any thread: rw, atomic */
    uint64_t version;          /* any thread: ro, atomic; writers: wo */
    bool touched;              /* in tables->touched */
    bool unswept;              /* in the list of tables_need_sweep() */
    uint32_t n_dependents;     /* any thread: rw, atomic */
    uint32_t n_flows;          /* that have no end and are not hidden */
    uint32_t max_flows;

    /* Settings: ofproto/table_config.c. */
    char name[64];                   /* main thread */
    bool name_is_configured;         /* by the database, not by a controller; main thread */
    uint8_t miss;                    /* enum ofp_table_miss; any thread: ro, atomic */
    bool evict_client, evict_openflow;
    struct subfield *eviction_fields;
    size_t n_eviction_fields;
    struct eviction *eviction;       /* while either is on */
    uint8_t vacancy_down, vacancy_up; /* percent */
    uint8_t vacancy_next;            /* the event that may come: OFPTR_VACANCY_DOWN or _UP; 0: none wanted */
};

struct tables {
    struct cds_list_head node;       /* in the list of all */
    struct ofproto *ofproto;
    struct counters *counters;
    struct state_log *log;           /* or null */
    bool restored;                   /* from the log; main thread */
    struct cds_list_head expirable;  /* rules with an idle or hard timeout */
    uint8_t touched[OFP_N_TABLES];   /* since tables_changed() */
    unsigned int n_touched;
    uint32_t epoch;                  /* version_epoch() that lives are settled for */
    struct learned_cookies learned;
    struct table_listener listener;
    struct table table[OFP_N_TABLES];
};

static inline struct table *tables_table(struct tables *tables, uint8_t id)
{
    return &tables->table[id];
}

/* A rule of the table is another now. */
static inline void tables_touch(struct tables *tables, uint8_t id)
{
    if (!tables->table[id].touched) {
        tables->table[id].touched = true;
        tables->touched[tables->n_touched++] = id;
    }
}

void tables_untouch(struct tables *);

/* A rule is one of the flows that are there for writers, or is not any more. */
void tables_count_in(struct tables *, struct rule *);
void tables_count_out(struct tables *, struct rule *);

/* Before a change is prepared: beginnings that are long past become VERSION_NONE. */
void tables_settle(void);

/* After a version was published: those of the tables that were touched move on, and the revalidator is told. */
void tables_changed(struct tables *);

/* Puts a new rule (with the caller's reference) into its table, in a transaction of its own, in place of the one of same match and priority. Not
 * logged. Takes the lock. */
void tables_insert(struct tables *, struct rule *);

/* In a transaction. */

/* Puts 'rule', with the caller's reference, into its table, in place of 'old' unless that is null. 'source' is for the log and must stay until the
 * transaction ends; if it is null the rule is encoded for the log as a flow-mod of 'version'. */
void transaction_put(struct transaction *, struct rule *rule, struct rule *old, const struct flow_mod_source *source,
                     enum ofp_version version);
void transaction_take_out(struct transaction *, struct rule *, enum ofp_removed_reason);

/* Room for one more flow, evicting others if the table does that; else OFPFMFC_TABLE_FULL. */
enum ofp_error table_make_room(struct transaction *, struct table *) WARN_UNUSED;

/* After the number of flows changed. */
void table_check_vacancy(struct ofproto *, uint8_t table);

void table_config_destroy(struct table *);

/* Connections hear of it from the loop: for changes that are made in the middle of a translation or of the pushing of statistics. */
void transaction_tell_later(struct transaction *);

/* Adds the visible rules of 'table' (or all, OFP_TABLE_ALL) that lie within 'key', or are exactly it at 'priority' (when 'strict'), and pass the
 * filters, to 'list'. The lock is held. */
struct rule_filter {
    uint8_t table;
    be64 cookie, cookie_mask;
    ofp_port_t out_port; /* OFPP_NONE: any */
    uint32_t out_group;  /* OFPG_ANY: any */
    bool strict;
    int32_t priority;
};
void tables_select(const struct tables *, const struct rule_filter *, const struct minimatch_key *, struct rule_list *);

void rule_list_add(struct rule_list *, struct rule *);

/* Rules that have ended: unlinked from their classifiers after a grace period, and given back after another. */

/* Takes over the table's reference. One that is RULE_UNLINKED is only given back. */
void graveyard_add(struct rule *);

/* What was added since the last time is on its way. */
void graveyard_start(void);

/* What ends while the tables are made or destroyed: out of the classifier at once. */
void rule_unlink(struct rule *);
