/* SPDX-License-Identifier: Apache-2.0 */
/* Universally unique identifiers (RFC 4122, version 4). Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/compiler.h"

struct uuid {
    uint8_t bytes[16]; /* in the order in which they are printed */
};

enum { UUID_LEN = 36 }; /* characters, without the terminator */

struct uuid uuid_random(void);
bool uuid_from_string(struct uuid *, const char *) WARN_UNUSED; /* false: not one, '*uuid' untouched */
void uuid_to_string(const struct uuid *, char s[UUID_LEN + 1]);

static inline bool uuid_equals(const struct uuid *a, const struct uuid *b)
{
    return !memcmp(a, b, sizeof *a);
}

static inline int uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a, b, sizeof *a);
}

static inline bool uuid_is_zero(const struct uuid *u)
{
    static const struct uuid zero;
    return uuid_equals(u, &zero);
}

uint32_t uuid_hash(const struct uuid *);
