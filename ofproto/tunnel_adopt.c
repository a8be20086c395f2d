/* SPDX-License-Identifier: Apache-2.0 */
/* Taking neighbours over from cached flows. */
#include "ofproto/tunnel_adopt.h"

#include "lib/base/clock.h"
#include "lib/base/underlay.h"
#include "lib/net/action.h"
#include "lib/net/tunnel_header.h"
#include "ofproto/port_map.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_neigh.h"

static struct inet_addr get_address(const struct tunnel_header *h, const uint8_t bytes[16])
{
    return h->eth_type == htons(ETH_TYPE_IP) ? inet_addr_v4(get_be32(bytes)) : inet_addr_v6(bytes);
}

static void adopt_push(const struct action_tnl_push *push)
{
    struct tunnel_header h;
    const struct map_port *port = port_map_by_dp(port_map_rcu(), push->out_port);
    if (!port || tunnel_header_parse(push->kind, push->header, push->header_len, &h)) {
        return;
    }
    struct underlay_key key = { .dst = get_address(&h, h.dst), .src = get_address(&h, h.src) };
    struct underlay_route route;
    underlay_answer_unref(tunnel_underlay(), underlay_ask(tunnel_underlay(), &key, &route));
    const struct inet_addr *hop = inet_addr_is_set(&route.gateway) ? &route.gateway : &key.dst;
    if (route.found && !tunnel_neigh_lookup(port->bridge->name, hop, NULL)) {
        tunnel_neigh_adopt(port->bridge->name, hop, h.eth_dst, clock_ms());
    }
}

void tunnel_adopt(const void *actions, size_t size)
{
    const struct action *a;
    action_for_each (a, actions, size) {
        size_t nested_size;
        const struct action *nested = action_nested(a, &nested_size);
        if (a->type == ACTION_TNL_PUSH) {
            adopt_push((const struct action_tnl_push *) a);
        }
        tunnel_adopt(nested, nested_size); /* no deeper than ACTIONS_MAX_DEPTH */
    }
}
