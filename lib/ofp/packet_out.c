/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-outs: OpenFlow 1.0 section 5.3.6, 1.3 section 7.3.7, 1.5 section 7.3.6. */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/port.h"

enum { NO_BUFFER = 0xffffffff };

/* A packet comes in at an ordinary port or one of these. */
static bool in_port_ok(ofp_port_t port)
{
    return port < OFPP_MAX || port == OFPP_LOCAL || port == OFPP_NONE || port == OFPP_CONTROLLER;
}

static void set_in_port(struct match *match, ofp_port_t port)
{
    union field_value value;

    memset(&value, 0, sizeof value);
    value.be32 = htonl(port);
    field_set_match(field_get(FIELD_IN_PORT_OXM), match, &value, NULL);
}

/* 'p' and 'n' are the actions and the packet. */
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
    match_init(&po->metadata);
    set_in_port(&po->metadata, po->in_port);
    return finish(h, h->body + 8, h->body_len - 8, get_u16(h->body + 6), po);
}

enum ofp_error packet_out_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_out *po = &msg->u.packet_out;

    po->buffer_id = get_u32(h->body);
    if (port_number_decode(h->body + 4, &po->in_port)) {
        return OFPBRC_BAD_PORT;
    }
    match_init(&po->metadata);
    set_in_port(&po->metadata, po->in_port);
    return finish(h, h->body + 16, h->body_len - 16, get_u16(h->body + 8), po);
}

bool ofp_packet_out_has_field(enum field_id id)
{
    switch ((int) id) {
    case FIELD_DP_HASH:
    case FIELD_RECIRC_ID:
    case FIELD_CONJ_ID:
    case FIELD_ACTSET_OUTPUT:
    case FIELD_SKB_PRIORITY:
    case FIELD_PKT_MARK:
    case FIELD_CT_STATE ... FIELD_CT_TP_DST:
    case FIELD_ETH_SRC ... FIELD_NSH_TTL:
        return false;
    default:
        return true;
    }
}

/* Only what is not in the packet itself may be given with it (1.5 section 7.3.6). */
static bool pipeline_fields_only(const struct match *match)
{
    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);
        union field_value value, mask;

        if (!ofp_packet_out_has_field(f->id) && field_get_match(f, match, &value, &mask)) {
            return false;
        }
    }
    return true;
}

enum ofp_error packet_out_decode_15(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_out *po = &msg->u.packet_out;
    const uint8_t *p = h->body + 8;
    size_t n = h->body_len - 8, used;

    po->buffer_id = get_u32(h->body);
    enum ofp_error error = nxm_decode_ofp_match(p, n, true, &po->metadata, &used);
    if (error) {
        return error;
    }
    if (!(po->metadata.mask.lines & 1) || !po->metadata.mask.in_port) {
        return OFPBRC_BAD_PORT;
    }
    if (!pipeline_fields_only(&po->metadata)) {
        return OFPBRC_PIPELINE_FIELDS_ONLY;
    }
    po->in_port = po->metadata.flow.in_port;
    return finish(h, p + used, n - used, get_u16(h->body + 4), po);
}

static void encode_match(struct ofpbuf *out, const struct ofp_packet_out *po)
{
    struct match match = po->metadata;

    if (!match.mask.lines) {
        match_init(&match);
    }
    set_in_port(&match, po->in_port);
    match_normalize(&match);
    nxm_encode_ofp_match(out, &match, OFP15);
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
    } else if (version >= OFP15) {
        len_at = out->size;
        put_u16(out, 0);
        put_zeros(out, 2);
        encode_match(out, po);
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
