/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart requests in several messages. */
#include "lib/ofp/multipart.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/ofp/msg_header.h"

enum { STATS_FLAGS_AT = 10 };

struct ofp_multipart_request {
    const struct msg_wire *wire;
    be32 xid;
    struct ofpbuf body;  /* the first message, then the bodies of the others */
    size_t first_len;
    int64_t deadline_ms;
    bool refused; /* had its error, holds nothing */
};

static struct ofp_multipart_request *find(const struct ofp_multipart *mp, be32 xid)
{
    for (size_t i = 0; i < mp->n; i++) {
        if (mp->requests[i].xid == xid) {
            return &mp->requests[i];
        }
    }
    return NULL;
}

static void drop_bytes(struct ofp_multipart *mp, struct ofp_multipart_request *r)
{
    mp->bytes -= r->body.size;
    ofpbuf_destroy(&r->body);
}

static void remove_request(struct ofp_multipart *mp, struct ofp_multipart_request *r)
{
    drop_bytes(mp, r);
    *r = mp->requests[--mp->n];
}

/* Only requests that are lists of elements, or say nothing at all, can come in parts. */
static bool may_have_parts(const struct msg_wire *wire)
{
    return !wire->body_len;
}

static struct ofp_multipart_request *add_request(struct ofp_multipart *mp, const struct msg_header *h)
{
    if (mp->n == mp->allocated) {
        mp->requests = grow_array(mp->requests, &mp->allocated, sizeof *mp->requests);
    }
    struct ofp_multipart_request *r = &mp->requests[mp->n++];
    *r = (struct ofp_multipart_request) { .wire = h->wire, .xid = h->xid };
    return r;
}

/* The error that stands against this part, or 0. */
static enum ofp_error check(const struct ofp_multipart *mp, const struct ofp_multipart_request *r,
                            const struct msg_header *h, size_t n)
{
    if ((r && r->wire != h->wire) || !may_have_parts(h->wire)) {
        return OFPBRC_BAD_STAT;
    }
    if (n > OFP_MULTIPART_MAX_BYTES - mp->bytes || (!r && mp->n >= OFP_MULTIPART_MAX_REQUESTS)) {
        return OFPBRC_MULTIPART_BUFFER_OVERFLOW;
    }
    return OFPERR_OK;
}

/* From now on further parts are passed over, if any are to come. */
static void refuse(struct ofp_multipart *mp, struct ofp_multipart_request *r, const struct msg_header *h)
{
    if (r) {
        drop_bytes(mp, r);
        r->refused = true;
        if (!h->more) {
            remove_request(mp, r);
        }
    } else if (h->more && mp->n < OFP_MULTIPART_MAX_REQUESTS) {
        add_request(mp, h)->refused = true;
    }
}

enum ofp_multipart_result ofp_multipart_take(struct ofp_multipart *mp, const uint8_t *data, size_t n, int64_t now_ms,
                                             struct ofpbuf *whole, enum ofp_error *error)
{
    struct msg_header h;

    if (!msg_may_be_stats_request(data, n) || msg_header_decode(data, n, &h) || h.version < OFP13 || !msg_kind_is_request(h.wire->kind)) {
        return OFP_MULTIPART_SINGLE;
    }
    struct ofp_multipart_request *r = find(mp, h.xid);
    if (!r && !h.more) {
        return OFP_MULTIPART_SINGLE;
    }
    if (r && r->refused) {
        if (!h.more) {
            remove_request(mp, r);
        }
        return OFP_MULTIPART_HELD;
    }
    *error = check(mp, r, &h, n);
    if (*error) {
        refuse(mp, r, &h);
        r = find(mp, h.xid);
        if (r) {
            r->deadline_ms = now_ms + OFP_MULTIPART_TIMEOUT_MS;
        }
        return OFP_MULTIPART_ERROR;
    }
    if (!r) {
        r = add_request(mp, &h);
        ofpbuf_put(&r->body, data, n);
        r->first_len = n;
        mp->bytes += n;
    } else {
        ofpbuf_put(&r->body, h.body, h.body_len);
        mp->bytes += h.body_len;
    }
    r->deadline_ms = now_ms + OFP_MULTIPART_TIMEOUT_MS;
    if (h.more) {
        return OFP_MULTIPART_HELD;
    }
    *whole = r->body;
    put_be16(whole->data + STATS_FLAGS_AT, 0);
    mp->bytes -= r->body.size;
    r->body = (struct ofpbuf) { NULL, 0, 0 };
    remove_request(mp, r);
    return OFP_MULTIPART_WHOLE;
}

int64_t ofp_multipart_deadline(const struct ofp_multipart *mp)
{
    int64_t deadline = INT64_MAX;

    for (size_t i = 0; i < mp->n; i++) {
        deadline = MIN(deadline, mp->requests[i].deadline_ms);
    }
    return deadline;
}

bool ofp_multipart_expire(struct ofp_multipart *mp, int64_t now_ms, struct ofpbuf *first)
{
    for (size_t i = 0; i < mp->n; i++) {
        struct ofp_multipart_request *r = &mp->requests[i];

        if (r->deadline_ms <= now_ms) {
            ofpbuf_put(first, r->body.data, r->first_len);
            remove_request(mp, r);
            return true;
        }
    }
    return false;
}

void ofp_multipart_destroy(struct ofp_multipart *mp)
{
    while (mp->n) {
        remove_request(mp, &mp->requests[0]);
    }
    free(mp->requests);
    *mp = (struct ofp_multipart) { NULL, 0, 0, 0 };
}
