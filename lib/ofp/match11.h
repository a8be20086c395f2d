/* SPDX-License-Identifier: Apache-2.0 */
/* The standard match of OpenFlow 1.1: a fixed set of fields with wildcard bits, and masks for addresses and metadata. */
#pragma once

#include "lib/ofp/match.h"
#include "lib/ofp/ofp.h"

enum { MATCH11_LEN = 88, OFPMT_STANDARD = 0 };

/* 'p' begins with type and length, which the caller has checked. Fields whose prerequisites are not met are ignored, as the
 * specification demands; values that a field cannot have are errors. */
enum ofp_error match11_decode(const uint8_t p[MATCH11_LEN], struct match *) WARN_UNUSED;

/* What 1.1 cannot express is left out; match11_can_encode() tells whether there is any such thing. */
void match11_encode(struct ofpbuf *, const struct match *);
bool match11_can_encode(const struct match *);

/* struct ofp_match of any version since 1.1: in 1.1 the standard one where it can express the match, else entries of NXM or OXM. */
void match11_encode_any(struct ofpbuf *, const struct match *, enum ofp_version);
