/* SPDX-License-Identifier: Apache-2.0 */
/* References from flows to groups and meters: two maps, one by what is referred to, one by the single reference. */
#include "ofproto/references.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/ofp/action.h"
#include "ofproto/group_table.h"
#include "ofproto/meter_table.h"
#include "ofproto/private.h"
#include "ofproto/table_private.h"

/* What is referred to. */
struct target {
    struct hmap_node node;       /* by kind and id */
    enum reference_kind kind;
    uint32_t id;
    size_t n;
    struct cds_list_head uses;   /* struct use.of_target */
};

struct use {
    struct hmap_node node;       /* by target and rule */
    struct cds_list_head of_target;
    struct target *target;
    struct rule *rule;
};

struct references {
    struct hmap targets, uses;
};

struct references *references_create(void)
{
    struct references *references = xzalloc(sizeof *references);
    hmap_init(&references->targets);
    hmap_init(&references->uses);
    return references;
}

static uint32_t hash_target(enum reference_kind kind, uint32_t id)
{
    return hash_u64((uint64_t) kind << 32 | id, 0);
}

static uint32_t hash_use(const struct target *target, const struct rule *rule)
{
    return hash_u64((uintptr_t) rule, target->node.hash);
}

static struct target *find_target(const struct references *references, enum reference_kind kind, uint32_t id)
{
    uint32_t hash = hash_target(kind, id);
    struct target *target;
    hmap_for_each_with_hash (target, node, hash, &references->targets) {
        if (target->kind == kind && target->id == id) {
            return target;
        }
    }
    return NULL;
}

static struct use *find_use(const struct references *references, const struct target *target, const struct rule *rule)
{
    struct use *use;
    hmap_for_each_with_hash (use, node, hash_use(target, rule), &references->uses) {
        if (use->target == target && use->rule == rule) {
            return use;
        }
    }
    return NULL;
}

static void drop(struct references *references, struct use *use)
{
    struct target *target = use->target;
    hmap_remove(&references->uses, &use->node);
    cds_list_del(&use->of_target);
    free(use);
    if (!--target->n) {
        hmap_remove(&references->targets, &target->node);
        free(target);
    }
}

void references_destroy(struct references *references)
{
    if (references) {
        struct use *use, *next;
        hmap_for_each_safe (use, next, node, &references->uses) {
            drop(references, use);
        }
        hmap_destroy(&references->uses);
        hmap_destroy(&references->targets);
        free(references);
    }
}

static void note(struct references *references, struct rule *rule, enum reference_kind kind, uint32_t id)
{
    struct target *target = find_target(references, kind, id);
    if (!target) {
        target = xzalloc(sizeof *target);
        target->kind = kind;
        target->id = id;
        CDS_INIT_LIST_HEAD(&target->uses);
        hmap_insert(&references->targets, &target->node, hash_target(kind, id));
    } else if (find_use(references, target, rule)) {
        return; /* it says so twice */
    }
    struct use *use = xzalloc(sizeof *use);
    use->target = target;
    use->rule = rule;
    hmap_insert(&references->uses, &use->node, hash_use(target, rule));
    cds_list_add_tail(&use->of_target, &target->uses);
    target->n++;
}

static void forget(struct references *references, const struct rule *rule, enum reference_kind kind, uint32_t id)
{
    struct target *target = find_target(references, kind, id);
    struct use *use = target ? find_use(references, target, rule) : NULL;
    if (use) {
        drop(references, use);
    }
}

/* Notes or forgets what a list refers to. 'rule' is changed by neither. */
static void walk(struct references *references, struct rule *rule, const struct ofp_action *list, size_t size, bool add)
{
    const struct ofp_action *a;
    ofp_action_for_each (a, list, size) {
        if (a->type == OFPACT_GROUP || a->type == OFPACT_METER) {
            enum reference_kind kind = a->type == OFPACT_GROUP ? REFERENCE_GROUP : REFERENCE_METER;
            uint32_t id = ((const struct ofp_action_u32 *) a)->value;
            if (add) {
                note(references, rule, kind, id);
            } else {
                forget(references, rule, kind, id);
            }
        } else if (a->type == OFPACT_CLONE || a->type == OFPACT_WRITE_ACTIONS) {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size); /* as deep as the decoder allows */
            walk(references, rule, nested, nested_size, add);
        }
    }
}

void references_add(struct references *references, struct rule *rule)
{
    const struct rule_actions *actions = rule->actions;
    if (references) {
        walk(references, rule, (const struct ofp_action *) (const void *) actions->data, actions->size, true);
    }
}

void references_remove(struct references *references, const struct rule *rule)
{
    const struct rule_actions *actions = rule->actions;
    if (references) {
        walk(references, (struct rule *) rule, (const struct ofp_action *) (const void *) actions->data, actions->size,
             false);
    }
}

size_t references_count(const struct references *references, enum reference_kind kind, uint32_t id)
{
    const struct target *target = references ? find_target(references, kind, id) : NULL;
    return target ? target->n : 0;
}

void references_collect(const struct references *references, enum reference_kind kind, uint32_t id,
                        struct rule_list *list)
{
    const struct target *target = references ? find_target(references, kind, id) : NULL;
    const struct use *use;
    if (target) {
        cds_list_for_each_entry (use, &target->uses, of_target) {
            rule_list_add(list, use->rule);
        }
    }
}

static enum ofp_error check_one(const struct ofproto *ofproto, const struct ofp_action *a)
{
    uint32_t id = ((const struct ofp_action_u32 *) a)->value;
    if (a->type == OFPACT_GROUP) {
        return group_table_find(ofproto, id) ? OFPERR_OK : OFPBAC_BAD_OUT_GROUP;
    }
    return meter_table_lookup(ofproto, id) ? OFPERR_OK : OFPMMFC_INVALID_METER;
}

enum ofp_error references_check(const struct ofproto *ofproto, const void *actions, size_t size)
{
    const struct ofp_action *a;
    enum ofp_error error = OFPERR_OK;
    ofp_action_for_each (a, actions, size) {
        if (a->type == OFPACT_GROUP || a->type == OFPACT_METER) {
            error = check_one(ofproto, a);
        } else if (a->type == OFPACT_CLONE || a->type == OFPACT_WRITE_ACTIONS) {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size);
            error = references_check(ofproto, nested, nested_size);
        }
        if (error) {
            break;
        }
    }
    return error;
}
