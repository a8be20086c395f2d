/* SPDX-License-Identifier: Apache-2.0 */
/* Encapsulation and decapsulation of single packets on a forwarding thread. */
#pragma once

#include "lib/net/action.h"
#include "lib/net/reason.h"

struct packet;
struct worker;

/* The caller holds the only reference to the packet; DROP_NONE, or why it is to be dropped. Count at the tunnel's port. */
enum drop_reason execute_tunnel_push(struct worker *, struct packet *, const struct action_tnl_push *) WARN_UNUSED;
enum drop_reason execute_tunnel_pop(struct worker *, struct packet *, const struct action_tnl_pop *) WARN_UNUSED;

/* The same for 'n' packets that are plain (lib/net/tunnel.h) and just received, whose lengths hold; drops those for which there is a reason, and returns how
 * many are left in 'packets'. */
unsigned int execute_tunnel_pop_plain(struct worker *, struct packet **packets, unsigned int n, const struct action_tnl_pop *) WARN_UNUSED;
