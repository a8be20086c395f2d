/* SPDX-License-Identifier: Apache-2.0 */
/* Description, table, port and queue statistics: OpenFlow 1.0 section 5.3.5, 1.3 section 7.3.5. */
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { TABLE_10_LEN = 64, TABLE_13_LEN = 24, PORT_STATS_10_LEN = 104, PORT_STATS_13_LEN = 112 };
enum { QUEUE_10_LEN = 32, QUEUE_13_LEN = 40, WILDCARDS_10 = 0x3fffff };

/* OFPP_NONE of 1.0 in a request for the statistics of all ports. */
static uint16_t port10(ofp_port_t port)
{
    uint16_t p;

    return ofp_port_to_10(port, &p) ? p : (uint16_t) OFPP_NONE;
}

/* Text of a fixed size in a message; not terminated if it is as long as that. */
static void text_decode(char *to, size_t to_size, const uint8_t *p, size_t n)
{
    n = strnlen((const char *) p, MIN(n, to_size - 1));
    memcpy(to, p, n);
    to[n] = '\0';
}

static void text_encode(struct ofpbuf *out, const char *text, size_t n)
{
    memcpy(ofpbuf_put_zeros(out, n), text, MIN(strlen(text), n - 1));
}

enum ofp_error desc_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_desc *d = &msg->u.desc;

    text_decode(d->mfr, sizeof d->mfr, h->body, 256);
    text_decode(d->hw, sizeof d->hw, h->body + 256, 256);
    text_decode(d->sw, sizeof d->sw, h->body + 512, 256);
    text_decode(d->serial, sizeof d->serial, h->body + 768, 32);
    text_decode(d->dp, sizeof d->dp, h->body + 800, 256);
    return OFPERR_OK;
}

void ofp_encode_desc_reply(struct ofpbuf *out, enum ofp_version version, const struct ofp_desc *d,
                           be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_DESC_REPLY, version, false, xid);

    text_encode(out, d->mfr, 256);
    text_encode(out, d->hw, 256);
    text_encode(out, d->sw, 256);
    text_encode(out, d->serial, 32);
    text_encode(out, d->dp, 256);
    msg_end(out, start);
}

void ofp_reply_table_stats(struct ofp_msgs *msgs, const struct ofp_table_stats *ts)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u8(out, ts->id);
    put_zeros(out, 3);
    if (reply_version(msgs) == OFP10) {
        text_encode(out, ts->name, 32);
        put_u32(out, WILDCARDS_10);
        put_u32(out, ts->max_entries);
    }
    put_u32(out, ts->active);
    put_u64(out, ts->lookups);
    put_u64(out, ts->matched);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_table_stats_next(struct ofp_stats_iter *iter, struct ofp_table_stats *ts)
{
    size_t len = iter->version == OFP10 ? TABLE_10_LEN : TABLE_13_LEN;
    const uint8_t *p = iter->p;

    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    memset(ts, 0, sizeof *ts);
    ts->id = *p;
    p += 4;
    if (iter->version == OFP10) {
        text_decode(ts->name, sizeof ts->name, p, 32);
        ts->max_entries = get_u32(p + 36);
        p += 40;
    }
    ts->active = get_u32(p);
    ts->lookups = get_u64(p + 4);
    ts->matched = get_u64(p + 12);
    iter->p += len;
    iter->n -= len;
    return OFPERR_OK;
}

enum ofp_error port_stats_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    if (h->version == OFP10) {
        msg->u.port_stats_request.port = ofp_port_from_10(get_u16(h->body));
        return OFPERR_OK;
    }
    return port_number_decode(h->body, &msg->u.port_stats_request.port);
}

void ofp_reply_port_stats(struct ofp_msgs *msgs, const struct ofp_port_stats *ps)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;
    const uint64_t counters[] = {
        ps->rx_packets, ps->tx_packets, ps->rx_bytes,     ps->tx_bytes,
        ps->rx_dropped, ps->tx_dropped, ps->rx_errors,    ps->tx_errors,
        ps->rx_frame_err, ps->rx_over_err, ps->rx_crc_err, ps->collisions,
    };

    if (reply_version(msgs) == OFP10) {
        put_u16(out, port10(ps->no));
        put_zeros(out, 6);
    } else {
        put_u32(out, ps->no);
        put_zeros(out, 4);
    }
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        put_u64(out, counters[i]);
    }
    if (reply_version(msgs) >= OFP13) {
        put_u32(out, ps->duration_sec);
        put_u32(out, ps->duration_nsec);
    }
    reply_end_element(msgs, start);
}

enum ofp_error ofp_port_stats_next(struct ofp_stats_iter *iter, struct ofp_port_stats *ps)
{
    size_t len = iter->version == OFP10 ? PORT_STATS_10_LEN : PORT_STATS_13_LEN;
    const uint8_t *p = iter->p;
    enum ofp_error error = OFPERR_OK;

    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    memset(ps, 0, sizeof *ps);
    if (iter->version == OFP10) {
        ps->no = ofp_port_from_10(get_u16(p));
    } else {
        error = port_number_decode(p, &ps->no);
        ps->duration_sec = get_u32(p + 104);
        ps->duration_nsec = get_u32(p + 108);
    }
    uint64_t *const counters[] = {
        &ps->rx_packets, &ps->tx_packets, &ps->rx_bytes,     &ps->tx_bytes,
        &ps->rx_dropped, &ps->tx_dropped, &ps->rx_errors,    &ps->tx_errors,
        &ps->rx_frame_err, &ps->rx_over_err, &ps->rx_crc_err, &ps->collisions,
    };
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        *counters[i] = get_u64(p + 8 + 8 * i);
    }
    iter->p += len;
    iter->n -= len;
    return error;
}

void ofp_reply_port_desc(struct ofp_msgs *msgs, const struct ofp_phy_port *port)
{
    size_t start = msgs->buf.size;

    port_encode(&msgs->buf, reply_version(msgs), port);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_phy_port_next(struct ofp_stats_iter *iter, struct ofp_phy_port *port)
{
    size_t len = port_len(iter->version);

    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error = port_decode(iter->p, iter->version, port);
    iter->p += len;
    iter->n -= len;
    return error;
}

bool ofp_features_ports(struct ofp_stats_iter *iter, const uint8_t *msg, size_t n)
{
    struct msg_header h;

    if (msg_header_decode(msg, n, &h) || h.wire->type != OFPMSG_FEATURES_REPLY ||
        h.version > OFP12) {
        return false;
    }
    *iter = (struct ofp_stats_iter) { h.version, false, h.body + 24, h.body_len - 24 };
    return true;
}

enum ofp_error queue_stats_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_queue_stats_request *r = &msg->u.queue_stats_request;

    r->queue = get_u32(h->body + 4);
    if (h->version == OFP10) {
        r->port = ofp_port_from_10(get_u16(h->body));
        return OFPERR_OK;
    }
    enum ofp_error error = port_number_decode(h->body, &r->port);
    if (r->port == OFPP_NONE) {
        r->port = OFPP_ALL;
    }
    return error ? OFPQOFC_BAD_PORT : OFPERR_OK;
}

void ofp_reply_queue_stats(struct ofp_msgs *msgs, const struct ofp_queue_stats *qs)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    if (reply_version(msgs) == OFP10) {
        put_u16(out, port10(qs->port));
        put_zeros(out, 2);
    } else {
        put_u32(out, qs->port);
    }
    put_u32(out, qs->queue);
    put_u64(out, qs->tx_bytes);
    put_u64(out, qs->tx_packets);
    put_u64(out, qs->tx_errors);
    if (reply_version(msgs) >= OFP13) {
        put_u32(out, qs->duration_sec);
        put_u32(out, qs->duration_nsec);
    }
    reply_end_element(msgs, start);
}

enum ofp_error ofp_queue_stats_next(struct ofp_stats_iter *iter, struct ofp_queue_stats *qs)
{
    size_t len = iter->version == OFP10 ? QUEUE_10_LEN : QUEUE_13_LEN;
    const uint8_t *p = iter->p;
    enum ofp_error error = OFPERR_OK;

    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    memset(qs, 0, sizeof *qs);
    qs->duration_sec = qs->duration_nsec = UINT32_MAX;
    if (iter->version == OFP10) {
        qs->port = ofp_port_from_10(get_u16(p));
    } else {
        error = port_number_decode(p, &qs->port);
        qs->duration_sec = get_u32(p + 32);
        qs->duration_nsec = get_u32(p + 36);
    }
    qs->queue = get_u32(p + 4);
    qs->tx_bytes = get_u64(p + 8);
    qs->tx_packets = get_u64(p + 16);
    qs->tx_errors = get_u64(p + 24);
    iter->p += len;
    iter->n -= len;
    return error;
}

static void encode_port_request(struct ofpbuf *out, enum ofp_version version, ofp_port_t port)
{
    if (version == OFP10) {
        put_u16(out, port10(port));
        put_zeros(out, 6);
    } else {
        put_u32(out, port);
        put_zeros(out, 4);
    }
}

static void encode_queue_request(struct ofpbuf *out, enum ofp_version version,
                                 const struct ofp_queue_stats_request *r)
{
    if (version == OFP10) {
        put_u16(out, port10(r->port));
        put_zeros(out, 2);
    } else {
        put_u32(out, r->port == OFPP_ALL ? OFPP_NONE : r->port);
    }
    put_u32(out, r->queue);
}

void ofp_encode_stats_request(struct ofpbuf *out, enum ofp_version version, enum ofp_msg_type type,
                              const void *body, bool nxm, be32 xid)
{
    size_t start = msg_begin(out, type, version, nxm, xid);

    switch ((int) type) {
    case OFPMSG_FLOW_STATS_REQUEST:
    case OFPMSG_AGGREGATE_REQUEST:
        flow_stats_request_encode(out, version, nxm, body);
        break;
    case OFPMSG_PORT_STATS_REQUEST:
        encode_port_request(out, version, *(const ofp_port_t *) body);
        break;
    case OFPMSG_QUEUE_STATS_REQUEST:
        encode_queue_request(out, version, body);
        break;
    }
    msg_end(out, start);
}
