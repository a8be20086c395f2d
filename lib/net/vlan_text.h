/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of "vlan(vid=5,pcp=0)", for flows and actions. */
#pragma once

#include "lib/net/flow.h"
#include "lib/net/scan.h"

struct strbuf;

/* Prints vid and pcp, each if it is not 0 or in 'mask', or both if verbose, with the mask where it
 * is partial. Returns what separates the next field: "" if nothing was printed, else ",". */
const char *vlan_text_format(struct strbuf *, be16 tci, be16 mask, bool verbose);

/* Parses vid, pcp, cfi and tpid up to the closing parenthesis. What is not named is left as it is.
 * With a null 'mask' masks are refused. Null, or what is wrong (the caller frees it). */
char *vlan_text_scan(struct scanner *, struct flow_vlan *value, struct flow_vlan *mask) WARN_UNUSED;
