/* SPDX-License-Identifier: Apache-2.0 */
/* Groups in abstract form: what their parts own, and what is wrong with a group whatever the
 * switch. */
#include "lib/ofp/group.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/group_codec.h"

void ofp_bucket_destroy(struct ofp_bucket *b)
{
    ofpbuf_destroy(&b->actions);
}

void ofp_bucket_clone(struct ofp_bucket *to, const struct ofp_bucket *from)
{
    *to = *from;
    memset(&to->actions, 0, sizeof to->actions);
    ofpbuf_put(&to->actions, from->actions.data, from->actions.size);
}

void group_buckets_destroy(struct ofp_bucket *buckets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ofp_bucket_destroy(&buckets[i]);
    }
    free(buckets);
}

void ofp_group_props_destroy(struct ofp_group_props *props)
{
    free(props->masks);
    props->masks = NULL;
}

void ofp_group_props_clone(struct ofp_group_props *to, const struct ofp_group_props *from)
{
    *to = *from;
    if (from->masks) {
        to->masks = xmemdup(from->masks, FIELD_N_IDS * sizeof *from->masks);
    }
}

bool group_props_has_field(const struct ofp_group_props *props, enum field_id id)
{
    return props->fields[id / 64] >> id % 64 & 1;
}

void group_props_add_field(struct ofp_group_props *props, enum field_id id,
                           const union field_value *mask)
{
    if (!props->masks) {
        props->masks = xcalloc(FIELD_N_IDS, sizeof *props->masks);
    }
    props->fields[id / 64] |= UINT64_C(1) << id % 64;
    props->masks[id] = *mask;
}

void ofp_group_mod_destroy(struct ofp_group_mod *gm)
{
    group_buckets_destroy(gm->buckets, gm->n_buckets);
    gm->buckets = NULL;
    gm->n_buckets = 0;
    ofp_group_props_destroy(&gm->props);
}

void ofp_group_desc_destroy(struct ofp_group_desc *gd)
{
    group_buckets_destroy(gd->buckets, gd->n_buckets);
    gd->buckets = NULL;
    gd->n_buckets = 0;
    ofp_group_props_destroy(&gd->props);
}

static int compare_ids(const void *a_, const void *b_)
{
    uint32_t a = *(const uint32_t *) a_, b = *(const uint32_t *) b_;

    return a < b ? -1 : a > b;
}

bool group_has_duplicate_ids(const struct ofp_bucket *buckets, size_t n)
{
    if (n < 2) {
        return false;
    }
    uint32_t *ids = xcalloc(n, sizeof *ids);
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        ids[i] = buckets[i].id;
    }
    qsort(ids, n, sizeof *ids, compare_ids);
    for (size_t i = 1; i < n && !found; i++) {
        found = ids[i] == ids[i - 1];
    }
    free(ids);
    return found;
}

static bool has_liveness(const struct ofp_bucket *b)
{
    return b->watch_port != OFPP_NONE || b->watch_group != OFPG_ANY;
}

/* One bucket against the type of its group (OpenFlow 1.3 section 7.3.4.3). */
static enum ofp_error check_bucket(const struct ofp_bucket *b, enum ofp_group_type type)
{
    if (b->weight && type != OFPGT_SELECT) {
        return OFPGMFC_INVALID_GROUP;
    }
    if (type == OFPGT_FF && !has_liveness(b)) {
        return OFPGMFC_INVALID_GROUP;
    }
    if ((type == OFPGT_ALL || type == OFPGT_INDIRECT) && has_liveness(b)) {
        return OFPGMFC_WATCH_UNSUPPORTED;
    }
    return OFPERR_OK;
}

static bool is_known_command(enum ofp_group_command command)
{
    switch (command) {
    case OFPGC_ADD:
    case OFPGC_MODIFY:
    case OFPGC_ADD_OR_MOD:
    case OFPGC_DELETE:
    case OFPGC_INSERT_BUCKET:
    case OFPGC_REMOVE_BUCKET:
        return true;
    default:
        return false;
    }
}

enum ofp_error ofp_group_mod_check(const struct ofp_group_mod *gm)
{
    if ((unsigned int) gm->type >= OFPGT_N) {
        return OFPGMFC_BAD_TYPE;
    }
    /* Bucket commands tell no type of their own: the group's counts, which only the switch knows. */
    bool has_type = gm->command != OFPGC_DELETE && gm->command != OFPGC_INSERT_BUCKET &&
                    gm->command != OFPGC_REMOVE_BUCKET;
    if (has_type && gm->type == OFPGT_INDIRECT && gm->n_buckets != 1) {
        return OFPGMFC_INVALID_GROUP;
    }
    if (!is_known_command(gm->command)) {
        return OFPGMFC_BAD_COMMAND;
    }
    if (gm->command == OFPGC_REMOVE_BUCKET && gm->n_buckets) {
        return OFPGMFC_BAD_BUCKET;
    }
    for (size_t i = 0; has_type && i < gm->n_buckets; i++) {
        enum ofp_error error = check_bucket(&gm->buckets[i], gm->type);

        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}
