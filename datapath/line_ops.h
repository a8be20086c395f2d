/* SPDX-License-Identifier: Apache-2.0 */
/* The three inner loops of flow lookup: hash under a mask, compare under a mask, search a bucket
 * for a tag.
 *
 * Each exists in several versions for the processors that Weft runs on. line_ops_init() chooses one
 * set at start, and all tables of the process use it from then on; hashes of two sets differ. All
 * sets that the processor can run are in line_ops_all, for the tests. Any thread. */
#pragma once

#include "datapath/line_mask.h"
#include "datapath/tag_bucket.h"

struct line_ops {
    const char *name;

    /* Of the bits of 'key' that 'mask' looks at; keyed by the process's secret. */
    uint64_t (*hash)(const struct flow *key, const struct line_mask *mask);

    /* Does 'key' agree with 'stored', the lines that line_mask_apply() wrote? */
    bool (*match)(const struct flow *key, const struct line_mask *mask,
                  const struct flow_line *stored);

    /* The bitmap of the places with 'tag'. */
    uint32_t (*find_tag)(const struct tag_bucket *, uint16_t tag);
};

extern const struct line_ops *line_ops; /* written by line_ops_init() only */
extern const struct line_ops *const line_ops_all[]; /* ended by null */

/* Main thread, before there is any table. */
void line_ops_init(void);
