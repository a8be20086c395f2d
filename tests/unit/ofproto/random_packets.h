/* SPDX-License-Identifier: Apache-2.0 */
/* What random packets and the random tables that handle them have in common. */
#pragma once

#include "tests/unit/ofproto/random_tables.h"

/* Packets of every kind, not only of those that the naive twin knows. */
extern bool random_flow_is_rich;

/* Addresses that packets, flows and MAC tables share. */
struct eth_addr random_unicast(void);
uint16_t random_vid(void);

/* The flow of some packet that may come into the switch. */
void random_flow(const struct random_switch *, struct flow *);
