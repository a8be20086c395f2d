/* SPDX-License-Identifier: Apache-2.0 */
/* Continuations: what a packet still has to go through, as bytes that a controller keeps and brings back with NXT_RESUME.
 *
 * They say everything by themselves, so that they work after changes of the tables, over another connection and after a restart of
 * the program. Packet, registers and other fields that NXT_PACKET_IN2 shows are not in them: they are taken from the message, as the controller
 * may have changed them. Numbers are big-endian; actions are text in ovs-ofctl's syntax, which all versions of this program
 * understand. Whoever brings one back may have made it up: decoding checks sizes, depths and each action. Any thread. */
#pragma once

#include "lib/ofp/ofp.h"
#include "ofproto/recirc.h"

/* Appends the bytes. Their length is limited by what the message can carry; false: it does not fit. */
bool continuation_encode(const struct recirc_content *, struct ofpbuf *) WARN_UNUSED;

/* Of the result 'in_port' and the registers are as at the time of the pause but for the ones that the message shows, which are the
 * caller's to fill in. */
enum ofp_error continuation_decode(const uint8_t *, size_t n, struct recirc_content *) WARN_UNUSED;
void continuation_destroy(struct recirc_content *); /* what was decoded */
