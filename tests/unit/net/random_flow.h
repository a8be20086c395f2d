/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up flows and masks for tests, driven by random(). */
#pragma once

#include "lib/net/flow.h"

/* A key as parse_packet() could give it, metadata included. */
void random_flow_key(struct flow *key);

/* A mask of fields that the key has. The Ethernet type and the IP protocol are exact where a field
 * behind them is looked at, as translation makes masks. */
void random_flow_mask(struct flow *mask, const struct flow *key);

/* Any bits in any lines. */
void random_flow_bits(struct flow *);
