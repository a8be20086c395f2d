/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet checksum: sums of 16-bit words in one's complement, kept in the order of memory.
 *
 * A one's complement sum does not depend on how its words are grouped, so wide loads are added and
 * folded at the end: 2^16-1 divides 2^32-1, which divides 2^64-1. */
#include "lib/net/csum.h"

static uint32_t fold64(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    return (uint32_t)sum + (uint32_t)(sum >> 32);
}

static uint32_t add(uint32_t a, uint32_t b)
{
    return fold64((uint64_t)a + b);
}

static uint16_t fold32(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return sum + (sum >> 16);
}

/* Of a multiple of 32 bytes, in independent lanes, which the compiler turns into vectors. */
static uint64_t sum_blocks(const uint8_t *p, size_t n)
{
    uint64_t lanes[8] = {0}, sum = 0;
    for (; n; p += 32, n -= 32) {
        uint32_t words[8];
        memcpy(words, p, sizeof words);
        for (int i = 0; i < 8; i++) {
            lanes[i] += words[i];
        }
    }
    for (int i = 0; i < 8; i++) {
        sum += lanes[i];
    }
    return sum;
}

uint32_t csum_continue(uint32_t partial, const void *data, size_t n)
{
    enum { LONG = 256 };
    const uint8_t *p = data;
    uint64_t sum = partial;
    if (n >= LONG) {
        size_t whole = n & ~(size_t)31;
        sum += sum_blocks(p, whole);
        p += whole;
        n -= whole;
    }
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word = get_be64(p);
        sum += word;
        sum += sum < word; /* the carry comes in at the other end */
    }
    sum = fold64(sum);
    if (n >= 4) {
        sum += get_be32(p);
        p += 4;
        n -= 4;
    }
    if (n >= 2) {
        sum += get_be16(p);
        p += 2;
        n -= 2;
    }
    if (n) {
        const uint8_t last[2] = {*p, 0};
        sum += get_be16(last);
    }
    return fold64(sum);
}

be16 csum_finish(uint32_t partial)
{
    return ~fold32(partial);
}

be16 csum(const void *data, size_t n)
{
    return csum_finish(csum_continue(0, data, n));
}

be16 csum_recalc16(be16 old_csum, be16 old, be16 now)
{
    return ~fold32((uint32_t)(uint16_t)~old_csum + (uint16_t)~old + now);
}

be16 csum_recalc32(be16 old_csum, be32 old, be32 now)
{
    return csum_finish(fold64((uint64_t)(uint16_t)~old_csum + (uint32_t)~old + now));
}

be16 csum_recalc128(be16 old_csum, const uint8_t old[16], const uint8_t now[16])
{
    uint64_t sum = (uint16_t)~old_csum;
    for (int i = 0; i < 16; i += 4) {
        sum += (uint64_t)(uint32_t)~get_be32(old + i) + get_be32(now + i);
    }
    return csum_finish(fold64(sum));
}

uint32_t csum_pseudo_ipv4(be32 src, be32 dst, uint8_t proto, uint32_t l4_len)
{
    return fold64((uint64_t)src + dst + htonl(proto) + htonl(l4_len));
}

uint32_t csum_pseudo_ipv6(const uint8_t src[16], const uint8_t dst[16], uint8_t proto,
                          uint32_t l4_len)
{
    uint32_t sum = csum_continue(csum_continue(0, src, 16), dst, 16);
    return add(sum, fold64((uint64_t)htonl(proto) + htonl(l4_len)));
}
