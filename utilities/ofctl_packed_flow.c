/* SPDX-License-Identifier: Apache-2.0 */
/* A flow-mod kept small. */
#include "utilities/ofctl_packed_flow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* What stands before the match, what stands behind it, and the lines of flow and mask in turn. */
enum {
    HEAD_SIZE = offsetof(struct ofp_flow_mod, match),
    TAIL_AT = offsetof(struct ofp_flow_mod, match) + sizeof(struct match),
    TAIL_SIZE = sizeof(struct ofp_flow_mod) - TAIL_AT,
};

struct packed_flow {
    uint8_t head[HEAD_SIZE];
    uint8_t tail[TAIL_SIZE];
    uint32_t lines;
    struct flow_line match[];
};

struct packed_flow *packed_flow_make(const struct ofp_flow_mod *fm)
{
    uint32_t lines = fm->match.mask.lines;
    size_t n = 2 * (size_t) __builtin_popcount(lines);
    struct packed_flow *packed = xzalloc_cacheline(sizeof *packed + n * sizeof(struct flow_line));
    struct flow_line *line = packed->match;

    memcpy(packed->head, fm, HEAD_SIZE);
    memcpy(packed->tail, (const uint8_t *) fm + TAIL_AT, TAIL_SIZE);
    packed->lines = lines;
    for (; lines; lines &= lines - 1) {
        unsigned int i = (unsigned int) __builtin_ctz(lines);
        *line++ = *flow_line(&fm->match.flow, i);
        *line++ = fm->match.mask.line[i];
    }
    return packed;
}

void packed_flow_get(const struct packed_flow *packed, struct ofp_flow_mod *fm)
{
    const struct flow_line *line = packed->match;

    memcpy(fm, packed->head, HEAD_SIZE);
    memcpy((uint8_t *) fm + TAIL_AT, packed->tail, TAIL_SIZE);
    match_init(&fm->match);
    for (uint32_t lines = packed->lines; lines; lines &= lines - 1) {
        unsigned int i = (unsigned int) __builtin_ctz(lines);
        flow_use_line(&fm->match.flow, i);
        flow_use_line(&fm->match.mask, i);
        fm->match.flow.line[i] = *line++;
        fm->match.mask.line[i] = *line++;
    }
}

void packed_flow_destroy(struct packed_flow *packed)
{
    struct ofp_flow_mod fm;

    if (packed) {
        memset(&fm, 0, sizeof fm);
        memcpy((uint8_t *) &fm + TAIL_AT, packed->tail, TAIL_SIZE);
        ofp_flow_mod_destroy(&fm);
        free(packed);
    }
}
