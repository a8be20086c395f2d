/* SPDX-License-Identifier: Apache-2.0 */
/* Sending requests that change a switch: one by one, each confirmed, or all in one bundle, of which the switch does all or nothing. */
#pragma once

#include "lib/ofp/message.h"

struct connection;

/* Lets a bundle be spoken of: without a version that has bundles among those allowed (1.3 and later), 1.4 is added. Returns those of the
 * 'usable' formats (OFCTL_P_*) that have them. */
uint32_t ofctl_bundle_formats(uint32_t usable);

/* Sends the whole messages in 'requests', one behind the other, and empties it. With 'bundle' as one bundle. An error from the switch is
 * printed and ends the program with status 1. */
void ofctl_send_requests(struct connection *, struct ofpbuf *requests, bool bundle, const struct ofp_names *);
