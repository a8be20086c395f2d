/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of queues: OpenFlow 1.0 section 5.3.4, 1.3 section 7.3.6, and as a multipart message (OFPMP_QUEUE_DESC)
 * 1.4 section 7.3.5.20. */
#pragma once

#include "lib/ofp/ofp.h"

struct ofp_message;
struct ofp_msgs;
struct ofp_stats_iter;

enum { OFP_QUEUE_RATE_NONE = 0xffff };

struct ofp_queue_config_request {
    ofp_port_t port; /* OFPP_NONE: all, since 1.1 */
    uint32_t queue;  /* OFPQ_ALL: all, as always before 1.4 */
};

struct ofp_queue_config {
    ofp_port_t port;
    uint32_t queue;
    uint16_t min_rate, max_rate; /* thousandths of the port's rate, above 1000: disabled; OFP_QUEUE_RATE_NONE: not told */
};

void ofp_encode_queue_config_request(struct ofpbuf *out, enum ofp_version, const struct ofp_queue_config_request *, be32 xid);

/* The reply: begun with the request, then each queue. Before 1.4 it is one message, which what does not fit is left out of. */
void ofp_queue_config_reply_begin(struct ofp_msgs *, const struct ofp_message *request);
void ofp_reply_queue_config(struct ofp_msgs *, const struct ofp_queue_config *);

/* Walks a reply; see lib/ofp/stats.h. '*port' is the one that the reply is about (1.0 to 1.3; OFPP_NONE: all), which 1.0 and
 * 1.1 do not repeat in the elements. */
enum ofp_error ofp_queue_config_iter_init(struct ofp_stats_iter *, const struct ofp_message *, ofp_port_t *port) WARN_UNUSED;
enum ofp_error ofp_queue_config_next(struct ofp_stats_iter *, struct ofp_queue_config *) WARN_UNUSED;
