/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of flows as type-length-value entries: OXS, OpenFlow 1.5 section 7.2.4. */
#pragma once

#include "lib/ofp/msg_header.h"

enum {
    OXS_DURATION = 1 << 0,
    OXS_IDLE_TIME = 1 << 1,
    OXS_FLOW_COUNT = 1 << 3,
    OXS_PACKET_COUNT = 1 << 4,
    OXS_BYTE_COUNT = 1 << 5,
};

struct oxs {
    unsigned int present; /* OXS_* */
    uint32_t duration_sec, duration_nsec;
    uint32_t idle_sec;
    uint32_t n_flows;
    uint64_t packets, bytes;
};

/* struct ofp_stats with its padding, whose length is '*used'. Fields that are not known are passed over. */
enum ofp_error oxs_decode(const uint8_t *p, size_t n, struct oxs *, size_t *used) WARN_UNUSED;
void oxs_encode(struct ofpbuf *out, const struct oxs *);
