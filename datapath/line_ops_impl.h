/* SPDX-License-Identifier: Apache-2.0 */
/* What the implementations of line_ops.h share. */
#pragma once

#include "datapath/line_ops.h"
#include "lib/base/hash.h"

/* Flows are read as words here; the build has no strict aliasing. */
static inline const uint64_t *line_ops_words(const void *lines)
{
    return (const uint64_t *) __builtin_assume_aligned(lines, FLOW_LINE_SIZE);
}

static inline uint64_t line_ops_masked_word(const struct flow *key, const struct line_mask *mask,
                                            unsigned int i)
{
    return line_ops_words(key)[mask->words[i]] & mask->word_bits[i];
}

/* Both factors of each product carry a secret, so that nobody can choose a word that makes the
 * product forget the rest. All implementations have the same hash, so that another can be chosen
 * while there are tables. */
static inline uint64_t line_ops_hash_used(const struct flow *key, const struct line_mask *mask)
{
    uint64_t secret = hash_secret, h = secret;
    unsigned int i = 0;
    for (; i + 1 < mask->n_words; i += 2) {
        h = hash_mix64(h ^ line_ops_masked_word(key, mask, i),
                       secret ^ line_ops_masked_word(key, mask, i + 1));
    }
    if (i < mask->n_words) {
        h = hash_mix64(h ^ line_ops_masked_word(key, mask, i), secret);
    }
    return hash_mix64(h, secret);
}

/* Of a key that lacks lines which the mask looks at. */
uint64_t line_ops_hash_partial(const struct flow *key, const struct line_mask *mask);

static inline uint64_t line_ops_hash(const struct flow *key, const struct line_mask *mask)
{
    return unlikely(mask->lines & ~key->lines) ? line_ops_hash_partial(key, mask)
                                               : line_ops_hash_used(key, mask);
}

/* In portable C. */
uint32_t line_ops_find_tag(const struct tag_bucket *, uint16_t tag);

#ifdef __x86_64__
extern const struct line_ops line_ops_avx2, line_ops_avx512;

/* Can this processor run them? */
bool line_ops_has_avx2(void);
bool line_ops_has_avx512(void);
#endif
