/* SPDX-License-Identifier: Apache-2.0 */
/* The underlay's answers that a cached flow hangs on. */
#include "ofproto/xlate_underlay.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_neigh.h"

struct xlate_underlay *xlate_underlay_create(const struct xlate_underlay *from)
{
    return xmemdup(from, sizeof *from);
}

void xlate_underlay_free(struct xlate_underlay *u)
{
    underlay_answer_unref(tunnel_underlay(), u->answer);
    free(u);
}

static bool same_neighbour(const struct xlate_underlay *u)
{
    struct eth_addr mac = { { 0 } };
    bool known = tunnel_neigh_lookup(u->bridge, &u->addr, &mac);
    return known == u->known && (!known || !memcmp(&mac, &u->mac, sizeof mac));
}

bool xlate_underlay_holds(const struct xlate_underlay *u)
{
    struct underlay_route route;
    switch (u->kind) {
    case XLATE_ROUTE:
        underlay_answer_get(tunnel_underlay(), u->answer, &route);
        return underlay_route_equals(&route, &u->route);
    case XLATE_NEIGHBOUR:
    case XLATE_BINDING:
        return same_neighbour(u);
    case XLATE_ADDRESS:
        return underlay_has_address(tunnel_underlay(), u->device, &u->addr) == u->known;
    case XLATE_SNOOP:
        return true;
    }
    return false;
}

void xlate_underlay_use(const struct xlate_underlay *u, int64_t now_ms)
{
    if (u->kind == XLATE_NEIGHBOUR) {
        tunnel_neigh_want(u->bridge, u->device, &u->addr, now_ms);
    } else if (u->kind == XLATE_SNOOP && tunnel_neigh_learn(u->bridge, &u->addr, u->mac, now_ms)) {
        revalidator_wake();
    }
}
