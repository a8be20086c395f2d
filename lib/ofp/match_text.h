/* SPDX-License-Identifier: Apache-2.0 */
/* A match and its flow's priority as text. */
#pragma once

#include "lib/ofp/match.h"

/* match_format() with "priority=N" in front, unless it is OFP_DEFAULT_PRIORITY. */
enum { OFP_DEFAULT_PRIORITY = 32768 };
void match_format_with_priority(struct strbuf *, const struct match *, const struct ofp_names *,
                                unsigned int priority);

/* "tcp", "ip6", ... and what they stand for; 0: any. */
struct match_protocol {
    const char *name;
    uint16_t eth_type;
    uint8_t nw_proto;
};
const struct match_protocol *match_protocol_by_name(const char *name);

/* Takes out fields whose prerequisites the match does not meet, and normalises it. */
void match_drop_unmet(struct match *);
