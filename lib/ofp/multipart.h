/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart requests in several messages, put together (OpenFlow 1.3 section 7.3.5, 1.4 section 7.3.5).
 *
 * Each connection has one struct ofp_multipart, which every multipart request of 1.3 and later goes through; earlier
 * versions have no requests in several parts. Parts belong together by their xid. What is held is bounded in bytes and
 * in number; of a request that went beyond that, or whose parts do not go together, the remaining parts are passed over,
 * so that its tail is not taken for a request of its own. Whichever thread owns the connection. */
#pragma once

#include "lib/ofp/ofp.h"

enum {
    OFP_MULTIPART_MAX_BYTES = 4 * 1024 * 1024, /* of all requests of a connection */
    OFP_MULTIPART_MAX_REQUESTS = 256,
    OFP_MULTIPART_TIMEOUT_MS = 1000, /* since the last part */
};

struct ofp_multipart_request;
struct ofp_multipart {
    struct ofp_multipart_request *requests;
    size_t n, allocated;
    size_t bytes;
};

enum ofp_multipart_result {
    OFP_MULTIPART_SINGLE, /* nothing to put together: it is to be decoded as it came */
    OFP_MULTIPART_HELD,   /* waits for further parts, or is passed over */
    OFP_MULTIPART_WHOLE,  /* that was the last part: 'whole' is for ofp_decode_assembled() */
    OFP_MULTIPART_ERROR,  /* '*error' is to be answered to this part */
};

/* Takes any message. '*whole' is empty, and the caller's. */
enum ofp_multipart_result ofp_multipart_take(struct ofp_multipart *, const uint8_t *data, size_t n, int64_t now_ms,
                                             struct ofpbuf *whole, enum ofp_error *error);

/* When ofp_multipart_expire() has something to do: INT64_MAX: never. */
int64_t ofp_multipart_deadline(const struct ofp_multipart *);

/* Drops a request that has waited for too long. 'first' gets its first message, to which MULTIPART_REQUEST_TIMEOUT is the
 * answer, or stays empty if there was an error already. False if there is no such request. */
bool ofp_multipart_expire(struct ofp_multipart *, int64_t now_ms, struct ofpbuf *first);

void ofp_multipart_destroy(struct ofp_multipart *);
