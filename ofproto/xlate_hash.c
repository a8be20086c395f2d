/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing a packet's fields, for actions that spread packets. What is hashed was looked at. */
#include "lib/base/hash.h"
#include "ofproto/xlate_ctx.h"

enum { MAX_FIELD = 16 };

/* Adds a field of the flow. */
static void add(struct xlate_ctx *ctx, uint32_t *h, size_t offset, size_t n)
{
    xlate_look(ctx, offset, n);
    *h = hash_bytes((const uint8_t *) &ctx->p.flow + offset, n, *h);
}

/* Adds two fields of 'n' bytes, in such a way that it does not matter which is which. */
static void add_both(struct xlate_ctx *ctx, uint32_t *h, size_t a, size_t b, size_t n)
{
    uint8_t mixed[MAX_FIELD];
    const uint8_t *flow = (const uint8_t *) &ctx->p.flow;
    xlate_look(ctx, a, n);
    xlate_look(ctx, b, n);
    for (size_t i = 0; i < n; i++) {
        mixed[i] = flow[a + i] ^ flow[b + i];
    }
    *h = hash_bytes(mixed, n, *h);
}

#define ADD(ctx, h, field) add(ctx, h, offsetof(struct flow, field), sizeof(ctx)->p.flow.field)
#define ADD_BOTH(ctx, h, a, b)                                                                     \
    add_both(ctx, h, offsetof(struct flow, a), offsetof(struct flow, b), sizeof(ctx)->p.flow.a)

static bool is_ipv4(const struct xlate_ctx *ctx)
{
    return ctx->p.flow.eth_type == htons(ETH_TYPE_IP);
}

static bool is_ipv6(const struct xlate_ctx *ctx)
{
    return ctx->p.flow.eth_type == htons(ETH_TYPE_IPV6);
}

/* False: the packet has no addresses. */
static bool add_addresses(struct xlate_ctx *ctx, uint32_t *h)
{
    ADD(ctx, h, eth_type);
    if (is_ipv4(ctx)) {
        ADD_BOTH(ctx, h, nw_src, nw_dst);
    } else if (is_ipv6(ctx)) {
        ADD_BOTH(ctx, h, ipv6_src, ipv6_dst);
    } else {
        return false;
    }
    return true;
}

/* All fragments of a packet meet, those without ports too. */
static void add_ports(struct xlate_ctx *ctx, uint32_t *h, bool udp)
{
    const struct flow *flow = &ctx->p.flow;
    ADD(ctx, h, nw_proto);
    XLATE_LOOK(ctx, nw_frag);
    bool has_ports = flow->nw_proto == NW_PROTO_TCP || flow->nw_proto == NW_PROTO_SCTP
                     || (udp && flow->nw_proto == NW_PROTO_UDP);
    if (has_ports && !flow->nw_frag) {
        ADD_BOTH(ctx, h, tp_src, tp_dst);
    }
}

static void add_vlans(struct xlate_ctx *ctx, uint32_t *h)
{
    uint16_t vids = 0;
    xlate_look_vlans(ctx);
    for (unsigned int i = 0; i < FLOW_MAX_VLANS && ctx->p.flow.vlan[i].tci & htons(VLAN_CFI); i++) {
        vids ^= ntohs(ctx->p.flow.vlan[i].tci) & VLAN_VID_MASK;
    }
    *h = hash_bytes(&vids, sizeof vids, *h);
}

static void add_source(struct xlate_ctx *ctx, uint32_t *h)
{
    XLATE_LOOK(ctx, eth_type);
    if (is_ipv4(ctx)) {
        ADD(ctx, h, nw_src);
    } else if (is_ipv6(ctx)) {
        ADD(ctx, h, ipv6_src);
    }
}

static void add_destination(struct xlate_ctx *ctx, uint32_t *h)
{
    XLATE_LOOK(ctx, eth_type);
    if (is_ipv4(ctx)) {
        ADD(ctx, h, nw_dst);
    } else if (is_ipv6(ctx)) {
        ADD(ctx, h, ipv6_dst);
    }
}

uint32_t xlate_hash(struct xlate_ctx *ctx, enum ofp_hash_fields fields, uint16_t basis)
{
    uint32_t h = basis;
    switch (fields) {
    case OFP_HASH_ETH_SRC:
        ADD(ctx, &h, eth_src);
        break;
    case OFP_HASH_SYMMETRIC_L4:
        ADD_BOTH(ctx, &h, eth_src, eth_dst);
        add_vlans(ctx, &h);
        if (add_addresses(ctx, &h)) {
            add_ports(ctx, &h, true);
        }
        break;
    case OFP_HASH_SYMMETRIC_L3L4:
    case OFP_HASH_SYMMETRIC_L3L4_UDP:
        if (add_addresses(ctx, &h)) {
            add_ports(ctx, &h, fields == OFP_HASH_SYMMETRIC_L3L4_UDP);
        }
        break;
    case OFP_HASH_SYMMETRIC_L3:
        add_addresses(ctx, &h);
        break;
    case OFP_HASH_NW_SRC:
        add_source(ctx, &h);
        break;
    case OFP_HASH_NW_DST:
        add_destination(ctx, &h);
        break;
    }
    return h;
}
