/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow 1.0 section 5.2.3, OpenFlow 1.1 section A.2.3.1. */
#include "lib/ofp/match_fixed.h"

#include <string.h>

void match_fixed_set(struct match *match, enum field_id id, const uint8_t *p)
{
    const struct field *f = field_get(id);
    union field_value value;

    memset(&value, 0, sizeof value);
    memcpy(value.b, p, f->n_bytes);
    field_set_match(f, match, &value, NULL);
}

uint32_t match_fixed_get(const struct match *match, enum field_id id, uint8_t *to, uint32_t wild_bit)
{
    const struct field *f = field_get(id);
    union field_value value, mask;

    if (!field_match_prereqs_met(f, match) || !field_get_match(f, match, &value, &mask)) {
        return 0;
    }
    memcpy(to, value.b, f->n_bytes);
    return wild_bit;
}
