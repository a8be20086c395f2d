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

/* Decapsulates a packet, of which the caller holds the only reference and gives it up. What comes out goes to 'to': nothing, if there is
 * a reason to drop it; one packet; or of a bundle of datagrams (lib/net/bundle.h) one for each. Returns how many; what is more than 'max' is
 * dropped. */
unsigned int execute_tunnel_pop(struct worker *, struct packet *, const struct action_tnl_pop *, struct packet **to,
                                unsigned int max) WARN_UNUSED;

/* Is it a bundle? The packet was parsed. */
bool execute_tunnel_is_bundle(const struct packet *);

/* The same for 'n' packets that were just received and are built as '*at' says, and whose lengths hold, and are no bundles; drops those for which there is a reason, and puts together what
 * were segments of one super-packet. Returns how many are left, in 'to', where there is room for all. */
unsigned int execute_tunnel_pop_plain(struct worker *, const struct wire_place *at, struct packet *const *packets, unsigned int n,
                                      const struct action_tnl_pop *, struct packet **to) WARN_UNUSED;
