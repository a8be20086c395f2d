/* SPDX-License-Identifier: Apache-2.0 */
/* Compact masks: built once, shared by all flows that use them. */
#include "datapath/line_mask.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

enum { LINE_WORDS = FLOW_LINE_SIZE / sizeof(uint64_t), DP_LINES = (1 << FLOW_N_DP_LINES) - 1 };

void line_masks_init(struct line_masks *masks)
{
    hmap_init(&masks->map);
    masks->last = NULL;
    masks->next_serial = 0;
}

void line_masks_destroy(struct line_masks *masks)
{
    hmap_destroy(&masks->map);
}

static uint64_t load_word(const struct flow_line *line, unsigned int i)
{
    uint64_t word;
    memcpy(&word, &line->bytes[i * sizeof word], sizeof word);
    return word;
}

static bool line_is_zero(const struct flow_line *line)
{
    uint64_t any = 0;
    for (unsigned int i = 0; i < LINE_WORDS; i++) {
        any |= load_word(line, i);
    }
    return !any;
}

/* The lines of 'mask' that have a 1-bit and exist in the datapath. */
static uint32_t used_lines(const struct flow *mask)
{
    uint32_t lines = 0;
    for (uint32_t todo = mask->lines & DP_LINES; todo; todo &= todo - 1) {
        unsigned int i = __builtin_ctz(todo);
        if (!line_is_zero(&mask->line[i])) {
            lines |= 1u << i;
        }
    }
    return lines;
}

static unsigned int count_words(const struct flow *mask, uint32_t lines)
{
    unsigned int n = 0;
    for (uint32_t todo = lines; todo; todo &= todo - 1) {
        for (unsigned int i = 0; i < LINE_WORDS; i++) {
            n += load_word(&mask->line[__builtin_ctz(todo)], i) != 0;
        }
    }
    return n;
}

static struct line_mask *create(const struct flow *mask, uint32_t lines)
{
    unsigned int n_lines = __builtin_popcount(lines), n_words = count_words(mask, lines);
    size_t lines_end = sizeof(struct line_mask) + n_lines * sizeof(struct flow_line);
    struct line_mask *m = xzalloc_cacheline(lines_end + n_words * (sizeof(uint64_t) + 1));
    uint64_t *word_bits = (void *) ((uint8_t *) m + lines_end);
    uint8_t *words = (uint8_t *) (word_bits + n_words);

    m->lines = lines;
    m->word_bits = word_bits;
    m->words = words;
    for (uint32_t todo = lines; todo; todo &= todo - 1) {
        unsigned int line = __builtin_ctz(todo);
        m->line[m->n_lines] = line;
        m->bits[m->n_lines++] = mask->line[line];
        for (unsigned int i = 0; i < LINE_WORDS; i++) {
            uint64_t bits = load_word(&mask->line[line], i);
            if (bits) {
                word_bits[m->n_words] = bits;
                words[m->n_words++] = line * LINE_WORDS + i;
                m->n_bits += __builtin_popcountll(bits);
            }
        }
    }
    return m;
}

static bool equals(const struct line_mask *m, const struct flow *mask, uint32_t lines)
{
    if (m->lines != lines) {
        return false;
    }
    for (unsigned int i = 0; i < m->n_lines; i++) {
        if (memcmp(&m->bits[i], &mask->line[m->line[i]], FLOW_LINE_SIZE)) {
            return false;
        }
    }
    return true;
}

static uint32_t hash(const struct flow *mask, uint32_t lines)
{
    uint32_t h = lines;
    for (uint32_t todo = lines; todo; todo &= todo - 1) {
        h = hash_bytes(&mask->line[__builtin_ctz(todo)], FLOW_LINE_SIZE, h);
    }
    return h;
}

const struct line_mask *line_masks_get(struct line_masks *masks, const struct flow *mask)
{
    uint32_t lines = used_lines(mask);
    struct line_mask *m = masks->last;
    if (m && equals(m, mask, lines)) {
        m->refs++;
        return m;
    }
    uint32_t h = hash(mask, lines);
    hmap_for_each_with_hash (m, node, h, &masks->map) {
        if (equals(m, mask, lines)) {
            m->refs++;
            masks->last = m;
            return m;
        }
    }
    m = create(mask, lines);
    m->refs = 1;
    m->serial = ++masks->next_serial;
    masks->last = m;
    hmap_insert(&masks->map, &m->node, h);
    return m;
}

/* Masks are constant to all but this file. */
static struct line_mask *writable(const struct line_mask *mask)
{
    return (struct line_mask *) (uintptr_t) mask;
}

void line_mask_know_good(const struct line_mask *mask, const struct line_mask *other)
{
    writable(mask)->good = other->serial;
}

const struct line_mask *line_masks_ref(const struct line_mask *mask)
{
    writable(mask)->refs++;
    return mask;
}

bool line_masks_put(struct line_masks *masks, const struct line_mask *mask)
{
    struct line_mask *m = writable(mask);
    assert(m->refs);
    if (--m->refs) {
        return false;
    }
    if (masks->last == m) {
        masks->last = NULL;
    }
    hmap_remove(&masks->map, &m->node);
    return true;
}

void line_mask_expand(const struct line_mask *m, struct flow *mask)
{
    mask->lines = m->lines;
    for (unsigned int i = 0; i < m->n_lines; i++) {
        mask->line[m->line[i]] = m->bits[i];
    }
}

bool line_mask_covers(const struct line_mask *wide, const struct line_mask *bits)
{
    if (bits->lines & ~wide->lines || bits->n_bits > wide->n_bits) {
        return false;
    }
    uint64_t uncovered = 0;
    for (unsigned int i = 0, j = 0; i < bits->n_lines; i++) {
        while (wide->line[j] != bits->line[i]) {
            j++;
        }
        for (unsigned int k = 0; k < LINE_WORDS; k++) {
            uncovered |= load_word(&bits->bits[i], k) & ~load_word(&wide->bits[j], k);
        }
    }
    return !uncovered;
}

void line_mask_apply(const struct line_mask *m, const struct flow *key, struct flow_line *out)
{
    for (unsigned int i = 0; i < m->n_lines; i++) {
        const struct flow_line *line = flow_line(key, m->line[i]);
        for (unsigned int j = 0; j < FLOW_LINE_SIZE; j++) {
            out[i].bytes[j] = line->bytes[j] & m->bits[i].bytes[j];
        }
    }
}
