/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the switch, and all requests: OpenFlow 1.0 section 5.3.5, 1.3 section 7.3.5. */
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum ofp_error desc_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_desc *d = &msg->u.desc;

    stats_text_decode(d->mfr, sizeof d->mfr, h->body, 256);
    stats_text_decode(d->hw, sizeof d->hw, h->body + 256, 256);
    stats_text_decode(d->sw, sizeof d->sw, h->body + 512, 256);
    stats_text_decode(d->serial, sizeof d->serial, h->body + 768, 32);
    stats_text_decode(d->dp, sizeof d->dp, h->body + 800, 256);
    return OFPERR_OK;
}

void ofp_encode_desc_reply(struct ofpbuf *out, enum ofp_version version, const struct ofp_desc *d,
                           be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_DESC_REPLY, version, false, xid);

    stats_text_encode(out, d->mfr, 256);
    stats_text_encode(out, d->hw, 256);
    stats_text_encode(out, d->sw, 256);
    stats_text_encode(out, d->serial, 32);
    stats_text_encode(out, d->dp, 256);
    msg_end(out, start);
}

static void encode_port_request(struct ofpbuf *out, enum ofp_version version, ofp_port_t port)
{
    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(port));
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
        put_u16(out, port_to_10_or_none(r->port));
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
    case OFPMSG_FLOW_COUNTERS_REQUEST:
    case OFPMSG_AGGREGATE_REQUEST:
        flow_stats_request_encode(out, version, nxm, body);
        break;
    case OFPMSG_PORT_STATS_REQUEST:
        encode_port_request(out, version, *(const ofp_port_t *) body);
        break;
    case OFPMSG_PORT_DESC_REQUEST:
        if (version >= OFP15) {
            encode_port_request(out, version, body ? *(const ofp_port_t *) body : OFPP_NONE);
        }
        break;
    case OFPMSG_QUEUE_STATS_REQUEST:
        encode_queue_request(out, version, body);
        break;
    case OFPMSG_GROUP_STATS_REQUEST:
        group_request_encode(out, body);
        break;
    case OFPMSG_GROUP_DESC_REQUEST:
        if (version == OFP10 || version >= OFP15) {
            group_request_encode(out, body);
        }
        break;
    case OFPMSG_METER_STATS_REQUEST:
    case OFPMSG_METER_CONFIG_REQUEST:
        meter_request_encode(out, body);
        break;
    }
    msg_end(out, start);
}
