/* SPDX-License-Identifier: Apache-2.0 */
/* Controller status (OpenFlow 1.5 sections 7.3.5.20 and 7.4.7): a switch tells its controllers of each other, by itself when
 * one comes, goes or changes its role, and on request of all. */
#pragma once

#include "lib/ofp/ofp.h"

struct ofp_msgs;
struct ofp_stats_iter;

enum ofp_controller_status_reason {
    OFPCSR_REQUEST, OFPCSR_CHANNEL_STATUS, OFPCSR_ROLE, OFPCSR_CONTROLLER_ADDED, OFPCSR_CONTROLLER_REMOVED, OFPCSR_SHORT_ID,
    OFPCSR_EXPERIMENTER,
};

struct ofp_controller_status {
    uint16_t short_id; /* 0: none */
    uint32_t role;     /* OFPCR_ROLE_* */
    uint8_t reason;    /* enum ofp_controller_status_reason */
    bool up;           /* its control channel */
    char uri[256];     /* "tcp:192.0.2.1:6653" */
};

void ofp_encode_controller_status(struct ofpbuf *out, enum ofp_version, const struct ofp_controller_status *);
void ofp_reply_controller_status(struct ofp_msgs *, const struct ofp_controller_status *);
enum ofp_error ofp_controller_status_next(struct ofp_stats_iter *, struct ofp_controller_status *) WARN_UNUSED;
