/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbour advertisements that the switch gives in a guest's place (RFC 4861 section 4.4). ARP needs no handler: the datapath's own actions make
 * a request its reply (ofproto/xlate_suppress.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/net/headers.h"

enum { NEIGHBOUR_ANSWER_MAX = 14 + 8 + 40 + 32 };

/* User data of an upcall action: who has the address that is asked for. */
struct neighbour_answer_report {
    uint32_t magic;
    struct eth_addr mac;
    uint16_t reserved;
};
struct neighbour_answer_report neighbour_answer_report(struct eth_addr mac);
bool neighbour_answer_is_report(const struct dp_upcall *, struct eth_addr *mac);

/* Writes the advertisement for the solicitation 'key'. Returns its length, 0 if it is none that can be answered. */
size_t neighbour_answer_compose(const struct flow *key, struct eth_addr mac, uint8_t answer[NEIGHBOUR_ANSWER_MAX]);

/* Answers. A handler's thread. */
void neighbour_answer(struct dp_client *, const struct dp_upcall *, struct eth_addr mac);
