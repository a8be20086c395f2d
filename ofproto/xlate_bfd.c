/* SPDX-License-Identifier: Apache-2.0 */
/* BFD's part in translation: packets of a port's session go to the session and nowhere else. */
#include <netinet/in.h>
#include <stddef.h>

#include "lib/net/bfd.h"
#include "ofproto/bfd.h"
#include "ofproto/xlate_ctx.h"

bool xlate_bfd(struct xlate_ctx *ctx, const struct map_port *port)
{
    const struct flow *flow = &ctx->p.flow;
    if (!port || !port->bfd.on || flow->eth_type != htons(ETH_TYPE_IP)) {
        return false; /* the type is looked at always */
    }
    XLATE_LOOK(ctx, nw_proto);
    if (flow->nw_proto != IPPROTO_UDP || flow->nw_frag & FLOW_FRAG_LATER
        || !xlate_port_is(ctx, flow->tp_dst, offsetof(struct flow, tp_dst), BFD_UDP_PORT)) {
        return false;
    }
    if (port->bfd.check_key) {
        XLATE_LOOK(ctx, tun_id);
        if (flow->tun_id) {
            return false;
        }
    }
    uint8_t userdata[BFD_USERDATA_MAX];
    size_t n = bfd_userdata_encode(ctx->bridge->name, port->no, userdata);
    xlate_report(ctx, "BFD packet, goes to the session of port %s", port->name);
    actions_put_upcall(&ctx->out->actions, UINT32_MAX, userdata, n);
    return true;
}
