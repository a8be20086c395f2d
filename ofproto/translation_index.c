/* SPDX-License-Identifier: Apache-2.0 */
/* Finding translations by what their megaflows match. */
#include "ofproto/translation_index.h"

#include <assert.h>
#include <string.h>

#include "lib/base/compiler.h"

void translation_index_init(struct translation_index *index)
{
    index->n_masks = index->n = 0;
    index->rest = TRANSLATION_INDEX_NONE;
}

static bool same_mask(const struct flow *a, const struct flow *b)
{
    return a->lines == b->lines && flow_equal(a, b);
}

static uint8_t *head(struct translation_index *index, unsigned int mask, const struct flow *key)
{
    return &index->heads[mask][flow_hash_masked(key, index->masks[mask], 0) % TRANSLATION_INDEX_MAX];
}

/* The head of the chain that packets like 'key' under 'mask' are in. */
static uint8_t *find_head(struct translation_index *index, const struct flow *key, const struct flow *mask)
{
    for (unsigned int i = 0; i < index->n_masks; i++) {
        if (same_mask(index->masks[i], mask)) {
            return head(index, i, key);
        }
    }
    if (index->n_masks == TRANSLATION_INDEX_MASKS) {
        return &index->rest;
    }
    unsigned int i = index->n_masks++;
    index->masks[i] = mask;
    memset(index->heads[i], TRANSLATION_INDEX_NONE, sizeof index->heads[i]);
    return head(index, i, key);
}

void translation_index_add(struct translation_index *index, const struct flow *key, const struct flow *mask, uint8_t value)
{
    assert(index->n < TRANSLATION_INDEX_MAX);
    uint8_t *chain = find_head(index, key, mask);
    unsigned int i = index->n++;
    index->keys[i] = key;
    index->key_masks[i] = mask;
    index->values[i] = value;
    index->next[i] = *chain;
    *chain = (uint8_t) i;
}

static uint8_t search(const struct translation_index *index, uint8_t i, const struct flow *key)
{
    while (i != TRANSLATION_INDEX_NONE && !flow_equal_masked(key, index->keys[i], index->key_masks[i])) {
        i = index->next[i];
    }
    return i == TRANSLATION_INDEX_NONE ? TRANSLATION_INDEX_NONE : index->values[i];
}

uint8_t translation_index_find(const struct translation_index *index, const struct flow *key)
{
    for (unsigned int i = 0; i < index->n_masks; i++) {
        uint8_t value = search(index, *head((struct translation_index *) index, i, key), key);
        if (value != TRANSLATION_INDEX_NONE) {
            return value;
        }
    }
    return search(index, index->rest, key);
}
