/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of queues on the wire. */
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"
#include "lib/ofp/prop.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

/* What stands before the queues in a reply before 1.4; lengths of an element without its properties. */
enum { REPLY_HEADER_LEN = 8, QUEUE_10_LEN = 8, QUEUE_12_LEN = 16 };

enum { PROP_MIN_RATE = 1, PROP_MAX_RATE = 2, PROP_RATE_10_LEN = 16, PROP_RATE_14_LEN = 8 };

enum ofp_error queue_config_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_queue_config_request *r = &msg->u.queue_config_request;

    r->queue = h->version >= OFP14 ? get_u32(h->body + 4) : OFPQ_ALL;
    if (h->version == OFP10) {
        r->port = ofp_port_from_10(get_u16(h->body));
        return r->port < OFPP_MAX ? OFPERR_OK : OFPQOFC_BAD_PORT;
    }
    if (port_number_decode(h->body, &r->port)) {
        return OFPQOFC_BAD_PORT;
    }
    /* The older form asks about ordinary ports alone. */
    return h->version >= OFP14 || r->port < OFPP_MAX || r->port == OFPP_NONE ? OFPERR_OK : OFPQOFC_BAD_PORT;
}

void ofp_encode_queue_config_request(struct ofpbuf *out, enum ofp_version version,
                                     const struct ofp_queue_config_request *r, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_QUEUE_GET_CONFIG_REQUEST, version, false, xid);

    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(r->port));
        put_zeros(out, 2);
    } else {
        put_u32(out, r->port);
        put_u32(out, version >= OFP14 ? r->queue : 0);
    }
    msg_end(out, start);
}

void ofp_queue_config_reply_begin(struct ofp_msgs *msgs, const struct ofp_message *request)
{
    struct ofpbuf *out = &msgs->buf;
    ofp_port_t port = request->u.queue_config_request.port;

    msgs->last = msg_begin(out, OFPMSG_QUEUE_GET_CONFIG_REPLY, request->version, false, request->xid);
    if (request->version == OFP10) {
        put_u16(out, port_to_10_or_none(port));
        put_zeros(out, 6);
    } else if (request->version < OFP14) {
        put_u32(out, port);
        put_zeros(out, 4);
    }
    msg_end(out, msgs->last);
}

static void put_rate(struct ofpbuf *out, enum ofp_version version, uint16_t type, uint16_t rate)
{
    if (rate != OFP_QUEUE_RATE_NONE) {
        size_t start = prop_begin(out, type);

        put_zeros(out, version >= OFP14 ? 0 : 4);
        put_u16(out, rate);
        put_zeros(out, version >= OFP14 ? 2 : 6);
        prop_end(out, start);
    }
}

void ofp_reply_queue_config(struct ofp_msgs *msgs, const struct ofp_queue_config *qc)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size, len_at;
    enum ofp_version version = reply_version(msgs);

    if (version >= OFP14) {
        put_u32(out, qc->port);
    }
    put_u32(out, qc->queue);
    if (version == OFP12 || version == OFP13) {
        put_u32(out, qc->port);
    }
    len_at = out->size;
    put_u16(out, 0);
    put_zeros(out, version >= OFP12 ? 6 : 2);
    put_rate(out, version, PROP_MIN_RATE, qc->min_rate);
    if (version >= OFP12) {
        put_rate(out, version, PROP_MAX_RATE, qc->max_rate);
    }
    put_be16(out->data + len_at, htons((uint16_t) (out->size - start)));
    if (version >= OFP14) {
        reply_end_element(msgs, start);
    } else {
        if (out->size - msgs->last > OFP_MAX_MESSAGE) {
            out->size = start;
        }
        msg_end(out, msgs->last);
    }
}

enum ofp_error ofp_queue_config_iter_init(struct ofp_stats_iter *iter, const struct ofp_message *msg, ofp_port_t *port)
{
    ofp_stats_iter_init(iter, msg);
    *port = OFPP_NONE;
    if (iter->version >= OFP14) {
        return OFPERR_OK;
    }
    const uint8_t *p = iter->p;
    iter->p += REPLY_HEADER_LEN; /* as the table of messages demands */
    iter->n -= REPLY_HEADER_LEN;
    if (iter->version == OFP10) {
        *port = ofp_port_from_10(get_u16(p));
        return OFPERR_OK;
    }
    return port_number_decode(p, port);
}

static enum ofp_error decode_props(const uint8_t *p, size_t n, enum ofp_version version, struct ofp_queue_config *qc)
{
    size_t rate_len = version >= OFP14 ? PROP_RATE_14_LEN : PROP_RATE_10_LEN;

    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (error) {
            return error;
        }
        if (prop.type == PROP_MIN_RATE || prop.type == PROP_MAX_RATE) {
            if (prop.n != rate_len) {
                return OFPBPC_BAD_LEN;
            }
            *(prop.type == PROP_MIN_RATE ? &qc->min_rate : &qc->max_rate) = get_u16(prop.p + (rate_len == 8 ? 4 : 8));
        }
    }
    return OFPERR_OK;
}

enum ofp_error ofp_queue_config_next(struct ofp_stats_iter *iter, struct ofp_queue_config *qc)
{
    enum ofp_version version = iter->version;
    size_t head = version >= OFP12 ? QUEUE_12_LEN : QUEUE_10_LEN;
    const uint8_t *p = iter->p;
    size_t len = iter->n >= head ? get_u16(p + head / 2) : 0;

    memset(qc, 0, sizeof *qc);
    qc->port = OFPP_NONE;
    qc->min_rate = qc->max_rate = OFP_QUEUE_RATE_NONE;
    if (len < head || len > iter->n) {
        return OFPBRC_BAD_LEN;
    }
    iter->p += len;
    iter->n -= len;
    qc->queue = get_u32(p + (version >= OFP14 ? 4 : 0));
    if (version >= OFP12 && port_number_decode(p + (version >= OFP14 ? 0 : 4), &qc->port)) {
        return OFPQOFC_BAD_PORT;
    }
    return decode_props(p + head, len - head, version, qc);
}
