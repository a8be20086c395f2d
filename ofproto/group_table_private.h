/* SPDX-License-Identifier: Apache-2.0 */
/* What the group table consists of, for group_table.c, group_change.c, group_mod.c and
 * group_liveness.c only. It belongs to the holder of tables_lock(). */
#pragma once

#include "ofproto/group_table.h"

struct groups {
    struct ofproto *ofproto;
    struct cds_lfht *by_id;     /* struct group.node; several versions of an id may be there */
    uint64_t generation;        /* any thread: ro; main: wo; atomic */
    size_t n, n_buckets;        /* as the prepared changes have it */
    size_t n_watching;          /* groups of which a bucket watches something */
    bool stale;                 /* liveness was not looked at since the last change */
    uint32_t epoch;             /* of versions, see version_epoch() */
    uint64_t stamp;             /* of the last walk over groups that refer to each other */
};

/* In and out of the table. */
void group_table_put(struct groups *, struct group *);
void group_table_end(struct groups *, struct group *);      /* with the next version */
void group_table_end_undo(struct groups *, struct group *);
void group_table_unlink(struct groups *, struct group *);   /* nobody finds it from now on; drops the table's reference */

/* ofproto/group_mod.c: the group that the group-mod wants in place of 'old' (null: none is there). It has one reference. */
enum ofp_error group_mod_build(const struct groups *, const struct ofp_group_mod *, const struct group *old,
                               struct group **) WARN_UNUSED;

/* Would a packet that the new group gets come to it again, or the group watch itself? */
bool group_mod_loops(struct groups *, const struct group *);

/* ofproto/group_liveness.c: looks at what all groups watch. Groups of which a bucket has come to life or died are touched. */
void group_liveness_update(struct groups *);

/* Every group that is not removed, in no order. The loop variable is a struct group *. 'ITER' is a struct cds_lfht_iter. */
#define groups_for_each(GROUPS, ITER, GROUP)                                                       \
    cds_lfht_for_each_entry ((GROUPS)->by_id, &(ITER), GROUP, node)                                \
        if (!version_has_end(&(GROUP)->life))
