/* SPDX-License-Identifier: Apache-2.0 */
/* What an upcall action carries to the handler: all that a packet-in needs to know.
 *
 * It says everything by itself, so that a flow which was cached by an earlier run of the program still works, and byte for byte the same for
 * the same rule, so that a restarted program finds such a flow unchanged. It comes back from another process, and is checked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/action.h"
#include "lib/net/flow.h"

enum { USERDATA_MAX_BRIDGE = 63, USERDATA_MAX_EXTRA = 2048 };

struct userdata {
    char bridge[USERDATA_MAX_BRIDGE + 1];
    uint32_t in_port;       /* OpenFlow's */
    uint8_t table;
    uint8_t reason;         /* enum ofp_packet_in_reason */
    uint16_t controller_id, max_len;
    be64 cookie;
    be64 metadata;
    uint32_t regs[FLOW_N_REGS];
    uint32_t pause;         /* the recirculation id under which the rest waits for the controller, 0: none */
    const uint8_t *extra;   /* the controller's own, in the bytes that were decoded */
    uint16_t extra_len;
};

/* Bytes written to 'to'. */
size_t userdata_encode(const struct userdata *, uint8_t to[ACTION_MAX_USERDATA]);

/* False if the bytes are not what userdata_encode() writes. */
bool userdata_decode(const uint8_t *, size_t n, struct userdata *) WARN_UNUSED;
