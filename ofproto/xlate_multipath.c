/* SPDX-License-Identifier: Apache-2.0 */
/* Actions that choose one of several ways by a hash of the packet: multipath, bundle and bundle_load. */
#include "lib/base/hash.h"
#include "ofproto/xlate_ctx.h"

enum { MAX_ITERATIONS = 256 };

/* A number for each pair of packet and link. */
static uint32_t weigh(uint32_t hash, uint32_t link)
{
    return hash_fold(hash_mix64(hash_mix64(hash ^ hash_secret, link + 1), hash_secret));
}

/* The link with the highest weight; without one of them only its own packets move. */
static uint32_t highest_random_weight(uint32_t hash, uint32_t n)
{
    uint32_t best = 0, best_weight = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t weight = weigh(hash, i);
        if (!i || weight > best_weight) {
            best = i;
            best_weight = weight;
        }
    }
    return best;
}

/* Hashes into a range that may be wider than the number of links until a link is met. */
static uint32_t iterate(uint32_t hash, uint32_t n, uint32_t range)
{
    if (range < n || range / 2 > n) {
        for (range = 1; range < n; range *= 2) {
            continue;
        }
    }
    for (uint32_t i = 0; i < MAX_ITERATIONS; i++) {
        uint32_t link = weigh(hash, i) % range;
        if (link < n) {
            return link;
        }
    }
    return hash % n;
}

static uint32_t choose_link(uint32_t hash, const struct ofp_action_multipath *mp)
{
    uint32_t n = mp->n_links ? mp->n_links : 1;
    switch ((enum ofp_multipath_link) mp->algorithm) {
    case OFP_MP_MODULO_N:
        return hash % n;
    case OFP_MP_HASH_THRESHOLD:
        return n == 1 ? 0 : hash / (UINT32_MAX / n + 1);
    case OFP_MP_HRW:
        return highest_random_weight(hash, n);
    case OFP_MP_ITER_HASH:
        return iterate(hash, n, mp->arg);
    }
    return 0;
}

void xlate_multipath(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_multipath *mp = (const struct ofp_action_multipath *) a;
    uint32_t hash = xlate_hash(ctx, mp->fields, mp->basis);
    xlate_write_subfield(ctx, &mp->dst, choose_link(hash, mp));
    xlate_report_now(ctx, &mp->dst);
}

/* Bundles. */

static bool is_live(const struct xlate_ctx *ctx, ofp_port_t no)
{
    const struct map_port *port = map_bridge_port(ctx->bridge, no);
    return port && port->live;
}

/* The first member that has a link. */
static ofp_port_t first_live(const struct xlate_ctx *ctx, const struct ofp_action_bundle *bundle)
{
    for (size_t i = 0; i < bundle->n_members; i++) {
        if (is_live(ctx, bundle->members[i])) {
            return bundle->members[i];
        }
    }
    return OFPP_NONE;
}

static ofp_port_t heaviest_live(const struct xlate_ctx *ctx, const struct ofp_action_bundle *bundle, uint32_t hash)
{
    ofp_port_t best = OFPP_NONE;
    uint32_t best_weight = 0;
    for (size_t i = 0; i < bundle->n_members; i++) {
        uint32_t weight = weigh(hash, (uint32_t) i);
        if ((best == OFPP_NONE || weight > best_weight) && is_live(ctx, bundle->members[i])) {
            best = bundle->members[i];
            best_weight = weight;
        }
    }
    return best;
}

/* A port as a register holds it: 16 bits, as output:reg takes it. */
static uint16_t narrow(ofp_port_t port)
{
    uint16_t port10;
    return ofp_port_to_10(port, &port10) ? port10 : UINT16_MAX;
}

void xlate_bundle(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    const struct ofp_action_bundle *bundle = (const struct ofp_action_bundle *) a;
    ofp_port_t port = bundle->algorithm == OFP_BUNDLE_ACTIVE_BACKUP
                          ? first_live(ctx, bundle)
                          : heaviest_live(ctx, bundle, xlate_hash(ctx, bundle->fields, bundle->basis));
    if (bundle->dst.field) {
        xlate_write_subfield(ctx, &bundle->dst, narrow(port));
        xlate_report_now(ctx, &bundle->dst);
    } else {
        xlate_output_port(ctx, port, 0, 0);
    }
}
