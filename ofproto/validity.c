/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the versions of what a translation depends on. */
#include "ofproto/validity.h"

#include "ofproto/group_table.h"
#include "ofproto/mac_table.h"
#include "ofproto/revalidator.h"
#include "ofproto/rule_changes.h"
#include "ofproto/table.h"
#include "ofproto/tunnel.h"
#include "ofproto/xlate_credit.h"

static uint64_t epoch = 1; /* any thread: rw, atomic */

uint64_t validity_epoch(void)
{
    return __atomic_load_n(&epoch, __ATOMIC_ACQUIRE) + tunnel_version(); /* both only grow */
}

void validity_moved(void)
{
    __atomic_fetch_add(&epoch, 1, __ATOMIC_RELEASE);
}

/* Generations and versions only grow, so each sum is the same only if all of its parts are. */
static uint64_t sum_tables(const struct xlate_credits *credits)
{
    if (credits->n == XLATE_MAX_CREDITS) {
        return tables_version(); /* not all are there */
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        if (credit->type == CREDIT_TABLE) {
            sum += table_version(credit->u.table.ofproto, credit->u.table.table);
        }
    }
    return sum;
}

/* Groups, and the tables in which the number of learned flows was asked: any change counts. */
static uint64_t sum_groups(const struct xlate_credits *credits)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        if (credit->type == CREDIT_GROUP) {
            sum += group_generation(credit->u.group.group);
        } else if (credit->type == CREDIT_NO_GROUP) {
            sum += group_table_generation(credit->u.no_group);
        } else if (credit->type == CREDIT_LEARNED && credit->u.learned->answer) {
            sum += table_version(credit->u.learned->ofproto, credit->u.learned->mod.table);
        }
    }
    return sum;
}

static uint64_t sum_macs(const struct xlate_credits *credits)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        if (credit->type == CREDIT_LOOKUP) {
            sum += mac_table_generation(credit->u.lookup.macs);
        }
    }
    return sum;
}

/* Do the MAC tables still give the answers that they gave? */
static bool same_answers(const struct xlate_credits *credits)
{
    for (size_t i = 0; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        if (credit->type == CREDIT_LOOKUP) {
            ofp_port_t port = OFPP_NONE;
            bool found = mac_table_lookup(credit->u.lookup.macs, credit->u.lookup.mac, credit->u.lookup.vlan, &port);
            if ((found ? port : OFPP_NONE) != credit->u.lookup.port) {
                return false;
            }
        }
    }
    return true;
}

/* Does the underlay still give the answers that it gave? */
static bool same_underlay(const struct xlate_credits *credits)
{
    for (size_t i = 0; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        if (credit->type == CREDIT_UNDERLAY && !xlate_underlay_holds(credit->u.underlay)) {
            return false;
        }
    }
    return true;
}

void validity_begin(struct validity *validity)
{
    validity->config = revalidator_version();
    validity->tables = tables_version();
    validity->changes = rule_changes_last();
}

void validity_end(struct validity *validity, const struct xlate_credits *credits)
{
    /* The answers of the MAC tables are in the credits and may be newer than this: then they are compared again. */
    validity->macs = 0;
    validity->underlay = 0;
    uint64_t before = validity->tables;
    validity->tables = sum_tables(credits);
    validity->groups = sum_groups(credits);
    if (tables_version() != before) {
        validity->config = 0; /* one changed during the translation */
    }
}

/* Have the tables of the translation changed in a way that may concern the megaflow? */
static bool tables_concern(struct validity *validity, const struct xlate_credits *credits, const struct packed_flow *key,
                           const struct packed_flow *mask)
{
    uint64_t sum = sum_tables(credits), changes;
    if (validity->tables == sum) {
        return false;
    }
    if (!key || credits->n == XLATE_MAX_CREDITS
        || rule_changes_concern(validity->changes, credits, key, mask, &changes)) {
        return true;
    }
    /* A change that is in 'sum' is among those considered; one that came since moves the sum again. */
    validity->tables = sum;
    validity->changes = changes;
    return false;
}

bool validity_holds(struct validity *validity, const struct xlate_credits *credits, const struct packed_flow *key,
                    const struct packed_flow *mask)
{
    if (validity->config != revalidator_version() || validity->groups != sum_groups(credits)
        || tables_concern(validity, credits, key, mask)) {
        return false;
    }
    uint64_t underlay = tunnel_version();
    if (validity->underlay != underlay) {
        if (!same_underlay(credits)) {
            return false;
        }
        validity->underlay = underlay;
    }
    uint64_t macs = sum_macs(credits);
    if (validity->macs != macs) {
        if (!same_answers(credits)) {
            return false;
        }
        validity->macs = macs;
    }
    return true;
}
