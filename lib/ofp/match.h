/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenFlow match: a flow and a mask. 'flow' has no 1-bit where 'mask' has a 0-bit. flow.in_port
 * is the OpenFlow port number.
 *
 * Line 0 of 'flow' is always in use; otherwise, once normalised, the same lines are in use in
 * 'flow' and in 'mask'. */
#pragma once

#include "lib/net/flow.h"
#include "lib/ofp/ofp.h"

struct match {
    struct flow flow;
    struct flow mask;
};

/* Matches everything. */
void match_init(struct match *);
bool match_equal(const struct match *, const struct match *);

/* Clears the bits of 'flow' outside 'mask' and normalises both, so that equal matches are equal
 * bytes. */
void match_normalize(struct match *);

/* Does 'wide' match every packet that 'narrow' matches (the loose forms of flow-mod); is there a
 * packet that both match (the overlap check)? */
bool match_covers(const struct match *wide, const struct match *narrow);
bool match_overlaps(const struct match *, const struct match *);

/* Text as `ovs-ofctl` reads and prints it: "priority=..." is not part of it. 'port_name' may be
 * null. */
struct ofp_names;
void match_format(struct strbuf *, const struct match *, const struct ofp_names *);
