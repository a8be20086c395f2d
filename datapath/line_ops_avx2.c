/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of flow lookup with AVX2 and BMI2. */
#include "datapath/line_ops_impl.h"

#ifdef __x86_64__

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi2")))

/* The products of the hash depend on each other, so that vectors gain nothing; MULX does. */
AVX2 static uint64_t hash(const struct flow *key, const struct line_mask *mask)
{
    return line_ops_hash(key, mask);
}

/* The bits in which a line under its mask differs from the stored one. */
AVX2 static inline __m256i differ(const struct flow_line *key, const struct flow_line *mask,
                                  const struct flow_line *stored)
{
    const __m256i *k = (const __m256i *) key, *m = (const __m256i *) mask;
    const __m256i *s = (const __m256i *) stored;
    __m256i low = _mm256_and_si256(_mm256_load_si256(k), _mm256_load_si256(m));
    __m256i high = _mm256_and_si256(_mm256_load_si256(k + 1), _mm256_load_si256(m + 1));
    return _mm256_or_si256(_mm256_xor_si256(low, _mm256_load_si256(s)),
                           _mm256_xor_si256(high, _mm256_load_si256(s + 1)));
}

AVX2 static bool match(const struct flow *key, const struct line_mask *mask,
                       const struct flow_line *stored)
{
    bool whole = likely(!(mask->lines & ~key->lines));
    __m256i difference = _mm256_setzero_si256();
    for (unsigned int i = 0; i < mask->n_lines; i++) {
        const struct flow_line *line =
            whole ? &key->line[mask->line[i]] : flow_line(key, mask->line[i]);
        difference = _mm256_or_si256(difference, differ(line, &mask->bits[i], &stored[i]));
    }
    return _mm256_testz_si256(difference, difference);
}

#ifndef __SANITIZE_THREAD__
/* Reads more than the tags; each place is as atomic in a vector as alone. */
AVX2 static uint32_t find_tag(const struct tag_bucket *bucket, uint16_t tag)
{
    const __m128i *tags = (const __m128i *) bucket;
    __m128i wanted = _mm_set1_epi16(tag);
    __m128i low = _mm_cmpeq_epi16(_mm_load_si128(tags), wanted);
    __m128i high = _mm_cmpeq_epi16(_mm_load_si128(tags + 1), wanted);
    uint32_t found = _mm_movemask_epi8(_mm_packs_epi16(low, high));
    __asm__ volatile("" ::: "memory"); /* loads stay behind: to the processor all are acquiring */
    return found & ((1u << TAG_BUCKET_WAYS) - 1);
}
#else
#define find_tag line_ops_find_tag
#endif

AVX2 static inline bool same_bytes(const void *bytes, const struct flow_line *mask, const struct flow_line *value)
{
    const __m256i *b = bytes, *m = (const __m256i *) mask, *v = (const __m256i *) value;
    __m256i low = _mm256_and_si256(_mm256_loadu_si256(b), _mm256_load_si256(m));
    __m256i high = _mm256_and_si256(_mm256_loadu_si256(b + 1), _mm256_load_si256(m + 1));
    __m256i difference = _mm256_or_si256(_mm256_xor_si256(low, _mm256_load_si256(v)),
                                         _mm256_xor_si256(high, _mm256_load_si256(v + 1)));
    return _mm256_testz_si256(difference, difference);
}

/* Without branches that depend on the packets. */
AVX2 static uint32_t match_wire(const struct wire_match *m, struct packet *const *packets, uint32_t todo)
{
    uint32_t matched = 0;
    for (; todo; todo &= todo - 1) {
        unsigned int i = __builtin_ctz(todo);
        const struct packet *p = packets[i];
        if (likely(wire_match_can_read(p))) {
            uint32_t same = (uint32_t) same_bytes(p->data, &m->mask, &m->value) & (uint32_t) wire_match_lengths(&m->place, p);
            if (m->tunnel) {
                same &= (uint32_t) same_bytes(&p->tunnel->line, &m->tunnel_mask, &m->tunnel_value);
            }
            matched |= same << i;
        }
    }
    return matched;
}

const struct line_ops line_ops_avx2 = { "avx2", hash, match, find_tag, match_wire };

bool line_ops_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

#endif
