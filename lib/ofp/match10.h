/* SPDX-License-Identifier: Apache-2.0 */
/* struct ofp_match of OpenFlow 1.0: a fixed set of fields with wildcard bits. */
#pragma once

#include "lib/ofp/match.h"
#include "lib/ofp/ofp.h"

enum { MATCH10_LEN = 40 };

/* Fields whose prerequisites are not met are ignored, as the specification demands. */
void match10_decode(const uint8_t p[MATCH10_LEN], struct match *);

/* Are all fields wildcards or exact, so that the flow's priority is the highest (section 3.4)? */
bool match10_is_exact(const uint8_t p[MATCH10_LEN]);

/* What 1.0 cannot express is left out; match10_can_encode() tells whether there is any such thing.
 */
void match10_encode(struct ofpbuf *, const struct match *);
bool match10_can_encode(const struct match *);
