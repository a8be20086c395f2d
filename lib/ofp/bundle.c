/* SPDX-License-Identifier: Apache-2.0 */
/* Bundle messages: OpenFlow 1.4 section 7.3.9, and the ONF's extension 230 of 1.3. */
#include "lib/ofp/bundle.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/print.h"

enum ofp_error bundle_ctrl_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_bundle_ctrl *bc = &msg->u.bundle_ctrl;

    bc->id = get_u32(h->body);
    bc->type = get_u16(h->body + 4);
    bc->flags = get_u16(h->body + 6);
    return bc->flags & ~(OFPBF_ATOMIC | OFPBF_ORDERED) ? OFPBFC_BAD_FLAGS : OFPERR_OK;
}

void ofp_encode_bundle_ctrl(struct ofpbuf *out, enum ofp_version version,
                            const struct ofp_bundle_ctrl *bc, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_BUNDLE_CTRL, version, version == OFP13, xid);

    put_u32(out, bc->id);
    put_u16(out, bc->type);
    put_u16(out, bc->flags);
    msg_end(out, start);
}

/* Messages that a bundle may have. */
static bool is_bundlable(enum ofp_msg_type type)
{
    return type == OFPMSG_FLOW_MOD || type == OFPMSG_GROUP_MOD || type == OFPMSG_PACKET_OUT ||
           type == OFPMSG_PORT_MOD;
}

static enum ofp_error check_inner(const struct msg_header *h, const uint8_t *inner)
{
    struct msg_header inner_header;

    if (get_be32(inner + 4) != h->xid) {
        return OFPBFC_MSG_BAD_XID;
    }
    if (inner[0] != (uint8_t) h->version) {
        return OFPBFC_BAD_VERSION;
    }
    if (msg_header_decode(inner, get_u16(inner + 2), &inner_header) ||
        !is_bundlable(inner_header.wire->type)) {
        return OFPBFC_MSG_UNSUP;
    }
    return OFPERR_OK;
}

/* What follows the message inside are properties, of which none is known. */
enum ofp_error bundle_add_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_bundle_add *ba = &msg->u.bundle_add;
    const uint8_t *inner = h->body + 8;
    size_t n = h->body_len - 8;

    ba->id = get_u32(h->body);
    ba->flags = get_u16(h->body + 6);
    if (ba->flags & ~(OFPBF_ATOMIC | OFPBF_ORDERED)) {
        return OFPBFC_BAD_FLAGS;
    }
    if (n < OFP_HEADER_LEN || get_u16(inner + 2) < OFP_HEADER_LEN || get_u16(inner + 2) > n) {
        return OFPBFC_MSG_BAD_LEN;
    }
    ba->message = inner;
    ba->message_len = get_u16(inner + 2);
    return check_inner(h, inner);
}

bool ofp_encode_bundle_add(struct ofpbuf *out, enum ofp_version version,
                           const struct ofp_bundle_add *ba, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_BUNDLE_ADD, version, version == OFP13, xid);

    put_u32(out, ba->id);
    put_zeros(out, 2);
    put_u16(out, ba->flags);
    ofpbuf_put(out, ba->message, ba->message_len);
    return msg_end(out, start);
}

static void format_flags(struct strbuf *s, uint16_t flags)
{
    static const struct bit_name names[] = {
        { OFPBF_ATOMIC, "atomic" },
        { OFPBF_ORDERED, "ordered" },
    };

    print_bits(s, flags, names, ARRAY_SIZE(names), "0");
}

enum ofp_error print_bundle_ctrl(struct printer *p, const struct ofp_message *msg)
{
    static const char *const types[] = {
        "OPEN_REQUEST",   "OPEN_REPLY",   "CLOSE_REQUEST",   "CLOSE_REPLY",
        "COMMIT_REQUEST", "COMMIT_REPLY", "DISCARD_REQUEST", "DISCARD_REPLY",
    };
    const struct ofp_bundle_ctrl *bc = &msg->u.bundle_ctrl;

    strbuf_putf(p->s, "\n bundle_id=%#x type=", bc->id);
    strbuf_putf(p->s, "%s flags=", bc->type < ARRAY_SIZE(types) ? types[bc->type] : "");
    format_flags(p->s, bc->flags);
    return OFPERR_OK;
}

enum ofp_error print_bundle_add(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_bundle_add *ba = &msg->u.bundle_add;

    strbuf_putf(p->s, "\n bundle_id=%#x flags=", ba->id);
    format_flags(p->s, ba->flags);
    strbuf_putc(p->s, '\n');
    ofp_format(p->s, ba->message, ba->message_len, p->names, p->verbosity);
    return OFPERR_OK;
}
