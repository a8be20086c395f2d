/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the headers of a packet: what the datapath's actions do to its bytes.
 *
 * Every function keeps the checksums that cover what it changes right: IPv4 header, TCP, UDP (0
 * stays "none", and a sum of 0 is sent as 0xffff), ICMP, ICMPv6 and SCTP. A checksum that was wrong
 * stays wrong by the same amount. If the packet owes its L4 checksum (PACKET_NEEDS_CSUM), only the
 * sum of the pseudo-header in the field follows the addresses. Only the first fragment of an IP
 * packet has an L4 header.
 *
 * The packet must have been parsed by parse_packet(), and may have been changed by these functions
 * since: they keep its offsets true. They look at the packet itself and never beyond its head, so
 * that no flow, however wrong, makes them write elsewhere.
 *
 * Each returns DROP_NONE, or why the packet must be dropped; it is then unchanged. */
#pragma once

#include "lib/net/action.h"
#include "lib/net/packet.h"
#include "lib/net/reason.h"

/* Writes the masked bits of a field. A packet without that header is left alone, with DROP_NONE.
 * The SCTP ports of a first fragment cannot be changed, since its checksum covers bytes that are
 * not there: DROP_ACTION_UNSUITED.
 *
 * Another IP protocol than before makes an L4 header of another kind of the same bytes. Its checksum follows
 * where both kinds have it at the same place and over a pseudo-header: UDP, UDP-Lite and DCCP. Otherwise the
 * bytes are left alone, so that a packet whose protocol is set to something else and back is as it was; a
 * checksum that the packet owes is still that of the former protocol. A super-packet, which could not be
 * segmented any more, is dropped: DROP_ACTION_UNSUITED.
 *
 * Another Ethernet type changes the meaning of what follows, and nothing in it. */
enum drop_reason rewrite_set(struct packet *, const struct action_set *) WARN_UNUSED;

/* Puts a tag outside all others ('tci' without its VLAN_CFI bit); takes the outermost tag off.
 * Without a tag: DROP_ACTION_UNSUITED. */
enum drop_reason rewrite_push_vlan(struct packet *, be16 tpid, be16 tci) WARN_UNUSED;
enum drop_reason rewrite_pop_vlan(struct packet *) WARN_UNUSED;

/* Puts a label stack entry in front of the outermost label, or of the L3 header, behind any VLAN
 * tags; takes the outermost off and says that what follows is of 'eth_type'. Without a label, or
 * with an 802.2 header: DROP_ACTION_UNSUITED. After a pop, L3 is known only if the bottom of the
 * stack was popped, and L4 never: the flow must be looked up again to go on. */
enum drop_reason rewrite_push_mpls(struct packet *, be16 eth_type, be32 lse) WARN_UNUSED;
enum drop_reason rewrite_pop_mpls(struct packet *, be16 eth_type) WARN_UNUSED;

/* Puts an I-TAG, with copies of the addresses, behind the addresses; takes one off that follows them
 * or VLAN tags, and the addresses in front of it. Without an I-TAG: DROP_ACTION_UNSUITED. Afterwards neither L3
 * (but the I-TAG itself) nor L4 is known. */
enum drop_reason rewrite_push_pbb(struct packet *, be32 tci) WARN_UNUSED;
enum drop_reason rewrite_pop_pbb(struct packet *) WARN_UNUSED;

/* Copies the TTL from the next-to-outermost header that has one to the outermost, or 'inwards' the other way.
 * Never a reason. */
enum drop_reason rewrite_copy_ttl(struct packet *, bool inwards) WARN_UNUSED;

/* Makes the drop precedence of an IPv4 or IPv6 packet in an assured forwarding class (RFC 2597) greater by 'levels',
 * up to 3. Other packets are left alone. */
void rewrite_remark_dscp(struct packet *, unsigned int levels);

/* Takes 1 from the TTL of the outermost label, or else from the IPv4 TTL or the IPv6 hop limit.
 * DROP_TTL_EXPIRED if it would reach 0; DROP_ACTION_UNSUITED if there is none of these headers. */
enum drop_reason rewrite_dec_ttl(struct packet *) WARN_UNUSED;

/* Does one of the above: a SET, PUSH_VLAN, POP_VLAN, PUSH_MPLS, POP_MPLS, PUSH_PBB, POP_PBB, COPY_TTL
 * or DEC_TTL action (its nested list is not looked at). DROP_ACTION_UNSUITED for any other. */
enum drop_reason rewrite_action(struct packet *, const struct action *) WARN_UNUSED;
