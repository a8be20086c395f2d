/* SPDX-License-Identifier: Apache-2.0 */
/* Group-mods in transactions: prepared, then published or undone. */
#include "ofproto/group_change.h"

#include <stdlib.h>

#include "lib/base/coverage.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "ofproto/group_select.h"
#include "ofproto/group_table_private.h"
#include "ofproto/private.h"
#include "ofproto/state_log_object.h"
#include "ofproto/table_private.h"
#include "ofproto/transaction.h"
#include "ofproto/validity.h"

COVERAGE_DEFINE(group_mod_add);
COVERAGE_DEFINE(group_mod_modify);
COVERAGE_DEFINE(group_mod_delete);
COVERAGE_DEFINE(group_mod_error);
COVERAGE_DEFINE(group_mod_full);

static size_t max_groups = GROUP_CHANGE_MAX_GROUPS, max_buckets = GROUP_CHANGE_MAX_BUCKETS;

void group_change_set_options(const struct smap *options)
{
    long long groups = smap_get_int(options, "group-limit", -1), buckets = smap_get_int(options, "bucket-limit", -1);
    tables_lock();
    max_groups = groups >= 0 ? (size_t) groups : GROUP_CHANGE_MAX_GROUPS;
    max_buckets = buckets >= 0 ? (size_t) buckets : GROUP_CHANGE_MAX_BUCKETS;
    tables_unlock();
}

struct change {
    struct rcu_head rcu;
    struct groups *groups;
    struct group *added;     /* or null */
    size_t n_removed;
    struct group *removed[]; /* what it replaces, or what is deleted */
};

static struct change *create(struct groups *groups, struct group *added, size_t n_removed)
{
    struct change *change = xzalloc(sizeof *change + n_removed * sizeof change->removed[0]);
    change->groups = groups;
    change->added = added;
    return change;
}

/* The steps of a transaction. */

/* What the whole transaction leaves behind: what it took out again is not logged. */
static void log_change(const struct change *change)
{
    const struct ofproto *ofproto = change->groups->ofproto;
    struct state_log *log = ofproto->tables ? ofproto->tables->log : NULL;
    if (change->added && !version_has_end(&change->added->life)) {
        state_log_put_group(log, change->added);
    }
    for (size_t i = 0; i < change->n_removed; i++) {
        uint32_t id = change->removed[i]->id;
        if (!group_table_find(ofproto, id)) {
            state_log_drop(log, STATE_LOG_GROUP, id);
        }
    }
}


static void publish(void *aux)
{
    struct change *change = aux;
    struct groups *groups = change->groups;
    if (groups->stale) {
        groups->stale = false; /* once for all group-mods of the transaction */
        group_liveness_update(groups);
    }
    log_change(change);
}

static void undo(void *aux)
{
    struct change *change = aux;
    if (change->added) {
        group_table_end(change->groups, change->added);
        group_table_unlink(change->groups, change->added);
    }
    for (size_t i = change->n_removed; i-- > 0;) {
        group_table_end_undo(change->groups, change->removed[i]);
    }
    change->n_removed = 0;
}

/* The version moved before: who finds the old generation and translates in the new version looks again for nothing, but nobody trusts
 * what was translated in the old one. */
static void published(void *aux)
{
    struct change *change = aux;
    tables_moved();
    __atomic_fetch_add(&change->groups->generation, 1, __ATOMIC_RELEASE);
    for (size_t i = 0; i < change->n_removed; i++) {
        group_touch(change->removed[i]);
    }
    validity_moved();
}

/* After a grace period no reader is in the old version. */
static void bury(struct rcu_head *head)
{
    struct change *change = CONTAINER_OF(head, struct change, rcu);
    for (size_t i = 0; i < change->n_removed; i++) {
        group_table_unlink(change->groups, change->removed[i]);
    }
    free(change);
}

static void destroy(void *aux)
{
    struct change *change = aux;
    urcu_qsbr_call_rcu(&change->rcu, bury);
}

static const struct transaction_part part = { publish, undo, published, destroy };

/* Preparing. */

static void prepare_delete(struct transaction *txn, struct ofproto *ofproto, uint32_t id)
{
    struct group **list;
    size_t n = group_table_list(ofproto, id, &list);
    if (n) {
        struct change *change = create(ofproto->groups, NULL, n);
        for (size_t i = 0; i < n; i++) {
            change->removed[change->n_removed++] = list[i];
            group_table_end(ofproto->groups, list[i]);
        }
        transaction_add(txn, &part, change);
        for (size_t i = 0; i < n; i++) {
            transaction_delete_by_group(txn, ofproto, list[i]->id);
        }
    }
    free(list);
}

static enum ofp_error check_room(const struct groups *groups, const struct group *group, const struct group *old)
{
    size_t n_old = old ? old->n_buckets : 0;
    enum ofp_error error = OFPERR_OK;
    if (!old && groups->n >= max_groups) {
        error = OFPGMFC_OUT_OF_GROUPS;
    } else if (group->n_buckets > n_old && groups->n_buckets - n_old + group->n_buckets > max_buckets) {
        error = OFPGMFC_OUT_OF_BUCKETS;
    }
    if (error) {
        COVERAGE_INC(group_mod_full);
    }
    return error;
}

/* 'group' in the place of 'old', if there is one. */
static enum ofp_error prepare_new(struct transaction *txn, struct groups *groups, struct group *group,
                                  struct group *old)
{
    enum ofp_error error = check_room(groups, group, old);
    if (!error && group_mod_loops(groups, group)) {
        error = OFPGMFC_LOOP;
    }
    if (error) {
        group_unref(group);
        return error;
    }
    struct change *change = create(groups, group, 1);
    if (old) {
        group->created_ms = old->created_ms;
        group_select_inherit(group, old);
        change->removed[change->n_removed++] = old;
        group_table_end(groups, old);
    }
    group_select_update(group);
    group_table_put(groups, group);
    transaction_add(txn, &part, change);
    return OFPERR_OK;
}

static enum ofp_error prepare_change(struct transaction *txn, struct ofproto *ofproto, const struct ofp_group_mod *gm)
{
    struct group *old = group_table_find(ofproto, gm->id), *group;
    bool adds = gm->command == OFPGC_ADD || gm->command == OFPGC_ADD_OR_MOD;
    if (gm->id > OFPG_MAX) {
        return OFPGMFC_INVALID_GROUP;
    }
    if (old && gm->command == OFPGC_ADD) {
        return OFPGMFC_GROUP_EXISTS;
    }
    if (!old && !adds) {
        return OFPGMFC_UNKNOWN_GROUP;
    }
    if (old) {
        COVERAGE_INC(group_mod_modify);
    } else {
        COVERAGE_INC(group_mod_add);
    }
    enum ofp_error error = group_mod_build(ofproto->groups, gm, old, &group);
    return error ? error : prepare_new(txn, ofproto->groups, group, old);
}

enum ofp_error group_change_prepare(struct transaction *txn, struct ofproto *ofproto, const struct ofp_group_mod *gm)
{
    transaction_set_bridge(txn, ofproto);
    if (gm->command == OFPGC_DELETE) {
        COVERAGE_INC(group_mod_delete);
        prepare_delete(txn, ofproto, gm->id);
        return OFPERR_OK;
    }
    enum ofp_error error = prepare_change(txn, ofproto, gm);
    if (error) {
        COVERAGE_INC(group_mod_error);
    }
    return error;
}
