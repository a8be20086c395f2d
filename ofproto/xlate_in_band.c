/* SPDX-License-Identifier: Apache-2.0 */
/* In-band control's part in translation: a switch that gets its address by DHCP through itself hears the answer, whatever flows say. */
#include <netinet/in.h>
#include <stddef.h>

#include "ofproto/xlate_ctx.h"

enum { DHCP_SERVER_PORT = 67, DHCP_CLIENT_PORT = 68 };

bool xlate_port_is(struct xlate_ctx *ctx, be16 port, size_t offset, uint16_t wanted)
{
    uint16_t difference = ntohs(port) ^ wanted;
    uint16_t bits = difference ? (uint16_t) (1u << (31 - __builtin_clz(difference))) : UINT16_MAX;
    struct flow look;
    flow_mask_init(&look);
    flow_use_line(&look, FLOW_LINE_L3);
    be16 value = htons(bits);
    memcpy((uint8_t *) &look + offset, &value, sizeof value);
    xlate_look_mask(ctx, &look);
    return !difference;
}

static bool is_dhcp_reply(struct xlate_ctx *ctx)
{
    const struct flow *flow = &ctx->p.flow;
    if (flow->eth_type != htons(ETH_TYPE_IP)) {
        return false; /* looked at already, like what kind of fragment it is */
    }
    XLATE_LOOK(ctx, nw_proto);
    return flow->nw_proto == IPPROTO_UDP && !(flow->nw_frag & FLOW_FRAG_LATER)
           && xlate_port_is(ctx, flow->tp_dst, offsetof(struct flow, tp_dst), DHCP_CLIENT_PORT)
           && xlate_port_is(ctx, flow->tp_src, offsetof(struct flow, tp_src), DHCP_SERVER_PORT);
}

void xlate_in_band(struct xlate_ctx *ctx)
{
    if (!ctx->bridge->in_band || ctx->p.flow.in_port == OFPP_LOCAL || !is_dhcp_reply(ctx)) {
        return;
    }
    const struct map_port *local = map_bridge_port(ctx->bridge, OFPP_LOCAL);
    if (local) {
        xlate_report(ctx, "DHCP reply, delivered to the local port for in-band control");
        xlate_output_to(ctx, local, 0);
        ctx->delivered = local;
    }
}
