/* SPDX-License-Identifier: Apache-2.0 */
/* The naive twin of lib/net for tests: packets as plain bytes, dissected and summed the slow way,
 * without any code of lib/net. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets into the packet, -1 where there is no such thing. */
struct dissection {
    int n_vlans;
    int mpls;
    int pbb; /* the I-TAG's first byte */
    int type; /* the Ethernet type, behind tags */
    int arp;
    int ip; /* IP header */
    int version;
    int ip_end; /* by IP's length field */
    int l4;     /* -1 in a later fragment */
    int proto;
    bool first_fragment;
    bool rerouted; /* IPv6 routing header with segments left */
    int next;      /* the byte that says 'proto' */
    int exthdr;    /* OFPIEH13_* bits of OpenFlow 1.3 */
};

/* Of a well-formed packet. */
void naive_dissect(const uint8_t *p, size_t len, struct dissection *);

uint16_t naive_get16(const uint8_t *);
void naive_put16(uint8_t *, uint16_t);

/* RFC 1071, over two pieces: the pseudo-header and the data. */
uint16_t naive_csum(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

/* RFC 9260 appendix A, bit by bit; the value of the polynomial division, complemented. */
uint32_t naive_crc32c(const uint8_t *, size_t);

/* Computes every checksum of a well-formed, unfragmented packet anew. A UDP checksum of 0 stays 0.
 */
void naive_fix(uint8_t *p, size_t len);

/* Makes up a well-formed packet with right checksums: any combination of VLAN tags, labels, ARP,
 * IPv4 with options or IPv6 with extension headers, TCP with options, UDP with or without checksum,
 * SCTP, ICMP, ICMPv6, neighbour discovery, IGMP and others. 'size' is at least 512. Returns its
 * length. Driven by random(). */
size_t naive_random_packet(uint8_t *p, size_t size);
