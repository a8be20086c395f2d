/* SPDX-License-Identifier: Apache-2.0 */
/* Which buckets are alive (OpenFlow 1.5 section 6.5): the port that a bucket watches has a link, or the group that it watches has a
 * bucket that is alive. A bucket that watches nothing is. */
#include "ofproto/group_select.h"
#include "ofproto/group_table_private.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/table.h"

/* So deep may groups watch each other; beyond that nothing is alive, and circles are refused. */
enum { MAX_DEPTH = 128 };

static bool port_is_live(const struct groups *groups, ofp_port_t no)
{
    const struct ofport *port = port_set_by_no(groups->ofproto->ports, no);
    return port && ofport_is_live(port);
}

struct walk {
    struct groups *groups;
    uint64_t stamp;
};

static void look(struct walk *walk, struct group *group, unsigned int depth);

static bool group_is_live(struct walk *walk, uint32_t id, unsigned int depth)
{
    struct group *group = group_table_find(walk->groups->ofproto, id);
    if (!group || depth >= MAX_DEPTH) {
        return false;
    }
    look(walk, group, depth + 1);
    return group_first_live(group) >= 0;
}

static bool bucket_is_live(struct walk *walk, const struct ofp_bucket *bucket, unsigned int depth)
{
    return !group_bucket_watches(bucket)
           || (bucket->watch_port != OFPP_NONE && port_is_live(walk->groups, bucket->watch_port))
           || (bucket->watch_group != OFPG_ANY && group_is_live(walk, bucket->watch_group, depth));
}

/* Brings the group up to date, and before it those that it watches. */
static void look(struct walk *walk, struct group *group, unsigned int depth)
{
    bool changed = false;
    if (group->stamp == walk->stamp || !group->watches) {
        return;
    }
    group->stamp = walk->stamp;
    for (size_t i = 0; i < group->n_buckets; i++) {
        struct group_bucket *bucket = &group->buckets[i];
        bool live = bucket_is_live(walk, &bucket->b, depth);
        if (live != bucket->live) {
            __atomic_store_n(&bucket->live, live, __ATOMIC_RELEASE);
            changed = true;
        }
    }
    if (changed) {
        group_select_update(group);
        tables_moved();
        group_touch(group);
    }
}

void group_liveness_update(struct groups *groups)
{
    struct walk walk = { groups, ++groups->stamp };
    struct cds_lfht_iter iter;
    struct group *group;
    if (groups->n_watching) {
        groups_for_each (groups, iter, group) {
            look(&walk, group, 0);
        }
    }
}
