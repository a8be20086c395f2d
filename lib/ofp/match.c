/* SPDX-License-Identifier: Apache-2.0 */
/* Matches as sets of packets: the same one, one within the other, two that meet. */
#include "lib/ofp/match.h"

void match_init(struct match *match)
{
    flow_init(&match->flow);
    flow_mask_init(&match->mask);
}

bool match_equal(const struct match *a, const struct match *b)
{
    return flow_equal(&a->mask, &b->mask) && flow_equal(&a->flow, &b->flow);
}

void match_normalize(struct match *match)
{
    flow_mask_normalize(&match->mask);
    flow_apply_mask(&match->flow, &match->flow, &match->mask);
    flow_use_line(&match->flow, FLOW_LINE_L2);
}

bool match_covers(const struct match *wide, const struct match *narrow)
{
    return flow_mask_covers(&narrow->mask, &wide->mask) &&
           flow_equal_masked(&wide->flow, &narrow->flow, &wide->mask);
}

bool match_overlaps(const struct match *a, const struct match *b)
{
    uint32_t lines = a->mask.lines & b->mask.lines;

    for (; lines; lines &= lines - 1) {
        unsigned int i = (unsigned int) __builtin_ctz(lines);
        const uint8_t *flow_a = flow_line(&a->flow, i)->bytes, *mask_a = a->mask.line[i].bytes;
        const uint8_t *flow_b = flow_line(&b->flow, i)->bytes, *mask_b = b->mask.line[i].bytes;
        uint8_t differ = 0;

        for (int j = 0; j < FLOW_LINE_SIZE; j++) {
            differ |= (flow_a[j] ^ flow_b[j]) & mask_a[j] & mask_b[j];
        }
        if (differ) {
            return false;
        }
    }
    return true;
}
