/* SPDX-License-Identifier: Apache-2.0 */
/* From a packet's bytes to its flow.
 *
 * parse_packet() fills the lines that the packet needs and the offsets of its headers. It never
 * reads past the head, which holds every header it looks at, and it looks at a bounded number of
 * headers (two VLAN tags, three labels, eight IPv6 extension headers). A packet whose inner headers
 * are cut or wrong is no error: the flow then simply ends with the last good layer, which is how
 * OVS classifies it, and the reason is returned for the counter of malformed packets.
 *
 * What counts as wrong follows OVS: an IPv4 header with IHL < 5, a total length shorter than the
 * header or longer than the packet, a TCP data offset < 5 or past the end, ND options of length 0.
 * Checksums are not verified here. L2 padding is kept out of L4.
 *
 * Stricter than OVS: the version field must agree with the Ethernet type. And where a chain of IPv6
 * extension headers is cut or longer than eight, the fixed header counts and the protocol is
 * NW_PROTO_NONE, as in Linux's Open vSwitch module; OVS's own datapath keeps the addresses only. */
#pragma once

#include "lib/net/flow.h"
#include "lib/net/packet.h"

enum parse_result {
    PARSE_OK,
    PARSE_TRUNCATED,   /* a header is cut off */
    PARSE_BAD_LENGTH,  /* a length field contradicts the packet */
    PARSE_BAD_VERSION, /* not the IP version that the Ethernet type says */
    PARSE_TOO_SHORT,   /* not even an Ethernet header: the packet cannot be switched */
    PARSE_N_RESULTS,
};

/* Fills 'key' (lines and bitmap) from 'packet', its metadata included, and sets the packet's
 * offsets. */
enum parse_result parse_packet(struct packet *packet, struct flow *key);

/* One word for counters and logs. */
const char *parse_result_name(enum parse_result);

/* Builds a packet that parses to 'key' in all but metadata, with lengths and checksums right, for
 * injection and traces: writes at most 'size' bytes to 'to' and returns the packet's length, or 0
 * if it does not fit. 'payload_len' zeros follow the headers, unless they would be taken for more
 * headers. */
size_t flow_compose(const struct flow *key, void *to, size_t size, size_t payload_len);
