/* SPDX-License-Identifier: Apache-2.0 */
/* An IP address of either version: 16 bytes, an IPv4 address as IPv6 maps it (RFC 4291 section 2.5.5.2). All zeros is no address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/compiler.h"
#include "lib/base/types.h"

struct strbuf;

struct inet_addr {
    uint8_t bytes[16];
};

enum { INET_ADDR_BITS = 128, INET_ADDR_V4_OFFSET = 12, INET_ADDR_V4_BITS = 96 /* in front of an IPv4 address */ };

static inline struct inet_addr inet_addr_none(void)
{
    return (struct inet_addr) { { 0 } };
}

static inline struct inet_addr inet_addr_v4(be32 ip)
{
    struct inet_addr a = { { [10] = 0xff, [11] = 0xff } };
    memcpy(a.bytes + INET_ADDR_V4_OFFSET, &ip, sizeof ip);
    return a;
}

static inline struct inet_addr inet_addr_v6(const uint8_t ip[16])
{
    struct inet_addr a;
    memcpy(a.bytes, ip, sizeof a.bytes);
    return a;
}

static inline bool inet_addr_is_set(const struct inet_addr *a)
{
    static const struct inet_addr none;
    return memcmp(a, &none, sizeof none) != 0;
}

static inline bool inet_addr_is_v4(const struct inet_addr *a)
{
    static const uint8_t mapped[INET_ADDR_V4_OFFSET] = { [10] = 0xff, [11] = 0xff };
    return !memcmp(a->bytes, mapped, sizeof mapped);
}

/* 0 if it is no IPv4 address. */
static inline be32 inet_addr_get_v4(const struct inet_addr *a)
{
    return inet_addr_is_v4(a) ? get_be32(a->bytes + INET_ADDR_V4_OFFSET) : 0;
}

static inline bool inet_addr_equals(const struct inet_addr *a, const struct inet_addr *b)
{
    return !memcmp(a, b, sizeof *a);
}

bool inet_addr_is_multicast(const struct inet_addr *); /* IPv4's limited broadcast counts */

/* 'a' with all but the first 'bits' bits cleared, or set. */
struct inet_addr inet_addr_prefix(const struct inet_addr *a, unsigned int bits);
struct inet_addr inet_addr_prefix_last(const struct inet_addr *a, unsigned int bits);

/* False if the text is no address. */
bool inet_addr_parse(const char *, struct inet_addr *) WARN_UNUSED;

/* "ADDRESS/BITS"; the bits count from the start of the mapped form, so that an IPv4 prefix has 96 or more. */
bool inet_addr_parse_prefix(const char *, struct inet_addr *, unsigned int *bits) WARN_UNUSED;

enum { INET_ADDR_TEXT_SIZE = 46 };
const char *inet_addr_text(const struct inet_addr *, char text[INET_ADDR_TEXT_SIZE]); /* returns 'text' */
void inet_addr_put(struct strbuf *, const struct inet_addr *);
