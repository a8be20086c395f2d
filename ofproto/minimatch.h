/* SPDX-License-Identifier: Apache-2.0 */
/* A match in little memory: the 64-bit words of the flow that its mask uses.
 *
 * A struct flow is an array of lines; seen as 64-bit words it has MINIMATCH_MAX_WORDS of them, of which a match usually looks at
 * two to five. The mask side of a match, struct minimask, is shared by all rules that look at the same bits: it lists those words
 * with their bits. What a rule keeps for itself, struct minimatch, is the masked value of each listed word.
 *
 * For the staged lookup (ofproto/classifier.h) the mask is also cut by stage: metadata, L2, L3, L4. A word that holds fields of
 * two stages is listed once, and has one part in each stage.
 *
 * Minimasks are interned: equal masks are the same object, so they compare by address. Masks may be referenced and dropped by any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/hmap.h"
#include "lib/net/flow.h"

struct match;

enum { MINIMATCH_LINE_WORDS = FLOW_LINE_SIZE / 8, MINIMATCH_MAX_WORDS = FLOW_N_LINES * MINIMATCH_LINE_WORDS };

enum minimatch_stage { STAGE_METADATA, STAGE_L2, STAGE_L3, STAGE_L4, N_STAGES };

/* Fields whose masks are usually prefixes, for the classifier's tries: addresses, then ports, whose ranges come cut into prefixes. */
enum prefix_field { PREFIX_NW_SRC, PREFIX_NW_DST, PREFIX_IPV6_SRC, PREFIX_IPV6_DST, PREFIX_TP_SRC, PREFIX_TP_DST, N_PREFIX_FIELDS };

enum { MAX_PREFIX_BITS = 128 };

extern const struct prefix_field_info {
    size_t offset; /* in the flow */
    unsigned int n_bits;
} prefix_fields[N_PREFIX_FIELDS];

struct minimask_word {
    uint64_t bits;
    uint8_t where; /* index of the word in the flow */
};

/* The bits of one stage in one word. */
struct minimask_part {
    uint64_t bits;
    uint8_t where;
    uint8_t index; /* of the word in 'words' and of its value in a minimatch */
    uint8_t prefixed; /* 16-bit quarters of the word, in memory order, that are of fields with a prefix, as bits */
    uint8_t fields;   /* the same, of prefix fields whatever their mask is */
};

/* Immutable but for the reference count. */
struct minimask {
    struct hmap_node node; /* in the set of all; under its lock */
    uint32_t refs;         /* atomic; the lock is held when it becomes 0 */
    uint32_t lines;        /* of the flow */
    uint8_t n_words, n_parts;
    uint8_t stage_end[N_STAGES];     /* parts of stage s: [stage_end[s - 1], stage_end[s]) */
    uint8_t prefix[N_PREFIX_FIELDS]; /* length if the field's mask is a prefix, else 0 */
    struct minimask_part *parts;     /* by stage */
    struct minimask_word words[];    /* by 'where' */
};

struct minimatch {
    const struct minimask *mask; /* a reference */
    uint64_t values[];           /* mask->n_words, in the order of mask->words */
};

/* A match being looked for, on the stack: the same as a minimatch with a mask that need not be interned. */
struct minimatch_key {
    uint64_t bits[MINIMATCH_MAX_WORDS], values[MINIMATCH_MAX_WORDS];
    uint8_t where[MINIMATCH_MAX_WORDS];
    uint32_t n_words;
    uint32_t mask_hash;
};

/* The words of a flow: what is not in use points to zeros. */
struct flow_words {
    const uint64_t *line[FLOW_N_LINES];
};

/* Any thread, from here on. */

void flow_words_init(struct flow_words *, const struct flow *);

static inline uint64_t flow_word(const struct flow_words *words, unsigned int where)
{
    return words->line[where / MINIMATCH_LINE_WORDS][where % MINIMATCH_LINE_WORDS];
}

/* Values outside the mask are dropped. */
void minimatch_key_init(struct minimatch_key *, const struct match *);

/* A key of zeros whose mask is 'bits', all words of a flow. */
void minimatch_key_init_mask(struct minimatch_key *, const uint64_t bits[MINIMATCH_MAX_WORDS]);

/* The value of the word at 'where' in a match, 0 if the mask does not list it. */
static inline uint64_t minimatch_value_at(const struct minimask *mask, const uint64_t *values, unsigned int where)
{
    for (unsigned int i = 0; i < mask->n_words; i++) {
        if (mask->words[i].where == where) {
            return values[i];
        }
    }
    return 0;
}

/* The interned mask; a new reference. */
const struct minimask *minimask_intern(const struct minimatch_key *);
const struct minimask *minimask_ref(const struct minimask *);
void minimask_unref(const struct minimask *); /* null is fine */
bool minimask_equals_key(const struct minimask *, const struct minimatch_key *);

/* Has 'other' every bit of 'mask'? */
bool minimask_is_within(const struct minimask *mask, const struct minimask *other);

/* Has 'mask' every bit of the key's mask? */
bool minimask_covers_key(const struct minimask *, const struct minimatch_key *);

/* Bytes of the values of a match with this mask. */
static inline size_t minimatch_values_size(const struct minimask *mask)
{
    return mask->n_words * sizeof(uint64_t);
}

bool minimatch_matches(const struct minimatch *, const struct flow_words *);

/* The bits of 16-bit quarters of a word. */
static inline uint64_t minimatch_quarters(unsigned int quarters)
{
    uint16_t q[4];
    uint64_t bits;
    for (unsigned int i = 0; i < 4; i++) {
        q[i] = quarters >> i & 1 ? UINT16_MAX : 0;
    }
    memcpy(&bits, q, sizeof bits);
    return bits;
}

/* Does the match lie within the key: has it every bit of the key's mask, with the key's values? */
bool minimatch_within_key(const struct minimatch *, const struct minimatch_key *);

/* Is there a packet that both match? */
bool minimatch_overlaps_key(const struct minimatch *, const struct minimatch_key *);

/* Back to the long form. */
void minimatch_expand(const struct minimatch *, struct match *);

/* flow mask |= the bits of the minimask, or of one part of it. */
void minimask_add_to(const struct minimask *, struct flow *mask);
static inline void minimask_add_word(uint64_t bits, unsigned int where, struct flow *mask)
{
    flow_use_line(mask, where / MINIMATCH_LINE_WORDS);
    ((uint64_t *) (void *) mask->line[where / MINIMATCH_LINE_WORDS].bytes)[where % MINIMATCH_LINE_WORDS] |= bits;
}
