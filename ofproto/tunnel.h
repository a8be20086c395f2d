/* SPDX-License-Identifier: Apache-2.0 */
/* What all tunnels share: the underlay (lib/base/underlay.h), its neighbours, and how news of both reach cached flows.
 *
 * A cached flow notes which route and neighbour it was told (credits, ofproto/xlate_credit.h). Whenever tunnel_version() moves, a sweep asks
 * again and compares, so that only flows of tunnels whose way really changed are translated anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct loop;
struct underlay;

/* Main thread. Null, or a sentence (the caller frees it). */
char *tunnel_start(struct loop *) WARN_UNUSED;
void tunnel_stop(void);

/* Once a second. */
void tunnel_run(void);

/* Any thread. */

struct underlay *tunnel_underlay(void);
uint64_t tunnel_version(void);

/* The UDP source ports of encapsulated packets, from which the hash of the inner connection chooses; the default is what the datapath chooses from
 * if it is told nothing. */
struct tunnel_port_range {
    uint16_t min, max;
};
enum { TUNNEL_DEFAULT_PORT_MIN = 32768, TUNNEL_DEFAULT_PORT_MAX = 61000 };
struct tunnel_port_range tunnel_port_range(void);
/* Main thread. min is not 0 and not more than max. */
void tunnel_set_port_range(struct tunnel_port_range);
