/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the bodies of multipart replies, as a client receives them.
 *
 * Each walk starts with the body (struct ofp_message's u.raw) at 'p'/'n', and takes one element
 * from the front per call: 'p' and 'n' move on. A call at the end ('n' is 0) is a mistake of the
 * caller. An error means that the rest cannot be understood. */
#pragma once

#include "lib/ofp/message.h"

struct ofp_stats_iter {
    enum ofp_version version;
    bool nx;
    const uint8_t *p;
    size_t n;
};

static inline void ofp_stats_iter_init(struct ofp_stats_iter *iter, const struct ofp_message *msg)
{
    *iter = (struct ofp_stats_iter) { msg->version, msg->nx, msg->u.raw.body, msg->u.raw.len };
}

/* 'match' and 'actions' hold what 'fs' points to; 'actions' is emptied first and stays the
 * caller's. */
enum ofp_error ofp_flow_stats_next(struct ofp_stats_iter *, struct ofp_flow_stats *fs,
                                   struct match *match, struct ofpbuf *actions) WARN_UNUSED;
/* An element of OFPMSG_FLOW_COUNTERS_REPLY: table, priority, match and statistics. */
enum ofp_error ofp_flow_counters_next(struct ofp_stats_iter *, struct ofp_flow_stats *fs,
                                      struct match *match) WARN_UNUSED;
enum ofp_error ofp_table_stats_next(struct ofp_stats_iter *, struct ofp_table_stats *) WARN_UNUSED;
enum ofp_error ofp_port_stats_next(struct ofp_stats_iter *, struct ofp_port_stats *) WARN_UNUSED;
/* Port descriptions, also those in the body of a features reply of 1.0 (see ofp_features_ports()).
 */
enum ofp_error ofp_phy_port_next(struct ofp_stats_iter *, struct ofp_phy_port *) WARN_UNUSED;
enum ofp_error ofp_queue_stats_next(struct ofp_stats_iter *, struct ofp_queue_stats *) WARN_UNUSED;

/* The ports in a features reply. False if this version has none there. */
bool ofp_features_ports(struct ofp_stats_iter *, const uint8_t *msg, size_t n);
