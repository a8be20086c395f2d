/* SPDX-License-Identifier: Apache-2.0 */
/* The table of groups: lookups, and what goes in and out. */
#include "ofproto/group_table.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "ofproto/group_table_private.h"
#include "ofproto/private.h"
#include "ofproto/table.h"

/* Lookups. */

static int has_id(struct cds_lfht_node *node, const void *id)
{
    return caa_container_of(node, struct group, node)->id == *(const uint32_t *) id;
}

static uint32_t hash_id(uint32_t id)
{
    return hash_u64(id, 0);
}

/* Several objects of an id: the first for which this holds. */
#define FIND(GROUPS, ID, GROUP, CONDITION)                                                         \
    do {                                                                                           \
        struct cds_lfht_iter iter_;                                                                \
        uint32_t id_ = (ID);                                                                       \
        cds_lfht_for_each_entry_duplicate ((GROUPS)->by_id, hash_id(id_), has_id, &id_, &iter_,    \
                                           GROUP, node) {                                          \
            if (CONDITION) {                                                                       \
                return (GROUP);                                                                    \
            }                                                                                      \
        }                                                                                          \
        return NULL;                                                                               \
    } while (0)

struct group *group_table_lookup(const struct ofproto *ofproto, uint32_t id, version_t version)
{
    struct group *group;
    FIND(ofproto->groups, id, group, version_sees(version, &group->life));
}

struct group *group_table_find(const struct ofproto *ofproto, uint32_t id)
{
    struct group *group;
    FIND(ofproto->groups, id, group, !version_has_end(&group->life));
}

uint64_t group_table_generation(const struct ofproto *ofproto)
{
    return __atomic_load_n(&ofproto->groups->generation, __ATOMIC_ACQUIRE);
}

size_t group_table_count(const struct ofproto *ofproto)
{
    return ofproto->groups->n;
}

static int compare_ids(const void *a_, const void *b_)
{
    const struct group *const *a = a_, *const *b = b_;
    return (*a)->id < (*b)->id ? -1 : (*a)->id > (*b)->id;
}

size_t group_table_list(const struct ofproto *ofproto, uint32_t id, struct group ***list)
{
    const struct groups *groups = ofproto->groups;
    struct group *group;
    size_t n = 0;
    *list = xcalloc(id == OFPG_ALL ? groups->n + 1 : 1, sizeof **list);
    if (id != OFPG_ALL) {
        group = group_table_find(ofproto, id);
        if (group) {
            (*list)[n++] = group;
        }
        return n;
    }
    struct cds_lfht_iter iter;
    groups_for_each (groups, iter, group) {
        (*list)[n++] = group;
    }
    qsort(*list, n, sizeof **list, compare_ids);
    return n;
}

/* In and out. */

/* What is counted of all groups. */
static void count(struct groups *groups, const struct group *group, bool there)
{
    if (there) {
        groups->n++;
        groups->n_buckets += group->n_buckets;
        groups->n_watching += group->watches;
    } else {
        groups->n--;
        groups->n_buckets -= group->n_buckets;
        groups->n_watching -= group->watches;
    }
    groups->stale = true;
}

/* Old beginnings are forgotten before their numbers come round again. */
static void settle_lives(struct groups *groups)
{
    struct cds_lfht_iter iter;
    struct group *group;
    if (groups->epoch != version_epoch()) {
        groups->epoch = version_epoch();
        cds_lfht_for_each_entry (groups->by_id, &iter, group, node) {
            version_settle(&group->life);
        }
    }
}

void group_table_put(struct groups *groups, struct group *group)
{
    settle_lives(groups);
    cds_lfht_add(groups->by_id, hash_id(group->id), &group->node);
    count(groups, group, true);
}

void group_table_end(struct groups *groups, struct group *group)
{
    version_end(&group->life);
    count(groups, group, false);
}

void group_table_end_undo(struct groups *groups, struct group *group)
{
    version_end_undo(&group->life);
    count(groups, group, true);
}

void group_table_unlink(struct groups *groups, struct group *group)
{
    cds_lfht_del(groups->by_id, &group->node);
    group_unref(group);
}

struct groups *group_table_create(struct ofproto *ofproto)
{
    struct groups *groups = xzalloc(sizeof *groups);
    groups->ofproto = ofproto;
    groups->by_id = cds_lfht_new_flavor(16, 16, 0, CDS_LFHT_AUTO_RESIZE, &urcu_qsbr_flavor, NULL);
    groups->epoch = version_epoch();
    return groups;
}

/* Behind the callbacks of changes, which unlink what they replaced. */
static void free_table(void *aux)
{
    struct groups *groups = aux;
    struct cds_lfht_iter iter;
    struct group *group;
    cds_lfht_for_each_entry (groups->by_id, &iter, group, node) {
        group_table_unlink(groups, group);
    }
    cds_lfht_destroy(groups->by_id, NULL);
    free(groups);
}

void group_table_destroy(struct groups *groups)
{
    if (groups) {
        rcu_postpone(free_table, groups);
    }
}

void group_table_ports_changed(struct ofproto *ofproto)
{
    struct groups *groups = ofproto->groups;
    if (groups && groups->n_watching) {
        tables_lock();
        group_liveness_update(groups);
        tables_unlock();
    }
}
