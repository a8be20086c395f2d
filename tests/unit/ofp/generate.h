/* SPDX-License-Identifier: Apache-2.0 */
/* Random fields, matches and action lists for the tests of lib/ofp; the same seed gives the same
 * ones. */
#pragma once

#include "lib/ofp/field.h"
#include "lib/ofp/message.h"

struct generator {
    uint64_t state;
};

uint32_t generate_u32(struct generator *);
uint64_t generate_u64(struct generator *);
/* Below 'n' > 0. */
uint32_t generate_below(struct generator *, uint32_t n);

/* A valid value of the field. */
void generate_value(struct generator *, const struct field *, union field_value *);

/* A match on up to 'max_fields' random fields, with all their prerequisites. */
void generate_match(struct generator *, struct match *, unsigned int max_fields);

/* A list of up to 'max_actions' actions, and instructions behind them if 'instructions'. Every type
 * may occur. */
void generate_actions(struct generator *, struct ofpbuf *, unsigned int max_actions,
                      bool instructions);

ofp_port_t generate_port(struct generator *);
