/* SPDX-License-Identifier: Apache-2.0 */
/* Fields in the matches of fixed form that OpenFlow 1.0 and 1.1 have: each at its place, with a wildcard bit. Any thread. */
#pragma once

#include "lib/ofp/field.h"
#include "lib/ofp/match.h"

/* Makes 'match' one on the field's bytes at 'p', in network order. */
void match_fixed_set(struct match *match, enum field_id id, const uint8_t *p);

/* Copies the field's value to 'to' if the match has it; returns the wildcard bit that is then to be cleared, else 0. */
uint32_t match_fixed_get(const struct match *match, enum field_id id, uint8_t *to, uint32_t wild_bit);
