/* SPDX-License-Identifier: Apache-2.0 */
/* ofproto/trace: what would happen to a packet, told table by table. Main thread. */
#pragma once

#include "lib/base/compiler.h"

struct strbuf;

/* The command's arguments behind its name: [DP] ODP_FLOW [PACKET] or BRIDGE FLOW [PACKET], where PACKET is bytes in hexadecimal or -generate. Appends
 * the trace to 'reply'. Null, or what is wrong with the arguments (the caller frees it). */
char *trace_run(int argc, const char *const argv[], struct strbuf *reply) WARN_UNUSED;

/* The same with OpenFlow actions as the last argument, in place of table 0: ofproto/trace-packet-out. */
char *trace_run_packet_out(int argc, const char *const argv[], struct strbuf *reply) WARN_UNUSED;
