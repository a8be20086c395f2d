/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of what is sent unasked, and role-status: OpenFlow 1.3 section 7.3.10, 1.4 sections 7.3.10 and 7.4.4. */
#include "lib/ofp/codec.h"
#include "lib/ofp/prop.h"

/* What each kind has: its number of reasons before 1.4 is less. A property's type is twice the kind, plus 1 for the
 * primary's. */
enum { PROP_LEN = 8, N_KINDS_13 = 3, N_KINDS_14 = OFP_ASYNC_CONTROLLER_STATUS };

static const uint32_t known_13[N_KINDS_13] = { 0x7, 0x7, 0x3f };
static const uint32_t known_14[OFP_N_ASYNC] = { 0x3f, 0x7, 0x3f, 0x7, 0x18, 0x3, 0x3f };

static unsigned int n_kinds(enum ofp_version version)
{
    return version >= OFP15 ? OFP_N_ASYNC : version == OFP14 ? N_KINDS_14 : N_KINDS_13;
}

/* Bits that are not known say nothing here. */
enum ofp_error async_config_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_async *a = &msg->u.async;

    for (int kind = 0; kind < N_KINDS_13; kind++) {
        for (int row = 0; row < 2; row++) {
            a->masks[row][kind] = get_u32(h->body + kind * 8 + row * 4) & known_13[kind];
            a->given[row] |= (uint8_t) (1u << kind);
        }
    }
    return OFPERR_OK;
}

static enum ofp_error decode_prop(const struct prop *prop, enum ofp_version version, bool strict, struct ofp_async *a)
{
    int kind = prop->type / 2;
    int row = prop->type & 1 ? OFP_ASYNC_PRIMARY : OFP_ASYNC_SECONDARY;

    if (prop->type == PROP_EXPERIMENTER) {
        return strict ? prop_unknown(prop) : OFPERR_OK;
    }
    if (kind >= (version >= OFP15 ? OFP_N_ASYNC : N_KINDS_14)) { /* Nicira's message has properties in all versions */
        return strict ? OFPACFC_UNSUPPORTED : OFPERR_OK;
    }
    if (prop->n != PROP_LEN) {
        return OFPBPC_BAD_LEN;
    }
    uint32_t mask = get_u32(prop->p + 4);
    if (strict && mask & ~known_14[kind]) {
        return OFPACFC_INVALID;
    }
    a->masks[row][kind] = mask & known_14[kind];
    a->given[row] |= (uint8_t) (1u << kind);
    return OFPERR_OK;
}

enum ofp_error async_config_decode_14(const struct msg_header *h, struct ofp_message *msg)
{
    const uint8_t *p = h->body;
    size_t n = h->body_len;

    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (!error) {
            error = decode_prop(&prop, msg->version, msg->type == OFPMSG_SET_ASYNC, &msg->u.async);
        }
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

static void encode_async(struct ofpbuf *out, enum ofp_version version, enum ofp_msg_type type,
                         const uint32_t masks[2][OFP_N_ASYNC], be32 xid)
{
    size_t start =
        msg_begin(out, type, version, type == OFPMSG_SET_ASYNC && version < OFP13, xid);

    for (unsigned int kind = 0; kind < n_kinds(version); kind++) {
        bool wanted = masks[OFP_ASYNC_SECONDARY][kind] || masks[OFP_ASYNC_PRIMARY][kind];

        if (kind == OFP_ASYNC_CONTROLLER_STATUS && !wanted) {
            continue;
        }
        if (version >= OFP14) {
            prop_put_u32(out, (uint16_t) (kind * 2), masks[OFP_ASYNC_SECONDARY][kind]);
            prop_put_u32(out, (uint16_t) (kind * 2 + 1), masks[OFP_ASYNC_PRIMARY][kind]);
        } else {
            put_u32(out, masks[OFP_ASYNC_PRIMARY][kind] & known_13[kind]);
            put_u32(out, masks[OFP_ASYNC_SECONDARY][kind] & known_13[kind]);
        }
    }
    msg_end(out, start);
}

void ofp_encode_async_reply(struct ofpbuf *out, enum ofp_version version,
                            const uint32_t masks[2][OFP_N_ASYNC], be32 xid)
{
    encode_async(out, version, OFPMSG_GET_ASYNC_REPLY, masks, xid);
}

void ofp_encode_set_async(struct ofpbuf *out, enum ofp_version version,
                          const uint32_t masks[2][OFP_N_ASYNC], be32 xid)
{
    encode_async(out, version, OFPMSG_SET_ASYNC, masks, xid);
}

enum ofp_error role_status_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_role_status *rs = &msg->u.role_status;

    rs->role = get_u32(h->body);
    rs->reason = (enum ofp_role_reason) h->body[4];
    rs->generation_id = get_u64(h->body + 8);
    return rs->role > OFPCR_ROLE_SECONDARY ? OFPRRFC_BAD_ROLE : OFPERR_OK;
}

void ofp_encode_role_status(struct ofpbuf *out, enum ofp_version version, const struct ofp_role_status *rs)
{
    const struct msg_wire *w = msg_wire_find(OFPMSG_ROLE_STATUS, version, version == OFP13);

    if (!w) {
        return;
    }
    size_t start = msg_begin_wire(out, w, version, 0);
    put_u32(out, rs->role);
    put_u8(out, (uint8_t) rs->reason);
    put_zeros(out, 3);
    put_u64(out, rs->generation_id);
    msg_end(out, start);
}
