/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashing of byte strings: multiply-and-fold over 16 bytes a step. */
#include "lib/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

uint64_t hash_secret = 0x243f6a8885a308d3ULL;

void hash_init(void)
{
    if (getrandom(&hash_secret, sizeof hash_secret, 0) != sizeof hash_secret) {
        perror("getrandom");
        abort();
    }
}

void hash_fixed_basis(uint64_t secret)
{
    hash_secret = secret;
}

static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t x = 0;
    memcpy(&x, p, n);
    return x;
}

uint64_t hash_bytes64(const void *data, size_t n, uint64_t basis)
{
    const unsigned char *p = data;
    uint64_t h = hash_mix64(hash_secret ^ basis, n);
    for (; n >= 16; p += 16, n -= 16) {
        h = hash_mix64(load(p, 8) ^ h, load(p + 8, 8) ^ hash_secret);
    }
    if (n >= 8) {
        h = hash_mix64(load(p, 8) ^ h, hash_secret);
        p += 8;
        n -= 8;
    }
    return n ? hash_mix64(load(p, n) ^ h, hash_secret ^ n) : h;
}

uint32_t hash_string(const char *s, uint32_t basis)
{
    return hash_bytes(s, strlen(s), basis);
}
