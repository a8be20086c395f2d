/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of a bridge consist of, for table.c, flow_mod.c, flow_expiry.c and the state log only. Main thread. */
#pragma once

#include "lib/base/rcu.h"
#include "ofproto/classifier.h"
#include "ofproto/table.h"

struct counters;
struct state_log;

struct table {
    struct classifier cls;
    uint64_t lookups, matched; /* any thread: rw, atomic */
    uint64_t version;          /* any thread: ro; main: wo; atomic */
    bool changed;              /* since tables_changed() */
    uint32_t max_rules;
    uint32_t n_hidden;
};

struct tables {
    struct ofproto *ofproto;
    struct counters *counters;
    struct state_log *log;           /* or null */
    bool restored;                   /* from the log */
    struct cds_list_head expirable;  /* rules with an idle or hard timeout */
    struct table table[OFP_N_TABLES];
};

static inline struct table *tables_table(struct tables *tables, uint8_t id)
{
    return &tables->table[id];
}

/* Puts a new rule (with the caller's reference) into its table and takes out the one it replaces, if any. Takes a slot for its counters if
 * it has none. 'source' is for the log. */
void tables_insert(struct tables *, struct rule *, const struct flow_mod_source *source);

/* Takes the rule out; drops the table's reference. */
void tables_remove(struct tables *, struct rule *);

/* The timeouts of a rule changed. */
void tables_set_expirable(struct tables *, struct rule *);

/* A rule of the table is another now: it was put in, taken out, or does something else. */
static inline void tables_touch(struct tables *tables, uint8_t id)
{
    tables->table[id].changed = true;
}

/* After all changes of a request: the versions of the tables that were touched move on, and the revalidator is told. */
void tables_changed(struct tables *);

/* Adds the visible rules of 'table' (or all, OFP_TABLE_ALL) that lie within 'key', or are exactly it at 'priority' (when 'strict'), and pass the
 * filters, to 'list'. */
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
