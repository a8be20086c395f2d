/* SPDX-License-Identifier: Apache-2.0 */
/* Building multipart replies element by element. */
#pragma once

#include "lib/ofp/msg_header.h"

/* Of the reply in progress, as its own header says. */
enum ofp_version reply_version(const struct ofp_msgs *);
bool reply_is_nx(const struct ofp_msgs *);

/* An element was appended at 'start'. If the message has become too long, the element moves to a
 * new one. */
void reply_end_element(struct ofp_msgs *, size_t start);

/* Bodies of requests. */
void flow_stats_request_encode(struct ofpbuf *out, enum ofp_version, bool nxm,
                               const struct ofp_flow_stats_request *);
void group_request_encode(struct ofpbuf *out, const struct ofp_group_request *); /* null: all */
void meter_request_encode(struct ofpbuf *out, const struct ofp_meter_request *);
