/* SPDX-License-Identifier: Apache-2.0 */
/* OFPT_REQUESTFORWARD (OpenFlow 1.4 section 7.4.6): other controllers hear which group-mod or meter-mod one of them sent. */
#pragma once

#include "lib/ofp/group.h"
#include "lib/ofp/meter.h"
#include "lib/ofp/ofp.h"

struct ofp_requestforward {
    const uint8_t *message; /* in the message: a whole group-mod or meter-mod */
    size_t message_len;
};

/* 1.4 and later; one of the two is null. False if it would be longer than OpenFlow allows. The message inside has 'xid'. */
bool ofp_encode_requestforward(struct ofpbuf *out, enum ofp_version, const struct ofp_group_mod *, const struct ofp_meter_mod *,
                               be32 xid) WARN_UNUSED;
