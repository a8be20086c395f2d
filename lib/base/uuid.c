/* SPDX-License-Identifier: Apache-2.0 */
/* Universally unique identifiers. */
#include "lib/base/uuid.h"

#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/hash.h"

struct uuid uuid_random(void)
{
    struct uuid u;

    /* So short a request is never cut short or interrupted once the pool is ready. */
    if (getrandom(u.bytes, sizeof u.bytes, 0) != sizeof u.bytes) {
        abort();
    }
    u.bytes[6] = (u.bytes[6] & 0x0f) | 0x40; /* version 4 */
    u.bytes[8] = (u.bytes[8] & 0x3f) | 0x80; /* variant of RFC 4122 */
    return u;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hyphen_precedes(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool uuid_from_string(struct uuid *u, const char *s)
{
    struct uuid parsed;
    for (int i = 0; i < 16; i++) {
        if (hyphen_precedes(i) && *s++ != '-') {
            return false;
        }
        int high = hex_digit(s[0]);
        int low = high < 0 ? -1 : hex_digit(s[1]);
        if (low < 0) {
            return false;
        }
        parsed.bytes[i] = (uint8_t) (high << 4 | low);
        s += 2;
    }
    if (*s) {
        return false;
    }
    *u = parsed;
    return true;
}

void uuid_to_string(const struct uuid *u, char s[UUID_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (hyphen_precedes(i)) {
            *s++ = '-';
        }
        *s++ = digits[u->bytes[i] >> 4];
        *s++ = digits[u->bytes[i] & 0xf];
    }
    *s = '\0';
}

uint32_t uuid_hash(const struct uuid *u)
{
    return hash_bytes(u->bytes, sizeof u->bytes, 0);
}
