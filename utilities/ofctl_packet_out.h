/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-outs as text. */
#pragma once

#include "lib/ofp/message.h"

/* "in_port=1 packet=HEX actions=..."; 'text' is cut up. The bytes go to 'packet', to which 'po' points; the actions are the caller's
 * to destroy. An error that the caller frees, or null. */
char *ofctl_packet_out_parse(char *text, const struct ofp_names *, struct ofp_packet_out *po, struct ofpbuf *packet) WARN_UNUSED;
