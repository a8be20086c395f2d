/* SPDX-License-Identifier: Apache-2.0 */
/* Group-mods: the group that each command makes of the one that is there, and the check for loops. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/group_table_private.h"
#include "ofproto/private.h"

/* Buckets of a group that is being put together; their actions belong to others. */
struct bucket_list {
    struct ofp_bucket *buckets;
    size_t n;
};

static void append(struct bucket_list *list, const struct ofp_bucket *bucket)
{
    list->buckets[list->n++] = *bucket;
}

static bool has_bucket(const struct group *group, uint32_t id)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        if (group->buckets[i].b.id == id) {
            return true;
        }
    }
    return false;
}

static void append_new(struct bucket_list *list, const struct ofp_group_mod *gm)
{
    for (size_t i = 0; i < gm->n_buckets; i++) {
        append(list, &gm->buckets[i]);
    }
}

/* The new buckets before all, behind all, or behind the one that is named (OpenFlow 1.5 section 7.3.4.3). */
static enum ofp_error insert_buckets(const struct ofp_group_mod *gm, const struct group *old, struct bucket_list *list)
{
    bool first = gm->command_bucket == OFPG_BUCKET_FIRST, last = gm->command_bucket == OFPG_BUCKET_LAST;
    for (size_t i = 0; i < gm->n_buckets; i++) {
        if (has_bucket(old, gm->buckets[i].id)) {
            return OFPGMFC_BUCKET_EXISTS;
        }
    }
    if (!first && !last && !has_bucket(old, gm->command_bucket)) {
        return OFPGMFC_UNKNOWN_BUCKET;
    }
    if (first) {
        append_new(list, gm);
    }
    for (size_t i = 0; i < old->n_buckets; i++) {
        append(list, &old->buckets[i].b);
        if (old->buckets[i].b.id == gm->command_bucket) {
            append_new(list, gm);
        }
    }
    if (last) {
        append_new(list, gm);
    }
    return OFPERR_OK;
}

static enum ofp_error remove_buckets(const struct ofp_group_mod *gm, const struct group *old, struct bucket_list *list)
{
    size_t from = 0, to = old->n_buckets; /* those that go */
    if (gm->command_bucket == OFPG_BUCKET_FIRST || gm->command_bucket == OFPG_BUCKET_LAST) {
        if (!old->n_buckets) {
            return OFPGMFC_UNKNOWN_BUCKET;
        }
        from = gm->command_bucket == OFPG_BUCKET_FIRST ? 0 : to - 1;
        to = from + 1;
    } else if (gm->command_bucket != OFPG_BUCKET_ALL) {
        if (!has_bucket(old, gm->command_bucket)) {
            return OFPGMFC_UNKNOWN_BUCKET;
        }
        while (old->buckets[from].b.id != gm->command_bucket) {
            from++;
        }
        to = from + 1;
    }
    for (size_t i = 0; i < old->n_buckets; i++) {
        if (i < from || i >= to) {
            append(list, &old->buckets[i].b);
        }
    }
    return OFPERR_OK;
}

/* Inserting and removing buckets leaves type and properties as they are. */
static enum ofp_error build_from_old(const struct ofp_group_mod *gm, const struct group *old, struct group **group)
{
    struct bucket_list list = { xcalloc(old->n_buckets + gm->n_buckets + 1, sizeof *list.buckets), 0 };
    enum ofp_error error = gm->command == OFPGC_INSERT_BUCKET ? insert_buckets(gm, old, &list)
                                                              : remove_buckets(gm, old, &list);
    if (!error && gm->command == OFPGC_INSERT_BUCKET) {
        const struct ofp_group_mod whole = { .command = OFPGC_MODIFY, .type = old->type, .id = old->id,
                                             .command_bucket = OFPG_BUCKET_ALL, .buckets = list.buckets,
                                             .n_buckets = list.n, .props = old->props };
        error = list.n > OFP_MAX_BUCKETS ? OFPGMFC_OUT_OF_BUCKETS : ofp_group_mod_check(&whole);
    }
    if (!error) {
        *group = group_create(old->ofproto, old->id, old->type, &old->props, list.buckets, list.n);
    }
    free(list.buckets);
    return error;
}

/* What the switch cannot do is refused as in a flow-mod. Everything else that a bucket says is taken as OVS takes it, ports and groups that are
 * not there included. */
static enum ofp_error check_actions(const struct ofp_action *list, size_t size)
{
    const struct ofp_action *a;
    ofp_action_for_each (a, list, size) {
        enum ofp_error error = OFPERR_OK;
        size_t nested_size;
        switch (a->type) {
        case OFPACT_CT:
        case OFPACT_CT_CLEAR:
        case OFPACT_SAMPLE:
        case OFPACT_ENCAP:
        case OFPACT_DECAP:
        case OFPACT_DEC_NSH_TTL:
            return OFPBAC_BAD_VENDOR_TYPE;
        case OFPACT_CLONE:
        case OFPACT_WRITE_ACTIONS: {
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size); /* as deep as the decoder allows */
            error = check_actions(nested, nested_size);
            break;
        }
        default:
            break;
        }
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

static enum ofp_error check_buckets(const struct ofp_group_mod *gm)
{
    enum ofp_error error = OFPERR_OK;
    for (size_t i = 0; i < gm->n_buckets && !error; i++) {
        const struct ofpbuf *actions = &gm->buckets[i].actions;
        error = check_actions((const struct ofp_action *) (const void *) actions->data, actions->size);
    }
    return error;
}

enum ofp_error group_mod_build(const struct groups *groups, const struct ofp_group_mod *gm, const struct group *old,
                               struct group **group)
{
    enum ofp_error unsupported = check_buckets(gm);
    if (unsupported) {
        return unsupported;
    }
    switch (gm->command) {
    case OFPGC_ADD:
    case OFPGC_MODIFY:
    case OFPGC_ADD_OR_MOD: {
        enum ofp_error error = ofp_group_mod_check(gm);
        if (error) {
            return error;
        }
        if (gm->n_buckets > OFP_MAX_BUCKETS) {
            return OFPGMFC_OUT_OF_BUCKETS;
        }
        *group = group_create(groups->ofproto, gm->id, gm->type, &gm->props, gm->buckets, gm->n_buckets);
        return OFPERR_OK;
    }
    case OFPGC_INSERT_BUCKET:
    case OFPGC_REMOVE_BUCKET:
        return build_from_old(gm, old, group);
    case OFPGC_DELETE:
        break;
    }
    return OFPGMFC_BAD_COMMAND;
}

/* Loops: a walk over the groups that the buckets lead to, each visited once. */

enum edge { LEADS_TO, WATCHES };

struct walk {
    struct groups *groups;
    enum edge edge;
    uint32_t target;
    uint32_t *todo;
    size_t n, allocated;
    bool found;
};

static void walk_to(struct walk *walk, uint32_t id)
{
    if (walk->n == walk->allocated) {
        walk->todo = grow_array(walk->todo, &walk->allocated, sizeof *walk->todo);
    }
    walk->todo[walk->n++] = id;
    walk->found |= id == walk->target;
}

static void walk_actions(struct walk *walk, const struct ofp_action *list, size_t size)
{
    const struct ofp_action *a;
    ofp_action_for_each (a, list, size) {
        if (a->type == OFPACT_GROUP) {
            walk_to(walk, ((const struct ofp_action_u32 *) a)->value);
        } else if (a->type == OFPACT_CLONE || a->type == OFPACT_WRITE_ACTIONS) {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size); /* as deep as the decoder allows */
            walk_actions(walk, nested, nested_size);
        }
    }
}

static void walk_group(struct walk *walk, const struct group *group)
{
    for (size_t i = 0; i < group->n_buckets && !walk->found; i++) {
        const struct ofp_bucket *bucket = &group->buckets[i].b;
        if (walk->edge == LEADS_TO) {
            walk_actions(walk, (const struct ofp_action *) (const void *) bucket->actions.data, bucket->actions.size);
        } else if (bucket->watch_group != OFPG_ANY) {
            walk_to(walk, bucket->watch_group);
        }
    }
}

static bool comes_back(struct groups *groups, const struct group *group, enum edge edge)
{
    struct walk walk = { .groups = groups, .edge = edge, .target = group->id };
    uint64_t stamp = ++groups->stamp;
    walk_group(&walk, group);
    while (walk.n && !walk.found) {
        struct group *next = group_table_find(groups->ofproto, walk.todo[--walk.n]);
        if (next && next->stamp != stamp) {
            next->stamp = stamp;
            walk_group(&walk, next);
        }
    }
    free(walk.todo);
    return walk.found;
}

bool group_mod_loops(struct groups *groups, const struct group *group)
{
    return comes_back(groups, group, LEADS_TO) || comes_back(groups, group, WATCHES);
}
