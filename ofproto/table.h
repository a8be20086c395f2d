/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenFlow tables of a bridge. Changes are transactions (ofproto/transaction.h); lookups run on any thread under RCU, each of a
 * translation with the version that was current when it began (ofproto/version.h). */
#pragma once

#include "lib/ofp/message.h"
#include "ofproto/rule.h"

struct ofproto;
struct strbuf;
struct tables;

/* A counter that changes whenever a table of any bridge does. The revalidator compares it. Any thread. */
uint64_t tables_version(void);

/* Moves it on although no table changed: something else did that translations meet. Any thread. */
void tables_moved(void);

/* The same of one table; it moves after that of all does. Any thread, inside an RCU section. */
uint64_t table_version(const struct ofproto *, uint8_t table);

/* Which cached flows depend on which tables. So many more (or fewer) depend on this one; 'ofproto' null: nobody knows on which. Any thread. */
void table_depend(const struct ofproto *, uint8_t table, int n);

/* Main thread: has a table changed since the last call that cached flows depend on? After a grace period, so that the flows of translations
 * that did not see the change are counted. */
bool tables_need_sweep(void);

/* Any thread, inside an RCU section. */

/* The rule of highest priority that 'version' has in 'table' and that matches 'flow', or null. Every bit that decided (and as few more as possible) is added to 'mask', if it is
 * not null: the wildcard rule of the design. */
struct rule *table_lookup(const struct ofproto *, version_t version, uint8_t table, const struct flow *flow,
                          struct flow *mask);

/* Counts a lookup for the table's statistics. */
void table_credit(const struct ofproto *, uint8_t table, uint64_t lookups, uint64_t matched);

/* Main thread. */

/* The tables of a bridge that is being made. tables_destroy() is called when no other thread can find the bridge any more; null is fine. */
struct tables *tables_create(struct ofproto *);
void tables_destroy(struct tables *);

/* Are there flows because the state log had them? */
bool tables_restored(const struct tables *);

/* What a flow-mod came from, for the state log: the bytes that it was decoded from, or null if it was made here; then 'version' is the one to log it in. */
struct flow_mod_source {
    const uint8_t *message;
    size_t size;
    enum ofp_version version;
    bool flow_mod_table_id; /* as it was given to ofp_decode() */
    be32 xid;               /* of the message */
    const void *requester;  /* whose it is, for flow monitors: as of transaction_set_requester() */
};

/* Carries out a flow-mod, as a transaction of its own. On an error nothing has changed, but for OFPBRC_BUFFER_UNKNOWN, which is told after the change.
 * Takes the lock of the tables; any thread that is an RCU reader. */
enum ofp_error table_flow_mod(struct ofproto *, const struct ofp_flow_mod *, const struct flow_mod_source *) WARN_UNUSED;

/* Calls 'cb' for each visible rule that the request selects, table by table. 'cb' may change the tables: the rules are those of the moment; each is passed with a
 * reference that is dropped afterwards. */
void table_for_each(const struct ofproto *, const struct ofp_flow_stats_request *, void (*cb)(void *aux, struct rule *), void *aux);

/* The same as an array of references, which the caller drops. */
struct rule_list {
    struct rule **rules;
    size_t n, allocated;
};
void table_collect(const struct ofproto *, const struct ofp_flow_stats_request *, struct rule_list *);
void rule_list_destroy(struct rule_list *); /* with its references */

/* All numbers of a rule for a reply. 'stats' points to 'match' and to the rule's actions: inside an RCU section, or while nothing changes. */
void table_rule_stats(const struct rule *, struct ofp_flow_stats *, struct match *);

/* Statistics of one table, with its hidden rules left out. */
void table_get_stats(const struct ofproto *, uint8_t table, struct ofp_table_stats *);

/* At most so many flows from now on; those that are there stay. UINT32_MAX: no limit. */
void table_set_limit(struct ofproto *, uint8_t table, uint32_t max_flows);

/* Deletes rules whose idle or hard timeout is over, and says so to those who asked. Called about once a second. */
void table_expire(struct ofproto *);

/* Deletes all rules, hidden ones too, without telling anybody. */
void table_flush(struct ofproto *);

/* Rules of the switch's own, in table 0: these packets (with "catchall" all) and this action list. Hidden if the priority is RULE_PRIORITY_HIDDEN or more. One of the
 * same match and priority is replaced. */
struct match;
void table_add_own(struct ofproto *, int32_t priority, const struct match *, const void *actions, size_t size);
void table_del_own(struct ofproto *, int32_t priority, const struct match *); /* none such is fine */
void table_add_catchall(struct ofproto *, int32_t priority, const void *actions, size_t size);
void table_del_catchall(struct ofproto *, int32_t priority);

/* For memory_register() of lib/base/memory.h: the flows of all bridges, and the rules with those that are hidden or have ended. */
struct memory_usage;
void tables_count_memory(struct memory_usage *, void *aux);

/* One line for each rule, hidden ones too, as `bridge/dump-flows` prints them. */
void table_dump(struct ofproto *, struct strbuf *, bool with_stats);
