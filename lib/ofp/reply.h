/* SPDX-License-Identifier: Apache-2.0 */
/* Building multipart replies element by element. */
#pragma once

#include "lib/ofp/msg_header.h"

/* Of the reply in progress, as its own header says. */
enum ofp_version reply_version(const struct ofp_msgs *);
bool reply_is_nx(const struct ofp_msgs *);
uint16_t reply_number(const struct ofp_msgs *); /* the multipart type */

/* An element was appended at 'start'. If the message has become too long, the element moves to a
 * new one. */
void reply_end_element(struct ofp_msgs *, size_t start);

/* Bodies of requests. */
void flow_stats_request_encode(struct ofpbuf *out, enum ofp_version, bool nxm,
                               const struct ofp_flow_stats_request *);
void group_request_encode(struct ofpbuf *out, const struct ofp_group_request *); /* null: all */
void meter_request_encode(struct ofpbuf *out, const struct ofp_meter_request *);

/* Text of a fixed size in a message; not terminated if it is as long as that. */
static inline void stats_text_decode(char *to, size_t to_size, const uint8_t *p, size_t n)
{
    n = strnlen((const char *) p, MIN(n, to_size - 1));
    memcpy(to, p, n);
    to[n] = '\0';
}

static inline void stats_text_encode(struct ofpbuf *out, const char *text, size_t n)
{
    memcpy(ofpbuf_put_zeros(out, n), text, MIN(strlen(text), n - 1));
}
