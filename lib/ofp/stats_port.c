/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of ports and queues, and descriptions of ports: OpenFlow 1.0 section 5.3.5, 1.3 section 7.3.5, 1.4
 * sections 7.3.5.6 to 7.3.5.8. */
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"
#include "lib/ofp/prop.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

/* Lengths of an element; 1.4 has properties behind it. */
enum { PORT_STATS_10_LEN = 104, PORT_STATS_13_LEN = 112, PORT_STATS_14_LEN = 80 };
enum { QUEUE_10_LEN = 32, QUEUE_13_LEN = 40, QUEUE_14_LEN = 48 };

enum { PROP_ETHERNET = 0, PROP_ETHERNET_LEN = 40 };

/* Counters that all versions have, and those of Ethernet. */
enum { N_COUNTERS = 8, N_ETHERNET = 4 };

enum ofp_error port_stats_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    if (h->version == OFP10) {
        msg->u.port_stats_request.port = ofp_port_from_10(get_u16(h->body));
        return OFPERR_OK;
    }
    return port_number_decode(h->body, &msg->u.port_stats_request.port);
}

/* Before 1.5 there is no body, and all ports are meant. */
enum ofp_error port_desc_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.port_stats_request.port = OFPP_NONE;
    return h->version >= OFP15 ? port_number_decode(h->body, &msg->u.port_stats_request.port)
                               : OFPERR_OK;
}

static void counters_of(struct ofp_port_stats *ps, uint64_t *counters[N_COUNTERS + N_ETHERNET])
{
    uint64_t *const all[] = {
        &ps->rx_packets, &ps->tx_packets, &ps->rx_bytes,     &ps->tx_bytes,
        &ps->rx_dropped, &ps->tx_dropped, &ps->rx_errors,    &ps->tx_errors,
        &ps->rx_frame_err, &ps->rx_over_err, &ps->rx_crc_err, &ps->collisions,
    };

    memcpy(counters, all, sizeof all);
}

static void put_counters(struct ofpbuf *out, const struct ofp_port_stats *ps, size_t from, size_t to)
{
    struct ofp_port_stats copy = *ps;
    uint64_t *counters[N_COUNTERS + N_ETHERNET];

    counters_of(&copy, counters);
    for (size_t i = from; i < to; i++) {
        put_u64(out, *counters[i]);
    }
}

static void get_counters(const uint8_t *p, struct ofp_port_stats *ps, size_t from, size_t to)
{
    uint64_t *counters[N_COUNTERS + N_ETHERNET];

    counters_of(ps, counters);
    for (size_t i = from; i < to; i++) {
        *counters[i] = get_u64(p + 8 * (i - from));
    }
}

static void encode_14(struct ofpbuf *out, const struct ofp_port_stats *ps)
{
    size_t start = out->size;

    put_zeros(out, 4);
    put_u32(out, ps->no);
    put_u32(out, ps->duration_sec);
    put_u32(out, ps->duration_nsec);
    put_counters(out, ps, 0, N_COUNTERS);
    size_t prop = prop_begin(out, PROP_ETHERNET);
    put_zeros(out, 4);
    put_counters(out, ps, N_COUNTERS, N_COUNTERS + N_ETHERNET);
    prop_end(out, prop);
    port_props_put_optics_stats(out, &ps->optics);
    port_props_put_rfc2819(out, &ps->rfc2819);
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
}

void ofp_reply_port_stats(struct ofp_msgs *msgs, const struct ofp_port_stats *ps)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;
    enum ofp_version version = reply_version(msgs);

    if (version >= OFP14) {
        encode_14(out, ps);
        reply_end_element(msgs, start);
        return;
    }
    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(ps->no));
        put_zeros(out, 6);
    } else {
        put_u32(out, ps->no);
        put_zeros(out, 4);
    }
    put_counters(out, ps, 0, N_COUNTERS + N_ETHERNET);
    if (version >= OFP13) {
        put_u32(out, ps->duration_sec);
        put_u32(out, ps->duration_nsec);
    }
    reply_end_element(msgs, start);
}

/* Properties of other kinds are passed over. What an Ethernet port does not tell is not known. */
static enum ofp_error decode_props(const uint8_t *p, size_t n, struct ofp_port_stats *ps)
{
    ps->rx_frame_err = ps->rx_over_err = ps->rx_crc_err = ps->collisions = UINT64_MAX;
    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (!error && prop.type == PROP_ETHERNET) {
            if (prop.n != PROP_ETHERNET_LEN) {
                return OFPBPC_BAD_LEN;
            }
            get_counters(prop.p + 8, ps, N_COUNTERS, N_COUNTERS + N_ETHERNET);
        } else if (!error && prop.type == PORT_PROP_OPTICAL) {
            error = port_props_get_optics_stats(&prop, &ps->optics);
        } else if (!error && prop.type == PROP_EXPERIMENTER) {
            error = port_props_get_rfc2819(&prop, &ps->rfc2819);
        }
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

static enum ofp_error next_14(struct ofp_stats_iter *iter, struct ofp_port_stats *ps)
{
    const uint8_t *p = iter->p;
    size_t len = iter->n >= PORT_STATS_14_LEN ? get_u16(p) : 0;

    if (len < PORT_STATS_14_LEN || len > iter->n) {
        return OFPBRC_BAD_LEN;
    }
    iter->p += len;
    iter->n -= len;
    ps->duration_sec = get_u32(p + 8);
    ps->duration_nsec = get_u32(p + 12);
    get_counters(p + 16, ps, 0, N_COUNTERS);
    enum ofp_error error = port_number_decode(p + 4, &ps->no);
    return error ? error : decode_props(p + PORT_STATS_14_LEN, len - PORT_STATS_14_LEN, ps);
}

enum ofp_error ofp_port_stats_next(struct ofp_stats_iter *iter, struct ofp_port_stats *ps)
{
    size_t len = iter->version >= OFP13 ? PORT_STATS_13_LEN : PORT_STATS_10_LEN;
    const uint8_t *p = iter->p;

    memset(ps, 0, sizeof *ps);
    if (iter->version >= OFP14) {
        return next_14(iter, ps);
    }
    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    iter->p += len;
    iter->n -= len;
    ps->duration_sec = iter->version >= OFP13 ? get_u32(p + 104) : UINT32_MAX;
    ps->duration_nsec = iter->version >= OFP13 ? get_u32(p + 108) : UINT32_MAX;
    get_counters(p + 8, ps, 0, N_COUNTERS + N_ETHERNET);
    if (iter->version == OFP10) {
        ps->no = ofp_port_from_10(get_u16(p));
        return OFPERR_OK;
    }
    return port_number_decode(p, &ps->no);
}

void ofp_reply_port_desc(struct ofp_msgs *msgs, const struct ofp_phy_port *port)
{
    size_t start = msgs->buf.size;

    port_encode(&msgs->buf, reply_version(msgs), port);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_phy_port_next(struct ofp_stats_iter *iter, struct ofp_phy_port *port)
{
    return port_pull(&iter->p, &iter->n, iter->version, port);
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
    enum ofp_version version = reply_version(msgs);

    if (version >= OFP14) {
        put_u16(out, QUEUE_14_LEN);
        put_zeros(out, 6);
    }
    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(qs->port));
        put_zeros(out, 2);
    } else {
        put_u32(out, qs->port);
    }
    put_u32(out, qs->queue);
    put_u64(out, qs->tx_bytes);
    put_u64(out, qs->tx_packets);
    put_u64(out, qs->tx_errors);
    if (version >= OFP13) {
        put_u32(out, qs->duration_sec);
        put_u32(out, qs->duration_nsec);
    }
    reply_end_element(msgs, start);
}

/* The length of the element in front, 0 if it cannot be one. */
static size_t queue_len(const struct ofp_stats_iter *iter)
{
    size_t len = iter->version >= OFP14   ? QUEUE_14_LEN
                 : iter->version == OFP13 ? QUEUE_13_LEN
                                          : QUEUE_10_LEN;

    if (iter->n < len) {
        return 0;
    }
    if (iter->version >= OFP14) {
        size_t whole = get_u16(iter->p);
        return whole >= len && whole <= iter->n ? whole : 0;
    }
    return len;
}

enum ofp_error ofp_queue_stats_next(struct ofp_stats_iter *iter, struct ofp_queue_stats *qs)
{
    size_t len = queue_len(iter);
    const uint8_t *p = iter->p + (iter->version >= OFP14 ? 8 : 0);
    enum ofp_error error = OFPERR_OK;

    memset(qs, 0, sizeof *qs);
    if (!len) {
        return OFPBRC_BAD_LEN;
    }
    qs->duration_sec = iter->version >= OFP13 ? get_u32(p + 32) : UINT32_MAX;
    qs->duration_nsec = iter->version >= OFP13 ? get_u32(p + 36) : UINT32_MAX;
    if (iter->version == OFP10) {
        qs->port = ofp_port_from_10(get_u16(p));
    } else {
        error = port_number_decode(p, &qs->port);
    }
    qs->queue = get_u32(p + 4);
    qs->tx_bytes = get_u64(p + 8);
    qs->tx_packets = get_u64(p + 16);
    qs->tx_errors = get_u64(p + 24);
    iter->p += len;
    iter->n -= len;
    return error;
}
