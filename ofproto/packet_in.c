/* SPDX-License-Identifier: Apache-2.0 */
/* Building packet-ins from upcalls. */
#include "ofproto/packet_in.h"

#include <stdlib.h>

#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/packet.h"
#include "ofproto/continuation.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/recirc.h"
#include "ofproto/userdata.h"
#include "ofproto/xlate.h"

LOG_MODULE(packet_in);

COVERAGE_DEFINE(packet_in_queued);
COVERAGE_DEFINE(packet_in_bad_userdata);
COVERAGE_DEFINE(packet_in_no_continuation);

static void fill_metadata(struct match *match, const struct userdata *u)
{
    match_init(match);
    match->flow.in_port = u->in_port;
    FLOW_MASK_FIELD(&match->mask, in_port);
    if (u->metadata) {
        flow_use_line(&match->flow, FLOW_LINE_OPENFLOW);
        match->flow.metadata = u->metadata;
        FLOW_MASK_FIELD(&match->mask, metadata);
    }
    for (unsigned int i = 0; i < FLOW_N_REGS; i++) {
        if (u->regs[i]) {
            flow_use_line(&match->flow, FLOW_LINE_REGS);
            match->flow.regs[i] = u->regs[i];
            FLOW_MASK_FIELD(&match->mask, regs[i]);
        }
    }
}

/* Controllers cannot pay a checksum debt: a copy of the packet with the debt paid, or null if there is none. */
static uint8_t *pay_csum(const struct dp_upcall *upcall)
{
    const struct dp_offload *debt = &upcall->offload;
    if (!(debt->offload & PACKET_NEEDS_CSUM) || debt->gso_type != PACKET_GSO_NONE
        || upcall->packet_len < upcall->full_len) {
        return NULL;
    }
    uint8_t *copy = xmemdup(upcall->packet, upcall->packet_len);
    struct packet packet;
    packet_use(&packet, copy, upcall->packet_len, 0, upcall->packet_len);
    packet.offload = debt->offload;
    packet.csum_start = debt->csum_start;
    packet.csum_offset = debt->csum_offset;
    if (!packet_complete_csum(&packet)) {
        log_dbg("a packet-in had a checksum debt outside the packet");
    }
    return copy;
}

/* What a flow has in a line becomes part of the metadata, where 'bits' has 1-bits. */
static void add_line(struct match *match, unsigned int line, const struct flow *flow, const struct flow *bits)
{
    const uint8_t *value = flow_line(flow, line)->bytes, *mask = flow_line(bits, line)->bytes;
    flow_use_line(&match->flow, line);
    flow_use_line(&match->mask, line);
    for (unsigned int i = 0; i < FLOW_LINE_SIZE; i++) {
        match->flow.line[line].bytes[i] |= value[i] & mask[i];
        match->mask.line[line].bytes[i] |= mask[i];
    }
}

/* The options that the packet came with, as fields of the bridge. */
static void add_options(struct match *match, const struct flow *key, const struct field_map *map)
{
    struct flow options, bits;
    flow_mask_init(&bits);
    flow_mask_init(&options);
    for (unsigned int line = FLOW_LINE_TUN_OPTS; line < FLOW_N_DP_LINES; line++) {
        flow_use_line(&options, line);
        flow_use_line(&bits, line);
    }
    uint64_t present = xlate_tunnel_map_options(map, key, options.tun_opts);
    if (!present) {
        return;
    }
    for (unsigned int i = 0; i < OFP_TLV_N_FIELDS; i++) {
        if (present >> i & 1) {
            memset(bits.tun_opts + map->entries[i].offset * 4, 0xff, map->entries[i].field->n_bytes);
        }
    }
    for (unsigned int line = FLOW_LINE_TUN_OPTS; line < FLOW_N_DP_LINES; line++) {
        add_line(match, line, &options, &bits);
    }
    flow_use_line(&match->flow, FLOW_LINE_OPENFLOW);
    match->flow.tun_present |= present;
    FLOW_MASK_BITS(&match->mask, tun_present, present);
}

/* What the datapath knows of the packet besides its headers. */
static void add_datapath_metadata(struct match *match, const struct flow *key, const struct map_bridge *bridge)
{
    if (key->pkt_mark) {
        match->flow.pkt_mark = key->pkt_mark;
        FLOW_MASK_FIELD(&match->mask, pkt_mark);
    }
    if (key->ct_state) {
        match->flow.ct_state = key->ct_state;
        match->flow.ct_zone = key->ct_zone;
        match->flow.ct_mark = key->ct_mark;
        FLOW_MASK_FIELD(&match->mask, ct_state);
        FLOW_MASK_FIELD(&match->mask, ct_zone);
        FLOW_MASK_FIELD(&match->mask, ct_mark);
    }
    if (key->lines & 1u << FLOW_LINE_TUNNEL) {
        struct flow bits;
        flow_mask_init(&bits);
        FLOW_MASK_FIELD(&bits, tun_id);
        FLOW_MASK_FIELD(&bits, tun_src);
        FLOW_MASK_FIELD(&bits, tun_dst);
        add_line(match, FLOW_LINE_TUNNEL, key, &bits);
        add_options(match, key, bridge->options);
    }
}

/* What was written of the tunnel that the packet is to be sent into. Options count by which are there. */
static void add_tunnel(struct match *metadata, const struct recirc_content *content)
{
    for (unsigned int i = FLOW_LINE_TUNNEL; i < FLOW_N_DP_LINES; i++) {
        if (i != FLOW_LINE_MPLS && content->written.lines & 1u << i) {
            add_line(metadata, i, &content->registers, &content->written);
        }
    }
    uint64_t present = content->registers.tun_present;
    if (present) {
        flow_use_line(&metadata->flow, FLOW_LINE_OPENFLOW);
        metadata->flow.tun_present = present;
        FLOW_MASK_BITS(&metadata->mask, tun_present, present);
    }
}

/* What the packet still has to go through, and what was written of the tunnel that it is to be sent into. */
static bool fill_continuation(uint32_t id, struct match *metadata, struct ofpbuf *to)
{
    struct recirc_state *state = recirc_find(id);
    bool ok = state && continuation_encode(state->content, to);
    if (!ok) {
        COVERAGE_INC(packet_in_no_continuation);
        log_warn_rl("a packet is not sent to the controllers: %s",
                    state ? "what it still has to go through is too long" : "what it still has to go through is not known");
    } else {
        add_tunnel(metadata, state->content);
    }
    recirc_unref(state);
    return ok;
}

void packet_in_from_upcall(const struct dp_upcall *upcall)
{
    struct userdata u;
    if (!userdata_decode(upcall->userdata, upcall->userdata_len, &u)) {
        COVERAGE_INC(packet_in_bad_userdata);
        log_warn_rl("a packet was sent up with user data that is not this program's");
        return;
    }
    const struct map_bridge *bridge = port_map_bridge_by_name(port_map_rcu(), u.bridge);
    if (!bridge) {
        log_dbg_rl("a packet was sent up for bridge %s, which is gone", u.bridge);
        return;
    }
    struct ofpbuf continuation = { 0 };
    struct match metadata;
    fill_metadata(&metadata, &u);
    add_datapath_metadata(&metadata, &upcall->key, bridge);
    if (u.pause && !fill_continuation(u.pause, &metadata, &continuation)) {
        ofpbuf_destroy(&continuation);
        return;
    }
    uint8_t *copy = pay_csum(upcall);
    struct ofp_packet_in in = {
        .packet = copy ? copy : upcall->packet,
        .packet_len = upcall->packet_len,
        .total_len = upcall->full_len,
        .reason = u.reason,
        .table = u.table,
        .cookie = u.cookie,
        .userdata = u.extra,
        .userdata_len = u.extra_len,
        .continuation = continuation.data,
        .continuation_len = continuation.size,
    };
    in.metadata = metadata;
    COVERAGE_INC(packet_in_queued);
    connmgr_queue_packet_in(bridge->ofproto->connmgr, &in, u.controller_id);
    free(copy);
    ofpbuf_destroy(&continuation);
}
