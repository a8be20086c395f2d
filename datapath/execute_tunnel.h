/* SPDX-License-Identifier: Apache-2.0 */
/* Encapsulation and decapsulation on a forwarding thread. Count at the tunnel's port. */
#pragma once

#include "lib/net/action.h"
#include "lib/net/reason.h"

struct packet;
struct wire_place;
struct worker;

/* Encapsulates 'n' packets, of which the caller holds the only references; drops those for which there is a reason, and returns how
 * many are left in 'packets'. */
unsigned int execute_tunnel_push(struct worker *, struct packet **packets, unsigned int n,
                                 const struct action_tnl_push *) WARN_UNUSED;

/* The caller holds the only reference to the packet; DROP_NONE, or why it is to be dropped. */
enum drop_reason execute_tunnel_pop(struct worker *, struct packet *, const struct action_tnl_pop *) WARN_UNUSED;

/* The same for 'n' packets that were just received and are built as '*at' says, and whose lengths hold; drops those for which there is a reason. Returns how many are left, in 'to', where
 * there is room for all. */
unsigned int execute_tunnel_pop_plain(struct worker *, const struct wire_place *at, struct packet *const *packets, unsigned int n,
                                      const struct action_tnl_pop *, struct packet **to) WARN_UNUSED;
