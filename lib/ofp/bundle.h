/* SPDX-License-Identifier: Apache-2.0 */
/* Bundle messages: OpenFlow 1.4 and later (section 7.3.9), and the ONF extension 230 of 1.3 (experimenter
 * 0x4f4e4600, types 2300 and 2301). */
#pragma once

#include "lib/ofp/ofp.h"

enum ofp_bundle_ctrl_type {
    OFPBCT_OPEN_REQUEST, OFPBCT_OPEN_REPLY, OFPBCT_CLOSE_REQUEST, OFPBCT_CLOSE_REPLY,
    OFPBCT_COMMIT_REQUEST, OFPBCT_COMMIT_REPLY, OFPBCT_DISCARD_REQUEST, OFPBCT_DISCARD_REPLY,
};
enum { OFPBF_ATOMIC = 1, OFPBF_ORDERED = 2 };

struct ofp_bundle_ctrl {
    uint32_t id;
    uint16_t type;  /* enum ofp_bundle_ctrl_type */
    uint16_t flags; /* OFPBF_* */
};

struct ofp_bundle_add {
    uint32_t id;
    uint16_t flags;
    const uint8_t *message; /* in the message: a whole one of its own, its length checked, not decoded */
    size_t message_len;
};

void ofp_encode_bundle_ctrl(struct ofpbuf *out, enum ofp_version, const struct ofp_bundle_ctrl *, be32 xid);
/* False if it would be longer than OpenFlow allows. */
bool ofp_encode_bundle_add(struct ofpbuf *out, enum ofp_version, const struct ofp_bundle_add *, be32 xid) WARN_UNUSED;
