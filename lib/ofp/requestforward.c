/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that other controllers sent. */
#include "lib/ofp/requestforward.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/print.h"

/* What is inside must be understood, too: a controller has nothing else to know it by. */
enum ofp_error requestforward_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_requestforward *rf = &msg->u.requestforward;
    struct msg_header inner_header;
    struct ofp_message inner;
    size_t len = get_u16(h->body + 2);

    if (len < OFP_HEADER_LEN || len > h->body_len) {
        return OFPBFC_MSG_BAD_LEN;
    }
    enum ofp_error error = msg_header_decode(h->body, len, &inner_header);
    if (error) {
        return error;
    }
    if (inner_header.wire->type != OFPMSG_GROUP_MOD &&
        inner_header.wire->type != OFPMSG_METER_MOD) {
        return OFPBFC_MSG_UNSUP;
    }
    error = ofp_decode(h->body, len, false, &inner);
    ofp_message_destroy(&inner);
    rf->message = h->body;
    rf->message_len = len;
    return error;
}

bool ofp_encode_requestforward(struct ofpbuf *out, enum ofp_version version,
                               const struct ofp_group_mod *gm, const struct ofp_meter_mod *mm,
                               be32 xid)
{
    struct ofpbuf inner = { NULL, 0, 0 };
    bool fits = true;

    if (gm) {
        fits = ofp_encode_group_mod(&inner, version, gm, xid);
    } else {
        ofp_encode_meter_mod(&inner, version, mm, xid);
    }
    if (fits) {
        size_t start = msg_begin(out, OFPMSG_REQUESTFORWARD, version, false, 0);
        ofpbuf_put(out, inner.data, inner.size);
        fits = msg_end(out, start);
    }
    ofpbuf_destroy(&inner);
    return fits;
}

enum ofp_error print_requestforward(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_requestforward *rf = &msg->u.requestforward;
    struct ofp_message inner;
    enum ofp_error error = ofp_decode(rf->message, rf->message_len, false, &inner);

    strbuf_puts(p->s, " reason=");
    if (!error && inner.type == OFPMSG_GROUP_MOD) {
        strbuf_puts(p->s, "group_mod");
        error = print_group_mod(p, &inner);
    } else if (!error) {
        strbuf_puts(p->s, "meter_mod");
        error = print_meter_mod(p, &inner);
    }
    ofp_message_destroy(&inner);
    return error;
}
