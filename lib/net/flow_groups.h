/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what a flow's text consists of: one row for each NAME(...), in the order of
 * printing. */
#pragma once

#include "lib/net/field_text.h"

struct flow_group {
    struct group_text text;

    /* The header that the fields belong to: Ethernet type (0: any; GROUP_IP_ANY: IPv4 or IPv6;
     * GROUP_ARP: ARP or RARP) and IP protocol (0: any). Naming the group in text implies them. */
    uint16_t eth_type;
    uint8_t nw_proto;
    bool nd; /* and only neighbour discovery messages have it */

    /* Printed when nothing is said about masks? False for what few packets have. */
    bool always;
};

enum { GROUP_IP_ANY = 1, GROUP_ARP = 2 };

/* Rows in front of the VLAN tags, and behind them. */
extern const struct flow_group flow_groups_outer[], flow_groups_inner[];
extern const unsigned int flow_groups_n_outer, flow_groups_n_inner;

/* Rows of 'outer' that need special care. */
extern const struct flow_group *const flow_group_packet_type, *const flow_group_eth;

/* The row of 'inner' that is printed in front of VLAN tags too. */
extern const struct flow_group *const flow_group_eth_type;

/* Does the packet of 'key' have the header of the group? */
bool flow_group_applies(const struct flow_group *, const struct flow *key);

/* The lines that the group's fields are in. */
uint32_t flow_group_lines(const struct flow_group *);
