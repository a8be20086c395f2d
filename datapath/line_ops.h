/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of flow lookup: hash under a mask, compare under a mask, search a bucket for a tag, compare the
 * bytes of packets.
 *
 * Each exists in several versions for the processors that Weft runs on. line_ops_init() chooses the
 * set with the highest priority that the processor can run; another can be chosen at any time, since all
 * have the same hash. Any thread reads line_ops(), in which all members do the same whichever set it
 * is. */
#pragma once

#include "datapath/line_mask.h"
#include "datapath/tag_bucket.h"
#include "datapath/wire_match.h"

struct line_ops {
    const char *name;

    /* Of the bits of 'key' that 'mask' looks at; keyed by the process's secret. */
    uint64_t (*hash)(const struct flow *key, const struct line_mask *mask);

    /* Does 'key' agree with 'stored', the lines that line_mask_apply() wrote? */
    bool (*match)(const struct flow *key, const struct line_mask *mask,
                  const struct flow_line *stored);

    /* The bitmap of the places with 'tag'. */
    uint32_t (*find_tag)(const struct tag_bucket *, uint16_t tag);

    /* The bitmap of those 'packets' of the bitmap 'todo' that match. */
    uint32_t (*match_wire)(const struct wire_match *, struct packet *const *packets, uint32_t todo);
};

extern const struct line_ops *line_ops_current; /* main: wo; any thread: ro, relaxed */

static inline const struct line_ops *line_ops(void)
{
    return __atomic_load_n(&line_ops_current, __ATOMIC_RELAXED);
}

/* All sets that were built, those that this processor cannot run among them; ended by null. */
extern const struct line_ops *const line_ops_all[];
bool line_ops_usable(const struct line_ops *);

/* Main thread. */

void line_ops_init(void);

/* Uses the set with this name from now on. False if there is none or the processor cannot run it. */
bool line_ops_choose(const char *name) WARN_UNUSED;

/* Priorities are 0 to 255. Setting one chooses the set with the highest anew. False as above. */
unsigned int line_ops_priority(const struct line_ops *);
bool line_ops_set_priority(const char *name, unsigned int priority) WARN_UNUSED;
