/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart replies, cut into messages of at most 64 KiB of which all but the last say that more
 * follow. */
#include "lib/ofp/reply.h"

enum { STATS_TYPE_AT = 8, STATS_FLAGS_AT = 10, STATS_VENDOR = 0xffff, FLAG_MORE = 1 };

void ofp_msgs_destroy(struct ofp_msgs *msgs)
{
    ofpbuf_destroy(&msgs->buf);
    msgs->last = 0;
}

/* The type that answers a request. */
static enum ofp_msg_type reply_type(enum ofp_msg_type request)
{
    switch ((int) request) {
    case OFPMSG_FLOW_STATS_REQUEST:
        return OFPMSG_FLOW_STATS_REPLY;
    case OFPMSG_FLOW_COUNTERS_REQUEST:
        return OFPMSG_FLOW_COUNTERS_REPLY;
    case OFPMSG_TABLE_STATS_REQUEST:
        return OFPMSG_TABLE_STATS_REPLY;
    case OFPMSG_PORT_STATS_REQUEST:
        return OFPMSG_PORT_STATS_REPLY;
    case OFPMSG_PORT_DESC_REQUEST:
        return OFPMSG_PORT_DESC_REPLY;
    case OFPMSG_QUEUE_STATS_REQUEST:
        return OFPMSG_QUEUE_STATS_REPLY;
    case OFPMSG_TABLE_FEATURES_REQUEST:
        return OFPMSG_TABLE_FEATURES_REPLY;
    case OFPMSG_GROUP_STATS_REQUEST:
        return OFPMSG_GROUP_STATS_REPLY;
    case OFPMSG_GROUP_DESC_REQUEST:
        return OFPMSG_GROUP_DESC_REPLY;
    case OFPMSG_METER_STATS_REQUEST:
        return OFPMSG_METER_STATS_REPLY;
    case OFPMSG_METER_CONFIG_REQUEST:
        return OFPMSG_METER_CONFIG_REPLY;
    case OFPMSG_TABLE_DESC_REQUEST:
        return OFPMSG_TABLE_DESC_REPLY;
    case OFPMSG_CONTROLLER_STATUS_REQUEST:
        return OFPMSG_CONTROLLER_STATUS_REPLY;
    case OFPMSG_FLOW_MONITOR_REQUEST:
        return OFPMSG_FLOW_MONITOR_REPLY;
    case OFPMSG_NXST_IPFIX_BRIDGE_REQUEST:
        return OFPMSG_NXST_IPFIX_BRIDGE_REPLY;
    case OFPMSG_NXST_IPFIX_FLOW_REQUEST:
        return OFPMSG_NXST_IPFIX_FLOW_REPLY;
    default:
        assert(0);
        return OFPMSG_N_TYPES;
    }
}

void ofp_reply_begin(struct ofp_msgs *msgs, const struct ofp_message *request)
{
    msgs->last = msg_begin(&msgs->buf, reply_type(request->type), request->version, request->nx,
                           request->xid);
    msg_end(&msgs->buf, msgs->last);
}

enum ofp_version reply_version(const struct ofp_msgs *msgs)
{
    return (enum ofp_version) msgs->buf.data[msgs->last];
}

uint16_t reply_number(const struct ofp_msgs *msgs)
{
    return get_u16(msgs->buf.data + msgs->last + STATS_TYPE_AT);
}

bool reply_is_nx(const struct ofp_msgs *msgs)
{
    return reply_number(msgs) == STATS_VENDOR;
}

static size_t header_len(const struct ofp_msgs *msgs)
{
    return reply_is_nx(msgs)                   ? OFP_VENDOR_STATS_HEADER_LEN
           : reply_version(msgs) == OFP10      ? OFP_STATS_HEADER_10_LEN
                                               : OFP_STATS_HEADER_LEN;
}

void reply_end_element(struct ofp_msgs *msgs, size_t start)
{
    struct ofpbuf *buf = &msgs->buf;
    size_t header = header_len(msgs), element = buf->size - start;

    if (header + element > OFP_MAX_MESSAGE) {
        buf->size = start; /* no message can hold it */
        return;
    }
    if (buf->size - msgs->last > OFP_MAX_MESSAGE) {
        uint8_t *first = buf->data + msgs->last;

        put_be16(first + STATS_FLAGS_AT, get_be16(first + STATS_FLAGS_AT) | htons(FLAG_MORE));
        put_be16(first + 2, htons((uint16_t) (start - msgs->last)));
        ofpbuf_put_zeros(buf, header);
        memmove(buf->data + start + header, buf->data + start, element);
        memcpy(buf->data + start, buf->data + msgs->last, header);
        put_be16(buf->data + start + STATS_FLAGS_AT, 0);
        msgs->last = start;
    }
    msg_end(buf, msgs->last);
}
