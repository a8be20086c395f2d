/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of flow lookup with AVX-512 (F, BW, VL) and BMI2: a line is one register. */
#include "datapath/line_ops_impl.h"

#ifdef __x86_64__

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi2")))

AVX512 static uint64_t hash(const struct flow *key, const struct line_mask *mask)
{
    return line_ops_hash(key, mask);
}

AVX512 static bool match(const struct flow *key, const struct line_mask *mask,
                         const struct flow_line *stored)
{
    bool whole = likely(!(mask->lines & ~key->lines));
    __mmask8 difference = 0;
    for (unsigned int i = 0; i < mask->n_lines; i++) {
        const struct flow_line *line =
            whole ? &key->line[mask->line[i]] : flow_line(key, mask->line[i]);
        __m512i masked = _mm512_and_si512(_mm512_load_si512(line), _mm512_load_si512(&mask->bits[i]));
        difference |= _mm512_cmpneq_epi64_mask(masked, _mm512_load_si512(&stored[i]));
    }
    return !difference;
}

#ifndef __SANITIZE_THREAD__
/* As for AVX2. */
AVX512 static uint32_t find_tag(const struct tag_bucket *bucket, uint16_t tag)
{
    __m256i tags = _mm256_load_si256((const __m256i *) bucket);
    uint32_t found = _mm256_cmpeq_epi16_mask(tags, _mm256_set1_epi16(tag));
    __asm__ volatile("" ::: "memory");
    return found & ((1u << TAG_BUCKET_WAYS) - 1);
}
#else
#define find_tag line_ops_find_tag
#endif

AVX512 static inline bool same_bytes(const void *bytes, const struct flow_line *mask, const struct flow_line *value)
{
    __m512i masked = _mm512_and_si512(_mm512_loadu_si512(bytes), _mm512_load_si512(mask));
    return !_mm512_cmpneq_epi64_mask(masked, _mm512_load_si512(value));
}

/* As for AVX2. */
AVX512 static uint32_t match_wire(const struct wire_match *m, struct packet *const *packets, uint32_t todo)
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

const struct line_ops line_ops_avx512 = { "avx512", hash, match, find_tag, match_wire };

bool line_ops_has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
}

#endif
