/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting and paying the credits of a translation. */
#include "ofproto/xlate_credit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/coverage.h"
#include "lib/base/mem.h"
#include "ofproto/group.h"
#include "ofproto/group_select.h"
#include "ofproto/mac_table.h"
#include "ofproto/port_map.h"
#include "ofproto/recirc.h"
#include "ofproto/revalidator.h"
#include "ofproto/table.h"
#include "ofproto/table_learn.h"
#include "ofproto/xlate_ctx.h"

COVERAGE_DEFINE(xlate_learn_failed);

static void free_learned(struct xlate_learned *learned)
{
    ofp_flow_mod_destroy(&learned->mod);
    free(learned);
}

/* Null when there are enough: the packet goes its way, but not everybody hears of it. */
static struct xlate_credit *add(struct xlate_ctx *ctx, enum xlate_credit_type type)
{
    struct xlate_credits *credits = &ctx->out->credits;
    if (credits->n == XLATE_MAX_CREDITS) {
        return NULL;
    }
    if (credits->n == credits->allocated) {
        credits->items = grow_array(credits->items, &credits->allocated, sizeof *credits->items);
    }
    struct xlate_credit *credit = &credits->items[credits->n++];
    credit->type = type;
    return credit;
}

void xlate_credit_rule(struct xlate_ctx *ctx, struct rule *rule)
{
    struct xlate_credit *credit = add(ctx, CREDIT_RULE);
    if (credit) {
        rule_ref(rule);
        credit->u.rule = rule;
    }
}

/* The lines of the flow that nothing was written to. */
static uint32_t unchanged_lines(const struct flow *written)
{
    static const struct flow_line nothing;
    uint32_t lines = 0;
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        lines |= (uint32_t) !memcmp(&written->line[i], &nothing, sizeof nothing) << i;
    }
    return lines;
}

/* What every packet of the megaflow has in common at this lookup. */
static struct table_looked know(const struct xlate_ctx *ctx, ofp_port_t in_port)
{
    const struct xlate_packet *p = &ctx->p;
    bool plain = !ctx->in->flow->recirc_id && !p->flow.nw_frag && !p->ttl_relative && !p->unparsed;
    return (struct table_looked) {
        .in_port = in_port,
        .unchanged = plain ? unchanged_lines(&p->written) : 0,
        .metadata_known = flow_mask_is_exact_bits(&p->written.metadata, sizeof p->written.metadata),
        .metadata = p->flow.metadata,
    };
}

void xlate_credit_table(struct xlate_ctx *ctx, uint8_t table, ofp_port_t in_port, bool matched)
{
    struct xlate_credit *credit = add(ctx, CREDIT_TABLE);
    if (credit) {
        credit->u.table.ofproto = ctx->bridge->ofproto;
        credit->u.table.table = table;
        credit->u.table.matched = matched;
        credit->u.table.looked = know(ctx, in_port);
    }
}

void xlate_credit_patch(struct xlate_ctx *ctx, struct patch_counters *rx, struct patch_counters *tx)
{
    struct xlate_credit *credit = add(ctx, CREDIT_PATCH);
    if (credit) {
        credit->u.patch.rx = rx ? patch_counters_ref(rx) : NULL;
        credit->u.patch.tx = tx ? patch_counters_ref(tx) : NULL;
    }
}

void xlate_credit_mac(struct xlate_ctx *ctx, struct mac_table *macs, const struct mac_source *source)
{
    struct xlate_credit *credit = add(ctx, CREDIT_MAC);
    if (credit) {
        credit->u.mac.macs = mac_table_ref(macs);
        credit->u.mac.source = *source;
    }
}

void xlate_credit_lookup(struct xlate_ctx *ctx, struct mac_table *macs, struct eth_addr mac, uint16_t vlan,
                         ofp_port_t port)
{
    struct xlate_credit *credit = add(ctx, CREDIT_LOOKUP);
    if (credit) {
        credit->u.lookup.macs = mac_table_ref(macs);
        credit->u.lookup.mac = mac;
        credit->u.lookup.vlan = vlan;
        credit->u.lookup.port = port;
    } else {
        ctx->out->cacheable = false; /* nobody would notice that the answer changes */
    }
}

void xlate_credit_recirc(struct xlate_ctx *ctx, struct recirc_state *state)
{
    struct xlate_credit *credit = add(ctx, CREDIT_RECIRC);
    if (credit) {
        credit->u.recirc = recirc_ref(state);
    }
}

void xlate_credit_group(struct xlate_ctx *ctx, struct group *group, uint32_t bucket)
{
    struct xlate_credit *credit = add(ctx, CREDIT_GROUP);
    if (credit) {
        group_ref(group);
        credit->u.group.group = group;
        credit->u.group.bucket = bucket;
    } else {
        ctx->out->cacheable = false; /* nobody would notice that it changes */
    }
}

void xlate_credit_no_group(struct xlate_ctx *ctx)
{
    struct xlate_credit *credit = add(ctx, CREDIT_NO_GROUP);
    if (credit) {
        credit->u.no_group = ctx->bridge->ofproto;
    } else {
        ctx->out->cacheable = false;
    }
}

void xlate_credit_select(struct xlate_ctx *ctx, struct group_select *select)
{
    struct xlate_credit *credit = add(ctx, CREDIT_SELECT);
    if (credit) {
        credit->u.select = group_select_ref(select);
    } else {
        xlate_fail(ctx, XLATE_TOO_BIG); /* nobody would put the table into the datapath */
    }
}

int xlate_credits_install(const struct xlate_credits *credits, struct dp_client *client)
{
    int error = 0;
    for (size_t i = 0; i < credits->n && !error; i++) {
        if (credits->items[i].type == CREDIT_SELECT) {
            error = group_select_install(credits->items[i].u.select, client);
        }
    }
    return error;
}

static void pay_group(struct group *group, uint32_t bucket, uint64_t packets, uint64_t bytes)
{
    group_credit(group, packets, bytes);
    if (bucket == XLATE_ALL_BUCKETS) {
        for (size_t i = 0; i < group->n_buckets; i++) {
            group_credit_bucket(group, i, packets, bytes);
        }
    } else if (bucket != XLATE_NO_BUCKET) {
        group_credit_bucket(group, bucket, packets, bytes);
    }
}

void xlate_credit_learned(struct xlate_ctx *ctx, struct xlate_learned *learned)
{
    struct xlate_credit *credit = add(ctx, CREDIT_LEARNED);
    if (credit) {
        credit->u.learned = learned;
    } else {
        free_learned(learned);
        ctx->out->cacheable = false; /* each packet has to learn by itself */
    }
}

void xlate_credit_fin(struct xlate_ctx *ctx, struct rule *rule, uint16_t idle_timeout, uint16_t hard_timeout)
{
    struct xlate_credit *credit = add(ctx, CREDIT_FIN);
    if (credit) {
        rule_ref(rule);
        credit->u.fin.rule = rule;
        credit->u.fin.idle = idle_timeout;
        credit->u.fin.hard = hard_timeout;
    }
}

void xlate_credit_underlay(struct xlate_ctx *ctx, const struct xlate_underlay *u)
{
    struct xlate_credit *credit = add(ctx, CREDIT_UNDERLAY);
    if (credit) {
        credit->u.underlay = xlate_underlay_create(u);
    } else {
        xlate_underlay_free(xlate_underlay_create(u)); /* lets go of its reference */
        ctx->out->cacheable = false;                   /* nobody would notice that the answer changes */
    }
}

static void learn_again(const struct xlate_learned *learned)
{
    if (table_learn(learned->ofproto, &learned->mod, learned->limit, NULL, NULL) == TABLE_LEARN_ERROR) {
        COVERAGE_INC(xlate_learn_failed);
    }
}

static void pay(const struct xlate_credit *credit, uint64_t packets, uint64_t bytes, int64_t used_ms, uint16_t tcp_flags)
{
    switch (credit->type) {
    case CREDIT_RULE:
        rule_credit(credit->u.rule, packets, bytes, used_ms);
        break;
    case CREDIT_TABLE:
        table_credit(credit->u.table.ofproto, credit->u.table.table, packets,
                     credit->u.table.matched ? packets : 0);
        break;
    case CREDIT_PATCH:
        if (credit->u.patch.rx) {
            __atomic_add_fetch(&credit->u.patch.rx->rx_packets, packets, __ATOMIC_RELAXED);
            __atomic_add_fetch(&credit->u.patch.rx->rx_bytes, bytes, __ATOMIC_RELAXED);
        }
        if (credit->u.patch.tx) {
            __atomic_add_fetch(&credit->u.patch.tx->tx_packets, packets, __ATOMIC_RELAXED);
            __atomic_add_fetch(&credit->u.patch.tx->tx_bytes, bytes, __ATOMIC_RELAXED);
        }
        break;
    case CREDIT_MAC: {
        /* Keeps the entry alive; puts it back if it was flushed or displaced while the address goes on sending. */
        enum mac_learned learned = mac_table_learn(credit->u.mac.macs, &credit->u.mac.source, used_ms);
        if (learned == MAC_NEW || learned == MAC_MOVED) {
            revalidator_wake();
        }
        break;
    }
    case CREDIT_LOOKUP:
        break;
    case CREDIT_RECIRC:
        break; /* held, so that the state lives as long as the flow */
    case CREDIT_GROUP:
        pay_group(credit->u.group.group, credit->u.group.bucket, packets, bytes);
        break;
    case CREDIT_NO_GROUP:
        break;
    case CREDIT_LEARNED:
        if (packets) {
            learn_again(credit->u.learned);
        }
        break;
    case CREDIT_FIN:
        if (tcp_flags & (TCP_FIN | TCP_RST)) {
            table_reduce_timeouts(credit->u.fin.rule, credit->u.fin.idle, credit->u.fin.hard);
        }
        break;
    case CREDIT_SELECT:
        break; /* the datapath counts */
    case CREDIT_UNDERLAY:
        if (packets) {
            xlate_underlay_use(credit->u.underlay, used_ms);
        }
        break;
    }
}

void xlate_credits_push(const struct xlate_credits *credits, const struct flow *key, uint64_t packets,
                        uint64_t bytes, int64_t used_ms, uint16_t tcp_flags)
{
    for (size_t i = 0; i < credits->n; i++) {
        pay(&credits->items[i], packets, bytes, used_ms, tcp_flags);
    }
}

static bool looked_equal(const struct table_looked *a, const struct table_looked *b)
{
    return a->in_port == b->in_port && a->unchanged == b->unchanged && a->metadata_known == b->metadata_known
           && a->metadata == b->metadata;
}

static bool source_equal(const struct mac_source *a, const struct mac_source *b)
{
    return !memcmp(&a->mac, &b->mac, sizeof a->mac) && a->vlan == b->vlan && a->port == b->port && a->gratuitous_arp == b->gratuitous_arp
           && a->bonded == b->bonded;
}

static bool equal(const struct xlate_credit *a, const struct xlate_credit *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case CREDIT_RULE:
        return a->u.rule == b->u.rule;
    case CREDIT_TABLE:
        return a->u.table.ofproto == b->u.table.ofproto && a->u.table.table == b->u.table.table
               && a->u.table.matched == b->u.table.matched && looked_equal(&a->u.table.looked, &b->u.table.looked);
    case CREDIT_PATCH:
        return a->u.patch.rx == b->u.patch.rx && a->u.patch.tx == b->u.patch.tx;
    case CREDIT_MAC:
        return a->u.mac.macs == b->u.mac.macs && source_equal(&a->u.mac.source, &b->u.mac.source);
    case CREDIT_LOOKUP:
        return a->u.lookup.macs == b->u.lookup.macs && !memcmp(&a->u.lookup.mac, &b->u.lookup.mac, sizeof a->u.lookup.mac)
               && a->u.lookup.vlan == b->u.lookup.vlan && a->u.lookup.port == b->u.lookup.port;
    case CREDIT_RECIRC:
        return a->u.recirc == b->u.recirc;
    case CREDIT_GROUP:
        return a->u.group.group == b->u.group.group && a->u.group.bucket == b->u.group.bucket;
    case CREDIT_NO_GROUP:
        return a->u.no_group == b->u.no_group;
    case CREDIT_SELECT:
        return a->u.select == b->u.select;
    case CREDIT_FIN:
        return a->u.fin.rule == b->u.fin.rule && a->u.fin.idle == b->u.fin.idle && a->u.fin.hard == b->u.fin.hard;
    case CREDIT_LEARNED:
    case CREDIT_UNDERLAY:
        return false;
    }
    return false;
}

bool xlate_credits_equal(const struct xlate_credits *a, const struct xlate_credits *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!equal(&a->items[i], &b->items[i])) {
            return false;
        }
    }
    return true;
}

void xlate_credits_truncate(struct xlate_credits *credits, size_t n)
{
    for (size_t i = n; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        switch (credit->type) {
        case CREDIT_RULE:
            rule_unref(credit->u.rule);
            break;
        case CREDIT_TABLE:
            break;
        case CREDIT_PATCH:
            patch_counters_unref(credit->u.patch.rx);
            patch_counters_unref(credit->u.patch.tx);
            break;
        case CREDIT_MAC:
            mac_table_unref(credit->u.mac.macs);
            break;
        case CREDIT_LOOKUP:
            mac_table_unref(credit->u.lookup.macs);
            break;
        case CREDIT_RECIRC:
            recirc_unref(credit->u.recirc);
            break;
        case CREDIT_GROUP:
            group_unref(credit->u.group.group);
            break;
        case CREDIT_NO_GROUP:
            break;
        case CREDIT_LEARNED:
            free_learned(credit->u.learned);
            break;
        case CREDIT_FIN:
            rule_unref(credit->u.fin.rule);
            break;
        case CREDIT_SELECT:
            group_select_unref(credit->u.select);
            break;
        case CREDIT_UNDERLAY:
            xlate_underlay_free(credit->u.underlay);
            break;
        }
    }
    credits->n = MIN(credits->n, n);
}

void xlate_credits_destroy(struct xlate_credits *credits)
{
    xlate_credits_truncate(credits, 0);
    free(credits->items);
    memset(credits, 0, sizeof *credits);
}
