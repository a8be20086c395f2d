/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that the switch itself gives to packets that an action sent up: they leave by the port that the packet came in by, whatever flows say, also
 * if that is a tunnel. Limited in number, so that nobody makes the switch work for him. A handler's thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "datapath/client.h"

/* Sends the answer, unless there were too many in this second. */
void answer_send(struct dp_client *, const struct dp_upcall *, const void *packet, size_t n);

/* Writes the Ethernet header, from 'src' to the packet's sender, with the tags that the packet came with. Returns the length. */
size_t answer_put_ethernet(const struct flow *key, struct eth_addr src, uint8_t *to);
