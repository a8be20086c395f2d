/* SPDX-License-Identifier: Apache-2.0 */
/* Random flows and matches for the tests of tables: few values for each field, so that rules and packets meet. */
#pragma once

#include "lib/ofp/match.h"

/* Repeatable. */
void flows_seed(uint64_t);
uint32_t flows_random(uint32_t n); /* below n */

void flows_random_key(struct flow *);
void flows_random_match(struct match *);

/* A flow that agrees with 'key' in every bit of 'mask' and is random elsewhere. */
void flows_random_alike(const struct flow *key, const struct flow *mask, struct flow *out);
