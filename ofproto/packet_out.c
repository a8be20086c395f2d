/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-outs: a controller's packet and actions, translated and executed at once. Packets that controllers resume. */
#include <errno.h>
#include <string.h>

#include "lib/base/log.h"
#include "ofproto/backer.h"
#include "ofproto/continuation.h"
#include "ofproto/packet_key.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/xlate.h"
#include "ofproto/xlate_credit.h"

LOG_MODULE(packet_out);

static bool in_port_valid(ofp_port_t no)
{
    return no < OFPP_MAX || no == OFPP_LOCAL || no == OFPP_NONE || no == OFPP_CONTROLLER;
}

static void execute(const struct ofproto *ofproto, const struct xlate_in *in, const struct xlate_out *out)
{
    const struct map_bridge *bridge = port_map_bridge(port_map_rcu(), ofproto);
    const struct map_port *port = bridge ? map_bridge_port(bridge, in->flow->in_port) : NULL;
    struct flow metadata;
    flow_copy(&metadata, in->flow);
    metadata.lines &= (1u << FLOW_N_DP_LINES) - 1;
    metadata.in_port = port ? port->dp_no : DP_PORT_NONE;
    struct dp_op op = {
        .type = DP_OP_EXECUTE,
        .key = &metadata,
        .actions = out->actions.data,
        .actions_size = out->actions.size,
        .packet = in->packet,
        .packet_len = in->packet_len,
    };
    if (backer_client() && xlate_credits_install(&out->credits, backer_client())) {
        return; /* a warning was logged */
    }
    int error = out->actions.size ? backer_operate(&op) : 0;
    if (error) {
        log_warn_rl("bridge %s: a packet-out was not executed (%s)", ofproto->name, strerror(error));
    }
}

static void run(const struct ofproto *ofproto, const struct xlate_in *in)
{
    struct xlate_out out;
    xlate(in, &out);
    execute(ofproto, in, &out);
    xlate_out_destroy(&out);
}

/* What a controller says of the packet besides its bytes: ingress port, registers, tunnel, metadata (1.5 section 7.3.6). Headers are
 * the packet's. */
static void take_metadata(struct flow *key, const struct match *metadata)
{
    static const unsigned int lines[] = { FLOW_LINE_TUNNEL,      FLOW_LINE_TUN_OPTS,     FLOW_LINE_TUN_OPTS + 1,
                                          FLOW_LINE_TUN_OPTS + 2, FLOW_LINE_TUN_OPTS + 3, FLOW_LINE_REGS,
                                          FLOW_LINE_OPENFLOW };
    struct flow known;
    flow_apply_mask(&known, &metadata->flow, &metadata->mask);
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        if (known.lines & 1u << lines[i]) {
            flow_use_line(key, lines[i]);
            key->line[lines[i]] = known.line[lines[i]];
        }
    }
    if (known.lines & 1u << FLOW_LINE_L2) {
        key->pkt_mark = known.pkt_mark;
        key->dp_hash = known.dp_hash;
        key->ct_zone = known.ct_zone;
        key->ct_state = known.ct_state;
        key->ct_mark = known.ct_mark;
        key->in_port = known.in_port;
    }
    if (known.lines & 1u << FLOW_LINE_CT) {
        flow_use_line(key, FLOW_LINE_CT);
        memcpy(key->ct_label, known.ct_label, sizeof key->ct_label);
    }
}

enum ofp_error ofproto_packet_out(struct ofproto *ofproto, const struct ofp_packet_out *po)
{
    struct flow key;
    if (!in_port_valid(po->in_port)) {
        return OFPBRC_BAD_PORT;
    }
    if (!packet_key(po->packet, po->packet_len, &key)) {
        return OFPBRC_BAD_PACKET;
    }
    port_map_publish();
    take_metadata(&key, &po->metadata);
    key.in_port = po->in_port;
    struct xlate_in in = {
        .flow = &key,
        .ofproto = ofproto,
        .packet = po->packet,
        .packet_len = po->packet_len,
        .side_effects = true,
        .actions = po->actions.size ? (const void *) po->actions.data : "",
        .actions_size = po->actions.size,
        .n_packets = 1,
        .n_bytes = po->packet_len,
    };
    run(ofproto, &in);
    return OFPERR_OK;
}

void ofproto_send_from(struct ofproto *ofproto, ofp_port_t in_port, const void *packet, size_t n)
{
    struct flow key;
    if (!packet_key(packet, n, &key)) {
        return;
    }
    port_map_publish();
    key.in_port = in_port;
    struct xlate_in in = {
        .flow = &key,
        .ofproto = ofproto,
        .packet = packet,
        .packet_len = n,
        .side_effects = true,
        .n_packets = 1,
        .n_bytes = n,
    };
    run(ofproto, &in);
}

void ofproto_send_out(struct ofproto *ofproto, ofp_port_t port, const void *packet, size_t n)
{
    struct flow key;
    struct ofp_action_output output = { { .type = OFPACT_OUTPUT, .len = sizeof output }, .port = port };
    if (!packet_key(packet, n, &key)) {
        return;
    }
    port_map_publish();
    key.in_port = OFPP_NONE;
    struct xlate_in in = {
        .flow = &key,
        .ofproto = ofproto,
        .packet = packet,
        .packet_len = n,
        .actions = &output,
        .actions_size = sizeof output,
        .n_packets = 1,
        .n_bytes = n,
    };
    run(ofproto, &in);
}

/* Resumed packets. */

enum ofp_error ofproto_resume(struct ofproto *ofproto, const struct ofp_packet_in *pin)
{
    struct recirc_content content;
    struct flow key;
    enum ofp_error error = continuation_decode(pin->continuation, pin->continuation_len, &content);
    if (error) {
        return error;
    }
    if (strcmp(content.bridge, ofproto->name)) {
        error = NXR_STALE;
    } else if (!packet_key(pin->packet, pin->packet_len, &key)) {
        error = OFPBRC_BAD_PACKET;
    } else {
        port_map_publish();
        key.in_port = OFPP_NONE;
        take_metadata(&key, &pin->metadata);
        flow_use_line(&key, FLOW_LINE_OPENFLOW);
        key.conj_id = content.registers.conj_id;
        struct xlate_in in = {
            .flow = &key,
            .ofproto = ofproto,
            .packet = pin->packet,
            .packet_len = pin->packet_len,
            .side_effects = true,
            .resume = &content,
            .n_packets = 1,
            .n_bytes = pin->packet_len,
        };
        run(ofproto, &in);
    }
    continuation_destroy(&content);
    return error;
}
