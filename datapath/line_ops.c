/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of flow lookup in portable C, and which version of them is in use. */
#include "datapath/line_ops.h"

#include <string.h>

#include "datapath/line_ops_impl.h"

enum { LINE_WORDS = FLOW_LINE_SIZE / sizeof(uint64_t) };

static void zero_unused_lines(struct flow *to, const struct flow *from, uint32_t lines)
{
    to->lines = lines;
    for (uint32_t todo = lines; todo; todo &= todo - 1) {
        unsigned int i = __builtin_ctz(todo);
        to->line[i] = *flow_line(from, i);
    }
}

uint64_t line_ops_hash_partial(const struct flow *key, const struct line_mask *mask)
{
    struct flow zeroed;
    zero_unused_lines(&zeroed, key, mask->lines);
    return line_ops_hash_used(&zeroed, mask);
}

static uint64_t hash(const struct flow *key, const struct line_mask *mask)
{
    return line_ops_hash(key, mask);
}

static inline bool match_line(const struct flow_line *key, const struct flow_line *mask,
                              const struct flow_line *stored)
{
    const uint64_t *k = line_ops_words(key), *m = line_ops_words(mask);
    const uint64_t *s = line_ops_words(stored);
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

uint32_t line_ops_find_tag(const struct tag_bucket *bucket, uint16_t tag)
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

static bool differs(const uint8_t *bytes, const struct flow_line *mask, const struct flow_line *value)
{
    const uint64_t *m = line_ops_words(mask), *v = line_ops_words(value);
    uint64_t difference = 0;
    for (unsigned int i = 0; i < LINE_WORDS; i++) {
        difference |= (get_be64(bytes + i * sizeof *m) & m[i]) ^ v[i];
    }
    return difference;
}

static uint32_t match_wire(const struct wire_match *m, struct packet *const *packets, uint32_t todo)
{
    uint32_t matched = 0;
    for (; todo; todo &= todo - 1) {
        unsigned int i = __builtin_ctz(todo);
        const struct packet *p = packets[i];
        if (wire_match_can_read(p) && !differs(p->data, &m->mask, &m->value)
            && !(m->tunnel && differs(p->tunnel->line.bytes, &m->tunnel_mask, &m->tunnel_value))) {
            matched |= (uint32_t) wire_match_lengths(&m->place, p) << i;
        }
    }
    return matched;
}

static const struct line_ops generic = { "generic", hash, match, line_ops_find_tag, match_wire };

const struct line_ops *line_ops_current = &generic;

/* In the order of their priorities at first. */
const struct line_ops *const line_ops_all[] = {
    &generic,
#ifdef __x86_64__
    &line_ops_avx2,
    &line_ops_avx512,
#endif
    NULL,
};

static uint8_t priorities[ARRAY_SIZE(line_ops_all)];

bool line_ops_usable(const struct line_ops *ops)
{
#ifdef __x86_64__
    if (ops == &line_ops_avx2 || ops == &line_ops_avx512) {
        return ops == &line_ops_avx2 ? line_ops_has_avx2() : line_ops_has_avx512();
    }
#endif
    return ops == &generic;
}

static void use(const struct line_ops *ops)
{
    __atomic_store_n(&line_ops_current, ops, __ATOMIC_RELAXED);
}

/* The place of a usable set in line_ops_all, -1 if there is no such. */
static int find(const char *name)
{
    for (int i = 0; line_ops_all[i]; i++) {
        if (!strcmp(line_ops_all[i]->name, name) && line_ops_usable(line_ops_all[i])) {
            return i;
        }
    }
    return -1;
}

static void choose_best(void)
{
    int best = 0;
    for (int i = 1; line_ops_all[i]; i++) {
        if (line_ops_usable(line_ops_all[i]) && priorities[i] >= priorities[best]) {
            best = i;
        }
    }
    use(line_ops_all[best]);
}

void line_ops_init(void)
{
    for (int i = 0; line_ops_all[i]; i++) {
        priorities[i] = i + 1;
    }
    choose_best();
}

bool line_ops_choose(const char *name)
{
    int i = find(name);
    if (i >= 0) {
        use(line_ops_all[i]);
    }
    return i >= 0;
}

unsigned int line_ops_priority(const struct line_ops *ops)
{
    int i = 0;
    while (line_ops_all[i] != ops) {
        i++;
    }
    return priorities[i];
}

bool line_ops_set_priority(const char *name, unsigned int priority)
{
    int i = find(name);
    if (i >= 0) {
        priorities[i] = priority;
        choose_best();
    }
    return i >= 0;
}
