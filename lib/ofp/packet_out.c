/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-outs: OpenFlow 1.0 section 5.3.6, 1.3 section 7.3.7. */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"

enum { NO_BUFFER = 0xffffffff };

/* A packet comes in at an ordinary port or one of these. */
static bool in_port_ok(ofp_port_t port)
{
    return port < OFPP_MAX || port == OFPP_LOCAL || port == OFPP_NONE || port == OFPP_CONTROLLER;
}

static enum ofp_error finish(const struct msg_header *h, const uint8_t *p, size_t n,
                             size_t actions_len, struct ofp_packet_out *po)
{
    if (!in_port_ok(po->in_port)) {
        return OFPBRC_BAD_PORT;
    }
    if (actions_len > n) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error = actions_decode(p, actions_len, h->version, 0, &po->actions);
    if (error) {
        return error;
    }
    if (po->buffer_id == NO_BUFFER) {
        po->packet = p + actions_len;
        po->packet_len = n - actions_len;
    }
    return OFPERR_OK;
}

enum ofp_error packet_out_decode_10(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_out *po = &msg->u.packet_out;

    po->buffer_id = get_u32(h->body);
    po->in_port = ofp_port_from_10(get_u16(h->body + 4));
    return finish(h, h->body + 8, h->body_len - 8, get_u16(h->body + 6), po);
}

enum ofp_error packet_out_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_out *po = &msg->u.packet_out;

    po->buffer_id = get_u32(h->body);
    if (port_number_decode(h->body + 4, &po->in_port)) {
        return OFPBRC_BAD_PORT;
    }
    return finish(h, h->body + 16, h->body_len - 16, get_u16(h->body + 8), po);
}

bool ofp_encode_packet_out(struct ofpbuf *out, enum ofp_version version,
                           const struct ofp_packet_out *po, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_PACKET_OUT, version, false, xid);
    size_t len_at;

    put_u32(out, po->buffer_id);
    if (version == OFP10) {
        uint16_t port;

        put_u16(out, ofp_port_to_10(po->in_port, &port) ? port : (uint16_t) OFPP_NONE);
        len_at = out->size;
        put_u16(out, 0);
    } else {
        put_u32(out, po->in_port);
        len_at = out->size;
        put_u16(out, 0);
        put_zeros(out, 6);
    }
    size_t actions_at = out->size;
    actions_encode(po->actions.data, po->actions.size, version, out);
    put_be16(out->data + len_at, htons((uint16_t) (out->size - actions_at)));
    ofpbuf_put(out, po->packet, po->packet_len);
    return msg_end(out, start);
}
