/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's requests in several messages. */
#include "ofproto/ofconn_multipart.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/ofp/multipart.h"
#include "ofproto/ofconn.h"

struct ofconn_multipart {
    struct ofconn *conn;
    struct ofp_multipart parts;
    struct loop_timer *timer;
};

static void set_timer(struct ofconn_multipart *mp)
{
    int64_t deadline = ofp_multipart_deadline(&mp->parts);
    if (deadline == INT64_MAX) {
        loop_timer_cancel(mp->timer);
    } else {
        loop_timer_set_in(mp->timer, MAX(deadline - clock_ms(), 0));
    }
}

static void on_timer(void *aux)
{
    struct ofconn_multipart *mp = aux;
    struct ofpbuf first = { NULL, 0, 0 };
    while (ofp_multipart_expire(&mp->parts, clock_ms(), &first)) {
        if (first.size && ofconn_is_open(mp->conn)) {
            ofconn_send_error(mp->conn, OFPBRC_MULTIPART_REQUEST_TIMEOUT, first.data, first.size);
        }
        ofpbuf_destroy(&first);
    }
    set_timer(mp);
}

bool ofconn_multipart_take(struct ofconn_multipart *mp, const uint8_t *data, size_t n, struct ofpbuf *whole)
{
    enum ofp_error error;
    enum ofp_multipart_result result = ofp_multipart_take(&mp->parts, data, n, clock_ms(), whole, &error);
    if (result == OFP_MULTIPART_SINGLE) {
        return false;
    }
    if (result == OFP_MULTIPART_ERROR) {
        ofconn_send_error(mp->conn, error, data, n);
    }
    set_timer(mp);
    return result != OFP_MULTIPART_WHOLE;
}

struct ofconn_multipart *ofconn_multipart_create(struct ofconn *conn, struct loop *loop)
{
    struct ofconn_multipart *mp = xzalloc(sizeof *mp);
    mp->conn = conn;
    mp->timer = loop_timer_create(loop, on_timer, mp);
    return mp;
}

void ofconn_multipart_destroy(struct ofconn_multipart *mp)
{
    if (mp) {
        loop_timer_destroy(mp->timer);
        ofp_multipart_destroy(&mp->parts);
        free(mp);
    }
}
