/* SPDX-License-Identifier: Apache-2.0 */
/* NORMAL: what a VLAN-aware learning bridge (IEEE 802.1Q) does with a packet. */
#include "lib/base/clock.h"
#include "ofproto/mac_table.h"
#include "ofproto/revalidator.h"
#include "ofproto/xlate_ctx.h"

/* Packets that one bridge sends to the next and that no bridge forwards: IEEE 802.1D table 7-10, and other makers' of the same kind. */
static bool is_reserved(struct eth_addr mac)
{
    static const struct {
        struct eth_addr mac;
        uint8_t last_bits; /* of the last byte, those that matter */
    } reserved[] = {
        { { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } }, 0xf0 }, /* 00 to 0f */
        { { { 0x00, 0xe0, 0x2b, 0x00, 0x00, 0x00 } }, 0xff }, /* Extreme discovery */
        { { { 0x00, 0xe0, 0x2b, 0x00, 0x00, 0x04 } }, 0xfd }, /* Extreme EAPS: 04, 06 */
        { { { 0x01, 0x00, 0x0c, 0x00, 0x00, 0x00 } }, 0xff }, /* Cisco inter-switch link */
        { { { 0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xc0 } }, 0xf0 }, /* Cisco discovery, VTP, PVST, UDLD: c0 to cf */
        { { { 0x01, 0x00, 0x0c, 0xcd, 0xcd, 0xcd } }, 0xff }, /* Cisco STP uplink fast */
    };
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (!memcmp(&mac, &reserved[i].mac, sizeof mac - 1)
            && (mac.ea[5] & reserved[i].last_bits) == reserved[i].mac.ea[5]) {
            return true;
        }
    }
    return false;
}

static void drop(struct xlate_ctx *ctx, enum drop_reason reason)
{
    if (!ctx->drop) {
        ctx->drop = reason;
    }
}

/* VLANs. */

static uint16_t tag_of(const struct flow *flow)
{
    be16 tci = flow->vlan[0].tci;
    return tci & htons(VLAN_CFI) ? ntohs(tci) & VLAN_VID_MASK : 0;
}

/* The VLAN that a packet with tag 'vid' (0: none) belongs to when it comes in by 'bundle'. False: it may not come in. */
static bool classify(struct xlate_ctx *ctx, const struct map_bundle *bundle, uint16_t vid, uint16_t *vlan)
{
    if (bundle->vlan_mode == VLAN_MODE_ACCESS) {
        if (vid) {
            xlate_report(ctx, "dropping VLAN %u tagged packet received on port %s configured as VLAN %u access port",
                         vid, bundle->name, bundle->vlan);
            return false;
        }
        *vlan = bundle->vlan;
        return true;
    }
    *vlan = vid || bundle->vlan_mode == VLAN_MODE_TRUNK ? vid : bundle->vlan;
    if (!map_bundle_carries(bundle, *vlan)) {
        xlate_report(ctx, "dropping VLAN %u packet received on port %s not configured for trunking VLAN %u",
                     *vlan, bundle->name, *vlan);
        return false;
    }
    return true;
}

/* Does a packet of 'vlan' leave with a tag? */
static bool leaves_tagged(const struct map_bundle *bundle, uint16_t vlan)
{
    switch (bundle->vlan_mode) {
    case VLAN_MODE_ACCESS:
        return false;
    case VLAN_MODE_NATIVE_UNTAGGED:
        return vlan && vlan != bundle->vlan;
    case VLAN_MODE_TRUNK:
    case VLAN_MODE_NATIVE_TAGGED:
    default:
        return vlan != 0;
    }
}

/* Gives the packet the outer tag that it leaves with; its priority stays while it has one. */
static void retag(struct xlate_ctx *ctx, uint16_t vid)
{
    struct flow *flow = &ctx->p.flow;
    be16 tci = flow->vlan[0].tci;
    bool tagged = tci & htons(VLAN_CFI);
    if (!vid) {
        if (tagged) {
            flow->vlan[0].tci = 0;
        }
    } else if (tagged) {
        flow->vlan[0].tci = (tci & ~htons(VLAN_VID_MASK)) | htons(vid);
    } else {
        flow->vlan[0] = (struct flow_vlan) { htons(ETH_TYPE_VLAN_8021Q), htons(VLAN_CFI | vid) };
    }
    xlate_vlans_written(ctx);
}

static void output_bundle(struct xlate_ctx *ctx, const struct map_bundle *bundle, uint16_t vlan)
{
    struct flow_vlan saved[FLOW_MAX_VLANS], saved_written[FLOW_MAX_VLANS];
    memcpy(saved, ctx->p.flow.vlan, sizeof saved);
    memcpy(saved_written, ctx->p.written.vlan, sizeof saved_written);

    retag(ctx, leaves_tagged(bundle, vlan) ? vlan : 0);
    xlate_output_to(ctx, bundle->ports[0], 0);

    memcpy(ctx->p.flow.vlan, saved, sizeof saved);
    memcpy(ctx->p.written.vlan, saved_written, sizeof saved_written);
}

static void flood_vlan(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan)
{
    for (size_t i = 0; i < ctx->bridge->n_bundles && !ctx->out->error; i++) {
        const struct map_bundle *bundle = ctx->bridge->bundles[i];
        if (bundle == in || !bundle->floodable || !map_bundle_carries(bundle, vlan)
            || (in && in->protected_ && bundle->protected_)) {
            continue;
        }
        output_bundle(ctx, bundle, vlan);
    }
}

/* Learning. */

/* Gratuitous ARP tells the others who has an address. It matters only beside bonds, which may reflect it. */
static bool is_gratuitous_arp(struct xlate_ctx *ctx)
{
    static const struct eth_addr broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
    const struct flow *flow = &ctx->p.flow;
    if (!ctx->bridge->has_bonds || flow->eth_type != htons(ETH_TYPE_ARP)
        || memcmp(&flow->eth_dst, &broadcast, sizeof broadcast)) {
        return false;
    }
    XLATE_LOOK(ctx, nw_proto);
    if (flow->nw_proto == ARP_OP_REPLY) {
        return true;
    }
    if (flow->nw_proto != ARP_OP_REQUEST) {
        return false;
    }
    XLATE_LOOK(ctx, nw_src);
    XLATE_LOOK(ctx, nw_dst);
    return flow->nw_src == flow->nw_dst;
}

static void learn(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan)
{
    const struct flow *flow = &ctx->p.flow;
    if (flow->eth_src.ea[0] & 1) {
        return;
    }
    bool bonded = in->n_ports > 1;
    struct mac_source source = {
        .mac = flow->eth_src,
        .vlan = vlan,
        .port = in->ports[0]->no,
        .bonded = bonded,
        .gratuitous_arp = !bonded && is_gratuitous_arp(ctx),
    };
    xlate_credit_mac(ctx, ctx->bridge->macs, &source);
    if (!ctx->in->side_effects) {
        return;
    }
    enum mac_learned learned = mac_table_learn(ctx->bridge->macs, &source, clock_ms());
    if (learned == MAC_NEW || learned == MAC_MOVED) {
        xlate_report(ctx, "learned that %02x:%02x:%02x:%02x:%02x:%02x is on port %s in VLAN %u",
                     source.mac.ea[0], source.mac.ea[1], source.mac.ea[2], source.mac.ea[3],
                     source.mac.ea[4], source.mac.ea[5], in->name, vlan);
        revalidator_wake();
    }
}

/* Forwarding. */

static void forward(struct xlate_ctx *ctx, const struct map_bundle *in, uint16_t vlan)
{
    const struct map_port *port = NULL;
    struct mac_table *macs = ctx->bridge->macs;
    struct eth_addr dst = ctx->p.flow.eth_dst;
    if (!(dst.ea[0] & 1)) {
        ofp_port_t no;
        if (!mac_table_lookup(macs, dst, vlan, &no)) {
            no = OFPP_NONE;
        }
        xlate_credit_lookup(ctx, macs, dst, vlan, no);
        port = map_bridge_port(ctx->bridge, no);
    }
    const struct map_bundle *out = port ? port->bundle : NULL;
    if (!out) {
        xlate_report(ctx, "no learned MAC for destination, flooding");
        flood_vlan(ctx, in, vlan);
    } else if (out == in) {
        xlate_report(ctx, "learned port is input port, dropping");
    } else if (in && in->protected_ && out->protected_) {
        xlate_report(ctx, "learned port and input port are both protected, dropping");
    } else if (!map_bundle_carries(out, vlan)) {
        xlate_report(ctx, "learned port does not carry VLAN %u, dropping", vlan);
        drop(ctx, DROP_XLATE_VLAN);
    } else {
        xlate_report(ctx, "forwarding to learned port");
        output_bundle(ctx, out, vlan);
    }
}

/* The bundle that the packet came in by. A controller's packet-out need not have one: null, and it may go everywhere. */
static bool find_input(struct xlate_ctx *ctx, const struct map_bundle **in)
{
    ofp_port_t no = ctx->p.flow.in_port;
    const struct map_port *port = map_bridge_port(ctx->bridge, no);
    *in = port ? port->bundle : NULL;
    if (!*in && no != OFPP_NONE && no != OFPP_CONTROLLER) {
        if (!port) {
            xlate_report_error(ctx, "received packet on unknown port %u", no);
        }
        xlate_report_warn(ctx, "no input bundle, dropping");
        drop(ctx, DROP_XLATE_BRIDGE_GONE);
        return false;
    }
    return true;
}

void xlate_normal(struct xlate_ctx *ctx)
{
    const struct map_bundle *in;
    XLATE_LOOK(ctx, eth_src);
    XLATE_LOOK(ctx, eth_dst);
    xlate_look_vlans(ctx);
    if (!find_input(ctx, &in)) {
        return;
    }
    if (in && !ctx->bridge->forward_bpdu && is_reserved(ctx->p.flow.eth_dst)) {
        xlate_report(ctx, "packet has reserved destination MAC, dropping");
        drop(ctx, DROP_XLATE_RESERVED_MAC);
        return;
    }
    uint16_t vlan = tag_of(&ctx->p.flow);
    if (in && !classify(ctx, in, vlan, &vlan)) {
        drop(ctx, DROP_XLATE_VLAN);
        return;
    }
    if (in) {
        learn(ctx, in, vlan);
        if (xlate_suppress(ctx, in, vlan)) {
            return;
        }
    }
    forward(ctx, in, vlan);
}
