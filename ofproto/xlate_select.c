/* SPDX-License-Identifier: Apache-2.0 */
/* Select groups: one datapath action that picks a bucket by a hash of the packet. */
#include <string.h>

#include "lib/base/coverage.h"
#include "lib/base/hash.h"
#include "ofproto/group_select.h"
#include "ofproto/group_table.h"
#include "ofproto/xlate_credit.h"
#include "ofproto/xlate_ctx.h"

COVERAGE_DEFINE(xlate_select_large);

/* What is left of a list of actions is for what stands around the group, and for the index of the branches. */
enum { MAX_SELECT_BYTES = ACTIONS_MAX_SIZE - 4096 };

/* How the datapath hashes. */
struct hashing {
    enum action_select_alg alg;
    uint32_t basis;
    struct flow mask; /* ACTION_SELECT_FIELDS: bits of the packet's key */
};

/* Adds the fields that the group names, with their masks, as far as the packet has them. */
static void gather_fields(struct xlate_ctx *ctx, const struct ofp_group_props *props, struct flow *bits)
{
    for (unsigned int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *field = field_get((enum field_id) id);
        if (!(props->fields[id / 64] >> id % 64 & 1) || !field) {
            continue;
        }
        struct flow looked;
        flow_mask_init(&looked);
        bool met = field_prereqs_met(field, &ctx->p.flow, &looked);
        xlate_look_mask(ctx, &looked);
        if (met) {
            field_mask(field, props->masks ? &props->masks[id] : NULL, bits);
        }
    }
}

/* What is the same for all packets of the megaflow does not need to be hashed by the datapath, or cannot be, since the key does not have it: it becomes a
 * part of the basis. That is what was written on the packet's way, and what only the slow path knows. */
static void split_fields(struct xlate_ctx *ctx, struct hashing *hashing, const struct flow *bits)
{
    struct flow known;
    flow_copy(&known, bits);
    xlate_flow_expand(&known);
    struct flow fixed = { .in_port = UINT32_MAX, .recirc_id = UINT32_MAX, .packet_type = BE32_MAX };
    uint64_t sum = hashing->basis;
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        const uint64_t *flow = (const uint64_t *) (const void *) &ctx->p.flow.line[i];
        const uint64_t *written = (const uint64_t *) (const void *) &ctx->p.written.line[i];
        const uint64_t *exact = (const uint64_t *) (const void *) &fixed.line[i];
        uint64_t *wanted = (uint64_t *) (void *) &known.line[i];
        uint64_t *hashed = (uint64_t *) (void *) &hashing->mask.line[i];
        for (unsigned int j = 0; j < FLOW_LINE_SIZE / sizeof *wanted; j++) {
            bool in_key = i < FLOW_N_DP_LINES;
            uint64_t constant = in_key ? written[j] | exact[j] : UINT64_MAX;
            hashed[j] = wanted[j] & ~constant;
            if (wanted[j] & constant) {
                sum = hash_mix64(sum + j + i * FLOW_LINE_SIZE, flow[j] & wanted[j] & constant);
            }
        }
    }
    flow_mask_normalize(&hashing->mask);
    hashing->basis = hash_fold(sum);
}

/* The fields as they are in the packet's key; see struct action_select. Groups in a row hash differently, or the second would see only one part
 * of all hashes. */
static void choose_hashing(struct xlate_ctx *ctx, const struct group *group, struct hashing *hashing)
{
    const struct ofp_group_props *props = &group->props;
    memset(hashing, 0, sizeof *hashing);
    xlate_flow_expand(&hashing->mask);
    if (!strcmp(props->selection_method, "hash")) {
        struct flow bits;
        flow_mask_init(&bits);
        hashing->alg = ACTION_SELECT_FIELDS;
        hashing->basis = hash_fold(hash_mix64(props->selection_param, group->id));
        gather_fields(ctx, props, &bits);
        split_fields(ctx, hashing, &bits);
        return;
    }
    /* dp_hash: the upper half of the parameter is the algorithm, the lower one the basis. OVS takes symmetric L4 if no method is named. */
    bool named = props->selection_method[0];
    bool symmetric = !named || props->selection_param >> 32 == 1;
    hashing->alg = symmetric ? ACTION_SELECT_SYM_L4 : ACTION_SELECT_L4;
    hashing->basis = hash_fold(hash_mix64(named ? (uint32_t) props->selection_param : 0, group->id));
}

/* Only one bucket can be chosen, so there is nothing to choose. */
static bool only_one(struct xlate_ctx *ctx, struct group *group)
{
    for (size_t i = 0; i < group->n_buckets; i++) {
        if (group_bucket_is_live(&group->buckets[i]) && group->buckets[i].b.weight) {
            xlate_credit_group(ctx, group, (uint32_t) i);
            xlate_report(ctx, "using bucket %u", group->buckets[i].b.id);
            xlate_group_bucket(ctx, group, i);
            return true;
        }
    }
    return false;
}

/* Each bucket's list in a branch of its own. Those that are dead have no slots, and an empty one. */
static void put_branches(struct xlate_ctx *ctx, const struct group *group, const struct group_select *select)
{
    struct actions *actions = &ctx->out->actions;
    for (size_t i = 0; i < group->n_buckets && !ctx->out->error; i++) {
        size_t branch = actions_begin_branch(actions);
        if (group_select_has(select, i)) {
            xlate_group_branch(ctx, group, i);
        }
        actions_end(actions, branch);
    }
}

/* The hash of what the group hashes, looked at here. */
static uint32_t hash_here(struct xlate_ctx *ctx, const struct group *group, const struct hashing *hashing)
{
    if (hashing->alg != ACTION_SELECT_FIELDS) {
        return xlate_hash(ctx, OFP_HASH_SYMMETRIC_L4, (uint16_t) hashing->basis);
    }
    struct flow bits;
    uint64_t sum = hashing->basis;
    flow_mask_init(&bits);
    gather_fields(ctx, &group->props, &bits);
    xlate_look_mask(ctx, &bits);
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        const uint64_t *flow = (const uint64_t *) (const void *) &ctx->p.flow.line[i];
        const uint64_t *wanted = (const uint64_t *) (const void *) &bits.line[i];
        for (unsigned int j = 0; bits.lines & 1u << i && j < FLOW_LINE_SIZE / sizeof *wanted; j++) {
            sum += hash_mix64(sum ^ wanted[j], flow[j] & wanted[j]);
        }
    }
    return hash_fold(sum);
}

/* The buckets together are more than one list of actions may hold: each connection gets a megaflow with one of them. */
static void choose_here(struct xlate_ctx *ctx, struct group *group, struct group_select *select,
                        const struct hashing *hashing)
{
    size_t i = group_select_choose(select, hash_here(ctx, group, hashing));
    COVERAGE_INC(xlate_select_large);
    xlate_credit_group(ctx, group, (uint32_t) i);
    xlate_report(ctx, "using bucket %u", group->buckets[i].b.id);
    xlate_group_bucket(ctx, group, i);
}

void xlate_select(struct xlate_ctx *ctx, struct group *group)
{
    struct group_select *select = group_select_rcu(group);
    if (!select) {
        xlate_credit_group(ctx, group, XLATE_NO_BUCKET);
        xlate_report(ctx, "no live bucket");
        ctx->drop = DROP_NO_LIVE_BUCKET;
        return;
    }
    if (group_select_n_live(select) == 1 && only_one(ctx, group)) {
        return;
    }
    size_t n_credits = ctx->out->credits.n;
    xlate_credit_group(ctx, group, XLATE_NO_BUCKET);
    xlate_credit_select(ctx, select);
    struct hashing hashing;
    choose_hashing(ctx, group, &hashing);
    xlate_commit(ctx);
    size_t offset = actions_begin_select(&ctx->out->actions, group_select_id(select), hashing.alg, hashing.basis,
                                         &hashing.mask);
    put_branches(ctx, group, select);
    if (!ctx->out->error && ctx->out->actions.size - offset > MAX_SELECT_BYTES) {
        ctx->out->actions.size = offset;
        xlate_credits_truncate(&ctx->out->credits, n_credits);
        choose_here(ctx, group, select, &hashing);
    } else if (!ctx->out->error) {
        actions_end(&ctx->out->actions, offset);
    } else {
        ctx->out->actions.size = offset;
    }
}
