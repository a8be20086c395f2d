/* SPDX-License-Identifier: Apache-2.0 */
/* The packets that ask for a neighbour: ARP requests (RFC 826), neighbour solicitations (RFC 4861 section 4.3). Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/inet_addr.h"
#include "lib/net/headers.h"

enum { TUNNEL_PROBE_MAX = 96 };

/* Writes the packet. 'mac' is to whom it goes, null: everybody. Returns its length in bytes. */
size_t tunnel_probe_compose(struct eth_addr eth_src, const struct inet_addr *src, const struct inet_addr *target,
                            const struct eth_addr *mac, uint8_t packet[TUNNEL_PROBE_MAX]);
