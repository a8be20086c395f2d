/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of the kinds "vxlan", "geneve" and "gre": the tunnels of a kind, on a UDP port if it has one. They have no device and no
 * queues: packets come out of them by ACTION_TNL_POP and go into them by ACTION_TNL_PUSH. A GRE port takes NVGRE, and all take IPv4
 * and IPv6.
 *
 * Options: dst-port, the UDP port (4789 for VXLAN, 6081 for Geneve); gbp=true, VXLAN with the group policy extension, too. */
#pragma once

#include "datapath/port.h"
#include "lib/net/tunnel.h"

/* What the port's packets look like; null if it is of another kind. Any thread. */
const struct tunnel_kind_config *port_tunnel_config(const struct port *);

/* The number of the first of the next 'n' packets of a GRE tunnel with sequence numbers. Any forwarding thread. */
uint32_t port_tunnel_sequence(struct port *, uint32_t n);
