/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashing.
 *
 * Every hash of something that a stranger can choose (packet fields, names, OpenFlow matches) starts from a secret that is
 * drawn when the process starts, so that nobody can aim at one bucket. Hashes therefore differ between two runs and must
 * not be stored or sent; hash_fixed_basis() makes them repeatable for tests. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Draws the secret. Called once, first thing in main(); aborts if the kernel gives no randomness. */
void hash_init(void);

/* Replaces the secret by a known one. Tests only. */
void hash_fixed_basis(uint64_t secret);

extern uint64_t hash_secret; /* written by hash_init() only */

/* Mixes two 64-bit words into one: the folded 128-bit product, so that every input bit reaches every output bit. */
static inline uint64_t hash_mix64(uint64_t a, uint64_t b)
{
    __uint128_t p = (__uint128_t) (a ^ 0x9e3779b97f4a7c15ULL) * (b ^ 0xe7037ed1a0b428dbULL);
    return (uint64_t) p ^ (uint64_t) (p >> 64);
}

uint64_t hash_bytes64(const void *data, size_t n, uint64_t basis);

static inline uint32_t hash_fold(uint64_t h)
{
    return (uint32_t) (h ^ (h >> 32));
}

static inline uint32_t hash_bytes(const void *data, size_t n, uint32_t basis)
{
    return hash_fold(hash_bytes64(data, n, basis));
}

static inline uint32_t hash_u64(uint64_t x, uint32_t basis)
{
    return hash_fold(hash_mix64(x ^ hash_secret, basis));
}

uint32_t hash_string(const char *s, uint32_t basis);
