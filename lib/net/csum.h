/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet checksum (RFC 1071, RFC 1624) and CRC-32C for SCTP (RFC 9260). Any thread; all sums
 * in network byte order. */
#pragma once

#include "lib/base/types.h"

/* Adds 'n' bytes to a running sum, which starts as 0; only the last piece may have an odd length.
 */
uint32_t csum_continue(uint32_t partial, const void *data, size_t n);
be16 csum_finish(uint32_t partial);
be16 csum(const void *data, size_t n);

/* The checksum 'old_csum' after a 16- or 32-bit word, or 16 bytes, at an even offset changed (RFC
 * 1624, equation 3). */
be16 csum_recalc16(be16 old_csum, be16 old, be16 now);
be16 csum_recalc32(be16 old_csum, be32 old, be32 now);
be16 csum_recalc128(be16 old_csum, const uint8_t old[16], const uint8_t now[16]);

/* Running sums of the pseudo-headers; 'l4_len' in host order, bytes. */
uint32_t csum_pseudo_ipv4(be32 src, be32 dst, uint8_t proto, uint32_t l4_len);
uint32_t csum_pseudo_ipv6(const uint8_t src[16], const uint8_t dst[16], uint8_t proto,
                          uint32_t l4_len);

/* CRC-32C of 'n' bytes, as SCTP stores it (to be copied to the field as it is). Continue with the
 * earlier result; start with 0. */
uint32_t crc32c_continue(uint32_t crc, const void *data, size_t n);
