/* SPDX-License-Identifier: Apache-2.0 */
/* Masks of megaflows, in the compact form in which the tables use them.
 *
 * Many flows share a mask, so each different one exists once: line_masks_get() gives the same
 * object for equal masks, and pointers compare as masks do. A mask never changes. Forwarding
 * threads read masks that they reach through a flow or a table under RCU; the main thread counts
 * references and frees a mask after a grace period. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/hmap.h"
#include "lib/net/flow.h"

struct line_mask {
    uint32_t lines;                /* bitmap of the lines with a 1-bit */
    uint16_t n_lines;
    uint16_t n_words;              /* 64-bit words with a 1-bit */
    const uint64_t *word_bits;     /* of those words */
    const uint8_t *words;          /* which words of a struct flow they are */
    uint8_t line[FLOW_N_DP_LINES]; /* which lines 'bits' are */
    uint16_t n_bits;               /* 1-bits */

    /* main thread */
    uint32_t refs;
    struct hmap_node node;
    uint64_t serial;               /* no other mask has it, nor had it */
    uint64_t good;                 /* see line_mask_know_good() */

    struct flow_line bits[] __attribute__((aligned(64))); /* 'n_lines' of them */
};

/* The set of all masks. Main thread only. */
struct line_masks {
    struct hmap map;         /* struct line_mask.node */
    struct line_mask *last;  /* the one that was got last: the next flow's is often the same. Null: none, or it has gone */
    uint64_t next_serial;
};

void line_masks_init(struct line_masks *);
void line_masks_destroy(struct line_masks *); /* all references were given up */

/* A reference to the mask that equals 'mask', of which only datapath lines count. */
const struct line_mask *line_masks_get(struct line_masks *, const struct flow *mask);

/* One more reference. */
const struct line_mask *line_masks_ref(const struct line_mask *);

/* Gives up a reference. True with the last one: the mask is out of the set and is free()d by the
 * caller, once no thread reads it. */
bool line_masks_put(struct line_masks *, const struct line_mask *) WARN_UNUSED;

/* Notes of 'mask' that 'other' has all bits that a table for flows with it should have. Known of one other at a time. */
void line_mask_know_good(const struct line_mask *mask, const struct line_mask *other);
static inline bool line_mask_is_known_good(const struct line_mask *mask, const struct line_mask *other)
{
    return mask->good == other->serial;
}

/* Any thread. */

/* The mask as a flow. */
void line_mask_expand(const struct line_mask *, struct flow *mask);

/* Is every 1-bit of 'bits' one of 'wide'? */
bool line_mask_covers(const struct line_mask *wide, const struct line_mask *bits);

/* Writes the masked lines of 'key': mask->n_lines lines. */
void line_mask_apply(const struct line_mask *, const struct flow *key, struct flow_line *out);
