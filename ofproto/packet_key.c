/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing packets of packet-outs and traces. */
#include "ofproto/packet_key.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/net/parse.h"
#include "lib/net/rewrite.h"

static bool is_rewrite(const struct action *a)
{
    switch (a->type) {
    case ACTION_SET:
    case ACTION_PUSH_VLAN:
    case ACTION_POP_VLAN:
    case ACTION_PUSH_MPLS:
    case ACTION_POP_MPLS:
    case ACTION_DEC_TTL:
        return true;
    default:
        return false;
    }
}

/* What a rewrite leaves alone because the packet is unfit for it, the datapath would drop; the flow is of interest all the same. */
static void rewrite(struct packet *packet, const struct actions *list)
{
    const struct action *a;
    action_for_each (a, list->data, list->size) {
        if (is_rewrite(a) && rewrite_action(packet, a)) {
            return;
        }
    }
}

bool packet_key_after(const void *bytes, size_t n, const struct actions *list, struct flow *key)
{
    if (n < ETH_HEADER_LEN || n > PACKET_MAX_SIZE) {
        return false;
    }
    uint8_t *frame = xmalloc(PACKET_HEADROOM + n);
    memcpy(frame + PACKET_HEADROOM, bytes, n);
    struct packet packet;
    packet_use(&packet, frame, PACKET_HEADROOM + n, PACKET_HEADROOM, n);
    enum parse_result result = parse_packet(&packet, key);
    if (list && result != PARSE_TOO_SHORT) {
        rewrite(&packet, list);
        result = parse_packet(&packet, key);
    }
    free(frame);
    return result != PARSE_TOO_SHORT;
}

bool packet_key(const void *bytes, size_t n, struct flow *key)
{
    return packet_key_after(bytes, n, NULL, key);
}
