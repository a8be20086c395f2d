/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding any message: header, then the body by the table's decoder. */
#include "lib/ofp/codec.h"

static bool any_version(const struct msg_wire *w)
{
    return w->last == 0xff;
}

/* 'error' is what was found in the header. */
static enum ofp_error decode(struct msg_header h, enum ofp_error error, size_t n, bool flow_mod_table_id,
                             struct ofp_message *msg)
{
    memset(msg, 0, sizeof *msg);
    msg->type = OFPMSG_N_TYPES;
    msg->version = h.version;
    msg->xid = h.xid;
    if (!h.wire || !any_version(h.wire)) {
        bool implemented =
            h.version <= OFP15 && OFP_VERSION_BIT(h.version) & OFP_VERSIONS_IMPLEMENTED;
        if (!implemented && n >= OFP_HEADER_LEN) {
            return OFPBRC_BAD_VERSION;
        }
    }
    if (error) {
        return error;
    }
    msg->type = h.wire->type;
    msg->nx = msg_kind_is_vendor(h.wire->kind);
    h.flow_mod_table_id = flow_mod_table_id;
    /* Before 1.3 there are no requests in several parts, and the flag means nothing in them. */
    msg->more = h.more && (h.version >= OFP13 || !msg_kind_is_request(h.wire->kind));
    return h.wire->decode ? h.wire->decode(&h, msg) : OFPERR_OK;
}

enum ofp_error ofp_decode(const uint8_t *data, size_t n, bool flow_mod_table_id,
                          struct ofp_message *msg)
{
    struct msg_header h;
    enum ofp_error error = msg_header_decode(data, n, &h);

    return decode(h, error, n, flow_mod_table_id, msg);
}

enum ofp_error ofp_decode_assembled(const uint8_t *data, size_t n, struct ofp_message *msg)
{
    struct msg_header h;
    enum ofp_error error = msg_header_decode_assembled(data, n, &h);

    return decode(h, error, n, false, msg);
}

void ofp_message_destroy(struct ofp_message *msg)
{
    switch (msg->type) {
    case OFPMSG_FLOW_MOD:
        ofp_flow_mod_destroy(&msg->u.flow_mod);
        break;
    case OFPMSG_PACKET_OUT:
        ofpbuf_destroy(&msg->u.packet_out.actions);
        break;
    case OFPMSG_GROUP_MOD:
        ofp_group_mod_destroy(&msg->u.group_mod);
        break;
    default:
        break;
    }
}

void ofp_encode_empty(struct ofpbuf *out, enum ofp_version version, enum ofp_msg_type type,
                      be32 xid)
{
    bool nx = !msg_wire_find(type, version, false); /* only a vendor has it */
    size_t start = msg_begin(out, type, version, nx, xid);
    bool fits = msg_end(out, start);
    assert(fits);
    (void) fits;
}

enum ofp_error raw_body_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.raw.body = h->body;
    msg->u.raw.len = h->body_len;
    return OFPERR_OK;
}
