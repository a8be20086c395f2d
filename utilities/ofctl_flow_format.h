/* SPDX-License-Identifier: Apache-2.0 */
/* Which flow format a flow needs, and agreeing with the switch on one. */
#pragma once

#include "lib/ofp/message.h"
#include "utilities/ofctl_protocol.h"

struct connection;

/* The formats (OFCTL_P_*) in which the flow, or the request, can be sent without losing anything. */
uint32_t ofctl_flow_mod_formats(const struct ofp_flow_mod *);
uint32_t ofctl_flow_stats_request_formats(const struct ofp_flow_stats_request *);

/* Ends the program unless one of the 'usable' formats may be used. */
void ofctl_formats_check(uint32_t usable);

/* Agrees with the switch on a usable and allowed format for flow-mods: the one that the connection begins with ('current') if that
 * is possible. Returns it, or ends the program. */
uint32_t ofctl_format_for_flow_mods(struct connection *, uint32_t usable, uint32_t current);

/* The same for reading flows: the one that can say most. */
uint32_t ofctl_format_for_dump(struct connection *, uint32_t usable);

/* Appends the flow-mod as a message in that format; ends the program if it is too long. */
void ofctl_flow_mod_encode(struct ofpbuf *out, const struct ofp_flow_mod *, uint32_t format, be32 xid);
