/* SPDX-License-Identifier: Apache-2.0 */
/* Which tunnel port a received packet belongs to: part of a snapshot (ofproto/port_map.h), immutable.
 *
 * All ports of one kind and UDP port share one port of the datapath, the *listener*. What came in by a listener is told apart by key, remote
 * and local address. Where several ports match, one with a configured key comes before one whose key is OpenFlow's; then one with a
 * configured remote address; then one with a configured local address, one that takes any, and one whose local address is
 * OpenFlow's. So OVS has it. Each of these twelve classes is one binary search. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct flow;
struct map_port;
struct tunnel_config;
struct tunnel_map;

/* Of 'n' ports, all of them tunnels; keeps the pointers. */
struct tunnel_map *tunnel_map_create(const struct map_port *const *ports, size_t n) MALLOC_LIKE;
void tunnel_map_destroy(struct tunnel_map *); /* null is fine */

/* The port for the tunnel metadata in 'key', which came in by the listener. Null: none. */
const struct map_port *tunnel_map_find(const struct tunnel_map *, uint32_t listener, const struct flow *key);

/* The bits of tun_id that the search looks at, host order: all, or those of NVGRE's virtual subnet if the listener has no other ports. */
uint64_t tunnel_map_key_bits(const struct tunnel_map *, uint32_t listener);

/* The listeners: number in the datapath, IP protocol and UDP port (0: GRE). False: there are no more than 'i'. */
struct tunnel_map_listener {
    uint32_t dp_no;
    uint8_t proto;
    uint16_t port;
};
size_t tunnel_map_n_listeners(const struct tunnel_map *);
const struct tunnel_map_listener *tunnel_map_listener(const struct tunnel_map *, size_t i);

/* Is the datapath's port one of the listeners? Null: of none. */
bool tunnel_map_has(const struct tunnel_map *, uint32_t listener);

/* Would the two match the same packets with the same right, behind one listener? */
bool tunnel_map_same(const struct tunnel_config *, const struct tunnel_config *);
uint32_t tunnel_map_hash(const struct tunnel_config *);
