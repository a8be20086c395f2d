/* SPDX-License-Identifier: Apache-2.0 */
/* Integers whose type tells their byte order, and access to unaligned ones.
 *
 * A be16, be32 or be64 holds a number in network byte order. Arithmetic on one is a mistake; convert it first with
 * ntohs(), ntohl() or be64_to_host(). */
#pragma once

#include <arpa/inet.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t be16;
typedef uint32_t be32;
typedef uint64_t be64;

#define BE16_MAX ((be16) 0xffff)
#define BE32_MAX ((be32) 0xffffffff)
#define BE64_MAX ((be64) 0xffffffffffffffffULL)

static inline uint64_t be64_to_host(be64 x)
{
    return be64toh(x);
}

static inline be64 be64_from_host(uint64_t x)
{
    return htobe64(x);
}

/* Reads and writes at any address. */
static inline be16 get_be16(const void *p)
{
    be16 x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline be32 get_be32(const void *p)
{
    be32 x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline be64 get_be64(const void *p)
{
    be64 x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline void put_be16(void *p, be16 x)
{
    memcpy(p, &x, sizeof x);
}

static inline void put_be32(void *p, be32 x)
{
    memcpy(p, &x, sizeof x);
}

static inline void put_be64(void *p, be64 x)
{
    memcpy(p, &x, sizeof x);
}
