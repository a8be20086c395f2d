/* SPDX-License-Identifier: Apache-2.0 */
/* Relaxed masks: what rules of near-by masks have in common. */
#include "ofproto/mask_level.h"

#include <string.h>

enum { N_BYTES = MINIMATCH_MAX_WORDS * 8 };

union mask_bytes {
    uint64_t words[MINIMATCH_MAX_WORDS];
    uint8_t bytes[N_BYTES];
};

static unsigned int leading_ones(const uint8_t *p, unsigned int n_bits)
{
    unsigned int n = 0;
    while (n < n_bits && p[n / 8] & 0x80 >> n % 8) {
        n++;
    }
    return n;
}

/* Lengths of which there are few, so that many share one, and that leave few prefixes with the same bits. */
static unsigned int round_length(unsigned int length, unsigned int n_bits, enum mask_level level)
{
    if (n_bits == 16) { /* a port */
        return level == LEVEL_MIDDLE && length == n_bits ? length : 0;
    }
    if (n_bits == 32) {
        return level == LEVEL_MIDDLE ? length - length % 4 : length < 16 ? 0 : length - length % 8 - (length == 32) * 8;
    }
    return level == LEVEL_MIDDLE ? length - length % 16 : length < 32 ? 0 : length < 48 ? 32 : length < 64 ? 48 : 64;
}

/* Puts the prefixes of the level in 'to'. True if there is one of an address. */
static bool add_prefixes(const union mask_bytes *from, union mask_bytes *to, enum mask_level level)
{
    bool address = false;
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        size_t offset = prefix_fields[i].offset;
        unsigned int n_bits = prefix_fields[i].n_bits;
        unsigned int n = round_length(leading_ones(from->bytes + offset, n_bits), n_bits, level);
        memset(to->bytes + offset, 0, n_bits / 8);
        memset(to->bytes + offset, 0xff, n / 8);
        if (n % 8) {
            to->bytes[offset + n / 8] = (uint8_t) (0xff00 >> n % 8);
        }
        address |= n && n_bits > 16;
    }
    return address;
}

/* The bytes of which all bits are set. */
static uint64_t whole_bytes(uint64_t bits)
{
    uint8_t bytes[8];
    memcpy(bytes, &bits, sizeof bytes);
    for (unsigned int i = 0; i < sizeof bytes; i++) {
        bytes[i] = bytes[i] == 0xff ? 0xff : 0;
    }
    memcpy(&bits, bytes, sizeof bits);
    return bits;
}

const struct minimask *mask_level_intern(const struct minimask *mask, enum mask_level level)
{
    union mask_bytes from = { { 0 } }, to = { { 0 } };
    struct minimatch_key key;
    if (level == LEVEL_EXACT) {
        return minimask_ref(mask);
    }
    for (unsigned int i = 0; i < mask->n_words; i++) {
        from.words[mask->words[i].where] = mask->words[i].bits;
    }
    bool address = add_prefixes(&from, &to, level);
    unsigned int end = level == LEVEL_COARSE && address ? mask->stage_end[STAGE_L2] : mask->n_parts;
    for (unsigned int i = 0; i < end; i++) {
        const struct minimask_part *part = &mask->parts[i];
        to.words[part->where] |= whole_bytes(part->bits) & ~minimatch_quarters(part->fields);
    }
    minimatch_key_init_mask(&key, to.words);
    return minimask_intern(&key);
}
