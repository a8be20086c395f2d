/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-outs: a controller's packet and actions, translated and executed at once. */
#include <errno.h>

#include "lib/base/log.h"
#include "ofproto/backer.h"
#include "ofproto/packet_key.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/xlate.h"

LOG_MODULE(packet_out);

static bool in_port_valid(ofp_port_t no)
{
    return no < OFPP_MAX || no == OFPP_LOCAL || no == OFPP_NONE || no == OFPP_CONTROLLER;
}

static void execute(const struct ofproto *ofproto, const struct ofp_packet_out *po, const struct flow *key,
                    const struct xlate_out *out)
{
    const struct map_bridge *bridge = port_map_bridge(port_map_rcu(), ofproto);
    const struct map_port *port = bridge ? map_bridge_port(bridge, po->in_port) : NULL;
    struct flow metadata;
    flow_copy(&metadata, key);
    metadata.in_port = port ? port->dp_no : DP_PORT_NONE;
    struct dp_op op = {
        .type = DP_OP_EXECUTE,
        .key = &metadata,
        .actions = out->actions.data,
        .actions_size = out->actions.size,
        .packet = po->packet,
        .packet_len = po->packet_len,
    };
    int error = out->actions.size ? backer_operate(&op) : 0;
    if (error) {
        log_warn_rl("bridge %s: a packet-out was not executed (%s)", ofproto->name, strerror(error));
    }
}

/* What a controller says of the packet besides its ingress port: registers, tunnel, metadata (1.5 section 7.3.6). */
static void put_metadata(struct flow *key, const struct match *metadata)
{
    for (uint32_t lines = metadata->mask.lines; lines; lines &= lines - 1) {
        unsigned int i = (unsigned int) __builtin_ctz(lines);
        const uint8_t *value = flow_line(&metadata->flow, i)->bytes, *mask = metadata->mask.line[i].bytes;

        flow_use_line(key, i);
        for (int j = 0; j < FLOW_LINE_SIZE; j++) {
            key->line[i].bytes[j] = (uint8_t) ((key->line[i].bytes[j] & ~mask[j]) | (value[j] & mask[j]));
        }
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
    put_metadata(&key, &po->metadata);
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
    struct xlate_out out;
    xlate(&in, &out);
    execute(ofproto, po, &key, &out);
    xlate_out_destroy(&out);
    return OFPERR_OK;
}
