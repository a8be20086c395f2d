/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that are too large for a tunnel: the answer to their sender (RFC 792 and 1191 "fragmentation needed", RFC 4443 "packet too big").
 *
 * Translation lets the datapath measure each packet in front of a tunnel (ACTION_CHECK_LEN); one that would not fit with its outer headers
 * comes up with user data of this file, and a handler answers it by the port that it came in by, as a router on the path would. The
 * number of answers is limited; what is not answered is dropped all the same, and counted by the datapath. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/base/compiler.h"

enum { TUNNEL_MTU_ANSWER_MAX = 1280 + 14 + 8, TUNNEL_MTU_QUOTE = 1400 /* bytes of a packet that an answer may need */ };

/* User data of an upcall action: 'mtu' is what the packet's network layer may have. */
struct tunnel_mtu_report {
    uint32_t magic;
    uint32_t mtu;
};
struct tunnel_mtu_report tunnel_mtu_report(uint32_t mtu);
bool tunnel_mtu_is_report(const struct dp_upcall *, uint32_t *mtu);

/* Writes the answer to the packet with 'key', as it was looked up, whose first 'n' bytes are 'packet', as they are now. Returns its length, 0 if there
 * is to be none: errors, groups and fragments are not answered, nor what is no IP packet. */
size_t tunnel_mtu_compose(const struct flow *key, const void *packet, size_t n, uint32_t mtu, uint8_t answer[TUNNEL_MTU_ANSWER_MAX]);

/* Answers. A handler's thread. */
void tunnel_mtu_answer(struct dp_client *, const struct dp_upcall *, uint32_t mtu);
