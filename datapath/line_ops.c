/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of flow lookup in portable C. */
#include "datapath/line_ops.h"

#include "lib/base/hash.h"

enum { LINE_WORDS = FLOW_LINE_SIZE / sizeof(uint64_t) };

/* Flows are read as words here; the build has no strict aliasing. */
static inline const uint64_t *words(const void *lines)
{
    return (const uint64_t *) __builtin_assume_aligned(lines, FLOW_LINE_SIZE);
}

static inline uint64_t masked_word(const struct flow *key, const struct line_mask *mask,
                                   unsigned int i)
{
    return words(key)[mask->words[i]] & mask->word_bits[i];
}

/* Both factors of each product carry a secret, so that nobody can choose a word that makes the
 * product forget the rest. */
static uint64_t hash_used(const struct flow *key, const struct line_mask *mask)
{
    uint64_t secret = hash_secret, h = secret;
    unsigned int i = 0;
    for (; i + 1 < mask->n_words; i += 2) {
        h = hash_mix64(h ^ masked_word(key, mask, i), secret ^ masked_word(key, mask, i + 1));
    }
    if (i < mask->n_words) {
        h = hash_mix64(h ^ masked_word(key, mask, i), secret);
    }
    return hash_mix64(h, secret);
}

static void zero_unused_lines(struct flow *to, const struct flow *from, uint32_t lines)
{
    to->lines = lines;
    for (uint32_t todo = lines; todo; todo &= todo - 1) {
        unsigned int i = __builtin_ctz(todo);
        to->line[i] = *flow_line(from, i);
    }
}

static uint64_t hash(const struct flow *key, const struct line_mask *mask)
{
    if (unlikely(mask->lines & ~key->lines)) {
        struct flow zeroed;
        zero_unused_lines(&zeroed, key, mask->lines);
        return hash_used(&zeroed, mask);
    }
    return hash_used(key, mask);
}

static inline bool match_line(const struct flow_line *key, const struct flow_line *mask,
                              const struct flow_line *stored)
{
    const uint64_t *k = words(key), *m = words(mask), *s = words(stored);
    uint64_t difference = 0;
    for (unsigned int i = 0; i < LINE_WORDS; i++) {
        difference |= (k[i] & m[i]) ^ s[i];
    }
    return !difference;
}

static bool match(const struct flow *key, const struct line_mask *mask,
                  const struct flow_line *stored)
{
    if (likely(!(mask->lines & ~key->lines))) {
        for (unsigned int i = 0; i < mask->n_lines; i++) {
            if (!match_line(&key->line[mask->line[i]], &mask->bits[i], &stored[i])) {
                return false;
            }
        }
        return true;
    }
    for (unsigned int i = 0; i < mask->n_lines; i++) {
        if (!match_line(flow_line(key, mask->line[i]), &mask->bits[i], &stored[i])) {
            return false;
        }
    }
    return true;
}

/* Sets the top bit of each 16-bit lane of 'word' that equals 'tag', and no other bit. */
static inline uint64_t equal_lanes(uint64_t word, uint64_t repeated)
{
    const uint64_t low_bits = 0x7fff7fff7fff7fffULL;
    uint64_t x = word ^ repeated;
    return ~(((x & low_bits) + low_bits) | x | low_bits);
}

/* Gathers the top bits of the four lanes in the lowest four bits. */
static inline uint32_t gather(uint64_t lanes)
{
    return ((lanes >> 15) * 0x0001000200040008ULL) >> 48;
}

static uint32_t find_tag(const struct tag_bucket *bucket, uint16_t tag)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t repeated = tag * 0x0001000100010001ULL;
    uint64_t a = equal_lanes(__atomic_load_n(&bucket->words[0], __ATOMIC_ACQUIRE), repeated);
    uint64_t b = equal_lanes(__atomic_load_n(&bucket->words[1], __ATOMIC_ACQUIRE), repeated);
    uint64_t c = equal_lanes(__atomic_load_n(&bucket->words[2], __ATOMIC_ACQUIRE), repeated);
    return gather(a) | gather(b) << 4 | gather(c & 0xffffffff) << 8;
#else
    uint32_t found = 0;
    for (unsigned int i = 0; i < TAG_BUCKET_WAYS; i++) {
        found |= (uint32_t) (__atomic_load_n(&bucket->tags[i], __ATOMIC_ACQUIRE) == tag) << i;
    }
    return found;
#endif
}

static const struct line_ops generic = { "generic", hash, match, find_tag };

const struct line_ops *line_ops = &generic;
const struct line_ops *const line_ops_all[] = { &generic, NULL };

void line_ops_init(void)
{
    line_ops = line_ops_all[0];
}
