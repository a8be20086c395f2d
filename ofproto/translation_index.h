/* SPDX-License-Identifier: Apache-2.0 */
/* Which translation of a batch a packet can share.
 *
 * In a batch of misses many packets may belong to the megaflow that an earlier one has just made, whatever else differs in them. The index
 * finds it without comparing with each: the translations hang in one small hash table for each mask, of which a batch has few.
 * Beyond TRANSLATION_INDEX_MASKS different masks, the rest is compared one by one. Belongs to one thread; holds nothing. */
#pragma once

#include <stdint.h>

#include "lib/net/flow.h"

enum { TRANSLATION_INDEX_MASKS = 4, TRANSLATION_INDEX_MAX = 128, TRANSLATION_INDEX_NONE = 255 };

struct translation_index {
    unsigned int n_masks, n;
    const struct flow *masks[TRANSLATION_INDEX_MASKS];
    uint8_t heads[TRANSLATION_INDEX_MASKS][TRANSLATION_INDEX_MAX];
    uint8_t rest; /* the chain of those whose mask is none of 'masks' */
    uint8_t next[TRANSLATION_INDEX_MAX];
    const struct flow *keys[TRANSLATION_INDEX_MAX], *key_masks[TRANSLATION_INDEX_MAX];
    uint8_t values[TRANSLATION_INDEX_MAX];
};

void translation_index_init(struct translation_index *);

/* Adds number 'value', for packets that are like 'key' in all bits of 'mask'; both stay the caller's until the index is not used any more. At
 * most TRANSLATION_INDEX_MAX times. */
void translation_index_add(struct translation_index *, const struct flow *key, const struct flow *mask, uint8_t value);

/* A number whose packets 'key' is one of, or TRANSLATION_INDEX_NONE. */
uint8_t translation_index_find(const struct translation_index *, const struct flow *key);
