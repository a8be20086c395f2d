/* SPDX-License-Identifier: Apache-2.0 */
/* The symmetric messages: hello, echo, error. */
#include "lib/ofp/codec.h"
#include "lib/ofp/error_table.h"

enum { HELLO_VERSION_BITMAP = 1, HELLO_ELEMENT_HEADER_LEN = 4 };

/* In 1.0 and 1.1, errors of vendors have this type and code 0, then vendor, type, code; since 1.2
 * they have type 0xffff, the vendor's type in the place of the code, then the vendor. */
enum { ERROR_NX_10 = 0xb0c2, ERROR_EXPERIMENTER = 0xffff };

/* What stands before the request in an error message, at most. */
enum { ERROR_HEADER_MAX = 20 };

/* Versions up to 'version', as a hello without a bitmap means. */
static uint32_t versions_up_to(enum ofp_version version)
{
    return version >= 31 ? UINT32_MAX & ~1u : (2u << version) - 2;
}

enum ofp_error hello_decode(const struct msg_header *h, struct ofp_message *msg)
{
    const uint8_t *p = h->body;
    size_t n = h->body_len;

    msg->u.hello.versions = versions_up_to(h->version);
    while (n >= HELLO_ELEMENT_HEADER_LEN) {
        size_t len = get_u16(p + 2);

        if (len < HELLO_ELEMENT_HEADER_LEN || len > n) {
            break; /* what cannot be understood here is to be ignored (1.3 section 7.5.1) */
        }
        if (get_u16(p) == HELLO_VERSION_BITMAP && len >= HELLO_ELEMENT_HEADER_LEN + 4) {
            msg->u.hello.versions = get_u32(p + HELLO_ELEMENT_HEADER_LEN) & ~1u;
            break;
        }
        p += MIN(ROUND_UP(len, 8), n);
        n -= MIN(ROUND_UP(len, 8), n);
    }
    return OFPERR_OK;
}

void ofp_encode_hello(struct ofpbuf *out, uint32_t versions, be32 xid)
{
    enum ofp_version highest =
        versions ? (enum ofp_version)(31 - __builtin_clz(versions)) : OFP10;
    size_t start = msg_begin(out, OFPMSG_HELLO, highest, false, xid);

    /* A version alone means all below it too. */
    if (versions != versions_up_to(highest)) {
        put_u16(out, HELLO_VERSION_BITMAP);
        put_u16(out, HELLO_ELEMENT_HEADER_LEN + 4);
        put_u32(out, versions);
    }
    msg_end(out, start);
}

enum ofp_error echo_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.echo.data = h->body;
    msg->u.echo.len = h->body_len;
    return OFPERR_OK;
}

void ofp_encode_echo(struct ofpbuf *out, enum ofp_version version, bool reply, const void *data,
                     size_t n, be32 xid)
{
    size_t start =
        msg_begin(out, reply ? OFPMSG_ECHO_REPLY : OFPMSG_ECHO_REQUEST, version, false, xid);

    ofpbuf_put(out, data, MIN(n, OFP_MAX_MESSAGE - OFP_HEADER_LEN));
    msg_end(out, start);
}

enum ofp_error error_msg_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_error_msg *e = &msg->u.error;
    uint16_t type = get_u16(h->body), code = get_u16(h->body + 2);
    uint32_t vendor = 0;
    size_t used = 4;

    e->type = type;
    e->code = code;
    if (type == ERROR_NX_10 && h->version <= OFP11) {
        if (h->body_len < 12) {
            return OFPBRC_BAD_LEN;
        }
        vendor = get_u32(h->body + 4);
        type = get_u16(h->body + 8);
        code = get_u16(h->body + 10);
        used = 12;
    } else if (type == ERROR_EXPERIMENTER && h->version >= OFP12) {
        if (h->body_len < 8) {
            return OFPBRC_BAD_LEN;
        }
        vendor = get_u32(h->body + 4);
        type = code;
        code = 0;
        used = 8;
    }
    e->error = ofp_error_from_wire(h->version, vendor, type, code);
    e->data = h->body + used;
    e->data_len = h->body_len - used;
    return OFPERR_OK;
}

void ofp_encode_error(struct ofpbuf *out, enum ofp_version version, enum ofp_error error,
                      const uint8_t *request, size_t n)
{
    const struct ofp_error_wire *w = ofp_error_wire(error, version);
    be32 xid = n >= OFP_HEADER_LEN ? get_be32(request + 4) : 0;
    size_t start = msg_begin(out, OFPMSG_ERROR, version, false, xid);

    if (!w) {
        w = ofp_error_wire(NXBRC_UNENCODABLE_ERROR, version);
    }
    if (!w) {
        w = ofp_error_wire(OFPBRC_BAD_VERSION, OFP10); /* a version that does not exist */
    }
    if (!w->vendor) {
        put_u16(out, w->type);
        put_u16(out, w->code);
    } else if (version <= OFP11) {
        put_u16(out, ERROR_NX_10);
        put_u16(out, 0);
        put_u32(out, w->vendor);
        put_u16(out, w->type);
        put_u16(out, w->code);
    } else {
        put_u16(out, ERROR_EXPERIMENTER);
        put_u16(out, w->type);
        put_u32(out, w->vendor);
    }
    /* At least 64 bytes are to come back; all of it lets the peer print what failed. */
    ofpbuf_put(out, request, MIN(n, (size_t) OFP_MAX_MESSAGE - ERROR_HEADER_MAX));
    msg_end(out, start);
}
